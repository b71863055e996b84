"""Why a match stands where it stands: reasons whose points sum to the score, with quoted spans."""

import re
from dataclasses import dataclass
from typing import Any, Protocol, Self

from matcher.fusion import Points

ALIKE = "수요와 공급기술의 뜻이 가깝습니다."
"""What is said of meaning where no pieces were sought."""
HANGUL = re.compile("[가-힣]")
TRANSLATED = "(다른 언어는 한국어로 옮겨서)"


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

    source: "dense" (meaning), "lexical" (shared words), "concept" (terms of the field), "kind"
        (project types) or "sector" (fields of technology).
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


class Quoter(Protocol):
    """Finds the pieces of two texts that speak of the same thing (see `indexing.quotes`)."""

    def shared_words(self, left: str, right: str) -> tuple[tuple[Span, ...], tuple[Span, ...]]:
        """Return where each text has words of the other, or words that are likely translations of
        them, in text order, without overlaps.
        """
        ...

    def shared_concepts(self, left: str, right: str) -> tuple[tuple[Span, ...], tuple[Span, ...]]:
        """Return where each text names terms of the field that the other names too, in pairs."""
        ...

    def carrying_spans(self, left: str, right: str) -> tuple[Span, Span]:
        """Return the span of each text that carries their similarity in meaning."""
        ...


class Silent:
    """A Quoter that quotes nothing and costs nothing, for lists whose reasons nobody reads yet."""

    def shared_words(self, left: str, right: str) -> tuple[tuple[Span, ...], tuple[Span, ...]]:
        """Return nothing."""
        return (), ()

    def shared_concepts(self, left: str, right: str) -> tuple[tuple[Span, ...], tuple[Span, ...]]:
        """Return nothing."""
        return (), ()

    def carrying_spans(self, left: str, right: str) -> tuple[Span, Span]:
        """Is never asked: `explain` is told not to look for them."""
        raise NotImplementedError


def explain(
    need_text: str,
    offering_text: str,
    offering_id: str,
    points: Points,
    quoter: Quoter,
    *,
    carrying: bool = True,
) -> tuple[Reason, ...]:
    """Return one reason for each term of the score that is not zero, larger points first.

    carrying: whether the pieces that carry the likeness in meaning are sought; else nothing is quoted.
    """
    reasons = []
    if points.dense and not carrying:
        reasons.append(Reason("dense", points.dense, ALIKE, offering_id))
    elif points.dense:
        need_span, offering_span = quoter.carrying_spans(need_text, offering_text)
        reasons.append(
            Reason(
                "dense",
                points.dense,
                f"수요의 “{shorten(need_span.quote)}” 대목에 공급기술의 "
                f"“{shorten(offering_span.quote)}” 대목이 답합니다.",
                offering_id,
                (need_span,),
                (offering_span,),
            )
        )
    if points.lexical:
        need_spans, offering_spans = quoter.shared_words(need_text, offering_text)
        words = dict.fromkeys(span.quote for span in offering_spans)
        is_translated = any(HANGUL.search(w) and not _is_in(w, need_text) for w in words)
        reasons.append(
            Reason(
                "lexical",
                points.lexical,
                f"두 글에 함께 나오는 말{TRANSLATED if is_translated else ''}: "
                f"{', '.join(list(words)[:8])}",
                offering_id,
                need_spans,
                offering_spans,
            )
        )
    if points.concept:
        need_spans, offering_spans = quoter.shared_concepts(need_text, offering_text)
        pairs = (
            f"{there.quote}({here.quote})" if here.quote != there.quote else there.quote
            for here, there in zip(need_spans, offering_spans, strict=True)
        )
        reasons.append(
            Reason(
                "concept",
                points.concept,
                f"같은 분야의 용어: {', '.join(list(dict.fromkeys(pairs))[:8])}",
                offering_id,
                need_spans,
                offering_spans,
            )
        )
    return tuple(sorted(reasons, key=lambda reason: -reason.points))


def shorten(text: str, width: int = 60) -> str:
    """Return the text on one line, cut with an ellipsis where it is longer than `width`."""
    line = " ".join(text.split())
    return line if len(line) <= width else line[: width - 1] + "…"


def _is_in(word: str, text: str) -> bool:
    """True where a text has a word, written with or without commas in its numbers."""
    return word.replace(",", "") in text.replace(",", "")
