"""A timetable as files for people: a workbook and CSV for staff, a calendar for every participant."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from icalendar import Calendar
from icalendar import Event as Entry
from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.worksheet.worksheet import Worksheet

from matcher.errors import InvalidRequest
from matcher.events import Event, Meeting, Participant
from matcher.timetable import Timetable

HEADER = ("날짜", "시작", "끝", "상담석", "바이어", "공급기업", "통역")
WIDTHS = (12, 8, 8, 8, 28, 28, 18)
MOST_SHEETS = 100
"""Participants of one kind with sheets of their own; more stand below each other on one sheet."""
_FORBIDDEN = str.maketrans(dict.fromkeys("[]:*?/\\'", "_"))

Row = Sequence[str | int | None]


def write_workbook(event: Event, timetable: Timetable, path: Path) -> int:
    """Write `to_workbook` and return its number of sheets; raises InvalidRequest."""
    data, sheets = to_workbook(event, timetable)
    _write(path, data)
    return sheets


def to_workbook(event: Event, timetable: Timetable) -> tuple[bytes, int]:
    """Return a workbook and its number of sheets.

    One for the whole, for each company, buyer, interpreter and slot, and for what is missing. Every
    text is written as text: what looks like a formula stays a text.
    """
    book = Workbook()
    book.remove(book.active)
    names = _names(event)
    _sheet(book, "전체 상담표", HEADER, WIDTHS, [_row(event, names, m) for m in timetable.meetings])
    for kind, side, ids in (
        ("기업", "company_id", [c.id for c in event.companies]),
        ("바이어", "buyer_id", [b.id for b in event.buyers]),
        ("통역", "interpreter_id", [i.id for i in event.interpreters]),
        ("시간", "slot_id", [s.slot_id for s in event.slots]),
    ):
        held = {id: [m for m in timetable.meetings if getattr(m, side) == id] for id in ids}
        _sheets_of_kind(book, kind, event, names, held)
    unplaced = [(names[u.buyer_id], names[u.company_id], u.why) for u in timetable.unplaced]
    _sheet(book, "넣지 못한 짝", ("바이어", "공급기업", "까닭"), (28, 28, 90), unplaced)
    output = io.BytesIO()
    book.save(output)
    return output.getvalue(), len(book.sheetnames)


def to_csv(event: Event, timetable: Timetable) -> bytes:
    """Return the whole timetable as CSV that Excel opens in Korean (UTF-8 with a mark).

    A text that looks like a formula is led by an apostrophe, as spreadsheets show it.
    """
    output = io.StringIO(newline="")
    writer = csv.writer(output)
    names = _names(event)
    writer.writerow(HEADER)
    for m in timetable.meetings:
        writer.writerow([no_formula(value) for value in _row(event, names, m)])
    return output.getvalue().encode("utf-8-sig")


def write_csv(event: Event, timetable: Timetable, path: Path) -> None:
    """Write `to_csv`; raises InvalidRequest where the file cannot be written."""
    _write(path, to_csv(event, timetable))


def no_formula(value: str | int | None) -> str | int | None:
    """Return a cell that no spreadsheet program takes for a formula."""
    is_formula = isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r")
    return f"'{value}" if is_formula else value


def _write(path: Path, data: bytes) -> None:
    try:
        path.write_bytes(data)
    except OSError as error:
        raise _unwritable(path, error) from error


def write_calendars(event: Event, timetable: Timetable, folder: Path) -> int:
    """Write `to_calendars` into a folder and return how many; raises InvalidRequest."""
    files = to_calendars(event, timetable)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, data in files.items():
            (folder / name).write_bytes(data)
    except OSError as error:
        raise _unwritable(folder, error) from error
    return len(files)


def to_calendars(event: Event, timetable: Timetable) -> dict[str, bytes]:
    """Return one .ics file for every participant with meetings, by file name.

    Times are written in UTC, so that every calendar shows them in its own zone. The same meeting
    keeps its UID over later timetables.
    """
    names = _names(event)
    owners: dict[tuple[str, str], list[Meeting]] = {}
    for m in timetable.meetings:
        for kind, id in (
            ("buyer", m.buyer_id),
            ("company", m.company_id),
            ("interpreter", m.interpreter_id),
        ):
            if id is not None:
                owners.setdefault((kind, id), []).append(m)
    return {
        f"{kind}-{id.translate(_FORBIDDEN)}.ics": bytes(_calendar(event, names, mine).to_ical())
        for (kind, id), mine in owners.items()
    }


def calendar_of(company_id: str, plans: Iterable[tuple[Event, Timetable]]) -> bytes:
    """Return one .ics file with a company's meetings at several events."""
    calendar = _new_calendar()
    for event, timetable in plans:
        mine = [m for m in timetable.meetings if m.company_id == company_id]
        for entry in _entries(event, _names(event), mine):
            calendar.add_component(entry)
    return bytes(calendar.to_ical())


def _calendar(event: Event, names: Mapping[str, str], meetings: Iterable[Meeting]) -> Calendar:
    calendar = _new_calendar()
    for entry in _entries(event, names, meetings):
        calendar.add_component(entry)
    return calendar


def _new_calendar() -> Calendar:
    calendar = Calendar()
    calendar.add("prodid", "-//GreenMatch//timetable//KO")
    calendar.add("version", "2.0")
    return calendar


def _entries(
    event: Event, names: Mapping[str, str], meetings: Iterable[Meeting]
) -> Iterator[Entry]:
    starts = {slot.slot_id: slot for slot in event.slots}
    for m in meetings:
        slot = starts[m.slot_id]
        entry = Entry()
        entry.add("uid", f"{event.event_id}/{m.buyer_id}/{m.company_id}@greenmatch")
        entry.add("dtstamp", datetime.now(UTC).replace(microsecond=0))
        entry.add("dtstart", slot.start.astimezone(UTC))
        entry.add("dtend", slot.end.astimezone(UTC))
        entry.add("summary", f"상담: {names[m.buyer_id]} - {names[m.company_id]}")
        entry.add("location", f"상담석 {m.table}번")
        if m.interpreter_id:
            entry.add("description", f"통역: {m.interpreter_id}")
        yield entry


def _names(event: Event) -> dict[str, str]:
    return {person.id: name_of(person) for person in (*event.buyers, *event.companies)}


def name_of(person: Participant) -> str:
    """Return how a participant is named in files: the name and the id, or the id alone."""
    told = person.fields.get("name_ko") or person.fields.get("name")
    return f"{told} ({person.id})" if told else person.id


def times_of(event: Event, meeting: Meeting) -> tuple[datetime, datetime]:
    """Return begin and end of a meeting on the event's own clock."""
    slot = next(slot for slot in event.slots if slot.slot_id == meeting.slot_id)
    zone = ZoneInfo(event.timezone)
    return slot.start.astimezone(zone), slot.end.astimezone(zone)


def _row(event: Event, names: Mapping[str, str], m: Meeting) -> Row:
    start, end = times_of(event, m)
    return (
        f"{start:%Y-%m-%d}",
        f"{start:%H:%M}",
        f"{end:%H:%M}",
        m.table,
        names[m.buyer_id],
        names[m.company_id],
        m.interpreter_id or "",
    )


def _sheets_of_kind(
    book: Workbook,
    kind: str,
    event: Event,
    names: Mapping[str, str],
    held: Mapping[str, Sequence[Meeting]],
) -> None:
    rows = {id: [_row(event, names, m) for m in meetings] for id, meetings in held.items()}
    if len(rows) <= MOST_SHEETS:
        for id, lines in rows.items():
            _sheet(book, f"{kind} {id}", HEADER, WIDTHS, lines)
        return
    together = [(id, *line) for id, lines in rows.items() for line in lines]
    _sheet(book, f"{kind}별", (kind, *HEADER), (20, *WIDTHS), together)


def _sheet(
    book: Workbook, title: str, header: Sequence[str], widths: Sequence[int], rows: Iterable[Row]
) -> None:
    sheet: Worksheet = book.create_sheet(title.translate(_FORBIDDEN)[:31])
    for column, (name, width) in enumerate(zip(header, widths, strict=True), 1):
        cell = sheet.cell(1, column, name)
        cell.font = Font(bold=True)
        cell.fill = PatternFill("solid", fgColor="DDEFE3")
        sheet.column_dimensions[cell.column_letter].width = width
    for n, row in enumerate(rows, 2):
        for column, value in enumerate(row, 1):
            cell = sheet.cell(n, column)
            cell.value = value
            if isinstance(value, str):
                cell.data_type = "s"  # openpyxl would take "=..." for a formula
                cell.quotePrefix = value[:1] in ("=", "+", "-", "@")
            cell.alignment = Alignment(vertical="top", wrap_text=True)
    sheet.freeze_panes = "A2"
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = sheet.PAPERSIZE_A4
    sheet.page_setup.fitToWidth = 1
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True


def _unwritable(path: Path, error: OSError) -> InvalidRequest:
    return InvalidRequest(
        f"'{path}'에 쓸 수 없습니다({error.strerror}). 쓸 수 있는 곳을 정하십시오.", field="path"
    )
