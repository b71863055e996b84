"""Write companies.xlsx, the staff spreadsheet of the demo, from companies.jsonl.

The sheet looks like those that staff send around: a title above the header, one row per offering
with the company's cells merged, lists in one cell, units and full-width digits, and the defects
listed in DEFECTS and BAD_ROWS, each of which `greenmatch check` must report.

Run: python data/samples/make_companies_xlsx.py
"""

import json
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.worksheet.worksheet import Worksheet

from matcher.vocabulary import country_label, language_label

HERE = Path(__file__).parent
HEADER_ROW = 3
COMPANY_COLUMNS = (
    "기업ID",
    "기업명(국문)",
    "기업명(영문)",
    "사업자등록번호",
    "소재지",
    "기업규모",
    "종업원수",
    "설립일",
    "매출액(백만원)",
    "보유인증",
    "상담가능언어",
    "수출국가",
    "진출희망국가",
    "비고",
)
OFFERING_COLUMNS = ("공급기술ID", "공급기술명", "기술설명", "분야")
WIDTHS = (9, 22, 26, 15, 14, 9, 9, 12, 12, 34, 16, 18, 18, 12, 11, 34, 70, 18)
DEFECTS = {
    ("C-008", "설립일"): "2026.2.30",
    ("C-021", "사업자등록번호"): "901-22-33445",
    ("C-037", "매출액(백만원)"): "약간 증가",
    ("C-055", "진출희망국가"): "베트남; 남미 일대",
    ("C-102", "상담가능언어"): "한국어, 영어, 사투리",
}
"""Cells that cannot be read as what they should be: the row goes in, with a warning."""
VARIANTS = {
    ("C-003", "종업원수"): "１２명",
    ("C-014", "매출액(백만원)"): "35억",
    ("C-030", "진출희망국가"): "베트남(하노이); 인도네시아(자카르타)",
    ("C-044", "설립일"): "2012년 3월 5일",
    ("C-070", "매출액(백만원)"): "4,200,000천원",
    ("C-090", "설립일"): "’15.4.1",
}
"""Cells that people write their own way and that must be understood."""
BAD_ROWS = (
    {"기업명(국문)": "이름만적은기업(가상)", "비고": "가상 기업"},
    {
        "기업ID": "C-999",
        "기업명(국문)": "기술이없는기업(가상)",
        "소재지": "서울특별시",
        "비고": "가상 기업",
    },
)
"""Rows that cannot go in: no id and no registration number; no technology at all."""


def main() -> None:
    """Write the workbook beside companies.jsonl."""
    with (HERE / "companies.jsonl").open(encoding="utf-8") as stream:
        companies = [json.loads(line) for line in stream]
    book = Workbook()
    sheet = book.active
    if not isinstance(sheet, Worksheet):
        raise TypeError("a new workbook has a worksheet")
    sheet.title = "참가기업"
    _head(sheet)
    row = HEADER_ROW + 1
    for company in companies:
        row = _write_company(sheet, row, company)
    for cells in BAD_ROWS:
        for column, value in cells.items():
            sheet.cell(row, _column(column), value)
        row += 1
    notes = book.create_sheet("작성요령")
    notes.append(
        ["이 통합문서의 기업은 모두 가상 기업이며, 그린매치 시연과 시험을 위해 지어낸 것입니다."]
    )
    notes.append(["여러 공급기술이 있는 기업은 행을 나누어 적고 기업 칸은 병합합니다."])
    book.save(HERE / "companies.xlsx")


def _head(sheet: Worksheet) -> None:
    columns = COMPANY_COLUMNS + OFFERING_COLUMNS
    sheet.cell(1, 1, "녹색 수출상담회 참가 신청 기업 현황 (표본, 모두 가상 기업)").font = Font(
        bold=True, size=14
    )
    sheet.merge_cells(start_row=1, start_column=1, end_row=1, end_column=len(columns))
    sheet.cell(2, 1, "※ 매출액은 직전 연도 기준")
    for number, (name, width) in enumerate(zip(columns, WIDTHS, strict=True), start=1):
        cell = sheet.cell(HEADER_ROW, number, name)
        cell.font = Font(bold=True)
        cell.fill = PatternFill("solid", fgColor="DDEBDD")
        cell.alignment = Alignment(horizontal="center", wrap_text=True)
        sheet.column_dimensions[cell.column_letter].width = width
    sheet.freeze_panes = sheet.cell(HEADER_ROW + 1, 3)


def _write_company(sheet: Worksheet, row: int, company: dict[str, Any]) -> int:
    """Write one company's rows and return the next free row."""
    cells = _company_cells(company)
    for column in COMPANY_COLUMNS:
        key = (company["company_id"], column)
        sheet.cell(row, _column(column), DEFECTS.get(key, VARIANTS.get(key, cells[column])))
    offerings = company["offerings"]
    for offset, offering in enumerate(offerings):
        values = (
            offering["offering_id"],
            offering["title"],
            offering["description"],
            offering["sector"],
        )
        for column, value in zip(OFFERING_COLUMNS, values, strict=True):
            cell = sheet.cell(row + offset, _column(column), value)
            cell.alignment = Alignment(wrap_text=True, vertical="top")
    last = row + len(offerings) - 1
    if last > row:
        for column in COMPANY_COLUMNS:
            number = _column(column)
            sheet.merge_cells(start_row=row, start_column=number, end_row=last, end_column=number)
    return last + 1


def _company_cells(company: dict[str, Any]) -> dict[str, object]:
    def countries(codes: list[str]) -> str:
        return ", ".join(country_label(code) for code in codes)

    return {
        "기업ID": company["company_id"],
        "기업명(국문)": company["name_ko"],
        "기업명(영문)": company["name_en"],
        "사업자등록번호": company["registration_no"],
        "소재지": company["region"],
        "기업규모": company["size"],
        "종업원수": company["employees"],
        "설립일": company["founded"],
        "매출액(백만원)": company["revenue_krw_million"],
        "보유인증": "; ".join(_certificate(item) for item in company["certifications"]),
        "상담가능언어": ", ".join(language_label(code) for code in company["languages"]),
        "수출국가": countries(company["export_countries"]),
        "진출희망국가": countries(company["target_countries"]),
        "비고": company["note"],
    }


def _certificate(item: str | dict[str, str | None]) -> str:
    if isinstance(item, str):
        return item
    inside = [item.get("number"), f"~{item['valid_until']}" if item.get("valid_until") else None]
    return f"{item['name']}({', '.join(part for part in inside if part)})"


def _column(name: str) -> int:
    return (COMPANY_COLUMNS + OFFERING_COLUMNS).index(name) + 1


if __name__ == "__main__":
    main()
