"""How sure a figure is: bootstrap intervals over queries, paired tests, Holm's correction, letters.

Queries are the sample: everything here speaks of other queries like these, not of other corpora.
All draws come from one seed, so the same values give the same figures.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import product
from string import ascii_lowercase

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 10_000
SEED = 20_150_520
CONFIDENCE = 0.95
_CELLS_AT_ONCE = 2_000_000


@dataclass(frozen=True, slots=True)
class Interval:
    """A two-sided interval at `CONFIDENCE`."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Difference:
    """The mean paired difference of two systems, with interval and two-sided p-value."""

    mean: float
    interval: Interval
    p: float


def bootstrap_interval(
    values: Sequence[float], resamples: int = RESAMPLES, seed: int = SEED
) -> Interval:
    """Return the percentile bootstrap interval of the mean (Efron and Tibshirani 1993, ch. 13).

    Without values it is 0..0; with one value it has no width, which says nothing of certainty.
    """
    if not values:
        return Interval(0.0, 0.0)
    sample = np.asarray(values, dtype=np.float64)
    random = np.random.default_rng(seed)
    means = np.concatenate(
        [
            sample[random.integers(0, len(sample), size=(rows, len(sample)))].mean(axis=1)
            for rows in _chunks(resamples, len(sample))
        ]
    )
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(means, [tail, 1 - tail])
    return Interval(float(low), float(high))


def ratio_interval(
    groups: Sequence[tuple[float, float]], resamples: int = RESAMPLES, seed: int = SEED
) -> Interval:
    """Return the bootstrap interval of sum(first) / sum(second), whole groups drawn together.

    A draw whose second sum is 0 has no ratio and is left out; without any it is 0..0.
    """
    if not groups:
        return Interval(0.0, 0.0)
    sample = np.asarray(groups, dtype=np.float64)
    random = np.random.default_rng(seed)
    sums = np.concatenate(
        [
            sample[random.integers(0, len(sample), size=(rows, len(sample)))].sum(axis=1)
            for rows in _chunks(resamples, 2 * len(sample))
        ]
    )
    sums = sums[sums[:, 1] > 0]
    if not len(sums):
        return Interval(0.0, 0.0)
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(sums[:, 0] / sums[:, 1], [tail, 1 - tail])
    return Interval(float(low), float(high))


def compare_paired(
    first: Sequence[float],
    second: Sequence[float],
    resamples: int = RESAMPLES,
    seed: int = SEED,
) -> Difference:
    """Return first minus second over the same queries, with a paired randomisation test.

    If the systems were alike, each query's difference could as well have the other sign. p is the
    share of sign patterns whose mean is at least as far from zero as the one seen: all patterns
    where there are no more than `resamples`, else that many drawn ones with the seen one added
    (Smucker, Allan, Carterette 2007).
    """
    if len(first) != len(second):
        raise ValueError("paired values must belong to the same queries")
    differences = np.asarray(first, dtype=np.float64) - np.asarray(second, dtype=np.float64)
    if not len(differences):
        return Difference(0.0, Interval(0.0, 0.0), 1.0)
    return Difference(
        mean=float(differences.mean()),
        interval=bootstrap_interval(differences.tolist(), resamples, seed),
        p=_randomisation_p(differences, resamples, seed),
    )


def holm(p_values: Sequence[float]) -> list[float]:
    """Return p-values corrected for their number (Holm 1979), in the order given."""
    corrected = [0.0] * len(p_values)
    highest = 0.0
    for step, place in enumerate(sorted(range(len(p_values)), key=lambda i: p_values[i])):
        highest = max(highest, min(1.0, (len(p_values) - step) * p_values[place]))
        corrected[place] = highest
    return corrected


def letter_display(ordered: Sequence[str], different: Collection[frozenset[str]]) -> dict[str, str]:
    """Return letters so that two names share one exactly where they are not `different`.

    Names come best first, and so do letters. Insert and absorb (Piepho 2004): begin with one
    column of all names; split every column that holds both of a different pair; drop columns that
    lie within another.

    >>> letter_display(["a1", "a2", "a3"], [frozenset(["a1", "a3"])])
    {'a1': 'a', 'a2': 'ab', 'a3': 'b'}
    """
    columns = {frozenset(ordered)}
    for pair in sorted(different, key=sorted):
        split = {c - {name} if pair <= c else c for c in columns for name in pair}
        columns = {c for c in split if not any(c < other for other in split)}
    places = {name: place for place, name in enumerate(ordered)}
    in_order = sorted(columns, key=lambda column: sorted(places[name] for name in column))
    lettered = list(zip(in_order, ascii_lowercase, strict=False))
    return {
        name: "".join(letter for column, letter in lettered if name in column) for name in ordered
    }


def _randomisation_p(differences: NDArray[np.float64], resamples: int, seed: int) -> float:
    # Queries without a difference add nothing under any sign; leaving them out widens the range
    # in which all patterns can be counted.
    moved = differences[differences != 0]
    if not len(moved):
        return 1.0
    # Sums of the same numbers in another order differ in the last bits: equal counts as reached.
    seen = abs(moved.sum()) * (1 - 1e-12)
    if 2 ** len(moved) <= resamples:
        signs = np.array(list(product((-1.0, 1.0), repeat=len(moved))))
        return float((np.abs(signs @ moved) >= seen).mean())
    random = np.random.default_rng(seed)
    reached = 0
    for rows in _chunks(resamples, len(moved)):
        signs = random.integers(0, 2, size=(rows, len(moved)), dtype=np.int8) * 2.0 - 1.0
        reached += int((np.abs(signs @ moved) >= seen).sum())
    return (reached + 1) / (resamples + 1)


def _chunks(resamples: int, width: int) -> list[int]:
    """Return row counts that add up to `resamples` and keep one draw's memory small."""
    rows = max(1, _CELLS_AT_ONCE // max(1, width))
    full, rest = divmod(resamples, rows)
    return [rows] * full + ([rest] if rest else [])
