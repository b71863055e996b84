import doctest

import pytest

from matcher import particles
from matcher.particles import with_particle


def test_the_examples_in_the_module_hold():
    assert doctest.testmod(particles).failed == 0


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("빗물", ["빗물은", "빗물이", "빗물을", "빗물과", "빗물로"]),
        ("설비", ["설비는", "설비가", "설비를", "설비와", "설비로"]),
        ("시스템", ["시스템은", "시스템이", "시스템을", "시스템과", "시스템으로"]),
    ],
)
def test_a_particle_follows_the_last_syllable(word, expected):
    pairs = ("은/는", "이/가", "을/를", "와/과", "으로/로")

    assert [with_particle(word, pair) for pair in pairs] == expected


@pytest.mark.parametrize(
    ("word", "read_as", "particle"),
    [
        ("BEMS", "비이엠에스", "가"),
        ("ESS", "이에스에스", "가"),
        ("DCU", "디시유", "가"),
        ("OEM", "오이엠", "이"),
        ("LAN", "랜", "이"),
        ("HanpanOS", "한판오에스", "가"),
        ("IeumClass", "이음클래스", "가"),
        ("system", "시스템", "이"),
        ("module", "모듈", "이"),
        ("frame", "프레임", "이"),
        ("Online", "온라인", "이"),
        ("block", "블록", "이"),
        ("plastic", "플라스틱", "이"),
        ("robot", "로봇", "이"),
        ("kit", "키트", "가"),
        ("plant", "플랜트", "가"),
        ("software", "소프트웨어", "가"),
        ("filter", "필터", "가"),
        ("battery", "배터리", "가"),
    ],
)
def test_latin_letters_are_read_as_koreans_read_them(word, read_as, particle):
    assert with_particle(word, "이/가") == word + particle
    assert with_particle(read_as, "이/가") == read_as + particle


@pytest.mark.parametrize(
    ("number", "read_as"),
    [
        *zip("0123456789", "영일이삼사오육칠팔구", strict=True),
        ("30", "삼십"),
        ("DB-110", "백십"),
        ("1,500", "천오백"),
        ("20,000", "이만"),
        ("1000000000000", "일조"),
        ("0.02", "영점영이"),
        ("2.0", "이점영"),
        ("14001", "만사천일"),
    ],
)
def test_numbers_are_read_aloud(number, read_as):
    for pair in ("이/가", "으로/로"):
        particle = with_particle(read_as, pair).removeprefix(read_as)
        assert with_particle(number, pair) == number + particle


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("‘정수 설비’", "‘정수 설비’가"),
        ("“물을 모읍니다.”", "“물을 모읍니다.”가"),
        ("저류조 모듈(소형)", "저류조 모듈(소형)이"),
        ("‘저류조 모듈’ (10㎥)", "‘저류조 모듈’ (10㎥)이"),
        ("가상물㈜", "가상물㈜이"),
        ("50㎥", "50㎥가"),
        ("30㎏", "30㎏이"),
    ],
)
def test_quotes_brackets_and_signs_do_not_hide_the_word(word, expected):
    assert with_particle(word, "이/가") == expected


@pytest.mark.parametrize("word", ["水", "ماء", "", " ", "()", "—"])
def test_both_forms_stand_where_nobody_can_say_how_a_word_is_read(word):
    assert with_particle(word, "이/가") == f"{word}이(가)"


def test_a_decomposed_syllable_is_read_like_a_composed_one():
    decomposed = "\u1106\u116e\u11af"

    assert with_particle(decomposed, "이/가") == f"{decomposed}이"


def test_an_unknown_pair_is_a_mistake_of_the_caller():
    with pytest.raises(KeyError):
        with_particle("물", "이/요")
