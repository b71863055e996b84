"""What all pages share: templates, language, navigation, headers; no page loads from another host.

Templates speak Korean; `_()` looks a sentence up in `service/translations/en.po` where the reader
chose English. Everything that goes into a template is escaped there.
"""

from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any
from urllib.parse import quote

from babel.messages.pofile import read_po
from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from matcher.errors import GreenMatchError
from matcher.outcomes import STAGES
from matcher.vocabulary import country_label, language_label, sector_label
from service.pages.showing import SHOWING
from service.problems import status_of
from service.security import ADMINISTRATOR, COMPANY, EVALUATOR, NOBODY, STAFF, Principal

LANGUAGE_COOKIE = "greenmatch_language"
LANGUAGES = ("ko", "en")
_OWN_ONLY = (
    "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; "
    "frame-ancestors 'none'; form-action 'self'; base-uri 'none'"
)
HEADERS = {
    "Content-Security-Policy": _OWN_ONLY,
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
    "Referrer-Policy": "same-origin",
}
ROLE_LABELS = {
    ADMINISTRATOR: "관리자",
    STAFF: "담당자",
    EVALUATOR: "평가자",
    COMPANY: "기업",
}
_WORKERS = (ADMINISTRATOR, STAFF)
_READERS = (*_WORKERS, EVALUATOR)
NAVIGATION = (
    ("/", "홈", _READERS),
    ("/imports", "가져오기", _WORKERS),
    ("/match", "찾기", _READERS),
    ("/events", "행사", _READERS),
    ("/outcomes", "성과", _READERS),
    ("/map", "수요 지도", _READERS),
    ("/picture", "기술 그림", _READERS),
    ("/quality", "품질", _READERS),
    ("/company", "내 기업", (COMPANY,)),
)
"""Address, label and the roles that see it."""


def render(
    request: Request,
    who: Principal,
    template: str,
    values: Mapping[str, Any] | None = None,
    *,
    error: GreenMatchError | None = None,
    status: int | None = None,
) -> HTMLResponse:
    """Return a page; what a person must mend stands above it, with the error's status."""
    text = (
        _environment(language_of(request))
        .get_template(template)
        .render(
            {
                "who": who,
                "csrf": who.csrf or "",
                "can_write": who.role in _WORKERS,
                "role": ROLE_LABELS.get(who.role, ""),
                "lang": language_of(request),
                "path": request.url.path,
                "navigation": [(to, label) for to, label, roles in NAVIGATION if who.role in roles],
                "error": error.sentence if error else "",
                **(values or {}),
            }
        )
    )
    code = status or (status_of(error) if error else 200)
    return HTMLResponse(text, code, headers=HEADERS)


def language_of(request: Request) -> str:
    """Return the language that the reader chose; Korean unless told."""
    chosen = request.cookies.get(LANGUAGE_COOKIE, "")
    return chosen if chosen in LANGUAGES else "ko"


def segment(id: str) -> str:
    """Return an id as one segment of an address."""
    return quote(id, safe="")


@cache
def english() -> Mapping[str, str]:
    """Return what each Korean sentence of the pages says in English."""
    file = resources.files("service").joinpath("translations", "en.po")
    with file.open("rb") as stream:
        return {str(m.id): str(m.string) for m in read_po(stream) if m.id and m.string}


@cache
def _environment(language: str) -> Environment:
    environment = Environment(
        loader=PackageLoader("service"),
        autoescape=select_autoescape(default=True),
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    known = english() if language == "en" else {}
    environment.install_gettext_callables(  # type: ignore[attr-defined]
        lambda text: known.get(text, text),
        lambda one, many, n: known.get(one, one) if n == 1 else known.get(many, many),
        newstyle=True,
    )
    environment.globals |= {**SHOWING, "stage_names": STAGES}
    environment.filters |= {
        "segment": segment,
        "percent": lambda value: "" if value is None else f"{value:.0%}",
        "country": country_label,
        "language": language_label,
        "sector": sector_label,
    }
    return environment


def error_page(request: Request, status: int, sentence: str) -> HTMLResponse:
    """Return a page that says what is wrong."""
    who = getattr(request.state, "principal", NOBODY)
    return render(request, who, "error.html", {"error": sentence}, status=status)


def signed_out(request: Request, template: str, status: int = 200, **values: Any) -> HTMLResponse:
    """Return a page for somebody who has not signed in."""
    return render(request, NOBODY, template, values, status=status)
