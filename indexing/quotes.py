"""Which pieces of two texts speak of the same thing: shared words, shared terms, and the spans of
both texts that carry their similarity in meaning (docs/decisions/0008).
"""

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from indexing.analyzer import Analyzer, Token
from indexing.clauses import clauses, runs
from indexing.encoder import Encoder, Kind, Vectors
from indexing.sounds import SoundIndex
from matcher.explanation import Span

REMEMBERED = 2_000
LEAST_LIKELY = 0.1
QUOTED_SHARE = 0.5
"""Of translations, see `TextQuoter.shared_words`."""
LIKELIER_THAN_NOT = 0.5
"""Of a word that sounds like another: what is doubtful counts a little, but is not quoted."""
CARRYING_SHARE = 0.7
"""A span carries where it has at least this share of the best span's excess fall."""


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of a text as the index encodes it: where it begins, its words, its unit vector."""

    start: int
    text: str
    vector: Vectors


@dataclass(frozen=True, slots=True)
class Anatomy:
    """What can be quoted from a passage, and what the passage means without each of its clauses.

    without: one row for each clause, none where there is only one; spans: the clauses and runs of
    them, with what each means alone. All rows have length 1.
    """

    clauses: tuple[Span, ...]
    without: Vectors
    spans: tuple[Span, ...]
    span_vectors: Vectors


class TextQuoter:
    """Implements `matcher.explanation.Quoter` with the index's own encoder and analyzer.

    What was learned of a text is remembered in memory (REMEMBERED texts), so a company that is
    shown again costs nothing.
    """

    def __init__(self, encoder: Encoder, analyzer: Analyzer) -> None:
        """Keep both; nothing is computed yet."""
        self._encoder = encoder
        self._analyzer = analyzer
        self._passages = lru_cache(REMEMBERED)(self._read)
        self._anatomy = lru_cache(REMEMBERED)(self._take_apart)

    def shared_words(self, left: str, right: str) -> tuple[tuple[Span, ...], tuple[Span, ...]]:
        """Return where each text has terms of the other, or what stands for them in another language.

        Of a term's translations those are quoted that are at least QUOTED_SHARE as likely as the
        likeliest in the other text; what is less likely than LEAST_LIKELY counts a little and reads
        like a mistake, so it is quoted only where there is nothing better. Longer terms win over
        their parts.
        """
        left, right = _nfc(left), _nfc(right)
        left_tokens, right_tokens = self._analyzer.tokens(left), self._analyzer.tokens(right)
        there = {token.form for token in right_tokens}
        heard = SoundIndex(there, self._analyzer.sounds)
        pairs = {
            (here, form): share
            for here in {token.form for token in left_tokens}
            for form, share in self._said(here, there, heard).items()
        }
        line = min(LEAST_LIKELY, max(pairs.values(), default=0.0))
        said = [pair for pair, share in pairs.items() if share >= line]
        return (
            _spans(left, left_tokens, {here for here, _ in said}),
            _spans(right, right_tokens, {form for _, form in said}),
        )

    def shared_concepts(self, left: str, right: str) -> tuple[tuple[Span, ...], tuple[Span, ...]]:
        """Return the first place of each concept that both texts name, in the left one's order.

        Where they share none, the first term of each sector of which both name one.
        """
        left, right = _nfc(left), _nfc(right)
        for read in (self._analyzer.concepts, self._analyzer.fields):
            first: dict[str, Token] = {}
            for token in read(right):
                first.setdefault(token.form, token)
            pairs = {
                token.form: (token, first[token.form])
                for token in reversed(read(left))
                if token.form in first
            }
            if pairs:
                break
        ordered = sorted(pairs.values(), key=lambda pair: pair[0].start)
        return (
            tuple(Span.of(left, token.start, token.end) for token, _ in ordered),
            tuple(Span.of(right, token.start, token.end) for _, token in ordered),
        )

    def carrying_spans(self, left: str, right: str) -> tuple[Span, Span]:
        """Return the span of each text that carries their similarity, the two nearest in meaning.

        Spans are sought in the two passages that are most alike. A span carries where their cosine
        falls further without it than it falls, on average, for as many characters of the passage,
        and that by at least CARRYING_SHARE of what the best one does. Of such spans the pair with the highest cosine between themselves is quoted (ties: the
        earlier ones). A fall is exact for one clause, encoded anew without it; for neighbouring
        clauses it is the sum.
        """
        left, right = _nfc(left), _nfc(right)
        need, offering = _most_alike(
            self._passages(left, "query"), self._passages(right, "passage")
        )
        need_parts = self._anatomy(need.text, "query")
        offering_parts = self._anatomy(offering.text, "passage")
        need_rows = _carrying(need, need_parts, offering.vector)
        offering_rows = _carrying(offering, offering_parts, need.vector)
        cosines = need_parts.span_vectors[need_rows] @ offering_parts.span_vectors[offering_rows].T
        need_row, offering_row = divmod(int(np.argmax(cosines)), len(offering_rows))
        return (
            _shifted(left, need_parts.spans[need_rows[need_row]], need.start),
            _shifted(right, offering_parts.spans[offering_rows[offering_row]], offering.start),
        )

    def _said(self, term: str, there: set[str], heard: SoundIndex) -> dict[str, float]:
        """Return how likely a term is said by terms of the other text: the term if it is among them,
        else its likeliest translations, else what its relatives say or what sounds like it, where that is
        likelier than not.
        """
        if term in there:
            return {term: 1.0}
        others = self._analyzer.translations.of(term)
        said = {form: share for form, share in others.items() if form in there}
        if not said:
            guessed = {**heard.of(term), **self._analyzer.relatives.of(term)}
            likely = {form: s for form, s in guessed.items() if s > LIKELIER_THAN_NOT}
            said = {form: s for form, s in likely.items() if form in there}
        line = QUOTED_SHARE * max(said.values(), default=0.0)
        return {form: share for form, share in said.items() if share >= line}

    def _read(self, text: str, kind: Kind) -> tuple[Passage, ...]:
        """Cut and encode a text as the index does."""
        places = self._encoder.passages(text)
        pieces = [text[start:end] for start, end in places]
        stripped = [piece.strip() for piece in pieces]
        vectors = self._encoder.encode(stripped if kind == "passage" else pieces, kind)
        return tuple(
            Passage(start + len(piece) - len(piece.lstrip()), words, vector)
            for (start, _), piece, words, vector in zip(
                places, pieces, stripped, vectors, strict=True
            )
            if words
        ) or (Passage(0, text, vectors[0]),)

    def _take_apart(self, text: str, kind: Kind) -> Anatomy:
        """Encode a passage without each clause, and each span alone, in one call."""
        by_sentence = clauses(text)
        single = tuple(clause for sentence in by_sentence for clause in sentence)
        spans = runs(by_sentence, text)
        cut = single if len(single) > 1 else ()
        without = [(text[: clause.start] + text[clause.end :]).strip() for clause in cut]
        vectors = self._encoder.encode([*without, *(span.quote for span in spans)], kind)
        return Anatomy(single, vectors[: len(without)], spans, vectors[len(without) :])


def _most_alike(needs: Sequence[Passage], offerings: Sequence[Passage]) -> tuple[Passage, Passage]:
    return max(
        ((need, offering) for need in needs for offering in offerings),
        key=lambda pair: float(pair[0].vector @ pair[1].vector),
    )


def _carrying(passage: Passage, parts: Anatomy, other: Vectors) -> list[int]:
    """Return which spans carry; the best one where none falls further than the average."""
    if not len(parts.without):
        return [0]
    falls = float(passage.vector @ other) - parts.without @ other
    lengths = np.asarray([len(clause.quote) for clause in parts.clauses])
    excess = falls - falls.sum() / lengths.sum() * lengths
    starts = np.asarray([clause.start for clause in parts.clauses])
    sums = np.asarray(
        [excess[(starts >= span.start) & (starts < span.end)].sum() for span in parts.spans]
    )
    line = max(CARRYING_SHARE * float(sums.max()), np.finfo(np.float32).tiny)
    return np.flatnonzero(sums >= line).tolist() or [int(sums.argmax())]


def _shifted(text: str, span: Span, start: int) -> Span:
    return Span.of(text, span.start + start, span.end + start)


def _spans(text: str, tokens: Iterable[Token], common: set[str]) -> tuple[Span, ...]:
    """Return the places of common terms without overlaps, each form once, in text order."""
    taken = [False] * len(text)
    seen: set[str] = set()
    spans = []
    for token in sorted(tokens, key=lambda t: (t.start - t.end, t.start)):
        if token.form not in common or token.form in seen or any(taken[token.start : token.end]):
            continue
        seen.add(token.form)
        taken[token.start : token.end] = [True] * (token.end - token.start)
        spans.append(Span.of(text, token.start, token.end))
    return tuple(sorted(spans, key=lambda span: span.start))


def _nfc(text: str) -> str:
    return unicodedata.normalize("NFC", text)
