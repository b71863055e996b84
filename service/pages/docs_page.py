"""The API's documentation, drawn by the Swagger UI that lies in `static`."""

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from service.pages.frame import HEADERS

router = APIRouter(include_in_schema=False)
_DOCS = """<!doctype html>
<html lang="ko"><head><meta charset="utf-8"><title>그린매치 API 문서</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,"><link rel="stylesheet" href="/static/swagger-ui.css"></head>
<body><div id="swagger-ui"></div>
<script src="/static/swagger-ui-bundle.js"></script><script src="/static/docs.js"></script>
</body></html>
"""


@router.get("/docs")
def docs() -> HTMLResponse:
    """Show the API's documentation."""
    return HTMLResponse(_DOCS, headers=HEADERS)
