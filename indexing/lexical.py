"""Shared words: BM25 (bm25s) over the analyzer's terms, on a scale that knows when to be silent."""

import math
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import bm25s
import numpy as np
import numpy.typing as npt

from indexing.analyzer import script_shares
from indexing.translations import Wording
from matcher.ranking import Ranking

SOURCE = "lexical"
K1 = 1.2
B = 0.75


class LexicalIndex:
    """BM25 as Lucene defines it (Kamphuis et al. 2020), over whole texts under outside ids.

    A score is given as *coverage*: BM25 over the geometric mean of two sums of idf, that of the query
    terms that some text has (BM25's least upper bound) and that of all its terms. So a query in another
    language has a coverage near 0 everywhere instead of a list that looks perfect, and the few words
    that are known still count: by all terms alone they would vanish, by the known alone one shared
    name would be a perfect match. It lies in 0..1 (docs/decisions/0004).

    A term of a query may stand in a text by its translations, which count as often as they are
    likely (probabilistic structured queries, Darwish and Oard 2003, docs/decisions/0021). Where a
    text has both the term and translations, what counts more counts.
    """

    def __init__(
        self, bm25: Any, ids: Sequence[str], scripts: Mapping[str, float], mean_length: float
    ) -> None:
        """Take a bm25s index (None where no text has a term), the id of each text, the share of
        each script among all terms, and the mean number of terms of a text.
        """
        self.scripts = dict(scripts)
        self.mean_length = mean_length
        self._bm25 = bm25
        self._ids = list(ids)
        self._row = {id: row for row, id in enumerate(self._ids)}
        self._frequency: npt.NDArray[np.int64] = (
            np.diff(bm25.scores["indptr"]) if bm25 is not None else np.zeros(0, dtype=np.int64)
        )

    @classmethod
    def build(cls, ids: Sequence[str], terms: Sequence[Sequence[str]], k1: float = K1) -> Self:
        """Index the terms of each text, in the order of `ids`.

        With k1 = 0 a term counts by being there, however often and in however long a text; and both sums
        of a coverage hold one further term that no text has, so that one shared name of few says less
        than five of many.
        """
        scripts = script_shares(term for text in terms for term in text)
        mean_length = sum(map(len, terms)) / len(terms) if terms else 0.0
        if not any(terms):
            return cls(None, ids, scripts, mean_length)
        bm25 = bm25s.BM25(k1=k1, b=B, method="lucene")
        bm25.index([list(text) for text in terms], show_progress=False)
        return cls(bm25, ids, scripts, mean_length)

    @classmethod
    def read(
        cls, folder: Path, ids: Sequence[str], scripts: Mapping[str, float], mean_length: float
    ) -> Self:
        """Read what `write` wrote."""
        if not (folder / "params.index.json").is_file():
            return cls(None, ids, scripts, mean_length)
        return cls(bm25s.BM25.load(str(folder), load_corpus=False), ids, scripts, mean_length)

    def write(self, folder: Path) -> None:
        """Write the index into a folder (empty where no text has a term)."""
        folder.mkdir(parents=True, exist_ok=True)
        if self._bm25 is not None:
            self._bm25.save(str(folder), show_progress=False)

    @property
    def ids(self) -> list[str]:
        """The id of each text, in build order."""
        return list(self._ids)

    @property
    def vocabulary(self) -> tuple[str, ...]:
        """Every term that some text has."""
        return tuple(filter(None, self._bm25.vocab_dict)) if self._bm25 is not None else ()

    def __contains__(self, term: str) -> bool:
        """True where some text has the term."""
        return self._count(term) > 0

    def __len__(self) -> int:
        """Return the number of texts."""
        return len(self._ids)

    def idf(self, wording: Wording) -> float:
        """Return ln(1 + (N - n + 0.5) / (n + 0.5)).

        n: texts that have the term, and those that have its translations as far as they are likely.
        """
        likely = (share * self._count(form) for form, share in wording.translations.items())
        return self._idf_of(min(len(self._ids), self._count(wording.term) + math.fsum(likely)))

    def _idf_of(self, count: float) -> float:
        return math.log(1 + (len(self._ids) - count + 0.5) / (count + 0.5))

    def agreement(self, terms: Sequence[str]) -> float:
        """Return the overlap of the query's and the collection's shares of scripts, 0..1."""
        return math.fsum(
            min(share, self.scripts.get(script, 0.0))
            for script, share in script_shares(terms).items()
        )

    def search(
        self, query: Sequence[Wording], k: int, allowed: Collection[str] | None = None
    ) -> Ranking:
        """Return the `k` texts that cover the query best; texts that have none of it are left out."""
        return self.best(self.coverage(query), k, allowed)

    def coverages(self, query: Sequence[Wording], ids: Collection[str]) -> Mapping[str, float]:
        """Return the coverage of each named text."""
        return self.named(self.coverage(query), ids)

    def best(
        self, coverage: npt.NDArray[np.float64], k: int, allowed: Collection[str] | None = None
    ) -> Ranking:
        """Return what `search` does, of what `coverage` returned."""
        if allowed is not None:
            mask = np.zeros(len(self._ids), dtype=bool)
            mask[[self._row[id] for id in allowed if id in self._row]] = True
            coverage = np.where(mask, coverage, 0.0)
        rows = np.flatnonzero(coverage > 0)
        if len(rows) > k:
            # keep every tie with the k-th, so that ids decide and not the partition's whim
            kth = np.partition(coverage[rows], len(rows) - k)[len(rows) - k]
            rows = rows[coverage[rows] >= kth]
        return Ranking.of(SOURCE, {self._ids[row]: float(coverage[row]) for row in rows}, k)

    def named(self, coverage: npt.NDArray[np.float64], ids: Collection[str]) -> Mapping[str, float]:
        """Return what `coverages` does, of what `coverage` returned."""
        return {id: float(coverage[self._row[id]]) for id in ids if id in self._row}

    def coverage_of(self, query: Sequence[Wording], text: Mapping[str, int]) -> float:
        """Return the coverage of a text that is not in the index, by the index's own statistics.

        text: how often it has each of its terms.
        """
        bound = self._bound(query)
        if not bound:
            return 0.0
        k1 = self._bm25.k1 if self._bm25 is not None else K1
        length = sum(text.values())
        share = length / self.mean_length if self.mean_length else 1.0
        damping = k1 * (1 - B + B * share)

        def has(form: str) -> float:
            return text[form] / (text[form] + damping) if text.get(form) else 0.0

        def heard(wording: Wording) -> float:
            likely = math.fsum(share * has(f) for f, share in wording.translations.items())
            return max(has(wording.term), min(1.0, likely))

        return math.fsum(self.idf(wording) * heard(wording) for wording in query) / bound

    def coverage(self, query: Sequence[Wording]) -> npt.NDArray[np.float64]:
        """Return the coverage of every text (texts,), in build order."""
        total = np.zeros(len(self._ids))
        query = [self._known(wording) for wording in query]
        bound = self._bound(query)
        if not bound:
            return total
        times = Counter(wording.term for wording in query)
        for wording in {wording.term: wording for wording in query}.values():
            rows, heard = self._heard(wording)
            if len(rows):
                total[rows] += times[wording.term] * self.idf(wording) * heard
        return np.asarray(total / bound)

    def _known(self, wording: Wording) -> Wording:
        """Return a wording without the translations that no text has: most, in a small registry."""
        has = self._bm25.vocab_dict if self._bm25 is not None else {}
        return Wording(
            wording.term, {form: s for form, s in wording.translations.items() if form in has}
        )

    def _heard(self, wording: Wording) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
        """Return which texts have anything of a wording, and how much: BM25 without its idf, 0..1."""
        rows, own = self._column(wording.term)
        columns = [(share, *self._column(form)) for form, share in wording.translations.items()]
        if not columns:
            return rows, own
        likely, alone = np.zeros(len(self._ids)), np.zeros(len(self._ids))
        for share, texts, part in columns:
            likely[texts] += share * part
        alone[rows] = own
        heard = np.maximum(alone, np.minimum(1.0, likely))
        rows = np.flatnonzero(heard)
        return rows, heard[rows]

    def _column(self, term: str) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
        """Return which texts have a term, and BM25 without its idf for each."""
        number = self._number(term)
        if number is None:
            return np.zeros(0, dtype=np.int64), np.zeros(0)
        scores = self._bm25.scores
        place = slice(*scores["indptr"][number : number + 2])
        return scores["indices"][place], scores["data"][place] / self.idf(Wording(term))

    def _bound(self, query: Sequence[Wording]) -> float:
        """Return what BM25 is divided by; 0 where no text has anything of the query."""
        idfs = [self.idf(wording) for wording in query]
        is_heard = (any(map(self._count, wording.forms)) for wording in query)
        heard = math.fsum(idf for idf, is_any in zip(idfs, is_heard, strict=True) if is_any)
        if not heard:
            return 0.0
        is_presence = self._bm25 is not None and self._bm25.k1 == 0
        further = self._idf_of(0) if is_presence else 0.0
        return math.sqrt((math.fsum(idfs) + further) * (heard + further))

    def _count(self, term: str) -> int:
        number = self._number(term)
        return 0 if number is None else int(self._frequency[number])

    def _number(self, term: str) -> int | None:
        if self._bm25 is None:
            return None
        # bm25s numbers an empty term too, for which it keeps no column
        number = self._bm25.vocab_dict.get(term, len(self._frequency))
        return number if number < len(self._frequency) else None
