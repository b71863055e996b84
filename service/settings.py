"""Where the product runs: paths, addresses and names from `GREENMATCH_*`, read once at start."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import platformdirs

from matcher.errors import InvalidRequest

BACKENDS = ("auto", "openvino", "torch")


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that changes where the product runs, and nothing that changes a result.

    home: database, snapshot and uploads; cache: the model and the vector cache.
    model None means the bundled model; backend is one of BACKENDS.
    """

    home: Path
    cache: Path
    database_url: str
    model: str | None = None
    backend: str = "auto"
    analyzer: str = "mecab"
    host: str = "127.0.0.1"
    port: int = 8000

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Self:
        """Read `GREENMATCH_*`; an empty variable counts as absent. Raises InvalidRequest."""
        given = os.environ if environment is None else environment

        def value(name: str, default: str) -> str:
            return given.get(f"GREENMATCH_{name}", "").strip() or default

        home = _folder(value("HOME", str(platformdirs.user_data_path("greenmatch"))))
        return cls(
            home=home,
            cache=_folder(value("CACHE", str(platformdirs.user_cache_path("greenmatch")))),
            database_url=value("DATABASE_URL", f"sqlite:///{home / 'greenmatch.sqlite3'}"),
            model=value("MODEL", "") or None,
            backend=_backend(value("BACKEND", "auto")),
            analyzer=value("ANALYZER", "mecab"),
            host=value("HOST", "127.0.0.1"),
            port=_port(value("PORT", "8000")),
        )


def _folder(text: str) -> Path:
    return Path(text).expanduser().absolute()


def _backend(text: str) -> str:
    if text not in BACKENDS:
        raise InvalidRequest(
            f"GREENMATCH_BACKEND는 {', '.join(BACKENDS)} 가운데 하나여야 합니다. 지금 값: {text}",
            field="GREENMATCH_BACKEND",
        )
    return text


def _port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 65535:
        raise InvalidRequest(
            f"GREENMATCH_PORT는 1부터 65535까지의 숫자여야 합니다. 지금 값: {text}",
            field="GREENMATCH_PORT",
        )
    return int(text)
