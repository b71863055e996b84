import math
from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.amounts import to_krw_million, to_unit, to_usd
from data.cells import (
    Reading,
    is_registration_no,
    to_certifications,
    to_count,
    to_countries,
    to_date,
    to_founded,
    to_languages,
    to_list,
    to_registration_no,
    to_text,
)
from data.contacts import has_contact, is_contact_column, mask_contacts
from matcher.records import Certification

FULL_WIDTH = str.maketrans("0123456789.,-", "０１２３４５６７８９．，－")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (float("nan"), ""),
        (35.0, "35"),
        (8790114659.0, "8790114659"),
        (1.5, "1.5"),
        (" a\r\nb\u00a0\x00\x1f ", "a\nb"),
        (datetime(2026, 7, 31), "2026-07-31"),
        (datetime(2026, 7, 31, 18, 30), "2026-07-31 18:30"),
        ("가", "가"),
    ],
)
def test_a_cell_becomes_clean_text(value: object, text: str) -> None:
    assert to_text(value) == text


@pytest.mark.parametrize(
    ("text", "items"),
    [
        ("녹색인증; 환경표지", ("녹색인증", "환경표지")),
        ("ISO 14001", ("ISO 14001",)),
        ("ISO 9001/ISO 14001, CE", ("ISO 9001", "ISO 14001", "CE")),
        ("가·나ㆍ다、라\n마", ("가", "나", "다", "라", "마")),
        ("가(나, 다; 라)；마", ("가(나, 다; 라)", "마")),
        ("가(나\n다", ("가(나", "다")),
        ("1,200 / 3,400", ("1,200", "3,400")),
        ("ㅇ 가\n□ 나", ("가", "나")),
        ("베트남, 인도네시아 등", ("베트남", "인도네시아")),
        ("가, 가, -", ("가",)),
        ("없음", ()),
        ("", ()),
    ],
)
def test_a_list_splits_at_marks_outside_of_brackets(text: str, items: tuple[str, ...]) -> None:
    assert to_list(text) == items


@pytest.mark.parametrize(
    "value",
    [
        "2026-07-31",
        "2026.7.31",
        "2026. 7. 31.",
        "20260731",
        "’26.7.31",
        "'26.7.31",
        "26.7.31.",
        "2026년 7월 31일",
        "2026/7/31",
        "2026. 7. 31.(금)",
        "~2026.07.31",
        "2026.7.31까지",
        "2026-07-31T18:00:00+09:00",
        "2026-07-31 18:00",
        "31 July 2026",
        "Jul 31, 2026",
        "31/07/2026",
        "07/31/2026",
        "２０２６．７．３１",
        "46234",
        "46234.0",
        46234,
        46234.75,
        date(2026, 7, 31),
        datetime(2026, 7, 31, 9),
    ],
)
def test_the_same_day_is_read_from_every_form(value: object) -> None:
    assert to_date(value) == Reading(date(2026, 7, 31))


@pytest.mark.parametrize("value", ["2026.2.30", "2025-02-29", "20261301", "2026년 4월 31일"])
def test_a_day_that_no_calendar_has_is_a_fault(value: str) -> None:
    reading = to_date(value)

    assert reading.value is None
    assert reading.fault is not None
    assert reading.fault.what == "달력에 없는 날짜입니다."


@pytest.mark.parametrize("value", ["상시", "2026", "2026.7", "03/04/2026", "1", "123456", "어제"])
def test_what_is_no_whole_date_is_a_fault_and_never_a_guess(value: str) -> None:
    reading = to_date(value)

    assert reading.value is None
    assert reading.fault is not None


@pytest.mark.parametrize("value", [None, "", "-", "미정", "없음", "N/A", float("nan")])
def test_a_blank_cell_is_neither_value_nor_fault(value: object) -> None:
    readings = [to_date(value), to_count(value), to_founded(value), to_krw_million(value)]
    readings += [to_usd(value), to_registration_no(value)]

    assert readings == [Reading()] * 6


@given(st.dates(min_value=date(1970, 1, 1), max_value=date(2069, 12, 31)))
def test_every_written_form_of_a_date_gives_it_back(day: date) -> None:
    forms = [
        day.isoformat(),
        f"{day.year}.{day.month}.{day.day}",
        f"{day.year}년 {day.month}월 {day.day}일",
        f"’{day.year % 100:02d}.{day.month}.{day.day}",
        f"{day:%Y%m%d}",
    ]

    for form in forms:
        assert to_date(form).value == day
        assert to_date(form.translate(FULL_WIDTH)).value == day


@pytest.mark.parametrize(
    ("value", "founded"),
    [
        ("2006", "2006"),
        (2006, "2006"),
        ("2006년", "2006"),
        ("2006년 4월", "2006-04"),
        ("2006.04", "2006-04"),
        ("2006.4.11", "2006-04-11"),
        (date(2006, 4, 11), "2006-04-11"),
    ],
)
def test_a_founding_date_is_as_exact_as_its_cell(value: object, founded: str) -> None:
    assert to_founded(value) == Reading(founded)


@pytest.mark.parametrize("value", ["2006년 13월", "2006.2.30", "오래전"])
def test_an_impossible_founding_date_is_a_fault(value: str) -> None:
    assert to_founded(value).value is None
    assert to_founded(value).fault is not None


@pytest.mark.parametrize(
    ("text", "krw"),
    [
        ("5억원", 5 * 10**8),
        ("5억", 5 * 10**8),
        ("12억 5천만원", 12 * 10**8 + 5 * 10**7),
        ("1억2,000만원", 10**8 + 2_000 * 10**4),
        ("2천5백만원", 25 * 10**6),
        ("500백만원", 500 * 10**6),
        ("500천원", 500 * 10**3),
        ("3조 1억", 3 * 10**12 + 10**8),
        ("약 30억 원 정도", 30 * 10**8),
        ("1.5억", 1.5 * 10**8),
        ("₩12,500,000", 12_500_000),
        ("KRW 12.5 million", 12_500_000),
        ("30억원(2025년)", 30 * 10**8),
    ],
)
def test_won_are_read_with_their_unit(text: str, krw: float) -> None:
    assert to_krw_million(text) == Reading(krw / 10**6)


@pytest.mark.parametrize(
    ("text", "usd"),
    [
        ("50만 달러", 500_000),
        ("50만불", 500_000),
        ("USD 50만", 500_000),
        ("500천 달러", 500_000),
        ("US$ 1.2 million", 1_200_000),
        ("$1,200,000", 1_200_000),
        ("USD 250k", 250_000),
        ("1.5M USD", 1_500_000),
        ("50 달러 30", None),
        ("백만 달러", None),
    ],
)
def test_dollars_are_read_with_their_unit(text: str, usd: float | None) -> None:
    assert to_usd(text).value == usd
    assert (to_usd(text).fault is None) == (usd is not None)


def test_a_bare_number_takes_the_unit_of_its_column() -> None:
    assert to_krw_million("21,800", to_unit("백만원")).value == 21_800
    assert to_krw_million(21_800.0, to_unit("단위: 천원")).value == 21_800 * 10**3 / 10**6
    assert to_krw_million("12", to_unit("억")).value == 12 * 10**8 / 10**6
    assert to_usd(50, to_unit("만 달러")).value == 50 * 10**4


def test_a_unit_in_the_cell_overrides_that_of_the_column() -> None:
    assert to_krw_million("5억", to_unit("백만원")).value == 500


@pytest.mark.parametrize("text", ["5,000", "10~20억", "많음", "€ 5m", "USD 3m", "억"])
def test_an_amount_that_is_not_certain_is_a_fault(text: str) -> None:
    reading = to_krw_million(text)

    assert reading.value is None
    assert reading.fault is not None


@given(st.integers(min_value=0, max_value=10**12))
def test_every_width_of_a_number_gives_the_same_value(number: int) -> None:
    forms = [str(number), f"{number:,}", f"{number:,}".translate(FULL_WIDTH), f" {number} "]

    assert {to_krw_million(f, to_unit("백만원")).value for f in forms} == {float(number)}
    assert {to_usd(form, to_unit("달러")).value for form in forms} == {float(number)}
    assert {to_count(form).value for form in forms} == {number}


@given(st.one_of(st.text(), st.floats(), st.integers(), st.dates(), st.none(), st.booleans()))
def test_no_cell_makes_a_reader_fail(value: object) -> None:
    readings: list[Reading[Any]] = [
        to_date(value),
        to_founded(value),
        to_count(value),
        to_registration_no(value),
    ]
    readings += [to_krw_million(value), to_usd(value), to_certifications(value)]
    readings += [to_countries(value), to_languages(value)]

    for reading in readings:
        assert not isinstance(reading.value, float) or math.isfinite(reading.value)
    assert to_unit(to_text(value)) is None or to_text(value)


@pytest.mark.parametrize(
    ("value", "count"),
    [
        ("35명", 35),
        ("약 1,200 명", 1200),
        (35, 35),
        (35.0, 35),
        ("３５명", 35),
        ("35명(여 12)", 35),
    ],
)
def test_a_count_of_people_is_read(value: object, count: int) -> None:
    assert to_count(value) == Reading(count)


@pytest.mark.parametrize("value", ["35~40", "35.5", "-5", "서른", "35 40"])
def test_what_is_no_count_is_a_fault(value: str) -> None:
    assert to_count(value).value is None
    assert to_count(value).fault is not None


def _with_check_digit(nine: str) -> str:
    products = [int(d) * w for d, w in zip(nine, (1, 3, 7, 1, 3, 7, 1, 3, 5), strict=True)]
    return f"{nine}{(10 - (sum(products) + products[-1] // 10) % 10) % 10}"


@given(st.integers(min_value=101_01_0001, max_value=999_99_9999))
def test_exactly_one_check_digit_makes_a_registration_number(nine: int) -> None:
    number = _with_check_digit(str(nine))
    is_issued = str(nine)[3:5] != "00" and str(nine)[5:] != "0000"

    valid = [f"{nine}{d}" for d in range(10) if is_registration_no(f"{nine}{d}")]

    assert valid == ([number] if is_issued else [])


@pytest.mark.parametrize(
    "value", ["116-82-00276", "1168200276", 1168200276, 1168200276.0, "１１６－８２－００２７６"]
)
def test_a_registration_number_is_read_in_every_form(value: object) -> None:
    assert to_registration_no(value) == Reading("116-82-00276")


@pytest.mark.parametrize(
    "value", ["116-82-00277", "116-82-0027", "12345", "번호 없음", "0000000000"]
)
def test_a_registration_number_with_a_wrong_check_digit_is_a_fault(value: str) -> None:
    reading = to_registration_no(value)

    assert reading.fault is not None
    assert reading.value is None


def test_a_lost_leading_zero_is_repaired_only_where_the_check_digit_holds_and_is_said() -> None:
    whole = _with_check_digit("012345678")
    without_zero = int(whole)

    reading = to_registration_no(without_zero)

    assert reading.value == f"{whole[:3]}-{whole[3:5]}-{whole[5:]}"
    assert reading.fault is not None
    assert "앞자리 0" in reading.fault.what
    assert to_registration_no(without_zero + 1).value is None


def test_certificates_carry_number_and_end_in_brackets() -> None:
    cell = "녹색기술 인증(GT-12-0012, ~2027.03.31); ISO 14001 / 환경마크(제1234호)\nCE"

    assert to_certifications(cell) == Reading(
        (
            Certification("녹색기술인증", "GT-12-0012", date(2027, 3, 31)),
            Certification("ISO 14001"),
            Certification("환경표지", "1234"),
            Certification("CE"),
        )
    )


@pytest.mark.parametrize(
    "cell",
    [
        "NEP(NEP-1, 2024.03.31~2027.03.30)",
        "NEP(2024-03-31 ~ 2027-03-30, NEP-1)",
        "신제품(NEP)인증(제NEP-1호, 유효기간: 2027. 3. 30.)",
        "ＮＥＰ（NEP-1；’27.3.30까지）",
    ],
)
def test_number_and_end_stand_in_any_order(cell: str) -> None:
    assert to_certifications(cell).value == (Certification("NEP", "NEP-1", date(2027, 3, 30)),)


def test_a_certificate_whose_end_is_impossible_stays_and_is_said() -> None:
    reading = to_certifications("NEP(~2026.2.30), CE")

    assert reading.value == (Certification("NEP"), Certification("CE"))
    assert reading.fault is not None
    assert "2026.2.30" in reading.fault.what


@pytest.mark.parametrize(
    ("cell", "codes"),
    [
        ("베트남·인니, 말련 등", ("VN", "ID", "MY")),
        ("보스니아·헤르체고비나; UAE", ("BA", "AE")),
        ("베트남 인도네시아", ("VN", "ID")),
        ("베트남(하노이), VN", ("VN",)),
        ("Congo, Dem. Rep.", ("CD",)),
        ("NA", ("NA",)),
    ],
)
def test_countries_in_a_cell_become_codes(cell: str, codes: tuple[str, ...]) -> None:
    assert to_countries(cell) == Reading(codes)


def test_an_unknown_country_is_named_and_the_others_stay() -> None:
    reading = to_countries("동남아, 베트남")

    assert reading.value == ("VN",)
    assert reading.fault is not None
    assert "동남아" in reading.fault.what


def test_languages_in_a_cell_become_codes() -> None:
    assert to_languages("한/영/베트남어(상)") == Reading(("ko", "en", "vi"))


@pytest.mark.parametrize(
    "head",
    [
        "담당자",
        "담당자명",
        "대표자",
        "대표 이사",
        "전화번호",
        "휴대폰(담당자)",
        "E-mail",
        "Tel.",
        "contact_name",
        "phoneNumber",
        "contactemail",
        "CEO",
        "연락처",
        "팩스",
    ],
)
def test_a_column_of_personal_data_is_known_by_its_head(head: str) -> None:
    assert is_contact_column(head)


@pytest.mark.parametrize(
    "head", ["제품명", "대표품목", "담당부서", "홈페이지", "smartphone app", "contact time", "비고"]
)
def test_a_column_of_other_data_is_not_taken_for_personal(head: str) -> None:
    assert not is_contact_column(head)


@pytest.mark.parametrize(
    "text",
    [
        "a.b@c.co.kr",
        "010-1234-5678",
        "01012345678",
        "02) 123-4567",
        "031-123-4567",
        "+82-10-1234-5678",
        "+84 24 3825 1234",
    ],
)
def test_contacts_are_masked_wherever_they_stand(text: str) -> None:
    assert has_contact(f"문의: {text}")
    assert mask_contacts(f"문의: {text}.") == "문의: [연락처]."
    assert mask_contacts(f"전화는{text}로 주세요") == "전화는[연락처]로 주세요"


@pytest.mark.parametrize(
    "text",
    [
        "2015-03-18~20",
        "GT-12-0012",
        "116-82-00276",
        "1,300~1,800kcal",
        "P181652",
        "50 @ 60 Hz",
        "10.1016/j.x.2012-11-0101",
        "https://x.kr/02-123-4567/",
        "제02-123-4567호",
    ],
)
def test_numbers_of_other_kinds_are_not_taken_for_contacts(text: str) -> None:
    assert mask_contacts(text) == text
