"""The terminal session of README.md is real: it is run again and compared.

After a change that is meant to show, rewrite it with: python tests/test_readme.py
"""

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
SESSION = re.compile(r"<!-- session -->\n```console\n(.*?)```\n<!-- /session -->", re.S)
COMMANDS = (
    ("greenmatch import data/samples/companies.xlsx data/samples/needs.jsonl", 4, 3),
    ("greenmatch index", 9, 0),
    ("greenmatch match N-014 -k 2", 40, 0),
)
"""Command, how many lines of its output to show from the start, and how many from the end."""
CHANGING = re.compile(
    r"\d{1,3}% \([^)]+\)|\d{8}T\d{12,}-[0-9a-f]{8}|\d{4}-\d\d-\d\dT[\d:+]+|@[0-9a-f]{12}"
)
DECIMAL = re.compile(r"[+-]?\d+\.\d{3}")
TOLERANCE = 0.02  # other processors round sums of thousands of products differently


def test_readme_session_shows_what_the_commands_really_print(tmp_path: Path) -> None:
    match = SESSION.search(README.read_text(encoding="utf-8"))
    assert match is not None
    shown = dict(blocks(match[1]))
    assert list(shown) == [command for command, _, _ in COMMANDS]

    for command, _, _ in COMMANDS:
        printed = run(command, tmp_path)

        assert_shows(shown[command], printed)


def blocks(session: str) -> Iterator[tuple[str, list[str]]]:
    for block in session.split("$ ")[1:]:
        command, *lines = block.rstrip("\n").split("\n")
        yield command, lines


def assert_shows(shown: list[str], printed: list[str]) -> None:
    """`…` alone on a line stands for any number of lines."""
    if "…" in shown:
        cut = shown.index("…")
        tail = shown[cut + 1 :]
        assert len(printed) >= len(shown) - 1
        assert_lines(shown[:cut], printed[:cut])
        assert_lines(tail, printed[len(printed) - len(tail) :] if tail else [])
    else:
        assert_lines(shown, printed)


def assert_lines(shown: list[str], printed: list[str]) -> None:
    assert [DECIMAL.sub("#", plain(line)) for line in shown] == [
        DECIMAL.sub("#", plain(line)) for line in printed
    ]
    before = [float(number) for line in shown for number in DECIMAL.findall(line)]
    after = [float(number) for line in printed for number in DECIMAL.findall(line)]
    assert all(abs(a - b) <= TOLERANCE for a, b in zip(before, after, strict=True))


def plain(line: str) -> str:
    return CHANGING.sub("*", line.rstrip())


def run(command: str, home: Path) -> list[str]:
    environment = os.environ | {"GREENMATCH_HOME": str(home), "COLUMNS": "100", "TERM": "dumb"}
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environment['PATH']}"
    done = subprocess.run(
        shlex.split(command),
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert "Traceback" not in done.stderr
    return [line.rstrip() for line in done.stdout.rstrip("\n").split("\n")]


def write() -> None:
    """Run the session and put it into README.md."""
    shown = []
    with TemporaryDirectory() as home:
        for command, first, last in COMMANDS:
            lines = run(command, Path(home))
            if len(lines) > first + last:
                lines = [*lines[:first], "…", *lines[len(lines) - last :]]
            shown.append("\n".join([f"$ {command}", *lines]))
    block = "<!-- session -->\n```console\n" + "\n".join(shown) + "\n```\n<!-- /session -->"
    text = re.sub(
        "<!-- session -->.*<!-- /session -->",
        lambda _: block,
        README.read_text(encoding="utf-8"),
        flags=re.S,
    )
    README.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write()
