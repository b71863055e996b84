"""`/healthz` (the process lives) and `/readyz` (it can answer)."""

from fastapi import APIRouter
from fastapi.responses import JSONResponse

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
