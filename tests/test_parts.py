import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matcher.parts import MOST_PARTS, split_parts
from matcher.records import Need

PIECES = st.sampled_from(
    [
        "빗물 ",
        " ",
        "\n",
        "1) ",
        "2. ",
        "3)",
        "①",
        "②",
        "가. ",
        "나. ",
        "(a) ",
        "○ ",
        "- ",
        ", ",
        "은 ",
        " 등",
        "; and ",
        "أولا: ",
        "ثانيا: ",
        "policy",
        ".",
        "2026. 1. 2. ",
        "3.2",
        "등. ",
    ]
)
TEXTS = st.one_of(st.text(max_size=80), st.lists(PIECES, max_size=25).map("".join))


def need(text: str) -> Need:
    return Need("N", "", text)


def part_texts(text: str) -> list[str]:
    return [item.part.text for item in split_parts(need(text))]


MOROCCO = {
    "ko": (
        "□ 모로코는 아래 사항에 대한 협력을 요청함\n ○ 녹색성장 이행계획 수립 지원\n"
        " ○ 녹색성장 전문교육\n ○ 폐기물처리\n※ 분야별로 별도 기업을 선정할 수 있음",
        ["녹색성장 이행계획 수립 지원", "녹색성장 전문교육", "폐기물처리"],
    ),
    "fr": (
        "Le Maroc sollicite un appui portant sur trois volets :\n"
        "1) l’accompagnement à l’élaboration du plan ;\n2) la formation spécialisée ; et\n"
        "3) le traitement des déchets.\nChaque volet peut être confié à une entreprise.",
        [
            "l’accompagnement à l’élaboration du plan",
            "la formation spécialisée",
            "le traitement des déchets",
        ],
    ),
    "ar": (
        "يطلب المغرب التعاون في المجالات الثلاثة التالية:\nأولا: دعم إعداد خطة التنفيذ؛\n"
        "ثانيا: التكوين المتخصص؛\nثالثا: معالجة النفايات.\nويمكن إسناد كل مجال إلى شركة.",
        ["دعم إعداد خطة التنفيذ", "التكوين المتخصص", "معالجة النفايات"],
    ),
}


@pytest.mark.parametrize("language", MOROCCO)
def test_the_morocco_need_has_three_parts_in_each_language(language):
    text, parts = MOROCCO[language]

    assert part_texts(text) == parts


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("1) 이행계획 2) 전문교육 3) 폐기물처리", ["이행계획", "전문교육", "폐기물처리"]),
        ("필요한 것은 (1) 설치, (2) 운영. 그 밖은 없음", ["설치", "운영"]),
        ("① 소각로 설치\n② 매립지 정비", ["소각로 설치", "매립지 정비"]),
        ("가. 소각로 설치\n나. 매립지 정비", ["소각로 설치", "매립지 정비"]),
        ("a) waste treatment; and\nb) training.", ["waste treatment", "training"]),
        (
            "수요 기술은 공기청정, 친환경 소재, 녹색 생활용품 등임",
            ["공기청정", "친환경 소재", "녹색 생활용품"],
        ),
    ],
)
def test_lists_are_read_as_public_texts_write_them(text, parts):
    assert part_texts(text) == parts


@pytest.mark.parametrize(
    "text",
    [
        "폐플라스틱을 이용한 빗물 저류 시스템",
        "박닌성의 폐자원을 에너지로 바꾸는 사업의 타당성을 조사하고자 함.",
        "○ 하나뿐인 항목",
        "사업기간은 2026. 3. 1. ~ 2026. 12. 31.까지임",
        "접수는 2026. 1. 15.부터 2026. 2. 28.까지 받음",
        "A plant of 10.5 t/d and 3.2 MW at 4.1 bar is wanted.",
        "처리량 1.5 톤, 전력 2.5 kW의 설비",
        "설비 확보 등. 또한 현지 교육 등. 그리고 관리",
        "See section 3. and section 4. below for details.",
        "Water, energy and waste.",
    ],
)
def test_a_need_that_is_one_whole_has_no_parts(text):
    assert part_texts(text) == []


def test_a_long_catalogue_of_items_is_not_a_compound_need():
    lines = [f"- 품목 {number}" for number in range(MOST_PARTS + 1)]

    assert part_texts("\n".join(lines)) == []
    assert len(part_texts("\n".join(lines[:-1]))) == MOST_PARTS


def test_parts_are_numbered_after_their_need():
    parts = split_parts(Need("N-010", "수요", "- 이행계획\n- 전문교육"))

    assert [item.part.part_id for item in parts] == ["N-010#1", "N-010#2"]


@given(TEXTS.filter(str.strip))
def test_every_part_is_a_verbatim_slice_in_text_order(text):
    compound = need(text)

    parts = split_parts(compound)

    assert len(parts) != 1
    position = 0
    for item in parts:
        end = item.start + len(item.part.text)
        assert position <= item.start
        assert compound.text[item.start : end] == item.part.text
        assert item.part.text == item.part.text.strip()
        position = end


@pytest.mark.parametrize("filler", [" ", "1) ", "- ", "가,", "은 가,", "등 "])
def test_a_long_text_is_read_in_time_that_grows_with_its_length(filler):
    text = "- 가" + filler * 60_000 + "나"

    start = time.process_time()
    split_parts(need(text))

    assert time.process_time() - start < 5
