"""The records of product.md, section 5: frozen values, built valid or not at all.

`from_dict` and `to_dict` speak the interchange form (one JSON object a line). `from_dict` takes
clean values only; cells as people type them are cleaned in `data.intake` first. Fields that the
form does not name are kept in `extra` and come back from `to_dict`.
"""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import date
from types import MappingProxyType
from typing import Any, Self

from matcher.errors import InvalidRecord
from matcher.forms import (
    require_id,
    require_text,
    to_codes,
    to_date,
    to_float,
    to_id,
    to_int,
    to_list,
    to_objects,
    to_optional_text,
    to_text,
    unnamed,
)

KEY_SEPARATOR = "\x1f"
CERTIFICATION_RULES = ("all", "any")
_EMPTY: Mapping[str, Any] = MappingProxyType({})


def offering_key(company_id: str, offering_id: str) -> str:
    """Return the one string that names an offering over all companies."""
    return f"{company_id}{KEY_SEPARATOR}{offering_id}"


def split_key(key: str) -> tuple[str, str]:
    """Return (owner id, part id) of a key made by `offering_key`."""
    owner, _, part = key.partition(KEY_SEPARATOR)
    return owner, part


@dataclass(frozen=True, slots=True)
class Certification:
    """A certificate that a company holds; `valid_until` None means that no end date is known."""

    name: str
    number: str | None = None
    valid_until: date | None = None

    def __post_init__(self) -> None:
        """Check the name."""
        require_text("certifications", self.name)

    @classmethod
    def from_value(cls, value: object) -> Self:
        """Build from a plain name or from `{name, number, valid_until}`."""
        if isinstance(value, str):
            return cls(name=value.strip())
        if isinstance(value, Mapping):
            number = value.get("number")
            return cls(
                name=str(value.get("name") or "").strip(),
                number=None if number is None else str(number),
                valid_until=to_date("certifications.valid_until", value.get("valid_until")),
            )
        raise InvalidRecord(
            "인증은 이름 또는 {name, number, valid_until} 형식이어야 합니다.",
            field="certifications",
            value=value,
        )

    def to_value(self) -> str | dict[str, str | None]:
        """Return the name alone where nothing else is known, else the object form."""
        if self.number is None and self.valid_until is None:
            return self.name
        until = self.valid_until.isoformat() if self.valid_until else None
        return {"name": self.name, "number": self.number, "valid_until": until}


@dataclass(frozen=True, slots=True)
class Offering:
    """One technology, product or service of a company."""

    offering_id: str
    title: str
    description: str = ""
    sector: str | None = None
    extra: Mapping[str, Any] = field(default_factory=lambda: _EMPTY)

    def __post_init__(self) -> None:
        """Check ids and that there is text to match on."""
        require_id("offering_id", self.offering_id)
        if not (self.title.strip() or self.description.strip()):
            raise InvalidRecord(
                "공급기술의 제목이나 설명이 필요합니다.", field="title", value=self.title
            )

    @property
    def text(self) -> str:
        """Title and description as one text: what is indexed, quoted and explained."""
        return join_text(self.title, self.description)

    @classmethod
    def from_dict(cls, value: Mapping[str, Any], default_id: str) -> Self:
        """Build from the interchange form; `default_id` serves where the form names none."""
        known = {"offering_id", "title", "description", "sector"}
        return cls(
            offering_id=to_id(value.get("offering_id")) or default_id,
            title=to_text(value.get("title")),
            description=to_text(value.get("description")),
            sector=to_optional_text(value.get("sector")),
            extra=unnamed(value, known),
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the interchange form."""
        named = {
            "offering_id": self.offering_id,
            "title": self.title,
            "description": self.description,
            "sector": self.sector,
        }
        return {**named, **self.extra}


@dataclass(frozen=True, slots=True)
class Company:
    """A Korean company with offerings (공급기업)."""

    company_id: str
    name_ko: str
    name_en: str | None = None
    registration_no: str | None = None
    region: str | None = None
    size: str | None = None
    employees: int | None = None
    founded: str | None = None
    revenue_krw_million: float | None = None
    certifications: tuple[Certification, ...] = ()
    languages: tuple[str, ...] = ()
    export_countries: tuple[str, ...] = ()
    target_countries: tuple[str, ...] = ()
    excluded_countries: tuple[str, ...] = ()
    target_sectors: tuple[str, ...] = ()
    min_budget_usd: float | None = None
    offerings: tuple[Offering, ...] = ()
    extra: Mapping[str, Any] = field(default_factory=lambda: _EMPTY)

    def __post_init__(self) -> None:
        """Check id, name and that offering ids are unique."""
        require_id("company_id", self.company_id)
        if not (self.name_ko.strip() or (self.name_en or "").strip()):
            raise InvalidRecord("기업명이 필요합니다.", field="name_ko", value=self.name_ko)
        ids = [offering.offering_id for offering in self.offerings]
        for offering_id in ids:
            if ids.count(offering_id) > 1:
                raise InvalidRecord(
                    f"공급기술 ID '{offering_id}'가 한 기업 안에서 두 번 쓰였습니다.",
                    field="offering_id",
                    value=offering_id,
                )

    @property
    def name(self) -> str:
        """The name to show: Korean where there is one."""
        return self.name_ko or self.name_en or self.company_id

    def keys(self) -> tuple[str, ...]:
        """Return the key of each offering, in order."""
        return tuple(offering_key(self.company_id, o.offering_id) for o in self.offerings)

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Self:
        """Build from the interchange form; raises InvalidRecord naming the field."""
        company_id = to_id(value.get("company_id"))
        offerings = tuple(
            Offering.from_dict(item, default_id=f"{company_id}-{position}")
            for position, item in enumerate(to_objects("offerings", value), start=1)
        )
        return cls(
            company_id=company_id,
            name_ko=to_text(value.get("name_ko")),
            name_en=to_optional_text(value.get("name_en")),
            registration_no=to_optional_text(value.get("registration_no")),
            region=to_optional_text(value.get("region")),
            size=to_optional_text(value.get("size")),
            employees=to_int("employees", value.get("employees")),
            founded=to_optional_text(value.get("founded")),
            revenue_krw_million=to_float("revenue_krw_million", value.get("revenue_krw_million")),
            certifications=tuple(
                Certification.from_value(item) for item in to_list("certifications", value)
            ),
            languages=to_codes("languages", value, str.lower),
            export_countries=to_codes("export_countries", value, str.upper),
            target_countries=to_codes("target_countries", value, str.upper),
            excluded_countries=to_codes("excluded_countries", value, str.upper),
            target_sectors=to_codes("target_sectors", value, str),
            min_budget_usd=to_float("min_budget_usd", value.get("min_budget_usd")),
            offerings=offerings,
            extra=unnamed(value, {f.name for f in fields(cls)}),
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the interchange form; `from_dict(to_dict())` gives an equal record.

        `target_sectors` and `min_budget_usd` came later: a record without them keeps its old form.
        """
        named = {
            "company_id": self.company_id,
            "name_ko": self.name_ko,
            "name_en": self.name_en,
            "registration_no": self.registration_no,
            "region": self.region,
            "size": self.size,
            "employees": self.employees,
            "founded": self.founded,
            "revenue_krw_million": self.revenue_krw_million,
            "certifications": [item.to_value() for item in self.certifications],
            "languages": list(self.languages),
            "export_countries": list(self.export_countries),
            "target_countries": list(self.target_countries),
            "excluded_countries": list(self.excluded_countries),
            "offerings": [item.to_dict() for item in self.offerings],
        }
        later = {"target_sectors": list(self.target_sectors), "min_budget_usd": self.min_budget_usd}
        stated = {name: value for name, value in later.items() if value not in ([], None)}
        return {**named, **stated, **self.extra}


@dataclass(frozen=True, slots=True)
class NeedPart:
    """One part of a compound need (수요 항목); `text` is a verbatim piece of the need's text."""

    part_id: str
    text: str

    def __post_init__(self) -> None:
        """Check id and text."""
        require_id("part_id", self.part_id)
        require_text("parts", self.text)


@dataclass(frozen=True, slots=True)
class Need:
    """What an overseas body asks for (수요)."""

    need_id: str
    title: str
    description: str = ""
    language: str | None = None
    country: str | None = None
    city: str | None = None
    organisation: str | None = None
    buyer_type: str | None = None
    required_certifications: tuple[str, ...] = ()
    certification_rule: str = "all"
    required_languages: tuple[str, ...] = ()
    budget_usd: float | None = None
    deadline: date | None = None
    cooperation_type: str | None = None
    sector: str | None = None
    extra: Mapping[str, Any] = field(default_factory=lambda: _EMPTY)

    def __post_init__(self) -> None:
        """Check id, text and the certification rule."""
        require_id("need_id", self.need_id)
        if not self.text.strip():
            raise InvalidRecord("수요의 제목이나 설명이 필요합니다.", field="title")
        if self.certification_rule not in CERTIFICATION_RULES:
            raise InvalidRecord(
                "certification_rule은 all 또는 any여야 합니다.",
                field="certification_rule",
                value=self.certification_rule,
            )

    @property
    def text(self) -> str:
        """Title and description as one text: what is searched, quoted and explained."""
        return join_text(self.title, self.description)

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Self:
        """Build from the interchange form; raises InvalidRecord naming the field."""
        language = to_optional_text(value.get("language"))
        country = to_optional_text(value.get("country"))
        return cls(
            need_id=to_id(value.get("need_id")),
            title=to_text(value.get("title")),
            description=to_text(value.get("description")),
            language=language.lower() if language else None,
            country=country.upper() if country else None,
            city=to_optional_text(value.get("city")),
            organisation=to_optional_text(value.get("organisation")),
            buyer_type=to_optional_text(value.get("buyer_type")),
            required_certifications=to_codes("required_certifications", value, str),
            certification_rule=to_optional_text(value.get("certification_rule")) or "all",
            required_languages=to_codes("required_languages", value, str.lower),
            budget_usd=to_float("budget_usd", value.get("budget_usd")),
            deadline=to_date("deadline", value.get("deadline")),
            cooperation_type=to_optional_text(value.get("cooperation_type")),
            sector=to_optional_text(value.get("sector")),
            extra=unnamed(value, {f.name for f in fields(cls)}),
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the interchange form; `from_dict(to_dict())` gives an equal record."""
        named = {
            "need_id": self.need_id,
            "title": self.title,
            "description": self.description,
            "language": self.language,
            "country": self.country,
            "city": self.city,
            "organisation": self.organisation,
            "buyer_type": self.buyer_type,
            "required_certifications": list(self.required_certifications),
            "certification_rule": self.certification_rule,
            "required_languages": list(self.required_languages),
            "budget_usd": self.budget_usd,
            "deadline": self.deadline.isoformat() if self.deadline else None,
            "cooperation_type": self.cooperation_type,
            "sector": self.sector,
        }
        return {**named, **self.extra}


@dataclass(frozen=True, slots=True)
class Buyer:
    """Who asks (수요기관 / 바이어): a company, a government, a public body; never a person."""

    buyer_id: str
    name: str
    buyer_type: str | None = None
    country: str | None = None
    city: str | None = None
    languages: tuple[str, ...] = ()
    need_ids: tuple[str, ...] = ()
    homepage: str | None = None
    extra: Mapping[str, Any] = field(default_factory=lambda: _EMPTY)

    def __post_init__(self) -> None:
        """Check id and name."""
        require_id("buyer_id", self.buyer_id)
        if not self.name.strip():
            raise InvalidRecord("바이어 이름이 필요합니다.", field="name", value=self.name)

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Self:
        """Build from the interchange form; raises InvalidRecord naming the field."""
        country = to_optional_text(value.get("country"))
        return cls(
            buyer_id=to_id(value.get("buyer_id")),
            name=to_text(value.get("name")),
            buyer_type=to_optional_text(value.get("buyer_type")),
            country=country.upper() if country else None,
            city=to_optional_text(value.get("city")),
            languages=to_codes("languages", value, str.lower),
            need_ids=to_codes("need_ids", value, str),
            homepage=to_optional_text(value.get("homepage")),
            extra=unnamed(value, {f.name for f in fields(cls)}),
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the interchange form; `from_dict(to_dict())` gives an equal record."""
        named = {
            "buyer_id": self.buyer_id,
            "name": self.name,
            "buyer_type": self.buyer_type,
            "country": self.country,
            "city": self.city,
            "languages": list(self.languages),
            "need_ids": list(self.need_ids),
            "homepage": self.homepage,
        }
        return {**named, **self.extra}


def join_text(title: str, description: str) -> str:
    """Return title and description as one NFC text, the title not said twice."""
    title, description = title.strip(), description.strip()
    if not title or description.startswith(title):
        text = description
    elif not description:
        text = title
    else:
        text = f"{title}\n{description}"
    return unicodedata.normalize("NFC", text)
