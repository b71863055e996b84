"""Words of other languages and the Korean words that stand for them, with how likely each is.

The table is learned from parallel texts by `indexing.word_alignment`; staff's own pairs of terms are
`matcher.synonyms`. With it a Vietnamese need finds Korean texts by their words, and those words can
be shown. Both directions are read from one table.
"""

import gzip
import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from importlib.resources.abc import Traversable

SHIPPED = files("indexing").joinpath("word_tables", "translations.tsv.gz")
Row = tuple[str, str, float]
SMALLEST = 0.02
"""Translations that are less likely than this are left out."""


@dataclass(frozen=True, slots=True)
class Wording:
    """One term of a query and what may stand for it in a text.

    translations: other terms with how likely each stands for this one, 0..1.
    """

    term: str
    translations: Mapping[str, float] = field(default_factory=dict)

    @property
    def forms(self) -> tuple[str, ...]:
        """The term and its translations."""
        return (self.term, *self.translations)


class Translations:
    """A table of words, ready to be asked in both directions; never changed after it is built.

    foreign: its words of other languages than Korean.
    """

    def __init__(self, rows: Iterable[Row] = ()) -> None:
        """Take (foreign word, Korean word, strength) with strengths above 0.

        A Korean word stands for a foreign one with its share of all that the foreign one is. Foreign
        words of several languages stand for a Korean one, and a text is in one of them: each counts
        as it compares with the strongest.
        """
        rows = tuple(rows)
        self.digest = hashlib.sha256(repr(rows).encode()).hexdigest()
        there: defaultdict[str, dict[str, float]] = defaultdict(dict)
        back: defaultdict[str, dict[str, float]] = defaultdict(dict)
        for foreign, korean, strength in rows:
            there[foreign][korean] = strength
            back[korean][foreign] = strength
        self.foreign = frozenset(there)
        self._known = {word: _compared(s, sum(s.values())) for word, s in there.items()}
        for word, strengths in back.items():
            # what is written alike in Korean texts, as abbreviations are, is known in both directions
            others = _compared(strengths, max(strengths.values()))
            self._known[word] = {**self._known.get(word, {}), **others}

    def __len__(self) -> int:
        """Return the number of words, of all languages."""
        return len(self._known)

    def of(self, word: str) -> Mapping[str, float]:
        """Return what may stand for a word, as the analyzer writes it, with how likely each is."""
        return self._known.get(word, {})


NO_TRANSLATIONS = Translations()


def read_translations() -> Translations:
    """Read the table that ships with the package."""
    return Translations(read_table(SHIPPED))


def read_table(file: Traversable = SHIPPED) -> Iterator[Row]:
    """Yield the rows of a table that `indexing.word_alignment` wrote."""
    for line in gzip.decompress(file.read_bytes()).decode().splitlines():
        foreign, korean, strength = line.split("\t")
        yield foreign, korean, float(strength)


def _compared(strengths: Mapping[str, float], whole: float) -> dict[str, float]:
    shares = {word: strength / whole for word, strength in strengths.items()}
    return {word: share for word, share in shares.items() if share >= SMALLEST}
