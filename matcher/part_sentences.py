"""Compound needs said in one sentence, without marks: lists, pairs, clauses.

Such a list counts only where something proves that each item is a work of its own: a name ("fields:
A, B, C"), a number ("three works"), a verb or a noun of work in each, a clause of each item's own.
"""

import itertools
import re
from collections.abc import Iterator, Sequence

from matcher import part_marks as marks
from matcher import part_words as words
from matcher.part_lines import Span, is_aside

LONGEST_SENTENCE = 1000  # of a plain list; longer text is data, not prose
MASK = "~"  # stands for what is in brackets, which parts nothing
SHORTEST_HAN_CLAUSE = 6  # characters
SHORTEST_ITEM = 3  # words, of a work that "and" alone parts from the next


def plain_list(text: str) -> list[Span]:
    """Return the items of the first sentence that lists what is asked for without any marks."""
    are_several = words.SEPARATELY.search(text) is not None
    for begin, end in all_sentences(text):
        if end - begin > LONGEST_SENTENCE:
            continue
        sentence = marks.BRACKETS.sub(lambda found: MASK * len(found.group()), text[begin:end])
        after = words.AFTERWORD.search(sentence)
        sentence = sentence[: after.start()] if after else sentence
        first = words.SEPARATOR.search(sentence)
        place = first.start() if first else len(sentence)
        for find in _FINDERS if first else _FINDERS_WITHOUT_SEPARATOR:
            if spans := find(sentence, place, are_several):
                return [(begin + start, begin + stop) for start, stop in spans]
    return []


def all_sentences(text: str) -> Iterator[Span]:
    """Yield where each sentence begins and ends, without its background; a line's end ends it."""
    for found in words.SENTENCE.finditer(text):
        background = words.BACKGROUND.match(text, *found.span())
        yield background.end() if background else found.start(), found.end()


def works_of(text: str, span: Span) -> list[Span]:
    """Cut what a sentence asks for between works; the span itself where it is one."""
    for find in (_works, _strongly_joined):
        if len(spans := find(text, *span)) >= 2:
            return spans
    return [span]


def skip_spaces(text: str, position: int) -> int:
    """Return the position of the next character that is no space."""
    while position < len(text) and text[position].isspace():
        position += 1
    return position


def _announced(sentence: str, _: int, are_several: bool) -> list[Span]:
    """Read "three needs: A, B and C" and "A, B, C 등 3개 사업": as many items as were said."""
    found = words.ANNOUNCED.search(sentence)
    if found is None or is_aside(sentence[: found.end()]):
        return []
    number = words.NUMBERS[found["number"].lower()]
    lead = _last_end(sentence, found.start(), words.ASKING, words.TOPIC, words.NAME) or 0
    colon = words.COLON.search(sentence, found.end())
    skipped = words.AFTER_NUMBER.match(sentence, found.end())
    after = colon.end() if colon else skipped.end() if skipped else found.end()
    before = words.BEFORE_NUMBER.search(sentence, lead, found.start())
    for begin, end in ((after, len(sentence)), (lead, before.start() if before else lead)):
        spans = _items(sentence, begin, end)
        if len(spans) == number and all(_texts(sentence, spans)):
            return spans
    return []


def _named_list(sentence: str, first: int, are_several: bool) -> list[Span]:
    """Read "fields of cooperation: A, B, C" and "the technologies asked for are A, B, C"."""
    name = words.NAME.search(sentence)
    if name is None or is_aside(sentence[: name.end()]):
        return []
    tail = words.TAIL.search(sentence, max(first, name.end()))
    if name["topic"] and not (tail and tail["named"]):
        return []
    spans = _items(sentence, name.end(), tail.start() if tail else len(sentence))
    is_sure = len(spans) >= 3 or are_several or ";" in sentence or words.SEVERAL.search(sentence)
    return spans if is_sure and len(spans) >= 2 else []


def _colon_list(sentence: str, _: int, are_several: bool) -> list[Span]:
    """Read "we ask for the following: A, B, C", whatever the list is called."""
    colon = words.COLON.search(sentence)
    if colon is None or is_aside(lead := sentence[: colon.start()]) or words.OBLIGES.search(lead):
        return []
    tail = words.TAIL.search(sentence, colon.end())
    is_late = tail is not None and tail["named"] and tail.start() > len(sentence) // 2
    spans = _items(sentence, colon.end(), tail.start() if tail and is_late else len(sentence))
    if len(spans) >= 3 and re.search("[;；]", sentence[colon.end() :]):
        return spans
    asks = any(found.search(lead) for found in (words.ASKS, words.INTENT, marks.ASKED))
    is_asked = any(found.end() + 2 >= len(lead) for found in words.ASKS.finditer(lead))
    is_sure = are_several or is_asked or words.CUE_OF_LIST.search(lead)
    return spans if asks and is_sure and len(spans) >= 3 else []


def _korean_list(sentence: str, first: int, are_several: bool) -> list[Span]:
    """Read "A 구축, B 교육 및 C 조사를 요청함": each item a work of its own, or named as several."""
    tail = words.TAIL.search(sentence, first)
    if tail is None or tail["named"] or words.ONE_SYSTEM.search(sentence, 0, first):
        return []
    if words.BY_ONE.search(sentence):
        return []
    is_together = words.TOGETHER.search(tail.group()) is not None
    if is_together and words.HANGS_ON.match(sentence, tail.end()):
        return []  # "a company that can offer A and B together" is one
    spans = _items(sentence, _korean_begin(sentence, first), tail.start())
    items = _texts(sentence, spans)
    if any(item.endswith(("고", "며")) for item in items):
        return []
    is_parallel = all(words.ADNOMINAL.search(item) for item in items) or all(
        words.QUANTITY.search(item) or words.OWN_NAME.search(item) for item in items
    )
    is_said = words.SEVERAL.search(sentence) is not None
    is_sure = is_together or is_parallel or are_several or is_said
    if len(spans) < 3 and not is_sure:
        spans, items = _all_pairs(sentence, spans)
        is_sure = len(spans) == 2 and all(words.WORK.search(item) for item in items)
    if len(spans) < (2 if is_sure else 3):
        return []
    is_own = (is_parallel or all(_is_korean_work(item) for item in items)) and not _governs(items)
    return spans if is_own or tail["several"] else []


def _korean_works(sentence: str, first: int, are_several: bool) -> list[Span]:
    """Read three and more works or goods, each of several words, in a sentence of any kind."""
    if words.ONE_SYSTEM.search(sentence) or words.COMPOSED.search(sentence):
        return []
    separators = [found.end() for found in words.SEPARATORS[-1].finditer(sentence)]
    end = len(sentence)
    if separators and (particle := words.PARTICLE.search(sentence, separators[-1])):
        end = particle.start()
    spans, items = _all_pairs(sentence, _items(sentence, _korean_begin(sentence, first), end))
    is_heavy = all(" " in item for item in items)
    is_work = all(_is_korean_work(item) for item in items)
    return spans if len(spans) >= 3 and is_heavy and is_work and not _governs(items) else []


def _korean_begin(sentence: str, first: int) -> int:
    """Return where the list begins: after its topic and after who is asked."""
    topic = words.TOPIC.search(sentence, 0, first)
    begin = topic.end() if topic else 0
    recipient = words.RECIPIENT.match(sentence, begin, first)
    return recipient.end() if recipient else begin


def _is_korean_work(item: str) -> bool:
    endings = (words.WORK, words.GOODS, words.QUANTITY)
    return any(ending.search(item) is not None for ending in endings)


def _texts(sentence: str, spans: Sequence[Span]) -> list[str]:
    return [sentence[start:end].strip(f" {MASK}") for start, end in spans]


def _all_pairs(sentence: str, spans: Sequence[Span]) -> tuple[list[Span], list[str]]:
    """Cut items once more, at "A 증설과 B 구축" and "A 및 B", where each has words of its own."""
    cut: list[Span] = []
    for start, end in spans:
        joints = list(words.PAIR_JOINT.finditer(sentence, start, end))
        cuts = [(start, start), *((j.start(), j.end()) for j in joints), (end, end)]
        pieces = [(before[1], after[0]) for before, after in itertools.pairwise(cuts)]
        texts = _texts(sentence, pieces)
        is_work = all(" " in item and _is_korean_work(item) for item in texts)
        cut += pieces if is_work else [(start, end)]
    return cut, _texts(sentence, cut)


def _governs(items: Sequence[str]) -> bool:
    """Tell "wood, straw and a plant that burns dung": a clause in the last item holds them all."""
    hangs = [
        any(found.search(item) for found in (words.DEPENDENT, words.ADNOMINAL)) for item in items
    ]
    return hangs[-1] and not any(hangs[:-1])


def _paired(sentence: str, _: int, are_several: bool) -> list[Span]:
    """Read "A와 함께 B를 요청함", "A뿐 아니라 B도 필요함": two things, said to be two."""
    joint = words.STRONG_PAIR.search(sentence)
    tail = words.PAIRED_TAIL.search(sentence, joint.end()) if joint else None
    if joint is None or tail is None or words.ONE_SYSTEM.search(sentence, 0, joint.start()):
        return []
    if words.HANGS_ON.match(sentence, tail.end()):
        return []
    topic = words.TOPIC.search(sentence, 0, joint.start())
    spans = [(topic.end() if topic else 0, joint.start()), (joint.end(), tail.start())]
    is_loose = "뿐" not in joint.group()
    if is_loose and _governs(_texts(sentence, spans)):
        return []
    before = _items(sentence, *spans[0])
    are_works = all(" " in item and _is_korean_work(item) for item in _texts(sentence, before))
    return [*before, spans[1]] if are_works else spans


def _one_and_other(sentence: str, _: int, are_several: bool) -> list[Span]:
    """Read "one for A and one for B", "in addition to A, we need B", "to do A and to do B"."""
    for pattern in (words.ONE_AND_OTHER, words.ADDITION_TO, words.TO_AND_TO, words.BOTH_AND):
        if found := pattern.search(sentence):
            begin, end = found.span("other")
            asking = words.ASKING.search(sentence, begin, end)
            if pattern is words.ADDITION_TO and asking is None:
                continue
            if pattern in (words.TO_AND_TO, words.BOTH_AND) and not _asks_before(sentence, found):
                continue
            return [found.span("one"), (asking.end() if asking else begin, end)]
    return []


def _asks_before(sentence: str, found: re.Match[str]) -> bool:
    lead = _last_end(sentence, found.start() + 3, words.ASKING, words.INTENT)
    return lead is not None and lead >= found.start() - 4 and not words.OBLIGES.search(sentence)


def _han_clauses(sentence: str, _: int, are_several: bool) -> list[Span]:
    """Read "需要A，还想引进B，并开展C": each clause asks for something of its own."""
    found = [
        clause
        for clause in words.HAN_CLAUSE.finditer(sentence)
        if words.HAN_ASKS.search(clause.group()) and len(clause.group()) >= SHORTEST_HAN_CLAUSE
    ]
    if len(found) < 2:
        return []
    return [span for clause in found for span in _han_goods(sentence, *clause.span())]


def _han_goods(sentence: str, begin: int, end: int) -> list[Span]:
    """Cut "引进A设备、B系统" where each piece is a work or a thing; else the clause whole."""
    spans = _items(sentence, begin, end)
    are_goods = all(
        _is_work(item) or words.GOODS_END.search(item) for item in _texts(sentence, spans)
    )
    return spans if are_goods else [(begin, end)]


def _gapped(sentence: str, _: int, are_several: bool) -> list[Span]:
    """Read "건물에는 A를, 차량에는 B를 설치함": one verb for things of several places."""
    gaps = list(words.GAP.finditer(sentence))
    objects = list(words.OBJECT.finditer(sentence))
    predicate = words.NEEDED if gaps and gaps[-1]["subject"] else words.FINITE
    if not gaps or predicate.search(sentence, gaps[-1].end()) is None:
        return _by_field(sentence)
    ends = [*(gap.start() for gap in gaps), objects[-1].start()]
    spans = []
    for begin, end in zip([0, *(gap.end() for gap in gaps)], ends, strict=True):
        place = words.PLACE_OF.match(sentence[begin:end])
        if place is None:
            return []
        spans.append((begin + place.end(), end))
    return spans


def _by_field(sentence: str) -> list[Span]:
    """Read "건물 부문은 A, 수송 부문은 B가 시급함"."""
    pieces = [
        (piece.start() + field.end(), piece.end())
        for piece in words.COMMA_ITEM.finditer(sentence)
        if (field := words.FIELD_OF.match(piece.group()))
    ]
    tail = words.ASKED_TAIL.search(sentence, pieces[-1][0]) if len(pieces) >= 2 else None
    return [*pieces[:-1], (pieces[-1][0], tail.start())] if tail else []


def _clauses(sentence: str, _: int, are_several: bool) -> list[Span]:
    """Read "A를 설치하고 B를 보급하며 C를 교육한다": an object and a verb of work in each clause."""
    if words.OBLIGES.search(sentence) or words.ONE_SYSTEM.search(sentence):
        return []
    found = [
        clause
        for clause in words.CLAUSE.finditer(sentence)
        if words.WORK.search(clause["work"]) or len(clause["work"]) <= 3
    ]
    if not found or words.FINITE.search(sentence, found[-1].end()) is None:
        return []
    is_sure = are_several or any(
        pattern.search(sentence, clause.end(), stop)
        for clause in found
        for pattern, stop in (
            (words.IN_ADDITION, clause.end() + 8),
            (words.THEN, clause.end() + 8),
            (words.ALSO_DOES, len(sentence)),
        )
    )
    if len(found) + 1 < (2 if is_sure else 3):
        return []
    topic = words.TOPIC.search(sentence, 0, found[0].start())
    begins = [topic.end() if topic else 0, *(clause.end() for clause in found)]
    ends = [*(clause.end("work") for clause in found), len(sentence)]
    return list(zip(begins, ends, strict=True))


def _list_with_service(sentence: str, first: int, _: bool) -> list[Span]:
    """Read "needs A, B and training in C": equipment and services come from different suppliers."""
    lead = _last_end(sentence, first, words.ASKING)
    if lead is None or words.ONE_SYSTEM.search(sentence, 0, lead):
        return []
    spans = _items(sentence, lead, len(sentence))
    services = sum(words.SERVICE.search(sentence, start, end) is not None for start, end in spans)
    is_pair = len(spans) == 2 and words.SERVICE_AFTER.search(sentence, lead) is not None
    return spans if (len(spans) >= 3 or is_pair) and 0 < services < len(spans) else []


def _list_of_works(sentence: str, first: int, are_several: bool) -> list[Span]:
    """Read "will install A, repair B and train C", or what semicolons part after such a lead."""
    if words.OBLIGES.search(sentence):
        return []
    lead = _last_end(sentence, first, words.ASKING, words.INTENT)
    if lead is None or words.ONE_SYSTEM.search(sentence, 0, lead):
        return []
    if sentence.count(";", lead) + sentence.count("；", lead) >= 2:
        return _items(sentence, lead, len(sentence))
    spans = _works(sentence, lead, len(sentence))
    pair = _strongly_joined(sentence, lead, len(sentence))
    if len(spans) < 3 and len(pair) == 2 and all(map(_is_long_work, _texts(sentence, pair))):
        return pair
    if not spans and are_several:
        return _items(sentence, lead, len(sentence))
    return spans if len(spans) >= (2 if are_several else 3) else []


def _heavy_list(sentence: str, first: int, are_several: bool) -> list[Span]:
    """Read "seeks sludge dryers, briquette presses and air sensors": items of several words."""
    lead = _last_end(sentence, first, words.ASKING)
    if lead is None or words.OBLIGES.search(sentence) or words.ONE_SYSTEM.search(sentence):
        return []
    spans = _items(sentence, lead, len(sentence))
    items = _texts(sentence, spans)
    if len(spans) < 3 or words.VIETNAMESE.search(sentence) or words.AGENT.search(items[0]):
        return []
    hangs = any(
        words.RELATIVE.search(item) or words.PREPOSITION.match(item) or " " not in item
        for item in items
    )
    is_told = any(marks.SPEC.search(item) or marks.MEASURE.search(item) for item in items[1:])
    is_one = words.FRENCH_ONE.match(items[0]) and not all(map(words.FRENCH_ARTICLE.match, items))
    return [] if hangs or is_told or is_one else spans


def _needed_list(sentence: str, first: int, are_several: bool) -> list[Span]:
    """Read "A, B and C are needed"."""
    needed = words.ARE_NEEDED.search(sentence, first)
    if needed is None or words.ONE_SYSTEM.search(sentence):
        return []
    spans = _items(sentence, 0, needed.start())
    are_both = " both " in needed.group() and len(spans) == 2
    is_heavy = are_several or all(words.HEAVY.match(item) for item in _texts(sentence, spans))
    return spans if are_both or (len(spans) >= 3 and is_heavy) else []


def _last_end(sentence: str, limit: int, *patterns: re.Pattern[str]) -> int | None:
    """Return where the last match that begins up to `limit` ends."""
    ends = (m.end() for pattern in patterns for m in pattern.finditer(sentence, 0, limit + 1))
    return max(ends, default=None)


def _works(text: str, begin: int, end: int) -> list[Span]:
    """Cut at commas and joints before a word of work; () unless every piece is a work."""
    cuts = [
        (found.start(), found.end())
        for pattern in (words.WORK_JOINT, *words.SEPARATORS)
        for found in pattern.finditer(text, begin, end)
        if words.WORK_START.match(text, _after_joint(text, found.end(), end), end)
        or words.WORK_END.search(text, begin, found.start())
    ]
    spans: list[Span] = []
    start = begin
    for cut, after in [*sorted(cuts), (end, end)]:
        is_comma = cut < end and text[cut] in ",，;；、"
        if cut < start or (cut < end and not is_comma and _is_short(text[start:cut])):
            continue
        spans.append((start, cut))
        start = after
    is_work = all(_is_work(text[a:b].strip()) for a, b in spans)
    is_own = is_work and words.RELATIVE.search(text, *spans[0]) is None
    return spans if is_own and len(spans) >= 2 else []


def _is_work(item: str) -> bool:
    joint = words.LEADING_JOINT.match(item)
    item = item[joint.end() :] if joint else item
    return bool(words.WORK_START.match(item) or words.WORK_END.search(item))


def _is_long_work(item: str) -> bool:
    return words.WORK_START.match(item) is not None and not _is_short(item)


def _is_short(item: str) -> bool:
    """Tell a bare verb, as in "collect and recycle waste", from a work with an object."""
    return len(item.split()) < SHORTEST_ITEM and len(item.encode()) < 24


def _after_joint(text: str, position: int, end: int) -> int:
    position = skip_spaces(text, position)
    joint = words.LEADING_JOINT.match(text, position, end)
    return joint.end() if joint else position


def _strongly_joined(text: str, begin: int, end: int) -> list[Span]:
    joints = words.STRONG_JOINT.finditer(text, begin, end)
    cuts = [(begin, begin), *((found.start(), found.end()) for found in joints), (end, end)]
    return [(before[1], after[0]) for before, after in itertools.pairwise(cuts)]


def _items(sentence: str, begin: int, end: int) -> list[Span]:
    """Split at the strongest separator there is, the last item also at its "and"."""
    found = (list(mark.finditer(sentence, begin, end)) for mark in words.SEPARATORS)
    separators = next((some for some in found if some), [])
    cuts = [begin - 1, *(mark.start() for mark in separators), end]
    spans = [(start + 1, stop) for start, stop in itertools.pairwise(cuts)]
    start, stop = spans[-1]
    start += len(sentence[start:stop]) - len(sentence[start:stop].lstrip())
    if words.LEADING_JOINT.match(sentence, start, stop) is None:
        patterns = (words.INNER_JOINT,) if separators else (words.PAIR_JOINT, words.INNER_JOINT)
        joints = [list(pattern.finditer(sentence, start, stop)) for pattern in patterns]
        if some := next((found for found in joints if found), []):
            spans[-1:] = [(start, some[-1].start()), (some[-1].end(), stop)]
    return spans


_FINDERS = (
    _one_and_other,
    _announced,
    _clauses,
    _gapped,
    _named_list,
    _colon_list,
    _paired,
    _korean_list,
    _korean_works,
    _list_with_service,
    _list_of_works,
    _han_clauses,
    _heavy_list,
    _needed_list,
)
_FINDERS_WITHOUT_SEPARATOR = (_announced, _clauses, _gapped, _paired, _one_and_other)
