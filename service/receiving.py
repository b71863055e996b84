"""Files from outside through the one door, `data.intake`: what can be read is read."""

import getpass
import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, partial
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

from matcher.errors import InvalidRecord, UnreadableFile
from matcher.progress import Progress, silent
from matcher.records import Buyer, Company, Need
from service.store import (
    Contact,
    Contacts,
    Papers,
    Place,
    RecordKind,
    SaveReport,
    Source,
    Store,
    Tally,
    check_form,
    check_storable,
)

if TYPE_CHECKING:
    from data.intake import FileReport, Problem
    from data.papers import Paper

Item = TypeVar("Item")
TRY_AGAIN = "값을 고쳐 다시 올려 주세요."
_PROBLEM = ("severity", "file", "sheet", "row", "column", "value", "what", "todo")


@dataclass(frozen=True, slots=True)
class Received:
    """What the readable files hold, and why the others could not be read."""

    files: tuple[str, ...]
    companies: tuple[Company, ...]
    needs: tuple[Need, ...]
    problems: tuple["Problem", ...]
    unreadable: tuple[UnreadableFile, ...]
    places: Mapping[tuple[RecordKind, str], Place] = field(default_factory=dict)
    people: Mapping[tuple[RecordKind, str], tuple[Mapping[str, str], ...]] = field(
        default_factory=dict, repr=False
    )
    buyers: tuple[Buyer, ...] = ()
    papers: tuple["Paper", ...] = ()
    reports: tuple["FileReport", ...] = ()
    """What was read of each file: its sheets and their columns."""
    known: Mapping[str, int] | None = None
    """How many records there are, where the files were known and not read again."""

    @property
    def counts(self) -> Mapping[str, int]:
        """How many companies, needs, buyers and papers the files hold."""
        return self.known or {
            "companies": len(self.companies),
            "needs": len(self.needs),
            "buyers": len(self.buyers),
            "papers": len(self.papers),
        }

    @property
    def exit_code(self) -> int:
        """2 where a file could not be read, 1 where there are problems, else 0."""
        return 2 if self.unreadable else 1 if self.problems else 0

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form, without the records."""
        return {
            "files": list(self.files),
            "counts": dict(self.counts),
            "problems": [problem.to_dict() for problem in self.problems],
            "unreadable": [
                {"code": error.code, "detail": error.sentence} for error in self.unreadable
            ],
        }


def read_all(
    paths: Sequence[Path],
    kind: str | None = None,
    progress: Progress = silent,
    meanings: Mapping[str, str] | None = None,
) -> Received:
    """Read every file that can be read, together, so that ids are compared across files.

    meanings: what somebody says a column means, by its head.
    """
    from data.intake import read_files

    try:
        intake = read_files(paths, kind, progress, meanings or {})
    except UnreadableFile as error:
        if len(paths) == 1:
            return Received((paths[0].name,), (), (), (), (error,))
    else:
        names = tuple(path.name for path in paths)
        refused = partial(_refused_record, ", ".join(names))
        companies, refused_companies = _sorted_out(intake.companies, check_storable, refused)
        needs, refused_needs = _sorted_out(intake.needs, check_storable, refused)
        buyers, refused_buyers = _sorted_out(intake.buyers, check_storable, refused)
        papers, refused_papers = _sorted_out(
            intake.papers,
            lambda paper: check_form(paper.form),
            partial(_refused_paper, ", ".join(names)),
        )
        problems = (
            *intake.problems,
            *refused_papers,
            *refused_companies,
            *refused_needs,
            *refused_buyers,
        )
        places = cast("Mapping[tuple[RecordKind, str], Place]", intake.places)
        people = cast(
            "Mapping[tuple[RecordKind, str], tuple[Mapping[str, str], ...]]", intake.people
        )
        return Received(
            names, companies, needs, problems, (), places, people, buyers, papers, intake.files
        )
    alone = [(path, read_all([path], kind, progress, meanings)) for path in paths]
    readable = [path for path, received in alone if not received.unreadable]
    rest = (
        read_all(readable, kind, progress, meanings) if readable else Received((), (), (), (), ())
    )
    broken = tuple(error for _, received in alone for error in received.unreadable)
    names = tuple(path.name for path in paths)
    unreadable = (*broken, *rest.unreadable)
    return replace(rest, files=names, unreadable=unreadable)


def _sorted_out(
    items: Iterable[Item],
    check: Callable[[Item], None],
    refused: Callable[[Item, InvalidRecord], "Problem"],
) -> tuple[tuple[Item, ...], list["Problem"]]:
    """Part what the store can hold from what no database can; one such item stops no other."""
    good: list[Item] = []
    problems: list[Problem] = []
    for item in items:
        try:
            check(item)
        except InvalidRecord as error:
            problems.append(refused(item, error))
        else:
            good.append(item)
    return tuple(good), problems


def _refused_record(file: str, record: Company | Need | Buyer, error: InvalidRecord) -> "Problem":
    from data.intake import Problem

    shown = _id_of(record).encode(errors="replace").decode()[:80]
    what = f"{error.sentence} 이 기록은 넣지 않았습니다."
    column = None if error.field == "record" else error.field
    return Problem("error", file, None, None, column, shown, what, TRY_AGAIN)


def _refused_paper(file: str, paper: "Paper", error: InvalidRecord) -> "Problem":
    from data.intake import Problem

    what = f"{error.sentence} 이 줄은 넣지 않았습니다."
    return Problem("error", file, None, None, paper.kind, None, what, TRY_AGAIN)


def _id_of(record: Company | Need | Buyer) -> str:
    if isinstance(record, Company):
        return record.company_id
    return record.need_id if isinstance(record, Need) else record.buyer_id


def import_all(
    store: Store,
    paths: Sequence[Path],
    kind: str | None,
    actor: str,
    progress: Progress = silent,
    contacts: Contacts | None = None,
) -> tuple[Received, SaveReport]:
    """Read files and store their good rows; whom they name goes to `contacts`, sealed.

    Files whose bytes were the last thing that was stored are not read again: the answer is the same.
    """
    digest = _digest(paths, kind)
    if digest is not None and (kept := store.receipt(digest)) is not None:
        return _from_receipt(kept)
    received = read_all(paths, kind, progress)
    content = {
        "files": list(received.files),
        "counts": dict(received.counts),
        "problems": [problem.to_dict() for problem in received.problems],
    }
    receipt = (digest, content) if digest is not None and not received.unreadable else None
    progress("저장", 0, 1)
    report = store_all(store, received, actor, receipt, contacts)
    progress("저장", 1, 1)
    return received, report


def _digest(paths: Sequence[Path], kind: str | None) -> str | None:
    """Return a digest of names and bytes of files, of the kind and of what reads them; or None."""
    total = hashlib.sha256(f"{kind}\x1f{_reader_digest()}".encode())
    try:
        for path in paths:
            total.update(f"\x1e{path.name}\x1e".encode())
            with path.open("rb") as stream:
                total.update(hashlib.file_digest(stream, "sha256").digest())
    except (OSError, UnicodeEncodeError):
        return None
    return total.hexdigest()


@cache
def _reader_digest() -> str:
    """Return a digest of the code and tables that read files: another version may read otherwise."""
    total = hashlib.sha256()
    for package in ("data", "matcher"):
        folder = Path(str(resources.files(package)))
        for path in sorted((*folder.glob("*.py"), *folder.glob("tables/*"))):
            total.update(f"{path.name}\x1e".encode() + path.read_bytes())
    return total.hexdigest()


def _from_receipt(kept: Mapping[str, Any]) -> tuple[Received, SaveReport]:
    from data.intake import Problem

    problems = tuple(
        Problem(**{k: v for k, v in item.items() if k in _PROBLEM}) for item in kept["problems"]
    )
    counts = kept["counts"]
    received = Received(tuple(kept["files"]), (), (), problems, (), known=counts)
    companies, needs, buyers, papers = (
        Tally(unchanged=counts[name]) for name in ("companies", "needs", "buyers", "papers")
    )
    return received, SaveReport(companies, needs, buyers=buyers, papers=papers)


def store_all(
    store: Store,
    received: Received,
    actor: str,
    receipt: tuple[str, Mapping[str, Any]] | None = None,
    contacts: Contacts | None = None,
) -> SaveReport:
    """Put the good records into the store, in one transaction, then the people behind them.

    The receipt comes last, and only where nobody changed the store meanwhile: after a crash in
    between, the files are read again.
    """
    source = Source(actor, received.files, len(received.problems), received.places)
    papers = Papers.of(received.papers) if received.papers else None
    report = store.save(received.companies, received.needs, source, received.buyers, papers)
    if contacts is not None and received.people:
        people = {
            key: [Contact(**person) for person in persons]
            for key, persons in received.people.items()
        }
        contacts.add(people, actor)
    if receipt is not None:
        store.keep_receipt(*receipt, report.revision)
    return report


def current_user() -> str:
    """Return the name of the account that runs the program."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # no account of this number, as in some containers
        return "unknown"
