"""Events: their files, the delegation and the timetable made for them, and what came of the meetings."""

from datetime import date
from typing import Annotated, Any, Literal
from urllib.parse import quote

from fastapi import APIRouter, Path, Query
from fastapi.responses import JSONResponse, Response
from pydantic import ConfigDict, Field

from data.contacts import mask_contacts
from data.interchange import without_contacts
from matcher.errors import InvalidRequest
from matcher.outcomes import QUIET_DAYS, Outcome, follow_ups, funnel
from service.api.access import MALFORMED, NOT_READY, Bench, answers
from service.api.history import LARGEST_NUMBER
from service.api.records import Cursor, Limit
from service.api.wire import Closed, Id, Line, Number, Open
from service.changing import make_delegation, make_timetable
from service.download import FILE_TYPES, timetable_file
from service.gate import Asking
from service.reports import (
    evenness,
    exposures_of_year,
    funnels,
)

router = APIRouter(prefix="/api/v1")
_EVENTS: list[Any] = ["행사"]
_OUTCOMES: list[Any] = ["성과"]
Keep = Annotated[
    bool, Query(description="앞 상담표에서 그대로 있을 수 있는 상담을 옮기지 않습니다.")
]
FileForm = Literal["xlsx", "csv", "pdf", "ics"]
Year = Annotated[int | None, Query(ge=2000, le=2200)]
EventId = Annotated[str, Path(min_length=1, max_length=200)]
Seconds = Annotated[float, Query(ge=0.5, le=60, description="푸는 데 쓸 시간(초)")]


class EventForm(Open):
    """행사 파일. 모르는 항목도 그대로 보관합니다."""

    model_config = ConfigDict(
        extra="allow",
        json_schema_extra={
            "examples": [{"event_id": "2026-hanoi", "quota": 3, "demands": ["N-009", "N-014"]}]
        },
    )


class EventBody(Closed):
    """행사와, 지금의 파일로 만든 계획(없으면 null)."""

    event_id: str
    event: dict[str, Any]
    delegation: dict[str, Any] | None
    timetable: dict[str, Any] | None
    actor: str
    changed_at: str


class EventPage(Closed):
    """행사 목록의 한 쪽, ID 순서. next_cursor가 null이면 끝입니다."""

    items: list[EventBody]
    next_cursor: str | None
    total: int


class ChosenBody(Closed):
    """뽑힌 기업과 까닭."""

    company_id: str
    covers: list[str]
    why: str
    criteria: float | None = None


class LeftOutBody(Closed):
    """뽑히지 않은 기업과 까닭."""

    company_id: str
    why: str


class DelegationBody(Closed):
    """파견단. 값은 높을수록 좋고, bound를 넘는 선택은 없습니다."""

    chosen: list[ChosenBody]
    alternates: list[ChosenBody]
    left_out: list[LeftOutBody]
    coverage: dict[str, float]
    objective: float
    bound: float
    gap: float
    greedy: float
    provenance: dict[str, Any]


class MeetingBody(Closed):
    """상담 하나."""

    buyer_id: str
    company_id: str
    slot_id: str
    table: int | None
    interpreter_id: str | None


class UnplacedBody(Closed):
    """넣지 못한 짝과 까닭."""

    buyer_id: str
    company_id: str
    why: str


class TermsBody(Closed):
    """상담표의 값을 이루는 것, 중요한 순서대로."""

    musts_unplaced: int
    meetings_missing: int
    score: float
    idle_slots: int


class TimetableBody(Closed):
    """상담표."""

    meetings: list[MeetingBody]
    unplaced: list[UnplacedBody]
    objective: float
    bound: float
    gap: float
    is_optimal: bool
    terms: TermsBody
    short: list[str]
    conflicts: list[list[str]]
    price_of_minimums: float
    provenance: dict[str, Any]


class OutcomeRequest(Closed):
    """성과 하나. 금액이 있으면 통화와 그날의 환율도 적습니다."""

    company_id: Id
    stage: Line = Field(description="consultation, negotiation, contract, shipment, mou, moa")
    happened_on: date
    buyer_id: Id | None = None
    need_id: Id | None = None
    amount: Number | None = None
    currency: Line | None = None
    krw_per_usd: Number | None = None
    note: Line = ""
    evidence: Line = ""


class OutcomeBody(Closed):
    """적힌 성과."""

    outcome_id: int
    event_id: str
    company_id: str
    buyer_id: str | None
    need_id: str | None
    stage: str
    happened_on: str
    amount: float | None
    currency: str | None
    krw_per_usd: float | None
    usd: float | None
    krw: float | None
    note: str
    evidence: str


class StageBody(Closed):
    """한 단계의 합계. 단계끼리는 더하지 않습니다."""

    stage: str
    companies: int
    count: int
    usd: float
    krw: float
    label: str


class FunnelsBody(Closed):
    """묶음마다 단계별 합계."""

    by: str
    groups: dict[str, list[StageBody]]


class FollowUpBody(Closed):
    """다시 물어볼 곳."""

    last: dict[str, Any]
    days: int
    label: str


class FollowUpsBody(Closed):
    """다시 물어볼 곳, 오래된 것부터."""

    items: list[FollowUpBody]


class ChancesBody(Closed):
    """한 기업이 얻은 기회."""

    company_id: str
    events: int
    meetings: int


class ExposureBody(Closed):
    """한 해의 기회. gini는 0이 가장 고릅니다."""

    year: int
    gini: float
    companies: list[ChancesBody]


class OutcomesBody(Closed):
    """행사의 성과와 단계별 합계."""

    items: list[OutcomeBody]
    funnel: list[StageBody]


@router.get(
    "/events",
    summary="행사 목록",
    tags=_EVENTS,
    responses={200: {"model": EventPage}, **answers(s400="잘못된 cursor", s422=MALFORMED)},
)
def list_events(bench: Bench, limit: Limit = 50, cursor: Cursor = None) -> JSONResponse:
    """Answer with one page of events."""
    page = bench.store.events.page(limit, cursor)
    return JSONResponse(
        {
            "items": [event.to_dict() for event in page.items],
            "next_cursor": page.next_cursor,
            "total": page.total,
        }
    )


@router.get(
    "/events/{event_id}",
    summary="행사",
    tags=_EVENTS,
    responses={200: {"model": EventBody}, **answers(s404="없는 ID", s422=MALFORMED)},
)
def get_event(event_id: EventId, bench: Bench) -> JSONResponse:
    """Answer with one event and its newest plans."""
    return JSONResponse(bench.store.events.get(event_id).to_dict())


@router.put(
    "/events/{event_id}",
    summary="행사 저장",
    description="통째로 바꿉니다. 내용이 바뀌면 앞서 만든 계획은 지워집니다.",
    tags=_EVENTS,
    responses={
        200: {"model": EventBody},
        **answers(s400="주소와 본문의 ID가 다름", s422=MALFORMED),
    },
)
def put_event(event_id: EventId, body: EventForm, bench: Bench, who: Asking) -> JSONResponse:
    """Add or replace an event."""
    form = {"event_id": event_id, **(body.model_extra or {})}
    if form["event_id"] != event_id:
        raise InvalidRequest("주소의 행사 ID와 본문의 event_id가 다릅니다.", field="event_id")
    return JSONResponse(bench.store.events.put(without_contacts(form), who.name).to_dict())


@router.delete(
    "/events/{event_id}",
    summary="행사 삭제",
    tags=_EVENTS,
    status_code=204,
    responses=answers(s400="성과가 적힌 행사", s404="없는 ID", s422=MALFORMED),
)
def delete_event(event_id: EventId, bench: Bench) -> Response:
    """Remove an event without outcomes."""
    bench.store.events.remove(event_id)
    return Response(status_code=204)


@router.post(
    "/events/{event_id}/delegation",
    summary="파견단 고르기",
    description="짝(pairs)이 없는 행사는 매칭 점수로 고릅니다. 결과는 행사와 함께 저장됩니다.",
    tags=_EVENTS,
    responses={
        200: {"model": DelegationBody},
        **answers(s400="서로 맞지 않는 조건", s404="없는 ID", s422=MALFORMED, s503=NOT_READY),
    },
)
def post_delegation(event_id: EventId, bench: Bench, seconds: Seconds = 20.0) -> JSONResponse:
    """Choose who travels."""
    return JSONResponse(make_delegation(bench, event_id, seconds))


@router.post(
    "/events/{event_id}/timetable",
    summary="상담표 짜기",
    description="짝(pairs)이 없는 행사는 매칭 점수로 짭니다. 결과는 행사와 함께 저장됩니다.",
    tags=_EVENTS,
    responses={
        200: {"model": TimetableBody},
        **answers(s400="짤 수 없는 행사", s404="없는 ID", s422=MALFORMED, s503=NOT_READY),
    },
)
def post_timetable(
    event_id: EventId, bench: Bench, who: Asking, seconds: Seconds = 20.0, keep: Keep = False
) -> JSONResponse:
    """Say who meets whom when."""
    return JSONResponse(make_timetable(bench, event_id, seconds, who.name, keep=keep))


@router.get(
    "/events/{event_id}/timetable/{form}",
    summary="상담표 파일",
    description="저장된 상담표를 xlsx, csv, pdf(인쇄할 A4 쪽), ics(달력을 묶은 zip)로 받습니다.",
    tags=_EVENTS,
    responses={
        200: {"description": "파일", "content": {"application/octet-stream": {}}},
        **answers(s400="아직 상담표가 없음", s404="없는 ID", s422=MALFORMED),
    },
)
def get_timetable_file(event_id: EventId, form: FileForm, bench: Bench) -> Response:
    """Answer with the stored timetable as a file."""
    data = timetable_file(bench, event_id, form)
    name = quote(f"{event_id}.{'zip' if form == 'ics' else form}", safe="")
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{name}"}
    return Response(data, media_type=FILE_TYPES[form], headers=headers)


@router.get(
    "/funnel",
    summary="성과의 단계별 합계",
    description="행사, 연도, 국가, 분야마다. 단계끼리, 묶음끼리 더하지 않습니다.",
    tags=_OUTCOMES,
    responses={200: {"model": FunnelsBody}, **answers(s422=MALFORMED)},
)
def get_funnel(
    bench: Bench,
    by: Literal["event", "year", "country", "sector"] = "event",
    year: Year = None,
) -> JSONResponse:
    """Answer with one funnel for each group."""
    found = funnels(bench.store, by, year)
    groups = {name: [stage.to_dict() for stage in stages] for name, stages in found.items()}
    return JSONResponse({"by": by, "groups": groups})


@router.get(
    "/follow-ups",
    summary="다시 물어볼 곳",
    tags=_OUTCOMES,
    responses={200: {"model": FollowUpsBody}, **answers(s422=MALFORMED)},
)
def get_follow_ups(
    bench: Bench, days: Annotated[int, Query(ge=1, le=3_650)] = QUIET_DAYS
) -> JSONResponse:
    """Answer with whose last stage is open and old."""
    outcomes = [outcome for _, outcome in bench.store.events.outcomes()]
    found = follow_ups(outcomes, date.today(), days)
    return JSONResponse({"items": [item.to_dict() for item in found]})


@router.get(
    "/exposure",
    summary="기업마다 얻은 기회",
    tags=_OUTCOMES,
    responses={200: {"model": ExposureBody}, **answers(s422=MALFORMED)},
)
def get_exposure(bench: Bench, year: Year = None) -> JSONResponse:
    """Answer with the chances of a year and how evenly they are spread."""
    asked = year or date.today().year
    found = exposures_of_year(bench.store, asked)
    share = evenness(bench.store, found)
    items = [item.to_dict() for item in found]
    return JSONResponse({"year": asked, "gini": share, "companies": items})


@router.get(
    "/events/{event_id}/outcomes",
    summary="행사의 성과",
    tags=_OUTCOMES,
    responses={200: {"model": OutcomesBody}, **answers(s404="없는 ID", s422=MALFORMED)},
)
def list_outcomes(event_id: EventId, bench: Bench) -> JSONResponse:
    """Answer with the outcomes and the funnel, each stage apart."""
    bench.store.events.get(event_id)
    found = bench.store.events.outcomes(event_id)
    return JSONResponse(
        {
            "items": [{"outcome_id": number, **item.to_dict()} for number, item in found],
            "funnel": [stage.to_dict() for stage in funnel(item for _, item in found)],
        }
    )


@router.post(
    "/events/{event_id}/outcomes",
    summary="성과 적기",
    tags=_OUTCOMES,
    status_code=201,
    responses={201: {"model": OutcomeBody}, **answers(s404="없는 ID", s422=MALFORMED)},
)
def post_outcome(
    event_id: EventId, body: OutcomeRequest, bench: Bench, who: Asking
) -> JSONResponse:
    """Write one outcome down."""
    told = body.model_dump()
    for name in ("note", "evidence"):
        told[name] = mask_contacts(told[name])
    outcome = Outcome(event_id=event_id, **told)
    number = bench.store.events.add_outcome(outcome, who.name)
    return JSONResponse({"outcome_id": number, **outcome.to_dict()}, 201)


@router.delete(
    "/events/{event_id}/outcomes/{outcome_id}",
    summary="잘못 적은 성과 지우기",
    tags=_OUTCOMES,
    status_code=204,
    responses=answers(s404="없는 번호", s422=MALFORMED),
)
def delete_outcome(
    event_id: EventId,
    outcome_id: Annotated[int, Path(ge=1, le=LARGEST_NUMBER)],
    bench: Bench,
) -> Response:
    """Remove an outcome that was written by mistake."""
    bench.store.events.remove_outcome(event_id, outcome_id)
    return Response(status_code=204)
