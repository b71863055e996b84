"""Files into tables: which reader, which row holds the column heads, which rows hold data."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from data.amounts import Unit, to_unit
from data.cells import Fault, to_text
from data.columns import (
    AMOUNT_UNITS,
    NO_MEANINGS,
    Column,
    Kind,
    Meanings,
    head_score,
    kind_of,
    to_column,
)
from data.delimited import read_delimited
from data.grid import Grid
from data.problems import Problem, Source
from data.workbook import read_workbook
from matcher.errors import UnreadableFile

TEXT_SUFFIXES = (".csv", ".tsv", ".txt")
WORKBOOK_SUFFIXES = (".xlsx", ".xlsm")
LINE_SUFFIXES = (".jsonl", ".ndjson")
_ROWS_TO_SEARCH = 20
_SIGNATURES = (
    (b"\x89PNG", "PNG 그림"),
    (b"\xff\xd8\xff", "JPEG 그림"),
    (b"GIF8", "GIF 그림"),
    (b"%PDF", "PDF 문서"),
    (b"{\\rtf", "RTF 문서"),
    (b"\x1f\x8b", "압축 파일(gzip)"),
    (b"7z\xbc\xaf", "압축 파일(7z)"),
    (b"Rar!", "압축 파일(RAR)"),
    (b"SQLite format 3", "데이터베이스 파일"),
)
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ZIP = b"PK\x03\x04"
_HTML = re.compile(rb"^\s*<(!doctype html|html|table|meta|\?xml)", re.IGNORECASE)


_NO_HEAD = Fault(
    "열 이름이 없는 칸에 값이 있어 그 칸의 자리 이름으로 보관했습니다.",
    "열 이름을 적어 주세요. CSV라면 쉼표가 든 값을 따옴표로 묶어 주세요.",
)


@dataclass(frozen=True, slots=True)
class Row:
    """One row of data; cells by position of the table's columns, blank ones left out.

    filled: positions whose value a merged cell above gave; what is wrong there was said above.
    """

    number: int
    cells: Mapping[int, object]
    faults: Mapping[int, Fault]
    filled: frozenset[int]


@dataclass(frozen=True, slots=True)
class Table:
    """A sheet whose column heads are known; `header_row` and the rows' numbers as Excel shows."""

    source: Source
    kind: Kind
    header_row: int
    columns: Mapping[int, Column]
    rows: tuple[Row, ...]
    remarks: tuple[Problem, ...]
    encoding: str | None


def check_file(path: Path) -> None:
    """Refuse what is no readable file of a known kind, with a sentence on what it is instead."""
    known = (*TEXT_SUFFIXES, *WORKBOOK_SUFFIXES, *LINE_SUFFIXES)
    if path.is_dir():
        raise _unreadable(path, "은(는) 폴더입니다. 폴더 안의 파일을 골라 주세요.")
    if not path.exists():
        raise _unreadable(path, "을(를) 찾을 수 없습니다. 경로와 이름을 확인해 주세요.")
    if not path.is_file():
        raise _unreadable(path, "은(는) 일반 파일이 아닙니다. 파일로 저장한 뒤 골라 주세요.")
    try:
        with path.open("rb") as file:
            start = file.read(4096)
    except OSError:
        raise _unreadable(path, "을(를) 열 수 없습니다. 읽기 권한을 확인해 주세요.") from None
    if not start:
        raise _unreadable(path, "은(는) 빈 파일입니다. 내용이 있는 파일을 골라 주세요.")
    if start.startswith(_OLE):
        raise _unreadable(path, _ole_sentence(path))
    for signature, name in _SIGNATURES:
        if start.startswith(signature):
            raise _unreadable(path, f"의 내용은 {name}입니다. 엑셀이나 CSV 파일을 골라 주세요.")
    suffix = path.suffix.casefold()
    if suffix not in known:
        raise _unreadable(
            path, f"은(는) 읽을 수 없는 종류입니다. {', '.join(known)} 파일을 골라 주세요."
        )
    if suffix in WORKBOOK_SUFFIXES and not start.startswith(_ZIP):
        what = "웹 페이지(HTML)" if _HTML.match(start) else "엑셀이 아닌 다른 형식"
        raise _unreadable(
            path, f"의 내용은 {what}입니다. 엑셀에서 열어 .xlsx로 다시 저장해 주세요."
        )
    if suffix not in WORKBOOK_SUFFIXES and start.startswith(_ZIP):
        raise _unreadable(
            path, "의 내용은 압축 파일이나 엑셀입니다. 엑셀 파일이면 확장자를 .xlsx로 바꿔 주세요."
        )


def _unreadable(path: Path, rest: str) -> UnreadableFile:
    return UnreadableFile(f"'{path.name}'{rest}", file=path.name)


def _ole_sentence(path: Path) -> str:
    with path.open("rb") as file:
        data = file.read(16 * 2**20)
    if "EncryptedPackage".encode("utf-16-le") in data:
        return "에 암호가 걸려 있습니다. 엑셀에서 암호를 푼 뒤 다시 저장해 주세요."
    if b"HWP Document File" in data:
        return "의 내용은 한글(HWP) 문서입니다. 표를 엑셀(.xlsx)로 옮겨 저장해 주세요."
    return "은(는) 옛 엑셀(.xls) 형식입니다. 엑셀에서 .xlsx로 다시 저장해 주세요."


def read_tables(
    path: Path, kind: Kind | None = None, meanings: Meanings = NO_MEANINGS
) -> tuple[list[Table], list[Problem]]:
    """Read the sheets of a CSV, TSV or XLSX file that have known column heads.

    Sheets with content and without such heads come back as problems; where no sheet has them, the
    file is unreadable.
    """
    is_workbook = path.suffix.casefold() in WORKBOOK_SUFFIXES
    grids = read_workbook(path) if is_workbook else [read_delimited(path)]
    tables: list[Table] = []
    problems: list[Problem] = []
    for grid in grids:
        table = to_table(grid, kind, meanings)
        if table is not None:
            tables.append(table)
        elif not grid.frame.empty:
            fault = Fault(
                "아는 열 이름(기업명, 기술명, 수요명 등)이 없어 이 시트는 읽지 않았습니다.",
                "넣을 자료라면 첫 20행 안에 열 이름을 적어 주세요.",
            )
            problems.append(grid.source.warning(fault, None))
    if not tables and all(grid.frame.empty for grid in grids):
        raise _unreadable(path, "에 내용이 없습니다. 내용이 있는 파일을 골라 주세요.")
    if not tables:
        wanted = {"companies": "기업명, 기술명", "needs": "수요ID, 제목"}.get(kind or "", "")
        raise _unreadable(
            path,
            "에서 열 이름이 있는 행을 찾지 못했습니다. 첫 20행 안에"
            f" {wanted or '기업명, 기술명(기업) 또는 수요ID, 제목(수요)'} 같은 열 이름을 적어 주세요.",
        )
    return tables, problems


def to_table(
    grid: Grid, kind: Kind | None = None, meanings: Meanings = NO_MEANINGS
) -> Table | None:
    """Find the row of column heads and give each column its meaning; None where there is none."""
    rows = list(_filled_rows(grid))
    found = _find_heads(rows[:_ROWS_TO_SEARCH], kind, meanings)
    if found is None:
        return None
    position, kind, heads, height = found
    unit = _unit_above(rows[:position])
    columns = {n: _with_unit(to_column(head, kind, meanings), unit) for n, head in heads.items()}
    remarks = list(grid.remarks)
    for row, cells in rows[position + height :]:
        for number in cells.keys() - columns.keys():
            columns[number] = Column(f"{_letters(number)}열", None)
            remarks.append(grid.source.warning(_NO_HEAD, row, columns[number].head))
    faults: dict[int, dict[int, Fault]] = {}
    for (number, cell), fault in grid.faults.items():
        faults.setdefault(number, {})[cell] = fault
    filled: dict[int, frozenset[int]] = {}
    for number, cell in grid.filled:
        filled[number] = filled.get(number, frozenset()) | {cell}
    data = tuple(
        Row(number, cells, faults.get(number, {}), filled.get(number, frozenset()))
        for number, cells in rows[position + height :]
        if not _repeats(cells, heads)
    )
    return Table(grid.source, kind, rows[position][0], columns, data, tuple(remarks), grid.encoding)


def _filled_rows(grid: Grid) -> Iterator[tuple[int, dict[int, object]]]:
    numbers = [int(column) for column in grid.frame.columns]
    faulty = {row for row, _ in grid.faults}
    for index, values in zip(grid.frame.index, grid.frame.itertuples(index=False), strict=True):
        pairs = zip(numbers, values, strict=True)
        cells = {n: value for n, value in pairs if value is not None and str(value).strip()}
        if cells or index in faulty:
            yield int(index), cells


def _find_heads(
    rows: list[tuple[int, dict[int, object]]], kind: Kind | None, meanings: Meanings
) -> tuple[int, Kind, dict[int, str], int] | None:
    """Return (position, kind, head by column, height 1 or 2) of the best row of heads."""
    best: tuple[int, int, Kind, dict[int, str]] | None = None
    for position, (_, cells) in enumerate(rows):
        heads = {number: to_text(value) for number, value in cells.items()}
        found = kind or kind_of(list(heads.values()))
        score = head_score(list(heads.values()), found, meanings) if found else 0
        if found and score and (best is None or score > best[0]):
            best = (score, position, found, heads)
    if best is None:
        return None
    score, position, kind, heads = best
    if position + 1 < len(rows):  # a second row of heads below merged ones
        below = {number: to_text(value) for number, value in rows[position + 1][1].items()}
        known = {number: h for number, h in below.items() if to_column(h, kind, meanings).field}
        both = {**heads, **known}
        is_head = len(known) >= 2 and 2 * len(known) >= len(below)
        if is_head and head_score(list(both.values()), kind, meanings) >= score:
            return position, kind, both, 2
    return position, kind, heads, 1


def _repeats(cells: Mapping[int, object], heads: Mapping[int, str]) -> bool:
    """Tell whether a row is the head row again, as printed sheets have it on every page."""
    same = sum(to_text(value) == heads.get(number) for number, value in cells.items())
    return len(cells) > 1 and same == len(cells)


def _unit_above(rows: list[tuple[int, dict[int, object]]]) -> Unit | None:
    """Return the unit that a line such as (단위: 백만원) above the heads gives for the sheet."""
    for _, cells in reversed(rows):
        for value in cells.values():
            if match := re.search(r"단위\s*[:：]\s*([^()\[\],]+)", to_text(value)):
                return to_unit(match[1])
    return None


def _with_unit(column: Column, unit: Unit | None) -> Column:
    if column.unit is None and column.field in AMOUNT_UNITS:
        return Column(column.head, column.field, unit)
    return column


def _letters(number: int) -> str:
    letters = ""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters
