"""Cuts through the queries of a set: by languages, by difficulty, and by translation.

Languages: a query crosses languages when it is not in the language of what is searched. Stated
languages are believed query by query. Sets that state none are one kind each, told by script: the
language is Korean where most texts have more Hangul than other letters.

Hard: the query crosses languages, or BM25 over morphemes answers it with an nDCG@10 below
HARD_BELOW; easy: all others. BM25's own figures on these slices follow from that definition and
say nothing of it.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from evaluation.datasets import UNKNOWN_LANGUAGE, Dataset, MatchingDataset, RetrievalDataset
from evaluation.measures import MAIN_MEASURE, Scores
from evaluation.significance import Interval, ratio_interval

LanguagePair = Literal["ko-ko", "cross", "other"]
LANGUAGE_PAIRS: Mapping[LanguagePair, str] = {"ko-ko": "한국어→한국어", "cross": "언어 간"}
HARD_BELOW = 0.5
YARDSTICKS = ("bm25", "lexical")
"""Systems by which difficulty is told, the first that was run."""
CHARACTERS_READ = 300
_HANGUL = re.compile("[\uac00-\ud7a3]")
_LETTER = re.compile(r"[^\W\d_]")


@dataclass(frozen=True, slots=True)
class ForeignPair:
    """A need and the Korean one that asks for the same (`same_as`)."""

    foreign: str
    korean: str
    language: str


@dataclass(frozen=True, slots=True)
class ForeignLoss:
    """How foreign needs are answered beside the same needs in Korean, by the main measure.

    interval: of the ratio; a Korean need is drawn together with all of its translations.
    """

    pairs: int
    foreign: float
    korean: float
    interval: Interval

    @property
    def ratio(self) -> float:
        """Foreign over Korean; 0 where the Korean ones score 0."""
        return self.foreign / self.korean if self.korean else 0.0


def is_korean(text: str) -> bool:
    """Return whether more than half of the letters are Hangul, by the beginning of a long text."""
    text = text[:CHARACTERS_READ]
    letters = len(_LETTER.findall(text))
    return letters > 0 and 2 * len(_HANGUL.findall(text)) > letters


def language_pairs(dataset: Dataset) -> dict[str, LanguagePair]:
    """Return for each query id whether it is Korean to Korean or crosses languages.

    "other" is a query that is as little Korean as what is searched, in a language that nobody
    states: the same one or another.
    """
    searched_korean = _mostly_korean(_searched(dataset))
    unstated_korean = _mostly_korean(query.text for query in dataset.queries)
    pairs: dict[str, LanguagePair] = {}
    for query in dataset.queries:
        is_stated = query.language != UNKNOWN_LANGUAGE
        asked_korean = query.language == "ko" if is_stated else unstated_korean
        if asked_korean and searched_korean:
            pairs[query.id] = "ko-ko"
        else:
            pairs[query.id] = "cross" if asked_korean != searched_korean else "other"
    return pairs


def hard_queries(dataset: Dataset, yardstick: Scores) -> frozenset[str]:
    """Return the hard ones among the queries that count."""
    pairs = language_pairs(dataset)
    values = zip(yardstick.queries, yardstick.values[MAIN_MEASURE], strict=True)
    return frozenset(
        query for query, value in values if value < HARD_BELOW or pairs[query] == "cross"
    )


def foreign_pairs(dataset: Dataset, counted: Iterable[str]) -> tuple[ForeignPair, ...]:
    """Return the needs that stand for the same demand as a Korean one, where both count."""
    if not isinstance(dataset, MatchingDataset) or dataset.direction != "need-to-company":
        return ()
    known = set(counted)
    return tuple(
        ForeignPair(id, original, need.language or UNKNOWN_LANGUAGE)
        for id, need in dataset.needs.items()
        if (original := str(need.extra.get("same_as") or "")) in known and id in known
    )


def foreign_loss(pairs: Sequence[ForeignPair], scores: Scores) -> ForeignLoss:
    """Compare paired needs; a Korean need counts as often as it has translations."""
    value = dict(zip(scores.queries, scores.values[MAIN_MEASURE], strict=True))
    groups: dict[str, tuple[float, float]] = {}
    for pair in pairs:
        foreign, korean = groups.get(pair.korean, (0.0, 0.0))
        groups[pair.korean] = (foreign + value[pair.foreign], korean + value[pair.korean])
    count = len(pairs)
    return ForeignLoss(
        pairs=count,
        foreign=sum(foreign for foreign, _ in groups.values()) / count if count else 0.0,
        korean=sum(korean for _, korean in groups.values()) / count if count else 0.0,
        interval=ratio_interval(list(groups.values())),
    )


def _searched(dataset: Dataset) -> Iterable[str]:
    if isinstance(dataset, RetrievalDataset):
        return dataset.corpus.values()
    if dataset.direction == "company-to-need":
        return (need.text for need in dataset.needs.values())
    return (
        offering.text for company in dataset.companies.values() for offering in company.offerings
    )


def _mostly_korean(texts: Iterable[str]) -> bool:
    told = [is_korean(text) for text in texts]
    return 2 * sum(told) > len(told)
