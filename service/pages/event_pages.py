"""The pages of events: the list, a new one, and what an event asks for and allows."""

import json
from collections.abc import Callable
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, File, Form, Query, Request, UploadFile
from fastapi.responses import HTMLResponse, Response

from data.interchange import without_contacts
from matcher.errors import GreenMatchError, InvalidRequest, UnknownId, UnreadableFile
from matcher.requests import STAGES
from service.api.access import Bench
from service.api.events import EventId
from service.changing import withdraw
from service.editing import (
    let_go,
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
from service.pages.frame import render
from service.pages.one_event import Text, begins, done, event_page, to_event
from service.questions import known_language
from service.reports import stored_events
from service.store import StoredEvent
from service.workbench import Workbench

router = APIRouter(include_in_schema=False)


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
    return to_event(event.event_id)


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
    return to_event(event.event_id)


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

    return done(request, bench, who, stored, make)


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

    return done(request, bench, who, stored, make)


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
