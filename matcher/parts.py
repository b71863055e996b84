"""Splitting a compound need into its parts, each a verbatim piece of the need's text.

Four ways of writing a list are tried, the first that finds parts decides: marked lines, counted
items inside running text, sentences joined by "in addition", plain lists. Lists of what is asked
for count; lists about it (papers to submit, conditions, dates, sites) do not.
"""

import itertools
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field

from matcher import part_marks as marks
from matcher.records import Need, NeedPart

MOST_PARTS = 9
LONGEST_SENTENCE = 1000  # of a plain list; longer text is data, not prose

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class PartSpan:
    """A part and where it begins in `need.text`."""

    part: NeedPart
    start: int


@dataclass(slots=True)
class _List:
    """Marked lines of one level: their spans, what introduces them, whether that is an aside."""

    kind: str
    heading: str
    is_aside: bool
    depth: int
    items: list[Span] = field(default_factory=list)


def split_parts(need: Need) -> tuple[PartSpan, ...]:
    """Return the parts of a compound need, in text order; () where the need is one whole."""
    text = need.text
    for find in (_marked_lines, _counted, _joined_sentences, _plain_list):
        spans = [span for begin, end in find(text) if (span := _trim(text, begin, end))]
        if 2 <= len(spans) <= MOST_PARTS:
            return tuple(
                PartSpan(NeedPart(f"{need.need_id}#{number}", text[begin:end]), begin)
                for number, (begin, end) in enumerate(spans, start=1)
            )
    return ()


def _marked_lines(text: str) -> list[Span]:
    """Return the upper level of the first list that is no aside: labels and headings left out."""
    lists = _lists(text)
    headings = {found.heading for found in lists if len(found.items) >= 2}
    for found in sorted(lists, key=lambda found: found.depth):
        spans = [span for span in found.items if not _is_label(text[slice(*span)], headings)]
        if not found.is_aside and 2 <= len(spans) <= MOST_PARTS:
            return spans
    return []


def _lists(text: str) -> list[_List]:
    """Read marked lines into lists; deeper marks make lists of their own under the item above."""
    lists: list[_List] = []
    path: list[_List] = []  # the open lists, outermost first
    heading, indent = "", 0
    lines = list(marks.LINE.finditer(text))
    for line, following in zip(lines, [*lines[1:], None], strict=True):
        kind, place = _kind(line)
        if line["note"] or (kind and not _goes_on(path, kind, place)):
            continue
        if kind is None:
            if path and _is_wrapped(text, line, following, path[-1], indent):
                path[-1].items[-1] = (path[-1].items[-1][0], line.end())
            else:
                path, heading = [], line.group()
            continue
        path = _path_to(path, kind, place)
        if not path or path[-1].kind != kind:
            above = text[slice(*path[-1].items[-1])] if path else heading
            is_aside = _is_aside(above) or any(found.is_aside for found in path)
            path.append(_List(kind, above, is_aside, len(path)))
            lists.append(path[-1])
        path[-1].items.append(line.span("item"))
        indent = len(line["indent"])
    return lists


def _path_to(path: list[_List], kind: str, place: int) -> list[_List]:
    """Return the open lists that stay open above, or are gone on with by, a line of this kind."""
    kinds = [found.kind for found in path]
    if kind in kinds:
        return path[: kinds.index(kind) + (place != 1)]
    level = _level(kind)
    return list(itertools.takewhile(lambda found: _level(found.kind) <= level, path))


def _level(kind: str) -> int:
    """Return how deep a bullet usually stands; 0 for counts, which stand anywhere."""
    return next((n for n, row in enumerate(marks.BULLET_LEVELS, start=1) if kind in row), 0)


def _is_wrapped(
    text: str, line: re.Match[str], following: re.Match[str] | None, above: _List, indent: int
) -> bool:
    """Tell by indent, or by a list that goes on below, a line that ends the unfinished item above."""
    end = above.items[-1][1]
    if text.count("\n", end, line.start("indent")) > 1 or marks.CLOSED.search(text, end - 5, end):
        return False
    goes_on = following is not None and _kind(following)[0] == above.kind
    return len(line["indent"]) > indent or (goes_on and not _is_label(line["item"], ()))


def _kind(line: re.Match[str]) -> tuple[str | None, int]:
    """Return what marks a line and, for a count, its place in the list; (None, 0) for no mark."""
    if line["bullet"]:
        return line["bullet"], 0
    return _shape(line["mark"]) if line["mark"] else (None, 0)


def _shape(mark: str) -> tuple[str, int]:
    """Return how a mark counts, the same for all marks of one list, and its place from 1."""
    mark = mark.strip().lower().replace("’", "'")
    core = mark.strip("().．（）:：,，、 \t")
    if core.isdecimal():
        return mark.replace(core, "1"), int(core)
    for order in (*marks.COUNTS, *marks.ORDINALS):
        if core in order:
            return mark.replace(core, order[0]), order.index(core) + 1
    return mark, 0


def _goes_on(path: Sequence[_List], kind: str, place: int) -> bool:
    """A count must go on where its list stands: 15. after 1. is no item but a piece of a date."""
    counts = [len(found.items) for found in path if found.kind == kind]
    return place <= 1 or bool(counts and place == counts[-1] + 1)


def _is_aside(heading: str) -> bool:
    return _last(marks.ABOUT, heading) > _last(marks.ASKED, heading)


def _last(pattern: re.Pattern[str], text: str) -> int:
    return max((match.end() for match in pattern.finditer(text)), default=-1)


def _is_label(item: str, headings: Collection[str]) -> bool:
    """Tell a line that names a date or condition, or leads to the list below it, from a part."""
    if item in headings and marks.LEADS_ON.search(item):
        return True
    label = marks.LABEL.match(item)
    if label is None:
        return False
    return _last(marks.ABOUT, name := label["inside"] or label["before"]) == len(name)


def _counted(text: str) -> list[Span]:
    """Cut at 1) ... 2) ... inside running text, each item up to its sentence's end at most."""
    runs: list[list[re.Match[str]]] = []
    latest: dict[str, list[re.Match[str]]] = {}
    for mark in marks.INLINE_MARK.finditer(text):
        kind, place = _shape(mark.group())
        if place == 1:
            latest[kind] = [mark]
            runs.append(latest[kind])
        elif place == len(latest.get(kind, ())) + 1:
            latest[kind].append(mark)
    for run in runs:
        if 2 <= len(run) <= MOST_PARTS and not _is_aside(_before(text, run[0].start())):
            return _between(text, run)
    return []


def _before(text: str, position: int) -> str:
    """Return the words that lead to a position: its sentence so far, or the sentence before."""
    pieces = marks.SENTENCE_END.split(text[max(0, position - 200) : position])
    return next((piece for piece in reversed(pieces) if piece.strip()), "")


def _between(text: str, run: Sequence[re.Match[str]]) -> list[Span]:
    spans = []
    for mark, following in zip(run, [*run[1:], None], strict=True):
        end = following.start() if following else len(text)
        stop = marks.SENTENCE_END.search(text, mark.end(), end)
        spans.append((mark.end(), stop.start() if stop else end))
    begin, end = spans[-1]
    tail = marks.ASKED_TAIL.search(text, begin, end)
    if tail and not marks.ORDINAL.match(run[0].group()):
        spans[-1] = (begin, tail.start())
    return spans


def _joined_sentences(text: str) -> list[Span]:
    """Return sentences that each ask for something, all but the first opened by "in addition"."""
    chain: list[Span] = []
    for begin, end in _sentences(text):
        is_heading = text[end : end + 1] == "\n"
        is_condition = marks.OBLIGES.search(text, begin, end) is not None
        if is_heading or is_condition or not marks.ASKS.search(text, begin, end):
            continue
        joint = marks.IN_ADDITION.match(text, begin, end)
        if joint and chain:
            chain.append((joint.end(), end))
        elif len(chain) >= 2:
            break
        else:
            chain = [(begin, end)]
    return chain


def _plain_list(text: str) -> list[Span]:
    """Return the items of the first sentence that lists what is asked for without any marks."""
    for begin, end in _sentences(text):
        if end - begin > LONGEST_SENTENCE:
            continue
        sentence = marks.BRACKETS.sub(lambda found: "x" * len(found.group()), text[begin:end])
        first = marks.SEPARATOR.search(sentence)
        if first is None:
            continue
        for find in (_named_list, _korean_list, _list_with_service):
            if spans := find(sentence, first.start()):
                return [(begin + start, begin + stop) for start, stop in spans]
    return []


def _named_list(sentence: str, first: int) -> list[Span]:
    """Read "fields of cooperation: A, B, C" and "the technologies asked for are A, B, C"."""
    name = marks.NAME.search(sentence)
    if name is None or _is_aside(sentence[: name.end()]):
        return []
    tail = marks.TAIL.search(sentence, max(first, name.end()))
    if name["topic"] and not (tail and tail["named"]):
        return []
    spans = _items(sentence, name.end(), tail.start() if tail else len(sentence))
    return spans if len(spans) >= 3 or ";" in sentence or marks.SEVERAL.search(sentence) else []


def _korean_list(sentence: str, first: int) -> list[Span]:
    """Read "A 구축, B 교육 및 C 조사를 요청함": each item a work of its own, or named as several."""
    tail = marks.TAIL.search(sentence, first)
    if tail is None or tail["named"] or marks.ONE_SYSTEM.search(sentence, 0, first):
        return []
    topic = marks.TOPIC.search(sentence, 0, first)
    spans = _items(sentence, topic.end() if topic else 0, tail.start())
    if len(spans) < (2 if marks.SEVERAL.search(sentence) else 3):
        return []
    is_work = all(marks.WORK.search(sentence[start:end].rstrip()) for start, end in spans)
    return spans if is_work or tail["several"] else []


def _list_with_service(sentence: str, first: int) -> list[Span]:
    """Read "needs A, B and training in C": equipment and services come from different suppliers."""
    asking = [found for found in marks.ASKING.finditer(sentence) if found.end() <= first]
    if not asking or marks.ONE_SYSTEM.search(sentence, 0, asking[-1].end()):
        return []
    spans = _items(sentence, asking[-1].end(), len(sentence))
    services = sum(marks.SERVICE.search(sentence, start, end) is not None for start, end in spans)
    return spans if len(spans) >= 3 and 0 < services < len(spans) else []


def _items(sentence: str, begin: int, end: int) -> list[Span]:
    """Split at the strongest separator there is, the last item also at its "and"."""
    found = (list(mark.finditer(sentence, begin, end)) for mark in marks.SEPARATORS)
    separators = next((some for some in found if some), [])
    cuts = [begin - 1, *(mark.start() for mark in separators), end]
    spans = [(start + 1, stop) for start, stop in itertools.pairwise(cuts)]
    start, stop = spans[-1]
    start += len(sentence[start:stop]) - len(sentence[start:stop].lstrip())
    if marks.LEADING_JOINT.match(sentence, start, stop) is None:
        joints = list(
            (marks.INNER_JOINT if separators else marks.PAIR_JOINT).finditer(sentence, start, stop)
        )
        if joints:
            spans[-1:] = [(start, joints[-1].start()), (joints[-1].end(), stop)]
    return spans


def _sentences(text: str) -> Iterator[Span]:
    for found in marks.SENTENCE.finditer(text):
        yield found.start(), found.end()


def _trim(text: str, begin: int, end: int) -> Span | None:
    """Take a leading count, spaces, closing marks and joining words off; None if nothing is left."""
    for pattern in (marks.MARK, marks.LEADING_JOINT):
        begin += len(text[begin:end]) - len(text[begin:end].lstrip())
        leading = pattern.match(text, begin, end)
        begin = leading.end() if leading else begin
    closed = -1
    while closed != end:
        closed = end
        end = begin + len(text[begin:end].rstrip(marks.CLOSING))
        joint = marks.TRAILING_JOINT.search(text, max(begin, end - 12), end)
        end = joint.start() if joint else end
    return (begin, end) if end - begin >= 2 else None
