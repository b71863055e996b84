"""Tiny judged worlds for the evaluation's tests, with an encoder that knows a dozen words."""

import json
import zlib
from pathlib import Path

import numpy as np

from evaluation.compare import Trial, compare_results, evaluate
from evaluation.measures import MEASURES, Scores
from evaluation.runs import Run
from evaluation.systems import Engine
from indexing.analyzer import Token
from indexing.relatives import NO_RELATIVES
from indexing.sounds import NO_SOUNDS
from indexing.translations import NO_TRANSLATIONS
from matcher.policy import Policy
from matcher.progress import silent
from matcher.ranking import Hit

CONCEPTS = {
    "빗물": 0, "rainwater": 0, "hujan": 0,
    "저류조": 1, "storage": 1, "penampungan": 1,
    "소각로": 2, "incinerator": 2, "insinerator": 2,
    "폐기물": 3, "waste": 3, "limbah": 3,
    "태양광": 4, "solar": 4, "surya": 4,
    "발전": 5, "power": 5, "listrik": 5,
}  # fmt: skip
DIMENSION = 24

COMPANIES = [
    {
        "company_id": "C-rain",
        "name_ko": "가상빗물",
        "certifications": ["녹색인증"],
        "offerings": [
            {"offering_id": "1", "title": "빗물 저류조", "description": "빗물 저류조 제조"}
        ],
    },
    {
        "company_id": "C-burn",
        "name_ko": "가상소각",
        "offerings": [{"offering_id": "1", "title": "폐기물 소각로", "description": "소각로 설치"}],
    },
    {
        "company_id": "C-sun",
        "name_ko": "가상태양",
        "offerings": [{"offering_id": "1", "title": "태양광 발전", "description": "태양광 모듈"}],
    },
    {
        "company_id": "C-rain2",
        "name_ko": "가상저류",
        "offerings": [{"offering_id": "1", "title": "빗물 저류조", "description": "빗물 설비"}],
    },
]
NEEDS = [
    {"need_id": "N-ko", "title": "빗물 저류조", "language": "ko"},
    {"need_id": "N-en", "title": "waste incinerator", "language": "en"},
    {"need_id": "N-id", "title": "listrik surya", "language": "id"},
    {
        "need_id": "N-cert",
        "title": "rainwater storage",
        "language": "en",
        "required_certifications": ["녹색인증"],
    },
    {"need_id": "N-none", "title": "fishing boat", "language": "en"},
]
JUDGEMENTS = [
    ("N-ko", "C-rain", 3),
    ("N-ko", "C-rain2", 2),
    ("N-ko", "C-burn", 0),
    ("N-en", "C-burn", 3),
    ("N-id", "C-sun", 3),
    ("N-cert", "C-rain", 3),
    ("N-cert", "C-rain2", 1),
    ("N-none", "C-sun", 0),
]


class WordEncoder:
    """Texts as sums of known concepts and, faintly, of hashed other words; counts its work."""

    name = "words"
    backend = "none"
    dimension = DIMENSION

    def __init__(self) -> None:
        self.encoded_texts = 0

    def encode(self, texts, kind, progress=silent):
        self.encoded_texts += len(texts)
        vectors = np.zeros((len(texts), DIMENSION), dtype=np.float32)
        for row, text in enumerate(texts):
            for word in text.casefold().split():
                if word in CONCEPTS:
                    vectors[row, CONCEPTS[word]] += 1.0
                else:
                    vectors[row, 8 + zlib.crc32(word.encode()) % 16] += 0.2
            vectors[row, -1] += 1e-3
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)

    def passages(self, text):
        return ((0, len(text)),)


class SpaceAnalyzer:
    """Words between spaces."""

    name = "spaces"
    translations = NO_TRANSLATIONS
    relatives = NO_RELATIVES
    sounds = NO_SOUNDS

    def tokens(self, text):
        tokens, position = [], 0
        for word in text.split():
            start = text.index(word, position)
            position = start + len(word)
            tokens.append(Token(word.casefold(), start, position))
        return tokens

    def without_translations(self):
        return self

    def without_relatives(self):
        return self

    def without_sounds(self):
        return self

    def terms(self, text):
        return [token.form for token in self.tokens(text)]

    def concepts(self, text):
        return []

    def fields(self, text):
        return []


def open_world_engine(progress=silent):
    """Stand in for `evaluation.systems.open_engine`."""
    return Engine(WordEncoder(), SpaceAnalyzer(), Policy.load())


def write_jsonl(path: Path, rows) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")


def write_matching_world(folder: Path) -> Path:
    """Write the companies, needs and judgements above."""
    write_jsonl(folder / "companies.jsonl", COMPANIES)
    write_jsonl(folder / "needs.jsonl", NEEDS)
    lines = ["need_id\tcompany_id\tgrade", *("\t".join(map(str, row)) for row in JUDGEMENTS)]
    (folder / "qrels.tsv").write_text("\n".join(lines) + "\n", "utf-8")
    return folder


def write_retrieval_world(folder: Path) -> Path:
    """Write four documents, one with spaces in its id, and queries in three languages."""
    write_jsonl(
        folder / "corpus.jsonl",
        [
            {"_id": "guide rain.pdf - 1", "title": "빗물", "text": "저류조 설치"},
            {"_id": "burn", "text": "폐기물 소각로"},
            {"_id": "sun", "text": "태양광 발전"},
            {"_id": "empty", "text": ""},
        ],
    )
    write_jsonl(
        folder / "queries.jsonl",
        [
            {"_id": "q-ko", "text": "빗물 저류조", "language": "ko"},
            {"_id": "q-en", "text": "waste incinerator", "language": "en"},
            {"_id": "q-id", "text": "listrik surya", "language": "id"},
            {"_id": "q-unjudged", "text": "rainwater"},
        ],
    )
    (folder / "qrels.tsv").write_text(
        "query-id\tcorpus-id\tscore\nq-ko\tguide rain.pdf - 1\t1\nq-en\tburn\t1\nq-id\tsun\t1\n",
        "utf-8",
    )
    return folder


def run_of(system, **answers):
    """A run from ids by query, underscores standing for the hyphens of ids."""
    return Run(
        system,
        {
            query.replace("_", "-"): tuple(Hit(id, 1.0 - i / 100) for i, id in enumerate(ids))
            for query, ids in answers.items()
        },
    )


def tried(dataset, *runs):
    engine = open_world_engine()
    return [Trial(dataset, run, evaluate(dataset, run, engine)) for run in runs]


def compared(trials, missing=()):
    return compare_results([trial.result for trial in trials], missing)


def scores_of(**values):
    row = tuple(values.values())
    return Scores(tuple(values), dict.fromkeys(MEASURES, row), (), (), ())
