from pathlib import Path

import numpy as np
import pytest

from indexing.adapter import SHIPPED, WEIGHTS, Adapter
from indexing.encoder import apply_adapter, load_model, weights_digest
from indexing.gate import GatedEncoder
from indexing.model import BUNDLED, find_model
from matcher.errors import ModelUnavailable

MEGABYTE = 1_000_000


def test_an_adapter_comes_back_within_half_a_step_of_its_row(tmp_path: Path) -> None:
    matrix = np.random.default_rng(1).normal(0, 0.01, (5, 64)).astype(np.float32)
    matrix[2] = 0.0
    vector = np.linspace(-0.1, 0.1, 64, dtype=np.float32)

    Adapter("a", "digest", {"m": matrix, "v": vector}).write(tmp_path, {"seed": 1})
    back = Adapter.read(tmp_path)

    half_step = np.abs(matrix).max(axis=1, keepdims=True) / 127 / 2
    assert (np.abs(back.differences["m"] - matrix) <= half_step * 1.001).all()
    assert np.abs(back.differences["v"] - vector).max() < 1e-4
    assert (back.name, back.base_digest) == ("a", "digest")


def test_a_missing_or_broken_adapter_is_told_in_korean(tmp_path: Path) -> None:
    (tmp_path / "adapter.json").write_text("{", encoding="utf-8")

    for folder in (tmp_path, tmp_path / "nothing"):
        with pytest.raises(ModelUnavailable, match="어댑터 폴더"):
            Adapter.read(folder)


def test_the_shipped_adapter_is_small_enough_for_the_repository() -> None:
    assert (SHIPPED / WEIGHTS).stat().st_size < 24 * MEGABYTE


def test_an_adapter_is_refused_on_other_weights_than_its_own(user_cache: Path) -> None:
    model = load_model(find_model(BUNDLED, user_cache))
    before = weights_digest(model)

    with pytest.raises(ModelUnavailable, match="다른 바탕 모델"):
        apply_adapter(model, Adapter("a", "another", {}))
    apply_adapter(model, Adapter.read(SHIPPED))

    assert weights_digest(model) != before


def test_the_adapted_encoder_finds_the_korean_offering_of_a_foreign_need(
    real_encoder: GatedEncoder,
) -> None:
    offerings = [
        "도시 생활폐기물을 태워 증기터빈으로 전기를 만드는 소각 발전 설비",
        "재생 플라스틱 블록을 땅속에 쌓아 빗물을 모아 두는 저류조",
        "공무원을 위한 기후정책 연수 과정",
    ]
    needs = [
        "Tỉnh cần nhà máy đốt rác sinh hoạt để phát điện",
        "Penampungan air hujan bawah tanah dari plastik daur ulang",
        "Formation des agents publics aux politiques climatiques",
    ]

    similarity = real_encoder.encode(needs, "query") @ real_encoder.encode(offerings, "passage").T

    assert similarity.argmax(axis=1).tolist() == [0, 1, 2]
