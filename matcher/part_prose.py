"""Compound needs written as running text: counted items, bullets in a line, joined sentences."""

import itertools
import re
from collections.abc import Iterator, Sequence

from matcher import part_marks as marks
from matcher import part_words as words
from matcher.part_lines import MOST_PARTS, Span, is_aside, shape
from matcher.part_sentences import LONGEST_SENTENCE, all_sentences, skip_spaces, works_of

LEAST_ASKED = 5  # characters of what a clause asks for


def counted(text: str) -> list[Span]:
    """Cut at 1) ... 2) ... inside running text, each item up to its sentence's end at most."""
    runs: list[list[re.Match[str]]] = []
    latest: dict[str, list[re.Match[str]]] = {}
    for mark in marks.INLINE_MARK.finditer(text):
        kind, place = shape(mark.group())
        if place == 1:
            latest[kind] = [mark]
            runs.append(latest[kind])
        elif place == len(latest.get(kind, ())) + 1:
            latest[kind].append(mark)
    for run in runs:
        if not 2 <= len(run) <= MOST_PARTS or is_aside(_before(text, run[0].start())):
            continue
        spans = _between(text, run)
        if not words.COMPOSED.search(text, spans[-1][0], spans[-1][1] + 1):
            return spans
    return []


def inline_bullets(text: str) -> list[Span]:
    """Return the items of "needs: ○ A ○ B ○ C", a list that lost its lines, and of "Water: A. Air: B"."""
    position = 0
    for line in text.split("\n"):
        begin, end = position, position + len(line)
        position = end + 1
        for pattern in (marks.INLINE_BULLET, marks.SENTENCE_FIELD):
            found = list(pattern.finditer(text, begin, end))
            kinds = {mark.group() for mark in found}
            is_list = len(kinds) == (1 if pattern is marks.INLINE_BULLET else len(found))
            if not is_list or not 2 <= len(found) <= MOST_PARTS:
                continue
            if not is_aside(text[begin : found[0].start()]):
                return _between(text[:end], found)
    return []


def _before(text: str, position: int) -> str:
    """Return the words that lead to a position: its sentence so far, or the sentence before."""
    pieces = words.SENTENCE_END.split(text[max(0, position - 200) : position])
    return next((piece for piece in reversed(pieces) if piece.strip()), "")


def _between(text: str, run: Sequence[re.Match[str]]) -> list[Span]:
    spans = []
    for mark, following in zip(run, [*run[1:], None], strict=True):
        end = following.start() if following else len(text)
        stop = words.SENTENCE_END.search(text, mark.end(), end)
        spans.append((mark.end(), stop.start() if stop else end))
    begin, end = spans[-1]
    tail = words.LAST_TAIL.search(text, begin, end) or words.ASKED_TAIL.search(text, begin, end)
    is_one_sentence = words.SENTENCE_END.search(text, run[0].start(), begin) is None
    if tail and (is_one_sentence or not marks.ORDINAL.match(run[0].group())):
        spans[-1] = (begin, tail.start())
    return spans


def joined_sentences(text: str) -> list[Span]:
    """Return sentences and clauses that each ask for something, said to come on top of each other.

    Without the words that ask; a sentence that asks for two works itself is cut between them.
    """
    are_several = words.SEPARATELY.search(text) is not None
    chain: list[Span] = []
    for begin, end, is_joined in _asking_clauses(text):
        joint = words.IN_ADDITION.match(text, begin, end)
        is_other = are_several and words.OWN_TOPIC.match(text, begin, end)
        if chain and (is_joined or joint or is_other or words.ALSO.search(text, begin, end)):
            chain.append((joint.end() if joint else begin, end))
        elif len(chain) >= 2:
            break
        else:
            chain = [(begin, end)]
    if len(chain) < 2:
        return []
    return [piece for span in chain for piece in works_of(text, _without_asking(text, span))]


def _asking_clauses(text: str) -> Iterator[tuple[int, int, bool]]:
    """Yield what asks: sentences, their clauses, and whether a clause is said to be another."""
    for begin, end in all_sentences(text):
        if end - begin > LONGEST_SENTENCE or text[end : end + 1] == "\n":
            continue
        if words.OBLIGES.search(text, begin, end):
            continue
        cuts: list[tuple[int, int, bool]] = [(begin, begin, False)]
        for found in words.WHILE.finditer(text, begin, end):
            cuts.append((found.start(), found.end(), True))
        for pattern, is_joint in _STOPS:
            for found in pattern.finditer(text, begin, end):
                start = skip_spaces(text, found.end())
                if is_joint(text, found.group(), start, end):
                    cuts.append((found.start() + len(found.group().rstrip()), start, True))
        for (_, start, is_joined), (stop, _, _) in itertools.pairwise(
            [*sorted(cuts), (end, end, False)]
        ):
            if any(found.search(text, start, stop) for found in (words.ASKS, words.PLANS)):
                yield start, stop, is_joined


def _adds(text: str, stop: str, start: int, end: int) -> bool:
    if words.IN_ADDITION.match(text, start, end):
        return True
    return stop not in ";；" and words.ALSO.search(text, start, end) is not None


def _has_topic(text: str, _: str, start: int, end: int) -> bool:
    return words.OWN_TOPIC.match(text, start, end) is not None


def _asks_on(text: str, _: str, start: int, end: int) -> bool:
    """Tell a clause with an object of its own from "... and a company that does it together"."""
    has_object = any(found.search(text, start, end) for found in (words.OBJECT, words.ASKS_ABOUT))
    return has_object and words.JOINTLY.search(text, start, end) is None


def _always(text: str, _: str, start: int, end: int) -> bool:
    return True


_STOPS = (
    (words.CLAUSE_STOP, _adds),
    (words.ASK_CLAUSE, _has_topic),
    (words.ASK_STOP, _asks_on),
    (words.SEMICOLON, _always),
    (marks.COMMA, _adds),
)


def _without_asking(text: str, span: Span) -> Span:
    """Take "the city is looking for" off where most of the sentence follows it."""
    begin, end = span
    asker = words.ASKER.match(text, begin, begin + (end - begin) // 2)
    begin = asker.end() if asker else begin
    for pattern in (words.ASKING, words.INTENT):
        found = pattern.search(text, begin, begin + 2 * (end - begin) // 3)
        if found:
            begin = found.end()
    if also := words.ALSO_LEAD.match(text, begin, end):
        begin = also.end()
    if closing := words.INTEREST_TAIL.search(text, begin + LEAST_ASKED, end):
        return begin, closing.start()
    tails = (found.search(text, begin, end) for found in (words.ASKED_TAIL, words.PAIRED_TAIL))
    tail = next((found for found in tails if found), None)
    if tail and tail.start() - begin >= (end - begin) // 2:
        end = tail.start()
    return begin, end
