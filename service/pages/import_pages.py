"""From a dropped file to records: columns, problems row by row, a preview, then in; and out again."""

import csv
import io
import tempfile
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path as FilePath
from typing import Annotated, Any

from fastapi import APIRouter, File, Form, Path, Request, UploadFile
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from data.columns import KINDS, fields_of
from data.problems import Problem
from matcher.errors import GreenMatchError, InvalidRequest, UnreadableFile
from matcher.progress import Progress
from matcher.records import Buyer, Company, Need
from service.api.access import Bench
from service.api.history import Number
from service.api.imports import safe_name
from service.building import bring_up_to_date
from service.event_files import no_formula
from service.gate import Asking
from service.pages.frame import HEADERS, render
from service.receiving import Received, read_all, store_all
from service.store import Draft, Source
from service.workbench import Workbench

router = APIRouter(include_in_schema=False)
KIND_LABELS = {"companies": "공급기업", "needs": "수요", "buyers": "바이어"}
SHOWN_PROBLEMS = 200
INDEX = "index"
INDEX_SECONDS = 120
"""How long an index usually takes; only the bar on the screen depends on it."""
PREVIEWED = 20
DUPLICATES_SHOWN = 50
DraftId = Annotated[str, Path(min_length=1, max_length=100)]


@router.get("/imports")
def imports(request: Request, bench: Bench, who: Asking) -> HTMLResponse:
    """Show where to drop a file, what waits, and what was taken in."""
    return _list_page(request, bench, who)


@router.post("/imports")
def upload(
    request: Request, bench: Bench, who: Asking, file: Annotated[UploadFile, File()]
) -> Response:
    """Keep a file and show what it holds; nothing is taken in yet."""
    content = file.file.read()
    if not content:
        error = UnreadableFile("파일을 고르지 않았거나 빈 파일입니다.", file=file.filename or "")
        return _list_page(request, bench, who, error)
    draft_id = bench.drafts().add(safe_name(file.filename or ""), content, who.name)
    return RedirectResponse(f"/imports/{draft_id}", 303)


@router.post("/imports/index")
def renew_index(request: Request, bench: Bench, who: Asking) -> Response:
    """Begin to build the index anew, behind the page."""

    def work(progress: Progress, stop: threading.Event) -> None:
        bring_up_to_date(bench.settings, progress=progress)

    try:
        bench.jobs.start(INDEX, "색인 새로 만들기", INDEX_SECONDS, work)
    except GreenMatchError as error:
        return _list_page(request, bench, who, error)
    return RedirectResponse("/imports", 303)


@router.get("/imports/index")
def show_index_job(request: Request, bench: Bench, who: Asking) -> HTMLResponse:
    """Return how far the index is, as a piece of the page; when it ends, the page comes anew."""
    job = bench.jobs.get(INDEX)
    piece = render(request, who, "index_job.html", {"job": job})
    if job is None or job.is_done:
        if job is not None and not job.error:
            bench.jobs.forget(INDEX)
        piece.headers["HX-Refresh"] = "true"
    return piece


@router.get("/imports/{draft_id}")
def draft(draft_id: DraftId, request: Request, bench: Bench, who: Asking) -> HTMLResponse:
    """Show a file's columns, problems and first records."""
    try:
        found = bench.drafts().get(draft_id)
    except GreenMatchError as error:
        return _list_page(request, bench, who, error)
    return _draft_page(request, who, found)


@router.post("/imports/{draft_id}")
def work_on_draft(
    draft_id: DraftId,
    request: Request,
    bench: Bench,
    who: Asking,
    step: Annotated[str, Form(pattern="^(correct|take|discard)$")],
    kind: Annotated[str, Form(max_length=20)] = "",
    head: Annotated[list[str] | None, Form()] = None,
    meaning: Annotated[list[str] | None, Form()] = None,
) -> Response:
    """Keep what the reader says of the columns, take the file in, or discard it."""
    drafts = bench.drafts()
    try:
        found = drafts.get(draft_id)
        if step == "correct":
            drafts.correct(
                draft_id,
                kind if kind in KINDS else None,
                _meanings(found, head or (), meaning or ()),
            )
            return RedirectResponse(f"/imports/{draft_id}", 303)
        if step == "take":
            received = _read(found)
            for broken in received.unreadable:
                raise broken
            store_all(bench.store, received, who.name, contacts=bench.contacts())
        drafts.remove(draft_id)
    except GreenMatchError as error:
        return _list_page(request, bench, who, error)
    return RedirectResponse("/imports", 303)


@router.get("/imports/{draft_id}/problems")
def problems_file(draft_id: DraftId, bench: Bench) -> Response:
    """Return the problems as a sheet to take to whoever filled the file in."""
    received = _read(bench.drafts().get(draft_id))
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["구분", "파일", "시트", "행", "열", "값", "문제", "할 일"])
    for problem in received.problems:
        label = "넣지 않음" if problem.severity == "error" else "확인"
        row = (label, problem.file, problem.sheet, problem.row, problem.column, problem.value)
        writer.writerow([no_formula(v) for v in (*row, problem.what, problem.todo)])
    headers = {**HEADERS, "Content-Disposition": 'attachment; filename="problems.csv"'}
    return Response(text.getvalue().encode("utf-8-sig"), 200, headers, "text/csv; charset=utf-8")


@router.post("/imports/{import_id}/undo")
def undo(import_id: Number, request: Request, bench: Bench, who: Asking) -> Response:
    """Take a whole import back."""
    try:
        bench.store.undo(import_id, Source(who.name))
    except GreenMatchError as error:
        return _list_page(request, bench, who, error)
    return RedirectResponse("/imports", 303)


@router.get("/duplicates")
def duplicates(request: Request, bench: Bench, who: Asking) -> HTMLResponse:
    """Show pairs of companies that may be one, and those that were made one."""
    return _duplicates_page(request, bench, who)


@router.post("/duplicates")
def settle_duplicate(
    request: Request,
    bench: Bench,
    who: Asking,
    into_id: Annotated[str, Form(max_length=200)],
    other_id: Annotated[str, Form(max_length=200)] = "",
) -> Response:
    """Show two companies as one, or (without another) part a merged one."""
    try:
        if other_id:
            bench.store.merge(into_id, other_id, Source(who.name))
        else:
            bench.store.split(into_id, Source(who.name))
    except GreenMatchError as error:
        return _duplicates_page(request, bench, who, error)
    return RedirectResponse("/duplicates", 303)


def _meanings(draft: Draft, heads: Sequence[str], meanings: Sequence[str]) -> dict[str, str]:
    """Return what was said of columns beyond what their heads already tell."""
    if len(heads) != len(meanings):
        raise InvalidRequest(
            "열과 뜻의 수가 다릅니다. 화면을 새로 고쳐 다시 하십시오.", field="head"
        )
    told = {column["head"]: column["field"] for column in _columns(_read(draft))}
    said = dict(zip(heads, meanings, strict=True))
    changed = {head: said[head] for head in said if said[head] != told.get(head, "")}
    return {**draft.meanings, **changed}


def _read(draft: Draft) -> Received:
    with tempfile.TemporaryDirectory() as folder:
        path = FilePath(folder) / draft.name
        path.write_bytes(draft.content)
        return read_all([path], draft.kind, meanings=draft.meanings)


def _columns(received: Received) -> list[dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for report in received.reports:
        for sheet in report.sheets:
            for column in sheet.columns:
                found.setdefault(
                    column.head,
                    {
                        "head": column.head,
                        "field": column.field or "",
                        "kind": sheet.kind,
                        "is_contact": column.is_contact,
                    },
                )
    return list(found.values())


def _draft_page(request: Request, who: Asking, draft: Draft) -> HTMLResponse:
    received = _read(draft)
    sheets = [sheet for report in received.reports for sheet in report.sheets]
    kind = draft.kind or next((sheet.kind for sheet in sheets if sheet.kind), None)
    broken = received.unreadable[0] if received.unreadable else None
    values = {
        "draft": draft,
        "received": received,
        "sheets": sheets,
        "columns": _columns(received),
        "fields": {k: fields_of(k) for k in KINDS},
        "field_labels": FIELD_LABELS,
        "kind": kind,
        "kinds": KIND_LABELS,
        "by_row": _by_row(received.problems),
        "preview": _preview(received),
        "shown_problems": SHOWN_PROBLEMS,
    }
    return render(request, who, "draft.html", values, error=broken)


def _by_row(problems: Sequence[Problem]) -> Mapping[str, list[Problem]]:
    """Return the first problems by sheet and row, in the order of the file."""
    found: dict[str, list[Problem]] = {}
    for problem in problems[:SHOWN_PROBLEMS]:
        where = " ".join(
            part
            for part in (
                problem.sheet and f"'{problem.sheet}'",
                f"{problem.row}행" if problem.row is not None else "파일",
            )
            if part
        )
        found.setdefault(where, []).append(problem)
    return found


def _preview(received: Received) -> list[tuple[str, str, str, str]]:
    rows: list[tuple[str, str, str, str]] = []
    records: Sequence[Company | Need | Buyer] = (
        *received.companies[:PREVIEWED],
        *received.needs[:PREVIEWED],
        *received.buyers[:PREVIEWED],
    )
    for record in records[:PREVIEWED]:
        if isinstance(record, Company):
            offered = ", ".join(o.title or o.text[:40] for o in record.offerings)
            rows.append(("공급기업", record.company_id, record.name, offered))
        elif isinstance(record, Need):
            more = " · ".join(p for p in (record.country, record.language) if p)
            rows.append(("수요", record.need_id, record.title or record.text[:80], more))
        else:
            rows.append(("바이어", record.buyer_id, record.name, record.country or ""))
    return rows


def _list_page(
    request: Request, bench: Workbench, who: Asking, error: GreenMatchError | None = None
) -> HTMLResponse:
    entries = bench.store.imports(50)
    undone = {entry.counts.get("undone") for entry in entries}
    values = {
        "drafts": bench.drafts().waiting(),
        "entries": entries,
        "undone": undone,
        "counts": bench.store.counts(),
        "job": bench.jobs.get(INDEX),
        "stale": _stale(bench),
    }
    return render(request, who, "imports.html", values, error=error)


def _stale(bench: Workbench) -> str:
    """Return why not every text can be found yet; empty where it can."""
    try:
        return bench.desk().stale or ""
    except GreenMatchError as error:
        return error.sentence


def _duplicates_page(
    request: Request, bench: Workbench, who: Asking, error: GreenMatchError | None = None
) -> HTMLResponse:
    pairs = bench.duplicates()
    merges = bench.store.merges()
    values = {
        "pairs": pairs[:DUPLICATES_SHOWN] if pairs is not None else None,
        "total": len(pairs or ()),
        "merges": merges,
        "names": {c.company_id: c.name for c in bench.store.companies(list(merges))},
    }
    return render(request, who, "duplicates.html", values, error=error)


FIELD_LABELS = {
    "company_id": "기업 ID",
    "name_ko": "기업명",
    "name_en": "기업명(영문)",
    "registration_no": "사업자등록번호",
    "region": "지역",
    "size": "기업 규모",
    "employees": "종업원 수",
    "founded": "설립일",
    "revenue_krw_million": "매출액(백만 원)",
    "certifications": "인증",
    "certification_number": "인증번호",
    "certification_until": "인증 유효기간",
    "languages": "언어",
    "export_countries": "수출국",
    "target_countries": "희망 국가",
    "excluded_countries": "제외 국가",
    "target_sectors": "희망 분야",
    "min_budget_usd": "최소 사업 규모(달러)",
    "offering_id": "기술 ID",
    "title": "제목(기술명·수요명)",
    "description": "설명",
    "sector": "분야",
    "need_id": "수요 ID",
    "language": "언어",
    "country": "국가",
    "city": "도시",
    "organisation": "수요기관",
    "buyer_type": "기관 유형",
    "required_certifications": "필요 인증",
    "certification_rule": "인증 충족 방식",
    "required_languages": "필요 언어",
    "budget_usd": "예산(달러)",
    "deadline": "마감일",
    "cooperation_type": "협력 유형",
    "buyer_id": "바이어 ID",
    "name": "바이어명",
    "need_ids": "수요 ID 목록",
    "homepage": "홈페이지",
}
"""What a field is called on the screen."""
