"""Workbooks and calendars of a timetable, read back with the libraries that others read them with."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from icalendar import Calendar
from openpyxl import load_workbook

from evaluation.meeting_days import meeting_day
from matcher.errors import InvalidRequest
from matcher.events import Event
from matcher.scheduling import schedule
from service.event_files import MOST_SHEETS, write_calendars, write_workbook

FORM = meeting_day(3, 4, slots=4, tables=2, requests=12, seed=6)


def _event(**changes: Any) -> Event:
    return Event.from_dict({**FORM, **changes})


def test_a_workbook_has_a_sheet_for_everybody_under_korean_headers(tmp_path: Path) -> None:
    event = _event()
    timetable = schedule(event, seconds=5)

    count = write_workbook(event, timetable, tmp_path / "t.xlsx")

    book = load_workbook(tmp_path / "t.xlsx")
    people = len(event.companies) + len(event.buyers) + len(event.interpreters)
    assert count == len(book.sheetnames) == 2 + people + len(event.slots)
    whole = book["전체 상담표"]
    assert [cell.value for cell in whole[1]] == [
        "날짜",
        "시작",
        "끝",
        "상담석",
        "바이어",
        "공급기업",
        "통역",
    ]
    assert whole.max_row == 1 + len(timetable.meetings)
    assert whole.column_dimensions["E"].width == 28
    mine = [m for m in timetable.meetings if m.company_id == "C0000"]
    assert book["기업 C0000"].max_row == 1 + len(mine)
    assert book["넣지 못한 짝"].max_row == 1 + len(timetable.unplaced)


def test_a_name_that_looks_like_a_formula_stays_a_text(tmp_path: Path) -> None:
    bad = '=HYPERLINK("http://x","가")'
    buyers = [{**buyer, "name": bad} for buyer in FORM["buyers"]]
    event = _event(buyers=buyers)

    write_workbook(event, schedule(event, seconds=5), tmp_path / "t.xlsx")

    cell = load_workbook(tmp_path / "t.xlsx")["전체 상담표"]["E2"]
    assert cell.data_type == "s"
    assert str(cell.value).startswith(bad)


def test_very_many_participants_share_a_sheet(tmp_path: Path) -> None:
    form = meeting_day(2, MOST_SHEETS + 1, slots=3, requests=10, seed=1)
    event = Event.from_dict(form)

    write_workbook(event, schedule(event, seconds=5), tmp_path / "t.xlsx")

    book = load_workbook(tmp_path / "t.xlsx")
    assert "기업별" in book.sheetnames
    assert "바이어 B0000" in book.sheetnames


def test_a_standard_parser_reads_every_calendar(tmp_path: Path) -> None:
    event = _event()
    timetable = schedule(event, seconds=5)
    meeting = timetable.meetings[0]
    slot = next(s for s in event.slots if s.slot_id == meeting.slot_id)

    count = write_calendars(event, timetable, tmp_path / "ics")

    files = sorted((tmp_path / "ics").iterdir())
    assert len(files) == count
    entries = Calendar.from_ical(
        (tmp_path / "ics" / f"company-{meeting.company_id}.ics").read_bytes()
    ).walk("VEVENT")
    mine = [m for m in timetable.meetings if m.company_id == meeting.company_id]
    assert len(entries) == len(mine)
    assert entries[0]["DTSTART"].dt == slot.start.astimezone(UTC)
    assert isinstance(entries[0]["DTEND"].dt, datetime)
    assert f"상담석 {meeting.table}번" == str(entries[0]["LOCATION"])
    assert len({str(entry["UID"]) for entry in entries}) == len(entries)


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    event = _event()
    timetable = schedule(event, seconds=5)
    (tmp_path / "file").write_text("")

    with pytest.raises(InvalidRequest, match="쓸 수 없습니다"):
        write_workbook(event, timetable, tmp_path / "no" / "t.xlsx")
    with pytest.raises(InvalidRequest, match="쓸 수 없습니다"):
        write_calendars(event, timetable, tmp_path / "file" / "ics")
