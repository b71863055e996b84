"""What stands before every route: who is asking, whether the table lets them, and not too often.

Browsers bring a cookie (SameSite=Strict, HttpOnly) and, to change anything, the session's CSRF
token in the form or in `X-CSRF-Token`; programs bring `Authorization: Bearer KEY`.
"""

import secrets
from typing import Annotated

from fastapi import Depends, Request
from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from service.api.access import Bench
from service.security import (
    ANYONE,
    BEFORE_NEW_PASSWORD,
    NOBODY,
    PERMISSIONS,
    PUBLIC_ROUTES,
    Principal,
)
from service.workbench import Workbench

COOKIE = "greenmatch_session"
SAFE = ("GET", "HEAD", "OPTIONS")
SIGN_IN_RATE = parse("20/minute")
"""Attempts to sign in from one address."""


class RateLimiter:
    """Counts requests of each caller in a moving minute, in this process."""

    def __init__(self, rate: str) -> None:
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._rate = parse(rate)

    def check(self, who: str, rate: RateLimitItem | None = None) -> None:
        """Raise 429 where somebody asks too often."""
        if not self._limiter.hit(rate or self._rate, who):
            raise HTTPException(
                429,
                "요청이 너무 잦습니다. 잠시 뒤에 다시 하십시오.",
                {"Retry-After": "60"},
            )


async def admit(request: Request, bench: Bench) -> Principal:
    """Return who is asking, where the table lets them; 401, 403 or 429 else."""
    route = (request.method, request.scope["route"].path)
    who = await run_in_threadpool(identify, request, bench)
    limiter: RateLimiter = request.app.state.limiter
    address = request.client.host if request.client else ""
    limiter.check(who.name or f"address {address}")
    if route == ("POST", "/sign-in"):
        limiter.check(f"sign-in {address}", SIGN_IN_RATE)
    allowed = PERMISSIONS.get(route, frozenset())
    if bench.settings.public and route in PUBLIC_ROUTES:
        allowed = allowed | {ANYONE}
    if who.role not in allowed:
        if who.role == ANYONE:
            _send_page(request, "/sign-in")
            raise HTTPException(
                401,
                "로그인하거나 API 키를 보내야 합니다(Authorization: Bearer …).",
                {"WWW-Authenticate": "Bearer"},
            )
        raise HTTPException(403, "이 일을 할 권한이 없습니다.")
    if who.must_change and route not in BEFORE_NEW_PASSWORD:
        _send_page(request, "/password")
        raise HTTPException(403, "먼저 비밀번호를 바꾸십시오(/password).")
    if who.csrf is not None and request.method not in SAFE:
        await _check_csrf(request, who.csrf)
    request.state.principal = who
    return who


def _send_page(request: Request, place: str) -> None:
    """Send a browser that asked for a page to another one instead of showing it a problem."""
    wants_page = "text/html" in request.headers.get("accept", "")
    if request.method == "GET" and wants_page and not request.url.path.startswith("/api/"):
        raise HTTPException(303, headers={"Location": place})


def identify(request: Request, bench: Workbench) -> Principal:
    """Return who a request comes from; an unknown key or session is nobody's."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.casefold() == "bearer":
        key = bench.store.accounts.key(token.strip())
        return Principal(f"key:{key.key_id}", key.role, key.company_id) if key else NOBODY
    if cookie := request.cookies.get(COOKIE):
        session = bench.store.accounts.session(cookie)
        if session is not None:
            user = session.user
            return Principal(user.name, user.role, user.company_id, session.csrf, user.must_change)
    return NOBODY


async def _check_csrf(request: Request, expected: str) -> None:
    given = request.headers.get("x-csrf-token")
    kind = request.headers.get("content-type", "").partition(";")[0]
    if given is None and kind in ("application/x-www-form-urlencoded", "multipart/form-data"):
        given = str((await request.form()).get("csrf", ""))
    if not secrets.compare_digest((given or "").encode(), expected.encode()):
        raise HTTPException(
            403, "이 화면에서 보낸 요청이 아닙니다. 화면을 새로 고쳐 다시 하십시오."
        )


def _principal(request: Request) -> Principal:
    who: Principal = request.state.principal
    return who


Asking = Annotated[Principal, Depends(_principal)]
"""Who is asking, already admitted."""
