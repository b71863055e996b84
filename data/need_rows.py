"""Rows of need sheets into needs: one row is one need."""

from types import MappingProxyType
from typing import Any

from data.cells import Fault
from data.problems import Problem
from data.rows import CleanRow
from matcher.errors import InvalidRecord
from matcher.records import Need
from matcher.vocabulary import Place, country_label, guess_language, parse_place

_FIELDS = (
    "need_id",
    "title",
    "description",
    "language",
    "organisation",
    "buyer_type",
    "required_certifications",
    "certification_rule",
    "required_languages",
    "budget_usd",
    "deadline",
    "cooperation_type",
    "sector",
)


def to_need(row: CleanRow) -> Need | Problem:
    """Return the need of a row, or the problem that keeps it out.

    A blank language is filled where the script of the text gives it away.
    """
    values: dict[str, Any] = {name: row.named[name] for name in _FIELDS if name in row.named}
    if "need_id" not in values:
        fault = Fault("수요ID가 없습니다.", "수요ID 열에 N-001처럼 겹치지 않는 ID를 적어 주세요.")
        shown = values.get("title") or next(iter((*row.named.values(), *row.extra.values())), None)
        return row.source.error(
            fault, row.number, None, None if isinstance(shown, Place) else shown
        )
    values.setdefault("title", "")
    text = f"{values['title']} {values.get('description', '')}"
    values.setdefault("language", guess_language(text))
    place = place_of(row)
    try:
        return Need(
            **values,
            country=place.country,
            city=place.city,
            extra=MappingProxyType(dict(row.extra)),
        )
    except InvalidRecord as error:
        fault = Fault(error.sentence, "값을 고쳐 다시 올려 주세요.")
        return row.source.error(fault, row.number, row.head(error.field), error.value)


def place_of(row: CleanRow) -> Place:
    """Return country and city of a row, however they are spread over its cells."""
    place: Place = row.named.get("country", Place(None, None))
    city = row.named.get("city")
    if city is None:
        return place
    if place.country is None:
        found = parse_place(city)
        return found if found.city else Place(found.country, city)
    within = parse_place(f"{country_label(place.country, 'en')}({city})")
    return Place(place.country, within.city if within.country == place.country else city)
