"""From a draft to the final timetable: versions, stages, requests, withdrawals, and who came."""

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path
from fastapi.responses import JSONResponse
from pydantic import AwareDatetime, Field

from data.contacts import mask_contacts
from matcher.requests import ChangeRequest, differences
from service.api.access import MALFORMED, NOT_READY, Bench, answers
from service.api.events import EventId, MeetingBody
from service.api.history import LARGEST_NUMBER
from service.api.records import require_own
from service.api.wire import Closed, Id, Line
from service.changing import grant, withdraw
from service.gate import Asking
from service.security import COMPANY

router = APIRouter(prefix="/api/v1")
_STAGES: list[Any] = ["상담표의 단계"]
Number = Annotated[int, Path(ge=1, le=LARGEST_NUMBER)]
Reason = Annotated[Line, Field(min_length=1)]


class VersionBody(Closed):
    """상담표의 한 판."""

    version: int
    stage: str
    meetings: int
    requests_until: str | None
    actor: str
    made_at: str


class VersionsBody(Closed):
    """모든 판, 새것부터."""

    items: list[VersionBody]


class MovedBody(Closed):
    """옮긴 상담."""

    from_: Annotated[MeetingBody, Field(alias="from")]
    to: MeetingBody


class DifferencesBody(Closed):
    """앞 판과 다른 상담."""

    added: list[MeetingBody]
    removed: list[MeetingBody]
    moved: list[MovedBody]


class WholeVersionBody(VersionBody):
    """한 판과, 앞 판과의 차이."""

    timetable: dict[str, Any]
    differences: DifferencesBody


class ReleaseRequest(Closed):
    """새 판의 단계를 정합니다. 임시(provisional)에는 요청을 받는 기한이 있어야 합니다."""

    stage: Literal["draft", "provisional", "final"]
    requests_until: AwareDatetime | None = None


class ChangeBody(Closed):
    """변경 요청. 옮기기(move)에만 옮길 시간을 적습니다."""

    kind: Literal["move", "cancel", "add"]
    asked_by: Id
    buyer_id: Id
    company_id: Id
    slot_id: Id | None = None
    note: Line = ""


class RequestBody(Closed):
    """변경 요청과 그 답."""

    request_id: int
    kind: str
    asked_by: str
    buyer_id: str
    company_id: str
    slot_id: str | None
    note: str
    state: str
    answer: str
    expires_at: str
    actor: str
    made_at: str


class RequestsBody(Closed):
    """변경 요청, 새것부터."""

    items: list[RequestBody]


class AnswerRequest(Closed):
    """요청에 답합니다. 받아들이면 상담표가 새로 짜입니다."""

    accept: bool
    note: Line = ""


class WithdrawalRequest(Closed):
    """참가를 그만두는 기업."""

    company_id: Id
    why: Reason


class WithdrawalBody(Closed):
    """올라온 예비 기업(없으면 null)과 바뀐 행사."""

    moved_up: str | None
    delegation: dict[str, Any] | None
    timetable: dict[str, Any] | None


class AttendanceBody(Closed):
    """상담 하나에 누가 왔는지: met(상담함), late(늦음), no_show(오지 않음)."""

    buyer_id: Id
    company_id: Id
    state: Literal["met", "late", "no_show"]
    note: Line = ""


class AttendancesBody(Closed):
    """적힌 것 모두."""

    items: list[AttendanceBody]


class OwnMeetingsBody(Closed):
    """나온 상담표의 상담. 기업은 자기 것만 봅니다."""

    version: int | None
    stage: str | None
    meetings: list[MeetingBody]


@router.get(
    "/events/{event_id}/versions",
    summary="상담표의 판",
    tags=_STAGES,
    responses={200: {"model": VersionsBody}, **answers(s404="없는 ID", s422=MALFORMED)},
)
def list_versions(event_id: EventId, bench: Bench) -> JSONResponse:
    """Answer with every version, the newest first."""
    bench.store.events.get(event_id)
    found = bench.store.releases.versions(event_id)
    return JSONResponse({"items": [version.to_dict() for version in found]})


@router.get(
    "/events/{event_id}/versions/{version}",
    summary="상담표의 한 판과 앞 판과의 차이",
    tags=_STAGES,
    responses={200: {"model": WholeVersionBody}, **answers(s404="없는 판", s422=MALFORMED)},
)
def get_version(event_id: EventId, version: Number, bench: Bench) -> JSONResponse:
    """Answer with a version and what it changed."""
    found = bench.store.releases.version(event_id, version)
    before = bench.store.releases.version(event_id, version - 1).content if version > 1 else None
    return JSONResponse(
        {
            **found.to_dict(),
            "timetable": found.content,
            "differences": differences(before, found.content),
        }
    )


@router.post(
    "/events/{event_id}/release",
    summary="상담표를 임시나 확정으로",
    tags=_STAGES,
    responses={
        200: {"model": VersionBody},
        **answers(s400="상담표가 없거나 이미 확정함", s404="없는 ID", s422=MALFORMED),
    },
)
def post_release(
    event_id: EventId, body: ReleaseRequest, bench: Bench, who: Asking
) -> JSONResponse:
    """Put the newest version into a stage."""
    bench.store.events.get(event_id)
    until: datetime | None = body.requests_until
    found = bench.store.releases.release(event_id, body.stage, until, who.name)
    return JSONResponse(found.to_dict())


@router.get(
    "/events/{event_id}/meetings",
    summary="나온 상담표의 상담",
    description="기업은 임시나 확정으로 나온 상담표에서 자기 상담만 봅니다.",
    tags=_STAGES,
    responses={200: {"model": OwnMeetingsBody}, **answers(s404="없는 ID", s422=MALFORMED)},
)
def list_meetings(event_id: EventId, bench: Bench, who: Asking) -> JSONResponse:
    """Answer with the meetings of the newest version that was shown."""
    bench.store.events.get(event_id)
    shown = [v for v in bench.store.releases.versions(event_id) if v.stage != "draft"]
    if not shown:
        return JSONResponse({"version": None, "stage": None, "meetings": []})
    newest = shown[0]
    meetings = [
        m
        for m in newest.content["meetings"]
        if who.role != COMPANY or m["company_id"] == who.company_id
    ]
    return JSONResponse({"version": newest.version, "stage": newest.stage, "meetings": meetings})


@router.get(
    "/events/{event_id}/requests",
    summary="변경 요청",
    tags=_STAGES,
    responses={200: {"model": RequestsBody}, **answers(s404="없는 ID", s422=MALFORMED)},
)
def list_requests(event_id: EventId, bench: Bench, who: Asking) -> JSONResponse:
    """Answer with the requests; a company sees its own."""
    bench.store.events.get(event_id)
    found = bench.store.releases.requests(event_id)
    mine = [r for r in found if who.role != COMPANY or r.request.asked_by == who.company_id]
    return JSONResponse({"items": [request.to_dict() for request in mine]})


@router.post(
    "/events/{event_id}/requests",
    summary="변경 요청하기",
    description="임시 상담표의 기한 안에서만. 담당자는 바이어나 기업을 대신해 요청할 수 있습니다.",
    tags=_STAGES,
    status_code=201,
    responses={
        201: {"model": RequestBody},
        **answers(s400="지금은 요청할 수 없음", s404="없는 ID", s422=MALFORMED),
    },
)
def post_request(event_id: EventId, body: ChangeBody, bench: Bench, who: Asking) -> JSONResponse:
    """Keep a request; a company asks for itself only."""
    require_own(who, body.asked_by)
    bench.store.events.get(event_id)
    told = {**body.model_dump(), "note": mask_contacts(body.note)}
    found = bench.store.releases.ask(event_id, ChangeRequest(**told), who.name)
    return JSONResponse(found.to_dict(), 201)


@router.post(
    "/events/{event_id}/requests/{request_id}/answer",
    summary="변경 요청에 답하기",
    description="받아들이면 그 상담만 바꾸어 다시 짜고, 그대로 있을 수 있는 상담은 옮기지 않습니다.",
    tags=_STAGES,
    responses={
        200: {"model": RequestBody},
        **answers(
            s400="이미 답했거나 바꿀 수 없음", s404="없는 번호", s422=MALFORMED, s503=NOT_READY
        ),
    },
)
def post_answer(
    event_id: EventId, request_id: Number, body: AnswerRequest, bench: Bench, who: Asking
) -> JSONResponse:
    """Grant or decline a request."""
    note = mask_contacts(body.note)
    if body.accept:
        found, _ = grant(bench, event_id, request_id, note, who.name)
    else:
        found = bench.store.releases.answer(event_id, request_id, "declined", note)
    return JSONResponse(found.to_dict())


@router.post(
    "/events/{event_id}/withdrawals",
    summary="기업이 빠짐",
    description="예비 1순위가 올라오고, 상담표는 그대로 있을 수 있는 상담을 옮기지 않고 다시 짜입니다.",
    tags=_STAGES,
    responses={
        200: {"model": WithdrawalBody},
        **answers(s400="행사에 없는 기업", s404="없는 ID", s422=MALFORMED, s503=NOT_READY),
    },
)
def post_withdrawal(
    event_id: EventId, body: WithdrawalRequest, bench: Bench, who: Asking
) -> JSONResponse:
    """Take a company out."""
    why = mask_contacts(body.why)
    successor, changed = withdraw(bench, event_id, body.company_id, why, who.name)
    return JSONResponse(
        {
            "moved_up": successor,
            "delegation": changed.delegation,
            "timetable": changed.timetable,
        }
    )


@router.get(
    "/events/{event_id}/attendance",
    summary="누가 왔는지",
    tags=_STAGES,
    responses={200: {"model": AttendancesBody}, **answers(s404="없는 ID", s422=MALFORMED)},
)
def list_attendance(event_id: EventId, bench: Bench) -> JSONResponse:
    """Answer with what was written down."""
    bench.store.events.get(event_id)
    return JSONResponse({"items": list(bench.store.releases.attendance(event_id))})


@router.put(
    "/events/{event_id}/attendance",
    summary="누가 왔는지 적기",
    tags=_STAGES,
    responses={200: {"model": AttendanceBody}, **answers(s404="없는 ID", s422=MALFORMED)},
)
def put_attendance(
    event_id: EventId, body: AttendanceBody, bench: Bench, who: Asking
) -> JSONResponse:
    """Write down who came to one meeting; the last word counts."""
    told = {**body.model_dump(), "note": mask_contacts(body.note)}
    pair = body.buyer_id, body.company_id
    bench.store.releases.mark(event_id, pair, body.state, told["note"], who.name)
    return JSONResponse(told)
