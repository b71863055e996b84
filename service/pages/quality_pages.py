"""For evaluators: the newest report, pairs to judge by keyboard, agreement, judgements to take away."""

import gzip
import re
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from markupsafe import Markup

from matcher.errors import GreenMatchError, UnknownId
from service.api.access import Bench
from service.event_files import no_formula
from service.gate import Asking
from service.judging import agreements, consensus, next_question
from service.pages.frame import HEADERS, render
from service.store import GRADES
from service.workbench import Workbench

router = APIRouter(include_in_schema=False)
REPORT = "report.html"
_SECTION = re.compile(r"<h2[^>]*>(?P<title>[^<]*)</h2>.*?(?=<h2|</body>|\Z)", re.DOTALL)
_WORST = "점수가 낮은 질의"


@router.get("/quality")
def quality(request: Request, bench: Bench, who: Asking) -> HTMLResponse:
    """Show what the newest report says of the worst needs, and how judges agree."""
    judged = bench.store.judging.all()
    path = report_path(bench)
    values: dict[str, Any] = {
        "made": path.stat().st_mtime if path else None,
        "worst": _worst(path) if path else [],
        "judged": len(judged),
        "mine": sum(1 for item in judged if item.judge == who.name),
        "pairs": len(consensus(judged)),
        "agreements": agreements(judged),
    }
    return render(request, who, "quality.html", values)


@router.get("/quality/report")
def report(bench: Bench) -> Response:
    """Return the newest report of `greenmatch-eval compare`, as it was written."""
    path = report_path(bench)
    if path is None:
        raise UnknownId("평가 보고서가 없습니다. `make quality`로 만드십시오.", id=REPORT)
    # Compressed: it holds no secret that its length could tell of.
    headers = {**HEADERS, "Content-Encoding": "gzip"}
    return Response(gzip.compress(path.read_bytes()), 200, headers, "text/html; charset=utf-8")


@router.get("/quality/judge")
def judge_page(request: Request, bench: Bench, who: Asking) -> HTMLResponse:
    """Show one pair to judge, without where the system puts it."""
    error = None
    question = None
    judged = bench.store.judging.all()
    try:
        question = next_question(bench.desk(), judged, who.name)
    except GreenMatchError as caught:
        error = caught
    mine = [item for item in judged if item.judge == who.name]
    values = {
        "question": question,
        "grades": GRADES,
        "done": len(mine),
        "last": max(mine, key=lambda item: item.made_at, default=None),
    }
    return render(request, who, "judge.html", values, error=error)


@router.post("/quality/judge")
def judge(
    bench: Bench,
    who: Asking,
    need_id: Annotated[str, Form(max_length=200)],
    company_id: Annotated[str, Form(max_length=200)],
    grade: Annotated[int, Form(ge=0, le=3)],
) -> Response:
    """Keep a grade and show the next pair."""
    bench.store.need(need_id)
    bench.store.company(company_id)
    bench.store.judging.judge(need_id, company_id, who.name, grade)
    return RedirectResponse("/quality/judge", 303)


@router.get("/quality/judgements.tsv")
def judgements_file(bench: Bench) -> Response:
    """Return the median grade of each pair as `greenmatch-eval` reads it; judges are counted, not named."""
    lines = ["need_id\tcompany_id\tgrade\tjudges"]
    for (need_id, company_id), (grade, judges) in consensus(bench.store.judging.all()).items():
        ids = (str(no_formula(id)).replace("\t", " ") for id in (need_id, company_id))
        lines.append("\t".join((*ids, str(grade), str(judges))))
    text = "".join(f"{line}\n" for line in lines)
    headers = {**HEADERS, "Content-Disposition": 'attachment; filename="qrels.tsv"'}
    return Response(text, 200, headers, "text/tab-separated-values; charset=utf-8")


def report_path(bench: Workbench) -> Path | None:
    """Return the newest report: of this installation, else the one that came with the source."""
    here = bench.settings.home / "quality" / REPORT
    source = Path(__file__).parents[2] / "docs" / "quality" / REPORT
    return next((path for path in (here, source) if path.is_file()), None)


def _worst(path: Path) -> list[Markup]:
    """Return the report's own sections on the worst needs; the report escapes what it quotes."""
    text = path.read_text("utf-8")
    sections = [found.group(0) for found in _SECTION.finditer(text) if _WORST in found["title"]]
    return [Markup(section) for section in sections]  # nosec B704
