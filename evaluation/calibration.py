"""Are stated probabilities true, and what does a line cost below which nobody is named?

Pure functions over probabilities and what people judged; the report calls them for systems whose
matches carry a probability.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

BINS = 10


@dataclass(frozen=True, slots=True)
class ReliabilityRow:
    """Answers whose stated probability lies in [low, high), the last bin with its upper end.

    stated: their mean probability. true: the share of them that was judged useful.
    """

    low: float
    high: float
    count: int
    stated: float
    true: float


@dataclass(frozen=True, slots=True)
class AbstentionRow:
    """What happens when queries with a confidence below `threshold` get no answer.

    answered: share of all queries that still get one. refused_answerable: share of the queries
    that have an answer and are refused (wrongly). refused_unanswerable: share of the queries that
    have none and are refused (rightly). A share of nothing is 0.
    """

    threshold: float
    answered: float
    refused_answerable: float
    refused_unanswerable: float


def reliability(
    probabilities: Sequence[float], labels: Sequence[bool], bins: int = BINS
) -> tuple[ReliabilityRow, ...]:
    """Return the bins of equal width that hold anything, from low to high.

    Raises ValueError for probabilities outside of 0..1.
    """
    if len(probabilities) != len(labels):
        raise ValueError("every probability needs one label")
    if not all(0.0 <= probability <= 1.0 for probability in probabilities):
        raise ValueError("a probability lies in 0..1")
    filled: dict[int, list[tuple[float, bool]]] = {}
    for probability, label in zip(probabilities, labels, strict=True):
        place = min(int(probability * bins), bins - 1)
        filled.setdefault(place, []).append((probability, label))
    return tuple(
        ReliabilityRow(
            low=place / bins,
            high=(place + 1) / bins,
            count=len(members),
            stated=math.fsum(probability for probability, _ in members) / len(members),
            true=sum(label for _, label in members) / len(members),
        )
        for place, members in sorted(filled.items())
    )


def expected_calibration_error(
    probabilities: Sequence[float], labels: Sequence[bool], bins: int = BINS
) -> float:
    """Return the mean over answers of |stated - true| of their bin (Naeini et al. 2015).

    >>> expected_calibration_error([0.9, 0.9], [True, False])
    0.4
    """
    rows = reliability(probabilities, labels, bins)
    weighted = math.fsum(row.count * abs(row.stated - row.true) for row in rows)
    return weighted / len(probabilities) if probabilities else 0.0


def abstention_curve(
    confidences: Sequence[float], is_answerable: Sequence[bool]
) -> tuple[AbstentionRow, ...]:
    """Return one row for each line that can be drawn: at every confidence, and above them all.

    confidences: one for each query, that of its best answer. The first row refuses nobody, the
    last one (threshold inf) everybody.
    """
    queries = list(zip(confidences, is_answerable, strict=True))
    if not queries:
        return ()

    def refused(threshold: float, wanted: bool) -> float:
        of_kind = [confidence for confidence, answerable in queries if answerable == wanted]
        below = sum(confidence < threshold for confidence in of_kind)
        return below / len(of_kind) if of_kind else 0.0

    return tuple(
        AbstentionRow(
            threshold=threshold,
            answered=sum(confidence >= threshold for confidence in confidences) / len(queries),
            refused_answerable=refused(threshold, wanted=True),
            refused_unanswerable=refused(threshold, wanted=False),
        )
        for threshold in (*sorted(set(confidences)), math.inf)
    )
