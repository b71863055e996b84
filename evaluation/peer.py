"""The outside peer: txtai's hybrid index as it comes; the only module that imports txtai.

Its own Unicode word segmentation, BM25, score normalisation and convex combination (weight 0.5),
content off. Vectors come from the product's encoder, prompts and adapter included, over the same
passages, so that the two products differ in what they do with vectors and words, not in the model.
txtai ranks passages; a text stands where its best passage stands.
"""

import math
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from evaluation.baselines import Entry, pool
from indexing.collection import encode_query
from indexing.encoder import Encoder, Vectors
from matcher.ranking import Ranking

NAME = "txtai"
INSTRUCTIONS = {"query": "query: ", "data": "passage: "}
"""What txtai puts before texts; here it only tells questions from passages and is cut off again."""


class TxtaiHybrid:
    """A txtai index over one collection of texts; `close` removes its files."""

    def __init__(self, texts: Mapping[str, str], encoder: Encoder) -> None:
        """Encode and index every passage."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of its many imports; none speaks of our call
            from txtai import Embeddings

        self._texts = len(texts)
        self._owners: list[str] = []
        rows: list[tuple[int, str, None]] = []
        for id, text in texts.items():
            for start, end in encoder.passages(text):
                rows.append((len(rows), text[start:end].strip(), None))
                self._owners.append(id)
        self._index: Any = Embeddings(
            {
                "method": "external",
                "transform": _transform(encoder),
                "instructions": INSTRUCTIONS,
                "hybrid": True,
                "content": False,
            }
        )
        if rows:
            self._index.index(rows)

    def rank(self, query: Entry, k: int) -> Ranking:
        """Return the texts of the best passages; where texts own several, more are asked for."""
        if not self._owners:
            return Ranking(NAME, ())
        limit = min(len(self._owners), k * math.ceil(len(self._owners) / self._texts))
        found = {str(row): float(score) for row, score in self._index.search(query.text, limit)}
        return pool(NAME, [Ranking.of(NAME, found)], lambda row: self._owners[int(row)], k)

    def close(self) -> None:
        """Close txtai's database of terms and remove it."""
        self._index.close()


def _transform(encoder: Encoder) -> Any:
    """Return the function txtai calls with a batch of texts, all questions or all passages."""

    def transform(marked: Sequence[str]) -> Vectors:
        query, passage = INSTRUCTIONS["query"], INSTRUCTIONS["data"]
        if all(text.startswith(query) for text in marked):
            return np.stack([encode_query(encoder, text.removeprefix(query)) for text in marked])
        return encoder.encode([text.removeprefix(passage) for text in marked], "passage")

    return transform
