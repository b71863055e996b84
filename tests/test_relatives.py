import pytest
from fakes import FakeEncoder, SpaceTagger

from indexing.analyzer import Analyzer
from indexing.collection import build_collection
from indexing.quotes import TextQuoter
from indexing.relatives import NO_RELATIVES, Relatives
from indexing.translations import Translations

TABLE = Translations(
    [
        ("pengolahan", "처리", 0.6),
        ("pengolahan", "가공", 0.2),
        ("olahan", "가공", 0.5),
        ("déclar", "신고", 0.4),
        ("nano", "나노", 0.9),
        ("structur", "구조", 0.9),
        ("led", "엘이디", 0.9),
    ]
)
"""Words as the analyzer writes them: endings of foreign words are cut."""


@pytest.fixture(scope="module")
def relatives():
    return Relatives(TABLE)


@pytest.fixture(scope="module")
def knowing():
    return Analyzer("mecab", SpaceTagger(), "spaces", (), TABLE)


def test_a_word_says_what_the_words_of_its_indonesian_root_say(relatives):
    assert relatives.of("mengolahnya") == pytest.approx({"처리": 0.375, "가공": 0.125 + 0.5})


def test_a_word_says_what_the_words_of_its_french_root_say(relatives):
    assert relatives.of("déclaré") == pytest.approx({"신고": 1.0})


def test_a_word_that_is_put_together_says_what_its_parts_say(relatives):
    assert relatives.of("nanostructur") == pytest.approx({"나노": 0.5, "구조": 0.5})


def test_of_two_ways_to_cut_the_one_with_the_longer_parts_is_taken():
    table = Translations([(w, w.upper(), 1.0) for w in ("abcd", "abcde", "efghij", "fghij")])

    assert set(Relatives(table).of("abcdefghij")) == {"ABCDE", "FGHIJ"}


@pytest.mark.parametrize(
    "word", ["olahan", "처리", "olah5", "led", "leds", "", "xyzabc", "나노구조"]
)
def test_nothing_is_said_of_words_of_the_table_or_without_relatives(relatives, word):
    assert relatives.of(word) == {}


def test_short_parts_and_roots_are_nobodys_relatives():
    table = Translations([("bel", "벨", 1.0), ("fast", "빠른", 1.0), ("celer", "빠름", 1.0)])

    assert Relatives(table).of("belfast") == {}
    assert Relatives(table).of("cela") == {}


def test_a_table_without_words_has_no_relatives():
    assert NO_RELATIVES.of("pengolahan") == {}


def test_a_query_finds_what_relatives_of_its_words_say(knowing):
    texts = {"a": "폐기물 처리 설비", "b": "가로등 설치", "c": "mengolahnya"}

    collection = build_collection(texts, FakeEncoder(), knowing)
    strange = build_collection(texts, FakeEncoder(), knowing.without_relatives())

    def named(where):
        found = where.evidence("mengolahnya", len(texts)).candidates
        return {id for id, evidence in found.items() if evidence.coverage > 0}

    assert named(collection) == {"a", "c"}
    assert named(strange) == {"c"}


def test_what_the_table_knows_here_is_not_sought_by_relatives(knowing):
    collection = build_collection({"a": "가공 처리 설비"}, FakeEncoder(), knowing)

    (word,) = collection.wordings(["pengolahan"])

    assert word.translations == pytest.approx({"처리": 0.75, "가공": 0.25})


def test_what_a_relative_says_is_quoted_on_both_sides(knowing):
    need, offering = TextQuoter(FakeEncoder(), knowing).shared_words(
        "mengolahnya di sini", "식품 가공 설비"
    )

    assert [span.quote for span in need] == ["mengolahnya"]
    assert [span.quote for span in offering] == ["가공"]


def test_what_a_relative_only_may_say_is_not_quoted(knowing):
    quoter = TextQuoter(FakeEncoder(), knowing)

    assert quoter.shared_words("nanostructur mengolahnya", "나노 구조 처리") == ((), ())


def test_without_relatives_the_analyzer_has_another_name(knowing):
    assert knowing.without_relatives().name != knowing.name
    assert knowing.without_translations().relatives is NO_RELATIVES
