from collections import Counter
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracles import coverage, idf

from indexing.lexical import LexicalIndex
from indexing.translations import Wording

TEXTS = {
    "a": ["빗물", "저류", "저류", "시스템"],
    "b": ["빗물", "정수"],
    "c": ["led", "조명", "가로등", "led", "led"],
    "d": [],
    "e": ["저류"],
}
WORDS = st.sampled_from(["빗물", "저류", "정수", "led", "가로등", "10kw"])
WORLDS = st.dictionaries(
    st.sampled_from("abcdefgh"), st.lists(WORDS, max_size=6), min_size=1, max_size=8
).filter(lambda texts: any(texts.values()))


SHARES = st.dictionaries(WORDS, st.floats(0.02, 1.0), max_size=4)


def build(texts=TEXTS) -> LexicalIndex:
    return LexicalIndex.build(list(texts), list(texts.values()))


def asked(terms, likely=MappingProxyType({})) -> list[Wording]:
    return [Wording(term, likely.get(term, {})) for term in terms]


@pytest.mark.parametrize(
    "query", [["빗물"], ["저류", "빗물"], ["저류", "저류", "led"], ["정수", "수소"], ["led"]]
)
def test_coverage_is_the_textbook_bm25_over_the_sum_of_idf(query):
    found = build().coverages(asked(query), list(TEXTS))

    assert found == pytest.approx({id: coverage(TEXTS, query, id) for id in TEXTS}, abs=1e-6)


@given(WORLDS, st.lists(WORDS, min_size=1, max_size=5))
def test_coverage_is_the_textbook_in_every_world(texts, query):
    found = build(texts).coverages(asked(query), list(texts))

    assert found == pytest.approx({id: coverage(texts, query, id) for id in texts}, abs=1e-6)
    assert all(0 <= share <= 1 for share in found.values())


@given(WORLDS, st.lists(WORDS, min_size=1, max_size=5), st.dictionaries(WORDS, SHARES, max_size=4))
def test_translations_count_as_far_as_they_are_likely(texts, query, likely):
    likely = {
        term: {f: s for f, s in others.items() if f != term} for term, others in likely.items()
    }
    index = build(texts)

    found = index.coverages(asked(query, likely), list(texts))

    expected = {id: coverage(texts, query, id, likely) for id in texts}
    assert found == pytest.approx(expected, abs=1e-6)
    assert all(0 <= share <= 1 + 1e-6 for share in found.values())
    for id, terms in texts.items():
        outside = index.coverage_of(asked(query, likely), Counter(terms))
        assert outside == pytest.approx(expected[id], abs=1e-6)


def test_a_foreign_word_finds_its_translation_and_one_that_nobody_knows_finds_nothing():
    index = build()
    query = asked(["rainwater", "hydrogen"], {"rainwater": {"빗물": 0.8, "우수": 0.2}})

    assert index.search(query, 10).ids() == ("b", "a")
    assert index.search(asked(["hydrogen"], {"hydrogen": {"수소": 1.0}}), 10).hits == ()


def test_a_search_returns_who_shares_a_word_best_first():
    query = ["저류", "빗물"]

    ranking = build().search(asked(query), 10)

    expected = {id: coverage(TEXTS, query, id) for id in ("a", "b", "e")}
    assert ranking.ids() == tuple(sorted(expected, key=lambda id: -expected[id]))
    assert ranking.scores() == pytest.approx(expected, abs=1e-6)


def test_words_that_no_text_has_make_every_coverage_smaller():
    index = build()

    alone = index.coverages(asked(["빗물"]), ["a"])["a"]
    diluted = index.coverages(asked(["빗물", "rainwater"]), ["a"])["a"]

    bounds = idf(TEXTS, "빗물"), idf(TEXTS, "rainwater")
    assert diluted == pytest.approx(alone * (bounds[0] / sum(bounds)) ** 0.5)
    assert diluted < alone


@pytest.mark.parametrize("query", [[], ["수소"], ["hydrogen", "수소"], [""]])
def test_a_query_that_shares_no_word_finds_nothing(query):
    index = build()

    assert index.search(asked(query), 10).hits == ()
    assert set(index.coverages(asked(query), list(TEXTS)).values()) == {0.0}


def test_ids_decide_ties_also_at_the_end_of_the_list():
    texts = {id: ["빗물"] for id in "hgfedcba"}

    assert build(texts).search(asked(["빗물"]), 3).ids() == ("a", "b", "c")


def test_a_filter_keeps_the_best_of_the_allowed():
    index = build()

    assert index.search(asked(["저류", "빗물"]), 1, ["b", "c", "nobody"]).ids() == ("b",)
    assert index.search(asked(["저류"]), 5, []).hits == ()
    assert index.search(asked(["저류"]), 5, ["c"]).hits == ()


@given(WORLDS, st.lists(WORDS, max_size=5), st.integers(1, 9), st.sets(st.sampled_from("abcdxy")))
def test_a_filtered_search_is_the_whole_search_without_the_others(texts, query, k, allowed):
    index = build(texts)

    filtered = index.search(asked(query), k, allowed)

    whole = [hit for hit in index.search(asked(query), len(texts)).hits if hit.id in allowed]
    assert filtered.hits == tuple(whole[:k])


def test_an_unknown_id_has_no_coverage():
    assert build().coverages(asked(["빗물"]), ["nobody"]) == {}


def test_what_is_written_reads_the_same(tmp_path):
    index = build()
    index.write(tmp_path / "words")

    again = LexicalIndex.read(tmp_path / "words", index.ids, index.scripts, index.mean_length)

    for query in (["빗물", "저류"], ["led", "led"], ["수소"], []):
        assert again.search(asked(query), 10) == index.search(asked(query), 10)
        assert again.agreement(query) == index.agreement(query)
    assert again.ids == list(TEXTS)
    assert len(again) == len(TEXTS)


def test_an_index_without_a_word_answers_and_can_be_written(tmp_path):
    index = LexicalIndex.build(["a", "b"], [[], []])
    index.write(tmp_path / "words")

    again = LexicalIndex.read(tmp_path / "words", ["a", "b"], {}, 0.0)

    assert index.search(asked(["빗물"]), 5).hits == again.search(asked(["빗물"]), 5).hits == ()
    assert again.coverages(asked(["빗물"]), ["a"]) == {"a": 0.0}


def test_agreement_is_the_common_share_of_scripts():
    index = build()  # 10 words in Hangul and led three times... of 12 terms, 3 are Latin

    shares = {"hangul": 9 / 12, "latin": 3 / 12}
    assert index.scripts == shares
    assert index.agreement(["빗물", "저류"]) == pytest.approx(9 / 12)
    assert index.agreement(["rainwater", "led"]) == pytest.approx(3 / 12)
    assert index.agreement(["빗물", "led"]) == pytest.approx(min(0.5, 9 / 12) + 3 / 12)
    assert index.agreement(["雨水"]) == 0
    assert index.agreement(["10", "2026"]) == 0
    assert index.agreement([]) == 0


def test_one_shared_name_of_few_says_less_than_many():
    texts = {"one": ["소각"], "many": ["소각", "매립", "발전", "퇴비"], "none": ["조명"]}
    names = LexicalIndex.build(list(texts), list(texts.values()), k1=0.0)

    def share(query, id):
        return names.coverages([Wording(term) for term in query], [id])[id]

    assert 0 < share(["소각"], "one") < share(texts["many"], "many") < 1
    assert share(["소각"], "one") == pytest.approx(share(["소각"], "many"))
    assert share(["소각"], "none") == share(["수소"], "one") == 0
