"""What each ingredient adds: the policies that are compared, and the sums of the table."""

from dataclasses import fields

from evaluation.ablation import RELATIVES, SOUNDS, TRANSLATIONS, ablate, ablation_table, variants
from evaluation.datasets import read_matching
from matcher.policy import Policy
from tests.eval_worlds import open_world_engine, write_matching_world


def test_each_variant_differs_from_the_policy_in_its_ingredient_only() -> None:
    policy = Policy.load()

    changed = {
        name: {f.name for f in fields(Policy) if getattr(policy, f.name) != getattr(other, f.name)}
        for name, other in variants(policy).items()
    }

    assert changed["분야"] == {"sector"}
    assert changed["사업유형"] == {"kind_weight"}
    assert changed["낱말(BM25)"] == {"coverage_weight", "foreign_coverage_weight"}
    assert all(changed.values())


def test_the_loss_is_the_whole_minus_what_is_left(tmp_path) -> None:
    dataset = read_matching(write_matching_world(tmp_path / "world"))
    engine = open_world_engine()

    found = ablate(dataset, engine)
    table = ablation_table([found])

    whole = found.whole.scores.mean("nDCG@10")
    assert whole > 0
    for _, loss in found.losses:
        assert -1 <= loss.mean <= whole
        assert loss.interval.low <= loss.mean <= loss.interval.high
    assert table.rows[0] == ("전체", f"{whole:.3f}")
    assert [row[0] for row in table.rows[1:]] == [
        f"{name} 없이" for name in [*variants(engine.policy), TRANSLATIONS, RELATIVES, SOUNDS]
    ]
