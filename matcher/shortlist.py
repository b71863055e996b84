"""What the matchmaker answers: values that know their invariants and their JSON form."""

import math
from dataclasses import dataclass
from typing import Any

from matcher.consortium import Consortium
from matcher.explanation import Reason
from matcher.reciprocal import Acceptance
from matcher.records import Company, Need, NeedPart, Offering
from matcher.summary import say


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a result comes from: index, model, analyzer, policy fingerprint, time (ISO, UTC)."""

    snapshot: str
    model: str
    analyzer: str
    policy: str
    made_at: str

    def to_dict(self) -> dict[str, str]:
        """Return the JSON form."""
        return {
            "snapshot": self.snapshot,
            "model": self.model,
            "analyzer": self.analyzer,
            "policy": self.policy,
            "made_at": self.made_at,
        }


@dataclass(frozen=True, slots=True)
class Missing:
    """A condition of the need that the company does not (visibly) meet; it does not refuse it."""

    condition: str
    label: str

    def to_dict(self) -> dict[str, str]:
        """Return the JSON form."""
        return {"condition": self.condition, "label": self.label}


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a near candidate is absent (제외 사유): rule name and one Korean sentence."""

    company: Company
    need: Need
    rule: str
    label: str
    score: float

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "company_id": self.company.company_id,
            "name_ko": self.company.name,
            "need_id": self.need.need_id,
            "title": self.need.title,
            "rule": self.rule,
            "label": self.label,
            "score": self.score,
        }


@dataclass(frozen=True, slots=True)
class Match:
    """A need and a company through its best offerings; `score == fsum(points of reasons)`.

    offerings: the company's offerings that were found, best first; reasons speak of the first.
    covers: part_ids of a compound need that this company covers.
    acceptance, pair_score: how acceptable the match is to either side, and both in one number; the
        key by which opportunities are ordered, apart from the score (docs/decisions/0009).
    probability: that the match is useful (grade 2 or better), calibrated; None where it is not.
    """

    rank: int
    need: Need
    company: Company
    offerings: tuple[Offering, ...]
    score: float
    reasons: tuple[Reason, ...]
    missing: tuple[Missing, ...] = ()
    covers: tuple[str, ...] = ()
    acceptance: Acceptance | None = None
    pair_score: float | None = None
    probability: float | None = None

    def __post_init__(self) -> None:
        """Check that the explanation is the ranking."""
        if self.score != math.fsum(reason.points for reason in self.reasons):
            raise ValueError("a match's score must be the sum of its reasons' points")

    @property
    def summary(self) -> str:
        """The match in words that can be said on the phone; Korean."""
        missing = [item.label for item in self.missing]
        offering = self.offerings[0] if self.offerings else None
        return say(
            self.need, self.company, offering, self.reasons, missing, probability=self.probability
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form: public fields of both sides, no contacts."""
        return {
            "rank": self.rank,
            "company_id": self.company.company_id,
            "name_ko": self.company.name,
            "need_id": self.need.need_id,
            "title": self.need.title,
            "score": self.score,
            "summary": self.summary,
            "probability": self.probability,
            "offerings": [{"offering_id": o.offering_id, "title": o.title} for o in self.offerings],
            "reasons": [reason.to_dict() for reason in self.reasons],
            "missing": [item.to_dict() for item in self.missing],
            "covers": list(self.covers),
            "acceptance": self.acceptance.to_dict() if self.acceptance else None,
            "pair_score": self.pair_score,
        }


@dataclass(frozen=True, slots=True)
class PartList:
    """One part of a compound need with its own list."""

    part: NeedPart
    matches: tuple[Match, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "part_id": self.part.part_id,
            "text": self.part.text,
            "matches": [match.to_dict() for match in self.matches],
        }


@dataclass(frozen=True, slots=True)
class Shortlist:
    """Matches and refusals for one need (추천 명단); ranks 1..n; may be empty and then says so.

    nearest: those who came near but are not probable enough to be named, best first, ranks from 1.
    consortium: who together covers the parts; None where the need has none.
    """

    need: Need
    matches: tuple[Match, ...]
    refusals: tuple[Refusal, ...]
    parts: tuple[PartList, ...]
    provenance: Provenance
    nearest: tuple[Match, ...] = ()
    consortium: Consortium | None = None

    def __post_init__(self) -> None:
        """Check the ranks, and that nobody is a match and a near miss."""
        _check_ranks(self.matches)
        _check_ranks(self.nearest)
        named = [match.company.company_id for match in (*self.matches, *self.nearest)]
        if len(set(named)) != len(named):
            raise ValueError("a company is a match or a near miss, not both")

    @property
    def notice(self) -> str | None:
        """A sentence where the list is empty, else None."""
        return None if self.matches else "적합한 공급기업 없음"

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "need_id": self.need.need_id,
            "title": self.need.title,
            "notice": self.notice,
            "matches": [match.to_dict() for match in self.matches],
            "nearest": [match.to_dict() for match in self.nearest],
            "refusals": [refusal.to_dict() for refusal in self.refusals],
            "parts": [part.to_dict() for part in self.parts],
            "consortium": self.consortium.to_dict() if self.consortium else None,
            "provenance": self.provenance.to_dict(),
        }


@dataclass(frozen=True, slots=True)
class Opportunities:
    """The needs that fit one company, best first, and those that rules keep away from it."""

    company: Company
    matches: tuple[Match, ...]
    refusals: tuple[Refusal, ...]
    provenance: Provenance

    def __post_init__(self) -> None:
        """Check the ranks."""
        _check_ranks(self.matches)

    @property
    def notice(self) -> str | None:
        """A sentence where the list is empty, else None."""
        return None if self.matches else "적합한 수요 없음"

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "company_id": self.company.company_id,
            "name_ko": self.company.name,
            "notice": self.notice,
            "matches": [match.to_dict() for match in self.matches],
            "refusals": [refusal.to_dict() for refusal in self.refusals],
            "provenance": self.provenance.to_dict(),
        }


def _check_ranks(matches: tuple[Match, ...]) -> None:
    if [match.rank for match in matches] != list(range(1, len(matches) + 1)):
        raise ValueError("ranks must run 1..n without gaps")
