"""Cells as people type them, made into values: text, lists, dates, counts, registration numbers.

Every `to_*` returns a Reading: a value, or a fault that says what is wrong and what to do, or both
where a value was repaired, or neither where the cell is blank. Amounts of money: `data.amounts`.
"""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Generic, TypeVar

from stdnum.kr import brn

from matcher.records import Certification
from matcher.vocabulary import certificate_name, country_code, find_certificate, language_code

T = TypeVar("T")

_MIDDLE_DOTS = str.maketrans(dict.fromkeys("ㆍ‧・•∙⋅･", "·") | {"、": ","})
_CONTROLS = dict.fromkeys({*range(0x20), *range(0x7F, 0xA0)} - {ord("\n"), ord("\t")})
_BLANKS = frozenset(
    (
        *("", "-", "--", "–", "—", ".", "n/a", "nan", "none", "null", "tbd", "무", "없음"),
        *("해당없음", "해당 없음", "해당사항없음", "해당사항 없음", "미정", "미상"),
    )
)
_APPROXIMATION = re.compile(r"^(약|대략|총|approx\.?|about|~)\s*|\s*(정도|내외|여|가량)$")


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a cell and what to do about it, each one Korean sentence."""

    what: str
    todo: str


@dataclass(frozen=True, slots=True)
class Reading(Generic[T]):
    """A value, a fault, both (repaired, or read in part), or neither (the cell is blank)."""

    value: T | None = None
    fault: Fault | None = None


def to_text(value: object) -> str:
    """Return a cell as clean text: NFC, no line ends at the sides, control characters gone.

    Whole numbers that a sheet holds as floats lose the `.0`; dates are written as 2026-07-31.
    """
    if value is None or value != value:
        return ""
    if isinstance(value, datetime):
        is_midnight = (value.hour, value.minute, value.second) == (0, 0, 0)
        return value.date().isoformat() if is_midnight else value.isoformat(" ", "minutes")
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        value = int(value)
    text = str(value).replace("\r\n", "\n").replace("\r", "\n").replace("_x000D_", "")
    text = unicodedata.normalize("NFC", text.replace("\u00a0", " "))
    return text.translate(_CONTROLS).strip()


def to_line(value: object) -> str:
    """Return a cell as one line in NFKC: full-width forms become plain, spaces single."""
    text = unicodedata.normalize("NFKC", to_text(value).translate(_MIDDLE_DOTS))
    return " ".join(text.split())


def is_blank(value: object) -> bool:
    """Tell whether a cell holds nothing, or a word that means nothing (-, 없음, N/A, 미정)."""
    return to_line(value).casefold() in _BLANKS


# -- lists


_LIST_MARKS = ";,/·\n|"


def to_list(value: object, is_whole: Callable[[str], bool] | None = None) -> tuple[str, ...]:
    """Split a cell at ; , / · | and line ends, never inside brackets or inside 1,200.

    `is_whole` tells names that hold such a mark themselves (보스니아·헤르체고비나) and stay whole.
    """
    text = unicodedata.normalize("NFKC", to_text(value).translate(_MIDDLE_DOTS))
    if is_whole is not None and is_whole(text):
        return (text.strip(),)
    items: list[str] = []
    for group in _split(text, ";\n|,/"):
        is_kept = is_whole is not None and is_whole(group)
        items.extend([group] if is_kept else _split(group, "·"))
    cleaned = (re.sub(r"^[-*\u110b○□▲※]\s*|\s+등$", "", " ".join(item.split())) for item in items)
    return tuple(dict.fromkeys(item for item in cleaned if not is_blank(item)))


def _split(text: str, marks: str) -> list[str]:
    pieces, depth, start = [], 0, 0
    for position, char in enumerate(text):
        if char in "([{":
            depth += 1
        elif char in ")]}":
            depth = max(0, depth - 1)
        elif char in marks and (not depth or char == "\n"):
            if char == "," and _is_thousands_comma(text, position):
                continue
            pieces.append(text[start:position])
            start, depth = position + 1, 0
    return [*pieces, text[start:]]


def _is_thousands_comma(text: str, position: int) -> bool:
    before, after = text[position - 1 : position], text[position + 1 : position + 5]
    return before.isdigit() and re.match(r"\d{3}(?!\d)", after) is not None


def to_countries(value: object) -> Reading[tuple[str, ...]]:
    """Read a list of countries into ISO codes; unknown ones are named in the fault."""
    return _to_codes(value, country_code, "나라", "베트남; 인도네시아")


def to_languages(value: object) -> Reading[tuple[str, ...]]:
    """Read a list of languages into ISO 639-1 codes; unknown ones are named in the fault."""
    return _to_codes(value, language_code, "언어", "영어; 베트남어")


def _to_codes(
    value: object, find: Callable[[str], str | None], what: str, example: str
) -> Reading[tuple[str, ...]]:
    codes: list[str] = []
    unknown: list[str] = []
    for item in to_list(value, is_whole=lambda text: find(text) is not None):
        outside = re.sub(r"\([^()]*\)?", "", item).strip()
        code = find(item) or find(outside)
        words = [find(word) for word in outside.split()]
        if code is not None:
            codes.append(code)
        elif len(words) > 1 and all(words):
            codes.extend(word for word in words if word)
        else:
            unknown.append(item)
    fault = None
    if unknown:
        fault = Fault(
            f"모르는 {what} 이름입니다: {', '.join(unknown)}.",
            f"{what} 이름을 '{example}'처럼 하나씩 적어 주세요.",
        )
    return Reading(tuple(dict.fromkeys(codes)), fault)


# -- dates


_MONTH_NAMES = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTHS = {name: number for number, name in enumerate(_MONTH_NAMES, start=1)}
_YMD = re.compile(
    r"['’‘`]?(\d{4}|\d{2})\s*(?:[.\-/]|년)\s*(\d{1,2})\s*(?:[.\-/]|월)\s*(\d{1,2})\s*(?:일|\.)?"
)
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")
_DMY_NAMED = re.compile(r"(\d{1,2})(?:st|nd|rd|th)?[\s\-]+([a-z]{3})[a-z]*\.?,?[\s\-]+(\d{4})")
_MDY_NAMED = re.compile(r"([a-z]{3})[a-z]*\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})")
_DMY = re.compile(r"(\d{1,2})[./\-](\d{1,2})[./\-](\d{4})")
_TAIL = re.compile(
    r"\s*(까지|이전|부터|한|\([월화수목금토일](?:요일)?\)|[월화수목금토일]요일"
    r"|[t ]\s*\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?\s*(?:z|[+-]\d{2}:?\d{2})?)$"
)
_EXCEL_DAY_0 = date(1899, 12, 30)
_EXCEL_SERIALS = range(20_000, 80_000)  # 1954 to 2119; a bare year such as 2026 is none of them
_DATE_HINT = "2026-07-31처럼 실제로 있는 날짜를 적어 주세요."


def to_date(value: object) -> Reading[date]:
    """Read a date in any of the forms of Korean sheets, or an Excel serial number.

    Two-digit years are 20xx up to 69 and 19xx from 70 on. 03/04/2026 is refused: it may be March
    or April.
    """
    if isinstance(value, datetime):
        return Reading(value.date())
    if isinstance(value, date):
        return Reading(value)
    if is_blank(value):
        return Reading()
    text = to_line(value).casefold().lstrip("~ ")
    while (shorter := _TAIL.sub("", text)) != text:
        text = shorter.strip()
    if re.fullmatch(r"\d{5}(\.\d+)?", text) and int(float(text)) in _EXCEL_SERIALS:
        return Reading(_EXCEL_DAY_0 + timedelta(days=int(float(text))))
    parts = _date_parts(text)
    if parts is None:
        return Reading(fault=Fault("날짜로 읽을 수 없습니다.", _DATE_HINT))
    try:
        return Reading(date(*parts))
    except ValueError:
        return Reading(fault=Fault("달력에 없는 날짜입니다.", _DATE_HINT))


def _date_parts(text: str) -> tuple[int, int, int] | None:
    """Return year, month and day as written, whether or not the calendar has them."""
    if match := _YMD.fullmatch(text):
        return _full_year(match[1]), int(match[2]), int(match[3])
    if match := _COMPACT.fullmatch(text):
        return int(match[1]), int(match[2]), int(match[3])
    if match := _DMY_NAMED.fullmatch(text):
        return (int(match[3]), _MONTHS[match[2]], int(match[1])) if match[2] in _MONTHS else None
    if match := _MDY_NAMED.fullmatch(text):
        return (int(match[3]), _MONTHS[match[1]], int(match[2])) if match[1] in _MONTHS else None
    if match := _DMY.fullmatch(text):
        first, second, year = int(match[1]), int(match[2]), int(match[3])
        if first > 12 or first == second:
            return year, second, first
        if second > 12:
            return year, first, second
    return None


def _full_year(digits: str) -> int:
    year = int(digits)
    if len(digits) == 4:
        return year
    return 2000 + year if year < 70 else 1900 + year


def to_founded(value: object) -> Reading[str]:
    """Read a founding date into 2006-04-11, 2006-04 or 2006, as exact as the cell is."""
    if is_blank(value):
        return Reading()
    if not isinstance(value, date):
        text = to_line(value)
        if match := re.fullmatch(r"((?:19|20)\d\d)\s*(?:년|\.)?(?:\s*설립)?", text):
            return Reading(match[1])
        if match := re.fullmatch(r"((?:19|20)\d\d)\s*[.\-/년]\s*(\d{1,2})\s*[.월]?", text):
            if 1 <= int(match[2]) <= 12:
                return Reading(f"{match[1]}-{int(match[2]):02d}")
            return Reading(fault=Fault("달력에 없는 달입니다.", _DATE_HINT))
    day = to_date(value)
    return Reading(day.value.isoformat() if day.value else None, day.fault)


# -- numbers


def to_number(text: str) -> Decimal | None:
    """Read a plain number with or without thousands commas or spaces; None where it is none."""
    if not re.fullmatch(r"[+-]?([0-9]{1,3}([, ][0-9]{3})+|[0-9]{1,30})(\.[0-9]{1,30})?", text):
        return None
    return Decimal(re.sub("[, ]", "", text))


def strip_approximation(text: str) -> str:
    """Take away words that only say "about" (약, 정도, 내외)."""
    while (shorter := _APPROXIMATION.sub("", text).strip()) != text:
        text = shorter
    return text


def to_count(value: object) -> Reading[int]:
    """Read a count of people such as 35, 35명 or 약 1,200 명."""
    if is_blank(value):
        return Reading()
    text = re.sub(r"\s*\([^()]*\)$", "", to_line(value))
    text = re.sub(
        r"\s*(명|인|people|persons|employees)$", "", strip_approximation(text), flags=re.I
    )
    number = to_number(strip_approximation(text))
    if number is None or number < 0 or number != number.to_integral_value():
        return Reading(fault=Fault("사람 수로 읽을 수 없습니다.", "35처럼 정수로 적어 주세요."))
    return Reading(int(number))


# -- registration numbers


_WEIGHTS = (1, 3, 7, 1, 3, 7, 1, 3, 5)


def to_registration_no(value: object) -> Reading[str]:
    """Read a 사업자등록번호 into 123-45-67890; its check digit must hold.

    Nine digits whose check digit holds with a 0 in front are repaired, and the fault says so.
    """
    if is_blank(value):
        return Reading()
    digits = re.sub(r"[\s\-–—‐‑.]", "", to_line(value))
    if is_registration_no(digits):
        return Reading(brn.format(digits))
    if re.fullmatch(r"\d{9}", digits) and is_registration_no("0" + digits):
        repaired = brn.format("0" + digits)
        return Reading(
            repaired,
            Fault(
                f"앞자리 0이 빠진 것으로 보고 {repaired}(으)로 고쳤습니다.",
                "사업자등록증과 맞는지 확인하고, 열을 텍스트 서식으로 저장해 주세요.",
            ),
        )
    todo = "사업자등록증의 번호를 123-45-67890처럼 다시 적어 주세요."
    if not re.fullmatch(r"\d{10}", digits):
        return Reading(fault=Fault("사업자등록번호는 숫자 10자리여야 합니다.", todo))
    return Reading(fault=Fault("사업자등록번호의 검증 숫자가 맞지 않습니다.", todo))


def is_registration_no(digits: str) -> bool:
    """Tell whether ten digits form a 사업자등록번호: stdnum's structure, and the check digit.

    stdnum 2.2 does not compute the check digit, and refuses every number below 101; a number that
    begins with 0 is therefore judged as if it began with 1, and by its check digit.
    """
    if not re.fullmatch(r"[0-9]{10}", digits):
        return False
    if not brn.is_valid(digits if digits[0] != "0" else f"1{digits[1:]}"):
        return False
    total = sum(int(digit) * weight for digit, weight in zip(digits, _WEIGHTS, strict=False))
    total += int(digits[8]) * 5 // 10
    return int(digits[9]) == -total % 10


# -- certificates


def to_certifications(value: object) -> Reading[tuple[Certification, ...]]:
    """Read a list such as `녹색기술인증(GT-12-0012, ~2027.03.31); ISO 14001`.

    What stands in brackets is the number and the end of validity, in any order; names come back
    canonical. An end date that cannot be read leaves the certificate without one, and a fault.
    """
    found: list[Certification] = []
    fault: Fault | None = None
    for item in to_list(value, is_whole=_is_certificate):
        match = None if _is_certificate(item) else re.fullmatch(r"(.*\S)\s*\(([^()]*)\)?", item)
        name, inside = (match[1], match[2]) if match else (item, "")
        number, until, problem = _certificate_details(inside)
        found.append(Certification(certificate_name(name.strip()), number, until))
        fault = fault or problem
    return Reading(tuple(dict.fromkeys(found)), fault)


def _is_certificate(text: str) -> bool:
    return find_certificate(text) is not None


def _certificate_details(inside: str) -> tuple[str | None, date | None, Fault | None]:
    number: str | None = None
    until: date | None = None
    fault: Fault | None = None
    for piece in filter(None, (part.strip() for part in re.split(r"[,;/]|\s~\s|\s(?=~)", inside))):
        text = re.sub(r"^(유효기간|만료일?|유효|until|valid until)\s*:?\s*", "", piece, flags=re.I)
        text = re.split(r"~", text)[-1].strip() if "~" in text else text
        reading = to_date(text)
        looks_like_date = text != piece or _date_parts(to_line(text).casefold()) is not None
        if reading.value is not None:
            until = reading.value
        elif looks_like_date and reading.fault is not None:
            fault = Fault(f"인증 유효기간 '{piece}': {reading.fault.what}", reading.fault.todo)
        elif number is None:
            number = re.sub(r"^(제|no\.?|번호\s*:?)\s*|\s*호$", "", piece, flags=re.I)
        else:
            number = f"{number}, {piece}"
    return number, until, fault
