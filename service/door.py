"""What stands before the gate: where requests come from, and how much they may bring.

A web page that somebody visits can send forms to 127.0.0.1, and a name that its owner points at
127.0.0.1 makes that page look like ours. Foreign `Origin` and foreign `Host` are refused.
"""

import ipaddress
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.problems import problem, too_large

LARGEST_BODY = 2 * 1024 * 1024
LARGEST_FILE = 20 * 1024 * 1024
_FILE_PATHS = ("/api/v1/imports", "/imports")
_MULTIPART_OVERHEAD = 16 * 1024
_SAFE = ("GET", "HEAD", "OPTIONS")


class BodyLimit:
    """Middleware: 413 for bodies that are too large, told by their length or while they come.

    FastAPI's own `max_body_size` answers in plain text, not with a problem.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request pass, counting, or answer it here."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        is_file = scope["path"].rstrip("/") in _FILE_PATHS
        limit = LARGEST_FILE + _MULTIPART_OVERHEAD if is_file else LARGEST_BODY
        announced = Headers(scope=scope).get("content-length", "0")
        if not announced.isascii() or not announced.isdigit() or int(announced[:18]) > limit:
            await too_large()(scope, receive, send)
            return
        arrived = 0

        async def counted() -> Message:
            nonlocal arrived
            message = await receive()
            arrived += len(message.get("body", b""))
            if arrived > limit:
                raise HTTPException(413)
            return message

        await self._app(scope, counted, send)


class Door:
    """Middleware: 403 for requests that another site makes in a visitor's browser."""

    def __init__(self, app: ASGIApp, is_open: bool = False) -> None:
        self._app = app
        self._is_open = is_open

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request pass or answer it here."""
        if scope["type"] == "http" and not self._may_pass(scope):
            response = problem(403, "foreign_origin", "다른 사이트에서 보낸 요청은 받지 않습니다.")
            await response(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _may_pass(self, scope: Scope) -> bool:
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if not self._is_open and not _is_own_name(host):
            return False
        origin = headers.get("origin")
        return scope["method"] in _SAFE or origin is None or _netloc(origin) == host.lower()


def _netloc(origin: str) -> str:
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return ""


def _is_own_name(host: str) -> bool:
    """Tell whether a name can mean this computer only: an address of its own, or without a dot."""
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return False
    return name == "::1" or name.startswith("127.") or (name != "" and "." not in name)


def is_loopback(host: str) -> bool:
    """Tell whether only this computer can reach the address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
