"""Need to companies and company to needs: lists, explained matches, comparison and decisions."""

from typing import Annotated, Any

from fastapi import APIRouter, Form, Path, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from data.contacts import mask_contacts
from matcher.errors import GreenMatchError, InvalidRequest, UnknownId
from matcher.kinds import asked_kind, offered_kind
from matcher.records import Company, Need
from matcher.rules import CompanyFilters, NeedFilters
from matcher.shortlist import Match
from matcher.vocabulary import country_label, project_type_label
from service.api.access import Bench
from service.gate import Asking
from service.pages.frame import render, segment
from service.questions import company_filters, need_filters, need_from_text
from service.store import Decision, Verdict
from service.workbench import Desk, Workbench

router = APIRouter(include_in_schema=False)
LISTED = 50
MOST_COMPARED = 4
LENGTHS = (5, 10, 20, 50)
VERDICTS: dict[Verdict, str] = {"accept": "수락", "decline": "보류", "veto": "제외"}
RecordId = Annotated[str, Path(min_length=1, max_length=200)]
Words = Annotated[str, Query(max_length=200)]
Card = Annotated[str, Query(max_length=200)]
"""Of which company (or need) of the list the reasons are asked for, as a piece of the page."""


@router.get("/match")
def ask(request: Request, bench: Bench, who: Asking, find: Words = "") -> HTMLResponse:
    """Show the needs to choose from and the form for a free text."""
    return _needs_page(request, bench, who, find)


@router.post("/match")
def ask_by_text(
    request: Request,
    bench: Bench,
    who: Asking,
    text: Annotated[str, Form()] = "",
    country: Annotated[str, Form(max_length=100)] = "",
    language: Annotated[str, Form(max_length=100)] = "",
    card: Annotated[str, Form(max_length=200)] = "",
) -> HTMLResponse:
    """Show the companies that fit a free text in any language; with `card` why one of them fits."""
    asked = {"text": text, "country": country, "language": language}
    try:
        need = need_from_text(text, country=country or None, language=language or None)
        if card:
            return _why(request, who, need_card(bench.desk(), need, card, CompanyFilters(), 10))
        shown = _answer(bench.desk(), bench, need, CompanyFilters(), 10, {})
    except GreenMatchError as error:
        return _needs_page(request, bench, who, "", asked=asked, error=error)
    return _needs_page(request, bench, who, "", asked=asked, **shown)


@router.get("/match/needs/{need_id:path}")
def match_need(
    need_id: RecordId,
    request: Request,
    bench: Bench,
    who: Asking,
    find: Words = "",
    sector: Words = "",
    region: Words = "",
    language: Words = "",
    country: Words = "",
    certification: Words = "",
    k: Annotated[int, Query(ge=1, le=50)] = 10,
    card: Card = "",
) -> HTMLResponse:
    """Show the companies that fit a stored need, narrowed by filters; with `card` why one of them fits."""
    told = {
        "sector": sector,
        "region": region,
        "language": language,
        "country": country,
        "certification": certification,
        "k": k,
    }
    asked = {"filters": told}
    try:
        desk = bench.desk()
        filters = company_filters(
            sectors=_one(sector),
            regions=_one(region),
            languages=_one(language),
            countries=_one(country),
            certifications=_one(certification),
        )
        if card:
            return _why(request, who, need_card(desk, desk.need(need_id), card, filters, k))
        shown = _answer(desk, bench, desk.need(need_id), filters, k, told)
    except GreenMatchError as error:
        return _needs_page(request, bench, who, find, error=error, **asked)
    return _needs_page(request, bench, who, find, **shown)


@router.get("/match/companies")
def ask_by_company(request: Request, bench: Bench, who: Asking, find: Words = "") -> HTMLResponse:
    """Show the companies to choose from."""
    return _companies_page(request, bench, who, find)


@router.get("/match/companies/{company_id:path}")
def match_company(
    company_id: RecordId,
    request: Request,
    bench: Bench,
    who: Asking,
    find: Words = "",
    sector: Words = "",
    language: Words = "",
    country: Words = "",
    k: Annotated[int, Query(ge=1, le=50)] = 10,
    card: Card = "",
) -> HTMLResponse:
    """Show the needs that fit a stored company, narrowed by filters; with `card` why one of them fits."""
    told = {"sector": sector, "language": language, "country": country, "k": k}
    try:
        desk = bench.desk()
        filters = need_filters(
            sectors=_one(sector), languages=_one(language), countries=_one(country)
        )
        company = desk.company(company_id)
        if card:
            return company_why(request, who, desk, company, card, filters, k)
        shown = opportunities_of(desk, bench, company, filters, k)
    except GreenMatchError as error:
        return _companies_page(request, bench, who, find, error=error, filters=told)
    return _companies_page(request, bench, who, find, filters=told, **shown)


@router.get("/compare")
def compare(
    request: Request,
    bench: Bench,
    who: Asking,
    need: Annotated[str, Query(max_length=200)],
    company: Annotated[list[str], Query(max_length=20)],
) -> HTMLResponse:
    """Show up to four companies side by side for one need."""
    error = None
    columns: list[tuple[Company, Match | None, str]] = []
    asked: Need | None = None
    try:
        desk = bench.desk()
        asked = desk.need(need)
        chosen = list(dict.fromkeys(company))
        if len(chosen) > MOST_COMPARED:
            raise InvalidRequest(
                f"한 번에 {MOST_COMPARED}개사까지 견줍니다. 골라 주십시오.", field="company"
            )
        for company_id in chosen:
            found = desk.company(company_id)
            match = desk.matchmaker.pair(asked, found, quoted=())
            columns.append(
                (found, match, _kinds(offered_kind(match.offerings[0])) if match else "")
            )
    except GreenMatchError as caught:
        error = caught
    columns.sort(key=lambda column: -(column[1].score if column[1] else 0.0))
    values = {
        "need": asked,
        "columns": columns,
        "asked": _kinds(asked_kind(asked, asked.text)) if asked else "",
    }
    return render(request, who, "compare.html", values, error=error)


@router.post("/decisions")
def decide(
    request: Request,
    bench: Bench,
    who: Asking,
    need_id: Annotated[str, Form(max_length=200)],
    company_id: Annotated[str, Form(max_length=200)],
    verdict: Annotated[str, Form(max_length=20)],
    note: Annotated[str, Form(max_length=1_000)] = "",
    seen_from: Annotated[str, Form(pattern="^(need|company)$")] = "need",
) -> Response:
    """Keep what staff decided of a pair (`undo` takes it back) and show again what it was seen from."""
    try:
        if verdict == "undo":
            bench.store.forget_decision(need_id, company_id)
        elif verdict in VERDICTS:
            if verdict == "veto" and not note.strip():
                raise InvalidRequest("제외하는 까닭을 적으십시오.", field="note")
            said = mask_contacts(note.strip())
            bench.store.decide(need_id, company_id, verdict, said, who.name)
        else:
            raise InvalidRequest("수락, 보류, 제외 가운데 하나를 고르십시오.", field="verdict")
    except GreenMatchError as error:
        return _needs_page(request, bench, who, "", error=error, back=need_id)
    if seen_from == "company":
        return RedirectResponse(f"/match/companies/{segment(company_id)}", 303)
    return RedirectResponse(f"/match/needs/{segment(need_id)}", 303)


def need_card(
    desk: Desk, need: Need, company_id: str, filters: CompanyFilters, k: int
) -> Match | None:
    """Return one match of a need's list with the pieces that carry it; else the pair alone."""
    shortlist = desk.matchmaker.match(need, k=k, filters=filters, quoted=(company_id,))
    whole = (*shortlist.matches, *shortlist.nearest)
    found = next((m for m in whole if m.company.company_id == company_id), None)
    return found or desk.matchmaker.pair(need, desk.company(company_id))


def company_why(
    request: Request,
    who: Asking,
    desk: Desk,
    company: Company,
    need_id: str,
    filters: NeedFilters,
    k: int,
) -> HTMLResponse:
    """Return why one need of a company's opportunities fits, as a piece of the page."""
    found = desk.matchmaker.opportunities(company, k=k, filters=filters, quoted=(need_id,))
    match = next((m for m in found.matches if m.need.need_id == need_id), None)
    return _why(request, who, match, is_opportunity=True)


def _why(
    request: Request, who: Asking, match: Match | None, *, is_opportunity: bool = False
) -> HTMLResponse:
    if match is None:
        raise UnknownId("명단에 없는 짝입니다. 화면을 새로 고치십시오.", id="card")
    values = {
        "match": match,
        "is_opportunity": is_opportunity,
        "is_open": match.rank == 1 and not is_opportunity,
    }
    return render(request, who, "why.html", values)


def opportunities_of(
    desk: Desk, bench: Workbench, company: Company, filters: NeedFilters, k: int
) -> dict[str, Any]:
    """Return what a template shows of a company's opportunities."""
    found = desk.matchmaker.opportunities(company, k=k, filters=filters, quoted=())
    return {
        "company": company,
        "found": found,
        "stale": desk.stale,
        "decisions": _decisions(bench, company_id=company.company_id),
    }


def _answer(
    desk: Desk,
    bench: Workbench,
    need: Need,
    filters: CompanyFilters,
    k: int,
    told: dict[str, Any],
) -> dict[str, Any]:
    shortlist = desk.matchmaker.match(need, k=k, filters=filters, quoted=())
    takers: dict[str, dict[str, float]] = {}
    if shortlist.consortium:
        for member in shortlist.consortium.members:
            takers[member.company.company_id] = dict(member.covers)
    return {
        "need": need,
        "shortlist": shortlist,
        "takers": takers,
        "stale": desk.stale,
        "filters": told,
        "kind": _kinds(asked_kind(need, need.text)),
        "decisions": _decisions(bench, need_id=need.need_id),
    }


def _kinds(found: Any) -> str:
    return ", ".join(project_type_label(code) for code in found.codes)


def _decisions(
    bench: Workbench, need_id: str | None = None, company_id: str | None = None
) -> dict[tuple[str, str], Decision]:
    return {
        (d.need_id, d.company_id): d
        for d in bench.store.decisions()
        if need_id in (None, d.need_id) and company_id in (None, d.company_id)
    }


def _needs_page(
    request: Request,
    bench: Workbench,
    who: Asking,
    find: str,
    *,
    error: GreenMatchError | None = None,
    **shown: Any,
) -> HTMLResponse:
    needs, total = _found_needs(bench, find)
    values = {
        "find": find,
        "needs": needs,
        "total": total,
        "need": None,
        "shortlist": None,
        "filters": {},
        "text": "",
        "country": "",
        "language": "",
        "verdicts": VERDICTS,
        "lengths": LENGTHS,
        "back": "",
        "why_at": _why_at(request),
        **shown,
        **(shown.get("asked") or {}),
    }
    return render(request, who, "match.html", values, error=error)


def _companies_page(
    request: Request,
    bench: Workbench,
    who: Asking,
    find: str,
    *,
    error: GreenMatchError | None = None,
    **shown: Any,
) -> HTMLResponse:
    companies, total = _found_companies(bench, find)
    values = {
        "find": find,
        "companies": companies,
        "total": total,
        "company": None,
        "found": None,
        "filters": {},
        "lengths": LENGTHS,
        "verdicts": VERDICTS,
        "why_at": _why_at(request),
        **shown,
    }
    return render(request, who, "opportunities.html", values, error=error)


def _found_needs(bench: Workbench, find: str) -> tuple[list[Need], int]:
    """Return the first needs in which all words stand, and how many there are."""
    words = find.casefold().split()
    try:
        known = bench.desk().catalogue.needs
    except GreenMatchError:  # no index yet: the list still shows, the search says why not
        known = {need.need_id: need for need in bench.store.needs()}
    found = [need for need in known.values() if all(word in _need_words(need) for word in words)]
    return found[:LISTED], len(found)


def _found_companies(bench: Workbench, find: str) -> tuple[list[Company], int]:
    words = find.casefold().split()
    try:
        known = bench.desk().catalogue.companies
    except GreenMatchError:
        known = {company.company_id: company for company in bench.store.companies()}
    found = [
        company
        for company in known.values()
        if all(word in _company_words(company) for word in words)
    ]
    return found[:LISTED], len(found)


def _need_words(need: Need) -> str:
    country = country_label(need.country) if need.country else None
    parts = (
        need.need_id,
        need.title,
        need.description,
        need.country,
        country,
        need.city,
        need.sector,
    )
    return " ".join(part for part in parts if part).casefold()


def _company_words(company: Company) -> str:
    offered = (f"{o.title} {o.sector or ''}" for o in company.offerings)
    parts = (company.company_id, company.name, company.name_en, company.region, *offered)
    return " ".join(part for part in parts if part).casefold()


def _one(value: str) -> tuple[str, ...]:
    return (value.strip(),) if value.strip() else ()


def _why_at(request: Request) -> str:
    """Return this page's own address, ready for one more parameter."""
    query = request.url.query
    return f"{request.url.path}?{query}&" if query else f"{request.url.path}?"
