"""Stand-ins for what is slow: an encoder without a model, a tagger without a dictionary."""

import hashlib
import itertools
import re
from collections.abc import Sequence

import numpy as np

from indexing.analyzer import Analyzer
from indexing.encoder import Kind, TokenVectors, Vectors
from matcher.progress import Progress, silent

WORD = re.compile(r"\w+")


class FakeEncoder:
    """Hashed bag of words: texts with the same words are near; no model, no randomness.

    `calls` keeps what was asked for, one tuple a call: (kind, texts).
    """

    def __init__(self, name: str = "bag-of-words@1", dimension: int = 64, passage_words: int = 30):
        self.name = name
        self.backend = "none"
        self.dimension = dimension
        self.calls: list[tuple[Kind, tuple[str, ...]]] = []
        self._passage_words = passage_words

    @property
    def encoded_texts(self) -> list[str]:
        return [text for _, texts in self.calls for text in texts]

    def encode(self, texts: Sequence[str], kind: Kind, progress: Progress = silent) -> Vectors:
        self.calls.append((kind, tuple(texts)))
        vectors = np.zeros((len(texts), self.dimension), dtype=np.float32)
        for row, text in enumerate(texts):
            vectors[row, 0] = 0.1  # so that a text without words has a direction, too
            for word in WORD.findall(text.casefold()):
                digest = hashlib.sha256(word.encode("utf-8", "replace")).digest()
                vectors[row, 1 + digest[0] % (self.dimension - 1)] += 1 if digest[1] % 2 else -1
            progress("임베딩", row + 1, len(texts))
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        return (vectors / lengths).astype(np.float32)

    def token_vectors(self, texts: Sequence[str], kind: Kind) -> tuple[TokenVectors, ...]:
        """Every word is a token; its vector is that of the word alone."""
        found = []
        for text in texts:
            offsets = tuple(match.span() for match in WORD.finditer(text))
            vectors = self.encode([text[a:b] for a, b in offsets], kind)
            self.calls.pop()
            found.append(TokenVectors(vectors, offsets))
        self.calls.append((kind, tuple(texts)))
        return tuple(found)

    def passages(self, text: str) -> tuple[tuple[int, int], ...]:
        starts = [match.start() for match in WORD.finditer(text)]
        cuts = [0, *starts[self._passage_words :: self._passage_words], len(text)]
        return tuple(itertools.pairwise(cuts))


class SpaceTagger:
    """Calls every word between spaces a noun."""

    def pos(self, phrase: str) -> list[tuple[str, str]]:
        return [(word, "NNG") for word in phrase.split()]


def space_analyzer(version: str = "0") -> Analyzer:
    """The product's Analyzer over a tagger that loads at once."""
    return Analyzer("mecab", SpaceTagger(), f"spaces{version}", ())
