"""The pages of events: the list with what the year came to, and one event from plan to outcome."""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from functools import cache
from typing import Annotated, Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from fastapi import APIRouter, File, Form, UploadFile
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from jinja2 import Environment, PackageLoader, select_autoescape

from data.contacts import mask_contacts
from data.interchange import without_contacts
from matcher.errors import GreenMatchError, InvalidRequest, UnreadableFile
from matcher.events import Event
from matcher.outcomes import STAGES as OUTCOME_STAGES
from matcher.outcomes import Outcome, follow_ups, funnel
from matcher.requests import KINDS, STAGES, STATES
from matcher.timetable import Timetable
from service.api.access import Bench
from service.api.events import EventId
from service.api.releases import Number
from service.changing import grant, make_delegation, make_timetable
from service.event_files import name_of
from service.gate import Asking
from service.pages.frame import notice_html, page
from service.planning import completed
from service.problems import status_of
from service.reports import funnels, stored_events
from service.security import ADMINISTRATOR, STAFF, Principal
from service.store import StoredEvent
from service.workbench import Workbench

router = APIRouter(include_in_schema=False)
SECONDS = 20.0
QUIET_DAYS = 90
MOST_TABLES = 60


@router.get("/events")
def list_of_events(bench: Bench, who: Asking) -> HTMLResponse:
    """Show every event, the year's outcomes and whom to ask again."""
    return _list_page(bench, who)


@router.post("/events")
def upload_event(bench: Bench, who: Asking, file: Annotated[UploadFile, File()]) -> Response:
    """Keep an event file and show the event."""
    try:
        form = _read(file)
        event = bench.store.events.put(without_contacts(form), who.name)
    except GreenMatchError as error:
        return _list_page(bench, who, error)
    return _to(event.event_id)


@router.get("/events/{event_id}")
def one_event(event_id: EventId, bench: Bench, who: Asking) -> HTMLResponse:
    """Show one event."""
    return _event_page(bench, who, bench.store.events.get(event_id))


@router.post("/events/{event_id}/plans")
def make_plan(
    event_id: EventId, bench: Bench, who: Asking, plan: Annotated[str, Form()]
) -> Response:
    """Choose the delegation, make the timetable, or make it anew around what stands."""
    stored = bench.store.events.get(event_id)

    def make() -> None:
        if plan == "delegation":
            make_delegation(bench, event_id, SECONDS)
        else:
            make_timetable(bench, event_id, SECONDS, who.name, keep=plan == "keep")

    return _done(bench, who, stored, make)


@router.post("/events/{event_id}/release")
def release_timetable(
    event_id: EventId,
    bench: Bench,
    who: Asking,
    stage: Annotated[str, Form()],
    until: Annotated[str, Form()] = "",
) -> Response:
    """Show the newest timetable to both sides, or close it."""
    stored = bench.store.events.get(event_id)

    def make() -> None:
        moment = _moment(until, stored.event) if stage == "provisional" else None
        bench.store.releases.release(event_id, stage, moment, who.name)

    return _done(bench, who, stored, make)


@router.post("/events/{event_id}/requests/{request_id}")
def answer_request(
    event_id: EventId,
    request_id: Number,
    bench: Bench,
    who: Asking,
    accept: Annotated[str, Form()],
) -> Response:
    """Grant or decline a request."""
    stored = bench.store.events.get(event_id)

    def make() -> None:
        if accept == "1":
            grant(bench, event_id, request_id, "", who.name)
        else:
            bench.store.releases.answer(event_id, request_id, "declined", "")

    return _done(bench, who, stored, make)


@router.post("/events/{event_id}/outcomes")
def write_outcome(
    event_id: EventId,
    bench: Bench,
    who: Asking,
    company_id: Annotated[str, Form(max_length=200)],
    stage: Annotated[str, Form(max_length=50)],
    happened_on: Annotated[date, Form()],
    buyer_id: Annotated[str, Form(max_length=200)] = "",
    amount: Annotated[str, Form(max_length=50)] = "",
    currency: Annotated[str, Form(max_length=10)] = "",
    krw_per_usd: Annotated[str, Form(max_length=50)] = "",
    note: Annotated[str, Form(max_length=1_000)] = "",
) -> Response:
    """Write one outcome down."""
    stored = bench.store.events.get(event_id)

    def make() -> None:
        value = {
            "event_id": event_id,
            "company_id": company_id,
            "buyer_id": buyer_id,
            "stage": stage,
            "happened_on": happened_on,
            "amount": amount.replace(",", ""),
            "currency": currency if amount else None,
            "krw_per_usd": krw_per_usd.replace(",", ""),
            "note": mask_contacts(note),
        }
        bench.store.events.add_outcome(Outcome.from_dict(value), who.name)

    return _done(bench, who, stored, make)


def _done(
    bench: Workbench, who: Principal, stored: StoredEvent, make: Callable[[], None]
) -> Response:
    """Do it and show the event again; what a person must mend stands above it."""
    try:
        make()
    except GreenMatchError as error:
        now = bench.store.events.get(stored.event_id)
        return _event_page(bench, who, now, error)
    return _to(stored.event_id)


def _to(event_id: str) -> RedirectResponse:
    return RedirectResponse(f"/events/{quote(event_id, safe='')}", 303)


def _read(file: UploadFile) -> dict[str, Any]:
    name = file.filename or "행사 파일"
    try:
        value = json.loads(file.file.read().decode("utf-8-sig"))
    except (UnicodeDecodeError, ValueError, RecursionError) as error:
        raise UnreadableFile(f"'{name}'은(는) 행사 파일(JSON)이 아닙니다.", file=name) from error
    if not isinstance(value, dict):
        raise UnreadableFile(f"'{name}'은(는) 행사 파일(JSON)이 아닙니다.", file=name)
    return value


def _moment(text: str, event: Event) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidRequest("요청을 받는 기한을 적으십시오.", field="until") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(event.timezone))


def _list_page(
    bench: Workbench, who: Principal, error: GreenMatchError | None = None
) -> HTMLResponse:
    stages = bench.store.releases.newest_stages()
    events = [_line(item, stages.get(item.event_id)) for item in stored_events(bench.store)]
    events.sort(key=lambda item: (item["begins"], item["event_id"]), reverse=True)
    outcomes = [outcome for _, outcome in bench.store.events.outcomes()]
    body = _render(
        "events.html",
        who,
        events=events,
        funnels=funnels(bench.store, "year"),
        waiting=follow_ups(outcomes, date.today(), QUIET_DAYS),
    )
    return _page("행사", body, who, error)


def _line(item: StoredEvent, newest: tuple[int, str] | None) -> dict[str, Any]:
    return {
        "event_id": item.event_id,
        "begins": _begins(item.event),
        "chosen": len(item.delegation["chosen"]) if item.delegation else "",
        "meetings": len(item.timetable["meetings"]) if item.timetable else "",
        "stage": STAGES[newest[1]] if newest else "",
    }


def _event_page(
    bench: Workbench, who: Principal, stored: StoredEvent, error: GreenMatchError | None = None
) -> HTMLResponse:
    event = completed(stored.event, bench.store)
    names = _names(bench, event, stored)
    newest = bench.store.releases.newest_stages().get(stored.event_id)
    requests = [
        {**item.to_dict(), "kind": KINDS[item.request.kind], "label": STATES[item.state]}
        for item in bench.store.releases.requests(stored.event_id)
    ]
    found = [outcome for _, outcome in bench.store.events.outcomes(stored.event_id)]
    tables, rows = _grid(event, (stored.timetable or {}).get("meetings", ()))
    body = _render(
        "event.html",
        who,
        event=event,
        here=f"/events/{quote(stored.event_id, safe='')}",
        begins=_begins(event),
        delegation=stored.delegation,
        timetable=stored.timetable,
        stage=f"{newest[0]}판 {STAGES[newest[1]]}" if newest else "",
        tables=tables,
        rows=rows,
        quality=Timetable.from_dict(stored.timetable).verdict if stored.timetable else "",
        requests=requests,
        funnel=funnel(found),
        stages=OUTCOME_STAGES,
        name=lambda id: names.get(id, id),
    )
    return _page(f"행사 {stored.event_id}", body, who, error)


def _names(bench: Workbench, event: Event, stored: StoredEvent) -> dict[str, str]:
    plan = stored.delegation or {}
    listed = [
        item["company_id"]
        for group in ("chosen", "alternates", "left_out")
        for item in plan.get(group, ())
    ]
    known = {c.company_id: f"{c.name} ({c.company_id})" for c in bench.store.companies(listed)}
    return {**known, **{p.id: name_of(p) for p in (*event.companies, *event.buyers)}}


def _grid(
    event: Event, meetings: Sequence[Mapping[str, Any]]
) -> tuple[list[int], list[dict[str, Any]]]:
    """Return the tables in use and, for each slot, its label and a meeting (or None) for each of them."""
    tables = sorted({m["table"] for m in meetings if m["table"]})[:MOST_TABLES]
    held = {(m["slot_id"], m["table"]): m for m in meetings}
    zone = ZoneInfo(event.timezone)
    rows = [
        {
            "label": f"{slot.start.astimezone(zone):%m-%d %H:%M}",
            "meetings": [held.get((slot.slot_id, table)) for table in tables],
        }
        for slot in event.slots
    ]
    return tables, rows


def _begins(event: Event) -> str:
    if not event.slots:
        return ""
    return f"{event.slots[0].start.astimezone(ZoneInfo(event.timezone)):%Y-%m-%d}"


@cache
def _templates() -> Environment:
    return Environment(
        loader=PackageLoader("service"),
        autoescape=select_autoescape(default=True),
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _render(template: str, who: Principal, **values: Any) -> str:
    can_write = who.role in (ADMINISTRATOR, STAFF)
    whole = {**values, "csrf": who.csrf or "", "can_write": can_write}
    return _templates().get_template(template).render(whole)


def _page(title: str, body: str, who: Principal, error: GreenMatchError | None) -> HTMLResponse:
    notice = notice_html(error.sentence) if error else ""
    return page(title, notice + body, who, status_of(error) if error else 200)
