"""The first page of each role: what waits for staff, the events on a line, the year's funnel."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from matcher.errors import GreenMatchError
from matcher.expiry import Expiry, expiring
from matcher.outcomes import QUIET_DAYS, Outcome, follow_ups, funnel
from service.api.access import Bench
from service.gate import Asking
from service.pages.frame import render, segment
from service.reports import stored_events
from service.security import COMPANY, EVALUATOR
from service.store import StoredEvent
from service.workbench import Workbench

router = APIRouter(include_in_schema=False)
EXPIRING_DAYS = 30
SHOWN = 8
LINE_DAYS = 30
"""Days that the time line shows beyond its first and last event."""


@dataclass(frozen=True, slots=True)
class OnLine:
    """An event on the time line; left: percent of the whole width."""

    event_id: str
    day: date
    left: float
    is_over: bool


@router.get("/")
def home(request: Request, bench: Bench, who: Asking) -> Response:
    """Show staff what waits; companies and evaluators go to the page that is theirs."""
    if who.role == COMPANY:
        return RedirectResponse("/company", 303)
    if who.role == EVALUATOR:
        return RedirectResponse("/quality", 303)
    today = date.today()
    events = list(stored_events(bench.store))
    outcomes = [outcome for _, outcome in bench.store.events.outcomes()]
    waiting, error = _expiries(bench, today)
    drafts = bench.drafts().waiting()
    decided = {(d.need_id, d.company_id) for d in bench.store.decisions()}
    interests = [
        item
        for item in bench.store.wishes.interests()
        if (item.need_id, item.company_id) not in decided
    ]
    values = {
        "drafts": drafts,
        "duplicates": bench.known_duplicates(),
        "problems": _last_problems(bench),
        "expiring": waiting[:SHOWN],
        "expiring_total": len(waiting),
        "requests": bench.store.releases.open_requests(),
        "interests": interests[:SHOWN],
        "interests_total": len(interests),
        "unwritten": unwritten(events, outcomes),
        "quiet": follow_ups(outcomes, today, QUIET_DAYS)[:SHOWN],
        "line": time_line(events, today),
        "stages": funnel(o for o in outcomes if o.happened_on.year == today.year),
        "year": today.year,
        "counts": bench.store.counts(),
        "address": segment,
    }
    return render(request, who, "home.html", values, error=error, status=200)


def unwritten(events: Sequence[StoredEvent], outcomes: Sequence[Outcome]) -> dict[str, int]:
    """Return how many held meetings of each past event have no outcome yet."""
    written = {(o.event_id, o.buyer_id, o.company_id) for o in outcomes}
    now = datetime.now(UTC)
    found = {}
    for item in events:
        ends = {slot.slot_id: slot.end for slot in item.event.slots}
        meetings = (item.timetable or {}).get("meetings", ())
        n = sum(
            1
            for m in meetings
            if ends.get(m["slot_id"], now) < now
            and (item.event_id, m["buyer_id"], m["company_id"]) not in written
        )
        if n:
            found[item.event_id] = n
    return found


def time_line(events: Sequence[StoredEvent], today: date) -> list[OnLine]:
    """Return the events that have a day, in order, with their places between the first and the last."""
    days = {item.event_id: day for item in events if (day := day_of(item)) is not None}
    return [
        OnLine(event_id, day, _place(day, list(days.values()), today), day < today)
        for event_id, day in sorted(days.items(), key=lambda pair: (pair[1], pair[0]))
    ]


def day_of(item: StoredEvent) -> date | None:
    """Return the day on which an event begins, there."""
    event = item.event
    if not event.slots:
        return None
    return event.slots[0].start.astimezone(ZoneInfo(event.timezone)).date()


def _place(day: date, days: Sequence[date], today: date) -> float:
    first = min((*days, today)) - timedelta(days=LINE_DAYS)
    last = max((*days, today)) + timedelta(days=LINE_DAYS)
    return round(70 * (day - first).days / (last - first).days, 1)


def _expiries(bench: Workbench, today: date) -> tuple[Sequence[Expiry], GreenMatchError | None]:
    try:
        catalogue = bench.desk().catalogue
    except GreenMatchError as error:  # no index yet: say so, and show the rest
        return (), error
    found = expiring(catalogue.companies.values(), catalogue.needs.values(), today, EXPIRING_DAYS)
    return [item for item in found if not item.is_over], None


def _last_problems(bench: Workbench) -> list[tuple[int, str, int]]:
    """Return number, files and problems of the newest imports that left rows out."""
    return [
        (entry.import_id, ", ".join(entry.files), int(entry.counts["problems"]))
        for entry in bench.store.imports(20)
        if entry.counts.get("problems")
    ][:3]
