"""What the product is measured against in the same run: plain ways to rank texts, and a peer.

bm25        BM25 as Lucene ranks with it (Kamphuis et al. 2020; k1 1.2, b 0.75), the analyzer's
            morphemes as terms
bm25-words  the same over case-folded words between spaces
rrf         equal reciprocal rank fusion (Cormack et al. 2009, k 60) of the product's dense ranking
            and bm25
sector      the two-level sector code of trade portals: the same code 2, the same parent 1, else 0
txtai       another product whole: see `evaluation.peer`

None of them knows the rules of matching. For matching sets they rank offerings, and a company
stands where its best offering stands (in the other direction, a need where it stands for the
company's best offering).
"""

import math
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from matcher.errors import InvalidRequest
from matcher.ranking import Ranking
from matcher.synonyms import synonyms
from matcher.vocabulary import sector_codes

if TYPE_CHECKING:
    from indexing.analyzer import Analyzer
    from indexing.encoder import Encoder

BASELINES = ("bm25", "bm25-words", "rrf", "sector", "txtai")
K1 = 1.2
B = 0.75
RRF_K = 60
FUSED_HITS = 100
"""Length of each list that reciprocal rank fusion reads."""
PARENTS: Mapping[str, str] = {
    "renewable": "energy",
    "led": "energy",
    "green_car": "energy",
    "green_building": "energy",
    "green_it": "energy",
    "urban_resource": "environment",
    "water": "environment",
    "air": "environment",
    "adaptation": "climate",
    "carbon": "climate",
    "eco_product": "goods and services",
    "green_service": "goods and services",
}
"""The upper level of the sector code; the lower one is the vocabulary's scheme `greenmatch`."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A text, asked or searched, with the sector that its record states."""

    text: str
    sector: str | None = None


class Baseline(Protocol):
    """One way to rank the entries it was built with."""

    def rank(self, query: Entry, k: int) -> Ranking:
        """Return the best `k` ids."""
        ...


@dataclass(frozen=True, slots=True)
class Shelf:
    """What baselines are built from.

    entries: what is searched, by id. dense: the product's own ranking of them by meaning alone.
    """

    entries: Mapping[str, Entry]
    dense: Callable[[str], Ranking]
    encoder: "Encoder"
    analyzer: "Analyzer"

    @property
    def texts(self) -> dict[str, str]:
        """The texts that say anything: one without a letter or digit would be near to all."""
        return {
            id: unicodedata.normalize("NFC", entry.text)
            for id, entry in self.entries.items()
            if any(map(str.isalnum, entry.text))
        }


class Baselines:
    """All baselines over one shelf; each is built when it is first asked and then kept."""

    def __init__(self, shelf: Shelf) -> None:
        """Keep the shelf; nothing is built yet."""
        self._shelf = shelf
        self._built: dict[str, Baseline] = {}

    def rank(self, name: str, query: Entry, k: int) -> Ranking:
        """Return the best `k` ids of a baseline; a query without text has no answer."""
        if not query.text.strip():
            return Ranking(name, ())
        return self._get(name).rank(query, k)

    def close(self) -> None:
        """Give back what built baselines hold on disk."""
        for baseline in self._built.values():
            close: Callable[[], None] | None = getattr(baseline, "close", None)
            if close is not None:
                close()
        self._built.clear()

    def _get(self, name: str) -> Baseline:
        if name not in self._built:
            self._built[name] = self._build(name)
        return self._built[name]

    def _build(self, name: str) -> Baseline:
        shelf = self._shelf
        if name == "bm25":
            return Bm25(name, shelf.texts, shelf.analyzer.terms)
        if name == "bm25-words":
            return Bm25(name, shelf.texts, words)
        if name == "rrf":
            return Rrf(shelf.dense, self._get("bm25"))
        if name == "sector":
            return SectorMatcher(shelf.entries)
        if name == "txtai":
            from evaluation.peer import TxtaiHybrid

            return TxtaiHybrid(shelf.texts, shelf.encoder)
        raise InvalidRequest(f"비교 방법 '{name}'을(를) 알 수 없습니다.", system=name)


class Bm25:
    """BM25 with Lucene's idf, ln(1 + (N - n + 0.5) / (n + 0.5)); a term asked twice counts twice."""

    def __init__(
        self, name: str, texts: Mapping[str, str], tokenize: Callable[[str], Sequence[str]]
    ) -> None:
        """Tokenize and index all texts."""
        import bm25s

        self._name = name
        self._ids = list(texts)
        self._tokenize = tokenize
        terms = [list(tokenize(text)) for text in texts.values()]
        self._known = {term for row in terms for term in row}
        self._index = None
        if self._known:
            self._index = bm25s.BM25(k1=K1, b=B, method="lucene")
            self._index.index(terms, show_progress=False)

    def rank(self, query: Entry, k: int) -> Ranking:
        """Return the texts that share a term, best first, ids deciding ties."""
        text = unicodedata.normalize("NFC", query.text)
        terms = [term for term in self._tokenize(text) if term in self._known]
        if not terms or self._index is None:
            return Ranking(self._name, ())
        scores = self._index.get_scores(terms)
        rows = np.flatnonzero(scores > 0)
        if len(rows) > k:  # keep every tie with the k-th: ids decide
            rows = rows[scores[rows] >= np.partition(scores[rows], len(rows) - k)[len(rows) - k]]
        return Ranking.of(self._name, {self._ids[row]: float(scores[row]) for row in rows}, k)


class Rrf:
    """Equal reciprocal rank fusion of two rankings."""

    def __init__(self, dense: Callable[[str], Ranking], lexical: Baseline) -> None:
        """Take both arms."""
        self._dense = dense
        self._lexical = lexical

    def rank(self, query: Entry, k: int) -> Ranking:
        """Fuse the best FUSED_HITS of either arm."""
        arms = (self._dense(query.text), self._lexical.rank(query, FUSED_HITS))
        return reciprocal_rank_fusion([arm.ids()[:FUSED_HITS] for arm in arms], k)


class SectorMatcher:
    """Ranks by sector code alone, as the search forms of trade portals do."""

    def __init__(self, entries: Mapping[str, Entry]) -> None:
        """Find each entry's sectors."""
        self._sectors = {id: find_sectors(entry) for id, entry in entries.items()}

    def rank(self, query: Entry, k: int) -> Ranking:
        """Return all ids by agreement of codes, ids deciding the many ties."""
        asked = find_sectors(query)
        scores = {id: float(agreement(asked, codes)) for id, codes in self._sectors.items()}
        return Ranking.of("sector", scores, k)


def words(text: str) -> list[str]:
    """Return case-folded words between spaces."""
    return text.casefold().split()


def reciprocal_rank_fusion(lists: Iterable[Sequence[str]], k: int) -> Ranking:
    """Return the sum over lists of 1 / (60 + rank), rank from 1; who is not on a list gets 0 from it.

    >>> [hit.id for hit in reciprocal_rank_fusion([["a", "b"], ["b", "c"]], 3).hits]
    ['b', 'a', 'c']
    """
    terms: dict[str, list[float]] = {}
    for ids in lists:
        for rank, id in enumerate(ids, start=1):
            terms.setdefault(id, []).append(1 / (RRF_K + rank))
    return Ranking.of("rrf", {id: math.fsum(parts) for id, parts in terms.items()}, k)


def find_sectors(entry: Entry) -> frozenset[str]:
    """Return the stated sectors; where none is known, those that most terms of the field name.

    Terms are counted by group of synonyms, each group once; sectors that tie all count.
    """
    stated = sector_codes(entry.sector) if entry.sector else ()
    if stated:
        return frozenset(stated)
    groups = {found.group.terms: found.group.sector for found in synonyms().find(entry.text)}
    counts = Counter(groups.values())
    return frozenset(code for code, count in counts.items() if count == max(counts.values()))


def agreement(first: frozenset[str], second: frozenset[str]) -> int:
    """Return 2 where two records share a sector, 1 where they share a parent, else 0."""
    if first & second:
        return 2
    parents = [{PARENTS[code] for code in codes if code in PARENTS} for codes in (first, second)]
    return 1 if parents[0] & parents[1] else 0


def pool(name: str, rankings: Iterable[Ranking], owner: Callable[[str], str], k: int) -> Ranking:
    """Return each owner once, with the best score of anything it owns in any of the rankings."""
    best: dict[str, float] = {}
    for hit in (hit for ranking in rankings for hit in ranking.hits):
        best[owner(hit.id)] = max(hit.score, best.get(owner(hit.id), -math.inf))
    return Ranking.of(name, best, k)
