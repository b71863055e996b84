"""A crowd of strangers for a large registry: companies that offer two texts of other sets each.

So many distinct offerings take hours to encode. `composing` gives the vector of two texts written
together from the vectors of both, by a linear map that is fitted where the true vectors are known,
so that only the texts themselves are encoded. To each is added what the map missed in one of those,
drawn by chance: without it they would scatter less than true ones, and none would come near a need.
"""

import random
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from evaluation.datasets import read_retrieval
from matcher.errors import InvalidRequest
from matcher.progress import Progress, silent
from matcher.records import Company, Offering

if TYPE_CHECKING:
    from indexing.encoder import Encoder, Kind, TokenVectors, Vectors

SEED = 20150520
RIDGE = 1.0
TEXTS_AT_ONCE = 512
HELD_BACK = 10
"""One of so many known offerings is left out of the fit, to see what the map misses."""


def crowd_of(folders: Sequence[Path], count: int) -> list[Company]:
    """Return `count` strangers that each offer two texts of the folders' corpora, drawn by chance.

    A smaller crowd is the beginning of a larger one. Raises InvalidRequest where there are fewer than
    two texts to draw.
    """
    texts = sorted(
        {text for folder in folders for text in read_retrieval(folder).corpus.values() if text}
    )
    if len(texts) < 2:
        raise InvalidRequest(
            "낯선 기업을 만들 글이 모자랍니다. 검색 자료(corpus.jsonl)를 --crowd에 주십시오."
        )
    chance = random.Random(SEED)
    strangers = []
    for number in range(count):
        title, description = chance.sample(texts, 2)
        offering = {"offering_id": "1", "title": title, "description": description}
        company_id = f"crowd-{number:06}"
        strangers.append(
            Company.from_dict(
                {"company_id": company_id, "name_ko": company_id, "offerings": [offering]}
            )
        )
    return strangers


def brief(companies: Sequence[Company], encoder: "Encoder") -> list[Company]:
    """Return the companies all of whose offerings are one passage each: what can be composed."""
    return [
        company
        for company in companies
        if all(len(encoder.passages(offering.text)) == 1 for offering in company.offerings)
    ]


def composing(
    encoder: "Encoder",
    known: Sequence[Company],
    strangers: Sequence[Company],
    progress: Progress = silent,
) -> tuple["Encoder", float]:
    """Return an encoder that composes the strangers' vectors, and how true they are.

    Both crowds: as `brief` returns them. known: those whose offerings are encoded truly, to fit on. How true: the mean cosine of what
    the map gives and true vectors of known offerings that were not fitted on, of the worse model of two.
    """
    from indexing.gate import GatedEncoder

    if isinstance(encoder, GatedEncoder):
        plain, adapted = (
            ComposingEncoder(one, known, strangers, progress)
            for one in (encoder.plain, encoder.adapted)
        )
        return encoder.over(plain, adapted), min(plain.truth, adapted.truth)
    one = ComposingEncoder(encoder, known, strangers, progress)
    return one, one.truth


class ComposingEncoder:
    """An Encoder for which the vectors of a crowd's offerings are composed; all else is encoded.

    truth: see `composing`.
    """

    def __init__(
        self,
        encoder: "Encoder",
        known: Sequence[Company],
        strangers: Sequence[Company],
        progress: Progress = silent,
    ) -> None:
        """Encode the texts of both crowds one by one, fit the map, compose; slow."""
        self.name, self.backend, self.dimension = encoder.name, encoder.backend, encoder.dimension
        self._encoder = encoder
        fitted_on, composed = (
            [offering for company in crowd for offering in company.offerings]
            for crowd in (known, strangers)
        )
        texts = sorted({t for o in (*fitted_on, *composed) for t in (o.title, o.description)})
        rows = {text: row for row, text in enumerate(texts)}
        vectors = self._encode(texts, progress)
        both = _beside(vectors, rows, fitted_on)
        true = self._encode([offering.text for offering in fitted_on], progress)
        is_apart = np.arange(len(fitted_on)) % HELD_BACK == 0
        kept = both[~is_apart]
        self._map = np.linalg.solve(
            kept.T @ kept + RIDGE * np.eye(both.shape[1]), kept.T @ true[~is_apart]
        )
        self.truth = float((_unit(both[is_apart] @ self._map) * true[is_apart]).sum(axis=1).mean())
        missed = true[is_apart] - both[is_apart] @ self._map
        drawn = np.random.default_rng(SEED).integers(len(missed), size=len(composed))
        self._composed = _unit(_beside(vectors, rows, composed) @ self._map + missed[drawn])
        self._row = {offering.text: row for row, offering in enumerate(composed)}

    def encode(self, texts: Sequence[str], kind: "Kind", progress: Progress = silent) -> "Vectors":
        """Return the composed vector of a stranger's offering, else what the encoder says."""
        found = np.zeros((len(texts), self.dimension), dtype=np.float32)
        strange = [kind == "passage" and text in self._row for text in texts]
        at = [place for place, is_strange in enumerate(strange) if is_strange]
        found[at] = self._composed[[self._row[texts[place]] for place in at]]
        others = [place for place, is_strange in enumerate(strange) if not is_strange]
        if others:
            found[others] = self._encoder.encode([texts[p] for p in others], kind, progress)
        return found

    def token_vectors(self, texts: Sequence[str], kind: "Kind") -> "tuple[TokenVectors, ...]":
        """Ask the encoder."""
        return self._encoder.token_vectors(texts, kind)

    def passages(self, text: str) -> tuple[tuple[int, int], ...]:
        """Cut as the encoder does."""
        return self._encoder.passages(text)

    def _encode(self, texts: Sequence[str], progress: Progress) -> "Vectors":
        parts = [np.zeros((0, self.dimension), dtype=np.float32)]
        for start in range(0, len(texts), TEXTS_AT_ONCE):
            parts.append(self._encoder.encode(texts[start : start + TEXTS_AT_ONCE], "passage"))
            progress("낯선 기업의 글", min(start + TEXTS_AT_ONCE, len(texts)), len(texts))
        return np.concatenate(parts)


def _unit(vectors: npt.NDArray[np.float64]) -> "Vectors":
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, 1e-9), dtype=np.float32)


def _beside(
    vectors: "Vectors", rows: dict[str, int], offerings: Sequence[Offering]
) -> npt.NDArray[np.float32]:
    """Return (offerings, 2 x dimension): the vectors of title and description."""
    return np.hstack(
        [
            vectors[[rows[offering.title] for offering in offerings]],
            vectors[[rows[offering.description] for offering in offerings]],
        ]
    )
