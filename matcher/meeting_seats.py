"""Meetings in their slots: moving one at a time along alternating paths, and many at once with CP-SAT."""

import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from matcher.meeting_grid import Flags, Grid, Whole
from matcher.policy import TimetablePolicy

STOP_SECONDS = 0.2
"""How often a running search looks whether it should end."""
UNIT = 1_000_000
"""Points are whole numbers inside CP-SAT: millionths of a score."""


class Seats:
    """Where each pair sits now: `slot` and `mode` by pair, -1 where it does not; every rule always holds.

    stop: set by whoever wants the search to end with what it has.
    """

    def __init__(self, grid: Grid, stop: threading.Event | None = None) -> None:
        self.grid = grid
        self.stop = stop
        slots = len(grid.slot_ids)
        self.slot = np.full(len(grid.pairs), -1, dtype=np.int64)
        self.mode = np.full(len(grid.pairs), -1, dtype=np.int64)
        self.at_buyer = np.full((len(grid.buyers.people), slots), -1, dtype=np.int64)
        self.at_company = np.full((len(grid.companies.people), slots), -1, dtype=np.int64)
        self.busy = np.zeros((len(grid.groups), slots), dtype=np.int64)
        self.held = np.zeros((len(grid.rooms.names), slots), dtype=np.int64)
        self.by_buyer = np.zeros(len(grid.buyers.people), dtype=np.int64)
        self.by_company = np.zeros(len(grid.companies.people), dtype=np.int64)
        self.sizes = grid.sizes
        self.room = grid.rooms.of_buyer[grid.buyer]
        self.tables = grid.rooms.tables[self.room]
        self.has_breaks = len(grid.rooms.most) > 0
        self.has_walks = bool(grid.rooms.near.any())

    def left(self, end: float) -> float:
        """Return the seconds until `end` (monotonic); none where the search was stopped."""
        is_stopped = self.stop is not None and self.stop.is_set()
        return 0.0 if is_stopped else end - time.monotonic()

    def put(self, p: int, m: int, s: int) -> None:
        """Seat a pair."""
        b, c, g = self.grid.buyer[p], self.grid.company[p], self.grid.mode_group[m]
        self.slot[p], self.mode[p] = s, m
        self.at_buyer[b, s] = self.at_company[c, s] = p
        self.held[self.room[p], s] += 1
        self.by_buyer[b] += 1
        self.by_company[c] += 1
        if g >= 0:
            self.busy[g, s] += 1

    def take(self, p: int) -> None:
        """Unseat a pair."""
        b, c, s = self.grid.buyer[p], self.grid.company[p], self.slot[p]
        g = self.grid.mode_group[self.mode[p]]
        self.at_buyer[b, s] = self.at_company[c, s] = -1
        self.held[self.room[p], s] -= 1
        self.by_buyer[b] -= 1
        self.by_company[c] -= 1
        if g >= 0:
            self.busy[g, s] -= 1
        self.slot[p] = self.mode[p] = -1

    def state(self) -> dict[int, tuple[int, int]]:
        """Return (mode, slot) by seated pair."""
        seated = np.flatnonzero(self.slot >= 0)
        return {int(p): (int(self.mode[p]), int(self.slot[p])) for p in seated}

    def restore(self, state: Mapping[int, tuple[int, int]]) -> None:
        """Seat exactly what `state` gave."""
        for seated in np.flatnonzero(self.slot >= 0):
            self.take(int(seated))
        for p, (m, s) in state.items():
            self.put(p, m, s)

    def has_room(self, p: int) -> bool:
        """Whether both sides may have one more meeting."""
        b, c = self.grid.buyer[p], self.grid.company[p]
        return bool(
            self.by_buyer[b] < self.grid.buyers.most[b]
            and self.by_company[c] < self.grid.companies.most[c]
        )

    def full_slots(self, p: int) -> Flags:
        """Slots in which no table is free in the room of the pair's buyer."""
        return np.asarray(self.held[self.room[p]] >= self.tables[p])

    def resting_slots(self, p: int) -> Flags:
        """Slots in which a meeting would cost either side a break or the time to change rooms."""
        rooms, b, c = self.grid.rooms, self.grid.buyer[p], self.grid.company[p]
        closed = np.zeros(len(self.grid.slot_ids), dtype=bool)
        for window, most in zip(rooms.windows, rooms.most, strict=True):
            for at in (self.at_buyer[b], self.at_company[c]):
                if (at[window] >= 0).sum() >= most:
                    closed |= window
        if self.has_walks:
            theirs = self.at_company[c]
            elsewhere = theirs >= 0
            elsewhere[elsewhere] = (
                rooms.of_buyer[self.grid.buyer[theirs[elsewhere]]] != rooms.of_buyer[b]
            )
            closed |= rooms.near[elsewhere].any(axis=0)
        return closed

    def is_sound(self, p: int) -> bool:
        """Whether breaks and changes of rooms of a seated pair's two sides are kept."""
        if not (self.has_breaks or self.has_walks):
            return True
        rooms, b, c = self.grid.rooms, self.grid.buyer[p], self.grid.company[p]
        for window, most in zip(rooms.windows, rooms.most, strict=True):
            for at in (self.at_buyer[b], self.at_company[c]):
                if (at[window] >= 0).sum() > most:
                    return False
        if self.has_walks:
            (held,) = np.nonzero(self.at_company[c] >= 0)
            where = rooms.of_buyer[self.grid.buyer[self.at_company[c, held]]]
            return not (rooms.near[np.ix_(held, held)] & (where[:, None] != where)).any()
        return True

    def open_slots(self, m: int) -> Flags:
        """Slots in which the mode could be held, were its buyer and company free."""
        g = self.grid.mode_group[m]
        found = self.grid.allowed[m] & ~self.full_slots(int(self.grid.mode_pair[m]))
        if g >= 0:
            found = found & (self.busy[g] < self.sizes[g])
        return np.asarray(found)

    def seat(self, p: int, modes: Sequence[int], within: Flags) -> bool:
        """Seat a pair in a free slot beside the company's others, or by moving others; False if not."""
        b, c = self.grid.buyer[p], self.grid.company[p]
        if not self.has_room(p):
            return False
        for m in modes:
            free = self.open_slots(m) & (self.at_buyer[b] < 0) & (self.at_company[c] < 0) & within
            if self.has_breaks or self.has_walks:
                free &= ~self.resting_slots(p)
            places = np.flatnonzero(free)
            if len(places):
                self.put(p, m, int(places[np.argmin(self._crowding(c, places))]))
                return True
        return any(self._seat_by_moving(p, m, within) for m in modes)

    def _crowding(self, c: int, places: Whole) -> Whole:
        taken = np.flatnonzero(self.at_company[c] >= 0)
        far = (
            np.abs(places[:, None] - taken[None, :]).min(axis=1)
            if len(taken)
            else np.zeros(len(places))
        )
        return np.asarray(self.held[:, places].sum(axis=0) + 0.5 * far)

    def _seat_by_moving(self, p: int, m: int, within: Flags) -> bool:
        """Exchange two slots along the path of meetings that starts at the company (Kempe chain)."""
        b, c = int(self.grid.buyer[p]), int(self.grid.company[p])
        open_here = self.open_slots(m) & within
        for one in np.flatnonzero(open_here & (self.at_buyer[b] < 0)):
            for other in np.flatnonzero((self.at_company[c] < 0) & self.grid.companies.there[c]):
                if one == other or self.at_company[c, one] < 0:
                    continue
                chain = self._chain(c, int(one), int(other))
                if chain is None:
                    continue
                if b in {int(self.grid.buyer[q]) for q in chain}:
                    continue  # the path ends at the buyer: the slot would be taken again
                if self._exchange(chain, int(one), int(other), (p, m)):
                    return True
        return False

    def _chain(self, c: int, one: int, other: int) -> list[int] | None:
        chain: list[int] = []
        at, from_slot, is_company = c, one, True
        while True:
            p = int((self.at_company if is_company else self.at_buyer)[at, from_slot])
            if p < 0:
                return chain
            if self.grid.fixed_slot[p] >= 0 or len(chain) > 200:
                return None
            chain.append(p)
            at = int(self.grid.buyer[p] if is_company else self.grid.company[p])
            from_slot = other if from_slot == one else one
            is_company = not is_company

    def _exchange(self, chain: Sequence[int], one: int, other: int, new: tuple[int, int]) -> bool:
        before = [(p, int(self.mode[p]), int(self.slot[p])) for p in chain]
        for p in chain:
            self.take(p)
        after = [(p, m, other if s == one else one) for p, m, s in before] + [(*new, one)]
        done = []
        for p, m, s in after:
            g = self.grid.mode_group[m]
            room = g < 0 or self.busy[g, s] < self.sizes[g, s]
            is_full = self.held[self.room[p], s] >= self.tables[p]
            if is_full or not (self.grid.allowed[m, s] and room):
                break
            self.put(p, m, s)
            done.append(p)
        else:
            if all(self.is_sound(p) for p in done):
                return True
        for p in done:
            self.take(p)
        for p, m, s in before:
            self.put(p, m, s)
        return False


@dataclass(frozen=True, slots=True)
class Part:
    """What CP-SAT may change: these pairs, in these slots; the rest stays.

    keeps_pairs: who meets stays too, and only the slots change. counts_idle: idle slots count.
    """

    pairs: Whole
    slots: Whole
    keeps_pairs: bool = False
    counts_idle: bool = True


def improve(
    seats: Seats,
    part: Part,
    policy: TimetablePolicy,
    seconds: float,
    *,
    workers: int = 2,
    may_stop: bool = True,
) -> float:
    """Seat the part's pairs anew, best for the whole; return the bound, infinite where nothing was found.

    The bound is that of the part's points alone: comparable only where the part is everything.
    """
    from ortools.sat.python import cp_model

    model = cp_model.CpModel()
    free = [
        int(p)
        for p in part.pairs
        if seats.slot[p] in part.slots or (seats.slot[p] < 0 and not part.keeps_pairs)
    ]
    before = {p: (int(seats.mode[p]), int(seats.slot[p])) for p in free if seats.slot[p] >= 0}
    for p in before:
        seats.take(p)
    x = _variables(seats, free, part.slots, model)
    _constrain(seats, x, model)
    _constrain_rooms(seats, x, model)
    if part.keeps_pairs:
        by_pair: dict[int, list[Any]] = {}
        for p, _, _, v in x:
            by_pair.setdefault(p, []).append(v)
        for variables in by_pair.values():
            model.add_exactly_one(variables)
        model.minimize(sum(_idle(seats, x, model)))
    else:
        model.maximize(_points(seats, x, part, policy, model))
    for p, m, s, v in x:
        model.add_hint(v, before.get(p) == (m, s))
    solver = cp_model.CpSolver()
    solver.parameters.max_time_in_seconds = max(seconds, 0.1)
    solver.parameters.num_workers = workers
    solver.parameters.random_seed = 1
    with _stopping(solver, seats.stop if may_stop else None):
        status = solver.solve(model)
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        for p, (m, s) in before.items():
            seats.put(p, m, s)
        return float("inf")
    for p, m, s, v in x:
        if solver.boolean_value(v):
            seats.put(p, m, s)
    return float(solver.best_objective_bound / UNIT)


@contextmanager
def _stopping(solver: Any, stop: threading.Event | None) -> Iterator[None]:
    """End a solver's search as soon as `stop` is set."""
    if stop is None:
        yield
        return
    done = threading.Event()

    def watch() -> None:
        while not done.wait(STOP_SECONDS):
            if stop.is_set():
                solver.stop_search()

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join()


_Variable = tuple[int, int, int, Any]


def _variables(seats: Seats, free: Iterable[int], slots: Whole, model: Any) -> list[_Variable]:
    """One for each (pair, mode, slot) that the meetings that stay leave open."""
    grid = seats.grid
    found = []
    for p in free:
        b, c = grid.buyer[p], grid.company[p]
        if not seats.has_room(p):
            continue
        open_here = (seats.at_buyer[b, slots] < 0) & (seats.at_company[c, slots] < 0)
        open_here &= ~seats.resting_slots(p)[slots]
        for m in grid.modes[p]:
            if grid.fixed_mode[p] not in (-1, m):
                continue
            possible = open_here & seats.open_slots(m)[slots]
            for s in slots[possible]:
                if grid.fixed_slot[p] in (-1, s):
                    found.append((p, m, int(s), model.new_bool_var("")))
    return found


def _constrain(seats: Seats, x: Sequence[_Variable], model: Any) -> None:
    grid, rooms = seats.grid, seats.grid.rooms
    rows: dict[tuple[Any, ...], list[Any]] = {}
    most: dict[tuple[Any, ...], int] = {}
    for p, m, s, v in x:
        b, c, g = int(grid.buyer[p]), int(grid.company[p]), int(grid.mode_group[m])
        room = int(rooms.of_buyer[b])
        limits = {
            ("pair", p): 1,
            ("buyer at", b, s): 1,
            ("company at", c, s): 1,
            ("tables", room, s): int(rooms.tables[room] - seats.held[room, s]),
            ("buyer", b): int(grid.buyers.most[b] - seats.by_buyer[b]),
            ("company", c): int(grid.companies.most[c] - seats.by_company[c]),
        }
        if g >= 0:
            limits["group", g, s] = int(seats.sizes[g, s] - seats.busy[g, s])
        for w in np.flatnonzero(rooms.windows[:, s]):
            window = rooms.windows[w]
            for name, n, at in (("buyer", b, seats.at_buyer), ("company", c, seats.at_company)):
                limits["break", name, n, int(w)] = int(rooms.most[w] - (at[n, window] >= 0).sum())
        for key, limit in limits.items():
            rows.setdefault(key, []).append(v)
            most[key] = limit
    for key, variables in rows.items():
        if key[0] == "pair" and grid.fixed_slot[int(key[1])] >= 0:
            model.add_exactly_one(variables)
        elif len(variables) <= most[key]:
            continue
        elif most[key] == 1:
            model.add_at_most_one(variables)
        else:
            model.add(sum(variables) <= most[key])


def _constrain_rooms(seats: Seats, x: Sequence[_Variable], model: Any) -> None:
    """Nobody is in two rooms between which there is no time; meetings that stay closed their slots already."""
    rooms = seats.grid.rooms
    if not rooms.near.any():
        return
    at: dict[tuple[int, int], dict[int, list[Any]]] = {}
    for p, _, s, v in x:
        room = int(rooms.of_buyer[seats.grid.buyer[p]])
        key = int(seats.grid.company[p]), s
        at.setdefault(key, {}).setdefault(room, []).append(v)
    for (c, s), here in at.items():
        for t in np.flatnonzero(rooms.near[s]):
            if t > s and (there := at.get((c, int(t)))):
                for room, variables in here.items():
                    others = [v for r, some in there.items() if r != room for v in some]
                    if others:
                        model.add_at_most_one([*variables, *others])


def _points(
    seats: Seats, x: Sequence[_Variable], part: Part, policy: TimetablePolicy, model: Any
) -> Any:
    from ortools.sat.python import cp_model

    grid = seats.grid
    worth = np.rint(UNIT * (grid.value + policy.must * grid.is_must)).astype(np.int64)
    terms = [int(worth[p]) * v for p, _, _, v in x]
    for side, of, held in (
        (grid.buyers, grid.buyer, seats.by_buyer),
        (grid.companies, grid.company, seats.by_company),
    ):
        by_person: dict[int, list[Any]] = {}
        for p, _, _, v in x:
            by_person.setdefault(int(of[p]), []).append(v)
        out_of_reach = np.ones(len(side.least), dtype=bool)
        out_of_reach[list(by_person)] = False
        lost = int(np.maximum(side.least - held, 0)[out_of_reach].sum())
        terms.append(-round(UNIT * policy.minimum) * lost)
        for n, variables in by_person.items():
            lacking = int(side.least[n] - held[n])
            if lacking > 0:
                short = model.new_int_var(0, lacking, "")
                model.add(cp_model.LinearExpr.sum(variables) + short >= lacking)
                terms.append(-round(UNIT * policy.minimum) * short)
    if not part.counts_idle:
        return cp_model.LinearExpr.sum(terms)
    idle = _idle(seats, x, model)
    return cp_model.LinearExpr.sum(terms) - max(1, round(UNIT * policy.idle)) * sum(idle)


def _idle(seats: Seats, x: Sequence[_Variable], model: Any) -> list[Any]:
    """One variable for each company and slot that may lie idle between two of its meetings."""
    grid = seats.grid
    at: dict[tuple[int, int], list[Any]] = {}
    for p, _, s, v in x:
        at.setdefault((int(grid.company[p]), s), []).append(v)
    found = []
    for c, day in sorted({(c, int(grid.day[s])) for c, s in at}):
        places = np.flatnonzero(grid.day == day).tolist()
        busy = [1 if seats.at_company[c, s] >= 0 else sum(at.get((c, s), [])) for s in places]
        begun = _run(busy, model)
        ending = _run(busy[::-1], model)[::-1]
        for n in range(1, len(places) - 1):
            gap = model.new_bool_var("")
            model.add(gap >= begun[n] + ending[n] - 1 - busy[n])
            found.append(gap)
    return found


def _run(busy: Sequence[Any], model: Any) -> list[Any]:
    """Return, for each place, a variable that is 1 where something was busy there or before."""
    run: list[Any] = []
    for now in busy:
        seen = model.new_bool_var("")
        model.add(seen >= now)
        if run:
            model.add(seen >= run[-1])
        run.append(seen)
    return run
