"""How sure a match is: a calibrated probability that it is useful (grade 2 or better).

A logistic function (Platt 1999) of the points of the score, of how far the scripts of need and
collection agree, of how long both texts are (short ones come less near to anything), and of the
size of the registry: the best of many strangers looks better than the best of a few. Its numbers
are in policy.toml; `greenmatch-eval calibrate` fits and checks them.
"""

import math
from collections.abc import Mapping

from matcher.fusion import Points
from matcher.policy import ConfidencePolicy

LARGEST_EXPONENT = 30.0
"""Beyond this the probability is 0 or 1 to ten places."""


def features(
    points: Points, agreement: float, need_text: str, offering_text: str, companies: int
) -> Mapping[str, float]:
    """Return what the probability depends on, under the names of its weights.

    agreement: share of common script of need and collection, 0..1 (`QueryEvidence`).
    companies: how many companies were searched.
    """
    return {
        "dense": points.dense,
        "lexical": points.lexical,
        "concept": points.concept,
        "kind": points.kind,
        "sector": points.sector,
        "foreign": 1 - agreement,
        "need_length": math.log(max(1, len(need_text))),
        "offering_length": math.log(max(1, len(offering_text))),
        "size": math.log10(max(1, companies)),
    }


def line_for(need_text: str, offering_text: str, policy: ConfidencePolicy) -> float:
    """Return the probability from which an offering proves that somebody fits a need."""
    return policy.line * line_share(len(need_text), len(offering_text), policy.described)


def line_share(need_length: float, offering_length: float, described: float) -> float:
    """Return the share of the line (0..1) that holds between texts of so many characters.

    One line of text is near to nothing, and being far from it proves nothing.
    """
    return min(1.0, need_length / described) * min(1.0, offering_length / described)


def probability(values: Mapping[str, float], policy: ConfidencePolicy) -> float:
    """Return the probability, 0..1, that the match with these features is useful."""
    terms = (getattr(policy, name) * value for name, value in values.items())
    logit = math.fsum((policy.intercept, *terms))
    return 1 / (1 + math.exp(-max(-LARGEST_EXPONENT, min(LARGEST_EXPONENT, logit))))
