"""The examples for operators: at least they parse, and name what exists."""

import configparser
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from service.settings import Settings

DEPLOY = Path(__file__).parent.parent / "deploy"
INSTRUCTIONS = [
    "FROM",
    "WORKDIR",
    "COPY",
    "RUN",
    "USER",
    "ENV",
    "VOLUME",
    "EXPOSE",
    "HEALTHCHECK",
    "STOPSIGNAL",
    "ENTRYPOINT",
    "CMD",
]


class Unit(configparser.ConfigParser):
    def optionxform(self, optionstr: str) -> str:
        return optionstr


def _variables(text: str) -> set[str]:
    return set(re.findall(r"^(?:Environment=|ENV )GREENMATCH_([A-Z_]+)=", text, re.MULTILINE))


def test_the_unit_parses_and_sets_what_exists() -> None:
    text = (DEPLOY / "greenmatch.service").read_text("utf-8")
    unit = Unit(strict=False, interpolation=None)
    unit.read_string(text)

    assert unit.sections() == ["Unit", "Service", "Install"]
    assert "greenmatch serve" in unit["Service"]["ExecStart"]
    assert int(unit["Service"]["TimeoutStopSec"]) > 30
    names = {name.upper() for name in Settings.__dataclass_fields__}
    assert _variables(text) <= names


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd-analyze here")
def test_systemd_finds_nothing_unknown_in_the_unit() -> None:
    done = subprocess.run(
        ["systemd-analyze", "verify", str(DEPLOY / "greenmatch.service")],
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert "Unknown" not in done.stderr


def test_the_containerfile_has_known_instructions_runs_as_nobody_special_and_serves() -> None:
    text = (DEPLOY / "Containerfile").read_text("utf-8")
    joined = text.replace("\\\n", " ")
    lines = [line for line in joined.splitlines() if line.strip() and not line.startswith("#")]
    words = [line.split()[0] for line in lines]

    assert set(words) <= set(INSTRUCTIONS)
    assert words[0] == "FROM"
    assert words.index("USER") < words.index("ENTRYPOINT")
    assert lines[words.index("CMD")] == 'CMD ["serve"]'
    assert _variables(text) <= {name.upper() for name in Settings.__dataclass_fields__}
