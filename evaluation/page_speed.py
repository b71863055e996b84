"""How long the server takes for each page over a large registry: the installed programs, as staff run them.

Records are made up from the sample's own sentences, so that texts are as long and as varied as real
ones; the server runs as a process of its own and pages are asked for one after another over loopback,
each for another need or company, as people do, once the server has read every text (some 40 seconds
after its start; before, lists take up to four times as long). What is loaded into a page later is a row of its own.
"""

import itertools
import json
import os
import random
import re
import socket
import subprocess  # nosec B404
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import httpx
import numpy as np

from evaluation.meeting_days import meeting_day
from evaluation.tables import Table
from matcher.errors import InvalidRequest
from matcher.progress import Progress, silent

PASSWORD = "made up for a benchmark"  # nosec B105
EVENT = "benchmark"
SEED = 11
SETTLING_SECONDS = 300
PIECES = 3
"""Sentences of the sample that make one description."""
ALTERNATIVE = "수요 하나, 모든 인용을 한꺼번에 (API)"
Role = Literal["staff", "company"]


@dataclass(frozen=True, slots=True)
class PageCost:
    """Milliseconds of each visit to a page."""

    name: str
    milliseconds: tuple[float, ...]

    def percentile(self, share: float) -> float:
        """Return a percentile in milliseconds."""
        return float(np.percentile(self.milliseconds, share))


def write_registry(folder: Path, source: Path, companies: int, needs: int) -> None:
    """Write companies.jsonl and needs.jsonl with so many made-up records, the same each time."""
    draw = random.Random(SEED)
    seeds = {name: _read(source / f"{name}.jsonl") for name in ("companies", "needs")}
    offered = [o for c in seeds["companies"] for o in c["offerings"]]
    pieces = [s for o in offered for s in _sentences(o.get("description", ""))]
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "companies.jsonl").open("w", encoding="utf-8") as file:
        for n in range(companies):
            like = draw.choice(seeds["companies"])
            offerings = [
                {
                    **draw.choice(offered),
                    "offering_id": str(k),
                    "title": f"{draw.choice(offered)['title']} {n}형",
                    "description": " ".join(draw.sample(pieces, PIECES)),
                }
                for k in range(2)
            ]
            made = {**like, "company_id": f"X-{n:05}", "name_ko": f"가상기업{n}"}
            _write(file, {**made, "registration_no": None, "offerings": offerings})
    with (folder / "needs.jsonl").open("w", encoding="utf-8") as file:
        for n in range(needs):
            like = draw.choice(seeds["needs"])
            other = draw.choice(seeds["needs"])
            text = f"{like.get('description', '')} {' '.join(_sentences(other.get('title', '')))}"
            _write(
                file,
                {
                    **like,
                    "need_id": f"Y-{n:04}",
                    "title": f"{like['title']} {n}",
                    "description": text,
                },
            )


def _read(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]


def _sentences(text: str) -> list[str]:
    return [piece.strip() for piece in re.split(r"(?<=[.。])\s+|\n", text) if piece.strip()]


def _write(file: Any, record: Mapping[str, Any]) -> None:
    file.write(json.dumps(record, ensure_ascii=False) + "\n")


def measure_pages(
    folder: Path,
    source: Path,
    companies: int,
    needs: int,
    visits: int,
    progress: Progress = silent,
) -> tuple[PageCost, ...]:
    """Import, index and serve a made-up registry and visit each page; raises InvalidRequest where that fails."""
    write_registry(folder, source, companies, needs)
    environment = {
        **os.environ,
        "GREENMATCH_HOME": str(folder / "home"),
        "GREENMATCH_DATABASE_URL": "",
        "GREENMATCH_RATE": "1000000/minute",
        "GREENMATCH_LOG_LEVEL": "warning",
    }
    steps = (
        ("가져오기", ["import", str(folder / "companies.jsonl"), str(folder / "needs.jsonl")]),
        ("색인", ["index"]),
    )
    for done, (name, arguments) in enumerate(steps):
        progress(name, done, len(steps))
        _run(arguments, environment)
    once = {
        "administrator": _password(
            ["user", "add", "administrator", "--role", "administrator"], environment
        ),
        "staff": _password(["user", "add", "staff"], environment),
        "company": _password(
            ["user", "add", "company", "--role", "company", "--company", "X-00000"], environment
        ),
    }
    with _served(environment) as address:
        clients = {name: _signed_in(address, name, password) for name, password in once.items()}
        _prepare(clients["staff"])
        _wait_until_read(clients["administrator"])
        found = []
        pages = list(_pages(companies, needs, visits))
        for done, (name, role, method, paths) in enumerate(pages):
            progress(name, done, len(pages))
            found.append(PageCost(name, _visit(clients[role], method, paths)))
        progress("쪽", len(pages), len(pages))
        return tuple(found)


def pages_table(costs: Sequence[PageCost], companies: int, needs: int) -> Table:
    """Return one row for each page; the ratio is to one answer that seeks every quotation at once."""
    whole = next(cost for cost in costs if cost.name == ALTERNATIVE)
    return Table(
        f"기업 {companies:,}, 수요 {needs:,}에서 한 쪽을 만드는 시간(서버, 밀리초)",
        ("쪽", "횟수", "중앙값", "95백분위", f"중앙값의 비 ({ALTERNATIVE}=1)"),
        tuple(
            (
                cost.name,
                str(len(cost.milliseconds)),
                f"{cost.percentile(50):.0f}",
                f"{cost.percentile(95):.0f}",
                f"{cost.percentile(50) / whole.percentile(50):.3f}",
            )
            for cost in costs
        ),
    )


def _pages(companies: int, needs: int, visits: int) -> Iterator[tuple[str, Role, str, list[str]]]:
    """Yield name, who visits, method and addresses; each address is another record where there is one."""
    draw = random.Random(SEED)
    need_ids = [f"Y-{n:04}" for n in draw.sample(range(needs), min(visits, needs))]
    company_ids = [f"X-{n:05}" for n in draw.sample(range(companies), min(visits, companies))]
    pairs = list(zip(need_ids, company_ids, strict=False))

    def same(path: str) -> list[str]:
        return [path] * visits

    yield "홈", "staff", "GET", same("/")
    yield "가져오기", "staff", "GET", same("/imports")
    yield "찾기", "staff", "GET", same("/match")
    yield "찾기, 낱말로 거름", "staff", "GET", same("/match?find=물")
    yield "수요 하나", "staff", "GET", [f"/match/needs/{n}" for n in need_ids]
    yield "수요 하나, 거름", "staff", "GET", [f"/match/needs/{n}?region=서울" for n in need_ids]
    yield "기업 목록", "staff", "GET", same("/match/companies")
    yield "기업 하나", "staff", "GET", [f"/match/companies/{c}" for c in company_ids]
    yield (
        "견주기",
        "staff",
        "GET",
        [f"/compare?need={n}&company={c}&company=X-00001&company=X-00002" for n, c in pairs],
    )
    yield "지도", "staff", "GET", same("/map")
    yield "그림", "staff", "GET", [f"/picture?need={n}" for n in need_ids]
    yield "행사 목록", "staff", "GET", same("/events")
    yield "행사 하나", "staff", "GET", same(f"/events/{EVENT}")
    yield "판 견주기", "staff", "GET", same(f"/events/{EVENT}/versions")
    yield "상담일", "staff", "GET", same(f"/day/{EVENT}")
    yield "성과", "staff", "GET", same("/outcomes")
    yield "품질", "staff", "GET", same("/quality")
    yield "판정", "staff", "GET", same("/quality/judge")
    yield "내 기업", "company", "GET", same("/company")
    yield (
        "뒤에 오는 조각: 한 짝의 까닭",
        "staff",
        "GET",
        [f"/match/needs/{n}?card={c}" for n, c in pairs],
    )
    yield "뒤에 오는 조각: 기업의 힌트", "company", "GET", same("/company/hints")[:5]
    yield "같은 기업일 수 있는 짝", "staff", "GET", same("/duplicates")
    yield ALTERNATIVE, "staff", "POST", need_ids[:10]


def _visit(client: httpx.Client, method: str, paths: Sequence[str]) -> tuple[float, ...]:
    """Time each visit; the first one, which warms what all share, is left out where there are more."""
    found = []
    for path in paths:
        begin = time.perf_counter()
        if method == "POST":
            answer = client.post("/api/v1/matches", json={"need_id": path, "k": 10})
        else:
            answer = client.get(path)
        found.append(1000 * (time.perf_counter() - begin))
        if answer.status_code != 200:
            raise InvalidRequest(f"{path}: {answer.status_code}", field="page")
    return tuple(found[1:] or found)


def _prepare(client: httpx.Client) -> None:
    """Put up an event with a timetable of two versions, and let the picture be drawn."""
    day = {**meeting_day(20, 40, slots=12, tables=20, requests=200, seed=4), "event_id": EVENT}
    files = {"file": ("event.json", json.dumps(day).encode())}
    client.post("/events", files=files, follow_redirects=True).raise_for_status()
    for _ in range(2):
        client.post(f"/api/v1/events/{EVENT}/timetable?seconds=20").raise_for_status()
    end = time.monotonic() + SETTLING_SECONDS
    while "hx-trigger" in client.get("/picture").text and time.monotonic() < end:
        time.sleep(1)


def _wait_until_read(client: httpx.Client) -> None:
    """Wait until the server has read every text behind its answers, as it does after each start."""
    end = time.monotonic() + SETTLING_SECONDS
    while time.monotonic() < end:
        found = re.search(
            r"^greenmatch_unread_texts (\S+)$", client.get("/metrics").text, re.MULTILINE
        )
        if found is not None and float(found[1]) == 0:
            return
        time.sleep(1)


def _signed_in(address: str, name: str, once: str) -> httpx.Client:
    """Sign in, put a password of one's own in the place of the first one, and sign in again."""
    client = httpx.Client(base_url=address, timeout=120)
    for password in (once, PASSWORD):
        client.post("/sign-in", data={"name": name, "password": password})
        if password == once:
            data = {"csrf": _csrf(client, "/password"), "old": once, "new": PASSWORD}
            client.post("/password", data=data)
    client.headers["X-CSRF-Token"] = _csrf(client, "/password")
    return client


def _csrf(client: httpx.Client, path: str) -> str:
    found = re.search(r'name="csrf" value="([^"]+)"', client.get(path).text)
    if found is None or not found[1]:
        raise InvalidRequest("로그인하지 못했습니다.", field="password")
    return found[1]


def _program() -> str:
    return str(Path(sys.executable).with_name("greenmatch"))


def _run(arguments: Sequence[str], environment: Mapping[str, str]) -> str:
    done = subprocess.run(  # nosec B603
        [_program(), *arguments], env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode not in (0, 1):
        raise InvalidRequest(f"{arguments[0]}: {(done.stdout + done.stderr)[-300:]}", field="page")
    return done.stdout


def _password(arguments: Sequence[str], environment: Mapping[str, str]) -> str:
    return "".join(_run(arguments, environment).split()[-1:])


@contextmanager
def _served(environment: Mapping[str, str]) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [_program(), "serve", "--port", str(port)]
    quiet = subprocess.DEVNULL
    server = subprocess.Popen(command, env=environment, stdout=quiet, stderr=quiet)  # nosec B603
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in itertools.takewhile(lambda n: n < SETTLING_SECONDS, itertools.count()):
            try:
                if httpx.get(f"{address}/readyz", timeout=30).status_code == 200:
                    break
            except httpx.TransportError:
                if server.poll() is not None:
                    raise InvalidRequest("서비스가 시작하지 못했습니다.", field="page") from None
            time.sleep(1)
        yield address
    finally:
        server.terminate()
        server.wait()
