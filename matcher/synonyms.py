"""Equivalent terms of the field (synonyms.tsv): what a text calls it, and its Korean and English names.

Staff edit the table; a broken row, or a term in two groups, is refused with file and line. Accents
count (Vietnamese needs them), hyphens and spaces are alike, spans point into the NFC text.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from pathlib import Path

from matcher.errors import UnreadableFile
from matcher.vocabulary import sectors

SYNONYMS = "synonyms.tsv"
LANGUAGES = ("ko", "en", "abbr", "vi", "id", "fr", "zh")
_COLUMNS = ("sector", *LANGUAGES)
_EXACT_MARK = "="
_CASED_LETTERS = 3  # RO, LED, EV: in small letters they are other words or none
_SHORT_SYLLABLES = 2  # 정수 stands in 행정수도 too: short terms must begin a word

_HANGUL = "\uac00-\ud7a3"
_HAN = "\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
_UNIT = re.compile(rf"[{_HANGUL}]|[{_HAN}]|(?:(?![{_HANGUL}{_HAN}])[^\W_])+")
_SOFT_GAP = re.compile(r"[\s\-\u2010-\u2015·ㆍ‧・、/&+'’]*")
_LATIN_GAP = re.compile(r"[\s\-\u2010-\u2015·、/&+'’,.]*")


@dataclass(frozen=True, slots=True)
class SynonymGroup:
    """Terms that mean the same; `foreign` are pairs of language and term.

    `cased` names the terms that count only as they are written (WASH, not wash).
    """

    sector: str
    korean: tuple[str, ...]
    english: tuple[str, ...]
    abbreviations: tuple[str, ...]
    foreign: tuple[tuple[str, str], ...] = ()
    cased: tuple[str, ...] = ()

    @property
    def terms(self) -> tuple[str, ...]:
        """Every term in every language, each once."""
        others = (term for _, term in self.foreign)
        return tuple(dict.fromkeys((*self.korean, *self.english, *self.abbreviations, *others)))


@dataclass(frozen=True, slots=True)
class Found:
    """A term of a group where it stands: characters of a text, or places in a list of terms."""

    words: str
    start: int
    end: int
    group: SynonymGroup

    @property
    def equivalents(self) -> tuple[str, ...]:
        """The Korean terms, English terms and abbreviations other than the one found."""
        said = _key(self.words)
        names = (*self.group.korean, *self.group.english, *self.group.abbreviations)
        return tuple(dict.fromkeys(name for name in names if _key(name) != said))


@dataclass(frozen=True, slots=True)
class _Unit:
    """A word, or one syllable or character of a script that is written without spaces."""

    form: str
    folded: str
    start: int
    end: int
    is_hangul: bool
    is_glued: bool  # nothing between it and the unit before
    is_linked: bool  # nothing but spaces, hyphens and the like between
    is_first: bool  # begins a word of its script


@dataclass(frozen=True, slots=True)
class _Term:
    forms: tuple[str, ...]
    is_cased: bool
    is_short: bool
    word_starts: frozenset[int]  # forms that begin a Korean word in the term itself
    group: SynonymGroup


@dataclass(slots=True)
class _Node:
    children: dict[str, "_Node"] = field(default_factory=dict)
    term: _Term | None = None


# -- text to units


def _units(text: str) -> Iterator[_Unit]:
    before, end = "", 0
    for match in _UNIT.finditer(text):
        form = unicodedata.normalize("NFKC", match.group())
        is_hangul, was_hangul = _is_hangul(form), _is_hangul(before)
        gap = text[end : match.start()]
        is_latin = bool(before) and not (is_hangul or was_hangul)
        is_glued = bool(before) and not gap
        yield _Unit(
            form=form,
            folded=form.casefold(),
            start=match.start(),
            end=match.end(),
            is_hangul=is_hangul,
            is_glued=is_glued,
            is_linked=bool(before) and _is_soft(gap, is_latin, before, form),
            is_first=not (is_glued and is_hangul and was_hangul),
        )
        before, end = form, match.end()


def _is_hangul(form: str) -> bool:
    return "\uac00" <= form[:1] <= "\ud7a3"


def _is_soft(gap: str, is_latin: bool, before: str, form: str) -> bool:
    if "." in gap and not (gap == "." and before[-1].isdigit() and form[0].isdigit()):
        return False  # a full stop parts, 2.5 does not
    return (_LATIN_GAP if is_latin else _SOFT_GAP).fullmatch(gap) is not None


def _key(term: str) -> tuple[str, ...]:
    return tuple(unit.folded for unit in _units(unicodedata.normalize("NFC", term)))


def _singulars(word: str) -> tuple[str, ...]:
    """Return the word and what it may be the plural of, in English or French."""
    if len(word) < 3 or not word.endswith("s"):
        return (word,)
    if word.endswith("ies"):
        return (word, word[:-1], word[:-3] + "y")
    return (word, word[:-1], word[:-2]) if word.endswith("es") else (word, word[:-1])


# -- look-up


class Synonyms:
    """The groups, ready to be looked up; never changed after it is built."""

    def __init__(self, groups: Iterable[SynonymGroup]) -> None:
        """Index every term; raises ValueError where two groups share one."""
        self.groups = tuple(groups)
        self._root = _Node()
        for group in self.groups:
            for name in group.terms:
                self._add(name, group)

    def find(self, text: str) -> tuple[Found, ...]:
        """Return the terms in a text, in its order; the longest first, and none overlaps another.

        `start` and `end` are characters of the NFC text.
        """
        text = unicodedata.normalize("NFC", text)
        spans = self._spans(list(_units(text)))
        return tuple(Found(text[a:b], a, b, term.group) for a, b, term in spans)

    def find_nested(self, text: str) -> tuple[Found, ...]:
        """Return what `find` returns and the terms inside of those: 폐수 within 폐수 처리."""
        text = unicodedata.normalize("NFC", text)
        units = list(_units(text))
        outer = [(a, b) for a, b, _ in self._spans(units)]
        return tuple(
            Found(text[start:end], start, end, term.group)
            for first in range(len(units))
            for last, term in self._from(units, first)
            for start, end in [(units[first].start, units[last].end)]
            if any(a <= start and end <= b for a, b in outer)
        )

    def expand(self, terms: Sequence[str]) -> tuple[Found, ...]:
        """Return what consecutive words or phrases name, each group once, in their order.

        `start` and `end` are places in `terms`, end excluded. Keep the case of the text: RO is
        reverse osmosis, ro is not.
        """
        units: list[_Unit] = []
        for place, term in enumerate(terms):
            for unit in _units(unicodedata.normalize("NFC", term)):
                is_new = not unit.start or not units or units[-1].start != place
                units.append(
                    _Unit(
                        form=unit.form,
                        folded=unit.folded,
                        start=place,
                        end=place + 1,
                        is_hangul=unit.is_hangul,
                        is_glued=unit.is_glued and not is_new,
                        is_linked=unit.is_linked or is_new,
                        is_first=unit.is_first or is_new,
                    )
                )
        found: dict[int, Found] = {}
        for a, b, match in self._spans(units):
            found.setdefault(id(match.group), Found(" ".join(terms[a:b]), a, b, match.group))
        return tuple(found.values())

    def _add(self, term: str, group: SynonymGroup) -> None:
        units = list(_units(unicodedata.normalize("NFC", term)))
        forms = tuple(unit.form for unit in units)
        if not forms:
            raise ValueError(f"'{term}'에는 글자가 없습니다")
        node = self._root
        for form in forms:
            node = node.children.setdefault(form.casefold(), _Node())
        if node.term is not None and node.term.group is not group:
            raise ValueError(f"'{term}'이(가) '{node.term.group.korean[0]}' 묶음에도 있습니다")
        if node.term is None:
            node.term = _Term(
                forms=forms,
                is_cased=term in group.cased or _is_short_abbreviation("".join(forms)),
                is_short=all(map(_is_hangul, forms)) and len(forms) <= _SHORT_SYLLABLES,
                word_starts=frozenset(i for i, unit in enumerate(units) if unit.is_first),
                group=group,
            )

    def _spans(self, units: Sequence[_Unit]) -> list[tuple[int, int, _Term]]:
        """Return (start, end, term) in order, the longest chosen first."""
        candidates = [
            (first, last, term)
            for first in range(len(units))
            for last, term in self._from(units, first)
        ]
        candidates.sort(key=lambda c: (-_width(units, c[0], c[1]), c[0]))
        taken = [False] * len(units)
        chosen: list[tuple[int, int, _Term]] = []
        for first, last, term in candidates:
            if not any(taken[first : last + 1]):
                taken[first : last + 1] = [True] * (last + 1 - first)
                chosen.append((first, last, term))
        chosen.sort(key=lambda c: c[0])
        return [(units[first].start, units[last].end, term) for first, last, term in chosen]

    def _from(self, units: Sequence[_Unit], first: int) -> Iterator[tuple[int, _Term]]:
        """Yield the last unit and the term of everything that begins at `first`."""
        nodes = [self._root]
        for last in range(first, len(units)):
            unit = units[last]
            if last > first and not unit.is_linked:
                return
            names = (unit.folded,) if unit.is_hangul else _singulars(unit.folded)
            nodes = [n.children[name] for n in nodes for name in names if name in n.children]
            if not nodes:
                return
            for node in nodes:
                if node.term is not None and _stands(node.term, units[first : last + 1]):
                    yield last, node.term


def _is_short_abbreviation(letters: str) -> bool:
    return len(letters) <= _CASED_LETTERS and letters.isascii() and letters.isupper()


def _width(units: Sequence[_Unit], first: int, last: int) -> int:
    return sum(len(unit.form) for unit in units[first : last + 1])


def _stands(term: _Term, units: Sequence[_Unit]) -> bool:
    """Tell whether the units are this term by the rules of case and of Korean word boundaries."""
    if term.is_cased:
        pairs = zip(term.forms, units, strict=True)
        return all(unit.form in (form, form + "s") for form, unit in pairs)
    if not units[0].is_hangul:
        return True
    gaps = [i for i, unit in enumerate(units) if i and unit.is_hangul and not unit.is_glued]
    if not gaps:
        return units[0].is_first or not term.is_short
    if term.is_short or not units[0].is_first:
        return False
    ends = [*gaps[1:], len(units)]
    # a lone syllable behind a space may belong to another word: 농업용 수로 is no 농업용수
    return all(
        end - gap > 1 or gap in term.word_starts for gap, end in zip(gaps, ends, strict=True)
    )


# -- the table


def parse_synonyms(text: str, file: str = SYNONYMS) -> Synonyms:
    """Parse the table; raises UnreadableFile with the line of the first broken row."""
    groups: list[SynonymGroup] = []
    seen: dict[tuple[str, ...], int] = {}
    for line, row in _rows(text, file):
        group = _group(row, file, line)
        for term in group.terms:
            key = _key(term)
            if not key:
                raise _broken(file, line, f"'{term}'에는 글자가 없습니다")
            if seen.setdefault(key, line) != line:
                raise _broken(file, line, f"'{term}'은(는) {seen[key]}행에도 있습니다")
        groups.append(group)
    return Synonyms(groups)


def _rows(text: str, file: str) -> Iterator[tuple[int, Mapping[str, str]]]:
    has_head = False
    for number, line in enumerate(text.lstrip("\ufeff").split("\n"), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        cells = [cell.strip() for cell in line.rstrip("\r").split("\t")]
        if has_head and len(cells) != len(_COLUMNS):
            what = f"칸이 {len(_COLUMNS)}개여야 하는데 {len(cells)}개입니다"
            raise _broken(file, number, what)
        if not has_head and tuple(cells) != _COLUMNS:
            raise _broken(file, number, f"첫 줄의 열은 {', '.join(_COLUMNS)}입니다")
        if has_head:
            yield number, dict(zip(_COLUMNS, cells, strict=True))
        has_head = True


def _group(row: Mapping[str, str], file: str, line: int) -> SynonymGroup:
    if row["sector"] not in sectors():
        raise _broken(file, line, f"'{row['sector']}'은(는) 없는 분야 코드입니다")
    written = {name: _split(row[name]) for name in LANGUAGES}
    terms = {
        name: tuple(term.removeprefix(_EXACT_MARK) for term in listed)
        for name, listed in written.items()
    }
    marked = (t for listed in written.values() for t in listed if t.startswith(_EXACT_MARK))
    if not terms["ko"] or not terms["en"]:
        raise _broken(file, line, "국문과 영문이 하나 이상 있어야 합니다")
    return SynonymGroup(
        sector=row["sector"],
        korean=terms["ko"],
        english=terms["en"],
        abbreviations=terms["abbr"],
        foreign=tuple((name, term) for name in LANGUAGES[3:] for term in terms[name]),
        cased=tuple(term.removeprefix(_EXACT_MARK) for term in marked),
    )


def _split(cell: str) -> tuple[str, ...]:
    names = (unicodedata.normalize("NFC", name).strip() for name in cell.split("|"))
    return tuple(dict.fromkeys(name for name in names if name))


def _broken(file: str, line: int, what: str) -> UnreadableFile:
    return UnreadableFile(f"{file} {line}행: {what}.", file=file, line=line)


def read_synonyms(path: Path) -> Synonyms:
    """Read a table from a file of one's own; raises UnreadableFile."""
    try:
        return parse_synonyms(path.read_text(encoding="utf-8"), path.name)
    except (OSError, UnicodeDecodeError) as error:
        raise UnreadableFile(f"{path.name}: 읽을 수 없습니다({error}).", file=path.name) from error


@cache
def synonyms() -> Synonyms:
    """Return the table that ships with the package."""
    table = resources.files("matcher").joinpath("tables", SYNONYMS)
    return parse_synonyms(table.read_text(encoding="utf-8"))


def expand(terms: Sequence[str]) -> tuple[Found, ...]:
    """Return what `terms` name in the table that ships with the package: `Synonyms.expand`."""
    return synonyms().expand(terms)
