import unicodedata

import numpy as np
import pytest
from fakes import FakeEncoder, space_analyzer
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import brute_force, coverage, presence

from indexing.collection import build_collection, concept_names, encode_query

LONG = " ".join(f"낱말{number}" for number in range(100)) + " 빗물 저류 시스템"
TEXTS = {
    "rain": "빗물 저류 시스템",
    "long": LONG,
    "water": "정수 시스템",
    "light": "LED 가로등",
    "blank": "",
}


def build(texts=TEXTS, **options):
    return build_collection(texts, FakeEncoder(), space_analyzer(), **options)


def exact(texts, query):
    """Evidence of every text by the textbook: best passage, BM25 over the sum of idf."""
    encoder, analyzer = FakeEncoder(), space_analyzer()
    passages = [
        (id, text[start:end].strip())
        for id, text in texts.items()
        for start, end in encoder.passages(text)
    ]
    owners = [id for id, _ in passages]
    vectors = encoder.encode([passage for _, passage in passages], "passage")
    similar = brute_force(owners, vectors, encode_query(encoder, query), len(texts))
    terms = {id: analyzer.terms(text) for id, text in texts.items()}
    asked = analyzer.terms(query)
    return {
        id: (similarity, coverage(terms, asked, id) if asked and any(terms.values()) else 0.0)
        for id, similarity in similar
    }


def test_evidence_of_all_texts_is_exact():
    query = "빗물 시스템 LED"

    found = build().evidence(query, len(TEXTS))

    expected = exact(TEXTS, query)
    assert found.candidates.keys() == expected.keys()
    for id, item in found.candidates.items():
        assert (item.similarity, item.coverage) == pytest.approx(expected[id], abs=1e-6)


def named(text):
    return concept_names(space_analyzer(), text)


def test_candidates_are_the_best_of_each_source_with_evidence_of_all():
    query = "빗물 시스템 LED"
    k = 2

    found = build().evidence(query, k)

    expected = exact(TEXTS, query)
    by_meaning = sorted(expected, key=lambda id: (-expected[id][0], id))[:k]
    by_words = sorted(expected, key=lambda id: (-expected[id][1], id))[:k]
    concepts = {id: named(text) for id, text in TEXTS.items()}
    shares = {id: presence(concepts, named(query), id) for id in TEXTS}
    by_concepts = sorted((id for id in TEXTS if shares[id]), key=lambda id: (-shares[id], id))[:k]
    assert by_concepts == ["light", "long"]
    assert set(found.candidates) == {*by_meaning, *by_words, *by_concepts}
    for id, item in found.candidates.items():
        assert (item.similarity, item.coverage) == pytest.approx(expected[id], abs=1e-6)
        assert item.concepts == pytest.approx(shares[id], abs=1e-6)


def test_a_long_text_is_found_by_its_last_passage():
    found = build({"long": LONG, "light": "LED 가로등"}).evidence("빗물 저류 시스템", 2)

    last = LONG[slice(*FakeEncoder().passages(LONG)[-1])]
    vectors = FakeEncoder().encode([last, "빗물 저류 시스템"], "passage")
    assert found.candidates["long"].similarity == pytest.approx(float(vectors[0] @ vectors[1]))


@pytest.mark.parametrize("allowed", [["light"], ["light", "water", "nobody"], {"rain"}])
def test_a_filter_returns_all_the_allowed_where_there_are_few(allowed):
    found = build().evidence("빗물 저류 시스템", 3, allowed)

    assert set(found.candidates) == set(allowed) - {"nobody"}


@pytest.mark.parametrize("allowed", [[], ["nobody"]])
def test_a_filter_that_admits_nothing_finds_nothing(allowed):
    assert build().evidence("빗물", 3, allowed).candidates == {}


def test_an_empty_collection_answers_without_encoding():
    encoder = FakeEncoder()
    collection = build_collection({}, encoder, space_analyzer())
    encoder.calls.clear()

    found = collection.evidence("빗물", 3)

    assert (len(collection), found.candidates, found.agreement) == (0, {}, 0)
    assert encoder.calls == []


def test_a_query_in_decomposed_letters_finds_the_same():
    collection = build()

    composed = collection.evidence("빗물 저류", 3)
    decomposed = collection.evidence(unicodedata.normalize("NFD", "빗물 저류"), 3)

    assert decomposed == composed


def test_a_query_in_another_script_hardly_agrees_with_the_collection():
    collection = build()

    assert collection.evidence("rainwater storage", 3).agreement < 0.1
    assert collection.evidence("빗물 저류", 3).agreement > 0.9


@settings(deadline=None, max_examples=30)
@given(st.permutations(list(TEXTS.items())), st.sampled_from(["빗물 LED", "시스템", "water"]))
def test_evidence_does_not_depend_on_the_order_of_the_texts(items, query):
    shuffled = build(dict(items)).evidence(query, 3)

    assert shuffled == build().evidence(query, 3)


def test_a_long_query_is_the_mean_of_its_pieces():
    encoder = FakeEncoder()

    vector = encode_query(encoder, LONG)

    pieces = [LONG[start:end] for start, end in encoder.passages(LONG)]
    mean = np.asarray(encoder.encode(pieces, "query"), dtype=np.float64).mean(axis=0)
    assert len(pieces) > 1
    assert vector == pytest.approx(mean / np.linalg.norm(mean), abs=1e-6)


def test_queries_and_passages_are_encoded_as_what_they_are():
    encoder = FakeEncoder()
    collection = build_collection({"rain": "빗물"}, encoder, space_analyzer())

    collection.evidence("저류", 1)

    assert encoder.calls == [("passage", ("빗물",)), ("query", ("저류",))]


def test_building_tells_how_far_it_is():
    told = []

    build(progress=lambda what, done, total: told.append((what, done, total)))

    assert ("형태소 분석", len(TEXTS), len(TEXTS)) in told
    what, done, total = told[-1]
    assert what == "임베딩"
    assert done == total
