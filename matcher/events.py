"""An event as its file says it: who may travel, who may meet whom, when and where.

`Event.from_dict` reads the event file; unknown fields are ignored. It raises InvalidRecord with the
place of the wrong value (`pairs[3].score`). Ids in it need not be in any store.
"""

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from matcher.json_places import Place, refuse
from matcher.vocabulary import language_code

Preference = Literal["must", "want", "veto"]
LONGEST_ID = 200
PREFERENCES = ("must", "want", "veto", None)
_PARTICIPANT = {"buyer_id", "company_id", "min_meetings", "max_meetings"}


@dataclass(frozen=True, slots=True)
class Demand:
    """A need that the delegation should cover, with its weight among the others."""

    need_id: str
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class BalanceRule:
    """At most this share of the chosen (rounded down, one at least) may agree in a company's field."""

    field: str
    at_most_share: float


@dataclass(frozen=True, slots=True)
class Excluded:
    """A company that may not be chosen, and why."""

    company_id: str
    why: str


@dataclass(frozen=True, slots=True)
class Slot:
    """A stretch of time in which each table holds one meeting; `start` knows its offset from UTC."""

    slot_id: str
    start: datetime
    meeting_minutes: int

    @property
    def end(self) -> datetime:
        """When the table must be free."""
        return self.start + timedelta(minutes=self.meeting_minutes)


@dataclass(frozen=True, slots=True)
class Participant:
    """A buyer or a company at the table; `available_slots` None means all, `max_meetings` None no limit.

    fields: whatever else the file says of them (region, size ...), for rules of balance.
    """

    id: str
    languages: frozenset[str]
    available_slots: frozenset[str] | None = None
    min_meetings: int = 0
    max_meetings: int | None = None
    need_ids: tuple[str, ...] = ()
    fields: Mapping[str, str] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class Break:
    """Slots of which every buyer and company keeps at least `free` without a meeting (lunch)."""

    slots: frozenset[str]
    free: int


@dataclass(frozen=True, slots=True)
class Room:
    """A room and the numbers of the tables in it."""

    room_id: str
    tables: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Interpreter:
    """Somebody who sits with a pair that shares no language and has a language of each."""

    id: str
    languages: frozenset[str]
    available_slots: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Pair:
    """A buyer and a company that may meet; the higher the score the better."""

    buyer_id: str
    company_id: str
    score: float
    preference: Preference | None = None


@dataclass(frozen=True, slots=True)
class Meeting:
    """One meeting; table from 1 on. In a fixed one, table and interpreter may still be open (None)."""

    buyer_id: str
    company_id: str
    slot_id: str
    table: int | None
    interpreter_id: str | None

    @property
    def pair(self) -> tuple[str, str]:
        """(buyer, company)."""
        return self.buyer_id, self.company_id

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "buyer_id": self.buyer_id,
            "company_id": self.company_id,
            "slot_id": self.slot_id,
            "table": self.table,
            "interpreter_id": self.interpreter_id,
        }


@dataclass(frozen=True, slots=True)
class Event:
    """Everything that choosing a delegation and making a timetable start from.

    `pairs` None: the file lists none, so the matcher gives them. `quota` None: there is nothing to choose.
    `exposure` None: the policy's. See `Break`, `Room`; `travel_minutes` counts between rooms only.
    """

    event_id: str
    kind: str = ""
    timezone: str = "Asia/Seoul"
    quota: int | None = None
    alternates: int = 0
    demands: tuple[Demand, ...] = ()
    candidates: tuple[str, ...] | None = None
    balance: tuple[BalanceRule, ...] = ()
    must_include: tuple[str, ...] = ()
    must_exclude: tuple[Excluded, ...] = ()
    criteria: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    criteria_weights: Mapping[str, float] = field(default_factory=dict)
    slots: tuple[Slot, ...] = ()
    tables: int | None = None
    buyers: tuple[Participant, ...] = ()
    companies: tuple[Participant, ...] = ()
    interpreters: tuple[Interpreter, ...] = ()
    pairs: tuple[Pair, ...] | None = None
    fixed: tuple[Meeting, ...] = ()
    breaks: tuple[Break, ...] = ()
    rooms: tuple[Room, ...] = ()
    travel_minutes: int = 0
    exposure: float | None = None

    @classmethod
    def from_dict(cls, value: object) -> Self:
        """Build from the event file; raises InvalidRecord."""
        root = Place("", value)
        zone = _zone(root)
        slots = tuple(
            sorted((_slot(item, zone) for item in root.objects("slots")), key=lambda s: s.start)
        )
        _unique("slots", [slot.slot_id for slot in slots])
        _apart(slots)
        known = {slot.slot_id for slot in slots}
        rooms = tuple(_room(item) for item in root.objects("rooms"))
        buyers = tuple(_participant(item, "buyer_id", known) for item in root.objects("buyers"))
        companies = tuple(
            _participant(item, "company_id", known) for item in root.objects("companies")
        )
        interpreters = tuple(
            Interpreter(item.text("interpreter_id"), _languages(item), _available(item, known))
            for item in root.objects("interpreters")
        )
        _unique("buyers", [b.id for b in buyers])
        _unique("companies", [c.id for c in companies])
        _unique("interpreters", [i.id for i in interpreters])
        ids = ({b.id for b in buyers}, {c.id for c in companies})
        pairs = None
        if root.value.get("pairs") is not None:
            pairs = tuple(_pair(item, ids) for item in root.objects("pairs"))
            _unique("pairs", [f"{p.buyer_id} - {p.company_id}" for p in pairs])
        return cls(
            event_id=root.text("event_id"),
            kind=root.text("kind", ""),
            timezone=zone,
            quota=root.whole("quota", None, least=0),
            alternates=root.whole("alternates", 0, least=0) or 0,
            demands=_demands(root),
            candidates=None
            if root.value.get("candidates") is None
            else tuple(dict.fromkeys(root.texts("candidates"))),
            balance=tuple(_balance(item) for item in root.objects("balance")),
            must_include=tuple(dict.fromkeys(root.texts("must_include"))),
            must_exclude=tuple(_excluded(item) for item in root.items("must_exclude")),
            criteria={
                item.text("company_id"): {
                    name: _points(item, name)
                    for name in item.value
                    if name != "company_id" and item.value[name] is not None
                }
                for item in root.objects("criteria")
            },
            criteria_weights=_weights(root),
            slots=slots,
            tables=_tables(root, rooms),
            buyers=buyers,
            companies=companies,
            interpreters=interpreters,
            pairs=pairs,
            fixed=tuple(
                _fixed(item, ids, known, {i.id for i in interpreters})
                for item in root.objects("fixed")
            ),
            breaks=tuple(_break(item, known) for item in root.objects("breaks")),
            rooms=rooms,
            travel_minutes=root.whole("travel_minutes", 0, least=0) or 0,
            exposure=_share(root, "exposure"),
        )


def _zone(root: Place) -> str:
    zone = root.text("timezone", "Asia/Seoul")
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        refuse("timezone", zone, "Asia/Seoul 같은 실제 시간대 이름이어야 합니다.")
    return zone


def _slot(item: Place, zone: str) -> Slot:
    try:
        start = datetime.fromisoformat(item.text("start"))
        if start.tzinfo is None:
            start = start.replace(tzinfo=ZoneInfo(zone))
        if not 2000 <= start.year <= 2200:
            raise ValueError(start)
    except ValueError:
        refuse(
            f"{item.name}.start",
            item.value.get("start"),
            "2026-07-08T09:00:00+07:00 같은 때여야 합니다.",
        )
    minutes = item.whole("minutes", 30, least=1) or 30
    return Slot(item.text("slot_id"), start, minutes)


def _share(root: Place, key: str) -> float | None:
    if root.value.get(key) is None:
        return None
    share = root.number(key)
    if not 0 <= share < 1:
        refuse(key, share, "0 이상 1 미만이어야 합니다.")
    return share


def _break(item: Place, known: set[str]) -> Break:
    slots = frozenset(item.texts("slots"))
    for slot_id in sorted(slots - known):
        refuse(f"{item.name}.slots", slot_id, "slots에 없는 시간입니다.")
    free = item.whole("free", 1, least=1) or 1
    if free > len(slots):
        refuse(f"{item.name}.free", free, f"적은 시간 {len(slots)}개보다 많습니다.")
    return Break(slots, free)


def _room(item: Place) -> Room:
    tables = []
    for place in item.items("tables"):
        number = place.object
        if isinstance(number, bool) or not isinstance(number, int) or number < 1:
            refuse(place.name, number, "1부터 세는 상담석 번호여야 합니다.")
        tables.append(number)
    return Room(item.text("room_id"), tuple(sorted(set(tables))))


def _tables(root: Place, rooms: Sequence[Room]) -> int | None:
    """Return how many tables there are; where rooms are named, each table stands in one of them."""
    told = root.whole("tables", None, least=0)
    if not rooms:
        return told
    _unique("rooms", [room.room_id for room in rooms])
    numbers = sorted(table for room in rooms for table in room.tables)
    if numbers != list(range(1, len(numbers) + 1)) or told not in (None, len(numbers)):
        refuse("rooms", numbers, "상담석 1번부터 끝번까지가 저마다 한 방에 있어야 합니다.")
    return len(numbers)


def _apart(slots: Sequence[Slot]) -> None:
    for one, other in itertools.pairwise(slots):
        if (other.start - one.start).total_seconds() < one.meeting_minutes * 60:
            refuse("slots", None, f"시간 {one.slot_id}와(과) {other.slot_id}이(가) 서로 겹칩니다.")


def _participant(item: Place, key: str, known: set[str]) -> Participant:
    least = item.whole("min_meetings", 0, least=0) or 0
    most = item.whole("max_meetings", None, least=0)
    if most is not None and most < least:
        refuse(f"{item.name}.max_meetings", most, f"min_meetings({least})보다 작습니다.")
    return Participant(
        id=item.text(key),
        languages=_languages(item),
        available_slots=_available(item, known),
        min_meetings=least,
        max_meetings=most,
        need_ids=tuple(item.texts("need_ids")),
        fields={
            key: str(value)
            for key, value in item.value.items()
            if key not in _PARTICIPANT and isinstance(value, str | int | float) and value != ""
        },
    )


def _languages(item: Place) -> frozenset[str]:
    return frozenset(language_code(text) or text for text in item.texts("languages") if text)


def _available(item: Place, known: set[str]) -> frozenset[str] | None:
    if item.value.get("available_slots") is None:
        return None
    slots = item.texts("available_slots")
    for slot_id in slots:
        if slot_id not in known:
            refuse(f"{item.name}.available_slots", slot_id, "slots에 없는 시간입니다.")
    return frozenset(slots)


def _pair(item: Place, ids: tuple[set[str], set[str]]) -> Pair:
    buyer_id, company_id = _both(item, ids)
    preference = item.value.get("preference")
    if preference not in PREFERENCES:
        refuse(f"{item.name}.preference", preference, "must, want, veto 가운데 하나여야 합니다.")
    score = item.number("score", 0.0 if preference in ("must", "veto") else None)
    if score < 0:
        refuse(f"{item.name}.score", score, "0 이상이어야 합니다.")
    return Pair(buyer_id, company_id, score, preference)


def _both(item: Place, ids: tuple[set[str], set[str]]) -> tuple[str, str]:
    buyer_id, company_id = item.text("buyer_id"), item.text("company_id")
    for key, id, known, listed in (
        ("buyer_id", buyer_id, ids[0], "buyers"),
        ("company_id", company_id, ids[1], "companies"),
    ):
        if id not in known:
            refuse(f"{item.name}.{key}", id, f"{listed}에 없는 ID입니다.")
    return buyer_id, company_id


def _fixed(
    item: Place, ids: tuple[set[str], set[str]], slots: set[str], interpreters: set[str]
) -> Meeting:
    buyer_id, company_id = _both(item, ids)
    slot_id = item.text("slot_id")
    interpreter_id = item.text("interpreter_id", "") or None
    if slot_id not in slots:
        refuse(f"{item.name}.slot_id", slot_id, "slots에 없는 시간입니다.")
    if interpreter_id is not None and interpreter_id not in interpreters:
        refuse(f"{item.name}.interpreter_id", interpreter_id, "interpreters에 없는 ID입니다.")
    return Meeting(
        buyer_id, company_id, slot_id, item.whole("table", None, least=1), interpreter_id
    )


def _demands(root: Place) -> tuple[Demand, ...]:
    found = []
    for item in root.items("demands"):
        if isinstance(item.object, Mapping):
            weight = item.number("weight", 1.0)
            if weight < 0:
                refuse(f"{item.name}.weight", weight, "0 이상이어야 합니다.")
            found.append(Demand(item.text("need_id"), weight))
        elif isinstance(item.object, str):
            found.append(Demand(item.object.strip()))
        else:
            refuse(item.name, item.object, "수요 ID이거나 {need_id, weight}여야 합니다.")
    _unique("demands", [demand.need_id for demand in found])
    return tuple(found)


def _points(item: Place, name: str) -> float:
    points = item.number(name)
    if not 0 <= points <= 100:
        refuse(f"{item.name}.{name}", points, "0부터 100까지의 점수여야 합니다.")
    return points


def _weights(root: Place) -> Mapping[str, float]:
    found = root.value.get("criteria_weights")
    if found is None:
        return {}
    place = Place("criteria_weights", found)
    weights = {str(name): place.number(name) for name in place.value}
    if any(weight < 0 for weight in weights.values()) or not sum(weights.values()):
        refuse(place.name, None, "0 이상이고 합이 0보다 커야 합니다.")
    return weights


def _balance(item: Place) -> BalanceRule:
    share = item.number("at_most_share")
    if not 0 < share <= 1:
        refuse(f"{item.name}.at_most_share", share, "0보다 크고 1 이하여야 합니다.")
    return BalanceRule(item.text("field"), share)


def _excluded(item: Place) -> Excluded:
    if isinstance(item.object, str):
        return Excluded(item.object.strip(), "담당자가 뺐습니다.")
    return Excluded(item.text("company_id"), item.text("why", "담당자가 뺐습니다."))


def _unique(name: str, ids: Iterable[str]) -> None:
    seen: set[str] = set()
    for id in ids:
        if len(id) > LONGEST_ID:
            refuse(name, id, f"ID는 {LONGEST_ID}자를 넘을 수 없습니다.")
        if id in seen:
            refuse(name, id, "같은 ID가 두 번 나옵니다.")
        seen.add(id)
