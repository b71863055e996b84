"""CSV and TSV files into a grid: delimiter found by the column heads, every cell as text."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from data.cells import Fault
from data.columns import head_score
from data.grid import Grid
from data.plaintext import read_text
from data.problems import Problem, Source
from matcher.errors import UnreadableFile

_DELIMITERS = (",", "\t", ";", "|")
_LINES_TO_SNIFF = 40
_MAX_COLUMNS = 1_000


def read_delimited(path: Path) -> Grid:
    """Read a CSV or TSV file; raises UnreadableFile on open quotes or absurdly many columns."""
    plain = read_text(path)
    delimiter = _find_delimiter(plain.text)
    width = 1 + max(line.count(delimiter) for line in plain.text.split("\n"))
    if width > _MAX_COLUMNS:
        raise UnreadableFile(
            f"'{path.name}'에 칸이 {_MAX_COLUMNS:,}개를 넘는 행이 있습니다."
            " 줄바꿈과 구분 기호(쉼표, 탭)를 확인해 주세요.",
            file=path.name,
        )
    try:
        frame = pd.read_csv(
            io.StringIO(plain.text),
            sep=delimiter,
            header=None,
            names=list(range(1, width + 1)),
            index_col=False,
            dtype=str,
            keep_default_na=False,
            na_filter=False,
            skip_blank_lines=False,
        )
    except (pd.errors.ParserError, pd.errors.EmptyDataError):
        raise UnreadableFile(
            f"'{path.name}'을(를) 표로 나눌 수 없습니다. 닫히지 않은 따옴표(\")가 있는지 확인해 주세요.",
            file=path.name,
        ) from None
    frame.index = pd.RangeIndex(1, len(frame) + 1)
    source = Source(path.name)
    remarks = tuple(_swallowed_rows(source, frame, delimiter))
    return Grid(source, frame.astype(object), remarks=remarks, encoding=plain.encoding)


def _swallowed_rows(source: Source, frame: pd.DataFrame, delimiter: str) -> Iterator[Problem]:
    """Yield a warning for each cell that looks as if an open quote had swallowed whole rows."""
    marks = max(1, len(frame.columns) - 1)
    for row, values in zip(frame.index, frame.itertuples(index=False), strict=True):
        for value in values:
            if "\n" in value and any(line.count(delimiter) >= marks for line in value.split("\n")):
                fault = Fault(
                    "따옴표가 닫히지 않아 여러 행이 한 칸에 들어간 것으로 보입니다.",
                    '이 행의 따옴표(")를 닫거나 지워 주세요.',
                )
                yield source.warning(fault, int(row))


def _find_delimiter(text: str) -> str:
    """Return the mark under which a row of known heads appears, else the most frequent one."""
    lines = text.split("\n", _LINES_TO_SNIFF)[:_LINES_TO_SNIFF]
    best, best_score = ",", (0, 0)
    for delimiter in _DELIMITERS:
        try:
            rows = list(csv.reader(lines, delimiter=delimiter))
        except csv.Error:
            continue
        heads = max(
            (max(head_score(row, "companies"), head_score(row, "needs")) for row in rows), default=0
        )
        score = (heads, sum(line.count(delimiter) for line in lines))
        if score > best_score:
            best, best_score = delimiter, score
    return best
