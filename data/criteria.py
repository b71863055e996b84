"""The criteria sheet (평가표) that staff fill in: a row for each company, a column for each criterion.

Columns are the staff's own (기술성, 시장성, 녹색성, 수요적합도, 수출준비도 ...); points run to 100, or to the
number in the head: 기술성(20). A row whose 기업ID or 기업명 is 가중치 gives each column's weight.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from data.cells import Fault, is_blank, to_line, to_number
from data.columns import Column
from data.problems import Problem
from data.sheets import Table, check_file, read_tables

FULL_POINTS = 100.0
_WEIGHTS = frozenset(("가중치", "비중", "weight", "weights"))
_SCALE = re.compile(r"[(\[（]\s*(?:만점\s*)?(\d+(?:\.\d+)?)\s*(?:점|점만점|점 만점)?\s*[)\]）]\s*$")


@dataclass(frozen=True, slots=True)
class CriteriaSheet:
    """Points (0..100) by company and criterion, the criteria's weights, and what could not be read."""

    points: Mapping[str, Mapping[str, float]]
    weights: Mapping[str, float]
    problems: tuple[Problem, ...]


def read_criteria(path: Path) -> CriteriaSheet:
    """Read a CSV or XLSX file; raises UnreadableFile. Rows without a company id become problems."""
    check_file(path)
    tables, notices = read_tables(path, "companies")
    problems = list(notices)
    points: dict[str, dict[str, float]] = {}
    weights: dict[str, float] = {}
    for table in tables:
        columns = _criteria(table)
        for row in table.rows:
            named = {
                column.field: to_line(row.cells[number])
                for number, column in table.columns.items()
                if column.field in ("company_id", "name_ko") and number in row.cells
            }
            is_weights = not _WEIGHTS.isdisjoint(value.casefold() for value in named.values())
            company_id = named.get("company_id", "")
            if not is_weights and not company_id:
                fault = Fault("기업ID가 없습니다.", "점수를 준 기업의 ID를 적어 주세요.")
                problems.append(table.source.error(fault, row.number, None, named.get("name_ko")))
                continue
            for number, (name, full) in columns.items():
                value = row.cells.get(number)
                if value is None or is_blank(value):
                    continue
                read = to_number(to_line(value))
                most = None if is_weights else full
                if read is None or read < 0 or (most is not None and float(read) > most):
                    limit = "0 이상의 수" if most is None else f"0부터 {most:g}까지의 수"
                    fault = Fault("점수로 읽을 수 없습니다.", f"{limit}를 적어 주세요.")
                    head = table.columns[number].head
                    problems.append(table.source.warning(fault, row.number, head, value))
                elif is_weights:
                    weights[name] = float(read)
                else:
                    points.setdefault(company_id, {})[name] = float(read) / full * FULL_POINTS
    return CriteriaSheet(points, weights, tuple(problems))


def _criteria(table: Table) -> dict[int, tuple[str, float]]:
    """Return name and full points of each column that holds numbers and means no field of a company."""
    return {
        number: _scale(column)
        for number, column in table.columns.items()
        if column.field is None
        and not column.is_contact
        and any(
            to_number(to_line(row.cells[number])) is not None
            for row in table.rows
            if number in row.cells
        )
    }


def _scale(column: Column) -> tuple[str, float]:
    found = _SCALE.search(column.head)
    if found is None or not float(found[1]):
        return column.head, FULL_POINTS
    return column.head[: found.start()].strip(), float(found[1])
