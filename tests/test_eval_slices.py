import doctest
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation import exposure
from evaluation.comparison_sections import slice_section
from evaluation.datasets import Query, RetrievalDataset, read_matching, read_retrieval
from evaluation.exposure import gini, measure_exposure
from evaluation.matching_sections import (
    exposure_section,
    foreign_section,
)
from evaluation.slices import (
    ForeignPair,
    foreign_loss,
    foreign_pairs,
    hard_queries,
    is_korean,
    language_pairs,
)
from matcher.records import Need
from tests.eval_worlds import (
    compared,
    run_of,
    scores_of,
    tried,
    write_matching_world,
    write_retrieval_world,
)


@pytest.fixture
def firms(tmp_path):
    return read_matching(write_matching_world(tmp_path / "firms"))


@pytest.fixture
def docs(tmp_path):
    return read_retrieval(write_retrieval_world(tmp_path / "docs"))


# -- slices


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("빗물 저류조", True),
        ("LED 조명", False),
        ("LED 조명 교체", True),
        ("123", False),
        ("水", False),
    ],
)
def test_a_text_is_korean_when_most_of_its_letters_are_hangul(text, expected):
    assert is_korean(text) is expected


def test_stated_languages_are_believed_and_unstated_ones_told_by_script():
    def kinds(corpus, *queries):
        dataset = RetrievalDataset("s", dict(enumerate(corpus)), queries, {})
        return list(language_pairs(dataset).values())

    korean, english = ["빗물", "저류"], ["rain", "water"]
    stated = (Query("1", "LED lamp", "ko"), Query("2", "빗물", "en"))
    assert kinds(korean, *stated) == ["ko-ko", "cross"]
    mostly = (Query("1", "빗물"), Query("2", "저류"), Query("3", "LED"))
    assert kinds(korean, *mostly) == ["ko-ko"] * 3
    assert kinds(english, *mostly) == ["cross"] * 3
    assert kinds(korean, Query("1", "LED"), Query("2", "rain")) == ["cross"] * 2
    assert kinds(english, Query("1", "LED"), Query("2", "eau", "fr")) == ["other"] * 2


def test_hard_is_what_crosses_languages_or_what_bm25_answers_badly(firms):
    yardstick = scores_of(**{"N-ko": 0.5, "N-en": 1.0, "N-id": 0.0})

    assert hard_queries(firms, yardstick) == {"N-en", "N-id"}
    assert hard_queries(firms, scores_of(**{"N-ko": 0.49})) == {"N-ko"}


def test_easy_and_hard_queries_are_averaged_apart(firms):
    right = run_of("bm25", N_ko=["C-rain", "C-rain2"])
    other = run_of("dense", N_en=["C-burn"], N_id=["C-sun"])
    trials = tried(firms, right, other)

    section = slice_section(compared(trials), trials)

    rows = {row[0]: [cell.split("\n")[0] for cell in row[1:]] for row in section.tables[0].rows}
    assert rows == {
        "firms · 쉬움": ["1", "1.000 ★", "0.000"],
        "firms · 어려움": ["3", "0.000", f"{2 / 3:.3f} ★"],
    }


def test_without_a_yardstick_nothing_is_called_hard(firms):
    trials = tried(firms, run_of("dense", N_ko=["C-rain"]))

    assert slice_section(compared(trials), trials) is None


def with_translations(firms):
    needs = {
        **firms.needs,
        "N-fr": Need("N-fr", "eau de pluie", language="fr", extra={"same_as": "N-ko"}),
        "N-vi": Need("N-vi", "nước mưa", language="vi", extra={"same_as": "N-ko"}),
        "N-odd": Need("N-odd", "odd", language="en", extra={"same_as": "N-gone"}),
    }
    same = firms.qrels["N-ko"]
    return replace(firms, needs=needs, qrels={**firms.qrels, "N-fr": same, "N-vi": same})


def test_a_foreign_need_is_paired_with_the_korean_one_it_translates(firms):
    dataset = with_translations(firms)

    assert foreign_pairs(dataset, ["N-ko", "N-fr", "N-odd"]) == (ForeignPair("N-fr", "N-ko", "fr"),)
    assert foreign_pairs(dataset, ["N-fr", "N-vi"]) == ()
    assert foreign_pairs(replace(dataset, direction="company-to-need"), ["N-ko", "N-fr"]) == ()


def test_the_foreign_ratio_is_the_mean_of_foreign_over_that_of_korean_ones():
    pairs = [ForeignPair(f, k, "vi") for f, k in [("f1", "k1"), ("f2", "k1"), ("f3", "k2")]]

    loss = foreign_loss(pairs, scores_of(f1=0.2, f2=0.4, f3=0.9, k1=0.5, k2=1.0))

    assert loss.pairs == 3
    assert loss.foreign == pytest.approx((0.2 + 0.4 + 0.9) / 3)
    assert loss.korean == pytest.approx((0.5 + 0.5 + 1.0) / 3)
    assert loss.ratio == pytest.approx((0.2 + 0.4 + 0.9) / (0.5 + 0.5 + 1.0))
    # drawn by Korean need: k1 with both of its translations alone, or k2 alone
    assert loss.interval.low == pytest.approx((0.2 + 0.4) / (0.5 + 0.5))
    assert loss.interval.high == pytest.approx(0.9 / 1.0)


def test_a_korean_side_without_points_has_no_ratio():
    assert foreign_loss([ForeignPair("f", "k", "vi")], scores_of(f=0.2, k=0.0)).ratio == 0.0


def test_the_foreign_section_gives_systems_and_the_languages_of_the_product(firms):
    dataset = with_translations(firms)
    queries = tuple(Query(n.need_id, n.text, n.language) for n in dataset.needs.values())
    dataset = replace(dataset, queries=queries)
    half = run_of("hybrid", N_ko=["C-rain", "C-rain2"], N_fr=["C-rain", "C-rain2"], N_vi=["C-sun"])
    trials = tried(dataset, half, run_of("dense"))

    section = foreign_section(dataset, trials, trials[0])

    rows = [(row[0], row[1], row[4].split()[0]) for row in section.tables[0].rows]
    assert rows == [
        ("hybrid", "2", "0.500"),
        ("dense", "2", "0.000"),
        ("hybrid · fr", "1", "1.000"),
        ("hybrid · vi", "1", "0.000"),
    ]


# -- exposure


def test_the_gini_coefficient_is_what_one_finds_by_hand():
    assert gini([2, 2, 2, 2]) == 0.0
    assert gini([0, 0, 0, 4]) == (4 - 1) / 4
    # half of the mean difference over the mean: pairs of 1, 2, 3 differ by 1, 1, 2, each twice
    assert gini([3, 1, 2]) == pytest.approx((2 * (1 + 1 + 2) / 9) / 2 / 2)
    assert gini([]) == gini([0, 0]) == 0.0
    assert doctest.testmod(exposure).failed == 0


@settings(deadline=None)  # a busy machine is slow, not wrong
@given(st.lists(st.integers(0, 50), min_size=1, max_size=12))
def test_the_gini_coefficient_is_half_the_relative_mean_difference(counts):
    pairs = [abs(a - b) for a in counts for b in counts]
    mean = sum(counts) / len(counts)

    expected = sum(pairs) / len(pairs) / 2 / mean if mean else 0.0
    assert gini(counts) == pytest.approx(expected)


def test_exposure_counts_the_first_ten_over_all_companies():
    long = [f"c{i:02}" for i in range(12)]

    shown = measure_exposure([long, ["c00"]], [*long, "never"])

    assert shown.counts == (2, *[1] * 9, 0, 0, 0)
    assert shown.shown_share == 10 / 13
    assert shown.lorenz()[0] == (0.0, 0.0)
    assert shown.lorenz()[-1] == (1.0, 1.0)
    assert shown.lorenz()[3] == (3 / 13, 0.0)
    assert shown.lorenz()[4] == (4 / 13, 1 / 11)


def test_the_exposure_section_sets_the_judgements_beside_the_systems(firms):
    trials = tried(firms, run_of("hybrid", N_ko=["C-rain"], N_en=["C-rain"]))

    section = exposure_section(firms, trials, "e")

    # judged useful: C-rain twice, C-rain2, C-burn and C-sun once
    assert section.tables[0].rows == (
        ("hybrid", "0.750", "25.0%", "2"),
        ("판정", f"{gini([2, 1, 1, 1]):.3f}", "100.0%", "2"),
    )
    assert exposure_section(replace(firms, direction="company-to-need"), trials, "e") is None
