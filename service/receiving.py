"""Files from outside through the one door, `data.intake`: what can be read is read."""

import getpass
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

from matcher.errors import InvalidRecord, UnreadableFile
from matcher.progress import Progress, silent
from matcher.records import Company, Need
from service.store import Place, RecordKind, SaveReport, Source, Store, check_storable

if TYPE_CHECKING:
    from data.intake import Problem

R = TypeVar("R", Company, Need)


@dataclass(frozen=True, slots=True)
class Received:
    """What the readable files hold, and why the others could not be read."""

    files: tuple[str, ...]
    companies: tuple[Company, ...]
    needs: tuple[Need, ...]
    problems: tuple["Problem", ...]
    unreadable: tuple[UnreadableFile, ...]
    places: Mapping[tuple[RecordKind, str], Place] = field(default_factory=dict)

    @property
    def exit_code(self) -> int:
        """2 where a file could not be read, 1 where there are problems, else 0."""
        return 2 if self.unreadable else 1 if self.problems else 0

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form, without the records."""
        return {
            "files": list(self.files),
            "counts": {"companies": len(self.companies), "needs": len(self.needs)},
            "problems": [problem.to_dict() for problem in self.problems],
            "unreadable": [
                {"code": error.code, "detail": error.sentence} for error in self.unreadable
            ],
        }


def read_all(
    paths: Sequence[Path], kind: str | None = None, progress: Progress = silent
) -> Received:
    """Read every file that can be read, together, so that ids are compared across files."""
    from data.intake import read_files

    try:
        intake = read_files(paths, kind, progress)
    except UnreadableFile as error:
        if len(paths) == 1:
            return Received((paths[0].name,), (), (), (), (error,))
    else:
        names = tuple(path.name for path in paths)
        companies, refused_companies = _sorted_out(intake.companies, names)
        needs, refused_needs = _sorted_out(intake.needs, names)
        problems = (*intake.problems, *refused_companies, *refused_needs)
        places = cast("Mapping[tuple[RecordKind, str], Place]", intake.places)
        return Received(names, companies, needs, problems, (), places)
    alone = [(path, read_all([path], kind, progress)) for path in paths]
    readable = [path for path, received in alone if not received.unreadable]
    rest = read_all(readable, kind, progress) if readable else Received((), (), (), (), ())
    broken = tuple(error for _, received in alone for error in received.unreadable)
    names = tuple(path.name for path in paths)
    unreadable = (*broken, *rest.unreadable)
    return Received(names, rest.companies, rest.needs, rest.problems, unreadable, rest.places)


def _sorted_out(
    records: Iterable[R], files: Sequence[str]
) -> tuple[tuple[R, ...], list["Problem"]]:
    """Part what the store can hold from what no database can; one such record stops no other."""
    from data.intake import Problem

    good: list[R] = []
    problems: list[Problem] = []
    for record in records:
        try:
            check_storable(record)
        except InvalidRecord as error:
            id = record.need_id if isinstance(record, Need) else record.company_id
            shown = id.encode(errors="replace").decode()[:80]
            what = f"{error.sentence} 이 기록은 넣지 않았습니다."
            todo = "값을 고쳐 다시 올려 주세요."
            file = ", ".join(files)
            column = None if error.field == "record" else error.field
            problems.append(Problem("error", file, None, None, column, shown, what, todo))
        else:
            good.append(record)
    return tuple(good), problems


def store_all(store: Store, received: Received, actor: str) -> SaveReport:
    """Put the good records into the store, in one transaction."""
    source = Source(actor, received.files, len(received.problems), received.places)
    return store.save(received.companies, received.needs, source)


def current_user() -> str:
    """Return the name of the account that runs the program."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # no account of this number, as in some containers
        return "unknown"
