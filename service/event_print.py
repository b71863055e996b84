"""The timetable on paper: A4 pages for every company and buyer, with a briefing for each meeting.

Korean, Vietnamese, French and English come from Pretendard, Chinese from a part of Noto Sans SC; both
are embedded. A sign that neither has is left out by the library with a warning, never by an error.
"""

import logging
import unicodedata
from collections.abc import Mapping, Sequence
from importlib import resources
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from fpdf import FPDF
from fpdf.enums import XPos, YPos
from fpdf.fonts import FontFace, TTFFont

from matcher.briefing import Briefing
from matcher.errors import InvalidRequest
from matcher.events import Event, Meeting, Participant
from matcher.explanation import shorten
from matcher.records import Company, Need
from matcher.timetable import Timetable
from matcher.vocabulary import country_label, language_label
from service.event_files import name_of, times_of

GREEN, GREY, PALE = (20, 102, 66), (95, 100, 98), (226, 240, 232)
MARGIN_MM = 16
LONGEST_PROFILE, LONGEST_NAME = 420, 120
Briefings = Mapping[tuple[str, str], Briefing]
"""By (buyer id, company id)."""


def write_pages(event: Event, timetable: Timetable, path: Path, briefings: Briefings) -> int:
    """Write the PDF and return its number of pages; raises InvalidRequest where it cannot be written."""
    data, pages = to_pages(event, timetable, briefings)
    try:
        path.write_bytes(data)
    except OSError as error:
        raise InvalidRequest(
            f"'{path}'에 쓸 수 없습니다({error.strerror}). 쓸 수 있는 곳을 정하십시오.",
            field="path",
        ) from error
    return pages


def to_pages(event: Event, timetable: Timetable, briefings: Briefings) -> tuple[bytes, int]:
    """Return the PDF and its number of pages: companies first, then buyers, each from a new page."""
    sheet = _Sheet(event)
    for kind, people, side in (
        ("공급기업", event.companies, "company_id"),
        ("바이어", event.buyers, "buyer_id"),
    ):
        for person in people:
            mine = [m for m in timetable.meetings if getattr(m, side) == person.id]
            if mine:
                sheet.write_person(kind, person, mine, briefings)
    if not sheet.pdf.pages:
        sheet.pdf.add_page()
        sheet.line("상담이 없습니다.")
    data = bytes(sheet.pdf.output())
    sheet.close()
    return data, sheet.pdf.page_no()


class _Sheet:
    """One PDF being written."""

    def __init__(self, event: Event) -> None:
        logging.getLogger("fontTools").setLevel(logging.ERROR)
        self.event = event
        self.names = {
            p.id: shorten(name_of(p), LONGEST_NAME) for p in (*event.buyers, *event.companies)
        }
        self.pdf = _Paper(event.event_id)
        fonts = resources.files("service") / "fonts"
        self.pdf.add_font("Pretendard", fname=str(fonts / "Pretendard-Regular.ttf"))
        self.pdf.add_font("Pretendard", "B", fname=str(fonts / "Pretendard-Bold.ttf"))
        self.pdf.add_font("Hanzi", fname=str(fonts / "NotoSansSC-Hanzi.otf"))
        self.pdf.set_fallback_fonts(["Hanzi"], exact_match=False)
        self.pdf.set_margin(MARGIN_MM)
        self.pdf.set_auto_page_break(True, MARGIN_MM)
        self.pdf.set_title(f"상담표 {event.event_id}")
        self.pdf.set_lang("ko-KR")

    def line(
        self,
        text: str,
        size: float = 10,
        *,
        bold: bool = False,
        colour: tuple[int, int, int] = (0, 0, 0),
    ) -> None:
        self.pdf.set_font("Pretendard", "B" if bold else "", size)
        self.pdf.set_text_color(*colour)
        self.pdf.multi_cell(
            0, size * 0.52, printable(text), new_x=XPos.LMARGIN, new_y=YPos.NEXT, align="L"
        )

    def close(self) -> None:
        """Close the fonts' files, which the library leaves open."""
        for font in self.pdf.fonts.values():
            if isinstance(font, TTFFont):
                font.ttfont.close()

    def gap(self, mm: float) -> None:
        self.pdf.ln(mm)

    def write_person(
        self, kind: str, person: Participant, meetings: Sequence[Meeting], briefings: Briefings
    ) -> None:
        self.pdf.add_page()
        self.line(f"{kind} 상담표", 9, colour=GREY)
        self.line(self.names[person.id], 17, bold=True, colour=GREEN)
        spoken = ", ".join(language_label(code) for code in sorted(person.languages))
        told = f"행사 {self.event.event_id} · 시각은 {self.event.timezone} 기준"
        self.line(f"{told} · 언어 {spoken}" if spoken else told, 9, colour=GREY)
        self.gap(3)
        self._write_table(kind, person, meetings)
        prepared = [(m, briefings[m.pair]) for m in meetings if m.pair in briefings]
        for meeting, briefing in prepared:
            self._write_briefing(kind, meeting, briefing)

    def _write_table(self, kind: str, person: Participant, meetings: Sequence[Meeting]) -> None:
        zone = _zone_of(person, self.event)
        head = ["날짜", "시각", "자리", "상대", "통역"]
        widths = [22, 27, 14, 72, 40]
        if zone is not None:
            head.insert(2, f"현지({zone.key})")
            widths = [22, 27, 34, 14, 52, 28]
        self.pdf.set_font("Pretendard", "", 9.5)
        self.pdf.set_text_color(0, 0, 0)
        with self.pdf.table(
            col_widths=tuple(widths),
            headings_style=FontFace(emphasis="BOLD", fill_color=PALE),
            line_height=6,
            text_align="LEFT",
            padding=1,
        ) as table:
            table.row(head)
            for m in meetings:
                other = m.buyer_id if kind == "공급기업" else m.company_id
                start, end = times_of(self.event, m)
                cells = [f"{start:%Y-%m-%d}", f"{start:%H:%M}-{end:%H:%M}", str(m.table or "")]
                if zone is not None:
                    cells.insert(2, f"{start.astimezone(zone):%m-%d %H:%M}")
                table.row(
                    [printable(c) for c in (*cells, self.names[other], m.interpreter_id or "")]
                )

    def _write_briefing(self, kind: str, meeting: Meeting, briefing: Briefing) -> None:
        start, end = times_of(self.event, meeting)
        other = meeting.buyer_id if kind == "공급기업" else meeting.company_id
        self.gap(5)
        self.line(f"{start:%H:%M}-{end:%H:%M}  {self.names[other]}", 12, bold=True, colour=GREEN)
        match = briefing.match
        self.line(match.summary)
        self.gap(1)
        self._entry("수요", profile_of_need(match.need))
        if briefing.original is not None:
            self._entry("수요 원문", shorten(briefing.original.text, LONGEST_PROFILE))
        self._entry("기업", profile_of_company(match.company))
        for quote in briefing.quotes:
            self._entry("근거", f"수요 “{quote.need}” / 공급 “{quote.offering}”")
        for item in match.missing:
            self._entry("빠진 조건", item.label)
        asked = briefing.to_buyer if kind == "공급기업" else briefing.to_company
        for question in asked:
            self._entry("물을 것", question)

    def _entry(self, label: str, text: str) -> None:
        self.pdf.set_font("Pretendard", "B", 9)
        self.pdf.set_text_color(*GREY)
        self.pdf.cell(18, 5, label)
        self.pdf.set_font("Pretendard", "", 9.5)
        self.pdf.set_text_color(0, 0, 0)
        self.pdf.multi_cell(0, 5, printable(text), new_x=XPos.LMARGIN, new_y=YPos.NEXT, align="L")


class _Paper(FPDF):
    """A4 with the event and the page's number at its foot."""

    def __init__(self, event_id: str) -> None:
        super().__init__(format="A4")
        self._event_id = printable(event_id)

    def footer(self) -> None:
        """Write the foot of a page."""
        self.set_y(-11)
        self.set_font("Pretendard", "", 8)
        self.set_text_color(*GREY)
        self.cell(0, 5, f"{self._event_id} · {self.page_no()}", align="R")


def printable(text: str) -> str:
    """Return the text without signs that steer direction or print nothing."""
    return "".join(
        c if c == "\n" or unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co") else " "
        for c in unicodedata.normalize("NFC", text)
    )


def profile_of_need(need: Need) -> str:
    """Return what is asked for, in its own language, with country and money."""
    place = " ".join(
        x for x in (country_label(need.country) if need.country else "", need.city) if x
    )
    money = f"예산 {need.budget_usd:,.0f}달러" if need.budget_usd else ""
    until = f"마감 {need.deadline}" if need.deadline else ""
    facts = " · ".join(x for x in (place, money, until) if x)
    return shorten(f"{need.text} {f'({facts})' if facts else ''}".strip(), LONGEST_PROFILE)


def profile_of_company(company: Company) -> str:
    """Return what the company makes, where it is and which certificates it holds."""
    makes = "; ".join(o.title or o.text for o in company.offerings)
    held = ", ".join(c.name for c in company.certifications)
    facts = " · ".join(x for x in (company.region, f"인증 {held}" if held else "") if x)
    return shorten(f"{makes} {f'({facts})' if facts else ''}".strip(), LONGEST_PROFILE)


def _zone_of(person: Participant, event: Event) -> ZoneInfo | None:
    """Return the participant's own zone where the file names one that differs from the event's."""
    name = person.fields.get("timezone")
    if not name or name == event.timezone:
        return None
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None
