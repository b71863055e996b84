import math
from dataclasses import replace

import numpy as np
import pytest
from fakes import FakeEncoder
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import coverage, idf

from evaluation import baselines
from evaluation.baselines import (
    BASELINES,
    FUSED_HITS,
    PARENTS,
    Baselines,
    Bm25,
    Entry,
    Rrf,
    SectorMatcher,
    Shelf,
    agreement,
    find_sectors,
    pool,
    reciprocal_rank_fusion,
    words,
)
from evaluation.datasets import read_matching, read_retrieval
from evaluation.systems import open_bench, require_available, why_unavailable
from indexing.collection import encode_query
from indexing.vectors import VectorCache
from matcher.errors import InvalidRequest
from matcher.ranking import Hit, Ranking
from matcher.vocabulary import sectors
from tests.eval_worlds import (
    SpaceAnalyzer,
    WordEncoder,
    open_world_engine,
    write_matching_world,
    write_retrieval_world,
)

TEXTS = {
    "a": "빗물 저류 저류 시스템",
    "b": "빗물 정수",
    "c": "LED 조명 가로등 led",
    "d": "-",
    "e": "저류",
}


def bm25(query, id, texts=TEXTS):
    """The textbook formula: the oracle's coverage is BM25 over the sum of the query's idf."""
    terms = {key: words(text) for key, text in texts.items()}
    return coverage(terms, words(query), id) * math.fsum(idf(terms, term) for term in words(query))


def test_words_are_cut_at_spaces_whatever_their_case():
    assert words("LED  조명,\n가로등") == ["led", "조명,", "가로등"]


@pytest.mark.parametrize("query", ["저류", "빗물 저류", "저류 저류 led", "LED"])
def test_bm25_is_the_textbook_formula(query):
    ranking = Bm25("bm25-words", TEXTS, words).rank(Entry(query), 10)

    expected = {id: score for id in TEXTS if (score := bm25(query, id)) > 0}
    assert ranking.scores() == pytest.approx(expected, rel=1e-5)
    assert [hit.score for hit in ranking.hits] == sorted(ranking.scores().values(), reverse=True)


@settings(deadline=None)  # a busy machine is slow, not wrong
@given(
    st.dictionaries(
        st.sampled_from("abcdef"),
        st.lists(st.sampled_from(["물", "흙", "불", "led"]), min_size=1, max_size=6).map(" ".join),
        min_size=1,
    ),
    st.lists(st.sampled_from(["물", "흙", "불", "led", "없음"]), min_size=1, max_size=4),
    st.integers(1, 4),
)
def test_bm25_lists_the_best_by_the_textbook_in_every_world(texts, terms, k):
    ranking = Bm25("bm25", texts, words).rank(Entry(" ".join(terms)), k)

    known = [term for term in terms if any(term in words(text) for text in texts.values())]
    expected = {id: bm25(" ".join(known), id, texts) for id in texts} if known else {}
    found = ranking.scores()
    assert found == pytest.approx({id: expected[id] for id in found}, rel=1e-5)
    assert len(found) == min(k, sum(score > 0 for score in expected.values()))
    left = [score for id, score in expected.items() if id not in found]
    assert not found or not left or min(found.values()) >= max(left) - 1e-5


def test_ids_decide_ties_also_at_the_end_of_the_list():
    texts = dict.fromkeys("hgfedcba", "빗물")

    assert Bm25("bm25", texts, words).rank(Entry("빗물"), 3).ids() == ("a", "b", "c")


def test_who_shares_no_word_is_not_listed_and_a_corpus_without_words_answers_nothing():
    assert Bm25("bm25", TEXTS, words).rank(Entry("수소"), 10).hits == ()
    assert Bm25("bm25", {"a": "", "b": ""}, words).rank(Entry("빗물"), 10).hits == ()


def test_reciprocal_rank_fusion_adds_one_over_sixty_plus_rank():
    ranking = reciprocal_rank_fusion([["a", "b", "c"], ["c", "a"], []], 10)

    assert ranking.hits == (
        Hit("a", 1 / (60 + 1) + 1 / (60 + 2)),
        Hit("c", 1 / (60 + 3) + 1 / (60 + 1)),
        Hit("b", 1 / (60 + 2)),
    )


def test_ids_decide_ties_of_fused_ranks():
    assert reciprocal_rank_fusion([["b", "a"], ["a", "b"]], 1).ids() == ("a",)


def test_fusion_reads_the_first_hundred_of_each_arm():
    long = Ranking.of("dense", {f"d{i:03}": -float(i) for i in range(FUSED_HITS + 1)})
    arm = Bm25("bm25", {"w": "빗물"}, words)

    fused = Rrf(lambda text: long, arm).rank(Entry("빗물"), 1_000)

    assert fused.scores() == pytest.approx(
        {f"d{i:03}": 1 / (60 + 1 + i) for i in range(FUSED_HITS)} | {"w": 1 / (60 + 1)}
    )


def test_the_stated_sector_goes_before_the_terms_of_the_text():
    assert find_sectors(Entry("태양광 모듈", "물")) == {"water"}
    assert find_sectors(Entry("태양광 모듈", "알 수 없는 분야")) == {"renewable"}
    assert find_sectors(Entry("태양광 모듈")) == {"renewable"}
    assert find_sectors(Entry("solar panel with wind turbine and drinking water")) == {"renewable"}
    assert find_sectors(Entry("낚싯배")) == frozenset()


def test_a_term_that_is_said_often_counts_once_and_sectors_that_tie_all_count():
    assert find_sectors(Entry("태양광, 태양광, 태양광, 정수 처리")) == {"renewable", "water"}


def test_the_same_sector_is_worth_two_the_same_parent_one_and_all_else_nothing():
    water, waste = frozenset({"water"}), frozenset({"urban_resource"})

    assert agreement(water, frozenset({"water", "led"})) == 2
    assert agreement(water, waste) == 1
    assert agreement(water, frozenset({"renewable"})) == 0
    assert agreement(water, frozenset()) == agreement(frozenset(), frozenset()) == 0


def test_every_sector_of_the_vocabulary_has_a_parent():
    assert set(PARENTS) == set(sectors())


def test_the_sector_matcher_orders_by_level_and_then_by_id():
    entries = {
        "z": Entry("a", "물"),
        "y": Entry("b", "대기"),
        "x": Entry("c", "신재생에너지"),
        "w": Entry("d", "물"),
    }

    ranking = SectorMatcher(entries).rank(Entry("정수 설비", "상하수도"), 10)

    assert ranking.hits == (Hit("w", 2.0), Hit("z", 2.0), Hit("y", 1.0), Hit("x", 0.0))


def test_pooling_keeps_the_best_of_what_an_owner_owns_in_any_list():
    first = Ranking.of("s", {"A/1": 0.2, "B/1": 0.5})
    second = Ranking.of("s", {"A/2": 0.9, "C/1": 0.1})

    for rankings in ([first, second], [second, first]):
        pooled = pool("s", rankings, lambda key: key[0], 2)

        assert pooled.hits == (Hit("A", 0.9), Hit("B", 0.5))


# -- txtai


class Alone:
    """An encoder with a single direction per text, to tell which texts it was asked for."""

    name = backend = "alone"
    dimension = 4

    def __init__(self):
        self.asked = []

    def encode(self, texts, kind, progress=None):
        self.asked += [(kind, text) for text in texts]
        rows = [[1.0, len(text) % 7, len(text) % 5, 0.5] for text in texts]
        vectors = np.asarray(rows, dtype=np.float32)
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)

    def passages(self, text):
        return ((0, len(text)),)


@pytest.fixture
def txtai_of():
    pytest.importorskip("txtai", reason="txtai (extra `peer`) is not installed")
    opened = []

    def open_over(texts, encoder):
        shelf = Shelf(
            {id: Entry(text) for id, text in texts.items()},
            lambda text: Ranking("dense", ()),
            encoder,
            SpaceAnalyzer(),
        )
        opened.append(Baselines(shelf))
        return opened[-1]

    yield open_over
    for one in opened:
        one.close()


def test_txtai_asks_the_products_encoder_for_questions_and_passages(txtai_of):
    encoder = Alone()

    txtai_of({"a": "빗물 저류조", "b": "소각로"}, encoder).rank("txtai", Entry("빗물 설비"), 2)

    assert encoder.asked == [
        ("passage", "빗물 저류조"),
        ("passage", "소각로"),
        ("query", "빗물 설비"),
    ]


def test_where_no_word_is_shared_txtai_scores_half_of_the_cosine(txtai_of):
    texts = {"rain": "빗물 저류조", "burn": "폐기물 소각로", "sun": "태양광 발전"}
    encoder = WordEncoder()

    found = txtai_of(texts, encoder).rank("txtai", Entry("surya storage"), 3)

    query = encode_query(encoder, "surya storage")
    cosines = dict(zip(texts, encoder.encode(list(texts.values()), "passage") @ query, strict=True))
    assert found.scores() == pytest.approx({id: 0.5 * cosines[id] for id in texts}, abs=1e-6)


def test_a_shared_word_lifts_a_text_by_its_half_of_the_score(txtai_of):
    texts = {"a": "빗물 가", "b": "폐기물 나", "c": "태양광 다", "d": "발전 라"}
    encoder = WordEncoder()

    found = txtai_of(texts, encoder).rank("txtai", Entry("빗물"), 4).scores()

    cosine = float(encoder.encode(["빗물 가"], "passage")[0] @ encode_query(encoder, "빗물"))
    assert 0.5 * cosine < found["a"] <= 0.5 * cosine + 0.5


def test_in_txtai_a_long_text_stands_where_its_best_passage_stands(txtai_of):
    encoder = FakeEncoder(passage_words=2)
    texts = {"long": "하나 둘 셋 넷 다섯 여섯", "short": "일곱 여덟"}

    found = txtai_of(texts, encoder).rank("txtai", Entry("surya"), 2)

    query = encode_query(encoder, "surya")
    pieces = ["하나 둘", "셋 넷", "다섯 여섯"]
    best = max(float(vector @ query) for vector in encoder.encode(pieces, "passage"))
    assert set(found.ids()) <= {"long", "short"}
    assert found.scores()["long"] == pytest.approx(0.5 * best, abs=1e-6)


def test_txtai_answers_the_same_after_it_was_closed_and_built_again(txtai_of):
    shelf = txtai_of({"a": "빗물 저류조", "b": "소각로"}, WordEncoder())
    before = shelf.rank("txtai", Entry("빗물"), 2)

    shelf.close()

    assert shelf.rank("txtai", Entry("빗물"), 2) == before


def test_a_missing_txtai_is_said_with_what_to_install(monkeypatch, tmp_path):
    dataset = read_retrieval(write_retrieval_world(tmp_path))
    monkeypatch.setattr("evaluation.systems.find_spec", lambda name: None)

    with pytest.raises(InvalidRequest, match=r"greenmatch\[peer\]"):
        require_available("txtai", dataset)


# -- on a bench


def test_an_unknown_baseline_is_refused_by_name():
    shelf = Shelf({}, lambda text: Ranking("dense", ()), WordEncoder(), SpaceAnalyzer())

    with pytest.raises(InvalidRequest, match="bm42"):
        Baselines(shelf).rank("bm42", Entry("물"), 1)


@pytest.mark.parametrize("baseline", BASELINES)
def test_a_query_without_text_has_no_answer(baseline):
    shelf = Shelf({}, lambda text: Ranking("dense", ()), WordEncoder(), SpaceAnalyzer())

    assert Baselines(shelf).rank(baseline, Entry(" "), 5).hits == ()


def test_a_text_without_a_letter_is_not_searched():
    shelf = Shelf(
        {"a": Entry("-"), "b": Entry("물")},
        lambda text: Ranking("dense", ()),
        WordEncoder(),
        SpaceAnalyzer(),
    )

    assert shelf.texts == {"b": "물"}


def test_rrf_on_a_bench_fuses_the_runs_of_dense_and_bm25(tmp_path):
    dataset = read_retrieval(write_retrieval_world(tmp_path))

    with open_bench(dataset, open_world_engine()) as bench:
        dense, lexical, fused = (bench.run(name).ids() for name in ("dense", "bm25", "rrf"))

    for query in fused:
        expected = reciprocal_rank_fusion([dense[query], lexical[query]], 100)
        assert fused[query] == expected.ids()
    assert lexical["q-en"] == ()
    assert fused["q-en"] == dense["q-en"]


def test_sector_is_not_available_where_nothing_has_a_sector(tmp_path):
    dataset = read_retrieval(write_retrieval_world(tmp_path / "docs"))
    matching = read_matching(write_matching_world(tmp_path / "firms"))

    with (
        open_bench(dataset, open_world_engine()) as bench,
        pytest.raises(InvalidRequest, match="검색 자료에서는 잴 수 없습니다"),
    ):
        bench.run("sector")

    assert why_unavailable("sector", matching) is None


@pytest.mark.parametrize("baseline", BASELINES)
@pytest.mark.parametrize("direction", ["need-to-company", "company-to-need"])
def test_a_baseline_ranks_companies_or_needs_each_once_and_knows_no_rules(
    baseline, direction, tmp_path
):
    dataset = read_matching(write_matching_world(tmp_path), direction)

    with open_bench(dataset, open_world_engine()) as bench:
        run = bench.run(baseline, abstain=True)

    asked, answers = dataset.needs, dataset.companies
    if direction == "company-to-need":
        asked, answers = answers, asked
    assert list(run.answers) == list(asked)
    assert run.abstained == frozenset()
    for ids in run.ids().values():
        assert len(set(ids)) == len(ids)
        assert set(ids) <= set(answers)
    if direction == "need-to-company":
        assert set(run.ids()["N-ko"][:2]) == {"C-rain", "C-rain2"}


def test_a_company_stands_where_its_best_offering_stands(tmp_path):
    dataset = read_matching(write_matching_world(tmp_path))
    rain = dataset.companies["C-rain"]
    second = replace(rain.offerings[0], offering_id="2", title="어선", description="어선 제조")
    rich = replace(rain, offerings=(second, *rain.offerings))
    dataset = replace(dataset, companies={**dataset.companies, "C-rain": rich})

    with open_bench(dataset, open_world_engine()) as bench:
        hits = bench.run("bm25-words").answers["N-ko"]

    texts = {
        f"{company.company_id}/{offering.offering_id}": offering.text
        for company in dataset.companies.values()
        for offering in company.offerings
    }
    asked = dataset.needs["N-ko"].text
    best = max(bm25(asked, key, texts) for key in texts if key.startswith("C-rain/"))
    assert {hit.id: hit.score for hit in hits}["C-rain"] == pytest.approx(best, rel=1e-5)


def test_baselines_encode_nothing_that_the_product_has_encoded(tmp_path):
    engine = open_world_engine()
    dataset = read_retrieval(write_retrieval_world(tmp_path / "docs"))
    cached = replace(engine, encoder=VectorCache(engine.encoder, tmp_path / "vectors"))

    with open_bench(dataset, cached) as bench:
        bench.run("hybrid")
        before = engine.encoder.encoded_texts
        for baseline in BASELINES:
            if why_unavailable(baseline, dataset) is None:
                bench.run(baseline)

    assert engine.encoder.encoded_texts == before


def test_the_words_of_the_docstring_hold():
    import doctest

    assert doctest.testmod(baselines).failed == 0
