"""Amounts of money as Korean sheets write them: 12억 5천만원, 500백만원, 50만 달러, US$ 1.2 million.

A number takes its unit from the cell, else from the column head or the line above it. A bare
number without any unit is a fault: whether 5,000 means 천원 or 백만원 nobody can see.
"""

import re
from dataclasses import dataclass
from decimal import Decimal

from data.cells import Fault, Reading, is_blank, strip_approximation, to_line, to_number

_SMALL = {"십": 10, "백": 100, "천": 1_000}
_LARGE = {"만": 10**4, "억": 10**8, "조": 10**12}
_ENGLISH = {
    "thousand": 10**3,
    "k": 10**3,
    "million": 10**6,
    "mln": 10**6,
    "mn": 10**6,
    "mil": 10**6,
    "mio": 10**6,
    "mm": 10**6,
    "m": 10**6,
    "billion": 10**9,
    "bn": 10**9,
    "b": 10**9,
}
_CURRENCIES = (
    (
        "USD",
        re.compile(r"us\$|usd|us dollars?|u\.s\. dollars?|dollars?|미국 ?달러|미화|달러|불|\$"),
    ),
    ("KRW", re.compile(r"krw|won|원화|원|₩")),
)
_OTHER_CURRENCY = re.compile(
    r"eur|유로|€|jpy|엔화?|¥|cny|rmb|위안|gbp|파운드|£|vnd|동$|idr|루피아|aed|mad"
)
_TERM = re.compile(r"(\d[\d,]*(?:\.\d+)?)?([십백천]?)([만억조]?)")
_AMOUNT_HINT = "5억원, 500백만원, 50만 달러처럼 숫자와 단위를 함께 적어 주세요."


@dataclass(frozen=True, slots=True)
class Unit:
    """What a number is counted in: currency (KRW, USD or None) and a factor such as 1,000,000."""

    currency: str | None
    factor: Decimal


KRW_MILLION = Unit("KRW", Decimal(10**6))
USD = Unit("USD", Decimal(1))


def to_unit(text: str) -> Unit | None:
    """Read a unit such as 백만원, 천원, 만 달러, USD or US$ million; None where it is none."""
    rest = re.sub(r"^\s*단위\s*:?\s*", "", to_line(text).casefold())
    currency, rest = _take_currency(rest)
    factor = Decimal(1) if not rest else _factor(rest)
    if factor is None or (currency is None and not rest):
        return None
    return Unit(currency, factor)


def to_krw_million(value: object, unit: Unit | None = None) -> Reading[float]:
    """Read an amount in won, in millions of won; other currencies are a fault, not converted."""
    reading = _to_amount(value, unit, "KRW")
    amount = None if reading.value is None else float(reading.value / 10**6)
    return Reading(amount, reading.fault)


def to_usd(value: object, unit: Unit | None = None) -> Reading[float]:
    """Read an amount in US dollars; other currencies are a fault, not converted."""
    reading = _to_amount(value, unit, "USD")
    return Reading(None if reading.value is None else float(reading.value), reading.fault)


def _to_amount(value: object, unit: Unit | None, currency: str) -> Reading[Decimal]:
    if is_blank(value):
        return Reading()
    text = re.sub(r"\s*\([^()]*\)$", "", to_line(value).casefold())
    if _OTHER_CURRENCY.search(text):
        return Reading(fault=Fault("원이나 미국 달러가 아닌 통화입니다.", _currency_todo(currency)))
    named, rest = _take_currency(strip_approximation(text))
    rest = strip_approximation(rest)
    number, is_bare = _to_quantity(rest)
    if number is None:
        return Reading(fault=Fault("금액으로 읽을 수 없습니다.", _AMOUNT_HINT))
    found = named or (unit.currency if unit else None)
    if found is None and is_bare and unit is None:
        return Reading(fault=Fault("금액의 단위를 알 수 없습니다.", _AMOUNT_HINT))
    if found is not None and found != currency:
        what = f"금액이 {'달러' if found == 'USD' else '원'} 단위입니다."
        return Reading(fault=Fault(what, _currency_todo(currency)))
    # 500 under (백만원) is 500 million; 5억 or 500원 under it says its own unit.
    factor = unit.factor if unit is not None and is_bare and named is None else Decimal(1)
    return Reading(number * factor)


def _currency_todo(currency: str) -> str:
    if currency == "USD":
        return "미국 달러로 바꾸어 500,000달러처럼 적어 주세요."
    return "원화로 바꾸어 5억원처럼 적어 주세요."


def _take_currency(text: str) -> tuple[str | None, str]:
    for name, pattern in _CURRENCIES:
        if pattern.search(text):
            return name, pattern.sub("", text).strip()
    return None, text.strip()


def _to_quantity(text: str) -> tuple[Decimal | None, bool]:
    """Return the number that a text means and whether it stands without any word of size."""
    plain = to_number(text)
    if plain is not None:
        return plain, True
    if match := re.fullmatch(r"([\d,.]+)\s*([a-z]+)\.?", text):
        number = to_number(match[1])
        factor = _ENGLISH.get(match[2])
        return (None if number is None or factor is None else number * factor), False
    if not re.search("[0-9]", text) or re.search(r"[0-9]\s+[0-9]", text):
        return None, False
    return _korean_quantity(text.replace(" ", "")), False


def _korean_quantity(text: str) -> Decimal | None:
    """Return the sum of terms such as 12억 5천만: small units multiply inside 만, 억 and 조."""
    total, inner, position = Decimal(0), Decimal(0), 0
    while position < len(text):
        match = _TERM.match(text, position)
        if match is None or not match[0]:
            return None
        number = to_number(match[1]) if match[1] else Decimal(1)
        if number is None or (not match[1] and not match[2]):
            return None
        inner += number * _SMALL.get(match[2], 1)
        if match[3]:
            total += inner * _LARGE[match[3]]
            inner = Decimal(0)
        position = match.end()
    return total + inner


def _factor(text: str) -> Decimal | None:
    text = text.replace(" ", "").rstrip(".")
    if text in _ENGLISH:
        return Decimal(_ENGLISH[text])
    if text in _LARGE:
        return Decimal(_LARGE[text])
    return _korean_quantity(text) if re.fullmatch(r"[십백천만억조\d]+", text) else None
