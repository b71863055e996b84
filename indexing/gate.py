"""Two encoders as one: an adapted model for texts of the field, the plain one for all others.

Training for a field costs a model a little of everything else. So both models encode a text, and a
gate says of each query how much of its likeness is the plain model's: a logistic function of the
query's plain vector, fitted on the training material to tell texts of the field from general
questions and names of goods (a mixture of experts, Jacobs et al. 1991). A passage's vector is both
models' vectors side by side. docs/decisions/0020 says what that gains.
"""

import hashlib
import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from indexing.material import WRITTEN_PAIRS, Material
from matcher.progress import Progress, silent

if TYPE_CHECKING:
    from indexing.encoder import Encoder, Kind, TokenVectors, Vectors

Array = npt.NDArray[np.float32]
LARGEST_SHARE = 0.75
"""The plain model's share where a text is surely none of the field; chosen in decision 0020."""
SHARPNESS = 2.0
"""What the fitted log-odds are multiplied by: a text that is probably of the field is left to it."""
INVERSE_PENALTY = 30.0
LINE_CHARACTERS = 60
PAIRS_OF_A_SOURCE = 150
TEXTS_AT_ONCE = 128
"""Texts that both models encode before progress is told."""


@dataclass(frozen=True, slots=True)
class Gate:
    """Log-odds that a text is none of the field: plain vector (dimension,) x `weights` + `intercept`."""

    weights: Array
    intercept: float

    def plain_share(self, vectors: Array) -> Array:
        """Return the plain model's share (n,), 0 to LARGEST_SHARE, for plain vectors (n, dimension)."""
        log_odds = (vectors * self.weights).sum(axis=1) + self.intercept
        share: Array = (LARGEST_SHARE / (1 + np.exp(-log_odds))).astype(np.float32)
        return share

    @property
    def digest(self) -> str:
        """SHA-256 of all numbers that change a vector."""
        numbers = np.array([self.intercept, LARGEST_SHARE], dtype=np.float32)
        return hashlib.sha256(self.weights.tobytes() + numbers.tobytes()).hexdigest()


class GatedEncoder:
    """An Encoder of two: the inner product of a query and a passage is the mean of both cosines.

    The mean is weighted by the query's gate. Passages have unit length; a query is between 1 and
    the square root of 2 long. Tokens are those of the adapted model.
    """

    def __init__(self, name: str, plain: "Encoder", adapted: "Encoder", gate: Gate) -> None:
        """Put two encoders of one dimension and tokenizer together; both names go into this one's."""
        parts = "\x1f".join((plain.name, adapted.name, gate.digest))
        self.name = f"{name}@{hashlib.sha256(parts.encode()).hexdigest()[:12]}"
        self.backend = adapted.backend
        self.dimension = plain.dimension + adapted.dimension
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
            share = np.full(len(part), 0.5, dtype=np.float32)
            if kind == "query":
                share = self.gate.plain_share(plain)
            rows = np.hstack([share[:, None] * plain, (1 - share)[:, None] * adapted])
            # two halves, each half as long as a unit vector, are the root of 1/2 long together
            found[start : start + len(part)] = np.sqrt(2.0) * rows
            progress("임베딩", start + len(part), len(texts))
        return found

    def token_vectors(self, texts: Sequence[str], kind: "Kind") -> "tuple[TokenVectors, ...]":
        """Ask the adapted model."""
        return self.adapted.token_vectors(texts, kind)

    def passages(self, text: str) -> tuple[tuple[int, int], ...]:
        """Cut as both do."""
        return self.adapted.passages(text)


def fit(material: Material, plain: "Encoder") -> Gate:
    """Fit a gate on the training material, by its plain vectors; the same every time."""
    from sklearn.linear_model import LogisticRegression

    of_field, general = examples(material)
    vectors = plain.encode([*of_field, *general], "query")
    is_general = [0] * len(of_field) + [1] * len(general)
    middle = vectors.mean(axis=0)
    model = LogisticRegression(C=INVERSE_PENALTY, max_iter=2_000, class_weight="balanced")
    model.fit(vectors - middle, is_general)
    weights = (SHARPNESS * model.coef_[0]).astype(np.float32)
    intercept = SHARPNESS * float(model.intercept_[0]) - float((weights * middle).sum())
    return Gate(weights, intercept)


def examples(material: Material) -> tuple[list[str], list[str]]:
    """Return texts of the field and general ones.

    Of the field are needs, their first lines (people also type one line), offerings and what
    suppliers beside them offer. General are questions to passages and, where the material has
    pairs from outside, names of goods, of places and everyday sentences among them.
    """
    needs = [text for concept in material.concepts for _, text in concept.needs]
    lines = [text.split(". ")[0][:LINE_CHARACTERS] for text in needs if len(text) > LINE_CHARACTERS]
    offerings = [concept.offering for concept in material.concepts]
    beside = [text for concept in material.concepts for text in concept.negatives]
    general = [text for p in material.passages for text in (*p.questions, p.foreign)]
    chance = random.Random(1)
    for (source, _), pairs in material.pairs.items():
        if source not in WRITTEN_PAIRS:
            drawn = chance.sample(pairs, min(len(pairs), PAIRS_OF_A_SOURCE))
            general += [pair.other for pair in drawn]
            general += [pair.ko for pair in drawn[: PAIRS_OF_A_SOURCE // 3]]
    return [*needs, *lines, *offerings, *beside], general
