"""Where the product runs: paths, addresses and names from `GREENMATCH_*`, read once at start."""

import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import platformdirs
from filelock import FileLock

from matcher.errors import InvalidRequest

FORMS = ("text", "json")
LEVELS = ("debug", "info", "warning", "error")
SECRET_FILE = "secret.key"
BACKENDS = ("auto", "openvino", "torch")


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that changes where the product runs, and nothing that changes a result.

    home: database, snapshot and uploads; cache: the model and the vector cache.
    model None means the bundled model; backend is one of BACKENDS. secret seals contacts (None: a
    key file in `home`). public opens the public fields of needs to anyone. rate: requests that one
    caller may make, such as 600/minute. log is "text" or "json", log_level what is heard of our own.
    """

    home: Path
    cache: Path
    database_url: str
    model: str | None = None
    backend: str = "auto"
    analyzer: str = "mecab"
    host: str = "127.0.0.1"
    port: int = 8000
    secret: str | None = field(default=None, repr=False)
    public: bool = False
    rate: str = "600/minute"
    log: str = "text"
    log_level: str = "info"

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
            backend=_one_of("BACKEND", value("BACKEND", "auto"), BACKENDS),
            analyzer=value("ANALYZER", "mecab"),
            host=value("HOST", "127.0.0.1"),
            port=_port(value("PORT", "8000")),
            secret=value("SECRET", "") or None,
            public=value("PUBLIC", "0").casefold() in ("1", "true", "yes"),
            rate=_rate(value("RATE", "600/minute")),
            log=_one_of("LOG", value("LOG", "text"), FORMS),
            log_level=_one_of("LOG_LEVEL", value("LOG_LEVEL", "info").lower(), LEVELS),
        )


def _folder(text: str) -> Path:
    return Path(text).expanduser().absolute()


def _one_of(name: str, text: str, known: tuple[str, ...]) -> str:
    if text not in known:
        raise InvalidRequest(
            f"GREENMATCH_{name}는 {', '.join(known)} 가운데 하나여야 합니다. 지금 값: {text}",
            field=f"GREENMATCH_{name}",
        )
    return text


def _rate(text: str) -> str:
    if not re.fullmatch(r"[1-9]\d{0,6}/(second|minute|hour)", text):
        raise InvalidRequest(
            f"GREENMATCH_RATE는 600/minute처럼 적어야 합니다. 지금 값: {text}",
            field="GREENMATCH_RATE",
        )
    return text


def secret_of(settings: Settings) -> str:
    """Return the secret that seals contacts; made and kept in `home`, for its owner only, if not given.

    Raises InvalidRequest where the file can be neither read nor written.
    """
    if settings.secret:
        return settings.secret
    path = settings.home / SECRET_FILE
    try:
        settings.home.mkdir(parents=True, exist_ok=True, mode=0o700)
        with FileLock(f"{path}.lock"):
            if not path.exists():
                handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
                with os.fdopen(handle, "w", encoding="ascii") as file:
                    file.write(secrets.token_urlsafe(32))
            return path.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidRequest(
            f"비밀값 파일 {path}을(를) 쓸 수 없습니다. 권한을 확인하거나 GREENMATCH_SECRET을 정하십시오.",
            field="GREENMATCH_SECRET",
        ) from error


def _port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 65535:
        raise InvalidRequest(
            f"GREENMATCH_PORT는 1부터 65535까지의 숫자여야 합니다. 지금 값: {text}",
            field="GREENMATCH_PORT",
        )
    return int(text)
