import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import brute_force

from indexing.dense import DenseIndex
from matcher.errors import SnapshotMismatch


def unit_rows(count: int, dimension: int = 16, seed: int = 0) -> np.ndarray:
    rows = np.random.default_rng(seed).normal(size=(count, dimension))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def assert_equals_brute_force(ranking, owners, vectors, query, k, allowed=None):
    expected = brute_force(owners, vectors, query, k, allowed)
    assert ranking.ids() == tuple(id for id, _ in expected)
    assert [hit.score for hit in ranking.hits] == pytest.approx([s for _, s in expected], abs=1e-6)


@pytest.mark.parametrize("k", [1, 7, 40, 100, 1000])
def test_ids_and_scores_are_those_of_brute_force_with_several_passages_an_id(k):
    vectors, query = unit_rows(300), unit_rows(1, seed=1)[0]
    owners = [f"id{row % 100:03}" for row in range(300)]

    ranking = DenseIndex.build(owners, vectors).search(query, k)

    assert_equals_brute_force(ranking, owners, vectors, query, k)
    assert len(ranking.hits) == min(k, 100)


def test_many_passages_of_one_text_push_no_other_out():
    query = unit_rows(1, seed=1)[0]
    others = unit_rows(5)
    vectors = np.vstack([np.tile(query, (500, 1)), others])
    owners = ["long"] * 500 + [f"other{row}" for row in range(5)]

    ranking = DenseIndex.build(owners, vectors).search(query, 3)

    assert_equals_brute_force(ranking, owners, vectors, query, 3)
    assert ranking.ids()[0] == "long"


@pytest.mark.parametrize("k", [1, 5, 49])
def test_ids_decide_ties_also_at_the_end_of_the_list(k):
    query = unit_rows(1, seed=1)[0]
    owners = [f"id{number:02}" for number in reversed(range(50))]

    ranking = DenseIndex.build(owners, np.tile(query, (50, 1))).search(query, k)

    assert ranking.ids() == tuple(sorted(owners)[:k])


@settings(deadline=None)
@given(st.data())
def test_search_is_brute_force_on_vectors_full_of_ties(data):
    axes = np.eye(4, dtype=np.float32)
    rows = data.draw(st.lists(st.integers(0, 3), min_size=1, max_size=30))
    owners = [data.draw(st.sampled_from("abcdefgh")) for _ in rows]
    query = np.asarray([0.8, 0.6, 0, 0], dtype=np.float32)
    k = data.draw(st.integers(1, 10))
    allowed = data.draw(st.none() | st.sets(st.sampled_from("abcdxyz")))

    ranking = DenseIndex.build(owners, axes[rows]).search(query, k, allowed)

    assert_equals_brute_force(ranking, owners, axes[rows], query, k, allowed)


def test_a_filter_that_keeps_one_percent_returns_the_best_of_the_kept():
    vectors, query = unit_rows(2000), unit_rows(1, seed=1)[0]
    owners = [f"id{row // 2:04}" for row in range(2000)]
    allowed = {f"id{number:04}" for number in range(0, 1000, 100)}

    ranking = DenseIndex.build(owners, vectors).search(query, 8, allowed)

    assert_equals_brute_force(ranking, owners, vectors, query, 8, allowed)
    assert len(ranking.hits) == 8


@pytest.mark.parametrize("allowed", [[], ["nobody"]])
def test_a_filter_that_keeps_nothing_finds_nothing(allowed):
    index = DenseIndex.build(["a"], unit_rows(1))

    assert index.search(unit_rows(1)[0], 5, allowed).hits == ()


def test_an_id_named_twice_in_a_filter_counts_once():
    vectors = unit_rows(3)
    index = DenseIndex.build(["a", "b", "c"], vectors)

    ranking = index.search(vectors[0], 5, ["a", "a", "b"])

    assert_equals_brute_force(ranking, ["a", "b", "c"], vectors, vectors[0], 5, {"a", "b"})


def test_an_empty_index_finds_nothing():
    index = DenseIndex.build([], np.zeros((0, 16), dtype=np.float32))

    assert index.search(unit_rows(1)[0], 5).hits == ()
    assert index.similarities(unit_rows(1)[0], ["a"]) == {}


def test_similarities_are_those_of_the_best_row_of_each_named_id():
    vectors, query = unit_rows(300), unit_rows(1, seed=1)[0]
    owners = [f"id{row % 100:03}" for row in range(300)]
    named = ["id007", "id099", "id000", "nobody"]

    found = DenseIndex.build(owners, vectors).similarities(query, named)

    assert found == pytest.approx(dict(brute_force(owners, vectors, query, 300, named)), abs=1e-6)


def test_equal_rows_have_equal_similarities_wherever_they_stand():
    row, query = unit_rows(2, dimension=384)
    owners = [f"id{number}" for number in range(33)]

    found = DenseIndex.build(owners, np.tile(row, (33, 1))).similarities(query, owners)

    assert len(set(found.values())) == 1
    assert found["id0"] == pytest.approx(
        math.fsum(float(a) * float(b) for a, b in zip(row, query, strict=True)), abs=1e-6
    )


def test_what_is_written_reads_the_same(tmp_path):
    vectors, query = unit_rows(50), unit_rows(1, seed=1)[0]
    owners = [f"id{row % 20}" for row in range(50)]
    index = DenseIndex.build(owners, vectors)
    index.write(tmp_path / "dense.faiss")

    again = DenseIndex.read(tmp_path / "dense.faiss", owners)

    assert again.search(query, 20) == index.search(query, 20)
    assert again.similarities(query, owners) == index.similarities(query, owners)
    assert (again.dimension, len(again), again.owners) == (16, 50, owners)


def test_a_list_of_owners_that_does_not_fit_is_refused(tmp_path):
    DenseIndex.build(["a", "b"], unit_rows(2)).write(tmp_path / "dense.faiss")

    with pytest.raises(SnapshotMismatch, match="greenmatch index"):
        DenseIndex.read(tmp_path / "dense.faiss", ["a"])


@pytest.mark.parametrize("content", [None, b"", b"not an index"])
def test_a_file_that_is_no_index_is_refused_with_a_sentence(tmp_path, content):
    if content is not None:
        (tmp_path / "dense.faiss").write_bytes(content)

    with pytest.raises(SnapshotMismatch, match="greenmatch index"):
        DenseIndex.read(tmp_path / "dense.faiss", ["a"])
