"""The first page: a free text in, a table of companies with reasons out."""

from html import escape

from fastapi.responses import HTMLResponse

from matcher.explanation import Reason
from matcher.shortlist import Match, Shortlist
from service.pages.frame import csrf_field, notice_html, page
from service.security import Principal

_BODY = """<p>해외 수요를 적으면 맞는 국내 녹색기술 기업을 근거와 함께 보여 줍니다.</p>
<form method="post" action="/">{csrf}
<label for="text">수요</label>
<textarea id="text" name="text" required maxlength="20000">{text}</textarea>
<label>국가 <input name="country" value="{country}" placeholder="베트남"></label>
<label>언어 <input name="language" value="{language}" placeholder="베트남어"></label>
<button>찾기</button></form>
{result}"""


def landing_page(
    who: Principal,
    text: str = "",
    country: str = "",
    language: str = "",
    result: str = "",
    status: int = 200,
) -> HTMLResponse:
    """Return the page; `result` is HTML already, the rest is text."""
    body = _BODY.format(
        csrf=csrf_field(who),
        text=escape(text),
        country=escape(country),
        language=escape(language),
        result=result,
    )
    return page("그린매치", body, who, status)


def shortlist_html(shortlist: Shortlist, stale: str | None) -> str:
    """Return the matches as a table, the refusals folded, and where it all comes from."""
    rows = "".join(_row(match) for match in shortlist.matches)
    refusals = "".join(
        f"<li>{escape(r.company.name)}: {escape(r.label)}</li>" for r in shortlist.refusals
    )
    made = shortlist.provenance
    return "".join(
        [
            notice_html(stale) if stale else "",
            notice_html(shortlist.notice) if shortlist.notice else "",
            "<table><thead><tr><th>순위<th>공급기업<th>점수<th>공급기술과 근거</tr></thead><tbody>",
            f"{rows}</tbody></table>",
            f"<details><summary>제외 사유 {len(shortlist.refusals)}건</summary><ul>{refusals}</ul>"
            "</details>"
            if refusals
            else "",
            f'<p class="source">색인 {escape(made.snapshot)} · 모델 {escape(made.model)} · '
            f"정책 {escape(made.policy)} · {escape(made.made_at)}</p>",
        ]
    )


def _row(match: Match) -> str:
    region = f" ({escape(match.company.region)})" if match.company.region else ""
    offering = match.offerings[0] if match.offerings else None
    title = escape(offering.title or offering.text) if offering else ""
    reasons = "".join(_reason(reason) for reason in match.reasons)
    missing = "".join(f'<li class="missing">{escape(m.label)}</li>' for m in match.missing)
    return (
        f'<tr><td class="number">{match.rank}<td>{escape(match.company.name)}{region}'
        f'<td class="number">{match.score:.3f}<td><strong>{title}</strong>'
        f"<ul>{reasons}{missing}</ul></tr>"
    )


def _reason(reason: Reason) -> str:
    quotes = "".join(
        f" <q>{escape(span.quote)}</q>" for span in (*reason.need_spans, *reason.offering_spans)
    )
    return f"<li>{reason.points:+.3f} {escape(reason.label)}{quotes}</li>"
