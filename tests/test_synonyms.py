import unicodedata
from importlib import resources

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matcher.errors import UnreadableFile
from matcher.synonyms import LANGUAGES, Found, expand, parse_synonyms, read_synonyms, synonyms
from matcher.vocabulary import sectors

HEAD = "\t".join(["sector", *LANGUAGES])
GROUPS = synonyms().groups
TERMS = [(term, group) for group in GROUPS for term in group.terms]


def table(*rows: str) -> str:
    return "\n".join(["# note", HEAD, *rows]) + "\n"


def words(found: tuple[Found, ...]) -> list[tuple[str, str]]:
    return [(f.words, f.group.korean[0]) for f in found]


def test_the_shipped_table_covers_every_sector_with_at_least_250_groups():
    per_sector = {code: [g for g in GROUPS if g.sector == code] for code in sectors()}

    assert len(GROUPS) >= 250
    assert min(map(len, per_sector.values())) >= 10


def test_every_term_of_the_table_finds_its_own_group_and_only_that():
    lost = [term for term, group in TERMS if [f.group for f in synonyms().find(term)] != [group]]

    assert lost == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("건물 에너지 관리 시스템", "BEMS"),
        ("BEMS 도입", "건물에너지관리시스템"),
        ("đốt rác", "소각"),
        ("insinerasi", "incineration"),
        ("l'incinération des ordures", "소각"),
        ("垃圾焚烧", "incineration"),
        ("membrane bioreactors", "막생물반응기"),
        ("refuse-derived fuel", "SRF"),
    ],
)
def test_a_term_of_any_language_gives_its_korean_and_english_names(text, expected):
    (found,) = [f for f in synonyms().find(text) if expected in f.equivalents]

    assert found.words not in found.equivalents


def test_the_longest_phrase_comes_first_and_nothing_overlaps():
    found = synonyms().find("Nhà máy đốt rác phát điện, LFG")

    assert words(found) == [("đốt rác phát điện", "폐기물 에너지화"), ("LFG", "매립가스")]


@pytest.mark.parametrize(
    "text",
    [
        "led by experts",
        "we wash it step by step",
        "ro ess ev",
        "행정수도 이전",
        "농업용 수로",
        "소. 각",
    ],
)
def test_what_only_looks_like_a_term_is_left_alone(text):
    assert synonyms().find(text) == ()


def test_abbreviations_of_two_and_three_letters_count_in_capitals_also_before_korean_endings():
    found = synonyms().find("RO를 쓰고 ESS와 EVs")

    assert [f.words for f in found] == ["RO", "ESS", "EVs"]


def test_latin_terms_are_whole_words_and_plurals_are_understood():
    assert words(synonyms().find("heat pumps")) == [("heat pumps", "히트펌프")]
    assert words(synonyms().find("batteries")) == []
    assert words(synonyms().find("preincinerations")) == []


def test_expand_joins_neighbouring_terms_and_names_a_group_once():
    terms = ["건물", "에너지", "관리", "시스템", "BEMS", "RO"]

    found = expand(terms)

    assert [(f.start, f.end) for f in found] == [(0, 4), (5, 6)]
    assert found[0].equivalents[-1] == "BEMS"
    assert found[1].equivalents[0] == "역삼투"


def test_expand_of_phrases_equals_find_in_the_text():
    phrases = ["waste to energy", "매립가스", "osmose inverse"]

    assert [f.group for f in expand(phrases)] == [
        f.group for f in synonyms().find(", ".join(phrases))
    ]


@pytest.mark.parametrize(
    ("rows", "line", "says"),
    [
        (("water\t역삼투\tRO x\t\t\t\t\t", "air\t소각\tRO-X\t\t\t\t\t"), 4, "3행에도"),
        (("nowhere\t역삼투\tRO x\t\t\t\t\t",), 3, "분야"),
        (("water\t역삼투\t\t\t\t\t\t",), 3, "국문과 영문"),
        (("water\t역삼투",), 3, "칸이"),
        (("water\t역삼투\t--\t\t\t\t\t",), 3, "글자가 없습니다"),
    ],
)
def test_a_broken_row_is_refused_with_file_and_line(rows, line, says):
    with pytest.raises(UnreadableFile, match=rf"my\.tsv {line}행: .*{says}") as refused:
        parse_synonyms(table(*rows), "my.tsv")

    assert refused.value.facts == {"file": "my.tsv", "line": line}


def test_a_table_of_ones_own_is_read_and_a_missing_one_refused(tmp_path):
    path = tmp_path / "own.tsv"
    path.write_text("\ufeff" + table("water\t물\twater\t=WET\t\t\t\t"), encoding="utf-8")

    own = read_synonyms(path)

    assert own.groups[0].abbreviations == ("WET",)
    assert [f.words for f in own.find("WET wet")] == ["WET"]
    with pytest.raises(UnreadableFile, match=r"none\.tsv"):
        read_synonyms(tmp_path / "none.tsv")


def test_a_wrong_head_is_refused():
    with pytest.raises(UnreadableFile, match="1행"):
        parse_synonyms("sector\tko\n")


@given(st.lists(st.sampled_from([t for t, _ in TERMS]) | st.text(max_size=8), max_size=6))
def test_spans_point_into_the_nfc_text_in_order_without_overlap(pieces):
    text = " ".join(pieces)
    nfc = unicodedata.normalize("NFC", text)

    found = synonyms().find(text)

    assert [nfc[f.start : f.end] for f in found] == [f.words for f in found]
    edges = [edge for f in found for edge in (f.start, f.end)]
    assert edges == sorted(edges)


@given(st.sampled_from(TERMS), st.sampled_from(TERMS))
def test_a_full_stop_between_two_terms_keeps_them_apart(one, other):
    found = synonyms().find(f"{one[0]}; {other[0]}")

    assert [f.group for f in found] == [one[1], other[1]]


@given(st.text())
def test_case_and_composition_do_not_change_long_terms(text):
    decomposed = unicodedata.normalize("NFD", text)

    assert words(synonyms().find(text)) == words(synonyms().find(decomposed))


def test_the_table_is_kept_in_nfc_without_stray_spaces():
    shipped = resources.files("matcher").joinpath("tables", "synonyms.tsv").read_text("utf-8")

    assert unicodedata.is_normalized("NFC", shipped)
    assert "  " not in shipped.partition(HEAD)[2]
