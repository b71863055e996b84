"""Which pieces of two texts speak of the same thing: shared words, and the nearest sentences."""

import re
import threading
import unicodedata
from collections import OrderedDict
from collections.abc import Iterable, Sequence

import numpy as np

from indexing.analyzer import Analyzer, Token
from indexing.encoder import Encoder, Kind, Vectors
from matcher.explanation import Span

SENTENCE_END = re.compile(r"(?<=[.!?])\s+|(?<=[다함음임])\.\s*|[。！？؟;；]\s*|\n+")
SHORTEST_SENTENCE = 6
REMEMBERED = 20_000


class TextQuoter:
    """Implements `matcher.explanation.Quoter` with the index's own encoder and analyzer.

    Sentence vectors are remembered in memory (REMEMBERED texts), so a company that is shown again
    costs nothing.
    """

    def __init__(self, encoder: Encoder, analyzer: Analyzer) -> None:
        """Keep both; nothing is computed yet."""
        self._encoder = encoder
        self._analyzer = analyzer
        self._known: OrderedDict[tuple[Kind, str], Vectors] = OrderedDict()
        self._lock = threading.Lock()

    def shared_words(self, left: str, right: str) -> tuple[tuple[Span, ...], tuple[Span, ...]]:
        """Return where each text has terms of the other; longer terms win over their parts."""
        left, right = _nfc(left), _nfc(right)
        left_tokens, right_tokens = self._analyzer.tokens(left), self._analyzer.tokens(right)
        common = {t.form for t in left_tokens} & {t.form for t in right_tokens}
        return _spans(left, left_tokens, common), _spans(right, right_tokens, common)

    def shared_concepts(self, left: str, right: str) -> tuple[tuple[Span, ...], tuple[Span, ...]]:
        """Return the first place of each concept that both texts name, in the left one's order."""
        left, right = _nfc(left), _nfc(right)
        first: dict[str, Token] = {}
        for token in self._analyzer.concepts(right):
            first.setdefault(token.form, token)
        pairs = {
            token.form: (token, first[token.form])
            for token in reversed(self._analyzer.concepts(left))
            if token.form in first
        }
        ordered = sorted(pairs.values(), key=lambda pair: pair[0].start)
        return (
            tuple(Span.of(left, token.start, token.end) for token, _ in ordered),
            tuple(Span.of(right, token.start, token.end) for _, token in ordered),
        )

    def closest_sentences(self, left: str, right: str) -> tuple[Span, Span]:
        """Return the pair of sentences with the highest cosine (ties: the earlier ones)."""
        left_spans, right_spans = sentences(_nfc(left)), sentences(_nfc(right))
        queries = self._vectors([span.quote for span in left_spans], "query")
        answers = self._vectors([span.quote for span in right_spans], "passage")
        best = int(np.argmax(queries @ answers.T))
        return left_spans[best // len(right_spans)], right_spans[best % len(right_spans)]

    def _vectors(self, texts: Sequence[str], kind: Kind) -> Vectors:
        with self._lock:
            found = {t: self._known[kind, t] for t in texts if (kind, t) in self._known}
        unknown = [t for t in dict.fromkeys(texts) if t not in found]
        found |= zip(unknown, self._encoder.encode(unknown, kind), strict=True)
        rows = [found[t] for t in texts]
        with self._lock:
            for text, vector in zip(texts, rows, strict=True):
                self._known[(kind, text)] = vector
                self._known.move_to_end((kind, text))
            while len(self._known) > REMEMBERED:
                self._known.popitem(last=False)
        return np.stack(rows)


def sentences(text: str) -> tuple[Span, ...]:
    """Cut a text into sentences and lines; very short ones stay with the next. Never empty."""
    cuts = [0, *(match.end() for match in SENTENCE_END.finditer(text)), len(text)]
    spans: list[Span] = []
    start = 0
    for end in cuts[1:]:
        piece = text[start:end]
        if len(piece.strip()) >= SHORTEST_SENTENCE or (end == len(text) and piece.strip()):
            left = start + len(piece) - len(piece.lstrip())
            spans.append(Span.of(text, left, start + len(piece.rstrip())))
            start = end
    return tuple(spans) or (Span.of(text, 0, len(text)),)


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
