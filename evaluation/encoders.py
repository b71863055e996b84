"""Encoders side by side, by meaning alone: what an adapter gains and loses, set by set.

Everything but the vectors is left out: no words, no tables, no rules. Texts are cut as the product cuts
them, a text stands where its best passage stands, a company where its best offering stands. The first
encoder is what the others are held against.

- A retrieval set gives nDCG@10; it is cross-lingual where its queries and its texts differ in script.
- A matching set gives nDCG@10 for Korean needs and for needs in other languages.
- A similarity file (KorSTS `.tsv`, KLUE-STS `.json`) gives Spearman's correlation with people's scores.
"""

import csv
import json
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from evaluation.baselines import pool
from evaluation.datasets import Dataset, MatchingDataset, RetrievalDataset
from evaluation.measures import MAIN_MEASURE, score_run
from evaluation.significance import Difference, Interval, compare_paired
from evaluation.systems import DEPTH, POOLED_HITS, encode_pieces, offering_entries
from evaluation.tables import Table, figure
from matcher.errors import InvalidRequest, UnreadableFile
from matcher.particles import with_particle
from matcher.progress import Progress, silent
from matcher.records import split_key

if TYPE_CHECKING:
    from indexing.encoder import Encoder

CROSS_LINGUAL = "다른 언어"
SAME_LANGUAGE = "한국어"
SIMILARITY = "유사도"
TEXTS_PER_QUERY = 4
"""How many texts of a sample there are for each query that it may have."""


@dataclass(frozen=True, slots=True)
class Similarities:
    """Pairs of Korean sentences and how alike people found them."""

    name: str
    first: tuple[str, ...]
    second: tuple[str, ...]
    scores: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """One set: the mean of each encoder, and how far each later one is from the first.

    kind: CROSS_LINGUAL, SAME_LANGUAGE or SIMILARITY. queries: how many count.
    """

    name: str
    kind: str
    queries: int
    means: tuple[float, ...]
    gains: tuple[Difference, ...]


def read_similarities(path: Path) -> Similarities:
    """Read a KorSTS or KLUE-STS file; raises UnreadableFile."""
    try:
        text = path.read_text(encoding="utf-8")
        if path.suffix == ".json":
            rows = [
                (row["sentence1"], row["sentence2"], float(row["labels"]["label"]))
                for row in json.loads(text)
            ]
        else:
            table = csv.DictReader(text.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE)
            rows = [(row["sentence1"], row["sentence2"], float(row["score"])) for row in table]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UnreadableFile(
            f"{path}: 유사도 자료로 읽을 수 없습니다. sentence1, sentence2, score 열이 있는 TSV나 "
            "KLUE-STS의 JSON이어야 합니다.",
            path=str(path),
        ) from error
    if len(rows) < 2:
        raise UnreadableFile(f"{path}: 문장 짝이 둘 이상 있어야 합니다.", path=str(path))
    first, second, scores = zip(*rows, strict=True)
    return Similarities(path.stem, first, second, scores)


def sampled(dataset: Dataset, queries: int, seed: int = 1) -> Dataset:
    """Return at most `queries` queries of a retrieval set, what is judged for them, and other texts.

    At most `queries` x TEXTS_PER_QUERY texts stay, more where more are judged. Matching sets stay
    whole. Figures of a sample can be held against each other only.
    """
    if not isinstance(dataset, RetrievalDataset):
        return dataset
    chance = random.Random(seed)
    asked = tuple(chance.sample(dataset.queries, min(queries, len(dataset.queries))))
    qrels = {query.id: dataset.qrels[query.id] for query in asked if query.id in dataset.qrels}
    judged = {id for grades in qrels.values() for id in grades}
    others = [id for id in dataset.corpus if id not in judged]
    wanted = max(0, min(len(others), TEXTS_PER_QUERY * queries - len(judged)))
    kept = judged.union(chance.sample(others, wanted))
    corpus = {id: text for id, text in dataset.corpus.items() if id in kept}
    return replace(dataset, corpus=corpus, queries=asked, qrels=qrels)


def compare_encoders(
    sets: Sequence[Dataset | Similarities],
    encoders: Sequence["Encoder"],
    progress: Progress = silent,
) -> tuple[Row, ...]:
    """Measure every encoder on every set, in the order given; the first is the one held against."""
    if len(encoders) < 2:
        raise InvalidRequest("견줄 임베딩 모델이 둘 이상 있어야 합니다.")
    rows: list[Row] = []
    for one in sets:
        if isinstance(one, Similarities):
            found = [_correlation(one, encoder, progress) for encoder in encoders]
            none = Interval(0.0, 0.0)
            gains = tuple(Difference(value - found[0], none, 1.0) for value in found[1:])
            rows.append(Row(one.name, SIMILARITY, len(one.scores), tuple(found), gains))
            continue
        values = [_values(one, encoder, progress) for encoder in encoders]
        for name, kind, asked in _slices(one):
            parts = [[found[id] for id in asked if id in found] for found in values]
            if parts[0]:
                means = tuple(float(np.mean(part)) for part in parts)
                gains = tuple(compare_paired(part, parts[0]) for part in parts[1:])
                rows.append(Row(name, kind, len(parts[0]), means, gains))
    return tuple(rows)


def _values(dataset: Dataset, encoder: "Encoder", progress: Progress) -> Mapping[str, float]:
    """Return the main measure of each query that counts."""
    from indexing.collection import build_dense, encode_query

    if isinstance(dataset, MatchingDataset):
        if dataset.direction != "need-to-company":
            raise InvalidRequest("임베딩 모델은 수요에서 기업으로 가는 방향에서만 견줍니다.")
        texts = {id: entry.text for id, entry in offering_entries(dataset).items()}
    else:
        texts = dict(dataset.corpus)
    filled = {id: text for id, text in texts.items() if text.strip()}
    index = build_dense(filled, encoder, progress)
    asked = [query for query in dataset.queries if query.text.strip()]
    encode_pieces([query.text for query in asked], encoder, progress)
    answers: dict[str, tuple[str, ...]] = {}
    for query in asked:
        ranking = index.search(encode_query(encoder, query.text), POOLED_HITS)
        if isinstance(dataset, MatchingDataset):
            ranking = pool("dense", [ranking], lambda key: split_key(key)[0], DEPTH)
        answers[query.id] = tuple(hit.id for hit in ranking.hits[:DEPTH])
    everyone = [query.id for query in dataset.queries]
    scores = score_run(answers, dataset.qrels, everyone, dataset.useful_grade)
    return dict(zip(scores.queries, scores.values[MAIN_MEASURE], strict=True))


def _correlation(pairs: Similarities, encoder: "Encoder", progress: Progress) -> float:
    """Liken as the product does, one text asked and the other found, and that both ways round."""
    from scipy.stats import spearmanr

    (asked, found), (other_asked, other_found) = (
        (encoder.encode(texts, "query", progress), encoder.encode(texts, "passage", progress))
        for texts in (pairs.first, pairs.second)
    )
    likeness = (asked * other_found).sum(axis=1) + (other_asked * found).sum(axis=1)
    return float(spearmanr(likeness, pairs.scores).statistic)


def _slices(dataset: Dataset) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Yield name, kind and query ids of each row that a set gives."""
    if isinstance(dataset, MatchingDataset):
        for kind, is_korean in ((SAME_LANGUAGE, True), (CROSS_LINGUAL, False)):
            ids = tuple(q.id for q in dataset.queries if (q.language == "ko") is is_korean)
            yield f"{dataset.name} · {kind} 수요", kind, ids
        return
    asked = _korean_share([query.text for query in dataset.queries])
    answered = _korean_share(list(dataset.corpus.values()))
    kind = CROSS_LINGUAL if abs(asked - answered) > 0.5 else SAME_LANGUAGE
    yield dataset.name, kind, tuple(query.id for query in dataset.queries)


def _korean_share(texts: Sequence[str]) -> float:
    """Return the share of texts that hold a Hangul syllable."""
    return sum(any("가" <= c <= "힣" for c in text) for text in texts) / max(1, len(texts))


def encoders_table(rows: Sequence[Row], names: Sequence[str]) -> Table:
    """Return what people read: each set, each encoder, the later ones' gain with its 95 % interval."""
    lines = []
    for row in rows:
        cells = [figure(row.means[0])]
        for mean, gain in zip(row.means[1:], row.gains, strict=True):
            cells += [figure(mean), _gain(gain, row.kind)]
        lines.append((row.name, row.kind, f"{row.queries:,}", *cells))
    head = ["자료", "갈래", "질의", names[0]]
    for name in names[1:]:
        head += [name, "차이"]
    return Table("의미만으로 찾은 nDCG@10, 유사도는 Spearman", tuple(head), tuple(lines), 2)


def encoders_summary(rows: Sequence[Row], names: Sequence[str]) -> Table:
    """Return the mean gain of each kind of set and the worst set, for every encoder but the first."""
    lines = []
    for place, name in enumerate(names[1:]):
        cells = []
        for kind in (CROSS_LINGUAL, SAME_LANGUAGE, SIMILARITY):
            gains = [row.gains[place].mean for row in rows if row.kind == kind]
            cells.append(f"{np.mean(gains):+.3f}" if gains else "–")
        worst = min(rows, key=lambda row: row.gains[place].mean)
        lines.append((name, *cells, f"{worst.name} {worst.gains[place].mean:+.3f}"))
    head = (
        "모델",
        *(f"{k} 평균" for k in (CROSS_LINGUAL, SAME_LANGUAGE, SIMILARITY)),
        "가장 나쁜 자료",
    )
    reference = with_particle(names[0], "와/과")
    return Table(f"{reference}의 차이, 자료마다 같은 무게로", head, tuple(lines))


def _gain(gain: Difference, kind: str) -> str:
    if kind == SIMILARITY:
        return f"{gain.mean:+.3f}"
    return f"{gain.mean:+.3f} [{gain.interval.low:+.3f}, {gain.interval.high:+.3f}]"
