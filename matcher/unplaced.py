"""Why a pair is not met, down to what was missing; and which wishes cannot all be met together."""

import time
from collections.abc import Sequence
from typing import Any

import numpy as np

from matcher.meeting_grid import Flags, Grid
from matcher.meeting_seats import Seats
from matcher.timetable import Terms, Unplaced, needs_interpreter
from matcher.vocabulary import language_label

MOST_CONFLICTS = 5
MOST_VARIABLES = 60_000


def why_unplaced(seats: Seats) -> tuple[Unplaced, ...]:
    """Return every listed pair that is not met, vetoes too, in the order of ids, with its reason."""
    grid = seats.grid
    number = {(p.buyer_id, p.company_id): n for n, p in enumerate(grid.pairs)}
    found = []
    for pair in sorted(grid.event.pairs or (), key=lambda p: (p.buyer_id, p.company_id)):
        n = number.get((pair.buyer_id, pair.company_id))
        if n is None:
            why = "만나지 않기로 한 짝(veto)입니다."
        elif seats.slot[n] >= 0:
            continue
        else:
            why = _why(seats, n)
        found.append(Unplaced(pair.buyer_id, pair.company_id, why))
    return tuple(found)


def shortfalls(seats: Seats) -> tuple[str, ...]:
    """Return one sentence for everybody who has fewer meetings than promised."""
    grid = seats.grid
    found = []
    for side, of, held in (
        (grid.buyers, grid.buyer, seats.by_buyer),
        (grid.companies, grid.company, seats.by_company),
    ):
        for n, person in enumerate(side.people):
            if held[n] >= person.min_meetings:
                continue
            listed = int((of == n).sum())
            if listed < person.min_meetings:
                why = f"만날 수 있는 짝이 {listed}건뿐입니다"
            elif side.most[n] < person.min_meetings:
                why = f"참석하는 시간이 {int(side.there[n].sum())}개뿐입니다"
            else:
                why = _why(seats, int(np.flatnonzero((of == n) & (seats.slot < 0))[0])).rstrip(".")
            found.append(
                f"{person.id}: 최소 {person.min_meetings}건 가운데 {int(held[n])}건만 배정되었습니다. {why}."
            )
    return tuple(found)


def _why(seats: Seats, p: int) -> str:
    grid = seats.grid
    b, c = int(grid.buyer[p]), int(grid.company[p])
    buyer, company = grid.buyers.people[b], grid.companies.people[c]
    modes = np.flatnonzero(grid.mode_pair == p)
    if not len(modes):
        return f"{_languages(buyer.languages)}와(과) {_languages(company.languages)}을(를) 잇는 통역이 행사에 없습니다."
    common = grid.buyers.there[b] & grid.companies.there[c]
    if not common.any():
        return f"바이어 {buyer.id}와(과) 공급기업 {company.id}이(가) 함께 참석하는 시간이 없습니다."
    for person, held, most in (
        (buyer, int(seats.by_buyer[b]), int(grid.buyers.most[b])),
        (company, int(seats.by_company[c]), int(grid.companies.most[c])),
    ):
        if held >= most:
            limit = "최대" if person.max_meetings == most else "참석하는 시간만큼인"
            return f"{person.id}이(가) {limit} {most}건을 모두 다른 상대와 만납니다."
    if not grid.allowed[modes].any():
        return f"둘이 함께 참석하는 {_times(grid, common)}에 {_languages(buyer.languages)} 통역이 없습니다."
    return _blocked(seats, p, common)


def _blocked(seats: Seats, p: int, common: Flags) -> str:
    """Say what stood in the way in each group of slots that both could have had."""
    grid = seats.grid
    b, c = int(grid.buyer[p]), int(grid.company[p])
    buyer, company = grid.buyers.people[b], grid.companies.people[c]
    busy_buyer = common & (seats.at_buyer[b] >= 0)
    busy_company = common & (seats.at_company[c] >= 0) & ~busy_buyer
    rest = common & ~busy_buyer & ~busy_company
    resting = rest & seats.resting_slots(p)
    full = rest & ~resting & seats.full_slots(p)
    silent = rest & ~resting & ~full
    pieces = []
    if silent.any() and needs_interpreter(buyer, company):
        groups = {int(g) for g in grid.mode_group[grid.mode_pair == p]}
        voices = sum(len(grid.groups[g].members) for g in groups)
        pieces.append(
            f"{_languages(buyer.languages)} 통역 {voices}명이 {_times(grid, silent)}에 다른 상담에 배정되었거나 자리에 없음"
        )
    elif silent.any() and grid.value[p] == 0 and not grid.is_must[p]:
        return "점수가 0이라, 넣어도 상담표가 나아지지 않아 비워 두었습니다."
    elif silent.any():
        return f"{_times(grid, silent)}에 자리가 있지만, 제한 시간 안에 넣지 못했습니다."
    if full.any():
        room = int(grid.rooms.of_buyer[b])
        name = f"{grid.rooms.names[room]}의 " if grid.rooms.names[room] else ""
        count = int(grid.rooms.tables[room])
        pieces.append(f"{name}상담석 {count}개가 {_times(grid, full)}에 모두 참")
    if resting.any():
        pieces.append(f"{_times(grid, resting)}에 넣으면 쉬는 시간이나 방을 옮길 시간이 없음")
    if busy_buyer.any():
        pieces.append(f"{buyer.id}이(가) {_times(grid, busy_buyer)}에 다른 상담 중")
    if busy_company.any():
        pieces.append(f"{company.id}이(가) {_times(grid, busy_company)}에 다른 상담 중")
    return "; ".join(pieces) + "."


def _languages(codes: frozenset[str]) -> str:
    labels = [language_label(code) for code in sorted(codes)]
    return "·".join(labels) or "언어 모름"


def _times(grid: Grid, slots: Flags) -> str:
    """Return stretches of neighbouring slots as clock times of the event's place."""
    from zoneinfo import ZoneInfo

    zone = ZoneInfo(grid.event.timezone)
    several = len(np.unique(grid.day)) > 1
    stretches: list[list[int]] = []
    for s in np.flatnonzero(slots):
        follows = stretches and stretches[-1][-1] == s - 1 and grid.day[s] == grid.day[s - 1]
        if follows:
            stretches[-1].append(int(s))
        else:
            stretches.append([int(s)])
    shown = []
    for stretch in stretches[:3]:
        first, last = grid.event.slots[stretch[0]], grid.event.slots[stretch[-1]]
        begin = first.start.astimezone(zone)
        end = last.start.timestamp() + 60 * last.meeting_minutes
        until = type(begin).fromtimestamp(end, zone)
        day = f"{begin:%m-%d} " if several else ""
        shown.append(f"{day}{begin:%H:%M}-{until:%H:%M}")
    more = f" 등 {len(stretches)}곳" if len(stretches) > 3 else ""
    return ", ".join(shown) + more


def conflicting_wishes(grid: Grid, terms: Terms, seconds: float) -> tuple[tuple[str, ...], ...]:
    """Return smallest sets of rules of which one must give way: none where everything was met.

    Smallest: without any one of them, the others can all be kept. Musts and minimums that cannot be
    met on paper (too few pairs or hours) are told by `shortfalls` and `why_unplaced` already. What is
    not proven within so many seconds is left out.
    """
    if not (terms.musts_unplaced or terms.meetings_missing):
        return ()
    if int(grid.allowed.sum()) > MOST_VARIABLES:
        return ()
    found: list[tuple[str, ...]] = []
    given_up: set[str] = set()
    end = time.monotonic() + seconds
    while len(found) < MOST_CONFLICTS and time.monotonic() < end:
        rules = _smallest(grid, given_up, end)
        if not rules:
            break
        found.append(rules)
        wishes = [rule for rule in rules if rule.startswith(("꼭 만날", "최소"))]
        if not wishes:
            break
        given_up.add(wishes[-1])
    return tuple(found)


def _smallest(grid: Grid, given_up: set[str], end: float) -> tuple[str, ...]:
    """Return one irreducible set of rules in conflict, by deletion; empty where none is (proven)."""
    from ortools.sat.python import cp_model

    model, literals = _relaxable(grid, given_up)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1

    def core(names: Sequence[str]) -> list[str] | None:
        model.clear_assumptions()
        model.add_assumptions([literals[name] for name in names])
        solver.parameters.max_time_in_seconds = max(end - time.monotonic(), 0.01)
        if solver.solve(model) != cp_model.INFEASIBLE:
            return None
        indices = set(solver.sufficient_assumptions_for_infeasibility())
        return [name for name in names if literals[name].index in indices]

    kept = core(list(literals))
    if kept is None:
        return ()
    for name in list(kept):
        if name in kept:
            fewer = core([other for other in kept if other != name])
            kept = kept if fewer is None else fewer
    return tuple(kept) if time.monotonic() < end else ()  # not proven to be smallest


def _relaxable(grid: Grid, given_up: set[str]) -> tuple[Any, dict[str, Any]]:
    """Every rule with a switch, named in Korean; what is given up is left out."""
    from ortools.sat.python import cp_model

    model = cp_model.CpModel()
    literals: dict[str, Any] = {}

    def switch(name: str) -> Any:
        if name not in literals:
            literals[name] = model.new_bool_var(name)
        return literals[name]

    wished = {n for n in range(len(grid.pairs)) if grid.is_must[n]}
    for side, of in ((grid.buyers, grid.buyer), (grid.companies, grid.company)):
        for n in np.flatnonzero(side.least):
            wished |= {int(p) for p in np.flatnonzero(of == n)}
    sizes = grid.sizes
    x: dict[int, list[tuple[int, int, Any]]] = {}
    for m, p in enumerate(grid.mode_pair):
        for s in range(len(grid.slot_ids)):
            if int(p) in wished and (grid.mode_group[m] < 0 or sizes[grid.mode_group[m], s]):
                x.setdefault(int(p), []).append((m, s, model.new_bool_var("")))
    rows: dict[tuple[Any, ...], list[Any]] = {}
    limits: dict[tuple[Any, ...], tuple[int, str | None]] = {}
    for pair, options in x.items():
        b, c = int(grid.buyer[pair]), int(grid.company[pair])
        model.add_at_most_one(v for _, _, v in options)
        for m, s, v in options:
            for role, side, row in (
                ("바이어", grid.buyers, b),
                ("공급기업", grid.companies, c),
            ):
                person = side.people[row]
                if not side.there[row, s]:
                    model.add(v == 0).only_enforce_if(switch(f"{person.id}이(가) 참석하는 시간"))
                rows.setdefault(("at", role, person.id, s), []).append(v)
                limits["at", role, person.id, s] = (1, None)
                for w in np.flatnonzero(grid.rooms.windows[:, s]):
                    rows.setdefault(("break", role, person.id, int(w)), []).append(v)
                    limits["break", role, person.id, int(w)] = (
                        int(grid.rooms.most[w]),
                        f"{person.id}의 쉬는 시간",
                    )
                if person.max_meetings is not None:
                    rows.setdefault(("most", role, person.id), []).append(v)
                    limits["most", role, person.id] = (
                        person.max_meetings,
                        f"{person.id}의 최대 상담 {person.max_meetings}건",
                    )
            room = int(grid.rooms.of_buyer[b])
            count = int(grid.rooms.tables[room])
            rows.setdefault(("tables", room, s), []).append(v)
            limits["tables", room, s] = (
                count,
                f"{grid.rooms.names[room]} 상담석 {count}개".strip(),
            )
            if (g := int(grid.mode_group[m])) >= 0:
                group = grid.groups[g]
                names = ", ".join(i.id for i in group.members)
                rows.setdefault(("group", g, s), []).append(v)
                limits["group", g, s] = (
                    int(group.size[s]),
                    f"{_languages(group.members[0].languages)} 통역 {len(group.members)}명({names})",
                )
    for key, variables in rows.items():
        limit, name = limits[key]
        if len(variables) > limit:
            rule = model.add(cp_model.LinearExpr.sum(variables) <= limit)
            if name is not None:
                rule.only_enforce_if(switch(name))
    _travel(grid, x, model, switch)
    _wishes(grid, x, model, switch, given_up)
    return model, literals


def _travel(grid: Grid, x: dict[int, list[tuple[int, int, Any]]], model: Any, switch: Any) -> None:
    """A company that changes rooms needs its time, unless that rule is switched off."""
    if not grid.rooms.near.any():
        return
    at: dict[tuple[int, int, int], list[Any]] = {}
    for pair, options in x.items():
        room = int(grid.rooms.of_buyer[grid.buyer[pair]])
        for _, s, v in options:
            at.setdefault((int(grid.company[pair]), s, room), []).append(v)
    for (c, s, room), variables in at.items():
        for t in np.flatnonzero(grid.rooms.near[s]):
            others = [
                v
                for other in range(len(grid.rooms.names))
                if other != room and t > s
                for v in at.get((c, int(t), other), [])
            ]
            if others:
                name = f"방을 옮기는 {grid.event.travel_minutes}분"
                model.add(sum([*variables, *others]) <= 1).only_enforce_if(switch(name))


def _wishes(
    grid: Grid,
    x: dict[int, list[tuple[int, int, Any]]],
    model: Any,
    switch: Any,
    given_up: set[str],
) -> None:
    from ortools.sat.python import cp_model

    for p in np.flatnonzero(grid.is_must):
        pair = grid.pairs[p]
        name = f"꼭 만날 짝: {pair.buyer_id}와(과) {pair.company_id}"
        if name not in given_up:
            options = cp_model.LinearExpr.sum([v for _, _, v in x.get(int(p), [])])
            model.add(options >= 1).only_enforce_if(switch(name))
    for p in np.flatnonzero(grid.fixed_slot >= 0):
        for _, s, v in x.get(int(p), []):
            if s != grid.fixed_slot[p]:
                pair = grid.pairs[p]
                name = f"고정한 상담: {pair.buyer_id}와(과) {pair.company_id}"
                model.add(v == 0).only_enforce_if(switch(name))
    for side, of in ((grid.buyers, grid.buyer), (grid.companies, grid.company)):
        for n in np.flatnonzero(side.least):
            name = f"최소 상담: {side.people[n].id} {side.least[n]}건"
            if name not in given_up:
                held = [v for q in np.flatnonzero(of == n) for _, _, v in x.get(int(q), [])]
                model.add(cp_model.LinearExpr.sum(held) >= int(side.least[n])).only_enforce_if(
                    switch(name)
                )
