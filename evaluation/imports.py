"""A large sheet through the installed `greenmatch import`: memory, and what saying it again costs.

The command runs as a process of its own with a folder of its own, as staff would run it; the sheet is
made up, with a person's columns, so that sealing is paid for too.
"""

import os
import subprocess  # nosec B404
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from openpyxl import Workbook

from evaluation.tables import Table
from matcher.errors import InvalidRequest
from matcher.progress import Progress, silent

OFFERINGS_EACH = 2
HEADS = ("기업ID", "기업명", "소재지", "기술명", "설명", "언어", "담당자", "휴대폰")
TOPICS = ("빗물 저류 블록", "막여과 정수", "폐자원 에너지화", "건물 에너지 관리", "태양광 가로등")


@dataclass(frozen=True, slots=True)
class ImportCost:
    """What one run of the command cost: seconds by the clock, the peak of memory in MiB."""

    name: str
    seconds: float
    peak_mib: float


def write_sheet(path: Path, offerings: int) -> None:
    """Write a made-up sheet with this many rows, one offering each, two to a company."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("참가기업")
    for row in (HEADS, *_rows(offerings)):
        sheet.append(row)
    book.save(path)


def _rows(offerings: int) -> Iterator[tuple[str, ...]]:
    for n in range(offerings):
        company = n // OFFERINGS_EACH
        topic = TOPICS[n % len(TOPICS)]
        text = f"{topic} 설비를 설계하고 공급하는 가상 기업의 {n}번 기술입니다. 현장 실증을 마쳤습니다."
        phone = f"010-{company // 10_000 % 10_000:04}-{company % 10_000:04}"
        yield (
            f"X-{company:06}",
            f"가상기업{company}",
            "서울특별시",
            f"{topic} {n}",
            text,
            "한국어, 영어",
            f"가상인{company}",
            phone,
        )


def measure_imports(
    folder: Path, offerings: int, progress: Progress = silent
) -> tuple[ImportCost, ...]:
    """Import the same sheet into an empty store, then again; raises InvalidRequest where that fails."""
    path = folder / "companies.xlsx"
    progress("통합문서 만들기", 0, 1)
    write_sheet(path, offerings)
    progress("통합문서 만들기", 1, 1)
    costs = []
    for step, name in enumerate(("처음", "같은 파일 다시")):
        progress("가져오기", step, 2)
        costs.append(_run(name, folder, path))
    progress("가져오기", 2, 2)
    return tuple(costs)


def _run(name: str, folder: Path, path: Path) -> ImportCost:
    command = [str(Path(sys.executable).with_name("greenmatch")), "import", str(path)]
    home = {**os.environ, "GREENMATCH_HOME": str(folder / "home"), "GREENMATCH_DATABASE_URL": ""}
    begin = time.perf_counter()
    with (folder / "output.txt").open("w") as output:
        process = subprocess.Popen(command, env=home, stdout=output, stderr=output)  # nosec B603
        _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in (0, 1):
        said = (folder / "output.txt").read_text()[-300:]
        raise InvalidRequest(f"가져오기가 {process.returncode}(으)로 끝났습니다: {said}")
    return ImportCost(name, time.perf_counter() - begin, usage.ru_maxrss / 1024)


def imports_table(costs: tuple[ImportCost, ...], offerings: int) -> Table:
    """Return one row for each run; the ratio is to the first."""
    return Table(
        f"공급기술 {offerings:,}건의 통합문서 가져오기(임베딩은 따로)",
        ("가져오기", "초", "가장 많이 쓴 메모리(MiB)", "처음의 몇 배"),
        tuple(
            (
                cost.name,
                f"{cost.seconds:.1f}",
                f"{cost.peak_mib:,.0f}",
                f"{cost.seconds / costs[0].seconds:.3f}",
            )
            for cost in costs
        ),
    )
