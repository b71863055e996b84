from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexing.clauses import LONGEST, clauses, runs, sentences


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


WRITTEN = st.text(st.sampled_from("가나다고며, .:、()\nab"), min_size=1, max_size=400)


@given(st.one_of(WRITTEN, st.text(min_size=1)))
def test_clauses_are_verbatim_in_order_short_enough_and_lose_nothing_but_blanks(text):
    found = [clause for sentence in clauses(text) for clause in sentence]

    assert found
    assert all(text[clause.start : clause.end] == clause.quote for clause in found)
    assert all(one.end <= other.start for one, other in pairwise(found))
    if text.strip():
        assert all(len(clause.quote) <= LONGEST for clause in found)
    kept = "".join(clause.quote for clause in found)
    assert "".join(kept.split()) == "".join(text.split())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "창틀에 붙이는 환기 장치로 공사 없이 설치하며, 소음이 38dB 이하입니다.",
            ["창틀에 붙이는 환기 장치로 공사 없이 설치하며,", "소음이 38dB 이하입니다."],
        ),
        (
            "분전반을 30분 안에 설치하고 사용량을 1분마다 클라우드로 보냅니다.",
            ["분전반을 30분 안에 설치하고", "사용량을 1분마다 클라우드로 보냅니다."],
        ),
        (
            "Chúng tôi cần trạm sạc cho xe buýt, và phần mềm quản lý đội xe.",
            ["Chúng tôi cần trạm sạc cho xe buýt,", "và phần mềm quản lý đội xe."],
        ),
        (
            "现征集可以完全降解的包装材料，以及各种再生原料制成的产品。",
            ["现征集可以完全降解的包装材料，", "以及各种再生原料制成的产品。"],
        ),
    ],
)
def test_a_sentence_is_cut_where_its_clauses_join(text, expected):
    assert [clause.quote for clause in clauses(text)[0]] == expected


def test_a_list_of_short_words_stays_together():
    korean = "물, 에너지, 폐기물, 농업, 재해 분야의 기술을 찾습니다."
    english = "water, energy, waste, farms, and help after disasters"

    assert [clause.quote for clause in clauses(korean)[0]] == [
        "물, 에너지, 폐기물, 농업,",
        "재해 분야의 기술을 찾습니다.",
    ]
    assert [clause.quote for clause in clauses(english)[0]] == [
        "water, energy, waste,",
        "farms, and help after disasters",
    ]


def test_a_number_is_no_place_to_cut():
    (found,) = clauses("정격 1,200kW와 0.5MPa의 압력을 견디는 압축기입니다.")

    assert len(found) == 1


def test_what_is_too_long_is_cut_at_blanks_in_even_parts():
    (found,) = clauses("저장하는 " * 60)

    assert [len(clause.quote.split()) for clause in found] == [15, 15, 15, 15]
    assert {word for clause in found for word in clause.quote.split()} == {"저장하는"}


def test_runs_are_the_clauses_and_their_neighbours_within_a_sentence():
    text = "물을 모으는 통을 묻고, 넘치는 물은 땅으로 보내며, 남는 물은 밭에 줍니다. 튼튼합니다."

    found = [span.quote for span in runs(clauses(text), text)]

    assert found == [
        "물을 모으는 통을 묻고",
        "물을 모으는 통을 묻고, 넘치는 물은 땅으로 보내며",
        "물을 모으는 통을 묻고, 넘치는 물은 땅으로 보내며, 남는 물은 밭에 줍니다.",
        "넘치는 물은 땅으로 보내며",
        "넘치는 물은 땅으로 보내며, 남는 물은 밭에 줍니다.",
        "남는 물은 밭에 줍니다.",
        "튼튼합니다.",
    ]


@given(st.text(min_size=1))
def test_runs_are_never_longer_than_a_quote_may_be(text):
    found = runs(clauses(text), text)

    single = [clause.start for sentence in clauses(text) for clause in sentence]
    assert set(single) == {span.start for span in found}
    assert all(text[span.start : span.end] == span.quote for span in found)
    if text.strip():
        assert max(len(span.quote) for span in found) <= LONGEST
