import threading
import time
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import numpy as np
import pytest
from fakes import FakeEncoder
from hypothesis import given
from hypothesis import strategies as st

from indexing import encoder as module
from indexing.encoder import SentenceEncoder, TokenVectors, cut_passages, open_encoder
from indexing.model import ADAPTED, BUNDLED
from matcher.errors import InvalidRequest, ModelUnavailable

KOREAN = [
    "폐플라스틱을 이용한 빗물 저류 시스템",
    "도심 침수를 줄이는 투수 블록",
    "생활폐기물 소각로와 폐열 회수 보일러",
    "음식물 쓰레기를 퇴비로 바꾸는 설비",
    "하수 슬러지 건조기",
    "막여과 정수 처리 설비",
    "해수 담수화 플랜트의 에너지 회수 장치",
    "수질 감시 센서와 원격 계측",
    "누수 탐지 시스템",
    "축산 분뇨 바이오가스 발전",
    "매립가스 포집과 발전",
    "태양광 모듈과 인버터",
    "수상 태양광 구조물",
    "소형 풍력 발전기",
    "수소 연료전지 발전 시스템",
    "에너지저장장치 배터리 관리",
    "건물 에너지 관리 시스템(BEMS)",
    "공장 에너지 진단과 절감 설비",
    "LED 가로등과 스마트 조명 제어",
    "전기차 급속 충전기",
    "전기 이륜차 배터리 교환소",
    "노후 경유차 매연 저감 장치",
    "실내 공기청정기와 필터",
    "산업용 집진기와 백필터",
    "악취를 없애는 탈취 설비",
    "휘발성 유기화합물 회수 장치",
    "배가스 탈황·탈질 설비",
    "이산화탄소 포집과 탄소광물화",
    "플라즈마 폐기물 처리",
    "폐타이어 열분해유 생산 설비",
    "재생 펠릿으로 만든 생활용품",
    "생분해성 포장재",
    "친환경 단열재와 제로에너지 건축",
    "옥상 녹화와 빗물 정원",
    "스마트팜 온실 환경 제어",
    "가뭄에 견디는 관개 시스템",
    "산림 재해 조기 경보",
    "홍수 예측과 하천 관리",
    "폐배터리에서 리튬을 회수하는 기술",
    "전자 폐기물 선별과 금속 회수",
    "녹색성장 이행계획 수립 자문",
    "공무원 대상 녹색성장 전문교육",
    "온실가스 배출량 산정 소프트웨어",
    "탄소 저감이 가능한 교육 소프트웨어",
    "환경영향평가 컨설팅",
    "토양 오염 정화 공법",
    "석면 해체와 안전 관리",
    "친환경 도료와 접착제",
    "순환골재 생산 설비",
    "항만 육상 전력 공급 장치(1,200kW급)",
]
OTHERS = ["Rainwater storage", "Hệ thống lưu trữ nước mưa", "雨水储存系统", "👍 25℃", ""]
LONG = " ".join(f"{text}를 만드는 회사입니다." for text in KOREAN)


@pytest.fixture(params=["fake", "real"])
def encoder(request):
    return FakeEncoder() if request.param == "fake" else request.getfixturevalue("real_encoder")


@pytest.mark.parametrize("kind", ["query", "passage"])
def test_vectors_are_float32_rows_of_the_dimension_whose_products_are_likenesses(encoder, kind):
    texts = [*KOREAN[:5], *OTHERS]
    vectors = encoder.encode(texts, kind)

    assert vectors.dtype == np.float32
    assert vectors.shape == (10, encoder.dimension)
    passages = encoder.encode(texts, "passage")
    assert np.linalg.norm(passages, axis=1) == pytest.approx(np.ones(10), abs=1e-5)
    assert np.abs(vectors @ passages.T).max() <= 1 + 1e-5


def test_rows_stand_in_the_order_of_the_texts(encoder):
    texts = [*OTHERS, *KOREAN[:20], LONG[:300]]

    vectors = encoder.encode(texts, "passage")

    backwards = encoder.encode(texts[::-1], "passage")[::-1]
    assert np.einsum("ij,ij->i", vectors, backwards) == pytest.approx(np.ones(26), abs=1e-4)
    assert (vectors @ backwards.T).argmax(axis=1).tolist() == list(range(26))


def test_a_text_has_the_same_vector_alone_and_among_others(encoder):
    texts = [KOREAN[0], LONG[:400], "물"]

    together = encoder.encode([*texts, *KOREAN[10:40]], "passage")[:3]

    alone = np.vstack([encoder.encode([text], "passage") for text in texts])
    assert np.einsum("ij,ij->i", together, alone) == pytest.approx(np.ones(3), abs=1e-4)


def test_no_texts_give_no_rows(encoder):
    vectors = encoder.encode([], "query")

    assert vectors.shape == (0, encoder.dimension)
    assert vectors.dtype == np.float32


def test_progress_ends_at_the_number_of_texts(encoder):
    told = []

    encoder.encode(KOREAN[:5], "passage", lambda what, done, total: told.append((done, total)))

    assert told[-1] == (5, 5)
    assert [done for done, _ in told] == sorted({done for done, _ in told})


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "물", LONG, LONG * 3, f"{LONG}{' ' * 900}"),
        *(piece * 500 for piece in ("가", " ", "ﷺ", "👍🏽", "한 줄\n", "x", "雨水储存系统")),
    ],
)
def test_passages_cover_their_text_in_order(encoder, text):
    passages = encoder.passages(text)

    assert passages
    position = 0
    for start, end in passages:
        assert start == position
        assert end > start or len(passages) == 1
        position = end
    assert text[position:].strip() == ""


@pytest.mark.parametrize("kind", ["query", "passage"])
def test_tokens_have_unit_vectors_and_places_in_their_text(encoder, kind):
    texts = [*KOREAN[:3], *OTHERS, "  앞뒤 공백\n두 줄  "]

    found = encoder.token_vectors(texts, kind)

    assert len(found) == len(texts)
    for text, tokens in zip(texts, found, strict=True):
        assert tokens.vectors.dtype == np.float32
        assert tokens.vectors.shape == (len(tokens.offsets), found[0].vectors.shape[1])
        lengths = np.linalg.norm(tokens.vectors, axis=1)
        assert lengths == pytest.approx(np.ones(len(lengths)), abs=1e-5)
        for start, end in tokens.offsets:
            piece = text[start:end]
            assert piece
            assert piece == piece.strip()
        assert list(tokens.offsets) == sorted(tokens.offsets)


@pytest.mark.parametrize("text", [*KOREAN[:10], *OTHERS, LONG[:300], "가\n\n나\t다", "㎥ ﬁ １２"])
def test_every_letter_belongs_to_a_token(encoder, text):
    (tokens,) = encoder.token_vectors([text], "passage")

    named = {place for start, end in tokens.offsets for place in range(start, end)}
    assert {place for place, letter in enumerate(text) if letter.isalnum()} <= named


def test_tokens_are_the_same_alone_and_among_others(encoder):
    texts = [KOREAN[0], LONG[:400], "물"]

    together = encoder.token_vectors([*KOREAN[10:20], *texts], "passage")[-3:]

    for text, tokens in zip(texts, together, strict=True):
        (alone,) = encoder.token_vectors([text], "passage")
        assert alone.offsets == tokens.offsets
        cosines = np.einsum("ij,ij->i", alone.vectors, tokens.vectors)
        assert cosines == pytest.approx(np.ones(len(cosines)), abs=1e-4)


def test_nothing_has_no_tokens(encoder):
    (empty,) = encoder.token_vectors([""], "query")

    assert empty.offsets == ()
    assert len(empty.vectors) == 0
    assert encoder.token_vectors([], "query") == ()


def test_tokens_without_places_are_refused():
    with pytest.raises(ValueError, match="2 vectors for 1 tokens"):
        TokenVectors(np.zeros((2, 3), dtype=np.float32), ((0, 1),))


def test_eight_threads_get_what_one_gets(encoder):
    groups = [KOREAN[start : start + 6] for start in range(0, 48, 6)]

    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda group: encoder.encode(group, "passage"), groups))

    for group, vectors in zip(groups, together, strict=True):
        alone = encoder.encode(group, "passage")
        assert np.einsum("ij,ij->i", vectors, alone) == pytest.approx(np.ones(6), abs=1e-4)


def test_torch_and_openvino_agree_on_fifty_korean_texts(real_encoder, user_cache):
    torch_encoder = open_encoder(None, user_cache, "torch")

    left, right = (e.encode(KOREAN, "passage") for e in (real_encoder, torch_encoder))

    assert len(set(KOREAN)) == 50
    assert (real_encoder.backend, torch_encoder.backend) == ("openvino", "torch")
    assert real_encoder.name == torch_encoder.name
    assert np.einsum("ij,ij->i", left, right).min() > 0.999
    for one, other in zip(
        *(e.token_vectors(KOREAN[:5], "query") for e in (real_encoder, torch_encoder)), strict=True
    ):
        assert one.offsets == other.offsets
        assert np.einsum("ij,ij->i", one.vectors, other.vectors).min() > 0.999


def test_the_model_understands_korean_and_other_languages(real_encoder):
    queries = ["Rainwater storage from recycled plastic", "đào tạo tăng trưởng xanh cho công chức"]

    nearest = (
        real_encoder.encode(queries, "query") @ real_encoder.encode(KOREAN, "passage").T
    ).argmax(axis=1)

    assert [KOREAN[row] for row in nearest] == [
        "폐플라스틱을 이용한 빗물 저류 시스템",
        "공무원 대상 녹색성장 전문교육",
    ]


def test_a_query_and_a_passage_are_prompted_differently(real_encoder):
    adapted = real_encoder.adapted
    query, passage = (adapted.encode(KOREAN[:1], kind) for kind in ("query", "passage"))

    bare = adapted._model.encode(
        [f"query: {KOREAN[0]}", f"passage: {KOREAN[0]}"], normalize_embeddings=True
    )
    assert float(query[0] @ passage[0]) < 0.999
    assert float(query[0] @ bare[0]) == pytest.approx(1, abs=1e-4)
    assert float(passage[0] @ bare[1]) == pytest.approx(1, abs=1e-4)


def test_tokens_see_the_text_around_them(real_encoder):
    texts = ["물을 모으는 배", "과수원에서 기른 배"]

    first, second = (tokens.vectors[-1] for tokens in real_encoder.token_vectors(texts, "passage"))

    assert float(first @ second) < 0.99


def test_tokens_are_those_of_the_prompted_text(real_encoder):
    (query,), (passage,) = (real_encoder.token_vectors(KOREAN[:1], k) for k in ("query", "passage"))

    assert query.offsets == passage.offsets
    assert np.einsum("ij,ij->i", query.vectors, passage.vectors).min() < 0.999


def test_a_text_longer_than_the_model_reads_has_tokens_for_what_is_read(real_encoder):
    (tokens,) = real_encoder.token_vectors([LONG * 4], "passage")

    assert 400 < len(tokens.offsets) < real_encoder.adapted._model.max_seq_length
    assert tokens.offsets[-1][1] < len(LONG * 4)


def test_a_passage_is_never_cut_off_by_the_model(real_encoder):
    for text in (LONG * 2, "가" * 3000, "雨水储存系统" * 200):
        passages = real_encoder.passages(text)

        model = real_encoder.adapted._model
        lengths = [len(model.tokenizer(text[a:b])["input_ids"]) for a, b in passages]
        assert len(passages) > 1
        assert max(lengths) < model.max_seq_length - 10


def test_passages_end_at_sentences_where_they_can(real_encoder):
    passages = real_encoder.passages(LONG)

    assert len(passages) > 2
    assert all(LONG[:end].rstrip().endswith(".") for _, end in passages)


def test_the_name_holds_a_digest_of_the_weights(real_encoder):
    name, _, digest = real_encoder.name.partition("@")

    assert name == ADAPTED
    assert len(digest) == 12
    assert set(digest) <= set("0123456789abcdef")


@given(st.text(" ab.\n다", max_size=200), st.integers(2, 9), st.data())
def test_any_cut_covers_the_text_and_ends(text, limit, data):
    length = st.integers(1, 4)
    offsets, position = [], 0
    while position < len(text):
        end = min(len(text), position + data.draw(length))
        offsets.append((position, end))
        position = end

    passages = cut_passages(text, offsets, limit)

    ends = [0, *(end for _, end in passages)]
    assert [start for start, _ in passages] == ends[:-1]
    assert text[ends[-1] :].strip() == ""
    for start, end in passages:
        assert sum(start <= left < end for left, _ in offsets) <= limit


class GatedModel:
    """A model whose batches wait for a gate; it keeps which text each batch began with."""

    prompts: dict[str, str] = {}  # noqa: RUF012

    def __init__(self) -> None:
        self.batches: list[str] = []
        self.begun = threading.Semaphore(0)
        self.gate = threading.Semaphore(0)

    def get_embedding_dimension(self) -> int:
        return 2

    def encode(self, batch, **_options):
        self.batches.append(batch[0])
        self.begun.release()
        assert self.gate.acquire(timeout=10)
        return np.tile(np.asarray([1, 0], dtype=np.float32), (len(batch), 1))


def test_a_query_waits_for_at_most_one_batch_of_an_import():
    model = GatedModel()
    encoder = SentenceEncoder("gated", model, "none", "0" * 64)
    texts = ["import"] * (module.BATCH_TEXTS * 4)
    importer = threading.Thread(target=encoder.encode, args=(texts, "passage"))
    importer.start()

    for _ in range(3):
        assert model.begun.acquire(timeout=10)  # a batch of the import runs
        query = threading.Thread(target=encoder.encode, args=(["query"], "query"))
        query.start()
        wait_until(lambda: len(encoder._lock._line) == 2)
        model.gate.release()
        assert model.begun.acquire(timeout=10)
        model.gate.release()
        query.join(timeout=10)
    model.gate.release()
    importer.join(timeout=10)

    assert model.batches == ["import", "query"] * 3 + ["import"]


def wait_until(condition) -> None:
    for _ in range(10_000):
        if condition():
            return
        time.sleep(0.001)
    pytest.fail("the query does not stand in line")


def test_a_failing_batch_lets_the_next_caller_in():
    class FailingOnce(GatedModel):
        def encode(self, batch, **options):
            if not self.batches:
                self.batches.append("failed")
                raise RuntimeError("out of memory")
            self.gate.release()
            return super().encode(batch, **options)

    encoder = SentenceEncoder("failing", FailingOnce(), "none", "0" * 64)

    with pytest.raises(RuntimeError, match="memory"):
        encoder.encode(["물"], "query")

    assert encoder.encode(["물"], "query").tolist() == [[1, 0]]


@pytest.mark.parametrize(
    ("name", "own", "prompts"),
    [
        ("intfloat/multilingual-e5-base", {}, ("query: ", "passage: ")),
        ("intfloat/e5-large-instruct", {}, ("", "")),
        ("BAAI/bge-m3", {"query": "", "document": ""}, ("", "")),
        ("some/model", {"query": "Q: ", "document": "D: "}, ("Q: ", "D: ")),
        ("some/e5", {"query": "Q: ", "passage": "P: "}, ("Q: ", "P: ")),
    ],
)
def test_each_model_gets_its_own_prompts(name, own, prompts):
    found = module._prompts_of(name, SimpleNamespace(prompts=own))

    assert (found["query"], found["passage"]) == prompts


def test_an_unknown_backend_is_refused(tmp_path):
    with pytest.raises(InvalidRequest, match="openvino"):
        open_encoder(BUNDLED, tmp_path, "onnx")


def test_a_backend_that_is_not_installed_is_refused_and_not_replaced(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "find_spec", lambda _name: None)

    with pytest.raises(ModelUnavailable, match="GREENMATCH_BACKEND=torch"):
        open_encoder(BUNDLED, tmp_path, "openvino")


def test_a_folder_without_a_model_is_refused_with_what_to_do(tmp_path):
    (tmp_path / "empty").mkdir()

    with pytest.raises(ModelUnavailable, match="GREENMATCH_MODEL"):
        open_encoder(str(tmp_path / "empty"), tmp_path)
