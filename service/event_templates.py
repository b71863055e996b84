"""New events from a template: the kinds of the programmes, with slots laid out over days."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from matcher.errors import InvalidRequest

MOST_DAYS = 14
MOST_SLOTS = 400


@dataclass(frozen=True, slots=True)
class Template:
    """What an event of one kind usually looks like; tables None: as many as are needed."""

    label: str
    minutes: int
    gap: int
    begins: time
    ends: time
    tables: int | None
    quota: int | None
    alternates: int


NOON = (time(12, 0), time(13, 0))
"""No slot lies in this hour."""
TEMPLATES = {
    "buyer_meetings": Template("수출상담회", 30, 0, time(10), time(17), 10, 20, 4),
    "delegation": Template("사절단", 40, 10, time(9, 30), time(17), 10, 10, 3),
    "exhibition": Template("전시회", 30, 0, time(10), time(18), 10, 10, 2),
    "developing_country": Template("개도국 진출", 60, 0, time(9, 30), time(17), 5, 8, 2),
    "video": Template("화상상담", 30, 10, time(14), time(18), None, 10, 2),
}


def new_event(
    event_id: str,
    kind: str,
    *,
    begins_on: date,
    days: int = 1,
    timezone: str = "Asia/Seoul",
    quota: int | None = None,
    tables: int | None = None,
    demands: Sequence[str] = (),
) -> dict[str, Any]:
    """Return the file of a new event; raises InvalidRequest."""
    template = TEMPLATES.get(kind)
    if template is None:
        raise InvalidRequest("행사의 종류를 고르십시오.", field="kind")
    if not event_id.strip():
        raise InvalidRequest("행사의 이름을 적으십시오.", field="event_id")
    if not 1 <= days <= MOST_DAYS:
        raise InvalidRequest(f"기간은 1일에서 {MOST_DAYS}일까지입니다.", field="days")
    slots = laid_out(template, begins_on, days, timezone)
    form: dict[str, Any] = {
        "event_id": event_id.strip(),
        "kind": kind,
        "timezone": timezone,
        "quota": template.quota if quota is None else quota,
        "alternates": template.alternates,
        "demands": list(dict.fromkeys(demands)),
        "slots": slots,
        "buyers": [],
        "companies": [],
    }
    places = template.tables if tables is None else tables
    return {**form, "tables": places} if places is not None else form


def laid_out(template: Template, begins_on: date, days: int, timezone: str) -> list[dict[str, Any]]:
    """Return slots of each day, none over noon; raises InvalidRequest for an unknown time zone."""
    try:
        zone = ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise InvalidRequest(
            f"'{timezone}'은(는) 시간대가 아닙니다. Asia/Ho_Chi_Minh처럼 적으십시오.",
            field="timezone",
        ) from None
    slots = []
    for number in range(days):
        day = begins_on + timedelta(days=number)
        start = datetime.combine(day, template.begins)
        last = datetime.combine(day, template.ends) - timedelta(minutes=template.minutes)
        while start <= last:
            end = start + timedelta(minutes=template.minutes)
            if start.time() >= NOON[1] or end.time() <= NOON[0]:
                name = f"{start:%m-%d %H:%M}" if days > 1 else f"{start:%H:%M}"
                moment = start.replace(tzinfo=zone).isoformat()
                slots.append({"slot_id": name, "start": moment, "minutes": template.minutes})
            elif start.time() < NOON[1]:
                start = datetime.combine(day, NOON[1])
                continue
            start = end + timedelta(minutes=template.gap)
    return slots[:MOST_SLOTS]
