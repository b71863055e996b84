"""Who may not be on a list, and what a match still lacks: predicates with a Korean sentence."""

import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from matcher.particles import with_particle
from matcher.records import Certification, Company, Need, Offering
from matcher.shortlist import Missing
from matcher.vocabulary import (
    certificate_satisfies,
    country_label,
    fold,
    language_label,
    sector_codes,
)

Direction = Literal["match", "opportunities"]
LEGAL_FORM = re.compile(r"주식회사|유한회사|\([주유]\)|\b(?:co|ltd|inc|corp)\b\.?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Broken:
    """A hard rule that a pair breaks: the rule's name and a Korean sentence."""

    rule: str
    label: str


@dataclass(frozen=True, slots=True)
class CompanyFilters:
    """Narrow a shortlist to companies that have ALL of the named properties; empty means any.

    sectors: codes or labels; certifications: names held and valid today; regions: 시·도;
    languages: ISO 639-1; countries: ISO 3166-1 alpha-2 the company exports to or targets.
    Within one field any of the values will do.
    """

    sectors: tuple[str, ...] = ()
    certifications: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """True where nothing is narrowed."""
        return self == CompanyFilters()

    def admits(self, company: Company, offering: Offering, today: date) -> bool:
        """Tell whether an offering of a company passes."""
        markets = {*company.export_countries, *company.target_countries}
        return (
            _meets_sector(self.sectors, offering.sector)
            and (not self.regions or any(_is_in(company.region, name) for name in self.regions))
            and (not self.languages or not set(self.languages).isdisjoint(company.languages))
            and (not self.countries or not markets.isdisjoint(self.countries))
            and (
                not self.certifications
                or any(holds(company, name, today) for name in self.certifications)
            )
        )


@dataclass(frozen=True, slots=True)
class NeedFilters:
    """Narrow opportunities: sector, the need's country and language; empty means any."""

    sectors: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """True where nothing is narrowed."""
        return self == NeedFilters()

    def admits(self, need: Need) -> bool:
        """Tell whether a need passes."""
        return (
            _meets_sector(self.sectors, need.sector)
            and (not self.languages or need.language in self.languages)
            and (not self.countries or need.country in self.countries)
        )


def broken_rule(need: Need, company: Company, today: date, direction: Direction) -> Broken | None:
    """Return the first hard rule that keeps the pair apart, or None."""
    rules: list[Callable[[], Broken | None]] = [
        lambda: _own_company(need, company),
        lambda: _excluded_country(need, company),
        lambda: _certificates(need, company, today),
        lambda: _languages(need, company),
    ]
    if direction == "opportunities":
        rules.append(lambda: _deadline(need, today))
    return next((broken for rule in rules if (broken := rule())), None)


def missing_conditions(
    need: Need, company: Company, today: date, notice_days: int
) -> tuple[Missing, ...]:
    """Return what the company does not visibly meet, though no rule refuses it."""
    missing = []
    if need.language and need.language != "ko" and need.language not in company.languages:
        name = language_label(need.language)
        missing.append(
            Missing(
                "language",
                f"수요기관의 언어({name})로 응대할 수 있다는 기록이 없습니다. 통역이 필요합니다.",
            )
        )
    markets = {*company.export_countries, *company.target_countries}
    if need.country and need.country not in markets:
        name = country_label(need.country)
        missing.append(Missing("country", f"{name} 수출 실적이나 진출 희망 기록이 없습니다."))
    last_day = max(today + timedelta(days=notice_days), need.deadline or today)
    for name in need.required_certifications:
        dates = [c.valid_until for c in _held(company, name) if is_valid(c, today)]
        known = [day for day in dates if day]
        if known and max(known) >= last_day:
            continue
        if None in dates:
            missing.append(
                Missing(
                    "certificate", f"‘{name}’의 유효기간이 기록에 없습니다. 인증서로 확인하십시오."
                )
            )
        elif known:
            missing.append(
                Missing(
                    "certificate",
                    f"{with_particle(f'‘{name}’', '이/가')} {max(known)}에 끝납니다. 갱신을 확인하십시오.",
                )
            )
    return tuple(missing)


def holds(company: Company, required: str, today: date) -> bool:
    """Tell whether the company holds a certificate that meets `required` and is valid today."""
    return any(is_valid(item, today) for item in _held(company, required))


def is_valid(certification: Certification, today: date) -> bool:
    """A certificate counts up to and including its last day; without a date it counts."""
    return certification.valid_until is None or certification.valid_until >= today


def _own_company(need: Need, company: Company) -> Broken | None:
    names = {_company_name(name) for name in (company.name_ko, company.name_en) if name}
    same_name = need.organisation is not None and _company_name(need.organisation) in names
    if same_name or str(need.extra.get("company_id", "")) == company.company_id:
        return Broken("own_company", "이 수요를 낸 기업 자신입니다.")
    return None


def _excluded_country(need: Need, company: Company) -> Broken | None:
    if need.country and need.country in company.excluded_countries:
        name = country_label(need.country)
        return Broken("excluded_country", f"기업이 진출 제외 국가로 정한 곳({name})의 수요입니다.")
    return None


def _certificates(need: Need, company: Company, today: date) -> Broken | None:
    lacking = [name for name in need.required_certifications if not holds(company, name, today)]
    is_met = not lacking or (
        need.certification_rule == "any" and len(lacking) < len(need.required_certifications)
    )
    if is_met:
        return None
    return Broken("certificate", " ".join(_lack_sentence(company, name) for name in lacking))


def _lack_sentence(company: Company, name: str) -> str:
    ends = [item.valid_until for item in _held(company, name) if item.valid_until]
    named = with_particle(f"필수 인증 ‘{name}’", "이/가")
    if ends:
        return f"{named} {max(ends)}에 만료되었습니다."
    return f"{named} 없습니다."


def _languages(need: Need, company: Company) -> Broken | None:
    lacking = [code for code in need.required_languages if code not in company.languages]
    if not lacking:
        return None
    names = ", ".join(language_label(code) for code in lacking)
    return Broken("language", f"수요가 요구하는 언어({names})로 응대할 수 없습니다.")


def _deadline(need: Need, today: date) -> Broken | None:
    if need.deadline and need.deadline < today:
        return Broken("deadline", f"신청 마감일({need.deadline})이 지났습니다.")
    return None


def _held(company: Company, required: str) -> list[Certification]:
    return [item for item in company.certifications if certificate_satisfies(item.name, required)]


def _meets_sector(wanted: Iterable[str], sector: str | None) -> bool:
    """Compare by sector code where both have one, else by name."""
    wanted = tuple(wanted)
    if not wanted:
        return True
    if not sector:
        return False

    def codes(text: str) -> set[str]:
        return {*sector_codes(text), fold(text)}

    return any(not codes(name).isdisjoint(codes(sector)) for name in wanted)


def _is_in(region: str | None, name: str) -> bool:
    """서울 names 서울특별시, 전남 does not name 전라남도."""
    return region is not None and bool(fold(name)) and fold(region).startswith(fold(name))


def _company_name(name: str) -> str:
    return fold(LEGAL_FORM.sub(" ", unicodedata.normalize("NFKC", name)))
