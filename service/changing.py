"""Plans of stored events: made, made anew for a request that was granted or a company that withdraws."""

import threading
from collections.abc import Mapping
from typing import Any

from matcher.errors import InvalidRequest
from matcher.events import Event
from matcher.progress import Progress, silent
from matcher.requests import applied, moved_up, withdrawn
from matcher.timetable import Timetable
from service.planning import (
    completed,
    listed_pairs,
    needs_matcher,
    plan_delegation,
    plan_timetable,
)
from service.reports import earlier_chances
from service.store import StoredEvent, StoredRequest
from service.workbench import Workbench

SECONDS = 20.0


def make_delegation(bench: Workbench, event_id: str, seconds: float) -> dict[str, Any]:
    """Choose an event's delegation and keep it; raises UnknownId, InvalidRequest."""
    stored = bench.store.events.get(event_id)
    event = completed(stored.event, bench.store)
    desk = bench.desk() if needs_matcher(event) else None
    content = plan_delegation(event, desk, seconds, earlier_chances(bench.store, event)).to_dict()
    bench.store.events.keep_plan(stored, "delegation", content)
    return content


def make_timetable(
    bench: Workbench,
    event_id: str,
    seconds: float,
    actor: str,
    *,
    keep: bool,
    progress: Progress = silent,
    stop: threading.Event | None = None,
) -> dict[str, Any]:
    """Make an event's timetable and keep it as a new version; raises UnknownId, InvalidRequest.

    keep: meetings of the newest timetable stay where they are if they still can. stop: ends the
    search with what it has.
    """
    stored = bench.store.events.get(event_id)
    event = completed(stored.event, bench.store)
    desk = bench.desk() if needs_matcher(event) else None
    old = stored.timetable if keep else None
    earlier = Timetable.from_dict(old).meetings if old is not None else ()
    content = plan_timetable(event, desk, seconds, progress, earlier, stop).to_dict()
    bench.store.events.keep_plan(stored, "timetable", content, actor)
    return content


def grant(
    bench: Workbench, event_id: str, request_id: int, note: str, actor: str
) -> tuple[StoredRequest, StoredEvent]:
    """Grant a request: the event changes and a new version is made in which who can stay, stays.

    Raises UnknownId, InvalidRequest; the request stays open where the change cannot be made.
    """
    stored = bench.store.events.get(event_id)
    asked = bench.store.releases.request(event_id, request_id)
    if asked.state != "open":
        raise InvalidRequest("이미 답했거나 기한이 지난 요청입니다.", field="request_id")
    form = applied(_with_pairs(bench, stored), asked.request)
    changed = _replan(bench, stored, form, stored.delegation, actor)
    return bench.store.releases.answer(event_id, request_id, "accepted", note), changed


def withdraw(
    bench: Workbench, event_id: str, company_id: str, why: str, actor: str
) -> tuple[str | None, StoredEvent]:
    """Take a company out of delegation and timetable; the first alternate moves up, the rest stays.

    Returns who moved up (None: nobody stood by). Raises UnknownId, InvalidRequest.
    """
    stored = bench.store.events.get(event_id)
    delegation, successor = stored.delegation, None
    if delegation is not None and any(
        item["company_id"] == company_id for item in delegation["chosen"]
    ):
        delegation, successor = moved_up(delegation, company_id, why)
    form = withdrawn(_with_pairs(bench, stored, successor), company_id, why, successor)
    return successor, _replan(bench, stored, form, delegation, actor)


def _replan(
    bench: Workbench,
    stored: StoredEvent,
    form: Mapping[str, Any],
    delegation: Mapping[str, Any] | None,
    actor: str,
) -> StoredEvent:
    plans: dict[str, Any] = {"delegation": delegation, "timetable": None}
    if stored.timetable is not None:
        event = completed(Event.from_dict(form), bench.store)
        earlier = Timetable.from_dict(stored.timetable).meetings
        desk = bench.desk() if needs_matcher(event) else None
        plans["timetable"] = plan_timetable(event, desk, SECONDS, earlier=earlier).to_dict()
    return bench.store.events.amend(stored, form, plans, actor)


def _with_pairs(
    bench: Workbench, stored: StoredEvent, newcomer: str | None = None
) -> Mapping[str, Any]:
    """Return the form with its pairs written out, so that a single one can be changed.

    An event that was never scheduled has no pairs to change and stays as it is.
    """
    if stored.form.get("pairs") is not None or stored.timetable is None:
        return stored.form
    event = completed(stored.event, bench.store)
    return {**stored.form, "pairs": listed_pairs(event, bench.desk(), newcomer)}
