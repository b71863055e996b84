import doctest
import math
from itertools import combinations, product

import ir_measures
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation import significance
from evaluation.measures import MEASURES, score_run
from evaluation.runs import Run, read_run, to_trec, write_text
from evaluation.significance import (
    bootstrap_interval,
    compare_paired,
    holm,
    letter_display,
    ratio_interval,
)
from matcher.errors import UnreadableFile
from matcher.ranking import Hit


def test_ndcg_is_grade_over_log_of_rank_against_the_best_order():
    qrels = {"q": {"a": 3, "b": 1, "c": 2}}
    answers = {"q": ["b", "x", "a"]}

    scores = score_run(answers, qrels, ["q"], useful_grade=2)

    gained = 1 / math.log2(2) + 0 / math.log2(3) + 3 / math.log2(4)
    ideal = 3 / math.log2(2) + 2 / math.log2(3) + 1 / math.log2(4)
    assert scores.mean("nDCG@10") == pytest.approx(gained / ideal)


def test_matching_counts_grade_two_and_better_as_useful():
    qrels = {"q": {"related": 1, "strong": 2, "exact": 3, "wrong": 0}}
    answers = {"q": ["related", "wrong", "strong"]}

    scores = score_run(answers, qrels, ["q"], useful_grade=2)

    assert scores.mean("RR@10") == pytest.approx(1 / 3)
    assert scores.mean("R@10") == pytest.approx(1 / 2)


def test_retrieval_counts_grade_one_and_better_as_relevant():
    scores = score_run({"q": ["a", "b"]}, {"q": {"b": 1}}, ["q"], useful_grade=1)

    assert scores.mean("RR@10") == pytest.approx(1 / 2)
    assert scores.mean("R@10") == 1.0


def test_only_the_first_ten_or_hundred_answers_count():
    qrels = {"q": {"d010": 1, "d099": 1, "d100": 1}}
    answers = {"q": [f"d{i:03}" for i in range(150)]}

    scores = score_run(answers, qrels, ["q"])

    assert scores.mean("nDCG@10") == 0.0
    assert scores.mean("RR@10") == 0.0
    assert scores.mean("R@10") == 0.0
    assert scores.mean("R@100") == pytest.approx(2 / 3)


def test_judged_is_the_judged_share_of_at_most_ten_answers_given():
    qrels = {"q": {"a": 1, "b": 0}}
    short = score_run({"q": ["a", "b", "x"]}, qrels, ["q"])
    long = score_run({"q": ["a", "b", *[f"x{i}" for i in range(20)]]}, qrels, ["q"])

    assert short.mean("Judged@10") == pytest.approx(2 / 3)
    assert long.mean("Judged@10") == pytest.approx(2 / 10)


@pytest.mark.parametrize("answers", [{"q1": ["a"]}, {"q1": ["a"], "q2": []}])
def test_an_unanswered_query_counts_zero_in_every_measure(answers):
    qrels = {"q1": {"a": 1}, "q2": {"b": 1}}

    scores = score_run(answers, qrels, ["q1", "q2"])

    assert scores.means() == dict.fromkeys(MEASURES, (1 + 0) / 2)
    assert scores.unanswered == ("q2",)


def test_a_run_without_any_answer_scores_zero():
    scores = score_run({}, {"q": {"a": 1}}, ["q"])

    assert scores.means() == dict.fromkeys(MEASURES, 0.0)


def test_queries_without_a_relevant_document_are_left_out_and_counted():
    qrels = {"q1": {"a": 3}, "q2": {"a": 0}}
    answers = {"q1": ["a"], "q2": ["a"], "q3": ["a"]}

    scores = score_run(answers, qrels, ["q1", "q2", "q3"], useful_grade=2)

    assert scores.queries == ("q1",)
    assert scores.left_out == ("q2", "q3")
    assert scores.means() == dict.fromkeys(MEASURES, 1.0)


def test_queries_with_related_documents_only_count_and_are_named():
    scores = score_run({"q": ["a"]}, {"q": {"a": 1}}, ["q"], useful_grade=2)

    assert scores.only_related == ("q",)
    assert scores.mean("nDCG@10") == 1.0
    assert scores.mean("RR@10") == 0.0


def test_relevant_documents_outside_of_the_corpus_still_lower_recall():
    scores = score_run({"q": ["a"]}, {"q": {"a": 1, "not in the corpus": 1}}, ["q"])

    assert scores.mean("R@100") == pytest.approx(1 / 2)


@pytest.mark.parametrize(("order", "rank"), [("abc", 3), ("cab", 1), ("bca", 2)])
def test_ties_keep_the_order_of_the_system(order, rank, tmp_path):
    run = Run("s", {"q": tuple(Hit(id, 0.5) for id in order)})
    qrels = {"q": {"c": 1}}
    write_text(to_trec(run), tmp_path / "run.trec")

    ours = score_run(run.ids(), qrels, ["q"]).mean("RR@10")
    theirs = ir_measures.calc_aggregate(
        [ir_measures.RR @ 10], qrels, ir_measures.read_trec_run(str(tmp_path / "run.trec"))
    )

    assert ours == pytest.approx(1 / rank)
    assert theirs[ir_measures.RR @ 10] == pytest.approx(1 / rank)


def test_a_document_that_stands_twice_is_a_broken_run():
    with pytest.raises(ValueError, match="twice"):
        score_run({"q": ["a", "a"]}, {"q": {"a": 1}}, ["q"])


def test_a_part_of_the_queries_keeps_their_values():
    scores = score_run({"q1": ["a"]}, {"q1": {"a": 1}, "q2": {"a": 1}}, ["q1", "q2", "q3"])

    part = scores.only(frozenset({"q2", "q3"}))

    assert part.queries == ("q2",)
    assert part.mean("RR@10") == 0.0
    assert part.left_out == ("q3",)


def test_a_run_file_has_the_six_columns_of_trec():
    run = Run("hybrid", {"q1": (Hit("a", 0.75), Hit("b", 0.5)), "q2": ()})

    text = to_trec(run)

    assert text == "q1 Q0 a 1 0.750000 hybrid\nq1 Q0 b 2 0.500000 hybrid\n"


def test_scores_in_a_run_file_fall_strictly_where_the_real_ones_do_not():
    run = Run("s", {"q": (Hit("a", 0.5), Hit("b", 0.5), Hit("refused", 0.9), Hit("d", 0.1))})

    scores = [line.split()[4] for line in to_trec(run).splitlines()]

    assert scores == ["0.500000", "0.499999", "0.499998", "0.100000"]


def test_ids_with_spaces_survive_the_run_file(tmp_path):
    document = "commerce - B2BDigComm.pdf - 1"
    run = Run("hybrid", {"질의 1": (Hit(document, 0.5),)})

    write_text(to_trec(run), tmp_path / "new" / "run.trec")

    assert "commerce%20-%20B2BDigComm.pdf%20-%201" in to_trec(run)
    assert len(to_trec(run).split()) == 6
    assert read_run(tmp_path / "new" / "run.trec") == run


@settings(deadline=None)  # a busy machine is slow, not wrong
@given(id=st.text(alphabet=st.sampled_from("a%2 0F\u3000\t\u00a0가"), min_size=1))
def test_any_id_survives_the_run_file(id, tmp_path_factory):
    path = tmp_path_factory.mktemp("runs") / "run.trec"
    run = Run("s", {id: (Hit(id, 0.25),)})

    write_text(to_trec(run), path)

    assert read_run(path) == run


def test_a_broken_run_file_names_the_line(tmp_path):
    (tmp_path / "run.trec").write_text("q Q0 a 1 0.5 s\nq Q0 b zwei 0.4 s\n", encoding="utf-8")

    with pytest.raises(UnreadableFile, match="2행"):
        read_run(tmp_path / "run.trec")


def test_the_interval_of_one_and_the_same_value_has_no_width():
    interval = bootstrap_interval([0.25] * 30)

    assert (interval.low, interval.high) == (0.25, 0.25)


def test_the_interval_of_two_values_agrees_with_all_resamples_counted():
    # Of the 4 resamples of (0, 1) a quarter has mean 0 and a quarter mean 1: both tails of 2.5 %
    # lie inside of these quarters.
    interval = bootstrap_interval([0.0, 1.0])

    assert (interval.low, interval.high) == (0.0, 1.0)


def test_the_interval_agrees_with_the_binomial_quantiles():
    # Resampled means of 50 zeros and 50 ones are binomial(100, 1/2) / 100, whose 2.5 % and 97.5 %
    # quantiles are 40 / 100 and 60 / 100.
    interval = bootstrap_interval([0.0] * 50 + [1.0] * 50)

    assert interval.low == pytest.approx(40 / 100, abs=0.01)
    assert interval.high == pytest.approx(60 / 100, abs=0.01)


def test_the_same_seed_gives_the_same_interval_whatever_was_drawn_before():
    values = [0.1, 0.5, 0.9, 0.3, 0.7]

    assert bootstrap_interval(values) == bootstrap_interval(values)
    assert bootstrap_interval(values, seed=1) != bootstrap_interval(values, resamples=50, seed=2)


def test_five_queries_all_better_give_two_of_thirty_two_sign_patterns():
    difference = compare_paired([0.6] * 5, [0.5] * 5)

    assert difference.mean == pytest.approx(0.6 - 0.5)
    assert difference.p == pytest.approx(2 / 2**5)


def test_the_exact_p_value_agrees_with_counting_by_hand():
    first, second = [0.9, 0.2, 0.8, 0.4], [0.1, 0.3, 0.5, 0.4]
    differences = [0.8, -0.1, 0.3, 0.0]
    patterns = list(product((-1, 1), repeat=4))
    reached = sum(
        abs(sum(s * d for s, d in zip(signs, differences, strict=True))) >= 1.0 - 1e-9
        for signs in patterns
    )

    difference = compare_paired(first, second)

    assert difference.p == pytest.approx(reached / len(patterns))


def test_drawn_patterns_agree_with_the_exact_answer():
    values = [0.3, 0.1, -0.2, 0.4, 0.25, -0.05, 0.15, 0.2, -0.1, 0.35]
    zeros = [0.0] * len(values)

    exact = compare_paired(values, zeros, resamples=2 ** len(values)).p
    drawn = compare_paired(values, zeros, resamples=2 ** len(values) - 1).p

    assert drawn == pytest.approx(exact, abs=0.02)


def test_a_hundred_queries_all_better_reach_the_smallest_p_value():
    difference = compare_paired([0.6] * 100, [0.5] * 100, resamples=999)

    assert difference.p == pytest.approx(1 / (999 + 1))


def test_equal_systems_differ_by_nothing():
    difference = compare_paired([0.2, 0.4], [0.2, 0.4])

    assert (difference.mean, difference.p) == (0.0, 1.0)


def test_paired_values_must_be_of_the_same_queries():
    with pytest.raises(ValueError, match="same queries"):
        compare_paired([0.1], [0.1, 0.2])


def test_holm_multiplies_by_the_tests_that_are_left_and_never_falls():
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([3 * 0.01, 2 * 0.03, 2 * 0.03])
    assert holm([0.9, 0.5]) == [1.0, 1.0]
    assert holm([]) == []


def test_a_ratio_that_every_group_shares_has_no_width():
    interval = ratio_interval([(0.3, 0.6), (1.0, 2.0), (0.1, 0.2)])

    assert (interval.low, interval.high) == (pytest.approx(0.5), pytest.approx(0.5))


def test_the_interval_of_a_ratio_agrees_with_all_resamples_counted():
    # Of the 4 draws of two groups a quarter holds the first alone (ratio 1 / 2) and a quarter the
    # second alone (4 / 2): both tails of 2.5 % lie inside of these quarters.
    interval = ratio_interval([(1.0, 2.0), (4.0, 2.0)])

    assert (interval.low, interval.high) == (1 / 2, 4 / 2)


def test_there_is_no_ratio_to_nothing():
    for groups in ([], [(1.0, 0.0)]):
        interval = ratio_interval(groups)

        assert (interval.low, interval.high) == (0.0, 0.0)


@pytest.mark.parametrize(
    ("different", "letters"),
    [
        ([], ["a", "a", "a", "a"]),
        (["13", "14", "24"], ["a", "ab", "bc", "c"]),
        (["12", "13", "14", "23", "24", "34"], ["a", "b", "c", "d"]),
        (["12"], ["a", "b", "ab", "ab"]),
        (["13", "24"], ["ab", "ac", "cd", "bd"]),
    ],
)
def test_letters_are_those_that_one_finds_by_hand(different, letters):
    found = letter_display(list("1234"), [frozenset(pair) for pair in different])

    assert [found[name] for name in "1234"] == letters


@settings(deadline=None)  # a busy machine is slow, not wrong
@given(st.lists(st.booleans(), min_size=21, max_size=21))
def test_two_share_a_letter_exactly_where_they_do_not_differ(is_different):
    names = list("1234567")
    pairs = [frozenset(pair) for pair in combinations(names, 2)]
    different = {pair for pair, yes in zip(pairs, is_different, strict=True) if yes}

    letters = letter_display(names, different)

    for one, other in combinations(names, 2):
        shares = bool(set(letters[one]) & set(letters[other]))
        assert shares == (frozenset((one, other)) not in different)


def test_the_examples_of_the_docstrings_hold():
    assert doctest.testmod(significance).failed == 0
