"""Every error over HTTP: RFC 9457 problem details with a Korean `detail` and a stable `code`.

A browser that asked for a page gets the sentence on a page instead.
"""

from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse, Response
from starlette.exceptions import HTTPException

from matcher.errors import (
    AnalyzerUnavailable,
    GreenMatchError,
    InvalidRecord,
    InvalidRequest,
    ModelUnavailable,
    SnapshotMismatch,
    SnapshotMissing,
    StoreUnavailable,
    UnknownId,
    UnreadableFile,
)

MEDIA_TYPE = "application/problem+json"

STATUS: Mapping[type[GreenMatchError], int] = {
    InvalidRequest: 400,
    UnreadableFile: 400,
    UnknownId: 404,
    InvalidRecord: 422,  # a body that makes no valid record is a malformed payload
    SnapshotMissing: 503,
    SnapshotMismatch: 503,
    ModelUnavailable: 503,
    AnalyzerUnavailable: 503,
    StoreUnavailable: 503,
    GreenMatchError: 500,
}
"""The one error table: a subclass stands before its parent."""

_TITLES = {
    400: "요청을 처리할 수 없음",
    401: "로그인이 필요함",
    403: "허용되지 않은 요청",
    404: "없음",
    405: "허용되지 않은 방법",
    413: "너무 큼",
    415: "받을 수 없는 형식",
    422: "형식에 맞지 않음",
    429: "요청이 너무 잦음",
    500: "내부 오류",
    503: "준비되지 않음",
}
_HTTP = {
    400: ("bad_request", "요청의 본문을 읽을 수 없습니다. 형식을 확인하십시오."),
    404: ("unknown_route", "이 주소에는 아무것도 없습니다. /docs에서 주소를 확인하십시오."),
    405: ("method_not_allowed", "이 주소에서는 쓸 수 없는 방법(HTTP method)입니다."),
    413: (
        "payload_too_large",
        "보낸 내용이 너무 큽니다. 파일은 20 MB, 다른 요청은 2 MB까지 받습니다.",
    ),
}
_GATE = {401: "sign_in_required", 403: "forbidden", 429: "too_many_requests"}
_FIELD = {
    "missing": "빠졌습니다.",
    "json_invalid": "JSON이 아닙니다.",
    "string_type": "글자여야 합니다.",
    "string_too_long": "{max_length}자까지 쓸 수 있습니다.",
    "string_too_short": "{min_length}자 이상이어야 합니다.",
    "string_unicode": "깨진 글자가 있습니다.",
    "int_type": "정수여야 합니다.",
    "int_parsing": "정수여야 합니다.",
    "int_from_float": "정수여야 합니다.",
    "float_type": "숫자여야 합니다.",
    "float_parsing": "숫자여야 합니다.",
    "finite_number": "유한한 숫자여야 합니다.",
    "bool_type": "true 또는 false여야 합니다.",
    "bool_parsing": "true 또는 false여야 합니다.",
    "greater_than_equal": "{ge} 이상이어야 합니다.",
    "less_than_equal": "{le} 이하여야 합니다.",
    "list_type": "목록이어야 합니다.",
    "too_long": "{max_length}개까지 쓸 수 있습니다.",
    "too_short": "{min_length}개 이상이어야 합니다.",
    "dict_type": "객체(JSON object)여야 합니다.",
    "model_type": "객체(JSON object)여야 합니다.",
    "model_attributes_type": "객체(JSON object)여야 합니다.",
    "literal_error": "{expected} 가운데 하나여야 합니다.",
    "extra_forbidden": "모르는 항목입니다.",
    "date_from_datetime_parsing": "2026-07-31 같은 날짜여야 합니다.",
    "date_parsing": "2026-07-31 같은 날짜여야 합니다.",
    "date_type": "2026-07-31 같은 날짜여야 합니다.",
}


ErrorPage = Callable[[Request, int, str], Response]
"""Makes a page of a request, a status and a sentence."""


def install(app: FastAPI, page: ErrorPage) -> None:
    """Answer every error of this application with problem details, or with a page."""
    app.state.error_page = page
    app.add_exception_handler(GreenMatchError, _ours)
    app.add_exception_handler(RequestValidationError, _malformed)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _unexpected)


def _answer(
    request: Request,
    status: int,
    code: str,
    detail: str,
    *,
    errors: Sequence[Mapping[str, Any]] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    wants_page = "text/html" in request.headers.get("accept", "")
    if wants_page and not request.url.path.startswith("/api/"):
        page: Response = request.app.state.error_page(request, status, detail)
        page.headers.update(headers or {})
        return page
    return problem(status, code, detail, errors=errors, headers=headers)


def problem(
    status: int,
    code: str,
    detail: str,
    *,
    errors: Sequence[Mapping[str, Any]] | None = None,
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """Return one problem; `errors` names the fields that are wrong."""
    content: dict[str, Any] = {
        "type": f"urn:greenmatch:problem:{code}",
        "title": _TITLES.get(status) or HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "code": code,
    }
    if errors is not None:
        content["errors"] = list(errors)
    return JSONResponse(content, status, headers, MEDIA_TYPE)


def too_large() -> JSONResponse:
    """Return the problem for a body above the limit."""
    return problem(413, *_HTTP[413])


def status_of(error: GreenMatchError) -> int:
    """Return the HTTP status of one of our errors."""
    return next(status for kind, status in STATUS.items() if isinstance(error, kind))


def _ours(request: Request, error: Exception) -> Response:
    assert isinstance(error, GreenMatchError)
    errors = None
    if isinstance(error, InvalidRecord):
        errors = [{"field": error.field, "code": error.code, "detail": error.sentence}]
    return _answer(request, status_of(error), error.code, error.sentence, errors=errors)


def _malformed(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    errors = [_field_error(item) for item in error.errors()]
    first = errors[0]
    more = f" (그 밖에 {len(errors) - 1}건)" if len(errors) > 1 else ""
    sentence = f"{first['field']}: {first['detail']}{more}"
    return _answer(request, 422, "malformed_payload", sentence, errors=errors)


def _field_error(item: Mapping[str, Any]) -> dict[str, str]:
    kind = str(item["type"])
    pattern = _FIELD.get(kind)
    if kind == "value_error":  # our own validators speak Korean
        detail = str(item.get("ctx", {}).get("error", "값이 올바르지 않습니다."))
    elif pattern is None:
        detail = "값이 올바르지 않습니다."
    else:
        detail = pattern.format(**item.get("ctx", {}))
    places = [str(place) for place in item["loc"]]
    # A JSON error's place is a character count, and the first place only says body or query.
    field = "body" if kind == "json_invalid" else ".".join(places[1:]) or places[0]
    return {"field": field, "code": kind, "detail": detail}


def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code == 303:
        return RedirectResponse((error.headers or {})["Location"], 303)
    code, detail = _HTTP.get(error.status_code, ("http_error", "요청을 처리할 수 없습니다."))
    if error.status_code in _GATE:  # the gate speaks Korean
        code, detail = _GATE[error.status_code], error.detail
    return _answer(request, error.status_code, code, detail, headers=error.headers)


def _unexpected(request: Request, error: Exception) -> Response:
    # The traceback goes to the log; nothing of it to the one who asked.
    sentence = "뜻하지 않은 오류가 났습니다. 담당자에게 알리십시오."
    return _answer(request, 500, "internal_error", sentence)
