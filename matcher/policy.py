"""Every number that changes results (policy.toml), frozen and fingerprinted."""

import hashlib
import json
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib import resources
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class Policy:
    """See policy.toml for the unit and the reason of each number."""

    coverage_weight: float
    coverage_weight_foreign: float
    concept_weight: float
    concept_weight_foreign: float
    candidates: int
    part_matches: int
    certificate_days: int

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
            coverage_weight_foreign=float(tables["fusion"]["coverage_weight_foreign"]),
            concept_weight=float(tables["fusion"]["concept_weight"]),
            concept_weight_foreign=float(tables["fusion"]["concept_weight_foreign"]),
            candidates=int(tables["lists"]["candidates"]),
            part_matches=int(tables["lists"]["part_matches"]),
            certificate_days=int(tables["notice"]["certificate_days"]),
        )

    @property
    def fingerprint(self) -> str:
        """Twelve hex digits that change whenever a number does."""
        canonical = json.dumps(asdict(self), sort_keys=True)
        return hashlib.sha256(canonical.encode()).hexdigest()[:12]
