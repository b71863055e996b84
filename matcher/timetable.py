"""A timetable: the meetings of an event, what could not be placed, and an independent check of both.

`violations` knows every rule and nothing of the solver (`matcher.scheduling`); `terms_of` counts
what a timetable is worth. Both read the event alone.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Self
from zoneinfo import ZoneInfo

from matcher.events import Event, Meeting, Pair, Participant
from matcher.meeting_rooms import room_violations
from matcher.policy import TimetablePolicy

_MEETING_FIELDS = ("buyer_id", "company_id", "slot_id", "table", "interpreter_id")


@dataclass(frozen=True, slots=True)
class Unplaced:
    """A pair that is not met, and the Korean sentence that says why."""

    buyer_id: str
    company_id: str
    why: str

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {"buyer_id": self.buyer_id, "company_id": self.company_id, "why": self.why}


@dataclass(frozen=True, slots=True)
class Terms:
    """What a timetable is worth, in the order in which it counts.

    musts_unplaced, meetings_missing (of the minimums) and idle_slots: the fewer the better. score:
    the sum over the placed pairs, wanted ones weighted.
    """

    musts_unplaced: int
    meetings_missing: int
    score: float
    idle_slots: int

    def objective(self, policy: TimetablePolicy) -> float:
        """Return the one number, higher is better."""
        return (
            self.score
            - policy.must * self.musts_unplaced
            - policy.minimum * self.meetings_missing
            - policy.idle * self.idle_slots
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "musts_unplaced": self.musts_unplaced,
            "meetings_missing": self.meetings_missing,
            "score": round(self.score, 6),
            "idle_slots": self.idle_slots,
        }


@dataclass(frozen=True, slots=True)
class Timetable:
    """Meetings in the order of time and table, and everything that could not be had.

    objective, bound: see `Terms.objective`; no timetable can be worth more than the bound. gap:
    their difference as a share of the bound. conflicts: sets of wishes that cannot all be met.
    price_of_minimums: points of score that keeping the minimum meetings costs, at most.
    """

    meetings: tuple[Meeting, ...]
    unplaced: tuple[Unplaced, ...]
    terms: Terms
    objective: float
    bound: float
    gap: float
    short: tuple[str, ...] = ()
    conflicts: tuple[tuple[str, ...], ...] = ()
    price_of_minimums: float = 0.0
    provenance: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_optimal(self) -> bool:
        """Nothing better exists."""
        return self.gap <= 1e-9

    @property
    def verdict(self) -> str:
        """How good it is, and what the minimums cost, in Korean."""
        price = f"최소 상담을 보장하느라 잃은 점수는 많아야 {self.price_of_minimums:.4f}입니다."
        if not self.is_optimal:
            return f"가장 좋은 상담표와의 차이는 {100 * self.gap:.3f} %를 넘지 않습니다. {price}"
        within = "바이어를 이렇게 방에 나눈다면 " if self.provenance.get("rooms") else ""
        return f"{within}더 나은 상담표는 없습니다. {price}"

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Self:
        """Build from the JSON form."""
        return cls(
            meetings=tuple(
                Meeting(*(item[name] for name in _MEETING_FIELDS)) for item in value["meetings"]
            ),
            unplaced=tuple(
                Unplaced(item["buyer_id"], item["company_id"], item["why"])
                for item in value.get("unplaced", ())
            ),
            terms=Terms(**value["terms"]),
            objective=value["objective"],
            bound=value["bound"],
            gap=value["gap"],
            short=tuple(value.get("short", ())),
            conflicts=tuple(tuple(rules) for rules in value.get("conflicts", ())),
            price_of_minimums=value.get("price_of_minimums", 0.0),
            provenance=dict(value.get("provenance", {})),
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "meetings": [meeting.to_dict() for meeting in self.meetings],
            "unplaced": [item.to_dict() for item in self.unplaced],
            "objective": round(self.objective, 6),
            "bound": round(self.bound, 6),
            "gap": round(self.gap, 9),
            "is_optimal": self.is_optimal,
            "terms": self.terms.to_dict(),
            "short": list(self.short),
            "conflicts": [list(rules) for rules in self.conflicts],
            "price_of_minimums": round(self.price_of_minimums, 6),
            "provenance": dict(self.provenance),
        }


def slot_days(event: Event) -> dict[str, date]:
    """Return the day of each slot as the event's own clock shows it, in the order of time."""
    zone = ZoneInfo(event.timezone)
    return {slot.slot_id: slot.start.astimezone(zone).date() for slot in event.slots}


def violations(event: Event, meetings: Sequence[Meeting]) -> tuple[str, ...]:
    """Return one Korean sentence for each broken rule; nothing for a sound timetable."""
    found: list[str] = []
    found += _wrong_meetings(event, meetings)
    for what, ids in (
        ("바이어", [(m.buyer_id, m.slot_id) for m in meetings]),
        ("공급기업", [(m.company_id, m.slot_id) for m in meetings]),
        ("통역", [(m.interpreter_id, m.slot_id) for m in meetings if m.interpreter_id]),
        ("상담석", [(m.table, m.slot_id) for m in meetings]),
    ):
        for (id, slot_id), count in Counter(ids).items():
            if count > 1:
                found.append(f"{what} {id}이(가) {slot_id}에 {count}건에 겹칩니다.")
    for pair, count in Counter(m.pair for m in meetings).items():
        if count > 1:
            found.append(f"{pair[0]}와(과) {pair[1]}이(가) {count}번 만납니다.")
    for side, people in (("buyer_id", event.buyers), ("company_id", event.companies)):
        held = Counter(getattr(m, side) for m in meetings)
        for person in people:
            if person.max_meetings is not None and held[person.id] > person.max_meetings:
                found.append(
                    f"{person.id}의 상담이 {held[person.id]}건으로 최대 {person.max_meetings}건을 넘습니다."
                )
    found += room_violations(event, meetings)
    found += _moved_fixed(event, meetings)
    return tuple(found)


def _wrong_meetings(event: Event, meetings: Sequence[Meeting]) -> list[str]:
    buyers = {b.id: b for b in event.buyers}
    companies = {c.id: c for c in event.companies}
    interpreters = {i.id: i for i in event.interpreters}
    slots = {slot.slot_id for slot in event.slots}
    pairs = {(p.buyer_id, p.company_id): p for p in event.pairs or ()}
    fixed = {meeting.pair for meeting in event.fixed}
    found = []
    for m in meetings:
        name = f"{m.buyer_id}와(과) {m.company_id}의 상담"
        buyer, company = buyers.get(m.buyer_id), companies.get(m.company_id)
        if buyer is None or company is None or m.slot_id not in slots:
            found.append(f"{name}: 행사에 없는 ID입니다.")
            continue
        pair = pairs.get(m.pair)
        if m.pair not in fixed and pair is None:
            found.append(f"{name}: 목록에 없는 짝입니다.")
        if pair is not None and pair.preference == "veto":
            found.append(f"{name}: 만나지 않기로 한 짝입니다.")
        for person in (buyer, company):
            if not _is_there(person.available_slots, m.slot_id):
                found.append(f"{name}: {person.id}이(가) {m.slot_id}에 없습니다.")
        if m.table is None or m.table < 1 or (event.tables is not None and m.table > event.tables):
            found.append(f"{name}: 상담석 {m.table}번은 없습니다.")
        if m.interpreter_id is None:
            if needs_interpreter(buyer, company):
                found.append(f"{name}: 통역이 없습니다.")
            continue
        interpreter = interpreters.get(m.interpreter_id)
        if interpreter is None:
            found.append(f"{name}: 통역 {m.interpreter_id}은(는) 행사에 없습니다.")
            continue
        if not (
            interpreter.languages & buyer.languages and interpreter.languages & company.languages
        ):
            found.append(f"{name}: 통역 {m.interpreter_id}의 언어가 맞지 않습니다.")
        if not _is_there(interpreter.available_slots, m.slot_id):
            found.append(f"{name}: 통역 {m.interpreter_id}이(가) {m.slot_id}에 없습니다.")
    return found


def _moved_fixed(event: Event, meetings: Sequence[Meeting]) -> list[str]:
    held = {m.pair: m for m in meetings}
    found = []
    for fixed in event.fixed:
        meeting = held.get(fixed.pair)
        if (
            meeting is None
            or meeting.slot_id != fixed.slot_id
            or fixed.table not in (None, meeting.table)
            or fixed.interpreter_id not in (None, meeting.interpreter_id)
        ):
            found.append(
                f"고정한 상담이 그대로 있지 않습니다: {fixed.buyer_id}와(과) {fixed.company_id}."
            )
    return found


def _is_there(available: frozenset[str] | None, slot_id: str) -> bool:
    return available is None or slot_id in available


def needs_interpreter(buyer: Participant, company: Participant) -> bool:
    """Return whether they share no language; where one side's are not known, they are trusted to."""
    if not buyer.languages or not company.languages:
        return False
    return not buyer.languages & company.languages


def value_of(pair: Pair, policy: TimetablePolicy) -> float:
    """Return what a placed pair adds to the score."""
    return pair.score * (policy.want if pair.preference == "want" else 1.0)


def terms_of(event: Event, meetings: Iterable[Meeting], policy: TimetablePolicy) -> Terms:
    """Count what a timetable is worth."""
    meetings = tuple(meetings)
    held = {m.pair for m in meetings}
    pairs = event.pairs or ()
    met = [p for p in pairs if (p.buyer_id, p.company_id) in held]
    missing = 0
    for side, people in (("buyer_id", event.buyers), ("company_id", event.companies)):
        counts = Counter(getattr(m, side) for m in meetings)
        missing += sum(max(0, person.min_meetings - counts[person.id]) for person in people)
    return Terms(
        musts_unplaced=sum(p.preference == "must" for p in pairs)
        - sum(p.preference == "must" for p in met),
        meetings_missing=missing,
        score=sum(value_of(p, policy) for p in met),
        idle_slots=_idle(event, meetings),
    )


def _idle(event: Event, meetings: Sequence[Meeting]) -> int:
    """Slots without a meeting between a company's first and last one of a day."""
    days = slot_days(event)
    place = {slot.slot_id: n for n, slot in enumerate(event.slots)}
    seen: dict[tuple[str, date], list[int]] = defaultdict(list)
    for m in meetings:
        seen[m.company_id, days[m.slot_id]].append(place[m.slot_id])
    return sum(max(places) - min(places) + 1 - len(places) for places in seen.values())


def keeping(event: Event, meetings: Iterable[Meeting]) -> Event:
    """Return the event with every earlier meeting that can still stand fixed where it is.

    What the event no longer allows (somebody cancelled, hours changed, a veto came) is let go; of a
    person's meetings above a lowered maximum, the latest.
    """
    buyers = {b.id: b for b in event.buyers}
    companies = {c.id: c for c in event.companies}
    slots = {slot.slot_id for slot in event.slots}
    taken = {m.pair for m in event.fixed}
    busy = {(id, m.slot_id) for m in event.fixed for id in (m.buyer_id, m.company_id, m.table)}
    voices = {(m.interpreter_id, m.slot_id) for m in event.fixed if m.interpreter_id}
    held: Counter[str] = Counter()
    for m in event.fixed:
        held.update(m.pair)
    kept = list(event.fixed)
    for m in meetings:
        if m.pair in taken or m.slot_id not in slots or _wrong_meetings(event, [m]):
            continue
        buyer, company = buyers[m.buyer_id], companies[m.company_id]
        seats = {(id, m.slot_id) for id in (m.buyer_id, m.company_id, m.table)}
        is_full = any(
            person.max_meetings is not None and held[person.id] >= person.max_meetings
            for person in (buyer, company)
        )
        if is_full or seats & busy or (m.interpreter_id, m.slot_id) in voices:
            continue
        theirs = [k for k in kept if k.buyer_id == m.buyer_id or k.company_id == m.company_id]
        if room_violations(event, [*theirs, m]):
            continue
        needless = m.interpreter_id is not None and not needs_interpreter(buyer, company)
        kept.append(replace(m, interpreter_id=None) if needless else m)
        busy |= seats
        held.update(m.pair)
        if m.interpreter_id and not needless:
            voices.add((m.interpreter_id, m.slot_id))
    return replace(event, fixed=tuple(kept))
