"""Weights of the fusion chosen without the set that they are judged on."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from evaluation.datasets import read_dataset
from evaluation.measures import score_run
from evaluation.systems import open_bench
from evaluation.weights import (
    GRID,
    Asked,
    Known,
    leave_out,
    ndcg,
    read_known,
    shipped_weights,
    weights_table,
)
from matcher.policy import Policy
from tests.eval_worlds import open_world_engine, write_matching_world, write_retrieval_world


def asked(coverage: tuple[float, float], right: int) -> Asked:
    """Two candidates that mean the same; one of them is right."""
    gains = np.zeros(2)
    gains[right] = 1.0
    nothing = np.zeros(2)
    return Asked(np.full(2, 0.8), np.array(coverage), nothing, nothing, 1.0, gains, 1.0)


WORDS_HELP = asked((0.0, 0.9), right=1)
WORDS_MISLEAD = asked((0.0, 0.9), right=0)


def test_words_count_where_they_help():
    known = Known("a_1", (WORDS_HELP,))
    assert ndcg(known, (0.0, 0.0, 0.0)) == pytest.approx(0.631, abs=1e-3)
    assert ndcg(known, (0.3, 0.0, 0.0)) == 1.0


def test_a_query_in_another_script_asks_the_second_weight():
    foreign = Known("a_1", (replace(WORDS_HELP, agreement=0.0),))
    assert ndcg(foreign, (0.3, 0.0, 0.0)) == pytest.approx(0.631, abs=1e-3)
    assert ndcg(foreign, (0.0, 0.3, 0.0)) == 1.0


def test_a_family_never_votes_on_its_own_sets():
    helped = [Known(f"a_{n}", (WORDS_HELP,)) for n in range(3)]
    misled = Known("b", (WORDS_MISLEAD, replace(WORDS_MISLEAD, coverage=np.array([0.0, 0.0]))))
    held = {item.name: item for item in leave_out([*helped, misled], Policy.load())}

    # the sets of family a know only b, on which no weight for words does any good: the grid's first
    assert {held[f"a_{n}"].weights for n in range(3)} == {GRID[0]}
    assert held["b"].chosen < held["b"].dense == 1.0
    assert all(item.best >= item.chosen for item in held.values())
    table = weights_table(tuple(held.values()))
    assert [row[0] for row in table.rows] == [*held, "평균"]


@pytest.mark.parametrize("write", [write_retrieval_world, write_matching_world])
def test_it_is_the_products_own_order(write: Callable[[Path], Path], tmp_path: Path):
    dataset = read_dataset(write(tmp_path))
    engine = open_world_engine()

    known = read_known(dataset, engine)

    with open_bench(dataset, engine) as bench:
        run = bench.run("hybrid")
    ids = [query.id for query in dataset.queries]
    answers = {query: [hit.id for hit in hits] for query, hits in run.answers.items()}
    scores = score_run(answers, dataset.qrels, ids, dataset.useful_grade)
    assert ndcg(known, shipped_weights(engine.policy)) == pytest.approx(
        scores.mean("nDCG@10"), abs=1e-6
    )
