"""Which kind of project a text asks for or offers (project_type_cues.tsv), and how kinds agree.

Apart from technology: the same filter can be bought, studied, piloted or taught. Spans point into
the NFC text. Staff edit both tables; a broken row is refused with its file and line.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from types import MappingProxyType

from matcher.errors import UnreadableFile
from matcher.vocabulary import guess_language, project_type, project_types

CUES = "project_type_cues.tsv"
AGREEMENT = "project_type_agreement.tsv"
_CUE_COLUMNS = ("type", "side", "language", "weight", "cue", "unless")
_AGREEMENT_COLUMNS = ("need", "offering", "agreement", "reason")
_SIDES = ("need", "offering")
_CANCEL = "*"
_ANY = "*"

_DEFAULT_OFFERING = "facility"  # most offerings are products and do not say so
_ASSUMED_POINTS = 1.5
_LEAD_FACTOR = 1.5  # the first sentence says what a text is about
_MIN_POINTS = 1.0  # below, nothing was said
_MIN_ALSO_POINTS = 2.0
_ALSO_SHARE = 0.5  # of the main type's points
_REPEAT_FACTOR = 0.5  # a further cue of the same type adds half its weight
_CONTEXT_CHARS = 60  # how far around a cue its cancelling context is looked for

_NEUTRAL = 0.5
_SAME = 1.0
_UNLISTED = 0.2
_SECONDARY_FACTOR = 0.8  # a type that either side only mentions counts for less

_LETTER = "0-9A-Za-z\u00c0-\u024f\u1e00-\u1eff"
_UNSPACED = frozenset({"ko", "zh", "ja"})
_UNKNOWN_LATIN = ("en", "id", "fr")  # scripts do not tell these apart
_SPOKEN = {"ms": ("id",)}  # Malay shares the words of Indonesian
_LEAD_END = re.compile(r"[.。!?؟](?=\s|$)|。|\n|\s[—–-]\s")


@dataclass(frozen=True, slots=True)
class Cue:
    """Words that give a project type away: `text[start:end]` of the NFC text."""

    code: str
    start: int
    end: int
    weight: float


@dataclass(frozen=True, slots=True)
class ProjectTypes:
    """What a text asks for or offers; `all` holds every cue in text order, `also` lesser types.

    `main` is None where a need says nothing. An offering without cues is 설비 구축: no span to quote.
    """

    main: str | None
    all: tuple[Cue, ...] = ()
    also: tuple[str, ...] = ()

    @property
    def codes(self) -> tuple[str, ...]:
        """The types, the main one first."""
        return (self.main, *self.also) if self.main is not None else self.also

    def cues(self, code: str) -> tuple[Cue, ...]:
        """Return the cues of one type, the weightiest first, for quoting."""
        mine = (cue for cue in self.all if cue.code == code)
        return tuple(sorted(mine, key=lambda cue: (-cue.weight, cue.start)))


@dataclass(frozen=True, slots=True)
class CueRule:
    """One row of the cue table; `code` is "*" for context that cancels what it overlaps."""

    code: str
    sides: tuple[str, ...]
    language: str
    weight: float
    pattern: re.Pattern[str]
    unless: re.Pattern[str] | None


# -- tables


def _read_table(name: str) -> str:
    return resources.files("matcher").joinpath("tables", name).read_text(encoding="utf-8")


def _rows(text: str, columns: Sequence[str], file: str) -> Iterable[tuple[int, dict[str, str]]]:
    head: list[str] | None = None
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        cells = line.rstrip("\r").split("\t")
        if head is None:
            head = cells
            if missing := [column for column in columns if column not in head]:
                raise _broken(file, number, f"'{missing[0]}' 열이 없습니다")
        elif len(cells) != len(head):
            raise _broken(file, number, f"칸이 {len(head)}개여야 하는데 {len(cells)}개입니다")
        else:
            yield number, dict(zip(head, cells, strict=True))


def _broken(file: str, line: int, what: str) -> UnreadableFile:
    return UnreadableFile(f"{file} {line}행: {what}.", file=file, line=line)


def parse_cues(text: str, file: str = CUES) -> tuple[CueRule, ...]:
    """Parse the cue table; raises UnreadableFile with the line of the first broken row."""
    return tuple(_rule(row, file, line) for line, row in _rows(text, _CUE_COLUMNS, file))


def _rule(row: Mapping[str, str], file: str, line: int) -> CueRule:
    code, side, language = row["type"], row["side"], row["language"]
    if code != _CANCEL and code not in project_types():
        raise _broken(file, line, f"'{code}'은(는) 없는 협력유형 코드입니다")
    if side not in (*_SIDES, "both"):
        raise _broken(file, line, f"side는 need, offering, both 중 하나입니다('{side}')")
    try:
        return CueRule(
            code=code,
            sides=_SIDES if side == "both" else (side,),
            language=language,
            weight=float(row["weight"]),
            pattern=_pattern(row["cue"], language),
            unless=_pattern(row["unless"], language) if row["unless"] else None,
        )
    except (ValueError, re.error) as error:
        raise _broken(file, line, f"값을 읽을 수 없습니다({error})") from error


def _pattern(expression: str, language: str) -> re.Pattern[str]:
    expression = unicodedata.normalize("NFC", expression)
    if not expression:
        raise ValueError("빈 표현")
    has_small_letter = re.search(r"(?<!\\)[a-z\u00df-\u024f\u1e00-\u1eff]", expression)
    flags = re.IGNORECASE if has_small_letter else 0
    expression = expression.replace(" ", r"\s+")
    if language in _UNSPACED:
        return re.compile(expression, flags)
    return re.compile(rf"(?<![{_LETTER}])(?:{expression})(?![{_LETTER}])", flags)


@cache
def _rules(side: str, languages: tuple[str, ...]) -> tuple[CueRule, ...]:
    wanted = {*languages, "any"}
    return tuple(r for r in _all_rules() if side in r.sides and r.language in wanted)


@cache
def _all_rules() -> tuple[CueRule, ...]:
    return parse_cues(_read_table(CUES))


# -- detection


def need_types(
    text: str, *, language: str | None = None, cooperation_type: str | None = None
) -> ProjectTypes:
    """Tell what a need asks for; a cooperation type that names a known project type is the main one.

    Without `language` the script decides, and every Latin-script table where it cannot.
    """
    found = _detect(text, "need", language)
    stated = _stated(cooperation_type)
    if not stated:
        return found
    return ProjectTypes(stated[0], found.all, _without(stated[0], (*stated, *found.codes)))


def offering_types(text: str, *, language: str | None = None) -> ProjectTypes:
    """Tell what an offering sells; equipment and products (설비 구축) unless the text says other."""
    return _detect(text, "offering", language)


def _stated(cooperation_type: str | None) -> tuple[str, ...]:
    """Return the types that the field names: as a whole, else by its parts."""
    if not cooperation_type:
        return ()
    pieces = [cooperation_type, *re.split(r"[,/;·|+&]|\s및\s", cooperation_type)]
    codes = [code for piece in pieces if (code := project_type(piece))]
    return tuple(dict.fromkeys(codes))


def _without(main: str, codes: Iterable[str]) -> tuple[str, ...]:
    return tuple(code for code in dict.fromkeys(codes) if code != main)


def _detect(text: str, side: str, language: str | None) -> ProjectTypes:
    text = unicodedata.normalize("NFC", text)
    cues = find_cues(text, _rules(side, _languages(text, language)))
    points = _points(cues, _lead_end(text), {_DEFAULT_OFFERING} if side == "offering" else ())
    first = {cue.code: -cue.start for cue in reversed(cues)}
    order = sorted(points, key=lambda c: (points[c], first.get(c, -len(text))), reverse=True)
    if not order or points[order[0]] < _MIN_POINTS:
        return ProjectTypes(None, cues)
    main = order[0]
    line = max(_MIN_ALSO_POINTS, _ALSO_SHARE * points[main])
    return ProjectTypes(main, cues, tuple(c for c in order[1:] if points[c] >= line))


def _languages(text: str, language: str | None) -> tuple[str, ...]:
    code = (language or "").split("-")[0].lower() or guess_language(text)
    if code is None:
        return _UNKNOWN_LATIN
    return ("ko", "en") if code == "ko" else _SPOKEN.get(code, (code,))


def _lead_end(text: str) -> int:
    match = _LEAD_END.search(text, len(text) - len(text.lstrip()))
    return match.start() if match else len(text)


def find_cues(text: str, rules: Iterable[CueRule]) -> tuple[Cue, ...]:
    """Return the cues in NFC text, in text order; of two of one type that overlap, the weightier."""
    found: list[Cue] = []
    cancelled: list[tuple[int, int]] = []
    for rule in rules:
        for match in rule.pattern.finditer(text):
            if rule.code == _CANCEL:
                cancelled.append(match.span())
            elif match.end() > match.start() and not _is_cancelled(text, rule, match.span()):
                found.append(Cue(rule.code, match.start(), match.end(), rule.weight))
    standing = [cue for cue in found if not any(_overlap(cue, span) for span in cancelled)]
    standing.sort(key=lambda cue: (-cue.weight, cue.start - cue.end, cue.start, cue.code))
    kept: list[Cue] = []
    for cue in standing:
        if not any(k.code == cue.code and _overlap(k, (cue.start, cue.end)) for k in kept):
            kept.append(cue)
    return tuple(sorted(kept, key=lambda cue: (cue.start, cue.end, cue.code)))


def _overlap(cue: Cue, span: tuple[int, int]) -> bool:
    return cue.start < span[1] and span[0] < cue.end


def _is_cancelled(text: str, rule: CueRule, span: tuple[int, int]) -> bool:
    if rule.unless is None:
        return False
    start, stop = max(0, span[0] - _CONTEXT_CHARS), span[1] + _CONTEXT_CHARS
    contexts = rule.unless.finditer(text, start, stop)
    return any(c.start() < span[1] and span[0] < c.end() for c in contexts)


def _points(cues: Sequence[Cue], lead_end: int, assumed: Iterable[str]) -> dict[str, float]:
    """Sum the cues of each type: the weightiest in full, further ones by half."""
    weights = {code: [_ASSUMED_POINTS] for code in assumed}
    for cue in cues:
        factor = _LEAD_FACTOR if cue.start < lead_end else 1.0
        weights.setdefault(cue.code, []).append(cue.weight * factor)
    return {c: max(w) + _REPEAT_FACTOR * (sum(w) - max(w)) for c, w in weights.items()}


# -- agreement


@cache
def _agreements() -> Mapping[tuple[str, str], float]:
    return MappingProxyType(parse_agreements(_read_table(AGREEMENT)))


def parse_agreements(text: str, file: str = AGREEMENT) -> dict[tuple[str, str], float]:
    """Parse the agreement table; raises UnreadableFile with the line of the first broken row."""
    table: dict[tuple[str, str], float] = {}
    for line, row in _rows(text, _AGREEMENT_COLUMNS, file):
        pair = (row["need"], row["offering"])
        for code in pair:
            if code not in project_types() and (code != _ANY or code == pair[0]):
                raise _broken(file, line, f"'{code}'은(는) 없는 협력유형 코드입니다")
        try:
            value = float(row["agreement"])
        except ValueError as error:
            raise _broken(file, line, f"'{row['agreement']}'은(는) 수가 아닙니다") from error
        if not 0.0 <= value <= 1.0:
            raise _broken(file, line, f"agreement는 0에서 1 사이입니다({value})")
        if pair in table:
            raise _broken(file, line, f"{pair[0]}와 {pair[1]}의 짝이 두 번 나옵니다")
        table[pair] = value
    return table


def agreement(need: ProjectTypes, offering: ProjectTypes) -> float:
    """Return how well the offered kinds answer the asked ones, 0..1; 0.5 where either is unknown.

    The best pair of types counts; a type that is not the main one of its side weighs 0.8.
    """
    if need.main is None or offering.main is None:
        return _NEUTRAL
    return max(
        _pair_agreement(asked, offered)
        * (1.0 if asked == need.main else _SECONDARY_FACTOR)
        * (1.0 if offered == offering.main else _SECONDARY_FACTOR)
        for asked in need.codes
        for offered in offering.codes
    )


def _pair_agreement(asked: str, offered: str) -> float:
    table = _agreements()
    if asked == offered:
        return table.get((asked, offered), _SAME)
    return table.get((asked, offered), table.get((asked, _ANY), _UNLISTED))
