"""The three weights of the fusion, chosen without the family of sets on which they are then judged.

What each source says of every candidate is asked once; after that a choice of weights is a sum and a
sort. Sets whose names begin alike (`hs6_en2ko`, `hs6_ko2en`) share texts and are one family: they are
left out together. Of a matching set the whole texts are looked at, before rules and the order over
parts; what records add (project types, sectors) stays as shipped, and so does which offering stands for a
company. The shipped weights may not be 0: the evidence is read back from the points they gave.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import numpy.typing as npt

from evaluation.datasets import Dataset, MatchingDataset, Qrels, Query
from evaluation.systems import DEPTH, Engine, encode_queries
from evaluation.tables import Table, figure
from matcher.fusion import coverage_weight
from matcher.matching import Catalogue, Matchmaker
from matcher.policy import Policy
from matcher.progress import Progress, silent

Array = npt.NDArray[np.float64]
Weights = tuple[float, float, float]
"""Of coverage where query and collection are in one script, where they share none, and of concepts."""

GRID = tuple(
    product(
        (0.1, 0.2, 0.25, 0.3, 0.35, 0.4, 0.5),
        (0.1, 0.2, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6),
        (0.0, 0.01, 0.03, 0.05, 0.1),
    )
)
CUT = 10
NOTHING: Weights = (0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Asked:
    """One query: its candidates in the order of their ids, and what is known of them.

    similarity, coverage, concepts, rest: (candidates,); rest is what the weights do not touch.
    agreement: of the query's and the texts' scripts, 0..1. gains: the grade of each candidate.
    ideal: the best DCG that any order of all judged could have.
    """

    similarity: Array
    coverage: Array
    concepts: Array
    rest: Array
    agreement: float
    gains: Array
    ideal: float


@dataclass(frozen=True, slots=True)
class Known:
    """A set with all that its candidates depend on."""

    name: str
    queries: tuple[Asked, ...]

    @property
    def family(self) -> str:
        """Sets of one family are left out together."""
        return self.name.split("_")[0]


@dataclass(frozen=True, slots=True)
class Held:
    """One set under weights that were chosen without its family, mean nDCG@10 each.

    dense: similarity (and what records add) alone. shipped: the policy's weights, chosen with most of
    these sets in sight. chosen: `weights`. best: the best of the grid for this very set.
    """

    name: str
    weights: Weights
    dense: float
    shipped: float
    chosen: float
    best: float


def read_known(dataset: Dataset, engine: Engine, progress: Progress = silent) -> Known:
    """Ask everything once; slow."""
    encode_queries(dataset, engine, progress)
    ask = _matching if isinstance(dataset, MatchingDataset) else _retrieval
    queries = []
    for done, asked in enumerate(ask(dataset, engine, progress), start=1):
        queries.append(asked)
        progress(f"찾기 {dataset.name}", done, len(dataset.queries))
    return Known(dataset.name, tuple(queries))


def _counted(dataset: Dataset) -> Iterator[Query]:
    for query in dataset.queries:
        if max(dataset.qrels.get(query.id, {}).values(), default=0) > 0 and query.text.strip():
            yield query


def _retrieval(dataset: Dataset, engine: Engine, progress: Progress) -> Iterator[Asked]:
    from indexing.collection import build_collection

    assert not isinstance(dataset, MatchingDataset)
    texts = {id: text for id, text in dataset.corpus.items() if text.strip()}
    collection = build_collection(texts, engine.encoder, engine.analyzer, progress)
    for query in _counted(dataset):
        evidence = collection.evidence(query.text, DEPTH)
        said = {
            id: (item.similarity, item.coverage, item.concepts, 0.0)
            for id, item in evidence.candidates.items()
        }
        yield _asked(said, evidence.agreement, dataset.qrels, query.id)


def _matching(dataset: Dataset, engine: Engine, progress: Progress) -> Iterator[Asked]:
    from indexing.snapshot import build_snapshot, open_snapshot

    assert isinstance(dataset, MatchingDataset)
    with TemporaryDirectory(prefix="greenmatch-weights-") as folder:
        records = (dataset.companies.values(), dataset.needs.values())
        build_snapshot(Path(folder), *records, engine.encoder, engine.analyzer, progress=progress)
        snapshot = open_snapshot(Path(folder), engine.encoder, engine.analyzer)
        maker = Matchmaker(Catalogue(dataset.companies, dataset.needs), snapshot, engine.policy)
        for query in _counted(dataset):
            found = maker.find(dataset.needs[query.id], len(dataset.companies))
            agreement = found[0].agreement if found and found[0].agreement is not None else 1.0
            own, foreign, terms = shipped_weights(engine.policy)
            words = coverage_weight(agreement, own, foreign)
            said = {
                item.company.company_id: (
                    item.points.dense,
                    item.points.lexical / words,
                    item.points.concept / terms,
                    item.points.kind + item.points.sector,
                )
                for item in found
            }
            yield _asked(said, agreement, dataset.qrels, query.id)


def _asked(
    said: Mapping[str, tuple[float, float, float, float]],
    agreement: float,
    qrels: Qrels,
    query_id: str,
) -> Asked:
    ids = sorted(said)
    judged = qrels[query_id]
    similarity, coverage, concepts, rest = np.array([said[id] for id in ids]).reshape(-1, 4).T
    best = sorted((grade for grade in judged.values() if grade > 0), reverse=True)[:CUT]
    return Asked(
        similarity,
        coverage,
        concepts,
        rest,
        agreement,
        gains=np.array([max(0, judged.get(id, 0)) for id in ids], dtype=float),
        ideal=math.fsum(grade / math.log2(rank + 1) for rank, grade in enumerate(best, start=1)),
    )


def ndcg(known: Known, weights: Weights) -> float:
    """Return the mean nDCG@10 of a set (linear gain, equal scores by id); 0 for an empty one."""
    total = 0.0
    own, foreign, terms = weights
    for asked in known.queries:
        words = coverage_weight(asked.agreement, own, foreign)
        scores = asked.similarity + words * asked.coverage + terms * asked.concepts + asked.rest
        order = np.argsort(-scores, kind="stable")[:CUT]
        total += float(asked.gains[order] @ _DISCOUNTS[: len(order)]) / asked.ideal
    return total / len(known.queries) if known.queries else 0.0


_DISCOUNTS = 1 / np.log2(np.arange(2, CUT + 2))


def shipped_weights(policy: Policy) -> Weights:
    """Return the policy's own."""
    return policy.coverage_weight, policy.foreign_coverage_weight, policy.concept_weight


def leave_out(
    sets: Sequence[Known], policy: Policy, progress: Progress = silent
) -> tuple[Held, ...]:
    """Choose weights on all other families, by the mean over families, and judge each set with them.

    Of equally good weights the first of the grid, the smaller, wins.
    """
    table = np.zeros((len(GRID), len(sets)))
    for row, weights in enumerate(GRID):
        table[row] = [ndcg(known, weights) for known in sets]
        progress("가중치 고르기", row + 1, len(GRID))
    families = [known.family for known in sets]
    held = []
    for place, known in enumerate(sets):
        others = sorted(set(families) - {known.family})
        means = [
            table[:, [p for p, family in enumerate(families) if family == other]].mean(axis=1)
            for other in others
        ]
        row = int(np.argmax(np.mean(means, axis=0).round(6))) if means else 0
        held.append(
            Held(
                known.name,
                GRID[row],
                ndcg(known, NOTHING),
                ndcg(known, shipped_weights(policy)),
                float(table[row, place]),
                float(table[:, place].max()),
            )
        )
    return tuple(held)


def weights_table(held: Sequence[Held]) -> Table:
    """Return what people read, with the mean over sets in the last row."""
    rows: list[tuple[str, ...]] = [
        (
            item.name,
            " · ".join(f"{weight:g}" for weight in item.weights),
            figure(item.dense),
            figure(item.shipped),
            figure(item.chosen),
            figure(item.best),
        )
        for item in held
    ]
    if held:
        means = np.mean([(i.dense, i.shipped, i.chosen, i.best) for i in held], axis=0)
        rows.append(("평균", "", *(figure(float(value)) for value in means)))
    head = (
        "자료",
        "남의 자료로 고른 가중치",
        "의미만",
        "제품의 가중치",
        "남의 자료로",
        "제 자료로(상한)",
    )
    return Table("가중치를 고를 때 제 갈래를 뺀 nDCG@10", head, tuple(rows), text_columns=2)
