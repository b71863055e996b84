import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matcher.confidence import features, line_for, probability
from matcher.fusion import Points
from matcher.policy import Policy

SHIPPED = Policy.load().confidence
POLICY = replace(
    SHIPPED,
    intercept=-2.0,
    dense=1.0,
    lexical=2.0,
    concept=3.0,
    kind=4.0,
    sector=5.0,
    foreign=-1.0,
    need_length=0.0,
    offering_length=0.0,
    size=-0.5,
)
SHARES = st.floats(0, 1)


def test_the_probability_is_the_logistic_function_of_the_weighted_features():
    points = Points(dense=0.8, lexical=0.1, concept=0.05, kind=0.02, sector=0.01)

    stated = probability(features(points, 0.25, "수요", "공급", 1000), POLICY)

    logit = (
        -2.0 + 1.0 * 0.8 + 2.0 * 0.1 + 3.0 * 0.05 + 4.0 * 0.02 + 5.0 * 0.01 - 1.0 * 0.75 - 0.5 * 3
    )
    assert stated == pytest.approx(1 / (1 + math.exp(-logit)))


@given(SHARES, SHARES, SHARES, st.floats(0, 0.2))
def test_more_points_never_make_a_match_less_probable(dense, lexical, agreement, more):
    less = Points(dense, lexical)

    for term in ("dense", "lexical", "concept", "kind", "sector"):
        better = replace(less, **{term: getattr(less, term) + more})
        assert probability(
            features(better, agreement, "수요", "공급", 100), SHIPPED
        ) >= probability(features(less, agreement, "수요", "공급", 100), SHIPPED)


@given(st.floats(-1e6, 1e6), st.integers(0, 10**7))
def test_a_probability_lies_between_0_and_1_whatever_comes_in(dense, companies):
    assert 0 <= probability(features(Points(dense, 0.0), 1.0, "", "", companies), SHIPPED) <= 1


def test_the_line_is_whole_where_both_sides_are_described_and_less_where_one_is_short():
    policy = replace(SHIPPED, line=0.2, described=60)

    def line(need_length, offering_length):
        return line_for("가" * need_length, "나" * offering_length, policy)

    assert line(60, 60) == line(600, 600) == 0.2
    assert line(60, 15) == line(15, 60) == pytest.approx(0.05)
    assert line(15, 30) == pytest.approx(0.025)
    assert line(60, 0) == 0.0


def test_the_shipped_weights_of_points_are_not_negative_and_the_line_is_a_probability():
    assert min(SHIPPED.dense, SHIPPED.lexical, SHIPPED.concept, SHIPPED.kind, SHIPPED.sector) >= 0
    assert 0 < SHIPPED.line < 1


def test_the_shipped_numbers_were_fitted_to_the_shipped_model(real_encoder):
    assert real_encoder.name == SHIPPED.model
