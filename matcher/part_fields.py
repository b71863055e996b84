"""Compound needs in one sentence, told by what their items speak of: "A, B and C", each of the field.

A list of things to buy or to do has items that are heavy (several words) and speak of the field: a term of
it, a kind of project, a noun of work. Lists about one thing (places, properties, papers, ingredients) have
items that are light or strange to the field. No word that asks is wanted: a bare list will do. Two items
are two needs only where the sentence asks and they are works of different fields.
"""

import itertools
import re
from collections.abc import Sequence

from matcher import part_marks as marks
from matcher import part_words as words
from matcher.part_lines import Span, is_aside, is_section
from matcher.part_sentences import LONGEST_SENTENCE, MASK, all_sentences, skip_spaces
from matcher.project_types import need_types
from matcher.synonyms import synonyms

LEAST_ITEMS = 3
LEAST_TOLD = 2 / 3
"""Share of the items that must speak of the field."""
SHORTEST_OF_TWO = 3  # words of each item, where there are two
TOPIC_WITHIN = 15  # characters
LIGHT_WORDS = 2
LIGHT_SYLLABLES = 3  # of Vietnamese, which writes each apart
LIGHT_HAN = 5  # characters of an item without spaces
JOINTS = re.compile(
    r"[;；]|(?<=\s)[·/|+‧](?=\s)|[，、]|,(?!\d)"
    r"|(?:하|해 주|하여 주)(?:고|며),?\s+(?!싶|있)|하는 한편,?\s"
    r"|,?\s(?:but also|mais (?:aussi|également)|tetapi juga|mà còn)\s",
    re.I,
)
HANGS = re.compile(  # how an item begins that says more of the one before
    rf"{words.PREPOSITION.pattern}|(?:sehingga|terutama|yang|thus|if|ensuring|including|but|nhưng|và|livrée?s?|ainsi|notamment|qui|des|du|de la)\b"
    r"|[并也要且]",
    re.I,
)
TOGETHER = re.compile(  # one supplier is to do all of it
    r"(?:할|하는|맡을|맡아\s?줄|갖춘|가진)\s(?:수\s있[는고]\s)?(?:[가-힣]+\s)?[가-힣]{0,3}(?:기업|기관|업체|회사|사업자|곳)|수 있[는고]\s|한꺼번에|일괄"
)
SAYS = re.compile(  # verbs that make a sentence of a list, in other languages
    r"\b(?:is|are|was|were|has|have|will|must|est|sont|a été|doit|là|có|được|adalah|kami|chúng tôi|we|nous)\b|[是有要可]",
    re.I,
)
LEADS = (words.COLON, words.ASKING, words.INTENT, words.NAME, words.TOPIC)
ASKS = (words.ASKS, words.INTENT)


def list_of_the_field(text: str) -> list[Span]:
    """Return the items of the first list that tells by itself that it is one of needs.

    Sentences that ask come before those that do not: a list there may be the background.
    """
    sentences = [span for span in all_sentences(text) if span[1] - span[0] <= LONGEST_SENTENCE]
    for begin, end in sorted(sentences, key=lambda span: not _asks(text[slice(*span)])):
        sentence = marks.BRACKETS.sub(lambda m: MASK * len(m.group()), text[begin:end])
        if spans := _needs(sentence):
            return [(begin + start, begin + stop) for start, stop in spans]
    return []


def _asks(sentence: str) -> bool:
    return any(asks.search(sentence) for asks in ASKS)


def _needs(sentence: str) -> list[Span]:
    if words.OBLIGES.search(sentence):
        return []
    spans = _items(sentence)
    if not spans:
        return []
    is_asked = words.ASKED_TAIL.match(sentence, spans[-1][1])
    is_bare = _is_bare(sentence)
    if not (spans[0][0] or is_asked or is_bare):
        return []
    items = [_bare(sentence[slice(*span)]) for span in spans]
    before, after = sentence[: spans[0][0]], sentence[spans[-1][1] :]
    is_about = is_aside(before) or is_aside(after) or words.ONE_SYSTEM.search(before)
    is_one = TOGETHER.search(items[-1]) or TOGETHER.search(after)
    is_pair = (is_bare and (is_section(before) or all(map(words.ADNOMINAL.search, items)))) or (
        (is_bare or _asks(sentence)) and _are_two(items)
    )
    is_list = len(items) >= LEAST_ITEMS or is_pair
    return spans if is_list and not is_about and not is_one and _are_needs(items) else []


def _is_bare(sentence: str) -> bool:
    """Tell a list without a verb from a sentence."""
    return not (marks.SENTENCE_LIKE.search(sentence) or SAYS.search(sentence))


def _items(sentence: str) -> list[Span]:
    """Cut at every joint; words that lead to the first item and follow the last are left out."""
    joints = [m.span() for m in JOINTS.finditer(sentence) if m.end() < len(sentence)]
    last = skip_spaces(sentence, joints[-1][1] if joints else 0)
    if words.LEADING_JOINT.match(sentence, last) is None:
        joints += [m.span() for m in words.INNER_JOINT.finditer(sentence, last)][-1:]
    return _between(sentence, joints)


def _between(sentence: str, joints: Sequence[Span]) -> list[Span]:
    if not joints:
        return []
    begin = _lead(sentence, joints[0][0])
    closes = any(found.search(sentence) for found in (words.WORK, words.GOODS))
    end = len(sentence) if closes and not _asks(sentence) else _tail(sentence, joints[-1][1])
    cuts = [(begin, begin), *joints, (end, end)]
    spans = [(before[1], after[0]) for before, after in itertools.pairwise(cuts)]
    return [span for span in spans if sentence[slice(*span)].strip()]


def _lead(sentence: str, first: int) -> int:
    ends = (found.end() for lead in LEADS for found in lead.finditer(sentence, 0, first))
    return max((end for end in ends if end < first), default=0)


def _tail(sentence: str, last: int) -> int:
    ends = (
        found.start()
        for pattern in (words.ASKED_TAIL, words.PARTICLE)
        for found in pattern.finditer(sentence, last)
    )
    heavy = (end for end in sorted(ends) if _is_heavy(_bare(sentence[last:end])))
    return next(heavy, len(sentence))


def _bare(item: str) -> str:
    item = item.strip(f" {MASK}")
    joint = words.LEADING_JOINT.match(item)
    return item[joint.end() :] if joint else item


def _are_needs(items: Sequence[str]) -> bool:
    if any(words.TOPIC.search(item[:TOPIC_WITHIN]) or HANGS.match(item) for item in items[1:]):
        return False  # clauses that each say something of another thing, or more of the same
    if any(marks.SPEC.search(item) for item in items):
        return False
    told = [bool(_fields(item)) or _is_work(item) for item in items]
    return all(map(_is_heavy, items)) and sum(told) >= LEAST_TOLD * len(items)


def _are_two(items: Sequence[str]) -> bool:
    """Tell two needs from one thing said in two words: works of several words, of other fields."""
    if not all(len(item.split()) >= SHORTEST_OF_TWO and _is_work(item) for item in items):
        return False
    fields = [_fields(item) for item in items]
    return all(fields) and not fields[0].intersection(*fields[1:])


def _fields(item: str) -> set[str]:
    """Return the sectors that an item names and the kinds of project, but for the building of things."""
    sectors = {found.group.sector for found in synonyms().find(item)}
    return sectors | ({cue.code for cue in need_types(item).all} - {"facility"})


def _is_heavy(item: str) -> bool:
    least = LIGHT_SYLLABLES if words.VIETNAMESE.search(item) else LIGHT_WORDS
    return len(item.split()) >= least or (not item.isascii() and len(item) >= LIGHT_HAN)


def _is_work(item: str) -> bool:
    if words.WORK_START.match(item):
        return True
    ends = (words.WORK, words.GOODS, words.WORK_END, words.GOODS_END)
    return any(end.search(item) for end in ends)
