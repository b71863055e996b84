"""Values of the interchange form as records take them; each reader says which field is wrong."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from types import MappingProxyType
from typing import Any

from matcher.errors import InvalidRecord


def require_id(name: str, value: str) -> None:
    """Raise InvalidRecord for an id that is empty or holds control characters."""
    if not value or not value.isprintable():
        raise InvalidRecord(f"{name}이(가) 비었거나 제어 문자가 있습니다.", field=name, value=value)


def require_text(name: str, value: str) -> None:
    """Raise InvalidRecord for a blank text."""
    if not value.strip():
        raise InvalidRecord(f"{name}의 내용이 비었습니다.", field=name, value=value)


def to_id(value: object) -> str:
    """Return an id as text without blanks around it; "" for None."""
    return "" if value is None else str(value).strip()


def to_text(value: object) -> str:
    """Return a text; "" for None."""
    return "" if value is None else str(value)


def to_optional_text(value: object) -> str | None:
    """Return a text without blanks around it; None where nothing is left."""
    text = to_text(value).strip()
    return text or None


def to_list(name: str, record: Mapping[str, Any]) -> list[Any]:
    """A text or an object in a list's place would be read letter by letter or key by key."""
    value = record.get(name)
    if value is None or value == "":
        return []
    if isinstance(value, str | Mapping) or not isinstance(value, Iterable):
        raise InvalidRecord(f"{name}은(는) 목록(list)이어야 합니다.", field=name, value=value)
    return list(value)


def to_objects(name: str, record: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return a list of objects; raises InvalidRecord."""
    items = to_list(name, record)
    for item in items:
        if not isinstance(item, Mapping):
            raise InvalidRecord(f"{name}의 항목은 객체여야 합니다.", field=name, value=item)
    return items


def to_codes(name: str, record: Mapping[str, Any], form: Callable[[str], str]) -> tuple[str, ...]:
    """Return each code once, in its form, in order; raises InvalidRecord."""
    texts = (str(item).strip() for item in to_list(name, record) if item is not None)
    return tuple(dict.fromkeys(form(text) for text in texts if text))


def to_int(name: str, value: object) -> int | None:
    """Return a whole number or None; raises InvalidRecord."""
    number = to_float(name, value)
    if number is None:
        return None
    if number != int(number):
        raise InvalidRecord(f"{name}은(는) 정수여야 합니다.", field=name, value=value)
    return int(number)


def to_float(name: str, value: object) -> float | None:
    """Return a finite number or None; raises InvalidRecord."""
    if value is None or value == "":
        return None
    try:
        number = float(value) + 0.0  # type: ignore[arg-type]  # no database keeps -0.0
    except (TypeError, ValueError, OverflowError):
        raise InvalidRecord(f"{name}은(는) 숫자여야 합니다.", field=name, value=value) from None
    if number != number or number in (float("inf"), float("-inf")):
        raise InvalidRecord(f"{name}은(는) 유한한 숫자여야 합니다.", field=name, value=value)
    return number


def to_date(name: str, value: object) -> date | None:
    """Return a date or None; raises InvalidRecord."""
    if value is None or value == "":
        return None
    if isinstance(value, datetime):  # a datetime is a date that cannot be compared with one
        return value.date()
    if isinstance(value, date):
        return value
    try:
        return datetime.fromisoformat(str(value)).date()
    except ValueError:
        raise InvalidRecord(
            f"{name}은(는) 2026-07-31 같은 실제 날짜여야 합니다.", field=name, value=value
        ) from None


def unnamed(value: Mapping[str, Any], known: set[str]) -> Mapping[str, Any]:
    """Return what the form does not name."""
    return MappingProxyType({k: v for k, v in value.items() if k not in known or k == "extra"})
