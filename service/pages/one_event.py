"""The page of one event, and how to come back to it after a change."""

from collections.abc import Callable
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from matcher.errors import GreenMatchError
from matcher.events import Event
from matcher.outcomes import STAGES as OUTCOME_STAGES
from matcher.outcomes import funnel
from matcher.requests import KINDS, STATES
from service.event_templates import TEMPLATES
from service.gate import Asking
from service.pages.board import board_of, names_of
from service.pages.frame import render, segment
from service.planning import completed
from service.store import StoredEvent
from service.workbench import Workbench

SECONDS = (10, 30, 60, 300)
"""How long a plan may be worked on, to choose from."""
Text = Annotated[str, Form(max_length=200)]


def event_page(
    request: Request,
    bench: Workbench,
    who: Asking,
    stored: StoredEvent,
    error: GreenMatchError | None = None,
    *,
    view: str = "table",
    trial: dict[str, Any] | None = None,
) -> HTMLResponse:
    """Return the page of one event; trial: a delegation that was not kept, to look at."""
    event = completed(stored.event, bench.store)
    names = names_of(bench, event, stored)
    requests = [
        {**item.to_dict(), "kind": KINDS[item.request.kind], "label": STATES[item.state]}
        for item in bench.store.releases.requests(stored.event_id)
    ]
    found = [outcome for _, outcome in bench.store.events.outcomes(stored.event_id)]
    newest = bench.store.releases.newest_stages().get(stored.event_id)
    values = {
        "event": event,
        "kind": TEMPLATES[event.kind].label if event.kind in TEMPLATES else event.kind,
        "here": f"/events/{segment(stored.event_id)}",
        "begins": begins(event),
        "demands": [(d.need_id, d.weight) for d in event.demands],
        "delegation": stored.delegation,
        "is_swapped": bool(stored.form.get("must_include")),
        "trial": trial,
        "job": bench.jobs.get(job_of(stored.event_id)),
        "requests": requests,
        "stages": funnel(found),
        "outcome_stages": OUTCOME_STAGES,
        "name": lambda id: names.get(id, id),
        "seconds": SECONDS,
        "can_release": newest is not None and newest[1] != "final",
        **board_of(bench, stored, event, names, view),
    }
    return render(request, who, "event.html", values, error=error)


def begins(event: Event) -> str:
    """Return the day an event begins, there."""
    if not event.slots:
        return ""
    return f"{event.slots[0].start.astimezone(ZoneInfo(event.timezone)):%Y-%m-%d}"


def done(
    request: Request, bench: Workbench, who: Asking, stored: StoredEvent, make: Callable[[], None]
) -> Response:
    """Do it and show the event again; what a person must mend stands above it."""
    try:
        make()
    except GreenMatchError as error:
        now = bench.store.events.get(stored.event_id)
        return event_page(request, bench, who, now, error)
    return to_event(stored.event_id)


def job_of(event_id: str) -> str:
    """Return the key of an event's job, which no other job's key can be."""
    return f"event {event_id}"


def to_event(event_id: str) -> RedirectResponse:
    """Send the browser to the page of an event."""
    return RedirectResponse(f"/events/{segment(event_id)}", 303)
