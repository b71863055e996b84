"""Signing in and out, and changing one's password."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from matcher.errors import InvalidRequest
from service.api.access import Bench
from service.gate import COOKIE, Asking
from service.pages.frame import csrf_field, notice_html, page
from service.security import Principal
from service.store.accounts import SESSION, SHORTEST_PASSWORD

router = APIRouter(include_in_schema=False)
_WRONG = "이름이나 비밀번호가 맞지 않거나, 여러 번 틀려 잠시 잠겼습니다."
_SIGN_IN = """<form method="post" action="/sign-in">
<label>이름 <input name="name" autocomplete="username" required></label>
<label>비밀번호 <input name="password" type="password" autocomplete="current-password" required></label>
<button>들어가기</button></form>
"""


@router.get("/sign-in")
def sign_in_page() -> HTMLResponse:
    """Show the form."""
    return page("그린매치 로그인", _SIGN_IN)


@router.post("/sign-in")
def sign_in(
    request: Request,
    bench: Bench,
    name: Annotated[str, Form(max_length=200)] = "",
    password: Annotated[str, Form(max_length=1_000)] = "",
) -> Response:
    """Start a session, or say that something was wrong and not what."""
    token = bench.store.accounts.sign_in(name, password)
    if token is None:
        return page("그린매치 로그인", notice_html(_WRONG) + _SIGN_IN, status=401)
    session = bench.store.accounts.session(token)
    first = session is not None and session.user.must_change
    response = RedirectResponse("/password" if first else "/", 303)
    response.set_cookie(
        COOKIE,
        token,
        max_age=int(SESSION.total_seconds()),
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )
    return response


@router.post("/sign-out")
def sign_out(request: Request, bench: Bench) -> Response:
    """End the session."""
    if token := request.cookies.get(COOKIE):
        bench.store.accounts.sign_out(token)
    response = RedirectResponse("/sign-in", 303)
    response.delete_cookie(COOKIE)
    return response


@router.get("/password")
def password_page(who: Asking) -> HTMLResponse:
    """Show the form."""
    return _password_page(who)


@router.post("/password")
def change_password(
    who: Asking,
    bench: Bench,
    old: Annotated[str, Form(max_length=1_000)] = "",
    new: Annotated[str, Form(max_length=1_000)] = "",
) -> Response:
    """Set a new password; every session ends, and one signs in anew."""
    try:
        bench.store.accounts.change_password(who.name, old, new)
    except InvalidRequest as error:
        return _password_page(who, notice_html(error.sentence), 400)
    response = RedirectResponse("/sign-in", 303)
    response.delete_cookie(COOKIE)
    return response


def _password_page(who: Principal, notice: str = "", status: int = 200) -> HTMLResponse:
    first = (
        notice_html("일회용 비밀번호입니다. 새 비밀번호를 정하십시오.") if who.must_change else ""
    )
    body = f"""{first}{notice}<form method="post" action="/password">{csrf_field(who)}
<label>지금 비밀번호 <input name="old" type="password" autocomplete="current-password" required></label>
<label>새 비밀번호 <input name="new" type="password" autocomplete="new-password" required
minlength="{SHORTEST_PASSWORD}"></label>
<button>바꾸기</button></form>"""
    return page("비밀번호 바꾸기", body, who, status)
