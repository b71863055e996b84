"""Need to shortlist, company to opportunities: search, fuse, apply rules, explain."""

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Protocol

from matcher.candidates import Found, Scope, best_of_each, over_parts, walk
from matcher.confidence import features, line_for, probability
from matcher.consortium import Consortium, propose_consortium, usefulness_of_match
from matcher.errors import InvalidRequest
from matcher.explanation import Quoter, Reason, Silent, Span, explain
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
from matcher.sectors import need_sectors, offering_sectors, sector_points, sector_reason
from matcher.shortlist import Match, Opportunities, PartList, Provenance, Shortlist

MOST_MATCHES = 1_000


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The records that matches speak of, by id."""

    companies: Mapping[str, Company]
    needs: Mapping[str, Need]
    vetoes: Mapping[tuple[str, str], str] = field(default_factory=dict)
    """Pairs (need_id, company_id) that staff ruled out, with their note."""
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

    def with_policy(self, policy: Policy) -> "Matchmaker":
        """Return a matchmaker over the same catalogue and index with other numbers."""
        return Matchmaker(self._catalogue, self._index, policy, system=self._system)

    def with_catalogue(self, catalogue: Catalogue) -> "Matchmaker":
        """Return a matchmaker over the same index with other records of the same texts."""
        return Matchmaker(catalogue, self._index, self._policy, system=self._system)

    def match(
        self,
        need: Need,
        *,
        k: int = 10,
        filters: CompanyFilters = CompanyFilters(),
        today: date | None = None,
        quoted: Collection[str] | None = None,
    ) -> Shortlist:
        """Return the `k` best companies for a need with reasons, refusals and, if compound, parts.

        Those of the `k` that are not probable enough stand apart as the nearest misses. quoted: ids of
        the companies for which the pieces that carry the likeness in meaning are sought, which is
        most of the time an answer takes, and parts quote nothing then; None: all. Ranks, points and
        scores do not depend on it.
        """
        _check_k(k)
        day = today or date.today()
        scope = Scope(self._allowed_offerings(filters, day), k, day)
        parts = split_parts(need)
        part_found = [self._companies_for(need, p.part.text, p.start, scope) for p in parts]
        whole = self._companies_for(need, need.text, 0, scope)
        found = over_parts(best_of_each([whole, *part_found]), whole, part_found, self._policy)
        kept, refusals = walk(found, k, lambda item: self._broken(item, day, "match"))
        lists = [
            self._part_list(part, items, day, quoted)
            for part, items in zip(parts, part_found, strict=True)
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
        matches, nearest = self._parted(self._matches(kept, day, covers, quoted))
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
        quoted: Collection[str] | None = None,
    ) -> Opportunities:
        """Return the `k` needs that both sides can accept best, with reasons and refusals.

        quoted: ids of the needs for which carrying pieces are sought, see `match`.
        """
        _check_k(k)
        day = today or date.today()
        allowed = self._allowed_needs(filters)
        found = self._needs_for(company, Scope(allowed, k, day))
        found.sort(key=lambda item: (-self._accepted(item, day)[1], *item.order))
        kept, refusals = walk(found, k, lambda item: self._broken(item, day, "opportunities"))
        matches = self._matches(kept, day, {}, quoted)
        return Opportunities(company, matches, refusals, self._provenance())

    def pair(
        self,
        need: Need,
        company: Company,
        today: date | None = None,
        quoted: Collection[str] | None = None,
    ) -> Match | None:
        """Explain one pair, whatever the rules say of it; None where the index has no such company."""
        day = today or date.today()
        found = self._companies_for(need, need.text, 0, Scope(company.keys(), 1, day))
        return self._matches(found[:1], day, {}, quoted)[0] if found else None

    def find(self, need: Need, k: int) -> list[Found]:
        """Return at least `k` pairs (or all) for the whole text of a need, before any rule."""
        scope = Scope(None, k, date.today(), are_ruled=False)
        return self._companies_for(need, need.text, 0, scope)

    def prospects(
        self, need: Need, k: int, today: date | None = None, part: PartSpan | None = None
    ) -> tuple[dict[str, float], dict[str, str]]:
        """Return how useful each company would be to a need, or to one part of it (0..1), and why not.

        The probability where the model has one, else the score; companies beyond the best `k` (at
        least) are in neither.
        """
        day = today or date.today()
        useful: dict[str, float] = {}
        refused: dict[str, str] = {}
        text, start = (part.part.text, part.start) if part else (need.text, 0)
        for item in self._companies_for(need, text, start, Scope(None, k, day)):
            broken = self._broken(item, day, "match")
            if broken is not None:
                refused[item.company.company_id] = broken.label
                continue
            chance = self._probability(item)
            useful[item.company.company_id] = min(
                1.0, max(0.0, item.points.total if chance is None else chance)
            )
        return useful, refused

    def _companies_for(self, need: Need, text: str, base: int, scope: Scope) -> list[Found]:
        """Search offerings with a text and gather them by company, best company first.

        Deepens until there are enough companies (that rules let pass), or nothing more to find.
        """
        companies = self._catalogue.companies
        asked = asked_kind(need, text)
        depth = max(self._policy.candidates, 2 * scope.k)
        while True:
            evidence = self._index.offerings.evidence(text, depth, scope.allowed)
            points = {
                key: self._with_records(item, need, text, asked, self._catalogue.offerings[key])
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
                not scope.are_ruled or self._broken(item, scope.day, "match") is None
                for item in found
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
                        asked = asked_kind(need, need.text)
                        weighed = self._with_records(points, need, need.text, asked, offering)
                        per_need.setdefault(need_id, []).append((weighed, offering))
            found = []
            for need_id, pairs in per_need.items():
                pairs.sort(key=lambda pair: (-pair[0].total, pair[1].offering_id))
                need = self._catalogue.needs[need_id]
                offerings = tuple(offering for _, offering in pairs)
                asked = asked_kind(need, need.text)
                found.append(Found(need, company, offerings, pairs[0][0], need.text, asked))
            passing = sum(self._broken(item, scope.day, "opportunities") is None for item in found)
            if passing >= scope.k or is_exhausted:
                return sorted(found, key=lambda item: item.order)
            depth *= 2

    def _broken(self, item: Found, day: date, direction: Direction) -> Broken | None:
        """Return why a pair may not be proposed: staff said so, or a hard rule does."""
        note = self._catalogue.vetoes.get((item.need.need_id, item.company.company_id))
        if note is not None:
            said = f" ({note})" if note else ""
            return Broken("veto", f"담당자가 이 짝을 제외했습니다{said}.")
        return broken_rule(item.need, item.company, day, direction)

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

    def _with_records(
        self, points: Points, need: Need, text: str, asked: ProjectTypes, offering: Offering
    ) -> Points:
        """Project types and sectors count in the product only: one arm alone is one arm alone."""
        if self._system != "hybrid":
            return points
        points = with_kind(points, agreement(asked, offered_kind(offering)), self._policy)
        fields = need_sectors(need, text), offering_sectors(offering)
        return replace(points, sector=sector_points(*fields, self._policy.sector))

    def _parted(self, matches: Sequence[Match]) -> tuple[tuple[Match, ...], tuple[Match, ...]]:
        """Part those who are named from the nearest misses, each ranked from 1.

        Named are all down to the last that fits for sure enough: who stands before it in the list
        is not left out for having written more.
        """
        named = max((match.rank for match in matches if self._fits(match)), default=0)
        return tuple(matches[:named]), _ranked(matches[named:])

    def _fits(self, match: Match) -> bool:
        if match.probability is None:
            return True
        texts = match.need.text, match.offerings[0].text
        return match.probability >= line_for(*texts, self._policy.confidence)

    def _consortium(self, parts: Sequence[PartList]) -> Consortium | None:
        """Propose who together covers the parts; a need that is one whole has none."""
        if not parts:
            return None

        def usefulness(match: Match) -> float:
            return usefulness_of_match(match) if self._fits(match) else 0.0

        most = self._policy.consortium_members
        return propose_consortium(parts, most=most, usefulness=usefulness)

    def _part_list(
        self, part: PartSpan, found: Sequence[Found], day: date, quoted: Collection[str] | None
    ) -> PartList:
        kept, _ = walk(
            found, self._policy.part_matches, lambda item: self._broken(item, day, "match")
        )
        quoter = self._index.quoter if quoted is None else Silent()
        return PartList(part.part, self._matches(kept, day, {}, quoted, quoter))

    def _matches(
        self,
        found: Sequence[Found],
        day: date,
        covers: Mapping[str, tuple[str, ...]],
        quoted: Collection[str] | None = None,
        quoter: Quoter | None = None,
    ) -> tuple[Match, ...]:
        """Explain each pair; the score is the sum of its reasons. quoter None: the index's."""
        matches = []
        for rank, item in enumerate(found, start=1):
            ids = {item.company.company_id, item.need.need_id}
            is_quoted = quoted is None or not ids.isdisjoint(quoted)
            reasons = self._reasons(item, quoter or self._index.quoter, is_quoted)
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

    def _reasons(self, item: Found, quoter: Quoter, is_quoted: bool) -> tuple[Reason, ...]:
        offering = item.offerings[0]
        reasons = explain(
            item.need_text,
            offering.text,
            offering.offering_id,
            item.points,
            quoter,
            carrying=is_quoted and not isinstance(quoter, Silent),
        )
        if item.points.kind:
            kind = kind_reason(item.points.kind, item.need_text, item.asked, offering)
            reasons = (*reasons, kind)
        if item.points.sector:
            fields = need_sectors(item.need, item.need_text), offering_sectors(offering)
            sector = sector_reason(item.points.sector, item.need_text, offering, *fields)
            reasons = (*reasons, sector)
        reasons = tuple(sorted(reasons, key=lambda reason: -reason.points))
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
