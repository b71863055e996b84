"""Excel workbooks into grids: merged cells filled, hidden rows read, formulas by their last value."""

import re
import warnings
import zipfile
import zlib
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
from openpyxl.utils.cell import range_boundaries
from openpyxl.utils.exceptions import InvalidFileException

from data.cells import Fault
from data.grid import Grid
from data.problems import Problem, Source
from matcher.errors import UnreadableFile

MAX_UNCOMPRESSED_BYTES = 128 * 2**20
MAX_MERGED_CELLS = 500_000  # openpyxl makes an object of each one
_CHUNK = 2**20
_LONGEST_TAG = 2**16
_FORMULA = re.compile(rb"<(?:\w+:)?f[ >/]")
_MERGE = re.compile(rb"<(?:\w+:)?mergeCell\s[^>]*?ref=[\"']([A-Z0-9:$]+)[\"']", re.IGNORECASE)
_ERROR_VALUES = frozenset(
    ("#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!", "#SPILL!", "#CALC!")
)
# What openpyxl and zipfile raise on damaged or hostile workbooks; the XML parsers' own errors are
# SyntaxErrors, an encrypted member is a RuntimeError.
_DAMAGE = (
    InvalidFileException,
    zipfile.BadZipFile,
    zlib.error,
    SyntaxError,
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    TypeError,
    ValueError,
    EOFError,
    OSError,
    RuntimeError,
)


def read_workbook(path: Path) -> list[Grid]:
    """Read every sheet of an .xlsx file; raises UnreadableFile where it is none or too large."""
    has_formulas = _check_archive(path)
    book = _load(path, data_only=True)
    formulas = _load(path, data_only=False) if has_formulas else None
    grids = []
    for sheet in book.worksheets:
        originals = {} if formulas is None else formulas[sheet.title]._cells
        grids.append(_to_grid(path, sheet, originals))
    return grids


def _check_archive(path: Path) -> bool:
    """Check that this is a workbook of bounded size; return whether it holds formulas."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            size = sum(member.file_size for member in members)
            if size > MAX_UNCOMPRESSED_BYTES:
                raise _unreadable(
                    path,
                    f"의 압축을 풀면 {size // 2**20:,} MB가 되어 읽지 않았습니다."
                    " 필요한 행만 새 파일로 나누어 저장해 주세요.",
                )
            if "xl/workbook.xml" not in {member.filename for member in members}:
                raise _unreadable(
                    path,
                    "은(는) 엑셀 통합 문서(.xlsx)가 아닙니다."
                    " 엑셀에서 '다른 이름으로 저장 > Excel 통합 문서(.xlsx)'로 저장해 주세요.",
                )
            sheets = [
                _scan_sheet(archive, member)
                for member in members
                if member.filename.startswith("xl/worksheets/") and not member.is_dir()
            ]
    except _DAMAGE:
        raise _damaged(path) from None
    if sum(merged for _, merged in sheets) > MAX_MERGED_CELLS:
        raise _unreadable(
            path,
            f"에 병합된 칸이 {MAX_MERGED_CELLS:,}개를 넘습니다. 표 밖의 병합을 풀고 다시 저장해 주세요.",
        )
    return any(has_formula for has_formula, _ in sheets)


def _scan_sheet(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> tuple[bool, int]:
    """Return whether a sheet holds formulas and how many cells its merges span."""
    has_formula, merged, rest = False, 0, b""
    with archive.open(member) as file:
        while chunk := file.read(_CHUNK):
            text = rest + chunk
            end = text.rfind(b">") + 1
            rest = text[end:][-_LONGEST_TAG:]
            has_formula = has_formula or _FORMULA.search(text, 0, end) is not None
            merged += sum(map(_area, _MERGE.findall(text, 0, end)))
    return has_formula, merged


def _area(reference: bytes) -> int:
    """Return how many cells a reference such as A1:XFD1048576 spans."""
    try:
        left, top, right, bottom = range_boundaries(reference.decode("ascii", "replace"))
    except (ValueError, TypeError):
        return 0
    return int((right - left + 1) * (bottom - top + 1))


def _load(path: Path, *, data_only: bool) -> Any:
    try:
        # openpyxl leaves a path open where it fails; a file of ours is closed in any case
        with path.open("rb") as file, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about styles and extensions that we do not use
            return openpyxl.load_workbook(file, data_only=data_only, keep_links=False)
    except _DAMAGE:
        raise _damaged(path) from None


def _damaged(path: Path) -> UnreadableFile:
    return _unreadable(
        path,
        "을(를) 엑셀 파일로 열 수 없습니다. 파일이 손상되었거나 다른 형식입니다."
        " 엑셀에서 열어 .xlsx로 다시 저장해 주세요.",
    )


def _unreadable(path: Path, rest: str) -> UnreadableFile:
    return UnreadableFile(f"'{path.name}'{rest}", file=path.name)


def _to_grid(path: Path, sheet: Any, originals: Mapping[tuple[int, int], Any]) -> Grid:
    source = Source(path.name, sheet.title)
    cells: dict[int, dict[int, object]] = {}
    faults: dict[tuple[int, int], Fault] = {}
    # _cells is openpyxl's only sparse view: iter_rows would make every empty cell up to a stray
    # one in XFD1048576.
    for (row, column), cell in sorted(sheet._cells.items()):
        value, fault = _cell_value(cell, originals.get((row, column)))
        if fault is not None:
            faults[row, column] = fault
        if value is not None:
            cells.setdefault(row, {})[column] = value
    filled = frozenset(_fill_merged(sheet, cells))
    width = max((max(row) for row in cells.values()), default=0)
    used = sorted({column for row in cells.values() for column in row})
    frame = pd.DataFrame(
        [[row.get(column) for column in used] for row in cells.values()],
        index=list(cells),
        columns=used,
        dtype=object,
    )
    return Grid(source, frame, faults, filled, tuple(_remarks(source, sheet, set(cells), width)))


def _cell_value(cell: Any, original: Any) -> tuple[object, Fault | None]:
    value = cell.value
    is_formula = original is not None and original.data_type == "f"
    if value is None and is_formula and cell.data_type != "str":
        return None, Fault(
            "수식의 계산 결과가 파일에 없습니다.",
            "엑셀에서 파일을 열어 다시 저장하거나, 값으로 붙여 넣어 주세요.",
        )
    if isinstance(value, str) and value.strip() in _ERROR_VALUES:
        return None, Fault(
            f"엑셀 오류 값 {value.strip()}이(가) 있습니다.", "수식을 고치거나 값을 적어 주세요."
        )
    if isinstance(value, int) and not isinstance(value, bool):
        return _shown_integer(value, str(cell.number_format)), None
    return (None if value == "" else value), None


def _shown_integer(value: int, number_format: str) -> object:
    """Return the digits that a format such as 000-00-00000 shows, else the number."""
    if value < 0 or not re.fullmatch(r"0[0\-\\\"]+", number_format):
        return value
    return str(value).zfill(number_format.count("0"))


def _fill_merged(sheet: Any, cells: dict[int, dict[int, object]]) -> Iterator[tuple[int, int]]:
    """Give each row that a vertical merge spans the merged value, and yield the cells filled.

    Rows that hold nothing else stay empty.
    """
    rows = sorted(cells)
    for merged in sheet.merged_cells.ranges:
        value = cells.get(merged.min_row, {}).get(merged.min_col)
        if value is None or merged.max_row == merged.min_row:
            continue
        first, last = bisect_left(rows, merged.min_row), bisect_right(rows, merged.max_row)
        for row in rows[first:last]:
            if merged.min_col not in cells[row]:
                cells[row][merged.min_col] = value
                yield row, merged.min_col


def _remarks(source: Source, sheet: Any, rows: set[int], width: int) -> Iterator[Problem]:
    if not rows:
        return
    hidden = sorted(r for r, dimension in sheet.row_dimensions.items() if dimension.hidden)
    hidden = [row for row in hidden if row in rows]
    if hidden:
        shown = ", ".join(map(str, hidden[:10])) + (" …" if len(hidden) > 10 else "")
        yield source.warning(
            Fault(
                f"숨긴 행 {len(hidden)}개({shown}행)도 읽었습니다.",
                "넣지 않을 행이면 파일에서 지운 뒤 다시 올려 주세요.",
            ),
            None,
        )
    if sheet.sheet_state != "visible":
        yield source.warning(
            Fault("숨긴 시트도 읽었습니다.", "넣지 않을 시트면 파일에서 지워 주세요."), None
        )
