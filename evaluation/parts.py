"""How well compound needs are split: precision, recall and F1 of parts, against parts marked by hand.

A predicted part is right when it overlaps an expected one by at least MIN_OVERLAP, measured in
characters as intersection over union; each part is used once. Half is enough, since people mark
parts differently: with or without the label before them, the remark behind, the ending of the verb.
Counts are summed over needs before they are divided (micro-average), so a need without parts counts
through false parts only.
"""

import json
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evaluation.tables import Table
from matcher.errors import InvalidRecord, UnreadableFile
from matcher.parts import split_parts
from matcher.records import Need

MIN_OVERLAP = 0.5
LABELS = Path(__file__).parent.parent / "data" / "samples" / "labels"
DEFAULT_FILE = LABELS / "compound_needs.jsonl"
DEFAULT_FILES = (DEFAULT_FILE, *(LABELS / f"compound_needs_{n}.jsonl" for n in range(2, 11)))
ALL = "all"
HELP = f"""복합 수요를 항목으로 나눈 결과를 사람이 나눈 것과 견줍니다. 파일이 여럿이면 파일마다 표를 보입니다.

나눈 항목이 정답 항목과 글자 범위의 {MIN_OVERLAP:.0%} 이상(교집합/합집합) 겹치면 맞은 것으로 보며, 정답 항목 하나는 한 번만 맞습니다.
머리 기호, 구분 이름, '하고' 같은 어미를 항목에 넣는지는 사람마다 다르므로 똑같지 않아도 됩니다.
항목이 없는 수요(하나로 된 수요)는 잘못 나눈 항목으로만 셉니다.
"""
Span = tuple[int, int]
"""Begin and end in `need.text`, the end not included."""


@dataclass(frozen=True, slots=True)
class MarkedNeed:
    """A need with the spans of its parts as a person marked them; none where it is one whole."""

    need: Need
    split: str
    expected: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class PartScore:
    """How many parts were right, predicted and expected, over how many needs.

    >>> PartScore(needs=2, right=3, predicted=4, expected=6).f1 == 2 * 3 / (4 + 6)
    True
    """

    needs: int = 0
    right: int = 0
    predicted: int = 0
    expected: int = 0

    @property
    def precision(self) -> float:
        """Share of the predicted parts that are right; 1 where nothing was predicted."""
        return self.right / self.predicted if self.predicted else 1.0

    @property
    def recall(self) -> float:
        """Share of the expected parts that were found; 1 where nothing was expected."""
        return self.right / self.expected if self.expected else 1.0

    @property
    def f1(self) -> float:
        """Harmonic mean of both; 1 where there was nothing to find and nothing was found."""
        total = self.predicted + self.expected
        return 2 * self.right / total if total else 1.0

    def __add__(self, other: "PartScore") -> "PartScore":
        """Return the score of both together."""
        return PartScore(
            self.needs + other.needs,
            self.right + other.right,
            self.predicted + other.predicted,
            self.expected + other.expected,
        )

    def to_dict(self) -> dict[str, float]:
        """Return counts and measures."""
        return {
            "needs": self.needs,
            "right": self.right,
            "predicted": self.predicted,
            "expected": self.expected,
            "precision": self.precision,
            "recall": self.recall,
            "f1": self.f1,
        }


def overlap(one: Span, other: Span) -> float:
    """Return intersection over union in characters.

    >>> overlap((0, 10), (2, 10)) == 8 / 10
    True
    """
    common = min(one[1], other[1]) - max(one[0], other[0])
    if common <= 0:
        return 0.0
    return common / (max(one[1], other[1]) - min(one[0], other[0]))


def score_spans(predicted: Sequence[Span], expected: Sequence[Span]) -> PartScore:
    """Count the right parts of one need, each part of either side used once, best pairs first."""
    pairs = sorted(
        (-share, place, other)
        for place, span in enumerate(predicted)
        for other, wanted in enumerate(expected)
        if (share := overlap(span, wanted)) >= MIN_OVERLAP
    )
    found: set[int] = set()
    wanted_found: set[int] = set()
    for _, place, other in pairs:
        if place not in found and other not in wanted_found:
            found.add(place)
            wanted_found.add(other)
    return PartScore(1, len(found), len(predicted), len(expected))


def score_need(marked: MarkedNeed) -> PartScore:
    """Split one need and count."""
    spans = [(item.start, item.start + len(item.part.text)) for item in split_parts(marked.need)]
    return score_spans(spans, marked.expected)


def score_parts(needs: Iterable[MarkedNeed]) -> dict[tuple[str, str], PartScore]:
    """Return the score of each (split, language), and of each split under the language "all"."""
    scores: dict[tuple[str, str], PartScore] = {}
    for marked in needs:
        score = score_need(marked)
        for language in (marked.need.language or "und", ALL):
            key = (marked.split, language)
            scores[key] = scores.get(key, PartScore()) + score
    return scores


def score_files(files: Sequence[Path]) -> dict[str, dict[tuple[str, str], PartScore]]:
    """Return the scores of each file, by its name; files with one name are told apart by folder."""
    names = [file.name for file in files]
    return {
        name if names.count(name) == 1 else str(file): score_parts(read_marked_needs(file))
        for name, file in zip(names, files, strict=True)
    }


def score_rows(
    files: Mapping[str, Mapping[tuple[str, str], PartScore]],
) -> list[dict[str, Any]]:
    """Return the scores as rows for programs, in file order, then by split and language."""
    return [
        {"file": name, "split": split, "language": language, **score.to_dict()}
        for name, scores in files.items()
        for (split, language), score in sorted(scores.items())
    ]


def read_marked_needs(path: Path) -> tuple[MarkedNeed, ...]:
    """Read needs with `expected_parts` and `split`; raises UnreadableFile naming file and line."""
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise UnreadableFile(f"{path}: 파일을 읽을 수 없습니다.", path=str(path)) from error
    needs = tuple(
        _read_line(line, f"{path} {number}행")
        for number, line in enumerate(lines, start=1)
        if line.strip()
    )
    if not needs:
        raise UnreadableFile(f"{path}: 내용이 비어 있습니다.", path=str(path))
    return needs


def parts_table(scores: Mapping[tuple[str, str], PartScore], name: str) -> Table:
    """Return the scores by split and language as a table, each split's total last."""
    ordered = sorted(scores, key=lambda key: (key[0], key[1] == ALL, key[1]))
    return Table(
        title=f"{name} · 수요 항목 나누기",
        header=("구분", "언어", "수요", "정답 항목", "나눈 항목", "정밀도", "재현율", "F1"),
        rows=tuple(
            (
                split,
                "전체" if language == ALL else language,
                f"{scores[split, language].needs:,}",
                f"{scores[split, language].expected:,}",
                f"{scores[split, language].predicted:,}",
                f"{scores[split, language].precision:.3f}",
                f"{scores[split, language].recall:.3f}",
                f"{scores[split, language].f1:.3f}",
            )
            for split, language in ordered
        ),
    )


def _read_line(line: str, place: str) -> MarkedNeed:
    try:
        row = json.loads(line)
    except json.JSONDecodeError as error:
        raise UnreadableFile(f"{place}: JSON으로 읽을 수 없습니다.") from error
    parts = row.get("expected_parts") if isinstance(row, dict) else None
    if not isinstance(parts, list):
        raise UnreadableFile(f"{place}: expected_parts 목록이 없습니다.")
    try:
        need = Need.from_dict(row)
    except InvalidRecord as error:
        raise UnreadableFile(f"{place}: {error.sentence}") from error
    return MarkedNeed(need, str(row.get("split") or ALL), _find_spans(need.text, parts, place))


def _find_spans(text: str, parts: Sequence[Any], place: str) -> tuple[Span, ...]:
    """Find each part after the one before it: the same words may stand twice."""
    spans: list[Span] = []
    position = 0
    for part in parts:
        words = unicodedata.normalize("NFC", str(part))
        start = text.find(words, position) if words else -1
        if start < 0:
            raise UnreadableFile(f"{place}: 수요의 글에 순서대로 없는 항목입니다: {part!r}")
        position = start + len(words)
        spans.append((start, position))
    return tuple(spans)
