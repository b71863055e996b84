"""The real command line, ended with SIGKILL at chosen points: the old state or the new, never half."""

import dataclasses
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from indexing.analyzer import open_analyzer
from indexing.snapshot import build_snapshot, open_snapshot, record_digest
from matcher.records import Company
from service.settings import Settings
from service.store import Contents, Source, Store
from tests.worlds import BigramEncoder, companies, needs, settings_in, write_jsonl

ROOT = Path(__file__).parent.parent
POINTS = 10

# Counts its steps down and kills itself at zero; a negative start only counts. A step is an SQL
# statement, a commit, or (for the index) a file opened, moved or removed below the home.
PROGRAM = """
import os, signal, sys
from sqlalchemy import event
from sqlalchemy.engine import Engine
import indexing.encoder
from service.cli import main
from tests.worlds import BigramEncoder

left, watched = int(sys.argv.pop(1)), sys.argv.pop(1)
steps = 0

def step(*_):
    global steps
    if steps == left:
        os.kill(os.getpid(), signal.SIGKILL)
    steps += 1

def on_file(name, arguments):
    if name in ("open", "os.rename", "os.remove", "os.rmdir", "os.mkdir"):
        if any(isinstance(a, str) and watched in a for a in map(str, arguments[:2])):
            step()

if watched == "sql":
    event.listen(Engine, "before_cursor_execute", step)
    event.listen(Engine, "commit", step)
else:
    sys.addaudithook(on_file)
indexing.encoder.open_encoder = lambda *_: BigramEncoder()
try:
    main()
finally:
    print("STEPS", steps)
"""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return settings_in(tmp_path)


def _start(settings: Settings, left: int, watched: str, *command: object) -> subprocess.Popen[str]:
    environment = {
        **os.environ,
        "GREENMATCH_HOME": str(settings.home),
        "GREENMATCH_CACHE": str(settings.cache),
    }
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(left), watched, *map(str, command)],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _steps_of(settings: Settings, watched: str, *command: object) -> int:
    with _start(settings, -1, watched, *command) as process:
        out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    return int(out.split("STEPS")[1])


def _killed_at(settings: Settings, point: int, watched: str, *command: object) -> None:
    with _start(settings, point, watched, *command) as process:
        _, err = process.communicate(timeout=120)
    assert process.returncode == -signal.SIGKILL, (point, err)


def _at_each(points: Sequence[int], kill: Callable[[int], None]) -> None:
    """Kill a process at each point, as many at once as there are processors."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(kill, points))


def _contents(settings: Settings) -> Contents:
    store = Store.open(settings.database_url)
    try:
        return store.contents()
    finally:
        store.close()


def _new_companies() -> list[Company]:
    """All of the old ones changed, and many more, so that one file is many statements."""
    changed = [dataclasses.replace(company, region="제주특별자치도") for company in companies()]
    more = [dataclasses.replace(companies()[0], company_id=f"K-{n:04}") for n in range(1200)]
    return [*changed, *more]


def _save_old(settings: Settings) -> None:
    store = Store.open(settings.database_url)
    store.save(companies(), needs(), Source("test"))
    store.close()


def test_an_import_killed_at_any_statement_leaves_the_old_or_the_new_state(
    settings: Settings, tmp_path: Path
) -> None:
    new = _new_companies()
    file = write_jsonl(tmp_path / "new.jsonl", [company.to_dict() for company in new])
    trial = settings_in(tmp_path / "trial")
    _save_old(trial)
    steps = _steps_of(trial, "sql", "import", file)
    last = range(steps - 4, steps)
    points = sorted({0, *random.sample(range(steps), min(POINTS, steps)), *last})
    places = {point: settings_in(tmp_path / f"at-{point}") for point in points}
    for place in places.values():
        _save_old(place)
    before = {point: _contents(place) for point, place in places.items()}

    _at_each(points, lambda point: _killed_at(places[point], point, "sql", "import", file))

    finished = 0
    for point, place in places.items():
        after = _contents(place)
        if after.companies == tuple(new):  # only people and the receipt come after the records
            assert point > steps // 2, point
            finished += 1
            continue
        assert after == before[point], point
        assert after.companies == tuple(companies())
    assert finished < len(points)
    _steps_of(places[points[-1]], "sql", "import", file)
    assert _contents(places[points[-1]]).companies == tuple(new)


def test_an_import_killed_at_any_moment_leaves_the_old_or_the_new_state(
    settings: Settings, tmp_path: Path
) -> None:
    new = _new_companies()
    file = write_jsonl(tmp_path / "new.jsonl", [company.to_dict() for company in new])
    trial = settings_in(tmp_path / "trial")
    began = time.monotonic()
    _steps_of(trial, "sql", "import", file)
    seconds = time.monotonic() - began
    seen = set()

    for turn in range(POINTS):
        place = settings_in(tmp_path / f"turn-{turn}")
        with _start(place, -1, "sql", "import", file) as process:
            # The later half: before it, only modules are being loaded.
            time.sleep(seconds * random.uniform(0.5, 1.05))
            process.kill()
            process.communicate()

        after = _contents(place)
        assert after.companies in ((), tuple(new))
        seen.add(len(after.companies))
    assert seen <= {0, len(new)}


def test_an_index_killed_at_any_file_leaves_the_old_or_the_new_snapshot(
    settings: Settings, tmp_path: Path
) -> None:
    encoder, analyzer = BigramEncoder(), open_analyzer("mecab")
    old = record_digest(companies(), needs())
    fresh = [*companies(), dataclasses.replace(companies()[2], company_id="C-4")]
    new = record_digest(fresh, needs())

    def prepared(place: Settings) -> Settings:
        build_snapshot(place.home, companies(), needs(), encoder, analyzer)
        store = Store.open(place.database_url)
        store.save(fresh, needs(), Source("test"))
        store.close()
        return place

    steps = _steps_of(prepared(settings), "/snapshots", "index")
    assert open_snapshot(settings.home, encoder, analyzer).manifest.record_digest == new
    points = sorted({*random.sample(range(steps), min(POINTS, steps)), *range(steps - 6, steps)})
    places = {point: prepared(settings_in(tmp_path / f"at-{point}")) for point in points}

    _at_each(points, lambda point: _killed_at(places[point], point, "/snapshots", "index"))

    seen = []
    for place in places.values():
        snapshot = open_snapshot(place.home, encoder, analyzer)
        seen.append(snapshot.manifest.record_digest)
        assert len(snapshot.needs.evidence("빗물", 5).candidates) == len(needs())
    assert set(seen) <= {old, new}
    assert seen == sorted(seen, key=[old, new].index)
    assert old in seen
    place = places[points[-1]]
    _steps_of(place, "/snapshots", "index")
    assert open_snapshot(place.home, encoder, analyzer).manifest.record_digest == new
