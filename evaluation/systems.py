"""The systems under test, each answering every query of a test set.

`lexical`, `dense` and `hybrid` are one product with one arm or both: for retrieval the collection's
evidence ordered by the policy's fusion, for matching the Matchmaker itself with all of its rules.
The others are `evaluation.baselines`, on the same texts and vectors.

In a matching run, companies (or needs) that a rule refuses come after all matches, in the order of
their scores: a rule may be right, but the judgements speak of technology, and a run that dropped
them could not be told from one that did not find them. With `abstain`, a query for which the
product names no match at all gets no answer; without it every query is ranked, by the nearest misses
where nobody fits.
"""

import os
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import TYPE_CHECKING, Protocol, cast

import platformdirs

from evaluation.baselines import BASELINES, FUSED_HITS, Baselines, Entry, Shelf, pool
from evaluation.datasets import Dataset, MatchingDataset, Query, RetrievalDataset
from evaluation.runs import Run
from matcher.errors import InvalidRequest
from matcher.fusion import System, rank
from matcher.matching import Catalogue, Matchmaker
from matcher.policy import Policy
from matcher.progress import Progress, silent
from matcher.ranking import Hit, QueryEvidence, Ranking, Retriever
from matcher.records import offering_key, split_key
from matcher.shortlist import Match, Refusal

if TYPE_CHECKING:
    from indexing.analyzer import Analyzer
    from indexing.encoder import Encoder

PRODUCT: tuple[System, ...] = ("lexical", "dense", "hybrid")
SYSTEMS: tuple[str, ...] = (*PRODUCT, *BASELINES)
DEPTH = 100
"""Answers per query: as far as the deepest measure, R@100, looks."""
POOLED_HITS = 1_000
"""Offerings that a baseline ranks before they are pooled to companies."""


@dataclass(frozen=True, slots=True)
class Engine:
    """What every system is made of; opened once, used for all sets."""

    encoder: "Encoder"
    analyzer: "Analyzer"
    policy: Policy


class Bench(Protocol):
    """One test set, encoded and indexed once, on which every system can be run."""

    def run(self, system: str, *, abstain: bool = False, progress: Progress = silent) -> Run:
        """Answer every query of the set, DEPTH answers at most."""
        ...


def open_engine(progress: Progress = silent) -> Engine:
    """Load model, vector cache and analyzer as `GREENMATCH_*` names them; slow."""
    return engine_of(open_plain_encoder(progress))


def open_plain_encoder(progress: Progress = silent, backend: str | None = None) -> "Encoder":
    """Load the model alone, without a cache of vectors; slow."""
    from indexing.encoder import open_encoder

    backend = backend or _setting("BACKEND", "auto")
    return open_encoder(_setting("MODEL", "") or None, _cache(), backend, progress)


def open_adapted(adapter: Path | None, progress: Progress = silent) -> "Encoder":
    """Load the bundled model with the adapter in a folder, or plain; vectors are cached; slow."""
    from indexing.encoder import open_encoder
    from indexing.model import ADAPTED, BUNDLED

    name, backend = (ADAPTED if adapter else BUNDLED), _setting("BACKEND", "auto")
    encoder = open_encoder(name, _cache(), backend, progress, adapter)
    return _remembering(encoder)


def open_other_backend(encoder: "Encoder", progress: Progress = silent) -> "Encoder | None":
    """Open the same model in the backend that `encoder` does not use; None where there is none."""
    other = "torch" if encoder.backend == "openvino" else "openvino"
    if encoder.backend not in ("torch", "openvino") or find_spec(other) is None:
        return None
    return open_plain_encoder(progress, other)


def engine_of(encoder: "Encoder") -> Engine:
    """Put the vector cache before an encoder, with the analyzer and the shipped policy beside it."""
    from indexing.analyzer import open_analyzer

    return Engine(
        encoder=_remembering(encoder),
        analyzer=open_analyzer(_setting("ANALYZER", "mecab")),
        policy=Policy.load(),
    )


def reading_once(analyzer: "Analyzer") -> "Analyzer":
    """Return the analyzer with a memory of all texts, for those who index the same ones again.

    It searches and indexes; it has no places of words in a text, so nothing can be quoted with it.
    """
    remembering = SimpleNamespace(
        name=analyzer.name,
        terms=lru_cache(None)(analyzer.terms),
        concepts=lru_cache(None)(analyzer.concepts),
        fields=lru_cache(None)(analyzer.fields),
        translations=analyzer.translations,
        relatives=analyzer.relatives,
        sounds=analyzer.sounds,
    )
    return cast("Analyzer", remembering)


def _remembering(encoder: "Encoder") -> "Encoder":
    from indexing.vectors import remembering

    return remembering(encoder, _cache() / "vectors")


def _setting(name: str, default: str) -> str:
    return os.environ.get(f"GREENMATCH_{name}", "").strip() or default


def _cache() -> Path:
    default = str(platformdirs.user_cache_path("greenmatch"))
    return Path(_setting("CACHE", default)).expanduser().absolute()


@contextmanager
def open_bench(dataset: Dataset, engine: Engine, progress: Progress = silent) -> Iterator[Bench]:
    """Encode and index a test set; what is written for it is gone when the context ends."""
    encode_queries(dataset, engine, progress)
    if isinstance(dataset, RetrievalDataset):
        from indexing.collection import build_collection

        texts_by_id = {id: text for id, text in dataset.corpus.items() if text.strip()}
        collection = build_collection(texts_by_id, engine.encoder, engine.analyzer, progress)
        entries = {id: Entry(text) for id, text in texts_by_id.items()}
        source = EvidenceSource(collection, engine.policy)
        shelf = Shelf(entries, source.dense, engine.encoder, engine.analyzer)
        with closing(Baselines(shelf)) as baselines:
            yield RetrievalBench(dataset, source, baselines)
        return
    from indexing.snapshot import build_snapshot, open_snapshot

    with TemporaryDirectory(prefix="greenmatch-eval-") as folder:
        records = (dataset.companies.values(), dataset.needs.values())
        build_snapshot(Path(folder), *records, engine.encoder, engine.analyzer, progress=progress)
        snapshot = open_snapshot(Path(folder), engine.encoder, engine.analyzer)
        catalogue = Catalogue(dataset.companies, dataset.needs)
        matchmakers = {
            system: Matchmaker(catalogue, snapshot, engine.policy, system=system)
            for system in PRODUCT
        }
        is_forward = dataset.direction == "need-to-company"
        source = EvidenceSource(snapshot.offerings if is_forward else snapshot.needs, engine.policy)
        entries = offering_entries(dataset) if is_forward else need_entries(dataset)
        shelf = Shelf(entries, source.dense, engine.encoder, engine.analyzer)
        with closing(Baselines(shelf)) as baselines:
            yield MatchingBench(dataset, matchmakers, date.today(), baselines)


def offering_entries(dataset: MatchingDataset) -> dict[str, Entry]:
    """Return every offering of a set by its key."""
    return {
        offering_key(company.company_id, offering.offering_id): Entry(
            offering.text, offering.sector
        )
        for company in dataset.companies.values()
        for offering in company.offerings
    }


def need_entries(dataset: MatchingDataset) -> dict[str, Entry]:
    """Return every need of a set by its id."""
    return {id: Entry(need.text, need.sector) for id, need in dataset.needs.items()}


def encode_queries(dataset: Dataset, engine: Engine, progress: Progress) -> None:
    """Fill the vector cache in well-packed batches: asked one by one, queries take far longer.

    The pieces are those that a retriever asks for (`indexing.collection.encode_query`).
    """
    encode_pieces([query.text for query in dataset.queries], engine.encoder, progress)


def encode_pieces(texts: Sequence[str], encoder: "Encoder", progress: Progress) -> None:
    """Fill the vector cache with the pieces of texts that will be asked one by one."""
    normal = [unicodedata.normalize("NFC", text) for text in texts]
    pieces = [text[a:b] for text in normal if text.strip() for a, b in encoder.passages(text)]
    encoder.encode(pieces, "query", progress)


class EvidenceSource:
    """What a collection says of a text, asked once for all systems that want to know."""

    def __init__(self, retriever: Retriever, policy: Policy) -> None:
        """Take an indexed collection."""
        self._retriever = retriever
        self._policy = policy
        self._known: dict[str, QueryEvidence] = {}

    def rank(self, text: str, system: System) -> Ranking:
        """Return the product's order of its candidates for a text."""
        evidence = self._known.get(text)
        if evidence is None:
            evidence = self._known[text] = self._retriever.evidence(text, DEPTH)
        return rank(evidence, system, self._policy)

    def dense(self, text: str) -> Ranking:
        """Return the order by meaning alone; exact, as candidates hold the best DEPTH of it."""
        return Ranking("dense", self.rank(text, "dense").hits[:FUSED_HITS])


class RetrievalBench:
    """A searchable corpus and its queries."""

    def __init__(
        self, dataset: RetrievalDataset, source: EvidenceSource, baselines: Baselines
    ) -> None:
        """Take an indexed corpus."""
        self._dataset = dataset
        self._source = source
        self._baselines = baselines

    def run(self, system: str, *, abstain: bool = False, progress: Progress = silent) -> Run:
        """Answer every query; plain retrieval never abstains."""
        require_available(system, self._dataset)
        answers: dict[str, tuple[Hit, ...]] = {}
        queries = self._dataset.queries
        for done, query in enumerate(queries, start=1):
            answers[query.id] = self._answer(query, system)
            progress(f"검색 {self._dataset.name} · {system}", done, len(queries))
        return Run(system, answers)

    def _answer(self, query: Query, system: str) -> tuple[Hit, ...]:
        if not query.text.strip():
            return ()
        if system in PRODUCT:
            return self._source.rank(query.text, system).hits[:DEPTH]
        return self._baselines.rank(system, Entry(query.text), DEPTH).hits


@dataclass(frozen=True, slots=True)
class MatchingBench:
    """The product's matchmaker over the set's companies and needs, one for each system.

    today: the day on which certificates are valid and deadlines open, the same for all queries.
    """

    dataset: MatchingDataset
    matchmakers: dict[System, Matchmaker]
    today: date
    baselines: Baselines

    def with_policy(self, policy: Policy) -> "MatchingBench":
        """Return a bench over the same index with other numbers."""
        makers = {name: maker.with_policy(policy) for name, maker in self.matchmakers.items()}
        return replace(self, matchmakers=makers)

    def run(self, system: str, *, abstain: bool = False, progress: Progress = silent) -> Run:
        """Answer every need (or company); see the module's word on refusals and abstention."""
        require_available(system, self.dataset)
        answers: dict[str, tuple[Hit, ...]] = {}
        probabilities: dict[str, dict[str, float]] = {}
        nobody_fits: set[str] = set()
        for done, query in enumerate(self.dataset.queries, start=1):
            if system not in PRODUCT:
                answers[query.id] = self._baseline(query, system)
            else:
                matches, refusals, is_nobody = self._ask(query, system)
                answers[query.id] = self._in_order(matches, refusals)
                if stated := self._probabilities(matches):
                    probabilities[query.id] = stated
                if is_nobody:
                    nobody_fits.add(query.id)
                    answers[query.id] = () if abstain else answers[query.id]
            progress(f"매칭 {self.dataset.name} · {system}", done, len(self.dataset.queries))
        refused = frozenset(nobody_fits)
        return Run(system, answers, refused if abstain else frozenset(), probabilities, refused)

    def _baseline(self, query: Query, system: str) -> tuple[Hit, ...]:
        if self.dataset.direction == "need-to-company":
            need = self.dataset.needs[query.id]
            ranking = self.baselines.rank(system, Entry(need.text, need.sector), POOLED_HITS)
            return pool(system, [ranking], lambda key: split_key(key)[0], DEPTH).hits
        rankings = [
            self.baselines.rank(system, Entry(offering.text, offering.sector), DEPTH)
            for offering in self.dataset.companies[query.id].offerings
        ]
        return pool(system, rankings, lambda need_id: need_id, DEPTH).hits

    def _probabilities(self, matches: tuple[Match, ...]) -> dict[str, float]:
        """Return how sure the product says it is of each match; empty where it does not say."""
        return {
            self._answer_id(match): match.probability
            for match in matches
            if match.probability is not None
        }

    def _ask(
        self, query: Query, system: System
    ) -> tuple[tuple[Match, ...], tuple[Refusal, ...], bool]:
        """Return matches and, after them, the nearest misses; refusals; whether nobody fits.

        Nothing is quoted: order and scores do not depend on it, and it is most of the time.
        """
        if not query.text.strip():
            return (), (), True
        matchmaker = self.matchmakers[system]
        if self.dataset.direction == "need-to-company":
            need = self.dataset.needs[query.id]
            shortlist = matchmaker.match(need, k=DEPTH, today=self.today, quoted=())
            matches = (*shortlist.matches, *shortlist.nearest)
            return matches, shortlist.refusals, not shortlist.matches
        company = self.dataset.companies[query.id]
        opportunities = matchmaker.opportunities(company, k=DEPTH, today=self.today, quoted=())
        return opportunities.matches, opportunities.refusals, not opportunities.matches

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


def read_system(name: str) -> str:
    """Return a system's name if there is one of it; raises InvalidRequest."""
    if name in SYSTEMS:
        return name
    raise InvalidRequest(
        f"시스템 '{name}'을(를) 알 수 없습니다. {', '.join(SYSTEMS)} 가운데 고르십시오.",
        system=name,
    )


def why_unavailable(system: str, dataset: Dataset) -> str | None:
    """Return a Korean sentence where a system can't be run on a set, else None."""
    if system == "sector" and isinstance(dataset, RetrievalDataset):
        return (
            "sector는 분야가 적힌 수요와 공급기술이 있어야 하므로 검색 자료에서는 잴 수 없습니다."
        )
    if system == "txtai" and find_spec("txtai") is None:
        return "txtai가 설치되어 있지 않습니다. `pip install 'greenmatch[peer]'`로 설치하십시오."
    return None


def require_available(system: str, dataset: Dataset) -> None:
    """Raise InvalidRequest where a system can't be run on a set."""
    if reason := why_unavailable(system, dataset):
        raise InvalidRequest(reason, system=system, dataset=dataset.name)
