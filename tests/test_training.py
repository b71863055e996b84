from dataclasses import replace
from pathlib import Path

from indexing.encoder import load_model
from indexing.model import BUNDLED, find_model
from indexing.training import Pair, Recipe, Trainer, _without_repeats, differences, read_material

MATERIAL = Path(__file__).parent.parent / "data" / "training"
SMALL = replace(
    Recipe(), steps=1, pairs_per_step=4, concepts_per_step=2, long_texts_per_step=1, long_tokens=32
)


def test_the_written_material_is_as_large_as_the_card_says() -> None:
    counts = read_material(MATERIAL, None).counts()

    assert counts["concepts"] == 450
    assert counts["needs"] == 3 * 450
    assert counts["terms vi"] == 5 * 70


def test_pairs_that_share_a_text_do_not_stand_in_one_batch() -> None:
    pairs = [Pair("물", "water"), Pair("물", "eau"), Pair("빛", "light"), Pair("등", "light")]

    assert _without_repeats(pairs) == [Pair("물", "water"), Pair("빛", "light")]


def test_training_changes_the_upper_layers_and_nothing_else(user_cache: Path) -> None:
    place = find_model(BUNDLED, user_cache)
    said: list[str] = []
    trainer = Trainer(place, read_material(MATERIAL, None), SMALL)

    trainer.run(said.append)
    changed = differences(trainer.model, load_model(place), kept=1.0)

    layers = {int(name.split("encoder.layer.")[1].split(".")[0]) for name in changed}
    assert layers == set(range(SMALL.frozen_layers, 12))
    assert said[-1].startswith("1/1 ")
