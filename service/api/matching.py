"""`POST /matches` and `POST /opportunities`: ranked, explained answers in both directions."""

from typing import Any

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from matcher.errors import InvalidRequest
from matcher.records import Company, Need
from service.api.access import MALFORMED, NOT_READY, Bench, answers
from service.api.records import require_own
from service.api.wire import MatchRequest, OpportunitiesBody, OpportunitiesRequest, ShortlistBody
from service.gate import Asking
from service.questions import (
    company_filters,
    company_from_text,
    need_filters,
    need_from_text,
    with_place,
)
from service.workbench import Desk

router = APIRouter(prefix="/api/v1", tags=["매칭"])
_PROBLEMS = answers(s400="앞뒤가 안 맞는 요청", s404="없는 ID", s422=MALFORMED, s503=NOT_READY)


@router.post(
    "/matches",
    summary="수요에 맞는 공급기업",
    description="저장된 수요나 글 하나에 맞는 공급기업을 근거, 빠진 조건, 제외 사유와 함께 돌려줍니다.",
    responses={200: {"model": ShortlistBody}, **_PROBLEMS},
)
def post_matches(asked: MatchRequest, bench: Bench) -> JSONResponse:
    """Answer with the shortlist of one need."""
    filters = company_filters(**asked.filters.model_dump())
    desk = bench.desk()
    need = _need(asked, desk)
    shortlist = desk.matchmaker.match(need, k=asked.k, filters=filters)
    return _answer(shortlist.to_dict(), desk)


@router.post(
    "/opportunities",
    summary="공급기업에 맞는 수요",
    description="저장된 공급기업이나 글 하나에 맞는 해외 수요를 근거와 함께 돌려줍니다.",
    responses={200: {"model": OpportunitiesBody}, **_PROBLEMS},
)
def post_opportunities(asked: OpportunitiesRequest, bench: Bench, who: Asking) -> JSONResponse:
    """Answer with the needs that fit one company; a company asks for itself only."""
    require_own(who, asked.company_id)
    filters = need_filters(**asked.filters.model_dump())
    desk = bench.desk()
    company = _company(asked, desk)
    found = desk.matchmaker.opportunities(company, k=asked.k, filters=filters)
    return _answer(found.to_dict(), desk)


def _answer(content: dict[str, Any], desk: Desk) -> JSONResponse:
    return JSONResponse({**content, "stale": desk.stale})


def _need(asked: MatchRequest, desk: Desk) -> Need:
    if (asked.need_id is None) == (asked.text is None):
        raise InvalidRequest("need_id와 text 가운데 하나만 보내십시오.", field="need_id")
    if asked.text is not None:
        return need_from_text(
            asked.text,
            country=asked.country,
            language=asked.language,
            required_certifications=tuple(asked.required_certifications),
        )
    if asked.required_certifications:
        raise InvalidRequest(
            "required_certifications는 text와 함께만 씁니다. 저장된 수요는 제 조건을 씁니다.",
            field="required_certifications",
        )
    need = desk.need(str(asked.need_id))
    return with_place(need, country=asked.country, language=asked.language)


def _company(asked: OpportunitiesRequest, desk: Desk) -> Company:
    if (asked.company_id is None) == (asked.text is None):
        raise InvalidRequest("company_id와 text 가운데 하나만 보내십시오.", field="company_id")
    if asked.text is not None:
        return company_from_text(asked.text)
    return desk.company(str(asked.company_id))
