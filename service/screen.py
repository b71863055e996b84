"""The terminal: one width, text that cannot steer it, progress bars on stderr."""

import json
import shutil
import sys
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rich.cells import set_cell_size
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn
from rich.table import Table
from rich.text import Text

from matcher.progress import Progress as Report
from matcher.progress import silent

WIDTH = 100
"""Tables are never wider; into a pipe or file they are exactly as wide."""
_STEERING = ("Cc", "Cf", "Cs")  # control, direction marks, halves of a surrogate pair


def open_console(*, stderr: bool = False) -> Console:
    """Return a console for people; never wider than WIDTH columns."""
    stream = sys.stderr if stderr else sys.stdout
    width = min(shutil.get_terminal_size((WIDTH, 24)).columns, WIDTH)
    return Console(file=stream, width=width, highlight=False, emoji=False, markup=False)


def print_json(value: Any) -> None:
    """Write one JSON document for programs to stdout."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2) + "\n")


def plain(text: str, style: str = "") -> Text:
    """Return outside text for the screen, without characters that would steer a terminal."""
    kept = "".join(c for c in text if c in "\n\t" or unicodedata.category(c) not in _STEERING)
    return Text(kept, style=style)


def hanging(console: Console, label: str, text: Text, *, indent: int = 4, gap: int = 11) -> Text:
    """Return label and text side by side, the text wrapped under itself; `gap` holds the label."""
    lines = text.wrap(console, max(20, console.width - indent - gap))
    block = Text()
    for number, line in enumerate(lines):
        block.append("\n" if number else "")
        line.rstrip()
        block.append(" " * indent + set_cell_size("" if number else label, gap))
        block.append_text(line)
    return block


def paragraph(console: Console, text: str, style: str = "", *, indent: int = 0) -> Text:
    """Return outside text wrapped to the console, without the blank that ends a wrapped line."""
    return hanging(console, "", plain(text, style), indent=indent, gap=0)


def print_table(console: Console, table: Table) -> None:
    """Print a table; into a file or pipe without the blanks that fill its last column."""
    if console.is_terminal:
        console.print(table)
        return
    with console.capture() as captured:
        console.print(table)
    for line in captured.get().splitlines():
        console.file.write(line.rstrip() + "\n")


def one_line(text: str, longest: int = 60) -> str:
    """Return the text on one line, shortened with an ellipsis."""
    flat = " ".join(text.split())
    return flat if len(flat) <= longest else flat[: longest - 1].rstrip() + "…"


@contextmanager
def bars() -> Iterator[Report]:
    """Draw one bar for each piece of work on stderr while the block runs; none into a file."""
    console = open_console(stderr=True)
    if not console.is_terminal:
        yield silent
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=console, transient=True) as drawn:
        tasks: dict[str, TaskID] = {}

        def report(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = drawn.add_task(what, total=total)
            drawn.update(tasks[what], completed=done, total=total)

        yield report
