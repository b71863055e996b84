"""`greenmatch-eval events`: figures that a run produced, baselines that keep the rules."""

import pytest
from typer.testing import CliRunner

from evaluation import meeting_days
from evaluation.cli import app
from evaluation.meeting_days import (
    Size,
    deferred_score,
    greedy_score,
    measure_delegations,
    measure_timetables,
    meeting_day,
)
from matcher.events import Event
from matcher.meeting_grid import build_grid
from matcher.policy import Policy
from matcher.scheduling import schedule

SMALL = Size(6, 6, 1, 6, 3, 3, 20, 10)


def test_the_table_shows_bound_and_baselines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(meeting_days.SIZES, "small", SMALL)

    table, measured = measure_timetables(["small"], [1, 2])

    assert [m.broken for m in measured] == [0, 0]
    assert all(m.timetable.is_optimal for m in measured)
    assert all(m.moved == 0 for m in measured)
    assert len(table.rows) == 2
    assert len(table.rows[0]) == len(table.header)


@pytest.mark.parametrize("seed", range(4))
def test_no_baseline_beats_the_product(seed: int) -> None:
    form = meeting_day(6, 6, slots=6, tables=3, requests=20, seed=seed)
    for company in form["companies"]:
        company["min_meetings"] = 0
    for pair in form["pairs"]:
        pair["preference"] = None
    event = Event.from_dict(form)
    grid = build_grid(event, Policy.load().timetable)

    best = schedule(event, seconds=10).terms.score

    assert 0 < greedy_score(grid) <= best + 1e-9
    assert 0 < deferred_score(grid) <= best + 1e-9


def test_delegations_are_measured_beside_greedy() -> None:
    table = measure_delegations(2)

    assert [row[0] for row in table.rows] == ["초", "증명된 차이", "탐욕법보다 나은 값"]
    assert table.rows[1][2] == "0.0000 %"


def test_an_unknown_size_is_refused() -> None:
    result = CliRunner().invoke(app, ["events", "moon"])

    assert result.exit_code != 0
    assert "moon" in str(result.exception)
