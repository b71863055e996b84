"""Companies that are one: shown as one record, each own form kept, so that parting loses nothing.

Files name a merged company by its old id for years: what arrives under it renews that form, and the
one record is put together anew.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import fields, replace
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from matcher.errors import InvalidRequest, UnknownId
from matcher.records import Company, Offering
from service.store.history import read_imports
from service.store.rows import company_row, offering_rows, plain
from service.store.tables import MergeRow
from service.store.values import ImportEntry, Source
from service.store.writing import (
    delete_rows,
    put_companies,
    read_forms,
    remember,
    renew_revision,
    stand_in_line,
    write_log,
)


def combine(companies: Sequence[Company]) -> Company:
    """Return one record: the first one's values, filled up from the others; lists and offerings joined."""
    first, *others = companies
    values: dict[str, Any] = {field.name: getattr(first, field.name) for field in fields(Company)}
    for other in others:
        for name, value in values.items():
            theirs = getattr(other, name)
            if name == "offerings":
                values[name] = _joined_offerings(value, theirs, other.company_id)
            elif name == "extra":
                values[name] = {**theirs, **value}
            elif isinstance(value, tuple):
                values[name] = (*value, *(item for item in theirs if item not in value))
            elif value in (None, ""):
                values[name] = theirs
    return Company(**values)


def _joined_offerings(
    own: Sequence[Offering], theirs: Sequence[Offering], company_id: str
) -> tuple[Offering, ...]:
    joined = list(own)
    for offering in theirs:
        if any(known.text == offering.text for known in joined):
            continue
        taken = {known.offering_id for known in joined}
        id = offering.offering_id
        while id in taken:
            id = f"{company_id}:{id}"
        joined.append(replace(offering, offering_id=id))
    return tuple(joined)


def merge(connection: Connection, into_id: str, other_id: str, source: Source) -> ImportEntry:
    """Show two companies as one under `into_id`; raises UnknownId, InvalidRequest."""
    stand_in_line(connection)
    if into_id == other_id:
        raise InvalidRequest("한 기업을 자기 자신과 합칠 수 없습니다.", field="other_id")
    forms = read_forms(connection, "company", [into_id, other_id])
    for id in (into_id, other_id):
        if id not in forms:
            raise UnknownId(f"저장된 공급기업에 '{id}'가 없습니다.", id=id)
    members = _members(connection, into_id) or {into_id: forms[into_id]}
    members |= _members(connection, other_id) or {other_id: forms[other_id]}
    gone = MergeRow.company_id.in_(list(members))
    connection.execute(delete(MergeRow).where(gone))
    rows = [{"company_id": id, "into_id": into_id, "form": form} for id, form in members.items()]
    connection.execute(insert(MergeRow), rows)
    entry = write_log(connection, source, {"merged": [into_id, other_id]})
    remember(connection, entry["import_id"], "company", (), [into_id, other_id], source)
    delete_rows(connection, "company", [other_id])
    _write(connection, [_together(into_id, members)], entry)
    return _newest(connection)


def split(connection: Connection, into_id: str, source: Source) -> ImportEntry:
    """Part a merged company into the records it was made of; raises InvalidRequest."""
    stand_in_line(connection)
    members = _members(connection, into_id)
    if not members:
        raise InvalidRequest(f"'{into_id}'은(는) 합친 기업이 아닙니다.", field="company_id")
    connection.execute(delete(MergeRow).where(MergeRow.into_id == into_id))
    entry = write_log(connection, source, {"split": sorted(members)})
    others = sorted(members.keys() - {into_id})
    remember(connection, entry["import_id"], "company", others, [into_id], source)
    _write(connection, [Company.from_dict(form) for form in members.values()], entry)
    return _newest(connection)


def redirect(connection: Connection, companies: Mapping[str, Company]) -> dict[str, Company]:
    """Renew the forms of companies that were merged; return the records that are put together anew."""
    query = select(MergeRow.company_id, MergeRow.into_id)
    into = {row.company_id: row.into_id for row in connection.execute(query)}
    found: dict[str, Company] = {}
    for into_id in sorted({into[id] for id in companies if id in into}):
        members = _members(connection, into_id)
        for id in members.keys() & companies.keys():
            form = plain(companies[id].to_dict())
            if form != members[id]:
                members[id] = form
                is_this = MergeRow.company_id == id
                connection.execute(update(MergeRow).where(is_this).values(form=form))
        found[into_id] = _together(into_id, members)
    return found


def absorbed_ids(connection: Connection, ids: Collection[str]) -> set[str]:
    """Return which of the ids stand behind a company of another id and are no record of their own."""
    query = select(MergeRow.company_id).where(MergeRow.company_id != MergeRow.into_id)
    return set(connection.execute(query).scalars()) & set(ids)


def forget_groups(connection: Connection, ids: Sequence[str]) -> None:
    """Forget the forms of merged companies that are deleted."""
    connection.execute(delete(MergeRow).where(MergeRow.into_id.in_(list(ids))))


def merged_ids(connection: Connection) -> dict[str, tuple[str, ...]]:
    """Return the ids that stand behind each merged company, its own included."""
    groups: dict[str, list[str]] = {}
    query = select(MergeRow.into_id, MergeRow.company_id).order_by(MergeRow.company_id)
    for row in connection.execute(query):
        groups.setdefault(row.into_id, []).append(row.company_id)
    return {into_id: tuple(ids) for into_id, ids in groups.items()}


def _members(connection: Connection, into_id: str) -> dict[str, Any]:
    query = select(MergeRow.company_id, MergeRow.form).where(MergeRow.into_id == into_id)
    return {row.company_id: row.form for row in connection.execute(query)}


def _together(into_id: str, members: Mapping[str, Any]) -> Company:
    order = [into_id, *sorted(members.keys() - {into_id})]
    return combine([Company.from_dict(members[id]) for id in order])


def _write(connection: Connection, companies: Sequence[Company], stamp: Mapping[str, Any]) -> None:
    delete_rows(connection, "company", [company.company_id for company in companies])
    rows = [{**company_row(company), **stamp} for company in companies]
    put_companies(connection, rows, [row for c in companies for row in offering_rows(c)])
    renew_revision(connection)


def _newest(connection: Connection) -> ImportEntry:
    return read_imports(connection, 1, None)[0]
