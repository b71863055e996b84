"""What is done with an event: its delegation and timetable, their release, requests, outcomes."""

from datetime import date, datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from data.contacts import mask_contacts
from matcher.errors import GreenMatchError, InvalidRequest
from matcher.events import Event
from matcher.outcomes import Outcome
from service.api.access import Bench
from service.api.events import EventId
from service.api.releases import Number
from service.changing import grant, make_delegation, make_timetable
from service.editing import moved, swapped
from service.gate import Asking
from service.pages.board import board_of, made, names_of
from service.pages.frame import render, segment
from service.pages.one_event import SECONDS, Text, done, event_page, job_of, to_event
from service.planning import completed
from service.workbench import Workbench

router = APIRouter(include_in_schema=False)


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

    return done(request, bench, who, stored, make)


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
    return to_event(event_id)


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
            return to_event(event_id)
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

    return done(request, bench, who, stored, make)


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

    return done(request, bench, who, stored, make)


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

    return done(request, bench, who, stored, make)


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


def _moment(text: str, event: Event) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidRequest("요청을 받는 기한을 적으십시오.", field="until") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(event.timezone))
