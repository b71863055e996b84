"""The store: records in, records out, each change in one transaction."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Self

from sqlalchemy import Connection, Engine

from matcher.errors import UnknownId
from matcher.records import Company, Need
from service.store.reading import read_companies, read_needs, read_page, read_revision
from service.store.rows import company_row, need_row, offering_rows
from service.store.schema import open_engine, translated
from service.store.tables import CompanyRow, NeedRow
from service.store.values import Contents, Page, SaveReport, Source
from service.store.writing import remove, write_records


class Store:
    """Companies and needs in a database; safe to share between threads and processes."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._writing = engine.execution_options(writing=True)
        # Read committed (PostgreSQL's default) would see each statement's own moment.
        if engine.dialect.name == "postgresql":
            self._engine = engine.execution_options(isolation_level="REPEATABLE READ")

    @classmethod
    def open(cls, url: str) -> Self:
        """Connect and migrate; raises StoreUnavailable."""
        return cls(open_engine(url))

    def close(self) -> None:
        """Give back every connection."""
        self._engine.dispose()

    def revision(self) -> str:
        """Return a token that every change of records, by any process, replaces."""
        with self._reader() as connection:
            return read_revision(connection)

    def contents(self) -> Contents:
        """Read everything, and the revision it belongs to, as of one moment."""
        with self._reader() as connection:
            revision = read_revision(connection)
            return Contents(read_companies(connection), read_needs(connection), revision)

    def companies(self) -> tuple[Company, ...]:
        """Return all companies in id order."""
        with self._reader() as connection:
            return read_companies(connection)

    def needs(self) -> tuple[Need, ...]:
        """Return all needs in id order."""
        with self._reader() as connection:
            return read_needs(connection)

    def company(self, company_id: str) -> Company:
        """Return one company; raises UnknownId."""
        with self._reader() as connection:
            found = read_companies(connection, [company_id])
        if not found:
            raise _unknown("공급기업", company_id)
        return found[0]

    def need(self, need_id: str) -> Need:
        """Return one need; raises UnknownId."""
        with self._reader() as connection:
            found = read_needs(connection, [need_id])
        if not found:
            raise _unknown("수요", need_id)
        return found[0]

    def page_of_companies(self, limit: int, cursor: str | None = None) -> Page[Company]:
        """Return up to `limit` companies after the cursor; raises InvalidRequest."""
        with self._reader() as connection:
            ids, following, total = read_page(connection, CompanyRow.company_id, limit, cursor)
            return Page(read_companies(connection, ids), following, total)

    def page_of_needs(self, limit: int, cursor: str | None = None) -> Page[Need]:
        """Return up to `limit` needs after the cursor; raises InvalidRequest."""
        with self._reader() as connection:
            ids, following, total = read_page(connection, NeedRow.need_id, limit, cursor)
            return Page(read_needs(connection, ids), following, total)

    def save(
        self, companies: Iterable[Company], needs: Iterable[Need], source: Source
    ) -> SaveReport:
        """Add or replace records by id, all or none; what is already there is left as it is.

        Of two records with one id the later counts. Raises InvalidRecord before anything is
        written.
        """
        by_company = {company.company_id: company for company in companies}
        by_need = {need.need_id: need for need in needs}
        company_rows = {id: company_row(company) for id, company in by_company.items()}
        offerings = {id: offering_rows(company) for id, company in by_company.items()}
        need_rows = {id: need_row(need) for id, need in by_need.items()}
        with self._writer() as connection:
            return write_records(connection, company_rows, offerings, need_rows, source)

    def delete_company(self, company_id: str) -> None:
        """Remove a company with its offerings; raises UnknownId."""
        with self._writer() as connection:
            if not remove(connection, CompanyRow.company_id, company_id):
                raise _unknown("공급기업", company_id)

    def delete_need(self, need_id: str) -> None:
        """Remove a need; raises UnknownId."""
        with self._writer() as connection:
            if not remove(connection, NeedRow.need_id, need_id):
                raise _unknown("수요", need_id)

    @contextmanager
    def _reader(self) -> Iterator[Connection]:
        with translated(), self._engine.begin() as connection:
            yield connection

    @contextmanager
    def _writer(self) -> Iterator[Connection]:
        with translated(), self._writing.begin() as connection:
            yield connection


def _unknown(label: str, id: str) -> UnknownId:
    return UnknownId(f"저장된 {label}에 '{id}'가 없습니다. ID를 확인하십시오.", id=id)
