import doctest
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation import calibration
from evaluation.calibration import (
    AbstentionRow,
    ReliabilityRow,
    abstention_curve,
    expected_calibration_error,
    reliability,
)

SHARES = st.floats(0, 1, allow_nan=False)


def test_reliability_sets_what_was_said_beside_what_was_true():
    rows = reliability([0.1, 0.2, 0.6, 0.9], [False, True, True, True], bins=2)

    assert rows == (
        ReliabilityRow(0.0, 0.5, 2, pytest.approx((0.1 + 0.2) / 2), 1 / 2),
        ReliabilityRow(0.5, 1.0, 2, pytest.approx((0.6 + 0.9) / 2), 2 / 2),
    )


def test_a_probability_on_an_edge_belongs_to_the_upper_bin_and_one_to_the_last():
    rows = reliability([0.5, 1.0, 0.0], [True, True, False], bins=2)

    assert [(row.low, row.count) for row in rows] == [(0.0, 1), (0.5, 2)]


def test_empty_bins_are_left_out_and_nothing_gives_no_rows():
    assert [row.low for row in reliability([0.05, 0.95], [False, True])] == [0.0, 0.9]
    assert reliability([], []) == ()


def test_the_calibration_error_weighs_each_bin_by_its_answers():
    probabilities = [0.1, 0.2, 0.6, 0.9]
    labels = [False, True, True, True]

    error = expected_calibration_error(probabilities, labels, bins=2)

    assert error == pytest.approx((2 * abs(0.15 - 0.5) + 2 * abs(0.75 - 1.0)) / 4)


def test_what_comes_true_as_often_as_it_was_said_has_no_error():
    assert expected_calibration_error([0.25] * 4, [True, False, False, False]) == 0.0
    assert expected_calibration_error([0.0, 1.0], [False, True]) == 0.0
    assert expected_calibration_error([], []) == 0.0


@settings(deadline=None)  # a busy machine is slow, not wrong
@given(st.lists(st.tuples(SHARES, st.booleans()), min_size=1), st.integers(1, 20))
def test_the_error_is_a_share_and_no_answer_is_lost(answers, bins):
    probabilities, labels = [p for p, _ in answers], [label for _, label in answers]

    rows = reliability(probabilities, labels, bins)

    assert sum(row.count for row in rows) == len(answers)
    assert 0.0 <= expected_calibration_error(probabilities, labels, bins) <= 1.0


def test_what_is_no_probability_is_refused():
    with pytest.raises(ValueError, match=r"0\.\.1"):
        reliability([1.2], [True])
    with pytest.raises(ValueError, match=r"0\.\.1"):
        reliability([math.nan], [True])
    with pytest.raises(ValueError, match="one label"):
        reliability([0.5], [])


def test_the_abstention_curve_is_what_one_counts_by_hand():
    confidences = [0.9, 0.6, 0.6, 0.2]
    is_answerable = [True, True, False, False]

    assert abstention_curve(confidences, is_answerable) == (
        AbstentionRow(0.2, 4 / 4, 0 / 2, 0 / 2),
        AbstentionRow(0.6, 3 / 4, 0 / 2, 1 / 2),
        AbstentionRow(0.9, 1 / 4, 1 / 2, 2 / 2),
        AbstentionRow(math.inf, 0 / 4, 2 / 2, 2 / 2),
    )


def test_a_share_of_nobody_is_nothing():
    rows = abstention_curve([0.3], [True])

    assert [row.refused_unanswerable for row in rows] == [0.0, 0.0]
    assert abstention_curve([], []) == ()


@settings(deadline=None)  # a busy machine is slow, not wrong
@given(st.lists(st.tuples(SHARES, st.booleans()), min_size=1))
def test_a_higher_line_answers_fewer_and_refuses_more(queries):
    rows = abstention_curve([p for p, _ in queries], [label for _, label in queries])

    assert [row.answered for row in rows] == sorted((row.answered for row in rows), reverse=True)
    assert [r.refused_answerable for r in rows] == sorted(r.refused_answerable for r in rows)
    assert rows[0].answered == 1.0
    assert rows[-1].answered == 0.0


def test_the_examples_of_the_docstrings_hold():
    assert doctest.testmod(calibration).failed == 0
