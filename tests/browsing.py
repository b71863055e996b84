"""A real server with the real model over the samples, and a real Chromium to visit it."""

import os
import re
import shutil
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import uvicorn
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, Playwright

from indexing.analyzer import Analyzer
from indexing.encoder import Encoder
from indexing.snapshot import build_snapshot
from indexing.vectors import remembering
from service.app import create_app
from service.receiving import read_all, store_all
from service.settings import Settings
from service.workbench import Tools, Workbench

SAMPLES = Path(__file__).parents[1] / "data" / "samples"
PASSWORD = "correct horse battery"
NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 360, "height": 740}
SHOTS = os.environ.get("GREENMATCH_SCREENSHOTS", "")
"""A folder for the guide's screenshots; none are kept where it is not set."""


@dataclass(frozen=True)
class Live:
    """A server that answers at `address`, and the workbench behind it."""

    address: str
    bench: Workbench

    def add_user(self, name: str, role: str, company_id: str | None = None) -> None:
        """Let somebody sign in with PASSWORD."""
        once = self.bench.store.accounts.add_user(name, role, company_id)
        self.bench.store.accounts.change_password(name, once, PASSWORD)


@contextmanager
def live_server(home: Path, cache: Path, encoder: Encoder, analyzer: Analyzer) -> Iterator[Live]:
    """Serve the samples; records go into a store of its own."""
    settings = replace(
        Settings.from_environment({"GREENMATCH_HOME": str(home), "GREENMATCH_CACHE": str(cache)}),
        rate="100000/minute",
    )
    bench = Workbench.open(settings)
    bench._open_tools = lambda: Tools(encoder, analyzer)  # the session's own, opened once
    received = read_all([SAMPLES / f"{name}.jsonl" for name in ("companies", "needs", "buyers")])
    store_all(bench.store, received, "samples")
    contents = bench.store.contents()
    vectors = remembering(encoder, cache / "vectors")
    build_snapshot(home, contents.companies, contents.needs, vectors, analyzer)
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    config = uvicorn.Config(create_app(settings, bench), log_level="warning")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    end = time.monotonic() + 120
    while not server.started and time.monotonic() < end:
        time.sleep(0.05)
    assert server.started
    try:
        yield Live(f"http://127.0.0.1:{listener.getsockname()[1]}", bench)
    finally:
        server.should_exit = True
        thread.join()
        bench.close()


def open_browser(playwright: Playwright) -> Browser:
    """Start the machine's Chromium; `make browser` installs one."""
    found = os.environ.get("GREENMATCH_BROWSER") or next(
        filter(None, map(shutil.which, NAMES)), None
    )
    if found is None:
        pytest.fail("no Chromium on this machine: `make browser` installs it")
    arguments = ["--no-sandbox", "--disable-background-networking", "--lang=ko-KR"]
    return playwright.chromium.launch(executable_path=found, args=arguments)


@contextmanager
def visitor(browser: Browser, live: Live, name: str, size: dict[str, int] = WIDE) -> Iterator[Page]:
    """Give a signed-in page that minds scripts' errors and requests to other hosts."""
    context = new_context(browser, size)
    page = context.new_page()
    page.set_default_timeout(30_000)
    complaints = watch(page, live)
    sign_in(page, live, name)
    yield page
    context.close()
    assert not complaints, complaints


def watch(page: Page, live: Live) -> list[str]:
    """Collect what a page must not do: errors of scripts, refused content, requests to other hosts."""
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(f"script: {error}"))
    page.on(
        "console",
        lambda message: (
            complaints.append(f"console: {message.text}")
            if message.type == "error" and "Failed to load resource" not in message.text
            else None
        ),
    )
    page.on(
        "request",
        lambda request: (
            None
            if request.url.startswith((live.address, "data:", "blob:"))
            else complaints.append(f"request: {request.url}")
        ),
    )
    return complaints


def sign_in(page: Page, live: Live, name: str) -> None:
    """Sign in with the form."""
    page.goto(f"{live.address}/sign-in")
    page.get_by_label("이름").fill(name)
    page.get_by_label("비밀번호").fill(PASSWORD)
    page.get_by_role("button", name="들어가기").click()
    page.wait_for_url(re.compile(r"/(company|quality)?$"))


def settle(page: Page) -> None:
    """Wait until lazily loaded pieces are there."""
    page.wait_for_load_state("networkidle")


def keep_shot(page: Page, name: str, at: str = "body") -> None:
    """Keep the page for the guide, wide and narrow, where somebody asked for it."""
    if not SHOTS:
        return
    folder = Path(SHOTS)
    folder.mkdir(parents=True, exist_ok=True)
    for size, suffix in ((WIDE, ""), (NARROW, "-360")):
        page.set_viewport_size(size)
        page.evaluate("selector => document.querySelector(selector).scrollIntoView()", at)
        page.wait_for_timeout(300)
        settle(page)
        path = folder / f"{name}{suffix}.png"
        page.screenshot(path=path)
        with Image.open(path) as shot:  # few colours are enough, and a quarter of the bytes
            shot.convert("RGB").quantize(64).save(path, optimize=True)
    page.set_viewport_size(WIDE)


def new_context(browser: Browser, size: dict[str, int] = WIDE) -> BrowserContext:
    """Return a fresh browser profile."""
    return browser.new_context(viewport=size, locale="ko-KR", timezone_id="Asia/Seoul")
