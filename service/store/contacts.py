"""The people behind records: sealed at rest, opened for staff only, each look written down."""

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from cryptography.fernet import Fernet, InvalidToken
from sqlalchemy import Connection, Engine, delete, insert, select

from matcher.errors import StoreUnavailable, UnknownId
from service.store.schema import translated
from service.store.tables import ContactRow, ContactViewRow
from service.store.values import RECORD_KINDS, RecordKind
from service.store.writing import ID_OF, ROWS_AT_ONCE, read_forms

MOST_CONTACTS = 20


@dataclass(frozen=True, slots=True)
class Contact:
    """One person: name, and what is known of phone, e-mail and position."""

    name: str
    phone: str = ""
    email: str = ""
    position: str = ""

    def to_dict(self) -> dict[str, str]:
        """Return the JSON form."""
        return {
            "name": self.name,
            "phone": self.phone,
            "email": self.email,
            "position": self.position,
        }


class Seal:
    """Authenticated encryption (Fernet) under a key that is made from the secret."""

    def __init__(self, secret: str) -> None:
        digest = hashlib.sha256(b"greenmatch contacts\x00" + secret.encode()).digest()
        self._fernet = Fernet(base64.urlsafe_b64encode(digest))

    def close(self, value: Any) -> bytes:
        """Return a value as sealed JSON."""
        return self._fernet.encrypt(json.dumps(value, ensure_ascii=False).encode())

    def open(self, sealed: bytes) -> Any:
        """Return what was sealed; raises StoreUnavailable under another secret."""
        try:
            return json.loads(self._fernet.decrypt(sealed))
        except InvalidToken as error:
            raise StoreUnavailable(
                "연락처를 열 수 없습니다: 저장할 때와 다른 비밀값(GREENMATCH_SECRET)입니다."
            ) from error


class Contacts:
    """Contacts of companies, needs and buyers in one database."""

    def __init__(self, engine: Engine, writing: Engine, seal: Seal) -> None:
        self._engine = engine
        self._writing = writing
        self._seal = seal

    def put(
        self, kind: RecordKind, record_id: str, contacts: Sequence[Contact], actor: str
    ) -> None:
        """Replace the contacts of a record; raises UnknownId where there is no such record."""
        with translated(), self._writing.begin() as connection:
            if not read_forms(connection, kind, [record_id]):
                raise UnknownId(f"'{record_id}'의 기록이 없습니다.", id=record_id)
            is_this = (ContactRow.kind == kind) & (ContactRow.record_id == record_id)
            connection.execute(delete(ContactRow).where(is_this))
            if contacts:
                row = {
                    "kind": kind,
                    "record_id": record_id,
                    "sealed": self._seal.close([contact.to_dict() for contact in contacts]),
                    "actor": actor,
                    "made_at": datetime.now(UTC),
                }
                connection.execute(insert(ContactRow).values(row))

    def add(self, people: Mapping[tuple[RecordKind, str], Sequence[Contact]], actor: str) -> int:
        """Add people to records, all or none; who is known already, or beyond MOST_CONTACTS, is not.

        Records that are not there are left out. Returns how many records got somebody new.
        """
        changed = 0
        with translated(), self._writing.begin() as connection:
            for kind in RECORD_KINDS:
                ids = sorted(id for named, id in people if named == kind)
                for start in range(0, len(ids), ROWS_AT_ONCE):
                    some = ids[start : start + ROWS_AT_ONCE]
                    wanted = {id: people[kind, id] for id in some}
                    changed += self._add(connection, kind, wanted, actor)
        return changed

    def _add(
        self,
        connection: Connection,
        kind: RecordKind,
        people: Mapping[str, Sequence[Contact]],
        actor: str,
    ) -> int:
        id = ID_OF[kind]
        there = set(connection.execute(select(id).where(id.in_(people))).scalars())
        is_these = (ContactRow.kind == kind) & ContactRow.record_id.in_(people)
        query = select(ContactRow.record_id, ContactRow.sealed).where(is_these)
        sealed = {row.record_id: row.sealed for row in connection.execute(query)}
        rows = []
        for record_id, contacts in people.items():
            held = self._seal.open(sealed[record_id]) if record_id in sealed else []
            known = [Contact(**item) for item in held]
            both = list(dict.fromkeys([*known, *contacts]))[:MOST_CONTACTS]
            if both != known and record_id in there:
                rows.append(
                    {
                        "kind": kind,
                        "record_id": record_id,
                        "sealed": self._seal.close([contact.to_dict() for contact in both]),
                        "actor": actor,
                        "made_at": datetime.now(UTC),
                    }
                )
        if rows:
            changing = [row["record_id"] for row in rows]
            is_old = (ContactRow.kind == kind) & ContactRow.record_id.in_(changing)
            connection.execute(delete(ContactRow).where(is_old))
            connection.execute(insert(ContactRow), rows)
        return len(rows)

    def view(self, kind: RecordKind, record_id: str, actor: str) -> tuple[Contact, ...]:
        """Return the contacts of a record and write down who looked; () where there are none."""
        with translated(), self._writing.begin() as connection:
            is_this = (ContactRow.kind == kind) & (ContactRow.record_id == record_id)
            sealed = connection.execute(select(ContactRow.sealed).where(is_this)).scalar()
            look = {
                "viewed_at": datetime.now(UTC),
                "actor": actor,
                "kind": kind,
                "record_id": record_id,
            }
            connection.execute(insert(ContactViewRow).values(look))
        found = self._seal.open(sealed) if sealed is not None else []
        return tuple(Contact(**item) for item in found)

    def views(self) -> tuple[tuple[str, str, str], ...]:
        """Return every look: actor, kind, record id; oldest first."""
        query = select(ContactViewRow).order_by(ContactViewRow.view_id)
        with translated(), self._engine.begin() as connection:
            return tuple((row.actor, row.kind, row.record_id) for row in connection.execute(query))
