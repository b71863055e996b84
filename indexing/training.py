"""Training the shipped adapter: needs in six languages near the Korean offerings that answer them.

What is trained: the upper layers of the bundled model (embeddings and lower layers frozen), on
- concepts (data/training/concepts_*.jsonl): need to offering, with one written hard negative each;
- terms (data/training/terms_*.tsv) and, if given, a file of pairs `{"ko", "other", "language"}`;
with in-batch negatives in both directions (InfoNCE, van den Oord et al. 2018), while the vectors of
Korean texts, short and long, are held near those of the untrained model (distillation), so that
general Korean search loses nothing. At the end trained and untrained weights are averaged (Wortsman
et al. 2022, WiSE-FT). Only the difference to the base is kept (`indexing.adapter`).

Run: make train PAIRS=FILE   (docs/decisions/0006 says what was measured)
"""

import argparse
import json
import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from indexing.adapter import SHIPPED, Adapter
from indexing.encoder import load_model, weights_digest
from indexing.model import BUNDLED, PROMPTS, find_model

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer
    from torch import Tensor

TERM_LANGUAGES = ("en", "vi", "id", "fr", "zh")


@dataclass(frozen=True, slots=True)
class Recipe:
    """The numbers of a run; lengths in tokens, `kept` is the share of the trained weights."""

    steps: int = 150
    learning_rate: float = 5e-5
    frozen_layers: int = 4
    pairs_per_step: int = 48
    concepts_per_step: int = 16
    long_texts_per_step: int = 4
    temperature: float = 0.02
    distillation: float = 10.0
    pair_tokens: int = 64
    need_tokens: int = 96
    offering_tokens: int = 128
    long_tokens: int = 256
    kept: float = 0.7
    seed: int = 1


@dataclass(frozen=True, slots=True)
class Pair:
    """A Korean text and its counterpart in another language."""

    ko: str
    other: str


@dataclass(frozen=True, slots=True)
class Concept:
    """An offering, needs that it answers, and a neighbour that does not answer them."""

    offering: str
    negative: str
    needs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Material:
    """All training text; pairs by (source, language)."""

    concepts: tuple[Concept, ...]
    pairs: Mapping[tuple[str, str], tuple[Pair, ...]]

    def counts(self) -> dict[str, int]:
        """Return how many texts of each kind there are."""
        pairs = {
            f"{source} {language}": len(items) for (source, language), items in self.pairs.items()
        }
        needs = sum(len(concept.needs) for concept in self.concepts)
        return {"concepts": len(self.concepts), "needs": needs, **pairs}


def read_material(folder: Path, pairs_file: Path | None) -> Material:
    """Read concepts and terms of a folder, and a JSONL file of pairs."""
    concepts = tuple(
        Concept(item["offering"], item["negative"], tuple(n["text"] for n in item["needs"]))
        for path in sorted(folder.glob("concepts_*.jsonl"))
        for item in map(json.loads, path.read_text(encoding="utf-8").splitlines())
    )
    pairs: dict[tuple[str, str], list[Pair]] = {}
    for path in sorted(folder.glob("terms_*.tsv")):
        head, *rows = [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines()]
        for row in rows:
            named = dict(zip(head, row, strict=True))
            for language in TERM_LANGUAGES:
                pairs.setdefault(("terms", language), []).append(Pair(named["ko"], named[language]))
    if pairs_file is not None:
        for item in map(json.loads, pairs_file.read_text(encoding="utf-8").splitlines()):
            key = (item["source"], item["language"])
            pairs.setdefault(key, []).append(Pair(item["ko"], item["other"]))
    return Material(concepts, {key: tuple(items) for key, items in pairs.items()})


class Trainer:
    """One run over one model; the untrained model stays beside it as the teacher."""

    def __init__(self, place: str, material: Material, recipe: Recipe) -> None:
        """Load the model twice and freeze what is not trained."""
        import torch

        torch.manual_seed(recipe.seed)
        self._torch = torch
        self._recipe = recipe
        self._material = material
        self._random = random.Random(recipe.seed)
        self.model = load_model(place)
        self._teacher = load_model(place)
        self._transformer: Any = self.model[0]
        _freeze(self._transformer.model, recipe.frozen_layers)
        self._concepts = self._shuffled_concepts()

    def run(self, report: Callable[[str], None]) -> None:
        """Train for `recipe.steps` steps, saying every tenth how far it is."""
        torch, recipe = self._torch, self._recipe
        weights = [p for p in self._transformer.model.parameters() if p.requires_grad]
        optimizer = torch.optim.AdamW(weights, lr=recipe.learning_rate, weight_decay=0.01)
        warm_up = max(1, recipe.steps // 10)
        schedule = torch.optim.lr_scheduler.LambdaLR(
            optimizer,
            lambda step: min((step + 1) / warm_up, max(0.05, 1 - step / recipe.steps)),
        )
        started = time.monotonic()
        for step in range(1, recipe.steps + 1):
            losses = self._losses()
            torch.nn.utils.clip_grad_norm_(weights, 1.0)
            optimizer.step()
            optimizer.zero_grad()
            schedule.step()
            if step % 10 == 0 or step == recipe.steps:
                shown = " ".join(f"{name} {value:.3f}" for name, value in losses.items())
                report(f"{step}/{recipe.steps} {shown} {time.monotonic() - started:.0f}s")

    def _losses(self) -> dict[str, float]:
        """Add up the gradients of one step, part by part so that memory stays small."""
        parts = {
            "pairs": self._pair_loss,
            "concepts": self._concept_loss,
            "long": self._long_loss,
        }
        values = {}
        for name, loss_of in parts.items():
            loss = loss_of()
            loss.backward()  # type: ignore[no-untyped-call]
            values[name] = float(loss.detach())
        return values

    def _pair_loss(self) -> "Tensor":
        recipe = self._recipe
        pairs: list[Pair] = []
        for key in self._random.choices(sorted(self._material.pairs), k=2):
            source = self._material.pairs[key]
            pairs += self._random.sample(source, min(len(source), recipe.pairs_per_step // 2))
        pairs = _without_repeats(pairs)
        asking, answering = self._random.sample(sorted(PROMPTS.values()), 2)
        korean = [answering + pair.ko for pair in pairs]
        others = self._encode(self.model, [asking + p.other for p in pairs], recipe.pair_tokens)
        vectors = self._encode(self.model, korean, recipe.pair_tokens)
        held = self._distance(vectors, korean, recipe.pair_tokens)
        return self._contrast(others, vectors, vectors) + recipe.distillation * held

    def _concept_loss(self) -> "Tensor":
        recipe = self._recipe
        concepts = [next(self._concepts) for _ in range(recipe.concepts_per_step)]
        needs = [PROMPTS["query"] + self._random.choice(concept.needs) for concept in concepts]
        offerings = [PROMPTS["passage"] + concept.offering for concept in concepts]
        negatives = [PROMPTS["passage"] + concept.negative for concept in concepts]
        asked = self._encode(self.model, needs, recipe.need_tokens)
        answers = self._encode(self.model, offerings, recipe.offering_tokens)
        wrong = self._encode(self.model, negatives, recipe.offering_tokens)
        held = self._distance(answers, offerings, recipe.offering_tokens)
        contrast = self._contrast(asked, answers, self._torch.cat([answers, wrong]))
        return contrast + recipe.distillation * held

    def _long_loss(self) -> "Tensor":
        """Hold long Korean texts in place: several offerings in a row make one."""
        texts = [
            PROMPTS["passage"]
            + " ".join(c.offering for c in self._random.sample(self._material.concepts, length))
            for length in self._random.choices(range(1, 6), k=self._recipe.long_texts_per_step)
        ]
        vectors = self._encode(self.model, texts, self._recipe.long_tokens)
        held = self._distance(vectors, texts, self._recipe.long_tokens)
        return self._recipe.distillation * held

    def _contrast(self, asked: "Tensor", answers: "Tensor", candidates: "Tensor") -> "Tensor":
        """InfoNCE both ways; row i of `asked` belongs to row i of `answers` and `candidates`."""
        cross_entropy = self._torch.nn.functional.cross_entropy
        right = self._torch.arange(len(asked))
        forward = cross_entropy(asked @ candidates.T / self._recipe.temperature, right)
        backward = cross_entropy(answers @ asked.T / self._recipe.temperature, right)
        return 0.5 * forward + 0.5 * backward

    def _distance(self, vectors: "Tensor", texts: Sequence[str], tokens: int) -> "Tensor":
        """Return the mean cosine distance to the untrained model's vectors."""
        with self._torch.no_grad():
            before = self._encode(self._teacher, texts, tokens)
        return (1 - (vectors * before).sum(-1)).mean()

    def _encode(self, model: "SentenceTransformer", texts: Sequence[str], tokens: int) -> "Tensor":
        """Return unit vectors with gradients; bfloat16 inside, mean over tokens as the model does."""
        torch = self._torch
        batch = model.tokenizer(
            list(texts), padding=True, truncation=True, max_length=tokens, return_tensors="pt"
        )
        transformer: Any = model[0]
        with torch.autocast("cpu", dtype=torch.bfloat16):
            hidden = transformer.model(
                input_ids=batch["input_ids"], attention_mask=batch["attention_mask"]
            ).last_hidden_state.float()
        mask = batch["attention_mask"].unsqueeze(-1).float()
        mean: Tensor = (hidden * mask).sum(1) / mask.sum(1)
        unit: Tensor = torch.nn.functional.normalize(mean, dim=-1)
        return unit

    def _shuffled_concepts(self) -> Iterator[Concept]:
        while True:
            yield from self._random.sample(self._material.concepts, len(self._material.concepts))


def differences(
    trained: "SentenceTransformer", base: "SentenceTransformer", kept: float
) -> dict[str, Any]:
    """Return `kept` x (trained - base) of every tensor that changed."""
    before = base.state_dict()
    changed = {}
    for name, tensor in trained.state_dict().items():
        difference = kept * (tensor - before[name]).numpy()
        if np.any(difference) and "pooler" not in name:
            changed[name] = difference
    return changed


def main() -> None:
    """Train from the command line and write the adapter."""
    parser = argparse.ArgumentParser(description="어댑터를 학습합니다 (2코어에서 약 한 시간).")
    parser.add_argument("--material", type=Path, default=Path("data/training"))
    parser.add_argument("--pairs", type=Path, help="JSONL: ko, other, language, source")
    parser.add_argument("--cache", type=Path, required=True, help="내장 모델이 있는 캐시 폴더")
    parser.add_argument("--out", type=Path, default=SHIPPED)
    parser.add_argument("--steps", type=int, default=Recipe().steps)
    parser.add_argument("--kept", type=float, default=Recipe().kept)
    parser.add_argument("--seed", type=int, default=Recipe().seed)
    arguments = parser.parse_args()
    recipe = Recipe(steps=arguments.steps, seed=arguments.seed, kept=arguments.kept)
    material = read_material(arguments.material, arguments.pairs)
    print("학습 자료:", material.counts(), flush=True)
    place = find_model(BUNDLED, arguments.cache)
    trainer = Trainer(place, material, recipe)
    trainer.run(lambda line: print(line, flush=True))
    base = load_model(place)
    adapter = Adapter(
        arguments.out.name, weights_digest(base), differences(trainer.model, base, recipe.kept)
    )
    adapter.write(arguments.out, {"recipe": asdict(recipe), "material": material.counts()})
    print("저장:", arguments.out)


def _freeze(network: Any, layers: int) -> None:
    for part in (network.embeddings, *network.encoder.layer[:layers]):
        for weight in part.parameters():
            weight.requires_grad = False


def _without_repeats(pairs: Sequence[Pair]) -> list[Pair]:
    """Drop pairs that share a text with an earlier one: they would be each other's negatives."""
    seen: set[str] = set()
    kept = []
    for pair in pairs:
        if pair.ko not in seen and pair.other not in seen:
            kept.append(pair)
        seen |= {pair.ko, pair.other}
    return kept


if __name__ == "__main__":
    main()
