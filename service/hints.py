"""What would make a company match better, measured: its record is changed in one point and ranked anew.

For each hint, the company is put into the present registry with that one field filled in, and its
place in the lists of the needs that suit it best is compared with its place now. Nothing is kept.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

from matcher.matching import Catalogue, Matchmaker
from matcher.particles import with_particle
from matcher.policy import Policy
from matcher.records import Certification, Company, Need
from matcher.rules import missing_conditions
from matcher.vocabulary import country_label, language_label
from service.workbench import Desk

NEEDS = 6
"""Needs whose lists are made anew for each hint."""
DEPTH = 50
"""Places that are told apart in a list; beyond, a company is not in it."""
MOST_HINTS = 5


@dataclass(frozen=True, slots=True)
class Hint:
    """One change of the record and what it brings over the needs that suit the company best.

    opened: needs in whose lists the company was not and would be. gained: places won in lists where
    it is. missing: conditions that would no longer be missing.
    """

    label: str
    opened: int
    gained: int
    missing: int

    @property
    def order(self) -> tuple[int, int, int]:
        """What counts first."""
        return self.opened, self.gained, self.missing


def hints_for(desk: Desk, company: Company) -> tuple[Hint, ...]:
    """Return the changes that bring something, the best first."""
    needs = _needs_in_reach(desk, company)
    before = _places(desk.matchmaker, company, needs)
    found = []
    for label, changed in _changes(company, needs):
        after = _places(_with_record(desk, changed), changed, needs)
        hint = Hint(
            label,
            opened=sum(1 for n in after if after[n][0] is not None and before[n][0] is None),
            gained=sum(max(0, b - a) for n in after if (a := after[n][0]) and (b := before[n][0])),
            missing=sum(max(0, before[n][1] - after[n][1]) for n in after),
        )
        if any(hint.order):
            found.append(hint)
    return tuple(sorted(found, key=lambda h: h.order, reverse=True)[:MOST_HINTS])


def _needs_in_reach(desk: Desk, company: Company) -> list[Need]:
    """Return the needs nearest to a company, those that a rule keeps away from it too."""
    found = desk.matchmaker.opportunities(company, k=NEEDS, quoted=())
    refused = [r.need for r in found.refusals if r.rule in ("certificate", "language")]
    near = [match.need for match in found.matches]
    return list({need.need_id: need for need in (*refused[: NEEDS // 2], *near)}.values())[:NEEDS]


def _places(
    matchmaker: Matchmaker, company: Company, needs: Iterable[Need]
) -> dict[str, tuple[int | None, int]]:
    """Return the company's place in each need's list (None: not in it) and its missing conditions."""
    found: dict[str, tuple[int | None, int]] = {}
    today, notice = date.today(), Policy.load().certificate_days
    for need in needs:
        useful, _ = matchmaker.prospects(need, DEPTH)
        order = sorted(useful, key=lambda id: (-useful[id], id))[:DEPTH]
        place = order.index(company.company_id) + 1 if company.company_id in order else None
        missing = missing_conditions(need, company, today, notice)
        found[need.need_id] = (place, len(missing))
    return found


def _with_record(desk: Desk, company: Company) -> Matchmaker:
    companies = {**desk.catalogue.companies, company.company_id: company}
    catalogue = Catalogue(companies, desk.catalogue.needs, desk.catalogue.vetoes)
    return desk.matchmaker.with_catalogue(catalogue)


def _changes(company: Company, needs: Iterable[Need]) -> Iterable[tuple[str, Company]]:
    """Yield what could be filled in: languages, countries, certificates and sectors that needs ask for."""
    needs = list(needs)
    wanted = Counter(
        code
        for need in needs
        for code in {*need.required_languages, *([need.language] if need.language else [])}
        if code not in company.languages and code != "ko"
    )
    for code, _ in wanted.most_common(2):
        label = f"상담 가능 언어에 {with_particle(language_label(code), '을/를')} 적기"
        yield label, replace(company, languages=(*company.languages, code))
    markets = {*company.export_countries, *company.target_countries}
    countries = Counter(n.country for n in needs if n.country and n.country not in markets)
    if countries:
        codes = tuple(code for code, _ in countries.most_common(3))
        names = ", ".join(country_label(code) for code in codes)
        yield (
            f"진출 희망 국가에 {with_particle(names, '을/를')} 적기",
            replace(company, target_countries=(*company.target_countries, *codes)),
        )
    held = {item.name for item in company.certifications if _is_valid(item)}
    asked = Counter(c for n in needs for c in n.required_certifications if c not in held)
    for name, _ in asked.most_common(2):
        certificate = Certification(name, None, None)
        yield (
            f"인증 {with_particle(f'‘{name}’', '을/를')} 갖추어 적기",
            replace(company, certifications=(*company.certifications, certificate)),
        )
    sectors = Counter(need.sector for need in needs if need.sector)
    lacking = [offering for offering in company.offerings if not offering.sector]
    if sectors and lacking:
        sector = sectors.most_common(1)[0][0]
        offerings = tuple(o if o.sector else replace(o, sector=sector) for o in company.offerings)
        yield f"공급기술의 분야를 적기 (예: {sector})", replace(company, offerings=offerings)


def _is_valid(item: Certification) -> bool:
    return item.valid_until is None or item.valid_until >= date.today()
