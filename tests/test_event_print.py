"""The printed pages, read back: who meets whom, the briefing, the fonts inside."""

from datetime import UTC
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from evaluation.meeting_days import meeting_day
from indexing.analyzer import Analyzer
from indexing.snapshot import build_snapshot
from matcher.errors import InvalidRequest
from matcher.events import Event
from matcher.records import Need
from matcher.scheduling import schedule
from matcher.timetable import Timetable
from service.event_files import to_csv
from service.event_print import to_pages, write_pages
from service.planning import briefings_of, completed, plan_timetable
from service.settings import Settings
from service.workbench import Workbench
from tests.test_api import analyzer, bench, settings, store  # noqa: F401  (fixtures)
from tests.worlds import BigramEncoder, companies, needs

FORM = meeting_day(3, 4, slots=4, tables=2, requests=12, seed=6)


def _text(data: bytes) -> list[str]:
    return [page.extract_text().replace("\x00", "") for page in PdfReader(BytesIO(data)).pages]


def test_everybody_with_meetings_has_pages_and_no_one_elses(tmp_path: Path) -> None:
    buyers = [
        {**buyer, "name": "建筑节能公司", "timezone": "Asia/Ho_Chi_Minh"}
        for buyer in FORM["buyers"]
    ]
    event = Event.from_dict({**FORM, "timezone": "Asia/Seoul", "buyers": buyers})
    timetable = schedule(event, seconds=5)

    pages = write_pages(event, timetable, tmp_path / "t.pdf", {})

    read = _text((tmp_path / "t.pdf").read_bytes())
    assert len(read) == pages == len({id for m in timetable.meetings for id in m.pair})
    mine = [m for m in timetable.meetings if m.company_id == "C0000"]
    (page,) = [text for text in read if "공급기업 상담표\nC0000" in text]
    for buyer_id in {m.buyer_id for m in timetable.meetings}:
        assert (f"({buyer_id})" in page) is (buyer_id in {m.buyer_id for m in mine})
    assert "建筑节能公司" in page
    buyers_page = next(text for text in read if text.startswith("바이어 상담표"))
    slot = next(s for s in event.slots if s.slot_id == timetable.meetings[0].slot_id)
    assert "현지(Asia/Ho_Chi_Minh)" in buyers_page.replace("\n", "")
    hour = (slot.start.astimezone(UTC).hour + 7) % 24
    assert f"{hour:02}:" in "".join(read)


def test_the_fonts_are_inside_the_file() -> None:
    event = Event.from_dict(FORM)

    data, _ = to_pages(event, schedule(event, seconds=5), {})

    fonts = PdfReader(BytesIO(data)).pages[0]["/Resources"]["/Font"].values()
    names = {str(font["/BaseFont"]) for font in fonts}
    assert any("Pretendard" in name for name in names)
    for font in fonts:
        descriptor = font["/DescendantFonts"][0]["/FontDescriptor"]
        assert {"/FontFile2", "/FontFile3"} & descriptor.keys()


def test_hostile_names_print_as_text() -> None:
    bad = "<b>\u202egnirts\x07</b> =HYPERLINK(1) " + "가" * 3_000
    event = Event.from_dict({**FORM, "buyers": [{**b, "name": bad} for b in FORM["buyers"]]})
    timetable = schedule(event, seconds=5)

    data, pages = to_pages(event, timetable, {})

    assert pages >= 1
    assert "<b>" in "".join(_text(data))
    assert "\u202e" not in "".join(_text(data))


def test_an_event_without_meetings_is_one_page_that_says_so() -> None:
    event = Event.from_dict(FORM)
    nothing = schedule(Event.from_dict({**FORM, "pairs": []}), seconds=5)

    data, pages = to_pages(event, nothing, {})

    assert pages == 1
    assert "상담이 없습니다" in _text(data)[0]


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    event = Event.from_dict(FORM)

    with pytest.raises(InvalidRequest, match="쓸 수 없습니다"):
        write_pages(event, schedule(event, seconds=5), tmp_path / "no" / "t.pdf", {})


def test_a_briefing_quotes_both_and_asks_what_the_records_leave_open(
    bench: Workbench,  # noqa: F811
    settings: Settings,  # noqa: F811
    analyzer: Analyzer,  # noqa: F811
) -> None:
    original = Need(
        "N-1-id", "Sistem penampungan air hujan", language="id", extra={"same_as": "N-1"}
    )
    build_snapshot(settings.home, companies(), [*needs(), original], BigramEncoder(), analyzer)
    from service.store import Source

    bench.store.save([], [original], Source("t"))
    slot = {"slot_id": "s1", "start": "2026-07-08T09:00:00+09:00"}
    event = Event.from_dict(
        {
            "event_id": "e",
            "slots": [slot],
            "buyers": [{"buyer_id": "B-1", "need_ids": ["N-1"], "languages": ["id", "ko"]}],
            "companies": [{"company_id": "C-1"}],
        }
    )
    desk = bench.desk()
    filled = completed(event, bench.store)
    timetable = plan_timetable(filled, desk, 5)

    briefings = briefings_of(filled, timetable, desk)
    text = "".join(_text(to_pages(filled, timetable, briefings)[0]))

    briefing = briefings["B-1", "C-1"]
    assert briefing.match.company.company_id == "C-1"
    assert briefing.quotes
    for quote in briefing.quotes:
        assert quote.need.split(" … ")[0] in briefing.match.need.text
        assert quote.offering.split(" … ")[0] in briefing.match.company.offerings[0].text
    assert "빗물나라" in text
    assert "penampungan air hujan" in text
    assert "물을 것" in text


def test_a_timetable_comes_back_from_its_json_form() -> None:
    timetable = schedule(Event.from_dict(FORM), seconds=5)

    assert Timetable.from_dict(timetable.to_dict()).to_dict() == timetable.to_dict()


def test_csv_opens_in_excel_and_holds_no_formula() -> None:
    bad: dict[str, Any] = {"name": "=1+1"}
    event = Event.from_dict({**FORM, "buyers": [{**b, **bad} for b in FORM["buyers"]]})

    data = to_csv(event, schedule(event, seconds=5))

    assert data.startswith(b"\xef\xbb\xbf")
    lines = data.decode("utf-8-sig").splitlines()
    assert lines[0] == "날짜,시작,끝,상담석,바이어,공급기업,통역"
    assert all(",'=1+1 (" in line for line in lines[1:])
