"""Records out of the system, in the interchange form: one JSON object a line, in id order."""

import json
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from matcher.records import Company, Need


def write_companies(path: Path, companies: Iterable[Company]) -> None:
    """Write companies as JSONL; the file is replaced as a whole or not at all."""
    _write_lines(path, (c.to_dict() for c in sorted(companies, key=lambda c: c.company_id)))


def write_needs(path: Path, needs: Iterable[Need]) -> None:
    """Write needs as JSONL; the file is replaced as a whole or not at all."""
    _write_lines(path, (n.to_dict() for n in sorted(needs, key=lambda n: n.need_id)))


def _write_lines(path: Path, values: Iterable[dict[str, Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".tmp")
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as file:
            for value in values:
                file.write(json.dumps(value, ensure_ascii=False) + "\n")
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
