"""Versions of an event's timetable, requests to change them, and who came to a meeting."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from sqlalchemy import Connection, Engine, delete, func, insert, select, update

from matcher.errors import InvalidRequest, UnknownId
from matcher.requests import STAGES, ChangeRequest, state_at
from service.store.schema import translated
from service.store.tables import AttendanceRow, ChangeRequestRow, EventRow, VersionRow

Attendance = Literal["met", "late", "no_show"]
ATTENDANCE = {"met": "상담함", "late": "늦음", "no_show": "오지 않음"}


@dataclass(frozen=True, slots=True)
class Version:
    """One timetable of an event; requests_until: the moment after which nobody may ask for changes."""

    event_id: str
    version: int
    stage: str
    content: Mapping[str, Any]
    requests_until: datetime | None
    actor: str
    made_at: datetime

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form, without the meetings themselves."""
        return {
            "version": self.version,
            "stage": self.stage,
            "meetings": len(self.content.get("meetings", ())),
            "requests_until": _iso(self.requests_until),
            "actor": self.actor,
            "made_at": _iso(self.made_at),
        }


@dataclass(frozen=True, slots=True)
class StoredRequest:
    """A request and what became of it; `state` is that of the moment it was read."""

    request_id: int
    event_id: str
    request: ChangeRequest
    state: str
    answer: str
    expires_at: datetime
    actor: str
    made_at: datetime

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "request_id": self.request_id,
            **asdict(self.request),
            "state": self.state,
            "answer": self.answer,
            "expires_at": _iso(self.expires_at),
            "actor": self.actor,
            "made_at": _iso(self.made_at),
        }


class Releases:
    """Versions, requests and attendance of one database."""

    def __init__(self, engine: Engine, writing: Engine) -> None:
        self._engine = engine
        self._writing = writing

    def versions(self, event_id: str) -> tuple[Version, ...]:
        """Return every version, the newest first."""
        query = select(VersionRow).where(VersionRow.event_id == event_id)
        with translated(), self._engine.begin() as connection:
            rows = connection.execute(query.order_by(VersionRow.version.desc())).all()
        return tuple(_version(dict(row._mapping)) for row in rows)

    def version(self, event_id: str, number: int) -> Version:
        """Return one version; raises UnknownId."""
        is_this = (VersionRow.event_id == event_id) & (VersionRow.version == number)
        with translated(), self._engine.begin() as connection:
            row = connection.execute(select(VersionRow).where(is_this)).first()
        if row is None:
            raise UnknownId(f"행사 '{event_id}'에 상담표 {number}판이 없습니다.", id=str(number))
        return _version(dict(row._mapping))

    def newest_stages(self) -> dict[str, tuple[int, str]]:
        """Return number and stage of the newest version by event, without reading the versions."""
        query = select(VersionRow.event_id, VersionRow.version, VersionRow.stage)
        with translated(), self._engine.begin() as connection:
            rows = connection.execute(query.order_by(VersionRow.version)).all()
        return {row.event_id: (row.version, row.stage) for row in rows}

    def release(
        self, event_id: str, stage: str, requests_until: datetime | None, actor: str
    ) -> Version:
        """Put the newest version into a stage.

        Raises InvalidRequest for a final one, which is never changed, where there is none, and where
        a provisional one says nothing of how long changes may be asked for.
        """
        if stage not in STAGES:
            raise InvalidRequest(f"단계는 {', '.join(STAGES)} 가운데 하나입니다.", field="stage")
        if (stage == "provisional") != (requests_until is not None):
            raise InvalidRequest(
                "임시(provisional) 상담표에는 요청을 받는 기한(requests_until)이 있어야 합니다.",
                field="requests_until",
            )
        with translated(), self._writing.begin() as connection:
            newest = _newest(connection, event_id)
            if newest is None:
                raise InvalidRequest("아직 상담표가 없습니다.", field="event_id")
            if newest.stage == "final":
                raise InvalidRequest(
                    "확정한 상담표는 바꿀 수 없습니다. 새로 짜면 새 판이 됩니다.", field="stage"
                )
            is_this = (VersionRow.event_id == event_id) & (VersionRow.version == newest.version)
            values = {"stage": stage, "requests_until": requests_until, "actor": actor}
            connection.execute(update(VersionRow).where(is_this).values(**values))
        return self.version(event_id, newest.version)

    def ask(self, event_id: str, request: ChangeRequest, actor: str) -> StoredRequest:
        """Keep a request; raises InvalidRequest where the newest version takes none (any more)."""
        now = datetime.now(UTC)
        with translated(), self._writing.begin() as connection:
            newest = _newest(connection, event_id)
            until = _aware(newest.requests_until) if newest else None
            if newest is None or newest.stage != "provisional" or until is None or now >= until:
                raise InvalidRequest(
                    "지금은 변경을 요청할 수 없습니다. 임시 상담표가 나와 있고 기한이 남아 있어야 합니다.",
                    field="event_id",
                )
            row = insert(ChangeRequestRow).values(
                event_id=event_id,
                form=asdict(request),
                state="open",
                answer="",
                expires_at=until,
                actor=actor,
                made_at=now,
            )
            key = connection.execute(row).inserted_primary_key
            assert key is not None
        return self.request(event_id, int(key[0]))

    def requests(self, event_id: str) -> tuple[StoredRequest, ...]:
        """Return every request of an event, the newest first."""
        query = select(ChangeRequestRow).where(ChangeRequestRow.event_id == event_id)
        with translated(), self._engine.begin() as connection:
            rows = connection.execute(query.order_by(ChangeRequestRow.request_id.desc())).all()
        return tuple(_request(dict(row._mapping)) for row in rows)

    def open_requests(self) -> dict[str, int]:
        """Return how many requests wait for an answer, by event."""
        is_open = ChangeRequestRow.state == "open"
        is_open &= ChangeRequestRow.expires_at > datetime.now(UTC)
        query = select(ChangeRequestRow.event_id, func.count()).where(is_open)
        with translated(), self._engine.begin() as connection:
            rows = connection.execute(query.group_by(ChangeRequestRow.event_id)).all()
        return {str(event_id): int(n) for event_id, n in rows}

    def request(self, event_id: str, request_id: int) -> StoredRequest:
        """Return one request; raises UnknownId."""
        is_this = ChangeRequestRow.event_id == event_id
        is_this &= ChangeRequestRow.request_id == request_id
        with translated(), self._engine.begin() as connection:
            row = connection.execute(select(ChangeRequestRow).where(is_this)).first()
        if row is None:
            raise UnknownId(f"변경 요청 {request_id}번이 없습니다.", id=str(request_id))
        return _request(dict(row._mapping))

    def answer(self, event_id: str, request_id: int, state: str, note: str) -> StoredRequest:
        """Answer an open request, once; raises UnknownId, InvalidRequest."""
        found = self.request(event_id, request_id)
        is_open = ChangeRequestRow.request_id == request_id
        is_open &= ChangeRequestRow.state == "open"
        with translated(), self._writing.begin() as connection:
            change = update(ChangeRequestRow).where(is_open).values(state=state, answer=note)
            if found.state != "open" or not connection.execute(change).rowcount:
                raise InvalidRequest("이미 답했거나 기한이 지난 요청입니다.", field="request_id")
        return self.request(event_id, request_id)

    def mark(
        self, event_id: str, pair: tuple[str, str], state: Attendance, note: str, actor: str
    ) -> None:
        """Write down who came to a meeting of (buyer, company); the last word counts."""
        is_this = (
            (AttendanceRow.event_id == event_id)
            & (AttendanceRow.buyer_id == pair[0])
            & (AttendanceRow.company_id == pair[1])
        )
        with translated(), self._writing.begin() as connection:
            if not connection.execute(
                select(EventRow.event_id).where(EventRow.event_id == event_id)
            ).first():
                raise UnknownId(f"저장된 행사에 '{event_id}'가 없습니다.", id=event_id)
            connection.execute(delete(AttendanceRow).where(is_this))
            connection.execute(
                insert(AttendanceRow).values(
                    event_id=event_id,
                    buyer_id=pair[0],
                    company_id=pair[1],
                    state=state,
                    note=note,
                    actor=actor,
                    made_at=datetime.now(UTC),
                )
            )

    def attendance(self, event_id: str) -> tuple[dict[str, str], ...]:
        """Return who came, by buyer and company."""
        query = select(AttendanceRow).where(AttendanceRow.event_id == event_id)
        with translated(), self._engine.begin() as connection:
            rows = connection.execute(
                query.order_by(AttendanceRow.buyer_id, AttendanceRow.company_id)
            ).all()
        names = ("buyer_id", "company_id", "state", "note")
        return tuple({name: str(row._mapping[name]) for name in names} for row in rows)


def add_version(
    connection: Connection, event_id: str, content: Mapping[str, Any], actor: str
) -> None:
    """Keep a timetable as the next version, a draft."""
    highest = select(func.max(VersionRow.version)).where(VersionRow.event_id == event_id)
    number = (connection.execute(highest).scalar() or 0) + 1
    row = {
        "event_id": event_id,
        "version": number,
        "stage": "draft",
        "content": dict(content),
        "actor": actor,
        "made_at": datetime.now(UTC),
    }
    connection.execute(insert(VersionRow).values(**row))


def revise_version(
    connection: Connection, event_id: str, content: Mapping[str, Any], actor: str
) -> None:
    """Replace the newest version where it is a draft; else keep the timetable as the next version."""
    newest = _newest(connection, event_id)
    if newest is None or newest.stage != "draft":
        add_version(connection, event_id, content, actor)
        return
    is_this = (VersionRow.event_id == event_id) & (VersionRow.version == newest.version)
    values = {"content": dict(content), "actor": actor, "made_at": datetime.now(UTC)}
    connection.execute(update(VersionRow).where(is_this).values(**values))


def _newest(connection: Connection, event_id: str) -> Version | None:
    query = select(VersionRow).where(VersionRow.event_id == event_id)
    row = connection.execute(query.order_by(VersionRow.version.desc()).limit(1)).first()
    return _version(dict(row._mapping)) if row else None


def _version(row: Mapping[str, Any]) -> Version:
    return Version(**{name: row[name] for name in Version.__dataclass_fields__})


def _request(row: Mapping[str, Any]) -> StoredRequest:
    expires_at = _aware(row["expires_at"])
    assert expires_at is not None
    state = state_at(row["state"], expires_at, datetime.now(UTC))
    known = ("request_id", "event_id", "answer", "actor", "made_at")
    return StoredRequest(
        request=ChangeRequest(**row["form"]),
        state=state,
        expires_at=expires_at,
        **{name: row[name] for name in known},
    )


def _aware(moment: datetime | None) -> datetime | None:
    return moment if moment is None or moment.tzinfo else moment.replace(tzinfo=UTC)


def _iso(moment: datetime | None) -> str | None:
    aware = _aware(moment)
    return aware.astimezone(UTC).isoformat(timespec="seconds") if aware else None
