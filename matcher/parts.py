"""Splitting a compound need into its parts, each a verbatim piece of the need's text.

Four ways of writing a list are tried, the first that finds parts decides: marked lines, counted
items inside running text, sentences joined by "in addition", plain lists. Lists of what is asked
for count; lists about it (papers to submit, conditions, dates, sites) do not.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from matcher import part_marks as marks
from matcher import part_words as words
from matcher.part_fields import list_of_the_field
from matcher.part_lines import (
    MOST_PARTS,
    Span,
    bare_lines,
    marked_lines,
    table_rows,
    without_refused_lists,
)
from matcher.part_prose import counted, inline_bullets, joined_sentences
from matcher.part_sentences import plain_list
from matcher.records import Need, NeedPart

FINDERS = (
    table_rows,
    counted,
    inline_bullets,
    bare_lines,
    joined_sentences,
    plain_list,
    list_of_the_field,
)
SHORTEST_PART = 2  # characters
LEAST_LEFT = 4  # characters that stay of a part whose bracket is taken off


@dataclass(frozen=True, slots=True)
class PartSpan:
    """A part and where it begins in `need.text`."""

    part: NeedPart
    start: int


def split_parts(need: Need) -> tuple[PartSpan, ...]:
    """Return the parts of a compound need, in text order; () where the need is one whole."""
    text = need.text
    if spans := _trim_all(text, marked_lines(text)):
        return _numbered(need, spans)
    prose = without_refused_lists(text)
    for find in FINDERS:
        if spans := _trim_all(text, _without_setting(text, find(prose))):
            return _numbered(need, spans)
    return ()


def _without_setting(text: str, spans: Sequence[Span]) -> list[Span]:
    """Take who asks, and what for, off the first part: they belong to all."""
    if not spans:
        return []
    (begin, end), *others = spans
    for pattern in (words.ASKER, words.SETTING):
        found = pattern.match(text, begin, end)
        begin = found.end() if found else begin
    return [(begin, end), *others]


def _trim_all(text: str, spans: Sequence[Span]) -> list[Span]:
    trimmed = [span for begin, end in spans if (span := _trim(text, begin, end))]
    return trimmed if 2 <= len(trimmed) <= MOST_PARTS else []


def _numbered(need: Need, spans: Sequence[Span]) -> tuple[PartSpan, ...]:
    return tuple(
        PartSpan(NeedPart(f"{need.need_id}#{number}", need.text[begin:end]), begin)
        for number, (begin, end) in enumerate(spans, start=1)
    )


def _trim(text: str, begin: int, end: int) -> Span | None:
    """Take counts, labels, joining words, remarks and verb endings off; None if nothing is left."""
    for pattern in (marks.MARK, marks.BRACKET_LABEL, marks.FIELD_LABEL, words.LEADING_JOINT):
        begin += len(text[begin:end]) - len(text[begin:end].lstrip())
        leading = pattern.match(text, begin, end)
        begin = leading.end() if leading else begin
    begin += len(text[begin:end]) - len(text[begin:end].lstrip(words.OPENING))
    closed = -1
    while closed != end:
        closed = end
        end = begin + len(text[begin:end].rstrip(words.CLOSING))
        ending = words.ENDING.search(text, max(begin, end - 12), end)
        end = ending.start() if ending else end
        remark = marks.BRACKET_TAIL.search(text, begin + LEAST_LEFT, end)
        end = remark.start() if remark else end
    return (begin, end) if end - begin >= SHORTEST_PART else None
