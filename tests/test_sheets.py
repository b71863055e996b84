from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from data.amounts import KRW_MILLION, Unit
from data.columns import head_score, kind_of, to_column
from data.sheets import Table, read_tables

HEADS = ["기업ID", "기업명", "기술명", "설명"]
ROWS = [["C-1", "그린", "정수기", "물을 거른다"], ["C-2", "바람", "풍력", "날개"]]


def _workbook(path: Path, rows: Sequence[Sequence[Any]], title: str = "기업") -> Path:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = title
    for row in rows:
        sheet.append(list(row))
    book.save(path)
    return path


def _only_table(path: Path) -> Table:
    tables, problems = read_tables(path)
    assert problems == []
    (table,) = tables
    return table


def _cells(table: Table) -> list[list[object]]:
    return [list(row.cells.values()) for row in table.rows]


@pytest.mark.parametrize(
    ("head", "field"),
    [
        ("기업명", "name_ko"),
        ("기 업 명", "name_ko"),
        ("*기업명\n(필수)", "name_ko"),
        ("기업명(국문)", "name_ko"),
        ("기업명(영문)", "name_en"),
        ("사업자 등록번호", "registration_no"),
        ("매출액(백만원)", "revenue_krw_million"),
        ("종업원수(명)", "employees"),
        ("진출 희망국가", "target_countries"),
        ("OFFERING_ID", "offering_id"),
        ("기술(제품)명", "title"),
        ("비고", None),
        ("연번", None),
    ],
)
def test_a_head_is_known_whatever_its_spaces_and_brackets(head: str, field: str | None) -> None:
    assert to_column(head, "companies").field == field


@pytest.mark.parametrize(
    ("head", "unit"),
    [
        ("매출액(백만원)", KRW_MILLION),
        ("매출액\n(단위: 백만원)", KRW_MILLION),
        ("매출액(2025년, 백만원)", KRW_MILLION),
        ("매출액[백만원]", KRW_MILLION),
        ("매출액 백만원", KRW_MILLION),
        ("매출액(천원)", Unit("KRW", KRW_MILLION.factor / 1000)),
        ("revenue_krw_million", KRW_MILLION),
        ("매출액", None),
        ("종업원수(명)", None),
    ],
)
def test_a_unit_in_the_head_is_read(head: str, unit: Unit | None) -> None:
    assert to_column(head, "companies").unit == unit


def test_the_same_head_means_another_field_in_need_sheets() -> None:
    assert to_column("언어", "companies").field == "languages"
    assert to_column("언어", "needs").field == "language"
    assert to_column("국가(도시)", "needs").field == "country"
    assert to_column("예산(만 달러)", "needs").unit == Unit("USD", KRW_MILLION.factor / 100)


@pytest.mark.parametrize(
    ("heads", "kind"),
    [
        (HEADS, "companies"),
        (["ID", "제목", "설명", "국가"], "needs"),
        (["업체명", "품목", "비고"], "companies"),
        (["수요기술", "내용", "기관명"], "needs"),
        (["company_id", "name_ko", "title"], "companies"),
        (["need_id", "title", "country"], "needs"),
        (["작성 요령", "예시"], None),
        (["기업명"], None),
        (["비고", "설명"], None),
    ],
)
def test_the_heads_tell_companies_from_needs(heads: list[str], kind: str | None) -> None:
    assert kind_of(heads) == kind


def test_a_row_of_data_is_no_row_of_heads() -> None:
    assert head_score(["C-1", "그린", "정수기", "물을 거른다"], "companies") == 0


@pytest.mark.parametrize(
    ("encoding", "name"),
    [
        ("utf-8", "UTF-8"),
        ("utf-8-sig", "UTF-8 BOM"),
        ("utf-16", "UTF-16"),
        ("cp949", "CP949"),
        ("euc-kr", "CP949"),
    ],
)
@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
def test_text_files_of_every_encoding_and_delimiter_read_alike(
    tmp_path: Path, encoding: str, name: str, delimiter: str
) -> None:
    path = tmp_path / "기업.csv"
    lines = [delimiter.join(row) for row in [HEADS, *ROWS]]
    path.write_bytes("\r\n".join(lines).encode(encoding))

    table = _only_table(path)

    assert (table.kind, table.header_row, table.encoding) == ("companies", 1, name)
    assert [row.number for row in table.rows] == [2, 3]
    assert _cells(table) == ROWS


def test_quoted_cells_keep_delimiters_and_line_ends_and_count_as_one_row(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text('기업ID,기업명,기술명\nC-1,"그린, 주식회사","정수기\n2종"\n\nC-2,바람,풍력\n')

    table = _only_table(path)

    assert _cells(table) == [["C-1", "그린, 주식회사", "정수기\n2종"], ["C-2", "바람", "풍력"]]
    assert [row.number for row in table.rows] == [2, 4]


def test_a_quote_that_swallows_rows_is_said(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text('기업ID,기업명,기술명\nC-1,그린,"정수기\nC-2,바람,풍력\nC-3,물,펌프"\n')

    table = _only_table(path)

    assert [problem.row for problem in table.remarks] == [2]
    assert "따옴표" in table.remarks[0].sentence


def test_cells_beyond_the_heads_are_kept_and_said(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("기업ID,기업명,기술명\nC-1,그린,정수기,더,더더\nC-2,바람\n")

    table = _only_table(path)

    assert _cells(table) == [["C-1", "그린", "정수기", "더", "더더"], ["C-2", "바람"]]
    assert [(p.row, p.column) for p in table.remarks] == [(2, "D열"), (2, "E열")]


def test_the_header_row_is_found_below_titles_and_rows_keep_their_excel_numbers(
    tmp_path: Path,
) -> None:
    above: list[list[Any]] = [
        ["2026 참가기업 명단"],
        [],
        ["작성: 국제협력팀", None, "(단위: 백만원)"],
        [],
    ]
    path = _workbook(tmp_path / "a.xlsx", [*above, [*HEADS, "매출액"], *ROWS])

    table = _only_table(path)

    assert table.header_row == 5
    assert [row.number for row in table.rows] == [6, 7]
    assert table.columns[5].unit == KRW_MILLION


def test_heads_in_two_rows_are_read_as_one(tmp_path: Path) -> None:
    path = _workbook(
        tmp_path / "a.xlsx",
        [["기업ID", "기업명", "공급", None], [None, None, "기술명", "설명"], *ROWS],
    )

    table = _only_table(path)

    assert [column.field for column in table.columns.values()] == [
        *("company_id", "name_ko", "title", "description")
    ]
    assert [row.number for row in table.rows] == [3, 4]


def test_a_head_row_that_is_printed_again_is_no_data(tmp_path: Path) -> None:
    path = _workbook(tmp_path / "a.xlsx", [HEADS, ROWS[0], HEADS, ROWS[1]])

    assert [row.number for row in _only_table(path).rows] == [2, 4]


def test_a_vertical_merge_belongs_to_each_row_it_spans(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    _workbook(path, [HEADS, ROWS[0], [None, None, "필터", "작다"], [None, None, "펌프", "크다"]])
    book = openpyxl.load_workbook(path)
    for merged in ("A2:A4", "B2:B3"):
        book.active.merge_cells(merged)
    book.save(path)

    table = _only_table(path)

    assert [[row.cells.get(column) for column in (1, 2)] for row in table.rows] == [
        ["C-1", "그린"],
        ["C-1", "그린"],
        ["C-1", None],
    ]


def test_a_horizontal_merge_fills_no_other_column(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    _workbook(path, [["명단"], HEADS, ["C-1", "그린", "정수기"]])
    book = openpyxl.load_workbook(path)
    book.active.merge_cells("A1:D1")
    book.active.merge_cells("C3:D3")
    book.save(path)

    assert _cells(_only_table(path)) == [["C-1", "그린", "정수기"]]


def test_hidden_rows_are_read_and_said(tmp_path: Path) -> None:
    path = _workbook(tmp_path / "a.xlsx", [HEADS, *ROWS])
    book = openpyxl.load_workbook(path)
    book.active.row_dimensions[3].hidden = True
    book.active.row_dimensions[9].hidden = True
    book.save(path)

    table = _only_table(path)

    assert [row.number for row in table.rows] == [2, 3]
    assert [problem.what for problem in table.remarks] == ["숨긴 행 1개(3행)도 읽었습니다."]


def test_a_formula_gives_its_last_value_and_is_a_fault_where_there_is_none(tmp_path: Path) -> None:
    path = _workbook(tmp_path / "a.xlsx", [HEADS, ["C-1", "그린", '=A2&"x"', "설명"]])

    (row,) = _only_table(path).rows

    assert row.cells == {1: "C-1", 2: "그린", 4: "설명"}
    assert list(row.faults) == [3]
    assert row.faults[3].what == "수식의 계산 결과가 파일에 없습니다."


def test_an_error_value_is_a_fault(tmp_path: Path) -> None:
    path = _workbook(tmp_path / "a.xlsx", [HEADS, ["C-1", "그린", "#REF!", "설명"]])

    (row,) = _only_table(path).rows

    assert "#REF!" in row.faults[3].what


def test_dates_stay_dates_and_shown_zeros_stay(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    _workbook(path, [["수요ID", "제목", "마감일"], [7, "정수", datetime(2026, 7, 31)]])
    book = openpyxl.load_workbook(path)
    book.active["A2"].number_format = "0000"
    book.save(path)

    assert _cells(_only_table(path)) == [["0007", "정수", datetime(2026, 7, 31)]]


def test_sheets_without_known_heads_are_said_and_empty_ones_are_not(tmp_path: Path) -> None:
    path = _workbook(tmp_path / "a.xlsx", [HEADS, *ROWS])
    book = openpyxl.load_workbook(path)
    book.create_sheet("작성요령")["A1"] = "이렇게 적으세요"
    book.create_sheet("Sheet3")
    book.create_sheet("수요").append(["수요ID", "제목"])
    book.save(path)

    tables, problems = read_tables(path)

    assert [(t.source.sheet, t.kind) for t in tables] == [("기업", "companies"), ("수요", "needs")]
    assert [(p.sheet, p.severity) for p in problems] == [("작성요령", "warning")]


def test_a_stray_cell_in_the_last_corner_costs_nothing(tmp_path: Path) -> None:
    path = _workbook(tmp_path / "a.xlsx", [HEADS, *ROWS])
    book = openpyxl.load_workbook(path)
    book.active["XFD1048576"] = "x"
    book.save(path)

    table = _only_table(path)

    assert [row.number for row in table.rows] == [2, 3, 1048576]


def test_a_kind_that_is_given_decides_over_the_heads(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("기업명,품목,설명,언어\n그린,정수기,물,한국어\n")

    tables, _ = read_tables(path, "needs")

    assert tables[0].kind == "needs"
    assert [c.field for c in tables[0].columns.values()] == [
        *("organisation", "title", "description", "language")
    ]
