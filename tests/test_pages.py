"""Pages as a browser sends their forms, without a browser: imports, duplicates, decisions, company, quality."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient
from openpyxl import Workbook

from indexing.analyzer import Analyzer
from indexing.snapshot import build_snapshot
from service.app import create_app
from service.settings import Settings
from service.workbench import Workbench
from tests.test_api import HOST, analyzer, bench, store  # noqa: F401
from tests.worlds import BigramEncoder, companies, needs, settings_in

PASSWORD = "correct horse battery"
HOSTILE = '<script>alert(1)</script><img src=x onerror=alert(2)>"\'&\u202e=HYPERLINK("http://evil.example")'


@pytest.fixture
def settings(tmp_path: Any) -> Settings:
    return settings_in(tmp_path)


@pytest.fixture
def client(bench: Workbench, settings: Settings, analyzer: Analyzer) -> Iterator[TestClient]:  # noqa: F811
    build_snapshot(settings.home, companies(), needs(), BigramEncoder(), analyzer)
    with TestClient(create_app(settings, bench), HOST) as client:
        _sign_in(client, bench, "staff")
        yield client


def _sign_in(
    client: TestClient,
    bench: Workbench,  # noqa: F811
    role: str,
    company_id: str | None = None,
) -> None:
    client.cookies.clear()
    once = bench.store.accounts.add_user(f"김{role}", role, company_id)
    bench.store.accounts.change_password(f"김{role}", once, PASSWORD)
    client.post("/sign-in", data={"name": f"김{role}", "password": PASSWORD})
    client.headers["X-CSRF-Token"] = _csrf(client)


def _csrf(client: TestClient) -> str:
    found = re.search(r'name="csrf" value="([^"]+)"', client.get("/password").text)
    assert found
    return found.group(1)


def _sheet(tmp_path: Any, rows: list[list[str]]) -> bytes:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(row)
    book.save(tmp_path / "s.xlsx")
    return bytes((tmp_path / "s.xlsx").read_bytes())


# -- imports


def test_a_file_waits_sealed_until_its_columns_are_right(
    client: TestClient,
    bench: Workbench,  # noqa: F811
    tmp_path: Any,
) -> None:
    rows = [
        ["기업ID", "기업명", "공급기술명", "하는 일", "담당자", "전화번호"],
        ["P-1", "새기업", "새 기술", "도로를 비추는 LED 가로등", "홍길동", "010-1234-5678"],
        ["P-1", "겹친 기업", "x", "y", "", ""],
    ]
    shown = client.post("/imports", files={"file": ("기업.xlsx", _sheet(tmp_path, rows))})
    here = shown.url.path
    (waiting,) = bench.drafts().waiting()
    before = bench.store.counts()
    heads = ["기업ID", "기업명", "공급기술명", "하는 일"]
    meanings = ["company_id", "name_ko", "title", "description"]
    corrected = client.post(here, data={"step": "correct", "head": heads, "meaning": meanings})
    problems = client.get(f"{here}/problems").content.decode("utf-8-sig")
    taken = client.post(here, data={"step": "take"})
    entry = bench.store.imports(1)[0]
    company = bench.store.company("P-1")
    undone = client.post(f"/imports/{entry.import_id}/undo")
    twice = client.post(f"/imports/{entry.import_id}/undo")

    assert "개인정보: 봉해서 따로 보관" in shown.text
    assert "홍길동" not in shown.text + corrected.text + problems
    assert "010-1234" not in shown.text + problems
    assert b"010-1234" not in waiting.content
    assert before["companies"] == 3
    assert ",3," in problems
    assert company.offerings[0].description == "도로를 비추는 LED 가로등"
    assert "하는 일" not in company.extra
    assert taken.url.path == "/imports"
    assert bench.drafts().waiting() == ()
    assert bench.store.counts()["companies"] == 3
    assert "되돌렸음" in undone.text
    assert twice.status_code == 400


def test_a_column_can_be_taken_for_nothing_and_its_cells_are_kept(
    client: TestClient,
    bench: Workbench,  # noqa: F811
    tmp_path: Any,
) -> None:
    rows = [["기업ID", "기업명", "공급기술명", "지역"], ["P-2", "나", "기술", "서울"]]
    here = client.post("/imports", files={"file": ("a.xlsx", _sheet(tmp_path, rows))}).url.path
    heads, meanings = (
        ["기업ID", "기업명", "공급기술명", "지역"],
        ["company_id", "name_ko", "title", ""],
    )
    client.post(here, data={"step": "correct", "head": heads, "meaning": meanings})
    client.post(here, data={"step": "take"})

    company = bench.store.company("P-2")
    assert (company.region, company.extra["지역"]) == (None, "서울")


def test_personal_data_stays_personal_whatever_it_is_said_to_mean(
    client: TestClient,
    bench: Workbench,  # noqa: F811
    tmp_path: Any,
) -> None:
    rows = [["기업ID", "기업명", "공급기술명", "담당자"], ["P-3", "나", "기술", "홍길동"]]
    here = client.post("/imports", files={"file": ("a.xlsx", _sheet(tmp_path, rows))}).url.path
    client.post(here, data={"step": "correct", "head": ["담당자"], "meaning": ["description"]})
    client.post(here, data={"step": "take"})

    assert "홍길동" not in str(bench.store.company("P-3").to_dict())


def test_a_file_that_cannot_be_read_says_why_and_can_be_discarded(
    client: TestClient,
    bench: Workbench,  # noqa: F811
) -> None:
    shown = client.post("/imports", files={"file": ("a.xlsx", b"\x89PNG....")})
    refused = client.post(shown.url.path, data={"step": "take"})
    client.post(shown.url.path, data={"step": "discard"})
    empty = client.post("/imports", files={"file": ("a.csv", b"")})
    gone = client.get(shown.url.path)

    assert (shown.status_code, refused.status_code, empty.status_code) == (400, 400, 400)
    assert "PNG 그림" in shown.text
    assert "빈 파일" in empty.text
    assert gone.status_code == 404
    assert bench.drafts().waiting() == ()


def test_two_companies_are_made_one_and_parted_again(
    client: TestClient,
    bench: Workbench,  # noqa: F811
) -> None:
    client.post("/duplicates", data={"into_id": "C-1", "other_id": "C-2"})
    merged = bench.store.merges()
    client.post("/duplicates", data={"into_id": "C-1"})
    wrong = client.post("/duplicates", data={"into_id": "C-1"})
    count = client.get("/").text

    assert merged == {"C-1": ("C-1", "C-2")}
    assert bench.store.merges() == {}
    assert wrong.status_code == 400
    assert re.search(r"figure\">\d+</span>같은 기업일 수 있는 짝", count)


# -- matching and decisions


def test_a_decision_is_kept_shown_and_taken_back(
    client: TestClient,
    bench: Workbench,  # noqa: F811
) -> None:
    pair = {"need_id": "N-1", "company_id": "C-1"}
    bare = client.post("/decisions", data={**pair, "verdict": "veto"})
    vetoed = client.post(
        "/decisions", data={**pair, "verdict": "veto", "note": "작년에 못 왔음 010-1234-5678"}
    )
    nonsense = client.post("/decisions", data={**pair, "verdict": "maybe"})
    back = client.post("/decisions", data={**pair, "verdict": "undo"})
    unknown = client.post(
        "/decisions", data={"need_id": "N-9", "company_id": "C-1", "verdict": "accept"}
    )

    assert (bare.status_code, nonsense.status_code, unknown.status_code) == (400, 400, 404)
    assert "까닭을 적으십시오" in bare.text
    assert "담당자가 이 짝을 제외했습니다" in vetoed.text
    assert "작년에 못 왔음" in vetoed.text
    assert "010-1234" not in vetoed.text
    assert 'id="C-1"' in back.text
    assert bench.store.decisions() == ()


def test_the_waterfall_sums_to_the_score_and_the_card_comes_with_its_quotations(
    client: TestClient,
    bench: Workbench,  # noqa: F811
) -> None:
    page = client.get("/match/needs/N-1").text
    card = client.get("/match/needs/N-1", params={"card": "C-1"}).text
    numbers = [float(n) for n in re.findall(r'class="number">([+-]\d\.\d{3})<', card)]
    total = re.search(r'class="sum">.*?class="number">(\d\.\d{3})<', card, re.DOTALL)
    match = bench.desk().matchmaker.match(bench.desk().need("N-1"), k=10).matches[0]

    assert "뜻이 가깝습니다" in page
    assert "뜻이 가깝습니다" not in card
    assert "<html" not in card
    assert total is not None
    assert sum(numbers) == pytest.approx(float(total.group(1)), abs=0.003)
    assert float(total.group(1)) == pytest.approx(match.score, abs=0.0006)
    assert "<mark>" in card


def test_filters_narrow_and_say_what_they_do_not_know(client: TestClient) -> None:
    found = client.get("/match/needs/N-2", params={"region": "부산"})
    wrong = client.get("/match/needs/N-2", params={"language": "클링온어"})
    missing = client.get("/match/needs/N-77")
    company = client.get("/match/companies/C-3", params={"country": "베트남"})

    assert 'id="C-3"' not in found.text
    assert wrong.status_code == 400
    assert "아는 언어가 아닙니다" in wrong.text
    assert missing.status_code == 404
    assert "도로 조명 교체" in company.text


def test_four_companies_are_compared_and_five_are_too_many(client: TestClient) -> None:
    three = client.get("/compare", params={"need": "N-1", "company": ["C-1", "C-2", "C-3"]})
    five = client.get("/compare", params={"need": "N-1", "company": [f"C-{n}" for n in range(5)]})

    assert three.text.index("빗물나라") < three.text.index("한빛조명")
    assert five.status_code == 400
    assert "4개사까지" in five.text


def test_map_and_picture_show_every_need_and_offering(
    client: TestClient,
    bench: Workbench,  # noqa: F811
) -> None:
    page = client.get("/map").text
    client.get("/picture")
    assert bench._painter is not None
    bench._painter.join()
    picture = client.get("/picture", params={"need": "N-1"}).text
    typed = client.get("/picture", params={"text": "LED 가로등"}).text

    assert page.count("<circle") == 2
    assert "인도네시아" in page
    assert picture.count("h0") == 4
    assert "빗물나라" in picture
    assert "한빛조명" in typed


# -- hostile texts


def test_hostile_records_stay_text_on_every_page(
    client: TestClient,
    bench: Workbench,  # noqa: F811
) -> None:
    company = {
        "company_id": "H-1",
        "name_ko": HOSTILE,
        "region": HOSTILE,
        "certifications": [{"name": HOSTILE}],
        "offerings": [
            {
                "offering_id": "1",
                "title": HOSTILE,
                "description": f"{HOSTILE} " + "가나다 " * 2_500,
                "sector": HOSTILE,
            }
        ],
    }
    need = {
        "need_id": "H-N",
        "title": HOSTILE,
        "description": f"{HOSTILE} " + "가나다 " * 2_500,
        "country": "VN",
        "city": HOSTILE,
        "organisation": HOSTILE,
        "sector": HOSTILE,
    }
    client.put("/api/v1/companies/H-1", json=company).raise_for_status()
    client.put("/api/v1/needs/H-N", json=need).raise_for_status()
    client.post(
        "/decisions",
        data={"need_id": "H-N", "company_id": "H-1", "verdict": "accept", "note": HOSTILE},
    )
    client.post(
        "/events/new",
        data={
            "event_id": "행사 <b>",
            "kind": "delegation",
            "begins_on": "2027-01-01",
            "demands": "H-N",
        },
    )
    client.post(
        "/events/%ED%96%89%EC%82%AC%20%3Cb%3E/form", data={"step": "add_company", "value": "H-1"}
    )
    client.post("/events/%ED%96%89%EC%82%AC%20%3Cb%3E/form", data={"step": "invite"})
    pages = {
        path: client.get(path)
        for path in (
            "/", "/imports", "/duplicates", "/match", "/match?find=%3Cscript%3E", "/match/needs/H-N",
            "/match/needs/H-N?card=H-1", "/match/companies", "/match/companies/H-1", "/compare?need=H-N&company=H-1&company=C-1",
            "/map?sector=%22%3E%3Cscript%3E", "/picture?text=%22%3E%3Cscript%3Ealert(1)%3C/script%3E", "/events", "/events/%ED%96%89%EC%82%AC%20%3Cb%3E",
            "/outcomes", "/quality", "/quality/judge",
        )
    }  # fmt: skip

    for path, page in pages.items():
        assert page.status_code == 200, path
        assert "<script>alert" not in page.text, path
        assert "<img src=x" not in page.text, path
        assert "행사 <b>" not in page.text, path
        assert len(page.content) < 90_000, path
    assert "&lt;script&gt;" in pages["/match/needs/H-N"].text


def test_files_for_spreadsheets_hold_no_formula(
    client: TestClient,
    bench: Workbench,  # noqa: F811
) -> None:
    rows = "need_id,title,description,deadline\n=1+1,제목,설명,=HYPERLINK(1)\n".encode()
    here = client.post("/imports", files={"file": ("=a.csv", rows)}).url.path
    problems = client.get(f"{here}/problems").content.decode("utf-8-sig")
    form = {"event_id": "=cmd", "buyers": [], "companies": []}
    bench.store.events.put(form, "t")
    client.post(
        "/events/%3Dcmd/outcomes",
        data={"company_id": "C-1", "stage": "mou", "happened_on": "2026-01-01"},
    )
    outcomes = client.get("/outcomes.csv", params={"by": "event"}).content.decode("utf-8-sig")

    for line in (problems + outcomes).splitlines():
        assert not any(cell.strip('"').startswith("=") for cell in line.split(",")), line
    assert "'=cmd" in outcomes


@pytest.mark.parametrize(
    "back", ["https://evil.example", "//evil.example", "/\\evil.example", "/\tevil", "javascript:alert(1)", "\\\\evil.example", "/%0d%0aX: y\r\nz"]
)  # fmt: skip
def test_the_language_leads_back_to_this_server_only(client: TestClient, back: str) -> None:
    answer = client.post("/language", data={"language": "en", "back": back}, follow_redirects=False)

    assert answer.headers["location"] == "/"


def test_a_session_begins_anew_at_sign_in_whatever_cookie_was_there(
    client: TestClient,
    bench: Workbench,  # noqa: F811
) -> None:
    client.cookies.clear()
    client.cookies.set("greenmatch_session", "planted")
    client.post("/sign-in", data={"name": "김staff", "password": PASSWORD})
    tokens = [c.value for c in client.cookies.jar if c.name == "greenmatch_session"]

    assert "planted" not in tokens or len(tokens) > 1
    planted = TestClient(client.app, HOST, cookies={"greenmatch_session": "planted"})
    assert planted.get("/match").status_code == 401


@pytest.mark.parametrize(
    "path", ["/decisions", "/imports", "/duplicates", "/events/new", "/language", "/quality/judge", "/day/e/attendance", "/events/e/move", "/imports/index"]
)  # fmt: skip
def test_a_form_without_the_sessions_token_changes_nothing(client: TestClient, path: str) -> None:
    del client.headers["X-CSRF-Token"]

    assert client.post(path, data={"csrf": "x"}).status_code == 403


def test_a_browser_reads_errors_on_a_page_and_a_program_as_problems(client: TestClient) -> None:
    page = client.get("/events/none/versions", headers={"accept": "text/html"})
    problem = client.get("/events/none/versions", headers={"accept": "application/json"})
    nowhere = client.get("/nowhere", headers={"accept": "text/html"})

    assert (page.status_code, problem.status_code, nowhere.status_code) == (404, 404, 404)
    assert "저장된 행사에 &#39;none&#39;가 없습니다" in page.text
    assert "<html" in nowhere.text
    assert problem.json()["code"] == "unknown_id"


# -- the company's page


def test_a_company_sees_public_fields_says_its_interest_and_keeps_searches(
    client: TestClient,
    bench: Workbench,  # noqa: F811
) -> None:
    secret = {
        "need_id": "N-1",
        "title": "폐플라스틱 빗물 저류",
        "description": "폐플라스틱 빗물 저류 시스템을 구함",
        "country": "ID",
        "organisation": "비밀 기관",
        "budget_usd": 123456,
    }
    client.put("/api/v1/needs/N-1", json=secret).raise_for_status()
    _sign_in(client, bench, "company", "C-1")
    page = client.get("/company").text
    card = client.get("/company", params={"card": "N-1"}).text
    client.post("/company/interests", data={"need_id": "N-1", "note": "만나고 싶음"})
    shown = client.get("/company").text
    client.post(
        "/company/searches", data={"step": "keep", "name": "인도네시아", "country": "인도네시아"}
    )
    quiet = client.get("/company/searches").text
    bench.store.save(
        [],
        [type(needs()[0]).from_dict({**secret, "need_id": "N-7", "title": "새 빗물 저류 수요"})],
        _source(),
    )
    loud = client.get("/company/searches").text
    (search,) = bench.store.wishes.searches("C-1")
    client.post("/company/searches", data={"step": "see", "search_id": str(search.search_id)})
    seen = client.get("/company/searches").text
    nameless = client.post("/company/searches", data={"step": "keep", "name": " "})
    client.post("/company/searches", data={"step": "forget", "search_id": str(search.search_id)})
    hints = client.get("/company/hints")
    calendar = client.get("/company/meetings.ics")
    client.post("/company/interests", data={"need_id": "N-1", "step": "withdraw"})
    unknown = client.post("/company/interests", data={"need_id": "N-99"})

    assert "비밀 기관" not in page + card + shown
    assert "123" not in re.sub(r"\d\.\d+", "", card)
    assert "관심을 밝힘" in shown
    assert ("새 수요" in quiet, "새 수요" in loud, "새 수요" in seen) == (False, True, False)
    assert nameless.status_code == 400
    assert bench.store.wishes.searches("C-1") == ()
    assert hints.status_code == 200
    assert calendar.text.startswith("BEGIN:VCALENDAR")
    assert bench.store.wishes.interests() == ()
    assert unknown.status_code == 404


def _source() -> Any:
    from service.store import Source

    return Source("t")


# -- quality


def test_judgements_are_counted_and_taken_away_without_names(
    client: TestClient,
    bench: Workbench,  # noqa: F811
) -> None:
    _sign_in(client, bench, "evaluator")
    page = client.get("/quality/judge").text
    ids = [re.search(rf'name="{name}" value="([^"]+)"', page) for name in ("need_id", "company_id")]
    assert all(ids)
    pair = {"need_id": ids[0].group(1), "company_id": ids[1].group(1)}  # type: ignore[union-attr]
    client.post("/quality/judge", data={**pair, "grade": "3"})
    wrong = client.post("/quality/judge", data={**pair, "grade": "4"})
    bench.store.judging.judge(pair["need_id"], pair["company_id"], "다른 사람", 1)
    lines = client.get("/quality/judgements.tsv").text.splitlines()
    quality = client.get("/quality").text
    report = client.get("/quality/report")

    assert wrong.status_code == 422
    assert lines[1] == f"{pair['need_id']}\t{pair['company_id']}\t1\t2"
    assert "다른 사람" not in "".join(lines)
    assert "점수가 낮은 질의" in quality
    assert "평가 보고서" in report.text
