"""What to read before a meeting: why the two meet, in their own words, and what to ask."""

from dataclasses import dataclass

from matcher.kinds import asked_kind
from matcher.particles import with_particle
from matcher.records import Company, Need
from matcher.shortlist import Match
from matcher.vocabulary import country_label, language_label

MOST_QUOTES = 3


@dataclass(frozen=True, slots=True)
class Quote:
    """What the need says and what the company says to it, each in its own language."""

    label: str
    need: str
    offering: str


@dataclass(frozen=True, slots=True)
class Briefing:
    """A meeting's page: the match behind it, the quotes that carry it and questions for either side.

    original: the same need in a language of the buyer, where the store has it.
    """

    match: Match
    quotes: tuple[Quote, ...]
    to_buyer: tuple[str, ...]
    to_company: tuple[str, ...]
    original: Need | None = None


def brief(match: Match, original: Need | None = None) -> Briefing:
    """Prepare a meeting from its match; nothing is translated, nothing is made up."""
    quotes = []
    for reason in match.reasons:
        if reason.need_spans and reason.offering_spans:
            need = " … ".join(span.quote for span in reason.need_spans)
            quotes.append(
                Quote(reason.label, need, " … ".join(s.quote for s in reason.offering_spans))
            )
    return Briefing(
        match,
        tuple(quotes[:MOST_QUOTES]),
        _to_buyer(match.need),
        _to_company(match.need, match.company, [item.label for item in match.missing]),
        original,
    )


def _to_buyer(need: Need) -> tuple[str, ...]:
    asked = []
    if need.budget_usd is None:
        asked.append("예산의 규모와 재원(자체, 원조, 기금)은 정해졌습니까?")
    else:
        asked.append(f"예산 {need.budget_usd:,.0f}달러의 재원과 집행 시기는 언제입니까?")
    if need.deadline is None:
        asked.append("언제까지 도입하거나 제안을 받아야 합니까?")
    if not need.required_certifications:
        asked.append("현지에서 꼭 필요한 인증이나 허가는 무엇입니까?")
    if not asked_kind(need, need.text).main:
        asked.append("설비, 기술이전, 타당성조사, 교육 가운데 무엇을 바라십니까?")
    asked.append("결정하는 부서와 다음 절차는 무엇입니까?")
    return tuple(asked)


def _to_company(need: Need, company: Company, missing: list[str]) -> tuple[str, ...]:
    asked = [f"확인: {label}" for label in missing]
    if need.country:
        name = country_label(need.country)
        if need.country not in company.export_countries:
            asked.append(
                f"{name}에서 시공과 사후관리를 맡을 협력사가 있습니까, 없으면 어떻게 하시겠습니까?"
            )
        else:
            asked.append(f"{with_particle(name, '으로/로')} 수출한 실적을 보여 줄 수 있습니까?")
    if need.language and need.language != "ko":
        label = language_label(need.language)
        asked.append(f"{label} 또는 영어로 된 소개 자료와 견적서가 있습니까?")
    asked.append("시험 설비나 견본을 언제 어떤 조건으로 보일 수 있습니까?")
    return tuple(asked)
