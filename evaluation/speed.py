"""What one need costs: the time of each stage, beside a named alternative in the same run.

stage     what is timed                                          beside
analyse   morphemes and terms of the field                       words between spaces
encode    the need's vector                                      the other backend, same weights
dense     nearest offerings in FAISS                             numpy over all vectors
lexical   BM25 in bm25s                                          a BM25 loop in plain Python
fuse      everything but searching and quoting: weighing,        equal reciprocal rank fusion alone
          pooling to companies, rules, confidence, the list
explain   the quotes of the whole answer, the sentences'         nothing remembered
          vectors remembered from an earlier look
match     the whole answer, parts of a compound need included    the words' arm alone

Alternatives give the same answers where they do the same work (encode, dense, lexical). Nothing
comes from the cache of vectors while the clock runs. Both sides take turns need by need, so that
a busy machine slows both alike; figures from such a machine are worth their ratios only.
"""

import math
import os
import platform
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np

from evaluation.baselines import K1, B, reciprocal_rank_fusion, words
from evaluation.datasets import MatchingDataset
from evaluation.systems import DEPTH, Engine, offering_entries
from evaluation.tables import ABSENT, Table
from matcher.fusion import System, rank
from matcher.matching import Catalogue, Matchmaker
from matcher.progress import Progress, silent
from matcher.ranking import QueryEvidence, Ranking
from matcher.records import Need

if TYPE_CHECKING:
    from indexing.encoder import Encoder, Vectors
    from indexing.snapshot import Snapshot
    from indexing.translations import Wording

DEFAULT_FOLDER = Path(__file__).parent.parent / "data" / "samples"
LISTED = 10
"""Companies on a list, as many as the product shows by default."""
ARMS: tuple[System, ...] = ("dense", "lexical")
Clock = Callable[[], float]
"""Seconds from any moment on."""


@dataclass(frozen=True, slots=True)
class Case:
    """One need with what each stage hands to the next.

    index: knows what search and quoting said when the need was first asked.
    """

    need: Need
    words: tuple["Wording", ...]
    vector: "Vectors"
    evidence: QueryEvidence
    index: "Remembered"


@dataclass(frozen=True, slots=True)
class Stage:
    """Something to time for a case, and what stands beside it; None where that can't be run here."""

    name: str
    label: str
    run: Callable[[Case], object]
    alternative_label: str
    alternative: Callable[[Case], object] | None


@dataclass(frozen=True, slots=True)
class Timing:
    """Milliseconds of one stage: (p50, p95) of all its runs, and of its alternative's."""

    stage: str
    label: str
    milliseconds: tuple[float, float]
    alternative: str
    alternative_milliseconds: tuple[float, float] | None

    @property
    def ratio(self) -> float | None:
        """Median over the alternative's: below 1 is faster than it; None where it has no time."""
        if self.alternative_milliseconds is None or not self.alternative_milliseconds[0]:
            return None
        return self.milliseconds[0] / self.alternative_milliseconds[0]

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        p50, p95 = self.alternative_milliseconds or (None, None)
        return {
            "stage": self.stage,
            "label": self.label,
            "p50_ms": self.milliseconds[0],
            "p95_ms": self.milliseconds[1],
            "alternative": self.alternative,
            "alternative_p50_ms": p50,
            "alternative_p95_ms": p95,
            "ratio": self.ratio,
        }


def measure_speed(
    dataset: MatchingDataset,
    engine: Engine,
    encoders: tuple["Encoder", "Encoder | None"],
    counts: tuple[int, int],
    clock: Clock,
    progress: Progress = silent,
) -> list[Timing]:
    """Index a set and time every stage.

    encoders: the one in use without a cache before it, and the same weights in another backend.
    counts: how many needs (evenly drawn) and how many rounds over them.
    """
    from indexing.snapshot import build_snapshot, open_snapshot

    with TemporaryDirectory(prefix="greenmatch-speed-") as folder:
        records = (dataset.companies.values(), dataset.needs.values())
        build_snapshot(Path(folder), *records, engine.encoder, engine.analyzer, progress=progress)
        snapshot = open_snapshot(Path(folder), encoders[0], engine.analyzer)
        needs = pick_evenly(
            [need for need in dataset.needs.values() if need.text.strip()], counts[0]
        )
        catalogue = Catalogue(dataset.companies, dataset.needs)
        cases = [_prepare(need, catalogue, snapshot, engine, encoders[0]) for need in needs]
        stages = build_stages(dataset, snapshot, engine, encoders)
        return [time_stage(stage, cases, counts[1], clock, progress) for stage in stages]


def time_stage(
    stage: Stage,
    cases: Sequence[Case],
    rounds: int,
    clock: Clock,
    progress: Progress = silent,
) -> Timing:
    """Time a stage and its alternative in turns; one round before them is not counted."""
    times: tuple[list[float], list[float]] = ([], [])
    for round in range(rounds + 1):
        for case in cases:
            for taken, work in zip(times, (stage.run, stage.alternative), strict=True):
                if work is None:
                    continue
                begin = clock()
                work(case)
                end = clock()
                if round:
                    taken.append(1000 * (end - begin))
        progress(f"속도 {stage.label}", round, rounds)
    return Timing(
        stage.name,
        stage.label,
        percentiles(times[0]),
        stage.alternative_label,
        percentiles(times[1]) if times[1] else None,
    )


def percentiles(milliseconds: Sequence[float]) -> tuple[float, float]:
    """Return the 50th and the 95th percentile, between two runs linearly."""
    p50, p95 = np.percentile(milliseconds, [50, 95]).tolist()
    return p50, p95


def pick_evenly(needs: Sequence[Need], count: int) -> list[Need]:
    """Return at most `count` needs, spread over the whole list, in its order."""
    count = min(count, len(needs))
    return [needs[place * len(needs) // count] for place in range(count)]


def build_stages(
    dataset: MatchingDataset,
    snapshot: "Snapshot",
    engine: Engine,
    encoders: tuple["Encoder", "Encoder | None"],
) -> list[Stage]:
    """Return all stages in the order in which a need passes them."""
    from indexing.collection import encode_query
    from indexing.quotes import TextQuoter

    encoder, other = encoders
    analyzer, policy = engine.analyzer, engine.policy
    catalogue = Catalogue(dataset.companies, dataset.needs)
    texts = {key: entry.text for key, entry in offering_entries(dataset).items()}
    plain = PlainBm25({key: analyzer.terms(texts[key]) for key in snapshot.offerings.lexical.ids})
    brute = BruteForce.build(snapshot.offerings.dense.owners, texts, engine.encoder)
    match = Matchmaker(catalogue, snapshot, policy)
    words_alone = Matchmaker(catalogue, snapshot, policy, system="lexical")
    today = date.today()

    def fuse(case: Case) -> object:
        matchmaker = Matchmaker(catalogue, case.index, policy)
        return matchmaker.match(case.need, k=LISTED, today=today)

    def fuse_ranks(case: Case) -> object:
        arms = [rank(case.evidence, arm, policy).ids() for arm in ARMS]
        return reciprocal_rank_fusion(arms, DEPTH)

    def quote(case: Case, quoter: object) -> None:
        for name, arguments in case.index.quoter.questions():
            getattr(quoter, name)(*arguments)

    def encode_with(chosen: "Encoder") -> Callable[[Case], object]:
        return lambda case: encode_query(chosen, case.need.text)

    def analyse(case: Case) -> object:
        return analyzer.terms(case.need.text), analyzer.concepts(case.need.text)

    return [
        Stage("analyse", "형태소·용어 분석", analyse, "띄어쓰기", lambda c: words(c.need.text)),
        Stage(
            "encode",
            f"수요 임베딩({encoder.backend})",
            encode_with(encoder),
            other.backend if other else "다른 백엔드",
            encode_with(other) if other else None,
        ),
        Stage(
            "dense",
            "의미 검색(FAISS)",
            lambda case: snapshot.offerings.dense.search(case.vector, DEPTH),
            "numpy 전수 비교",
            lambda case: brute.search(case.vector, DEPTH),
        ),
        Stage(
            "lexical",
            "낱말 검색(bm25s)",
            lambda case: snapshot.offerings.lexical.search(case.words, DEPTH),
            "파이썬 BM25",
            lambda case: plain.search(case.words, DEPTH),
        ),
        Stage("fuse", "점수·규칙·명단", fuse, "RRF만", fuse_ranks),
        Stage(
            "explain",
            "근거 찾기",
            lambda case: quote(case, snapshot.quoter),
            "문장을 처음 볼 때",
            lambda case: quote(case, TextQuoter(encoder, analyzer)),
        ),
        Stage(
            "match",
            "매칭 전체",
            lambda case: match.match(case.need, k=LISTED, today=today),
            "낱말만 쓸 때",
            lambda case: words_alone.match(case.need, k=LISTED, today=today),
        ),
    ]


def speed_table(timings: Sequence[Timing], title: str) -> Table:
    """Return the timings as a table."""
    return Table(
        title,
        ("단계", "p50 ms", "p95 ms", "견준 것", "p50 ms", "p95 ms", "비율"),
        tuple(
            (
                timing.label,
                *(f"{value:,.2f}" for value in timing.milliseconds),
                timing.alternative,
                *(f"{value:,.2f}" for value in timing.alternative_milliseconds or ()),
                *([ABSENT, ABSENT] if timing.alternative_milliseconds is None else []),
                ABSENT if timing.ratio is None else f"{timing.ratio:.2f}",
            )
            for timing in timings
        ),
    )


def speed_provenance(engine: Engine) -> dict[str, Any]:
    """Return what times depend on; load is that of the last minute, above `cores` others wait too."""
    return {
        "model": engine.encoder.name,
        "backend": engine.encoder.backend,
        "analyzer": engine.analyzer.name,
        "policy": engine.policy.fingerprint,
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[0], 2),
        "python": platform.python_version(),
        "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
    }


class BruteForce:
    """Cosine with every vector: what FAISS must agree with."""

    def __init__(self, owners: Sequence[str], vectors: "Vectors") -> None:
        """Take unit vectors (len(owners), dimension)."""
        self._owners = list(owners)
        self._vectors = vectors

    @classmethod
    def build(
        cls, owners: Sequence[str], texts: Mapping[str, str], encoder: "Encoder"
    ) -> "BruteForce":
        """Encode the passages of the owners' texts, in the order of an index's rows."""
        pieces = [
            texts[id][start:end].strip()
            for id in dict.fromkeys(owners)
            for start, end in encoder.passages(texts[id])
        ]
        return cls(owners, encoder.encode(pieces, "passage"))

    def search(self, query: "Vectors", k: int) -> Ranking:
        """Return the `k` owners of the nearest vectors."""
        best: dict[str, float] = {}
        for owner, score in zip(self._owners, (self._vectors @ query).tolist(), strict=True):
            best[owner] = max(score, best.get(owner, -math.inf))
        return Ranking.of("dense", best, k)


class PlainBm25:
    """The formula of `indexing.lexical`, term by term in a loop over the texts that have it or what
    stands for it.
    """

    def __init__(self, texts: Mapping[str, Sequence[str]]) -> None:
        """Count terms by text."""
        self._lengths = {id: len(terms) for id, terms in texts.items()}
        self._average = sum(self._lengths.values()) / len(texts)
        self._postings: dict[str, dict[str, int]] = {}
        for id, terms in texts.items():
            for term, count in Counter(terms).items():
                self._postings.setdefault(term, {})[id] = count

    def search(self, query: Sequence["Wording"], k: int) -> Ranking:
        """Return the `k` texts with the highest coverage (`indexing.lexical`)."""
        scores: dict[str, float] = {}
        everything = heard = 0.0
        for wording in query:
            own = self._postings.get(wording.term, {})
            others = {form: self._postings.get(form, {}) for form in wording.translations}
            likely = (share * len(others[form]) for form, share in wording.translations.items())
            count = min(len(self._lengths), len(own) + math.fsum(likely))
            idf = math.log(1 + (len(self._lengths) - count + 0.5) / (count + 0.5))
            everything += idf
            heard += idf if count else 0.0
            translated: dict[str, float] = {}
            for form, share in wording.translations.items():
                for id, times in others[form].items():
                    part = share * self._presence(id, times)
                    translated[id] = min(1.0, translated.get(id, 0.0) + part)
            for id in {**own, **translated}:
                part = max(self._presence(id, own.get(id, 0)), translated.get(id, 0.0))
                scores[id] = scores.get(id, 0.0) + idf * part
        bound = math.sqrt(everything * heard)
        return Ranking.of("lexical", {id: score / bound for id, score in scores.items()}, k)

    def _presence(self, id: str, times: int) -> float:
        return times / (times + K1 * (1 - B + B * self._lengths[id] / self._average))


class Memory:
    """Asks another object once and says the same ever after."""

    def __init__(self, value: object) -> None:
        """Keep the one to ask."""
        self._value = value
        self._known: dict[tuple[str, tuple[Any, ...]], Any] = {}

    def __getattr__(self, name: str) -> Callable[..., Any]:
        """Return a method that remembers."""

        def ask(*arguments: Any) -> Any:
            question = (name, arguments)
            if question not in self._known:
                self._known[question] = getattr(self._value, name)(*arguments)
            return self._known[question]

        return ask

    def questions(self) -> list[tuple[str, tuple[Any, ...]]]:
        """Return every method and arguments that were asked for, in order."""
        return list(self._known)


class Remembered:
    """A search index that searches and quotes once for each question (`matcher.SearchIndex`)."""

    def __init__(self, index: "Snapshot") -> None:
        """Ask `index` for what is not known yet."""
        self.offerings: Any = Memory(index.offerings)
        self.needs: Any = Memory(index.needs)
        self.quoter: Any = Memory(index.quoter)
        self.origin = index.origin


def _prepare(
    need: Need, catalogue: Catalogue, snapshot: "Snapshot", engine: Engine, encoder: "Encoder"
) -> Case:
    from indexing.collection import encode_query

    index = Remembered(snapshot)
    Matchmaker(catalogue, index, engine.policy).match(need, k=LISTED)
    return Case(
        need,
        tuple(snapshot.offerings.wordings(engine.analyzer.terms(need.text))),
        encode_query(encoder, need.text),
        snapshot.offerings.evidence(need.text, max(engine.policy.candidates, 2 * LISTED)),
        index,
    )
