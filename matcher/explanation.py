"""Why a match stands where it stands: reasons whose points sum to the score, with quoted spans."""

from dataclasses import dataclass
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class Span:
    """A verbatim piece of a source text: `source[start:end] == quote` (NFC characters)."""

    start: int
    end: int
    quote: str

    @classmethod
    def of(cls, source: str, start: int, end: int) -> Self:
        """Cut the span out of its source text."""
        if not 0 <= start < end <= len(source):
            raise ValueError(f"span {start}..{end} is outside of a text of {len(source)}")
        return cls(start, end, source[start:end])

    def to_dict(self) -> dict[str, Any]:
        """Return start, end and quote."""
        return {"start": self.start, "end": self.end, "quote": self.quote}


@dataclass(frozen=True, slots=True)
class Reason:
    """One term of the score (근거).

    source: "dense" (meaning) or "lexical" (shared words).
    points: what this term adds to the score.
    label: one Korean sentence.
    need_spans, offering_spans: pieces of `need.text` and of the named offering's `text`.
    """

    source: str
    points: float
    label: str
    offering_id: str
    need_spans: tuple[Span, ...] = ()
    offering_spans: tuple[Span, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "source": self.source,
            "points": self.points,
            "label": self.label,
            "offering_id": self.offering_id,
            "need_spans": [span.to_dict() for span in self.need_spans],
            "offering_spans": [span.to_dict() for span in self.offering_spans],
        }
