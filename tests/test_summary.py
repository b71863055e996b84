import math
from datetime import date

import pytest

from matcher.explanation import Reason, Span
from matcher.records import Company, Need, Offering
from matcher.shortlist import Match, Missing
from matcher.summary import say

COMPANY = Company("C-1", "가상소각산업")
OFFERING = Offering("1", "생활쓰레기 소각 설비", "폐열로 전기를 만드는 스토커식 소각로입니다.")
NEED = Need("N-1", "생활폐기물 소각 발전", "전기를 만들고자 함", country="VN", city="박닌성")


def reason(source, quote, offering=OFFERING, points=0.8):
    start = offering.text.index(quote)
    span = Span.of(offering.text, start, start + len(quote))
    return Reason(source, points, "근거", offering.offering_id, (), (span,))


def test_a_korean_need_is_said_with_its_place_title_company_and_offering():
    assert say(NEED, COMPANY, OFFERING, (), ()) == (
        "베트남 박닌성의 ‘생활폐기물 소각 발전’ 수요에는 "
        "가상소각산업의 ‘생활쓰레기 소각 설비’가 맞습니다."
    )


def test_the_quote_of_the_strongest_reason_is_what_the_company_says_of_itself():
    reasons = (reason("dense", "폐열로 전기를 만드는 스토커식 소각로입니다."),)

    assert (
        "수요에는 “폐열로 전기를 만드는 스토커식 소각로입니다.”라고 소개하는 가상소각산업의"
        in say(NEED, COMPANY, OFFERING, reasons, ())
    )


@pytest.mark.parametrize("quote", ["생활쓰레기 소각 설비", "소각 설비"])
def test_a_quote_that_only_repeats_the_title_is_not_said_twice(quote):
    said = say(NEED, COMPANY, OFFERING, (reason("dense", quote),), ())

    assert said == say(NEED, COMPANY, OFFERING, (), ())


@pytest.mark.parametrize("quote", ["폐열로 전기를 만드는", "스토커식"])
def test_half_a_sentence_is_not_said_as_a_quote(quote):
    said = say(NEED, COMPANY, OFFERING, (reason("dense", quote),), ())

    assert said == say(NEED, COMPANY, OFFERING, (), ())


def test_a_line_without_a_full_stop_is_said():
    offering = Offering("1", "소각 설비", "폐열로 전기를 만드는 소각로\n부품은 현지에서 조달")

    said = say(
        NEED, COMPANY, offering, (reason("dense", "폐열로 전기를 만드는 소각로", offering),), ()
    )

    assert "“폐열로 전기를 만드는 소각로”라고 소개하는" in said


def test_the_first_missing_condition_follows():
    said = say(NEED, COMPANY, OFFERING, (), ("베트남어 기록이 없습니다.", "둘째입니다."))

    assert said.endswith("맞습니다. 다만 베트남어 기록이 없습니다.")


def test_a_foreign_need_is_named_by_the_terms_that_the_offering_names_in_korean():
    need = Need("N-2", "Đốt rác phát điện", language="vi", country="VN", city="박닌성")
    terms = reason("concept", "소각", points=0.1)

    assert say(need, COMPANY, OFFERING, (terms,), ()).startswith("베트남 박닌성의 소각 수요에는 ")


def test_a_foreign_need_without_such_terms_is_named_by_its_language():
    need = Need("N-3", "Đốt rác phát điện", language="vi", country="VN")

    said = say(need, COMPANY, OFFERING, (), ())

    assert said.startswith("베트남의 베트남어 수요에는 ")
    assert "Đốt" not in said


def test_a_title_that_says_need_does_not_say_it_twice():
    need = Need("N-4", "폐기물 처리 수요", country="MA")

    assert say(need, COMPANY, OFFERING, (), ()).startswith("모로코의 ‘폐기물 처리 수요’에는 ")


def test_a_need_of_which_nothing_is_known_is_still_a_need():
    assert say(Need("N-5", "Waste"), COMPANY, OFFERING, (), ()).startswith("이 수요에는 ")


@pytest.mark.parametrize(
    ("title", "said"),
    [
        ("재생수지 저장조 모듈", "‘재생수지 저장조 모듈’이 맞습니다."),
        ("정수 설비", "‘정수 설비’가 맞습니다."),
        ("건물 관리 BEMS", "‘건물 관리 BEMS’가 맞습니다."),
        ("충전기 DC-30", "‘충전기 DC-30’이 맞습니다."),
    ],
)
def test_the_particle_follows_the_offering(title, said):
    assert say(NEED, COMPANY, Offering("1", title), (), ()).endswith(said)


def test_a_match_through_no_offering_names_the_company():
    assert say(NEED, COMPANY, None, (), ()).endswith(" 수요에는 가상소각산업이 맞습니다.")


@pytest.mark.parametrize(
    ("probability", "ending"),
    [
        (None, "가 맞습니다."),
        (0.5, "가 맞습니다."),
        (0.49, "가 맞을 수 있습니다."),
        (0.24, "가 가깝지만 맞을 가능성은 낮습니다."),
    ],
)
def test_an_unsure_match_is_not_said_to_fit(probability, ending):
    assert say(NEED, COMPANY, OFFERING, (), (), probability=probability).endswith(ending)


def test_long_words_are_shortened():
    offering = Offering("1", "가" * 200, "나" * 300)

    said = say(NEED, COMPANY, offering, (reason("dense", "나" * 300, offering),), ())

    assert len(said) < 200
    assert "…" in said


def test_a_match_says_it_of_itself_and_in_json():
    reasons = (reason("dense", "폐열로 전기를 만드는"),)
    missing = (Missing("country", "베트남 수출 실적이나 진출 희망 기록이 없습니다."),)

    match = Match(1, NEED, COMPANY, (OFFERING,), math.fsum([0.8]), reasons, missing)

    assert match.summary == say(NEED, COMPANY, OFFERING, reasons, (missing[0].label,))
    assert match.to_dict()["summary"] == match.summary


def test_a_title_that_is_missing_is_replaced_by_the_text():
    need = Need("N-6", "", "빗물을 모으고자 함", deadline=date(2027, 1, 1))
    offering = Offering("1", "", "저류조를 만듭니다")

    said = say(need, COMPANY, offering, (), ())

    assert said == "‘빗물을 모으고자 함’ 수요에는 가상소각산업의 ‘저류조를 만듭니다’가 맞습니다."
