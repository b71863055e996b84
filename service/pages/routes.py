"""Routes that answer with HTML; no page loads anything from another host."""

from typing import Annotated

from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse

from matcher.errors import GreenMatchError
from service.api.access import Bench
from service.gate import Asking
from service.pages.frame import HEADERS, notice_html
from service.pages.landing import landing_page, shortlist_html
from service.problems import status_of
from service.questions import need_from_text

router = APIRouter(include_in_schema=False)
_DOCS = """<!doctype html>
<html lang="ko"><head><meta charset="utf-8"><title>그린매치 API 문서</title>
<link rel="icon" href="data:,"><link rel="stylesheet" href="/static/swagger-ui.css"></head>
<body><div id="swagger-ui"></div>
<script src="/static/swagger-ui-bundle.js"></script><script src="/static/docs.js"></script>
</body></html>
"""


@router.get("/")
def landing(who: Asking) -> HTMLResponse:
    """Show the empty form."""
    return landing_page(who)


@router.post("/")
def search(
    bench: Bench,
    who: Asking,
    text: Annotated[str, Form()] = "",
    country: Annotated[str, Form()] = "",
    language: Annotated[str, Form()] = "",
) -> HTMLResponse:
    """Show the form again, with the answer or the reason why there is none."""
    status = 200
    try:
        need = need_from_text(text, country=country or None, language=language or None)
        desk = bench.desk()
        result = shortlist_html(desk.matchmaker.match(need), desk.stale)
    except GreenMatchError as error:
        result, status = notice_html(error.sentence), status_of(error)
    return landing_page(who, text, country, language, result, status)


@router.get("/docs")
def docs() -> HTMLResponse:
    """Show the API's documentation, drawn by the Swagger UI that lies in `static`."""
    return HTMLResponse(_DOCS, headers=HEADERS)
