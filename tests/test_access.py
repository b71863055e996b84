"""Who may do what: the whole table, sessions, keys, lockout, CSRF, contacts, limits, the public mode."""

import re
import threading
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import create_engine, update

from indexing.analyzer import Analyzer
from indexing.snapshot import build_snapshot
from matcher.errors import InvalidRequest, StoreUnavailable, UnknownId
from service.app import create_app
from service.gate import COOKIE
from service.security import ANYONE, PERMISSIONS, PUBLIC_NEED_FIELDS
from service.settings import Settings, secret_of
from service.store import Accounts, Seal, Source, Store
from service.store.accounts import MOST_FAILURES
from service.store.tables import SessionRow, UserRow
from service.workbench import Tools, Workbench
from tests.conftest import ENGINES, database
from tests.test_api import HOST, _problem, analyzer, bench, staff, store  # noqa: F401
from tests.worlds import BigramEncoder, companies, needs, settings_in

ROLES = ("administrator", "staff", "evaluator", "company", ANYONE)
A, S, E, C, X = ROLES
EVERYBODY = {A, S, E, C, X}
# Written apart from the product's table, as a second opinion; (method, path) to who may.
EXPECTED: Mapping[tuple[str, str], set[str]] = {
    ("GET", "/healthz"): EVERYBODY,
    ("GET", "/readyz"): EVERYBODY,
    ("GET", "/docs"): EVERYBODY,
    ("GET", "/events"): {A, S, E},
    ("POST", "/events"): {A, S},
    ("GET", "/events/{event_id}"): {A, S, E},
    ("POST", "/events/{event_id}/plans"): {A, S},
    ("POST", "/events/{event_id}/release"): {A, S},
    ("POST", "/events/{event_id}/requests/{request_id}"): {A, S},
    ("POST", "/events/{event_id}/outcomes"): {A, S},
    ("GET", "/metrics"): {A},
    ("GET", "/sign-in"): EVERYBODY,
    ("POST", "/sign-in"): EVERYBODY,
    ("POST", "/sign-out"): EVERYBODY,
    ("GET", "/password"): {A, S, E, C},
    ("POST", "/password"): {A, S, E, C},
    ("POST", "/language"): EVERYBODY,
    ("GET", "/"): {A, S, E, C},
    ("GET", "/duplicates"): {A, S},
    ("POST", "/duplicates"): {A, S},
    ("GET", "/imports"): {A, S},
    ("POST", "/imports"): {A, S},
    ("GET", "/imports/index"): {A, S},
    ("POST", "/imports/index"): {A, S},
    ("GET", "/imports/{draft_id}"): {A, S},
    ("POST", "/imports/{draft_id}"): {A, S},
    ("GET", "/imports/{draft_id}/problems"): {A, S},
    ("POST", "/imports/{import_id}/undo"): {A, S},
    ("GET", "/match"): {A, S, E},
    ("POST", "/match"): {A, S, E},
    ("GET", "/match/needs/{need_id:path}"): {A, S, E},
    ("GET", "/match/companies"): {A, S, E},
    ("GET", "/match/companies/{company_id:path}"): {A, S, E},
    ("GET", "/compare"): {A, S, E},
    ("POST", "/decisions"): {A, S},
    ("GET", "/map"): {A, S, E},
    ("GET", "/picture"): {A, S, E},
    ("POST", "/events/new"): {A, S},
    ("POST", "/events/{event_id}/form"): {A, S},
    ("POST", "/events/{event_id}/rules"): {A, S},
    ("GET", "/events/{event_id}/job"): {A, S, E},
    ("POST", "/events/{event_id}/job"): {A, S},
    ("POST", "/events/{event_id}/swap"): {A, S},
    ("POST", "/events/{event_id}/move"): {A, S},
    ("GET", "/events/{event_id}/places"): {A, S},
    ("GET", "/events/{event_id}/versions"): {A, S, E},
    ("GET", "/day-worker.js"): EVERYBODY,
    ("GET", "/day/{event_id}"): {A, S, E},
    ("POST", "/day/{event_id}/attendance"): {A, S},
    ("POST", "/day/{event_id}/outcomes"): {A, S},
    ("GET", "/outcomes"): {A, S, E},
    ("GET", "/outcomes.csv"): {A, S, E},
    ("GET", "/quality"): {A, S, E},
    ("GET", "/quality/report"): {A, S, E},
    ("GET", "/quality/judge"): {A, S, E},
    ("POST", "/quality/judge"): {A, S, E},
    ("GET", "/quality/judgements.tsv"): {A, S, E},
    ("GET", "/company"): {C},
    ("GET", "/company/hints"): {C},
    ("GET", "/company/searches"): {C},
    ("POST", "/company/searches"): {C},
    ("POST", "/company/interests"): {C},
    ("GET", "/company/meetings.ics"): {C},
    ("POST", "/api/v1/matches"): {A, S, E},
    ("POST", "/api/v1/opportunities"): {A, S, E, C},
    ("GET", "/api/v1/companies"): {A, S, E},
    ("GET", "/api/v1/companies/{company_id:path}"): {A, S, E, C},
    ("PUT", "/api/v1/companies/{company_id:path}"): {A, S},
    ("DELETE", "/api/v1/companies/{company_id:path}"): {A, S},
    ("GET", "/api/v1/needs"): {A, S, E, C},
    ("GET", "/api/v1/needs/{need_id:path}"): {A, S, E, C},
    ("PUT", "/api/v1/needs/{need_id:path}"): {A, S},
    ("DELETE", "/api/v1/needs/{need_id:path}"): {A, S},
    ("GET", "/api/v1/buyers"): {A, S, E},
    ("GET", "/api/v1/buyers/{buyer_id:path}"): {A, S, E},
    ("PUT", "/api/v1/buyers/{buyer_id:path}"): {A, S},
    ("DELETE", "/api/v1/buyers/{buyer_id:path}"): {A, S},
    ("POST", "/api/v1/imports"): {A, S},
    ("GET", "/api/v1/imports"): {A, S},
    ("POST", "/api/v1/imports/{import_id}/undo"): {A, S},
    ("GET", "/api/v1/history/{kind}/{record_id:path}"): {A, S},
    ("GET", "/api/v1/expiring"): {A, S, E},
    ("GET", "/api/v1/decisions"): {A, S, E},
    ("POST", "/api/v1/decisions"): {A, S},
    ("DELETE", "/api/v1/decisions"): {A, S},
    ("GET", "/api/v1/duplicates"): {A, S},
    ("POST", "/api/v1/merges"): {A, S},
    ("DELETE", "/api/v1/merges/{company_id:path}"): {A, S},
    ("GET", "/api/v1/contacts/{kind}/{record_id:path}"): {A, S},
    ("PUT", "/api/v1/contacts/{kind}/{record_id:path}"): {A, S},
    ("GET", "/api/v1/events"): {A, S, E},
    ("GET", "/api/v1/events/{event_id}"): {A, S, E},
    ("PUT", "/api/v1/events/{event_id}"): {A, S},
    ("DELETE", "/api/v1/events/{event_id}"): {A, S},
    ("POST", "/api/v1/events/{event_id}/delegation"): {A, S},
    ("POST", "/api/v1/events/{event_id}/timetable"): {A, S},
    ("GET", "/api/v1/events/{event_id}/versions"): {A, S, E},
    ("GET", "/api/v1/events/{event_id}/versions/{version}"): {A, S, E},
    ("POST", "/api/v1/events/{event_id}/release"): {A, S},
    ("GET", "/api/v1/events/{event_id}/meetings"): {A, S, E, C},
    ("GET", "/api/v1/events/{event_id}/requests"): {A, S, E, C},
    ("POST", "/api/v1/events/{event_id}/requests"): {A, S, E, C},
    ("POST", "/api/v1/events/{event_id}/requests/{request_id}/answer"): {A, S},
    ("POST", "/api/v1/events/{event_id}/withdrawals"): {A, S},
    ("GET", "/api/v1/events/{event_id}/attendance"): {A, S, E},
    ("PUT", "/api/v1/events/{event_id}/attendance"): {A, S},
    ("GET", "/api/v1/events/{event_id}/timetable/{form}"): {A, S, E},
    ("GET", "/api/v1/funnel"): {A, S, E},
    ("GET", "/api/v1/follow-ups"): {A, S, E},
    ("GET", "/api/v1/exposure"): {A, S, E},
    ("GET", "/api/v1/events/{event_id}/outcomes"): {A, S, E},
    ("POST", "/api/v1/events/{event_id}/outcomes"): {A, S},
    ("DELETE", "/api/v1/events/{event_id}/outcomes/{outcome_id}"): {A, S},
}
PASSWORD = "correct horse battery"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """On SQLite only; the table of roles, keys and sessions are tried on both below."""
    return settings_in(tmp_path)


@pytest.fixture(scope="module", params=ENGINES)
def office(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, mecab: Analyzer
) -> Iterator[tuple[Workbench, TestClient]]:
    """One running service for the whole table: who may is asked before anything is done."""
    folder = tmp_path_factory.mktemp("office")
    with database(request.param, folder) as url:
        settings = replace(settings_in(folder), database_url=url)
        store = Store.open(url)
        store.save(companies(), needs(), Source("test"))
        bench = Workbench(settings, store, lambda: Tools(BigramEncoder(), mecab))
        build_snapshot(settings.home, companies(), needs(), BigramEncoder(), mecab)
        bench.jobs.start("index", "no index is built here", 1.0, lambda _, stop: _wait(stop))
        with TestClient(create_app(settings, bench), HOST, follow_redirects=False) as client:
            yield bench, client
        bench.close()


def _wait(stop: threading.Event) -> None:
    stop.wait()


@pytest.fixture
def app(bench: Workbench, settings: Settings, analyzer: Analyzer) -> FastAPI:  # noqa: F811
    build_snapshot(settings.home, companies(), needs(), BigramEncoder(), analyzer)
    return create_app(settings, bench)


@pytest.fixture
def browser(app: FastAPI) -> Iterator[TestClient]:
    with TestClient(app, HOST, follow_redirects=False) as client:
        yield client


@pytest.fixture
def accounts(database_url: str) -> Iterator[Accounts]:
    store = Store.open(database_url)  # noqa: F811
    store.save(companies(), needs(), Source("test"))
    yield store.accounts
    store.close()


def _routes(app: FastAPI) -> set[tuple[str, str]]:
    found = set()
    waiting: list[Any] = list(app.routes)
    while waiting:
        route = waiting.pop()
        inner = getattr(route, "original_router", None)
        if inner is not None:
            waiting += inner.routes
        elif getattr(route, "methods", None):
            found |= {(method, route.path) for method in route.methods - {"HEAD"}}
    return found


def _sign_in(browser: TestClient, bench: Workbench, role: str = "staff") -> str:  # noqa: F811
    """Sign in somebody new with a password of their own; return the session's CSRF token."""
    once = bench.store.accounts.add_user("김담당", role)
    bench.store.accounts.change_password("김담당", once, PASSWORD)
    browser.post("/sign-in", data={"name": "김담당", "password": PASSWORD})
    return _csrf(browser.get("/").text)


def _csrf(page: str) -> str:
    found = re.search(r'name="csrf" value="([^"]+)"', page)
    assert found
    return found.group(1)


# -- the table


def test_every_route_stands_in_both_tables(app: FastAPI) -> None:
    routes = _routes(app) - {("GET", "/openapi.json")}

    assert routes == EXPECTED.keys()
    assert {
        route: set(roles) for route, roles in PERMISSIONS.items() if route in routes
    } == EXPECTED


@pytest.mark.parametrize("route", EXPECTED, ids=" ".join)
@pytest.mark.parametrize("role", ROLES)
def test_a_role_gets_through_exactly_where_the_table_says(
    office: tuple[Workbench, TestClient], route: tuple[str, str], role: str
) -> None:
    bench, browser = office  # noqa: F811
    browser.cookies.clear()
    bench.store.save(companies(), needs(), Source("test"))  # what the last one deleted
    method, path = route
    company_id = "C-1" if role == "company" else None
    headers = {} if role == ANYONE else staff(bench, role, company_id)
    named = {
        "company_id:path": "C-1",
        "need_id:path": "N-1",
        "buyer_id:path": "B-1",
        "import_id": "1",
        "kind": "companies",
        "record_id:path": "C-1",
        "event_id": "e-1",
        "outcome_id": "1",
        "form": "csv",
        "version": "1",
        "request_id": "1",
        "draft_id": "d-1",
    }
    for name, value in named.items():
        path = path.replace(f"{{{name}}}", value)
    body = {"company_id": "C-1"} if path.endswith("opportunities") else {}

    answer = browser.request(method, path, headers=headers, json=body if method != "GET" else None)

    turned_away = answer.status_code in (401, 403) and path != "/sign-in"
    assert turned_away is (role not in EXPECTED[route]), answer.text
    if turned_away:
        code = ("sign_in_required", 401) if role == ANYONE else ("forbidden", 403)
        _problem(answer, code[1], code[0])


def test_a_company_sees_itself_and_public_fields_only(
    browser: TestClient,
    bench: Workbench,  # noqa: F811
) -> None:
    headers = staff(bench, "company", "C-1")

    own = browser.get("/api/v1/companies/C-1", headers=headers)
    other = browser.get("/api/v1/companies/C-2", headers=headers)
    theirs = browser.post("/api/v1/opportunities", json={"company_id": "C-2"}, headers=headers)
    text = browser.post("/api/v1/opportunities", json={"text": "LED"}, headers=headers)
    mine = browser.post("/api/v1/opportunities", json={"company_id": "C-1"}, headers=headers).json()
    page = browser.get("/api/v1/needs", headers=headers).json()

    assert own.json()["company_id"] == "C-1"
    for answer in (other, theirs, text):
        _problem(answer, 403, "forbidden")
    assert {m["company_id"] for m in mine["matches"]} == {"C-1"}
    for need in page["items"]:
        assert need.keys() <= set(PUBLIC_NEED_FIELDS)


@pytest.mark.parametrize("key", ["", "gm_", "gm_00000000_x", "gm__", "x", "gm_\x01_y", "가"])
def test_a_made_up_key_is_nobody(browser: TestClient, key: str) -> None:
    headers = {"Authorization": f"Bearer {key}".encode()}

    _problem(browser.get("/api/v1/needs", headers=headers), 401, "sign_in_required")


def test_a_revoked_key_opens_nothing_and_a_used_one_says_when(
    browser: TestClient,
    bench: Workbench,  # noqa: F811
) -> None:
    headers = staff(bench)
    assert browser.get("/api/v1/needs", headers=headers).status_code == 200
    (key,) = bench.store.accounts.keys()

    bench.store.accounts.revoke_key(key.key_id)

    assert key.used_at is not None
    assert browser.get("/api/v1/needs", headers=headers).status_code == 401
    with pytest.raises(UnknownId):
        bench.store.accounts.revoke_key(key.key_id)


# -- browsers


def test_the_first_sign_in_leads_to_a_password_of_ones_own(
    browser: TestClient,
    bench: Workbench,  # noqa: F811
) -> None:
    once = bench.store.accounts.first_administrator()
    assert once
    assert bench.store.accounts.first_administrator() is None

    signed_in = browser.post("/sign-in", data={"name": "admin", "password": once})
    home = browser.get("/", headers={"accept": "text/html"})
    api = browser.get("/api/v1/needs")
    csrf = _csrf(browser.get("/password").text)
    short = browser.post("/password", data={"csrf": csrf, "old": once, "new": "short"})
    changed = browser.post("/password", data={"csrf": csrf, "old": once, "new": PASSWORD})
    again = browser.post("/sign-in", data={"name": "admin", "password": PASSWORD})

    assert signed_in.headers["location"] == home.headers["location"] == "/password"
    assert "httponly" in signed_in.headers["set-cookie"].lower()
    assert "samesite=strict" in signed_in.headers["set-cookie"].lower()
    _problem(api, 403, "forbidden")
    assert short.status_code == 400
    assert changed.headers["location"] == "/sign-in"
    assert again.headers["location"] == "/"
    assert browser.get("/").status_code == 200


def test_a_page_sends_a_stranger_to_sign_in(browser: TestClient) -> None:
    answer = browser.get("/", headers={"accept": "text/html"})

    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")


def test_a_change_from_a_browser_needs_the_sessions_token(
    browser: TestClient,
    bench: Workbench,  # noqa: F811
) -> None:
    csrf = _sign_in(browser, bench)

    without = browser.delete("/api/v1/needs/N-1")
    wrong = browser.delete("/api/v1/needs/N-1", headers={"x-csrf-token": "0" * 43})
    form = browser.post("/match", data={"text": "LED"})
    good_form = browser.post("/match", data={"text": "LED 가로등", "csrf": csrf})
    right = browser.delete("/api/v1/needs/N-1", headers={"x-csrf-token": csrf})

    for answer in (without, wrong, form):
        _problem(answer, 403, "forbidden")
    assert "한빛조명" in good_form.text
    assert right.status_code == 204
    assert bench.store.imports()[0].actor == "김담당"


def test_signing_out_ends_the_session(browser: TestClient, bench: Workbench) -> None:  # noqa: F811
    csrf = _sign_in(browser, bench)
    cookie = browser.cookies[COOKIE]

    browser.post("/sign-out", data={"csrf": csrf})
    browser.cookies.set(COOKIE, cookie)

    assert browser.get("/").status_code == 401


def test_many_wrong_passwords_lock_and_the_answer_is_always_the_same(accounts: Accounts) -> None:
    once = accounts.add_user("김담당", "staff")

    wrong = [accounts.sign_in("김담당", "x") for _ in range(MOST_FAILURES)]
    locked = accounts.sign_in("김담당", once)
    nobody = accounts.sign_in("아무개", once)
    again = accounts.reset_password("김담당")

    assert {*wrong, locked, nobody} == {None}
    assert accounts.sign_in("김담당", once) is None
    assert accounts.sign_in("김담당", again) is not None


def test_a_lock_ends_and_a_session_ends(accounts: Accounts, database_url: str) -> None:
    once = accounts.add_user("김담당", "staff")
    for _ in range(MOST_FAILURES):
        accounts.sign_in("김담당", "x")
    past = datetime.now(UTC) - timedelta(seconds=1)
    engine = create_engine(database_url)
    with engine.begin() as connection:
        connection.execute(update(UserRow).values(locked_until=past))
    token = accounts.sign_in("김담당", once)
    assert token
    assert accounts.session(token)
    with engine.begin() as connection:
        connection.execute(update(SessionRow).values(expires_at=past))
    engine.dispose()

    assert accounts.session(token) is None


def test_secrets_are_not_in_the_database(tmp_path: Path) -> None:
    store = Store.open(f"sqlite:///{tmp_path / 's.sqlite3'}")  # noqa: F811
    password = store.accounts.add_user("김담당", "staff")
    token = store.accounts.sign_in("김담당", password)
    key = store.accounts.add_key("x", "staff", "tester")
    store.close()

    data = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    for secret in (password, str(token), key.split("_", 2)[2]):
        assert secret.encode() not in data
    assert b"$argon2id$" in data


@pytest.mark.parametrize(
    ("role", "company_id", "error"),
    [
        ("king", None, InvalidRequest),
        ("company", None, InvalidRequest),
        ("staff", "C-1", InvalidRequest),
        ("company", "C-404", UnknownId),
    ],
)
def test_a_role_that_makes_no_sense_is_refused(
    accounts: Accounts, role: str, company_id: str | None, error: type[Exception]
) -> None:
    with pytest.raises(error):
        accounts.add_user("이름", role, company_id)
    with pytest.raises(error):
        accounts.add_key("키", role, "tester", company_id)


def test_the_last_administrator_stays(accounts: Accounts) -> None:
    accounts.add_user("하나", "administrator")
    with pytest.raises(InvalidRequest):
        accounts.remove_user("하나")
    accounts.add_user("둘", "administrator")
    accounts.remove_user("하나")

    assert [user.name for user in accounts.users()] == ["둘"]


# -- contacts


def test_contacts_are_sealed_shown_to_staff_and_every_look_is_written_down(
    browser: TestClient,
    bench: Workbench,  # noqa: F811
    settings: Settings,
) -> None:
    headers = staff(bench)
    person = {
        "name": "홍길동",
        "phone": "02-000-0000",
        "email": "hong@example.kr",
        "position": "과장",
    }
    address = "/api/v1/contacts/companies/C-1"

    put = browser.put(address, json={"items": [person]}, headers=headers)
    seen = browser.get(address, headers=headers)
    none = browser.get("/api/v1/contacts/needs/N-1", headers=headers)

    assert put.json() == seen.json() == {"items": [person]}
    assert none.json() == {"items": []}
    views = bench.contacts().views()
    assert [view[1:] for view in views] == [("company", "C-1"), ("need", "N-1")]
    assert all(view[0].startswith("key:") for view in views)
    for path in settings.home.rglob("*"):
        if path.is_file():
            assert b"hong@example.kr" not in path.read_bytes()
            assert "홍길동".encode() not in path.read_bytes()
    assert "홍길동" not in str(bench.store.history("company", "C-1"))
    _problem(
        browser.put("/api/v1/contacts/needs/N-404", json={"items": []}, headers=headers),
        404,
        "unknown_id",
    )


def test_another_secret_opens_no_contacts(tmp_path: Path) -> None:
    sealed = Seal("one").close([{"name": "홍길동"}])

    with pytest.raises(StoreUnavailable, match="GREENMATCH_SECRET"):
        Seal("two").open(sealed)


def test_the_secret_is_made_once_and_private(settings: Settings) -> None:
    first = secret_of(settings)

    assert secret_of(settings) == first
    assert len(first) >= 32
    assert (settings.home / "secret.key").stat().st_mode & 0o077 == 0
    assert secret_of(replace(settings, secret="mine")) == "mine"


# -- limits and the public mode


def test_who_asks_too_often_is_told_to_wait(
    bench: Workbench,  # noqa: F811
    settings: Settings,
) -> None:
    app = create_app(replace(settings, rate="3/minute"), bench)
    client = TestClient(app, HOST)
    one, other = staff(bench), staff(bench)

    codes = [client.get("/api/v1/needs", headers=one).status_code for _ in range(4)]
    patient = client.get("/api/v1/needs", headers=other)

    assert codes == [200, 200, 200, 429]
    assert patient.status_code == 200
    answer = client.get("/api/v1/needs", headers=one)
    _problem(answer, 429, "too_many_requests")
    assert answer.headers["retry-after"] == "60"


def test_passwords_cannot_be_tried_by_the_hundred(browser: TestClient) -> None:
    codes = [
        browser.post("/sign-in", data={"name": f"n{i}", "password": "x"}).status_code
        for i in range(21)
    ]

    assert codes == [401] * 20 + [429]


def test_the_public_sees_public_fields_where_the_owner_opened_it(
    bench: Workbench,  # noqa: F811
    settings: Settings,
) -> None:
    closed = TestClient(create_app(settings, bench), HOST)
    opened_bench = Workbench(replace(settings, public=True), bench.store, bench.tools)
    opened = TestClient(create_app(opened_bench.settings, opened_bench), HOST)

    assert closed.get("/api/v1/needs").status_code == 401
    page = opened.get("/api/v1/needs").json()
    assert page["items"]
    assert all(item.keys() <= set(PUBLIC_NEED_FIELDS) for item in page["items"])
    assert opened.get("/api/v1/companies").status_code == 401
    assert opened.delete("/api/v1/needs/N-1").status_code == 401
