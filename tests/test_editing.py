"""Events changed by hand: from a template, a meeting moved, a company swapped, people invited."""

import itertools
import threading
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from ortools.sat.python import cp_model

from evaluation.meeting_days import meeting_day
from matcher.errors import InvalidRequest
from matcher.events import Event
from matcher.meeting_seats import _stopping
from matcher.scheduling import schedule
from matcher.timetable import Timetable, violations
from service.editing import (
    let_go,
    moved,
    with_demand,
    with_person,
    without_demand,
    without_person,
)
from service.event_templates import MOST_SLOTS, TEMPLATES, new_event
from service.jobs import UNEXPECTED, Jobs

DAY = meeting_day(4, 8, slots=6, tables=3, requests=18, seed=4)


@pytest.fixture(scope="module")
def made() -> tuple[Event, Timetable]:
    event = Event.from_dict(DAY)
    return event, schedule(event, seconds=5.0)


@pytest.mark.parametrize("kind", TEMPLATES)
@pytest.mark.parametrize("days", [1, 3])
def test_a_template_makes_a_sound_event_with_a_free_noon(kind: str, days: int) -> None:
    form = new_event(" 행사 ", kind, begins_on=date(2027, 3, 1), days=days, timezone="Asia/Jakarta")
    event = Event.from_dict(form)
    hours = {(s.start.hour, s.end.hour, s.end.minute) for s in event.slots}

    assert event.event_id == "행사"
    assert event.quota == TEMPLATES[kind].quota
    assert len({s.start.date() for s in event.slots}) == days
    assert 0 < len(event.slots) <= MOST_SLOTS
    assert all(start >= 13 or end < 12 or (end, minute) == (12, 0) for start, end, minute in hours)
    assert event.slots[0].start.utcoffset().total_seconds() == 7 * 3600  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "change",
    [{"kind": "party"}, {"event_id": " "}, {"days": 0}, {"days": 15}, {"timezone": "Mars/Olympus"}],
)
def test_a_template_refuses_what_makes_no_sense(change: dict[str, Any]) -> None:
    told = {"event_id": "e", "kind": "delegation", "begins_on": date(2027, 3, 1), **change}
    with pytest.raises(InvalidRequest):
        new_event(told.pop("event_id"), told.pop("kind"), **told)


def test_a_meeting_moves_to_any_cell_that_breaks_no_rule_and_nothing_else_moves(
    made: tuple[Event, Timetable],
) -> None:
    event, timetable = made
    first = timetable.meetings[0]
    moves = 0
    for slot in event.slots:
        for table in range(1, 4):
            changed, broken = moved(event, timetable, first.pair, slot.slot_id, table)
            others = {
                m for m in timetable.meetings
                if m.pair != first.pair and (m.slot_id, m.table) != (slot.slot_id, table)
            }  # fmt: skip
            if not broken:
                moves += 1
                assert violations(event, changed.meetings) == ()
            assert others <= set(changed.meetings)
            assert len(changed.meetings) == len(timetable.meetings)
            mine = next(m for m in changed.meetings if m.pair == first.pair)
            assert (mine.slot_id, mine.table) == (slot.slot_id, table)
            assert changed.objective <= timetable.bound + 1e-9

    assert moves >= 1


def test_a_move_that_breaks_a_rule_says_which(made: tuple[Event, Timetable]) -> None:
    event, timetable = made
    one, other = next(
        (a, b) for a in timetable.meetings for b in timetable.meetings
        if a.company_id == b.company_id and a.buyer_id != b.buyer_id
    )  # fmt: skip
    held = {m.table for m in timetable.meetings if m.slot_id == other.slot_id}
    free = next((t for t in range(1, 9) if t not in held), 9)

    _, broken = moved(event, timetable, one.pair, other.slot_id, free)

    assert any(one.company_id in sentence and "겹칩니다" in sentence for sentence in broken)


def test_a_meeting_that_is_not_there_cannot_move(made: tuple[Event, Timetable]) -> None:
    event, timetable = made
    with pytest.raises(InvalidRequest):
        moved(event, timetable, ("nobody", "nowhere"), event.slots[0].slot_id, 1)


def test_a_move_takes_an_interpreter_who_is_free() -> None:
    slots = [
        {"slot_id": s, "start": f"2027-03-01T{s}:00+09:00", "minutes": 30}
        for s in ("10:00", "11:00")
    ]
    form = {
        "event_id": "e",
        "slots": slots,
        "tables": 2,
        "buyers": [{"buyer_id": "B1", "languages": ["vi"]}, {"buyer_id": "B2", "languages": ["vi"]}],
        "companies": [{"company_id": "C1", "languages": ["ko"]}, {"company_id": "C2", "languages": ["ko"]}],
        "interpreters": [
            {"interpreter_id": "I1", "languages": ["ko", "vi"]},
            {"interpreter_id": "I2", "languages": ["ko", "vi"], "available_slots": ["10:00"]},
        ],
        "pairs": [
            {"buyer_id": "B1", "company_id": "C1", "score": 1.0},
            {"buyer_id": "B2", "company_id": "C2", "score": 1.0},
        ],
        "fixed": [],
    }  # fmt: skip
    event = Event.from_dict(form)
    made = schedule(event, seconds=3.0)
    apart = [
        replace(m, slot_id=slot, table=1, interpreter_id="I1")
        for m, slot in zip(made.meetings, ("10:00", "11:00"), strict=True)
    ]
    changed, broken = moved(event, replace(made, meetings=tuple(apart)), apart[1].pair, "10:00", 2)

    assert broken == ()
    assert {m.interpreter_id for m in changed.meetings} == {"I1", "I2"}


def test_people_and_demands_come_and_go() -> None:
    form = without_demand(with_demand({"demands": ["a", {"need_id": "b"}]}, "c"), "b")
    joined = with_person(DAY, "companies", "C-NEW")
    left = without_person(joined, "companies", DAY["companies"][0]["company_id"])

    assert form["demands"] == ["a", "c"]
    assert joined["companies"][-1] == {"company_id": "C-NEW"}
    assert Event.from_dict(left).companies
    assert not any(p["company_id"] == DAY["companies"][0]["company_id"] for p in left["pairs"])
    with pytest.raises(InvalidRequest):
        with_person(joined, "companies", "C-NEW")


def test_letting_go_frees_what_was_swapped_and_nothing_else() -> None:
    form = {
        "must_include": ["x"],
        "must_exclude": ["a", {"company_id": "b", "why": "담당자가 바꾸었습니다."}, {"company_id": "c", "why": "w"}],
    }  # fmt: skip

    assert let_go(form) == {
        "must_include": [],
        "must_exclude": ["a", {"company_id": "c", "why": "w"}],
    }


# -- stopping


def test_a_solver_in_the_middle_of_its_search_ends_when_it_is_told() -> None:
    model, pigeons, holes = cp_model.CpModel(), 14, 13
    sits = [[model.new_bool_var(f"{p} {h}") for h in range(holes)] for p in range(pigeons)]
    for pigeon in sits:
        model.add_bool_or(pigeon)
    for h in range(holes):
        for one, other in itertools.combinations(sits, 2):
            model.add_bool_or(~one[h], ~other[h])
    solver = cp_model.CpSolver()
    solver.parameters.max_time_in_seconds = 300.0
    solver.parameters.num_workers = 1
    solver.parameters.cp_model_presolve = False
    solver.parameters.symmetry_level = 0
    stop = threading.Event()
    timer = threading.Timer(0.5, stop.set)
    timer.start()
    with _stopping(solver, stop):
        status = solver.solve(model)

    assert status == cp_model.UNKNOWN
    assert stop.is_set()


def test_a_search_stopped_before_it_begins_still_seats_what_it_can() -> None:
    stop = threading.Event()
    stop.set()

    stopped = schedule(Event.from_dict(DAY), seconds=60.0, stop=stop)

    assert violations(Event.from_dict(DAY), stopped.meetings) == ()
    assert stopped.meetings


# -- jobs


def test_one_job_for_a_key_at_a_time_and_what_goes_wrong_is_said() -> None:
    jobs = Jobs()

    def wait(progress: Any, stop: threading.Event) -> None:
        progress("기다림", 0, 1)
        stop.wait(30)

    def fail(progress: Any, stop: threading.Event) -> None:
        raise InvalidRequest("안 됩니다.", field="x")

    def crash(progress: Any, stop: threading.Event) -> None:
        raise RuntimeError("boom")

    job = jobs.start("a", "일", 10.0, wait)
    with pytest.raises(InvalidRequest):
        jobs.start("a", "일", 10.0, wait)
    jobs.start("b", "일", 10.0, fail)
    hook, threading.excepthook = threading.excepthook, lambda _: None
    jobs.start("c", "일", 10.0, crash)
    jobs.forget("a")
    assert jobs.get("a") is job
    assert 0 <= job.share <= 1
    jobs.wait()
    threading.excepthook = hook
    said = {key: found.error for key in "abc" if (found := jobs.get(key))}
    jobs.forget("a")

    assert said == {"a": "", "b": "안 됩니다.", "c": UNEXPECTED}
    assert job.is_done
    assert job.what == "기다림"
    assert jobs.get("a") is None
