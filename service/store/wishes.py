"""What companies say through their own page: interest in a need, searches they keep."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Engine, delete, func, insert, select, update

from matcher.errors import InvalidRequest, UnknownId
from service.store.schema import translated
from service.store.tables import InterestRow, NeedRow, SearchRow

MOST_SEARCHES = 20


@dataclass(frozen=True, slots=True)
class Interest:
    """A company wants to meet a need."""

    need_id: str
    company_id: str
    note: str
    actor: str
    made_at: datetime


@dataclass(frozen=True, slots=True)
class SavedSearch:
    """Filters of opportunities under a name; seen: the needs that it showed when it was last opened."""

    search_id: int
    company_id: str
    name: str
    filters: Mapping[str, str]
    seen: frozenset[str]


class Wishes:
    """Interests and saved searches of one database."""

    def __init__(self, engine: Engine, writing: Engine) -> None:
        self._engine = engine
        self._writing = writing

    def express(self, need_id: str, company_id: str, note: str, actor: str) -> None:
        """Keep an interest; the last word counts. Raises UnknownId for no such need."""
        is_this = (InterestRow.need_id == need_id) & (InterestRow.company_id == company_id)
        row = {
            "need_id": need_id,
            "company_id": company_id,
            "note": note,
            "actor": actor,
            "made_at": datetime.now(UTC),
        }
        with translated(), self._writing.begin() as connection:
            query = select(NeedRow.need_id).where(NeedRow.need_id == need_id)
            if connection.execute(query).first() is None:
                raise UnknownId(f"저장된 수요에 '{need_id}'가 없습니다.", id=need_id)
            connection.execute(delete(InterestRow).where(is_this))
            connection.execute(insert(InterestRow).values(row))

    def withdraw(self, need_id: str, company_id: str) -> None:
        """Take an interest back."""
        is_this = (InterestRow.need_id == need_id) & (InterestRow.company_id == company_id)
        with translated(), self._writing.begin() as connection:
            connection.execute(delete(InterestRow).where(is_this))

    def interests(self, company_id: str | None = None) -> tuple[Interest, ...]:
        """Return the interests of one company or of all, the newest first."""
        query = select(InterestRow).order_by(InterestRow.made_at.desc(), InterestRow.need_id)
        if company_id is not None:
            query = query.where(InterestRow.company_id == company_id)
        with translated(), self._engine.begin() as connection:
            return tuple(Interest(**row._mapping) for row in connection.execute(query))

    def keep_search(
        self, company_id: str, name: str, filters: Mapping[str, str], seen: Iterable[str]
    ) -> None:
        """Keep a search; raises InvalidRequest for a nameless one and where there are too many."""
        if not name.strip():
            raise InvalidRequest("검색에 이름을 붙이십시오.", field="name")
        mine = select(func.count(SearchRow.search_id)).where(SearchRow.company_id == company_id)
        with translated(), self._writing.begin() as connection:
            if connection.execute(mine).scalar_one() >= MOST_SEARCHES:
                raise InvalidRequest(
                    f"검색은 {MOST_SEARCHES}개까지 담습니다. 안 쓰는 것을 지우십시오.", field="name"
                )
            row = {
                "company_id": company_id,
                "name": name.strip(),
                "filters": dict(filters),
                "seen": sorted(set(seen)),
                "made_at": datetime.now(UTC),
            }
            connection.execute(insert(SearchRow).values(row))

    def searches(self, company_id: str) -> tuple[SavedSearch, ...]:
        """Return a company's searches in the order they were made."""
        query = select(SearchRow).where(SearchRow.company_id == company_id)
        with translated(), self._engine.begin() as connection:
            rows = connection.execute(query.order_by(SearchRow.search_id)).all()
        return tuple(
            SavedSearch(row.search_id, row.company_id, row.name, row.filters, frozenset(row.seen))
            for row in rows
        )

    def see(self, company_id: str, search_id: int, seen: Iterable[str]) -> None:
        """Remember what a search has shown."""
        is_this = (SearchRow.search_id == search_id) & (SearchRow.company_id == company_id)
        with translated(), self._writing.begin() as connection:
            connection.execute(update(SearchRow).where(is_this).values(seen=sorted(set(seen))))

    def forget_search(self, company_id: str, search_id: int) -> None:
        """Remove a search of this company."""
        is_this = (SearchRow.search_id == search_id) & (SearchRow.company_id == company_id)
        with translated(), self._writing.begin() as connection:
            connection.execute(delete(SearchRow).where(is_this))
