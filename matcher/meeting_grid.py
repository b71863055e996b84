"""An event as arrays: the form in which the solver sees buyers, companies, slots and interpreters.

Rows are sorted by id, so that the order of a file changes nothing. A *mode* is one way to hold a
pair: without an interpreter (group -1) or with one of a group of interpreters who have the same
languages and the same hours.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from matcher.errors import InvalidRequest
from matcher.events import Event, Interpreter, Meeting, Pair, Participant
from matcher.meeting_rooms import Rooms, build_rooms
from matcher.policy import TimetablePolicy
from matcher.timetable import needs_interpreter, slot_days, value_of, violations

Flags = NDArray[np.bool_]
Whole = NDArray[np.int64]
Real = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Side:
    """Buyers or companies: `there` is people x slots."""

    people: tuple[Participant, ...]
    there: Flags
    least: Whole
    most: Whole


@dataclass(frozen=True, slots=True)
class Group:
    """Interpreters who can stand in for each other; `size` is how many, by slot."""

    members: tuple[Interpreter, ...]
    size: Whole


@dataclass(frozen=True, slots=True)
class Grid:
    """Arrays over pairs (`buyer`, `company`, `value`, `is_must`, its `modes`) and over modes (`mode_pair`, `mode_group`).

    allowed: modes x slots. day: the day's number by slot. fixed_slot, fixed_mode: by pair, -1 where free.
    """

    event: Event
    slot_ids: tuple[str, ...]
    day: Whole
    tables: int
    buyers: Side
    companies: Side
    groups: tuple[Group, ...]
    pairs: tuple[Pair, ...]
    buyer: Whole
    company: Whole
    value: Real
    is_must: Flags
    mode_pair: Whole
    mode_group: Whole
    modes: tuple[tuple[int, ...], ...]
    allowed: Flags
    fixed_slot: Whole
    fixed_mode: Whole
    rooms: Rooms

    @property
    def sizes(self) -> Whole:
        """Interpreters by group and slot."""
        slots = len(self.slot_ids)
        return np.array([g.size for g in self.groups], dtype=np.int64).reshape(-1, slots)


def build_grid(event: Event, policy: TimetablePolicy) -> Grid:
    """Lay an event out in arrays; raises InvalidRequest where its fixed meetings break rules."""
    slot_ids = tuple(slot.slot_id for slot in event.slots)
    days = slot_days(event)
    order = {day: n for n, day in enumerate(dict.fromkeys(days[s] for s in slot_ids))}
    buyers, companies = _side(event.buyers, slot_ids), _side(event.companies, slot_ids)
    row = {b.id: n for n, b in enumerate(buyers.people)}
    column = {c.id: n for n, c in enumerate(companies.people)}
    pairs = _pairs(event)
    groups = _groups(event.interpreters, slot_ids)
    buyer = np.array([row[p.buyer_id] for p in pairs], dtype=np.int64)
    company = np.array([column[p.company_id] for p in pairs], dtype=np.int64)
    mode_pair, mode_group = _modes(pairs, buyers.people, companies.people, buyer, company, groups)
    allowed = buyers.there[buyer[mode_pair]] & companies.there[company[mode_pair]]
    for m, g in enumerate(mode_group):
        if g >= 0:
            allowed[m] &= groups[g].size > 0
    tables = min(len(row), len(column)) if event.tables is None else event.tables
    rooms = build_rooms(event, buyers.people, pairs, tables)
    buyers, companies = _rested(buyers, rooms), _rested(companies, rooms)
    fixed_slot, fixed_mode = _fixed(event, pairs, slot_ids, groups, mode_pair, mode_group)
    return Grid(
        event=event,
        slot_ids=slot_ids,
        day=np.array([order[days[s]] for s in slot_ids], dtype=np.int64),
        tables=tables,
        buyers=buyers,
        companies=companies,
        groups=groups,
        pairs=pairs,
        buyer=buyer,
        company=company,
        value=np.array([value_of(p, policy) for p in pairs], dtype=np.float64),
        is_must=np.array([p.preference == "must" for p in pairs], dtype=bool),
        mode_pair=mode_pair,
        mode_group=mode_group,
        modes=_by_pair(mode_pair, len(pairs)),
        allowed=allowed,
        fixed_slot=fixed_slot,
        fixed_mode=fixed_mode,
        rooms=rooms,
    )


def _rested(side: Side, rooms: Rooms) -> Side:
    """Lower what anybody can hold by the breaks; where breaks overlap, by the strictest alone."""
    most = side.most
    slots = side.there.sum(axis=1)
    apart = rooms.windows.sum(axis=0).max(initial=0) <= 1
    lost = [
        np.maximum(side.there[:, window].sum(axis=1) - most_there, 0)
        for window, most_there in zip(rooms.windows, rooms.most, strict=True)
    ]
    if lost:
        total = np.sum(lost, axis=0) if apart else np.max(lost, axis=0)
        most = np.minimum(most, slots - total)
    return replace(side, most=most)


def _side(people: Sequence[Participant], slot_ids: Sequence[str]) -> Side:
    ordered = tuple(sorted(people, key=lambda person: person.id))
    there = np.array(
        [[p.available_slots is None or s in p.available_slots for s in slot_ids] for p in ordered],
        dtype=bool,
    ).reshape(len(ordered), len(slot_ids))
    slots = there.sum(axis=1)
    most = [len(slot_ids) if p.max_meetings is None else p.max_meetings for p in ordered]
    return Side(
        people=ordered,
        there=there,
        least=np.array([p.min_meetings for p in ordered], dtype=np.int64),
        most=np.minimum(np.array(most, dtype=np.int64), slots),
    )


def _pairs(event: Event) -> tuple[Pair, ...]:
    """All pairs that may be met: no vetoes; a fixed one that nobody listed has no score."""
    listed = {(p.buyer_id, p.company_id): p for p in event.pairs or ()}
    for meeting in event.fixed:
        listed.setdefault(meeting.pair, Pair(*meeting.pair, 0.0))
    return tuple(p for _, p in sorted(listed.items()) if p.preference != "veto")


def _groups(interpreters: Sequence[Interpreter], slot_ids: Sequence[str]) -> tuple[Group, ...]:
    found: dict[tuple[str, ...], list[Interpreter]] = defaultdict(list)
    hours: dict[tuple[str, ...], tuple[bool, ...]] = {}
    for item in sorted(interpreters, key=lambda i: i.id):
        there = tuple(item.available_slots is None or s in item.available_slots for s in slot_ids)
        key = (*sorted(item.languages), "|", *(str(int(t)) for t in there))
        found[key].append(item)
        hours[key] = there
    return tuple(
        Group(tuple(members), len(members) * np.array(hours[key], dtype=np.int64))
        for key, members in sorted(found.items())
    )


def _modes(
    pairs: Sequence[Pair],
    buyers: Sequence[Participant],
    companies: Sequence[Participant],
    buyer: Whole,
    company: Whole,
    groups: Sequence[Group],
) -> tuple[Whole, Whole]:
    known: dict[tuple[frozenset[str], frozenset[str]], list[int]] = {}
    mode_pair: list[int] = []
    mode_group: list[int] = []
    for p in range(len(pairs)):
        b, c = buyers[buyer[p]], companies[company[p]]
        key = (b.languages, c.languages)
        if key not in known:
            known[key] = (
                [
                    g
                    for g, group in enumerate(groups)
                    if group.members[0].languages & b.languages
                    and group.members[0].languages & c.languages
                ]
                if needs_interpreter(b, c)
                else [-1]
            )
        for g in known[key]:
            mode_pair.append(p)
            mode_group.append(g)
    return np.array(mode_pair, dtype=np.int64), np.array(mode_group, dtype=np.int64)


def _by_pair(mode_pair: Whole, pairs: int) -> tuple[tuple[int, ...], ...]:
    """Return the modes of each pair."""
    modes: list[list[int]] = [[] for _ in range(pairs)]
    for m, p in enumerate(mode_pair):
        modes[p].append(m)
    return tuple(tuple(some) for some in modes)


def _fixed(
    event: Event,
    pairs: Sequence[Pair],
    slot_ids: Sequence[str],
    groups: Sequence[Group],
    mode_pair: Whole,
    mode_group: Whole,
) -> tuple[Whole, Whole]:
    """Return the fixed slot and mode of each pair; an open interpreter stays open (mode -1)."""
    number = {(p.buyer_id, p.company_id): n for n, p in enumerate(pairs)}
    slot = np.full(len(pairs), -1, dtype=np.int64)
    mode = np.full(len(pairs), -1, dtype=np.int64)
    complaints = list(_complaints(event))
    for meeting in event.fixed:
        p = number.get(meeting.pair)
        if p is None:
            continue  # a veto: among the complaints
        slot[p] = slot_ids.index(meeting.slot_id)
        modes = np.flatnonzero(mode_pair == p)
        named = meeting.interpreter_id
        fitting = [
            int(m)
            for m in modes
            if named is None
            or (mode_group[m] >= 0 and named in [i.id for i in groups[mode_group[m]].members])
        ]
        if len(modes) and mode_group[modes[0]] == -1:
            fitting = [int(modes[0])]
            if named is not None:
                complaints.append(
                    f"{meeting.buyer_id}와(과) {meeting.company_id}은(는) 말이 통하므로 통역 {named}을(를) 고정할 수 없습니다."
                )
        if not fitting:
            complaints.append(
                f"{meeting.buyer_id}와(과) {meeting.company_id}의 고정 상담을 통역할 사람이 없습니다."
            )
        if len(fitting) == 1:
            mode[p] = fitting[0]
    if complaints:
        more = f" 그 밖에 {len(complaints) - 3}건." if len(complaints) > 3 else ""
        raise InvalidRequest(
            "고정한 상담(fixed)이 규칙과 맞지 않습니다. " + " ".join(complaints[:3]) + more,
            field="fixed",
        )
    return slot, mode


def _complaints(event: Event) -> list[str]:
    """What is wrong with the fixed meetings themselves; open tables and interpreters are not."""
    spare = iter(range(-1, -len(event.fixed) - 1, -1))
    filled = [
        Meeting(m.buyer_id, m.company_id, m.slot_id, m.table or next(spare), m.interpreter_id)
        for m in event.fixed
    ]
    found = [v for v in violations(event, filled) if "통역이 없습니다" not in v]
    found = [v for v in found if "상담석 -" not in v and "그대로 있지 않습니다" not in v]
    if event.tables is not None:
        for slot in event.slots:
            held = sum(m.slot_id == slot.slot_id for m in event.fixed)
            if held > event.tables:
                found.append(
                    f"{slot.slot_id}에 고정한 상담 {held}건이 상담석 {event.tables}개를 넘습니다."
                )
    return found
