"""Rows of company sheets into companies: one row is one offering, rows of a company are joined."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from data.cells import Fault
from data.contacts import Person, mask_contacts
from data.problems import Problem, Source, row_name
from data.rows import CleanRow, free_key
from matcher.errors import InvalidRecord
from matcher.records import Certification, Company, Offering
from matcher.vocabulary import fold

_OFFERING_FIELDS = frozenset(("offering_id", "title", "description", "sector"))
_LIST_FIELDS = frozenset(
    ("languages", "export_countries", "target_countries", "excluded_countries", "target_sectors")
)
_CERTIFICATE_FIELDS = frozenset(("certifications", "certification_number", "certification_until"))
_LEGAL_FORM = re.compile(
    r"주식회사|유한회사|㈜|\(주\)|（주）|co\.?,? ?ltd\.?|inc\.?", re.IGNORECASE
)
_ID_FAULT = Fault(
    "기업ID가 없습니다.", "기업ID 열을 채우거나, 올바른 사업자등록번호를 적어 주세요."
)


@dataclass(slots=True)
class _Draft:
    """A company while its rows are being joined."""

    company_id: str
    first: CleanRow
    values: dict[str, Any] = field(default_factory=dict)
    lists: dict[str, list[Any]] = field(default_factory=dict)
    rows: list[CleanRow] = field(default_factory=list)
    offerings: list[tuple[Offering, CleanRow]] = field(default_factory=list)
    by_id: dict[str, CleanRow] = field(default_factory=dict)
    by_text: dict[tuple[str, str], CleanRow] = field(default_factory=dict)


class CompanyRows:
    """Joins the rows of a file's company sheets; `take` each row in order, then `companies`."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.people: dict[str, list[Person]] = {}
        self._drafts: dict[str, _Draft] = {}
        self._by_registration: dict[str, str] = {}
        self._previous: _Draft | None = None
        self._previous_source: Source | None = None

    def take(self, row: CleanRow) -> None:
        """Add one row to the company that it belongs to, or say why it belongs to none."""
        if row.source != self._previous_source:
            self._previous, self._previous_source = None, row.source
        company_id = self._company_id(row)
        if company_id is None:
            self._previous = None
            return
        draft = self._drafts.get(company_id)
        if draft is None:
            if not (row.named.get("name_ko") or row.named.get("name_en")):
                fault = Fault("기업명이 없습니다.", "기업명을 적어 주세요.")
                self.problems.append(row.source.error(fault, row.number, row.head("company_id")))
                self._previous = None
                return
            draft = self._drafts[company_id] = _Draft(company_id, row)
        elif not self._may_join(draft, row):
            self._previous = None
            return
        self._previous = draft
        if registration_no := row.named.get("registration_no"):
            self._claim_registration(registration_no, draft, row)
        if row.person is not None:
            self.people.setdefault(draft.company_id, []).append(row.person)
        self._join(draft, row)

    def _company_id(self, row: CleanRow) -> str | None:
        if company_id := row.named.get("company_id"):
            return str(company_id)
        if registration_no := row.named.get("registration_no"):
            digits = re.sub(r"\D", "", registration_no)
            return self._by_registration.get(registration_no, f"B{digits}")
        name = row.named.get("name_ko") or row.named.get("name_en")
        previous = self._previous
        if previous is not None and (name is None or _is_same_name(previous.first, row)):
            return previous.company_id
        if name is None and row.named.get("title"):
            fault = Fault(
                "어느 기업의 행인지 알 수 없습니다.", "기업ID나 기업명을 이 행에도 적어 주세요."
            )
            self.problems.append(row.source.error(fault, row.number, None, row.named["title"]))
        else:
            shown = name or next(iter((*row.named.values(), *row.extra.values())), None)
            self.problems.append(row.source.error(_ID_FAULT, row.number, None, shown))
        return None

    def _may_join(self, draft: _Draft, row: CleanRow) -> bool:
        """Refuse a row that carries another company's id, or that repeats one and adds nothing."""
        first = draft.first
        where = self._where(row, first)
        registration_no = row.named.get("registration_no")
        is_same_firm = registration_no and registration_no == draft.values.get("registration_no")
        if not _is_same_name(first, row) and not is_same_firm:
            fault = Fault(
                f"기업ID가 {where}의 다른 기업과 같아 이 행을 넣지 않았습니다.",
                "두 기업의 ID를 서로 다르게 고쳐 주세요.",
            )
        elif row.source == first.source and _adds_nothing(draft, row):
            fault = Fault(
                f"기업ID가 {where}과 겹치고 새로운 내용이 없어 이 행을 넣지 않았습니다.",
                "겹치는 행을 지우거나 공급기술을 적어 주세요.",
            )
        else:
            return True
        head = row.head("company_id") or row.head("registration_no")
        self.problems.append(row.source.error(fault, row.number, head, draft.company_id))
        return False

    def _claim_registration(self, registration_no: str, draft: _Draft, row: CleanRow) -> None:
        owner = self._by_registration.setdefault(registration_no, draft.company_id)
        if owner != draft.company_id and draft.values.get("registration_no") != registration_no:
            first = self._drafts[owner].first
            where = self._where(row, first)
            fault = Fault(
                f"사업자등록번호가 {where}의 기업({owner})과 같은데 기업ID가 다릅니다.",
                "같은 기업이면 기업ID를 하나로 맞춰 주세요.",
            )
            head = row.head("registration_no")
            self.problems.append(row.source.warning(fault, row.number, head, registration_no))

    def _join(self, draft: _Draft, row: CleanRow) -> None:
        kept: dict[str, Any] = {}
        skipped = _OFFERING_FIELDS | _CERTIFICATE_FIELDS | {"company_id"}
        for name, value in row.named.items():
            if name in _LIST_FIELDS:
                draft.lists.setdefault(name, []).extend(value)
            elif name not in skipped and draft.values.setdefault(name, value) != value:
                self._say_conflict(draft, row, name, kept)
        draft.lists.setdefault("certifications", []).extend(self._certifications(row, kept))
        full = replace(row, extra={**row.extra, **kept})
        if _OFFERING_FIELDS & row.named.keys():
            self._add_offering(draft, full)
            draft.rows.append(row)  # what contradicts the company stays with the offering
        else:
            draft.rows.append(full)

    def _say_conflict(self, draft: _Draft, row: CleanRow, name: str, kept: dict[str, Any]) -> None:
        value, first = row.named[name], draft.values[name]
        if name in ("name_ko", "name_en") and _plain_name(value) == _plain_name(first):
            return
        head = row.head(name) or name
        fault = Fault(
            f"같은 기업({draft.company_id})의 앞 행에는 '{first}'(으)로 적혀 있어 앞의 값을 썼습니다.",
            "두 행의 값을 같게 고쳐 주세요.",
        )
        self.problems.append(row.source.warning(fault, row.number, head, value))
        kept[free_key(f"{head} (원문)" if head == name else head, row.extra)] = str(value)

    def _certifications(self, row: CleanRow, kept: dict[str, Any]) -> tuple[Certification, ...]:
        """Return the row's certificates, with number and end date from columns of their own."""
        held: tuple[Certification, ...] = row.named.get("certifications", ())
        number, until = row.named.get("certification_number"), row.named.get("certification_until")
        if number is None and until is None:
            return held
        if len(held) == 1:
            only = held[0]
            return (
                replace(only, number=only.number or number, valid_until=only.valid_until or until),
            )
        for name in ("certification_number", "certification_until"):
            if name in row.named:
                head = row.head(name) or name
                kept[free_key(head, {**row.extra, **kept})] = str(row.named[name])
        fault = Fault(
            "인증번호·유효기간 열이 어느 인증의 것인지 알 수 없어 인증에 붙이지 않았습니다.",
            "인증 열에 녹색기술인증(GT-12-0012, ~2027.03.31)처럼 함께 적어 주세요.",
        )
        self.problems.append(row.source.warning(fault, row.number, row.head("certifications")))
        return held

    def _add_offering(self, draft: _Draft, row: CleanRow) -> None:
        title = str(row.named.get("title", ""))
        description = str(row.named.get("description", ""))
        offering_id = row.named.get("offering_id")
        if offering_id in draft.by_id:
            where = self._where(row, draft.by_id[offering_id])
            what = f"공급기술 ID가 {where}과 겹쳐 이 행을 넣지 않았습니다."
            self._refuse_offering(row, "offering_id", what)
            return
        if offering_id is None and (title, description) in draft.by_text:
            where = self._where(row, draft.by_text[title, description])
            self._refuse_offering(row, "title", f"{where}과 같은 공급기술이라 넣지 않았습니다.")
            return
        number = len(draft.offerings) + 1
        while offering_id is None or (
            offering_id in draft.by_id and "offering_id" not in row.named
        ):
            offering_id = f"{draft.company_id}-{number}"
            number += 1
        try:
            offering = Offering(offering_id, title, description, row.named.get("sector"))
        except InvalidRecord as error:
            fault = Fault(error.sentence, "기술명(제품명)이나 설명을 적어 주세요.")
            self.problems.append(row.source.error(fault, row.number, row.head("title")))
            return
        draft.offerings.append((offering, row))
        draft.by_id[offering_id] = row
        draft.by_text.setdefault((title, description), row)

    def _where(self, row: CleanRow, other: CleanRow) -> str:
        return row_name(row.source, other.source, other.number)

    def _refuse_offering(self, row: CleanRow, name: str, what: str) -> None:
        fault = Fault(what, "겹치는 행을 지우거나 ID를 다르게 고쳐 주세요.")
        self.problems.append(
            row.source.error(fault, row.number, row.head(name), row.named.get(name))
        )

    def companies(self) -> list[tuple[Company, CleanRow]]:
        """Return the joined companies in the order of the sheets, each with its first row."""
        return [
            (company, draft.first)
            for draft in self._drafts.values()
            if (company := self._to_company(draft)) is not None
        ]

    def _to_company(self, draft: _Draft) -> Company | None:
        shared = _shared_extra(draft.rows)
        offerings = tuple(
            replace(offering, extra=MappingProxyType(_own_extra(row.extra, shared)))
            for offering, row in draft.offerings
        )
        first = draft.first
        if not offerings:
            fault = Fault(
                f"기업({draft.company_id})에 공급기술이 없어 매칭되지 않습니다.",
                "기술명(제품명)과 설명을 적어 주세요.",
            )
            self.problems.append(first.source.warning(fault, first.number))
        lists = {name: tuple(dict.fromkeys(values)) for name, values in draft.lists.items()}
        lists["certifications"] = _merge_certificates(draft.lists["certifications"])
        try:
            return Company(
                company_id=draft.company_id,
                **{"name_ko": "", **draft.values, **lists},
                offerings=offerings,
                extra=MappingProxyType(shared),
            )
        except InvalidRecord as error:
            fault = Fault(error.sentence, "값을 고쳐 다시 올려 주세요.")
            head = first.head(error.field)
            self.problems.append(first.source.error(fault, first.number, head, error.value))
            return None


def _adds_nothing(draft: _Draft, row: CleanRow) -> bool:
    """Tell whether a row without an offering repeats what the company's earlier rows say."""
    if _OFFERING_FIELDS & row.named.keys():
        return False
    for name, value in row.named.items():
        if name in draft.lists:
            if not set(value) <= set(draft.lists[name]):
                return False
        elif name != "company_id" and draft.values.get(name) != value:
            return False
    return True


def _merge_certificates(held: list[Certification]) -> tuple[Certification, ...]:
    """Return each certificate once; a bare name gives way to the same one with its details."""
    detailed = {c.name for c in held if c.number is not None or c.valid_until is not None}
    bare = {Certification(name) for name in detailed}
    return tuple(dict.fromkeys(item for item in held if item not in bare))


def _shared_extra(rows: list[CleanRow]) -> dict[str, Any]:
    """Return the extra fields that say the same in every row that fills them."""
    values: dict[str, set[str]] = {}
    first: dict[str, Any] = {}
    for row in rows:
        for key, value in row.extra.items():
            first.setdefault(key, value)
            values.setdefault(key, set()).add(mask_contacts(str(value)))
    return {key: first[key] for key, found in values.items() if len(found) == 1}


def _own_extra(extra: Mapping[str, Any], shared: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in extra.items() if key not in shared}


def _plain_name(name: str) -> str:
    return fold(_LEGAL_FORM.sub("", name))


def _is_same_name(first: CleanRow, row: CleanRow) -> bool:
    """Tell whether no name of the two rows contradicts the other's."""
    for name in ("name_ko", "name_en"):
        ours, theirs = first.named.get(name), row.named.get(name)
        if ours and theirs:
            return _plain_name(ours) == _plain_name(theirs)
    return True
