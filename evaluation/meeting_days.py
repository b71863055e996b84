"""How good timetables and delegations are: generated events, bounds, and simpler ways beside.

The events have the sizes of real ones (product.md, section 7) and a structure like theirs; all
names, hours and scores in them are invented. Baselines keep every rule: `greedy` takes the best
pair first and its first open slot; `deferred` lets companies propose to buyers who keep their best
(deferred acceptance), then seats them in the same way.
"""

import random
import resource
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from evaluation.tables import Table
from matcher.delegation import choose_delegation
from matcher.events import Event
from matcher.meeting_grid import Grid, build_grid
from matcher.meeting_seats import Seats
from matcher.policy import Policy
from matcher.progress import Progress, silent
from matcher.scheduling import schedule
from matcher.timetable import Timetable, keeping, violations

LANGUAGES = ("en", "zh", "ja", "vi", "es", "ru", "id", "fr", "ar")


def meeting_day(
    buyers: int,
    companies: int,
    *,
    days: int = 1,
    slots: int = 8,
    tables: int = 5,
    interpreters: int = 3,
    requests: int = 40,
    seed: int = 1,
) -> dict[str, Any]:
    """Return an event file's content: one in five is there for a part of the time only."""
    draw = random.Random(seed)
    starts = [
        datetime(2026, 7, 8 + day, 9) + timedelta(minutes=30 * n)
        for day in range(days)
        for n in range(slots)
    ]
    slot_ids = [f"d{start.day - 7}-{start:%H%M}" for start in starts]
    languages = LANGUAGES[: max(2, min(len(LANGUAGES), interpreters))]

    def hours() -> list[str] | None:
        if draw.random() < 0.8:
            return None
        half = len(slot_ids) // 2
        return slot_ids[:half] if draw.random() < 0.5 else slot_ids[half:]

    pairs = {
        (draw.randrange(buyers), min(companies - 1, int(draw.random() ** 1.5 * companies)))
        for _ in range(requests)
    }
    return {
        "event_id": "made-up",
        "timezone": "Asia/Seoul",
        "tables": tables,
        "slots": [
            {"slot_id": id, "start": f"{start.isoformat()}+09:00", "minutes": 30}
            for id, start in zip(slot_ids, starts, strict=True)
        ],
        "buyers": [
            {
                "buyer_id": f"B{n:04}",
                "languages": [draw.choice(languages)],
                "available_slots": hours(),
                "max_meetings": draw.randint(min(2, len(slot_ids)), len(slot_ids)),
            }
            for n in range(buyers)
        ],
        "companies": [
            {
                "company_id": f"C{n:04}",
                "languages": ["ko", "en"] if draw.random() < 0.4 else ["ko"],
                "available_slots": hours(),
                "min_meetings": draw.choice([0, 1]),
                "max_meetings": draw.randint(1, len(slot_ids)),
            }
            for n in range(companies)
        ],
        "interpreters": [
            {"interpreter_id": f"I{n:03}", "languages": ["ko", languages[n % len(languages)]]}
            for n in range(interpreters)
        ],
        "pairs": [
            {
                "buyer_id": f"B{b:04}",
                "company_id": f"C{c:04}",
                "score": round(draw.betavariate(4, 2), 4),
                "preference": draw.choices(("must", "want", None, "veto"), (2, 20, 77, 1))[0],
            }
            for b, c in sorted(pairs)
        ],
    }


@dataclass(frozen=True, slots=True)
class Size:
    """One size of event, and the seconds its timetable may take."""

    buyers: int
    companies: int
    days: int
    slots: int
    tables: int
    interpreters: int
    requests: int
    seconds: float


SIZES = {
    "seoul": Size(21, 20, 1, 10, 20, 4, 300, 10),
    "gyeonggi": Size(30, 52, 1, 16, 11, 10, 700, 60),
    "kbiz": Size(80, 458, 2, 16, 60, 60, 3_000, 300),
    "buykorea": Size(1_041, 2_700, 2, 10, 260, 300, 10_000, 1_200),
}


@dataclass(frozen=True, slots=True)
class Measured:
    """One timetable beside its bound and the baselines."""

    name: str
    seed: int
    pairs: int
    timetable: Timetable
    broken: int
    seconds: float
    greedy: float
    deferred: float
    moved: float | None

    def row(self) -> tuple[str, ...]:
        """Return the finished texts of a table's row."""
        terms = self.timetable.terms
        return (
            self.name,
            str(self.seed),
            f"{self.pairs:,}",
            f"{len(self.timetable.meetings):,}",
            str(self.broken),
            f"{terms.musts_unplaced}/{terms.meetings_missing}/{terms.idle_slots}",
            f"{terms.score:.3f}",
            f"{100 * self.timetable.gap:.4f} %",
            f"{self.seconds:.1f}",
            f"{self.greedy:.3f}",
            f"{self.deferred:.3f}",
            "" if self.moved is None else f"{100 * self.moved:.1f} %",
        )


HEADER = (
    "행사", "씨앗", "짝", "상담", "위반", "필수/최소/빈 시간", "점수", "차이", "초",
    "탐욕법 점수비", "지연수락 점수비", "취소 뒤 옮김",
)  # fmt: skip


def measure_timetables(
    names: Sequence[str], seeds: Sequence[int], progress: Progress = silent
) -> tuple[Table, list[Measured]]:
    """Make a timetable for every size and seed; raises KeyError for an unknown size."""
    found = []
    jobs = [(name, seed) for name in names for seed in seeds]
    for n, (name, seed) in enumerate(jobs):
        progress("상담표를 재는 중", n, len(jobs))
        found.append(_measure(name, seed))
    progress("상담표를 재는 중", len(jobs), len(jobs))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    title = f"상담표: 지어낸 행사, 2코어, 최대 기억 {peak:,} MB"
    return Table(title, HEADER, tuple(m.row() for m in found)), found


def _measure(name: str, seed: int) -> Measured:
    size = SIZES[name]
    form = meeting_day(
        size.buyers,
        size.companies,
        days=size.days,
        slots=size.slots,
        tables=size.tables,
        interpreters=size.interpreters,
        requests=size.requests,
        seed=seed,
    )
    event = Event.from_dict(form)
    begun = time.perf_counter()
    timetable = schedule(event, seconds=size.seconds)
    seconds = time.perf_counter() - begun
    weights = Policy.load().timetable
    grid = build_grid(event, weights)
    score = max(timetable.terms.score, 1e-9)
    return Measured(
        name,
        seed,
        len(event.pairs or ()),
        timetable,
        len(violations(event, timetable.meetings)),
        seconds,
        greedy=greedy_score(grid) / score,
        deferred=deferred_score(grid) / score,
        moved=_moved(form, timetable, size) if len(timetable.meetings) <= 2_000 else None,
    )


def _moved(form: dict[str, Any], before: Timetable, size: Size) -> float:
    """Cancel the company with most meetings, solve anew, and return the share of others that moved."""
    counts: dict[str, int] = {}
    for m in before.meetings:
        counts[m.company_id] = counts.get(m.company_id, 0) + 1
    gone = max(sorted(counts), key=lambda c: counts[c])
    changed = Event.from_dict(
        {
            **form,
            "companies": [
                c | {"available_slots": [], "min_meetings": 0} if c["company_id"] == gone else c
                for c in form["companies"]
            ],
        }
    )
    after = schedule(keeping(changed, before.meetings), seconds=min(size.seconds, 60))
    others = [m for m in before.meetings if m.company_id != gone]
    return 1 - len(set(others) & set(after.meetings)) / max(len(others), 1)


def greedy_score(grid: Grid) -> float:
    """Musts, then the best pair first, each in its first open slot."""
    order = sorted(range(len(grid.pairs)), key=lambda p: (not grid.is_must[p], -grid.value[p], p))
    return _seat_in_order(grid, order)


def deferred_score(grid: Grid) -> float:
    """Companies propose by score; buyers keep as many of their best as they may have meetings."""
    wishes: dict[int, list[int]] = {}
    for p in sorted(range(len(grid.pairs)), key=lambda p: -grid.value[p]):
        wishes.setdefault(int(grid.company[p]), []).append(p)
    held: dict[int, list[int]] = {}
    given = dict.fromkeys(wishes, 0)
    waiting = list(wishes)
    while waiting:
        c = waiting.pop()
        if given[c] >= grid.companies.most[c] or not wishes[c]:
            continue
        p = wishes[c].pop(0)
        kept = held.setdefault(int(grid.buyer[p]), [])
        kept.append(p)
        given[c] += 1
        kept.sort(key=lambda q: (not grid.is_must[q], -grid.value[q]))
        if len(kept) > grid.buyers.most[grid.buyer[p]]:
            loser = int(grid.company[kept.pop()])
            given[loser] -= 1
            waiting.append(loser)
        waiting.append(c)
    order = sorted(
        (p for kept in held.values() for p in kept),
        key=lambda p: (not grid.is_must[p], -grid.value[p], p),
    )
    return _seat_in_order(grid, order)


def _seat_in_order(grid: Grid, order: Sequence[int]) -> float:
    seats = Seats(grid)
    for p in order:
        b, c = grid.buyer[p], grid.company[p]
        for m in grid.modes[p] if seats.has_room(p) else ():
            free = seats.open_slots(m) & (seats.at_buyer[b] < 0) & (seats.at_company[c] < 0)
            if free.any():
                seats.put(p, m, int(np.argmax(free)))
                break
    return float(grid.value[seats.slot >= 0].sum())


def measure_delegations(count: int, progress: Progress = silent) -> Table:
    """Choose 12 of 200 for 25 demands in so many generated events, under two rules of balance."""
    rows = []
    for seed in range(count):
        progress("파견단을 재는 중", seed, count)
        event, scores, fields = _delegation_case(seed)
        begun = time.perf_counter()
        found = choose_delegation(event, scores, fields)
        rows.append((time.perf_counter() - begun, found.gap, found.objective / found.greedy - 1))
    progress("파견단을 재는 중", count, count)
    seconds, gaps, gains = (np.array(column) for column in zip(*rows, strict=True))
    return Table(
        f"파견단: 200개사에서 12개사, 수요 25건, 지어낸 행사 {count}건",
        ("값", "평균", "최대"),
        (
            ("초", f"{seconds.mean():.2f}", f"{seconds.max():.2f}"),
            ("증명된 차이", f"{100 * gaps.mean():.4f} %", f"{100 * gaps.max():.4f} %"),
            ("탐욕법보다 나은 값", f"{100 * gains.mean():.3f} %", f"{100 * gains.max():.3f} %"),
        ),
    )


def _delegation_case(
    seed: int,
) -> tuple[Event, dict[tuple[str, str], float], dict[str, dict[str, tuple[str, ...]]]]:
    draw = random.Random(seed)
    topics = [draw.sample(range(8), draw.randint(1, 3)) for _ in range(200)]
    skill = [draw.random() for _ in range(200)]
    scores = {}
    for d in range(25):
        topic = draw.randrange(8)
        for c in range(200):
            fit = 0.45 if topic in topics[c] else 0.05
            score = fit + 0.25 * skill[c] * draw.random() + 0.3 * draw.random()
            if score > 0.2:
                scores[f"N{d:02}", f"C{c:03}"] = round(min(1.0, score), 4)
    event = Event.from_dict(
        {
            "event_id": "made-up",
            "quota": 12,
            "alternates": 3,
            "demands": [
                {"need_id": f"N{d:02}", "weight": draw.choice([1, 1, 1, 2, 3])} for d in range(25)
            ],
            "candidates": [f"C{c:03}" for c in range(200)],
            "balance": [
                {"field": "region", "at_most_share": 0.5},
                {"field": "size", "at_most_share": 0.6},
            ],
        }
    )
    fields: dict[str, dict[str, tuple[str, ...]]] = {
        f"C{c:03}": {
            "region": (draw.choices(("서울", "부산", "대구", "경기"), (5, 2, 1, 3))[0],),
            "size": (draw.choice(("대", "중", "소")),),
        }
        for c in range(200)
    }
    return event, scores, fields
