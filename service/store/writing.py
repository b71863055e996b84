"""Changes to the database, made on a connection whose transaction the caller holds."""

import uuid
from collections.abc import Mapping
from datetime import UTC, datetime

from sqlalchemy import Connection, delete, insert, select, update
from sqlalchemy.orm import InstrumentedAttribute

from service.store.reading import batches
from service.store.rows import Row
from service.store.tables import CompanyRow, ImportRow, NeedRow, OfferingRow, RevisionRow
from service.store.values import SaveReport, Source, Tally

Changes = tuple[dict[str, Row], dict[str, Row], int]
"""New rows, changed rows (by id), and how many are there already."""


def write_records(
    connection: Connection,
    companies: Mapping[str, Row],
    offerings: Mapping[str, list[Row]],
    needs: Mapping[str, Row],
    source: Source,
) -> SaveReport:
    """Add and replace; where nothing differs, nothing at all is written."""
    # Writers stand in line here, so that what is compared is what will be replaced.
    connection.execute(select(RevisionRow.token).with_for_update())
    new_companies, changed_companies, same_companies = _changes(
        connection, CompanyRow.company_id, CompanyRow.digest, companies
    )
    new_needs, changed_needs, same_needs = _changes(
        connection, NeedRow.need_id, NeedRow.digest, needs
    )
    report = SaveReport(
        Tally(len(new_companies), len(changed_companies), same_companies),
        Tally(len(new_needs), len(changed_needs), same_needs),
    )
    if not report.added and not report.changed:
        return report
    stamp = _log(connection, source, report)
    _put(connection, CompanyRow, new_companies, changed_companies, stamp)
    _put(connection, NeedRow, new_needs, changed_needs, stamp)
    for ids in batches(list(changed_companies)):
        connection.execute(delete(OfferingRow).where(OfferingRow.company_id.in_(ids or ())))
    written = [row for id in (*new_companies, *changed_companies) for row in offerings[id]]
    if written:
        connection.execute(insert(OfferingRow), written)
    renew_revision(connection)
    return report


def remove(connection: Connection, id: InstrumentedAttribute[str], value: str) -> bool:
    """Delete one record; False where there is none."""
    gone = connection.execute(delete(id.class_).where(id == value)).rowcount > 0
    if gone:
        renew_revision(connection)
    return gone


def renew_revision(connection: Connection) -> None:
    """Say that records changed."""
    # Not a counter: a restored backup could count up to a number that meant other contents.
    connection.execute(update(RevisionRow).values(token=uuid.uuid4().hex))


def _changes(
    connection: Connection,
    id: InstrumentedAttribute[str],
    digest: InstrumentedAttribute[str],
    rows: Mapping[str, Row],
) -> Changes:
    present: dict[str, str] = {}
    for ids in batches(list(rows)):
        found = connection.execute(select(id, digest).where(id.in_(ids or ())))
        present.update((key, value) for key, value in found)
    new = {key: row for key, row in rows.items() if key not in present}
    changed = {
        key: row for key, row in rows.items() if present.get(key, row["digest"]) != row["digest"]
    }
    return new, changed, len(rows) - len(new) - len(changed)


def _log(connection: Connection, source: Source, report: SaveReport) -> Row:
    made_at = datetime.now(UTC)
    row = {
        "made_at": made_at,
        "actor": source.actor,
        "files": list(source.files),
        "counts": {**report.to_dict(), "problems": source.problems},
    }
    (import_id,) = connection.execute(
        insert(ImportRow).values(row).returning(ImportRow.import_id)
    ).one()
    return {"changed_at": made_at, "import_id": import_id}


def _put(
    connection: Connection,
    table: type[CompanyRow] | type[NeedRow],
    new: Mapping[str, Row],
    changed: Mapping[str, Row],
    stamp: Row,
) -> None:
    if new:
        connection.execute(insert(table), [{**row, **stamp} for row in new.values()])
    id = CompanyRow.company_id if table is CompanyRow else NeedRow.need_id
    for key, row in changed.items():
        connection.execute(update(table).where(id == key).values({**row, **stamp}))
