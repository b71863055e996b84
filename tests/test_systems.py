from dataclasses import replace
from datetime import date

import pytest
from fakes import FakeEncoder

from evaluation.baselines import Baselines, Shelf
from evaluation.compare import compare_results, evaluate
from evaluation.datasets import read_matching, read_retrieval
from evaluation.runs import Run
from evaluation.systems import (
    PRODUCT,
    SYSTEMS,
    MatchingBench,
    open_bench,
    read_system,
    reading_once,
)
from indexing.collection import build_collection
from indexing.vectors import VectorCache
from matcher.errors import InvalidRequest
from matcher.ranking import Hit, Ranking
from matcher.records import Company, Need
from matcher.shortlist import Refusal
from tests.eval_worlds import open_world_engine, write_matching_world, write_retrieval_world


@pytest.fixture
def engine():
    return open_world_engine()


def test_an_unknown_system_is_refused_by_name():
    with pytest.raises(InvalidRequest, match="bm42"):
        read_system("bm42")


@pytest.mark.parametrize("system", [name for name in SYSTEMS if name != "sector"])
def test_every_system_answers_every_query_of_a_retrieval_set(system, engine, tmp_path):
    dataset = read_retrieval(write_retrieval_world(tmp_path))

    with open_bench(dataset, engine) as bench:
        run = bench.run(system)

    assert list(run.answers) == ["q-ko", "q-en", "q-id", "q-unjudged"]
    assert run.ids()["q-ko"][0] == "guide rain.pdf - 1"


def test_words_of_another_language_are_found_by_meaning_and_not_by_words(engine, tmp_path):
    dataset = read_retrieval(write_retrieval_world(tmp_path))

    with open_bench(dataset, engine) as bench:
        lexical, dense, hybrid = (bench.run(system).ids() for system in PRODUCT)

    assert lexical["q-en"] == ()
    assert dense["q-en"][0] == "burn"
    assert hybrid["q-en"][0] == "burn"


def test_a_corpus_is_encoded_once_for_all_systems(engine, tmp_path):
    dataset = read_retrieval(write_retrieval_world(tmp_path))

    with open_bench(dataset, engine) as bench:
        before = engine.encoder.encoded_texts
        for system in PRODUCT:
            bench.run(system)
        after = engine.encoder.encoded_texts

    assert before >= len(dataset.queries) + 3
    assert after - before == len(dataset.queries)


@pytest.mark.parametrize("read_world", ["retrieval", "matching"])
def test_a_second_evaluation_encodes_nothing(read_world, engine, tmp_path):
    if read_world == "retrieval":
        dataset = read_retrieval(write_retrieval_world(tmp_path / "set"))
    else:
        dataset = read_matching(write_matching_world(tmp_path / "set"))
    cached = replace(engine, encoder=VectorCache(engine.encoder, tmp_path / "vectors"))
    with open_bench(dataset, cached) as bench:
        first = bench.run("hybrid")
    before = engine.encoder.encoded_texts

    with open_bench(dataset, cached) as bench:
        second = bench.run("hybrid")

    assert before > 0
    assert engine.encoder.encoded_texts == before
    assert second == first


@pytest.mark.parametrize("system", PRODUCT)
def test_a_matching_run_is_the_matchmaker_with_one_arm_or_both(system, engine, tmp_path):
    dataset = read_matching(write_matching_world(tmp_path))

    with open_bench(dataset, engine) as bench:
        run = bench.run(system)

    assert list(run.answers) == list(dataset.needs)
    assert set(run.ids()["N-ko"][:2]) == {"C-rain", "C-rain2"}


def test_refused_companies_stand_after_all_matches(engine, tmp_path):
    dataset = read_matching(write_matching_world(tmp_path))

    with open_bench(dataset, engine) as bench:
        found = bench.run("hybrid").ids()["N-cert"]

    assert found[0] == "C-rain"
    assert "C-rain2" in found[1:]


def test_the_other_direction_ranks_needs_for_companies(engine, tmp_path):
    dataset = read_matching(write_matching_world(tmp_path), "company-to-need")

    with open_bench(dataset, engine) as bench:
        found = bench.run("hybrid").ids()

    assert list(found) == list(dataset.companies)
    assert found["C-burn"][0] == "N-en"
    assert found["C-sun"][0] == "N-id"


def test_refusals_are_ordered_by_score_and_named_once(engine, tmp_path):
    dataset = read_matching(write_matching_world(tmp_path))
    need = Need("N", "need")
    refusals = tuple(
        Refusal(Company(id, id), need, "rule", "문장", score)
        for id, score in [("b", 0.2), ("a", 0.2), ("c", 0.9), ("c", 0.9)]
    )
    shelf = Shelf({}, lambda text: Ranking("dense", ()), engine.encoder, engine.analyzer)
    bench = MatchingBench(dataset, {}, date(2026, 11, 22), Baselines(shelf))

    ordered = bench._in_order((), refusals)

    assert ordered == (Hit("c", 0.9), Hit("a", 0.2), Hit("b", 0.2))


class Silent:
    """A matchmaker that finds nobody but has someone it refuses."""

    def __init__(self, matchmaker):
        self._matchmaker = matchmaker

    def match(self, need, **options):
        shortlist = self._matchmaker.match(need, **options)
        refusals = tuple(
            Refusal(match.company, need, "confidence", "문장", match.score)
            for match in shortlist.matches
        )
        return replace(shortlist, matches=(), parts=(), refusals=refusals)


def test_with_abstain_a_query_without_a_match_gets_no_answer(engine, tmp_path):
    dataset = read_matching(write_matching_world(tmp_path))

    with open_bench(dataset, engine) as bench:
        silent_bench = replace(bench, matchmakers={"hybrid": Silent(bench.matchmakers["hybrid"])})
        ranked = silent_bench.run("hybrid")
        abstaining = silent_bench.run("hybrid", abstain=True)

    assert ranked.ids()["N-ko"][0] == "C-rain"
    assert ranked.abstained == frozenset()
    assert ranked.nobody_fits == abstaining.nobody_fits == frozenset(dataset.needs)
    assert set(abstaining.answers.values()) == {()}
    assert abstaining.abstained == frozenset(dataset.needs)


def test_abstaining_scores_zero_where_there_is_an_answer_and_costs_nothing_where_there_is_none(
    engine, tmp_path
):
    dataset = read_matching(write_matching_world(tmp_path))
    run = Run("s", {"N-ko": (Hit("C-rain", 1.0),)}, abstained=frozenset({"N-en", "N-none"}))

    result = evaluate(dataset, run, engine)

    assert result.scores.queries == ("N-ko", "N-en", "N-id", "N-cert")
    assert result.scores.left_out == ("N-none",)
    assert result.scores.mean("RR@10") == pytest.approx((1 + 0 + 0 + 0) / 4)
    assert (result.abstained, result.abstained_left_out) == (2, 1)


def test_a_comparison_marks_the_best_and_what_chance_does_not_explain(engine, tmp_path):
    dataset = read_retrieval(write_retrieval_world(tmp_path))
    many = [replace(dataset.queries[0], id=f"q{i}") for i in range(20)]
    dataset = replace(dataset, queries=tuple(many), qrels={q.id: {"burn": 1} for q in many})
    right = Run("right", {q.id: (Hit("burn", 1.0),) for q in many})
    wrong = Run("wrong", {q.id: (Hit("sun", 1.0),) for q in many})
    nearly = Run("nearly", {q.id: (Hit("burn", 1.0),) for q in many[1:]})

    comparison = compare_results([evaluate(dataset, run, engine) for run in (right, wrong, nearly)])

    assert comparison.best(dataset.name) == {"right"}
    assert comparison.letters(dataset.name) == {"right": "a", "nearly": "a", "wrong": "b"}
    assert [(p.first, p.second) for p in comparison.pairs] == [
        ("right", "wrong"),
        ("right", "nearly"),
        ("wrong", "nearly"),
    ]
    assert comparison.pairs[1].corrected_p == 1.0


def test_each_set_is_corrected_by_itself(engine, tmp_path):
    dataset = read_retrieval(write_retrieval_world(tmp_path))
    many = [replace(dataset.queries[0], id=f"q{i}") for i in range(6)]
    dataset = replace(dataset, queries=tuple(many), qrels={q.id: {"burn": 1} for q in many})
    right = evaluate(dataset, Run("right", {q.id: (Hit("burn", 1.0),) for q in many}), engine)
    wrong = evaluate(dataset, Run("wrong", {}), engine)
    elsewhere = [replace(result, dataset="elsewhere") for result in (right, wrong)]

    comparison = compare_results([right, wrong, *elsewhere])

    assert [pair.corrected_p for pair in comparison.pairs] == [2 / 2**6, 2 / 2**6]


def test_a_pair_can_be_read_from_either_side(engine, tmp_path):
    dataset = read_retrieval(write_retrieval_world(tmp_path))
    runs = [Run("first", {}), Run("second", {"q-en": (Hit("burn", 1.0),)})]
    (pair,) = compare_results([evaluate(dataset, run, engine) for run in runs]).pairs

    turned = pair.seen_from("second")

    assert pair.seen_from("first") == pair
    assert (turned.first, turned.second) == ("second", "first")
    assert turned.difference.mean == -pair.difference.mean == pytest.approx(1 / 3)
    assert turned.difference.interval.low == -pair.difference.interval.high
    assert turned.seen_from("first") == pair


class Unsure:
    """A matchmaker that knows only near misses."""

    def __init__(self, matchmaker):
        self._matchmaker = matchmaker

    def match(self, need, **options):
        shortlist = self._matchmaker.match(need, **options)
        everybody = (*shortlist.matches, *shortlist.nearest)
        nearest = tuple(replace(m, rank=rank) for rank, m in enumerate(everybody, start=1))
        return replace(shortlist, matches=(), nearest=nearest)


def test_near_misses_are_ranked_where_no_answer_is_not_asked_for(engine, tmp_path):
    dataset = read_matching(write_matching_world(tmp_path))

    with open_bench(dataset, engine) as bench:
        unsure = replace(bench, matchmakers={"hybrid": Unsure(bench.matchmakers["hybrid"])})
        plain, ranked = bench.run("hybrid"), unsure.run("hybrid")
        abstaining = unsure.run("hybrid", abstain=True)

    assert ranked.answers == plain.answers
    assert ranked.probabilities == abstaining.probabilities
    assert set(abstaining.answers.values()) == {()}


class Sure:
    """A matchmaker whose answers say how sure it is of them; slots keep the real ones from it."""

    def __init__(self, matchmaker):
        self._matchmaker = matchmaker

    def match(self, need, **options):
        shortlist = self._matchmaker.match(need, **options)
        surely = [With(match, 1 / match.rank) for match in shortlist.matches]
        return With(shortlist, None, matches=tuple(surely), refusals=())


class With:
    def __init__(self, value, probability, **others):
        self.__dict__.update(others, probability=probability, _value=value)

    def __getattr__(self, name):
        return getattr(self._value, name)


def test_a_run_keeps_the_probabilities_that_matches_carry(engine, tmp_path):
    dataset = read_matching(write_matching_world(tmp_path))

    with open_bench(dataset, engine) as bench:
        sure_bench = replace(bench, matchmakers={"hybrid": Sure(bench.matchmakers["hybrid"])})
        sure, plain = sure_bench.run("hybrid"), bench.run("bm25")

    ids = sure.ids()["N-ko"]
    assert sure.probabilities["N-ko"] == {id: 1 / rank for rank, id in enumerate(ids, start=1)}
    assert plain.probabilities == {}


def test_an_analyzer_with_a_memory_says_the_same_and_reads_a_text_once(mecab, monkeypatch):
    texts = {"a": "빗물 저류조 설치", "b": "Rainwater storage tanks for Lombok"}
    plain, once = (
        build_collection(texts, FakeEncoder(), analyzer)
        for analyzer in (mecab, reading_once(mecab))
    )
    for asked in ("빗물 저장", "rainwater", "롬복"):
        assert once.evidence(asked, 5) == plain.evidence(asked, 5)
    read = []
    monkeypatch.setattr(mecab, "terms", lambda text: read.append(text) or ["빗물"])

    analyzer = reading_once(mecab)

    assert analyzer.terms("빗물") == analyzer.terms("빗물") == ["빗물"]
    assert read == ["빗물"]
