"""`greenmatch-eval imports`: the sheet is read whole, and the table tells two runs apart."""

from pathlib import Path

from data.intake import read_files
from evaluation.imports import imports_table, measure_imports, write_sheet


def test_the_made_up_sheet_holds_what_it_says(tmp_path: Path) -> None:
    write_sheet(tmp_path / "a.xlsx", 5)

    intake = read_files([tmp_path / "a.xlsx"])

    assert not intake.errors
    assert [len(company.offerings) for company in intake.companies] == [2, 2, 1]
    assert len(intake.people) == 3


def test_the_command_runs_twice_and_says_what_it_cost(tmp_path: Path) -> None:
    costs = measure_imports(tmp_path, 20)

    table = imports_table(costs, 20)

    assert [row[0] for row in table.rows] == ["처음", "같은 파일 다시"]
    assert table.rows[0][3] == "1.000"
    assert all(cost.seconds > 0 and cost.peak_mib > 10 for cost in costs)
    assert "그대로 10" in (tmp_path / "output.txt").read_text()
