"""The day of the meetings on a phone: who sits where now, who came, what came of it.

What somebody taps is kept in the browser until the server has it (`static/day.js`), and the page
itself is kept by `static/day-worker.js`, so a lost connection loses nothing.
"""

from datetime import UTC, date, datetime
from importlib import resources
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response

from data.contacts import mask_contacts
from matcher.errors import InvalidRequest
from matcher.events import Event
from matcher.outcomes import STAGES, Outcome
from service.api.access import Bench
from service.api.events import EventId
from service.gate import Asking
from service.pages.board import names_of
from service.pages.frame import render, segment
from service.planning import completed
from service.store.releases import ATTENDANCE

router = APIRouter(include_in_schema=False)
AMOUNTS = (0, 10_000, 50_000, 100_000, 500_000, 1_000_000)
"""US dollars to tap; another amount is written on the event's page."""
Text = Annotated[str, Form(max_length=200)]


@router.get("/day-worker.js")
def worker() -> Response:
    """Return the service worker; it lies at the root, for only there may it keep pages of /day."""
    file = resources.files("service").joinpath("static", "day-worker.js")
    headers = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-cache"}
    return Response(file.read_bytes(), 200, headers, "text/javascript; charset=utf-8")


@router.get("/day/{event_id}")
def day(event_id: EventId, request: Request, bench: Bench, who: Asking) -> HTMLResponse:
    """Show the meetings of an event by slot, with what is known of each."""
    stored = bench.store.events.get(event_id)
    event = completed(stored.event, bench.store)
    names = names_of(bench, event, stored)
    came = {
        (item["buyer_id"], item["company_id"]): item["state"]
        for item in bench.store.releases.attendance(event_id)
    }
    reached: dict[tuple[str | None, str], list[str]] = {}
    for _, outcome in bench.store.events.outcomes(event_id):
        reached.setdefault((outcome.buyer_id, outcome.company_id), []).append(STAGES[outcome.stage])
    slots = _slots(event, (stored.timetable or {}).get("meetings", ()), came, reached)
    values = {
        "event": event,
        "here": f"/day/{segment(event_id)}",
        "slots": slots,
        "states": ATTENDANCE,
        "outcome_stages": STAGES,
        "amounts": AMOUNTS,
        "name": lambda id: names.get(id, id),
    }
    return render(request, who, "day.html", values)


@router.post("/day/{event_id}/attendance")
def mark(
    event_id: EventId,
    bench: Bench,
    who: Asking,
    buyer_id: Text,
    company_id: Text,
    state: Annotated[Literal["met", "late", "no_show"], Form()],
) -> JSONResponse:
    """Write down who came; sending it twice changes nothing."""
    bench.store.releases.mark(event_id, (buyer_id, company_id), state, "", who.name)
    return JSONResponse({"label": ATTENDANCE[state]})


@router.post("/day/{event_id}/outcomes")
def write(
    event_id: EventId,
    bench: Bench,
    who: Asking,
    buyer_id: Text,
    company_id: Text,
    stage: Annotated[str, Form(max_length=50)],
    happened_on: Annotated[date, Form()],
    usd: Annotated[float, Form(ge=0, lt=1e12)] = 0.0,
    krw_per_usd: Annotated[float | None, Form(ge=1, lt=1e6)] = None,
    note: Annotated[str, Form(max_length=1_000)] = "",
) -> JSONResponse:
    """Write an outcome down; the same one sent twice is one."""
    if usd and krw_per_usd is None:
        raise InvalidRequest("오늘의 환율(원/달러)을 위에 적으십시오.", field="krw_per_usd")
    value: dict[str, Any] = {
        "event_id": event_id,
        "company_id": company_id,
        "buyer_id": buyer_id,
        "stage": stage,
        "happened_on": happened_on,
        "amount": usd or None,
        "currency": "USD" if usd else None,
        "krw_per_usd": krw_per_usd if usd else None,
        "note": mask_contacts(note),
    }
    outcome = Outcome.from_dict(value)
    known = [found for _, found in bench.store.events.outcomes(event_id)]
    if outcome not in known:
        bench.store.events.add_outcome(outcome, who.name)
    return JSONResponse({"label": STAGES[outcome.stage]})


def _slots(
    event: Event,
    meetings: Any,
    came: dict[tuple[str, str], str],
    reached: dict[tuple[str | None, str], list[str]],
) -> list[dict[str, Any]]:
    """Return the slots that hold meetings, in order; moments in UTC for the phone's clock."""
    zone = ZoneInfo(event.timezone)
    found = []
    for slot in event.slots:
        mine = sorted(
            (m for m in meetings if m["slot_id"] == slot.slot_id), key=lambda m: m["table"] or 0
        )
        if mine:
            found.append(
                {
                    "slot_id": slot.slot_id,
                    "label": f"{slot.start.astimezone(zone):%m-%d %H:%M}",
                    "day": slot.start.astimezone(zone).date(),
                    "start": slot.start.astimezone(UTC).isoformat(),
                    "end": slot.end.astimezone(UTC).isoformat(),
                    "is_now": slot.start <= datetime.now(UTC) < slot.end,
                    "meetings": [
                        {
                            **m,
                            "state": came.get((m["buyer_id"], m["company_id"]), ""),
                            "reached": reached.get((m["buyer_id"], m["company_id"]), []),
                        }
                        for m in mine
                    ],
                }
            )
    return found
