"""What changes a timetable after it was shown: requests of either side, and companies that withdraw.

Each is a change of the event's own form, so that the next timetable is made by the same rules as the
first; who can stay, stays (`timetable.keeping`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from matcher.errors import InvalidRecord, InvalidRequest
from matcher.events import Event

KINDS = {"move": "시간 옮기기", "cancel": "취소", "add": "새 상담"}
STATES = {"open": "답을 기다림", "accepted": "받아들임", "declined": "사양", "expired": "기한 지남"}
STAGES = {"draft": "초안", "provisional": "임시", "final": "확정"}
"""Of a timetable: made; shown to both sides, who may ask for changes; not to be changed any more."""


@dataclass(frozen=True, slots=True)
class ChangeRequest:
    """One side's wish about one pair. slot_id: where it should move to; only for `move`."""

    kind: str
    asked_by: str
    buyer_id: str
    company_id: str
    slot_id: str | None = None
    note: str = ""

    def __post_init__(self) -> None:
        """Check that the wish makes sense in itself."""
        if self.kind not in KINDS:
            raise InvalidRecord(
                f"요청은 {', '.join(KINDS)} 가운데 하나여야 합니다.", field="kind", value=self.kind
            )
        if (self.kind == "move") != (self.slot_id is not None):
            raise InvalidRecord(
                "옮기기(move)에는 옮길 시간(slot_id)이 있어야 하고, 다른 요청에는 없어야 합니다.",
                field="slot_id",
                value=self.slot_id,
            )
        if self.asked_by not in (self.buyer_id, self.company_id):
            raise InvalidRecord(
                "요청한 쪽(asked_by)은 그 상담의 바이어나 기업이어야 합니다.",
                field="asked_by",
                value=self.asked_by,
            )


def state_at(state: str, expires_at: datetime, now: datetime) -> str:
    """Return the state of a request at a moment: an open one runs out by itself."""
    return "expired" if state == "open" and now >= expires_at else state


def applied(form: Mapping[str, Any], request: ChangeRequest) -> dict[str, Any]:
    """Return the event's form with a request granted; the form lists its pairs.

    Raises InvalidRequest where the event knows no such pair or slot.
    """
    event = Event.from_dict(form)
    pair = request.buyer_id, request.company_id
    known = {(p.buyer_id, p.company_id) for p in event.pairs or ()}
    people = {b.id for b in event.buyers}, {c.id for c in event.companies}
    if pair[0] not in people[0] or pair[1] not in people[1]:
        raise InvalidRequest("행사에 없는 바이어나 기업입니다.", field="buyer_id")
    if request.kind != "add" and pair not in known:
        raise InvalidRequest("행사에 없는 짝입니다.", field="company_id")
    if request.slot_id is not None and request.slot_id not in {s.slot_id for s in event.slots}:
        raise InvalidRequest("행사에 없는 시간입니다.", field="slot_id")
    preference = {"move": None, "cancel": "veto", "add": "must"}[request.kind]
    fixed = [m for m in form.get("fixed") or () if (m["buyer_id"], m["company_id"]) != pair]
    pairs = [dict(p) for p in form.get("pairs") or ()]
    if preference is not None:
        mine = [p for p in pairs if (p["buyer_id"], p["company_id"]) == pair]
        if not mine:
            mine = [{"buyer_id": pair[0], "company_id": pair[1], "score": 0.0}]
            pairs += mine
        mine[0]["preference"] = preference
    if request.kind == "move":
        fixed.append({"buyer_id": pair[0], "company_id": pair[1], "slot_id": request.slot_id})
    return {**form, "pairs": pairs, "fixed": fixed}


def withdrawn(
    form: Mapping[str, Any], company_id: str, why: str, successor: str | None
) -> dict[str, Any]:
    """Return the event's form without a company; `successor` takes its place and its terms.

    The successor's own pairs stay as listed; raises InvalidRequest for a company that is not there.
    """
    companies = [dict(c) for c in form.get("companies") or ()]
    named = {c["company_id"] for c in companies} | set(form.get("candidates") or ())
    if company_id not in named and companies:
        raise InvalidRequest("행사에 없는 기업입니다.", field="company_id")
    kept = [c for c in companies if c["company_id"] != company_id]
    if successor is not None and successor not in {c["company_id"] for c in kept}:
        terms = next((c for c in companies if c["company_id"] == company_id), None)
        if terms is not None:
            shared = {k: terms[k] for k in ("min_meetings", "max_meetings") if k in terms}
            kept.append({"company_id": successor, **shared})
    excluded = [
        item
        for item in form.get("must_exclude") or ()
        if (item["company_id"] if isinstance(item, Mapping) else item) != company_id
    ]
    found: dict[str, Any] = {
        **form,
        "must_exclude": [*excluded, {"company_id": company_id, "why": why}],
        "must_include": [c for c in form.get("must_include") or () if c != company_id],
    }
    if companies:
        found["companies"] = kept
    for name in ("pairs", "fixed"):
        if form.get(name) is not None:
            found[name] = [item for item in form[name] if item["company_id"] != company_id]
    return found


def moved_up(
    delegation: Mapping[str, Any], company_id: str, why: str
) -> tuple[dict[str, Any], str | None]:
    """Return the delegation without a company, the first alternate in its place, and who that is.

    Raises InvalidRequest where the company was not chosen.
    """
    chosen = [item for item in delegation["chosen"] if item["company_id"] != company_id]
    if len(chosen) == len(delegation["chosen"]):
        raise InvalidRequest("파견단에 뽑힌 기업이 아닙니다.", field="company_id")
    first, *rest = delegation["alternates"] or [None]
    if first is not None:
        chosen.append({**first, "why": f"{company_id}이(가) 빠져 예비 1순위에서 올라왔습니다."})
    left = [*delegation["left_out"], {"company_id": company_id, "why": why}]
    new = {**delegation, "chosen": chosen, "alternates": rest, "left_out": left}
    return new, None if first is None else str(first["company_id"])


def differences(
    before: Mapping[str, Any] | None, after: Mapping[str, Any]
) -> dict[str, list[dict[str, Any]]]:
    """Return which meetings of a timetable are new, gone or moved against the version before."""
    old = {(m["buyer_id"], m["company_id"]): m for m in (before or {}).get("meetings", ())}
    new = {(m["buyer_id"], m["company_id"]): m for m in after.get("meetings", ())}
    return {
        "added": [dict(new[pair]) for pair in sorted(new.keys() - old.keys())],
        "removed": [dict(old[pair]) for pair in sorted(old.keys() - new.keys())],
        "moved": [
            {"from": dict(old[pair]), "to": dict(new[pair])}
            for pair in sorted(new.keys() & old.keys())
            if old[pair]["slot_id"] != new[pair]["slot_id"]
        ],
    }
