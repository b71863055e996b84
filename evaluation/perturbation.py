"""Do the quotes carry the match? Cut out what a match quotes and see how far the pair's score falls.

For the first companies of each need, the span that the reason of meaning quotes is cut out of the
offering's text and, apart from that, out of the need's. The product itself scores the changed pair:
a matchmaker over the same texts with that one changed. The same is done with `randoms` spans of the
same number of characters that begin anywhere in the same text. A pair holds where cutting out the
quote costs more points than the mean of the random spans. Where the quote is all that the text says,
nothing is left to compare with: such pairs are counted apart.
"""

from collections.abc import Collection as Ids
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, Literal, cast

import numpy as np

from evaluation.datasets import UNKNOWN_LANGUAGE, MatchingDataset
from evaluation.significance import Interval, ratio_interval
from evaluation.systems import Engine, offering_entries, reading_once
from evaluation.tables import ABSENT, Table, bounds, figure, language_name
from matcher.explanation import Quoter, Span
from matcher.matching import Catalogue, Matchmaker
from matcher.parts import split_parts
from matcher.progress import Progress, silent
from matcher.ranking import QueryEvidence, Retriever
from matcher.records import Need, Offering, offering_key
from matcher.shortlist import Match

if TYPE_CHECKING:
    from indexing.collection import Collection
    from indexing.encoder import Encoder, Kind, TokenVectors, Vectors

Side = Literal["offering", "need"]
SIDES: tuple[Side, ...] = ("offering", "need")
SIDE_LABELS: Mapping[Side, str] = {"offering": "공급기술의 인용", "need": "수요의 인용"}
ALL = "all"
SEED = 20_200_923


@dataclass(frozen=True, slots=True)
class Plan:
    """How many companies of each list are tried, and how many random spans stand beside a quote."""

    listed: int = 3
    randoms: int = 5
    seed: int = SEED


@dataclass(frozen=True, slots=True)
class Trial:
    """One quote cut out of one text of a pair: points lost, and points lost by each random span.

    random_falls is empty where the quote is all that the text says; `fall` is 0 then.
    """

    need_id: str
    company_id: str
    language: str
    rank: int
    side: Side
    quote: str
    fall: float = 0.0
    random_falls: tuple[float, ...] = ()

    @property
    def is_whole(self) -> bool:
        """True where nothing but the quote stands in the text."""
        return not self.random_falls

    @property
    def holds(self) -> bool:
        """True where the quote's loss is above the mean loss of the random spans."""
        return not self.is_whole and self.fall > float(np.mean(self.random_falls))

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {**asdict(self), "holds": None if self.is_whole else self.holds}


@dataclass(frozen=True, slots=True)
class Rate:
    """How many of the pairs of a group hold; the interval draws whole needs with all their pairs."""

    side: Side
    depth: int
    language: str
    pairs: int
    held: int
    whole: int
    interval: Interval
    mean_fall: float
    mean_random_fall: float

    @property
    def rate(self) -> float | None:
        """Share of the pairs that hold; None without pairs."""
        return self.held / self.pairs if self.pairs else None

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        ends = [self.interval.low, self.interval.high] if self.pairs else None
        return {**asdict(self), "rate": self.rate, "interval": ends}


def try_quotes(
    dataset: MatchingDataset, engine: Engine, plan: Plan = Plan(), progress: Progress = silent
) -> tuple[Trial, ...]:
    """Match every need and try the quotes of its first companies; slow, same seed same answer."""
    from indexing.quotes import TextQuoter

    world = _World(dataset, _remembering(engine), progress)
    quoter = TextQuoter(engine.encoder, engine.analyzer)
    random = np.random.default_rng(plan.seed)
    cuts: list[_Cut] = []
    for done, need in enumerate(dataset.needs.values(), start=1):
        for match in world.match(need, plan.listed, quoter):
            cuts.extend(_cuts_of(match, plan, random))
        progress("인용", done, len(dataset.needs))
    world.encode_ahead(cuts, progress)
    trials = []
    for done, cut in enumerate(cuts, start=1):
        trials.append(_try(cut, world))
        progress("인용을 지우고 다시 매긴 점수", done, len(cuts))
    return tuple(trials)


@dataclass(frozen=True, slots=True)
class _Cut:
    """What to try: the quote of one side of a match, and random spans of its length."""

    match: Match
    side: Side
    quote: Span
    random_starts: tuple[int, ...]

    @property
    def text(self) -> str:
        return self.match.need.text if self.side == "need" else self.match.offerings[0].text

    def without(self, start: int) -> str:
        """Return the text without the quote's number of characters from `start` on."""
        return (self.text[:start] + self.text[start + len(self.quote.quote) :]).strip()

    @property
    def left_overs(self) -> tuple[str, ...]:
        """The text without the quote, then without each of the random spans."""
        return tuple(self.without(start) for start in (self.quote.start, *self.random_starts))


def _cuts_of(match: Match, plan: Plan, random: np.random.Generator) -> Iterator[_Cut]:
    """Yield both sides of the reason of meaning; nothing where a match has none."""
    for reason in match.reasons:
        if reason.source != "dense":
            continue
        for side, spans in (("offering", reason.offering_spans), ("need", reason.need_spans)):
            quote = spans[0]
            whole = _Cut(match, cast(Side, side), quote, ())
            places = len(whole.text) - len(quote.quote) + 1
            starts = random.integers(0, places, size=plan.randoms).tolist()
            says_more = any(map(str.isalnum, whole.without(quote.start)))
            yield replace(whole, random_starts=tuple(starts)) if says_more else whole


def _try(cut: _Cut, world: "_World") -> Trial:
    match = cut.match
    language = match.need.language or UNKNOWN_LANGUAGE
    place = (match.need.need_id, match.company.company_id, language, match.rank, cut.side)
    if not cut.random_starts:
        return Trial(*place, cut.quote.quote)
    whole = world.score(match)
    fall, *random_falls = (whole - world.score(match, cut.side, text) for text in cut.left_overs)
    return Trial(*place, cut.quote.quote, fall, tuple(random_falls))


class _World:
    """A set's offerings, searchable, with one text at a time changed."""

    def __init__(self, dataset: MatchingDataset, engine: Engine, progress: Progress) -> None:
        """Index the set once; what was analysed and encoded is remembered for all variants."""
        self._dataset = dataset
        self._engine = engine
        entries = offering_entries(dataset).items()
        self._texts = {id: entry.text for id, entry in entries if any(map(str.isalnum, entry.text))}
        self._collection = self._build(self._texts, progress)
        self._today = date.today()

    def match(self, need: Need, k: int, quoter: Quoter) -> tuple[Match, ...]:
        """Return the first `k` companies, as the product lists them."""
        if not any(map(str.isalnum, need.text)):
            return ()
        catalogue = Catalogue(self._dataset.companies, self._dataset.needs)
        return self._ask(catalogue, self._collection, quoter, need, k)

    def score(self, match: Match, side: Side | None = None, text: str = "") -> float:
        """Return the points of the match's need and first offering, one text of them changed.

        0 where nothing is left to read or the product no longer lists the company.
        """
        need, offering, collection = match.need, match.offerings[0], self._collection
        key = offering_key(match.company.company_id, offering.offering_id)
        if side and not any(map(str.isalnum, text)):
            return 0.0
        if side == "need":
            need = replace(need, title="", description=text)
        elif side == "offering":
            offering = Offering(offering.offering_id, "", text, offering.sector, offering.extra)
            collection = self._build({**self._texts, key: text})
        company = replace(match.company, offerings=(offering,))
        catalogue = Catalogue({company.company_id: company}, {})
        found = self._ask(catalogue, _OneText(collection, key), _NoQuotes(), need, 1)
        return found[0].score if found else 0.0

    def encode_ahead(self, cuts: Iterable[_Cut], progress: Progress) -> None:
        """Encode all that will be asked for in well-packed batches: one by one takes far longer."""
        texts: dict[Kind, dict[str, None]] = {"query": {}, "passage": {}}
        for cut in cuts:
            for text in cut.left_overs if cut.random_starts else ():
                asked = [text]
                if cut.side == "need":
                    changed = replace(cut.match.need, title="", description=text or "-")
                    asked += [item.part.text for item in split_parts(changed)]
                kind: Kind = "query" if cut.side == "need" else "passage"
                texts[kind].update(dict.fromkeys(asked))
        encoder = self._engine.encoder
        for kind, named in texts.items():
            pieces = [text[a:b] for text in named for a, b in encoder.passages(text)]
            if kind == "passage":
                pieces = [piece.strip() for piece in pieces]
            encoder.encode(pieces, kind, progress)

    def _ask(
        self,
        catalogue: Catalogue,
        offerings: Retriever,
        quoter: Quoter,
        need: Need,
        k: int,
    ) -> tuple[Match, ...]:
        index = _Index(offerings, offerings, quoter)
        matchmaker = Matchmaker(catalogue, index, self._engine.policy)
        shortlist = matchmaker.match(need, k=k, today=self._today)
        return (*shortlist.matches, *shortlist.nearest)[:k]

    def _build(self, texts: Mapping[str, str], progress: Progress = silent) -> "Collection":
        from indexing.collection import build_collection

        return build_collection(texts, self._engine.encoder, self._engine.analyzer, progress)


@dataclass(frozen=True, slots=True)
class _Index:
    """What a matchmaker searches; needs are not asked for here."""

    offerings: Retriever
    needs: Retriever
    quoter: Quoter
    origin: tuple[str, str, str] = ("", "", "")


@dataclass(frozen=True, slots=True)
class _OneText:
    """A collection of which only one text may be found; its statistics are those of all."""

    collection: "Collection"
    key: str

    def evidence(self, text: str, k: int, allowed: Ids[str] | None = None) -> QueryEvidence:
        return self.collection.evidence(text, k, [self.key])


class _NoQuotes:
    """Finds nothing, quickly: a score needs no quotes."""

    def shared_words(self, left: str, right: str) -> tuple[tuple[Span, ...], tuple[Span, ...]]:
        return (), ()

    def shared_concepts(self, left: str, right: str) -> tuple[tuple[Span, ...], tuple[Span, ...]]:
        return (), ()

    def carrying_spans(self, left: str, right: str) -> tuple[Span, Span]:
        return Span.of(left, 0, len(left)), Span.of(right, 0, len(right))


def _remembering(engine: Engine) -> Engine:
    """Return the engine with a memory: nearly all texts of one variant are those of the last."""
    encoder = _RememberingEncoder(engine.encoder)
    return replace(engine, encoder=encoder, analyzer=reading_once(engine.analyzer))


class _RememberingEncoder:
    def __init__(self, encoder: "Encoder") -> None:
        self.name = encoder.name
        self.backend = encoder.backend
        self.dimension = encoder.dimension
        self._encoder = encoder
        self._vectors: dict[tuple[Kind, str], Vectors] = {}
        self._passages: dict[str, tuple[tuple[int, int], ...]] = {}

    def encode(self, texts: Sequence[str], kind: "Kind", progress: Progress = silent) -> "Vectors":
        new = [text for text in dict.fromkeys(texts) if (kind, text) not in self._vectors]
        for text, vector in zip(new, self._encoder.encode(new, kind, progress), strict=True):
            self._vectors[kind, text] = vector
        rows = [self._vectors[kind, text] for text in texts]
        return np.stack(rows) if rows else self._encoder.encode([], kind)

    def token_vectors(self, texts: Sequence[str], kind: "Kind") -> "tuple[TokenVectors, ...]":
        return self._encoder.token_vectors(texts, kind)

    def passages(self, text: str) -> tuple[tuple[int, int], ...]:
        if text not in self._passages:
            self._passages[text] = self._encoder.passages(text)
        return self._passages[text]


def rates(trials: Sequence[Trial], depths: Sequence[int]) -> tuple[Rate, ...]:
    """Return the rate by side, depth of the list and language, all languages together first."""
    languages = (ALL, *sorted({trial.language for trial in trials}))
    return tuple(
        _rate(side, depth, language, trials)
        for side in SIDES
        for depth in depths
        for language in languages
    )


def _rate(side: Side, depth: int, language: str, trials: Iterable[Trial]) -> Rate:
    chosen = [
        trial
        for trial in trials
        if trial.side == side and trial.rank <= depth and language in (ALL, trial.language)
    ]
    tried = [trial for trial in chosen if not trial.is_whole]
    needs: dict[str, tuple[float, float]] = {}
    for trial in tried:
        held, pairs = needs.get(trial.need_id, (0.0, 0.0))
        needs[trial.need_id] = (held + trial.holds, pairs + 1)
    return Rate(
        side=side,
        depth=depth,
        language=language,
        pairs=len(tried),
        held=sum(trial.holds for trial in tried),
        whole=len(chosen) - len(tried),
        interval=ratio_interval(list(needs.values())),
        mean_fall=_mean([trial.fall for trial in tried]),
        mean_random_fall=_mean([fall for trial in tried for fall in trial.random_falls]),
    )


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values)) if values else 0.0


def rates_table(found: Sequence[Rate], title: str) -> Table:
    """Return the rates as a table; groups without any pair are left out."""
    return Table(
        title,
        (
            "지운 곳",
            "순위",
            "언어",
            "짝",
            "전체 인용",
            "비율",
            "95% 구간",
            "인용 손실",
            "무작위 손실",
        ),
        tuple(
            (
                SIDE_LABELS[item.side],
                f"1~{item.depth}위" if item.depth > 1 else "1위",
                "전체" if item.language == ALL else language_name(item.language),
                f"{item.pairs:,}",
                f"{item.whole:,}",
                ABSENT if item.rate is None else figure(item.rate),
                bounds(item.interval) if item.pairs else ABSENT,
                f"{item.mean_fall:.4f}",
                f"{item.mean_random_fall:.4f}",
            )
            for item in found
            if item.pairs or item.whole
        ),
        text_columns=3,
    )


def quote_provenance(engine: Engine, plan: Plan) -> dict[str, Any]:
    """Return what the rates depend on."""
    return {
        "model": engine.encoder.name,
        "backend": engine.encoder.backend,
        "analyzer": engine.analyzer.name,
        "policy": engine.policy.fingerprint,
        "listed": plan.listed,
        "randoms": plan.randoms,
        "seed": plan.seed,
        "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
    }
