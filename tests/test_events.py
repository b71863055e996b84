"""Events in the store and over the API, and the funnel of what came of them."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from fastapi.testclient import TestClient

from evaluation.meeting_days import meeting_day
from indexing.analyzer import Analyzer
from indexing.snapshot import build_snapshot
from matcher.errors import InvalidRecord, InvalidRequest, UnknownId
from matcher.events import Event
from matcher.outcomes import Outcome, funnel
from matcher.records import Buyer
from service.app import create_app
from service.archive import backup, restore
from service.planning import completed
from service.settings import Settings
from service.store import Events, Source, Store
from service.workbench import Workbench
from tests.test_api import HOST, _problem, analyzer, bench, settings, staff, store  # noqa: F401
from tests.worlds import BigramEncoder, companies, needs

FORM: dict[str, Any] = {"event_id": "jakarta", "quota": 1, "demands": ["N-1"], "note": "그대로"}


@pytest.fixture
def events(database_url: str) -> Iterator[Events]:
    opened = Store.open(database_url)
    yield opened.events
    opened.close()


@pytest.fixture
def browser(bench: Workbench, settings: Settings, analyzer: Analyzer) -> Iterator[TestClient]:  # noqa: F811
    build_snapshot(settings.home, companies(), needs(), BigramEncoder(), analyzer)
    with TestClient(create_app(settings, bench), HOST) as client:
        client.headers.update(staff(bench))
        yield client


def _outcome(**changes: Any) -> Outcome:
    form = {
        "event_id": "jakarta",
        "company_id": "C-1",
        "stage": "mou",
        "happened_on": date(2019, 11, 20),
    }
    return Outcome(**{**form, **changes})


# -- the store, on both databases


def test_an_event_is_kept_as_it_came_and_plans_go_when_it_changes(events: Events) -> None:
    stored = events.put(FORM, "김담당")
    events.keep_plan(stored, "delegation", {"chosen": []})
    same = events.put(FORM, "이담당")
    changed = events.put({**FORM, "quota": 2}, "이담당")

    assert stored.form == FORM
    assert same.delegation == {"chosen": []}
    assert (changed.delegation, changed.form["quota"], changed.actor) == (None, 2, "이담당")
    assert [event.event_id for event in events.page(10).items] == ["jakarta"]
    events.put({"event_id": "hanoi"}, "김담당")
    first = events.page(1)
    rest = events.page(1, first.next_cursor)
    assert [e.event_id for e in (*first.items, *rest.items)] == ["hanoi", "jakarta"]
    assert (rest.next_cursor, rest.total) == (None, 2)


def test_a_plan_for_an_older_form_is_refused(events: Events) -> None:
    old = events.put(FORM, "김담당")
    events.put({**FORM, "quota": 2}, "이담당")

    with pytest.raises(InvalidRequest, match="바뀌었습니다"):
        events.keep_plan(old, "timetable", {})


def test_an_event_with_outcomes_stays(events: Events) -> None:
    events.put(FORM, "김담당")
    number = events.add_outcome(_outcome(amount=2.0, currency="USD", krw_per_usd=1_170.0), "김담당")

    with pytest.raises(InvalidRequest, match="성과"):
        events.remove("jakarta")

    assert events.outcomes("jakarta") == (
        (number, _outcome(amount=2.0, currency="USD", krw_per_usd=1_170.0)),
    )
    events.remove_outcome("jakarta", number)
    events.remove("jakarta")
    for unknown in (
        lambda: events.get("jakarta"),
        lambda: events.remove("jakarta"),
        lambda: events.remove_outcome("jakarta", number),
        lambda: events.add_outcome(_outcome(), "김담당"),
    ):
        with pytest.raises(UnknownId):
            unknown()


def test_a_backup_holds_events_and_outcomes(
    events: Events, database_url: str, tmp_path: Any
) -> None:
    events.put(FORM, "김담당")
    events.add_outcome(_outcome(), "김담당")
    whole = Store.open(database_url)
    backup(whole, tmp_path / "b.tar.gz")
    before = whole.dump()
    events.remove_outcome("jakarta", events.outcomes()[0][0])
    events.remove("jakarta")

    restore(whole, tmp_path / "b.tar.gz")

    assert whole.dump()[1]["events"] == before[1]["events"]
    assert whole.dump()[1]["outcomes"] == before[1]["outcomes"]
    whole.close()


def test_what_an_event_leaves_open_of_its_buyers_comes_from_the_store(database_url: str) -> None:
    store = Store.open(database_url)  # noqa: F811
    store.save([], [], Source("t"), [Buyer("B-1", "공사", languages=("vi",), need_ids=("N-1",))])
    event = Event.from_dict(
        {"event_id": "e", "buyers": [{"buyer_id": "B-1", "languages": ["en"]}, {"buyer_id": "B-2"}]}
    )

    first, second = completed(event, store).buyers

    assert (first.languages, first.need_ids) == (frozenset({"en"}), ("N-1",))
    assert first.fields["name"] == "공사"
    assert second == event.buyers[1]
    store.close()


# -- the funnel


def test_the_2019_indonesia_mission_in_the_agencys_units() -> None:
    """S1 (press release of 2020-02-28): 8 companies, 7 MOU of USD 1.5M, 3 MOA of USD 0.42M over 5 years.

    Which company reached what is not in the source; the spread over companies is invented.
    """
    rate = {"currency": "USD", "krw_per_usd": 1_170.0}
    mission = [_outcome(company_id=f"C-{n}", stage="consultation") for n in range(8)]
    mission += [_outcome(company_id=f"C-{n}", amount=1_500_000 / 7, **rate) for n in range(7)]
    mission += [
        _outcome(company_id=f"C-{n}", stage="moa", amount=420_000 / 3, note="5년", **rate)
        for n in range(3)
    ]

    stages = {total.stage: total for total in funnel(mission)}

    assert list(stages) == ["consultation", "mou", "moa"]
    assert stages["consultation"].label == "상담 8개사 8건"
    assert stages["mou"].label == "MOU 7개사 7건, 150.0만 달러"
    assert stages["moa"].label == "MOA 3개사 3건, 42.0만 달러"
    assert stages["mou"].krw == pytest.approx(1_500_000 * 1_170)


def test_won_become_dollars_at_the_stored_rate() -> None:
    outcome = _outcome(amount=1_170_000.0, currency="KRW", krw_per_usd=1_170.0)

    assert (outcome.usd, outcome.krw) == (1_000.0, 1_170_000.0)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"stage": "dream"}, "stage"),
        ({"amount": -1.0, "currency": "USD", "krw_per_usd": 1_170.0}, "amount"),
        ({"amount": 1.0, "krw_per_usd": 1_170.0}, "currency"),
        ({"amount": 1.0, "currency": "USD"}, "krw_per_usd"),
    ],
)
def test_an_outcome_that_cannot_be_counted_is_refused(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidRecord) as caught:
        _outcome(**changes)

    assert caught.value.field == field


# -- the API


def test_an_event_goes_from_its_file_to_plans_and_outcomes(browser: TestClient) -> None:
    need_id = needs()[0].need_id
    form = {"quota": 2, "alternates": 1, "demands": [need_id]}

    saved = browser.put("/api/v1/events/hanoi", json=form)
    chosen = browser.post("/api/v1/events/hanoi/delegation")
    written = browser.post(
        "/api/v1/events/hanoi/outcomes",
        json={
            "company_id": chosen.json()["chosen"][0]["company_id"],
            "stage": "contract",
            "happened_on": "2026-07-08",
            "amount": 50_000,
            "currency": "USD",
            "krw_per_usd": 1_400,
        },
    )
    outcomes = browser.get("/api/v1/events/hanoi/outcomes").json()
    kept = browser.get("/api/v1/events/hanoi").json()

    assert (saved.status_code, chosen.status_code, written.status_code) == (200, 200, 201)
    assert len(chosen.json()["chosen"]) == 2
    assert kept["delegation"] == chosen.json()
    assert kept["event"] == {"event_id": "hanoi", **form}
    assert outcomes["funnel"][0]["label"] == "계약 1개사 1건, 5.0만 달러"
    place = f"/api/v1/events/hanoi/outcomes/{written.json()['outcome_id']}"
    assert browser.delete(place).status_code == 204
    assert browser.delete("/api/v1/events/hanoi").status_code == 204
    _problem(browser.get("/api/v1/events/hanoi"), 404, "unknown_id")


def test_a_timetable_is_made_over_the_api(browser: TestClient) -> None:
    form = meeting_day(3, 3, requests=8, seed=5)
    browser.put("/api/v1/events/made-up", json=form)

    answer = browser.post("/api/v1/events/made-up/timetable?seconds=5")

    assert answer.status_code == 200
    assert answer.json()["meetings"]
    assert browser.get("/api/v1/events").json()["items"][0]["timetable"] == answer.json()


@pytest.mark.parametrize(
    ("form", "code"),
    [
        ({"event_id": "other"}, "invalid_request"),
        ({"tables": "많이"}, "invalid_record"),
        ({"tables": 1e30}, "invalid_record"),
        ({"timezone": "../etc"}, "invalid_record"),
        ({"timezone": "Asia"}, "invalid_record"),
        ({"slots": [{"slot_id": "s", "start": "0001-01-01T00:00:00+09:00"}]}, "invalid_record"),
        ({"kind": "\x00"}, "invalid_record"),
    ],
)
def test_a_wrong_event_is_refused_with_its_place(
    browser: TestClient, form: dict[str, Any], code: str
) -> None:
    answer = browser.put("/api/v1/events/hanoi", json=form)

    assert answer.status_code in (400, 422)
    assert answer.json()["code"] == code


def test_a_stored_timetable_is_taken_away_as_a_file(browser: TestClient) -> None:
    form = meeting_day(2, 3, slots=3, tables=2, requests=5, seed=1)
    browser.put("/api/v1/events/day", json={**form, "event_id": "day"})
    early = browser.get("/api/v1/events/day/timetable/csv")
    browser.post("/api/v1/events/day/timetable?seconds=2")

    files = {
        kind: browser.get(f"/api/v1/events/day/timetable/{kind}")
        for kind in ("xlsx", "csv", "pdf", "ics")
    }

    _problem(early, 400, "invalid_request")
    assert {kind: answer.content[:2] for kind, answer in files.items()} == {
        "xlsx": b"PK",
        "csv": b"\xef\xbb",
        "pdf": b"%P",
        "ics": b"PK",
    }
    assert "day.zip" in files["ics"].headers["content-disposition"]
    assert browser.get("/api/v1/events/day/timetable/doc").status_code == 422
    _problem(browser.get("/api/v1/events/none/timetable/csv"), 404, "unknown_id")


def test_reports_over_the_interface(browser: TestClient) -> None:
    browser.put("/api/v1/events/jakarta", json=FORM)
    told = {"company_id": "C-1", "stage": "mou", "happened_on": "2019-11-20"}
    browser.post("/api/v1/events/jakarta/outcomes", json=told)

    funnel_of = browser.get("/api/v1/funnel?by=year").json()
    waiting = browser.get("/api/v1/follow-ups?days=30").json()["items"]
    chances = browser.get("/api/v1/exposure?year=2019").json()

    assert funnel_of["groups"]["2019"][0]["count"] == 1
    assert waiting[0]["last"]["company_id"] == "C-1"
    assert (chances["year"], chances["companies"], chances["gini"]) == (2019, [], 0.0)
    assert browser.get("/api/v1/funnel?by=moon").status_code == 422


def test_a_compound_demand_is_covered_part_by_part(browser: TestClient) -> None:
    text = "다음을 찾습니다.\n1) 강물을 마실 물로 바꾸는 정수 처리 설비\n2) 에너지 절감형 LED 가로등 도로 조명"
    browser.put("/api/v1/needs/N-9", json={"title": "마을 개선", "description": text})
    browser.put("/api/v1/events/e", json={"event_id": "e", "quota": 2, "demands": ["N-9"]})

    found = browser.post("/api/v1/events/e/delegation?seconds=2").json()

    assert {c["company_id"] for c in found["chosen"]} == {"C-2", "C-3"}
    assert [c["covers"] for c in found["chosen"]] == [["N-9"], ["N-9"]]
    assert found["coverage"].keys() == {"N-9"}
    said = "".join(c["why"] for c in found["chosen"])
    assert "N-9#1" in said
    assert "N-9#2" in said
