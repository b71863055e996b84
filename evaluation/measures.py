"""How good a run is: nDCG@10, RR@10, R@10, R@100 and Judged@10 by ir-measures.

What the library's names mean here:
- nDCG (pytrec_eval): gain = the grade itself (3, 2, 1, 0; linear, not 2^grade - 1), discount
  1 / log2(rank + 1), divided by the best possible over all judged documents.
- RR and R count documents of the set's useful grade or more: 1 for retrieval, 2 for matching.
- Judged@10 is the judged share of the answers given, at most ten; 0 where none was given.

Which queries count: those with at least one document of grade 1 or more, the same ones for every
measure and system. The others can't be answered well or badly and are left out and counted. A
query that counts but has no answer scores zero in everything; it never vanishes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import ir_measures
from ir_measures import RR, Judged, R, nDCG

from evaluation.datasets import Qrels

MEASURES = ("nDCG@10", "RR@10", "R@10", "R@100", "Judged@10")
MAIN_MEASURE = "nDCG@10"
Answers = Mapping[str, Sequence[str]]
"""Query id to document ids, best first, each once."""


@dataclass(frozen=True, slots=True)
class Scores:
    """Measures of one run, by query.

    queries: those that count, in the order given to `score_run`.
    values: measure name to one value per query, in the same order.
    left_out: judged or asked queries without any document of grade 1 or more.
    unanswered: queries that count and have no answer (they score zero).
    only_related: queries that count but have no document of the useful grade; RR and R are zero
        for them whatever a system does.
    """

    queries: tuple[str, ...]
    values: Mapping[str, tuple[float, ...]]
    left_out: tuple[str, ...]
    unanswered: tuple[str, ...]
    only_related: tuple[str, ...]

    def mean(self, measure: str) -> float:
        """Return the mean over the queries that count; 0 where there are none.

        >>> scores = Scores(("q1", "q2"), {"RR@10": (1.0, 0.5)}, (), (), ())
        >>> scores.mean("RR@10")
        0.75
        """
        values = self.values[measure]
        return sum(values) / len(values) if values else 0.0

    def means(self) -> dict[str, float]:
        """Return every measure's mean, in the order of MEASURES."""
        return {measure: self.mean(measure) for measure in MEASURES}

    def only(self, queries: frozenset[str]) -> "Scores":
        """Return the same scores for some of the queries."""
        places = [i for i, query in enumerate(self.queries) if query in queries]
        return Scores(
            queries=tuple(self.queries[i] for i in places),
            values={name: tuple(row[i] for i in places) for name, row in self.values.items()},
            left_out=tuple(query for query in self.left_out if query in queries),
            unanswered=tuple(query for query in self.unanswered if query in queries),
            only_related=tuple(query for query in self.only_related if query in queries),
        )


def score_run(
    answers: Answers, qrels: Qrels, queries: Sequence[str], useful_grade: int = 1
) -> Scores:
    """Measure the answers to `queries` (all that were asked) against the judgements.

    The library is given scores made of the ranks, all different: with equal scores it would order
    by document id, its own way round, and not as the system did.
    """
    counted = tuple(query for query in queries if max(qrels.get(query, {}).values(), default=0) > 0)
    names = {
        nDCG @ 10: "nDCG@10",
        RR(rel=useful_grade) @ 10: "RR@10",
        R(rel=useful_grade) @ 10: "R@10",
        R(rel=useful_grade) @ 100: "R@100",
        Judged @ 10: "Judged@10",
    }
    judged = [
        ir_measures.Qrel(query, document, grade)
        for query in counted
        for document, grade in qrels[query].items()
    ]
    run = [
        ir_measures.ScoredDoc(query, document, float(-rank))
        for query in counted
        for rank, document in enumerate(_once(answers.get(query, ()), query), start=1)
    ]
    found = {name: dict.fromkeys(counted, 0.0) for name in names.values()}
    if run:
        for metric in ir_measures.iter_calc(list(names), judged, run):
            found[names[metric.measure]][metric.query_id] = float(metric.value)
    return Scores(
        queries=counted,
        values={name: tuple(found[name][query] for query in counted) for name in MEASURES},
        left_out=tuple(query for query in queries if query not in found[MAIN_MEASURE]),
        unanswered=tuple(query for query in counted if not answers.get(query)),
        only_related=tuple(query for query in counted if max(qrels[query].values()) < useful_grade),
    )


def _once(documents: Sequence[str], query: str) -> Sequence[str]:
    if len(set(documents)) != len(documents):
        raise ValueError(f"a document stands twice in the answers to {query}")
    return documents
