"""Where people may be when: breaks that everybody keeps, rooms, and the time it takes to change rooms.

A buyer stays in one room for the whole event and companies come to it; which room is settled before
the solver begins, by how many would like to meet it.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matcher.errors import InvalidRequest
from matcher.events import Event, Meeting, Pair, Participant


@dataclass(frozen=True, slots=True)
class Rooms:
    """Rooms and breaks as arrays.

    of_buyer: the room's row by buyer. tables: by room. near: slots x slots, where nobody can be in
    two rooms. windows: breaks x slots; most: meetings that anybody may have inside each.
    """

    names: tuple[str, ...]
    table_numbers: tuple[tuple[int, ...], ...]
    of_buyer: NDArray[np.int64]
    tables: NDArray[np.int64]
    near: NDArray[np.bool_]
    windows: NDArray[np.bool_]
    most: NDArray[np.int64]


def build_rooms(
    event: Event, buyers: Sequence[Participant], pairs: Sequence[Pair], tables: int
) -> Rooms:
    """Lay rooms and breaks out; raises InvalidRequest where fixed tables put a buyer in two rooms."""
    order = [slot.slot_id for slot in event.slots]
    numbers = tuple(room.tables for room in event.rooms) or (tuple(range(1, tables + 1)),)
    windows = [[slot_id in item.slots for slot_id in order] for item in event.breaks]
    return Rooms(
        names=tuple(room.room_id for room in event.rooms) or ("",),
        table_numbers=numbers,
        of_buyer=_rooms_of(event, buyers, pairs, numbers),
        tables=np.array([len(own) for own in numbers], dtype=np.int64),
        near=_near(event),
        windows=np.array(windows, dtype=bool).reshape(len(windows), len(order)),
        most=np.array([len(b.slots) - b.free for b in event.breaks], dtype=np.int64),
    )


def _near(event: Event) -> NDArray[np.bool_]:
    """Slots between which there is no time to change rooms; the slots of an event never overlap."""
    count = len(event.slots)
    near = np.zeros((count, count), dtype=bool)
    if not event.travel_minutes or len(event.rooms) < 2:
        return near
    for s, one in enumerate(event.slots):
        for t in range(s + 1, count):
            minutes = (event.slots[t].start - one.end).total_seconds() / 60
            near[s, t] = near[t, s] = minutes < event.travel_minutes
    return near


def _rooms_of(
    event: Event,
    buyers: Sequence[Participant],
    pairs: Sequence[Pair],
    numbers: Sequence[tuple[int, ...]],
) -> NDArray[np.int64]:
    room_of_table = {table: r for r, own in enumerate(numbers) for table in own}
    rooms: dict[str, int] = {}
    for m in event.fixed:
        room = room_of_table.get(m.table or 0)
        if room is not None and rooms.setdefault(m.buyer_id, room) != room:
            raise InvalidRequest(
                f"바이어 {m.buyer_id}의 고정한 상담이 두 방에 있습니다. 바이어는 한 방에 머뭅니다.",
                field="fixed",
            )
    wished = Counter(p.buyer_id for p in pairs)
    load = [0.0] * len(numbers)
    for buyer_id, room in rooms.items():
        load[room] += wished[buyer_id]
    for buyer in sorted(buyers, key=lambda b: (-wished[b.id], b.id)):
        if buyer.id not in rooms:
            after = [
                (load[r] + wished[buyer.id]) / max(len(own), 0.5) for r, own in enumerate(numbers)
            ]
            rooms[buyer.id] = after.index(min(after))
            load[rooms[buyer.id]] += wished[buyer.id]
    return np.array([rooms[b.id] for b in buyers], dtype=np.int64)


def room_violations(event: Event, meetings: Iterable[Meeting]) -> tuple[str, ...]:
    """Return one Korean sentence for each break that is not kept and each change of rooms in a hurry."""
    by_person: dict[str, list[Meeting]] = defaultdict(list)
    for m in meetings:
        by_person[f"바이어 {m.buyer_id}"].append(m)
        by_person[f"공급기업 {m.company_id}"].append(m)
    slots = {slot.slot_id: slot for slot in event.slots}
    room_of = {table: room.room_id for room in event.rooms for table in room.tables}
    found = []
    for name, mine in by_person.items():
        for item in event.breaks:
            held = sum(m.slot_id in item.slots for m in mine)
            if held > len(item.slots) - item.free:
                times = ", ".join(sorted(item.slots))
                found.append(f"{name}이(가) {times} 가운데 {item.free}개를 비우지 못합니다.")
        known = [m for m in mine if m.slot_id in slots and m.table in room_of]
        ordered = sorted(known, key=lambda m: slots[m.slot_id].start)
        for n, one in enumerate(ordered):
            for other in ordered[n + 1 :]:
                rooms = room_of[one.table or 0], room_of[other.table or 0]
                gap = (slots[other.slot_id].start - slots[one.slot_id].end).total_seconds() / 60
                if rooms[0] != rooms[1] and gap < event.travel_minutes:
                    found.append(
                        f"{name}이(가) {one.slot_id}의 {rooms[0]}에서 {other.slot_id}의 {rooms[1]}(으)로 "
                        f"옮길 {event.travel_minutes}분이 없습니다."
                    )
    return tuple(found)
