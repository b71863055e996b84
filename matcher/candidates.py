"""Pairs that a search proposes, on their way to a list: gathered, ordered over parts, judged by rules."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from matcher.fusion import Points
from matcher.policy import Policy
from matcher.project_types import ProjectTypes
from matcher.records import Company, Need, Offering
from matcher.rules import Broken
from matcher.shortlist import Refusal


@dataclass(frozen=True, slots=True)
class Found:
    """One pair that a search proposes: who, through which offerings (best first), and why.

    need_text, base: the text that was searched with and where it begins in `need.text`.
    asked: the project types of that text.
    agreement: share of common script of need and offerings; None where it is not known
        (opportunities), and then no probability is stated.
    """

    need: Need
    company: Company
    offerings: tuple[Offering, ...]
    points: Points
    need_text: str
    asked: ProjectTypes
    base: int = 0
    agreement: float | None = None

    @property
    def order(self) -> tuple[float, str, str]:
        """The total order of a list: higher score first, then ids."""
        return (-self.points.total, self.company.company_id, self.need.need_id)


@dataclass(frozen=True, slots=True)
class Scope:
    """How far a search reaches: the ids it may see, how many matches, on which day.

    are_ruled: only matches that rules let pass count towards `k`.
    """

    allowed: Collection[str] | None
    k: int
    day: date
    are_ruled: bool = True


def over_parts(
    found: Sequence[Found],
    whole: Sequence[Found],
    part_found: Sequence[Sequence[Found]],
    policy: Policy,
) -> list[Found]:
    """Order a union so that the best for the whole and for every part stand on top.

    By score the part with the most words would fill the top, by parts alone one that lost its
    context would (docs/decisions/0007). Without parts the order is that of the scores.
    """
    if not part_found:
        return list(found)
    weighed = [(whole, policy.whole_weight), *((items, 1.0) for items in part_found)]
    reach: dict[str, float] = {}
    for items, weight in weighed:
        for rank, item in enumerate(items[: policy.part_ranks], start=1):
            company_id = item.company.company_id
            gain = weight / (policy.part_rank_offset + rank)
            reach[company_id] = reach.get(company_id, 0.0) + gain
    return sorted(found, key=lambda item: (-reach.get(item.company.company_id, 0), *item.order))


def best_of_each(lists: Iterable[Sequence[Found]]) -> list[Found]:
    """Return the union of lists, each company where its best text puts it."""
    best: dict[str, Found] = {}
    for item in (item for items in lists for item in items):
        company_id = item.company.company_id
        if company_id not in best or item.order < best[company_id].order:
            best[company_id] = item
    return sorted(best.values(), key=lambda item: item.order)


def walk(
    found: Iterable[Found], k: int, broken_of: Callable[[Found], Broken | None]
) -> tuple[list[Found], tuple[Refusal, ...]]:
    """Walk down the order, refusing with a sentence, until `k` pairs are kept."""
    kept: list[Found] = []
    refusals: list[Refusal] = []
    for item in found:
        if len(kept) == k:
            break
        broken = broken_of(item)
        if broken is None:
            kept.append(item)
        else:
            score = item.points.total
            refusals.append(Refusal(item.company, item.need, broken.rule, broken.label, score))
    return kept, tuple(refusals)
