import gzip
import math
import unicodedata

import pytest
from fakes import FakeEncoder, SpaceTagger
from hypothesis import given
from hypothesis import strategies as st

from indexing.analyzer import Analyzer
from indexing.collection import build_collection
from indexing.quotes import TextQuoter
from indexing.sound_learning import learn, main, write_sounds
from indexing.sounds import (
    NO_SOUNDS,
    SHIPPED,
    SoundIndex,
    Sounds,
    is_foreign,
    is_korean,
    jamo,
    letters,
    read_sounds,
    rough_sound,
)
from indexing.translations import SHIPPED as TABLE
from indexing.translations import Translations, read_table

VOCABULARY = (
    "그래핀",
    "폐기물",
    "태양광",
    "수라바야",
    "관광",
    "소각로",
    "graphen",
    "wast",
    "led",
    "그라파이트",
)
"""As the analyzer writes terms: endings of foreign words are cut."""


@pytest.fixture(scope="module")
def sounds():
    return read_sounds()


@pytest.fixture(scope="module")
def listening(sounds):
    translations = Translations([("wast", "폐기물", 0.9), ("panel", "모듈", 0.9)])
    return Analyzer("mecab", SpaceTagger(), "spaces", (), translations, sounds)


@given(st.text(st.characters(min_codepoint=ord("가"), max_codepoint=ord("힣")), max_size=6))
def test_jamo_are_those_of_unicode_without_the_silent_one(word):
    decomposed = unicodedata.normalize("NFD", word)

    assert len(jamo(word)) == sum(mark != "\u110b" for mark in decomposed)


def test_letters_lose_their_marks():
    assert letters("điện") == "dien"
    assert letters("métallisé") == "metallise"
    assert jamo("한강") == "ㅎㅏㄴㄱㅏㆁ"
    assert jamo("왕") == "ㅘㆁ"


@pytest.mark.parametrize(
    ("foreign", "korean"),
    [
        ("graphen", "그래핀"),
        ("polymer", "폴리머"),
        ("inverter", "인버터"),
        ("phosphat", "포스페이트"),
    ],
)
def test_both_scripts_have_the_same_rough_sound(foreign, korean):
    assert rough_sound(foreign) == rough_sound(korean)


def test_what_is_short_or_has_numbers_is_not_known_by_its_sound():
    assert [is_foreign(word) for word in ("led", "rác", "pm25", "10kw", "能源", "그래핀")] == [
        False
    ] * 6
    assert is_foreign("lombok")
    assert [is_korean(word) for word in ("물", "led등", "graphen", "가" * 13)] == [False] * 4
    assert is_korean("롬복")


@pytest.mark.parametrize(
    ("foreign", "korean", "others"),
    [
        ("kirloskar", "키를로스카르", ("킬로와트", "가로등")),
        ("surabaya", "수라바야", ("수리", "사업")),
        ("makassar", "마카사르", ("마스크", "막사")),
        ("polysulfon", "폴리설폰", ("폴리머", "설비")),
        ("ouarzazat", "우아르자자트", ("우수", "자재")),
    ],
)
def test_a_word_that_no_table_knows_is_told_from_others(sounds, foreign, korean, others):
    found = SoundIndex([korean, *others], sounds).of(foreign)

    assert found[korean] > 0.5
    assert found[korean] == max(found.values())
    back = SoundIndex([foreign, "wast", "panel", "garden"], sounds).of(korean)
    assert max(back, key=lambda form: back[form]) == foreign


@pytest.mark.parametrize(
    ("foreign", "korean"),
    [("waste", "폐기물"), ("water", "물탱크"), ("nước", "정수기"), ("rice", "벼농사")],
)
def test_a_word_and_its_translation_do_not_sound_alike(sounds, foreign, korean):
    assert SoundIndex([korean], sounds).of(foreign) == {}
    assert sounds.weight(foreign, korean) < 0


def test_shares_of_all_spellings_and_of_none_are_one(sounds):
    vocabulary = ["워싱턴", "워싱톤", "와싱턴", "폐기물"]

    found = SoundIndex(vocabulary, sounds).of("washington")

    assert set(found) <= set(vocabulary[:3])
    assert 0.5 < math.fsum(found.values()) <= 1


def test_the_order_of_a_vocabulary_says_nothing(sounds):
    vocabulary = ["워싱턴", "워싱톤", "와싱턴", "폐기물"]

    assert SoundIndex(vocabulary, sounds).of("washington") == SoundIndex(
        vocabulary[::-1], sounds
    ).of("washington")


def test_without_sounds_or_words_nothing_is_found(sounds):
    assert not NO_SOUNDS
    assert SoundIndex(VOCABULARY, NO_SOUNDS).of("graphen") == {}
    assert SoundIndex((), sounds).of("graphen") == {}
    assert SoundIndex(["폐기물"], sounds).of("그래핀") == {}


def test_a_query_finds_what_its_words_sound_like(listening):
    texts = {"a": "그래핀 소재", "b": "폐기물 소각로", "c": "graphen 코팅"}

    collection = build_collection(texts, FakeEncoder(), listening)
    deaf = build_collection(texts, FakeEncoder(), listening.without_sounds())

    def heard(query, where=collection):
        found = where.evidence(query, len(texts)).candidates
        return {id for id, evidence in found.items() if evidence.coverage > 0}

    assert heard("graphene") == {"a", "c"}
    assert heard("그래핀") == {"a", "c"}
    assert heard("graphene", deaf) == {"c"}


def test_what_the_table_knows_here_is_not_sought_by_its_sound(listening):
    texts = {"a": "웨이스트 팩", "b": "폐기물 소각로", "c": "패널 청소"}

    words = build_collection(texts, FakeEncoder(), listening).wordings(["wast", "panel"])

    assert words[0].translations == {"폐기물": 1.0}
    assert set(words[1].translations) == {"모듈", "패널"}, "the table's 모듈 stands in no text"


def test_words_keep_their_order_and_those_that_nobody_knows_stand_for_themselves(listening):
    collection = build_collection({"a": "폐기물 소각로"}, FakeEncoder(), listening)

    words = collection.wordings(["5kw", "wast", "wast"])

    assert [word.forms for word in words] == [("5kw",), *[("wast", "폐기물")] * 2]


def test_what_sounds_alike_is_quoted_on_both_sides(listening):
    quoter = TextQuoter(FakeEncoder(), listening)

    need, offering = quoter.shared_words("Surabaya incinerator", "수라바야 소각로 납품")

    assert [span.quote for span in need] == ["Surabaya"]
    assert [span.quote for span in offering] == ["수라바야"]


def test_what_only_may_sound_alike_is_not_quoted(listening, sounds):
    doubtful = SoundIndex(["본드", "소각로"], sounds).of("pond")
    assert 0 < doubtful["본드"] < 0.5

    quoted = TextQuoter(FakeEncoder(), listening).shared_words("pond water", "본드 소각로")

    assert quoted == ((), ())


def test_another_table_of_sounds_is_another_analyzer(listening, sounds):
    assert (
        listening.name
        != Analyzer("mecab", SpaceTagger(), "spaces", (), listening.translations).name
    )
    assert Sounds([("pair", "a", "ㅏ", -1.0)]).digest != sounds.digest


def test_how_words_are_spelt_is_learned_from_a_table_of_words():
    """A tenth of the table is enough to know graphene, which it does not hold."""
    table = [row for row in read_table() if row[0] != "graphen"]

    rows = learn(table[::10])

    assert rows == sorted(rows) == learn(table[::10])
    found = SoundIndex(VOCABULARY, Sounds(rows)).of("graphen")
    assert max(found, key=lambda form: found[form]) == "그래핀"
    assert learn([]) == []


def test_the_same_rows_are_written_as_the_same_bytes_and_read_again(tmp_path):
    rows = [("letter", "a", " ", -1.5), ("pair", "a", "ㅏ", -0.25), ("syllable", "", "가", -3.0)]
    for name in ("a", "b"):
        write_sounds(tmp_path / name, rows)

    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert read_sounds(tmp_path / "a").digest == Sounds(rows).digest


def test_the_command_learns_from_a_table_and_says_how_much(tmp_path, capsys):
    table, out = tmp_path / "table.tsv.gz", tmp_path / "sounds.tsv.gz"
    lines = gzip.decompress(TABLE.read_bytes()).decode().splitlines(keepends=True)
    table.write_bytes(gzip.compress("".join(lines[::20]).encode()))

    assert main(["--table", str(table), "--out", str(out)]) == 0

    assert "귀로 적은" in capsys.readouterr().out
    assert read_sounds(out)


def test_what_ships_holds_pairs_of_letters_and_no_word():
    for line in gzip.decompress(SHIPPED.read_bytes()).decode().splitlines():
        _, left, right, likely = line.split("\t")
        assert len(left) <= 2
        assert len(right) <= 3
        assert float(likely) <= 0
