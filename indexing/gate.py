"""Two encoders as one: an adapted model for texts of the field, the plain one for all others.

Training for a field costs a model a little of everything else. So both models encode a text, and a
gate says of each query how much of its likeness is the plain model's: a logistic function of the
query's plain vector, fitted on the training material to tell texts of the field from general
questions and names of goods (a mixture of experts, Jacobs et al. 1991). Two things make the plain
model's cosine fit for that: a question without Hangul is first moved to where Korean texts that say
the same stand (a linear alignment, as of word vectors, Mikolov et al. 2013), and the cosine is
brought to the adapted model's scale, so that questions with different gates can be compared. A
passage's vector is both models' vectors side by side. `indexing.gate_training` fits all of it,
docs/decisions/0020 says what it gains.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from matcher.progress import Progress, silent

if TYPE_CHECKING:
    from indexing.encoder import Encoder, Kind, TokenVectors, Vectors

Array = npt.NDArray[np.float32]
LARGEST_SHARE = 0.65
"""The plain model's share where a text is surely none of the field; chosen in decision 0020."""
LENGTH = np.float32(np.sqrt(3.0))
"""Of two unit vectors and a 1 side by side."""
TEXTS_AT_ONCE = 128
"""Texts that both models encode before progress is told."""


@dataclass(frozen=True, slots=True)
class Scale:
    """A plain cosine c as the adapted model would have it: `factor` x c + `offset`."""

    factor: float = 1.0
    offset: float = 0.0


@dataclass(frozen=True, slots=True)
class Gate:
    """How the plain model stands beside the adapted one.

    Log-odds that a text is none of the field: plain vector x `weights` (dimension,) + `intercept`.
    alignment: (dimension, dimension); a question's plain vector v without Hangul becomes
    v + alignment v, of length 1 again. None moves nothing.
    korean, foreign: the scales of questions with Hangul and without.
    """

    weights: Array
    intercept: float
    alignment: Array | None = None
    korean: Scale = Scale()
    foreign: Scale = Scale()

    def plain_share(self, vectors: Array) -> Array:
        """Return the plain model's share (n,), 0 to LARGEST_SHARE, for plain vectors (n, dimension)."""
        log_odds = (vectors * self.weights).sum(axis=1) + self.intercept
        share: Array = (LARGEST_SHARE / (1 + np.exp(-log_odds))).astype(np.float32)
        return share

    def aligned(self, texts: Sequence[str], vectors: Array) -> Array:
        """Move the plain vectors (n, dimension) of questions that hold no Hangul."""
        rows = [place for place, text in enumerate(texts) if is_foreign(text)]
        if self.alignment is None or not rows:
            return vectors
        moved = vectors.copy()
        # row by row: a matrix product rounds a row by how many others there are
        moved[rows] += np.einsum("nd,ed->ne", vectors[rows], self.alignment)
        moved[rows] /= np.linalg.norm(moved[rows], axis=1, keepdims=True)
        return moved

    def scales(self, texts: Sequence[str]) -> tuple[Array, Array]:
        """Return factors and offsets (n,) of questions."""
        chosen = [self.foreign if is_foreign(text) else self.korean for text in texts]
        factors = np.array([scale.factor for scale in chosen], dtype=np.float32)
        return factors, np.array([scale.offset for scale in chosen], dtype=np.float32)

    @property
    def digest(self) -> str:
        """SHA-256 of all numbers that change a vector."""
        scales = [n for s in (self.korean, self.foreign) for n in (s.factor, s.offset)]
        numbers = np.array([self.intercept, LARGEST_SHARE, *scales], dtype=np.float32)
        total = hashlib.sha256(self.weights.tobytes() + numbers.tobytes())
        if self.alignment is not None:
            total.update(self.alignment.tobytes())
        return total.hexdigest()


def is_foreign(text: str) -> bool:
    """Say whether a text has letters and none of them is Hangul."""
    return any(c.isalpha() for c in text) and not any("가" <= c <= "힣" for c in text)


class GatedEncoder:
    """An Encoder of two: the inner product of a query and a passage is the mean of both likenesses.

    The mean is weighted by the query's gate. The adapted model's likeness is its cosine, the plain
    one's is its cosine on the adapted one's scale, whose offset a last component carries that all
    passages have alike. Passages have unit length, queries have not. Tokens are those of the adapted
    model.
    """

    def __init__(self, name: str, plain: "Encoder", adapted: "Encoder", gate: Gate) -> None:
        """Put two encoders of one dimension and tokenizer together; both names go into this one's."""
        parts = "\x1f".join((plain.name, adapted.name, gate.digest))
        self.name = f"{name}@{hashlib.sha256(parts.encode()).hexdigest()[:12]}"
        self.backend = adapted.backend
        self.dimension = plain.dimension + adapted.dimension + 1
        self.plain = plain
        self.adapted = adapted
        self.gate = gate
        self._bare_name = name

    def over(self, plain: "Encoder", adapted: "Encoder") -> "GatedEncoder":
        """Return the same with something laid before both encoders, such as a cache."""
        return GatedEncoder(self._bare_name, plain, adapted, self.gate)

    def encode(self, texts: Sequence[str], kind: "Kind", progress: Progress = silent) -> "Vectors":
        """Return float32 (len(texts), dimension) in input order; see the class on their lengths."""
        found = np.zeros((len(texts), self.dimension), dtype=np.float32)
        for start in range(0, len(texts), TEXTS_AT_ONCE):
            part = texts[start : start + TEXTS_AT_ONCE]
            plain, adapted = self.plain.encode(part, kind), self.adapted.encode(part, kind)
            if kind == "passage":
                rows = np.hstack([plain, adapted, np.ones((len(part), 1))]) / LENGTH
            else:
                share = self.gate.plain_share(plain)
                factor, offset = self.gate.scales(part)
                moved = (share * factor)[:, None] * self.gate.aligned(part, plain)
                kept = (1 - share)[:, None] * adapted
                rows = LENGTH * np.hstack([moved, kept, (share * offset)[:, None]])
            found[start : start + len(part)] = rows
            progress("임베딩", start + len(part), len(texts))
        return found

    def token_vectors(self, texts: Sequence[str], kind: "Kind") -> "tuple[TokenVectors, ...]":
        """Ask the adapted model."""
        return self.adapted.token_vectors(texts, kind)

    def passages(self, text: str) -> tuple[tuple[int, int], ...]:
        """Cut as both do."""
        return self.adapted.passages(text)
