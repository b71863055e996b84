"""Shortlists and opportunities as people read them in a terminal."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from rich.console import Console
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from matcher.consortium import Consortium
from matcher.explanation import Reason, Span
from matcher.reciprocal import Acceptance
from matcher.records import Need
from matcher.shortlist import Match, Opportunities, PartList, Provenance, Refusal, Shortlist
from matcher.vocabulary import country_label, language_label
from service.screen import hanging, one_line, paragraph, plain, print_table

SOURCES = {"dense": "의미", "lexical": "낱말", "concept": "용어", "kind": "유형", "sector": "분야"}
SHOWN_REFUSALS = 5
SHOWN_OFFERINGS = 3
SHOWN_NEAREST = 3
CHANCES = ((0.75, "높음"), (0.5, "보통 이상"), (0.25, "보통 이하"), (0.0, "낮음"))
"""The probability in words: the first whose lower end it reaches."""
LONGEST_QUOTE = 240


def print_shortlist(
    console: Console, shortlist: Shortlist, *, stale: str | None, all_refusals: bool = False
) -> None:
    """Print a need, its companies with reasons, its parts, who is left out, and where from."""
    _print_stale(console, stale)
    _print_need(console, shortlist.need)
    if shortlist.notice:
        console.print(plain(shortlist.notice, "bold yellow"))
    parts = {part.part.part_id: part.part.text for part in shortlist.parts}
    for match in shortlist.matches:
        _print_match(console, match, _company_title(match), parts)
    if shortlist.nearest:
        console.print(plain("가장 가까웠던 공급기업 (추천하지 않음)", "bold"))
    for match in shortlist.nearest[: SHOWN_NEAREST if shortlist.notice else 0]:
        _print_match(console, match, _company_title(match), parts)
    if shortlist.nearest and not shortlist.notice:
        names = ", ".join(
            f"{match.company.name}({match.probability or 0:.0%})" for match in shortlist.nearest
        )
        console.print(paragraph(console, names, "dim", indent=4))
    if shortlist.parts:
        _print_parts(console, shortlist)
    _print_refusals(
        console,
        [(f"{r.company.name} ({r.company.company_id})", r) for r in shortlist.refusals],
        all_refusals,
    )
    _print_provenance(console, shortlist.provenance)


def print_opportunities(
    console: Console, found: Opportunities, *, stale: str | None, all_refusals: bool = False
) -> None:
    """Print a company and the needs that fit it."""
    _print_stale(console, stale)
    company = found.company
    heading = plain(f"공급기업 {company.company_id}  ", "bold")
    heading.append_text(plain(f"{company.name}{_bracketed(company.region)}"))
    console.print(heading)
    for offering in company.offerings:
        console.print(plain(f"  공급기술 {one_line(offering.title or offering.text, 80)}"))
    if found.notice:
        console.print(plain(found.notice, "bold yellow"))
    for match in found.matches:
        _print_match(console, match, _need_title(match), {})
    _print_refusals(
        console,
        [(f"{_title(r.need)} ({r.need.need_id})", r) for r in found.refusals],
        all_refusals,
    )
    _print_provenance(console, found.provenance)


def _print_stale(console: Console, stale: str | None) -> None:
    if stale:
        console.print(paragraph(console, f"알림: {stale}", "yellow"))


def _print_need(console: Console, need: Need) -> None:
    heading = plain(f"수요 {need.need_id}  ", "bold")
    heading.append_text(plain(_title(need), "bold"))
    facts = [
        ("국가", _place(need)),
        ("언어", language_label(need.language) if need.language else None),
        ("기관", need.organisation),
        ("필수 인증", ", ".join(need.required_certifications) or None),
        ("기한", need.deadline.isoformat() if need.deadline else None),
    ]
    line = " · ".join(f"{name} {value}" for name, value in facts if value)
    console.print(heading)
    if line:
        console.print(paragraph(console, line, indent=2))


def _company_title(match: Match) -> Text:
    company = match.company
    title = plain(f"{company.name}{_bracketed(company.region)}", "bold green")
    title.append_text(plain(f"  {company.company_id}", "dim"))
    return title


def _need_title(match: Match) -> Text:
    title = plain(_title(match.need), "bold green")
    title.append_text(plain(f"{_bracketed(_place(match.need))}  {match.need.need_id}", "dim"))
    return title


def _print_match(console: Console, match: Match, title: Text, parts: Mapping[str, str]) -> None:
    head = Text(f"{match.rank:>2}. ", style="bold")
    head.append_text(title)
    head.append(f"  {match.score:.3f}점")
    if match.probability is not None:
        head.append(f"  적합 가능성 {match.probability:.0%} ({_chance(match.probability)})")
    console.print()
    console.print(head)
    for position, offering in enumerate(match.offerings[:SHOWN_OFFERINGS]):
        text = plain(one_line(offering.title or offering.text, 120))
        console.print(hanging(console, "" if position else "공급기술", text))
    console.print(hanging(console, "한마디", plain(match.summary)))
    for reason in match.reasons:
        for label, text in _reason(reason):
            console.print(hanging(console, label, text))
    for missing in match.missing:
        console.print(hanging(console, "빠진 조건", plain(missing.label, "yellow")))
    if match.acceptance and match.pair_score is not None:
        sides = _acceptance(match.acceptance, match.pair_score)
        console.print(hanging(console, "수용도", plain(sides)))
    if match.covers:
        console.print(hanging(console, "맡는 항목", plain(_covered(match, parts))))


def _acceptance(accepted: Acceptance, pair_score: float) -> str:
    """What the need's side lacks stands above, under the missing conditions."""
    sides = f"수요기관 {accepted.need_side:.3f} · 기업 {accepted.company_side:.3f}"
    labels = " ".join(reason.label for reason in accepted.reasons if reason.side == "company")
    return f"{sides} · 서로 {pair_score:.3f}\n{labels}".rstrip()


def _chance(probability: float) -> str:
    return next(words for lower_end, words in CHANCES if probability >= lower_end)


def _covered(match: Match, parts: Mapping[str, str]) -> str:
    return ", ".join(one_line(parts.get(id, id), 40) for id in match.covers)


def _reason(reason: Reason) -> Iterator[tuple[str, Text]]:
    """Yield what stands in the label's place and the text beside it."""
    source = plain(f"{SOURCES.get(reason.source, reason.source)} {reason.points:+.3f}  ")
    if reason.source != "dense" or not (reason.need_spans and reason.offering_spans):
        source.append_text(plain(reason.label))
        yield "근거", source
        return
    # The sentence of this reason only repeats the two quotes, shortened: here they are, whole.
    source.append_text(plain(f"수요 {_quotes(reason.need_spans)}"))
    yield "근거", source
    yield "", plain(f"공급 {_quotes(reason.offering_spans)}")


def _quotes(spans: Sequence[Span]) -> str:
    return " ".join(f"“{one_line(span.quote, LONGEST_QUOTE)}”" for span in spans)


def _print_parts(console: Console, shortlist: Shortlist) -> None:
    for part in shortlist.parts:
        console.print()
        heading = f"수요 항목 {part.part.part_id}  {part.part.text}"
        console.print(paragraph(console, heading, "bold"))
        if not part.matches:
            console.print(plain("    적합한 공급기업 없음", "yellow"))
        else:
            print_table(console, _part_table(part))
    console.print()
    console.print(plain("누가 무엇을 맡을 수 있는가", "bold"))
    print_table(console, _coverage_table(shortlist.parts))
    if shortlist.consortium:
        _print_consortium(console, shortlist.consortium, shortlist.parts)


def _part_table(part: PartList) -> Table:
    table = Table(box=None, padding=(0, 1), pad_edge=False, expand=True)
    table.add_column("순위", justify="right", width=4)
    table.add_column("공급기업", ratio=2, overflow="fold")
    table.add_column("점수", justify="right", width=6)
    table.add_column("공급기술", ratio=4, overflow="fold")
    for match in part.matches:
        offering = match.offerings[0] if match.offerings else None
        table.add_row(
            str(match.rank),
            plain(f"{match.company.name}{_bracketed(match.company.region)}"),
            f"{match.score:.3f}",
            plain(one_line(offering.title or offering.text, 100) if offering else ""),
        )
    return table


def _coverage_table(parts: Sequence[PartList]) -> Table:
    table = Table(box=None, padding=(0, 1), pad_edge=False)
    table.add_column("공급기업", overflow="fold")
    for part in parts:
        table.add_column(plain(part.part.part_id), justify="center")
    names: dict[str, str] = {}
    covers: dict[str, set[str]] = {}
    for part in parts:
        for match in part.matches:
            names.setdefault(match.company.company_id, match.company.name)
            covers.setdefault(match.company.company_id, set()).add(part.part.part_id)
    for id in sorted(names, key=lambda id: -len(covers[id])):
        marks = ["○" if part.part.part_id in covers[id] else "" for part in parts]
        table.add_row(plain(names[id]), *marks)
    return table


def _print_consortium(console: Console, consortium: Consortium, parts: Sequence[PartList]) -> None:
    texts = {part.part.part_id: part.part.text for part in parts}
    console.print()
    count = len(consortium.members)
    heading = f"컨소시엄 제안 ({count}개사)" if count else "컨소시엄 제안"
    console.print(plain(heading, "bold"))
    for member in consortium.members:
        title = plain(f"  {member.company.name}{_bracketed(member.company.region)}", "bold green")
        title.append_text(plain(f"  {member.company.company_id}", "dim"))
        console.print(title)
        for part_id, useful in member.covers:
            text = f"{one_line(texts[part_id], 80)}  {useful:.0%}"
            console.print(hanging(console, "맡는 항목", plain(text)))
    for part_id in consortium.uncovered:
        text = f"{one_line(texts[part_id], 80)}  적합한 공급기업 없음"
        console.print(hanging(console, "빈 항목", plain(text, "yellow")))


def _print_refusals(
    console: Console, refusals: Sequence[tuple[str, Refusal]], everything: bool
) -> None:
    if not refusals:
        return
    rules = Counter(refusal.rule for _, refusal in refusals)
    shown = refusals if everything else refusals[:SHOWN_REFUSALS]
    console.print()
    console.print(plain(f"제외 사유 ({len(refusals)}건)", "bold"))
    for name, refusal in shown:
        console.print(hanging(console, "-", plain(f"{name}: {refusal.label}"), indent=2, gap=2))
    if len(shown) < len(refusals):
        left = len(refusals) - len(shown)
        kinds = _kinds(rules)
        console.print(plain(f"  … 그 밖에 {left}건 ({kinds}; --refusals로 모두 봅니다)", "dim"))


def _kinds(rules: Counter[str]) -> str:
    return ", ".join(f"{rule} {count}" for rule, count in sorted(rules.items()))


def _print_provenance(console: Console, provenance: Provenance) -> None:
    facts: Iterable[str] = (
        f"색인 {provenance.snapshot}",
        f"모델 {provenance.model}",
        f"분석기 {provenance.analyzer}",
        f"정책 {provenance.policy}",
        f"작성 {provenance.made_at}",
    )
    console.print(Rule(style="dim"))
    console.print(paragraph(console, " · ".join(facts), "dim"))


def _title(need: Need) -> str:
    return one_line(need.title or need.text, 80)


def _place(need: Need) -> str | None:
    if not need.country:
        return need.city
    country = country_label(need.country)
    return f"{country}({need.city})" if need.city else country


def _bracketed(text: str | None) -> str:
    return f" ({text})" if text else ""
