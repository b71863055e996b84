"""Who is shown: how evenly the first places of all lists fall on the companies of a set."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

SHOWN = 10
"""Places of a list that count as shown."""


@dataclass(frozen=True, slots=True)
class Exposure:
    """counts: how often each company is shown, in id order; never shown is 0."""

    counts: tuple[int, ...]

    @property
    def shown_share(self) -> float:
        """Share of the companies that are shown at least once; 0 where there is none."""
        return sum(count > 0 for count in self.counts) / len(self.counts) if self.counts else 0.0

    @property
    def gini(self) -> float:
        """Gini coefficient: 0 where all are shown alike, near 1 where one takes everything."""
        return gini(self.counts)

    def lorenz(self) -> tuple[tuple[float, float], ...]:
        """Return (share of companies, share of shown places), least shown first, from (0, 0)."""
        total, points, sum_so_far = sum(self.counts), [(0.0, 0.0)], 0
        for place, count in enumerate(sorted(self.counts), start=1):
            sum_so_far += count
            points.append((place / len(self.counts), sum_so_far / total if total else 0.0))
        return tuple(points)


def measure_exposure(lists: Iterable[Sequence[str]], companies: Collection[str]) -> Exposure:
    """Count the first SHOWN ids of each list over all companies of a set."""
    shown = Counter(id for ids in lists for id in ids[:SHOWN])
    return Exposure(tuple(shown[id] for id in sorted(companies)))


def gini(values: Sequence[float]) -> float:
    """Return sum over i of (2i - n - 1) x_i / (n sum x), values sorted upwards, i from 1.

    0 where there is nothing to share.

    >>> gini([0, 0, 0, 4])
    0.75
    """
    total = sum(values)
    if not total:
        return 0.0
    n = len(values)
    weighted = sum((2 * i - n - 1) * value for i, value in enumerate(sorted(values), start=1))
    return weighted / (n * total)
