"""How often each company was given a chance, and how evenly the chances are spread."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Exposure:
    """A company's chances over some events: events it was chosen for or met somebody at, and meetings."""

    company_id: str
    events: int
    meetings: int

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {"company_id": self.company_id, "events": self.events, "meetings": self.meetings}


def exposures(
    plans: Iterable[tuple[Mapping[str, Any] | None, Mapping[str, Any] | None]],
) -> tuple[Exposure, ...]:
    """Count over (delegation, timetable) forms of events; the most often seen first."""
    events: Counter[str] = Counter()
    meetings: Counter[str] = Counter()
    for delegation, timetable in plans:
        met = [m["company_id"] for m in (timetable or {}).get("meetings", ())]
        chosen = [c["company_id"] for c in (delegation or {}).get("chosen", ())]
        meetings.update(met)
        events.update({*met, *chosen})
    return tuple(
        Exposure(company_id, count, meetings[company_id])
        for company_id, count in sorted(events.items(), key=lambda item: (-item[1], item[0]))
    )


def gini(counts: Sequence[int]) -> float:
    """Return how unevenly chances are spread: 0 where all have as many, near 1 where one has all.

    Of the mean absolute difference (C. Gini, 1912), over all companies, also those without any.
    """
    ordered = sorted(counts)
    total = sum(ordered)
    if not total:
        return 0.0
    weighted = sum((2 * n - len(ordered) + 1) * value for n, value in enumerate(ordered))
    return weighted / (len(ordered) * total)
