"""What all pages share: head, navigation, headers; no page loads anything from another host."""

from html import escape

from fastapi.responses import HTMLResponse

from service.security import Principal

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
_PAGE = """<!doctype html>
<html lang="ko"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,"><link rel="stylesheet" href="/static/page.css"></head>
<body>{navigation}<h1>{title}</h1>
{body}</body></html>
"""
ROLE_LABELS = {
    "administrator": "관리자",
    "staff": "담당자",
    "evaluator": "평가자",
    "company": "기업",
}


def page(title: str, body: str, who: Principal | None = None, status: int = 200) -> HTMLResponse:
    """Return a page; `body` is HTML already."""
    navigation = _navigation(who) if who is not None and who.name else ""
    text = _PAGE.format(title=escape(title), body=body, navigation=navigation)
    return HTMLResponse(text, status, headers=HEADERS)


def csrf_field(who: Principal) -> str:
    """Return the hidden field that proves that a form is ours."""
    return f'<input type="hidden" name="csrf" value="{escape(who.csrf or "")}">'


def notice_html(sentence: str) -> str:
    """Return one sentence for people."""
    return f'<p class="notice" role="status">{escape(sentence)}</p>'


def _navigation(who: Principal) -> str:
    role = ROLE_LABELS.get(who.role, who.role)
    return (
        '<nav><a href="/">찾기</a> <a href="/events">행사</a> <a href="/docs">API 문서</a> <a href="/password">비밀번호</a> '
        f"<span>{escape(who.name)} ({role})</span>"
        f'<form method="post" action="/sign-out">{csrf_field(who)}<button>나가기</button></form></nav>'
    )
