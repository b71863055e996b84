"""What the adapter is trained on: reading the texts, keeping a tenth apart, drawing batches."""

import hashlib
import json
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar

LANGUAGES = ("en", "vi", "id", "fr", "zh")
FOLDS = 10
FOREIGN_SHARE = 0.4
"""Share of the questions to a passage that are asked in another language than Korean."""
WRITTEN_PAIRS = ("terms", "sentences")
"""Sources of pairs that this repository holds; others come in a file from outside."""
PUBLIC = "public"
"""Stands for all other sources where pairs are left out."""
NEGATIVES = 2
"""Hard negatives that come with a concept at most, drawn anew each time."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A Korean text and its counterpart in another language."""

    ko: str
    other: str


@dataclass(frozen=True, slots=True)
class Concept:
    """An offering, needs that it answers by language, and neighbours that do not answer them."""

    id: str
    offering: str
    negatives: tuple[str, ...]
    needs: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Siblings:
    """Concepts of one field that are easily confused: none answers another one's needs."""

    id: str
    members: tuple[Concept, ...]


@dataclass(frozen=True, slots=True)
class Passage:
    """A Korean text and what it answers: Korean questions, and one in another language."""

    id: str
    text: str
    questions: tuple[str, ...]
    foreign: str


@dataclass(frozen=True, slots=True)
class Batch:
    """Asked texts and candidates; `right` is the place of each one's answer among `answers`.

    held: places among `asked` of texts whose vectors must stay where they were.
    """

    asked: tuple[str, ...]
    answers: tuple[str, ...]
    negatives: tuple[str, ...] = ()
    right: tuple[int, ...] = ()
    held: tuple[int, ...] = ()


class _Identified(Protocol):
    @property
    def id(self) -> str: ...


Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Material:
    """All training text; pairs by (source, language)."""

    concepts: tuple[Concept, ...]
    passages: tuple[Passage, ...]
    pairs: Mapping[tuple[str, str], tuple[Pair, ...]]
    siblings: tuple[Siblings, ...] = ()

    def counts(self) -> dict[str, int]:
        """Return how many texts of each kind there are."""
        pairs = {
            f"{source} {language}": len(items) for (source, language), items in self.pairs.items()
        }
        return {
            "concepts": len(self.concepts),
            "needs": sum(len(concept.needs) for concept in self.concepts),
            "passages": len(self.passages),
            "questions": sum(len(passage.questions) + 1 for passage in self.passages),
            "siblings": sum(len(group.members) for group in self.siblings),
            **pairs,
        }

    def split(self, fold: int) -> tuple["Material", "Material"]:
        """Return what is trained on and the tenth of concepts, passages and siblings that is kept apart."""
        return (
            Material(
                tuple(item for item in self.concepts if _fold(item) != fold),
                tuple(item for item in self.passages if _fold(item) != fold),
                self.pairs,
                tuple(item for item in self.siblings if _fold(item) != fold),
            ),
            Material(
                tuple(item for item in self.concepts if _fold(item) == fold),
                tuple(item for item in self.passages if _fold(item) == fold),
                {},
                tuple(item for item in self.siblings if _fold(item) == fold),
            ),
        )

    def batches(self) -> dict[str, Batch]:
        """Return everything at once, to measure on: Korean and foreign asked apart."""
        found = {}
        for name, is_korean in (("needs-ko", True), ("needs-foreign", False)):
            asked = [
                (text, place)
                for place, concept in enumerate(self.concepts)
                for language, text in concept.needs
                if (language == "ko") is is_korean
            ]
            if asked:
                found[name] = Batch(
                    tuple(text for text, _ in asked),
                    tuple(concept.offering for concept in self.concepts),
                    tuple(text for concept in self.concepts for text in concept.negatives),
                    tuple(place for _, place in asked),
                )
        questions = [(q, place) for place, p in enumerate(self.passages) for q in p.questions]
        if questions:
            found["passages"] = Batch(
                tuple(text for text, _ in questions),
                tuple(passage.text for passage in self.passages),
                (),
                tuple(place for _, place in questions),
            )
        members = [concept for group in self.siblings for concept in group.members]
        asked = [(text, place) for place, c in enumerate(members) for _, text in c.needs]
        if asked:
            found["siblings"] = Batch(
                tuple(text for text, _ in asked),
                tuple(concept.offering for concept in members),
                right=tuple(place for _, place in asked),
            )
        return found


def read_material(folder: Path, pairs_file: Path | None) -> Material:
    """Read concepts, siblings, passages, sentences and terms of a folder, and a JSONL file of pairs."""
    concepts = tuple(
        _concept(item["id"], item, item.get("negatives") or [item["negative"]])
        for item in _lines(folder, "concepts_*.jsonl")
    )
    siblings = tuple(
        Siblings(item["id"], tuple(_concept(item["id"], member) for member in item["members"]))
        for item in _lines(folder, "siblings_*.jsonl")
    )
    passages = tuple(
        Passage(item["id"], item["text"], tuple(item["questions"]), item["foreign"]["text"])
        for item in _lines(folder, "passages_*.jsonl")
    )
    pairs: dict[tuple[str, str], list[Pair]] = {}
    for source in WRITTEN_PAIRS:
        for path in sorted(folder.glob(f"{source}_*.tsv")):
            head, *rows = [
                line.split("\t") for line in path.read_text(encoding="utf-8").splitlines()
            ]
            for row in rows:
                named = dict(zip(head, row, strict=True))
                for language in LANGUAGES:
                    pair = Pair(named["ko"], named[language])
                    pairs.setdefault((source, language), []).append(pair)
    if pairs_file is not None:
        for item in map(json.loads, pairs_file.read_text(encoding="utf-8").splitlines()):
            key = (item["source"], item["language"])
            pairs.setdefault(key, []).append(Pair(item["ko"], item["other"]))
    by_source = {key: tuple(items) for key, items in pairs.items()}
    return Material(concepts, passages, by_source, siblings)


def _concept(id: str, item: Mapping[str, Any], negatives: Sequence[str] = ()) -> Concept:
    needs = tuple((need["language"], need["text"]) for need in item["needs"])
    return Concept(id, item["offering"], tuple(negatives), needs)


class Sampler:
    """Draws batches: concepts, siblings and passages each once before any comes again, pairs by source."""

    def __init__(
        self, material: Material, chance: random.Random, without: Sequence[str] = ()
    ) -> None:
        """`without` names sources of pairs that are left out; PUBLIC: all that came from outside."""
        left_out = {key[0] for key in material.pairs if key[0] in without}
        if PUBLIC in without:
            left_out |= {key[0] for key in material.pairs if key[0] not in WRITTEN_PAIRS}
        self._pairs = {key: v for key, v in material.pairs.items() if key[0] not in left_out}
        self._random = chance
        self._concepts = _rounds(material.concepts, chance)
        self._passages = _rounds(material.passages, chance)
        self._siblings = _rounds(material.siblings, chance)

    def pairs(self, count: int) -> Batch:
        """Return parallel texts of two sources, none of them twice."""
        drawn: list[Pair] = []
        for key in self._random.choices(sorted(self._pairs), k=2):
            source = self._pairs[key]
            drawn += self._random.sample(source, min(len(source), count // 2))
        kept = without_repeats(drawn)
        return Batch(tuple(pair.other for pair in kept), tuple(pair.ko for pair in kept))

    def concepts(self, count: int) -> Batch:
        """Return needs, the offerings that answer them, and written hard negatives."""
        drawn = [next(self._concepts) for _ in range(count)]
        return Batch(
            tuple(self._random.choice(concept.needs)[1] for concept in drawn),
            tuple(concept.offering for concept in drawn),
            tuple(
                text
                for concept in drawn
                for text in self._random.sample(
                    concept.negatives, min(NEGATIVES, len(concept.negatives))
                )
            ),
        )

    def siblings(self, count: int) -> Batch:
        """Return needs of all members of `count` groups; a member's answer is wrong for all others."""
        drawn = [concept for _ in range(count) for concept in next(self._siblings).members]
        return Batch(
            tuple(self._random.choice(concept.needs)[1] for concept in drawn),
            tuple(concept.offering for concept in drawn),
        )

    def passages(self, count: int) -> Batch:
        """Return questions and the passages that answer them; neighbours in the file come together."""
        drawn = [next(self._passages) for _ in range(count)]
        is_foreign = [self._random.random() < FOREIGN_SHARE for _ in drawn]
        asked = tuple(
            passage.foreign if foreign else self._random.choice(passage.questions)
            for passage, foreign in zip(drawn, is_foreign, strict=True)
        )
        held = tuple(place for place, foreign in enumerate(is_foreign) if not foreign)
        return Batch(asked, tuple(passage.text for passage in drawn), held=held)


def without_repeats(pairs: Sequence[Pair]) -> list[Pair]:
    """Drop pairs that share a text with an earlier one: they would be each other's negatives."""
    seen: set[str] = set()
    kept = []
    for pair in pairs:
        if pair.ko not in seen and pair.other not in seen:
            kept.append(pair)
        seen |= {pair.ko, pair.other}
    return kept


def _rounds(items: Sequence[Item], chance: random.Random) -> Iterator[Item]:
    """Yield all items in random order, two neighbours at a time, again and again."""
    while items:
        starts = list(range(0, len(items), 2))
        chance.shuffle(starts)
        for start in starts:
            yield from items[start : start + 2]


def _fold(item: _Identified) -> int:
    """Return the fold of an item by its id, the same in every run."""
    return hashlib.sha256(item.id.encode()).digest()[0] % FOLDS


def _lines(folder: Path, pattern: str) -> Iterator[dict[str, Any]]:
    for path in sorted(folder.glob(pattern)):
        yield from map(json.loads, path.read_text(encoding="utf-8").splitlines())
