"""Signing in and out, choosing a language, and changing one's password."""

import re
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from matcher.errors import InvalidRequest
from service.api.access import Bench
from service.gate import COOKIE, Asking
from service.pages.frame import LANGUAGE_COOKIE, LANGUAGES, render, signed_out
from service.store.accounts import SESSION, SHORTEST_PASSWORD

router = APIRouter(include_in_schema=False)
_WRONG = "이름이나 비밀번호가 맞지 않거나, 여러 번 틀려 잠시 잠겼습니다."
_OWN_PLACE = re.compile(r"/(?![/\\])[^\\\x00-\x20]*")
"""An address on this server: one slash, and nothing that a browser would read as another host."""


@router.get("/sign-in")
def sign_in_page(request: Request) -> HTMLResponse:
    """Show the form."""
    return signed_out(request, "sign_in.html")


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
        return signed_out(request, "sign_in.html", 401, error=_WRONG)
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


@router.post("/language")
def choose_language(
    request: Request,
    language: Annotated[str, Form(max_length=10)],
    back: Annotated[str, Form(max_length=2_000)] = "/",
) -> Response:
    """Remember the language and go back to the page, which is always one of ours."""
    response = RedirectResponse(back if _OWN_PLACE.fullmatch(back) else "/", 303)
    if language in LANGUAGES:
        response.set_cookie(
            LANGUAGE_COOKIE,
            language,
            max_age=365 * 24 * 3600,
            httponly=True,
            samesite="strict",
            secure=request.url.scheme == "https",
        )
    return response


@router.get("/password")
def password_page(request: Request, who: Asking) -> HTMLResponse:
    """Show the form."""
    return render(request, who, "password.html", {"shortest": SHORTEST_PASSWORD})


@router.post("/password")
def change_password(
    request: Request,
    who: Asking,
    bench: Bench,
    old: Annotated[str, Form(max_length=1_000)] = "",
    new: Annotated[str, Form(max_length=1_000)] = "",
) -> Response:
    """Set a new password; every session ends, and one signs in anew."""
    try:
        bench.store.accounts.change_password(who.name, old, new)
    except InvalidRequest as error:
        return render(request, who, "password.html", {"shortest": SHORTEST_PASSWORD}, error=error)
    response = RedirectResponse("/sign-in", 303)
    response.delete_cookie(COOKIE)
    return response
