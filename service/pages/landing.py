"""The first page: a free text in, a table of companies with reasons out."""

from collections.abc import Iterable
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
    """Return the matches as a table, the near misses and refusals folded, parts and who takes them."""
    refusals = "".join(
        f"<li>{escape(r.company.name)}: {escape(r.label)}</li>" for r in shortlist.refusals
    )
    made = shortlist.provenance
    return "".join(
        [
            notice_html(stale) if stale else "",
            notice_html(shortlist.notice) if shortlist.notice else "",
            _table(shortlist.matches) if shortlist.matches else "",
            _parts_html(shortlist),
            _folded(
                f"가장 가까웠던 공급기업 {len(shortlist.nearest)}곳 (추천하지 않음)",
                _table(shortlist.nearest) if shortlist.nearest else "",
                is_open=bool(shortlist.notice),
            ),
            _folded(
                f"제외 사유 {len(shortlist.refusals)}건", f"<ul>{refusals}</ul>" if refusals else ""
            ),
            f'<p class="source">색인 {escape(made.snapshot)} · 모델 {escape(made.model)} · '
            f"정책 {escape(made.policy)} · {escape(made.made_at)}</p>",
        ]
    )


def _folded(title: str, content: str, *, is_open: bool = False) -> str:
    opened = " open" if is_open else ""
    return f"<details{opened}><summary>{title}</summary>{content}</details>" if content else ""


def _parts_html(shortlist: Shortlist) -> str:
    """Return who takes which part of a compound need; empty where the need is one whole."""
    if not shortlist.parts:
        return ""
    takers: dict[str, list[str]] = {part.part.part_id: [] for part in shortlist.parts}
    for member in shortlist.consortium.members if shortlist.consortium else ():
        for part_id, _ in member.covers:
            takers[part_id].append(member.company.name)
    rows = "".join(
        f"<tr><td>{escape(part.part.text)}"
        f"<td>{escape(', '.join(takers[part.part.part_id])) or '적합한 공급기업 없음'}"
        f"<td>{escape(', '.join(match.company.name for match in part.matches))}</tr>"
        for part in shortlist.parts
    )
    return (
        "<h2>수요 항목</h2><table><thead><tr><th>항목<th>컨소시엄에서 맡을 기업<th>항목만 볼 때의 순서"
        f"</tr></thead><tbody>{rows}</tbody></table>"
    )


def _table(matches: Iterable[Match]) -> str:
    rows = "".join(_row(match) for match in matches)
    head = "<tr><th>순위<th>공급기업<th>점수<th>적합 가능성<th>공급기술과 근거</tr>"
    return f"<table><thead>{head}</thead><tbody>{rows}</tbody></table>"


def _row(match: Match) -> str:
    region = f" ({escape(match.company.region)})" if match.company.region else ""
    offering = match.offerings[0] if match.offerings else None
    title = escape(offering.title or offering.text) if offering else ""
    reasons = "".join(_reason(reason) for reason in match.reasons)
    missing = "".join(f'<li class="missing">{escape(m.label)}</li>' for m in match.missing)
    chance = f"{match.probability:.0%}" if match.probability is not None else ""
    return (
        f'<tr><td class="number">{match.rank}<td>{escape(match.company.name)}{region}'
        f'<td class="number">{match.score:.3f}<td class="number">{chance}'
        f"<td><strong>{title}</strong><p>{escape(match.summary)}</p>"
        f"<ul>{reasons}{missing}</ul></tr>"
    )


def _reason(reason: Reason) -> str:
    quotes = "".join(
        f" <q>{escape(span.quote)}</q>" for span in (*reason.need_spans, *reason.offering_spans)
    )
    return f"<li>{reason.points:+.3f} {escape(reason.label)}{quotes}</li>"
