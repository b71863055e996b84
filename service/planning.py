"""Event files from the door to a plan: read, fill in from the records what the file leaves open, solve."""

import json
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from matcher.briefing import Briefing, brief
from matcher.delegation import (
    Chosen,
    Delegation,
    Fields,
    Scores,
    choose_delegation,
    fields_of_event,
    scores_of_pairs,
)
from matcher.errors import InvalidRequest, UnreadableFile
from matcher.events import Demand, Event, Meeting, Pair, Participant
from matcher.parts import PartSpan, split_parts
from matcher.policy import Policy
from matcher.progress import Progress, silent
from matcher.records import Buyer, Company, Need
from matcher.scheduling import schedule
from matcher.timetable import Timetable, keeping
from service.store import Store
from service.workbench import Desk

SEEN = 300
"""Companies that are looked at for each demand, at least."""


def read_event(path: Path) -> Event:
    """Read an event file; raises UnreadableFile, InvalidRecord."""
    try:
        value = json.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise UnreadableFile(f"'{path}' 파일이 없습니다.", file=path.name) from None
    except (UnicodeDecodeError, ValueError) as error:
        raise UnreadableFile(
            f"'{path.name}'은(는) 행사 파일(JSON)이 아닙니다: {error}", file=path.name
        ) from error
    return Event.from_dict(value)


def read_meetings(path: Path) -> tuple[Meeting, ...]:
    """Read the meetings of a timetable that was written earlier; raises UnreadableFile."""
    try:
        items = json.loads(path.read_text(encoding="utf-8-sig"))["meetings"]
        return tuple(
            Meeting(
                str(item["buyer_id"]),
                str(item["company_id"]),
                str(item["slot_id"]),
                item["table"],
                item["interpreter_id"],
            )
            for item in items
        )
    except FileNotFoundError:
        raise UnreadableFile(f"'{path}' 파일이 없습니다.", file=path.name) from None
    except (UnicodeDecodeError, ValueError, KeyError, TypeError) as error:
        raise UnreadableFile(
            f"'{path.name}'은(는) 상담표(JSON)가 아닙니다.", file=path.name
        ) from error


def needs_matcher(event: Event) -> bool:
    """Whether scores must come from the matcher: the file brings no pairs of its own."""
    return event.pairs is None


def completed(event: Event, store: Store) -> Event:
    """Fill in what the file leaves open and the store knows: names, languages, a buyer's needs."""
    known = {buyer.buyer_id: buyer for buyer in store.buyers([b.id for b in event.buyers])}
    stored = store.companies([c.id for c in event.companies])
    known_companies = {c.company_id: c for c in stored}
    names = {c.company_id: c.name for c in stored}
    return replace(
        event,
        buyers=tuple(_told(b, known[b.id]) if b.id in known else b for b in event.buyers),
        companies=tuple(
            replace(_company(c, known_companies), fields={"name": names[c.id], **c.fields})
            if c.id in names
            else c
            for c in event.companies
        ),
    )


def briefings_of(
    event: Event, timetable: Timetable, desk: Desk, progress: Progress = silent
) -> dict[tuple[str, str], Briefing]:
    """Prepare each meeting whose buyer has a stored need: by the need that the company answers best."""
    needs = {b.id: [n for n in b.need_ids if n in desk.catalogue.needs] for b in event.buyers}
    spoken = {b.id: b.languages for b in event.buyers}
    originals = _originals(desk.catalogue.needs)
    found: dict[tuple[str, str], Briefing] = {}
    for done, meeting in enumerate(timetable.meetings):
        progress("상담 준비 자료", done, len(timetable.meetings))
        company = desk.catalogue.companies.get(meeting.company_id)
        if company is None:
            continue
        matches = [
            match
            for need_id in needs.get(meeting.buyer_id, ())
            if (match := desk.matchmaker.pair(desk.need(need_id), company)) is not None
        ]
        if matches:
            best = max(matches, key=lambda match: match.score)
            told = originals.get(best.need.need_id, {})
            own = (told[code] for code in sorted(spoken[meeting.buyer_id]) if code in told)
            found[meeting.pair] = brief(best, next(own, None))
    progress("상담 준비 자료", len(timetable.meetings), len(timetable.meetings))
    return found


def _told(buyer: Participant, record: Buyer) -> Participant:
    return replace(
        buyer,
        languages=buyer.languages or frozenset(record.languages),
        need_ids=buyer.need_ids or record.need_ids,
        fields={"name": record.name, **buyer.fields},
    )


def _originals(needs: Mapping[str, Need]) -> dict[str, dict[str, Need]]:
    """Return the versions of a need in other languages (their `same_as` names it), by language."""
    found: dict[str, dict[str, Need]] = {}
    for need in needs.values():
        if need.language and isinstance(same := need.extra.get("same_as"), str):
            found.setdefault(same, {})[need.language] = need
    return found


def plan_delegation(
    event: Event,
    desk: Desk | None,
    seconds: float = 20.0,
    seen: Mapping[str, int] | None = None,
) -> Delegation:
    """Choose the delegation; `desk` is needed where the file brings no pairs.

    seen: events of the same year that each company took part in already.
    """
    seen = seen or {}
    if event.pairs is not None:
        return _choose(event, scores_of_pairs(event), fields_of_event(event), seconds, {}, seen)
    assert desk is not None
    demands = [d.need_id for d in event.demands]
    if not demands:
        raise InvalidRequest(
            "행사에 수요(demands)가 없습니다. 수요 ID를 적으십시오.", field="demands"
        )
    scores: dict[tuple[str, str], float] = {}
    refusals: dict[str, list[str]] = {}
    candidates = _candidates(event, desk)
    parts = _parts(event, desk)
    for demand_id, (need_id, part, _) in parts.items():
        useful, refused = desk.matchmaker.prospects(desk.need(need_id), _depth(event), part=part)
        scores |= {(demand_id, c): value for c, value in useful.items() if c in candidates}
        for company_id, why in refused.items():
            refusals.setdefault(company_id, []).append(why)
    fitting = {company_id for _, company_id in scores}
    unfit = {c: why[0] for c, why in refusals.items() if c in candidates and c not in fitting}
    whole = replace(
        event,
        candidates=tuple(sorted(candidates)),
        demands=tuple(Demand(id, weight) for id, (_, _, weight) in parts.items()),
    )
    delegation = _choose(whole, scores, _fields(event, desk), seconds, unfit, seen)
    delegation = _by_need(delegation, {id: need_id for id, (need_id, _, _) in parts.items()})
    return replace(delegation, provenance={**delegation.provenance, **_origin(desk)})


def _parts(event: Event, desk: Desk) -> dict[str, tuple[str, PartSpan | None, float]]:
    """Return each demand, a compound one part by part: its need, the part, and its share of the weight."""
    found: dict[str, tuple[str, PartSpan | None, float]] = {}
    for demand in event.demands:
        parts = split_parts(desk.need(demand.need_id))
        if not parts:
            found[demand.need_id] = (demand.need_id, None, demand.weight)
        for part in parts:
            share = demand.weight / len(parts)
            found[part.part.part_id] = (demand.need_id, part, share)
    return found


def _by_need(delegation: Delegation, need_of: Mapping[str, str]) -> Delegation:
    """Return the delegation with coverage and `covers` by need; sentences go on naming the parts."""
    shares: dict[str, list[float]] = {}
    for demand_id, share in delegation.coverage.items():
        shares.setdefault(need_of[demand_id], []).append(share)

    def told(items: Iterable[Chosen]) -> tuple[Chosen, ...]:
        return tuple(
            replace(item, covers=tuple(dict.fromkeys(need_of[d] for d in item.covers)))
            for item in items
        )

    return replace(
        delegation,
        chosen=told(delegation.chosen),
        alternates=told(delegation.alternates),
        coverage={need_id: sum(own) / len(own) for need_id, own in shares.items()},
    )


def _choose(
    event: Event,
    scores: Scores,
    fields: Fields,
    seconds: float,
    unfit: Mapping[str, str],
    seen: Mapping[str, int],
) -> Delegation:
    """Choose with what earlier chances cost, and say what that cost in turn."""
    policy = Policy.load()
    lost = policy.delegation.exposure if event.exposure is None else event.exposure
    if not lost or not any(seen.values()):
        return choose_delegation(event, scores, fields, policy, seconds, unfit)
    lowered = {
        (need_id, c): value * (1 - lost) ** seen.get(c, 0) for (need_id, c), value in scores.items()
    }
    fair = choose_delegation(event, lowered, fields, policy, seconds / 2, unfit)
    best = choose_delegation(event, scores, fields, policy, seconds / 2, unfit)
    same = replace(event, candidates=tuple(c.company_id for c in fair.chosen), balance=())
    worth = choose_delegation(replace(same, alternates=0), scores, fields, policy, 5.0).objective
    price = max(0.0, best.objective - worth)
    cost = {"lost_per_event": lost, "price": round(price, 6), "quality": round(worth, 6)}
    return replace(fair, provenance={**fair.provenance, "exposure": cost})


def plan_timetable(
    event: Event,
    desk: Desk | None,
    seconds: float = 60.0,
    progress: Progress = silent,
    earlier: Sequence[Meeting] = (),
    stop: threading.Event | None = None,
) -> Timetable:
    """Make the timetable; `desk` is needed where the file brings no pairs.

    stop: ends the search with what it has.
    earlier: meetings of an earlier timetable, which stay where they are if they still can.
    """
    if event.pairs is not None:
        return schedule(keeping(event, earlier), seconds=seconds, progress=progress, stop=stop)
    assert desk is not None
    filled = keeping(_filled(event, desk), earlier)
    timetable = schedule(filled, seconds=seconds, progress=progress, stop=stop)
    return replace(timetable, provenance={**timetable.provenance, **_origin(desk)})


def listed_pairs(event: Event, desk: Desk, newcomer: str | None = None) -> list[dict[str, Any]]:
    """Return the pairs that the matcher gives an event, as its file would list them.

    newcomer: a company that is not yet at the table and gets pairs too.
    """
    if newcomer is not None and newcomer not in {c.id for c in event.companies}:
        joined = Participant(newcomer, frozenset())
        event = replace(event, companies=(*event.companies, joined))
    return [
        {"buyer_id": p.buyer_id, "company_id": p.company_id, "score": p.score}
        for p in _filled(event, desk).pairs or ()
    ]


def _filled(event: Event, desk: Desk) -> Event:
    """Return the event with languages of the records and a scored pair for every buyer and company."""
    companies = {c.id for c in event.companies}
    pairs: dict[tuple[str, str], float] = {}
    for buyer in event.buyers:
        for need_id in buyer.need_ids:
            useful, _ = desk.matchmaker.prospects(desk.need(need_id), _depth(event))
            for company_id in sorted(companies & useful.keys()):
                key = buyer.id, company_id
                pairs[key] = max(pairs.get(key, 0.0), round(useful[company_id], 6))
    return replace(
        event,
        buyers=tuple(_buyer(b, desk.catalogue.needs) for b in event.buyers),
        companies=tuple(_company(c, desk.catalogue.companies) for c in event.companies),
        pairs=tuple(Pair(b, c, score) for (b, c), score in sorted(pairs.items())),
    )


def _buyer(buyer: Participant, needs: Mapping[str, Need]) -> Participant:
    known = {needs[n].language for n in buyer.need_ids if n in needs}
    languages = frozenset(code for code in known if code)
    return buyer if buyer.languages else replace(buyer, languages=languages)


def _company(company: Participant, companies: Mapping[str, Company]) -> Participant:
    if company.languages or company.id not in companies:
        return company
    return replace(company, languages=frozenset({"ko", *companies[company.id].languages}))


def _candidates(event: Event, desk: Desk) -> set[str]:
    if event.candidates is None:
        return {c.id for c in event.companies} or set(desk.catalogue.companies)
    for company_id in event.candidates:
        desk.company(company_id)
    return set(event.candidates)


def _depth(event: Event) -> int:
    return max(SEEN, len(event.candidates or ()), len(event.companies))


def _fields(event: Event, desk: Desk) -> Fields:
    """Return what records and event file say of each company; the file has the last word."""
    told = fields_of_event(event)
    wanted = {rule.field for rule in event.balance}
    return {
        company_id: {
            **{name: _values(company, name) for name in wanted},
            **told.get(company_id, {}),
        }
        for company_id, company in desk.catalogue.companies.items()
    }


def _values(company: Company, name: str) -> tuple[str, ...]:
    if name in ("sector", "sectors"):
        return tuple(sorted({o.sector for o in company.offerings if o.sector}))
    value: Any = getattr(company, name, None)
    if value is None:
        value = company.extra.get(name)
    if value is None or value == "":
        return ()
    if isinstance(value, str) or not isinstance(value, Iterable):
        return (str(value),)
    return tuple(str(item) for item in value)


def _origin(desk: Desk) -> dict[str, str]:
    return {"snapshot": desk.manifest.snapshot_id}
