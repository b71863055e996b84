"""Need to shortlist, company to opportunities: search, fuse, apply rules, explain."""

import math
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Protocol

from matcher.confidence import features, probability
from matcher.consortium import Consortium, propose_consortium
from matcher.errors import InvalidRequest
from matcher.explanation import Quoter, Reason, Span, explain
from matcher.fusion import Points, System, weigh, with_kind
from matcher.kinds import asked_kind, kind_reason, offered_kind
from matcher.parts import PartSpan, split_parts
from matcher.policy import Policy
from matcher.project_types import ProjectTypes, agreement
from matcher.ranking import QueryEvidence, Retriever
from matcher.reciprocal import Acceptance, acceptance, pair_score, usefulness_of
from matcher.records import Company, Need, Offering, offering_key, split_key
from matcher.rules import (
    Broken,
    CompanyFilters,
    Direction,
    NeedFilters,
    broken_rule,
    missing_conditions,
)
from matcher.shortlist import Match, Opportunities, PartList, Provenance, Refusal, Shortlist

MOST_MATCHES = 1_000


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The records that matches speak of, by id."""

    companies: Mapping[str, Company]
    needs: Mapping[str, Need]
    offerings: Mapping[str, Offering] = field(init=False)

    def __post_init__(self) -> None:
        """Look up offerings by key."""
        offerings = {
            offering_key(company.company_id, offering.offering_id): offering
            for company in self.companies.values()
            for offering in company.offerings
        }
        object.__setattr__(self, "offerings", offerings)


class SearchIndex(Protocol):
    """What the matchmaker asks of an index (see `indexing.snapshot.Snapshot`)."""

    @property
    def offerings(self) -> Retriever:
        """Offering texts under offering keys."""
        ...

    @property
    def needs(self) -> Retriever:
        """Need texts under need ids."""
        ...

    @property
    def quoter(self) -> Quoter:
        """Finds the pieces to quote."""
        ...

    @property
    def origin(self) -> tuple[str, str, str]:
        """Names of snapshot, model and analyzer."""
        ...


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
    """How far a search reaches: the ids it may see, how many matches, on which day."""

    allowed: Collection[str] | None
    k: int
    day: date


class Matchmaker:
    """Answers from one catalogue and one index; safe to use from many threads at once.

    `system` is "hybrid" in the product; "lexical" and "dense" use one source alone, to compare.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        index: SearchIndex,
        policy: Policy,
        *,
        system: System = "hybrid",
    ) -> None:
        """Keep what answers are made of; nothing slow happens here."""
        self._catalogue = catalogue
        self._index = index
        self._policy = policy
        self._system: System = system

    def match(
        self,
        need: Need,
        *,
        k: int = 10,
        filters: CompanyFilters = CompanyFilters(),
        today: date | None = None,
    ) -> Shortlist:
        """Return the `k` best companies for a need with reasons, refusals and, if compound, parts.

        Those of the `k` that are not probable enough stand apart as the nearest misses.
        """
        _check_k(k)
        day = today or date.today()
        scope = Scope(self._allowed_offerings(filters, day), k, day)
        parts = split_parts(need)
        part_found = [self._companies_for(need, p.part.text, p.start, scope) for p in parts]
        whole = self._companies_for(need, need.text, 0, scope)
        found = self._over_parts(_best_of_each([whole, *part_found]), whole, part_found)
        kept, refusals = _walk(found, k, day, "match")
        lists = [
            self._part_list(part, items, day) for part, items in zip(parts, part_found, strict=True)
        ]
        covers = {
            match.company.company_id: tuple(
                item.part.part_id
                for item in lists
                if any(other.company == match.company for other in item.matches)
            )
            for item in lists
            for match in item.matches
        }
        matches, nearest = self._parted(self._matches(kept, day, covers))
        return Shortlist(
            need,
            matches,
            refusals,
            tuple(lists),
            self._provenance(),
            nearest=nearest,
            consortium=self._consortium(lists),
        )

    def opportunities(
        self,
        company: Company,
        *,
        k: int = 10,
        filters: NeedFilters = NeedFilters(),
        today: date | None = None,
    ) -> Opportunities:
        """Return the `k` needs that both sides can accept best, with reasons and refusals."""
        _check_k(k)
        day = today or date.today()
        allowed = self._allowed_needs(filters)
        found = self._needs_for(company, Scope(allowed, k, day))
        found.sort(key=lambda item: (-self._accepted(item, day)[1], *item.order))
        kept, refusals = _walk(found, k, day, "opportunities")
        return Opportunities(company, self._matches(kept, day, {}), refusals, self._provenance())

    def find(self, need: Need, k: int) -> list[Found]:
        """Return at least `k` pairs (or all) for the whole text of a need, before any rule."""
        return self._companies_for(need, need.text, 0, Scope(None, k, date.today()))

    def _companies_for(self, need: Need, text: str, base: int, scope: Scope) -> list[Found]:
        """Search offerings with a text and gather them by company, best company first.

        Deepens until there are enough companies that rules let pass, or nothing more to find.
        """
        companies = self._catalogue.companies
        asked = asked_kind(need, text)
        depth = max(self._policy.candidates, 2 * scope.k)
        while True:
            evidence = self._index.offerings.evidence(text, depth, scope.allowed)
            points = {
                key: self._with_kind(item, asked, self._catalogue.offerings[key])
                for key, item in self._weigh(evidence).items()
                if key in self._catalogue.offerings
            }
            by_company: dict[str, list[str]] = {}
            for key in sorted(points, key=lambda key: (-points[key].total, key)):
                by_company.setdefault(split_key(key)[0], []).append(key)
            found = [
                Found(
                    need,
                    companies[company_id],
                    tuple(self._catalogue.offerings[key] for key in keys),
                    points[keys[0]],
                    text,
                    asked,
                    base,
                    evidence.agreement,
                )
                for company_id, keys in by_company.items()
            ]
            passing = sum(
                broken_rule(need, item.company, scope.day, "match") is None for item in found
            )
            if passing >= scope.k or len(evidence.candidates) < depth:
                return sorted(found, key=lambda item: item.order)
            depth *= 2

    def _needs_for(self, company: Company, scope: Scope) -> list[Found]:
        """Search needs with each offering's text; a need stands where its best offering puts it.

        Deepens until there are enough needs that rules let pass, or nothing more to find.
        """
        depth = max(self._policy.candidates, 2 * scope.k)
        while True:
            per_need: dict[str, list[tuple[Points, Offering]]] = {}
            is_exhausted = True
            for offering in company.offerings:
                evidence = self._index.needs.evidence(offering.text, depth, scope.allowed)
                is_exhausted = is_exhausted and len(evidence.candidates) < depth
                for need_id, points in self._weigh(evidence).items():
                    if need := self._catalogue.needs.get(need_id):
                        weighed = self._with_kind(points, asked_kind(need, need.text), offering)
                        per_need.setdefault(need_id, []).append((weighed, offering))
            found = []
            for need_id, pairs in per_need.items():
                pairs.sort(key=lambda pair: (-pair[0].total, pair[1].offering_id))
                need = self._catalogue.needs[need_id]
                offerings = tuple(offering for _, offering in pairs)
                asked = asked_kind(need, need.text)
                found.append(Found(need, company, offerings, pairs[0][0], need.text, asked))
            passing = sum(
                broken_rule(item.need, company, scope.day, "opportunities") is None
                for item in found
            )
            if passing >= scope.k or is_exhausted:
                return sorted(found, key=lambda item: item.order)
            depth *= 2

    def _probability(self, item: Found) -> float | None:
        """Return None where nothing was calibrated: one arm alone, another model."""
        is_calibrated = self._index.origin[1] == self._policy.confidence.model
        if self._system != "hybrid" or item.agreement is None or not is_calibrated:
            return None
        values = features(
            item.points,
            item.agreement,
            item.need_text,
            item.offerings[0].text,
            len(self._catalogue.companies),
        )
        return probability(values, self._policy.confidence)

    def _weigh(self, evidence: QueryEvidence) -> Mapping[str, Points]:
        return weigh(evidence, self._system, self._policy)

    def _with_kind(self, points: Points, asked: ProjectTypes, offering: Offering) -> Points:
        """Project types count in the product only: one arm alone is one arm alone."""
        if self._system != "hybrid":
            return points
        return with_kind(points, agreement(asked, offered_kind(offering)), self._policy)

    def _parted(self, matches: Sequence[Match]) -> tuple[tuple[Match, ...], tuple[Match, ...]]:
        """Part those who are probable enough from the nearest misses, each ranked from 1."""
        line = self._policy.confidence.line
        fitting = [m for m in matches if m.probability is None or m.probability >= line]
        missing = [m for m in matches if m.probability is not None and m.probability < line]
        return _ranked(fitting), _ranked(missing)

    def _over_parts(
        self,
        found: Sequence[Found],
        whole: Sequence[Found],
        part_found: Sequence[Sequence[Found]],
    ) -> list[Found]:
        """Order a union so that the best for the whole and for every part stand on top.

        By score the part with the most words would fill the top, by parts alone one that lost its
        context would (docs/decisions/0007). Without parts the order is that of the scores.
        """
        if not part_found:
            return list(found)
        weighed = [(whole, self._policy.whole_weight), *((items, 1.0) for items in part_found)]
        reach: dict[str, float] = {}
        for items, weight in weighed:
            for rank, item in enumerate(items[: self._policy.part_ranks], start=1):
                company_id = item.company.company_id
                gain = weight / (self._policy.part_rank_offset + rank)
                reach[company_id] = reach.get(company_id, 0.0) + gain
        return sorted(found, key=lambda item: (-reach.get(item.company.company_id, 0), *item.order))

    def _consortium(self, parts: Sequence[PartList]) -> Consortium | None:
        """Propose who together covers the parts; a need that is one whole has none."""
        if not parts:
            return None
        line, most = self._policy.confidence.line, self._policy.consortium_members
        return propose_consortium(parts, most=most, line=line)

    def _part_list(self, part: PartSpan, found: Sequence[Found], day: date) -> PartList:
        kept, _ = _walk(found, self._policy.part_matches, day, "match")
        return PartList(part.part, self._matches(kept, day, {}))

    def _matches(
        self, found: Sequence[Found], day: date, covers: Mapping[str, tuple[str, ...]]
    ) -> tuple[Match, ...]:
        """Explain each pair; the score is the sum of its reasons."""
        matches = []
        for rank, item in enumerate(found, start=1):
            reasons = self._reasons(item)
            accepted, together = self._accepted(item, day)
            matches.append(
                Match(
                    rank=rank,
                    need=item.need,
                    company=item.company,
                    offerings=item.offerings,
                    score=math.fsum(reason.points for reason in reasons),
                    reasons=reasons,
                    missing=missing_conditions(
                        item.need, item.company, day, self._policy.certificate_days
                    ),
                    covers=covers.get(item.company.company_id, ()),
                    probability=self._probability(item),
                    acceptance=accepted,
                    pair_score=together,
                )
            )
        return tuple(matches)

    def _accepted(self, item: Found, day: date) -> tuple[Acceptance, float]:
        usefulness = usefulness_of(item.points.total)
        accepted = acceptance(item.need, item.company, usefulness, self._policy, day)
        return accepted, pair_score(accepted, self._policy.reciprocal.fusion)

    def _reasons(self, item: Found) -> tuple[Reason, ...]:
        offering = item.offerings[0]
        reasons = explain(
            item.need_text, offering.text, offering.offering_id, item.points, self._index.quoter
        )
        if item.points.kind:
            reason = kind_reason(item.points.kind, item.need_text, item.asked, offering)
            reasons = tuple(sorted((*reasons, reason), key=lambda reason: -reason.points))
        return tuple(_shift(reason, item.need.text, item.base) for reason in reasons)

    def _allowed_offerings(self, filters: CompanyFilters, day: date) -> Collection[str] | None:
        if filters.is_empty:
            return None
        return [
            offering_key(company.company_id, offering.offering_id)
            for company in self._catalogue.companies.values()
            for offering in company.offerings
            if filters.admits(company, offering, day)
        ]

    def _allowed_needs(self, filters: NeedFilters) -> Collection[str] | None:
        if filters.is_empty:
            return None
        return [id for id, need in self._catalogue.needs.items() if filters.admits(need)]

    def _provenance(self) -> Provenance:
        made_at = datetime.now(UTC).isoformat(timespec="seconds")
        return Provenance(*self._index.origin, self._policy.fingerprint, made_at)


def _best_of_each(lists: Iterable[Sequence[Found]]) -> list[Found]:
    """Return the union of lists, each company where its best text puts it."""
    best: dict[str, Found] = {}
    for item in (item for items in lists for item in items):
        company_id = item.company.company_id
        if company_id not in best or item.order < best[company_id].order:
            best[company_id] = item
    return sorted(best.values(), key=lambda item: item.order)


def _walk(
    found: Sequence[Found], k: int, day: date, direction: Direction
) -> tuple[list[Found], tuple[Refusal, ...]]:
    """Walk down the order, refusing with a sentence, until `k` pairs are kept."""
    kept: list[Found] = []
    refusals: list[Refusal] = []
    for item, broken in _judged(found, day, direction):
        if len(kept) == k:
            break
        if broken is None:
            kept.append(item)
        else:
            score = item.points.total
            refusals.append(Refusal(item.company, item.need, broken.rule, broken.label, score))
    return kept, tuple(refusals)


def _judged(
    found: Iterable[Found], day: date, direction: Direction
) -> Iterator[tuple[Found, Broken | None]]:
    for item in found:
        yield item, broken_rule(item.need, item.company, day, direction)


def _shift(reason: Reason, need_text: str, base: int) -> Reason:
    """Move need spans found in a part's text to their place in the whole text."""
    if not base:
        return reason
    spans = tuple(
        Span.of(need_text, span.start + base, span.end + base) for span in reason.need_spans
    )
    return Reason(
        reason.source, reason.points, reason.label, reason.offering_id, spans, reason.offering_spans
    )


def _ranked(matches: Iterable[Match]) -> tuple[Match, ...]:
    return tuple(replace(match, rank=rank) for rank, match in enumerate(matches, start=1))


def _check_k(k: int) -> None:
    if not 1 <= k <= MOST_MATCHES:
        raise InvalidRequest(f"목록의 길이 k는 1에서 {MOST_MATCHES} 사이여야 합니다(받은 값 {k}).")
