"""Fixtures that are slow to make and safe to share: the real analyzer and the real encoder."""

import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import platformdirs
import pytest
import sqlalchemy
from playwright.sync_api import Browser, sync_playwright

from indexing.analyzer import Analyzer, open_analyzer
from indexing.encoder import open_encoder
from indexing.gate import GatedEncoder
from service.store import Store
from tests.browsing import Live, live_server, open_browser


@pytest.fixture(scope="session")
def mecab() -> Analyzer:
    return open_analyzer("mecab")


@pytest.fixture(scope="session")
def user_cache() -> Path:
    """Where the product keeps the model, so that a machine builds its 470 MB once."""
    named = os.environ.get("GREENMATCH_CACHE", "").strip()
    return Path(named or platformdirs.user_cache_path("greenmatch")).expanduser().absolute()


@pytest.fixture(scope="session")
def real_encoder(user_cache: Path) -> GatedEncoder:
    encoder = open_encoder(None, user_cache, "openvino")
    assert isinstance(encoder, GatedEncoder)
    return encoder


ENGINES = ("sqlite", "postgresql")


SERVER = os.environ.get(
    "GREENMATCH_TEST_POSTGRESQL", "postgresql+psycopg://127.0.0.1:5432/postgres"
)


@contextmanager
def database(engine_name: str, folder: Path) -> Iterator[str]:
    """Give the address of an empty database of its own; PostgreSQL where one can be made."""
    if engine_name == "sqlite":
        yield f"sqlite:///{folder / 'deep' / 'store.sqlite3'}"
        return
    with _on_postgresql() as url:
        yield url


@contextmanager
def _on_postgresql(template: str = "template1") -> Iterator[str]:
    engine = sqlalchemy.create_engine(
        SERVER, isolation_level="AUTOCOMMIT", connect_args={"connect_timeout": 3}
    )
    name = f"greenmatch_test_{uuid.uuid4().hex}"
    try:
        with engine.connect() as connection:
            connection.execute(sqlalchemy.text(f"CREATE DATABASE {name} TEMPLATE {template}"))
    except sqlalchemy.exc.DBAPIError as error:
        engine.dispose()
        pytest.skip(f"no PostgreSQL to test on ({str(error.orig).splitlines()[0]})")
    yield sqlalchemy.make_url(SERVER).set(database=name).render_as_string(hide_password=False)
    with engine.connect() as connection:
        connection.execute(sqlalchemy.text(f"DROP DATABASE {name} WITH (FORCE)"))
    engine.dispose()


@pytest.fixture(params=ENGINES)
def empty_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Address of an empty database of its own, on either engine."""
    with database(request.param, tmp_path) as url:
        yield url


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database file with today's schema, to copy."""
    path = tmp_path_factory.mktemp("migrated") / "store.sqlite3"
    Store.open(f"sqlite:///{path}").close()
    return path


@pytest.fixture(scope="session")
def migrated_postgresql() -> Iterator[str]:
    """The name of a database with today's schema, to copy; migrating takes a second each time."""
    with _on_postgresql() as url:
        Store.open(url).close()
        yield str(sqlalchemy.make_url(url).database)


@pytest.fixture(params=ENGINES)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Address of a database of its own with today's schema and no rows, on either engine."""
    if request.param == "sqlite":
        path = tmp_path / "deep" / "store.sqlite3"
        path.parent.mkdir()
        shutil.copy(request.getfixturevalue("migrated_sqlite"), path)
        yield f"sqlite:///{path}"
        return
    with _on_postgresql(request.getfixturevalue("migrated_postgresql")) as url:
        yield url


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The machine's Chromium, started once."""
    with sync_playwright() as playwright:
        started = open_browser(playwright)
        yield started
        started.close()


@pytest.fixture(scope="session")
def live(
    tmp_path_factory: pytest.TempPathFactory,
    user_cache: Path,
    real_encoder: GatedEncoder,
    mecab: Analyzer,
) -> Iterator[Live]:
    """A server with the samples, for every test with a browser; each signs in as somebody of its own."""
    home = tmp_path_factory.mktemp("live")
    with live_server(home, user_cache, real_encoder, mecab) as server:
        yield server
