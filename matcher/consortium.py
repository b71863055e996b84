"""Which few companies together answer a compound need, and who of them takes which part.

A part's coverage is the usefulness of the team's best member for it, so a second company that can do
the same adds nothing (Nemhauser, Wolsey and Fisher 1978 call such a sum submodular). Who is of no use
for a part cannot take it: it may stay uncovered. The best team is found by looking at every team, which
the short lists of the parts allow: with p parts of m matches each, n <= p * m companies and
sum over j <= most of C(n, j) teams; 6,195 for four parts, 164,220 for the largest need there is
(9 parts, 5 matches, 4 members; below a second). Companies that another one surpasses are left out
first, which changes nothing but the time.
"""

import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from matcher.records import Company

if TYPE_CHECKING:
    from matcher.shortlist import Match, PartList


@dataclass(frozen=True, slots=True)
class Member:
    """A company and the parts it takes, each with its usefulness for it (0..1), in text order."""

    company: Company
    covers: tuple[tuple[str, float], ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "company_id": self.company.company_id,
            "name_ko": self.company.name,
            "covers": [{"part_id": id, "usefulness": useful} for id, useful in self.covers],
        }


@dataclass(frozen=True, slots=True)
class Consortium:
    """A team for a compound need (컨소시엄): who takes what, and what nobody can take.

    coverage: part id to 0..1, every part of the need in text order; 0 where it is uncovered.
    """

    members: tuple[Member, ...]
    coverage: Mapping[str, float]
    uncovered: tuple[str, ...]

    def __post_init__(self) -> None:
        """Check that each part is taken by one member, as well as its coverage says, or by none."""
        taken = [pair for member in self.members for pair in member.covers]
        open_parts = tuple(id for id, covered in self.coverage.items() if covered == 0)
        if dict(taken) != {id: c for id, c in self.coverage.items() if c} or len(
            dict(taken)
        ) != len(taken):
            raise ValueError("each covered part is taken by one member with its coverage")
        if self.uncovered != open_parts or not all(member.covers for member in self.members):
            raise ValueError("uncovered parts have no coverage, and every member takes a part")
        object.__setattr__(self, "coverage", MappingProxyType(dict(self.coverage)))

    @property
    def notice(self) -> str | None:
        """A Korean sentence on the parts that nobody can take; None where there are none."""
        if not self.uncovered:
            return None
        return f"적합한 공급기업이 없는 항목: {', '.join(self.uncovered)}"

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "members": [member.to_dict() for member in self.members],
            "coverage": dict(self.coverage),
            "uncovered": list(self.uncovered),
            "notice": self.notice,
        }


def usefulness_of_match(match: "Match") -> float:
    """Return how useful a match is, 0..1: its probability, or its score where none is known."""
    known = match.score if match.probability is None else match.probability
    return min(max(known, 0.0), 1.0)


def propose_consortium(
    parts: "Sequence[PartList]",
    *,
    most: int,
    usefulness: "Callable[[Match], float]" = usefulness_of_match,
    weights: Mapping[str, float] = MappingProxyType({}),
) -> Consortium:
    """Return the team of at most `most` companies that covers the most.

    Of teams that cover the same the smaller wins, then the one whose sorted ids come first. A part
    goes to the member most useful for it, then to the one with the smaller id.

    usefulness: of a match, 0..1; what is 0 cannot take the part.
    weights: part id to how much the part counts, above 0; 1 where it is not named.
    """
    useful = {item.part.part_id: _useful(item, usefulness) for item in parts}
    companies = {m.company.company_id: m.company for item in parts for m in item.matches}
    weight = [weights.get(part_id, 1.0) for part_id in useful]
    if not all(value > 0 for value in weight):
        raise ValueError("a part's weight is above 0")
    rows = {
        id: tuple(useful[part_id].get(id, 0.0) for part_id in useful)
        for id in sorted(companies)
        if any(id in takers for takers in useful.values())
    }
    team = _best_team(_unsurpassed(rows), weight, most)
    best = {
        part_id: min(team, key=lambda id: (-takers.get(id, 0.0), id), default="")
        for part_id, takers in useful.items()
    }
    coverage = {part_id: useful[part_id].get(best[part_id], 0.0) for part_id in useful}
    members = (
        Member(
            companies[id],
            tuple((part, coverage[part]) for part in useful if best[part] == id and coverage[part]),
        )
        for id in team
    )
    return Consortium(
        tuple(member for member in members if member.covers),
        coverage,
        tuple(part_id for part_id, covered in coverage.items() if not covered),
    )


def _useful(item: "PartList", usefulness: "Callable[[Match], float]") -> dict[str, float]:
    """Return the companies that can take a part and how well; raises ValueError outside of 0..1."""
    found = {match.company.company_id: usefulness(match) for match in item.matches}
    if not all(0.0 <= value <= 1.0 for value in found.values()):
        raise ValueError("a usefulness lies in 0..1")
    return {id: value for id, value in found.items() if value > 0}


def _unsurpassed(rows: Mapping[str, tuple[float, ...]]) -> dict[str, tuple[float, ...]]:
    """Leave out companies that no best team has, since another could always take their place."""
    return {
        id: row
        for id, row in rows.items()
        if not any(_surpasses(other, rows[other], id, row) for other in rows if other != id)
    }


def _surpasses(other: str, others: Sequence[float], id: str, own: Sequence[float]) -> bool:
    """As good everywhere, and first by id or better wherever the company is of use at all."""
    pairs = list(zip(others, own, strict=True))
    if not all(theirs >= ours for theirs, ours in pairs):
        return False
    return other < id or all(theirs > ours for theirs, ours in pairs if ours)


def _best_team(
    rows: Mapping[str, tuple[float, ...]], weight: Sequence[float], most: int
) -> tuple[str, ...]:
    """Return the ids of the best team; rows: id to usefulness by part, in id order."""
    best: tuple[str, ...] = ()
    covered = 0.0
    for size in range(1, min(most, len(rows), len(weight)) + 1):
        for team in itertools.combinations(rows, size):
            reached = map(max, zip(*(rows[id] for id in team), strict=True))
            total = math.fsum(w * r for w, r in zip(weight, reached, strict=True))
            if total > covered:  # the first of equals is the smallest, and first by ids
                best, covered = team, total
    return best
