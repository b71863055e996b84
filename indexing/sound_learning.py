"""Learning how words are spelt by ear in Korean, from the table of words alone.

Among the pairs of words that `indexing.word_alignment` learned are some thousand names and loanwords
(bioethanol and 바이오에탄올). They are sought by their rough sounds first; from those it learns how letters and
jamo stand for each other (expectation maximisation over joint multigrams), and seeks again with what
it has learned. No list of such words is needed.

Run: python -m indexing.sound_learning   (make train does; docs/decisions/0022 says what was measured)
"""

import argparse
import gzip
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

from rapidfuzz.distance import Levenshtein

from indexing.sounds import (
    LETTER,
    MOST_JAMO,
    MOST_LETTERS,
    PAIR,
    SYLLABLE,
    Row,
    Sounds,
    is_foreign,
    is_korean,
    jamo,
    letters,
    rough_sound,
)
from indexing.translations import read_table

ROUNDS, ITERATIONS = 3, 6
STRONGEST_DOUBT = 0.05
"""Strength of a pair of words below which the table itself does not believe in it."""
ALIKE = 0.75
"""Likeness of the rough sounds of two words that are taken for one at first."""
SURE = 4.0
"""Weight of two words (`Sounds.weight`) that are taken for one afterwards."""
RARE = 0.3
"""Times that a pair of letters and jamo is expected, below which it is forgotten."""
SIZES = [
    (left, right)
    for left in range(1, MOST_LETTERS + 1)
    for right in range(MOST_JAMO + 1)
    if left + right <= MOST_JAMO + 1
]

Words = tuple[str, str]
Spelling = dict[Words, float]


def learn(table: Iterable[tuple[str, str, float]]) -> list[Row]:
    """Return what `Sounds` is made of, sorted, from (foreign word, Korean word, strength)."""
    pairs = sorted(
        (foreign, korean)
        for foreign, korean, strength in table
        if strength >= STRONGEST_DOUBT and is_foreign(foreign) and is_korean(korean)
    )
    chance = _chance(pairs)
    same = [pair for pair in pairs if _likeness(*pair) >= ALIKE]
    rows = chance
    for _ in range(ROUNDS):
        spelling = _spelling([(letters(foreign), jamo(korean)) for foreign, korean in same])
        rows = chance + [(PAIR, *pair, math.log(share)) for pair, share in spelling.items()]
        sounds = Sounds(rows)
        same = [pair for pair in pairs if sounds.weight(*pair) > SURE]
        print(f"귀로 적은 낱말 짝 {len(same):,}건, 글자 짝 {len(spelling):,}가지", flush=True)
    return sorted(rows)


def _likeness(foreign: str, korean: str) -> float:
    left, right = rough_sound(foreign), rough_sound(korean)
    return Levenshtein.normalized_similarity(left, right) if min(len(left), len(right)) > 1 else 0.0


def _chance(pairs: Sequence[Words]) -> list[Row]:
    """Return how likely a letter follows another, and each syllable, over different words."""
    following: Counter[Words] = Counter()
    before: Counter[str] = Counter()
    for word in {letters(foreign) for foreign, _ in pairs}:
        for last, letter in zip(" " + word, word, strict=False):
            following[letter, last] += 1
            before[last] += 1
    syllables = Counter(syllable for word in {korean for _, korean in pairs} for syllable in word)
    return [
        *((LETTER, *pair, math.log(n / before[pair[1]])) for pair, n in following.items()),
        *((SYLLABLE, "", one, math.log(n / syllables.total())) for one, n in syllables.items()),
    ]


def _spelling(words: Sequence[Words]) -> Spelling:
    """Return how likely each pair of letters and jamo is, by expectation maximisation."""
    spelling: Spelling = {}
    for _ in range(ITERATIONS):
        counts: defaultdict[Words, float] = defaultdict(float)
        for left, right in words:
            _expect(left, right, spelling, counts)
        whole = math.fsum(counts.values())
        spelling = {pair: count / whole for pair, count in counts.items() if count > RARE}
    return spelling


def _expect(left: str, right: str, spelling: Spelling, counts: defaultdict[Words, float]) -> None:
    """Add how often each pair is expected in one word's spelling (forward and backward sums)."""
    steps = []  # from which place, to which, by which pair, how likely; in the order of places
    forward: defaultdict[tuple[int, int], float] = defaultdict(float, {(0, 0): 1.0})
    for i in range(len(left) + 1):
        for j in range(len(right) + 1):
            so_far = forward.get((i, j), 0.0)
            for here, there in SIZES if so_far else ():
                pair, place = (left[i : i + here], right[j : j + there]), (i + here, j + there)
                if place[0] > len(left) or place[1] > len(right):
                    continue
                # at first what is shorter is likelier, one letter for one jamo most of all
                likely = spelling.get(pair, 0.0) if spelling else 0.1 ** max(2, here + there)
                if likely:
                    steps.append(((i, j), place, pair, likely))
                    forward[place] += so_far * likely
    end = (len(left), len(right))
    if not forward[end]:  # no longer a word that these pairs can spell
        return
    backward: defaultdict[tuple[int, int], float] = defaultdict(float, {end: 1.0})
    for place, after, pair, likely in reversed(steps):
        backward[place] += likely * backward[after]
        counts[pair] += forward[place] * likely * backward[after] / forward[end]


def write_sounds(path: Path, rows: Iterable[Row]) -> None:
    """Write the rows; the same rows give the same bytes."""
    lines = (f"{kind}\t{left}\t{right}\t{likely:.4f}\n" for kind, left, right, likely in rows)
    path.write_bytes(gzip.compress("".join(lines).encode(), mtime=0))


def main(arguments: Sequence[str] | None = None) -> int:
    """Learn how words are spelt and write it."""
    parser = argparse.ArgumentParser(
        prog="python -m indexing.sound_learning",
        description="낱말 번역표에서, 외국어 낱말을 한글로 소리 나는 대로 적는 법을 배웁니다. / "
        "Learn from the table of words how foreign words are spelt by ear in Korean.",
    )
    tables = Path("indexing/word_tables")
    parser.add_argument(
        "--table", type=Path, default=tables / "translations.tsv.gz", help="배울 낱말 번역표"
    )
    parser.add_argument("--out", type=Path, default=tables / "sounds.tsv.gz", help="쓸 파일")
    given = parser.parse_args(arguments)
    rows = learn(read_table(given.table))
    write_sounds(given.out, rows)
    print(f"{len(rows):,}줄을 {given.out}에 썼습니다.")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
