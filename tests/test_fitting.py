import random

import numpy as np
import pytest

from evaluation.fitting import FEATURES, NEVER_NEGATIVE, Case, check, cross_validate, fit, to_toml


def case(number: int, chance: random.Random, *, is_answerable: bool, dataset: str = "a") -> Case:
    """Ten companies; the useful one stands out by its `dense` points."""
    rows = np.zeros((10, len(FEATURES)))
    rows[:, 0] = [0.6 + 0.05 * chance.random() for _ in range(10)]
    rows[:, -1] = 2.0
    useful = [False] * 10
    if is_answerable:
        rows[0, 0] += 0.15
        useful[0] = True
    return Case(dataset, f"N-{number}", 100, rows, tuple(useful), is_answerable)


@pytest.fixture(name="cases")
def _cases() -> list[Case]:
    chance = random.Random(1)
    return [case(number, chance, is_answerable=number % 2 == 0) for number in range(80)]


def test_a_world_that_can_be_told_apart_is_told_apart(cases):
    (found,) = cross_validate(cases)

    assert found.refused_answerable <= 0.1
    assert found.refused_unanswerable >= 0.9
    assert found.error < 0.06


def test_a_world_without_a_clue_gives_no_certainty(cases):
    chance = random.Random(2)
    blind = [
        Case(c.dataset, c.group, c.companies, c.rows * 0 + chance.random(), c.useful, c.answerable)
        for c in cases
    ]

    (found,) = cross_validate(blind)

    assert found.refused_unanswerable - found.refused_answerable < 0.3


def test_weights_of_points_are_never_negative_even_where_the_data_say_so(cases):
    upside_down = [
        Case(c.dataset, c.group, c.companies, -c.rows, c.useful, c.answerable) for c in cases
    ]

    weights = fit(upside_down).weights

    assert all(weights[name] >= 0 for name in NEVER_NEGATIVE)


def test_the_line_is_drawn_where_no_set_loses_more_than_it_may(cases):
    chance = random.Random(3)
    weak = []
    for number in range(20):
        plain = case(number, chance, is_answerable=True, dataset="b")
        rows = plain.rows.copy()
        rows[0, 0] -= 0.06
        weak.append(Case("b", plain.group, 100, rows, plain.useful, True))

    alone, together = fit(cases), fit([*cases, *weak])

    refused = {item.dataset: item.refused_answerable for item in check([*cases, *weak], together)}
    assert together.line < alone.line
    assert max(refused.values()) <= 0.05


def test_versions_of_one_need_are_never_parted(cases):
    one_group = [
        Case(c.dataset, "same", c.companies, c.rows, c.useful, c.answerable) for c in cases
    ]

    with pytest.raises(ValueError, match="concatenate"):
        cross_validate(one_group)  # nothing is left to train on


def test_what_is_printed_is_a_table_of_the_policy(cases):
    import tomllib

    table = tomllib.loads(to_toml(fit(cases), "a@1"))["confidence"]

    assert list(table) == ["model", "intercept", *FEATURES, "line"]
