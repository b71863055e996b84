"""The timetable as a board: a grid to look at from three sides, where a meeting may stand, versions."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, JSONResponse

from matcher.errors import GreenMatchError, InvalidRequest
from matcher.events import Event
from matcher.requests import STAGES, differences
from matcher.timetable import Timetable
from service.api.access import Bench
from service.api.events import EventId
from service.editing import moved
from service.event_files import name_of
from service.gate import Asking
from service.pages.frame import render, segment
from service.planning import completed
from service.store import StoredEvent
from service.workbench import Workbench

router = APIRouter(include_in_schema=False)
MOST_COLUMNS = 60
MOST_PLACES = 400
"""Cells that are tried for a meeting that somebody picked up."""
VIEWS = {"table": "상담석", "company": "공급기업", "buyer": "바이어"}
AskedId = Annotated[str, Query(max_length=200)]


@router.get("/events/{event_id}/places")
def places(event_id: EventId, bench: Bench, buyer_id: AskedId, company_id: AskedId) -> JSONResponse:
    """Answer with what each cell of the grid would break if this meeting stood there."""
    event, timetable = made(bench, bench.store.events.get(event_id))
    tables = _tables(event, timetable)
    found: dict[str, dict[str, list[str]]] = {}
    if len(event.slots) * len(tables) <= MOST_PLACES:
        for slot in event.slots:
            found[slot.slot_id] = {
                str(table): list(
                    moved(event, timetable, (buyer_id, company_id), slot.slot_id, table)[1]
                )
                for table in tables
            }
    return JSONResponse(found)


@router.get("/events/{event_id}/versions")
def versions(
    event_id: EventId,
    request: Request,
    bench: Bench,
    who: Asking,
    left: Annotated[int, Query(ge=0)] = 0,
    right: Annotated[int, Query(ge=0)] = 0,
) -> HTMLResponse:
    """Show two versions of the timetable side by side, with what differs marked."""
    stored = bench.store.events.get(event_id)
    event = completed(stored.event, bench.store)
    known = bench.store.releases.versions(event_id)
    numbers = [version.version for version in known]
    right = right if right in numbers else (numbers[0] if numbers else 0)
    left = left if left in numbers else (numbers[1] if len(numbers) > 1 else right)
    content = {version.version: version.content for version in known}
    changes = differences(content[left], content[right]) if numbers else {}
    names = names_of(bench, event, stored)
    values = {
        "event": event,
        "here": f"/events/{segment(event_id)}",
        "versions": [(v.version, STAGES[v.stage], v.actor, v.made_at) for v in known],
        "sides": [
            (number, grid_of(event, content[number].get("meetings", ()), "table"))
            for number in (left, right)
            if number in content
        ],
        "left": left,
        "right": right,
        "changes": changes,
        "changed": _changed(changes),
        "name": lambda id: names.get(id, id),
    }
    return render(request, who, "versions.html", values)


def board_of(
    bench: Workbench, stored: StoredEvent, event: Event, names: Mapping[str, str], view: str
) -> dict[str, Any]:
    """Return what the board's template shows of an event's newest timetable."""
    newest = bench.store.releases.newest_stages().get(stored.event_id)
    plan = stored.timetable
    return {
        "timetable": plan,
        "view": view,
        "views": VIEWS,
        "version": newest[0] if newest else 0,
        "stage": STAGES[newest[1]] if newest else "",
        "grid": grid_of(event, plan["meetings"], view) if plan else None,
        "tables": _tables(event, Timetable.from_dict(plan)) if plan else [],
        "quality": Timetable.from_dict(plan).verdict if plan else "",
        "slot_labels": [(slot.slot_id, label) for slot, label in _labels(event)],
        "name": lambda id: names.get(id, id),
    }


def names_of(bench: Workbench, event: Event, stored: StoredEvent) -> dict[str, str]:
    """Return what each company, buyer and need of an event is called."""
    plan = stored.delegation or {}
    listed = [
        item["company_id"]
        for group in ("chosen", "alternates", "left_out")
        for item in plan.get(group, ())
    ]
    known = {c.company_id: f"{c.name} ({c.company_id})" for c in bench.store.companies(listed)}
    needs: dict[str, str] = {}
    for demand in event.demands:
        try:
            need = bench.store.need(demand.need_id)
        except GreenMatchError:  # deleted since, or known to the file alone
            continue
        needs[need.need_id] = f"{need.title or need.text[:60]} ({need.need_id})"
    return {**needs, **known, **{p.id: name_of(p) for p in (*event.companies, *event.buyers)}}


def grid_of(event: Event, meetings: Sequence[Mapping[str, Any]], view: str) -> dict[str, Any]:
    """Return columns and, for each slot, a meeting or None in each of them."""
    key = {"table": "table", "company": "company_id", "buyer": "buyer_id"}[view]
    if view == "table":
        columns: list[Any] = list(range(1, (event.tables or _most_tables(meetings)) + 1))
    else:
        columns = sorted({m[key] for m in meetings})
    columns = columns[:MOST_COLUMNS]
    held = {(m["slot_id"], m[key]): m for m in meetings}
    rows = [
        {
            "slot_id": slot.slot_id,
            "label": label,
            "meetings": [held.get((slot.slot_id, column)) for column in columns],
        }
        for slot, label in _labels(event)
    ]
    return {"columns": columns, "rows": rows}


def _most_tables(meetings: Sequence[Mapping[str, Any]]) -> int:
    return max((int(m["table"]) for m in meetings if m["table"]), default=0)


def _labels(event: Event) -> list[tuple[Any, str]]:
    zone = ZoneInfo(event.timezone)
    return [(slot, f"{slot.start.astimezone(zone):%m-%d %H:%M}") for slot in event.slots]


def _tables(event: Event, timetable: Timetable) -> list[int]:
    most = event.tables or max((m.table or 0 for m in timetable.meetings), default=0) + 1
    return list(range(1, min(most, MOST_COLUMNS) + 1))


def made(bench: Workbench, stored: StoredEvent) -> tuple[Event, Timetable]:
    """Return an event and its newest timetable; raises InvalidRequest where there is none."""
    if stored.timetable is None:
        raise InvalidRequest("아직 상담표가 없습니다. 먼저 상담표를 짜십시오.", field="event_id")
    return completed(stored.event, bench.store), Timetable.from_dict(stored.timetable)


def _changed(changes: Mapping[str, Sequence[Mapping[str, Any]]]) -> set[tuple[str, str]]:
    """Return the pairs (buyer, company) that differ between two versions."""
    alone = [*changes.get("added", ()), *changes.get("removed", ())]
    both = [*alone, *(item["to"] for item in changes.get("moved", ()))]
    return {(m["buyer_id"], m["company_id"]) for m in both}
