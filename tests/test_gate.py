"""Two encoders as one: what their likeness is, how long the vectors are, what the gate lets through."""

from pathlib import Path

import numpy as np
import pytest
from fakes import FakeEncoder

from indexing.adapter import SHIPPED, Adapter
from indexing.collection import encode_query
from indexing.gate import LARGEST_SHARE, Gate, GatedEncoder, examples, fit
from indexing.material import Concept, Material, Pair, Passage
from indexing.vectors import VectorCache, remembering

TEXTS = ["빗물 저류조", "정수 설비 도입", "LED 가로등", "", "물"]
KNOWN = Gate(np.linspace(-3, 3, 64, dtype=np.float32), 0.2)


def fake(gate: Gate = KNOWN) -> GatedEncoder:
    return GatedEncoder("two", FakeEncoder("a@1"), FakeEncoder("b@1"), gate)


class Turned(FakeEncoder):
    """The same words in other places, so that the two models do not agree."""

    def encode(self, texts, kind, progress=None):
        return super().encode(texts, kind)[:, ::-1].copy()


def test_likeness_is_the_mean_of_both_cosines_weighted_by_the_gate() -> None:
    plain, adapted = FakeEncoder("a@1"), Turned("b@1")
    both = GatedEncoder("two", plain, adapted, KNOWN)

    found = both.encode(TEXTS, "query") @ both.encode(TEXTS[::-1], "passage").T

    share = KNOWN.plain_share(plain.encode(TEXTS, "query"))[:, None]
    cosines = [
        one.encode(TEXTS, "query") @ one.encode(TEXTS[::-1], "passage").T
        for one in (plain, adapted)
    ]
    assert found == pytest.approx(share * cosines[0] + (1 - share) * cosines[1], abs=1e-6)
    assert share.max() - share.min() > 0.05  # the texts are not all gated alike


def test_passages_are_unit_vectors_and_queries_at_most_the_root_of_two_long() -> None:
    passages, queries = (fake().encode(TEXTS, kind) for kind in ("passage", "query"))

    assert np.linalg.norm(passages, axis=1) == pytest.approx(np.ones(5), abs=1e-6)
    assert (np.linalg.norm(queries, axis=1) >= 1 - 1e-6).all()
    assert (np.linalg.norm(queries, axis=1) <= np.sqrt(2) + 1e-6).all()


@pytest.mark.parametrize(
    ("log_odds", "share"), [(-50.0, 0.0), (0.0, LARGEST_SHARE / 2), (50.0, LARGEST_SHARE)]
)
def test_a_text_of_the_field_is_left_to_the_adapted_model(log_odds: float, share: float) -> None:
    gate = Gate(np.zeros(64, dtype=np.float32), log_odds)

    assert gate.plain_share(np.ones((2, 64), dtype=np.float32)) == pytest.approx([share, share])


def test_the_name_tells_gates_and_models_apart() -> None:
    other_gate = Gate(KNOWN.weights, KNOWN.intercept + 0.1)
    other_model = GatedEncoder("two", FakeEncoder("a@1"), FakeEncoder("b@2"), KNOWN)

    assert len({fake().name, fake(other_gate).name, other_model.name}) == 3
    assert fake().name == fake().name


def test_a_cache_stands_before_both_models_and_changes_nothing(tmp_path: Path) -> None:
    cached = remembering(fake(), tmp_path)
    assert isinstance(cached, GatedEncoder)

    for kind in ("query", "passage"):
        assert cached.encode(TEXTS, kind) == pytest.approx(fake().encode(TEXTS, kind))

    assert cached.name == fake().name
    assert isinstance(cached.plain, VectorCache)
    assert len(list(tmp_path.glob("*.sqlite3"))) == 2
    assert isinstance(remembering(FakeEncoder(), tmp_path), VectorCache)


def test_a_long_query_is_as_long_as_its_pieces() -> None:
    text = " ".join(f"{word} {place}" for place, word in enumerate(["빗물", "정수", "가로등"] * 20))
    encoder = fake()
    pieces = encoder.encode([text[a:b] for a, b in encoder.passages(text)], "query")
    assert len(pieces) > 1

    found = encode_query(encoder, text)

    assert np.linalg.norm(found) == pytest.approx(np.linalg.norm(pieces, axis=1).mean(), abs=1e-5)
    assert found / np.linalg.norm(found) == pytest.approx(
        pieces.mean(axis=0) / np.linalg.norm(pieces.mean(axis=0)), abs=1e-5
    )


def material() -> Material:
    return Material(
        (
            Concept(
                "T-1",
                "소각 발전 설비",
                ("보일러 부품",),
                (("ko", "폐기물 소각 수요"), ("en", "waste incineration")),
            ),
        ),
        (
            Passage(
                "G-1", "도서관 이용 안내", ("도서관은 언제 여는가",), "When does the library open"
            ),
        ),
        {
            ("terms", "en"): (Pair("소각", "incineration"),),
            ("goods", "en"): (Pair("양말", "socks"), Pair("모자", "hat")),
        },
    )


def test_examples_are_what_the_field_asks_and_offers_and_what_others_ask() -> None:
    of_field, general = examples(material())

    assert sorted(of_field) == sorted(
        ["폐기물 소각 수요", "waste incineration", "소각 발전 설비", "보일러 부품"]
    )
    assert {"도서관은 언제 여는가", "When does the library open", "socks", "hat"} <= set(general)
    assert not {"소각", "incineration"} & set(general)


def test_a_fitted_gate_tells_its_own_examples_apart_and_comes_out_the_same_again() -> None:
    encoder = FakeEncoder()
    of_field, general = examples(material())

    gate, again = fit(material(), encoder), fit(material(), encoder)

    field_shares, other_shares = (
        gate.plain_share(encoder.encode(texts, "query")) for texts in (of_field, general)
    )
    assert field_shares.max() < LARGEST_SHARE / 2 < other_shares.min()
    assert gate.digest == again.digest


def test_an_adapter_carries_its_gate(tmp_path: Path) -> None:
    Adapter("a", "digest", {"m": np.ones((2, 4), dtype=np.float32)}, KNOWN).write(tmp_path, {})

    back = Adapter.read(tmp_path)

    assert back.gate is not None
    assert back.gate.digest == KNOWN.digest
    assert set(back.differences) == {"m"}


def test_the_shipped_gate_knows_needs_it_never_saw_from_other_questions(
    real_encoder: GatedEncoder,
) -> None:
    needs = [
        "비가 오면 매립장에서 검은 물이 흘러나와 하천을 더럽힙니다. 이를 막을 방법을 찾습니다.",
        "Our town burns its rubbish in the open and wants electricity from it instead.",
        "Nhà máy dệt nhuộm muốn tái sử dụng nước thải sau xử lý.",
    ]
    others = [
        "조선 시대에 왕의 하루 일과는 어떻게 시작되었는가?",
        "Who wrote the opera that opened the season in Vienna?",
        "남성용 가죽 지갑",
    ]
    assert Adapter.read(SHIPPED).gate is not None

    shares = real_encoder.gate.plain_share(real_encoder.plain.encode([*needs, *others], "query"))

    assert shares[:3].max() < shares[3:].min()
    assert shares[:3].mean() < LARGEST_SHARE / 2 < shares[3:].mean()
