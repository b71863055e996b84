"""JSONL in the interchange form (product.md, section 5): clean values pass as they are.

What a foreign tool wrote another way (a list as text, a country by name, a date as 2026.7.31) is
read as a cell would be; what cannot be read is kept in `extra` under its name with a warning.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields
from datetime import date
from pathlib import Path
from typing import Any

from data import cells
from data.cells import Fault, Reading
from data.columns import AMOUNT_UNITS, Column, Kind
from data.contacts import (
    Person,
    has_contact,
    is_contact_column,
    mask_contacts,
    may_be_kept,
    people_in,
)
from data.plaintext import read_text
from data.problems import Problem, Source
from data.rows import (
    CONTACT_CELLS,
    CONTACT_COLUMN,
    CONTACT_TEXT,
    NEVER_KEPT,
    free_key,
    read_field,
)
from matcher.errors import UnreadableFile
from matcher.records import Buyer, Company, Need, Offering
from matcher.vocabulary import Place, country_code, language_code

_MAX_BAD_LINES = 100
_COMPANY_KEYS = frozenset(("company_id", "offerings", "name_ko", "name_en", "registration_no"))
_LISTS: Mapping[str, Callable[[str], str | None] | None] = {
    "languages": language_code,
    "required_languages": language_code,
    "export_countries": country_code,
    "target_countries": country_code,
    "excluded_countries": country_code,
    "target_sectors": None,
    "required_certifications": None,
    "need_ids": None,
}
_TEXTS = ("title", "description", "name_ko", "name_en", "organisation", "name")
_FIELDS: Mapping[Kind, frozenset[str]] = {
    "companies": frozenset(f.name for f in fields(Company)) - {"extra"},
    "needs": frozenset(f.name for f in fields(Need)) - {"extra"},
    "buyers": frozenset(f.name for f in fields(Buyer)) - {"extra"},
}
_OFFERING_FIELDS = frozenset(f.name for f in fields(Offering)) - {"extra"}


def read_lines(path: Path) -> tuple[str, list[tuple[int, dict[str, Any] | Fault]]]:
    """Return the encoding and, for each line that is not blank, its number and object or fault.

    Raises UnreadableFile where none of the first 100 lines is a JSON object.
    """
    plain = read_text(path, keep_broken=True)
    lines: list[tuple[int, dict[str, Any] | Fault]] = []
    objects = 0
    for number, line in enumerate(plain.text.split("\n"), start=1):
        if not line.strip():
            continue
        value = _to_object(line)
        objects += not isinstance(value, Fault)
        lines.append((number, value))
        if not objects and len(lines) >= _MAX_BAD_LINES:
            raise UnreadableFile(
                f"'{path.name}'의 첫 {_MAX_BAD_LINES}줄이 모두 JSONL이 아닙니다."
                " 한 줄에 JSON 객체 하나씩 적어 주세요.",
                file=path.name,
            )
    return plain.encoding, lines


def _to_object(line: str) -> dict[str, Any] | Fault:
    todo = '한 줄에 {"company_id": …} 같은 JSON 객체 하나를 적어 주세요.'
    try:
        # NaN and Infinity are what Python tools write for a missing number.
        value = json.loads(line, parse_constant=lambda _: None)
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        what = "글자가 깨졌거나 글자가 될 수 없는 코드(\\ud800 등)가 있는 줄입니다."
        return Fault(what, "그 글자를 고치고 UTF-8로 저장해 주세요.")
    except (ValueError, RecursionError) as error:
        position = f"({error.colno}번째 글자) " if isinstance(error, json.JSONDecodeError) else ""
        return Fault(f"JSON으로 읽을 수 없는 줄입니다 {position}".strip() + ".", todo)
    if not isinstance(value, dict):
        return Fault("JSON 객체가 아닌 줄입니다.", todo)
    return value


def kind_of_object(value: Mapping[str, Any]) -> Kind | None:
    """Return what an object describes, by its field names; None where they do not tell."""
    if "need_id" in value:
        return "needs"
    if not _COMPANY_KEYS.isdisjoint(value):
        return "companies"
    if "buyer_id" in value:
        return "buyers"
    return "needs" if not {"title", "description"}.isdisjoint(value) else None


class LineCleaner:
    """Cleans the objects of one JSONL file and says each thing about personal data once."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.problems: list[Problem] = []
        self.people: tuple[Person, ...] = ()
        self._cells: list[tuple[str, object]] = []
        self._said: set[str] = set()

    def clean(self, value: Mapping[str, Any], kind: Kind, row: int) -> dict[str, Any]:
        """Return the object with values that `from_dict` takes; its own fields are untouched.

        `people` holds whom the object names, until the next one is cleaned.
        """
        self.people = ()
        self._cells = []
        fields = _FIELDS[kind]
        clean: dict[str, Any] = {}
        kept: dict[str, Any] = {}
        for name, item in value.items():
            if name not in fields:
                self._keep_free(kept, name, item, row)
            elif name == "offerings":
                clean[name] = list(self._offerings(item, clean, value, row))
            else:
                reading = self._read(name, item)
                clean[name] = reading.value
                if reading.fault is not None:
                    self.problems.append(self.source.warning(reading.fault, row, name, item))
                    if reading.fault is not CONTACT_TEXT:
                        kept[free_key(f"{name} (원문)", value)] = without_contacts(item)
                elif name == "certifications" and _has_more_than_form(item):
                    kept[free_key(f"{name} (원문)", value)] = without_contacts(item)
        self.people = people_in(self._cells)
        return {**clean, **kept}

    def _keep_free(self, kept: dict[str, Any], name: str, item: object, row: int) -> None:
        """Keep a field that the form does not name, unless it holds personal data."""
        if is_contact_column(name):
            if item not in (None, "", [], {}):
                self._say_once(CONTACT_COLUMN if may_be_kept(name) else NEVER_KEPT, name, row)
                self._cells.append((name, item))
            return
        safe = without_contacts(item)
        if safe != item:
            self._say_once(CONTACT_CELLS, name, row)
        if safe is not None or item is None:
            kept[name] = safe

    def _say_once(self, fault: Fault, name: str, row: int) -> None:
        if name not in self._said:
            self._said.add(name)
            self.problems.append(self.source.warning(fault, row, name))

    def _offerings(
        self, item: object, clean: Mapping[str, Any], company: Mapping[str, Any], row: int
    ) -> Iterator[dict[str, Any]]:
        """Yield the offerings that can be built, ids filled in; the others become problems."""
        items = item if isinstance(item, list) else [] if item in (None, "") else [item]
        company_id = str(company.get("company_id") or clean.get("company_id") or "").strip()
        ids: set[str] = set()
        for position, entry in enumerate(items, start=1):
            offering = self._offering(entry, row)
            if offering is None:
                continue
            own_id = str(offering.get("offering_id") or "").strip()
            number = position
            offering_id = own_id or f"{company_id}-{number}"
            while not own_id and offering_id in ids:
                number += 1
                offering_id = f"{company_id}-{number}"
            if offering_id in ids:
                what = "공급기술 ID가 이 기업 안에서 겹쳐 뒤의 공급기술을 넣지 않았습니다."
                fault = Fault(what, "ID를 서로 다르게 고쳐 주세요.")
                self.problems.append(self.source.error(fault, row, "offering_id", offering_id))
                continue
            ids.add(offering_id)
            yield {**offering, "offering_id": offering_id}

    def _offering(self, entry: object, row: int) -> dict[str, Any] | None:
        if isinstance(entry, str):
            entry = {"title": entry}
        texts: dict[str, Any] = {}
        kept: dict[str, Any] = {}
        if isinstance(entry, Mapping):
            for name, item in entry.items():
                if name not in _OFFERING_FIELDS:
                    self._keep_free(kept, name, item, row)
                    continue
                reading = self._read(name, item)
                texts[name] = reading.value
                if reading.fault is not None:
                    self.problems.append(self.source.warning(reading.fault, row, name, item))
        if not (texts.get("title") or "").strip() and not (texts.get("description") or "").strip():
            fault = Fault("공급기술의 제목이나 설명이 없습니다.", "title을 적어 주세요.")
            self.problems.append(self.source.error(fault, row, "offerings", entry))
            return None
        return {**texts, **kept}

    def _read(self, name: str, item: object) -> Reading[Any]:
        """Return a field's value as `from_dict` takes it; clean ones come back unchanged."""
        if item is None:
            return Reading()
        if name == "certifications":
            return _read_certifications(item)
        if name in _LISTS:
            return _read_list(name, item)
        if name in ("employees", *AMOUNT_UNITS):
            return _read_number(name, item)
        if name == "deadline":
            return _read_date(item)
        if name in ("country", "language"):
            return _read_code(name, item)
        if name == "certification_rule":
            is_clean = item in ("all", "any", "")
            return Reading(item) if is_clean else read_field(Column(name, name), item)
        text = _to_text(item)
        masked = mask_contacts(text) if name in _TEXTS else text
        return Reading(masked, CONTACT_TEXT if masked != text else None)


def to_storable(value: Mapping[str, Any], kind: Kind) -> dict[str, Any]:
    """Return an object of the form without personal data, which no record may hold.

    In titles, names and descriptions it is masked; in fields that the form does not name, left out.
    """
    free = {k: v for k, v in value.items() if k not in _FIELDS[kind]}
    clean: dict[str, Any] = without_contacts(free)
    for name, item in value.items():
        if name == "offerings" and isinstance(item, list):
            clean[name] = [_to_storable_offering(entry) for entry in item]
        elif name in _FIELDS[kind]:
            clean[name] = _masked(name, item)
    return clean


def _to_storable_offering(entry: object) -> Any:
    if not isinstance(entry, Mapping):
        return entry
    free = {k: v for k, v in entry.items() if k not in _OFFERING_FIELDS}
    named = {k: _masked(k, v) for k, v in entry.items() if k in _OFFERING_FIELDS}
    return {**named, **without_contacts(free)}


def _masked(name: str, item: object) -> Any:
    return mask_contacts(item) if name in _TEXTS and isinstance(item, str) else item


def without_contacts(item: Any) -> Any:
    """Return a JSON value without texts, keys and items that hold personal data."""
    if isinstance(item, str):
        return None if has_contact(item) else item
    if isinstance(item, Mapping):
        safe = {k: (v, without_contacts(v)) for k, v in item.items()}
        return {
            key: new
            for key, (old, new) in safe.items()
            if not is_contact_column(str(key)) and (new is not None or old is None)
        }
    if isinstance(item, list):
        pairs = [(old, without_contacts(old)) for old in item]
        return [new for old, new in pairs if new is not None or old is None]
    return item


def _to_text(item: object) -> str:
    if isinstance(item, list):
        return "; ".join(_to_text(part) for part in item)
    if isinstance(item, Mapping):
        return json.dumps(item, ensure_ascii=False)
    return str(item)


def _has_more_than_form(item: object) -> bool:
    entries = item if isinstance(item, list) else [item]
    form = {"name", "number", "valid_until"}
    return any(isinstance(entry, Mapping) and set(entry) - form for entry in entries)


def _read_certifications(item: object) -> Reading[list[Any]]:
    if isinstance(item, str):
        reading = cells.to_certifications(item)
        return Reading([held.to_value() for held in reading.value or ()], reading.fault)
    held: list[Any] = []
    fault: Fault | None = None
    for entry in item if isinstance(item, list) else [item]:
        name = entry.get("name") if isinstance(entry, Mapping) else entry
        if entry is None or entry == "":
            continue
        if not isinstance(name, str) or not name.strip():
            what = "이름이 없는 인증이 있어 그 인증은 넣지 않았습니다."
            fault = Fault(what, "이름 또는 {name, number, valid_until} 형식으로 적어 주세요.")
        elif isinstance(entry, Mapping):
            until = _read_date(entry.get("valid_until"))
            fault = until.fault or fault
            held.append({**entry, "valid_until": until.value})
        else:
            held.append(name)
    return Reading(held, fault)


def _read_list(name: str, item: object) -> Reading[list[str]]:
    find = _LISTS[name]
    if not isinstance(item, list):
        reading = read_field(Column(name, name), item)
        return Reading(list(reading.value or ()), reading.fault)
    entries = [str(entry).strip() for entry in item if entry is not None]
    if find is None:
        return Reading([entry for entry in entries if entry])
    values = [_to_code(entry, find) for entry in entries if entry]
    unknown = [e for e, value in zip(filter(None, entries), values, strict=True) if value is None]
    fault = None
    if unknown:
        todo = "ISO 코드(VN, vi 등)나 나라·언어 이름을 적어 주세요."
        fault = Fault(f"모르는 이름입니다: {', '.join(unknown)}.", todo)
    return Reading([value for value in values if value is not None], fault)


def _is_code(text: str) -> bool:
    return re.fullmatch(r"[A-Za-z]{2}", text) is not None


def _read_number(name: str, item: object) -> Reading[Any]:
    if isinstance(item, (bool, list, dict)):
        return Reading(fault=Fault("숫자가 아닙니다.", "숫자 하나를 적어 주세요."))
    if isinstance(item, (int, float)) and name != "employees":
        return Reading(item)
    if isinstance(item, str) and not item.strip():
        return Reading()
    return read_field(Column(name, name, AMOUNT_UNITS.get(name)), item)


def _read_date(item: object) -> Reading[date]:
    if item is None:
        return Reading()
    text = str(item).strip()
    try:
        return Reading(date.fromisoformat(text[:10]))
    except ValueError:
        return cells.to_date(text)


def _read_code(name: str, item: object) -> Reading[str]:
    text = _to_text(item).strip()
    if not text:
        return Reading()
    code = _to_code(text, country_code if name == "country" else language_code)
    if code is not None:
        return Reading(code)
    reading = read_field(Column(name, name), text)
    country = reading.value.country if isinstance(reading.value, Place) else reading.value
    return Reading(country, reading.fault)


def _to_code(text: str, find: Callable[[str], str | None]) -> str | None:
    """Return the code of a name; codes pass, also language codes that ISO 639-1 does not have."""
    if _is_code(text):
        return text
    is_language_code = find is language_code and re.fullmatch("[A-Za-z]{3}", text) is not None
    return find(text) or (text if is_language_code else None)
