"""What runs out by date: needs whose deadline and certificates whose validity have passed or soon will."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal

from matcher.records import Company, Need


@dataclass(frozen=True, slots=True)
class Expiry:
    """One thing that runs out: a need's deadline or a company's certificate, and its last day."""

    kind: Literal["need", "certificate"]
    record_id: str
    name: str
    last_day: date
    is_over: bool

    @property
    def label(self) -> str:
        """One Korean sentence."""
        what = "신청 마감" if self.kind == "need" else "인증 유효기간"
        when = "지났습니다" if self.is_over else "다가옵니다"
        effect = {
            ("need", True): " 기회 목록에 나오지 않습니다.",
            ("certificate", True): " 이 인증을 요구하는 수요에는 추천되지 않습니다.",
        }.get((self.kind, self.is_over), "")
        return f"{what}({self.last_day})이 {when}.{effect}"

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "kind": self.kind,
            "record_id": self.record_id,
            "name": self.name,
            "last_day": self.last_day.isoformat(),
            "is_over": self.is_over,
            "label": self.label,
        }


def expiring(
    companies: Iterable[Company], needs: Iterable[Need], today: date, days: int
) -> tuple[Expiry, ...]:
    """Return what has run out or will within `days`, the earliest first; the last day still counts."""
    until = today + timedelta(days=days)
    found = [
        Expiry("need", need.need_id, need.title, need.deadline, need.deadline < today)
        for need in needs
        if need.deadline and need.deadline <= until
    ]
    found += [
        Expiry(
            "certificate",
            c.company_id,
            f"{c.name} · {item.name}",
            item.valid_until,
            item.valid_until < today,
        )
        for c in companies
        for item in c.certifications
        if item.valid_until and item.valid_until <= until
    ]
    return tuple(sorted(found, key=lambda e: (e.last_day, e.kind, e.record_id, e.name)))
