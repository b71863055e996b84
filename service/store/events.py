"""Events, the plans made for them, and what came of their meetings."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any, Literal

from sqlalchemy import Connection, Engine, delete, insert, select, update

from matcher.errors import InvalidRequest, UnknownId
from matcher.events import Event
from matcher.outcomes import Outcome
from service.store.papers import put_event
from service.store.reading import read_page
from service.store.releases import add_version, revise_version
from service.store.rows import check_form
from service.store.schema import translated
from service.store.tables import EventRow, OutcomeRow
from service.store.values import Page

Plan = Literal["delegation", "timetable"]


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """An event's file as it came in, and the newest plans (None: none since the file changed)."""

    event_id: str
    form: Mapping[str, Any]
    delegation: Mapping[str, Any] | None
    timetable: Mapping[str, Any] | None
    actor: str
    changed_at: datetime

    @property
    def event(self) -> Event:
        """The event itself."""
        return Event.from_dict(self.form)

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        aware = self.changed_at if self.changed_at.tzinfo else self.changed_at.replace(tzinfo=UTC)
        return {
            "event_id": self.event_id,
            "event": dict(self.form),
            "delegation": self.delegation,
            "timetable": self.timetable,
            "actor": self.actor,
            "changed_at": aware.astimezone(UTC).isoformat(timespec="seconds"),
        }


class Events:
    """Events and outcomes of one database."""

    def __init__(self, engine: Engine, writing: Engine) -> None:
        self._engine = engine
        self._writing = writing

    def put(self, form: Mapping[str, Any], actor: str) -> StoredEvent:
        """Add or replace an event; plans of an earlier form go. Raises InvalidRecord."""
        event = Event.from_dict(form)
        check_form(form)
        with translated(), self._writing.begin() as connection:
            put_event(connection, form, actor)
        return self.get(event.event_id)

    def get(self, event_id: str) -> StoredEvent:
        """Return one event; raises UnknownId."""
        with translated(), self._engine.begin() as connection:
            row = connection.execute(select(EventRow).where(EventRow.event_id == event_id)).first()
        if row is None:
            raise _unknown(event_id)
        return StoredEvent(**row._mapping)

    def page(self, limit: int, cursor: str | None = None) -> Page[StoredEvent]:
        """Return up to `limit` events after the cursor, in id order; raises InvalidRequest."""
        with translated(), self._engine.begin() as connection:
            ids, following, total = read_page(connection, EventRow.event_id, limit, cursor)
            query = select(EventRow).where(EventRow.event_id.in_(ids)).order_by(EventRow.event_id)
            found = tuple(StoredEvent(**row._mapping) for row in connection.execute(query))
            return Page(found, following, total)

    def remove(self, event_id: str) -> None:
        """Remove an event; raises UnknownId, InvalidRequest where outcomes hang on it."""
        with translated(), self._writing.begin() as connection:
            if connection.execute(
                select(OutcomeRow.outcome_id).where(OutcomeRow.event_id == event_id).limit(1)
            ).first():
                raise InvalidRequest(
                    "성과가 적힌 행사는 지울 수 없습니다. 먼저 성과를 지우십시오.", field="event_id"
                )
            if not connection.execute(
                delete(EventRow).where(EventRow.event_id == event_id)
            ).rowcount:
                raise _unknown(event_id)

    def amend(
        self, event: StoredEvent, form: Mapping[str, Any], plans: Mapping[str, Any], actor: str
    ) -> StoredEvent:
        """Change an event and its plans together; raises InvalidRequest where it changed meanwhile.

        plans: "delegation" and "timetable", as they are from now on; a timetable is a new version.
        """
        Event.from_dict(form)
        check_form(form)
        with translated(), self._writing.begin() as connection:
            self._refuse_changed(connection, event)
            row = {**plans, "form": dict(form), "actor": actor, "changed_at": datetime.now(UTC)}
            is_this = EventRow.event_id == event.event_id
            connection.execute(update(EventRow).where(is_this).values(row))
            if plans.get("timetable") is not None:
                add_version(connection, event.event_id, plans["timetable"], actor)
        return self.get(event.event_id)

    def keep_plan(
        self, event: StoredEvent, plan: Plan, content: Mapping[str, Any], actor: str = ""
    ) -> None:
        """Keep a plan of the form it was made for; raises InvalidRequest where that has changed."""
        with translated(), self._writing.begin() as connection:
            self._refuse_changed(connection, event)
            is_this = EventRow.event_id == event.event_id
            connection.execute(update(EventRow).where(is_this).values({plan: dict(content)}))
            if plan == "timetable":
                add_version(connection, event.event_id, content, actor or event.actor)

    def revise(self, event: StoredEvent, content: Mapping[str, Any], actor: str) -> None:
        """Keep a timetable that was changed by hand: the newest draft becomes it, else it is a new version.

        Raises InvalidRequest where the event or its timetable changed meanwhile.
        """
        with translated(), self._writing.begin() as connection:
            self._refuse_changed(connection, event)
            is_this = EventRow.event_id == event.event_id
            now = connection.execute(select(EventRow.timetable).where(is_this)).scalar_one()
            if now != event.timetable:
                raise InvalidRequest(
                    "그 사이에 상담표가 바뀌었습니다. 화면을 새로 고쳐 다시 하십시오.",
                    field="event_id",
                )
            connection.execute(update(EventRow).where(is_this).values(timetable=dict(content)))
            revise_version(connection, event.event_id, content, actor)

    def _refuse_changed(self, connection: Connection, event: StoredEvent) -> None:
        is_this = EventRow.event_id == event.event_id
        now = connection.execute(select(EventRow.form).where(is_this)).first()
        if now is None:
            raise _unknown(event.event_id)
        if now.form != event.form:
            raise InvalidRequest(
                "계획을 세우는 동안 행사가 바뀌었습니다. 다시 실행하십시오.", field="event_id"
            )

    def add_outcome(self, outcome: Outcome, actor: str) -> int:
        """Keep an outcome and return its number; raises UnknownId where there is no such event."""
        values = {field.name: getattr(outcome, field.name) for field in fields(Outcome)}
        check_form(values)
        with translated(), self._writing.begin() as connection:
            is_this = EventRow.event_id == outcome.event_id
            if connection.execute(select(EventRow.event_id).where(is_this)).first() is None:
                raise _unknown(outcome.event_id)
            row = insert(OutcomeRow).values(**values, actor=actor, made_at=datetime.now(UTC))
            key = connection.execute(row).inserted_primary_key
            assert key is not None
            return int(key[0])

    def remove_outcome(self, event_id: str, outcome_id: int) -> None:
        """Remove an outcome that was written by mistake; raises UnknownId."""
        is_this = (OutcomeRow.event_id == event_id) & (OutcomeRow.outcome_id == outcome_id)
        with translated(), self._writing.begin() as connection:
            if not connection.execute(delete(OutcomeRow).where(is_this)).rowcount:
                raise UnknownId(f"성과 {outcome_id}번이 없습니다.", id=str(outcome_id))

    def outcomes(self, event_id: str | None = None) -> tuple[tuple[int, Outcome], ...]:
        """Return numbers and outcomes, of one event or of all, oldest first."""
        names = [field.name for field in fields(Outcome)]
        query = select(OutcomeRow).order_by(OutcomeRow.happened_on, OutcomeRow.outcome_id)
        if event_id is not None:
            query = query.where(OutcomeRow.event_id == event_id)
        with translated(), self._engine.begin() as connection:
            return tuple(
                (row.outcome_id, Outcome(**{name: row._mapping[name] for name in names}))
                for row in connection.execute(query)
            )


def _unknown(event_id: str) -> UnknownId:
    return UnknownId(f"저장된 행사에 '{event_id}'가 없습니다. ID를 확인하십시오.", id=event_id)
