"""What is wrong with a file's rows, as values that name file, sheet, row, column and what to do."""

from dataclasses import dataclass
from typing import Any, Literal

from data.cells import Fault, to_text
from data.contacts import mask_contacts

Severity = Literal["error", "warning"]
_LONGEST_VALUE = 80


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to look at: an error keeps its row out, a warning lets it in.

    row: as Excel shows it, or the line of a JSONL file. value: as typed, never personal data.
    """

    severity: Severity
    file: str
    sheet: str | None
    row: int | None
    column: str | None
    value: str | None
    what: str
    todo: str

    @property
    def sentence(self) -> str:
        """The problem in one Korean line: where, what, value, what to do."""
        where = [self.file]
        if self.sheet is not None:
            where.append(f"'{self.sheet}' 시트")
        if self.row is not None:
            where.append(f"{self.row}행")
        if self.column is not None:
            where.append(f"'{self.column}' 열")
        value = f" (값: '{self.value}')" if self.value else ""
        return f"{' '.join(where)}: {self.what}{value} {self.todo}".rstrip()

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "severity": self.severity,
            "file": self.file,
            "sheet": self.sheet,
            "row": self.row,
            "column": self.column,
            "value": self.value,
            "what": self.what,
            "todo": self.todo,
            "sentence": self.sentence,
        }


@dataclass(frozen=True, slots=True)
class Source:
    """A file, or one sheet of it: where problems are said to be."""

    file: str
    sheet: str | None = None

    def error(
        self, fault: Fault, row: int | None, column: str | None = None, value: object = None
    ) -> Problem:
        """Return a problem that keeps the row out."""
        return self._problem("error", fault, row, column, value)

    def warning(
        self, fault: Fault, row: int | None, column: str | None = None, value: object = None
    ) -> Problem:
        """Return a problem that lets the row in."""
        return self._problem("warning", fault, row, column, value)

    def _problem(
        self, severity: Severity, fault: Fault, row: int | None, column: str | None, value: object
    ) -> Problem:
        shown = mask_contacts(" ".join(to_text(value).split())) or None
        if shown and len(shown) > _LONGEST_VALUE:
            shown = shown[: _LONGEST_VALUE - 1] + "…"
        what, todo = mask_contacts(fault.what), fault.todo
        return Problem(severity, self.file, self.sheet, row, column, shown, what, todo)


def row_name(source: Source, other: Source, row: int) -> str:
    """Return how a problem in `source` names a row of `other`: with file and sheet where they differ."""
    if other == source:
        return f"{row}행"
    sheet = f" '{other.sheet}' 시트" if other.sheet is not None else ""
    return (
        f"{sheet.strip()} {row}행".strip()
        if other.file == source.file
        else f"{other.file}{sheet} {row}행"
    )
