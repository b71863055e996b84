"""Every number that changes results (policy.toml), frozen and fingerprinted."""

import hashlib
import json
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from importlib import resources
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class ReciprocalPolicy:
    """What unmet wishes cost either side, and how both sides become one number."""

    fusion: str
    need_language: float
    need_country: float
    need_certificate: float
    company_country: float
    company_language: float
    company_budget: float
    company_sector: float


@dataclass(frozen=True, slots=True)
class SectorPolicy:
    """Points for agreement of fields: by the texts' terms, lost to another field, by what is declared."""

    named: float
    other: float
    declared: float


@dataclass(frozen=True, slots=True)
class ConfidencePolicy:
    """Weights of the logistic function of `matcher.confidence`.

    model: the model, digest included, whose scores it was fitted to; others state no probability.
    need_length, offering_length: weights of the natural logarithm of the texts' characters.
    size: weight of log10 of the number of companies searched.
    line: from this probability on an offering proves that somebody fits; where none does, "nobody fits".
    described: characters of a need and of an offering from which the whole line holds; below, a share.
    """

    model: str
    intercept: float
    dense: float
    lexical: float
    concept: float
    kind: float
    sector: float
    foreign: float
    need_length: float
    offering_length: float
    size: float
    line: float
    described: float


@dataclass(frozen=True, slots=True)
class TimetablePolicy:
    """What a timetable is worth: points lost and won, in units of a pair's score."""

    must: float
    minimum: float
    want: float
    idle: float


@dataclass(frozen=True, slots=True)
class DelegationPolicy:
    """How a demand is covered, the share of the criteria, and what earlier chances cost a company."""

    suppliers: int
    decay: float
    criteria: float
    exposure: float


@dataclass(frozen=True, slots=True)
class Policy:
    """See policy.toml for the unit and the reason of each number."""

    coverage_weight: float
    foreign_coverage_weight: float
    concept_weight: float
    kind_weight: float
    sector: SectorPolicy
    candidates: int
    part_matches: int
    consortium_members: int
    part_rank_offset: int
    part_ranks: int
    whole_weight: float
    certificate_days: int
    reciprocal: ReciprocalPolicy
    confidence: ConfidencePolicy
    timetable: TimetablePolicy
    delegation: DelegationPolicy

    @classmethod
    def load(cls) -> Self:
        """Read the policy that ships with the package."""
        text = resources.files("matcher").joinpath("policy.toml").read_text(encoding="utf-8")
        return cls.from_tables(tomllib.loads(text))

    @classmethod
    def from_tables(cls, tables: Mapping[str, Mapping[str, Any]]) -> Self:
        """Build from the tables of a TOML document."""
        return cls(
            coverage_weight=float(tables["fusion"]["coverage_weight"]),
            foreign_coverage_weight=float(tables["fusion"]["foreign_coverage_weight"]),
            concept_weight=float(tables["fusion"]["concept_weight"]),
            kind_weight=float(tables["fusion"]["kind_weight"]),
            sector=SectorPolicy(
                named=float(tables["fusion"]["sector_named"]),
                other=float(tables["fusion"]["sector_other"]),
                declared=float(tables["fusion"]["sector_declared"]),
            ),
            candidates=int(tables["lists"]["candidates"]),
            part_matches=int(tables["lists"]["part_matches"]),
            consortium_members=int(tables["lists"]["consortium_members"]),
            part_rank_offset=int(tables["lists"]["part_rank_offset"]),
            part_ranks=int(tables["lists"]["part_ranks"]),
            whole_weight=float(tables["lists"]["whole_weight"]),
            certificate_days=int(tables["notice"]["certificate_days"]),
            reciprocal=_reciprocal(tables["reciprocal"]),
            confidence=_confidence(tables["confidence"]),
            timetable=TimetablePolicy(**{k: float(v) for k, v in tables["timetable"].items()}),
            delegation=DelegationPolicy(
                suppliers=int(tables["delegation"]["suppliers"]),
                decay=float(tables["delegation"]["decay"]),
                criteria=float(tables["delegation"]["criteria"]),
                exposure=float(tables["delegation"]["exposure"]),
            ),
        )

    @property
    def fingerprint(self) -> str:
        """Twelve hex digits that change whenever a number does."""
        canonical = json.dumps(asdict(self), sort_keys=True)
        return hashlib.sha256(canonical.encode()).hexdigest()[:12]


def _reciprocal(table: Mapping[str, Any]) -> ReciprocalPolicy:
    names = (field.name for field in fields(ReciprocalPolicy) if field.name != "fusion")
    shares = {name: float(table[name]) for name in names}
    return ReciprocalPolicy(fusion=str(table["fusion"]), **shares)


def _confidence(table: Mapping[str, Any]) -> ConfidencePolicy:
    names = (field.name for field in fields(ConfidencePolicy) if field.name != "model")
    weights = {name: float(table[name]) for name in names}
    return ConfidencePolicy(model=str(table["model"]), **weights)
