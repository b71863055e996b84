"""The criteria sheet: staff's own columns, their scales and weights, and what cannot be read."""

import json
from pathlib import Path

import pytest
from openpyxl import Workbook

from data.criteria import read_criteria
from matcher.errors import UnreadableFile
from tests.test_cli import Run, run  # noqa: F401  (fixtures)

HEADS = ["기업ID", "기업명", "기술성", "시장성(20)", "비고"]


def _sheet(path: Path, *rows: list[object]) -> Path:
    book = Workbook()
    for row in (["2026년 평가표"], HEADS, *rows):
        book.active.append(row)
    book.save(path)
    return path


def test_points_are_read_to_one_scale_with_their_weights(tmp_path: Path) -> None:
    path = _sheet(
        tmp_path / "a.xlsx",
        ["가중치", None, 3, 1, None],
        ["C-1", "가", 90, 15, "현장 확인"],
        ["C-2", "나", "70", None, None],
    )

    sheet = read_criteria(path)

    assert sheet.points == {"C-1": {"기술성": 90.0, "시장성": 75.0}, "C-2": {"기술성": 70.0}}
    assert sheet.weights == {"기술성": 3.0, "시장성": 1.0}
    assert sheet.problems == ()


def test_what_cannot_be_read_is_said_with_its_row_and_the_rest_goes_in(tmp_path: Path) -> None:
    path = _sheet(
        tmp_path / "a.xlsx",
        ["C-1", "가", 101, 15, None],
        [None, "나", 80, 10, None],
        ["C-3", "다", "상", 20.5, None],
        ["C-4", "라", 50, 20, None],
    )

    sheet = read_criteria(path)

    assert sheet.points == {"C-1": {"시장성": 75.0}, "C-4": {"기술성": 50.0, "시장성": 100.0}}
    said = [(p.severity, p.row, p.column) for p in sheet.problems]
    assert said == [
        ("warning", 3, "기술성"),
        ("error", 4, None),
        ("warning", 5, "기술성"),
        ("warning", 5, "시장성(20)"),
    ]


def test_a_file_that_is_no_sheet_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.xlsx").write_text("x")

    with pytest.raises(UnreadableFile):
        read_criteria(tmp_path / "a.xlsx")


def test_the_command_blends_the_sheet_into_the_choice(run: Run, tmp_path: Path) -> None:  # noqa: F811
    event = {
        "event_id": "e",
        "quota": 1,
        "buyers": [{"buyer_id": "B"}],
        "companies": [{"company_id": c} for c in ("C-1", "C-2")],
        "pairs": [{"buyer_id": "B", "company_id": c, "score": 0.5} for c in ("C-1", "C-2")],
    }
    (tmp_path / "e.json").write_text(json.dumps(event))
    sheet = _sheet(tmp_path / "a.xlsx", ["C-1", "가", 10, 1, None], ["C-2", "나", 90, 19, None])

    found = run("delegation", tmp_path / "e.json", "--criteria", sheet, "--json")

    chosen = json.loads(found.out)["chosen"]
    assert [c["company_id"] for c in chosen] == ["C-2"]
    assert chosen[0]["criteria"] == pytest.approx((0.9 + 0.95) / 2)
