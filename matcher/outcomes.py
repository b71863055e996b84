"""What came of meetings: stages with date and money, and the funnel that never adds stages together."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Self

from matcher.errors import InvalidRecord
from matcher.forms import require_id, to_date, to_float, to_id, to_optional_text, to_text

STAGES = {
    "consultation": "상담",
    "negotiation": "계약추진",
    "contract": "계약",
    "shipment": "선적",
    "mou": "MOU",
    "moa": "MOA",
}
"""Code to label, in the order of a screen. MOU and MOA stand beside the way to the shipment."""
CURRENCIES = ("USD", "KRW")
QUIET_DAYS = 90
"""Days without news after which somebody asks again, unless they say otherwise."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One stage that a company reached with somebody at an event.

    krw_per_usd: the rate of that day, kept with the record, so that no later rate changes a report.
    """

    event_id: str
    company_id: str
    stage: str
    happened_on: date
    buyer_id: str | None = None
    need_id: str | None = None
    amount: float | None = None
    currency: str | None = None
    krw_per_usd: float | None = None
    note: str = ""
    evidence: str = ""

    def __post_init__(self) -> None:
        """Check stage and money."""
        if self.stage not in STAGES:
            raise InvalidRecord(
                f"단계는 {', '.join(STAGES)} 가운데 하나여야 합니다.",
                field="stage",
                value=self.stage,
            )
        if self.amount is None:
            return
        if not 0 <= self.amount < 1e15:
            raise InvalidRecord("금액은 0 이상이어야 합니다.", field="amount", value=self.amount)
        if self.currency not in CURRENCIES:
            raise InvalidRecord(
                "금액이 있으면 통화(USD 또는 KRW)가 필요합니다.",
                field="currency",
                value=self.currency,
            )
        if self.krw_per_usd is None or not 1 <= self.krw_per_usd < 1e6:
            raise InvalidRecord(
                "금액이 있으면 그날의 환율(1달러에 몇 원, krw_per_usd)이 필요합니다.",
                field="krw_per_usd",
                value=self.krw_per_usd,
            )

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Self:
        """Build from the JSON form; what follows from the rest (usd, krw) is worked out anew."""
        for name in ("event_id", "company_id"):
            require_id(name, to_id(value.get(name)))
        happened_on = to_date("happened_on", value.get("happened_on"))
        if happened_on is None:
            raise InvalidRecord("성과의 날짜가 필요합니다.", field="happened_on")
        return cls(
            event_id=to_id(value.get("event_id")),
            company_id=to_id(value.get("company_id")),
            stage=to_text(value.get("stage")),
            happened_on=happened_on,
            buyer_id=to_optional_text(value.get("buyer_id")),
            need_id=to_optional_text(value.get("need_id")),
            amount=to_float("amount", value.get("amount")),
            currency=to_optional_text(value.get("currency")),
            krw_per_usd=to_float("krw_per_usd", value.get("krw_per_usd")),
            note=to_text(value.get("note")),
            evidence=to_text(value.get("evidence")),
        )

    @property
    def usd(self) -> float | None:
        """The amount in US dollars at the stored rate."""
        if self.amount is None or self.krw_per_usd is None:
            return None
        return self.amount if self.currency == "USD" else self.amount / self.krw_per_usd

    @property
    def krw(self) -> float | None:
        """The amount in won at the stored rate."""
        usd = self.usd
        return None if usd is None or self.krw_per_usd is None else usd * self.krw_per_usd

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "event_id": self.event_id,
            "company_id": self.company_id,
            "buyer_id": self.buyer_id,
            "need_id": self.need_id,
            "stage": self.stage,
            "happened_on": self.happened_on.isoformat(),
            "amount": self.amount,
            "currency": self.currency,
            "krw_per_usd": self.krw_per_usd,
            "usd": self.usd,
            "krw": self.krw,
            "note": self.note,
            "evidence": self.evidence,
        }


@dataclass(frozen=True, slots=True)
class StageTotal:
    """One stage of the funnel in the agency's units: 개사, 건, 만 달러."""

    stage: str
    companies: int
    count: int
    usd: float
    krw: float

    @property
    def label(self) -> str:
        """The stage as staff report it."""
        money = f", {self.usd / 10_000:,.1f}만 달러" if self.usd else ""
        return f"{STAGES[self.stage]} {self.companies}개사 {self.count}건{money}"

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "stage": self.stage,
            "companies": self.companies,
            "count": self.count,
            "usd": self.usd,
            "krw": self.krw,
            "label": self.label,
        }


def funnel(outcomes: Iterable[Outcome]) -> tuple[StageTotal, ...]:
    """Count each stage apart, in the order of STAGES; stages that nobody reached are left out."""
    by_stage: dict[str, list[Outcome]] = {stage: [] for stage in STAGES}
    for outcome in outcomes:
        by_stage[outcome.stage].append(outcome)
    return tuple(
        StageTotal(
            stage,
            companies=len({o.company_id for o in found}),
            count=len(found),
            usd=sum(o.usd or 0.0 for o in found),
            krw=sum(o.krw or 0.0 for o in found),
        )
        for stage, found in by_stage.items()
        if found
    )


def funnel_by(
    outcomes: Iterable[Outcome], group_of: Callable[[Outcome], Iterable[str]]
) -> dict[str, tuple[StageTotal, ...]]:
    """Return the funnel of each group, in the order of their names.

    An outcome that belongs to several groups (a company of two sectors) counts in each: groups
    overlap, so they are not added together either.
    """
    groups: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        for name in dict.fromkeys(group_of(outcome)):
            groups.setdefault(name, []).append(outcome)
    return {name: funnel(groups[name]) for name in sorted(groups)}


OPEN_STAGES = ("consultation", "negotiation", "mou", "moa")
"""Stages after which something is still to come: whoever stands there is asked again."""


@dataclass(frozen=True, slots=True)
class FollowUp:
    """Somebody to ask again: the last that is known of a company and a buyer, and for how long."""

    last: Outcome
    days: int

    @property
    def label(self) -> str:
        """One Korean sentence."""
        other = f"와(과) {self.last.buyer_id}" if self.last.buyer_id else ""
        return (
            f"{self.last.company_id}{other}: {STAGES[self.last.stage]} 뒤 {self.days}일 동안 소식이 "
            "없습니다. 진행을 확인하십시오."
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {"last": self.last.to_dict(), "days": self.days, "label": self.label}


def follow_ups(outcomes: Iterable[Outcome], today: date, quiet_days: int) -> tuple[FollowUp, ...]:
    """Return whose last stage is open and at least so many days old, the longest silence first."""
    newest: dict[tuple[str, str, str | None], Outcome] = {}
    for outcome in sorted(outcomes, key=lambda o: o.happened_on):
        newest[outcome.event_id, outcome.company_id, outcome.buyer_id] = outcome
    until = today - timedelta(days=quiet_days)
    found = [
        FollowUp(outcome, (today - outcome.happened_on).days)
        for outcome in newest.values()
        if outcome.stage in OPEN_STAGES and outcome.happened_on <= until
    ]
    return tuple(sorted(found, key=lambda f: (-f.days, f.last.company_id, f.last.buyer_id or "")))


GRADE_OF_STAGE = {"contract": 3, "shipment": 3, "moa": 3, "mou": 2, "negotiation": 2}
GRADE_OF_VERDICT = {"accept": 2, "decline": 1, "veto": 0}
"""A consultation alone says nothing of how well a pair fits: everybody who met had one."""


def judgements(
    verdicts: Mapping[tuple[str, str], str], outcomes: Iterable[Outcome]
) -> dict[tuple[str, str], int]:
    """Return grades (0..3) by (need, company): what came of a pair outweighs what staff thought of it."""
    grades = {pair: GRADE_OF_VERDICT[verdict] for pair, verdict in verdicts.items()}
    reached: dict[tuple[str, str], int] = {}
    for outcome in outcomes:
        grade = GRADE_OF_STAGE.get(outcome.stage)
        if grade is not None and outcome.need_id is not None:
            pair = outcome.need_id, outcome.company_id
            reached[pair] = max(reached.get(pair, 0), grade)
    return {**grades, **reached}
