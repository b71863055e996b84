"""Files of outsiders into records: good rows go in, everything else is said.

`read_files` reads CSV, TSV, XLSX and JSONL. A file that cannot be read at all raises
UnreadableFile; a row that cannot be taken in becomes a problem with severity "error".
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from data.buyer_rows import to_buyer
from data.cells import Fault, to_registration_no
from data.columns import KINDS, NO_MEANINGS, Column, Kind, Meanings
from data.company_rows import CompanyRows
from data.contacts import Person
from data.interchange import LineCleaner, kind_of_object, read_lines
from data.need_rows import to_need
from data.papers import Paper, paper_kind, to_paper
from data.problems import Problem, Source, row_name
from data.rows import contact_warnings, to_clean_row
from data.sheets import LINE_SUFFIXES, check_file, read_tables
from matcher.errors import InvalidRecord, InvalidRequest, UnreadableFile
from matcher.progress import Progress, silent
from matcher.records import Buyer, Company, Need

__all__ = ["FileReport", "Intake", "Problem", "SheetReport", "read_files"]


@dataclass(frozen=True, slots=True)
class SheetReport:
    """What was read of one sheet (name None: the whole file); header_row None: JSONL."""

    name: str | None
    kind: Kind | None
    header_row: int | None
    rows: int
    columns: tuple[Column, ...] = ()


@dataclass(frozen=True, slots=True)
class FileReport:
    """What was read of one file."""

    file: str
    encoding: str | None
    sheets: tuple[SheetReport, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        sheets = [
            {"name": s.name, "kind": s.kind, "header_row": s.header_row, "rows": s.rows}
            for s in self.sheets
        ]
        return {"file": self.file, "encoding": self.encoding, "sheets": sheets}


@dataclass(frozen=True, slots=True)
class Intake:
    """Records and problems, in the order of files, sheets and rows."""

    companies: tuple[Company, ...]
    needs: tuple[Need, ...]
    problems: tuple[Problem, ...]
    files: tuple[FileReport, ...]
    places: Mapping[tuple[str, str], Mapping[str, Any]] = field(default_factory=dict)
    """Where each record stands, by (company, need or buyer; id): file, sheet and row."""
    people: Mapping[tuple[str, str], tuple[Person, ...]] = field(default_factory=dict, repr=False)
    """Whom the files name for each record; for the store's sealed contacts and nothing else."""
    buyers: tuple[Buyer, ...] = ()
    papers: tuple[Paper, ...] = ()
    """Decisions, events, plans and outcomes of an export, in the order of its lines."""

    @property
    def errors(self) -> tuple[Problem, ...]:
        """The problems that kept a row out."""
        return tuple(problem for problem in self.problems if problem.severity == "error")

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form: counts, files and problems; records have their own."""
        return {
            "companies": len(self.companies),
            "needs": len(self.needs),
            "buyers": len(self.buyers),
            "papers": len(self.papers),
            "files": [report.to_dict() for report in self.files],
            "problems": [problem.to_dict() for problem in self.problems],
        }


def read_files(
    paths: Iterable[Path | str],
    kind: str | None = None,
    progress: Progress = silent,
    meanings: Meanings = NO_MEANINGS,
) -> Intake:
    """Read files into companies, needs and buyers; `kind` None: told from column heads and field names.

    meanings: what somebody says a column means, where its head does not tell.

    Raises UnreadableFile at the first file that cannot be read at all, InvalidRequest on an
    unknown kind.
    """
    wanted = _to_kind(kind)
    reader = _Reader()
    files = [Path(path) for path in paths]
    for position, path in enumerate(files):
        progress(f"{path.name} 읽기", position, len(files))
        try:
            check_file(path)
            if path.suffix.casefold() in LINE_SUFFIXES:
                reader.read_lines(path, wanted)
            else:
                reader.read_sheets(path, wanted, meanings)
        except MemoryError:
            raise UnreadableFile(
                f"'{path.name}'을(를) 읽기에 메모리가 모자랍니다. 파일을 나누어 올려 주세요.",
                file=path.name,
            ) from None
    progress("읽기", len(files), len(files))
    return reader.intake()


def _place(source: Source, row: int) -> dict[str, Any]:
    return {"file": source.file, "sheet": source.sheet, "row": row}


def _to_kind(kind: str | None) -> Kind | None:
    if kind is None:
        return None
    for known in KINDS:
        if kind == known:
            return known
    raise InvalidRequest("kind는 companies, needs 또는 buyers여야 합니다.", kind=kind)


class _Reader:
    """Collects records over all files; an id that stands twice is an error, the first stays."""

    def __init__(self) -> None:
        self._companies: dict[str, tuple[Company, Source, int]] = {}
        self._needs: dict[str, tuple[Need, Source, int]] = {}
        self._buyers: dict[str, tuple[Buyer, Source, int]] = {}
        self._papers: list[Paper] = []
        self._problems: list[Problem] = []
        self._files: list[FileReport] = []
        self._people: dict[tuple[str, str], list[Person]] = {}

    def intake(self) -> Intake:
        """Return what was read so far."""
        return Intake(
            companies=tuple(company for company, _, _ in self._companies.values()),
            needs=tuple(need for need, _, _ in self._needs.values()),
            problems=tuple(self._problems),
            files=tuple(self._files),
            places={
                **{("company", id): _place(s, row) for id, (_, s, row) in self._companies.items()},
                **{("need", id): _place(s, row) for id, (_, s, row) in self._needs.items()},
                **{("buyer", id): _place(s, row) for id, (_, s, row) in self._buyers.items()},
            },
            people={key: tuple(people) for key, people in self._people.items()},
            buyers=tuple(buyer for buyer, _, _ in self._buyers.values()),
            papers=tuple(self._papers),
        )

    def read_sheets(self, path: Path, kind: Kind | None, meanings: Meanings = NO_MEANINGS) -> None:
        """Read a CSV, TSV or XLSX file."""
        tables, notices = read_tables(path, kind, meanings)
        problems = list(notices)
        joined = CompanyRows()
        for table in tables:
            problems.extend((*table.remarks, *contact_warnings(table)))
            if not table.rows:
                fault = Fault("열 이름만 있고 내용이 없습니다.", "열 이름 아래에 행을 적어 주세요.")
                problems.append(table.source.warning(fault, table.header_row))
            for row in table.rows:
                clean, found = to_clean_row(table, row)
                problems.extend(found)
                if table.kind == "companies":
                    joined.take(clean)
                    continue
                record = to_need(clean) if table.kind == "needs" else to_buyer(clean)
                if isinstance(record, Problem):
                    problems.append(record)
                    continue
                head = clean.head("need_id" if table.kind == "needs" else "buyer_id")
                key = self._add(record, clean.source, clean.number, head, problems)
                if key is not None and clean.person is not None:
                    self._add_people(key, [clean.person])
        for company, first in joined.companies():
            head = first.head("company_id")
            key = self._add(company, first.source, first.number, head, problems)
            if key is not None:
                self._add_people(key, joined.people.get(company.company_id, ()))
        problems.extend(joined.problems)
        self._close(problems, tables[0].source, [table.source for table in tables])
        reports = (
            SheetReport(
                t.source.sheet,
                t.kind,
                t.header_row,
                len(t.rows),
                tuple(t.columns[number] for number in sorted(t.columns)),
            )
            for t in tables
        )
        self._files.append(FileReport(path.name, tables[0].encoding, tuple(reports)))

    def read_lines(self, path: Path, kind: Kind | None) -> None:
        """Read a JSONL file."""
        source = Source(path.name)
        encoding, lines = read_lines(path)
        cleaner = LineCleaner(source)
        problems = cleaner.problems
        kinds: set[Kind] = set()
        for row, value in lines:
            if isinstance(value, Fault):
                problems.append(source.error(value, row))
                continue
            if kind is None and (paper := paper_kind(value)) is not None:
                try:
                    self._papers.append(to_paper(paper, value))
                except InvalidRecord as error:
                    fault = Fault(error.sentence, "값을 고쳐 다시 올려 주세요.")
                    problems.append(source.error(fault, row, error.field, error.value))
                continue
            found = kind or kind_of_object(value)
            if found is None:
                fault = Fault(
                    "기업인지 수요인지 알 수 없는 줄입니다.",
                    "company_id, need_id, buyer_id 가운데 하나를 적어 주세요.",
                )
                problems.append(source.error(fault, row))
                continue
            kinds.add(found)
            self._add_line(cleaner, value, found, row)
        self._close(problems, source, [source])
        told = next(iter(kinds)) if len(kinds) == 1 else None
        report = SheetReport(None, told, None, len(lines))
        self._files.append(FileReport(path.name, encoding, (report,)))

    def _add_line(self, cleaner: LineCleaner, value: dict[str, Any], kind: Kind, row: int) -> None:
        source, problems = cleaner.source, cleaner.problems
        id_field, record_of = _FORMS[kind]
        if kind == "companies":
            value = _with_company_id(value)
        if value.get(id_field) in (None, ""):
            fault = Fault(f"{id_field}가 없습니다.", f"{id_field}를 적어 주세요.")
            problems.append(source.error(fault, row, id_field))
            return
        clean = cleaner.clean(value, kind, row)
        try:
            key = self._add(record_of(clean), source, row, id_field, problems)
            if key is not None:
                self._add_people(key, cleaner.people)
        except InvalidRecord as error:
            fault = Fault(error.sentence, "값을 고쳐 다시 올려 주세요.")
            problems.append(source.error(fault, row, error.field, error.value))

    def _add(
        self,
        record: Company | Need | Buyer,
        source: Source,
        row: int,
        head: str | None,
        problems: list[Problem],
    ) -> tuple[str, str] | None:
        """Take a record in and return its (kind, id); None where the id is taken."""
        key: tuple[str, str]
        taken: tuple[object, Source, int]
        if isinstance(record, Company):
            key = ("company", record.company_id)
            taken = self._companies.setdefault(record.company_id, (record, source, row))
        elif isinstance(record, Need):
            key = ("need", record.need_id)
            taken = self._needs.setdefault(record.need_id, (record, source, row))
        else:
            key = ("buyer", record.buyer_id)
            taken = self._buyers.setdefault(record.buyer_id, (record, source, row))
        if taken[0] is record:
            return key
        problems.append(_duplicate(source, row, head, key[1], taken[1], taken[2]))
        return None

    def _add_people(self, key: tuple[str, str], found: Iterable[Person]) -> None:
        for person in found:
            people = self._people.setdefault(key, [])
            if person not in people:
                people.append(person)

    def _close(self, problems: list[Problem], source: Source, sources: list[Source]) -> None:
        """Put a file's problems in the order of its sheets and rows; what has no row comes first."""
        order = {known.sheet: position for position, known in enumerate(sources)}
        self._problems.extend(
            sorted(problems, key=lambda p: (order.get(p.sheet, len(order)), p.row or 0))
        )


_FORMS: Mapping[Kind, tuple[str, Callable[[Mapping[str, Any]], Company | Need | Buyer]]] = {
    "companies": ("company_id", Company.from_dict),
    "needs": ("need_id", Need.from_dict),
    "buyers": ("buyer_id", Buyer.from_dict),
}
"""By kind: the field that names a record, and what builds it."""


def _with_company_id(value: dict[str, Any]) -> dict[str, Any]:
    """Name a company without an id after its 사업자등록번호, as its rows in a sheet would be."""
    if value.get("company_id") not in (None, ""):
        return value
    number = to_registration_no(value.get("registration_no")).value
    return {**value, "company_id": f"B{number.replace('-', '')}"} if number else value


def _duplicate(
    source: Source, row: int, head: str | None, value: str, first: Source, first_row: int
) -> Problem:
    fault = Fault(
        f"ID가 {row_name(source, first, first_row)}과 겹쳐 {row}행은 넣지 않았습니다.",
        "두 행의 ID를 서로 다르게 고쳐 주세요.",
    )
    return source.error(fault, row, head, value)
