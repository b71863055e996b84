"""What a retriever answers: hits in a total order, and the protocol that every retriever keeps."""

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Protocol, Self


@dataclass(frozen=True, slots=True)
class Hit:
    """One answer: an outside id and a score; higher is better."""

    id: str
    score: float


@dataclass(frozen=True, slots=True)
class Ranking:
    """Hits of one source, ids unique, ordered by (-score, id), scores finite."""

    source: str
    hits: tuple[Hit, ...]

    def __post_init__(self) -> None:
        """Check the invariant, so that no later step has to."""
        if len({hit.id for hit in self.hits}) != len(self.hits):
            raise ValueError(f"{self.source}: an id stands twice in a ranking")
        if not all(math.isfinite(hit.score) for hit in self.hits):
            raise ValueError(f"{self.source}: a score is not finite")
        if any(_order(a) > _order(b) for a, b in zip(self.hits, self.hits[1:], strict=False)):
            raise ValueError(f"{self.source}: hits are not ordered by (-score, id)")

    @classmethod
    def of(cls, source: str, scores: Mapping[str, float], k: int | None = None) -> Self:
        """Order `scores` (id to score) and keep the first `k`."""
        hits = sorted((Hit(id, score) for id, score in scores.items()), key=_order)
        return cls(source, tuple(hits[:k]))

    def ids(self) -> tuple[str, ...]:
        """Return the ids, best first."""
        return tuple(hit.id for hit in self.hits)

    def scores(self) -> dict[str, float]:
        """Return id to score."""
        return {hit.id: hit.score for hit in self.hits}


def _order(hit: Hit) -> tuple[float, str]:
    return (-hit.score, hit.id)


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the two sources say of one text and one candidate, before any weighing.

    similarity: likeness of the best passage on the scale of a cosine; a gated encoder (decision 0020)
        may say a little more than 1 of the same text.
    coverage: share of the query's information (BM25 over a bound of its own) that the candidate's
        words carry, 0..1, by their own form or by a likely translation; 0 where it has neither.
    concepts: share of the idf of the query's terms of the field that the candidate names too,
    whatever language either text says them in, 0..1.
    """

    similarity: float
    coverage: float
    concepts: float = 0.0


@dataclass(frozen=True, slots=True)
class QueryEvidence:
    """All that the sources say of one query text.

    candidates: id to Evidence, the best of either source.
    agreement: how much of the query is written in the scripts the collection is written in, 0..1;
    near 0 for an English need over Korean texts. Words weigh more where it is low, and how sure a match is
    depends on it.
    """

    candidates: Mapping[str, Evidence]
    agreement: float


class Retriever(Protocol):
    """A searchable collection of texts under outside ids (see `indexing.collection`).

    `allowed` None means every id; a filter never starves the list: the best `k` of the allowed
    ids come back, or all of them where there are fewer.
    """

    def evidence(self, text: str, k: int, allowed: Collection[str] | None = None) -> QueryEvidence:
        """Return what each source says of the best `k` of either source."""
        ...
