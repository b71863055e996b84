import contextlib
import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matcher.ranking import Hit, Ranking

SCORES = st.dictionaries(st.text(max_size=3), st.sampled_from([-1.0, 0.0, 0.25, 0.5, 1e9]))


def test_higher_scores_come_first_and_ids_decide_ties():
    ranking = Ranking.of("dense", {"나": 0.5, "가": 0.5, "다": 0.9})

    assert ranking.ids() == ("다", "가", "나")


@given(SCORES, st.randoms())
def test_the_order_does_not_depend_on_the_order_of_input(scores, random):
    shuffled = list(scores.items())
    random.shuffle(shuffled)

    assert Ranking.of("x", dict(shuffled)) == Ranking.of("x", scores)


@given(SCORES, st.integers(0, 5))
def test_k_keeps_the_head_of_the_whole_order(scores, k):
    whole, head = Ranking.of("x", scores), Ranking.of("x", scores, k)

    assert head.hits == whole.hits[:k]


@given(SCORES)
def test_scores_are_what_was_given(scores):
    assert Ranking.of("x", scores).scores() == scores


@pytest.mark.parametrize("score", [math.nan, math.inf, -math.inf])
def test_a_score_that_is_not_finite_is_refused(score):
    with pytest.raises(ValueError, match="finite"):
        Ranking.of("x", {"a": 1.0, "b": score})


def test_an_id_that_stands_twice_is_refused():
    with pytest.raises(ValueError, match="twice"):
        Ranking("x", (Hit("a", 0.5), Hit("a", 0.4)))


def test_every_order_but_the_right_one_is_refused():
    hits = (Hit("b", 0.9), Hit("a", 0.5), Hit("c", 0.5))

    accepted = []
    for order in itertools.permutations(hits):
        with contextlib.suppress(ValueError):
            accepted.append(Ranking("x", order).hits)

    assert accepted == [hits]
