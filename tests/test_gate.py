"""Two encoders as one: what their likeness is, how long the vectors are, what the gate lets through."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from fakes import FakeEncoder

from indexing.adapter import SHIPPED, Adapter
from indexing.collection import encode_query
from indexing.gate import LARGEST_SHARE, Gate, GatedEncoder, Scale, is_foreign
from indexing.gate_training import AlignmentRecipe, examples, fit, fit_alignment, fit_scales
from indexing.material import Concept, Material, Pair, Passage
from indexing.vectors import VectorCache, remembering

TEXTS = ["빗물 저류조", "정수 설비 도입", "LED 가로등", "", "물", "water supply", "2030"]
TURN = np.random.default_rng(3).normal(0, 0.1, (64, 64)).astype(np.float16).astype(np.float32)
KNOWN = Gate(np.linspace(-3, 3, 64, dtype=np.float32), 0.2, TURN, Scale(1.5, -0.5), Scale(0.8, 0.1))
QUICK = AlignmentRecipe(steps=40, pairs_of_a_source=8)


def fake(gate: Gate = KNOWN) -> GatedEncoder:
    return GatedEncoder("two", FakeEncoder("a@1"), FakeEncoder("b@1"), gate)


class Turned(FakeEncoder):
    """The same words in other places, so that the two models do not agree."""

    def encode(self, texts, kind, progress=None):
        return super().encode(texts, kind)[:, ::-1].copy()


def test_likeness_is_the_mean_of_both_weighted_by_the_gate() -> None:
    plain, adapted = FakeEncoder("a@1"), Turned("b@1")
    both = GatedEncoder("two", plain, adapted, KNOWN)

    found = both.encode(TEXTS, "query") @ both.encode(TEXTS[::-1], "passage").T

    asked = plain.encode(TEXTS, "query")
    share = KNOWN.plain_share(asked)[:, None]
    cosine = KNOWN.aligned(TEXTS, asked) @ plain.encode(TEXTS[::-1], "passage").T
    rows = [(0.8, 0.1) if is_foreign(text) else (1.5, -0.5) for text in TEXTS]
    scaled = np.array([a * row + b for (a, b), row in zip(rows, cosine, strict=True)])
    cosine = adapted.encode(TEXTS, "query") @ adapted.encode(TEXTS[::-1], "passage").T
    assert found == pytest.approx(share * scaled + (1 - share) * cosine, abs=1e-5)
    assert share.max() - share.min() > 0.05  # the texts are not all gated alike


def test_passages_are_unit_vectors() -> None:
    texts = [text for text in TEXTS if text]

    lengths = np.linalg.norm(fake().encode(texts, "passage"), axis=1)

    assert lengths == pytest.approx(np.ones(len(texts)), abs=1e-6)


def test_only_questions_without_hangul_are_moved_and_they_stay_of_length_one() -> None:
    vectors = FakeEncoder().encode(TEXTS, "query")

    moved = KNOWN.aligned(TEXTS, vectors)

    changed = [text for text, a, b in zip(TEXTS, vectors, moved, strict=True) if not (a == b).all()]
    assert changed == [text for text in TEXTS if is_foreign(text)] == ["water supply"]
    assert np.linalg.norm(moved[TEXTS.index("water supply")]) == pytest.approx(1.0, abs=1e-6)
    assert (Gate(KNOWN.weights, 0.2).aligned(TEXTS, vectors) == vectors).all()


@pytest.mark.parametrize(
    ("log_odds", "share"), [(-50.0, 0.0), (0.0, LARGEST_SHARE / 2), (50.0, LARGEST_SHARE)]
)
def test_a_text_of_the_field_is_left_to_the_adapted_model(log_odds: float, share: float) -> None:
    gate = Gate(np.zeros(64, dtype=np.float32), log_odds)

    assert gate.plain_share(np.ones((2, 64), dtype=np.float32)) == pytest.approx([share, share])


def test_the_name_tells_gates_and_models_apart() -> None:
    others = [
        replace(KNOWN, intercept=0.3),
        replace(KNOWN, alignment=2 * TURN),
        replace(KNOWN, alignment=None),
        replace(KNOWN, foreign=Scale(0.8, 0.2)),
    ]
    other_model = GatedEncoder("two", FakeEncoder("a@1"), FakeEncoder("b@2"), KNOWN)

    names = {fake().name, other_model.name, *(fake(gate).name for gate in others)}
    assert len(names) == 6
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

    gate, again = (fit(material(), encoder, Turned(), QUICK) for _ in range(2))

    field_shares, other_shares = (
        gate.plain_share(encoder.encode(texts, "query")) for texts in (of_field, general)
    )
    assert field_shares.max() < LARGEST_SHARE / 2 < other_shares.min()
    assert gate.digest == again.digest


def test_the_alignment_brings_a_question_to_its_translation() -> None:
    words = [("막", "membrane"), ("재", "ash"), ("물", "water"), ("빛", "light"), ("흙", "soil")]
    pairs = {("terms", "en"): tuple(Pair(ko, other) for ko, other in words)}
    encoder = FakeEncoder()

    gate = Gate(KNOWN.weights, 0.0, fit_alignment(pairs, encoder, QUICK))

    asked = [other for _, other in words]
    answers = encoder.encode([ko for ko, _ in words], "passage")
    before = encoder.encode(asked, "query")
    after = gate.aligned(asked, before)
    assert ((before @ answers.T).argmax(axis=1) != np.arange(5)).any()
    assert ((after @ answers.T).argmax(axis=1) == np.arange(5)).all()


def test_scaled_plain_means_are_those_of_the_adapted_model() -> None:
    passages = tuple(
        Passage(f"G-{n}", text, (question,), foreign)
        for n, (text, question, foreign) in enumerate(
            [
                ("도서관 이용 안내 hours", "도서관 시간", "library hours"),
                ("버스 노선 안내 fare", "버스 요금", "bus fare"),
                ("공원 산책 hours", "공원 이용", "park"),
            ]
        )
    )

    class Nearer(FakeEncoder):
        def encode(self, texts, kind, progress=None):
            vectors = super().encode(texts, kind)
            return np.hstack([vectors, np.ones((len(texts), 1))]).astype(np.float32) / np.sqrt(2)

    scales = fit_scales(Material((), passages, {}), Gate(KNOWN.weights, 0.0), Turned(), Nearer())

    # of the nearer model every cosine is (1 + c) / 2
    for scale in scales:
        assert (scale.factor, scale.offset) == pytest.approx((0.5, 0.5), abs=1e-5)
    nothing = fit_scales(Material((), passages[:1], {}), KNOWN, Turned(), Nearer())
    assert nothing == (Scale(), Scale())


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
