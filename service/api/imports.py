"""`POST /imports`: a file in, its good rows into the store."""

import shutil
import tempfile
import unicodedata
from pathlib import Path, PurePosixPath
from typing import Annotated

from fastapi import APIRouter, File, Form, UploadFile
from fastapi.responses import JSONResponse

from service.api.access import MALFORMED, Bench, answers
from service.api.wire import ImportBody
from service.gate import Asking
from service.receiving import read_all, store_all
from service.workbench import Workbench

router = APIRouter(prefix="/api/v1", tags=["가져오기"])
_LONGEST_NAME = 60


@router.post(
    "/imports",
    summary="파일 가져오기",
    description=(
        "CSV, XLSX, JSONL 파일 하나(20 MB까지)를 읽어 문제없는 행을 저장합니다. 문제는 파일, 시트, "
        "행, 열과 함께 알려 줍니다. 같은 파일을 다시 보내도 바뀌지 않습니다."
    ),
    responses={
        200: {"model": ImportBody},
        **answers(s400="읽을 수 없는 파일", s413="20 MB를 넘는 파일", s422=MALFORMED),
    },
)
def post_imports(
    file: Annotated[UploadFile, File(description="CSV, XLSX, JSONL")],
    bench: Bench,
    who: Asking,
    kind: Annotated[
        str | None,
        Form(
            pattern="^(companies|needs|buyers)$",
            description="companies(공급기업), needs(수요), buyers(바이어)",
        ),
    ] = None,
) -> JSONResponse:
    """Store the good rows and answer with what was stored and what was wrong."""
    with tempfile.TemporaryDirectory(dir=_uploads(bench)) as folder:
        path = Path(folder) / safe_name(file.filename or "")
        with path.open("wb") as copy:
            shutil.copyfileobj(file.file, copy)
        received = read_all([path], kind)
    for error in received.unreadable:
        raise error
    report = store_all(bench.store, received, who.name, contacts=bench.contacts())
    return JSONResponse({**received.to_dict(), "saved": report.to_dict()})


def safe_name(name: str) -> str:
    """Return the name that a client gave, as a plain file name: no folders, no control signs."""
    last = PurePosixPath(name.replace("\\", "/")).name
    kept = "".join(c for c in last if unicodedata.category(c)[0] not in "CZ" or c == " ").strip()
    suffix = PurePosixPath(kept).suffix[:10]
    stem = PurePosixPath(kept).stem[:_LONGEST_NAME]
    return f"{stem}{suffix}" if stem.strip(". ") else f"upload{suffix}"


def _uploads(bench: Workbench) -> Path:
    folder = bench.settings.home / "uploads"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder
