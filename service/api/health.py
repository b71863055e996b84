"""`/healthz` (the process lives) and `/readyz` (it can answer)."""

from fastapi import APIRouter
from fastapi.responses import JSONResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST

from service.api.access import NOT_READY, Bench, answers
from service.api.wire import HealthBody, ReadyBody

router = APIRouter(tags=["상태"])


@router.get("/healthz", summary="살아 있는가", responses={200: {"model": HealthBody}})
def healthz() -> JSONResponse:
    """Answer whenever the process runs."""
    return JSONResponse({"status": "ok"})


@router.get(
    "/readyz",
    summary="답할 준비가 되었는가",
    responses={200: {"model": ReadyBody}, **answers(s503=NOT_READY)},
)
def readyz(bench: Bench) -> JSONResponse:
    """Answer 200 where store, model and the newest snapshot are usable, else 503 and why."""
    desk = bench.check_ready()
    return JSONResponse(
        {
            "status": "ready",
            "snapshot": desk.manifest.snapshot_id,
            "counts": dict(desk.manifest.counts),
            "stale": desk.stale,
        }
    )


@router.get(
    "/metrics",
    summary="Prometheus 지표",
    description="요청, 단계별 시간, 임베딩한 글, 색인한 글, 기다리는 글. 개인정보는 없습니다.",
    response_class=Response,
    responses={200: {"content": {"text/plain": {}}}},
)
def metrics(bench: Bench) -> Response:
    """Answer in Prometheus' text format."""
    return Response(bench.metrics.text(), media_type=CONTENT_TYPE_LATEST)
