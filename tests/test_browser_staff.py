"""From two spreadsheets with defects to printed tables and the funnel, in a real browser."""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from openpyxl import Workbook
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browsing import Live, keep_shot, settle, visitor

EVENT = "2027 하노이 사절단"
COMPANIES = [
    ["기업ID", "기업명", "공급기술명", "무엇을 하나", "가능언어", "희망국가", "담당자"],
    ["J-1", "푸른소각 주식회사", "생활폐기물 소각열 발전 설비", "도시의 생활폐기물을 태워 나온 열로 전기를 만드는 소각 발전 설비를 짓고 운영합니다.", "한국어, 베트남어", "베트남", "홍길동"],
    ["J-2", "맑은못 기술", "호수 녹조 제거 장치", "미세기포로 호수의 녹조를 걷어 냅니다.", "한국어", "베트남", ""],
    ["J-1", "겹친기업", "겹친 기술", "같은 ID입니다.", "한국어", "베트남", ""],
]  # fmt: skip
NEEDS = [
    ["수요ID", "제목", "상세설명", "국가", "언어", "마감일"],
    ["JN-1", "하노이 생활폐기물 에너지화", "하루 400톤의 생활폐기물을 매립하지 않고 소각해 전기를 얻는 설비와 운영 기술을 구함", "베트남", "베트남어", "2031-12-31"],
    ["JN-2", "호수 수질 개선", "도심 호수의 녹조를 줄이는 기술을 구함", "베트남", "베트남어", "언젠가"],
]  # fmt: skip


@pytest.fixture
def staff(live: Live, browser: Browser) -> Iterator[Page]:
    live.add_user("김담당", "staff")
    with visitor(browser, live, "김담당") as page:
        yield page


def test_two_spreadsheets_become_printed_tables_and_outcomes(
    staff: Page, live: Live, tmp_path: Path
) -> None:
    page = staff
    expect(page.get_by_role("heading", name="오늘 할 일")).to_be_visible()
    keep_shot(page, "home")

    # two sheets with defects: seen, corrected, taken in
    page.get_by_role("link", name="가져오기").click()
    _upload(page, _sheet(tmp_path / "기업.xlsx", COMPANIES))
    expect(page.get_by_text("4행", exact=True).or_(page.get_by_text("'Sheet' 4행"))).to_be_visible()
    expect(page.get_by_text("개인정보: 봉해서 따로 보관")).to_be_visible()
    page.get_by_label("무엇을 하나").select_option("description")
    page.get_by_role("button", name="고친 뜻으로 다시 읽기").click()
    expect(page.get_by_label("무엇을 하나")).to_have_value("description")
    keep_shot(page, "import")
    page.get_by_role("button", name="문제없는 행 넣기").click()
    expect(page.get_by_role("cell", name="기업.xlsx")).to_be_visible()
    _upload(page, _sheet(tmp_path / "수요.xlsx", NEEDS))
    expect(page.get_by_role("cell", name="언젠가")).to_be_visible()
    page.get_by_role("button", name="문제없는 행 넣기").click()
    assert live.bench.store.company("J-1").offerings[0].description.startswith("도시의")
    assert "홍길동" not in page.content()

    # match and decide
    page.get_by_role("link", name="찾기", exact=True).click()
    page.get_by_label("저장된 수요에서 고르기").fill("하노이 생활폐기물")
    page.get_by_role("button", name="고르기").click()
    page.get_by_role("link", name="하노이 생활폐기물 에너지화").click()
    ours = page.locator("article#J-1")
    expect(ours).to_be_visible()
    settle(page)
    assert ours.locator("mark").count() > 0
    keep_shot(page, "match", "article#J-1")
    ours.get_by_role("button", name="수락").click()
    expect(page.locator("article#J-1 .tag", has_text="수락")).to_be_visible()
    page.locator("article.match input[name=company]").nth(0).check()
    page.locator("article.match input[name=company]").nth(1).check()
    page.get_by_role("button", name="고른 기업 견주기").click()
    expect(page.get_by_role("heading", name="기업 견주기")).to_be_visible()
    settle(page)
    keep_shot(page, "compare")

    # an event, its delegation, a swap by hand
    page.get_by_role("link", name="행사", exact=True).click()
    form = page.locator("form[action='/events/new']")
    form.locator("input[name=event_id]").fill(EVENT)
    form.locator("select[name=kind]").select_option("delegation")
    form.get_by_label("첫날").fill((date.today() - timedelta(days=3)).isoformat())
    form.get_by_label("시간대").fill("Asia/Ho_Chi_Minh")
    form.get_by_label("정원(비우면 종류에 따름)").fill("3")
    form.get_by_label("상담석").fill("3")
    form.get_by_label("채울 수요 ID").fill("JN-1 JN-2 N-009")
    form.get_by_role("button", name="행사 만들기").click()
    expect(page.get_by_role("heading", name=EVENT)).to_be_visible()
    page.get_by_role("button", name="파견단 고르기").click()
    expect(page.get_by_role("heading", name="2 파견단 3개사")).to_be_visible(timeout=60_000)
    swap = page.locator("form[action$='/swap']")
    swap.get_by_role("button", name="바꾸면 어떻게 되나").click()
    expect(page.get_by_text("시험 삼아 바꾼 것입니다")).to_be_visible()
    expect(page.get_by_text("바꾸기 전")).to_be_visible()
    keep_shot(page, "delegation", "#delegation")
    page.locator("form[action$='/swap']").get_by_role("button", name="바꾸기", exact=True).click()
    expect(page.get_by_role("button", name="손으로 정한 기업 풀기")).to_be_visible()
    page.get_by_role("button", name="손으로 정한 기업 풀기").click()
    page.get_by_role("button", name="파견단 고르기").click()
    expect(page.get_by_role("heading", name="2 파견단 3개사")).to_be_visible(timeout=60_000)

    # the people at the table, and a timetable made behind the page
    page.get_by_role("button", name="뽑힌 기업과 수요의 바이어 부르기").click()
    page.locator("form[action$='/plans']", has_text="상담표 짜기").locator("select").select_option(
        "10"
    )
    page.get_by_role("button", name="상담표 짜기").click()
    expect(page.locator(".meeting").first).to_be_visible(timeout=60_000)
    expect(page.locator("#job progress")).to_have_count(0)  # the page comes anew once it is done
    page.wait_for_load_state("load")  # and has its script and its place before anything is dragged

    # a meeting moved by dragging, and one that may not move
    meeting = page.locator(".meeting").first
    company, buyer = meeting.get_attribute("data-company"), meeting.get_attribute("data-buyer")
    last = page.locator("td[data-slot]").last
    slot, table = last.get_attribute("data-slot"), last.get_attribute("data-table")
    _drag_over(page, meeting, last)
    there = page.locator(f"td[data-slot='{slot}'][data-table='{table}'] .meeting")
    expect(there).to_have_attribute("data-company", str(company))
    assert there.get_attribute("data-buyer") == buyer
    keep_shot(page, "timetable", "#timetable")
    _refuses_a_clash(page)

    # files, stages, versions
    for name, start in (("인쇄 (PDF)", b"%PDF"), ("엑셀", b"PK"), ("CSV", b"\xef\xbb\xbf")):
        with page.expect_download() as download:
            page.get_by_role("link", name=name).click()
        assert Path(download.value.path()).read_bytes().startswith(start)
    page.get_by_label("요청을 받는 기한").fill("2099-01-01T09:00")
    page.get_by_role("button", name="임시로 내보내기").click()
    expect(page.get_by_text("1판 임시")).to_be_visible()
    page.get_by_role("button", name="빈자리만 채워 다시 짜기").click()
    expect(page.get_by_text("2판 초안")).to_be_visible(timeout=60_000)
    page.get_by_role("link", name="판 견주기").click()
    expect(page.get_by_text("옮긴 상담")).to_be_visible()
    page.go_back()
    page.get_by_role("button", name="확정").click()
    expect(page.get_by_text("2판 확정")).to_be_visible()

    # the day, three taps for an outcome, and the funnel
    page.get_by_role("link", name="6 상담일").click()
    first = page.locator("article[data-buyer]").first
    first.get_by_role("button", name="상담함").click()
    expect(page.get_by_text("적었습니다.")).to_be_visible()
    first.get_by_text("성과 적기").click()
    first.get_by_label("MOU").check()
    first.get_by_role("button", name="적기", exact=True).click()
    expect(first.locator(".reached .tag")).to_have_text(["MOU"])
    expect(page.locator("body")).not_to_have_class(re.compile("lost"))
    keep_shot(page, "day")
    page.get_by_role("link", name="성과", exact=True).click()
    expect(page.get_by_role("cell", name="MOU")).to_be_visible()
    keep_shot(page, "outcomes")
    page.get_by_role("link", name="홈").click()
    expect(page.get_by_role("heading", name="오늘 할 일")).to_be_visible()
    expect(page.locator(".line a", has_text=EVENT)).to_be_visible()


def _sheet(path: Path, rows: list[list[str]]) -> Path:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(row)
    book.save(path)
    return path


def _upload(page: Page, path: Path) -> None:
    page.get_by_role("link", name="가져오기").click()
    page.locator("input[type=file]").set_input_files(path)
    page.get_by_role("button", name="올려서 살펴보기").click()
    expect(page.get_by_role("heading", name=path.name)).to_be_visible()


def _drag_over(page: Page, meeting: Locator, cell: Locator) -> None:
    """Drag a meeting, slowly enough for the free cells to be marked: the board keeps still.

    All of the board is in view: a page that scrolls under the pressed button begins no drag.
    """
    page.locator("#board").evaluate("board => board.scrollIntoView({block: 'center'})")
    height = "document.getElementById('board').offsetHeight"
    before = page.evaluate(height)
    meeting.hover()
    page.mouse.down()
    cell.hover()
    cell.hover()
    expect(page.locator("td.open").first).to_be_visible()
    assert page.evaluate(height) == before
    page.mouse.up()


def _refuses_a_clash(page: Page) -> None:
    """Put one of two meetings of a company beside the other: it stays where it is, with a sentence."""
    places = page.evaluate(
        """() => [...document.querySelectorAll('.meeting')].map(m => {
            const cell = m.closest('td');
            return [m.dataset.company, m.dataset.buyer, cell.dataset.slot, cell.dataset.table];
        })"""
    )
    for company, buyer, slot, table in places:
        for other, their, their_slot, _ in places:
            if company == other and buyer != their and slot != their_slot:
                cells = page.locator(f"td[data-slot='{their_slot}']")
                free = next(c for c in cells.all() if c.locator(".meeting").count() == 0)
                page.locator(f".meeting[data-company='{company}'][data-buyer='{buyer}']").drag_to(
                    free
                )
                expect(page.locator("#notice")).to_contain_text("옮길 수 없습니다")
                here = page.locator(f"td[data-slot='{slot}'][data-table='{table}'] .meeting")
                expect(here).to_have_attribute("data-company", company)
                return
    pytest.fail("no company has two meetings: the test shows nothing")


def test_the_matching_journey_needs_no_mouse(live: Live, browser: Browser) -> None:
    live.add_user("이키보드", "staff")
    with visitor(browser, live, "이키보드") as page:
        _tab_to(page, lambda: page.evaluate("document.activeElement.textContent") == "찾기")
        page.keyboard.press("Enter")
        page.wait_for_url("**/match")
        _tab_to(page, lambda: page.evaluate("document.activeElement.id") == "text")
        page.keyboard.type("폐플라스틱으로 빗물을 모아 두는 시설")
        _tab_to(page, lambda: page.evaluate("document.activeElement.textContent") == "기업 찾기")
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name=re.compile("맞는 공급기업"))).to_be_visible()
        page.goto(f"{live.address}/match/needs/N-010")
        _tab_to(page, lambda: page.evaluate("document.activeElement.value") == "accept")
        page.keyboard.press("Enter")
        expect(page.locator("article .tag", has_text="수락").first).to_be_visible()


def _tab_to(page: Page, is_there: object, most: int = 200) -> None:
    assert callable(is_there)
    for _ in range(most):
        page.keyboard.press("Tab")
        if is_there():
            return
    pytest.fail("the keyboard does not get there")


@pytest.mark.parametrize("need_id", ["N-009-vi", "N-010-fr"])
def test_a_foreign_need_shows_the_korean_sentence_that_answers_it(
    live: Live, browser: Browser, need_id: str
) -> None:
    need = live.bench.store.need(need_id)
    language = need_id[-2:]
    assert need.language == language
    assert not re.search("[가-힣]", need.text)
    live.add_user(f"박{language}", "staff")
    with visitor(browser, live, f"박{language}") as page:
        page.goto(f"{live.address}/match/needs/{need.need_id}")
        settle(page)
        card = page.locator("article.match").first
        card.scroll_into_view_if_needed()
        expect(card.locator(f".text[lang={language}] mark").first).to_be_visible()
        sentence = re.compile("[가-힣]+ [^.]*[가-힣]{2,}")
        expect(card.locator(".text[lang=ko] mark", has_text=sentence).first).to_be_visible()
        keep_shot(page, f"match-{language}", "article.match")
