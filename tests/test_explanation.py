import unicodedata

import pytest
from fakes import FakeEncoder, space_analyzer
from hypothesis import given
from hypothesis import strategies as st

from indexing import quotes
from indexing.quotes import TextQuoter, sentences
from matcher.explanation import Reason, Span, explain, shorten
from matcher.fusion import Points
from matcher.progress import silent

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
    assert "도심, 빗물, 저류, 시스템을" in lexical.label
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


def test_the_nearest_sentences_are_those_of_the_highest_cosine():
    encoder = FakeEncoder()
    need = "가로등을 바꾸려 함. 침수를 막고 빗물 저류 설비를 구함. 예산은 미정임."
    offering = "1990년에 세운 회사입니다. 빗물 저류 설비 제조. 수출을 바랍니다."

    found = TextQuoter(encoder, space_analyzer()).closest_sentences(need, offering)

    cosines = {}
    for left in sentences(need):
        for right in sentences(offering):
            query, passage = (
                encoder.encode([left.quote], "query"),
                encoder.encode([right.quote], "passage"),
            )
            cosines[left, right] = float(query[0] @ passage[0])
    assert cosines[found] == max(cosines.values())


def test_a_text_that_was_encoded_once_is_remembered():
    encoder = FakeEncoder()
    quoter = TextQuoter(encoder, space_analyzer())

    first = quoter.closest_sentences(NEED, OFFERING)
    asked = list(encoder.encoded_texts)
    again = quoter.closest_sentences(NEED, OFFERING)

    assert again == first
    assert encoder.encoded_texts == asked


def test_a_sentence_that_is_forgotten_meanwhile_is_no_error(monkeypatch):
    monkeypatch.setattr(quotes, "REMEMBERED", 2)

    class InterruptedEncoder(FakeEncoder):
        """While it encodes for one caller, another caller's question comes and goes."""

        def encode(self, texts, kind, progress=silent):
            vectors = super().encode(texts, kind, progress)
            if len(self.calls) == 4:
                quoter.closest_sentences("전혀 다른 수요임.", "전혀 다른 기술임.")
            return vectors

    quoter = TextQuoter(InterruptedEncoder(), space_analyzer())
    quoter.closest_sentences("하나의 수요임.", "도심 빗물 저류 설비임.")

    need, offering = quoter.closest_sentences(
        "가로등 수요임.", "도심 빗물 저류 설비임.\n다른 문장임."
    )

    assert need.quote == "가로등 수요임."
    assert offering.quote in ("도심 빗물 저류 설비임.", "다른 문장임.")


@given(st.text(min_size=1))
def test_sentences_are_verbatim_in_order_and_never_none(text):
    found = sentences(text)

    assert found
    position = 0
    for span in found:
        assert text[span.start : span.end] == span.quote
        assert span.start >= position
        position = span.end


@given(st.text(st.sampled_from("가나. !?。\n؟;"), min_size=1))
def test_sentences_lose_nothing_but_blanks(text):
    kept = "".join(span.quote for span in sentences(text))

    assert "".join(kept.split()) == "".join(text.split())


def test_a_short_heading_stays_with_its_sentence():
    assert [span.quote for span in sentences("개요\n빗물을 모으는 설비임.\n끝")] == [
        "개요\n빗물을 모으는 설비임.",
        "끝",
    ]


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
    assert reason.label == "같은 분야 용어: 매립가스(landfill gas)"
