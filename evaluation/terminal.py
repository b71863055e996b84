"""What every command of `greenmatch-eval` shows: tables, progress, the page it writes."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import rich.progress
import typer
from rich.console import Console

from evaluation.tables import Table
from matcher.progress import Progress

AsJson = Annotated[bool, typer.Option("--json", help="결과를 JSON으로 출력합니다.")]
Out = Annotated[Path | None, typer.Option("--out", help="표를 둘 Markdown 파일.")]


def print_tables(console: Console, tables: Sequence[Table]) -> None:
    """Print each table under its title."""
    for table in tables:
        console.print(table.title, markup=False, highlight=False)
        console.print(table.to_rich())


def as_markdown(title: str, command: str, tables: Sequence[Table], *notes: str) -> str:
    """Return the page that a command writes: how it was made, tables, notes."""
    made = f"`greenmatch-eval {command}`가 만든 표입니다."
    parts = [f"## {table.title}\n\n{table.to_markdown().rstrip()}" for table in tables]
    return "\n\n".join((f"# {title}", made, *parts, *notes)) + "\n"


@contextmanager
def progress_bars() -> Iterator[Progress]:
    """Bars on stderr; where nobody looks (a file, a pipe), one line for each finished step."""
    console = Console(stderr=True)
    bars = rich.progress.Progress(
        rich.progress.TextColumn("{task.description}"),
        rich.progress.BarColumn(),
        rich.progress.MofNCompleteColumn(),
        rich.progress.TimeElapsedColumn(),
        console=console,
        disable=not console.is_terminal,
    )
    tasks: dict[str, rich.progress.TaskID] = {}

    def show(what: str, done: int, total: int) -> None:
        if not console.is_terminal:
            if done >= total:
                console.print(f"{what} {done:,}/{total:,}", markup=False, highlight=False)
            return
        if what not in tasks:
            tasks[what] = bars.add_task(what, total=total)
        bars.update(tasks[what], completed=done, total=total)

    with bars:
        yield show
