"""The textbook, slow and plain: what the product's fast parts must agree with."""

import math
from collections.abc import Mapping, Sequence

import numpy as np


def brute_force(
    owners: Sequence[str], vectors: np.ndarray, query: np.ndarray, k: int, allowed=None
) -> list[tuple[str, float]]:
    """The k owners whose best row has the highest inner product; ties by id."""
    best: dict[str, float] = {}
    for owner, vector in zip(owners, vectors, strict=True):
        if allowed is None or owner in allowed:
            score = math.fsum(float(a) * float(b) for a, b in zip(vector, query, strict=True))
            best[owner] = max(score, best.get(owner, -math.inf))
    return sorted(best.items(), key=lambda item: (-item[1], item[0]))[:k]


def idf(texts: Mapping[str, Sequence[str]], term: str) -> float:
    """Lucene's: ln(1 + (N - n + 0.5) / (n + 0.5))."""
    count = sum(term in terms for terms in texts.values())
    return math.log(1 + (len(texts) - count + 0.5) / (count + 0.5))


def presence(texts: Mapping[str, Sequence[str]], query: Sequence[str], id: str) -> float:
    """The idf of the query's terms that the text has, over the bound."""
    shared = math.fsum(idf(texts, term) for term in query if term in texts[id])
    return shared / bound(texts, query) if shared else 0.0


def coverage(texts: Mapping[str, Sequence[str]], query: Sequence[str], id: str) -> float:
    """Lucene's BM25 (Kamphuis et al. 2020; k1 1.2, b 0.75) over the bound."""
    average = sum(len(terms) for terms in texts.values()) / len(texts)
    saturation = 1.2 * (1 - 0.75 + 0.75 * len(texts[id]) / average)
    score = math.fsum(
        idf(texts, term) * texts[id].count(term) / (texts[id].count(term) + saturation)
        for term in query
    )
    return score / bound(texts, query) if score else 0.0


def bound(texts: Mapping[str, Sequence[str]], query: Sequence[str]) -> float:
    """The geometric mean of two sums of idf: of all of the query's terms, and of those any text has."""
    known = [term for term in query if any(term in terms for terms in texts.values())]
    sums = [math.fsum(idf(texts, term) for term in terms) for terms in (query, known)]
    return math.sqrt(sums[0] * sums[1])
