import pytest

from matcher.fusion import Points, with_kind
from matcher.kinds import asked_kind, kind_reason, offered_kind
from matcher.policy import Policy
from matcher.project_types import agreement
from matcher.records import Need, Offering

POLICY = Policy.load()
TRAINING = Offering("1", "공무원 기후정책 교육", "개도국 공무원을 초청하여 연수 과정을 운영합니다.")
PLANT = Offering("2", "소각 발전 설비", "생활폐기물을 태워 전기를 만드는 플랜트를 설치합니다.")


def need(text: str, **fields: object) -> Need:
    return Need.from_dict({"need_id": "N", "title": text, "description": "", **fields})


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("공무원 40명을 위한 교육 연수 과정을 구함", "ko"),
        ("Training course and capacity building for civil servants", "en"),
        ("Formation et renforcement des capacités des agents publics", "fr"),
    ],
)
def test_a_need_for_training_is_nearer_to_a_course_than_to_a_plant(text, language):
    wanted = need(text, language=language)
    asked = asked_kind(wanted, wanted.text)

    assert asked.main == "capacity_building"
    assert agreement(asked, offered_kind(TRAINING)) > agreement(asked, offered_kind(PLANT))


def test_what_is_unknown_adds_no_points():
    vague = need("물")

    points = with_kind(
        Points(0.5, 0.1), agreement(asked_kind(vague, vague.text), offered_kind(PLANT)), POLICY
    )

    assert points == Points(0.5, 0.1)


@pytest.mark.parametrize(("share", "points"), [(1.0, 0.5), (0.5, 0.0), (0.0, -0.5)])
def test_full_agreement_adds_half_of_the_weight_and_none_takes_half_away(share, points):
    assert with_kind(Points(0.5, 0.1), share, POLICY).kind == pytest.approx(
        points * POLICY.kind_weight
    )


def test_the_reason_names_both_types_and_quotes_the_words_that_gave_them_away():
    wanted = need("공무원 교육 과정을 구함", language="ko")
    asked = asked_kind(wanted, wanted.text)

    reason = kind_reason(0.01, wanted.text, asked, TRAINING)
    other = kind_reason(-0.01, wanted.text, asked, PLANT)

    assert "서로 맞습니다" in reason.label
    assert "서로 다릅니다" in other.label
    for span in reason.need_spans:
        assert wanted.text[span.start : span.end] == span.quote
    for span in reason.offering_spans:
        assert TRAINING.text[span.start : span.end] == span.quote


def test_a_stated_cooperation_type_counts_for_the_whole_need_and_not_for_its_parts():
    wanted = need("하수처리장 개량", language="ko", cooperation_type="역량강화(교육)")

    assert asked_kind(wanted, wanted.text).main == "capacity_building"
    assert asked_kind(wanted, "하수처리장").main != "capacity_building"
