"""Fields of technology inside a match: what a need and an offering name and declare, and the points.

A text names a sector by its terms (`matcher.synonyms`); a record may declare one, in the words of
whoever wrote it. Both are evidence and neither is complete: what says nothing costs nothing.
Measured in docs/decisions/0011.
"""

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType

from matcher.explanation import Reason, Span
from matcher.policy import SectorPolicy
from matcher.records import Need, Offering
from matcher.synonyms import Found, synonyms
from matcher.vocabulary import sector_codes, sector_label

REMEMBERED_TEXTS = 50_000
QUOTED_TERMS = 2


@dataclass(frozen=True, slots=True)
class Sectors:
    """What one side says of its field.

    named: share of the text's terms that fall into each sector, summing to 1; empty where none does.
    declared: the codes of the record's own `sector`; empty where it states none that is known.
    terms: the terms of each sector, in text order.
    """

    named: Mapping[str, float] = field(default_factory=dict)
    declared: frozenset[str] = frozenset()
    terms: Mapping[str, tuple[Found, ...]] = field(default_factory=dict)

    @property
    def codes(self) -> frozenset[str]:
        """Every sector that is named or declared."""
        return self.declared | self.named.keys()


def need_sectors(need: Need, text: str) -> Sectors:
    """Return the fields of a need, or of one part of it (`text`)."""
    return _sectors(text, need.sector)


def offering_sectors(offering: Offering) -> Sectors:
    """Return the fields of an offering."""
    return _sectors(offering.text, offering.sector)


@lru_cache(REMEMBERED_TEXTS)
def _sectors(text: str, declared: str | None) -> Sectors:
    terms: dict[str, tuple[Found, ...]] = {}
    for found in synonyms().find(text):
        terms[found.group.sector] = (*terms.get(found.group.sector, ()), found)
    counts = Counter({code: len(found) for code, found in terms.items()})
    total = counts.total()
    return Sectors(
        MappingProxyType({code: count / total for code, count in counts.items()}),
        frozenset(sector_codes(declared)) if declared else frozenset(),
        MappingProxyType(terms),
    )


def sector_points(asked: Sectors, offered: Sectors, policy: SectorPolicy) -> float:
    """Return the points of the field; 0 where either side says nothing of it."""
    overlap = math.fsum(
        min(share, offered.named.get(code, 0.0)) for code, share in asked.named.items()
    )
    points = policy.named * overlap
    if asked.named and offered.named and not asked.codes & offered.codes:
        points -= policy.other
    return points + policy.declared * _declared(asked, offered)


def _declared(asked: Sectors, offered: Sectors) -> float:
    """Return how far a declared sector is met by the other side's, or else by what it names, 0..1."""
    if asked.declared and offered.declared:
        return float(bool(asked.declared & offered.declared))
    if asked.declared:
        return math.fsum(offered.named.get(code, 0.0) for code in asked.declared)
    return math.fsum(asked.named.get(code, 0.0) for code in offered.declared)


def sector_reason(
    points: float, need_text: str, offering: Offering, asked: Sectors, offered: Sectors
) -> Reason:
    """Return the reason of the term of sectors, with the words that name the field."""
    shared = [code for code in asked.named if code in offered.named] or sorted(
        asked.codes & offered.codes
    )
    if points > 0:
        names = ", ".join(sector_label(code) for code in shared)
        label = f"같은 분야: {names}."
    else:
        label = f"분야가 다릅니다: 수요 ‘{_names(asked)}’, 공급 ‘{_names(offered)}’."
    return Reason(
        "sector",
        points,
        label,
        offering.offering_id,
        _spans(need_text, asked, shared),
        _spans(offering.text, offered, shared),
    )


def _names(sectors: Sectors) -> str:
    return ", ".join(sector_label(code) for code in sorted(sectors.codes))


def _spans(text: str, sectors: Sectors, shared: list[str]) -> tuple[Span, ...]:
    """Quote the first terms of the shared sectors, or of any where none is shared; in text order."""
    codes = [code for code in shared if code in sectors.terms] or (
        [] if shared else list(sectors.terms)
    )
    found = sorted((term for code in codes for term in sectors.terms[code]), key=lambda t: t.start)
    return tuple(Span.of(text, term.start, term.end) for term in found[:QUOTED_TERMS])
