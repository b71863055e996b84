"""Metrics and logs: what operators see, and that it holds no personal data."""

import json
import logging
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from prometheus_client.parser import text_string_to_metric_families

from indexing.analyzer import Analyzer
from indexing.snapshot import build_snapshot
from service.observing import JsonLines, PlainLines
from service.settings import Settings
from service.store import Source, Store
from service.workbench import Workbench
from tests.test_api import analyzer, bench, client, settings, staff, store  # noqa: F401
from tests.worlds import BigramEncoder, companies, needs, settings_in

ROOT = Path(__file__).parent.parent
SECRET_TEXT = "홍길동 010-0000-0000 hong@example.kr"


def _values(text: str) -> dict[tuple[str, str], float]:
    return {
        (sample.name, "|".join(map(str, sample.labels.values()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_metrics_count_requests_stages_encodings_and_texts(
    client: TestClient,  # noqa: F811
    bench: Workbench,  # noqa: F811
) -> None:
    admin = staff(bench, "administrator")
    before = _values(client.get("/metrics", headers=admin).text)
    client.post("/api/v1/matches", json={"text": SECRET_TEXT})
    client.get("/api/v1/needs/N-404")
    client.get("/nowhere")

    text = client.get("/metrics", headers=admin).text
    after = _values(text)

    def grown(name: str, labels: str = "") -> float:
        return after.get((name, labels), 0) - before.get((name, labels), 0)

    assert grown("greenmatch_requests_total", "POST|/api/v1/matches|200") == 1
    assert grown("greenmatch_requests_total", "GET|/api/v1/needs/{need_id:path}|404") == 1
    assert grown("greenmatch_requests_total", "GET|unknown|404") == 1
    assert grown("greenmatch_encoded_texts_total") >= 1
    assert grown("greenmatch_stage_seconds_count", "encode") >= 1
    assert after["greenmatch_indexed_texts", "offerings"] == 4
    assert after["greenmatch_waiting_texts", ""] == 0
    for piece in SECRET_TEXT.split():
        assert piece not in text


def test_a_request_is_logged_by_its_pattern_and_role_without_what_it_holds(
    client: TestClient,  # noqa: F811
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.INFO, "greenmatch"):
        client.post("/api/v1/matches", json={"text": SECRET_TEXT})
        client.get("/api/v1/contacts/companies/C-1")
        client.get("/api/v1/companies/홍길동")

    records = [r for r in caplog.records if r.name == "greenmatch.requests"]
    lines = [json.loads(JsonLines().format(record)) for record in records]
    assert [(line["route"], line["status"], line["role"]) for line in lines] == [
        ("/api/v1/matches", 200, "staff"),
        ("/api/v1/contacts/{kind}/{record_id:path}", 200, "staff"),
        ("/api/v1/companies/{company_id:path}", 404, "staff"),
    ]
    for formatter in (JsonLines(), PlainLines()):
        printed = " ".join(formatter.format(record) for record in records)
        for piece in (*SECRET_TEXT.split(), "C-1"):
            assert piece not in printed


def test_an_exception_is_logged_by_type_and_place_without_its_words() -> None:
    try:
        raise ValueError(SECRET_TEXT)
    except ValueError:
        record = logging.LogRecord("x", logging.ERROR, "f", 1, "failed", (), sys.exc_info())

    line = json.loads(JsonLines().format(record))

    assert (line["error"], line["message"]) == ("ValueError", "failed")
    assert "test_observing.py" in line["at"][0]
    assert "홍길동" not in json.dumps(line, ensure_ascii=False) + PlainLines().format(record)


SERVER = """
import time
import indexing.encoder
from tests.worlds import BigramEncoder

class Slow(BigramEncoder):
    def encode(self, texts, kind, *more):
        if any("느린" in text for text in texts):
            time.sleep(2)
        return super().encode(texts, kind, *more)

indexing.encoder.open_encoder = lambda *_: Slow()
from service.cli import main
main()
"""


def test_sigterm_lets_running_requests_finish_and_ends_well(
    tmp_path: Path, mecab: Analyzer
) -> None:
    settings: Settings = settings_in(tmp_path)  # noqa: F811
    store = Store.open(settings.database_url)  # noqa: F811
    store.save(companies(), needs(), Source("test"))
    key = store.accounts.add_key("test", "staff", "tester")
    store.close()
    build_snapshot(settings.home, companies(), needs(), BigramEncoder(), mecab)
    port = 18_000 + os.getpid() % 2_000
    environment = {
        **os.environ,
        "GREENMATCH_HOME": str(settings.home),
        "GREENMATCH_CACHE": str(settings.cache),
        "GREENMATCH_LOG": "json",
    }
    log = tmp_path / "log"
    with log.open("wb") as stderr:
        server = subprocess.Popen(
            [sys.executable, "-c", SERVER, "serve", "--port", str(port)],
            env=environment,
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=stderr,
        )
    try:
        address = f"http://127.0.0.1:{port}"
        for _ in range(300):
            try:
                urllib.request.urlopen(f"{address}/healthz", timeout=1).close()
                break
            except (urllib.error.URLError, OSError):
                assert server.poll() is None, log.read_text("utf-8")
                time.sleep(0.1)
        asked = subprocess.Popen(
            [
                sys.executable,
                "-c",
                "import sys, urllib.request as u; "
                "print(u.urlopen(u.Request(sys.argv[1], sys.argv[2].encode(), "
                "{'Authorization': sys.argv[3], 'Content-Type': 'application/json'})).status)",
                f"{address}/api/v1/matches",
                json.dumps({"text": "느린 글"}),
                f"Bearer {key}",
            ],
            stdout=subprocess.PIPE,
            text=True,
        )
        time.sleep(1.2)  # the question is inside by now, for two seconds
        server.send_signal(signal.SIGTERM)
        answered, _ = asked.communicate(timeout=30)
        code = server.wait(timeout=30)
    finally:
        server.kill()
        server.wait()

    assert answered.strip() == "200", log.read_text("utf-8")
    assert code in (0, -signal.SIGTERM)
    lines = [
        json.loads(line) for line in log.read_text("utf-8").splitlines() if line.startswith("{")
    ]
    assert any(line.get("route") == "/api/v1/matches" for line in lines)
