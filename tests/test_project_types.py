import json
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matcher.errors import UnreadableFile
from matcher.project_types import (
    Cue,
    ProjectTypes,
    agreement,
    find_cues,
    need_types,
    offering_types,
    parse_agreements,
    parse_cues,
)
from matcher.vocabulary import project_types

SAMPLES = Path(__file__).parents[1] / "data" / "samples" / "labels" / "project_types.jsonl"
ROWS = [json.loads(line) for line in SAMPLES.read_text(encoding="utf-8").splitlines()]
CODES = tuple(project_types())
HEAD = "type\tside\tlanguage\tweight\tcue\tunless\n"
PAIRS = "need\toffering\tagreement\treason\n"
SOME_TYPES = st.builds(
    lambda codes: ProjectTypes(codes[0] if codes else None, (), tuple(codes[1:])),
    st.lists(st.sampled_from(CODES), unique=True, max_size=4),
)


def detect(row):
    find = need_types if row["side"] == "need" else offering_types
    return find(row["text"], language=row["language"])


def accuracy(rows) -> float:
    return sum(detect(row).main == row["main"] for row in rows) / len(rows)


def micro_f1(rows) -> float:
    pairs = [({row["main"], *row["also"]} - {None}, set(detect(row).codes)) for row in rows]
    return 2 * sum(len(g & p) for g, p in pairs) / sum(len(g) + len(p) for g, p in pairs)


# -- the labelled samples


def test_the_samples_are_150_invented_texts_in_two_like_halves():
    shape = {
        split: sorted((r["side"], r["language"]) for r in ROWS if r["split"] == split)
        for split in ("dev", "test")
    }

    assert len(ROWS) == 150
    assert shape["dev"] == shape["test"]
    assert {r["note"] for r in ROWS} == {"가상"}
    assert {c for r in ROWS for c in [r["main"], *r["also"]] if c} == set(CODES)
    assert len({r["text"] for r in ROWS}) == 150


@pytest.mark.parametrize("split", ["dev", "test"])
def test_the_main_type_is_right_in_nine_of_ten(split):
    rows = [row for row in ROWS if row["split"] == split]

    assert accuracy(rows) >= 0.9
    assert micro_f1(rows) >= 0.9


# -- detection


@pytest.mark.parametrize(
    ("text", "main"),
    [
        ("교육 소프트웨어를 학교에 공급할 기업을 찾음", "facility"),
        ("교육 과정을 운영할 기업을 찾음", "capacity_building"),
        ("집진기 구매. 운영 교육 포함", "facility"),
        ("연구실 장비 구매", "facility"),
        ("배출 기준 제도 설계 자문", "policy"),
        ("دراسة الجدوى لمحطة معالجة المياه", "feasibility"),
        ("برنامج تدريب للموظفين", "capacity_building"),
        ("", None),
        ("안녕하세요", None),
    ],
)
def test_a_need_gives_its_project_type_away(text, main):
    assert need_types(text).main == main


@pytest.mark.parametrize(
    ("text", "main"),
    [
        ("교육용 소프트웨어 개발·판매", "facility"),
        ("훈련 시뮬레이터 제작", "facility"),
        ("공무원 연수 과정 운영", "capacity_building"),
        ("연수기용 이온교환수지", "facility"),
        ("예비타당성 조사 전문", "feasibility"),
        ("이행계획 수립 정책 자문", "policy"),
        ("스크린 선별기. ODA 사업 납품 실적 보유", "facility"),
        ("먼지를 적게 배출하며 소음이 낮음", "facility"),
        ("", "facility"),
    ],
)
def test_an_offering_is_a_product_unless_its_words_say_other(text, main):
    assert offering_types(text).main == main


def test_a_stated_cooperation_type_wins_and_the_text_still_gives_its_cues():
    found = need_types("정수기 구매", cooperation_type="기술이전 및 교육")

    assert found.main == "technology_transfer"
    assert found.also == ("capacity_building", "facility")
    assert [cue.code for cue in found.all] == ["facility"]


def test_a_cooperation_type_that_is_not_known_leaves_the_text_to_decide():
    assert need_types("정수기 구매", cooperation_type="기타").main == "facility"


def test_the_spans_quote_the_words_in_the_nfc_text():
    text = unicodedata.normalize("NFD", "사전 타당성 검토를 맡길 업체")

    (cue,) = need_types(text).cues("feasibility")

    assert unicodedata.normalize("NFC", text)[cue.start : cue.end] == "사전 타당성"


def test_capital_abbreviations_are_not_found_in_small_letters():
    assert need_types("the epc of it", language="en").all == ()
    assert need_types("EPC wanted", language="en").main == "facility"


def test_malay_is_read_with_the_indonesian_words_and_unknown_latin_with_all():
    text = "pelatihan bagi petugas"

    assert need_types(text, language="ms").main == "capacity_building"
    assert need_types(text).main == "capacity_building"


@given(st.lists(st.sampled_from([row["text"] for row in ROWS]) | st.text(max_size=20), max_size=3))
def test_cues_lie_in_the_text_in_order_and_types_are_known_ones(pieces):
    text = "\n".join(pieces)
    length = len(unicodedata.normalize("NFC", text))

    for found in (need_types(text), offering_types(text)):
        assert all(0 <= cue.start < cue.end <= length and cue.weight > 0 for cue in found.all)
        assert list(found.all) == sorted(found.all, key=lambda cue: (cue.start, cue.end))
        assert set(found.codes) <= set(CODES)
        assert len(set(found.codes)) == len(found.codes)


# -- the cue table


def test_context_cancels_a_cue_only_where_the_two_overlap():
    rules = parse_cues(HEAD + "capacity_building\tboth\tko\t2\t교육\t교육\\s?포함\n")

    assert find_cues("교육 포함. 교육 과정", rules) == (Cue("capacity_building", 7, 9, 2.0),)


def test_a_star_row_cancels_every_type_that_it_overlaps():
    rules = parse_cues(
        HEAD + "*\tboth\tko\t0\t시공은\\s하지\\s않\t\nfacility\tboth\tko\t2\t시공|설치\t\n"
    )

    assert find_cues("시공은 하지 않음, 설치", rules) == (Cue("facility", 11, 13, 2.0),)


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("nothing\tboth\tko\t2\t교육\t", "코드"),
        ("policy\tall\tko\t2\t교육\t", "side"),
        ("policy\tboth\tko\tmuch\t교육\t", "읽을 수 없습니다"),
        ("policy\tboth\tko\t2\t(교육\t", "읽을 수 없습니다"),
        ("policy\tboth\tko\t2\t\t", "빈 표현"),
        ("policy\tboth\tko\t2", "칸이"),
    ],
)
def test_a_broken_cue_is_refused_with_file_and_line(row, says):
    with pytest.raises(UnreadableFile, match=rf"cues\.tsv 2행: .*{says}"):
        parse_cues(HEAD + row + "\n", "cues.tsv")


# -- agreement


def only(code):
    return ProjectTypes(code)


@pytest.mark.parametrize(
    ("need", "offering", "expected"),
    [
        ("policy", "facility", 0.0),
        ("feasibility", "facility", 0.5),
        ("oda", "demand_survey", 0.5),
        ("demand_survey", "ppp", 0.2),
        (None, "facility", 0.5),
        ("facility", None, 0.5),
    ],
)
def test_the_table_says_how_far_two_types_agree(need, offering, expected):
    assert agreement(only(need), only(offering)) == expected


@pytest.mark.parametrize("code", CODES)
def test_the_same_type_agrees_fully(code):
    assert agreement(only(code), only(code)) == 1.0


def test_a_secondary_type_counts_by_four_fifths_on_each_side():
    need = ProjectTypes("policy", also=("facility",))
    offering = ProjectTypes("capacity_building", also=("facility",))

    assert agreement(need, only("facility")) == 1.0 * 0.8
    assert agreement(need, offering) == max(0.4, 1.0 * 0.8 * 0.8)


@given(SOME_TYPES, SOME_TYPES)
def test_agreement_stays_within_zero_and_one_and_more_types_never_lower_it(need, offering):
    value = agreement(need, offering)

    assert 0.0 <= value <= 1.0
    if need.main is not None and offering.main is not None:
        assert value >= agreement(only(need.main), only(offering.main))


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ("policy\tnothing\t0.5\t\n", "2행: .*코드"),
        ("*\tpolicy\t0.5\t\n", "2행: .*코드"),
        ("policy\tfacility\t1.5\t\n", "2행: .*0에서 1"),
        ("policy\tfacility\tx\t\n", "2행: .*수가 아닙니다"),
        ("policy\tfacility\t0\t\npolicy\tfacility\t0\t\n", "3행: .*두 번"),
    ],
)
def test_a_broken_agreement_is_refused_with_its_line(rows, says):
    with pytest.raises(UnreadableFile, match=says):
        parse_agreements(PAIRS + rows)
