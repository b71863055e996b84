import json
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from indexing.analyzer import Analyzer, open_analyzer
from indexing.encoder import Kind, Vectors
from indexing.snapshot import build_snapshot
from matcher.errors import GreenMatchError, SnapshotMissing
from matcher.progress import Progress, silent
from service.api.imports import safe_name
from service.api.wire import (
    BuyerPage,
    CompanyPage,
    ImportBody,
    NeedPage,
    OpportunitiesBody,
    ProblemBody,
    ReadyBody,
    ShortlistBody,
)
from service.app import create_app
from service.door import Door
from service.problems import STATUS
from service.serving import is_loopback
from service.settings import Settings
from service.store import Source, Store
from service.workbench import Tools, Workbench
from tests.worlds import COMPANIES, NEEDS, BigramEncoder, companies, needs, settings_in

HOST = "http://127.0.0.1:8000"


@pytest.fixture(scope="session")
def analyzer() -> Analyzer:
    return open_analyzer("mecab")


@pytest.fixture
def settings(tmp_path: Path, database_url: str) -> Settings:
    return replace(settings_in(tmp_path), database_url=database_url)


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    store = Store.open(settings.database_url)
    store.save(companies(), needs(), Source("test"))
    yield store
    store.close()


@pytest.fixture
def bench(settings: Settings, store: Store, analyzer: Analyzer) -> Workbench:
    return Workbench(settings, store, lambda: Tools(BigramEncoder(), analyzer))


@pytest.fixture
def client(bench: Workbench, settings: Settings, analyzer: Analyzer) -> Iterator[TestClient]:
    build_snapshot(settings.home, companies(), needs(), BigramEncoder(), analyzer)
    with TestClient(create_app(settings, bench), HOST, headers=staff(bench)) as client:
        yield client


def staff(bench: Workbench, role: str = "staff", company_id: str | None = None) -> dict[str, str]:
    """Return the header of a program with a key of its own."""
    key = bench.store.accounts.add_key("test", role, "tester", company_id)
    return {"Authorization": f"Bearer {key}"}


def _problem(response: Any, status: int, code: str) -> ProblemBody:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    problem = ProblemBody.model_validate(response.json(), strict=True)
    assert (problem.status, problem.code) == (status, code)
    assert any("가" <= letter <= "힣" for letter in problem.detail)
    return problem


# -- matching


def test_a_stored_need_gets_companies_whose_reasons_sum_to_the_score(client: TestClient) -> None:
    response = client.post("/api/v1/matches", json={"need_id": "N-1", "k": 2})

    answer = ShortlistBody.model_validate(response.json())
    assert answer.matches[0].company_id == "C-1"
    for match in answer.matches:
        assert match.score == pytest.approx(sum(reason.points for reason in match.reasons))
    assert answer.stale is None
    text = f"{NEEDS[0]['title']}\n{NEEDS[0]['description']}"
    for span in answer.matches[0].reasons[0].need_spans:
        assert text[span.start : span.end] == span.quote


def test_a_compound_need_is_answered_with_its_parts_and_a_consortium(client: TestClient) -> None:
    asked = {"text": "1. 빗물 저류 시스템 설치\n2. 정수 처리 설비 공급\n3. LED 가로등 교체"}

    response = client.post("/api/v1/matches", json=asked)

    answer = ShortlistBody.model_validate(response.json())
    assert answer.consortium is not None
    assert list(answer.consortium.coverage) == [part.part_id for part in answer.parts]
    taken = [item.part_id for member in answer.consortium.members for item in member.covers]
    assert sorted([*taken, *answer.consortium.uncovered]) == sorted(answer.consortium.coverage)
    assert (answer.consortium.notice is None) == (not answer.consortium.uncovered)


def test_a_free_text_is_matched_like_a_need_and_is_not_stored(
    client: TestClient, store: Store
) -> None:
    asked = {"text": "도로를 비추는 LED 가로등", "country": "베트남", "language": "ko", "k": 1}

    response = client.post("/api/v1/matches", json=asked)

    assert [m["company_id"] for m in response.json()["matches"]] == ["C-3"]
    assert list(store.needs()) == needs()


def test_filters_never_starve_the_list(client: TestClient) -> None:
    asked = {"text": "LED 가로등", "k": 1, "filters": {"languages": ["베트남어"]}}

    response = client.post("/api/v1/matches", json=asked)

    assert [m["company_id"] for m in response.json()["matches"]] == ["C-2"]


def test_a_company_gets_its_opportunities(client: TestClient) -> None:
    response = client.post("/api/v1/opportunities", json={"company_id": "C-1", "k": 1})

    answer = OpportunitiesBody.model_validate(response.json())
    assert [match.need_id for match in answer.matches] == ["N-1"]


def test_an_opportunity_says_how_acceptable_it_is_to_both_sides_and_why(
    client: TestClient,
) -> None:
    answer = client.post("/api/v1/opportunities", json={"company_id": "C-2", "k": 1}).json()

    (match,) = answer["matches"]
    sides = match["acceptance"]
    assert 0 < sides["company_side"] <= sides["need_side"] <= 1
    assert sides["company_side"] <= match["pair_score"] <= sides["need_side"]
    assert all(reason["side"] in ("need", "company") for reason in sides["reasons"])


def test_what_a_company_wants_is_kept_and_given_back(client: TestClient) -> None:
    wants = {"target_sectors": ["LED"], "min_budget_usd": 250_000.0}

    client.put("/api/v1/companies/C-9", json={"name_ko": "가", **wants})

    stored = client.get("/api/v1/companies/C-9").json()
    assert {name: stored[name] for name in wants} == wants


def test_a_certificate_that_the_text_requires_refuses_those_without(client: TestClient) -> None:
    asked = {"text": "LED 가로등", "required_certifications": ["녹색기술인증"]}

    answer = client.post("/api/v1/matches", json=asked).json()

    assert [match["company_id"] for match in answer["matches"]] == ["C-1"]
    assert {refusal["company_id"] for refusal in answer["refusals"]} >= {"C-3"}


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        ("matches", {}, 400, "invalid_request"),
        ("matches", {"need_id": "N-1", "text": "x"}, 400, "invalid_request"),
        ("matches", {"text": "  "}, 400, "invalid_request"),
        ("matches", {"text": "x", "country": "아틀란티스"}, 400, "invalid_request"),
        ("matches", {"text": "x", "language": "??"}, 400, "invalid_request"),
        ("matches", {"text": "x", "filters": {"countries": ["?"]}}, 400, "invalid_request"),
        ("matches", {"need_id": "N-404"}, 404, "unknown_id"),
        ("matches", {"text": "x", "k": 0}, 422, "malformed_payload"),
        ("matches", {"text": "x", "k": 101}, 422, "malformed_payload"),
        ("matches", {"text": "x", "k": "many"}, 422, "malformed_payload"),
        ("matches", {"text": "x" * 20_001}, 422, "malformed_payload"),
        ("matches", {"text": "a\x00b"}, 422, "malformed_payload"),
        ("matches", {"text": 7}, 422, "malformed_payload"),
        ("matches", {"text": "x", "colour": "red"}, 422, "malformed_payload"),
        ("matches", [], 422, "malformed_payload"),
        ("opportunities", {"company_id": "C-404"}, 404, "unknown_id"),
        ("opportunities", {}, 400, "invalid_request"),
    ],
)
def test_a_request_that_makes_no_sense_is_answered_with_a_problem(
    client: TestClient, path: str, body: Any, status: int, code: str
) -> None:
    response = client.post(f"/api/v1/{path}", json=body)

    _problem(response, status, code)


def test_half_a_surrogate_pair_and_broken_json_are_malformed_and_no_crash(
    client: TestClient,
) -> None:
    for body in (
        b'{"text": "\\ud800"}',
        b'{"text": ',
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"text": "x", "k": NaN}',
        b"",
    ):
        response = client.post(
            "/api/v1/matches", content=body, headers={"content-type": "application/json"}
        )

        assert response.status_code in (400, 422), body[:20]
        ProblemBody.model_validate(response.json())


# -- records


def test_put_get_delete_keep_every_field_that_nobody_knows(client: TestClient) -> None:
    record = {**COMPANIES[0], "company_id": "C-9", "비고": {"내용": [1, 2.5, None, "가"]}}

    created = client.put("/api/v1/companies/C-9", json=record)
    again = client.put("/api/v1/companies/C-9", json=created.json())
    read = client.get("/api/v1/companies/C-9")
    gone = client.delete("/api/v1/companies/C-9")

    assert (created.status_code, again.status_code, gone.status_code) == (201, 200, 204)
    assert read.json() == created.json()
    assert record.items() <= read.json().items()
    _problem(client.get("/api/v1/companies/C-9"), 404, "unknown_id")


def test_personal_data_that_is_put_is_not_kept(client: TestClient) -> None:
    offering = {"offering_id": "O", "title": "정수기", "description": "문의 x@green.kr", "tel": "1"}
    company = {"name_ko": "그린", "offerings": [offering], "담당자": "홍길동", "note": "수출 준비"}
    need = {"title": "정수", "description": "010-1234-5678로 연락", "info": {"email": "a@b.kr"}}

    put_company = client.put("/api/v1/companies/P", json=company)
    put_need = client.put("/api/v1/needs/P", json=need)

    stored = client.get("/api/v1/companies/P").json(), client.get("/api/v1/needs/P").json()
    assert (put_company.json(), put_need.json()) == stored
    assert stored[0]["offerings"][0]["description"] == "문의 [연락처]"
    assert stored[0]["note"] == "수출 준비"
    assert stored[1]["description"] == "[연락처]로 연락"
    assert not {"담당자", "tel", "email"} & {
        *stored[0],
        *stored[0]["offerings"][0],
        *stored[1]["info"],
    }


def test_a_buyer_is_put_read_and_deleted_and_its_people_stand_apart(client: TestClient) -> None:
    buyer = {
        "name": "하노이 환경공사",
        "country": "베트남",
        "languages": ["베트남어"],
        "phone": "1",
    }
    person = {"name": "Nguyen An", "email": "an@x.vn"}

    created = client.put("/api/v1/buyers/B-9", json=buyer)
    changed = client.put("/api/v1/buyers/B-9", json={**created.json(), "city": "하노이"})
    client.put("/api/v1/contacts/buyers/B-9", json={"items": [person]})
    page = BuyerPage.model_validate(client.get("/api/v1/buyers").json())
    history = client.get("/api/v1/history/buyers/B-9").json()["items"]
    people = client.get("/api/v1/contacts/buyers/B-9").json()["items"]
    undone = client.post(f"/api/v1/imports/{history[0]['import_id']}/undo")
    read = client.get("/api/v1/buyers/B-9").json()
    gone = client.delete("/api/v1/buyers/B-9")

    assert (created.status_code, changed.status_code) == (201, 200)
    assert (undone.status_code, gone.status_code) == (200, 204)
    assert (created.json()["country"], created.json()["languages"]) == ("VN", ["vi"])
    assert "phone" not in created.json()
    assert [item.buyer_id for item in page.items] == ["B-9"]
    assert [item["action"] for item in history] == ["changed", "added"]
    assert people[0]["email"] == "an@x.vn"
    assert read == created.json()
    _problem(client.get("/api/v1/buyers/B-9"), 404, "unknown_id")
    _problem(client.delete("/api/v1/buyers/B-9"), 404, "unknown_id")
    _problem(client.put("/api/v1/buyers/B-9", json={"country": "VN"}), 422, "invalid_record")


def test_a_need_is_put_read_and_deleted(client: TestClient) -> None:
    need = {"title": "정수 설비", "country": "베트남", "language": "베트남어", "x": 1}

    created = client.put("/api/v1/needs/N%2F9", json=need)
    read = client.get("/api/v1/needs/N%2F9")

    assert created.status_code == 201
    assert read.json()["country"] == "VN"
    assert read.json()["language"] == "vi"
    assert (read.json()["need_id"], read.json()["x"]) == ("N/9", 1)
    assert client.delete("/api/v1/needs/N%2F9").status_code == 204


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"name_ko": ""}, 422, "invalid_record"),
        ({"name_ko": "이름", "company_id": "C-other"}, 400, "invalid_request"),
        ({"name_ko": "이름", "offerings": [{"title": ""}]}, 422, "invalid_record"),
        ({"name_ko": "이름", "offerings": "물"}, 422, "malformed_payload"),
        ({"name_ko": "이름", "certifications": [7]}, 422, "malformed_payload"),
        ({"name_ko": "이름", "employees": 10**30}, 422, "malformed_payload"),
        ({"name_ko": "이름", "x": "a\x00b"}, 422, "invalid_record"),
        (
            {"name_ko": "이름", "certifications": [{"name": "a", "valid_until": "2026.2.30"}]},
            422,
            "invalid_record",
        ),
    ],
)
def test_a_body_that_makes_no_company_is_refused(
    client: TestClient, body: Any, status: int, code: str
) -> None:
    _problem(client.put("/api/v1/companies/C-9", json=body), status, code)


def test_infinity_and_half_surrogates_in_unknown_fields_are_refused(client: TestClient) -> None:
    for value in (b"Infinity", b"NaN", b'"\\ud800"'):
        response = client.put(
            "/api/v1/companies/C-9",
            content=b'{"name_ko": "\xea\xb0\x80", "x": ' + value + b"}",
            headers={"content-type": "application/json"},
        )

        assert response.status_code == 422, value
        ProblemBody.model_validate(response.json())


def test_lists_are_paged_to_the_end(client: TestClient) -> None:
    first = CompanyPage.model_validate(client.get("/api/v1/companies?limit=2").json())
    second = CompanyPage.model_validate(
        client.get(f"/api/v1/companies?limit=2&cursor={first.next_cursor}").json()
    )
    needs_page = NeedPage.model_validate(client.get("/api/v1/needs").json())

    ids = [item.company_id for item in (*first.items, *second.items)]
    assert ids == ["C-1", "C-2", "C-3"]
    assert (second.next_cursor, second.total, needs_page.total) == (None, 3, 2)
    _problem(client.get("/api/v1/companies?cursor=_w"), 400, "invalid_request")
    _problem(client.get("/api/v1/companies?limit=0"), 422, "malformed_payload")
    _problem(client.get("/api/v1/needs?limit=201"), 422, "malformed_payload")


# -- freshness


def test_a_deleted_company_leaves_the_answers_at_once(client: TestClient) -> None:
    client.delete("/api/v1/companies/C-1")

    answer = client.post("/api/v1/matches", json={"need_id": "N-1"}).json()

    assert "C-1" not in [match["company_id"] for match in answer["matches"]]
    assert answer["stale"] is None


def test_another_process_changes_the_store_and_the_snapshot_and_the_server_notices(
    client: TestClient, settings: Settings, analyzer: Analyzer
) -> None:
    elsewhere = Store.open(settings.database_url)
    new = replace(companies()[2], company_id="C-4", name_ko="새조명")
    elsewhere.save([new], [], Source("cli"))

    before = client.post("/api/v1/matches", json={"text": "LED 가로등", "k": 2}).json()
    contents = elsewhere.contents()
    build_snapshot(settings.home, contents.companies, contents.needs, BigramEncoder(), analyzer)
    after = client.post("/api/v1/matches", json={"text": "LED 가로등", "k": 2}).json()

    assert before["stale"] is None
    assert {match["company_id"] for match in before["matches"]} == {"C-3", "C-4"}
    assert after["stale"] is None
    assert {match["company_id"] for match in after["matches"]} == {"C-3", "C-4"}
    elsewhere.close()


def test_a_new_snapshot_of_another_model_is_left_aside_and_readyz_tells(
    client: TestClient, settings: Settings, analyzer: Analyzer
) -> None:
    other = BigramEncoder()
    other.name = "other@2"
    build_snapshot(settings.home, companies(), needs(), other, analyzer)

    answer = client.post("/api/v1/matches", json={"need_id": "N-1"})

    assert answer.status_code == 200
    _problem(client.get("/readyz"), 503, "snapshot_mismatch")
    build_snapshot(settings.home, companies(), needs(), BigramEncoder(), analyzer)
    assert client.get("/readyz").status_code == 200


def test_without_a_snapshot_the_server_lives_and_is_not_ready(
    bench: Workbench, settings: Settings, analyzer: Analyzer
) -> None:
    with TestClient(create_app(settings, bench), base_url=HOST, headers=staff(bench)) as client:
        assert client.get("/healthz").json() == {"status": "ok"}
        problem = _problem(client.get("/readyz"), 503, "snapshot_missing")
        assert "greenmatch index" in problem.detail
        _problem(client.post("/api/v1/matches", json={"need_id": "N-1"}), 503, "snapshot_missing")

        build_snapshot(settings.home, companies(), needs(), BigramEncoder(), analyzer)

        ReadyBody.model_validate(client.get("/readyz").json())


def test_the_model_is_opened_once_however_many_ask_at_first(
    settings: Settings, store: Store, analyzer: Analyzer
) -> None:
    build_snapshot(settings.home, companies(), needs(), BigramEncoder(), analyzer)
    opened: list[int] = []

    def open_slowly() -> Tools:
        opened.append(1)
        time.sleep(0.05)
        return Tools(BigramEncoder(), analyzer)

    bench = Workbench(settings, store, open_slowly)
    desks = []
    threads = [threading.Thread(target=lambda: desks.append(bench.desk())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(opened) == 1
    assert len({id(desk) for desk in desks}) == 1


def test_a_request_answers_while_another_is_still_encoding(
    settings: Settings, store: Store, analyzer: Analyzer
) -> None:
    may_go_on = threading.Event()
    is_inside = threading.Event()

    class SlowForOne(BigramEncoder):
        def encode(self, texts: Sequence[str], kind: Kind, progress: Progress = silent) -> Vectors:
            if any("느린" in text for text in texts):
                is_inside.set()
                assert may_go_on.wait(20)
            return super().encode(texts, kind, progress)

    build_snapshot(settings.home, companies(), needs(), BigramEncoder(), analyzer)
    bench = Workbench(settings, store, lambda: Tools(SlowForOne(), analyzer))
    with TestClient(create_app(settings, bench), base_url=HOST, headers=staff(bench)) as client:
        slow: list[int] = []
        thread = threading.Thread(
            target=lambda: slow.append(
                client.post("/api/v1/matches", json={"text": "느린 글"}).status_code
            )
        )
        thread.start()
        assert is_inside.wait(20)

        quick = client.post("/api/v1/matches", json={"text": "LED 가로등"})

        assert quick.status_code == 200
        assert slow == []
        may_go_on.set()
        thread.join()
        assert slow == [200]


# -- imports


def test_a_file_is_imported_and_again_changes_nothing(client: TestClient) -> None:
    lines = "\n".join(json.dumps({**n, "need_id": f"X-{n['need_id']}"}) for n in NEEDS).encode()

    first = client.post("/api/v1/imports", files={"file": ("수요.jsonl", lines)})
    second = client.post("/api/v1/imports", files={"file": ("수요.jsonl", lines)})

    saved = ImportBody.model_validate(first.json()).saved
    assert (saved.needs.added, saved.needs.unchanged) == (2, 0)
    again = ImportBody.model_validate(second.json()).saved
    assert (again.needs.added, again.needs.unchanged) == (0, 2)
    assert client.get("/api/v1/needs/X-N-1").status_code == 200


def test_a_file_that_cannot_be_read_is_a_problem_and_leaves_no_trace(
    client: TestClient, settings: Settings, store: Store
) -> None:
    revision = store.revision()
    for name, content in (
        ("그림.xlsx", b"\x89PNG\r\n" * 100),
        ("빈.csv", b""),
        ("../../etc/passwd", b"root"),
        ("x" * 300 + ".xlsx", b"PK"),
    ):
        response = client.post("/api/v1/imports", files={"file": (name, content)})

        _problem(response, 400, "unreadable_file")
    assert store.revision() == revision
    assert list((settings.home / "uploads").iterdir()) == []


def test_a_wrong_kind_and_a_missing_file_are_malformed(client: TestClient) -> None:
    files = {"file": ("a.csv", b"x")}

    _problem(
        client.post("/api/v1/imports", files=files, data={"kind": "dogs"}), 422, "malformed_payload"
    )
    _problem(client.post("/api/v1/imports"), 422, "malformed_payload")


def test_more_than_20_mb_is_too_large(client: TestClient) -> None:
    body = b"x" * (20 * 1024 * 1024 + 100_000)

    response = client.post("/api/v1/imports", files={"file": ("a.csv", body)})
    huge = client.post("/api/v1/matches", json={"text": "x" * 3_000_000})

    _problem(response, 413, "payload_too_large")
    _problem(huge, 413, "payload_too_large")


@pytest.mark.parametrize("path", ["matches", "imports"])
def test_a_body_that_does_not_tell_its_length_is_counted(client: TestClient, path: str) -> None:
    def pieces() -> Iterator[bytes]:
        for _ in range(25):
            yield b"x" * 1024 * 1024

    kind = {"matches": "application/json", "imports": "multipart/form-data; boundary=b"}[path]
    response = client.post(f"/api/v1/{path}", content=pieces(), headers={"content-type": kind})

    assert "content-length" not in response.request.headers
    _problem(response, 413, "payload_too_large")


@pytest.mark.parametrize(
    ("given", "safe"),
    [
        ("기업 명단.xlsx", "기업 명단.xlsx"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\kim\\a.csv", "a.csv"),
        ("", "upload"),
        ("..", "upload"),
        ("a\x00b\n.csv", "ab.csv"),
        ("가" * 200 + ".jsonl", "가" * 60 + ".jsonl"),
    ],
)
def test_a_clients_file_name_becomes_a_plain_one(given: str, safe: str) -> None:
    assert safe_name(given) == safe


# -- errors, docs, pages, the door


def test_every_error_over_http_is_a_problem(client: TestClient) -> None:
    _problem(client.get("/nowhere"), 404, "unknown_route")
    _problem(client.get("/api/v1/matches"), 405, "method_not_allowed")
    assert client.get("/api/v1/matches").headers["allow"] == "POST"


def test_a_bug_is_a_problem_that_tells_nothing(
    bench: Workbench, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr(bench, "check_ready", broken)
    client = TestClient(create_app(settings, bench), HOST, raise_server_exceptions=False)

    response = client.get("/readyz")

    _problem(response, 500, "internal_error")
    assert "secret" not in response.text


def test_every_error_of_ours_has_a_status() -> None:
    kinds = {
        kind for kind in GreenMatchError.__subclasses__() if kind.__module__ == "matcher.errors"
    }

    assert kinds <= STATUS.keys()
    assert list(STATUS)[-1] is GreenMatchError


def test_openapi_is_korean_and_names_every_route_of_the_contract(client: TestClient) -> None:
    paths = client.get("/openapi.json").json()["paths"]

    operations = {
        (method, path): operation
        for path, methods in paths.items()
        for method, operation in methods.items()
    }
    records = {
        (method, f"/api/v1/{kind}/{{{name}}}")
        for kind, name in (
            ("companies", "company_id"),
            ("needs", "need_id"),
            ("buyers", "buyer_id"),
        )
        for method in ("get", "put", "delete")
    }
    event = "/api/v1/events/{event_id}"
    events = {
        *(("get", "/api/v1/events"), ("get", event), ("put", event), ("delete", event)),
        *(("post", f"{event}/{plan}") for plan in ("delegation", "timetable", "outcomes")),
        ("get", f"{event}/outcomes"),
        ("get", f"{event}/timetable/{{form}}"),
        *(
            ("get", f"{event}/versions"),
            ("get", f"{event}/versions/{{version}}"),
            ("post", f"{event}/release"),
            ("get", f"{event}/meetings"),
            ("get", f"{event}/requests"),
            ("post", f"{event}/requests"),
            ("post", f"{event}/requests/{{request_id}}/answer"),
            ("post", f"{event}/withdrawals"),
            ("get", f"{event}/attendance"),
            ("put", f"{event}/attendance"),
        ),
        *(("get", f"/api/v1/{name}") for name in ("funnel", "follow-ups", "exposure")),
        ("delete", f"{event}/outcomes/{{outcome_id}}"),
    }
    assert operations.keys() == records | events | {
        ("get", "/api/v1/companies"),
        ("get", "/api/v1/needs"),
        ("get", "/api/v1/buyers"),
        ("post", "/api/v1/matches"),
        ("post", "/api/v1/opportunities"),
        ("post", "/api/v1/imports"),
        ("get", "/api/v1/imports"),
        ("post", "/api/v1/imports/{import_id}/undo"),
        ("get", "/api/v1/history/{kind}/{record_id}"),
        ("get", "/api/v1/expiring"),
        ("get", "/api/v1/decisions"),
        ("post", "/api/v1/decisions"),
        ("delete", "/api/v1/decisions"),
        ("get", "/api/v1/duplicates"),
        ("post", "/api/v1/merges"),
        ("delete", "/api/v1/merges/{company_id}"),
        ("get", "/api/v1/contacts/{kind}/{record_id}"),
        ("put", "/api/v1/contacts/{kind}/{record_id}"),
        ("get", "/healthz"),
        ("get", "/metrics"),
        ("get", "/readyz"),
    }
    for operation in operations.values():
        assert any("가" <= letter <= "힣" for letter in operation["summary"])


def test_no_page_loads_anything_from_another_host(client: TestClient) -> None:
    for path in ("/match", "/docs"):
        page = client.get(path)
        assert page.status_code == 200
        assert "http://" not in page.text
        assert "https://" not in page.text
        assert "default-src 'self'" in page.headers["content-security-policy"]
    for name in ("swagger-ui-bundle.js", "swagger-ui.css", "docs.js", "page.css"):
        answer = client.get(f"/static/{name}")
        assert answer.status_code == 200
        assert answer.headers["Cache-Control"] == "no-cache"  # never older than the page


def test_a_text_finds_companies_and_what_was_typed_is_escaped(client: TestClient) -> None:
    found = client.post("/match", data={"text": "LED 가로등 <script>alert(1)</script>"})
    wrong = client.post("/match", data={"text": "x", "country": "아틀란티스"})
    empty = client.post("/match", data={})

    assert "한빛조명" in found.text
    assert "<script>alert" not in found.text
    assert (wrong.status_code, empty.status_code) == (400, 400)
    assert "아는 국가가 아닙니다" in wrong.text


def test_a_page_shows_near_misses_where_nobody_fits_and_who_takes_which_part(
    client: TestClient, bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = client.post("/match", data={"text": "LED 가로등"}).text
    parts = client.post(
        "/match", data={"text": "1. 막여과 정수 설비\n2. LED 가로등\n3. 빗물 저류조 설치"}
    ).text
    desk = bench.desk()
    sure = replace(
        desk.matchmaker._policy.confidence, model=desk.manifest.model, line=1.0, described=1
    )
    monkeypatch.setattr(
        desk.matchmaker, "_policy", replace(desk.matchmaker._policy, confidence=sure)
    )
    nobody = client.post("/match", data={"text": "LED 가로등"}).text

    assert "복합 수요" not in whole
    assert "누가 무엇을 맡나" in parts
    assert "적합한 공급기업 없음" in nobody
    assert "<details open><summary>가장 가까웠던 공급기업" in nobody


def test_pages_of_other_sites_may_not_use_a_visitors_browser(client: TestClient) -> None:
    for headers in (
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"host": "evil.example"},
        {"host": "evil.example:8000"},
        {"host": "["},
    ):
        response = client.delete("/api/v1/needs/N-1", headers=headers)

        _problem(response, 403, "foreign_origin")
    own = client.delete("/api/v1/needs/N-1", headers={"origin": HOST})
    assert own.status_code == 204


def test_an_openly_served_server_answers_to_any_name(bench: Workbench, settings: Settings) -> None:
    client = TestClient(
        create_app(replace(settings, host="0.0.0.0"), bench), "http://match.example.kr"
    )

    assert client.get("/healthz").status_code == 200
    assert Door.__doc__


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("127.0.0.1", True),
        ("127.8.8.8", True),
        ("::1", True),
        ("localhost", True),
        ("0.0.0.0", False),
        ("::", False),
        ("192.168.0.3", False),
        ("example.kr", False),
        ("", False),
    ],
)
def test_only_addresses_of_this_computer_are_safe(host: str, loopback: bool) -> None:
    assert is_loopback(host) is loopback


def test_missing_snapshot_is_told_before_the_model_is_loaded(
    settings: Settings, store: Store
) -> None:
    def never() -> Tools:
        raise AssertionError("the model was loaded for nothing")

    with pytest.raises(SnapshotMissing, match="greenmatch index"):
        Workbench(settings, store, never).desk()
