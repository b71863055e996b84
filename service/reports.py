"""What the year came to: the funnel over events, countries and sectors, chances, whom to ask again."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from matcher.errors import InvalidRequest
from matcher.events import Event
from matcher.exposure import Exposure, exposures, gini
from matcher.outcomes import Outcome, StageTotal, funnel_by, judgements
from matcher.policy import Policy
from matcher.records import Company
from matcher.sectors import offering_sectors
from matcher.vocabulary import country_label, sector_label
from service.archive import lines, replace_file
from service.store import Store, StoredEvent

GROUPS = {"event": "행사", "year": "연도", "country": "국가", "sector": "분야"}
UNKNOWN = "모름"
CONSENT = "learning_consent"
"""The field of a company's record that lets its pairs become judgements."""


@dataclass(frozen=True, slots=True)
class Judged:
    """What was written for evaluation: pairs, and those left out for want of consent."""

    pairs: int
    left_out: int


def year_of(event: Event) -> int:
    """Return the year in which an event begins; without slots, this year."""
    return event.slots[0].start.year if event.slots else date.today().year


def stored_events(store: Store) -> Iterator[StoredEvent]:
    """Yield every event, in id order."""
    cursor: str | None = None
    while True:
        page = store.events.page(200, cursor)
        yield from page.items
        cursor = page.next_cursor
        if cursor is None:
            return


def exposures_of_year(store: Store, year: int, but: str | None = None) -> tuple[Exposure, ...]:
    """Count each company's chances over the events of a year."""
    return exposures(
        (item.delegation, item.timetable)
        for item in stored_events(store)
        if item.event_id != but and year_of(item.event) == year
    )


def chances_of_year(store: Store, year: int, but: str | None = None) -> dict[str, int]:
    """Return the events of a year that each company took part in."""
    return {item.company_id: item.events for item in exposures_of_year(store, year, but)}


def earlier_chances(store: Store, event: Event) -> dict[str, int]:
    """Return what `chances_of_year` gives for an event; nothing is read where it costs nobody anything."""
    lost = Policy.load().delegation.exposure if event.exposure is None else event.exposure
    return chances_of_year(store, year_of(event), but=event.event_id) if lost else {}


def evenness(store: Store, found: Iterable[Exposure]) -> float:
    """Return the Gini index of events over all stored companies."""
    seen = {item.company_id: item.events for item in found}
    return gini([seen.get(company.company_id, 0) for company in store.companies()])


def funnels(store: Store, by: str, year: int | None = None) -> dict[str, tuple[StageTotal, ...]]:
    """Return the funnel by event, year, country or sector; raises InvalidRequest."""
    if by not in GROUPS:
        raise InvalidRequest(f"{', '.join(GROUPS)} 가운데 하나로 나눕니다.", field="by")
    outcomes = [o for _, o in store.events.outcomes() if year in (None, o.happened_on.year)]
    return funnel_by(outcomes, _group_of(store, by))


def _group_of(store: Store, by: str) -> Callable[[Outcome], Iterable[str]]:
    if by == "event":
        return lambda o: [o.event_id]
    if by == "year":
        return lambda o: [str(o.happened_on.year)]
    if by == "country":
        needs = {need.need_id: need.country for need in store.needs()}
        buyers = {buyer.buyer_id: buyer.country for buyer in store.buyers()}

        def country(o: Outcome) -> list[str]:
            code = needs.get(o.need_id or "") or buyers.get(o.buyer_id or "")
            return [country_label(code) if code else UNKNOWN]

        return country
    companies = {company.company_id: company for company in store.companies()}
    return lambda o: _sectors(companies.get(o.company_id)) or [UNKNOWN]


def _sectors(company: Company | None) -> list[str]:
    if company is None:
        return []
    codes = {code for o in company.offerings for code in offering_sectors(o).declared}
    return sorted(sector_label(code) for code in codes)


def write_judgements(store: Store, folder: Path) -> Judged:
    """Write decisions and outcomes as a directory that `greenmatch-eval matching` reads.

    Only pairs of companies whose record says `learning_consent: true`; no names of persons, since
    no record holds any. Raises InvalidRequest where there is nothing to write.
    """
    verdicts = {(d.need_id, d.company_id): str(d.verdict) for d in store.decisions()}
    grades = judgements(verdicts, [o for _, o in store.events.outcomes()])
    companies = {c.company_id: c for c in store.companies()}
    needs = {n.need_id: n for n in store.needs()}
    known = {pair: g for pair, g in grades.items() if pair[0] in needs and pair[1] in companies}
    told = {pair: g for pair, g in known.items() if _consents(companies[pair[1]])}
    if not told:
        raise InvalidRequest(
            f"판정으로 쓸 짝이 없습니다(동의가 없어 뺀 짝 {len(known):,}건). 동의한 기업의 기록에 "
            f"{CONSENT}: true를 적으십시오.",
            field=CONSENT,
        )
    rows = "".join(f"{n}\t{c}\t{grade}\n" for (n, c), grade in sorted(told.items()))
    asked = sorted({n for n, _ in told})
    forms: Mapping[str, bytes] = {
        "companies.jsonl": lines(c.to_dict() for c in companies.values()),
        "needs.jsonl": lines(needs[n].to_dict() for n in asked),
        "qrels.tsv": f"need_id\tcompany_id\tgrade\n{rows}".encode(),
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, data in forms.items():
            replace_file(folder / name, data)
    except OSError as error:
        raise InvalidRequest(
            f"'{folder}'에 쓸 수 없습니다({error.strerror}).", field="folder"
        ) from error
    return Judged(len(told), len(known) - len(told))


def _consents(company: Company) -> bool:
    return company.extra.get(CONSENT) in (True, "true", "예", "동의", "Y", "y", "O")
