"""Finished text in rows and columns: on the terminal through rich, in files as Markdown or HTML."""

from dataclasses import dataclass
from html import escape

import rich.box
import rich.table

from evaluation.datasets import UNKNOWN_LANGUAGE
from evaluation.significance import Interval

ABSENT = "–"
"""Stands where a system could not be run or a figure does not exist."""


@dataclass(frozen=True, slots=True)
class Table:
    """A title, a header and rows of finished text.

    The first `text_columns` columns are text, the rest figures.
    """

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    text_columns: int = 1

    def to_rich(self) -> rich.table.Table:
        """Return the table for the terminal; its title is a line of its own, wider than it."""
        table = rich.table.Table(box=rich.box.SIMPLE, padding=(0, 1, 0, 0), pad_edge=False)
        for place, name in enumerate(self.header):
            justify = "left" if place < self.text_columns else "right"
            table.add_column(name, justify=justify, overflow="fold")  # type: ignore[arg-type]
        for row in self.rows:
            table.add_row(*(cell.replace("[", r"\[") for cell in row))
        return table

    def to_markdown(self) -> str:
        """Return the table as Markdown, without its title."""
        figures = len(self.header) - self.text_columns
        marks = (*[":--"] * self.text_columns, *["--:"] * figures)
        lines = [self.header, marks, *self.rows]
        return "".join(f"| {' | '.join(_in_markdown(cell) for cell in line)} |\n" for line in lines)

    def to_html(self) -> str:
        """Return the table as HTML, without its title."""

        def row(cells: tuple[str, ...], tag: str) -> str:
            kinds = [
                "" if place < self.text_columns else ' class="n"' for place in range(len(cells))
            ]
            pairs = zip(cells, kinds, strict=True)
            return "".join(f"<{tag}{kind}>{_in_html(cell)}</{tag}>" for cell, kind in pairs)

        body = "".join(f"<tr>{row(cells, 'td')}</tr>\n" for cells in self.rows)
        head = f"<thead><tr>{row(self.header, 'th')}</tr></thead>"
        return f'<div class="wide"><table>{head}\n<tbody>\n{body}</tbody></table></div>\n'


def figure(value: float) -> str:
    """Return a measure to three decimals."""
    return f"{value:.3f}"


def bounds(interval: Interval) -> str:
    """Return an interval in brackets."""
    return f"[{interval.low:.3f}, {interval.high:.3f}]"


def p_value(value: float) -> str:
    """Return a p-value to four decimals; what is smaller is said to be smaller."""
    return f"{value:.4f}" if value >= 0.0001 else "<0.0001"


def language_name(code: str) -> str:
    """Return the code of a language, or 미상 where none is stated."""
    return "미상" if code == UNKNOWN_LANGUAGE else code


def _in_markdown(cell: str) -> str:
    return cell.replace("|", r"\|").replace("<", "&lt;").replace("\n", "<br>")


def _in_html(cell: str) -> str:
    return escape(cell).replace("\n", "<br>")
