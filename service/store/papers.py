"""What was decided and planned, in the plain form of `greenmatch export`, out of the store and back.

Names of people who worked here (actors) and the times they did are no part of it: the backup has them.
"""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any, Protocol

from sqlalchemy import Connection, insert, select, update

from matcher.errors import InvalidRecord
from matcher.events import Event
from matcher.outcomes import Outcome
from service.store.history import decide, read_decisions
from service.store.rows import LONGEST_ID, check_form, plain
from service.store.tables import EventRow, MergeRow, OutcomeRow
from service.store.values import Tally
from service.store.writing import renew_revision

Form = Mapping[str, Any]
_DERIVED = ("usd", "krw")


class PaperLine(Protocol):
    """One line of an export: what it is (decision, merge, event, plan, outcome) and its form."""

    @property
    def kind(self) -> str:
        """What it is."""
        ...

    @property
    def form(self) -> Form:
        """The line itself."""
        ...


@dataclass(frozen=True, slots=True)
class Papers:
    """The papers of a store, each kind in the order of its ids."""

    decisions: tuple[Form, ...] = ()
    merges: tuple[Form, ...] = ()
    events: tuple[Form, ...] = ()
    plans: tuple[Form, ...] = ()
    outcomes: tuple[Form, ...] = ()

    @classmethod
    def of(cls, lines: Sequence[PaperLine]) -> "Papers":
        """Sort the lines of files by what they are."""
        return cls(
            **{
                field.name: tuple(line.form for line in lines if f"{line.kind}s" == field.name)
                for field in fields(cls)
            }
        )


def read_papers(connection: Connection) -> Papers:
    """Return all papers."""
    merges = select(MergeRow).order_by(MergeRow.company_id)
    events = connection.execute(select(EventRow).order_by(EventRow.event_id)).all()
    outcomes = connection.execute(select(OutcomeRow)).all()
    return Papers(
        decisions=tuple(
            {
                "need_id": item.need_id,
                "company_id": item.company_id,
                "verdict": item.verdict,
                "note": item.note,
            }
            for item in read_decisions(connection)
        ),
        merges=tuple(
            {"company_id": row.company_id, "into_id": row.into_id, "form": row.form}
            for row in connection.execute(merges)
        ),
        events=tuple(row.form for row in events),
        plans=tuple(
            {"event_id": row.event_id, "plan": name, "content": content}
            for row in events
            for name in ("delegation", "timetable")
            if (content := getattr(row, name)) is not None
        ),
        outcomes=tuple(
            sorted((_outcome_form(dict(row._mapping)) for row in outcomes), key=_canonical)
        ),
    )


def write_papers(connection: Connection, papers: Papers, actor: str) -> Tally:
    """Put all but merges into the store; what is there already is left as it is. The caller stands in line."""
    for form in (
        *papers.events,
        *papers.plans,
        *papers.outcomes,
        *papers.merges,
        *papers.decisions,
    ):
        check_form(form)
    return add_up(
        [
            _write_decisions(connection, papers.decisions, actor),
            _write_events(connection, papers.events, actor),
            _write_plans(connection, papers.plans),
            _write_outcomes(connection, papers.outcomes, actor),
        ]
    )


def _write_decisions(connection: Connection, forms: Sequence[Form], actor: str) -> Tally:
    there = {(d.need_id, d.company_id): (d.verdict, d.note) for d in read_decisions(connection)}
    added = changed = 0
    for form in forms:
        pair = form["need_id"], form["company_id"]
        told = form["verdict"], form["note"]
        if there.get(pair) == told:
            continue
        added, changed = added + (pair not in there), changed + (pair in there)
        decide(connection, *pair, *told, actor)
    return Tally(added, changed, len(forms) - added - changed)


def write_merges(connection: Connection, forms: Sequence[Form]) -> Tally:
    """Put in who stands behind merged companies; call before the companies are written."""
    rows = {row.company_id: row for row in connection.execute(select(MergeRow))}
    added = changed = 0
    for form in forms:
        values = {"into_id": form["into_id"], "form": plain(form["form"])}
        old = rows.get(form["company_id"])
        if old is None:
            added += 1
            connection.execute(insert(MergeRow).values(company_id=form["company_id"], **values))
        elif (old.into_id, old.form) != (values["into_id"], values["form"]):
            changed += 1
            is_this = MergeRow.company_id == form["company_id"]
            connection.execute(update(MergeRow).where(is_this).values(**values))
    if added or changed:
        renew_revision(connection)
    return Tally(added, changed, len(forms) - added - changed)


def _write_events(connection: Connection, forms: Sequence[Form], actor: str) -> Tally:
    tallies = [put_event(connection, form, actor) for form in forms]
    return add_up(tallies)


def put_event(connection: Connection, form: Form, actor: str) -> Tally:
    """Add or replace an event; plans of an earlier form go."""
    event_id = Event.from_dict(form).event_id
    if "/" in event_id or len(event_id) > LONGEST_ID:
        what = f"행사 ID는 빗금(/) 없이 {LONGEST_ID}자까지입니다."
        raise InvalidRecord(what, field="event_id", value=event_id[:40])
    row = {
        "form": dict(form),
        "delegation": None,
        "timetable": None,
        "actor": actor,
        "changed_at": datetime.now(UTC),
    }
    is_this = EventRow.event_id == event_id
    old = connection.execute(select(EventRow.form).where(is_this)).first()
    if old is None:
        connection.execute(insert(EventRow).values(event_id=event_id, **row))
        return Tally(added=1)
    if old.form == form:
        return Tally(unchanged=1)
    connection.execute(update(EventRow).where(is_this).values(**row))
    return Tally(changed=1)


def _write_plans(connection: Connection, forms: Sequence[Form]) -> Tally:
    changed = 0
    for form in forms:
        is_this = EventRow.event_id == form["event_id"]
        name = form["plan"]
        old = connection.execute(select(getattr(EventRow, name)).where(is_this)).first()
        if old is not None and old[0] != form["content"]:
            changed += 1
            values = {name: dict(form["content"])}
            connection.execute(update(EventRow).where(is_this).values(values))
    return Tally(changed, 0, len(forms) - changed)


def _write_outcomes(connection: Connection, forms: Sequence[Form], actor: str) -> Tally:
    """Two outcomes may be alike in everything: as many of each are added as are missing."""
    there = Counter(
        _canonical(_outcome_form(dict(row._mapping)))
        for row in connection.execute(select(OutcomeRow))
    )
    events = set(connection.execute(select(EventRow.event_id)).scalars())
    added = 0
    for form in forms:
        outcome = Outcome.from_dict(form)
        values = {field.name: getattr(outcome, field.name) for field in fields(Outcome)}
        key = _canonical(_outcome_form(values))
        if there[key] > 0:
            there[key] -= 1
            continue
        if outcome.event_id not in events:
            put_event(connection, {"event_id": outcome.event_id}, actor)
            events.add(outcome.event_id)
        added += 1
        row = insert(OutcomeRow).values(**values, actor=actor, made_at=datetime.now(UTC))
        connection.execute(row)
    return Tally(added, 0, len(forms) - added)


def _outcome_form(row: Form) -> Form:
    outcome = Outcome(**{field.name: row[field.name] for field in fields(Outcome)})
    return {k: v for k, v in outcome.to_dict().items() if k not in _DERIVED}


def _canonical(form: Form) -> str:
    return json.dumps(form, ensure_ascii=False, sort_keys=True)


def add_up(tallies: Sequence[Tally]) -> Tally:
    """Return one tally for several."""
    return Tally(
        sum(t.added for t in tallies),
        sum(t.changed for t in tallies),
        sum(t.unchanged for t in tallies),
    )
