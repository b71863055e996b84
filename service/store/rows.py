"""Records to rows and back; a record that no database could hold is refused here."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from matcher.errors import InvalidRecord
from matcher.records import Buyer, Company, Need, Offering

LONGEST_ID = 200  # characters; a PostgreSQL key may not exceed some 2,700 bytes
LARGEST_INTEGER = 2**63 - 1

Row = dict[str, Any]


def check_storable(record: Company | Need | Buyer) -> None:
    """Raise InvalidRecord for a record that `Store.save` would refuse."""
    if isinstance(record, Need):
        need_row(record)
    elif isinstance(record, Buyer):
        buyer_row(record)
    else:
        company_row(record)
        offering_rows(record)


def check_form(form: Mapping[str, Any]) -> None:
    """Raise InvalidRecord for a JSON object that no database could keep."""
    _storable_bytes(form)


def company_row(company: Company) -> Row:
    """Return the columns of `companies`, without import and time; raises InvalidRecord."""
    digest = _digest("company_id", company.company_id, company.to_dict())
    if abs(company.employees or 0) > LARGEST_INTEGER:
        raise InvalidRecord("종업원 수가 너무 큽니다.", field="employees", value=company.employees)
    return {
        "company_id": company.company_id,
        "name_ko": company.name_ko,
        "name_en": company.name_en,
        "registration_no": company.registration_no,
        "region": company.region,
        "size": company.size,
        "employees": company.employees,
        "founded": company.founded,
        "revenue_krw_million": company.revenue_krw_million,
        "certifications": [item.to_value() for item in company.certifications],
        "languages": list(company.languages),
        "export_countries": list(company.export_countries),
        "target_countries": list(company.target_countries),
        "excluded_countries": list(company.excluded_countries),
        "target_sectors": list(company.target_sectors),
        "min_budget_usd": company.min_budget_usd,
        "extra": plain(company.extra),
        "digest": digest,
    }


def offering_rows(company: Company) -> list[Row]:
    """Return the columns of `offerings`, in the company's order."""
    return [
        {
            "company_id": company.company_id,
            "offering_id": _checked_id("offering_id", offering.offering_id),
            "position": position,
            "title": offering.title,
            "description": offering.description,
            "sector": offering.sector,
            "extra": plain(offering.extra),
        }
        for position, offering in enumerate(company.offerings)
    ]


def need_row(need: Need) -> Row:
    """Return the columns of `needs`, without import and time; raises InvalidRecord."""
    digest = _digest("need_id", need.need_id, need.to_dict())
    return {
        "need_id": need.need_id,
        "title": need.title,
        "description": need.description,
        "language": need.language,
        "country": need.country,
        "city": need.city,
        "organisation": need.organisation,
        "buyer_type": need.buyer_type,
        "required_certifications": list(need.required_certifications),
        "certification_rule": need.certification_rule,
        "required_languages": list(need.required_languages),
        "budget_usd": need.budget_usd,
        "deadline": need.deadline,
        "cooperation_type": need.cooperation_type,
        "sector": need.sector,
        "extra": plain(need.extra),
        "digest": digest,
    }


def buyer_row(buyer: Buyer) -> Row:
    """Return the columns of `buyers`, without import and time; raises InvalidRecord."""
    digest = _digest("buyer_id", buyer.buyer_id, buyer.to_dict())
    return {
        "buyer_id": buyer.buyer_id,
        "name": buyer.name,
        "buyer_type": buyer.buyer_type,
        "country": buyer.country,
        "city": buyer.city,
        "languages": list(buyer.languages),
        "need_ids": list(buyer.need_ids),
        "homepage": buyer.homepage,
        "extra": plain(buyer.extra),
        "digest": digest,
    }


def to_company(row: Mapping[str, Any], offerings: Iterable[Mapping[str, Any]]) -> Company:
    """Build the record from its row and its offerings' rows, in order."""
    items = [_to_offering(offering).to_dict() for offering in offerings]
    return Company.from_dict({**_record_fields(row), "offerings": items})


def to_need(row: Mapping[str, Any]) -> Need:
    """Build the record from its row."""
    return Need.from_dict(_record_fields(row))


def to_buyer(row: Mapping[str, Any]) -> Buyer:
    """Build the record from its row."""
    return Buyer.from_dict(_record_fields(row))


def _to_offering(row: Mapping[str, Any]) -> Offering:
    fields = {name: row[name] for name in ("offering_id", "title", "description", "sector")}
    return Offering.from_dict({**fields, **row["extra"]}, default_id=row["offering_id"])


def _record_fields(row: Mapping[str, Any]) -> Row:
    housekeeping = ("extra", "digest", "changed_at", "import_id")
    return {**{k: v for k, v in row.items() if k not in housekeeping}, **row["extra"]}


def _digest(id_field: str, id: str, form: Mapping[str, Any]) -> str:
    _checked_id(id_field, id)
    return hashlib.sha256(_storable_bytes(form)).hexdigest()


def _checked_id(field: str, id: str) -> str:
    if len(id) > LONGEST_ID:
        raise InvalidRecord(f"ID는 {LONGEST_ID}자를 넘을 수 없습니다.", field=field, value=id[:40])
    return id


def _storable_bytes(form: Mapping[str, Any]) -> bytes:
    try:
        text = json.dumps(form, ensure_ascii=False, sort_keys=True, allow_nan=False, default=_iso)
        # U+0000 and lone surrogates are no text to PostgreSQL and to UTF-8.
        if "\\u0000" in text:
            raise ValueError("U+0000")
        return text.encode()
    except (ValueError, TypeError, RecursionError) as error:
        raise InvalidRecord(
            "저장할 수 없는 값이 있습니다: 깨진 글자, 제어 문자(NUL), 무한대나 NaN, 지나친 중첩을 "
            "확인하십시오.",
            field="record",
        ) from error


def plain(extra: Mapping[str, Any]) -> Row:
    """Return a form as JSON holds it: dates as ISO text, tuples as lists."""
    read: Row = json.loads(json.dumps(dict(extra), ensure_ascii=False, default=_iso))
    return read


def _iso(value: object) -> str:
    if isinstance(value, date):  # a datetime is one too
        return value.isoformat()
    raise TypeError(type(value).__name__)
