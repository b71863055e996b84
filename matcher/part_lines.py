"""Compound needs written as lists of marked lines: bullets, counts, named pieces, field labels.

Which list holds the parts is told by its heading: lists of what is asked for count, lists about it
(papers to submit, conditions, dates, effects) do not. Names of sections are no parts; what stands
under them may be.
"""

import itertools
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from matcher import part_marks as marks
from matcher import part_words as words

MOST_PARTS = 9
LONGEST_BARE_LINE = 100  # characters; longer lines are prose
SHORTEST_TITLE = 6  # characters
SHORTEST_CELL = 3  # letters of a table's cell that says something

Span = tuple[int, int]


@dataclass(slots=True)
class _List:
    """Marked lines of one level: their spans, what introduces them, whether that is an aside."""

    kind: str
    heading: str
    is_aside: bool
    depth: int
    items: list[Span] = field(default_factory=list)

    @property
    def is_overview(self) -> bool:
        """Facts about the whole, among which the parts may stand."""
        return marks.OVERVIEW.search(self.heading) is not None


def marked_lines(text: str) -> list[Span]:
    """Return the upper level of the first list that is no aside: labels and headings left out."""
    lists = _lists(text)
    headings = {found.heading for found in lists if len(found.items) >= 2}
    for found in sorted(lists, key=lambda found: (found.is_overview, found.depth)):
        if found.is_aside:
            continue
        items = _without_like_labels(text, found.items)
        spans = [span for span in items if not is_label(text[slice(*span)], headings)]
        facts = {span for span in spans if _is_fact(text[slice(*span)])}
        if found.is_overview or 2 * len(facts) > len(spans):
            spans = [span for span in spans if span not in facts]
        is_list = len(found.items) >= 2 or is_section(found.heading)
        spans = [_title(text, span) for span in spans]
        if not is_list or _are_specs(text, spans):
            continue
        spans = [piece for span in spans for piece in _pieces(text, span)]
        if 2 <= len(spans) <= MOST_PARTS:
            return spans
    return []


def without_refused_lists(text: str) -> str:
    """Blank out lists that were read and refused, so that no one reads them again as prose."""
    refused: list[Span] = []
    for found in _lists(text):
        spans = found.items
        facts = [span for span in spans if _is_fact(text[slice(*span)])]
        if found.is_overview or (len(spans) < 2 and not found.is_aside):
            continue
        if found.is_aside or _are_specs(text, spans):
            refused += spans
        elif 2 * len(facts) > len(spans):
            refused += facts
    pieces, position = [], 0
    for begin, end in sorted(refused):
        begin = max(begin, position)
        pieces += [text[position:begin], " " * (end - begin)]
        position = max(end, position)
    return "".join([*pieces, text[position:]])


def bare_lines(text: str) -> list[Span]:
    """Return the lines under a heading such as "needs as follows:" that carry no marks."""
    lines = list(marks.LINE.finditer(text))
    for place, line in enumerate(lines):
        heading = line.group()
        leads = marks.LEADS_TO_LINES.search(heading) or is_section(heading)
        if (not leads and place) or is_aside(heading):
            continue
        following = lines[place + 1 : place + 2 + MOST_PARTS]
        items = list(itertools.takewhile(_is_bare, following))
        spans = [item.span("item") for item in items]
        are_works = len(items) >= 3 and all(
            _is_work(item["item"]) or marks.DESCRIPTION.search(item["item"]) for item in items
        )
        spans = [_title(text, span) for span in spans]
        if 2 <= len(spans) <= MOST_PARTS and (leads or are_works) and not _are_specs(text, spans):
            return spans
    return []


def _is_work(item: str) -> bool:
    name = marks.BRACKETS.sub("", item).strip()
    return any(found.search(name) for found in (words.WORK, words.GOODS, words.QUANTITY))


def _is_bare(line: re.Match[str]) -> bool:
    item = line["item"]
    is_marked = line["bullet"] or line["mark"] or line["note"]
    is_prose = marks.SENTENCE_LIKE.search(item) or len(item) > LONGEST_BARE_LINE
    return not (is_marked or is_prose or ":" in item or "：" in item)


def table_rows(text: str) -> list[Span]:
    """Return the first telling cell of each row of the first table drawn with | or tabs."""
    spans: list[Span] = []
    position = 0
    for line in f"{text}\n".split("\n"):
        cells = [(position + c.start(), position + c.end()) for c in marks.CELL.finditer(line)]
        if len(cells) >= 2 and ("|" in line or "\t" in line):
            spans += _telling_cell(text, cells)
        elif len(spans) >= 2:
            break
        else:
            spans = []
        position += len(line) + 1
    return spans if len(spans) >= 2 and not _are_specs(text, spans) else []


def _telling_cell(text: str, cells: Sequence[Span]) -> list[Span]:
    if marks.HEADER_CELL.fullmatch(text[slice(*cells[0])]) or any(
        marks.HEADER_CELL.fullmatch(text[slice(*cell)]) for cell in cells[1:2]
    ):
        return []
    for cell in cells:
        words_of_cell = text[slice(*cell)].strip()
        if is_label(words_of_cell, ()):
            return []
        is_name = marks.FIELD_LABEL.fullmatch(f"{words_of_cell}:")
        if not is_name and sum(letter.isalpha() for letter in words_of_cell) >= SHORTEST_CELL:
            return [cell]
    return []


def _are_specs(text: str, spans: Sequence[Span]) -> bool:
    """Tell a list of what one thing must be able to do: most lines say how much or whether."""
    lines = [text[slice(*span)] for span in spans]
    specs = sum(
        marks.SPEC.search(line) is not None
        or (marks.MEASURE.search(line) is not None and not words.WORK_ANYWHERE.search(line))
        for line in lines
    )
    return 2 * specs > len(spans)


def _title(text: str, span: Span) -> Span:
    """Leave out what is said about an item after its title: further sentences, "title: text"."""
    begin, end = span
    stop = marks.STOP.search(text, begin + SHORTEST_TITLE, end)
    end = stop.start() if stop else end
    description = marks.DESCRIPTION.search(text, begin, end)
    if description:
        title = text[begin : description.start()].strip()
        if is_section(title):
            return description.end(), end
        is_name = marks.MARK.match(f"{title}: x") or marks.FIELD_LABEL.match(f"{title}:")
        if not is_name and (" " in title or words.WORK.search(title)) and not is_label(title, ()):
            return begin, description.start()
    return begin, end


def shape(mark: str) -> tuple[str, int]:
    """Return how a mark counts, the same for all marks of one list, and its place from 1."""
    mark = re.sub(r"(?<=[첫두세네])\s?번째", " 번째", mark.strip().lower().replace("’", "'"))
    if marks.NAMED_COUNT.match(f"{mark} "):
        core = re.sub(r"(?<=.)[(（].*?[)）]", "", mark).strip(" :：.()（）[]<>【】〔〕-–—")
        number = marks.NUMBER.search(core)
        if number:
            return core.replace(number.group(), "1"), _place(number.group())
    core = mark.strip("().．（）:：,，、[]<>/° \t")
    if marks.FIELD_LABEL.fullmatch(mark):
        return "field", 0
    if any(core in row for row in marks.ORDINALS):  # with or without a comma after it
        return _first(core), _place(core)
    return mark.replace(core, _first(core)), _place(core)


def is_aside(heading: str) -> bool:
    """Tell a heading of what is asked for from one of something about it."""
    return last(marks.ABOUT, heading) > last(marks.ASKED, heading)


def last(pattern: re.Pattern[str], text: str) -> int:
    """Return where the last match ends; -1 without any."""
    return max((match.end() for match in pattern.finditer(text)), default=-1)


def is_label(item: str, headings: Collection[str]) -> bool:
    """Tell a line that names a section, a date or a condition, or leads on, from a part."""
    if (item in headings and marks.LEADS_ON.search(item)) or is_section(item):
        return True
    label = marks.LABEL.match(item)
    if label is None:
        return False
    name = label["inside"] or label["before"]
    joined = re.sub(r"\s+", "", name)  # as in "비  고"
    if any(last(marks.ABOUT, form) == len(form) for form in (name, joined)):
        return True
    return marks.FACT.match(item) is not None and marks.FACT_NAME.search(joined) is not None


def is_section(line: str) -> bool:
    """Tell a line that names a section, such as "needs:", and says nothing of what is asked for."""
    return marks.SECTION.fullmatch(line.strip()) is not None


def _is_fact(item: str) -> bool:
    """Tell "lighting hours: 10" from a named or counted piece and from a title with its text."""
    fact = marks.FACT.match(item)
    if fact is None or marks.MARK.match(item) or marks.FIELD_LABEL.match(item):
        return False
    name = re.split("[:：]", item)[0].strip()
    is_title = words.WORK.search(name) or words.GOODS.search(name) or is_section(name)
    return not is_title


def _without_like_labels(text: str, items: Sequence[Span]) -> list[Span]:
    """Take off labels that only count: "buyer A: ...", "food company B: ..."."""
    found = [marks.LABELLED.match(text, *span) for span in items]
    labels = [label["label"] for label in found if label]
    likes = {marks.COUNTER.sub("", marks.PARTY.sub("", label)) for label in labels}
    if len(labels) < max(2, len(items)) or len(set(labels)) < len(labels):
        return list(items)
    rests = [(label.end(), end) for label, (_, end) in zip(found, items, strict=True) if label]
    are_names = all(" " not in label and not _is_told(label) for label in labels)
    are_works = all(_is_work(text[slice(*rest)].strip()) for rest in rests)
    return rests if len(likes) == 1 or (are_names and are_works) else list(items)


def _is_told(label: str) -> bool:
    """Tell the name of a fact, a section or a work from that of a place or a party."""
    told = (marks.FACT_NAME, marks.ABOUT, marks.ASKED, words.WORK, words.GOODS)
    return is_section(label) or any(found.search(label) for found in told)


def _pieces(text: str, span: Span) -> list[Span]:
    """Cut "A 보강, B 교체" where each piece is a work with an object of its own."""
    begin, end = span
    line = marks.BRACKETS.sub(lambda found: "x" * len(found.group()), text[begin:end])
    commas = [found.start() for found in marks.COMMA.finditer(line)]
    cuts = [-1, *commas, len(line)]
    spans = [(start + 1, stop) for start, stop in itertools.pairwise(cuts)]
    pieces = [line[start:stop].strip() for start, stop in spans]
    if all(words.WORK.search(piece) and " " in piece for piece in pieces):
        return [(begin + start, begin + stop) for start, stop in spans]
    return [span]


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
            aside = is_aside(above) or any(found.is_aside for found in path)
            path.append(_List(kind, above, aside, len(path)))
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
    return len(line["indent"]) > indent or (goes_on and not is_label(line["item"], ()))


def _kind(line: re.Match[str]) -> tuple[str | None, int]:
    """Return what marks a line and, for a count, its place in the list; (None, 0) for no mark."""
    if line["bullet"]:
        return line["bullet"], 0
    return shape(line["mark"]) if line["mark"] else (None, 0)


def _place(core: str) -> int:
    if core.isdecimal():
        return int(core)
    rows = (row for row in (*marks.COUNTS, *marks.ORDINALS) if core in row)
    return next((row.index(core) + 1 for row in rows), 0)


def _first(core: str) -> str:
    if core.isdecimal():
        return "1"
    return next((row[0] for row in (*marks.COUNTS, *marks.ORDINALS) if core in row), core)


def _goes_on(path: Sequence[_List], kind: str, place: int) -> bool:
    """A count must go on where its list stands: 15. after 1. is no item but a piece of a date."""
    counts = [len(found.items) for found in path if found.kind == kind]
    return place <= 1 or bool(counts and place == counts[-1] + 1)
