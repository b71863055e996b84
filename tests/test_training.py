import json
import random
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from indexing import training
from indexing.adapter import SHIPPED, Adapter
from indexing.encoder import load_model
from indexing.material import FOLDS, Material, Pair, Sampler, read_material, without_repeats
from indexing.model import BUNDLED, find_model
from indexing.training import RECIPES, TRIAL, Recipe, Trainer, differences, main, state
from matcher.errors import ModelUnavailable

MATERIAL = Path(__file__).parent.parent / "data" / "training"


def little(recipe: Recipe) -> Recipe:
    """The recipe with batches of a few short texts: what a step costs is not what is tested."""
    return replace(
        recipe, pairs_per_step=4, concepts_per_step=2, passages_per_step=2, long_tokens=32
    )


SMALL = replace(little(Recipe()), steps=1)


def test_the_written_material_is_as_large_as_the_card_says() -> None:
    counts = read_material(MATERIAL, None).counts()

    assert counts["concepts"] == 508
    assert counts["needs"] == 3 * 508
    assert counts["siblings"] == (65 + 199) * 4
    assert counts["passages"] == 2 * 130
    assert counts["questions"] == 3 * 260
    assert counts["sentences fr"] == 4 * 60
    later = (
        347, 214, 223, 216, 284, 188, 180, 296, 227, 263, 243,
        168, 189, 196, 219, 156, 192, 157, 82, 105, 256, 195, 136, 133, 135,
    )  # fmt: skip
    assert counts["terms vi"] == 5 * 70 + sum(later)


def test_siblings_are_drawn_together_and_each_answers_its_own_need_alone() -> None:
    material = read_material(MATERIAL, None)
    answers = {
        text: member.offering
        for group in material.siblings
        for member in group.members
        for _, text in member.needs
    }

    drawn = Sampler(material, random.Random(1)).siblings(3)

    assert [answers[text] for text in drawn.asked] == list(drawn.answers)
    assert len(set(drawn.answers)) == 3 * 4
    whole = [{member.offering for member in group.members} for group in material.siblings]
    assert sum(group <= set(drawn.answers) for group in whole) == 3


def test_pairs_that_share_a_text_do_not_stand_in_one_batch() -> None:
    pairs = [Pair("물", "water"), Pair("물", "eau"), Pair("빛", "light"), Pair("등", "light")]

    assert without_repeats(pairs) == [Pair("물", "water"), Pair("빛", "light")]


@pytest.mark.parametrize(
    ("without", "left"),
    [
        ((), {"용어", "문장", "가게"}),
        (("terms",), {"문장", "가게"}),
        (("terms", "sentences"), {"가게"}),
        (("public",), {"용어", "문장"}),
    ],
)
def test_sources_of_pairs_are_left_out_by_name(without: tuple[str, ...], left: set[str]) -> None:
    sources = {"terms": "용어", "sentences": "문장", "shop": "가게"}
    pairs = {(name, "en"): (Pair(ko, "other"),) for name, ko in sources.items()}
    sampler = Sampler(Material((), (), pairs), random.Random(1), without)

    assert {ko for _ in range(50) for ko in sampler.pairs(2).answers} == left


def little_material(folder: Path) -> Path:
    folder.mkdir()
    for name, lines in (("concepts_1.jsonl", 24), ("passages_1.jsonl", 24), ("terms_1.tsv", 60)):
        kept = (MATERIAL / name).read_text(encoding="utf-8").splitlines(keepends=True)[:lines]
        (folder / name).write_text("".join(kept), encoding="utf-8")
    return folder


def test_training_goes_on_from_an_adapter_without_the_runs_before_it(
    user_cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "further"
    options = ["--material", str(little_material(tmp_path / "material"))]
    options += ["--cache", str(user_cache), "--out", str(out), "--after", str(SHIPPED)]
    monkeypatch.setattr(sys, "argv", ["training", *options, "--steps", "1"])
    monkeypatch.setattr(training, "RECIPES", tuple(map(little, RECIPES)))

    main()

    before, after = Adapter.read(SHIPPED), Adapter.read(out)
    assert after.gate is not None
    assert after.base_digest == before.base_digest
    # so few texts are all found before the first step, and the best check is kept
    for name, difference in before.differences.items():
        assert np.allclose(after.differences[name], difference, atol=1e-3)
    runs = json.loads((out / "adapter.json").read_text(encoding="utf-8"))["runs"]
    assert [run["recipe"].get("continues", False) for run in runs[-2:]] == [True, True]


def test_training_does_not_go_on_from_an_adapter_of_another_model(
    user_cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Adapter("other", "another", {}).write(tmp_path / "other", {"runs": []})
    options = ["--material", str(little_material(tmp_path / "material"))]
    options += ["--cache", str(user_cache), "--out", str(tmp_path / "out")]
    monkeypatch.setattr(sys, "argv", ["training", *options, "--after", str(tmp_path / "other")])

    with pytest.raises(ModelUnavailable, match="다른 바탕 모델"):
        main()


def test_a_trial_is_one_run_without_a_gate(
    user_cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    material = little_material(tmp_path / "material")
    out = tmp_path / "without-passages"
    options = ["--material", str(material), "--cache", str(user_cache), "--out", str(out)]
    options += ["--steps", "1", "--trial", "--without", "passages"]
    monkeypatch.setattr(sys, "argv", ["training", *options])
    monkeypatch.setattr(training, "TRIAL", little(TRIAL))

    main()

    learned = Adapter.read(out)
    assert learned.name == "without-passages"
    assert learned.gate is None


def test_training_changes_the_upper_layers_and_nothing_else(user_cache: Path) -> None:
    place = find_model(BUNDLED, user_cache)
    said: list[str] = []
    material = read_material(MATERIAL, None)
    few = Material(material.concepts[:20], material.passages[:20], material.pairs)
    trainer = Trainer(place, few, SMALL)

    trainer.run(said.append)
    changed = differences(state(trainer.model), state(load_model(place)), kept=1.0)

    layers = {int(name.split("encoder.layer.")[1].split(".")[0]) for name in changed}
    assert layers == set(range(SMALL.frozen_layers, 12))
    assert any(line.startswith("1/1 ") for line in said)


def test_a_run_that_continues_begins_where_those_before_it_ended(
    user_cache: Path,
) -> None:
    place = find_model(BUNDLED, user_cache)
    base = state(load_model(place))
    (weights,) = [key for key in base if key.endswith("layer.11.output.LayerNorm.bias")]
    material = read_material(MATERIAL, None)
    few = Material(material.concepts[:20], material.passages[:20], material.pairs)
    start = {weights: np.full_like(base[weights], 0.25)}

    trainer = Trainer(place, few, replace(SMALL, learning_rate=0.0), start)
    trainer.run(lambda _: None)

    assert np.allclose(state(trainer.model)[weights], base[weights] + 0.25)
    assert trainer.learned() == {}


def test_what_is_kept_apart_is_never_trained_on() -> None:
    material = read_material(MATERIAL, None)

    for fold in range(FOLDS):
        training, dev = material.split(fold)
        assert not {c.id for c in training.concepts} & {c.id for c in dev.concepts}
        assert not {group.id for group in training.siblings} & {group.id for group in dev.siblings}
        assert len(training.passages) + len(dev.passages) == len(material.passages)
        assert dev.concepts
        assert dev.passages


def test_measuring_batches_point_at_the_right_answer() -> None:
    material = read_material(MATERIAL, None)

    for name, batch in material.batches().items():
        assert len(batch.asked) == len(batch.right), name
        assert max(batch.right) < len(batch.answers)
    foreign = material.batches()["needs-foreign"]
    concept = material.concepts[foreign.right[0]]
    assert foreign.asked[0] in [text for language, text in concept.needs if language != "ko"]
