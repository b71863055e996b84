"""What people ask with free text instead of a stored record, made into records."""

from collections.abc import Iterable
from dataclasses import replace

from matcher.errors import InvalidRequest
from matcher.records import Company, Need, Offering
from matcher.rules import CompanyFilters, NeedFilters
from matcher.vocabulary import country_code, guess_language, language_code

TEXT_ID = "text"
"""The id under which a free text appears in answers; it is never stored."""
LONGEST_TEXT = 20_000
MOST_MATCHES = 100


def need_from_text(
    text: str,
    *,
    country: str | None = None,
    language: str | None = None,
    required_certifications: tuple[str, ...] = (),
) -> Need:
    """Return an unstored need; a language not given is guessed where the script tells it.

    Raises InvalidRequest for no text, too much of it, an unknown country or language.
    """
    need = Need(need_id=TEXT_ID, title="", description=_checked(text))
    return with_place(
        replace(need, required_certifications=required_certifications),
        country=country,
        language=language or guess_language(text),
    )


def with_place(need: Need, *, country: str | None = None, language: str | None = None) -> Need:
    """Return the need as if it came from another country or in another language."""
    return replace(
        need,
        country=known_country(country) if country else need.country,
        language=known_language(language) if language else need.language,
    )


def company_from_text(text: str) -> Company:
    """Return an unstored company with one offering; raises InvalidRequest."""
    offering = Offering(offering_id=f"{TEXT_ID}-1", title="", description=_checked(text))
    return Company(company_id=TEXT_ID, name_ko="입력한 글", offerings=(offering,))


def company_filters(
    *,
    sectors: Iterable[str] = (),
    certifications: Iterable[str] = (),
    regions: Iterable[str] = (),
    languages: Iterable[str] = (),
    countries: Iterable[str] = (),
) -> CompanyFilters:
    """Return filters with countries and languages as codes; raises InvalidRequest."""
    return CompanyFilters(
        sectors=tuple(sectors),
        certifications=tuple(certifications),
        regions=tuple(regions),
        languages=tuple(known_language(value) for value in languages),
        countries=tuple(known_country(value) for value in countries),
    )


def need_filters(
    *,
    sectors: Iterable[str] = (),
    languages: Iterable[str] = (),
    countries: Iterable[str] = (),
) -> NeedFilters:
    """Return filters with countries and languages as codes; raises InvalidRequest."""
    return NeedFilters(
        sectors=tuple(sectors),
        languages=tuple(known_language(value) for value in languages),
        countries=tuple(known_country(value) for value in countries),
    )


def _checked(text: str) -> str:
    if not text.strip():
        raise InvalidRequest("찾을 글이 비었습니다. 내용을 적으십시오.", field="text")
    if len(text) > LONGEST_TEXT:
        raise InvalidRequest(
            f"글이 너무 깁니다({len(text):,}자). {LONGEST_TEXT:,}자까지 쓸 수 있습니다.",
            field="text",
        )
    return text


def known_country(value: str) -> str:
    """Return ISO 3166-1 alpha-2 of a code or a name such as 베트남; raises InvalidRequest."""
    code = country_code(value)
    if code is None:
        raise InvalidRequest(
            f"'{value}'은(는) 아는 국가가 아닙니다. 베트남이나 VN처럼 적으십시오.", field="country"
        )
    return code


def known_language(value: str) -> str:
    """Return ISO 639-1 of a code or a name such as 베트남어; raises InvalidRequest."""
    code = language_code(value)
    if code is None:
        raise InvalidRequest(
            f"'{value}'은(는) 아는 언어가 아닙니다. 베트남어나 vi처럼 적으십시오.", field="language"
        )
    return code
