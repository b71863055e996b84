"""What staff change by hand: who takes part, who travels in whose place, where a meeting stands."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from matcher.errors import InvalidRequest, UnknownId
from matcher.events import Event, Meeting, Pair
from matcher.policy import Policy
from matcher.timetable import Timetable, needs_interpreter, terms_of, violations
from service.planning import completed, needs_matcher, plan_delegation
from service.reports import earlier_chances
from service.store import StoredEvent
from service.workbench import Workbench

SWAP_SECONDS = 5.0
Form = dict[str, Any]


def with_demand(form: Mapping[str, Any], need_id: str) -> Form:
    """Return an event's form with a need among its demands."""
    return {**form, "demands": [*form.get("demands", ()), need_id]}


def without_demand(form: Mapping[str, Any], need_id: str) -> Form:
    """Return an event's form without a demand."""
    demands = form.get("demands", ())
    kept = [d for d in demands if (d["need_id"] if isinstance(d, Mapping) else d) != need_id]
    return {**form, "demands": kept}


def with_rules(
    form: Mapping[str, Any],
    *,
    quota: int | None,
    alternates: int,
    tables: int | None,
    candidates: Sequence[str],
    must_include: Sequence[str],
    must_exclude: Sequence[str],
) -> Form:
    """Return an event's form with other numbers and with who may, must and must not travel.

    No candidates: every company is one. Reasons of who is excluded already stay.
    """
    why = {
        item["company_id"]: item
        for item in form.get("must_exclude") or ()
        if isinstance(item, Mapping)
    }
    found: Form = {
        **form,
        "alternates": alternates,
        "must_include": list(dict.fromkeys(must_include)),
        "must_exclude": [why.get(id, id) for id in dict.fromkeys(must_exclude)],
    }
    told = {"quota": quota, "tables": tables, "candidates": list(dict.fromkeys(candidates)) or None}
    for name, value in told.items():
        if value is None:
            found.pop(name, None)
        else:
            found[name] = value
    return found


def with_interpreter(form: Mapping[str, Any], id: str, languages: Sequence[str]) -> Form:
    """Return an event's form with one more interpreter, or with other languages of a known one."""
    if len(languages) < 2:
        raise InvalidRequest(
            "통역의 언어를 둘 이상 적으십시오 (예: 한국어 베트남어).", field="value"
        )
    kept = [i for i in form.get("interpreters") or () if i["interpreter_id"] != id]
    return {**form, "interpreters": [*kept, {"interpreter_id": id, "languages": list(languages)}]}


def without_interpreter(form: Mapping[str, Any], id: str) -> Form:
    """Return an event's form without an interpreter."""
    kept = [i for i in form.get("interpreters") or () if i["interpreter_id"] != id]
    fixed = [m for m in form.get("fixed") or () if m.get("interpreter_id") != id]
    return {**form, "interpreters": kept, "fixed": fixed}


def with_person(form: Mapping[str, Any], side: str, id: str) -> Form:
    """Return an event's form with one more buyer ("buyers") or company ("companies") at the table."""
    key = "buyer_id" if side == "buyers" else "company_id"
    people = list(form.get(side) or ())
    if any(person[key] == id for person in people):
        raise InvalidRequest(f"'{id}'은(는) 이미 있습니다.", field=key)
    return {**form, side: [*people, {key: id}]}


def without_person(form: Mapping[str, Any], side: str, id: str) -> Form:
    """Return an event's form without a buyer or a company, and without their pairs and fixed meetings."""
    key = "buyer_id" if side == "buyers" else "company_id"
    found: Form = {**form, side: [p for p in form.get(side) or () if p[key] != id]}
    for name in ("pairs", "fixed"):
        if form.get(name) is not None:
            found[name] = [item for item in form[name] if item[key] != id]
    return found


def with_invited(bench: Workbench, stored: StoredEvent) -> Form:
    """Return the form with the delegation as companies, and with every buyer of the demands.

    A demand without a buyer on record is its own buyer. Who is there already stays as it is.
    """
    form = dict(stored.form)
    demands = [demand.need_id for demand in stored.event.demands]
    for item in (stored.delegation or {}).get("chosen", ()):
        if not any(c["company_id"] == item["company_id"] for c in form.get("companies") or ()):
            form = with_person(form, "companies", item["company_id"])
    of_need: dict[str, list[str]] = {need_id: [] for need_id in demands}
    for buyer in bench.store.buyers():
        for need_id in buyer.need_ids:
            if need_id in of_need:
                of_need[need_id].append(buyer.buyer_id)
    present = {b["buyer_id"] for b in form.get("buyers") or ()}
    invited = list(form.get("buyers") or ())
    for need_id, buyer_ids in of_need.items():
        for buyer_id in buyer_ids or [need_id]:
            if buyer_id not in present:
                present.add(buyer_id)
                named = _asking(bench, need_id) if buyer_id == need_id else {}
                invited.append({"buyer_id": buyer_id, "need_ids": [need_id], **named})
    return {**form, "buyers": invited}


def _asking(bench: Workbench, need_id: str) -> dict[str, str]:
    """Return what a buyer is called who is known by a need alone."""
    try:
        need = bench.store.need(need_id)
    except UnknownId:  # the demand's need was deleted since
        return {}
    return {"name": need.organisation or need.title or need_id}


def swapped(
    bench: Workbench, stored: StoredEvent, out: str, into: str
) -> tuple[Form, dict[str, Any]]:
    """Return form and delegation with one company in another's place, and what that changes.

    The rest of the chosen stays. Provenance holds coverage and worth of before. Raises InvalidRequest.
    """
    before = stored.delegation
    if before is None:
        raise InvalidRequest("먼저 파견단을 고르십시오.", field="event_id")
    chosen = [item["company_id"] for item in before["chosen"]]
    if out not in chosen or into in chosen:
        raise InvalidRequest(
            "뽑힌 기업 하나와 뽑히지 않은 기업 하나를 고르십시오.", field="company_id"
        )
    kept = [into if company_id == out else company_id for company_id in chosen]
    excluded = [
        item
        for item in stored.form.get("must_exclude") or ()
        if (item["company_id"] if isinstance(item, Mapping) else item) != into
    ]
    form = {
        **stored.form,
        "must_include": kept,
        "must_exclude": [*excluded, {"company_id": out, "why": "담당자가 바꾸었습니다."}],
        "quota": len(kept),
    }
    event = completed(Event.from_dict(form), bench.store)
    desk = bench.desk() if needs_matcher(event) else None
    seen = earlier_chances(bench.store, event)
    after = plan_delegation(event, desk, SWAP_SECONDS, seen).to_dict()
    after["provenance"] = {
        **after["provenance"],
        "swap": {
            "out": out,
            "into": into,
            "coverage": before["coverage"],
            "objective": before["objective"],
        },
    }
    return form, after


def let_go(form: Mapping[str, Any]) -> Form:
    """Return the form without what was swapped by hand."""
    kept = [
        item
        for item in form.get("must_exclude") or ()
        if not (isinstance(item, Mapping) and item.get("why") == "담당자가 바꾸었습니다.")
    ]
    return {**form, "must_include": [], "must_exclude": kept}


def moved(
    event: Event, timetable: Timetable, pair: tuple[str, str], slot_id: str, table: int
) -> tuple[Timetable, tuple[str, ...]]:
    """Return the timetable with a meeting at another time or table, and the rules that breaks.

    A meeting that stands there takes the place of the one that moves. Where either needs an
    interpreter, one who is free is taken. Raises InvalidRequest where there is no such meeting.
    """
    held = {meeting.pair: meeting for meeting in timetable.meetings}
    mine = held.get(pair)
    if mine is None:
        raise InvalidRequest("상담표에 없는 상담입니다.", field="company_id")
    other = next((m for m in timetable.meetings if (m.slot_id, m.table) == (slot_id, table)), None)
    rest = [m for m in timetable.meetings if m not in (mine, other)]
    placed = [replace(mine, slot_id=slot_id, table=table)]
    if other is not None and other is not mine:
        placed.append(replace(other, slot_id=mine.slot_id, table=mine.table))
    listed = _with_listed_pairs(event, timetable)
    meetings = _interpreted(listed, rest, placed)
    order = {slot.slot_id: place for place, slot in enumerate(event.slots)}
    meetings.sort(key=lambda m: (order.get(m.slot_id, 0), m.table or 0))
    weights = Policy.load().timetable
    idle = terms_of(listed, meetings, weights).idle_slots
    terms = replace(timetable.terms, idle_slots=idle)
    objective = terms.objective(weights)
    difference = timetable.bound - objective
    changed = replace(
        timetable,
        meetings=tuple(meetings),
        terms=terms,
        objective=objective,
        gap=difference / max(terms.score + difference, 1.0) if difference > 1e-7 else 0.0,
        provenance={**timetable.provenance, "moved_by_hand": True},
    )
    return changed, violations(listed, meetings)


def _with_listed_pairs(event: Event, timetable: Timetable) -> Event:
    """Return the event with pairs that the timetable knows, where its file lists none."""
    if event.pairs is not None:
        return event
    known = [m.pair for m in timetable.meetings]
    known += [(item.buyer_id, item.company_id) for item in timetable.unplaced]
    return replace(event, pairs=tuple(Pair(b, c, 0.0) for b, c in dict.fromkeys(known)))


def _interpreted(event: Event, rest: Sequence[Meeting], placed: Sequence[Meeting]) -> list[Meeting]:
    """Seat the placed meetings with an interpreter each where one is needed and free."""
    buyers = {b.id: b for b in event.buyers}
    companies = {c.id: c for c in event.companies}
    meetings = list(rest)
    for meeting in placed:
        buyer, company = buyers.get(meeting.buyer_id), companies.get(meeting.company_id)
        if buyer is None or company is None or not needs_interpreter(buyer, company):
            meetings.append(replace(meeting, interpreter_id=None))
            continue
        names = [meeting.interpreter_id, *(i.id for i in event.interpreters)]
        options = [replace(meeting, interpreter_id=name) for name in dict.fromkeys(names)]
        broken = {m: len(violations(event, [*meetings, m])) for m in options}
        meetings.append(min(options, key=lambda m: broken[m]))
    return meetings
