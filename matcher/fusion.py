"""From what two sources say to one score that is a plain sum.

score = cosine + weight x coverage + weight x concepts (+ what the records say of project types and
sectors, which the Matchmaker adds: `with_kind`, `matcher.sectors`). Coverage is absolute (see `Evidence`): the best of a bad list
does not look perfect, as it does after min-max scaling, and a query in another language has hardly
any. The weight falls with script agreement: the few words that an English need shares with Korean
texts are names and loan words and say less. Concepts are terms of the field under one name for all
languages (`matcher.synonyms`); their weight rises where words fall silent, since within one language
the words have said most of it already. Measured in docs/decisions/0004.
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


def fuse(evidence: Evidence, agreement: float, system: System, policy: Policy) -> Points:
    """Weigh one candidate's evidence; `lexical` and `dense` are one arm alone, for comparison."""
    if system == "lexical":
        return Points(0.0, evidence.coverage)
    if system == "dense":
        return Points(evidence.similarity, 0.0)

    def weight(foreign: float, same: float) -> float:
        return foreign + (same - foreign) * agreement

    words = weight(policy.coverage_weight_foreign, policy.coverage_weight)
    concepts = weight(policy.concept_weight_foreign, policy.concept_weight)
    return Points(evidence.similarity, words * evidence.coverage, concepts * evidence.concepts)


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
