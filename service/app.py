"""The web application: wiring only."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import resources
from typing import Any

from fastapi import Depends, FastAPI, Response
from fastapi.staticfiles import StaticFiles
from starlette.concurrency import run_in_threadpool

from matcher.errors import GreenMatchError
from service import problems
from service.api import contacts, events, health, history, imports, matching, records, releases
from service.api.access import MALFORMED, NOT_READY, answers
from service.door import BodyLimit, Door, is_loopback
from service.gate import RateLimiter, admit
from service.observing import Observer
from service.pages import (
    board,
    company_pages,
    day_pages,
    docs_page,
    event_pages,
    home,
    import_pages,
    match_pages,
    outcome_pages,
    picture_pages,
    plan_pages,
    quality_pages,
    sign_in,
)
from service.pages.frame import error_page
from service.settings import Settings
from service.workbench import Workbench

log = logging.getLogger("greenmatch")

_GATE = answers(
    s400="읽을 수 없는 요청",
    s401="로그인이나 키가 필요함",
    s403="권한이 없음",
    s404="없는 주소나 ID",
    s413="너무 큰 요청",
    s422=MALFORMED,
    s429="요청이 너무 잦음",
    s503=NOT_READY,
)
DESCRIPTION = (
    "해외 수요에 맞는 국내 녹색기술 기업을 찾고 근거를 보이는 그린매치의 API입니다. "
    "오류는 RFC 9457 문제 설명(application/problem+json)으로, 사람이 읽을 한국어 `detail`과 "
    "프로그램이 읽을 `code`를 담습니다."
)


class _CheckedFiles(StaticFiles):
    """Files that a browser asks for again each time (304): a page never meets an older script."""

    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        answer = super().file_response(*args, **kwargs)
        answer.headers["Cache-Control"] = "no-cache"
        return answer


def create_app(settings: Settings, workbench: Workbench | None = None) -> FastAPI:
    """Return the application; a workbench given stays the caller's to close.

    The model is loaded before the first request. Without a usable snapshot the application still
    starts, and says so at /readyz; `greenmatch serve` refuses earlier. Raises StoreUnavailable.
    """
    bench = workbench or Workbench.open(settings)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        try:
            await run_in_threadpool(bench.desk)
            bench.warm_up()
        except GreenMatchError as error:
            log.warning("not ready: %s", error.code)
        yield
        if workbench is None:
            bench.close()

    app = FastAPI(
        title="그린매치 GreenMatch",
        version="1",
        description=DESCRIPTION,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        # Nothing about requests leaves this machine, whatever the environment says.
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    app.state.workbench = bench
    app.state.limiter = RateLimiter(settings.rate)
    app.add_middleware(BodyLimit)
    app.add_middleware(Door, is_open=not is_loopback(settings.host))
    app.add_middleware(Observer, metrics=bench.metrics)  # outermost
    problems.install(app, error_page)
    for router in (
        matching.router,
        records.router,
        history.router,
        contacts.router,
        events.router,
        releases.router,
        imports.router,
        health.router,
        sign_in.router,
        home.router,
        import_pages.router,
        match_pages.router,
        picture_pages.router,
        event_pages.router,
        plan_pages.router,
        board.router,
        day_pages.router,
        outcome_pages.router,
        company_pages.router,
        quality_pages.router,
        docs_page.router,
    ):
        app.include_router(router, dependencies=[Depends(admit)], responses=_GATE)
    static = resources.files("service").joinpath("static")
    app.mount("/static", _CheckedFiles(directory=str(static)), name="static")
    return app
