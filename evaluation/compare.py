"""Results of systems on test sets, and which differences between systems are more than chance."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import combinations
from typing import Any

from evaluation.datasets import UNKNOWN_LANGUAGE, Dataset, MatchingDataset
from evaluation.measures import MAIN_MEASURE, MEASURES, Scores, score_run
from evaluation.runs import Run
from evaluation.significance import (
    CONFIDENCE,
    RESAMPLES,
    SEED,
    Difference,
    Interval,
    bootstrap_interval,
    compare_paired,
    holm,
    letter_display,
)
from evaluation.systems import DEPTH, Engine

SIGNIFICANT_BELOW = 0.05


@dataclass(frozen=True, slots=True)
class Result:
    """One system on one test set.

    by_language: language code to the scores of the queries in it; "und" where none is stated.
    intervals: measure to its bootstrap interval.
    abstained: how many queries got no answer on purpose; abstained_left_out: how many of these
        have nothing relevant in the judgements, so that no answer was the right one.
    """

    dataset: str
    system: str
    scores: Scores
    by_language: Mapping[str, Scores]
    intervals: Mapping[str, Interval]
    abstained: int = 0
    abstained_left_out: int = 0
    notes: tuple[str, ...] = ()
    provenance: Mapping[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form of contracts.md; what it does not name stands under provenance."""
        return {
            "dataset": self.dataset,
            "system": self.system,
            "queries": len(self.scores.queries),
            "measures": self.scores.means(),
            "by_language": {
                language: {
                    MAIN_MEASURE: scores.mean(MAIN_MEASURE),
                    "queries": len(scores.queries),
                }
                for language, scores in self.by_language.items()
            },
            "provenance": {
                **self.provenance,
                "queries_left_out": len(self.scores.left_out),
                "queries_unanswered": len(self.scores.unanswered),
                "queries_only_related": len(self.scores.only_related),
                "queries_abstained": self.abstained,
                "queries_abstained_left_out": self.abstained_left_out,
                "intervals": {
                    measure: [interval.low, interval.high]
                    for measure, interval in self.intervals.items()
                },
                "notes": list(self.notes),
            },
        }


@dataclass(frozen=True, slots=True)
class Pair:
    """Two systems on one set by the main measure; corrected_p is Holm's over the pairs of a set."""

    dataset: str
    first: str
    second: str
    difference: Difference
    corrected_p: float

    @property
    def is_significant(self) -> bool:
        """Whether chance alone would seldom give such a difference."""
        return self.corrected_p < SIGNIFICANT_BELOW

    def seen_from(self, system: str) -> "Pair":
        """Return the same pair with `system` first."""
        if system != self.second:
            return self
        low, high = self.difference.interval.low, self.difference.interval.high
        turned = Difference(-self.difference.mean, Interval(-high, -low), self.difference.p)
        return Pair(self.dataset, self.second, self.first, turned, self.corrected_p)


@dataclass(frozen=True, slots=True)
class Missing:
    """A system that could not be run on a set, and the Korean sentence that says why."""

    dataset: str
    system: str
    reason: str


@dataclass(frozen=True, slots=True)
class Trial:
    """One system's run on one set with its result: what slices and lists are made from."""

    dataset: Dataset
    run: Run
    result: Result


@dataclass(frozen=True, slots=True)
class Comparison:
    """All results of a report, all pairs of systems on each set, and what could not be run."""

    results: tuple[Result, ...]
    pairs: tuple[Pair, ...]
    missing: tuple[Missing, ...] = ()

    def datasets(self) -> tuple[str, ...]:
        """Return the sets' names in the order in which they were given."""
        return tuple(dict.fromkeys(result.dataset for result in self.results))

    def systems(self) -> tuple[str, ...]:
        """Return the systems' names in the order in which they were given."""
        return tuple(dict.fromkeys(result.system for result in self.results))

    def result(self, dataset: str, system: str) -> Result | None:
        """Return one result; None where the system could not be run on the set."""
        return next((r for r in self.results if (r.dataset, r.system) == (dataset, system)), None)

    def on(self, dataset: str) -> tuple[Result, ...]:
        """Return the results on one set."""
        return tuple(result for result in self.results if result.dataset == dataset)

    def best(self, dataset: str) -> frozenset[str]:
        """Return the system with the highest main measure on a set, or several that tie."""
        means = {result.system: result.scores.mean(MAIN_MEASURE) for result in self.on(dataset)}
        return frozenset(name for name, mean in means.items() if mean == max(means.values()))

    def letters(self, dataset: str) -> dict[str, str]:
        """Return significance letters by system: who shares one differs by no more than chance."""
        ordered = sorted(self.on(dataset), key=lambda r: -r.scores.mean(MAIN_MEASURE))
        different = [
            frozenset((pair.first, pair.second))
            for pair in self.pairs
            if pair.dataset == dataset and pair.is_significant
        ]
        return letter_display([result.system for result in ordered], different)


def evaluate(dataset: Dataset, run: Run, engine: Engine) -> Result:
    """Measure one run on its set."""
    asked = [query.id for query in dataset.queries]
    scores = score_run(run.ids(), dataset.qrels, asked, dataset.useful_grade)
    languages: dict[str, set[str]] = {}
    for query in dataset.queries:
        languages.setdefault(query.language, set()).add(query.id)
    by_language = {
        language: scores.only(frozenset(languages[language]))
        for language in sorted(languages, key=lambda code: (code == UNKNOWN_LANGUAGE, code))
    }
    return Result(
        dataset=dataset.name,
        system=run.system,
        scores=scores,
        by_language={code: part for code, part in by_language.items() if part.queries},
        intervals={measure: bootstrap_interval(scores.values[measure]) for measure in MEASURES},
        abstained=len(run.abstained),
        abstained_left_out=len(run.abstained & set(scores.left_out)),
        notes=dataset.notes,
        provenance=_provenance(dataset, engine),
    )


def compare_results(results: Sequence[Result], missing: Sequence[Missing] = ()) -> Comparison:
    """Test every pair of systems on every set by the main measure, corrected within each set.

    Each set is its own family: what is added to a report does not change what is said of a set.
    """
    pairs: list[Pair] = []
    for name in dict.fromkeys(result.dataset for result in results):
        on_set = [result for result in results if result.dataset == name]
        couples = list(combinations(on_set, 2))
        differences = [
            compare_paired(first.scores.values[MAIN_MEASURE], second.scores.values[MAIN_MEASURE])
            for first, second in couples
        ]
        corrected = holm([difference.p for difference in differences])
        pairs += [
            Pair(name, first.system, second.system, difference, p)
            for (first, second), difference, p in zip(couples, differences, corrected, strict=True)
        ]
    return Comparison(tuple(results), tuple(pairs), tuple(missing))


def _provenance(dataset: Dataset, engine: Engine) -> dict[str, Any]:
    direction = dataset.direction if isinstance(dataset, MatchingDataset) else None
    return {
        "model": engine.encoder.name,
        "backend": engine.encoder.backend,
        "analyzer": engine.analyzer.name,
        "policy": engine.policy.fingerprint,
        "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
        **({"direction": direction} if direction else {}),
        "depth": DEPTH,
        "useful_grade": dataset.useful_grade,
        "gain": "linear",
        "interval": f"bootstrap {CONFIDENCE:.0%}, {RESAMPLES} resamples, seed {SEED}",
    }
