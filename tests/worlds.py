"""A small world with known answers: companies, needs, and an encoder that needs no model."""

import hashlib
import itertools
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from indexing.encoder import Kind, TokenVectors, Vectors
from matcher.progress import Progress, silent
from matcher.records import Company, Need
from service.settings import Settings

COMPANIES: list[dict[str, Any]] = [
    {
        "company_id": "C-1",
        "name_ko": "빗물나라",
        "region": "서울특별시",
        "certifications": [{"name": "녹색기술인증", "number": None, "valid_until": "2099-12-31"}],
        "languages": ["ko", "en"],
        "export_countries": ["ID"],
        "offerings": [
            {
                "offering_id": "1",
                "title": "재생 플라스틱 빗물 저류조",
                "description": "폐플라스틱을 되살린 블록으로 빗물 저류 시스템을 짓습니다.",
                "sector": "도시자원순환",
            }
        ],
        "상품코드": "A-17",
    },
    {
        "company_id": "C-2",
        "name_ko": "맑은물기술",
        "region": "부산광역시",
        "languages": ["ko", "vi"],
        "offerings": [
            {
                "offering_id": "1",
                "title": "막여과 정수 설비",
                "description": "강물을 마실 물로 바꾸는 정수 처리 설비입니다.",
                "sector": "물",
            },
            {"offering_id": "2", "title": "수질 감시 센서", "description": "탁도와 잔류염소 측정"},
        ],
    },
    {
        "company_id": "C-3",
        "name_ko": "한빛조명",
        "region": "경기도",
        "offerings": [
            {"offering_id": "1", "title": "LED 가로등", "description": "에너지 절감형 도로 조명"}
        ],
    },
]
NEEDS: list[dict[str, Any]] = [
    {
        "need_id": "N-1",
        "title": "폐플라스틱 빗물 저류 시스템",
        "description": "폐플라스틱을 이용한 빗물 저류 시스템을 구함",
        "language": "ko",
        "country": "ID",
        "city": "자카르타",
    },
    {
        "need_id": "N-2",
        "title": "도로 조명 교체",
        "description": "LED 가로등으로 전기를 아끼려 함",
        "language": "ko",
        "country": "VN",
        "required_certifications": ["녹색기술인증"],
    },
]


class BigramEncoder:
    """Character bigrams hashed into 256 places: like texts are near, no model, no randomness."""

    name = "bigrams@1"
    backend = "numpy"
    dimension = 256

    def encode(self, texts: Sequence[str], kind: Kind, progress: Progress = silent) -> Vectors:
        vectors = np.full((len(texts), self.dimension), 1e-3, dtype=np.float32)
        for row, text in enumerate(texts):
            for pair in itertools.pairwise(text):
                digest = hashlib.sha256("".join(pair).encode()).digest()
                vectors[row, digest[0]] += 1
        progress("임베딩", len(texts), len(texts))
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        return vectors

    def token_vectors(self, texts: Sequence[str], kind: Kind) -> tuple[TokenVectors, ...]:
        """Every pair of characters without a blank is a token."""
        found = []
        for text in texts:
            starts = [i for i in range(len(text) - 1) if not any(map(str.isspace, text[i : i + 2]))]
            offsets = tuple((start, start + 2) for start in starts)
            found.append(TokenVectors(self.encode([text[a:b] for a, b in offsets], kind), offsets))
        return tuple(found)

    def passages(self, text: str) -> tuple[tuple[int, int], ...]:
        return ((0, len(text)),)


def companies() -> list[Company]:
    return [Company.from_dict(value) for value in COMPANIES]


def needs() -> list[Need]:
    return [Need.from_dict(value) for value in NEEDS]


def settings_in(folder: Path) -> Settings:
    return Settings.from_environment(
        {"GREENMATCH_HOME": str(folder / "home"), "GREENMATCH_CACHE": str(folder / "cache")}
    )


def write_jsonl(path: Path, records: Sequence[object]) -> Path:
    lines = (json.dumps(record, ensure_ascii=False) for record in records)
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path
