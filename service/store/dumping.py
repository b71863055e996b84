"""Every row of every table as plain JSON values, and back."""

import base64
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, DateTime, LargeBinary, Table, delete, insert, select, text
from sqlalchemy.types import Date

from matcher.errors import UnreadableFile
from service.store.tables import Base
from service.store.writing import ROWS_AT_ONCE, begin_epoch, stand_in_line

PlainRow = Mapping[str, Any]


def dump_tables(connection: Connection) -> tuple[str, dict[str, list[PlainRow]]]:
    """Return the schema's version and the rows of each table, in key order."""
    version = MigrationContext.configure(connection).get_current_revision() or ""
    return version, {
        table.name: [
            {name: _plain(value) for name, value in row._mapping.items()}
            for row in connection.execute(select(table).order_by(*table.primary_key.columns))
        ]
        for table in Base.metadata.sorted_tables
    }


def load_tables(connection: Connection, tables: Mapping[str, Sequence[PlainRow]]) -> None:
    """Replace every row; raises UnreadableFile where tables or columns are not ours."""
    stand_in_line(connection)
    ours = {table.name: table for table in Base.metadata.sorted_tables}
    if tables.keys() != ours.keys():
        raise UnreadableFile("백업에 든 표가 이 버전과 다릅니다.")
    for table in reversed(Base.metadata.sorted_tables):
        connection.execute(delete(table))
    for name, table in ours.items():
        rows = [_typed(table, row) for row in tables[name]]
        for start in range(0, len(rows), ROWS_AT_ONCE):
            connection.execute(insert(table), rows[start : start + ROWS_AT_ONCE])
        _number_on(connection, table)
    begin_epoch(connection)


def _number_on(connection: Connection, table: Table) -> None:
    """Let PostgreSQL number new rows after the restored ones; SQLite does so by itself."""
    if connection.dialect.name != "postgresql":
        return
    (key, *others) = table.primary_key.columns
    if others or not key.autoincrement or key.type.python_type is not int:
        return
    sequence = connection.execute(
        text("SELECT pg_get_serial_sequence(:table, :key)"), {"table": table.name, "key": key.name}
    ).scalar()
    if sequence:
        highest = connection.execute(select(key).order_by(key.desc()).limit(1)).scalar()
        connection.execute(
            text("SELECT setval(:sequence, :value, :used)"),
            {"sequence": sequence, "value": highest or 1, "used": highest is not None},
        )


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        aware = value if value.tzinfo else value.replace(tzinfo=UTC)
        return aware.astimezone(UTC).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return value


def _typed(table: Table, row: PlainRow) -> dict[str, Any]:
    if row.keys() != set(table.columns.keys()):
        raise UnreadableFile(f"백업의 표 '{table.name}'에 든 열이 이 버전과 다릅니다.")
    typed = {}
    for name, value in row.items():
        kind = table.columns[name].type
        if value is not None and isinstance(kind, DateTime):
            value = datetime.fromisoformat(value)
        elif value is not None and isinstance(kind, Date):
            value = date.fromisoformat(value)
        elif value is not None and isinstance(kind, LargeBinary):
            value = base64.b64decode(value)
        typed[name] = value
    return typed
