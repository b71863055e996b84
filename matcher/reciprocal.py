"""What either side of a match would say to it, and one number for the pair.

A side = usefulness x (1 - the shares of its wishes that are known to be unmet), never below 0. Both
are absolute: 0.8 means the same in every list. What is not on record costs nothing: a list of
countries that is empty is a company that has not said where it wants to go.

Wishes are soft: what a side can't accept at all is a hard rule (`matcher.rules`) and is not asked
here. The pair's number is a key of order of its own and no term of the score: the score says how well
two texts fit and means the same in both directions. Chosen by measurement, docs/decisions/0009.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from types import MappingProxyType
from typing import Any, Literal

from matcher.particles import with_particle
from matcher.policy import Policy
from matcher.records import Company, Need
from matcher.vocabulary import (
    certificate_satisfies,
    country_label,
    language_label,
    sector_codes,
    sector_label,
)

Side = Literal["need", "company"]


@dataclass(frozen=True, slots=True)
class Objection:
    """A wish of one side that is known to be unmet.

    share: what it costs that side, as a share of the usefulness. label: one Korean sentence.
    """

    side: Side
    wish: str
    share: float
    label: str

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {"side": self.side, "wish": self.wish, "share": self.share, "label": self.label}


@dataclass(frozen=True, slots=True)
class Acceptance:
    """How acceptable a match is to the need's side and to the company's, 0..1 each, and why less."""

    need_side: float
    company_side: float
    reasons: tuple[Objection, ...] = ()

    def __post_init__(self) -> None:
        """Check the bounds."""
        if not (0.0 <= self.need_side <= 1.0 and 0.0 <= self.company_side <= 1.0):
            raise ValueError("a side's acceptance lies in 0..1")

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "need_side": self.need_side,
            "company_side": self.company_side,
            "reasons": [reason.to_dict() for reason in self.reasons],
        }


def usefulness_of(score: float) -> float:
    """Return a match's score as a usefulness: below 0 it is useless, above 1 no more than useful."""
    return min(max(score, 0.0), 1.0)


def acceptance(
    need: Need, company: Company, usefulness: float, policy: Policy, today: date
) -> Acceptance:
    """Weigh the wishes of both sides; raises ValueError for a usefulness outside of 0..1."""
    if not 0.0 <= usefulness <= 1.0:
        raise ValueError("a usefulness lies in 0..1")
    found = (*_of_need(need, company, policy, today), *_of_company(need, company, policy))
    reasons = tuple(reason for reason in found if reason.share > 0)

    def side(name: Side) -> float:
        lost = math.fsum(reason.share for reason in reasons if reason.side == name)
        return usefulness * max(0.0, 1.0 - lost)

    return Acceptance(side("need"), side("company"), reasons)


def _of_need(need: Need, company: Company, policy: Policy, today: date) -> Iterator[Objection]:
    weights = policy.reciprocal
    if need.language and company.languages and need.language not in company.languages:
        name = language_label(need.language)
        label = f"이 기업과는 {name} 통역이 있어야 상담할 수 있습니다."
        yield Objection("need", "language", weights.need_language, label)
    markets = {*company.export_countries, *company.target_countries}
    if need.country and markets and need.country not in markets:
        name = with_particle(country_label(need.country), "이/가")
        label = f"기업의 수출국과 희망 진출국에 {name} 없습니다."
        yield Objection("need", "country", weights.need_country, label)
    needed_until = max(today + timedelta(days=policy.certificate_days), need.deadline or today)
    ending = [
        name for name in need.required_certifications if not _is_held(company, name, needed_until)
    ]
    wanted = len(need.required_certifications)
    if ending and (need.certification_rule == "all" or len(ending) == wanted):
        share = weights.need_certificate * len(ending) / wanted
        names = with_particle(", ".join(f"‘{name}’" for name in ending), "이/가")
        label = f"필수 인증 {names} {needed_until}까지 이어지지 않습니다."
        yield Objection("need", "certificate", share, label)


def _of_company(need: Need, company: Company, policy: Policy) -> Iterator[Objection]:
    weights = policy.reciprocal
    wanted = company.target_countries
    if need.country and wanted and need.country not in {*wanted, *company.export_countries}:
        name = with_particle(country_label(need.country), "이/가")
        label = f"희망 진출국에 {name} 없습니다."
        yield Objection("company", "country", weights.company_country, label)
    if need.language and company.languages and need.language not in company.languages:
        name = with_particle(language_label(need.language), "이/가")
        label = f"기업이 쓰는 언어에 {name} 없습니다."
        yield Objection("company", "language", weights.company_language, label)
    budget, minimum = need.budget_usd, company.min_budget_usd
    if budget is not None and minimum is not None and minimum > 0 and budget < minimum:
        lacking = 1.0 - max(0.0, budget) / minimum
        label = f"예산 {budget:,.0f}달러가 기업의 최소 사업규모 {minimum:,.0f}달러보다 작습니다."
        yield Objection("company", "budget", weights.company_budget * lacking, label)
    if need.sector and _is_outside(need.sector, company.target_sectors):
        names = ", ".join(sector_label(code) for code in sector_codes(need.sector))
        label = f"희망 분야에 {with_particle(names, '이/가')} 없습니다."
        yield Objection("company", "sector", weights.company_sector, label)


def _is_held(company: Company, required: str, until: date) -> bool:
    """Tell whether a certificate meets `required` up to that day; one without a date does."""
    return any(
        item.valid_until is None or item.valid_until >= until
        for item in company.certifications
        if certificate_satisfies(item.name, required)
    )


def _is_outside(sector: str, wanted: tuple[str, ...]) -> bool:
    """Tell whether a sector is surely none of the wanted ones; a name of no table leaves it open."""
    asked, offered = sector_codes(sector), [sector_codes(name) for name in wanted]
    is_known = bool(asked) and bool(offered) and all(offered)
    return is_known and all(set(asked).isdisjoint(codes) for codes in offered)


# -- one number for the pair


def pair_score(accepted: Acceptance, fusion: str) -> float:
    """Return one number of 0..1 from both sides; raises KeyError for an unknown fusion."""
    return FUSIONS[fusion](accepted.need_side, accepted.company_side)


def _harmonic(first: float, second: float) -> float:
    # Never falls where a side rises, whatever the rounding; 2ab / (a + b) may.
    return 2.0 / (1.0 / first + 1.0 / second) if first > 0 and second > 0 else 0.0


FUSIONS: Mapping[str, Callable[[float, float], float]] = MappingProxyType(
    {
        "arithmetic": lambda first, second: (first + second) / 2,
        "geometric": lambda first, second: math.sqrt(first) * math.sqrt(second),
        "harmonic": _harmonic,
        "product": lambda first, second: first * second,
        "minimum": min,
    }
)
"""Each is symmetric, rises with either side, and stays within 0..1. Product and geometric mean give
the same order; all but the product leave the number alone where both sides agree."""
