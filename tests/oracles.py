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


def idf(texts: Mapping[str, Sequence[str]], term: str, likely: Mapping[str, float] = {}) -> float:
    """Lucene's: ln(1 + (N - n + 0.5) / (n + 0.5)); a likely translation adds to n what it is likely."""
    forms = {term: 1.0, **likely}
    count = math.fsum(s for form, s in forms.items() for terms in texts.values() if form in terms)
    count = min(len(texts), count)
    return math.log(1 + (len(texts) - count + 0.5) / (count + 0.5))


def presence(texts: Mapping[str, Sequence[str]], query: Sequence[str], id: str) -> float:
    """The idf of the query's terms that the text has, over the bound with a further term of no text."""
    shared = math.fsum(idf(texts, term) for term in query if term in texts[id])
    return shared / bound(texts, query, further=idf(texts, "")) if shared else 0.0


def coverage(
    texts: Mapping[str, Sequence[str]],
    query: Sequence[str],
    id: str,
    likely: Mapping[str, Mapping[str, float]] = {},
) -> float:
    """Lucene's BM25 (Kamphuis et al. 2020; k1 1.2, b 0.75) over the bound.

    likely: for terms of the query, what stands for them and how likely: as the term itself, or what its
    translations say together, where that is more.
    """
    average = sum(len(terms) for terms in texts.values()) / len(texts)
    saturation = 1.2 * (1 - 0.75 + 0.75 * len(texts[id]) / average)

    def heard(form: str) -> float:
        return texts[id].count(form) / (texts[id].count(form) + saturation)

    score = 0.0
    for term in query:
        others = likely.get(term, {})
        translated = min(1.0, math.fsum(share * heard(form) for form, share in others.items()))
        score += idf(texts, term, others) * max(heard(term), translated)
    return score / bound(texts, query, likely) if score else 0.0


def bound(
    texts: Mapping[str, Sequence[str]],
    query: Sequence[str],
    likely: Mapping[str, Mapping[str, float]] = {},
    further: float = 0.0,
) -> float:
    """The geometric mean of two sums of idf, of all of the query's terms and of those any text has;
    further: what stands in both besides.
    """
    has = set().union(*texts.values())
    known = [term for term in query if not has.isdisjoint({term, *likely.get(term, {})})]
    sums = [
        math.fsum(idf(texts, term, likely.get(term, {})) for term in terms)
        for terms in (query, known)
    ]
    return math.sqrt((sums[0] + further) * (sums[1] + further))
