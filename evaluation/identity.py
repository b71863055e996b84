"""How well the same company is found twice: precision of what is certain, recall of what is shown."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from data.identity import LIKELY, Face, compare, find_pairs
from evaluation.tables import Table
from matcher.records import Company


@dataclass(frozen=True, slots=True)
class LabelledPair:
    """Two records and whether they are one company."""

    pair_id: str
    first: Company
    second: Company
    same: bool


@dataclass(frozen=True, slots=True)
class Measured:
    """Counts over labelled pairs, and the shares that are asked for.

    certain: merged without asking; shown: proposed to staff; recall is of the pairs that are the
    same, precision of those certain or shown. missed, wrong: pair ids.
    """

    pairs: int
    same: int
    certain: int
    certain_precision: float
    shown: int
    shown_precision: float
    recall: float
    missed: tuple[str, ...]
    wrong: tuple[str, ...]

    def table(self) -> Table:
        """Return what people read."""
        rows = (
            ("자동으로 합침", f"{self.certain:,}", f"{self.certain_precision:.3f}", ""),
            (
                "담당자에게 보임",
                f"{self.shown:,}",
                f"{self.shown_precision:.3f}",
                f"{self.recall:.3f}",
            ),
        )
        title = f"같은 기업 찾기: {self.pairs:,}쌍 가운데 같은 기업 {self.same:,}"
        return Table(title, ("결정", "쌍", "정밀도", "재현율"), rows)


def read_pairs(path: Path) -> list[LabelledPair]:
    """Read one labelled pair a line."""
    return [
        LabelledPair(
            item["pair_id"],
            Company.from_dict(item["first"]),
            Company.from_dict(item["second"]),
            bool(item["same"]),
        )
        for item in map(json.loads, path.read_text(encoding="utf-8").splitlines())
    ]


def measure(pairs: Sequence[LabelledPair]) -> Measured:
    """Measure blocking and scoring together: a pair that shares no key is not shown."""
    certain, shown, missed, wrong = [], [], [], []
    for item in pairs:
        found = find_pairs([item.first, item.second])
        is_certain = compare(Face.of(item.first), Face.of(item.second)).is_certain
        if is_certain:
            certain.append(item.same)
            if not item.same:
                wrong.append(item.pair_id)
        if found and found[0].score >= LIKELY:
            shown.append(item.same)
        elif item.same:
            missed.append(item.pair_id)
    same = sum(item.same for item in pairs)

    def share(values: Sequence[bool]) -> float:
        return sum(values) / len(values) if values else 0.0

    return Measured(
        len(pairs),
        same,
        len(certain),
        share(certain),
        len(shown),
        share(shown),
        sum(shown) / same if same else 0.0,
        tuple(missed),
        tuple(wrong),
    )
