"""Values of the matcher made ready for templates: steps of a waterfall, marked texts, pictures."""

from collections.abc import Iterable
from dataclasses import dataclass

from matcher.explanation import Span
from matcher.records import Offering
from matcher.shortlist import Match
from matcher.summary import LIKELY, UNLIKELY

CONTEXT = 90
"""Characters of unmarked text that are kept on either side of a quotation."""
Piece = tuple[str, bool]


@dataclass(frozen=True, slots=True)
class Step:
    """One reason as a bar: where it begins and how wide it is, in percent of the whole width."""

    label: str
    points: float
    left: float
    width: float


def falls(match: Match) -> list[Step]:
    """Return the reasons as steps that begin where the one before ended; they sum to the score."""
    ends = [0.0]
    for reason in match.reasons:
        ends.append(ends[-1] + reason.points)
    low, high = min(ends), max(ends)
    whole = (high - low) or 1.0
    return [
        Step(
            reason.label,
            reason.points,
            round(100 * (min(before, after) - low) / whole, 2),
            round(100 * abs(after - before) / whole, 2),
        )
        for reason, before, after in zip(match.reasons, ends, ends[1:], strict=False)
    ]


def marked(text: str, spans: Iterable[Span]) -> list[Piece]:
    """Cut a text into (piece, whether it is quoted); long stretches between quotations are cut."""
    covered: list[list[int]] = []
    for span in sorted(spans, key=lambda s: (s.start, s.end)):
        if covered and span.start <= covered[-1][1]:
            covered[-1][1] = max(covered[-1][1], span.end)
        else:
            covered.append([span.start, span.end])
    pieces: list[Piece] = []
    at = 0
    for start, end in covered:
        pieces.append((_shortened(text[at:start], keep_start=at > 0, keep_end=True), False))
        pieces.append((text[start:end], True))
        at = end
    pieces.append((_shortened(text[at:], keep_start=True, keep_end=False), False))
    return [piece for piece in pieces if piece[0]]


def _shortened(text: str, *, keep_start: bool, keep_end: bool) -> str:
    if len(text) <= 3 * CONTEXT:
        return text
    start = text[:CONTEXT] if keep_start else ""
    end = text[-CONTEXT:] if keep_end else ""
    return f"{start} … {end}"


def offering_of(match: Match) -> Offering | None:
    """Return the offering that the reasons speak of."""
    return match.offerings[0] if match.offerings else None


def need_pieces(match: Match) -> list[Piece]:
    """Return the need's text with what the reasons quote of it."""
    return marked(match.need.text, [s for reason in match.reasons for s in reason.need_spans])


def offering_pieces(match: Match) -> list[Piece]:
    """Return the offering's text with what the reasons quote of it."""
    offering = offering_of(match)
    if offering is None:
        return []
    spans = [
        span
        for reason in match.reasons
        if reason.offering_id == offering.offering_id
        for span in reason.offering_spans
    ]
    return marked(offering.text, spans)


SHOWING = {
    "falls": falls,
    "need_pieces": need_pieces,
    "offering_pieces": offering_pieces,
    "offering_of": offering_of,
    "likely": LIKELY,
    "unlikely": UNLIKELY,
}
"""What every template may ask."""
