"""What happened to records: the log, the versions of one record, an import taken back, decisions."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select
from sqlalchemy.orm import aliased

from matcher.errors import InvalidRequest, UnknownId
from matcher.records import Buyer, Company, Need
from service.store.rows import buyer_row, company_row, need_row, offering_rows
from service.store.tables import (
    BuyerRow,
    ChangeRow,
    DecisionRow,
    ImportRow,
    MergeRow,
    NeedRow,
)
from service.store.values import (
    RECORD_KINDS,
    Change,
    Decision,
    ImportEntry,
    RecordKind,
    Source,
)
from service.store.writing import (
    delete_rows,
    insert_rows,
    put_companies,
    read_forms,
    remember,
    renew_revision,
    stand_in_line,
    write_log,
)

SHOWN_IDS = 5


def read_imports(connection: Connection, limit: int, before: int | None) -> tuple[ImportEntry, ...]:
    """Return the newest lines of the log, older than `before` where given."""
    query = select(ImportRow).order_by(ImportRow.import_id.desc()).limit(limit)
    if before is not None:
        query = query.where(ImportRow.import_id < before)
    return tuple(_entry(row) for row in connection.execute(query))


def read_changes(connection: Connection, kind: RecordKind, record_id: str) -> tuple[Change, ...]:
    """Return every change of a record, newest first; empty for one that never was there."""
    query = (
        select(ChangeRow.before, ChangeRow.place, *ImportRow.__table__.columns)
        .join(ImportRow, ChangeRow.import_id == ImportRow.import_id)
        .where(ChangeRow.kind == kind, ChangeRow.record_id == record_id)
        .order_by(ChangeRow.change_id.desc())
    )
    after: Mapping[str, object] | None = read_forms(connection, kind, [record_id]).get(record_id)
    changes = []
    for row in connection.execute(query):
        changes.append(Change(_entry(row), kind, record_id, row.before, after, row.place))
        after = row.before
    return tuple(changes)


def undo_import(connection: Connection, import_id: int, source: Source) -> ImportEntry:
    """Put every record back to what it was before the import, as a change of its own.

    Raises UnknownId for no such import; InvalidRequest where a record was changed since, or where
    there is nothing to take back.
    """
    stand_in_line(connection)
    if (
        connection.execute(select(ImportRow).where(ImportRow.import_id == import_id)).first()
        is None
    ):
        raise UnknownId(
            f"가져오기 {import_id}번이 없습니다. `greenmatch imports`로 번호를 확인하십시오.",
            id=str(import_id),
        )
    query = select(ChangeRow.kind, ChangeRow.record_id, ChangeRow.before)
    rows = connection.execute(query.where(ChangeRow.import_id == import_id)).all()
    if not rows:
        raise InvalidRequest(
            f"가져오기 {import_id}번에는 되돌릴 변경이 없습니다.", field="import_id"
        )
    _refuse_changed_since(connection, import_id)
    _refuse_merged(connection, [row.record_id for row in rows if row.kind == "company"])
    stamp = write_log(connection, source, {"undone": import_id, "records": len(rows)})
    for kind in RECORD_KINDS:
        before = {row.record_id: row.before for row in rows if row.kind == kind}
        _put_back(connection, kind, before, source, stamp)
    renew_revision(connection)
    newest = read_imports(connection, 1, None)
    return newest[0]


def _put_back(
    connection: Connection,
    kind: RecordKind,
    before: Mapping[str, Mapping[str, object] | None],
    source: Source,
    stamp: Mapping[str, object],
) -> None:
    present = read_forms(connection, kind, list(before))
    absent = before.keys() - present.keys()
    import_id = int(str(stamp["import_id"]))
    remember(connection, import_id, kind, sorted(absent), present, source)
    delete_rows(connection, kind, list(present))
    forms = [dict(form) for form in before.values() if form is not None]
    if kind == "company":
        companies = [Company.from_dict(form) for form in forms]
        rows = [{**company_row(company), **stamp} for company in companies]
        put_companies(connection, rows, [row for c in companies for row in offering_rows(c)])
    elif kind == "buyer":
        buyers = [Buyer.from_dict(form) for form in forms]
        insert_rows(connection, BuyerRow, [{**buyer_row(buyer), **stamp} for buyer in buyers])
    else:
        needs = [Need.from_dict(form) for form in forms]
        insert_rows(connection, NeedRow, [{**need_row(need), **stamp} for need in needs])


def _refuse_changed_since(connection: Connection, import_id: int) -> None:
    mine, later = aliased(ChangeRow), aliased(ChangeRow)
    query = (
        select(mine.record_id)
        .join(later, (later.kind == mine.kind) & (later.record_id == mine.record_id))
        .where(mine.import_id == import_id, later.change_id > mine.change_id)
        .distinct()
        .order_by(mine.record_id)
    )
    ids = list(connection.execute(query).scalars())
    if ids:
        shown = ", ".join(ids[:SHOWN_IDS]) + (" …" if len(ids) > SHOWN_IDS else "")
        raise InvalidRequest(
            f"가져오기 {import_id}번 뒤에 다시 바뀐 기록이 {len(ids):,}건 있어 되돌리지 않았습니다"
            f"({shown}). 나중 것부터 되돌리십시오.",
            field="import_id",
        )


def _refuse_merged(connection: Connection, ids: Sequence[str]) -> None:
    query = select(MergeRow.company_id)
    merged = sorted(set(ids) & set(connection.execute(query).scalars()))
    if merged:
        raise InvalidRequest(
            f"합친 기업이 들어 있어 되돌리지 않았습니다({', '.join(merged[:SHOWN_IDS])}). "
            "`greenmatch split`으로 먼저 나누십시오.",
            field="import_id",
        )


def decide(
    connection: Connection, need_id: str, company_id: str, verdict: str, note: str, actor: str
) -> Decision:
    """Keep what staff decided of a pair; the last word counts. The caller checked both ids."""
    stand_in_line(connection)
    forget_decision(connection, need_id, company_id)
    row = {
        "need_id": need_id,
        "company_id": company_id,
        "verdict": verdict,
        "note": note,
        "actor": actor,
        "made_at": datetime.now(UTC),
    }
    connection.execute(insert(DecisionRow).values(row))
    renew_revision(connection)
    return _decision(row)


def forget_decision(connection: Connection, need_id: str, company_id: str) -> bool:
    """Take a decision back; False where there is none."""
    is_this = (DecisionRow.need_id == need_id) & (DecisionRow.company_id == company_id)
    gone = connection.execute(delete(DecisionRow).where(is_this)).rowcount > 0
    if gone:
        renew_revision(connection)
    return gone


def read_decisions(connection: Connection) -> tuple[Decision, ...]:
    """Return all decisions in the order of need and company."""
    query = select(DecisionRow).order_by(DecisionRow.need_id, DecisionRow.company_id)
    return tuple(_decision(row._asdict()) for row in connection.execute(query))


def read_vetoes(connection: Connection) -> dict[tuple[str, str], str]:
    """Return the pairs (need_id, company_id) that staff ruled out, with their note."""
    return {
        (item.need_id, item.company_id): item.note
        for item in read_decisions(connection)
        if item.verdict == "veto"
    }


def read_position(connection: Connection) -> int:
    """Return the number of the last change; 0 where there is none."""
    return connection.execute(select(func.max(ChangeRow.change_id))).scalar() or 0


def read_changed(connection: Connection, position: int) -> dict[str, tuple[str, ...]]:
    """Return the ids that changed after a position, by kind, each once, in id order."""
    query = select(ChangeRow.kind, ChangeRow.record_id).where(ChangeRow.change_id > position)
    found = {(kind, id) for kind, id in connection.execute(query)}
    return {name: tuple(sorted(id for kind, id in found if kind == name)) for name in RECORD_KINDS}


def _entry(row: Any) -> ImportEntry:
    made_at = row.made_at if row.made_at.tzinfo else row.made_at.replace(tzinfo=UTC)
    return ImportEntry(
        row.import_id, made_at.astimezone(UTC), row.actor, tuple(row.files), row.counts
    )


def _decision(row: Mapping[str, Any]) -> Decision:
    made_at = row["made_at"] if row["made_at"].tzinfo else row["made_at"].replace(tzinfo=UTC)
    return Decision(**{**row, "made_at": made_at.astimezone(UTC)})
