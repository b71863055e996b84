import unicodedata
from concurrent.futures import ThreadPoolExecutor

import pytest
from fakes import FakeEncoder, SpaceTagger, space_analyzer
from hypothesis import given
from hypothesis import strategies as st

from indexing import quotes
from indexing.analyzer import Analyzer
from indexing.clauses import sentences
from indexing.quotes import TextQuoter
from indexing.translations import Translations
from matcher.explanation import Reason, Span, explain, shorten
from matcher.fusion import Points

NEED = "빗물 저류 시스템을 구함. 도심 침수를 줄이고자 함."
OFFERING = "재생 플라스틱 블록\n도심 빗물 저류 시스템을 짓는 블록입니다."


@pytest.fixture(scope="module")
def quoter() -> TextQuoter:
    return TextQuoter(FakeEncoder(), space_analyzer())


def test_each_term_of_the_score_is_one_reason_larger_first(quoter):
    reasons = explain(NEED, OFFERING, "1", Points(dense=0.1, lexical=0.2), quoter)

    assert [(r.source, r.points, r.offering_id) for r in reasons] == [
        ("lexical", 0.2, "1"),
        ("dense", 0.1, "1"),
    ]


def test_a_term_of_zero_is_no_reason(quoter):
    assert [r.source for r in explain(NEED, OFFERING, "1", Points(0.5, 0.0), quoter)] == ["dense"]
    assert [r.source for r in explain(NEED, OFFERING, "1", Points(0.0, 0.5), quoter)] == ["lexical"]
    assert explain(NEED, OFFERING, "1", Points(0.0, 0.0), quoter) == ()


def test_reasons_quote_both_texts(quoter):
    dense, lexical = explain(NEED, OFFERING, "1", Points(0.8, 0.2), quoter)

    assert [span.quote for span in lexical.need_spans] == ["빗물", "저류", "시스템을", "도심"]
    assert [span.quote for span in lexical.offering_spans] == ["도심", "빗물", "저류", "시스템을"]
    assert dense.need_spans[0].quote == "빗물 저류 시스템을 구함."
    assert dense.offering_spans[0].quote == "도심 빗물 저류 시스템을 짓는 블록입니다."
    assert lexical.label == "두 글에 함께 나오는 말: 도심, 빗물, 저류, 시스템을"
    assert dense.need_spans[0].quote in dense.label


def test_a_reason_has_a_form_in_json():
    reason = Reason("dense", 0.5, "가깝습니다.", "1", (Span.of("빗물", 0, 2),), ())

    assert reason.to_dict() == {
        "source": "dense",
        "points": 0.5,
        "label": "가깝습니다.",
        "offering_id": "1",
        "need_spans": [{"start": 0, "end": 2, "quote": "빗물"}],
        "offering_spans": [],
    }


@pytest.mark.parametrize(("start", "end"), [(-1, 1), (0, 3), (1, 1), (2, 1)])
def test_a_span_outside_of_its_text_is_refused(start, end):
    with pytest.raises(ValueError, match="outside"):
        Span.of("빗물", start, end)


@given(st.text(), st.text())
def test_shared_words_reproduce_both_texts_without_overlaps(left, right):
    left, right = left + " 물", "물 " + right

    spans = TextQuoter(FakeEncoder(), space_analyzer()).shared_words(left, right)

    for source, found in zip((left, right), spans, strict=True):
        text = unicodedata.normalize("NFC", source)
        ends = [0]
        for span in found:
            assert text[span.start : span.end] == span.quote
            assert span.start >= ends[-1]
            ends.append(span.end)
    assert {s.quote.casefold() for s in spans[0]} == {s.quote.casefold() for s in spans[1]}
    assert all("물" in {span.quote for span in found} for found in spans)


def test_the_longer_of_two_overlapping_terms_is_quoted(mecab):
    need, offering = TextQuoter(FakeEncoder(), mecab).shared_words("빗물저류조", "빗물저류조")

    assert [span.quote for span in need] == ["빗물저류조"]
    assert [span.quote for span in offering] == ["빗물저류조"]


def test_words_are_quoted_with_what_they_are_in_the_other_language():
    words = [("wast", "폐기물", 0.6), ("wast", "쓰레기", 0.5), ("wast", "가방", 0.05)]
    analyzer = Analyzer(
        "mecab", SpaceTagger(), "1", (), Translations([*words, ("lamp", "등", 1.0)])
    )
    quoter = TextQuoter(FakeEncoder(), analyzer)

    need, offering = quoter.shared_words("waste LED lamp", "가방 쓰레기 폐기물 LED 램프")

    assert [span.quote for span in need] == ["waste", "LED"]
    assert [span.quote for span in offering] == ["쓰레기", "폐기물", "LED"]


@pytest.mark.parametrize(
    ("need", "word", "answer"),
    [
        ("Xử lý rác sinh hoạt của thành phố", "rác", "쓰레기"),
        ("Traitement des déchets ménagers", "déchets", "폐기물"),
        ("Municipal waste incinerator", "waste", "폐기물"),
    ],
)
def test_a_need_in_another_language_shows_its_words_in_the_korean_text(mecab, need, word, answer):
    offering = f"생활 {answer} 를 태우는 설비를 만듭니다."

    here, there = TextQuoter(FakeEncoder(), mecab).shared_words(need, offering)

    assert word in {span.quote for span in here}
    assert answer in {span.quote for span in there}
    quoter = TextQuoter(FakeEncoder(), mecab)
    (reason,) = explain(need, offering, "1", Points(0.0, 0.1), quoter)
    assert reason.label.startswith("두 글에 함께 나오는 말(다른 언어는 한국어로 옮겨서): ")


@pytest.mark.parametrize(
    ("need", "offering"),
    [
        ("Solar systems and generators", "A solar system with a generator"),
        ("Solar SYSTEMS", "태양광 system 설비"),
        ("소각로 1,200톤", "하루 1200톤 소각로"),
    ],
)
def test_words_of_other_endings_or_commas_are_not_said_to_be_translated(mecab, need, offering):
    quoter = TextQuoter(FakeEncoder(), mecab.without_translations())

    (reason,) = explain(need, offering, "1", Points(0.0, 0.1), quoter)

    assert reason.label.startswith("두 글에 함께 나오는 말: ")


def test_an_unlikely_translation_is_quoted_where_there_is_nothing_better():
    rows = [("bag", "가방", 0.95), ("bag", "폐기물", 0.05), ("wast", "폐기물", 1.0)]
    quoter = TextQuoter(
        FakeEncoder(), Analyzer("mecab", SpaceTagger(), "1", (), Translations(rows))
    )

    alone, beside = (quoter.shared_words(need, "폐기물") for need in ("bag", "bag waste"))

    assert [span.quote for span in alone[0]] == ["bag"]
    assert [span.quote for span in beside[0]] == ["waste"]
    assert all([span.quote for span in spans] == ["폐기물"] for _, spans in (alone, beside))


def test_a_need_in_another_language_shows_what_answers_it(real_encoder):
    need = (
        "Biến rác thải thành năng lượng\nTỉnh mong muốn đốt rác sinh hoạt để phát điện. "
        "Cuộc họp sẽ diễn ra tại Hà Nội vào tháng 5."
    )
    offering = (
        "1990년에 세운 회사입니다. 생활쓰레기를 태워 전기를 만드는 소각 발전 설비를 짓습니다. "
        "본사는 성남시에 있습니다."
    )

    quoted = TextQuoter(real_encoder, space_analyzer()).carrying_spans(need, offering)

    assert "rác" in quoted[0].quote
    assert "소각" in quoted[1].quote or "쓰레기" in quoted[1].quote


def test_a_quote_carries_more_of_the_cosine_than_its_share_of_the_text():
    encoder = FakeEncoder(dimension=4096)
    need = "가로등을 바꾸려고 합니다. 침수를 막고 빗물 저류 설비를 구합니다. 예산은 미정입니다."
    offering = (
        "1990년에 세운 회사입니다. 빗물 저류 설비를 만들어 침수를 막고 있음. 수출을 바랍니다."
    )

    quoted = TextQuoter(encoder, space_analyzer()).carrying_spans(need, offering)

    def cosine(need, offering):
        query, passage = encoder.encode([need], "query"), encoder.encode([offering], "passage")
        return float(query[0] @ passage[0])

    def fall_per_letter(text, other, span):
        left = text[: span.start] + text[span.end :]
        return (cosine(text, other) - cosine(left, other)) / len(span.quote)

    assert quoted[0].quote == "침수를 막고 빗물 저류 설비를 구합니다."
    assert quoted[1].quote == "빗물 저류 설비를 만들어 침수를 막고 있음."
    for text, other, quote in ((need, offering, quoted[0]), (offering, need, quoted[1])):
        falls = [fall_per_letter(text, other, sentence) for sentence in sentences(text)]
        assert fall_per_letter(text, other, quote) > sum(falls) / len(falls)


def test_a_quote_of_a_long_text_stands_in_the_passage_that_is_most_alike():
    offering = " ".join(["전선을 파는 회사입니다."] * 20) + " 빗물 저류 설비를 만듭니다."

    need, quoted = TextQuoter(FakeEncoder(), space_analyzer()).carrying_spans(
        "빗물 저류 설비", offering
    )

    assert need.quote == "빗물 저류 설비"
    assert quoted.quote == "빗물 저류 설비를 만듭니다."


@given(st.text(min_size=1), st.text(min_size=1))
def test_carrying_spans_reproduce_both_texts(left, right):
    quoted = TextQuoter(FakeEncoder(), space_analyzer()).carrying_spans(left, right)

    for source, span in zip((left, right), quoted, strict=True):
        text = unicodedata.normalize("NFC", source)
        assert text[span.start : span.end] == span.quote
        assert span.quote


def test_a_text_that_was_encoded_once_is_remembered():
    encoder = FakeEncoder()
    quoter = TextQuoter(encoder, space_analyzer())

    first = quoter.carrying_spans(NEED, OFFERING)
    asked = list(encoder.encoded_texts)
    again = quoter.carrying_spans(NEED, OFFERING)

    assert again == first
    assert encoder.encoded_texts == asked


def test_a_text_that_is_forgotten_meanwhile_is_no_error(monkeypatch):
    monkeypatch.setattr(quotes, "REMEMBERED", 1)
    quoter = TextQuoter(FakeEncoder(), space_analyzer())

    with ThreadPoolExecutor(8) as pool:
        found = list(
            pool.map(lambda n: quoter.carrying_spans(f"빗물 {n} 수요임.", OFFERING), range(40))
        )

    assert [need.quote for need, _ in found] == [f"빗물 {n} 수요임." for n in range(40)]


def test_a_long_quote_is_shortened_on_one_line():
    assert shorten("가\n 나") == "가 나"
    assert shorten("가" * 61) == "가" * 59 + "…"
    assert shorten("가" * 60) == "가" * 60


def test_shared_concepts_come_in_pairs_whatever_the_language(mecab):
    need = "Tỉnh cần thu hồi khí bãi chôn lấp và xử lý nước thải."
    offering = "폐수처리와 매립가스 발전을 함께 하는 설비"

    need_spans, offering_spans = TextQuoter(FakeEncoder(), mecab).shared_concepts(need, offering)

    assert [need[span.start : span.end] for span in need_spans] == [s.quote for s in need_spans]
    pairs = dict(
        zip(
            (span.quote for span in need_spans),
            (span.quote for span in offering_spans),
            strict=True,
        )
    )
    assert pairs["khí bãi chôn lấp"] == "매립가스"


def test_a_concept_term_of_the_score_quotes_both_texts(mecab):
    quoter = TextQuoter(FakeEncoder(), mecab)

    (reason,) = explain("landfill gas", "매립가스 발전", "1", Points(0.0, 0.0, 0.1), quoter)

    assert (reason.source, reason.points) == ("concept", 0.1)
    assert reason.label == "같은 분야의 용어: 매립가스(landfill gas)"
