"""Questions to the database, asked on a connection whose transaction the caller holds."""

import base64
import binascii
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, func, select
from sqlalchemy.orm import InstrumentedAttribute

from matcher.errors import InvalidRequest
from matcher.records import Buyer, Company, Need
from service.store.rows import to_buyer, to_company, to_need
from service.store.tables import BuyerRow, CompanyRow, NeedRow, OfferingRow, RevisionRow

BATCH = 500  # below every engine's limit of bound values


def read_revision(connection: Connection) -> str:
    """Return the token of the last change."""
    return connection.execute(select(RevisionRow.token)).scalar_one()


def read_companies(connection: Connection, ids: Sequence[str] | None = None) -> tuple[Company, ...]:
    """Return the named companies, or all, in id order."""
    offerings: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    questions = select(OfferingRow).order_by(OfferingRow.company_id, OfferingRow.position)
    for some in batches(ids):
        query = questions if some is None else questions.where(OfferingRow.company_id.in_(some))
        for row in connection.execute(query):
            offerings[row.company_id].append(row._asdict())
    found: list[Company] = []
    for some in batches(ids):
        companies = select(CompanyRow)
        if some is not None:
            companies = companies.where(CompanyRow.company_id.in_(some))
        for found_row in connection.execute(companies):
            own = offerings[found_row.company_id]
            found.append(to_company(found_row._asdict(), own))
    return tuple(sorted(found, key=lambda company: company.company_id))


def read_needs(connection: Connection, ids: Sequence[str] | None = None) -> tuple[Need, ...]:
    """Return the named needs, or all, in id order."""
    found: list[Need] = []
    for some in batches(ids):
        needs = select(NeedRow)
        if some is not None:
            needs = needs.where(NeedRow.need_id.in_(some))
        found.extend(to_need(row._asdict()) for row in connection.execute(needs))
    return tuple(sorted(found, key=lambda need: need.need_id))


def read_buyers(connection: Connection, ids: Sequence[str] | None = None) -> tuple[Buyer, ...]:
    """Return the named buyers, or all, in id order."""
    found: list[Buyer] = []
    for some in batches(ids):
        query = select(BuyerRow)
        if some is not None:
            query = query.where(BuyerRow.buyer_id.in_(some))
        found.extend(to_buyer(row._asdict()) for row in connection.execute(query))
    return tuple(sorted(found, key=lambda buyer: buyer.buyer_id))


def read_page(
    connection: Connection, id: InstrumentedAttribute[str], limit: int, cursor: str | None
) -> tuple[list[str], str | None, int]:
    """Return up to `limit` ids after the cursor, the next cursor and how many there are in all."""
    query = select(id).order_by(id).limit(limit + 1)
    if cursor is not None:
        query = query.where(id > _from_cursor(cursor))
    ids = list(connection.execute(query).scalars())
    total = connection.execute(select(func.count(id))).scalar_one()
    following = _to_cursor(ids[limit - 1]) if len(ids) > limit else None
    return ids[:limit], following, total


def batches(ids: Sequence[str] | None) -> Iterator[Sequence[str] | None]:
    """Cut ids into pieces that one statement can carry; None (all) stays whole."""
    if ids is None:
        yield None
        return
    for start in range(0, len(ids), BATCH):
        yield ids[start : start + BATCH]


def _to_cursor(id: str) -> str:
    return base64.urlsafe_b64encode(id.encode()).decode().rstrip("=")


def _from_cursor(cursor: str) -> str:
    try:
        id = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
    except (binascii.Error, ValueError) as error:
        raise InvalidRequest(
            "cursor가 올바르지 않습니다. 앞 응답의 next_cursor를 그대로 쓰십시오.", field="cursor"
        ) from error
    if "\x00" in id:
        raise InvalidRequest("cursor가 올바르지 않습니다.", field="cursor")
    return id
