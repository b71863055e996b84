"""Rows of buyer sheets into buyers: one row is one buyer; who answers for it stays out of the record."""

from types import MappingProxyType
from typing import Any

from data.cells import Fault
from data.need_rows import place_of
from data.problems import Problem
from data.rows import CleanRow
from matcher.errors import InvalidRecord
from matcher.records import Buyer
from matcher.vocabulary import Place

_FIELDS = ("buyer_id", "name", "buyer_type", "languages", "need_ids", "homepage")


def to_buyer(row: CleanRow) -> Buyer | Problem:
    """Return the buyer of a row, or the problem that keeps it out."""
    values: dict[str, Any] = {name: row.named[name] for name in _FIELDS if name in row.named}
    if "buyer_id" not in values:
        fault = Fault(
            "바이어ID가 없습니다.", "바이어ID 열에 B-001처럼 겹치지 않는 ID를 적어 주세요."
        )
        shown = values.get("name") or next(iter((*row.named.values(), *row.extra.values())), None)
        return row.source.error(
            fault, row.number, None, None if isinstance(shown, Place) else shown
        )
    values.setdefault("name", "")
    place = place_of(row)
    try:
        return Buyer(
            **values,
            country=place.country,
            city=place.city,
            extra=MappingProxyType(dict(row.extra)),
        )
    except InvalidRecord as error:
        fault = Fault(error.sentence, "값을 고쳐 다시 올려 주세요.")
        return row.source.error(fault, row.number, row.head(error.field), error.value)
