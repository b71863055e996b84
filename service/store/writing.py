"""Changes to the database, made on a connection whose transaction the caller holds."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update
from sqlalchemy.orm import InstrumentedAttribute

from service.store.reading import batches, read_buyers, read_companies, read_needs
from service.store.rows import Row, plain
from service.store.tables import (
    Base,
    BuyerRow,
    ChangeRow,
    CompanyRow,
    ImportRow,
    NeedRow,
    OfferingRow,
    ReceiptRow,
    RevisionRow,
)
from service.store.values import PLURALS, RecordKind, SaveReport, Source, Tally

ROWS_AT_ONCE = 2_000
ID_OF: Mapping[RecordKind, InstrumentedAttribute[str]] = {
    "company": CompanyRow.company_id,
    "need": NeedRow.need_id,
    "buyer": BuyerRow.buyer_id,
}
Changes = tuple[dict[str, Row], dict[str, Row], int]
"""New rows, changed rows (by id), and how many are there already."""


def write_records(
    connection: Connection,
    companies: Mapping[str, Row],
    offerings: Mapping[str, list[Row]],
    needs: Mapping[str, Row],
    buyers: Mapping[str, Row],
    source: Source,
) -> SaveReport:
    """Add and replace; where nothing differs, nothing at all is written. The caller stands in line."""
    new_companies, changed_companies, same_companies = _changes(
        connection, CompanyRow.company_id, CompanyRow.digest, companies
    )
    new_needs, changed_needs, same_needs = _changes(
        connection, NeedRow.need_id, NeedRow.digest, needs
    )
    new_buyers, changed_buyers, same_buyers = _changes(
        connection, BuyerRow.buyer_id, BuyerRow.digest, buyers
    )
    report = SaveReport(
        Tally(len(new_companies), len(changed_companies), same_companies),
        Tally(len(new_needs), len(changed_needs), same_needs),
        buyers=Tally(len(new_buyers), len(changed_buyers), same_buyers),
    )
    if not report.added and not report.changed:
        return report
    stamp = write_log(connection, source, {**report.to_dict(), "problems": source.problems})
    import_id = stamp["import_id"]
    remember(connection, import_id, "company", new_companies, changed_companies, source)
    remember(connection, import_id, "need", new_needs, changed_needs, source)
    remember(connection, import_id, "buyer", new_buyers, changed_buyers, source)
    _put(connection, CompanyRow, new_companies, changed_companies, stamp)
    _put(connection, NeedRow, new_needs, changed_needs, stamp)
    _put(connection, BuyerRow, new_buyers, changed_buyers, stamp)
    for ids in batches(list(changed_companies)):
        connection.execute(delete(OfferingRow).where(OfferingRow.company_id.in_(ids or ())))
    written = [row for id in (*new_companies, *changed_companies) for row in offerings[id]]
    insert_rows(connection, OfferingRow, written)
    renew_revision(connection)
    return report


def remove_records(
    connection: Connection, kind: RecordKind, ids: Sequence[str], source: Source
) -> int:
    """Delete the records that are there, log it, and return how many they were."""
    stand_in_line(connection)
    gone = read_forms(connection, kind, ids)
    if not gone:
        return 0
    counts = {PLURALS[kind]: {"deleted": len(gone)}}
    stamp = write_log(connection, source, counts)
    remember(connection, stamp["import_id"], kind, (), gone, source)
    delete_rows(connection, kind, list(gone))
    renew_revision(connection)
    return len(gone)


def delete_rows(connection: Connection, kind: RecordKind, ids: Sequence[str]) -> None:
    """Delete records; a company's offerings go with it."""
    id = ID_OF[kind]
    for some in batches(ids):
        connection.execute(delete(id.class_).where(id.in_(some or ())))


def insert_rows(connection: Connection, table: type[Base], rows: Sequence[Row]) -> None:
    """Insert rows, not too many in one statement."""
    for start in range(0, len(rows), ROWS_AT_ONCE):
        connection.execute(insert(table), rows[start : start + ROWS_AT_ONCE])


def put_companies(
    connection: Connection, companies: Sequence[Row], offerings: Sequence[Row]
) -> None:
    """Insert companies, stamped already, with their offerings."""
    insert_rows(connection, CompanyRow, companies)
    insert_rows(connection, OfferingRow, offerings)


def stand_in_line(connection: Connection) -> None:
    """Wait for other writers, so that what is compared is what will be replaced."""
    connection.execute(select(RevisionRow.token).with_for_update())


def remember(
    connection: Connection,
    import_id: int,
    kind: RecordKind,
    new: Iterable[str],
    changed: Iterable[str],
    source: Source,
) -> None:
    """Keep what is about to be replaced or deleted; call before it is."""
    forms = read_forms(connection, kind, list(changed))
    before: dict[str, Row | None] = {**dict.fromkeys(new), **forms}
    rows = [
        {
            "import_id": import_id,
            "kind": kind,
            "record_id": id,
            "before": form,
            "place": source.places.get((kind, id)),
        }
        for id, form in before.items()
    ]
    insert_rows(connection, ChangeRow, rows)


def read_forms(connection: Connection, kind: RecordKind, ids: Sequence[str]) -> dict[str, Row]:
    """Return the interchange form of the records that are there, by id."""
    if not ids:
        return {}
    if kind == "company":
        return {item.company_id: plain(item.to_dict()) for item in read_companies(connection, ids)}
    if kind == "buyer":
        return {item.buyer_id: plain(item.to_dict()) for item in read_buyers(connection, ids)}
    return {item.need_id: plain(item.to_dict()) for item in read_needs(connection, ids)}


def keep_receipt(connection: Connection, digest: str, content: Mapping[str, Any]) -> None:
    """Keep what files said at the present revision; receipts of older ones are worthless."""
    revision = connection.execute(select(RevisionRow.token)).scalar_one()
    connection.execute(delete(ReceiptRow).where(ReceiptRow.revision != revision))
    connection.execute(delete(ReceiptRow).where(ReceiptRow.digest == digest))
    row = {"digest": digest, "revision": revision, "content": dict(content)}
    connection.execute(insert(ReceiptRow).values(row))


def renew_revision(connection: Connection) -> None:
    """Say that records changed."""
    # Not a counter: a restored backup could count up to a number that meant other contents.
    epoch = epoch_of(connection.execute(select(RevisionRow.token)).scalar_one())
    connection.execute(update(RevisionRow).values(token=f"{epoch}.{uuid.uuid4().hex}"))


def begin_epoch(connection: Connection) -> None:
    """Say that the whole store was replaced: nobody may go on from what was read before."""
    token = f"{uuid.uuid4().hex}.{uuid.uuid4().hex}"
    connection.execute(update(RevisionRow).values(token=token))


def epoch_of(token: str) -> str:
    """Return the part of a revision that stays the same until the whole store is replaced."""
    return token.partition(".")[0]


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


def write_log(connection: Connection, source: Source, counts: Row) -> Row:
    """Write one line of the log; return what marks the records that it changes."""
    made_at = datetime.now(UTC)
    row = {
        "made_at": made_at,
        "actor": source.actor,
        "files": list(source.files),
        "counts": counts,
    }
    (import_id,) = connection.execute(
        insert(ImportRow).values(row).returning(ImportRow.import_id)
    ).one()
    return {"changed_at": made_at, "import_id": import_id}


def _put(
    connection: Connection,
    table: type[CompanyRow] | type[NeedRow] | type[BuyerRow],
    new: Mapping[str, Row],
    changed: Mapping[str, Row],
    stamp: Row,
) -> None:
    insert_rows(connection, table, [{**row, **stamp} for row in new.values()])
    id = next(id for id in ID_OF.values() if id.class_ is table)
    for key, row in changed.items():
        connection.execute(update(table).where(id == key).values({**row, **stamp}))
