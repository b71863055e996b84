"""From what two sources say to one score that is a plain sum.

score = cosine + weight x coverage + weight x concepts (+ what the records say of project types and
sectors, which the Matchmaker adds: `with_kind`, `matcher.sectors`). Coverage is absolute (see
`Evidence`): the best of a bad list does not look perfect, as it does after min-max scaling. A need in
another language has one too, by the words that its own are translated to; it weighs more the less script
query and collection share (`coverage_weight`). Concepts are terms of the field under one name for all
languages (`matcher.synonyms`).
Measured in docs/decisions/0004 and 0021.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from matcher.policy import Policy
from matcher.ranking import Evidence, QueryEvidence, Ranking

System = Literal["lexical", "dense", "hybrid"]
NEUTRAL_KIND = 0.5


@dataclass(frozen=True, slots=True)
class Points:
    """The terms of a score."""

    dense: float
    lexical: float
    concept: float = 0.0
    kind: float = 0.0
    sector: float = 0.0

    @property
    def total(self) -> float:
        """The score."""
        return math.fsum((self.dense, self.lexical, self.concept, self.kind, self.sector))


def coverage_weight(agreement: float, own: float, foreign: float) -> float:
    """Return the points for full coverage of a query that shares so much script with the collection, 0..1.

    own, foreign: the points where it shares all of it, and where it shares none.
    """
    return own + (foreign - own) * (1 - agreement)


def fuse(evidence: Evidence, agreement: float, system: System, policy: Policy) -> Points:
    """Weigh one candidate's evidence; `lexical` and `dense` are one arm alone, for comparison.

    agreement: of the query's and the collection's scripts, 0..1 (`QueryEvidence`).
    """
    if system == "lexical":
        return Points(0.0, evidence.coverage)
    if system == "dense":
        return Points(evidence.similarity, 0.0)
    words = coverage_weight(agreement, policy.coverage_weight, policy.foreign_coverage_weight)
    return Points(
        evidence.similarity,
        words * evidence.coverage,
        policy.concept_weight * evidence.concepts,
    )


def with_kind(points: Points, agreement: float, policy: Policy) -> Points:
    """Add how well the offered project type answers the asked one (0..1, 0.5 unknown).

    Unknown adds nothing, full agreement half the weight, and none takes half the weight away.
    """
    return replace(points, kind=policy.kind_weight * (agreement - NEUTRAL_KIND))


def weigh(evidence: QueryEvidence, system: System, policy: Policy) -> Mapping[str, Points]:
    """Weigh all candidates; for `lexical` those without a shared word are left out."""
    return {
        id: fuse(item, evidence.agreement, system, policy)
        for id, item in evidence.candidates.items()
        if system != "lexical" or item.coverage > 0
    }


def rank(evidence: QueryEvidence, system: System, policy: Policy) -> Ranking:
    """Order all candidates by (-score, id)."""
    points = weigh(evidence, system, policy)
    return Ranking.of(system, {id: item.total for id, item in points.items()})
