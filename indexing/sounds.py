"""Words that are written by ear: graphene is 그래핀, Surabaya 수라바야, whatever a table of words has seen.

Names, substances and loanwords are spelt anew in Korean. How likely letters and jamo stand for each
other is learned by `indexing.sound_learning`: a word and its spelling are a row of pairs of one or two
letters and up to three jamo (joint multigrams, Bisani and Ney 2008), weighed against two words that have
nothing to do with each other (transliteration mining, Sajjad et al. 2012). docs/decisions/0022.
"""

import gzip
import hashlib
import math
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable

from rapidfuzz import process
from rapidfuzz.distance import Levenshtein

SHIPPED = files("indexing").joinpath("word_tables", "sounds.tsv.gz")
Row = tuple[str, str, str, float]
"""Of what (PAIR, LETTER or SYLLABLE), the two it is of, and the logarithm of its probability."""
PAIR, LETTER, SYLLABLE = "pair", "letter", "syllable"
MOST_LETTERS, MOST_JAMO = 2, 3
"""Of one pair: sh is ㅅㅣ, x is ㄱㅅㅡ. Every jamo is of some letter; letters may be silent."""
SHORTEST_FOREIGN, SHORTEST_KOREAN, LONGEST_KOREAN = 4, 2, 12
"""Letters and syllables: shorter words sound like too many, longer ones are compounds."""
EVEN = 5.0
"""Weight (`Sounds.weight`) of two words that are as likely one word as not."""
SMALLEST = 0.05
"""Spellings that are less likely than this are left out."""
FAINT = EVEN + math.log(SMALLEST)
"""Weight below which a spelling is certainly less likely than SMALLEST."""
LIKENESS = 0.7
CANDIDATES = 30
"""Words whose rough sounds are at least so alike, and at most so many, are looked at closely."""
NEVER = -1e9
UNSEEN = math.log(1e-3)

FOREIGN = re.compile(r"[a-z\u00df-\u024f\u1e00-\u1eff'-]+")
KOREAN = re.compile(r"[가-힣]+")
INITIALS = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"
VOWELS = "ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ"
FINALS = " ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㆁㅈㅊㅋㅌㅍㅎ"  # the final ㅇ, which is heard
CLASSES = str.maketrans(
    "ㄱㄲㅋㄷㄸㅌㅂㅃㅍㅅㅆㅈㅉㅊㄴㅁㄹㅎㆁ" + VOWELS, "kkktttpppsscccnmlhn" + "a" * len(VOWELS)
)
LETTERS = (  # what is heard, roughly and in any language; order matters
    (r"tion|sion", "sn"), ("ph", "p"), ("ch", "C"), ("sh", "s"), ("th", "t"), ("ck|qu|q", "k"),
    ("x", "ks"), ("[gk]n|ng(?![aeiouy])", "n"), ("c(?=[eiy])", "s"), ("g(?=[eiy])", "C"), ("[cg]", "k"), ("[jz]", "C"),
    ("d", "t"), ("[bfv]", "p"), ("r(?=[aeiouyw])", "l"), ("r", ""), ("[aeiouyw]+", "a"), ("C", "c"),
)  # fmt: skip


@lru_cache(200_000)
def letters(word: str) -> str:
    """Return a word's letters without their marks, a to z (đường is duong)."""
    plain = word.replace("đ", "d").replace("ß", "ss").replace("ł", "l")
    return re.sub("[^a-z]", "", unicodedata.normalize("NFKD", plain))


@lru_cache(200_000)
def jamo(word: str) -> str:
    """Return the letters of a word in Hangul without the silent ㅇ."""
    heard = []
    for syllable in word:
        initial, rest = divmod(ord(syllable) - ord("가"), len(VOWELS) * len(FINALS))
        vowel, final = divmod(rest, len(FINALS))
        heard.append(INITIALS[initial].replace("ㅇ", "") + VOWELS[vowel] + FINALS[final].strip())
    return "".join(heard)


@lru_cache(200_000)
def rough_sound(word: str) -> str:
    """Return what is heard in a word of either script, coarsely: classes of consonants, and an "a" for
    the vowels between them.
    """
    if KOREAN.fullmatch(word):
        heard = jamo(word).replace("ㅡ", "").translate(CLASSES)
    else:
        heard = letters(word)
        for pattern, sound in LETTERS:
            heard = re.sub(pattern, sound, heard)
    return re.sub(r"(.)\1+", r"\1", heard)


def is_foreign(word: str) -> bool:
    """True for a word in Latin letters that is long enough to be known by its sound."""
    return bool(FOREIGN.fullmatch(word)) and len(letters(word)) >= SHORTEST_FOREIGN


def is_korean(word: str) -> bool:
    """True for a word in Hangul that may be one that is written by ear."""
    return bool(KOREAN.fullmatch(word)) and SHORTEST_KOREAN <= len(word) <= LONGEST_KOREAN


class Sounds:
    """How likely two words are one that is spelt in two scripts; never changed after it is built."""

    def __init__(self, rows: Iterable[Row] = ()) -> None:
        """Take pairs of (letters, jamo), of (letter, the one before it) and ("", syllable)."""
        rows = tuple(rows)
        self.digest = hashlib.sha256(repr(rows).encode()).hexdigest()
        self._pairs: defaultdict[str, dict[str, float]] = defaultdict(dict)
        self._letters: dict[tuple[str, str], float] = {}
        self._syllables: dict[str, float] = {}
        for kind, left, right, likely in rows:
            if kind == PAIR:
                self._pairs[left][right] = likely
            elif kind == LETTER:
                self._letters[left, right] = likely
            else:
                self._syllables[right] = likely
        self._rarest = min(self._syllables.values(), default=0.0)
        self._cheapest = max(  # logarithm for each letter or jamo
            (
                likely / len(left + right)
                for left, others in self._pairs.items()
                for right, likely in others.items()
            ),
            default=0.0,
        )
        self._foreign, self._korean = (
            lru_cache(100_000)(self._spelt),
            lru_cache(100_000)(self._said),
        )

    def __bool__(self) -> bool:
        """True where anything was learned."""
        return bool(self._pairs)

    def weight(self, foreign: str, korean: str, least: float = NEVER) -> float:
        """Return the logarithm of how much more likely the two are one word than two by chance.

        By the likeliest row of pairs; chance knows which letters follow each other and how common a
        syllable is, so that words of everyday Korean are not taken for names. What is below `least`
        may be given as less than it is.
        """
        apart = self._foreign(letters(foreign)) + self._korean(korean)
        return self._together(letters(foreign), jamo(korean), least + apart) - apart

    def _together(self, left: str, right: str, least: float) -> float:
        """Return the logarithm of how likely the likeliest row of pairs is; NEVER below `least`."""
        best = [[NEVER] * (len(right) + 1) for _ in range(len(left) + 1)]
        best[0][0] = 0.0
        for i in range(len(left) + 1):
            chunks = [
                self._pairs.get(left[i : i + size], {}) for size in range(1, MOST_LETTERS + 1)
            ]
            rows = best[i : i + MOST_LETTERS + 1]
            rest = len(left) + len(right) - i
            for j, so_far in enumerate(rows[0]):
                # what is left costs at least as much as the cheapest pairs do
                if so_far + (rest - j) * self._cheapest < least or so_far == NEVER:
                    continue
                for chunk, row in zip(chunks, rows[1:], strict=False):
                    for end in range(j, min(j + MOST_JAMO, len(right)) + 1):
                        likely = chunk.get(right[j:end])
                        if likely is not None and so_far + likely > row[end]:
                            row[end] = so_far + likely
        return best[-1][-1]

    def _spelt(self, left: str) -> float:
        return math.fsum(
            self._letters.get((letter, before), UNSEEN)
            for before, letter in zip(" " + left, left, strict=False)
        )

    def _said(self, korean: str) -> float:
        return math.fsum(self._syllables.get(syllable, self._rarest) for syllable in korean)


NO_SOUNDS = Sounds()


class SoundIndex:
    """The words of a collection that may be spelt by ear, to be asked in both directions."""

    def __init__(self, vocabulary: Iterable[str], sounds: Sounds) -> None:
        """Keep the words, as the analyzer writes them; they are looked at when first asked."""
        self._vocabulary = tuple(vocabulary) if sounds else ()
        self._sounds = sounds
        self._known: dict[bool, tuple[list[str], list[str]]] = {}
        self._found = lru_cache(20_000)(self._find)

    def of(self, word: str) -> Mapping[str, float]:
        """Return the words of the other script that are this one, with how likely each is.

        The shares of all and of none of them being it add up to 1; most likely none is.
        """
        return self._found(word) if self._vocabulary else {}

    def _find(self, word: str) -> Mapping[str, float]:
        is_from_korean = is_korean(word)
        sound = rough_sound(word) if is_from_korean or is_foreign(word) else ""
        if len(sound) < 2:
            return {}
        words, heard = self._words(is_from_korean)
        near = process.extract(
            sound,
            heard,
            scorer=Levenshtein.normalized_similarity,
            score_cutoff=LIKENESS,
            limit=CANDIDATES,
        )
        chance = {}
        for _, _, row in near:
            pair = (words[row], word) if is_from_korean else (word, words[row])
            chance[words[row]] = math.exp(self._sounds.weight(*pair, least=FAINT))
        whole = math.exp(EVEN) + math.fsum(chance.values())
        return {form: share / whole for form, share in chance.items() if share >= SMALLEST * whole}

    def _words(self, is_foreign_asked: bool) -> tuple[list[str], list[str]]:
        """Return the words of one script and the rough sound of each."""
        if is_foreign_asked not in self._known:
            fits = is_foreign if is_foreign_asked else is_korean
            words = sorted(word for word in self._vocabulary if fits(word))
            self._known[is_foreign_asked] = words, [rough_sound(word) for word in words]
        return self._known[is_foreign_asked]


def read_sounds(file: Traversable = SHIPPED) -> Sounds:
    """Read what `indexing.sound_learning` wrote; what ships with the package by default."""
    lines = gzip.decompress(file.read_bytes()).decode().splitlines()
    rows = (line.split("\t") for line in lines)
    return Sounds((kind, left, right, float(likely)) for kind, left, right, likely in rows)
