"""A text in pieces that can be quoted: sentences, their clauses, and runs of neighbouring clauses.

All cuts fall between words; where a text is written without blanks, between characters.
"""

import re
from collections.abc import Iterable, Iterator
from unicodedata import east_asian_width

from matcher.explanation import Span

LONGEST = 90
"""Characters of a quote at most: what a person reads at a glance."""
SHORTEST_COLUMNS = 20
"""Width below which a clause stays with its neighbour, a few words say nothing alone: 10 syllables
of Hangul or 20 Latin letters."""
SHORTEST_SENTENCE = 6

JOINTS = ",،，、:：;؛"
SENTENCE_END = re.compile(r"(?<=[.!?])\s+|(?<=[다함음임])\.\s*|[。！？؟;；]\s*|\n+")
CLAUSE_END = re.compile(
    r"(?<=[,،;؛:])\s+"  # a comma and its like
    r"|[，；：、]\s*"
    r"|(?<=[고며])\s+"  # Korean endings that join clauses: 하고, 하며, 하면서 ...
    r"|(?<=지만|면서|므로|도록|거나|으나)\s+"
    r"|\s+(?=[(–—])"
)
_Piece = tuple[int, int]


def sentences(text: str) -> tuple[Span, ...]:
    """Cut a text into sentences and lines; very short ones stay with the next. Never empty."""
    cuts = [0, *(match.end() for match in SENTENCE_END.finditer(text)), len(text)]
    spans: list[Span] = []
    start = 0
    for end in cuts[1:]:
        piece = text[start:end]
        if len(piece.strip()) >= SHORTEST_SENTENCE or (end == len(text) and piece.strip()):
            spans.append(_stripped(text, start, end))
            start = end
    return tuple(spans) or (Span.of(text, 0, len(text)),)


def clauses(text: str) -> tuple[tuple[Span, ...], ...]:
    """Cut each sentence into clauses of at most LONGEST characters; in text order, without blanks."""
    return tuple(
        tuple(
            _stripped(text, *window)
            for clause in _joined(text, _cut(text, sentence.start, sentence.end))
            for window in _windows(text, *clause)
            if text[slice(*window)].strip()
        )
        or (sentence,)
        for sentence in sentences(text)
    )


def runs(of_sentences: Iterable[tuple[Span, ...]], text: str) -> tuple[Span, ...]:
    """Return every clause, and neighbours within a sentence as one, up to LONGEST characters.

    The comma that joins the last one to what follows is left out.
    """
    return tuple(
        Span.of(text, first.start, first.start + len(_unjoined(text[first.start : last.end])))
        for found in of_sentences
        for place, first in enumerate(found)
        for last in found[place:]
        if last is first or last.end - first.start <= LONGEST
    )


def _unjoined(words: str) -> str:
    return words.rstrip(f"{JOINTS} ") or words


def _cut(text: str, start: int, end: int) -> Iterator[_Piece]:
    for match in CLAUSE_END.finditer(text, start, end):
        if start < match.end() < end:
            yield start, match.end()
            start = match.end()
    yield start, end


def _joined(text: str, pieces: Iterable[_Piece]) -> list[_Piece]:
    """Join what is too short with what follows it, at the end with what is before."""
    joined: list[_Piece] = []
    for start, end in pieces:
        if joined and _columns(text, *joined[-1]) < SHORTEST_COLUMNS:
            start = joined.pop()[0]
        joined.append((start, end))
    if len(joined) > 1 and _columns(text, *joined[-1]) < SHORTEST_COLUMNS:
        _, end = joined.pop()
        joined[-1] = (joined[-1][0], end)
    return joined


def _windows(text: str, start: int, end: int) -> Iterator[_Piece]:
    """Cut what is longer than LONGEST into even parts, at the blank nearest to each even cut."""
    while end - start > LONGEST:
        size = (end - start) // -(-(end - start) // LONGEST)
        after_blanks = [
            place + 1
            for place in range(start + size // 2, start + LONGEST)
            if text[place].isspace()
        ]
        even = start + size
        cut = min(after_blanks, key=lambda place: abs(place - even), default=even)
        yield start, cut
        start = cut
    yield start, end


def _columns(text: str, start: int, end: int) -> int:
    words = text[start:end].strip()
    return sum(2 if east_asian_width(letter) in "WF" else 1 for letter in words)


def _stripped(text: str, start: int, end: int) -> Span:
    """Return the span without blanks at its ends; all of it where there is nothing else."""
    piece = text[start:end]
    if not piece.strip():
        return Span.of(text, start, end)
    left = start + len(piece) - len(piece.lstrip())
    return Span.of(text, left, start + len(piece.rstrip()))
