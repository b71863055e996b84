"""Nearest passages by cosine in FAISS, exact; the only module that imports faiss.

FAISS rows never leave this module: callers see their own ids. A long text owns several rows; its
similarity is that of its best row.
"""

from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import Any, Self

import faiss
import numpy as np
import numpy.typing as npt

from indexing.encoder import Vectors
from matcher.errors import SnapshotMismatch
from matcher.ranking import Ranking

SOURCE = "dense"
FAISS_PADDING = -1


class DenseIndex:
    """Vectors of unit length under outside ids; inner product is cosine."""

    def __init__(self, index: Any, owners: Sequence[str]) -> None:
        """Take a FAISS index and the owner id of each of its rows."""
        if index.ntotal != len(owners):
            raise SnapshotMismatch(
                f"색인의 벡터 수({index.ntotal})와 문서 목록({len(owners)})이 다릅니다. "
                "`greenmatch index --rebuild`를 실행하십시오."
            )
        self._index = index
        self._owners = list(owners)
        rows: dict[str, list[int]] = {}
        for row, owner in enumerate(self._owners):
            rows.setdefault(owner, []).append(row)
        self._rows = rows

    @classmethod
    def build(cls, owners: Sequence[str], vectors: Vectors) -> Self:
        """Index float32 vectors (len(owners), dimension), rows of length 1."""
        index = faiss.IndexFlatIP(vectors.shape[1])
        index.add(np.ascontiguousarray(vectors))
        return cls(index, owners)

    @classmethod
    def read(cls, path: Path, owners: Sequence[str]) -> Self:
        """Read what `write` wrote; the caller has proven the file's digest."""
        try:
            return cls(faiss.read_index(str(path)), owners)
        except RuntimeError as error:  # gone since the digest was proven, or no index at all
            raise SnapshotMismatch(
                f"색인 파일 {path.name}을(를) 읽지 못했습니다. "
                "`greenmatch index --rebuild`를 실행하십시오."
            ) from error

    def write(self, path: Path) -> None:
        """Write the FAISS index alone; the owners belong to the snapshot."""
        faiss.write_index(self._index, str(path))

    @property
    def owners(self) -> list[str]:
        """The owner id of each vector, in build order."""
        return list(self._owners)

    @property
    def dimension(self) -> int:
        """Number of components of a vector."""
        return int(self._index.d)

    def __len__(self) -> int:
        """Return the number of vectors."""
        return len(self._owners)

    def search(self, query: Vectors, k: int, allowed: Collection[str] | None = None) -> Ranking:
        """Return the `k` owners most like a query's vector (dimension,), among `allowed` if given.

        Deepens until `k` different owners are found or no row is left: several rows of one text
        never push another text out of the list, and ids decide among all ties with the last.
        """
        selector, rows = self._selector(allowed)
        depth = min(rows, 2 * k)
        while depth > 0:
            parameters = _parameters(selector)
            scores, found = self._index.search(query.reshape(1, -1), depth, params=parameters)
            best: dict[str, float] = {}
            for score, row in zip(scores[0].tolist(), found[0].tolist(), strict=True):
                if row != FAISS_PADDING:
                    best.setdefault(self._owners[row], score)
            ranking = Ranking.of(SOURCE, best, k)
            if depth == rows or (len(best) >= k and ranking.hits[-1].score > scores[0, -1]):
                return ranking
            depth = min(rows, depth * 4)
        return Ranking(SOURCE, ())

    def similarities(self, query: Vectors, ids: Iterable[str]) -> dict[str, float]:
        """Return the exact inner product with the best row of each named id."""
        wanted = [id for id in ids if id in self._rows]
        rows = [row for id in wanted for row in self._rows[id]]
        if not rows:
            return {}
        vectors = self._index.reconstruct_batch(np.asarray(rows, dtype=np.int64))
        # summed row by row: a matrix product rounds equal rows differently by where they stand
        scores = (vectors * query).sum(axis=1).tolist()
        best: dict[str, float] = {}
        for row, score in zip(rows, scores, strict=True):
            owner = self._owners[row]
            best[owner] = max(score, best.get(owner, -1.0))
        return best

    def mean_vectors(self, ids: Sequence[str]) -> Vectors:
        """Return the mean of the rows of each named id (len(ids), dimension), not of unit length."""
        vectors = np.zeros((len(ids), self.dimension), dtype=np.float32)
        for place, id in enumerate(ids):
            rows = np.asarray(self._rows[id], dtype=np.int64)
            vectors[place] = self._index.reconstruct_batch(rows).mean(axis=0)
        return vectors

    def _selector(self, allowed: Collection[str] | None) -> tuple[Any, int]:
        if allowed is None:
            return None, len(self._owners)
        rows: npt.NDArray[np.int64] = np.asarray(
            [row for id in allowed for row in self._rows.get(id, ())], dtype=np.int64
        )
        return faiss.IDSelectorBatch(rows), len(rows)


def _parameters(selector: Any) -> Any:
    """FAISS ignores parameters of another type without a word, so there is one place for them."""
    make: Any = faiss.SearchParameters
    return make(sel=selector) if selector is not None else None
