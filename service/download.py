"""A stored timetable as a file to take away."""

import io
import zipfile

from matcher.errors import GreenMatchError, InvalidRequest
from matcher.timetable import Timetable
from service.event_files import to_calendars, to_csv, to_workbook
from service.event_print import to_pages
from service.planning import briefings_of, completed, needs_matcher
from service.workbench import Workbench

FILE_TYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
    "pdf": "application/pdf",
    "ics": "application/zip",
}
MOST_BRIEFINGS = 200
"""Meetings up to which the pages carry briefings; each asks the index once."""


def timetable_file(bench: Workbench, event_id: str, form: str) -> bytes:
    """Return the newest timetable of an event in one of FILE_TYPES.

    Raises UnknownId, and InvalidRequest where no timetable was made yet.
    """
    stored = bench.store.events.get(event_id)
    if stored.timetable is None:
        raise InvalidRequest("아직 상담표가 없습니다. 먼저 상담표를 짜십시오.", field="event_id")
    event = completed(stored.event, bench.store)
    timetable = Timetable.from_dict(stored.timetable)
    if form == "xlsx":
        return to_workbook(event, timetable)[0]
    if form == "csv":
        return to_csv(event, timetable)
    if form == "ics":
        output = io.BytesIO()
        with zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in to_calendars(event, timetable).items():
                archive.writestr(name, data)
        return output.getvalue()
    briefings = {}
    if needs_matcher(event) and len(timetable.meetings) <= MOST_BRIEFINGS:
        try:
            briefings = briefings_of(event, timetable, bench.desk())
        except GreenMatchError:  # without an index the pages are still worth printing
            briefings = {}
    return to_pages(event, timetable, briefings)[0]
