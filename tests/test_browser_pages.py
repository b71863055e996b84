"""Every page of every role: accessible, light, from this host alone, whole at 360 px; and the day without a net."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Dialog, Error, Page, Response, expect

from evaluation.meeting_days import meeting_day
from matcher.records import Company, Need
from service.changing import make_delegation, make_timetable
from service.store import Source
from tests.browsing import NARROW, WIDE, Live, keep_shot, new_context, settle, visitor

MOST_BYTES = 150_000
"""Of everything that a page loads, fonts apart (docs/decisions/0019)."""
GRAVE = ("serious", "critical")
EVENT = "쪽 시험 행사"
STAFF_PAGES = {
    "home": "/",
    "imports": "/imports",
    "duplicates": "/duplicates",
    "match": "/match",
    "match-need": "/match/needs/N-009",
    "match-compound": "/match/needs/N-010",
    "match-companies": "/match/companies",
    "match-company": "/match/companies/C-005",
    "compare": "/compare?need=N-009&company=C-005&company=C-047",
    "map": "/map",
    "picture": "/picture?need=N-009",
    "events": "/events",
    "event": f"/events/{EVENT}",
    "event-company": f"/events/{EVENT}?view=company",
    "versions": f"/events/{EVENT}/versions",
    "day": f"/day/{EVENT}",
    "outcomes": "/outcomes",
    "quality": "/quality",
    "judge": "/quality/judge",
    "password": "/password",
}
COMPANY_PAGES = {"company": "/company"}


@pytest.fixture(scope="module")
def ready(live: Live) -> Live:
    """Somebody of each role, and an event with plans."""
    live.add_user("쪽담당", "staff")
    live.add_user("쪽기업", "company", "C-005")
    ids = [company.company_id for company in live.bench.store.companies()]
    day = meeting_day(3, 6, slots=4, tables=3, requests=12, seed=4)
    names = {f"C{n:04}": ids[n] for n in range(6)}
    form = json.loads(
        _renamed(json.dumps({**day, "event_id": EVENT, "quota": 3, "alternates": 2}), names)
    )
    live.bench.store.events.put(form, "t")
    make_delegation(live.bench, EVENT, 5.0)
    for _ in range(2):
        make_timetable(live.bench, EVENT, 5.0, "t", keep=False)
    live.bench.picture()
    return live


def _renamed(text: str, names: dict[str, str]) -> str:
    for old, new in names.items():
        text = text.replace(old, new)
    return text


@pytest.fixture(scope="module")
def staff(ready: Live, browser: Browser) -> Iterator[Page]:
    with visitor(browser, ready, "쪽담당") as page:
        yield page


@pytest.fixture(scope="module")
def company(ready: Live, browser: Browser) -> Iterator[Page]:
    with visitor(browser, ready, "쪽기업") as page:
        yield page


@pytest.mark.parametrize("name", STAFF_PAGES)
def test_each_page_of_staff_is_sound(staff: Page, ready: Live, name: str) -> None:
    _check(staff, ready, STAFF_PAGES[name])
    if name in ("map", "picture", "quality", "judge"):
        keep_shot(staff, name)


@pytest.mark.parametrize("name", COMPANY_PAGES)
def test_each_page_of_a_company_is_sound(company: Page, ready: Live, name: str) -> None:
    _check(company, ready, COMPANY_PAGES[name])


def test_the_page_of_an_uploaded_file_is_sound(staff: Page, ready: Live) -> None:
    rows = "기업ID,기업명,공급기술명,모르는 열,설립일\nZ-1,가,나,다,2026.2.30\nZ-1,가,나,다,\n"
    draft_id = ready.bench.drafts().add("기업.csv", rows.encode(), "t")
    _check(staff, ready, f"/imports/{draft_id}")
    ready.bench.drafts().remove(draft_id)


def test_the_day_says_what_is_now_and_what_is_next(staff: Page, ready: Live) -> None:
    soon = datetime.now(UTC) - timedelta(minutes=5)
    day = meeting_day(2, 3, slots=4, tables=2, requests=6, seed=4)
    for n, slot in enumerate(day["slots"]):
        slot["start"] = (soon + timedelta(minutes=30 * n)).isoformat()
    ready.bench.store.events.put({**day, "event_id": "오늘 행사"}, "t")
    made = make_timetable(ready.bench, "오늘 행사", 5.0, "t", keep=False)
    order = [slot["slot_id"] for slot in day["slots"]]
    held = sorted({order.index(m["slot_id"]) for m in made["meetings"]})
    staff.goto(f"{ready.address}/day/오늘 행사")
    slots = staff.locator(".slot")

    assert [slots.nth(n).locator(".when").is_visible() for n in range(len(held))] == [
        place == 0 for place in held
    ]
    expect(staff.locator(".next:visible")).to_have_count(1)
    ahead = next(n for n, place in enumerate(held) if place > 0)
    expect(slots.nth(ahead).locator(".next")).to_be_visible()


def test_a_page_that_says_what_is_wrong_is_sound(staff: Page, ready: Live) -> None:
    answer = staff.goto(f"{ready.address}/events/none/versions")
    found = Axe().run(staff).response["violations"]

    assert answer is not None
    assert answer.status == 404
    assert [_said(v) for v in found if v["impact"] in GRAVE] == []


def test_the_page_to_sign_in_is_sound(ready: Live, browser: Browser) -> None:
    page = browser.new_page(viewport=WIDE)
    _check(page, ready, "/sign-in")
    page.close()


def _check(page: Page, live: Live, path: str) -> None:
    seen: list[Response] = []

    def note(response: Response) -> None:
        seen.append(response)

    page.on("response", note)
    page.set_viewport_size(WIDE)
    answer = page.goto(live.address + path)
    settle(page)
    page.remove_listener("response", note)
    found = Axe().run(page).response["violations"]
    page.set_viewport_size(NARROW)
    width = page.evaluate("document.documentElement.scrollWidth")
    weights = {r.url: _weight(r) for r in seen if not r.url.endswith(".woff2")}

    assert answer is not None
    assert answer.status == 200
    assert [_said(v) for v in found if v["impact"] in GRAVE] == []
    assert sum(weights.values()) < MOST_BYTES, weights
    assert width <= NARROW["width"]
    assert all(url.startswith(live.address) for url in weights)


def _weight(response: Response) -> int:
    return response.request.sizes()["responseBodySize"]


def _said(violation: dict[str, Any]) -> str:
    return f"{violation['id']}: {violation['nodes'][0]['html'][:200]}"


def _at_the_day(live: Live, browser: Browser, name: str) -> tuple[BrowserContext, Page]:
    """Sign in as somebody new and open the day, which the worker then keeps."""
    live.add_user(name, "staff")
    context = new_context(browser, NARROW)
    page = context.new_page()
    page.goto(f"{live.address}/sign-in")
    page.get_by_label("이름").fill(name)
    page.get_by_label("비밀번호").fill("correct horse battery")
    page.get_by_role("button", name="들어가기").click()
    page.goto(f"{live.address}/day/{EVENT}")
    page.evaluate("navigator.serviceWorker.ready.then(() => null)")
    page.reload()  # under the worker, which keeps what it brings
    settle(page)
    return context, page


def test_the_day_goes_on_without_a_connection(ready: Live, browser: Browser) -> None:
    context, page = _at_the_day(ready, browser, "쪽현장")
    context.set_offline(True)
    page.reload()
    meeting = page.locator("article[data-buyer]").first
    pair = (meeting.get_attribute("data-buyer"), meeting.get_attribute("data-company"))
    meeting.get_by_role("button", name="오지 않음").click()
    expect(page.locator(".offline")).to_be_visible()
    before = ready.bench.store.releases.attendance(EVENT)
    context.set_offline(False)
    expect(page.locator("body")).not_to_have_class(re.compile("lost"), timeout=30_000)
    after = {
        (item["buyer_id"], item["company_id"]): item["state"]
        for item in ready.bench.store.releases.attendance(EVENT)
    }
    context.close()

    assert before == ()
    assert after == {pair: "no_show"}


def test_who_has_signed_out_leaves_no_day_behind(ready: Live, browser: Browser) -> None:
    context, page = _at_the_day(ready, browser, "쪽퇴근")
    context.set_offline(True)
    page.reload()
    expect(page.locator("article[data-buyer]").first).to_be_visible()
    context.set_offline(False)
    page.goto(ready.address)
    page.get_by_role("button", name="나가기").click()
    expect(page.get_by_label("비밀번호")).to_be_visible()
    settle(page)
    context.set_offline(True)
    with pytest.raises(Error):
        page.goto(f"{ready.address}/day/{EVENT}")
    context.close()


def test_a_page_in_english_says_nothing_in_korean_but_names(ready: Live, browser: Browser) -> None:
    ready.add_user("english", "staff")
    with visitor(browser, ready, "english") as page:
        page.get_by_role("button", name="English").click()
        expect(page.locator("html")).to_have_attribute("lang", "en")
        expect(page.get_by_role("heading", name="To do today")).to_be_visible()
        page.goto(f"{ready.address}/match/needs/N-009-en")
        expect(page.get_by_role("link", name="Companies to needs").first).to_be_visible()
        page.get_by_role("button", name="한국어").click()
        expect(page.locator("html")).to_have_attribute("lang", "ko")


def test_a_hostile_record_runs_nothing_in_a_real_browser(ready: Live, browser: Browser) -> None:
    hostile = "<script>alert(1)</script><img src=x onerror=alert(2)>\u202e<svg onload=alert(3)>"
    company = Company.from_dict(
        {
            "company_id": "XSS-1",
            "name_ko": hostile,
            "offerings": [
                {"offering_id": "1", "title": hostile, "description": f"소각 발전 {hostile}"}
            ],
        }
    )
    need = Need.from_dict(
        {"need_id": "XSS-N", "title": hostile, "description": f"소각 발전 {hostile}"}
    )
    ready.bench.store.save([company], [need], Source("t"))
    ready.add_user("쪽적대", "staff")
    dialogs: list[str] = []

    def note(dialog: Dialog) -> None:
        dialogs.append(dialog.message)
        dialog.dismiss()

    with visitor(browser, ready, "쪽적대") as page:
        page.on("dialog", note)
        for path in ("/match/needs/XSS-N", "/match/companies/XSS-1", "/picture?need=XSS-N", "/"):
            page.goto(ready.address + path)
            settle(page)
        page.goto(f"{ready.address}/match")
        page.locator("#text").fill(f"소각 발전 {hostile}")
        page.get_by_role("button", name="기업 찾기").click()
        settle(page)
        expect(page.get_by_role("heading", name=re.compile("맞는 공급기업"))).to_be_visible()
    ready.bench.store.delete_company("XSS-1", Source("t"))
    ready.bench.store.delete_need("XSS-N", Source("t"))

    assert dialogs == []
