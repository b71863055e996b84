"""Companies, needs and buyers: read, list, put, delete."""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from data.columns import Kind
from data.interchange import to_storable
from matcher.errors import InvalidRequest
from matcher.records import Buyer, Company, Need
from matcher.vocabulary import country_code, language_code
from service.api.access import MALFORMED, Bench, answers
from service.api.wire import (
    BuyerBody,
    BuyerPage,
    CompanyBody,
    CompanyPage,
    NeedBody,
    NeedPage,
)
from service.gate import Asking
from service.security import COMPANY, PUBLIC_NEED_FIELDS, Principal
from service.store import Page, Source

router = APIRouter(prefix="/api/v1")
_COMPANIES: list[Any] = ["공급기업"]
_NEEDS: list[Any] = ["수요"]
_BUYERS: list[Any] = ["바이어"]
_LIST_FIELDS: dict[str, Callable[[str], str | None]] = {
    "languages": language_code,
    "required_languages": language_code,
    "export_countries": country_code,
    "target_countries": country_code,
    "excluded_countries": country_code,
}
_FIELDS: dict[str, Callable[[str], str | None]] = {
    "language": language_code,
    "country": country_code,
}

_KINDS: dict[str, Kind] = {"company_id": "companies", "need_id": "needs", "buyer_id": "buyers"}

# An id may hold a slash: `path` takes the rest of the address as it is.
RecordId = Annotated[str, Path(min_length=1, max_length=200)]
Limit = Annotated[int, Query(ge=1, le=200, description="한 쪽의 개수")]
Cursor = Annotated[
    str | None, Query(max_length=2_000, description="앞 응답의 next_cursor를 그대로")
]


@router.get(
    "/companies",
    summary="공급기업 목록",
    tags=_COMPANIES,
    responses={200: {"model": CompanyPage}, **answers(s400="잘못된 cursor", s422=MALFORMED)},
)
def list_companies(bench: Bench, limit: Limit = 50, cursor: Cursor = None) -> JSONResponse:
    """Answer with one page, in id order."""
    return _page(bench.store.page_of_companies(limit, cursor))


@router.get(
    "/companies/{company_id:path}",
    summary="공급기업 하나",
    tags=_COMPANIES,
    responses={200: {"model": CompanyBody}, **answers(s404="없는 ID")},
)
def get_company(company_id: RecordId, bench: Bench, who: Asking) -> JSONResponse:
    """Answer with the whole record; a company gets its own only."""
    require_own(who, company_id)
    return JSONResponse(bench.store.company(company_id).to_dict())


@router.put(
    "/companies/{company_id:path}",
    summary="공급기업 저장",
    description="통째로 바꿉니다. 새로 생기면 201, 있던 것이면 200. 곧바로 찾을 수 있습니다.",
    tags=_COMPANIES,
    responses={
        200: {"model": CompanyBody},
        201: {"model": CompanyBody},
        **answers(s400="주소와 본문의 ID가 다름", s422=MALFORMED),
    },
)
def put_company(company_id: RecordId, body: CompanyBody, bench: Bench, who: Asking) -> JSONResponse:
    """Add or replace one company; fields that nobody knows are kept."""
    company = Company.from_dict(_form(body, "company_id", company_id))
    report = bench.store.save([company], [], _source(who))
    return JSONResponse(company.to_dict(), 201 if report.added else 200)


@router.delete(
    "/companies/{company_id:path}",
    summary="공급기업 삭제",
    tags=_COMPANIES,
    status_code=204,
    responses=answers(s404="없는 ID"),
)
def delete_company(company_id: RecordId, bench: Bench, who: Asking) -> Response:
    """Remove one company; it leaves the answers at once."""
    bench.store.delete_company(company_id, _source(who))
    return Response(status_code=204)


@router.get(
    "/needs",
    summary="수요 목록",
    tags=_NEEDS,
    responses={200: {"model": NeedPage}, **answers(s400="잘못된 cursor", s422=MALFORMED)},
)
def list_needs(bench: Bench, who: Asking, limit: Limit = 50, cursor: Cursor = None) -> JSONResponse:
    """Answer with one page, in id order; companies and the public get the public fields."""
    page = bench.store.page_of_needs(limit, cursor)
    items = [_shown(need, who) for need in page.items]
    return JSONResponse({"items": items, "next_cursor": page.next_cursor, "total": page.total})


@router.get(
    "/needs/{need_id:path}",
    summary="수요 하나",
    tags=_NEEDS,
    responses={200: {"model": NeedBody}, **answers(s404="없는 ID")},
)
def get_need(need_id: RecordId, bench: Bench, who: Asking) -> JSONResponse:
    """Answer with the record; companies and the public get the public fields."""
    return JSONResponse(_shown(bench.store.need(need_id), who))


@router.put(
    "/needs/{need_id:path}",
    summary="수요 저장",
    description="통째로 바꿉니다. 새로 생기면 201, 있던 것이면 200.",
    tags=_NEEDS,
    responses={
        200: {"model": NeedBody},
        201: {"model": NeedBody},
        **answers(s400="주소와 본문의 ID가 다름", s422=MALFORMED),
    },
)
def put_need(need_id: RecordId, body: NeedBody, bench: Bench, who: Asking) -> JSONResponse:
    """Add or replace one need; fields that nobody knows are kept."""
    need = Need.from_dict(_form(body, "need_id", need_id))
    report = bench.store.save([], [need], _source(who))
    return JSONResponse(need.to_dict(), 201 if report.added else 200)


@router.delete(
    "/needs/{need_id:path}",
    summary="수요 삭제",
    tags=_NEEDS,
    status_code=204,
    responses=answers(s404="없는 ID"),
)
def delete_need(need_id: RecordId, bench: Bench, who: Asking) -> Response:
    """Remove one need; it leaves the answers at once."""
    bench.store.delete_need(need_id, _source(who))
    return Response(status_code=204)


@router.get(
    "/buyers",
    summary="바이어 목록",
    tags=_BUYERS,
    responses={200: {"model": BuyerPage}, **answers(s400="잘못된 cursor", s422=MALFORMED)},
)
def list_buyers(bench: Bench, limit: Limit = 50, cursor: Cursor = None) -> JSONResponse:
    """Answer with one page, in id order."""
    return _page(bench.store.page_of_buyers(limit, cursor))


@router.get(
    "/buyers/{buyer_id:path}",
    summary="바이어 하나",
    tags=_BUYERS,
    responses={200: {"model": BuyerBody}, **answers(s404="없는 ID")},
)
def get_buyer(buyer_id: RecordId, bench: Bench) -> JSONResponse:
    """Answer with the record, without the people behind it."""
    return JSONResponse(bench.store.buyer(buyer_id).to_dict())


@router.put(
    "/buyers/{buyer_id:path}",
    summary="바이어 저장",
    description="통째로 바꿉니다. 새로 생기면 201, 있던 것이면 200.",
    tags=_BUYERS,
    responses={
        200: {"model": BuyerBody},
        201: {"model": BuyerBody},
        **answers(s400="주소와 본문의 ID가 다름", s422=MALFORMED),
    },
)
def put_buyer(buyer_id: RecordId, body: BuyerBody, bench: Bench, who: Asking) -> JSONResponse:
    """Add or replace one buyer; fields that nobody knows are kept."""
    buyer = Buyer.from_dict(_form(body, "buyer_id", buyer_id))
    report = bench.store.save([], [], _source(who), [buyer])
    return JSONResponse(buyer.to_dict(), 201 if report.added else 200)


@router.delete(
    "/buyers/{buyer_id:path}",
    summary="바이어 삭제",
    tags=_BUYERS,
    status_code=204,
    responses=answers(s404="없는 ID"),
)
def delete_buyer(buyer_id: RecordId, bench: Bench, who: Asking) -> Response:
    """Remove one buyer."""
    bench.store.delete_buyer(buyer_id, _source(who))
    return Response(status_code=204)


def require_own(who: Principal, company_id: str | None) -> None:
    """Raise 403 where a company asks for anything but itself."""
    if who.role == COMPANY and company_id != who.company_id:
        raise HTTPException(403, "자기 기업의 것만 볼 수 있습니다.")


def _shown(need: Need, who: Principal) -> dict[str, Any]:
    form = need.to_dict()
    if who.sees_everything:
        return form
    return {name: form[name] for name in PUBLIC_NEED_FIELDS if name in form}


def _source(who: Principal) -> Source:
    return Source(who.name)


def _page(page: Page[Company] | Page[Buyer]) -> JSONResponse:
    items = [item.to_dict() for item in page.items]
    return JSONResponse({"items": items, "next_cursor": page.next_cursor, "total": page.total})


def _form(body: CompanyBody | NeedBody | BuyerBody, id_field: str, id: str) -> dict[str, Any]:
    """Return the interchange form without personal data, languages and countries as codes."""
    form = body.model_dump(exclude_unset=True)
    if form.get(id_field) not in (None, id):
        raise InvalidRequest(
            f"주소의 ID({id})와 본문의 {id_field}({form[id_field]})가 다릅니다.", field=id_field
        )
    for name, code_of in _LIST_FIELDS.items():
        if form.get(name):
            form[name] = [code_of(value) or value for value in form[name]]
    for name, code_of in _FIELDS.items():
        if form.get(name):
            form[name] = code_of(form[name]) or form[name]
    return {**to_storable(form, _KINDS[id_field]), id_field: id}
