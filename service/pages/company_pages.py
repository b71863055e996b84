"""A company's own page: its record with hints, opportunities, interest, saved searches, meetings, exposure."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.exceptions import HTTPException

from data.contacts import mask_contacts
from matcher.errors import GreenMatchError, InvalidRequest
from matcher.events import Event
from matcher.records import Company
from matcher.timetable import Timetable
from service.api.access import Bench
from service.event_files import calendar_of, name_of
from service.gate import Asking
from service.hints import hints_for
from service.pages.frame import HEADERS, render
from service.pages.match_pages import VERDICTS, company_why, opportunities_of
from service.planning import completed
from service.questions import need_filters
from service.reports import exposures_of_year, stored_events
from service.workbench import Workbench

router = APIRouter(include_in_schema=False)
SHOWN_STAGES = ("provisional", "final")
"""Stages of a timetable that a company sees; a draft is staff's own."""
K = 10
SEEN_K = 30
Words = Annotated[str, Query(max_length=200)]


@router.get("/company")
def own_page(
    request: Request,
    bench: Bench,
    who: Asking,
    sector: Words = "",
    country: Words = "",
    language: Words = "",
    card: Words = "",
) -> HTMLResponse:
    """Show a company what is known of it and what fits it; with `card` why one need does."""
    company_id = _own(who)
    told = {"sector": sector.strip(), "country": country.strip(), "language": language.strip()}
    values: dict[str, Any] = {
        "company": None,
        "found": None,
        "filters": told,
        "stale": None,
        "decisions": {},
        "verdicts": VERDICTS,
        "why_at": f"/company?{urlencode(told)}&",
        "interests": {i.need_id: i for i in bench.store.wishes.interests(company_id)},
        "meetings": own_meetings(bench, company_id),
        "exposure": next(
            (
                item
                for item in exposures_of_year(bench.store, date.today().year)
                if item.company_id == company_id
            ),
            None,
        ),
        "year": date.today().year,
    }
    error = None
    try:
        values["company"] = bench.store.company(company_id)
        desk = bench.desk()
        filters = need_filters(**_filters(told))
        company = desk.company(company_id)
        if card:
            return company_why(request, who, desk, company, card, filters, K)
        values |= opportunities_of(desk, bench, company, filters, K)
    except GreenMatchError as caught:
        error = caught
    return render(request, who, "company.html", values, error=error)


@router.get("/company/hints")
def hints(request: Request, bench: Bench, who: Asking) -> HTMLResponse:
    """Return what would make the company match better, as a piece of its page; measured, so it takes a moment."""
    desk = bench.desk()
    found = hints_for(desk, desk.company(_own(who)))
    return render(request, who, "company_hints.html", {"hints": found})


@router.get("/company/searches")
def searches(request: Request, bench: Bench, who: Asking) -> HTMLResponse:
    """Return the saved searches with how many needs each has that it had not shown before."""
    company_id = _own(who)
    desk = bench.desk()
    company = desk.company(company_id)
    found = []
    for search in bench.store.wishes.searches(company_id):
        ids = _ids(bench, company, search.filters)
        found.append((search, [desk.need(id) for id in ids if id not in search.seen]))
    return render(request, who, "company_searches.html", {"searches": found})


@router.post("/company/interests")
def express_interest(
    bench: Bench,
    who: Asking,
    need_id: Annotated[str, Form(max_length=200)],
    step: Annotated[str, Form(pattern="^(express|withdraw)$")] = "express",
    note: Annotated[str, Form(max_length=1_000)] = "",
) -> Response:
    """Tell staff that the company wants to meet a need, or take that back."""
    company_id = _own(who)
    if step == "withdraw":
        bench.store.wishes.withdraw(need_id, company_id)
    else:
        bench.store.wishes.express(need_id, company_id, mask_contacts(note.strip()), who.name)
    return RedirectResponse("/company", 303)


@router.post("/company/searches")
def keep_search(
    bench: Bench,
    who: Asking,
    step: Annotated[str, Form(pattern="^(keep|see|forget)$")],
    search_id: Annotated[int, Form(ge=0, le=2**53)] = 0,
    name: Annotated[str, Form(max_length=200)] = "",
    sector: Annotated[str, Form(max_length=200)] = "",
    country: Annotated[str, Form(max_length=200)] = "",
    language: Annotated[str, Form(max_length=200)] = "",
) -> Response:
    """Keep a search, remember that its new needs were seen, or forget it."""
    company_id = _own(who)
    wishes = bench.store.wishes
    if step == "forget":
        wishes.forget_search(company_id, search_id)
    else:
        company = bench.desk().company(company_id)
        if step == "keep":
            told = {"sector": sector, "country": country, "language": language}
            wishes.keep_search(company_id, name, told, _ids(bench, company, told))
        else:
            mine = {s.search_id: s for s in wishes.searches(company_id)}
            if search_id not in mine:
                raise InvalidRequest("그런 검색이 없습니다.", field="search_id")
            ids = {*mine[search_id].seen, *_ids(bench, company, mine[search_id].filters)}
            wishes.see(company_id, search_id, ids)
    return RedirectResponse("/company#searches", 303)


@router.get("/company/meetings.ics")
def calendar(bench: Bench, who: Asking) -> Response:
    """Return the company's meetings of all shown timetables as one calendar."""
    content = calendar_of(_own(who), _shown(bench))
    headers = {**HEADERS, "Content-Disposition": 'attachment; filename="meetings.ics"'}
    return Response(content, 200, headers, "text/calendar; charset=utf-8")


def own_meetings(bench: Workbench, company_id: str) -> list[dict[str, Any]]:
    """Return the meetings of a company in timetables that both sides may see, in order of time."""
    found = []
    for event, timetable in _shown(bench):
        starts = {slot.slot_id: slot for slot in event.slots}
        names = {b.id: name_of(b) for b in event.buyers}
        zone = ZoneInfo(event.timezone)
        for m in timetable.meetings:
            if m.company_id == company_id:
                moment = starts[m.slot_id].start.astimezone(zone)
                found.append(
                    {
                        "event_id": event.event_id,
                        "moment": moment,
                        "label": f"{moment:%Y-%m-%d %H:%M} ({event.timezone})",
                        "buyer": names.get(m.buyer_id, m.buyer_id),
                        "table": m.table,
                        "interpreter": bool(m.interpreter_id),
                    }
                )
    return sorted(found, key=lambda item: item["moment"])


def _shown(bench: Workbench) -> list[tuple[Event, Timetable]]:
    stages = bench.store.releases.newest_stages()
    return [
        (completed(item.event, bench.store), Timetable.from_dict(item.timetable))
        for item in stored_events(bench.store)
        if item.timetable and stages.get(item.event_id, (0, ""))[1] in SHOWN_STAGES
    ]


def _ids(bench: Workbench, company: Company, told: Mapping[str, str]) -> list[str]:
    found = bench.desk().matchmaker.opportunities(
        company, k=SEEN_K, filters=need_filters(**_filters(told)), quoted=()
    )
    return [match.need.need_id for match in found.matches]


def _filters(told: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    names = {"sector": "sectors", "country": "countries", "language": "languages"}
    return {
        many: (told[one].strip(),) if told.get(one, "").strip() else ()
        for one, many in names.items()
    }


def _own(who: Asking) -> str:
    if who.company_id is None:
        raise HTTPException(403, "기업 계정의 화면입니다.")
    return who.company_id
