"""The words of the trade: code to Korean and English label, and people's spellings back to a code.

Countries, cities, languages, sectors, project types and certificates stand in `matcher/tables`;
staff change them there. Look-ups compare whole names after folding width, case, accents, spaces
and punctuation (`fold`); a name that is not in a table is None or (), never a guess.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources
from types import MappingProxyType

_MIDDLE_DOTS = str.maketrans(dict.fromkeys("ㆍ‧・•∙⋅･", "·"))
_FOLDED_LETTERS = str.maketrans({"đ": "d", "ð": "d", "ı": "i", "ø": "o", "ł": "l", "&": " and "})
_COMBINING = re.compile("[\u0300-\u036f]")
_PLACE_SUFFIX = re.compile(
    r"(특별시|광역시|시|성|주| ?province| ?city| ?governorate)$", re.IGNORECASE
)
_CERTIFICATE_SUFFIX = re.compile(
    r"\s*(인증서|인증|확인서|마크|획득|취득|보유|certifi\w+|mark)$", re.I
)
_WORD_JOINTS = re.compile(r"[;,/·|+\n]|\s및\s|\s&\s|\band\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Country:
    """A country of ISO 3166-1."""

    code: str
    alpha3: str
    ko: str
    en: str


@dataclass(frozen=True, slots=True)
class Language:
    """A language of ISO 639-1."""

    code: str
    ko: str
    en: str


@dataclass(frozen=True, slots=True)
class City:
    """A city or province and the country it lies in."""

    country: str
    ko: str
    en: str


@dataclass(frozen=True, slots=True)
class Sector:
    """A field of technology in one scheme; `is_seoul7` marks the 서울형 7대 녹색산업."""

    scheme: str
    code: str
    ko: str
    en: str
    is_seoul7: bool


@dataclass(frozen=True, slots=True)
class ProjectType:
    """A kind of project, apart from its technology."""

    code: str
    ko: str
    en: str


@dataclass(frozen=True, slots=True)
class Certificate:
    """A kind of certificate; `implies` names what holding it also meets; years None: not known."""

    name: str
    en: str
    implies: tuple[str, ...]
    validity_years: int | None
    renewal_years: int | None


@dataclass(frozen=True, slots=True)
class Place:
    """Country code and city of a place; both None where the text names no known country."""

    country: str | None
    city: str | None


# -- tables


@lru_cache(20_000)
def fold(text: str) -> str:
    """Return the form in which names are compared: letters and digits only, width and case gone."""
    text = unicodedata.normalize("NFKC", text.translate(_MIDDLE_DOTS)).casefold()
    text = unicodedata.normalize("NFKD", text.translate(_FOLDED_LETTERS))
    text = unicodedata.normalize("NFC", _COMBINING.sub("", text))
    return "".join(char for char in text if unicodedata.category(char)[0] in "LNM")


def _rows(name: str) -> list[dict[str, str]]:
    text = resources.files("matcher").joinpath("tables", name).read_text(encoding="utf-8")
    lines = [line for line in text.split("\n") if line and not line.startswith("#")]
    head = lines[0].split("\t")
    return [dict(zip(head, line.split("\t"), strict=True)) for line in lines[1:]]


def _names(row: Mapping[str, str], *columns: str) -> Iterable[str]:
    for column in columns:
        yield from row[column].split("|")


def _index(named: Iterable[tuple[str, Iterable[str]]]) -> Mapping[str, str]:
    """Map each folded name to its code; the first row that claims a name keeps it."""
    found: dict[str, str] = {}
    for code, names in named:
        for name in names:
            if folded := fold(name):
                found.setdefault(folded, code)
    return MappingProxyType(found)


@cache
def countries() -> Mapping[str, Country]:
    """Return every country by code."""
    rows = _rows("countries.tsv")
    return MappingProxyType(
        {r["code"]: Country(r["code"], r["alpha3"], r["ko"], r["en"]) for r in rows}
    )


@cache
def cities() -> tuple[City, ...]:
    """Return the cities and provinces that are known by name."""
    return tuple(City(r["country"], r["ko"], r["en"]) for r in _rows("cities.tsv"))


@cache
def languages() -> Mapping[str, Language]:
    """Return every language by code."""
    rows = _rows("languages.tsv")
    return MappingProxyType({r["code"]: Language(r["code"], r["ko"], r["en"]) for r in rows})


@cache
def sectors(scheme: str = "greenmatch") -> Mapping[str, Sector]:
    """Return the sectors of one scheme by code, in the order of the table."""
    rows = [row for row in _rows("sectors.tsv") if row["scheme"] == scheme]
    return MappingProxyType(
        {r["code"]: Sector(scheme, r["code"], r["ko"], r["en"], r["seoul7"] == "yes") for r in rows}
    )


@cache
def project_types() -> Mapping[str, ProjectType]:
    """Return the project types by code, in the order of the table."""
    rows = _rows("project_types.tsv")
    return MappingProxyType({r["code"]: ProjectType(r["code"], r["ko"], r["en"]) for r in rows})


@cache
def certificates() -> Mapping[str, Certificate]:
    """Return the known certificates by canonical name."""
    return MappingProxyType({r["name"]: _certificate(r) for r in _rows("certificates.tsv")})


def _certificate(row: Mapping[str, str]) -> Certificate:
    return Certificate(
        name=row["name"],
        en=row["en"],
        implies=tuple(filter(None, row["implies"].split("|"))),
        validity_years=int(row["validity_years"]) if row["validity_years"] else None,
        renewal_years=int(row["renewal_years"]) if row["renewal_years"] else None,
    )


@cache
def _country_index() -> Mapping[str, str]:
    columns = ("code", "alpha3", "ko", "en", "aliases")
    return _index((row["code"], _names(row, *columns)) for row in _rows("countries.tsv"))


@cache
def _language_index() -> Mapping[str, str]:
    columns = ("code", "alpha3", "ko", "en", "aliases")
    return _index((row["code"], _names(row, *columns)) for row in _rows("languages.tsv"))


@cache
def _city_index() -> Mapping[str, City]:
    found: dict[str, City] = {}
    for row in _rows("cities.tsv"):
        for name in _names(row, "ko", "en", "aliases"):
            found.setdefault(fold(name), City(row["country"], row["ko"], row["en"]))
    return MappingProxyType({name: city for name, city in found.items() if name})


@cache
def _sector_index(scheme: str) -> Mapping[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for row in _rows("sectors.tsv"):
        if row["scheme"] == scheme:
            for name in {fold(n) for n in (row["code"], *_names(row, "ko", "en", "aliases"))}:
                found[name] = (*found.get(name, ()), row["code"])
    return MappingProxyType({name: codes for name, codes in found.items() if name})


@cache
def _project_type_index() -> Mapping[str, str]:
    columns = ("code", "ko", "en", "aliases")
    return _index((row["code"], _names(row, *columns)) for row in _rows("project_types.tsv"))


@cache
def _certificate_index() -> Mapping[str, str]:
    columns = ("name", "en", "aliases")
    return _index((row["name"], _names(row, *columns)) for row in _rows("certificates.tsv"))


# -- countries and places


def country_code(text: str) -> str | None:
    """Return the ISO 3166-1 alpha-2 code of a country's name, alias or code."""
    return _country_index().get(fold(text))


def country_label(code: str, language: str = "ko") -> str:
    """Return the country's name in Korean ("ko") or English; an unknown code comes back as is."""
    country = countries().get(code.upper())
    if country is None:
        return code
    return country.ko if language == "ko" else country.en


def parse_place(text: str) -> Place:
    """Return the place that a text such as 베트남(박닌성), "Hanoi, Viet Nam" or 두바이 names.

    A known city comes back under its Korean label, another one as it is spelled.
    """
    text = " ".join(unicodedata.normalize("NFKC", text.translate(_MIDDLE_DOTS)).split())
    whole = _parse_one_name(text)
    if whole is not None:
        return whole
    if match := re.fullmatch(r"(.+)\(([^()]+)\)?", text):
        return _parse_pair(match[1], match[2])
    for pattern in (r"\s*[,/·>|:]\s*", r"\s*[-–]\s*", r"\s+"):
        pieces = [piece for piece in re.split(pattern, text) if piece]
        for cut in range(1, len(pieces)):
            place = _parse_pair(" ".join(pieces[:cut]), " ".join(pieces[cut:]))
            if place.country is not None:
                return place
    return Place(None, None)


def _parse_one_name(text: str) -> Place | None:
    if code := country_code(text):
        return Place(code, None)
    if city := _find_city(text):
        return Place(city.country, city.ko)
    return None


def _parse_pair(first: str, second: str) -> Place:
    for country, city in ((first, second), (second, first)):
        if code := country_code(country):
            found = _find_city(city)
            is_inside = found is not None and found.country == code
            return Place(code, found.ko if found is not None and is_inside else city.strip())
    found = _find_city(first) or _find_city(second)
    return Place(found.country, found.ko) if found else Place(None, None)


def _find_city(text: str) -> City | None:
    text = text.strip()
    index = _city_index()
    return index.get(fold(text)) or index.get(fold(_PLACE_SUFFIX.sub("", text)))


# -- languages


def language_code(text: str) -> str | None:
    """Return the ISO 639-1 code of a language's name, alias, code or tag such as zh-CN."""
    index = _language_index()
    if code := index.get(fold(text)):
        return code
    tag = re.fullmatch(r"\s*([A-Za-z]{2,3})[-_][A-Za-z0-9-_]+\s*", text)
    return index.get(fold(tag[1])) if tag else None


def language_label(code: str, language: str = "ko") -> str:
    """Return the language's name in Korean ("ko") or English; an unknown code comes back as is."""
    found = languages().get(code.lower())
    if found is None:
        return code
    return found.ko if language == "ko" else found.en


_SCRIPTS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("ko", re.compile("[\u1100-\u11ff\u3131-\u318e\uac00-\ud7a3]")),
    ("ja", re.compile("[\u3041-\u3096\u30a1-\u30fa\u30fc]")),
    ("zh", re.compile("[\u3400-\u4dbf\u4e00-\u9fff]")),
    ("ar", re.compile("[\u0620-\u064a\u0671-\u06d3]")),
    ("ru", re.compile("[\u0400-\u04ff]")),
)
_VIETNAMESE = re.compile("[ăĂđĐơƠưƯ\u1ea0-\u1ef9]")
_LATIN = re.compile("[A-Za-z\u00c0-\u024f\u1e00-\u1eff]")
# Letters that Arabic and Russian do not have: the script alone would name the wrong language.
_FOREIGN_LETTERS = {"ar": set("پچژگکیےٹڈڑ"), "ru": set("іїєґўөүңқғұһәјљњћђ")}
_MIN_SCRIPT_SHARE = 0.15
_MIN_VIETNAMESE_SHARE = 0.05


def guess_language(text: str) -> str | None:
    """Return the language that the script gives away: ko, ja, zh, vi, ar, ru, else None.

    A script counts from 15 % of the letters on, so that a name in brackets does not decide.
    """
    text = unicodedata.normalize("NFC", text)
    counts = {code: len(script.findall(text)) for code, script in _SCRIPTS}
    latin = len(_LATIN.findall(text))
    letters = latin + sum(counts.values())
    if not letters:
        return None
    if counts["ja"]:  # Japanese mixes kana with Han
        counts["ja"] += counts.pop("zh")
    code, count = max(counts.items(), key=lambda item: item[1])
    if count / letters >= _MIN_SCRIPT_SHARE:
        is_foreign = bool(_FOREIGN_LETTERS.get(code, set()) & set(text.casefold()))
        return None if is_foreign else code
    if latin and len(_VIETNAMESE.findall(text)) / latin >= _MIN_VIETNAMESE_SHARE:
        return "vi"
    return None


# -- sectors and project types


def sector_codes(text: str, scheme: str = "greenmatch") -> tuple[str, ...]:
    """Return the sectors that a text names, in its order; () where it names none.

    The whole text is tried first, then its parts; a part is a whole name, never a piece of a word.
    """
    index = _sector_index(scheme)
    whole = index.get(fold(text)) or index.get(fold(re.sub(r"\([^()]*\)", "", text)))
    if whole:
        return whole
    text = re.sub(r"[()]", ",", text.translate(_MIDDLE_DOTS))
    found: list[str] = []
    for group in re.split(r"[;,/|\n]", text):
        for piece in [group] if fold(group) in index else _WORD_JOINTS.split(group):
            found.extend(index.get(fold(piece), ()))
    return tuple(dict.fromkeys(found))


def sector_label(code: str, language: str = "ko", scheme: str = "greenmatch") -> str:
    """Return the sector's name in Korean ("ko") or English; an unknown code comes back as is."""
    sector = sectors(scheme).get(code)
    if sector is None:
        return code
    return sector.ko if language == "ko" else sector.en


def project_type(text: str) -> str | None:
    """Return the code of the project type that a text names."""
    return _project_type_index().get(fold(text))


def project_type_label(code: str, language: str = "ko") -> str:
    """Return the project type's name; an unknown code comes back as is."""
    found = project_types().get(code)
    if found is None:
        return code
    return found.ko if language == "ko" else found.en


# -- certificates


def find_certificate(text: str) -> str | None:
    """Return the canonical name where the whole text is a known name, alias or edition of one."""
    index = _certificate_index()
    edition = re.sub(r":\s*(19|20)\d\d\b", "", unicodedata.normalize("NFKC", text))
    return index.get(fold(text)) or index.get(fold(edition))  # ISO 14001:2015


def certificate_name(text: str) -> str:
    """Return the canonical name of a certificate, or the text itself (NFKC, single spaces).

    Brackets and words such as 인증서 around a known name do not matter.
    """
    plain = " ".join(unicodedata.normalize("NFKC", text.translate(_MIDDLE_DOTS)).split())
    outside = re.sub(r"\s*\([^()]*\)?", "", plain)
    for form in (plain, outside, _CERTIFICATE_SUFFIX.sub("", outside)):
        if name := find_certificate(form):
            return name
    return plain


def certificate_satisfies(held: str, required: str) -> bool:
    """Tell whether holding one certificate meets a requirement for the other.

    녹색기술인증 meets the generic 녹색인증, and not the other way round.
    """
    wanted = fold(certificate_name(required))
    open_names, seen = [certificate_name(held)], set[str]()
    while open_names:
        name = open_names.pop()
        if fold(name) == wanted:
            return bool(wanted)
        if name not in seen and name in certificates():
            seen.add(name)
            open_names.extend(certificates()[name].implies)
    return False
