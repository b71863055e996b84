"""A company finds its opportunities in a minute, and sees nothing of anybody else; an evaluator judges by keys."""

import re

from playwright.sync_api import Browser, expect

from evaluation.meeting_days import meeting_day
from service.changing import make_timetable
from tests.browsing import Live, keep_shot, settle, visitor


def test_a_company_finds_what_fits_it(live: Live, browser: Browser) -> None:
    live.add_user("기업하나", "company", "C-001")
    day = meeting_day(2, 3, slots=4, tables=2, requests=6, seed=4)
    for item in (*day["companies"], *day["pairs"]):
        item["company_id"] = {"C0000": "C-001"}.get(item["company_id"], item["company_id"])
    live.bench.store.events.put({**day, "event_id": "기업 시험 행사"}, "t")
    make_timetable(live.bench, "기업 시험 행사", 5.0, "t", keep=False)
    with visitor(browser, live, "기업하나") as page:
        name = live.bench.store.company("C-001").name
        expect(page.get_by_role("heading", name=name)).to_be_visible()
        settle(page)
        expect(page.get_by_text("나온 상담표에 우리 상담이 없습니다.")).to_be_visible()
        live.bench.store.releases.release("기업 시험 행사", "final", None, "t")
        page.reload()
        with page.expect_download() as download:
            page.get_by_role("link", name="달력에 넣기 (ICS)").click()
        calendar = download.value.path().read_bytes()
        settle(page)
        expect(
            page.get_by_text(re.compile("새로 열리는 수요|줄어드는 모자란 조건")).first
        ).to_be_visible()
        keep_shot(page, "company")
        card = page.locator("article.match").first
        card.get_by_label("덧붙일 말").fill("꼭 만나고 싶습니다. 010-1234-5678")
        card.get_by_role("button", name="관심 밝히기").click()
        expect(page.get_by_text("관심을 밝힘")).to_be_visible()
        page.locator("form[action='/company']").get_by_label("국가").fill("베트남")
        page.get_by_role("button", name="거르기").click()
        page.get_by_label("지금 거른 것을 이 이름으로").fill("베트남 수요")
        page.get_by_role("button", name="담기").click()
        expect(page.get_by_role("link", name="베트남 수요")).to_be_visible()
        for path in (
            "/match",
            "/imports",
            "/events",
            "/outcomes",
            "/quality",
            "/match/companies/C-002",
        ):
            answer = page.goto(live.address + path)
            assert answer is not None
            assert answer.status == 403

    (interest,) = live.bench.store.wishes.interests("C-001")
    assert b"BEGIN:VEVENT" in calendar
    assert "010-1234" not in interest.note
    live.add_user("관심담당", "staff")
    with visitor(browser, live, "관심담당") as page:
        expect(page.get_by_text("꼭 만나고 싶습니다")).to_be_visible()
        page.goto(f"{live.address}/company")
        expect(page.get_by_text("이 일을 할 권한이 없습니다.")).to_be_visible()


def test_an_evaluator_judges_by_keys_and_blindly(live: Live, browser: Browser) -> None:
    live.add_user("평가하나", "evaluator")
    live.add_user("평가둘", "evaluator")
    for judge, keys in (("평가하나", "0123"), ("평가둘", "3210")):
        with visitor(browser, live, judge) as page:
            page.get_by_role("link", name=re.compile("이어서 판정하기")).click()
            for number, key in enumerate(keys):
                expect(page.get_by_text(f"판정한 짝 {number}")).to_be_visible()
                text = page.locator("main").inner_text()
                page.wait_for_load_state("load")  # the keys are listened to from then on
                assert "점수" not in text
                assert "확률" not in text
                page.keyboard.press(key)
            expect(page.get_by_text("판정한 짝 4")).to_be_visible()
            page.get_by_role("link", name="← 품질").click()
            assert page.get_by_role("link", name="가져오기").count() == 0
    judged = live.bench.store.judging.all()
    assert sorted(item.grade for item in judged if item.judge == "평가하나") == [0, 1, 2, 3]
    assert len(judged) == 8
