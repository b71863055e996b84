"""Learning which words stand for each other from texts that say the same in two languages.

IBM model 1 (Brown et al. 1993) in both directions: how likely a word of one text stands for a word
of the other, found by expectation maximisation. The strength of a pair is the geometric mean of
both directions, so that only words that choose each other are kept. It learns from `data/training`
(terms and sentences, and what answers: offerings to needs, Korean questions to foreign ones), the
table of synonyms and, if given, a file of pairs.

Run: make train PAIRS=FILE   (docs/decisions/0021 says what was measured)
"""

import argparse
import gzip
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from indexing.analyzer import Analyzer, open_analyzer
from indexing.material import Material, read_material
from indexing.translations import SMALLEST, Row
from matcher.synonyms import Synonyms, synonyms

ITERATIONS = 8
LONGEST = 80
"""Different terms of a text that are looked at."""
NEGLIGIBLE = 1e-4
NO_WORD = ""
"""Stands in every source text, for the words of the other that nothing there says."""

Terms = list[str]
Pairs = Sequence[tuple[Terms, Terms]]


def parallel_terms(
    material: Material, table: Synonyms, analyzer: Analyzer
) -> list[tuple[Terms, Terms]]:
    """Return the terms of every pair of texts, the foreign ones first; numbers are left out.

    A need and the offering that answers it say different things with words that go together. A sibling's
    needs say one thing, each language in its own words.
    """
    texts = [(pair.other, pair.ko) for pairs in material.pairs.values() for pair in pairs]
    members = [member for group in material.siblings for member in group.members]
    for concept in (*material.concepts, *members):
        texts += [(need, concept.offering) for language, need in concept.needs if language != "ko"]
    for member in members:
        korean = [need for language, need in member.needs if language == "ko"]
        texts += [
            (need, asked) for language, need in member.needs if language != "ko" for asked in korean
        ]
    for passage in material.passages:
        texts += [(passage.foreign, question) for question in passage.questions]
    for group in table.groups:
        others = (*group.english, *(term for _, term in group.foreign))
        texts += [(other, korean) for korean in group.korean for other in others]
    return [(_words(analyzer, other), _words(analyzer, korean)) for other, korean in texts]


def _words(analyzer: Analyzer, text: str) -> Terms:
    return [term for term in analyzer.terms(text) if term[0].isalpha()]


def align(pairs: Pairs, iterations: int = ITERATIONS) -> list[Row]:
    """Return (foreign term, Korean term, strength), sorted.

    Strength: sqrt(p(Korean | foreign) p(foreign | Korean)). Left out is what has less than SMALLEST
    of all strengths of its foreign term and of all of its Korean one.
    """
    there = _likely(pairs, iterations)
    back = _likely([(korean, foreign) for foreign, korean in pairs], iterations)
    rows = [
        (foreign, korean, float(np.sqrt(share * back[korean, foreign])))
        for (foreign, korean), share in there.items()
        if foreign != korean and (korean, foreign) in back
    ]
    of_foreign: defaultdict[str, float] = defaultdict(float)
    of_korean: defaultdict[str, float] = defaultdict(float)
    for foreign, korean, strength in rows:
        of_foreign[foreign] += strength
        of_korean[korean] += strength
    return sorted(
        (foreign, korean, strength)
        for foreign, korean, strength in rows
        if strength >= SMALLEST * min(of_foreign[foreign], of_korean[korean])
    )


def _likely(pairs: Pairs, iterations: int) -> dict[tuple[str, str], float]:
    """Return how likely each source term is said by each target term, by IBM model 1."""
    sources: dict[str, int] = {NO_WORD: 0}
    targets: dict[str, int] = {}
    left: list[int] = []
    right: list[int] = []
    place: list[int] = []  # which occurrence of a target term the two stand at
    places = 0
    for source, target in pairs:
        numbers = [0, *(sources.setdefault(term, len(sources)) for term in _some(source))]
        for term in _some(target) if len(numbers) > 1 else ():
            left += numbers
            right += [targets.setdefault(term, len(targets))] * len(numbers)
            place += [places] * len(numbers)
            places += 1
    if not places:
        return {}
    keys = np.array(left, dtype=np.int64) * len(targets) + np.array(right)
    known, pair_of = np.unique(keys, return_inverse=True)
    of_source, at = known // len(targets), np.array(place)
    counts: npt.NDArray[np.float64] = np.bincount(pair_of).astype(np.float64)
    for _ in range(iterations):
        likely = (counts / np.bincount(of_source, weights=counts)[of_source])[pair_of]
        shares = likely / np.bincount(at, weights=likely)[at]
        counts = np.bincount(pair_of, weights=shares).astype(np.float64)
    likely = counts / np.bincount(of_source, weights=counts)[of_source]
    source_names, target_names = list(sources), list(targets)
    return {
        (source_names[key // len(targets)], target_names[key % len(targets)]): float(share)
        for key, share in zip(known.tolist(), likely, strict=True)
        if key >= len(targets) and share > NEGLIGIBLE
    }


def _some(terms: Terms) -> list[str]:
    return list(dict.fromkeys(terms))[:LONGEST]


def write_table(path: Path, rows: Iterable[Row]) -> None:
    """Write the table; the same rows give the same bytes."""
    lines = (f"{foreign}\t{korean}\t{strength:.4g}\n" for foreign, korean, strength in rows)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress("".join(lines).encode(), mtime=0))


def main(arguments: Sequence[str] | None = None) -> int:
    """Learn the table and write it."""
    parser = argparse.ArgumentParser(
        prog="python -m indexing.word_alignment",
        description="병렬 글에서 낱말 번역표를 배웁니다. / Learn the table of word translations.",
    )
    parser.add_argument("--material", type=Path, default=Path("data/training"), help="학습 글 폴더")
    parser.add_argument("--pairs", type=Path, help="병렬 문장 JSONL (ko, other, language, source)")
    parser.add_argument(
        "--out", type=Path, default=Path("indexing/word_tables/translations.tsv.gz"), help="쓸 파일"
    )
    given = parser.parse_args(arguments)
    material = read_material(given.material, given.pairs)
    pairs = parallel_terms(material, synonyms(), open_analyzer())
    print(f"글 짝 {len(pairs):,}건에서 배웁니다.", flush=True)
    rows = align(pairs)
    write_table(given.out, rows)
    print(f"낱말 짝 {len(rows):,}건을 {given.out}에 썼습니다.")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
