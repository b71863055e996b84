"""What happened to records, what runs out, and what staff decided of pairs."""

from datetime import date
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query
from fastapi.responses import JSONResponse, Response

from data.contacts import mask_contacts
from data.identity import find_pairs
from matcher.expiry import expiring
from service.api.access import MALFORMED, Bench, answers
from service.api.history_wire import (
    ChangesBody,
    DecisionBody,
    DecisionRequest,
    DecisionsBody,
    DuplicatesBody,
    ExpiriesBody,
    ImportsBody,
    LogBody,
    MergeRequest,
)
from service.api.records import RecordId
from service.gate import Asking
from service.store import RecordKind, Source, provenance

router = APIRouter(prefix="/api/v1")
_HISTORY: list[Any] = ["역사"]
_DECISIONS: list[Any] = ["결정"]
_DUPLICATES: list[Any] = ["같은 기업"]
Kinds = Literal["companies", "needs", "buyers"]
KINDS: dict[Kinds, RecordKind] = {"companies": "company", "needs": "need", "buyers": "buyer"}
LARGEST_NUMBER = 2**53
Number = Annotated[int, Path(ge=1, le=LARGEST_NUMBER)]
Before = Annotated[int | None, Query(ge=1, le=LARGEST_NUMBER, description="이 번호보다 앞의 것")]


@router.get(
    "/imports",
    summary="자료가 바뀐 기록",
    tags=_HISTORY,
    responses={200: {"model": ImportsBody}, **answers(s422=MALFORMED)},
)
def list_imports(
    bench: Bench, limit: Annotated[int, Query(ge=1, le=200)] = 50, before: Before = None
) -> JSONResponse:
    """Answer with the log, newest first."""
    entries = bench.store.imports(limit, before)
    return JSONResponse({"items": [entry.to_dict() for entry in entries]})


@router.post(
    "/imports/{import_id}/undo",
    summary="가져오기 되돌리기",
    description="가져오기 하나를 통째로 되돌립니다. 그 뒤에 다시 바뀐 기록이 있으면 아무것도 되돌리지 않습니다.",
    tags=_HISTORY,
    responses={
        200: {"model": LogBody},
        **answers(s400="그 뒤에 바뀐 기록이 있음", s404="없는 번호", s422=MALFORMED),
    },
)
def undo_import(import_id: Number, bench: Bench, who: Asking) -> JSONResponse:
    """Take an import back as a whole."""
    return JSONResponse(bench.store.undo(import_id, Source(who.name)).to_dict())


@router.get(
    "/history/{kind}/{record_id:path}",
    summary="기록 하나의 역사",
    tags=_HISTORY,
    responses={200: {"model": ChangesBody}, **answers(s404="없는 ID", s422=MALFORMED)},
)
def get_history(kind: Kinds, record_id: RecordId, bench: Bench) -> JSONResponse:
    """Answer with every version, newest first, and where each field of the present one is from."""
    changes = bench.store.history(KINDS[kind], record_id)
    items = [change.to_dict() for change in changes]
    return JSONResponse({"items": items, "provenance": provenance(changes)})


@router.get(
    "/expiring",
    summary="지났거나 곧 끝나는 것",
    description="마감이 지났거나 다가오는 수요와, 유효기간이 끝났거나 끝나 가는 인증.",
    tags=_HISTORY,
    responses={200: {"model": ExpiriesBody}, **answers(s422=MALFORMED)},
)
def list_expiring(
    bench: Bench, days: Annotated[int, Query(ge=0, le=3_650, description="앞으로 며칠")] = 90
) -> JSONResponse:
    """Answer with what runs out, the earliest first."""
    contents = bench.store.contents()
    found = expiring(contents.companies, contents.needs, date.today(), days)
    return JSONResponse({"items": [item.to_dict() for item in found]})


@router.get(
    "/decisions",
    summary="짝에 대한 결정",
    tags=_DECISIONS,
    responses={200: {"model": DecisionsBody}},
)
def list_decisions(bench: Bench) -> JSONResponse:
    """Answer with all decisions."""
    return JSONResponse({"items": [item.to_dict() for item in bench.store.decisions()]})


@router.post(
    "/decisions",
    summary="짝을 받아들임, 사양, 제외",
    description="제외(veto)한 짝은 추천되지 않고 제외 사유에 나옵니다. 마지막 결정이 남습니다.",
    tags=_DECISIONS,
    responses={200: {"model": DecisionBody}, **answers(s404="없는 ID", s422=MALFORMED)},
)
def post_decision(body: DecisionRequest, bench: Bench, who: Asking) -> JSONResponse:
    """Keep a decision on a pair."""
    note = mask_contacts(body.note)
    decision = bench.store.decide(body.need_id, body.company_id, body.verdict, note, who.name)
    return JSONResponse(decision.to_dict())


@router.delete(
    "/decisions",
    summary="결정 취소",
    tags=_DECISIONS,
    status_code=204,
    responses=answers(s404="없는 결정", s422=MALFORMED),
)
def delete_decision(
    need_id: Annotated[str, Query(min_length=1, max_length=200)],
    company_id: Annotated[str, Query(min_length=1, max_length=200)],
    bench: Bench,
) -> Response:
    """Take a decision back."""
    bench.store.forget_decision(need_id, company_id)
    return Response(status_code=204)


@router.get(
    "/duplicates",
    summary="같은 기업일 수 있는 짝",
    tags=_DUPLICATES,
    responses={200: {"model": DuplicatesBody}},
)
def list_duplicates(bench: Bench) -> JSONResponse:
    """Answer with the pairs that staff should look at, the likeliest first."""
    pairs = find_pairs(bench.desk().catalogue.companies.values())
    return JSONResponse({"items": [pair.to_dict() for pair in pairs]})


@router.post(
    "/merges",
    summary="두 기업을 하나로",
    description="각자의 기록은 따로 남아 언제든 나눌 수 있고, 다음 파일이 옛 ID로 와도 하나로 들어갑니다.",
    tags=_DUPLICATES,
    responses={
        200: {"model": LogBody},
        **answers(s400="자기 자신", s404="없는 ID", s422=MALFORMED),
    },
)
def post_merge(body: MergeRequest, bench: Bench, who: Asking) -> JSONResponse:
    """Show two companies as one."""
    return JSONResponse(bench.store.merge(body.into_id, body.other_id, Source(who.name)).to_dict())


@router.delete(
    "/merges/{company_id:path}",
    summary="합친 기업을 나누기",
    tags=_DUPLICATES,
    responses={200: {"model": LogBody}, **answers(s400="합친 기업이 아님", s422=MALFORMED)},
)
def delete_merge(company_id: RecordId, bench: Bench, who: Asking) -> JSONResponse:
    """Part a merged company."""
    return JSONResponse(bench.store.split(company_id, Source(who.name)).to_dict())
