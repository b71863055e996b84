"""Opening a database: connection rules of each engine, and the migrations, run by code."""

import contextlib
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from filelock import FileLock
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import StaticPool

from matcher.errors import StoreUnavailable

BUSY_SECONDS = 30
_MIGRATION_LOCK = 7_305_113  # any number that is ours alone: PostgreSQL's advisory lock
_ALEMBIC = threading.Lock()
"""Alembic keeps what it migrates in globals of the process."""


def open_engine(address: str) -> Engine:
    """Return an engine whose schema is up to date; raises StoreUnavailable."""
    with translated():
        try:
            url = make_url(address)
            engine = _connectable(url)
        except (ModuleNotFoundError, ValueError) as error:
            raise StoreUnavailable(
                "데이터베이스 주소(GREENMATCH_DATABASE_URL)를 쓸 수 없습니다: "
                f"{type(error).__name__}. 주소와 설치된 드라이버를 확인하십시오."
            ) from error
        try:
            writing = engine.execution_options(writing=True)
            with _one_at_a_time(url), writing.begin() as connection, _ALEMBIC:
                _upgrade(connection)
        except BaseException:
            engine.dispose()
            raise
    return engine


@contextlib.contextmanager
def translated() -> Iterator[None]:
    """Turn the database's errors into StoreUnavailable; never show an address with a password."""
    try:
        yield
    except SQLAlchemyError as error:
        raise StoreUnavailable(_sentence(error)) from error


def _connectable(url: URL) -> Engine:
    if url.get_backend_name() != "sqlite":
        return create_engine(url, pool_pre_ping=True)
    in_memory = url.database in (None, "", ":memory:")
    if not in_memory:
        _make_folder(Path(str(url.database)).parent)
    engine = create_engine(
        url,
        connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False},
        **({"poolclass": StaticPool} if in_memory else {}),
    )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, record: object) -> None:
    # sqlite3 would otherwise begin late and commit before DDL: transactions are ours alone.
    connection.isolation_level = None
    connection.execute(f"PRAGMA busy_timeout = {BUSY_SECONDS * 1000}")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA foreign_keys = ON")


def _begin_sqlite(connection: Connection) -> None:
    # A reader that turns writer in mid-transaction fails at once when another wrote meanwhile.
    writing = connection.get_execution_options().get("writing")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise StoreUnavailable(
            f"데이터 폴더를 만들 수 없습니다: {folder} ({error.strerror}). "
            "GREENMATCH_HOME을 쓸 수 있는 폴더로 정하십시오."
        ) from error


@contextlib.contextmanager
def _one_at_a_time(url: URL) -> Iterator[None]:
    if url.get_backend_name() != "sqlite" or url.database in (None, "", ":memory:"):
        yield
        return
    # Switching to WAL and migrating do not wait for each other inside SQLite.
    try:
        with FileLock(f"{url.database}.lock", timeout=2 * BUSY_SECONDS):
            yield
    except OSError as error:
        raise StoreUnavailable(
            f"데이터 폴더에 쓸 수 없습니다: {Path(str(url.database)).parent} ({error.strerror})."
        ) from error


def _upgrade(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:n)"), {"n": _MIGRATION_LOCK})
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.attributes["connection"] = connection
    script = ScriptDirectory.from_config(config)
    known = {revision.revision for revision in script.walk_revisions()}
    present = set(MigrationContext.configure(connection).get_current_heads())
    if not present <= known:
        raise StoreUnavailable(
            "데이터베이스가 이 프로그램보다 새 버전에서 만들어졌습니다 "
            f"(버전 {', '.join(sorted(present - known))}). 프로그램을 새 버전으로 올리십시오."
        )
    if present != set(script.get_heads()):
        command.upgrade(config, "head")


def _sentence(error: SQLAlchemyError) -> str:
    cause = str(getattr(error, "orig", None) or type(error).__name__).splitlines()[0]
    known = {
        "locked": "다른 작업이 데이터베이스를 쓰고 있습니다. 잠시 뒤에 다시 실행하십시오.",
        "disk is full": "디스크가 가득 차서 저장하지 못했습니다. 자리를 비우고 다시 실행하십시오.",
        "not a database": "데이터베이스 파일이 아니거나 깨졌습니다. 파일을 확인하십시오.",
        "malformed": "데이터베이스 파일이 깨졌습니다. 백업에서 되살리십시오.",
        "readonly": "데이터베이스 파일에 쓸 권한이 없습니다. 파일과 폴더의 권한을 확인하십시오.",
    }
    for piece, sentence in known.items():
        if piece in cause:
            return sentence
    return f"데이터베이스를 쓸 수 없습니다 ({cause})."
