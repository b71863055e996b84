"""The pages of events, as a browser sends their forms: from an uploaded file to an outcome."""

import json
import re
import time
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient

from evaluation.meeting_days import meeting_day
from indexing.analyzer import Analyzer
from indexing.snapshot import build_snapshot
from service.app import create_app
from service.pages.one_event import job_of
from service.settings import Settings
from service.workbench import Workbench
from tests.test_api import HOST, analyzer, bench, settings, store  # noqa: F401
from tests.worlds import BigramEncoder, companies, needs

HOSTILE = "<script>alert(1)</script>\"'&\u202e"
DAY: dict[str, Any] = {
    **meeting_day(3, 4, slots=4, tables=2, requests=9, seed=4),
    "event_id": "2026 하노이",
    "quota": 2,
    "alternates": 1,
}
HERE = "/events/2026%20%ED%95%98%EB%85%B8%EC%9D%B4"


@pytest.fixture
def browser(bench: Workbench, settings: Settings, analyzer: Analyzer) -> Iterator[TestClient]:  # noqa: F811
    build_snapshot(settings.home, companies(), needs(), BigramEncoder(), analyzer)
    with TestClient(create_app(settings, bench), HOST) as client:
        _sign_in(client, bench, "staff")
        yield client


def _sign_in(client: TestClient, bench: Workbench, role: str) -> None:  # noqa: F811
    once = bench.store.accounts.add_user(f"김{role}", role)
    bench.store.accounts.change_password(f"김{role}", once, "correct horse battery")
    client.post("/sign-in", data={"name": f"김{role}", "password": "correct horse battery"})


def _send(client: TestClient, path: str, **fields: str) -> Any:
    csrf = re.search(r'name="csrf" value="([^"]+)"', client.get("/events").text)
    assert csrf
    return client.post(path, data={"csrf": csrf.group(1), **fields})


def _planned(client: TestClient, bench: Workbench, plan: str) -> Any:  # noqa: F811
    """Ask for a plan and wait for the work behind the page."""
    _send(client, f"{HERE}/plans", plan=plan, seconds="10")
    end = time.monotonic() + 60
    while not (job := bench.jobs.get(job_of(DAY["event_id"]))) or not job.is_done:
        assert time.monotonic() < end
        time.sleep(0.05)
    assert job.error == ""
    return client.get(HERE)


def _upload(client: TestClient, form: object) -> Any:
    csrf = re.search(r'name="csrf" value="([^"]+)"', client.get("/events").text)
    assert csrf
    data = form if isinstance(form, bytes) else json.dumps(form).encode()
    return client.post("/events", data={"csrf": csrf.group(1)}, files={"file": ("e.json", data)})


def test_an_event_goes_from_its_file_to_an_outcome(browser: TestClient, bench: Workbench) -> None:  # noqa: F811
    uploaded = _upload(browser, {**DAY, "phone": "010-1234-5678"})
    chosen = _planned(browser, bench, "delegation")
    made = _planned(browser, bench, "timetable")
    early = _send(browser, f"{HERE}/release", stage="provisional")
    shown = _send(browser, f"{HERE}/release", stage="provisional", until="2099-01-01T09:00")
    kept = _planned(browser, bench, "keep")
    written = _send(
        browser,
        f"{HERE}/outcomes",
        company_id="C0000",
        stage="mou",
        happened_on="2026-07-08",
        amount="1,000",
        currency="USD",
        krw_per_usd="1,400",
        note="010-1234-5678",
    )
    wrong = _send(
        browser,
        f"{HERE}/outcomes",
        company_id="C0000",
        stage="mou",
        happened_on="2026-07-08",
        amount="x",
    )
    listed = browser.get("/events").text

    assert uploaded.status_code == chosen.status_code == made.status_code == 200
    assert "파견단 2개사" in chosen.text
    assert "예비 1" in chosen.text
    assert "1판 초안" in made.text
    assert made.text.count('class="meeting"') == len(re.findall(r"<strong>B\d+", made.text)) > 0
    assert (early.status_code, shown.status_code) == (400, 200)
    assert "기한을 적으십시오" in early.text
    assert "1판 임시" in shown.text
    assert "2판 초안" in kept.text
    assert re.search(
        r">MOU</td><td class=.number.>1</td>.*?>1</td><td class=.number.>0\.1<", written.text
    )
    assert wrong.status_code == 422
    assert "숫자여야 합니다" in wrong.text
    assert "2026 하노이" in listed
    assert "010-1234" not in listed + written.text


def test_a_request_is_answered_on_the_page(browser: TestClient, bench: Workbench) -> None:  # noqa: F811
    _upload(browser, DAY)
    _planned(browser, bench, "timetable")
    _send(browser, f"{HERE}/release", stage="provisional", until="2099-01-01T09:00")
    first = bench.store.events.get(DAY["event_id"]).timetable
    assert first is not None
    pair = {k: first["meetings"][0][k] for k in ("buyer_id", "company_id")}
    from matcher.requests import ChangeRequest

    for _ in range(2):
        wish = ChangeRequest("cancel", pair["buyer_id"], **pair)
        bench.store.releases.ask(DAY["event_id"], wish, "t")

    declined = _send(browser, f"{HERE}/requests/1", accept="0")
    granted = _send(browser, f"{HERE}/requests/2", accept="1")
    twice = _send(browser, f"{HERE}/requests/2", accept="1")

    assert "사양" in declined.text
    assert "2판 초안" in granted.text
    assert twice.status_code == 400


def test_hostile_text_stays_text(browser: TestClient) -> None:
    buyers = [{**b, "name": HOSTILE} for b in DAY["buyers"]]
    uploaded = _upload(browser, {**DAY, "event_id": HOSTILE.replace("/", ""), "buyers": buyers})
    listed = browser.get("/events").text

    for page in (uploaded.text, listed):
        assert "<script>alert" not in page
        assert "&lt;script&gt;" in page


@pytest.mark.parametrize(
    "data", [b"", b"[1]", b"\xff\xfe", b"{", b'{"event_id": "a/b"}', b'{"quota": 1}']
)
def test_a_file_that_is_no_event_is_refused_with_a_sentence(
    browser: TestClient, data: bytes
) -> None:
    refused = _upload(browser, data)

    assert refused.status_code in (400, 422)
    assert 'class="notice"' in refused.text


def test_a_form_of_another_site_changes_nothing(browser: TestClient) -> None:
    refused = browser.post("/events", files={"file": ("e.json", json.dumps(DAY).encode())})

    assert refused.status_code == 403
    assert "2026 하노이" not in browser.get("/events").text


def test_an_evaluator_reads_and_has_no_buttons(browser: TestClient, bench: Workbench) -> None:  # noqa: F811
    _upload(browser, DAY)
    browser.cookies.clear()
    _sign_in(browser, bench, "evaluator")

    page = browser.get(HERE).text

    assert "2026 하노이" in page
    assert "상담표 짜기" not in page
    assert "성과 적기" not in page


def test_an_event_is_made_from_a_template_and_its_rules_are_set(
    browser: TestClient,
    bench: Workbench,  # noqa: F811
) -> None:
    told = {
        "event_id": "새 행사",
        "kind": "delegation",
        "begins_on": "2027-05-01",
        "demands": "N-1, N-2",
    }
    here = "/events/%EC%83%88%20%ED%96%89%EC%82%AC"
    made = _send(browser, "/events/new", **told)
    again = _send(browser, "/events/new", **told)
    unknown = _send(browser, "/events/new", **{**told, "event_id": "x", "demands": "N-99"})
    ruled = _send(
        browser, f"{here}/rules",
        quota="2", alternates="0", tables="4", candidates="C-1 C-2,C-3", must_include="C-3", must_exclude="C-2",
    )  # fmt: skip
    nobody = _send(browser, f"{here}/rules", candidates="C-77")
    few = _send(browser, f"{here}/form", step="add_interpreter", value="I-1", more="한국어")
    _send(browser, f"{here}/form", step="add_interpreter", value="I-1", more="한국어 베트남어")
    _send(browser, f"{here}/form", step="add_demand", value="N-1")
    _send(browser, f"{here}/form", step="drop_demand", value="N-2")
    nonsense = _send(browser, f"{here}/form", step="dance")
    form = bench.store.events.get("새 행사").form
    _send(browser, f"{here}/form", step="drop_interpreter", value="I-1")

    assert (made.status_code, ruled.status_code) == (200, 200)
    assert (again.status_code, unknown.status_code, nobody.status_code) == (400, 404, 400)
    assert (few.status_code, nonsense.status_code) == (400, 400)
    assert "C-77" in nobody.text
    assert (form["quota"], form["tables"], form["candidates"]) == (2, 4, ["C-1", "C-2", "C-3"])
    assert (form["must_include"], form["must_exclude"]) == (["C-3"], ["C-2"])
    assert form["interpreters"] == [{"interpreter_id": "I-1", "languages": ["ko", "vi"]}]
    assert form["demands"] == ["N-1"]
    assert bench.store.events.get("새 행사").form["interpreters"] == []


def test_a_swap_is_tried_kept_and_let_go(browser: TestClient, bench: Workbench) -> None:  # noqa: F811
    _upload(browser, DAY)
    page = _planned(browser, bench, "delegation").text
    plan = bench.store.events.get(DAY["event_id"]).delegation
    assert plan is not None
    out = plan["chosen"][0]["company_id"]
    into = (plan["alternates"] + plan["left_out"])[0]["company_id"]
    tried = _send(browser, f"{HERE}/swap", out=out, into=into)
    unchanged = bench.store.events.get(DAY["event_id"]).delegation
    _send(browser, f"{HERE}/swap", out=out, into=into, step="keep")
    kept = bench.store.events.get(DAY["event_id"])
    wrong = _send(browser, f"{HERE}/swap", out=into, into=into)
    _send(browser, f"{HERE}/form", step="let_go")
    free = bench.store.events.get(DAY["event_id"])

    assert "파견단 2개사" in page
    assert "시험 삼아" in tried.text
    assert unchanged == plan
    assert kept.delegation is not None
    assert {c["company_id"] for c in kept.delegation["chosen"]} == (
        {c["company_id"] for c in plan["chosen"]} - {out} | {into}
    )
    assert kept.delegation["provenance"]["swap"]["objective"] == plan["objective"]
    assert kept.delegation["objective"] <= plan["objective"] + 1e-9
    assert wrong.status_code == 400
    assert free.form["must_include"] == []
    assert free.delegation is None


def test_a_moved_meeting_changes_the_draft_and_after_a_release_begins_a_new_version(
    browser: TestClient,
    bench: Workbench,  # noqa: F811
) -> None:
    _upload(browser, DAY)
    _planned(browser, bench, "timetable")
    meeting = (bench.store.events.get(DAY["event_id"]).timetable or {})["meetings"][0]
    pair = {name: meeting[name] for name in ("buyer_id", "company_id")}
    places = browser.get(f"{HERE}/places", params=pair).json()
    free = next(
        (slot, table) for slot, tables in places.items() for table, broken in tables.items()
        if not broken and slot != meeting["slot_id"]
    )  # fmt: skip
    closed = next(
        ((slot, table) for slot, tables in places.items() for table, broken in tables.items() if broken),
        None,
    )  # fmt: skip
    moved = _send(browser, f"{HERE}/move", **pair, slot_id=free[0], table=free[1])
    one = bench.store.releases.versions(DAY["event_id"])
    _send(browser, f"{HERE}/release", stage="provisional", until="2099-01-01T09:00")
    _send(browser, f"{HERE}/move", **pair, slot_id=meeting["slot_id"], table=str(meeting["table"]))
    two = bench.store.releases.versions(DAY["event_id"])
    if closed:
        refused = _send(browser, f"{HERE}/move", **pair, slot_id=closed[0], table=closed[1])
        assert refused.status_code == 400
        assert "옮길 수 없습니다" in refused.text
    now = bench.store.events.get(DAY["event_id"]).timetable

    assert moved.status_code == 200
    assert [v.version for v in one] == [1]
    assert [
        m["slot_id"] for m in one[0].content["meetings"]
        if {name: m[name] for name in pair} == pair
    ] == [free[0]]  # fmt: skip
    assert [(v.version, v.stage) for v in two] == [(2, "draft"), (1, "provisional")]
    assert now == two[0].content


def test_the_day_is_written_down_once_however_often_it_is_sent(
    browser: TestClient,
    bench: Workbench,  # noqa: F811
) -> None:
    _upload(browser, DAY)
    here = f"/day/{HERE.rsplit('/', 1)[1]}"
    pair = {"buyer_id": "B0000", "company_id": "C0000"}
    outcome = {
        **pair,
        "stage": "mou",
        "happened_on": "2026-07-08",
        "usd": "10000",
        "krw_per_usd": "1400",
    }
    for _ in range(2):
        _send(browser, f"{here}/attendance", **pair, state="late")
        _send(browser, f"{here}/outcomes", **outcome)
    rateless = _send(browser, f"{here}/outcomes", **{**outcome, "krw_per_usd": ""})

    assert [item["state"] for item in bench.store.releases.attendance(DAY["event_id"])] == ["late"]
    assert len(bench.store.events.outcomes(DAY["event_id"])) == 1
    assert rateless.status_code == 400
    assert "환율" in rateless.text
