"""Making a timetable: who should meet (with a bound), then when, then better until the time is up.

1. `meeting_bound.choose_pairs` chooses the pairs; its value is the bound.
2. `meeting_seats.Seats` seats them one by one along alternating paths.
3. Where everything fits into one model, CP-SAT takes it whole; else a large-neighbourhood search
   frees a few slots or a few people at a time and lets CP-SAT seat them anew.
"""

import random
import threading
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from matcher.errors import InvalidRequest
from matcher.events import Event, Meeting
from matcher.meeting_bound import Choice, choose_others, choose_pairs
from matcher.meeting_grid import Grid, Whole, build_grid
from matcher.meeting_seats import UNIT, Part, Seats, improve
from matcher.policy import Policy, TimetablePolicy
from matcher.progress import Progress, silent
from matcher.timetable import Terms, Timetable, terms_of
from matcher.unplaced import conflicting_wishes, shortfalls, why_unplaced

CONFLICT_SHARE = 0.2
"""Share of the time that may go, on top, into naming wishes that exclude each other; a second at least."""
PRICING_SHARE = 0.1
"""Share of the time that may go, on top, into what the minimums cost."""
SEATING_SHARE = 0.3
"""Share of the time left that CP-SAT may take to seat exactly the chosen pairs."""
WHOLE_MODEL = 60_000
"""Variables up to which CP-SAT takes everything at once."""
SCORING_SHARE = 0.6
"""Share of that search for the pairs themselves; the rest closes idle slots."""
STILL = 8
"""Turns in a row that close no idle slot, after which the search ends before its time."""
NEIGHBOURHOOD = 12_000
"""Variables that CP-SAT gets at a time in the search beyond."""
EXCHANGING_SHARE = 0.8
"""Share of the time left in which pairs are exchanged for others worth as much, to close idle slots."""
CHOOSING_SHARE = 0.3
"""Share of the time that choosing the pairs may take."""


def schedule(
    event: Event,
    policy: Policy | None = None,
    seconds: float = 60.0,
    progress: Progress = silent,
    stop: threading.Event | None = None,
) -> Timetable:
    """Make the best timetable that is found within about so many seconds, or until `stop` is set.

    Raises InvalidRequest where the event lists no pairs or slots or its fixed meetings break rules.
    """
    if event.pairs is None or not event.slots:
        missing = "짝(pairs)" if event.slots else "시간(slots)"
        raise InvalidRequest(
            f"상담표를 만들 {missing}이 없습니다. 행사 파일에 적으십시오.", field="event"
        )
    policy = policy or Policy.load()
    weights = policy.timetable
    start = time.monotonic()
    grid = build_grid(event, weights)
    progress("만날 짝을 고르는 중", 0, 3)
    choice = choose_pairs(grid, weights, seconds * CHOOSING_SHARE)
    seats = Seats(grid, stop)
    _seat_fixed(seats, weights)
    _seat_chosen(seats, choice, weights, start + seconds)
    progress("시간에 앉히는 중", 1, 3)
    bound = _search(seats, choice.bound, weights, start + seconds, progress)
    meetings = _meetings(seats)
    terms = terms_of(event, meetings, weights)
    objective = terms.objective(weights)
    bound = max(bound, objective)
    progress("상담표를 적는 중", 3, 3)
    return Timetable(
        meetings=meetings,
        unplaced=why_unplaced(seats),
        terms=terms,
        objective=objective,
        bound=bound,
        gap=_gap(objective, bound, terms),
        short=shortfalls(seats),
        conflicts=conflicting_wishes(grid, terms, max(1.0, seconds * CONFLICT_SHARE)),
        price_of_minimums=_price_of_minimums(grid, terms, weights, seconds * PRICING_SHARE),
        provenance={
            "policy": policy.fingerprint,
            "seconds": round(time.monotonic() - start, 1),
            **({"rooms": _rooms(grid)} if event.rooms else {}),
        },
    )


def _rooms(grid: Grid) -> dict[str, str]:
    """Return the room that each buyer was given before solving."""
    people = zip(grid.buyers.people, grid.rooms.of_buyer, strict=True)
    return {buyer.id: grid.rooms.names[int(room)] for buyer, room in people}


def _price_of_minimums(grid: Grid, terms: Terms, policy: TimetablePolicy, seconds: float) -> float:
    """Return what the score could gain, at most, were nobody promised a number of meetings."""
    if not (grid.buyers.least.any() or grid.companies.least.any()):
        return 0.0
    free = replace(
        grid,
        buyers=replace(grid.buyers, least=np.zeros_like(grid.buyers.least)),
        companies=replace(grid.companies, least=np.zeros_like(grid.companies.least)),
    )
    bound = choose_pairs(free, policy, seconds).bound
    price = bound + policy.must * terms.musts_unplaced - terms.score
    return price if price > 1e-6 else 0.0


def _gap(objective: float, bound: float, terms: Terms) -> float:
    """Distance to the bound as a share of the score that is still possible; a doubtful must makes it 1."""
    difference = bound - objective
    return difference / max(terms.score + difference, 1.0) if difference > 1e-7 else 0.0


def _seat_fixed(seats: Seats, policy: TimetablePolicy) -> None:
    fixed = np.flatnonzero(seats.grid.fixed_slot >= 0)
    if not len(fixed):
        return
    every = np.arange(len(seats.grid.slot_ids))
    improve(seats, Part(fixed, every), policy, 30.0, workers=1, may_stop=False)
    if (seats.slot[fixed] < 0).any():
        raise InvalidRequest(
            "고정한 상담을 함께 둘 수 없습니다. 같은 시간의 통역과 상담석 수를 확인하십시오.",
            field="fixed",
        )


def _seat_chosen(seats: Seats, choice: Choice, policy: TimetablePolicy, end: float) -> None:
    """Seat what was chosen, the least movable first, all of it if CP-SAT can; then what else still fits."""
    grid = seats.grid
    options = grid.allowed.sum(axis=1)
    chosen = [int(p) for p in np.flatnonzero(choice.mode >= 0) if seats.slot[p] < 0]
    chosen.sort(key=lambda p: (options[choice.mode[p]], grid.buyer[p], grid.company[p]))
    everywhere = np.ones(len(grid.slot_ids), dtype=bool)
    left = 0
    for p in chosen:
        within = np.zeros_like(everywhere)
        within[choice.classes[choice.slot_class[p]]] = True
        left += not seats.seat(p, [int(choice.mode[p])], within)
    if left:
        part = Part(np.array(sorted(chosen)), np.flatnonzero(everywhere), counts_idle=False)
        improve(seats, part, policy, SEATING_SHARE * seats.left(end))
    others = [int(p) for p in np.flatnonzero(seats.slot < 0)]
    for p in sorted(others, key=lambda p: (not grid.is_must[p], -grid.value[p], p)):
        seats.seat(p, grid.modes[p], everywhere)


def _search(
    seats: Seats, bound: float, policy: TimetablePolicy, end: float, progress: Progress
) -> float:
    """Improve until nothing better exists or time is up; return the best bound."""
    grid = seats.grid
    pairs, slots = np.arange(len(grid.pairs)), np.arange(len(grid.slot_ids))
    if int(grid.allowed.sum()) <= WHOLE_MODEL:
        if not _is_best(seats, bound, policy):
            everything = Part(pairs, slots, counts_idle=False)
            left = seats.left(end)
            whole = improve(seats, everything, policy, 0.7 * left)
            bound = min(bound, whole - _offset(grid, policy))
        bound = _close_gaps(seats, bound, policy, end)
        if _worth(seats, policy) < bound - 1e-7 and seats.left(end) > 1:
            whole = improve(seats, Part(pairs, slots), policy, seats.left(end))
            bound = min(bound, whole - _offset(grid, policy))
        return bound
    draw = random.Random(1)
    begun = time.monotonic()
    scoring_end = begun + SCORING_SHARE * (end - begun)
    turn = still = 0
    while seats.left(end) > 0 and still < STILL and _worth(seats, policy) < bound - 1e-7:
        before = _worth(seats, policy)
        if time.monotonic() < scoring_end and not _is_best(seats, bound, policy):
            part = _slots_part(seats, draw) if turn % 2 else _people_part(seats, draw)
        else:
            part = _idle_part(seats, draw, turn)
        _try(seats, part, policy, min(10.0, seats.left(end)))
        still = 0 if _worth(seats, policy) > before or not part.keeps_pairs else still + 1
        turn += 1
        done = int(100 * (time.monotonic() - begun) / max(end - begun, 1e-9))
        progress("상담표를 고치는 중", min(done, 100), 100)
    return bound


def _close_gaps(seats: Seats, bound: float, policy: TimetablePolicy, end: float) -> float:
    """Move slots, then exchange pairs for others worth as much, until nothing idle is left.

    Returns the bound, lowered where it is proven that so many idle slots must stay.
    """
    grid = seats.grid
    pairs, slots = np.arange(len(grid.pairs)), np.arange(len(grid.slot_ids))
    whole = Part(pairs, slots, keeps_pairs=True)
    least = improve(seats, whole, policy, seats.left(end))
    idle = _terms(seats, policy).idle_slots
    if not idle or not _is_best(seats, bound, policy):
        return bound
    is_proven = least < float("inf") and round(UNIT * least) == idle
    seen = [seats.slot >= 0]
    until = time.monotonic() + EXCHANGING_SHARE * seats.left(end)
    while (left := seats.left(until)) > 0:
        best = _worth(seats, policy)
        other = choose_others(grid, policy, left, seen, _terms(seats, policy))
        if other.is_none:
            return best if is_proven else bound
        if not (other.mode >= 0).any():
            return bound
        seen.append(other.mode >= 0)
        before = seats.state()
        seats.restore({})
        _seat_fixed(seats, policy)
        _seat_chosen(seats, other, policy, until)
        least = float("inf")
        if ((seats.slot >= 0) == seen[-1]).all():
            least = improve(seats, whole, policy, seats.left(until))
        # The bound of the slots' search is in idle slots; what the pairs are worth does not change.
        reachable = _worth(seats, policy) + policy.idle * (
            _terms(seats, policy).idle_slots - round(UNIT * least) if least < float("inf") else 0
        )
        if least == float("inf") or _worth(seats, policy) <= best:
            seats.restore(before)
        is_proven &= least < float("inf") and reachable <= _worth(seats, policy) + 1e-9
    return bound


def _try(seats: Seats, part: Part, policy: TimetablePolicy, seconds: float) -> None:
    """Seat a part anew, and take it back where nothing was won: CP-SAT may stop at something worse."""
    before = seats.state()
    worth = _worth(seats, policy)
    idle = policy.idle * _terms(seats, policy).idle_slots
    improve(seats, part, policy, seconds)
    now = _worth(seats, policy)
    if not part.counts_idle:  # slots move freely while the pairs are still sought
        worth, now = worth + idle, now + policy.idle * _terms(seats, policy).idle_slots
    if now >= worth - 1e-9:
        return
    seats.restore(before)


def _offset(grid: Grid, policy: TimetablePolicy) -> float:
    """What CP-SAT counts as won for placed musts is here lost for unplaced ones."""
    return policy.must * int(grid.is_must.sum())


def _is_best(seats: Seats, bound: float, policy: TimetablePolicy) -> bool:
    """Whether nothing but idle slots is left to improve."""
    return _worth(seats, policy) + policy.idle * _terms(seats, policy).idle_slots >= bound - 1e-7


def _worth(seats: Seats, policy: TimetablePolicy) -> float:
    return _terms(seats, policy).objective(policy)


def _terms(seats: Seats, policy: TimetablePolicy) -> Terms:
    grid = seats.grid
    placed = seats.slot >= 0
    missing = sum(
        int(np.maximum(side.least - held, 0).sum())
        for side, held in ((grid.buyers, seats.by_buyer), (grid.companies, seats.by_company))
    )
    idle = 0
    for day in np.unique(grid.day):
        busy = seats.at_company[:, grid.day == day] >= 0
        some = busy.any(axis=1)
        first = busy.argmax(axis=1)
        last = busy.shape[1] - 1 - busy[:, ::-1].argmax(axis=1)
        idle += int((last - first + 1 - busy.sum(axis=1))[some].sum())
    return Terms(
        int((grid.is_must & ~placed).sum()), missing, float(grid.value[placed].sum()), idle
    )


def _slots_part(seats: Seats, draw: random.Random) -> Part:
    """A few slots, and everything that sits or could sit in them."""
    grid = seats.grid
    slots = len(grid.slot_ids)
    waiting = int((seats.slot < 0).sum())
    here = waiting + int((seats.slot >= 0).sum()) / max(slots, 1)
    count = max(2, min(slots, int(NEIGHBOURHOOD / max(here, 1))))
    picked = np.array(sorted(draw.sample(range(slots), min(count, slots))))
    pairs = np.flatnonzero((seats.slot < 0) | np.isin(seats.slot, picked))
    return Part(pairs, picked, counts_idle=False)


def _people_part(seats: Seats, draw: random.Random) -> Part:
    """A few buyers through all slots, and all that they hold or could."""
    grid = seats.grid
    chosen = _draw_people(grid.buyer, len(grid.buyers.people), len(grid.slot_ids), draw)
    pairs = np.flatnonzero(np.isin(grid.buyer, chosen))
    return Part(pairs, np.arange(len(grid.slot_ids)), counts_idle=False)


def _idle_part(seats: Seats, draw: random.Random, turn: int) -> Part:
    """The meetings of one day as they are, of as many buyers as one model can take."""
    grid = seats.grid
    day = turn % (int(grid.day.max()) + 1)
    slots = np.flatnonzero(grid.day == day)
    held = np.flatnonzero(np.isin(seats.slot, slots))
    chosen = _draw_people(grid.buyer[held], len(grid.buyers.people), len(slots), draw)
    return Part(held[np.isin(grid.buyer[held], chosen)], slots, keeps_pairs=True)


def _draw_people(of: Whole, count: int, slots: int, draw: random.Random) -> list[int]:
    """Draw people until their pairs in so many slots fill a neighbourhood."""
    order = list(range(count))
    draw.shuffle(order)
    weight = np.bincount(of, minlength=count) * slots
    size = 0
    chosen: list[int] = []
    for n in order:
        if chosen and size + weight[n] > NEIGHBOURHOOD:
            break
        chosen.append(n)
        size += int(weight[n])
    return chosen


def _meetings(seats: Seats) -> tuple[Meeting, ...]:
    """Name a table and an interpreter for each; people keep theirs from slot to slot where they can."""
    grid = seats.grid
    fixed = {m.pair: m for m in grid.event.fixed}
    found: list[Meeting] = []
    last_table: dict[int, int] = {}
    last_voice: dict[int, str] = {}
    for s, slot_id in enumerate(grid.slot_ids):
        here = [int(p) for p in np.flatnonzero(seats.slot == s)]
        tables = _tables(grid, here, fixed, last_table)
        voices = _voices(seats, here, fixed, last_voice)
        for p in here:
            pair = grid.pairs[p]
            last_table[int(grid.buyer[p])] = tables[p]
            if (voice := voices.get(p)) is not None:
                last_voice[int(grid.buyer[p])] = voice
            found.append(Meeting(pair.buyer_id, pair.company_id, slot_id, tables[p], voices.get(p)))
    place = {slot_id: n for n, slot_id in enumerate(grid.slot_ids)}
    return tuple(sorted(found, key=lambda m: (place[m.slot_id], m.table or 0)))


def _tables(
    grid: Grid, here: Sequence[int], fixed: dict[tuple[str, str], Meeting], last: dict[int, int]
) -> dict[int, int]:
    tables = {
        p: m.table
        for p in here
        if (m := fixed.get((grid.pairs[p].buyer_id, grid.pairs[p].company_id))) and m.table
    }
    free = [set(own) - set(tables.values()) for own in grid.rooms.table_numbers]
    rest = [p for p in here if p not in tables]
    for p in rest:
        own = free[grid.rooms.of_buyer[grid.buyer[p]]]
        wish = last.get(int(grid.buyer[p]))
        if wish is not None and wish in own:
            tables[p] = wish
            own.discard(wish)
    for p in rest:
        if p not in tables:
            own = free[grid.rooms.of_buyer[grid.buyer[p]]]
            tables[p] = min(own)
            own.discard(tables[p])
    return tables


def _voices(
    seats: Seats,
    here: Sequence[int],
    fixed: dict[tuple[str, str], Meeting],
    last: dict[int, str],
) -> dict[int, str]:
    grid = seats.grid
    by_group: dict[int, list[int]] = defaultdict(list)
    for p in here:
        if (g := int(grid.mode_group[seats.mode[p]])) >= 0:
            by_group[g].append(p)
    voices: dict[int, str] = {}
    for g, pairs in by_group.items():
        free = [i.id for i in grid.groups[g].members]
        named = {p: fixed.get((grid.pairs[p].buyer_id, grid.pairs[p].company_id)) for p in pairs}
        order = sorted(
            pairs,
            key=lambda p: (
                not (named[p] and named[p].interpreter_id),  # type: ignore[union-attr]
                last.get(int(grid.buyer[p])) not in free,
                p,
            ),
        )
        for p in order:
            meeting = named[p]
            wish = (meeting.interpreter_id if meeting else None) or last.get(int(grid.buyer[p]))
            voice = wish if wish in free else free[0]
            free.remove(voice)
            voices[p] = voice
    return voices
