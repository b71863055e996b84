"""Lines of `greenmatch export` that are no companies, needs or buyers: what was decided and planned.

A paper keeps the plain form it came in; here it is checked, and freed of personal data.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from data.contacts import mask_contacts
from data.interchange import without_contacts
from matcher.errors import InvalidRecord
from matcher.events import LONGEST_ID, Event
from matcher.outcomes import Outcome
from matcher.records import Company

PaperKind = Literal["decision", "merge", "event", "plan", "outcome"]
VERDICTS = ("accept", "decline", "veto")
PLANS = ("delegation", "timetable")
_FIELDS: Mapping[PaperKind, frozenset[str]] = {
    "decision": frozenset(("need_id", "company_id", "verdict")),
    "merge": frozenset(("company_id", "into_id", "form")),
    "outcome": frozenset(("event_id", "company_id", "stage", "happened_on")),
    "plan": frozenset(("event_id", "plan", "content")),
    "event": frozenset(("event_id",)),
}
_IDS = frozenset(("event_id", "company_id", "need_id", "buyer_id", "into_id"))
_RECORD_FIELDS = frozenset(("title", "description", "offerings", "name_ko", "name_en"))


@dataclass(frozen=True, slots=True)
class Paper:
    """One line and what it is."""

    kind: PaperKind
    form: Mapping[str, Any]


def paper_kind(value: Mapping[str, Any]) -> PaperKind | None:
    """Return what a line is by its field names; None for a record or for what nobody knows."""
    if not _RECORD_FIELDS.isdisjoint(value):
        return None
    for kind, fields in _FIELDS.items():
        if fields <= value.keys():
            return kind
    return None


def to_paper(kind: PaperKind, value: Mapping[str, Any]) -> Paper:
    """Check one line; raises InvalidRecord."""
    _check_ids(value)
    if kind == "event":
        Event.from_dict(value)
        return Paper(kind, without_contacts(value))
    if kind == "outcome":
        outcome = Outcome.from_dict(value)
        form = outcome.to_dict()
        return Paper(kind, {**form, **{k: mask_contacts(form[k]) for k in ("note", "evidence")}})
    for name in _FIELDS[kind] - {"form", "content"}:
        _require_text(name, value[name])
    if kind == "decision":
        if value["verdict"] not in VERDICTS:
            _refuse("verdict", f"{', '.join(VERDICTS)} 가운데 하나여야 합니다.", value["verdict"])
        note = mask_contacts(str(value.get("note") or ""))
        return Paper(kind, {**{k: value[k] for k in _FIELDS[kind]}, "note": note})
    content = value["content"] if kind == "plan" else value["form"]
    if not isinstance(content, Mapping):
        _refuse("content" if kind == "plan" else "form", "객체(JSON object)여야 합니다.", content)
    if kind == "merge":
        return Paper(kind, {**{k: value[k] for k in _FIELDS[kind]}, "form": _company(content)})
    if value["plan"] not in PLANS:
        _refuse("plan", f"{', '.join(PLANS)} 가운데 하나여야 합니다.", value["plan"])
    return Paper(kind, {k: value[k] for k in _FIELDS[kind]})


def _check_ids(value: Mapping[str, Any]) -> None:
    for name in _IDS & value.keys():
        if len(str(value[name])) > LONGEST_ID:
            _refuse(name, f"ID는 {LONGEST_ID}자를 넘을 수 없습니다.", str(value[name])[:40])
    if "/" in str(value.get("event_id", "")):
        _refuse("event_id", "빗금(/)을 쓸 수 없습니다.", value["event_id"])


def _company(form: Mapping[str, Any]) -> dict[str, Any]:
    return Company.from_dict(form).to_dict()


def _require_text(name: str, value: object) -> None:
    if not isinstance(value, str) or not value.strip():
        _refuse(name, "글자여야 합니다.", value)


def _refuse(name: str, sentence: str, value: object) -> None:
    raise InvalidRecord(f"{name}: {sentence}", field=name, value=value)
