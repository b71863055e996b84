"""A system's answers to all queries, and their TREC run file.

The order of the answers is the result, so the file keeps it for every reader: scores are the real
ones, to six decimals, lowered by millionths where that is needed to make them fall strictly
(ties, and refused companies, which stand after all matches whatever their score).
Run files are split at white space, so white space inside an id is percent-encoded (and a `%` that
looks like such a code); `read_run` turns it back.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, unquote

from matcher.errors import InvalidRequest, UnreadableFile
from matcher.ranking import Hit

_STEP = 1_000_000
_TO_ENCODE = re.compile(r"\s|%(?=[0-9A-Fa-f]{2})")


@dataclass(frozen=True, slots=True)
class Run:
    """Answers of one system, best first, by query id; a query without answers has an empty one.

    abstained: queries to which the system deliberately gave no answer.
    nobody_fits: queries for which it says that nobody fits, ranked all the same or not.
    probabilities: by query and answer, how sure the system says it is that the answer is useful;
        empty where it does not say.
    """

    system: str
    answers: Mapping[str, tuple[Hit, ...]]
    abstained: frozenset[str] = frozenset()
    probabilities: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    nobody_fits: frozenset[str] = frozenset()

    def ids(self) -> dict[str, tuple[str, ...]]:
        """Return the answers' ids by query."""
        return {query: tuple(hit.id for hit in hits) for query, hits in self.answers.items()}


def to_trec(run: Run) -> str:
    """Return the run file: `query Q0 document rank score system`, rank from 1."""
    lines = []
    for query, hits in run.answers.items():
        ceiling: int | None = None
        for rank, hit in enumerate(hits, start=1):
            millionths = round(hit.score * _STEP)
            ceiling = millionths if ceiling is None else min(millionths, ceiling - 1)
            lines.append(
                f"{to_column(query)} Q0 {to_column(hit.id)} {rank} {ceiling / _STEP:.6f} "
                f"{to_column(run.system)}\n"
            )
    return "".join(lines)


def write_text(text: str, path: Path) -> None:
    """Write a result file, making its folder where there is none; raises InvalidRequest."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InvalidRequest(
            f"{path}: 쓸 수 없습니다({error.strerror}).", path=str(path)
        ) from error


def read_run(path: Path) -> Run:
    """Read a run file, ordered by its ranks; queries without a line are unknown to it."""
    rows: dict[str, list[tuple[int, Hit]]] = {}
    system = ""
    for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), start=1):
        if not line.strip():
            continue
        try:
            query, _, document, rank, score, system = line.split()
            hit = Hit(unquote(document), float(score))
            rows.setdefault(unquote(query), []).append((int(rank), hit))
        except ValueError as error:
            raise UnreadableFile(f"{path} {number}행: TREC run 형식이 아닙니다.") from error
    answers = {
        query: tuple(hit for _, hit in sorted(found, key=lambda pair: pair[0]))
        for query, found in rows.items()
    }
    return Run(unquote(system), answers)


def to_column(id: str) -> str:
    """Return the id without white space; `urllib.parse.unquote` gives the id back."""
    return _TO_ENCODE.sub(lambda found: quote(found[0], safe=""), id)
