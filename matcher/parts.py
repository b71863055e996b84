"""Splitting a compound need into its parts, each a verbatim piece of the need's text."""

import re
from dataclasses import dataclass

from matcher.records import Need, NeedPart

MARKS = "○ㅇ●◦·•▪▶▲◇◆-–*"
NUMBER = (
    r"(?:\(?\d{1,2}[).．]|[①-⑳]|\(?[가-하][).]|\(?[a-h]\)|(?:أولا|ثانيا|ثالثا|رابعا|خامسا)\s*[:：])"
)
ITEM_LINE = re.compile(
    rf"^[ \t]*(?:[{re.escape(MARKS)}]|{NUMBER})[ \t]*(?P<item>\S.*?)[ \t]*$", re.M
)
INLINE_NUMBER = re.compile(rf"(?:(?<=\s)|^){NUMBER}[ \t]*")
NOUN_PHRASE = r"(?:(?![가이]\s|,)[가-힣A-Za-z0-9·() ]){2,20}?"
LIST_OF_NOUNS = re.compile(
    rf"(?:^|[:：]\s*|[은는]\s)(?P<list>{NOUN_PHRASE}(?:,{NOUN_PHRASE}){{2,}})\s등", re.M
)
TOPIC = re.compile(r"[은는]\s+")
TRAILING = " ;,.。；،؛"
LAST_JOINT = re.compile(r"[;,]\s*(?:and|et|và|dan|및)$")
MOST_PARTS = 9


@dataclass(frozen=True, slots=True)
class PartSpan:
    """A part and where it begins in `need.text`."""

    part: NeedPart
    start: int


def split_parts(need: Need) -> tuple[PartSpan, ...]:
    """Return the parts of a compound need, in text order; () where the need is one whole.

    Reads lists as public texts write them: bulleted or numbered lines, numbers inside a sentence,
    or a plain list of three or more noun phrases.
    """
    text = need.text
    for find in (_lines, _numbers, _nouns):
        spans = [span for start, end in find(text) if (span := _trim(text, start, end))]
        if 2 <= len(spans) <= MOST_PARTS:
            return tuple(
                PartSpan(NeedPart(f"{need.need_id}#{number}", text[start:end]), start)
                for number, (start, end) in enumerate(spans, start=1)
            )
    return ()


def _lines(text: str) -> list[tuple[int, int]]:
    return [match.span("item") for match in ITEM_LINE.finditer(text)]


def _numbers(text: str) -> list[tuple[int, int]]:
    """Cut at numbers inside running text: 1) ... 2) ... up to the sentence's end."""
    marks = list(INLINE_NUMBER.finditer(text))
    ends = [mark.start() for mark in marks[1:]] + [len(text)]
    spans = []
    for mark, end in zip(marks, ends, strict=False):
        stop = re.search(r"[.\n](?:\s|$)", text[mark.end() : end])
        spans.append((mark.end(), mark.end() + stop.start() if stop else end))
    return spans


def _nouns(text: str) -> list[tuple[int, int]]:
    match = LIST_OF_NOUNS.search(text)
    if match is None:
        return []
    spans, position = [], match.start("list")
    for item in match["list"].split(","):
        spans.append((position, position + len(item)))
        position += len(item) + 1
    topic = list(TOPIC.finditer(text, *spans[0]))
    if topic:
        spans[0] = (topic[-1].end(), spans[0][1])
    return spans


def _trim(text: str, start: int, end: int) -> tuple[int, int] | None:
    """Take spaces, closing punctuation and a joining word off; None where nothing is left."""
    while start < end and text[start].isspace():
        start += 1
    end = start + len(text[start:end].rstrip())
    joint = LAST_JOINT.search(text, start, end)
    end = joint.start() if joint else end
    while start < end and text[end - 1] in TRAILING:
        end -= 1
    return (start, end) if end - start >= 2 else None
