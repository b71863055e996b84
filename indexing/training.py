"""Training the shipped adapter: needs in six languages near the Korean offerings that answer them.

What is trained: the upper layers of the bundled model (embeddings and lower layers frozen), on
- concepts (data/training/concepts_*.jsonl): need to offering, with one written hard negative each, and
  siblings (siblings_*.jsonl): needs to the offerings of one field that are easily confused, in one batch;
- passages (passages_*.jsonl): question to long Korean text, Korean or foreign;
- parallel sentences and terms (sentences_*.tsv, terms_*.tsv) and, if given, a file of pairs
  `{"ko", "other", "language", "source"}`;
with in-batch negatives in both directions (InfoNCE, van den Oord et al. 2018), while the vectors of
all Korean answers, short and long, and of Korean questions to passages are held near those of the
untrained model (distillation), so that general Korean search loses nothing. A tenth of concepts, siblings and passages is kept apart: it says
when to stop. The untrained weights and those of the runs are averaged (Wortsman et al.
2022: WiSE-FT, model soups); runs that continue start from that average, and what they learn is averaged
and added. Only the difference to the base is kept (`indexing.adapter`). Then what
stands between the plain and the adapted model is fitted (`indexing.gate_training`).

Run: make train PAIRS=FILE   (docs/decisions/0006 says what was measured)
"""

import argparse
import json
import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from indexing.adapter import CONFIGURATION, SHIPPED, Adapter
from indexing.encoder import (
    add_differences,
    load_model,
    open_encoder,
    require_base,
    weights_digest,
)
from indexing.gate import LARGEST_SHARE, GatedEncoder
from indexing.gate_training import examples, fit
from indexing.material import PUBLIC, WRITTEN_PAIRS, Batch, Material, Sampler, read_material
from indexing.model import BUNDLED, PROMPTS, find_model
from indexing.vectors import remembering

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer
    from torch import Tensor

Weights = dict[str, npt.NDArray[np.float32]]
DEV_TEXTS_AT_ONCE = 16
INGREDIENTS = ("pairs", "concepts", "siblings", "passages", "distillation")
"""What a run can do without, each a part of its loss."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """The numbers of a run; lengths in tokens, `kept` is the share of what it learned that is kept.

    siblings_per_step: in groups. bfloat16: where the processor is fast at it. continues: the run starts
    from what the runs that do not continue add up to, not from the untrained model.
    """

    steps: int = 200
    learning_rate: float = 5e-5
    frozen_layers: int = 6
    pairs_per_step: int = 32
    concepts_per_step: int = 14
    siblings_per_step: int = 0
    passages_per_step: int = 10
    temperature: float = 0.02
    distillation: float = 20.0
    short_tokens: int = 64
    need_tokens: int = 96
    long_tokens: int = 200
    check_every: int = 40
    kept: float = 0.5
    seed: int = 1
    fold: int = 0
    without: tuple[str, ...] = ()
    bfloat16: bool = True
    continues: bool = False


_AVERAGED = (
    Recipe(
        steps=150,
        frozen_layers=4,
        pairs_per_step=48,
        concepts_per_step=16,
        distillation=10.0,
        kept=0.21,
        without=("sentences",),
    ),
    Recipe(seed=2, kept=0.25),
    Recipe(
        steps=170,
        frozen_layers=4,
        pairs_per_step=24,
        concepts_per_step=18,
        need_tokens=128,
        kept=0.5,
        seed=4,
    ),
)
_CONTINUING = Recipe(
    steps=80,
    frozen_layers=4,
    concepts_per_step=16,
    siblings_per_step=4,
    passages_per_step=8,
    need_tokens=128,
    distillation=10.0,
    kept=0.5,
    seed=11,
    continues=True,
)
RECIPES = (*_AVERAGED, _CONTINUING, replace(_CONTINUING, seed=12))
"""Three runs are averaged, made of older material, and two go on from there and are averaged in turn
(docs/decisions/0006)."""
TRIAL = replace(_AVERAGED[-1], kept=1.0, siblings_per_step=4)
"""The last of those that are averaged, with the material written since."""


class Trainer:
    """One run over one model; the untrained model stays beside it as the teacher."""

    def __init__(
        self, place: str, material: Material, recipe: Recipe, start: Weights | None = None
    ) -> None:
        """Load the model twice, freeze what is not trained, keep a tenth of the material apart.

        start: differences from the untrained model to begin with.
        """
        import torch

        torch.manual_seed(recipe.seed)
        self._torch = torch
        self._recipe = recipe
        self._random = random.Random(recipe.seed)
        self._training, self._dev = material.split(recipe.fold)
        self._sampler = Sampler(self._training, self._random, recipe.without)
        self.model = load_model(place)
        add_differences(self.model, start or {})
        self._before_training = state(self.model)
        self._teacher = load_model(place)
        self._transformer: Any = self.model[0]
        self._before: dict[tuple[str, int], Tensor] = {}
        # without AVX-512 a processor computes in bfloat16 ten times slower than in float32
        is_fast = torch.backends.cpu.get_cpu_capability().startswith("AVX512")
        self._is_bfloat16 = recipe.bfloat16 and is_fast
        _freeze(self._transformer.model, recipe.frozen_layers)
        self._best: Weights = {}
        self.best_score = -1.0

    def learned(self) -> Weights:
        """Return what the best check has more than the weights that the run began with."""
        return differences(self._best, self._before_training, self._recipe.kept)

    def run(self, report: Callable[[str], None]) -> None:
        """Train for `recipe.steps` steps; the best check on what is apart is remembered."""
        torch, recipe = self._torch, self._recipe
        weights = [p for p in self._transformer.model.parameters() if p.requires_grad]
        optimizer = torch.optim.AdamW(weights, lr=recipe.learning_rate, weight_decay=0.01)
        warm_up = max(1, recipe.steps // 10)
        schedule = torch.optim.lr_scheduler.LambdaLR(
            optimizer,
            lambda step: min((step + 1) / warm_up, max(0.05, 1 - step / recipe.steps)),
        )
        self._check(0, report)
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
            if step % recipe.check_every == 0 or step == recipe.steps:
                self._check(step, report)

    def _losses(self) -> dict[str, float]:
        """Add up the gradients of one step, part by part so that memory stays small."""
        recipe, sampler = self._recipe, self._sampler
        parts: dict[str, Callable[[], Batch]] = {
            "pairs": lambda: sampler.pairs(recipe.pairs_per_step),
            "needs": self._needs,
            "passages": lambda: sampler.passages(recipe.passages_per_step),
        }
        values = {}
        for name, draw in parts.items():
            batch = Batch((), ()) if name in recipe.without else draw()
            if not batch.asked:
                continue
            contrast, held = self._loss(batch, name)
            (contrast + recipe.distillation * held).backward()  # type: ignore[no-untyped-call]
            values[name] = float(contrast.detach())
            values[f"{name}-held"] = float(held.detach())
        return values

    def _needs(self) -> Batch:
        """Draw concepts and siblings together: each one's offering is wrong for all other needs."""
        recipe, sampler = self._recipe, self._sampler
        batch = Batch((), ())
        if "concepts" not in recipe.without:
            batch = sampler.concepts(recipe.concepts_per_step)
        if self._training.siblings and "siblings" not in recipe.without:
            drawn = sampler.siblings(recipe.siblings_per_step)
            asked, answers = batch.asked + drawn.asked, batch.answers + drawn.answers
            batch = Batch(asked, answers, batch.negatives)
        return batch

    def _loss(self, batch: Batch, part: str) -> tuple["Tensor", "Tensor"]:
        """Return InfoNCE and the distance of the answers to the teacher's."""
        recipe = self._recipe
        asking, answering = PROMPTS["query"], PROMPTS["passage"]
        asked_tokens = recipe.short_tokens if part == "pairs" else recipe.need_tokens
        tokens = {"pairs": recipe.short_tokens, "needs": 128}.get(part, recipe.long_tokens)
        if part == "pairs":  # parallel texts have no direction
            asking, answering = self._random.sample((asking, answering), 2)
        asked = self._encode(self.model, [asking + text for text in batch.asked], asked_tokens)
        texts = [answering + text for text in (*batch.answers, *batch.negatives)]
        candidates = self._encode(self.model, texts, tokens)
        if "distillation" in recipe.without:
            return self._contrast(asked, candidates), candidates.sum() * 0
        held = (1 - (candidates * self._taught(texts, tokens)).sum(-1)).mean()
        if batch.held:
            questions = [asking + batch.asked[place] for place in batch.held]
            stayed = asked[list(batch.held)] * self._taught(questions, asked_tokens)
            held = 0.5 * held + 0.5 * (1 - stayed.sum(-1)).mean()
        return self._contrast(asked, candidates), held

    def _taught(self, texts: Sequence[str], tokens: int) -> "Tensor":
        """Return the untrained vectors of texts; each is computed once."""
        new = [text for text in dict.fromkeys(texts) if (text, tokens) not in self._before]
        if new:
            with self._torch.no_grad():
                vectors = self._encode(self._teacher, new, tokens)
            for text, vector in zip(new, vectors, strict=True):
                self._before[text, tokens] = vector
        return self._torch.stack([self._before[text, tokens] for text in texts])

    def _contrast(self, asked: "Tensor", candidates: "Tensor") -> "Tensor":
        """InfoNCE both ways; row i of `asked` belongs to row i of `candidates`."""
        cross_entropy = self._torch.nn.functional.cross_entropy
        right = self._torch.arange(len(asked))
        scores = asked @ candidates.T / self._recipe.temperature
        forward = cross_entropy(scores, right)
        backward = cross_entropy(scores[:, : len(asked)].T, right)
        return 0.5 * forward + 0.5 * backward

    def _check(self, step: int, report: Callable[[str], None]) -> None:
        """Measure on what was kept apart; remember the weights where they are the best so far."""
        values = {name: self._reciprocal_rank(batch) for name, batch in self._dev.batches().items()}
        score = float(np.mean(list(values.values())))
        shown = " ".join(f"{name} {value:.3f}" for name, value in values.items())
        report(f"  dev {step}: {score:.4f} ({shown})")
        if score > self.best_score:
            self.best_score = score
            self._best = state(self.model)

    def _reciprocal_rank(self, batch: Batch) -> float:
        tokens, prompts = self._recipe.long_tokens, PROMPTS
        with self._torch.no_grad():
            asked, candidates = (
                self._torch.cat(
                    [
                        self._encode(self.model, texts[start : start + DEV_TEXTS_AT_ONCE], tokens)
                        for start in range(0, len(texts), DEV_TEXTS_AT_ONCE)
                    ]
                ).numpy()
                for texts in (
                    [prompts["query"] + text for text in batch.asked],
                    [prompts["passage"] + text for text in (*batch.answers, *batch.negatives)],
                )
            )
        scores = asked @ candidates.T
        right = scores[np.arange(len(batch.asked)), batch.right]
        ranks = (scores > right[:, None]).sum(axis=1) + 1
        return float((1 / ranks).mean())

    def _encode(self, model: "SentenceTransformer", texts: Sequence[str], tokens: int) -> "Tensor":
        """Return unit vectors with gradients, mean over tokens as the model does."""
        torch = self._torch
        batch = model.tokenizer(
            list(texts), padding=True, truncation=True, max_length=tokens, return_tensors="pt"
        )
        transformer: Any = model[0]
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=self._is_bfloat16):
            hidden = transformer.model(
                input_ids=batch["input_ids"], attention_mask=batch["attention_mask"]
            ).last_hidden_state
        hidden = hidden.float()
        mask = batch["attention_mask"].unsqueeze(-1).float()
        mean: Tensor = (hidden * mask).sum(1) / mask.sum(1)
        unit: Tensor = torch.nn.functional.normalize(mean, dim=-1)
        return unit


def state(model: "SentenceTransformer") -> Weights:
    """Return a copy of all weights but the pooler's, by name."""
    return {
        name: tensor.detach().numpy().copy()
        for name, tensor in model.state_dict().items()
        if "pooler" not in name
    }


def differences(trained: Mapping[str, Any], base: Mapping[str, Any], kept: float) -> Weights:
    """Return `kept` x (trained - base) of every tensor that changed."""
    changed = {}
    for name, weights in trained.items():
        difference = kept * (weights - base[name])
        if np.any(difference):
            changed[name] = difference
    return changed


def main() -> None:
    """Train from the command line and write the adapter."""
    parser = argparse.ArgumentParser(
        description="어댑터를 학습합니다. 걸린 시간을 열 단계마다 보입니다."
    )
    parser.add_argument("--material", type=Path, default=Path("data/training"))
    parser.add_argument("--pairs", type=Path, help="JSONL: ko, other, language, source")
    parser.add_argument("--cache", type=Path, required=True, help="내장 모델이 있는 캐시 폴더")
    parser.add_argument("--out", type=Path, default=SHIPPED)
    parser.add_argument("--steps", type=int, help="단계 수를 바꾸어 짧게 시험할 때")
    parser.add_argument(
        "--without",
        nargs="*",
        default=[],
        choices=[*INGREDIENTS, *WRITTEN_PAIRS, PUBLIC],
        help=f"빼고 학습할 재료: {' '.join(INGREDIENTS)}, 짝의 출처({' '.join((*WRITTEN_PAIRS, PUBLIC))})",
    )
    only = parser.add_mutually_exclusive_group()
    only.add_argument(
        "--trial",
        action="store_true",
        help="최신 재료로 한 번만, 평균과 관문 없이: 재료를 빼면 무엇을 잃는지 볼 때",
    )
    only.add_argument(
        "--after",
        type=Path,
        metavar="FOLDER",
        help="이 어댑터에서 이어지는 학습만 합니다. 그 앞의 학습은 다시 하지 않습니다",
    )
    only.add_argument(
        "--gate-only", action="store_true", help="--out에 있는 어댑터는 두고 관문만 다시 맞춥니다"
    )
    arguments = parser.parse_args()
    material = read_material(arguments.material, arguments.pairs)
    print("학습 자료:", material.counts(), flush=True)
    if arguments.gate_only:
        _fit_gate(material, arguments.cache, arguments.out)
        return
    place = find_model(BUNDLED, arguments.cache)
    base_digest = weights_digest(load_model(place))
    recipes: tuple[Recipe, ...] = (TRIAL,) if arguments.trial else RECIPES
    total: Weights = {}
    start: Weights = {}
    runs: list[dict[str, Any]] = []
    if arguments.after:
        earlier = Adapter.read(arguments.after)
        require_base(earlier, base_digest)
        total = dict(earlier.differences)
        runs = json.loads((arguments.after / CONFIGURATION).read_text(encoding="utf-8"))["runs"]
        recipes = tuple(recipe for recipe in recipes if recipe.continues)
    for number, planned in enumerate(recipes, start=1):
        print(f"학습 {number}/{len(recipes)}", flush=True)
        without = (*planned.without, *arguments.without)
        recipe = replace(planned, steps=arguments.steps or planned.steps, without=without)
        if recipe.continues and not start:
            start = dict(total)
        trainer = Trainer(place, material, recipe, start)
        trainer.run(lambda line: print(line, flush=True))
        for name, difference in trainer.learned().items():
            total[name] = total.get(name, 0.0) + difference
        runs.append({"recipe": asdict(recipe), "dev": trainer.best_score})
    adapter = Adapter(arguments.out.name, base_digest, total)
    adapter.write(arguments.out, {"runs": runs, "material": material.counts()})
    if not arguments.trial:
        _fit_gate(material, arguments.cache, arguments.out)


def _fit_gate(material: Material, cache: Path, folder: Path) -> None:
    """Fit the gate of the adapter in a folder, and write it there with what it was fitted on."""
    print("관문 맞추기", flush=True)
    plain = remembering(open_encoder(BUNDLED, cache), cache / "vectors")
    adapted = remembering(open_encoder(None, cache, adapter=folder), cache / "vectors")
    if isinstance(adapted, GatedEncoder):
        adapted = adapted.adapted
    gate = fit(material, plain, adapted)
    of_field, general = (
        gate.plain_share(plain.encode(texts, "query")) > LARGEST_SHARE / 2
        for texts in examples(material)
    )
    facts = json.loads((folder / CONFIGURATION).read_text(encoding="utf-8"))
    kept = {key: facts[key] for key in facts if key not in ("name", "base_digest", "gate")}
    fitted_on: dict[str, Any] = {
        "of the field": len(of_field),
        "taken for general": int(of_field.sum()),
        "general": len(general),
        "taken for the field": int((~general).sum()),
        "pairs": sum(len(pairs) for pairs in material.pairs.values()),
        "scales": {"korean": asdict(gate.korean), "foreign": asdict(gate.foreign)},
    }
    adapter = replace(Adapter.read(folder), name=folder.name, gate=gate)
    adapter.write(folder, {**kept, "gate": fitted_on})
    print("저장:", folder)


def _freeze(network: Any, layers: int) -> None:
    for part in (network.embeddings, *network.encoder.layer[:layers]):
        for weight in part.parameters():
            weight.requires_grad = False


if __name__ == "__main__":
    main()
