"""Words that the table of translations lacks, known by their relatives in it.

An Indonesian word takes another beginning and ending with every use (mengolah, diolah, pengolahan), a
French verb another ending, and technical words are put together (nanostructure, superhydrophobic): no table
holds them all. Whoever knows the relatives of such a word knows roughly what it says.
docs/decisions/0023 says what was measured.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property, lru_cache

from snowballstemmer import stemmer

from indexing.translations import NO_TRANSLATIONS, Translations

SHORTEST = 4
"""Letters of a root, and of each of two parts: shorter ones are shared by words that are no relatives."""
WORD = re.compile(rf"[a-z\u00df-\u024f]{{{SHORTEST},}}")
REMEMBERED = 100_000
"""Words whose root, and whose relatives, are kept."""


class Relatives:
    """The words of a table by their roots; never changed after it is built, sorted out when first asked."""

    def __init__(self, table: Translations) -> None:
        """Take the table whose foreign words in Latin letters are relatives of others."""
        self._table = table
        self._remembered = lru_cache(REMEMBERED)(self._of)

    def of(self, word: str) -> Mapping[str, float]:
        """Return what may stand for a word, as the analyzer writes it, with how likely each is.

        Its relatives are the words of the same Indonesian root, or else of the same French one, or else
        the two words that it is made of; each has an equal share. Nothing for words of the table.
        """
        return self._remembered(word)

    @cached_property
    def _by_root(self) -> Mapping[str, Sequence[str]]:
        return _grouped(self._table.foreign, lambda word: root(word, "indonesian"))

    @cached_property
    def _by_beginning(self) -> Mapping[str, Sequence[str]]:
        return _grouped(self._table.foreign, lambda word: word[:SHORTEST])

    def _of(self, word: str) -> Mapping[str, float]:
        if word in self._table.foreign or not WORD.fullmatch(word):
            return {}
        found = self._indonesian(word) or self._french(word) or self._parts(word)
        shares: defaultdict[str, float] = defaultdict(float)
        for relative in found:
            for form, share in self._table.of(relative).items():
                shares[form] += share / len(found)
        return dict(shares)

    def _indonesian(self, word: str) -> Sequence[str]:
        mine = root(word, "indonesian")
        is_one = word.isascii() and len(mine) >= SHORTEST
        return self._by_root.get(mine, ()) if is_one else ()

    def _french(self, word: str) -> Sequence[str]:
        mine = root(word, "french")
        alike = self._by_beginning.get(word[:SHORTEST], ()) if len(mine) >= SHORTEST else ()
        return [other for other in alike if root(other, "french") == mine]

    def _parts(self, word: str) -> Sequence[str]:
        """Return the two words that a word is made of, those whose shorter one is longest."""
        cuts = (
            cut
            for cut in range(SHORTEST, len(word) - SHORTEST + 1)
            if {word[:cut], word[cut:]} <= self._table.foreign
        )
        best = max(cuts, key=lambda cut: min(cut, len(word) - cut), default=0)
        return (word[:best], word[best:]) if best else ()


NO_RELATIVES = Relatives(NO_TRANSLATIONS)


@lru_cache(REMEMBERED)
def root(word: str, language: str) -> str:
    """Return a word without what Snowball's rules for a language cut off."""
    return str(stemmer(language).stemWord(word))  # one that two threads share mixes their words up


def _grouped(words: Iterable[str], key: Callable[[str], str]) -> Mapping[str, Sequence[str]]:
    groups: defaultdict[str, list[str]] = defaultdict(list)
    for word in sorted(filter(WORD.fullmatch, words)):
        groups[key(word)].append(word)
    return groups
