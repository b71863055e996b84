"""Who may not be on a list, and what a match still lacks: predicates with a Korean sentence."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CompanyFilters:
    """Narrow a shortlist to companies that have ALL of the named properties; empty means any.

    sectors: sector codes or labels; certifications: names held and valid today; regions: 시·도;
    languages: ISO 639-1; countries: ISO 3166-1 alpha-2 the company exports to or targets.
    Within one field any of the values will do.
    """

    sectors: tuple[str, ...] = ()
    certifications: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NeedFilters:
    """Narrow opportunities: sector, the need's country and language; empty means any."""

    sectors: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
