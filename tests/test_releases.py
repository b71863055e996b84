"""From a draft to the final timetable: versions, requests that run out, withdrawals, who came."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import create_engine, update

from evaluation.meeting_days import meeting_day
from indexing.analyzer import Analyzer
from indexing.snapshot import build_snapshot
from matcher.errors import InvalidRecord, InvalidRequest
from matcher.events import Event
from matcher.requests import ChangeRequest, applied, differences, moved_up, withdrawn
from matcher.scheduling import schedule
from matcher.timetable import violations
from service.app import create_app
from service.settings import Settings
from service.store.tables import ChangeRequestRow
from service.workbench import Workbench
from tests.test_api import HOST, _problem, analyzer, bench, settings, staff, store  # noqa: F401
from tests.worlds import BigramEncoder, companies, needs

DAY = {**meeting_day(4, 5, slots=5, tables=3, requests=14, seed=8), "event_id": "day"}
SOON = (datetime.now(UTC) + timedelta(days=1)).isoformat()
PAST = (datetime.now(UTC) - timedelta(days=1)).isoformat()
URL = "/api/v1/events/day"


@pytest.fixture
def browser(bench: Workbench, settings: Settings, analyzer: Analyzer) -> Iterator[TestClient]:  # noqa: F811
    build_snapshot(settings.home, companies(), needs(), BigramEncoder(), analyzer)
    with TestClient(create_app(settings, bench), HOST) as client:
        client.headers.update(staff(bench))
        client.put(URL, json=DAY)
        yield client


def _meetings(browser: TestClient) -> list[dict[str, Any]]:
    made: list[dict[str, Any]] = browser.post(f"{URL}/timetable?seconds=2").json()["meetings"]
    return made


def _ask(browser: TestClient, meeting: dict[str, Any], **changes: Any) -> Any:
    wish = {
        "kind": "cancel",
        "asked_by": meeting["company_id"],
        "buyer_id": meeting["buyer_id"],
        "company_id": meeting["company_id"],
        **changes,
    }
    return browser.post(f"{URL}/requests", json=wish)


def test_a_timetable_goes_from_draft_to_provisional_to_final(browser: TestClient) -> None:
    early = browser.post(f"{URL}/release", json={"stage": "final"})
    (first, *_) = _meetings(browser)
    too_early = _ask(browser, first)
    without_term = browser.post(f"{URL}/release", json={"stage": "provisional"})
    shown = browser.post(f"{URL}/release", json={"stage": "provisional", "requests_until": SOON})
    final = browser.post(f"{URL}/release", json={"stage": "final"})
    again = browser.post(f"{URL}/release", json={"stage": "draft"})
    late = _ask(browser, first)
    browser.post(f"{URL}/timetable?seconds=2&keep=true")
    versions = browser.get(f"{URL}/versions").json()["items"]
    second = browser.get(f"{URL}/versions/2").json()

    for refused in (early, too_early, without_term, again, late):
        _problem(refused, 400, "invalid_request")
    assert (shown.json()["stage"], final.json()["stage"]) == ("provisional", "final")
    assert [(v["version"], v["stage"]) for v in versions] == [(2, "draft"), (1, "final")]
    assert second["differences"] == {"added": [], "removed": [], "moved": []}
    _problem(browser.get(f"{URL}/versions/9"), 404, "unknown_id")


def test_a_granted_request_changes_that_meeting_and_leaves_the_others(browser: TestClient) -> None:
    before = _meetings(browser)
    browser.post(f"{URL}/release", json={"stage": "provisional", "requests_until": SOON})
    asked = _ask(browser, before[0], note="010-1234-5678로 연락").json()
    declined = _ask(browser, before[1]).json()

    no = browser.post(f"{URL}/requests/{declined['request_id']}/answer", json={"accept": False})
    yes = browser.post(f"{URL}/requests/{asked['request_id']}/answer", json={"accept": True})
    twice = browser.post(f"{URL}/requests/{asked['request_id']}/answer", json={"accept": True})
    changed = browser.get(f"{URL}/versions/2").json()

    assert asked["note"] == "[연락처]로 연락"
    assert (no.json()["state"], yes.json()["state"]) == ("declined", "accepted")
    _problem(twice, 400, "invalid_request")
    gone = [(m["buyer_id"], m["company_id"]) for m in changed["differences"]["removed"]]
    assert gone == [(before[0]["buyer_id"], before[0]["company_id"])]
    assert changed["differences"]["moved"] == []
    form = browser.get(URL).json()["event"]
    event = Event.from_dict(form)
    kept = {(m["buyer_id"], m["company_id"], m["slot_id"]) for m in before[1:]}
    now = changed["timetable"]["meetings"]
    assert kept <= {(m["buyer_id"], m["company_id"], m["slot_id"]) for m in now}
    assert len(event.pairs or ()) == len(DAY["pairs"])


def test_a_request_runs_out_by_itself(browser: TestClient, settings: Settings) -> None:  # noqa: F811
    (first, *_) = _meetings(browser)
    browser.post(f"{URL}/release", json={"stage": "provisional", "requests_until": SOON})
    asked = _ask(browser, first).json()
    engine = create_engine(settings.database_url)
    with engine.begin() as connection:  # a day goes by
        connection.execute(update(ChangeRequestRow).values(expires_at=datetime.fromisoformat(PAST)))
    engine.dispose()

    (found,) = browser.get(f"{URL}/requests").json()["items"]
    answer = browser.post(f"{URL}/requests/{asked['request_id']}/answer", json={"accept": True})

    assert found["state"] == "expired"
    _problem(answer, 400, "invalid_request")


def test_a_company_sees_and_asks_for_its_own_meetings_only(
    browser: TestClient,
    bench: Workbench,  # noqa: F811
) -> None:
    old = DAY["companies"][0]["company_id"]
    text = browser.get(URL).text.replace(f'"{old}"', '"C-1"')
    browser.put(URL, json=json.loads(text)["event"])
    made = _meetings(browser)
    company = staff(bench, "company", "C-1")
    hidden = browser.get(f"{URL}/meetings", headers=company).json()
    browser.post(f"{URL}/release", json={"stage": "provisional", "requests_until": SOON})

    mine = browser.get(f"{URL}/meetings", headers=company).json()["meetings"]
    other = next(m for m in made if m["company_id"] != "C-1")
    _ask(browser, other)
    theirs = {"kind": "cancel", "asked_by": other["company_id"], **_pair(other)}
    refused = browser.post(f"{URL}/requests", json=theirs, headers=company)
    own = {"kind": "cancel", "asked_by": "C-1", **_pair(mine[0])}
    allowed = browser.post(f"{URL}/requests", json=own, headers=company)
    listed = browser.get(f"{URL}/requests", headers=company).json()["items"]

    assert hidden == {"version": None, "stage": None, "meetings": []}
    assert {m["company_id"] for m in mine} == {"C-1"}
    _problem(refused, 403, "forbidden")
    assert allowed.status_code == 201
    assert [item["asked_by"] for item in listed] == ["C-1"]


def _pair(meeting: dict[str, Any]) -> dict[str, str]:
    return {"buyer_id": meeting["buyer_id"], "company_id": meeting["company_id"]}


def test_an_alternate_moves_up_when_a_company_withdraws(browser: TestClient) -> None:
    browser.put(URL, json={**DAY, "quota": 2, "alternates": 2})
    chosen = browser.post(f"{URL}/delegation?seconds=2").json()
    before = _meetings(browser)
    leaving, first = chosen["chosen"][0]["company_id"], chosen["alternates"][0]["company_id"]

    answer = browser.post(f"{URL}/withdrawals", json={"company_id": leaving, "why": "자금 사정"})

    told = answer.json()
    assert told["moved_up"] == first
    assert [c["company_id"] for c in told["delegation"]["chosen"]][-1] == first
    assert {"company_id": leaving, "why": "자금 사정"} in told["delegation"]["left_out"]
    assert leaving not in {m["company_id"] for m in told["timetable"]["meetings"]}
    moved = browser.get(f"{URL}/versions/2").json()["differences"]
    assert moved["moved"] == []
    assert {m["company_id"] for m in moved["removed"]} <= {leaving}
    assert len(before) - len(moved["removed"]) + len(moved["added"]) == len(
        told["timetable"]["meetings"]
    )
    _problem(
        browser.post(f"{URL}/withdrawals", json={"company_id": "C-none", "why": "x"}),
        400,
        "invalid_request",
    )


def test_who_came_is_written_down_and_the_last_word_counts(browser: TestClient) -> None:
    told = {"buyer_id": "B0000", "company_id": "C0000", "state": "no_show", "note": "a@b.kr"}
    browser.put(f"{URL}/attendance", json=told)
    browser.put(f"{URL}/attendance", json={**told, "state": "late"})

    found = browser.get(f"{URL}/attendance").json()["items"]

    assert found == [{**told, "state": "late", "note": "[연락처]"}]
    assert browser.put(f"{URL}/attendance", json={**told, "state": "x"}).status_code == 422
    none = browser.put("/api/v1/events/none/attendance", json=told)
    _problem(none, 404, "unknown_id")


# -- the rules themselves


def test_an_event_without_pairs_gets_them_written_out_by_the_first_change(
    browser: TestClient,
) -> None:
    event = {
        "event_id": "day",
        "slots": [{"slot_id": s, "start": f"2026-07-08T{s}:00:00+09:00"} for s in ("09", "10")],
        "buyers": [{"buyer_id": "B", "need_ids": ["N-1"], "languages": ["ko"]}],
        "companies": [{"company_id": "C-1"}, {"company_id": "C-2"}],
    }
    browser.put(URL, json=event)
    made = _meetings(browser)
    browser.post(f"{URL}/release", json={"stage": "provisional", "requests_until": SOON})
    other = {"09": "10", "10": "09"}[made[0]["slot_id"]]
    asked = _ask(browser, made[0], kind="move", slot_id=other).json()

    answer = browser.post(f"{URL}/requests/{asked['request_id']}/answer", json={"accept": True})

    stored = browser.get(URL).json()
    assert answer.status_code == 200, answer.text
    assert len(stored["event"]["pairs"]) >= len(made)
    moved = {m["company_id"]: m["slot_id"] for m in stored["timetable"]["meetings"]}
    assert moved[made[0]["company_id"]] == other


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"kind": "swap"}, "kind"),
        ({"kind": "move"}, "slot_id"),
        ({"slot_id": "s1"}, "slot_id"),
        ({"asked_by": "X"}, "asked_by"),
    ],
)
def test_a_request_that_makes_no_sense_is_refused(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidRecord) as refused:
        ChangeRequest(
            **{"kind": "cancel", "asked_by": "B", "buyer_id": "B", "company_id": "C"} | changes
        )

    assert refused.value.field == field


def test_a_new_meeting_may_be_asked_for_and_is_then_a_must() -> None:
    listed = {(p["buyer_id"], p["company_id"]) for p in DAY["pairs"]}
    everybody = {(b["buyer_id"], c["company_id"]) for b in DAY["buyers"] for c in DAY["companies"]}
    buyer_id, company_id = min(everybody - listed)

    form = applied(DAY, ChangeRequest("add", buyer_id, buyer_id, company_id))

    event = Event.from_dict(form)
    added = [p for p in event.pairs or () if (p.buyer_id, p.company_id) == (buyer_id, company_id)]
    assert [p.preference for p in added] == ["must"]
    assert violations(event, schedule(event, seconds=3).meetings) == ()


@pytest.mark.parametrize(
    "request_",
    [
        ChangeRequest("cancel", "B?", "B?", "C0000"),
        ChangeRequest("move", "B0000", "B0000", "C0000", "never"),
    ],
)
def test_what_the_event_does_not_know_cannot_be_changed(request_: ChangeRequest) -> None:
    with pytest.raises(InvalidRequest):
        applied(
            {**DAY, "pairs": [{"buyer_id": "B0000", "company_id": "C0000", "score": 1}]}, request_
        )


def test_nobody_moves_up_where_nobody_stands_by() -> None:
    plan = {"chosen": [{"company_id": "C1"}], "alternates": [], "left_out": []}

    after, successor = moved_up(plan, "C1", "그만둠")

    assert (after["chosen"], successor) == ([], None)
    assert withdrawn({"event_id": "e"}, "C1", "그만둠", None)["must_exclude"] == [
        {"company_id": "C1", "why": "그만둠"}
    ]
    with pytest.raises(InvalidRequest):
        moved_up(plan, "C2", "x")


def test_a_moved_meeting_is_told_from_a_new_one() -> None:
    one = {"buyer_id": "B", "company_id": "C", "slot_id": "1", "table": 1, "interpreter_id": None}
    before = {"meetings": [one]}
    after = {"meetings": [{**one, "slot_id": "2"}, {**one, "company_id": "D"}]}

    found = differences(before, after)

    assert [m["to"]["slot_id"] for m in found["moved"]] == ["2"]
    assert [m["company_id"] for m in found["added"]] == ["D"]
    assert differences(None, before)["added"] == [one]
