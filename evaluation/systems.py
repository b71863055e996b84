"""The systems under test, each answering every query of a test set.

`lexical`, `dense` and `hybrid` are one product with one arm or both: for retrieval the collection's
evidence ordered by the policy's fusion, for matching the Matchmaker itself with all of its rules.

In a matching run, companies (or needs) that a rule refuses come after all matches, in the order of
their scores: a rule may be right, but the judgements speak of technology, and a run that dropped
them could not be told from one that did not find them. With `abstain`, a query for which the
product names no match at all gets no answer; without it every query is ranked.
"""

import os
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Protocol

import platformdirs

from evaluation.datasets import Dataset, MatchingDataset, Query, RetrievalDataset
from evaluation.runs import Run
from matcher.errors import InvalidRequest
from matcher.fusion import System, rank
from matcher.matching import Catalogue, Matchmaker
from matcher.policy import Policy
from matcher.progress import Progress, silent
from matcher.ranking import Hit, QueryEvidence, Retriever
from matcher.shortlist import Match, Refusal

if TYPE_CHECKING:
    from indexing.analyzer import Analyzer
    from indexing.encoder import Encoder

SYSTEMS: tuple[System, ...] = ("lexical", "dense", "hybrid")
DEPTH = 100
"""Answers per query: as far as the deepest measure, R@100, looks."""


@dataclass(frozen=True, slots=True)
class Engine:
    """What every system is made of; opened once, used for all sets."""

    encoder: "Encoder"
    analyzer: "Analyzer"
    policy: Policy


class Bench(Protocol):
    """One test set, encoded and indexed once, on which every system can be run."""

    def run(self, system: System, *, abstain: bool = False, progress: Progress = silent) -> Run:
        """Answer every query of the set, DEPTH answers at most."""
        ...


def open_engine(progress: Progress = silent) -> Engine:
    """Load model, vector cache and analyzer as `GREENMATCH_*` names them; slow."""
    from indexing.analyzer import open_analyzer
    from indexing.encoder import open_encoder
    from indexing.vectors import VectorCache

    def setting(name: str, default: str) -> str:
        return os.environ.get(f"GREENMATCH_{name}", "").strip() or default

    cache = Path(setting("CACHE", str(platformdirs.user_cache_path("greenmatch")))).expanduser()
    encoder = open_encoder(
        setting("MODEL", "") or None, cache.absolute(), setting("BACKEND", "auto"), progress
    )
    return Engine(
        encoder=VectorCache(encoder, cache.absolute() / "vectors"),
        analyzer=open_analyzer(setting("ANALYZER", "mecab")),
        policy=Policy.load(),
    )


@contextmanager
def open_bench(dataset: Dataset, engine: Engine, progress: Progress = silent) -> Iterator[Bench]:
    """Encode and index a test set; what is written for it is gone when the context ends."""
    _encode_queries(dataset, engine, progress)
    if isinstance(dataset, RetrievalDataset):
        from indexing.collection import build_collection

        texts_by_id = {id: text for id, text in dataset.corpus.items() if text.strip()}
        collection = build_collection(texts_by_id, engine.encoder, engine.analyzer, progress)
        yield RetrievalBench(dataset, collection, engine.policy)
        return
    from indexing.snapshot import build_snapshot, open_snapshot

    with TemporaryDirectory(prefix="greenmatch-eval-") as folder:
        records = (dataset.companies.values(), dataset.needs.values())
        build_snapshot(Path(folder), *records, engine.encoder, engine.analyzer, progress=progress)
        snapshot = open_snapshot(Path(folder), engine.encoder, engine.analyzer)
        catalogue = Catalogue(dataset.companies, dataset.needs)
        matchmakers = {
            system: Matchmaker(catalogue, snapshot, engine.policy, system=system)
            for system in SYSTEMS
        }
        yield MatchingBench(dataset, matchmakers, date.today())


def _encode_queries(dataset: Dataset, engine: Engine, progress: Progress) -> None:
    """Fill the vector cache in well-packed batches: asked one by one, queries take far longer.

    The pieces are those that a retriever asks for (`indexing.collection.encode_query`).
    """
    texts = [unicodedata.normalize("NFC", query.text) for query in dataset.queries]
    pieces = [text[a:b] for text in texts if text.strip() for a, b in engine.encoder.passages(text)]
    engine.encoder.encode(pieces, "query", progress)


class RetrievalBench:
    """A searchable corpus and its queries; what the sources say is asked once for all systems."""

    def __init__(self, dataset: RetrievalDataset, collection: Retriever, policy: Policy) -> None:
        """Take an indexed corpus."""
        self._dataset = dataset
        self._collection = collection
        self._policy = policy
        self._evidence: dict[str, QueryEvidence] = {}

    def run(self, system: System, *, abstain: bool = False, progress: Progress = silent) -> Run:
        """Answer every query; plain retrieval never abstains."""
        answers: dict[str, tuple[Hit, ...]] = {}
        queries = self._dataset.queries
        for done, query in enumerate(queries, start=1):
            answers[query.id] = self._answer(query, system)
            progress(f"검색 {self._dataset.name} · {system}", done, len(queries))
        return Run(system, answers)

    def _answer(self, query: Query, system: System) -> tuple[Hit, ...]:
        if not query.text.strip():
            return ()
        evidence = self._evidence.get(query.id)
        if evidence is None:
            evidence = self._collection.evidence(query.text, DEPTH)
            self._evidence[query.id] = evidence
        return rank(evidence, system, self._policy).hits[:DEPTH]


@dataclass(frozen=True, slots=True)
class MatchingBench:
    """The product's matchmaker over the set's companies and needs, one for each system.

    today: the day on which certificates are valid and deadlines open, the same for all queries.
    """

    dataset: MatchingDataset
    matchmakers: dict[System, Matchmaker]
    today: date

    def run(self, system: System, *, abstain: bool = False, progress: Progress = silent) -> Run:
        """Answer every need (or company); see the module's word on refusals and abstention."""
        answers: dict[str, tuple[Hit, ...]] = {}
        abstained: set[str] = set()
        for done, query in enumerate(self.dataset.queries, start=1):
            matches, refusals = self._ask(query, system)
            if abstain and not matches:
                abstained.add(query.id)
                answers[query.id] = ()
            else:
                answers[query.id] = self._in_order(matches, refusals)
            progress(f"매칭 {self.dataset.name} · {system}", done, len(self.dataset.queries))
        return Run(system, answers, frozenset(abstained))

    def _ask(self, query: Query, system: System) -> tuple[tuple[Match, ...], tuple[Refusal, ...]]:
        if not query.text.strip():
            return (), ()
        matchmaker = self.matchmakers[system]
        if self.dataset.direction == "need-to-company":
            need = self.dataset.needs[query.id]
            shortlist = matchmaker.match(need, k=DEPTH, today=self.today)
            return shortlist.matches, shortlist.refusals
        company = self.dataset.companies[query.id]
        opportunities = matchmaker.opportunities(company, k=DEPTH, today=self.today)
        return opportunities.matches, opportunities.refusals

    def _in_order(
        self, matches: tuple[Match, ...], refusals: tuple[Refusal, ...]
    ) -> tuple[Hit, ...]:
        matched = [Hit(self._answer_id(match), match.score) for match in matches]
        refused = [Hit(self._answer_id(refusal), refusal.score) for refusal in refusals]
        refused.sort(key=lambda hit: (-hit.score, hit.id))
        first_of_each: dict[str, Hit] = {}
        for hit in (*matched, *refused):
            first_of_each.setdefault(hit.id, hit)
        return tuple(first_of_each.values())[:DEPTH]

    def _answer_id(self, answer: Match | Refusal) -> str:
        if self.dataset.direction == "need-to-company":
            return answer.company.company_id
        return answer.need.need_id


def read_system(name: str) -> System:
    """Return a system by its name; raises InvalidRequest."""
    for system in SYSTEMS:
        if system == name:
            return system
    raise InvalidRequest(
        f"시스템 '{name}'을(를) 알 수 없습니다. {', '.join(SYSTEMS)} 가운데 고르십시오.",
        system=name,
    )
