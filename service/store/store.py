"""The store: records in, records out, each change in one transaction."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Self

from sqlalchemy import Connection, Engine, func, select

from matcher.errors import UnknownId
from matcher.records import Buyer, Company, Need
from service.store.accounts import Accounts
from service.store.contacts import Contacts, Seal
from service.store.drafts import Drafts
from service.store.dumping import PlainRow, dump_tables, load_tables
from service.store.events import Events
from service.store.history import (
    decide,
    forget_decision,
    read_changed,
    read_changes,
    read_decisions,
    read_imports,
    read_position,
    read_vetoes,
    undo_import,
)
from service.store.judging import Judging
from service.store.merging import absorbed_ids, forget_groups, merge, merged_ids, redirect, split
from service.store.papers import Papers, add_up, read_papers, write_merges, write_papers
from service.store.reading import (
    read_buyers,
    read_companies,
    read_needs,
    read_page,
    read_revision,
)
from service.store.releases import Releases
from service.store.rows import buyer_row, company_row, need_row, offering_rows
from service.store.schema import open_engine, translated
from service.store.tables import BuyerRow, CompanyRow, NeedRow, ReceiptRow
from service.store.values import (
    LABELS,
    Change,
    Contents,
    Decision,
    ImportEntry,
    Newer,
    Page,
    RecordKind,
    SaveReport,
    Source,
    Verdict,
)
from service.store.wishes import Wishes
from service.store.writing import (
    epoch_of,
    keep_receipt,
    remove_records,
    stand_in_line,
    write_records,
)


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

    @property
    def accounts(self) -> Accounts:
        """People, sessions and keys of the same database."""
        return Accounts(self._engine, self._writing)

    def contacts(self, seal: Seal) -> Contacts:
        """Return the contacts of the same database, opened and closed with `seal`."""
        return Contacts(self._engine, self._writing, seal)

    def drafts(self, seal: Seal) -> Drafts:
        """Return the uploaded files of the same database, opened and closed with `seal`."""
        return Drafts(self._engine, self._writing, seal)

    @property
    def wishes(self) -> Wishes:
        """What companies say through their own page, in the same database."""
        return Wishes(self._engine, self._writing)

    @property
    def judging(self) -> Judging:
        """Grades of pairs in the same database."""
        return Judging(self._engine, self._writing)

    @property
    def events(self) -> Events:
        """Events, their plans and their outcomes in the same database."""
        return Events(self._engine, self._writing)

    @property
    def releases(self) -> Releases:
        """Versions of timetables, requests to change them, and attendance."""
        return Releases(self._engine, self._writing)

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
            return Contents(
                read_companies(connection),
                read_needs(connection),
                revision,
                read_vetoes(connection),
                read_position(connection),
            )

    def everything(
        self,
    ) -> tuple[tuple[Company, ...], tuple[Need, ...], tuple[Buyer, ...], Papers]:
        """Read all records and all papers, as of one moment."""
        with self._reader() as connection:
            return (
                read_companies(connection),
                read_needs(connection),
                read_buyers(connection),
                read_papers(connection),
            )

    def newer(self, position: int, revision: str) -> Newer | None:
        """Return what changed after `position`, as of one moment.

        None where the whole store was replaced since `revision` (a restore): positions of before
        mean nothing then, and everything must be read anew.
        """
        with self._reader() as connection:
            now = read_revision(connection)
            if epoch_of(now) != epoch_of(revision):
                return None
            changed = read_changed(connection, position)
            company_ids, need_ids = changed["company"], changed["need"]
            return Newer(
                company_ids,
                need_ids,
                read_companies(connection, company_ids),
                read_needs(connection, need_ids),
                read_vetoes(connection),
                now,
                read_position(connection),
            )

    def companies(self, ids: Sequence[str] | None = None) -> tuple[Company, ...]:
        """Return the named companies that are there, or all, in id order."""
        with self._reader() as connection:
            return read_companies(connection, ids)

    def needs(self) -> tuple[Need, ...]:
        """Return all needs in id order."""
        with self._reader() as connection:
            return read_needs(connection)

    def counts(self) -> dict[str, int]:
        """Return how many companies, needs and buyers there are."""
        with self._reader() as connection:
            return {
                "companies": connection.execute(
                    select(func.count(CompanyRow.company_id))
                ).scalar_one(),
                "needs": connection.execute(select(func.count(NeedRow.need_id))).scalar_one(),
                "buyers": connection.execute(select(func.count(BuyerRow.buyer_id))).scalar_one(),
            }

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

    def buyer(self, buyer_id: str) -> Buyer:
        """Return one buyer; raises UnknownId."""
        with self._reader() as connection:
            found = read_buyers(connection, [buyer_id])
        if not found:
            raise _unknown("바이어", buyer_id)
        return found[0]

    def buyers(self, ids: Sequence[str] | None = None) -> tuple[Buyer, ...]:
        """Return the named buyers that are there, or all, in id order."""
        with self._reader() as connection:
            return read_buyers(connection, ids)

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

    def page_of_buyers(self, limit: int, cursor: str | None = None) -> Page[Buyer]:
        """Return up to `limit` buyers after the cursor; raises InvalidRequest."""
        with self._reader() as connection:
            ids, following, total = read_page(connection, BuyerRow.buyer_id, limit, cursor)
            return Page(read_buyers(connection, ids), following, total)

    def save(
        self,
        companies: Iterable[Company],
        needs: Iterable[Need],
        source: Source,
        buyers: Iterable[Buyer] = (),
        papers: Papers | None = None,
    ) -> SaveReport:
        """Add or replace records by id, all or none; what is already there is left as it is.

        Of two records with one id the later counts. Raises InvalidRecord before anything is written.
        """
        by_company = {company.company_id: company for company in companies}
        by_need = {need.need_id: need for need in needs}
        company_rows = {id: company_row(company) for id, company in by_company.items()}
        offerings = {id: offering_rows(company) for id, company in by_company.items()}
        need_rows = {id: need_row(need) for id, need in by_need.items()}
        buyer_rows = {buyer.buyer_id: buyer_row(buyer) for buyer in buyers}
        with self._writer() as connection:
            stand_in_line(connection)
            tallies = [write_merges(connection, papers.merges)] if papers else []
            # An export gives a merged company as it stands, and apart from that each own form.
            whole = {form["into_id"] for form in papers.merges} if papers else set()
            named = {id: company for id, company in by_company.items() if id not in whole}
            for id, company in redirect(connection, named).items():
                company_rows[id], offerings[id] = company_row(company), offering_rows(company)
            merged = absorbed_ids(connection, by_company)
            company_rows = {id: row for id, row in company_rows.items() if id not in merged}
            report = write_records(
                connection, company_rows, offerings, need_rows, buyer_rows, source
            )
            if papers is not None:
                tallies.append(write_papers(connection, papers, source.actor))
                report = replace(report, papers=add_up(tallies))
            return replace(report, revision=read_revision(connection))

    def delete_company(self, company_id: str, source: Source) -> None:
        """Remove a company with its offerings; raises UnknownId."""
        with self._writer() as connection:
            if not remove_records(connection, "company", [company_id], source):
                raise _unknown("공급기업", company_id)
            forget_groups(connection, [company_id])

    def delete_need(self, need_id: str, source: Source) -> None:
        """Remove a need; raises UnknownId."""
        with self._writer() as connection:
            if not remove_records(connection, "need", [need_id], source):
                raise _unknown("수요", need_id)

    def delete_buyer(self, buyer_id: str, source: Source) -> None:
        """Remove a buyer; raises UnknownId."""
        with self._writer() as connection:
            if not remove_records(connection, "buyer", [buyer_id], source):
                raise _unknown("바이어", buyer_id)

    def imports(self, limit: int = 50, before: int | None = None) -> tuple[ImportEntry, ...]:
        """Return the log, newest first: every import, change by hand, deletion and undoing."""
        with self._reader() as connection:
            return read_imports(connection, limit, before)

    def history(self, kind: RecordKind, record_id: str) -> tuple[Change, ...]:
        """Return every version of a record, newest first; raises UnknownId where it never was."""
        with self._reader() as connection:
            changes = read_changes(connection, kind, record_id)
        if not changes:
            raise _unknown(LABELS[kind], record_id)
        return changes

    def undo(self, import_id: int, source: Source) -> ImportEntry:
        """Take a whole import back, as a change that can be taken back itself.

        Raises UnknownId, and InvalidRequest where a record was changed since: nothing is undone then.
        """
        with self._writer() as connection:
            return undo_import(connection, import_id, source)

    def dump(self) -> tuple[str, dict[str, list[PlainRow]]]:
        """Return the schema's version and every row of every table, as of one moment."""
        with self._reader() as connection:
            return dump_tables(connection)

    def load(self, tables: Mapping[str, Sequence[PlainRow]]) -> None:
        """Replace everything by what `dump` gave, all or nothing; raises UnreadableFile."""
        with self._writer() as connection:
            load_tables(connection, tables)

    def keep_receipt(self, digest: str, content: Mapping[str, Any], revision: str) -> None:
        """Keep what files said, to answer the same files from; not where the store went on since."""
        with self._writer() as connection:
            stand_in_line(connection)
            if read_revision(connection) == revision:
                keep_receipt(connection, digest, content)

    def receipt(self, digest: str) -> Mapping[str, Any] | None:
        """Return what was kept of files that were saved last of all; None once anything changed."""
        with self._reader() as connection:
            query = select(ReceiptRow.revision, ReceiptRow.content)
            row = connection.execute(query.where(ReceiptRow.digest == digest)).first()
            is_newest = row is not None and row.revision == read_revision(connection)
            return row.content if row is not None and is_newest else None

    def merge(self, into_id: str, other_id: str, source: Source) -> ImportEntry:
        """Show two companies as one; later files may go on naming either. Raises UnknownId."""
        with self._writer() as connection:
            return merge(connection, into_id, other_id, source)

    def split(self, company_id: str, source: Source) -> ImportEntry:
        """Part a merged company into what it was made of; raises InvalidRequest."""
        with self._writer() as connection:
            return split(connection, company_id, source)

    def merges(self) -> dict[str, tuple[str, ...]]:
        """Return the ids that stand behind each merged company."""
        with self._reader() as connection:
            return merged_ids(connection)

    def decide(
        self, need_id: str, company_id: str, verdict: Verdict, note: str, actor: str
    ) -> Decision:
        """Keep what staff decided of a pair; a veto keeps it out of the matches. Raises UnknownId."""
        with self._writer() as connection:
            if not read_needs(connection, [need_id]):
                raise _unknown("수요", need_id)
            if not read_companies(connection, [company_id]):
                raise _unknown("공급기업", company_id)
            return decide(connection, need_id, company_id, verdict, note, actor)

    def forget_decision(self, need_id: str, company_id: str) -> None:
        """Take a decision back; raises UnknownId where there is none."""
        with self._writer() as connection:
            if not forget_decision(connection, need_id, company_id):
                raise _unknown("결정", f"{need_id}, {company_id}")

    def decisions(self) -> tuple[Decision, ...]:
        """Return all decisions."""
        with self._reader() as connection:
            return read_decisions(connection)

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
