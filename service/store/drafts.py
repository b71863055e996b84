"""Uploaded files that wait to be taken in: sealed, because a sheet may name people; gone after a day."""

import base64
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Engine, delete, insert, select, update

from matcher.errors import UnknownId
from service.store.contacts import Seal
from service.store.schema import translated
from service.store.tables import DraftRow

KEPT = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Draft:
    """One uploaded file; meanings: what its reader says a column means, by head ("": nothing)."""

    draft_id: str
    name: str
    kind: str | None
    meanings: Mapping[str, str]
    actor: str
    made_at: datetime
    content: bytes = field(default=b"", repr=False)


class Drafts:
    """Uploaded files of one database."""

    def __init__(self, engine: Engine, writing: Engine, seal: Seal) -> None:
        self._engine = engine
        self._writing = writing
        self._seal = seal

    def add(self, name: str, content: bytes, actor: str) -> str:
        """Keep a file and return its id; files older than a day go."""
        now = datetime.now(UTC)
        row: dict[str, Any] = {
            "draft_id": secrets.token_urlsafe(12),
            "name": name,
            "kind": None,
            "meanings": {},
            "sealed": self._seal.close(base64.b64encode(content).decode()),
            "actor": actor,
            "made_at": now,
        }
        with translated(), self._writing.begin() as connection:
            connection.execute(delete(DraftRow).where(DraftRow.made_at < now - KEPT))
            connection.execute(insert(DraftRow).values(row))
        return str(row["draft_id"])

    def get(self, draft_id: str) -> Draft:
        """Return a file with its bytes; raises UnknownId where it is gone."""
        with translated(), self._engine.begin() as connection:
            query = select(DraftRow).where(DraftRow.draft_id == draft_id)
            row = connection.execute(query).first()
        if row is None:
            raise UnknownId("올린 파일이 없습니다. 하루가 지났으면 다시 올리십시오.", id=draft_id)
        content = base64.b64decode(self._seal.open(row.sealed))
        return Draft(
            row.draft_id, row.name, row.kind, row.meanings, row.actor, row.made_at, content
        )

    def waiting(self) -> tuple[Draft, ...]:
        """Return the files without their bytes, the newest first."""
        columns = [c for c in DraftRow.__table__.columns if c.name != "sealed"]
        query = select(*columns).order_by(DraftRow.made_at.desc())
        since = datetime.now(UTC) - KEPT
        with translated(), self._engine.begin() as connection:
            rows = connection.execute(query.where(DraftRow.made_at >= since)).all()
        return tuple(Draft(**row._mapping) for row in rows)

    def correct(self, draft_id: str, kind: str | None, meanings: Mapping[str, str]) -> None:
        """Keep what the reader says of the kind and the columns."""
        values = {"kind": kind, "meanings": dict(meanings)}
        with translated(), self._writing.begin() as connection:
            is_this = DraftRow.draft_id == draft_id
            connection.execute(update(DraftRow).where(is_this).values(**values))

    def remove(self, draft_id: str) -> None:
        """Forget a file."""
        with translated(), self._writing.begin() as connection:
            connection.execute(delete(DraftRow).where(DraftRow.draft_id == draft_id))
