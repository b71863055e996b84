"""One row of a table into clean field values, extra fields and problems."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from data import amounts, cells
from data.cells import Fault, Reading
from data.columns import Column
from data.contacts import Person, has_contact, mask_contacts, may_be_kept, to_person
from data.problems import Problem, Source
from data.sheets import Row, Table
from matcher.records import Certification
from matcher.vocabulary import certificate_name, find_certificate, parse_place, sector_codes

CONTACT_COLUMN = Fault(
    "개인정보 열이라 기록과 색인에 넣지 않고, 저장할 때 암호로 봉해 따로 둡니다.",
    "연락처가 필요하지 않으면 이 열을 빼고 올리셔도 됩니다.",
)
NEVER_KEPT = Fault(
    "주민등록번호·생년월일·여권 같은 개인정보 열은 저장하지 않았습니다.",
    "이 열을 빼고 올려 주세요.",
)
CONTACT_CELLS = Fault(
    "개인정보(전자우편이나 전화번호)가 있는 칸은 저장하지 않았습니다.",
    "남겨야 할 내용이면 연락처를 지우고 다시 올려 주세요.",
)
CONTACT_TEXT = Fault(
    "글 속의 전자우편이나 전화번호를 [연락처]로 바꾸었습니다.", "연락처를 지우고 올려 주세요."
)
_YES = re.compile(r"[o○●◎v✓✔y유예]|yes|있음|보유", re.IGNORECASE)
_NO = re.compile(r"[x×n무]|no|미보유|아니오", re.IGNORECASE)
_OR = re.compile(r"\s+(?:또는|혹은|or)\s+", re.IGNORECASE)
_RULES = {
    "all": ("all", "모두", "전부", "모두충족", "and"),
    "any": ("any", "하나", "하나이상", "택1", "중하나", "or"),
}


@dataclass(frozen=True, slots=True)
class CleanRow:
    """The values of one row: `named` by field (blank ones left out), `extra` by column head.

    person: whom its columns of personal data tell of; stands in no record and no problem.
    """

    source: Source
    number: int
    named: Mapping[str, Any]
    extra: Mapping[str, Any]
    heads: Mapping[str, str] = field(default_factory=dict)
    person: Person | None = field(default=None, repr=False)

    def head(self, name: str) -> str | None:
        """Return the column head under which a field stands in the sheet."""
        return self.heads.get(name)


def to_clean_row(table: Table, row: Row) -> tuple[CleanRow, list[Problem]]:
    """Clean the cells of a row; what cannot be read goes into `extra` as typed, with a warning."""
    named: dict[str, Any] = {}
    extra: dict[str, Any] = {}
    heads: dict[str, str] = {}
    problems: list[Problem] = []
    is_alternative = False
    for number, fault in row.faults.items():
        column = table.columns.get(number)
        if column is None or not column.is_contact:
            head = column.head if column else None
            problems.append(table.source.warning(fault, row.number, head))
    for number, value in row.cells.items():
        column = table.columns[number]
        if column.is_contact:
            continue
        if column.field is None or column.field in named:
            text = cells.to_text(value)
            if not has_contact(text):
                extra[free_key(column.head, extra)] = text
            continue
        reading = read_field(column, value)
        if reading.fault is not None:
            if number not in row.filled:
                found = table.source.warning(reading.fault, row.number, column.head, value)
                problems.append(found)
            if reading.fault is not CONTACT_TEXT:
                extra[free_key(raw_key(column), extra)] = mask_contacts(cells.to_text(value))
        if reading.value not in (None, "", ()):
            named[column.field] = reading.value
            heads[column.field] = column.head
            if column.field == "required_certifications" and _OR.search(cells.to_text(value)):
                is_alternative = True
    if is_alternative:
        named.setdefault("certification_rule", "any")
    personal = (
        (table.columns[n].head, cells.to_text(value))
        for n, value in row.cells.items()
        if table.columns[n].is_contact and n not in row.filled
    )
    person = to_person(personal)
    return CleanRow(table.source, row.number, named, extra, heads, person), problems


def contact_warnings(table: Table) -> list[Problem]:
    """Return one warning for each column that holds personal data, by its head or its cells."""
    problems = []
    for number, column in sorted(table.columns.items()):
        texts = [(row.number, row.cells[number]) for row in table.rows if number in row.cells]
        if column.is_contact and texts:
            fault = CONTACT_COLUMN if may_be_kept(column.head) else NEVER_KEPT
            problems.append(table.source.warning(fault, None, column.head))
        elif column.field is None:
            hits = [row for row, value in texts if has_contact(cells.to_text(value))]
            if hits:
                problems.append(table.source.warning(CONTACT_CELLS, hits[0], column.head))
    return problems


def raw_key(column: Column) -> str:
    """Return the name under which a cell is kept as typed; never the name of a field itself."""
    return f"{column.head} (원문)" if column.head == column.field else column.head


def free_key(key: str, taken: Mapping[str, Any]) -> str:
    """Return the key, numbered where it is taken: two columns may carry one head."""
    number, free = 2, key
    while free in taken:
        free, number = f"{key} ({number})", number + 1
    return free


# -- fields


def read_field(column: Column, value: object) -> Reading[Any]:
    """Read one cell as the field that its column means."""
    name = column.field or ""
    if name == "revenue_krw_million":
        return amounts.to_krw_million(value, column.unit)
    if name in ("budget_usd", "min_budget_usd"):
        return amounts.to_usd(value, column.unit)
    if name == "certifications":
        return _to_certifications(column, value)
    reader = _READERS.get(name, _to_masked_text)
    return reader(value)


def _to_masked_text(value: object) -> Reading[str]:
    text = cells.to_text(value)
    masked = mask_contacts(text)
    return Reading(masked, CONTACT_TEXT if masked != text else None)


def _to_masked_line(value: object) -> Reading[str]:
    reading = _to_masked_text(value)
    return Reading(" ".join((reading.value or "").split()), reading.fault)


def _to_id(value: object) -> Reading[str]:
    return Reading(None if cells.is_blank(value) else cells.to_line(value))


def _to_named(value: object) -> Reading[str]:
    return Reading() if cells.is_blank(value) else _to_masked_line(value)


def _to_language(value: object) -> Reading[str]:
    reading = cells.to_languages(value)
    if not reading.value:
        return Reading(fault=reading.fault)
    fault = reading.fault
    if len(reading.value) > 1:
        what = "수요의 언어는 하나여야 하므로 첫 언어만 넣었습니다."
        fault = fault or Fault(what, "원문의 언어 하나만 적어 주세요.")
    return Reading(reading.value[0], fault)


def _to_place(value: object) -> Reading[Any]:
    if cells.is_blank(value):
        return Reading()
    place = parse_place(cells.to_line(value))
    if place.country is None:
        return Reading(
            fault=Fault("모르는 나라 이름입니다.", "베트남 또는 베트남(박닌성)처럼 적어 주세요.")
        )
    return Reading(place)


def _to_certifications(column: Column, value: object) -> Reading[tuple[Certification, ...]]:
    text = cells.to_line(value)
    if _NO.fullmatch(text):
        return Reading()
    if _YES.fullmatch(text):  # a column such as 녹색인증 that is only ticked
        name = find_certificate(column.head)
        if name is not None:
            return Reading((Certification(name),))
        return Reading(
            fault=Fault("인증 이름이 없습니다.", "녹색기술인증; ISO 14001처럼 이름을 적어 주세요.")
        )
    return cells.to_certifications(value)


def _to_required_certifications(value: object) -> Reading[tuple[str, ...]]:
    items = cells.to_list(
        _OR.sub(";", cells.to_text(value)),
        is_whole=lambda text: find_certificate(text) is not None,
    )
    return Reading(tuple(dict.fromkeys(certificate_name(item) for item in items)))


def _to_sectors(value: object) -> Reading[tuple[str, ...]]:
    """Read a list of fields; 물·수처리 is one name, and a name of the staff's own is kept."""
    reading = _to_masked_text(value)
    items = cells.to_list(
        reading.value,
        is_whole=lambda text: not re.search(r"[;,\n]", text) and len(sector_codes(text)) == 1,
    )
    return Reading(items, reading.fault)


def _to_rule(value: object) -> Reading[str]:
    if cells.is_blank(value):
        return Reading()
    word = re.sub(r"[\s충족]+", "", cells.to_line(value).casefold())
    for rule, words in _RULES.items():
        if word in words:
            return Reading(rule)
    return Reading(
        fault=Fault("인증 조건 방식을 알 수 없습니다.", "모두 또는 하나라고 적어 주세요.")
    )


_READERS: Mapping[str, Callable[[object], Reading[Any]]] = {
    "company_id": _to_id,
    "need_id": _to_id,
    "offering_id": _to_id,
    "registration_no": cells.to_registration_no,
    "name_ko": _to_named,
    "name_en": _to_named,
    "title": _to_named,
    "region": _to_named,
    "size": _to_named,
    "organisation": _to_named,
    "buyer_type": _to_named,
    "cooperation_type": _to_named,
    "sector": _to_named,
    "city": _to_named,
    "certification_number": _to_id,
    "certification_until": cells.to_date,
    "employees": cells.to_count,
    "founded": cells.to_founded,
    "languages": cells.to_languages,
    "required_languages": cells.to_languages,
    "export_countries": cells.to_countries,
    "target_countries": cells.to_countries,
    "excluded_countries": cells.to_countries,
    "target_sectors": _to_sectors,
    "language": _to_language,
    "country": _to_place,
    "required_certifications": _to_required_certifications,
    "certification_rule": _to_rule,
    "deadline": cells.to_date,
    "buyer_id": _to_id,
    "name": _to_named,
    "homepage": _to_id,
    "need_ids": lambda value: Reading(cells.to_list(value)),
}
