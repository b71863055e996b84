import random
from dataclasses import replace

import numpy as np
import pytest

from evaluation.fitting import (
    FEATURES,
    NEVER_NEGATIVE,
    Case,
    Fit,
    check,
    cross_validate,
    fit,
    to_toml,
)


def case(number: int, chance: random.Random, *, is_answerable: bool, dataset: str = "a") -> Case:
    """Ten companies; the useful one stands out by its `dense` points."""
    rows = np.zeros((10, len(FEATURES)))
    rows[:, 0] = [0.6 + 0.05 * chance.random() for _ in range(10)]
    rows[:, -1] = 2.0
    rows[:, [FEATURES.index("need_length"), FEATURES.index("offering_length")]] = np.log(120)
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
    (found,) = cross_validate(cases, 60)

    assert found.whole.answerable <= 0.1
    assert found.whole.unanswerable >= 0.9
    assert found.error < 0.06


def test_a_world_without_a_clue_gives_no_certainty(cases):
    chance = random.Random(2)
    blind = [replace(c, rows=c.rows * 0 + chance.random()) for c in cases]

    (found,) = cross_validate(blind, 60)

    assert found.whole.unanswerable - found.whole.answerable < 0.3


def test_weights_of_points_are_never_negative_even_where_the_data_say_so(cases):
    upside_down = [replace(c, rows=-c.rows) for c in cases]

    weights = fit(upside_down, 60).weights

    assert all(weights[name] >= 0 for name in NEVER_NEGATIVE)


def test_the_line_is_drawn_where_the_sets_lose_no_more_than_they_may_on_average(cases):
    chance = random.Random(3)
    weak = []
    for number in range(20):
        plain = case(number, chance, is_answerable=True, dataset="b")
        rows = plain.rows.copy()
        rows[0, 0] -= 0.06
        weak.append(replace(plain, rows=rows))

    alone, together = fit(cases, 60), fit([*cases, *weak], 60)

    refused = {item.dataset: item.whole.answerable for item in check([*cases, *weak], together)}
    assert together.line < alone.line
    assert sum(refused.values()) / len(refused) <= 0.05


def test_where_offerings_are_short_they_are_named_on_less(cases):
    """Being far away proves little there: the line that holds is a share of the whole line."""
    rows = cases[1].rows.copy()
    rows[:, FEATURES.index("offering_length")] = np.log(30)
    terse = [replace(cases[1], rows=rows)]
    even = Fit({"intercept": 0.0, **dict.fromkeys(FEATURES, 0.0)}, line=0.8, described=60)

    (named,) = check(terse, even)  # a probability of 0.5 and a line of 0.4
    (refused,) = check(terse, replace(even, described=30))

    assert (named.whole.unanswerable, refused.whole.unanswerable) == (0.0, 1.0)


def test_the_line_is_drawn_without_the_crowd(cases):
    crowded = [replace(c, companies=5_000, rows=c.rows * 0.5, strangers=4_900) for c in cases]

    assert fit([*cases, *crowded], 60).line > 0
    assert sorted({item.companies for item in check([*cases, *crowded], fit(cases, 60))}) == [
        100,
        5_000,
    ]
    apart = [item for item in check(cases, fit([*cases, *crowded], 60)) if item.companies == 100]
    assert apart[0].whole.answerable <= 0.05


def test_versions_of_one_need_are_never_parted(cases):
    one_group = [replace(c, group="same") for c in cases]

    with pytest.raises(ValueError, match="concatenate"):
        cross_validate(one_group, 60)  # nothing is left to train on


def test_what_is_printed_is_a_table_of_the_policy(cases):
    import tomllib

    table = tomllib.loads(to_toml(fit(cases, 60), "a@1"))["confidence"]

    assert list(table) == ["model", "intercept", *FEATURES, "line", "described"]
