"""The pages of events: the list, one event from its demands to its delegation, requests and outcomes."""

import json
from collections.abc import Callable
from datetime import date, datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, File, Form, Query, Request, UploadFile
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from data.contacts import mask_contacts
from data.interchange import without_contacts
from matcher.errors import GreenMatchError, InvalidRequest, UnknownId, UnreadableFile
from matcher.events import Event
from matcher.outcomes import STAGES as OUTCOME_STAGES
from matcher.outcomes import Outcome, funnel
from matcher.requests import KINDS, STAGES, STATES
from service.api.access import Bench
from service.api.events import EventId
from service.api.releases import Number
from service.changing import grant, make_delegation, make_timetable, withdraw
from service.editing import (
    let_go,
    moved,
    swapped,
    with_demand,
    with_interpreter,
    with_invited,
    with_person,
    with_rules,
    without_demand,
    without_interpreter,
    without_person,
)
from service.event_templates import TEMPLATES, new_event
from service.gate import Asking
from service.pages.board import board_of, made, names_of
from service.pages.frame import render, segment
from service.planning import completed
from service.questions import known_language
from service.reports import stored_events
from service.store import StoredEvent
from service.workbench import Workbench

router = APIRouter(include_in_schema=False)
SECONDS = (10, 30, 60, 300)
"""How long a plan may be worked on, to choose from."""
Text = Annotated[str, Form(max_length=200)]


@router.get("/events")
def list_of_events(request: Request, bench: Bench, who: Asking) -> HTMLResponse:
    """Show every event, and the ways to make one."""
    return _list_page(request, bench, who)


@router.post("/events")
def upload_event(
    request: Request, bench: Bench, who: Asking, file: Annotated[UploadFile, File()]
) -> Response:
    """Keep an event file and show the event."""
    try:
        form = _read(file)
        event = bench.store.events.put(without_contacts(form), who.name)
    except GreenMatchError as error:
        return _list_page(request, bench, who, error)
    return _to(event.event_id)


@router.post("/events/new")
def make_event(
    request: Request,
    bench: Bench,
    who: Asking,
    event_id: Text,
    kind: Text,
    begins_on: Annotated[date, Form()],
    days: Annotated[int, Form(ge=1, le=60)] = 1,
    timezone: Text = "Asia/Seoul",
    quota: Annotated[int | None, Form(ge=0, le=1_000)] = None,
    tables: Annotated[int | None, Form(ge=1, le=1_000)] = None,
    demands: Annotated[str, Form(max_length=20_000)] = "",
) -> Response:
    """Make an event from a template."""
    try:
        _refuse_known(bench, event_id.strip())
        named = _ids(demands)
        for need_id in named:
            bench.store.need(need_id)
        form = new_event(
            event_id,
            kind,
            begins_on=begins_on,
            days=days,
            timezone=timezone.strip(),
            quota=quota,
            tables=tables,
            demands=named,
        )
        event = bench.store.events.put(form, who.name)
    except GreenMatchError as error:
        return _list_page(request, bench, who, error)
    return _to(event.event_id)


@router.get("/events/{event_id}")
def one_event(
    event_id: EventId,
    request: Request,
    bench: Bench,
    who: Asking,
    view: Annotated[str, Query(pattern="^(table|company|buyer)$")] = "table",
) -> HTMLResponse:
    """Show one event."""
    try:
        stored = bench.store.events.get(event_id)
    except GreenMatchError as error:
        return _list_page(request, bench, who, error)
    return event_page(request, bench, who, stored, view=view)


@router.post("/events/{event_id}/form")
def change_event(
    event_id: EventId,
    request: Request,
    bench: Bench,
    who: Asking,
    step: Text,
    value: Text = "",
    more: Text = "",
) -> Response:
    """Add or remove a demand or somebody at the table; plans that no longer hold go.

    more: the languages of an interpreter.
    """
    stored = bench.store.events.get(event_id)
    changes: dict[str, Callable[[], dict[str, Any]]] = {
        "add_demand": lambda: with_demand(stored.form, bench.store.need(value.strip()).need_id),
        "drop_demand": lambda: without_demand(stored.form, value),
        "add_buyer": lambda: with_person(stored.form, "buyers", _named(value)),
        "drop_buyer": lambda: without_person(stored.form, "buyers", value),
        "add_company": lambda: with_person(
            stored.form, "companies", bench.store.company(value.strip()).company_id
        ),
        "drop_company": lambda: without_person(stored.form, "companies", value),
        "add_interpreter": lambda: with_interpreter(
            stored.form, _named(value), [known_language(word) for word in _ids(more)]
        ),
        "drop_interpreter": lambda: without_interpreter(stored.form, value),
        "invite": lambda: with_invited(bench, stored),
        "let_go": lambda: let_go(stored.form),
    }

    def make() -> None:
        if step == "withdraw":
            withdraw(bench, event_id, value, "담당자가 취소로 적었습니다.", who.name)
            return
        if step not in changes:
            raise InvalidRequest("할 일을 고르십시오.", field="step")
        keeps_delegation = step not in ("add_demand", "drop_demand", "let_go")
        plans = {"delegation": stored.delegation if keeps_delegation else None, "timetable": None}
        bench.store.events.amend(stored, changes[step](), plans, who.name)

    return _done(request, bench, who, stored, make)


@router.post("/events/{event_id}/rules")
def change_rules(
    event_id: EventId,
    request: Request,
    bench: Bench,
    who: Asking,
    quota: Annotated[str, Form(pattern=r"^\d{0,4}$")] = "",
    alternates: Annotated[int, Form(ge=0, le=1_000)] = 0,
    tables: Annotated[str, Form(pattern=r"^\d{0,4}$")] = "",
    candidates: Annotated[str, Form(max_length=100_000)] = "",
    must_include: Annotated[str, Form(max_length=20_000)] = "",
    must_exclude: Annotated[str, Form(max_length=20_000)] = "",
) -> Response:
    """Change an event's numbers and who may, must and must not travel; its plans go."""
    stored = bench.store.events.get(event_id)

    def make() -> None:
        named = [_ids(text) for text in (candidates, must_include, must_exclude)]
        known = {c.company_id for c in bench.store.companies([id for ids in named for id in ids])}
        unknown = [id for ids in named for id in ids if id not in known]
        if unknown:
            raise InvalidRequest(
                f"저장된 공급기업에 없는 ID입니다: {', '.join(unknown[:5])}", field="candidates"
            )
        form = with_rules(
            stored.form,
            quota=int(quota) if quota else None,
            alternates=alternates,
            tables=int(tables) if tables else None,
            candidates=named[0],
            must_include=named[1],
            must_exclude=named[2],
        )
        plans = {"delegation": None, "timetable": None}
        bench.store.events.amend(stored, form, plans, who.name)

    return _done(request, bench, who, stored, make)


@router.post("/events/{event_id}/plans")
def make_plan(
    event_id: EventId,
    request: Request,
    bench: Bench,
    who: Asking,
    plan: Text,
    seconds: Annotated[int, Form(ge=1, le=600)] = SECONDS[1],
) -> Response:
    """Begin to choose the delegation or to make the timetable, behind the page."""
    stored = bench.store.events.get(event_id)

    def make() -> None:
        if plan == "delegation":
            bench.jobs.start(
                job_of(event_id),
                "파견단 고르기",
                seconds,
                lambda progress, stop: make_delegation(bench, event_id, float(seconds)),
            )
        elif plan in ("timetable", "keep"):
            bench.jobs.start(
                job_of(event_id),
                "상담표 짜기",
                seconds,
                lambda progress, stop: make_timetable(
                    bench,
                    event_id,
                    float(seconds),
                    who.name,
                    keep=plan == "keep",
                    progress=progress,
                    stop=stop,
                ),
            )
        else:
            raise InvalidRequest("파견단이나 상담표를 고르십시오.", field="plan")

    return _done(request, bench, who, stored, make)


@router.get("/events/{event_id}/job")
def show_job(event_id: EventId, request: Request, bench: Bench, who: Asking) -> HTMLResponse:
    """Return how far the work behind the page is, as a piece of it; when it ends, the page comes anew."""
    job = bench.jobs.get(job_of(event_id))
    values = {"job": job, "here": f"/events/{segment(event_id)}"}
    piece = render(request, who, "job.html", values)
    if job is None or (job.is_done and not job.error):
        bench.jobs.forget(job_of(event_id))
        piece.headers["HX-Refresh"] = "true"
    return piece


@router.post("/events/{event_id}/job")
def stop_job(event_id: EventId, bench: Bench) -> Response:
    """End the work with what it has; a job that failed is forgotten."""
    job = bench.jobs.get(job_of(event_id))
    if job is not None:
        job.stop.set()
        bench.jobs.forget(job_of(event_id))
    return _to(event_id)


@router.post("/events/{event_id}/swap")
def swap(
    event_id: EventId,
    request: Request,
    bench: Bench,
    who: Asking,
    out: Text = "",
    into: Text = "",
    step: Annotated[str, Form(pattern="^(try|keep)$")] = "try",
) -> Response:
    """Show what a company in another's place would change, or keep it so."""
    stored = bench.store.events.get(event_id)
    try:
        form, delegation = swapped(bench, stored, out, into)
        if step == "keep":
            plans = {"delegation": delegation, "timetable": None}
            bench.store.events.amend(stored, form, plans, who.name)
            return _to(event_id)
    except GreenMatchError as error:
        return event_page(request, bench, who, stored, error)
    return event_page(request, bench, who, stored, trial=delegation)


@router.post("/events/{event_id}/move")
def move(
    event_id: EventId,
    request: Request,
    bench: Bench,
    who: Asking,
    buyer_id: Text,
    company_id: Text,
    slot_id: Text,
    table: Annotated[int, Form(ge=1, le=10_000)],
) -> Response:
    """Put a meeting to another time or table where no rule breaks; else say which would."""
    stored = bench.store.events.get(event_id)
    try:
        event, timetable = made(bench, stored)
        changed, broken = moved(event, timetable, (buyer_id, company_id), slot_id, table)
        if broken:
            raise InvalidRequest("옮길 수 없습니다. " + " ".join(broken), field="slot_id")
        bench.store.events.revise(stored, changed.to_dict(), who.name)
    except GreenMatchError as error:
        if "hx-request" in request.headers:
            raise
        return event_page(request, bench, who, stored, error)
    if "hx-request" in request.headers:
        return _board(request, bench, who, event_id)
    return RedirectResponse(f"/events/{segment(event_id)}#timetable", 303)


@router.post("/events/{event_id}/release")
def release_timetable(
    event_id: EventId,
    request: Request,
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

    return _done(request, bench, who, stored, make)


@router.post("/events/{event_id}/requests/{request_id}")
def answer_request(
    event_id: EventId,
    request_id: Number,
    request: Request,
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

    return _done(request, bench, who, stored, make)


@router.post("/events/{event_id}/outcomes")
def write_outcome(
    event_id: EventId,
    request: Request,
    bench: Bench,
    who: Asking,
    company_id: Text,
    stage: Annotated[str, Form(max_length=50)],
    happened_on: Annotated[date, Form()],
    buyer_id: Text = "",
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

    return _done(request, bench, who, stored, make)


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


def _board(request: Request, bench: Workbench, who: Asking, event_id: str) -> HTMLResponse:
    stored = bench.store.events.get(event_id)
    event = completed(stored.event, bench.store)
    names = names_of(bench, event, stored)
    values = {
        "event": event,
        "here": f"/events/{segment(event_id)}",
        **board_of(bench, stored, event, names, "table"),
    }
    return render(request, who, "board.html", values)


def _done(
    request: Request, bench: Workbench, who: Asking, stored: StoredEvent, make: Callable[[], None]
) -> Response:
    """Do it and show the event again; what a person must mend stands above it."""
    try:
        make()
    except GreenMatchError as error:
        now = bench.store.events.get(stored.event_id)
        return event_page(request, bench, who, now, error)
    return _to(stored.event_id)


def job_of(event_id: str) -> str:
    """Return the key of an event's job, which no other job's key can be."""
    return f"event {event_id}"


def _to(event_id: str) -> RedirectResponse:
    return RedirectResponse(f"/events/{segment(event_id)}", 303)


def _named(value: str) -> str:
    if not value.strip():
        raise InvalidRequest("ID를 적으십시오.", field="value")
    return value.strip()


def _ids(text: str) -> list[str]:
    return text.replace(",", " ").split()


def _refuse_known(bench: Workbench, event_id: str) -> None:
    try:
        bench.store.events.get(event_id)
    except UnknownId:
        return
    raise InvalidRequest(f"'{event_id}' 행사가 이미 있습니다.", field="event_id")


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
    request: Request, bench: Workbench, who: Asking, error: GreenMatchError | None = None
) -> HTMLResponse:
    stages = bench.store.releases.newest_stages()
    events = [_line(item, stages.get(item.event_id)) for item in stored_events(bench.store)]
    events.sort(key=lambda item: (item["begins"], item["event_id"]), reverse=True)
    values = {"events": events, "templates": TEMPLATES, "today": date.today()}
    return render(request, who, "events.html", values, error=error)


def _line(item: StoredEvent, newest: tuple[int, str] | None) -> dict[str, Any]:
    kind = item.event.kind
    return {
        "event_id": item.event_id,
        "kind": TEMPLATES[kind].label if kind in TEMPLATES else kind,
        "begins": begins(item.event),
        "chosen": len(item.delegation["chosen"]) if item.delegation else "",
        "meetings": len(item.timetable["meetings"]) if item.timetable else "",
        "stage": STAGES[newest[1]] if newest else "",
    }
