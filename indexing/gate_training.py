"""Fitting what stands between the plain and the adapted model (`indexing.gate`) on the training material.

- The gate: logistic regression, texts of the field against general ones.
- The scales: what brings the plain model's mean cosines of questions to the passages that answer them,
  and to those that do not, to the adapted model's.
- The alignment: a linear change, held small, that brings a foreign text's question vector to the
  Korean passage vector of its translation (InfoNCE both ways, van den Oord et al. 2018, against some
  two thousand others at once); the model itself stays as it is.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from indexing.gate import Gate, Scale, is_foreign
from indexing.material import WRITTEN_PAIRS, Material, Pair

if TYPE_CHECKING:
    from indexing.encoder import Encoder

Array = npt.NDArray[np.float32]
SHARPNESS = 2.0
"""What the fitted log-odds are multiplied by: a text that is probably of the field is left to it."""
INVERSE_PENALTY = 30.0
LINE_CHARACTERS = 60
PAIRS_OF_A_SOURCE = 150


@dataclass(frozen=True, slots=True)
class AlignmentRecipe:
    """The numbers of an alignment's fit; chosen in decision 0020."""

    steps: int = 400
    sources_per_step: int = 4
    pairs_of_a_source: int = 500
    learning_rate: float = 3e-3
    temperature: float = 0.005
    penalty: float = 0.01
    seed: int = 0


def fit(
    material: Material,
    plain: "Encoder",
    adapted: "Encoder",
    recipe: AlignmentRecipe = AlignmentRecipe(),
) -> Gate:
    """Fit a gate with its alignment and scales."""
    weights, intercept = fit_weights(material, plain)
    gate = Gate(weights, intercept, fit_alignment(material.pairs, plain, recipe))
    korean, foreign = fit_scales(material, gate, plain, adapted)
    return replace(gate, korean=korean, foreign=foreign)


def fit_weights(material: Material, plain: "Encoder") -> tuple[Array, float]:
    """Return a gate's weights and intercept, by plain vectors; the same every time."""
    from sklearn.linear_model import LogisticRegression

    of_field, general = examples(material)
    vectors = plain.encode([*of_field, *general], "query")
    is_general = [0] * len(of_field) + [1] * len(general)
    middle = vectors.mean(axis=0)
    model = LogisticRegression(C=INVERSE_PENALTY, max_iter=2_000, class_weight="balanced")
    model.fit(vectors - middle, is_general)
    weights = (SHARPNESS * model.coef_[0]).astype(np.float32)
    intercept = SHARPNESS * float(model.intercept_[0]) - float((weights * middle).sum())
    return weights, intercept


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


def fit_scales(
    material: Material, gate: Gate, plain: "Encoder", adapted: "Encoder"
) -> tuple[Scale, Scale]:
    """Return the scales of questions with Hangul and without; no scale where nothing tells one."""
    texts = [passage.text for passage in material.passages]
    asked = [(q, row) for row, p in enumerate(material.passages) for q in (*p.questions, p.foreign)]
    found = []
    for wants_foreign in (False, True):
        some = [(text, row) for text, row in asked if text and is_foreign(text) is wants_foreign]
        questions, answers = [text for text, _ in some], [row for _, row in some]
        if len(texts) < 2 or not some:
            found.append(Scale())
            continue
        moved = gate.aligned(questions, plain.encode(questions, "query"))
        right, wrong = _means(moved @ plain.encode(texts, "passage").T, answers)
        likeness = adapted.encode(questions, "query") @ adapted.encode(texts, "passage").T
        adapted_right, adapted_wrong = _means(likeness, answers)
        factor = (adapted_right - adapted_wrong) / (right - wrong)
        found.append(Scale(factor, adapted_wrong - factor * wrong))
    korean, foreign = found
    return korean, foreign


def _means(cosines: Array, answers: Sequence[int]) -> tuple[float, float]:
    """Return the mean of each row's answer, and of all others."""
    is_answer = np.zeros(cosines.shape, dtype=bool)
    is_answer[np.arange(len(answers)), answers] = True
    return float(cosines[is_answer].mean()), float(cosines[~is_answer].mean())


def fit_alignment(
    pairs: Mapping[tuple[str, str], Sequence[Pair]], plain: "Encoder", recipe: AlignmentRecipe
) -> Array:
    """Return (dimension, dimension), numbers as exact as 16 bits hold; see `Gate.aligned`."""
    import torch

    cross_entropy, normalize = torch.nn.functional.cross_entropy, torch.nn.functional.normalize
    sources = _encoded(pairs, plain)
    chance = np.random.default_rng(recipe.seed)
    change = torch.zeros(plain.dimension, plain.dimension, requires_grad=True)
    optimizer = torch.optim.Adam([change], lr=recipe.learning_rate)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: max(0.02, 1 - step / recipe.steps)
    )
    for _ in range(recipe.steps):
        batch = _drawn(sources, recipe, chance)
        asked, answers = torch.from_numpy(batch.asked), torch.from_numpy(batch.answers)
        moved = normalize(asked + asked @ change.T, dim=-1)
        scores = moved @ answers.T / recipe.temperature
        scores = scores.masked_fill(torch.from_numpy(batch.repeats()), -torch.inf)
        right = torch.arange(len(batch.numbers))
        loss = 0.5 * cross_entropy(scores, right) + 0.5 * cross_entropy(scores.T, right)
        (loss + recipe.penalty * (change**2).sum()).backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        optimizer.zero_grad()
        schedule.step()
    return change.detach().numpy().astype(np.float16).astype(np.float32)


@dataclass(frozen=True, slots=True)
class _Encoded:
    """Pairs as plain vectors (n, dimension); equal `numbers` (n,) are of the same Korean text."""

    numbers: npt.NDArray[np.int64]
    asked: Array
    answers: Array

    def repeats(self) -> npt.NDArray[np.bool_]:
        """Return where (n, n) an answer is no wrong one, being the right one's text again."""
        is_same: npt.NDArray[np.bool_] = self.numbers[:, None] == self.numbers[None, :]
        return is_same & ~np.eye(len(self.numbers), dtype=bool)


def _encoded(
    pairs: Mapping[tuple[str, str], Sequence[Pair]], plain: "Encoder"
) -> tuple[_Encoded, ...]:
    """Encode the pairs of each source whose other text would be moved."""
    numbers: dict[str, int] = {}
    found = []
    for _, source in sorted(pairs.items()):
        kept = [pair for pair in source if is_foreign(pair.other)]
        if kept:
            places = [numbers.setdefault(pair.ko, len(numbers)) for pair in kept]
            asked = plain.encode([pair.other for pair in kept], "query")
            answers = plain.encode([pair.ko for pair in kept], "passage")
            found.append(_Encoded(np.array(places), asked, answers))
    return tuple(found)


def _drawn(
    sources: Sequence[_Encoded], recipe: AlignmentRecipe, chance: np.random.Generator
) -> _Encoded:
    """Draw pairs of some sources; a larger source comes as often as the root of its size."""
    weights = np.sqrt([len(source.numbers) for source in sources])
    chosen = chance.choice(len(sources), recipe.sources_per_step, p=weights / weights.sum())
    parts = []
    for source in (sources[place] for place in chosen):
        rows = chance.permutation(len(source.numbers))[: recipe.pairs_of_a_source]
        parts.append((source.numbers[rows], source.asked[rows], source.answers[rows]))
    numbers, asked, answers = (np.concatenate(side) for side in zip(*parts, strict=True))
    return _Encoded(numbers, asked, answers)
