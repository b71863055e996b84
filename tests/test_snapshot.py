import json
import os
import signal
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from fakes import FakeEncoder, space_analyzer

from indexing import snapshot as module
from indexing.snapshot import build_snapshot, open_snapshot, read_manifest, record_digest
from matcher.errors import SnapshotMismatch, SnapshotMissing
from matcher.records import Company, Need, Offering, offering_key

ROOT = Path(__file__).parent.parent
COMPANIES = [
    Company(f"C-{number}", f"기업 {number}", offerings=(Offering("1", f"빗물 저류조 {number}형"),))
    for number in range(5)
]
NEEDS = [Need("N-1", "빗물 저류 시스템"), Need("N-2", "가로등")]


def build(home: Path, companies=COMPANIES, needs=NEEDS, encoder=None, analyzer=None, **options):
    return build_snapshot(
        home, companies, needs, encoder or FakeEncoder(), analyzer or space_analyzer(), **options
    )


def open_(home: Path, encoder=None, analyzer=None):
    return open_snapshot(home, encoder or FakeEncoder(), analyzer or space_analyzer())


def files_below(home: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(home)): path.read_bytes()
        for path in sorted(home.rglob("*"))
        if path.is_file() and path.name != "build.lock"
    }


def test_a_manifest_says_what_the_snapshot_was_made_of_and_with(tmp_path):
    manifest = build(tmp_path)

    assert read_manifest(tmp_path) == manifest
    assert manifest.model == FakeEncoder().name
    assert manifest.backend == "none"
    assert manifest.analyzer == space_analyzer().name
    assert manifest.dimension == FakeEncoder().dimension
    assert manifest.counts == {
        "companies": 5,
        "offerings": 5,
        "needs": 2,
        "without_words": 0,
    }
    assert manifest.record_digest == record_digest(COMPANIES, NEEDS)
    assert json.loads(json.dumps(manifest.to_dict())) == manifest.to_dict()


def test_every_file_but_the_manifest_is_proven_by_a_digest(tmp_path):
    manifest = build(tmp_path)

    folder = tmp_path / "snapshots" / manifest.snapshot_id
    written = {str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file()}
    assert written == {*manifest.files, "manifest.json"}


def test_what_was_built_is_found_again(tmp_path):
    build(tmp_path)

    snapshot = open_(tmp_path)

    found = snapshot.offerings.evidence("빗물 저류조 3형", 10).candidates
    best = max(found, key=lambda id: found[id].similarity)
    assert best == offering_key("C-3", "1")
    assert found[best].similarity == pytest.approx(1)
    assert len(found) == 5
    assert set(snapshot.needs.evidence("가로등", 10).candidates) == {"N-1", "N-2"}
    assert snapshot.origin == (
        snapshot.manifest.snapshot_id,
        snapshot.manifest.model,
        snapshot.manifest.analyzer,
    )


def test_a_snapshot_of_nothing_opens_and_finds_nothing(tmp_path):
    build(tmp_path, [], [])

    snapshot = open_(tmp_path)

    assert snapshot.offerings.evidence("빗물", 10).candidates == {}
    assert set(snapshot.manifest.counts.values()) == {0}


def test_texts_without_a_letter_or_digit_are_counted_and_not_indexed(tmp_path):
    needs = [*NEEDS, Need("N-dash", "-"), Need("N-dots", "…", "·")]

    manifest = build(tmp_path, COMPANIES, needs)

    assert (manifest.counts["needs"], manifest.counts["without_words"]) == (2, 2)
    assert set(open_(tmp_path).needs.evidence("-", 10).candidates) == {"N-1", "N-2"}
    assert manifest.record_digest == record_digest(COMPANIES, needs)


def test_a_record_digest_follows_ids_and_texts_and_not_the_order():
    digest = record_digest(COMPANIES, NEEDS)

    assert record_digest(reversed(COMPANIES), reversed(NEEDS)) == digest
    assert record_digest([replace(COMPANIES[0], region="서울"), *COMPANIES[1:]], NEEDS) == digest
    renamed = replace(COMPANIES[0], company_id="C-9")
    retitled = replace(NEEDS[0], title="빗물 저류 시스템 2")
    others = [
        record_digest(COMPANIES[1:], NEEDS),
        record_digest([renamed, *COMPANIES[1:]], NEEDS),
        record_digest(COMPANIES, [retitled, NEEDS[1]]),
        record_digest(COMPANIES, []),
    ]
    assert len({digest, *others}) == 5


def test_without_an_index_the_command_that_builds_one_is_named(tmp_path):
    assert read_manifest(tmp_path) is None
    with pytest.raises(SnapshotMissing, match="greenmatch index"):
        open_(tmp_path)


@pytest.mark.parametrize(
    ("encoder", "analyzer"),
    [
        (FakeEncoder(name="another@1"), space_analyzer()),
        (FakeEncoder(dimension=32), space_analyzer()),
        (FakeEncoder(), space_analyzer("2")),
    ],
)
def test_another_model_dimension_or_analyzer_is_refused(tmp_path, encoder, analyzer):
    build(tmp_path)

    with pytest.raises(SnapshotMismatch, match="greenmatch index --rebuild"):
        open_(tmp_path, encoder, analyzer)


def test_a_flipped_byte_in_any_file_is_refused(tmp_path):
    manifest = build(tmp_path)
    folder = tmp_path / "snapshots" / manifest.snapshot_id

    for name in manifest.files:
        content = (folder / name).read_bytes()
        middle = len(content) // 2
        flipped = bytes([content[middle] ^ 1]) if content else b"x"
        (folder / name).write_bytes(content[:middle] + flipped + content[middle + 1 :])
        with pytest.raises(SnapshotMismatch, match="바뀌었습니다"):
            open_(tmp_path)
        (folder / name).write_bytes(content)

    open_(tmp_path)


def test_a_missing_file_is_refused(tmp_path):
    manifest = build(tmp_path)
    folder = tmp_path / "snapshots" / manifest.snapshot_id

    for name in manifest.files:
        (folder / name).rename(folder / "aside")
        with pytest.raises(SnapshotMismatch, match="없거나"):
            open_(tmp_path)
        (folder / "aside").rename(folder / name)

    open_(tmp_path)


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", "null", '{"format": 2}', '{"format": 1}', '{"format": 1, "more": 2}', "\xff"],
)
def test_a_damaged_manifest_is_refused_with_the_command_that_mends_it(tmp_path, content):
    manifest = build(tmp_path)
    path = tmp_path / "snapshots" / manifest.snapshot_id / "manifest.json"
    path.write_bytes(content.encode("latin-1"))

    with pytest.raises(SnapshotMismatch, match="greenmatch index --rebuild"):
        open_(tmp_path)
    with pytest.raises(SnapshotMismatch, match="greenmatch index --rebuild"):
        read_manifest(tmp_path)
    build(tmp_path)
    open_(tmp_path)


def test_a_manifest_that_lost_a_field_is_refused(tmp_path):
    manifest = build(tmp_path)
    path = tmp_path / "snapshots" / manifest.snapshot_id / "manifest.json"
    content = manifest.to_dict()

    for name in content:
        path.write_text(json.dumps({k: v for k, v in content.items() if k != name}), "utf-8")
        with pytest.raises(SnapshotMismatch):
            open_(tmp_path)


def test_building_again_leaves_one_snapshot(tmp_path):
    first = build(tmp_path)
    second = build(tmp_path, COMPANIES[:2])

    left = {path.name for path in (tmp_path / "snapshots").iterdir()}
    assert left - {"build.lock"} == {"CURRENT", second.snapshot_id}
    assert first.snapshot_id != second.snapshot_id
    assert open_(tmp_path).manifest == second


def test_a_reader_keeps_its_snapshot_when_another_takes_its_place(tmp_path):
    build(tmp_path)
    reader = open_(tmp_path)

    build(tmp_path, COMPANIES[:1])

    assert len(reader.offerings.evidence("빗물", 10).candidates) == 5


class Stop(Exception):
    """Stands for whatever ends a builder in the middle."""


def stop(*_args, **_options):
    raise Stop


@pytest.mark.parametrize(
    ("place", "name"),
    [
        (FakeEncoder, "encode"),
        (module.DenseIndex, "write"),
        (module.LexicalIndex, "write"),
        (module, "record_digest"),
        (module, "_replace_text"),
        (module.os, "replace"),
    ],
)
def test_a_builder_that_fails_in_the_middle_leaves_the_old_snapshot(
    tmp_path, monkeypatch, place, name
):
    old = build(tmp_path)
    before = files_below(tmp_path)

    monkeypatch.setattr(place, name, stop)
    with pytest.raises(Stop):
        build(tmp_path, COMPANIES[:2])
    monkeypatch.undo()

    after = files_below(tmp_path)
    assert {name: after.get(name) for name in before} == before
    assert open_(tmp_path).manifest == old
    assert not list((tmp_path / "snapshots").glob(".building-*"))


def test_a_builder_that_fails_before_the_switch_leaves_the_old_snapshot(tmp_path, monkeypatch):
    old = build(tmp_path)
    write = module._replace_text

    monkeypatch.setattr(
        module, "_replace_text", lambda p, t: stop() if p.name == "CURRENT" else write(p, t)
    )
    with pytest.raises(Stop):
        build(tmp_path, COMPANIES[:2])
    monkeypatch.undo()

    assert open_(tmp_path).manifest == old
    build(tmp_path, COMPANIES[:3])
    assert len(list((tmp_path / "snapshots").glob("2*"))) == 1


KILLED_BUILDER = """
import os, signal, sys
from pathlib import Path
from fakes import FakeEncoder, space_analyzer
from indexing import snapshot
from matcher.records import Need

def die(*_args, **_options):
    os.kill(os.getpid(), signal.SIGKILL)

point, home = sys.argv[1], Path(sys.argv[2])
write, remove = snapshot._replace_text, snapshot._remove_others
if point == "encoding":
    FakeEncoder.encode = die
elif point == "writing":
    snapshot.LexicalIndex.write = die
elif point == "moving":
    snapshot.os.replace = lambda a, b: die() if Path(a).is_dir() else os.rename(a, b)
elif point == "switching":
    snapshot._replace_text = lambda p, t: die() if p.name == "CURRENT" else write(p, t)
elif point == "cleaning":
    snapshot._remove_others = die
snapshot.build_snapshot(home, [], [Need("N-new", "새 수요")], FakeEncoder(), space_analyzer())
"""


def run_python(script: str, *arguments: object, **options) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'tests'}"}
    return subprocess.run(
        [sys.executable, "-c", script, *map(str, arguments)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        **options,
    )


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="SIGKILL is not known on this system")
@pytest.mark.parametrize(
    ("point", "survivor"),
    [
        ("encoding", "old"),
        ("writing", "old"),
        ("moving", "old"),
        ("switching", "old"),
        ("cleaning", "new"),
    ],
)
def test_a_builder_killed_at_any_point_leaves_the_old_snapshot_or_the_new(
    tmp_path, point, survivor
):
    build(tmp_path)

    run = run_python(KILLED_BUILDER, point, tmp_path)

    assert run.returncode == -signal.SIGKILL, run.stderr
    expected = {"old": {"N-1", "N-2"}, "new": {"N-new"}}[survivor]
    assert set(open_(tmp_path).needs.evidence("수요", 10).candidates) == expected
    latest = build(tmp_path, COMPANIES[:1])
    left = {path.name for path in (tmp_path / "snapshots").iterdir()}
    assert left - {"build.lock"} == {"CURRENT", latest.snapshot_id}


SLOW_BUILDER = """
import sys, time
from pathlib import Path
from fakes import FakeEncoder, space_analyzer
from indexing.snapshot import build_snapshot
from matcher.records import Need

class SlowEncoder(FakeEncoder):
    def encode(self, *arguments):
        time.sleep(0.2)
        return super().encode(*arguments)

print("ready", flush=True)
sys.stdin.readline()
needs = [Need(f"N-{number}", "수요") for number in range(3)]
build_snapshot(Path(sys.argv[1]), [], needs, SlowEncoder(), space_analyzer())
"""


def test_two_builders_at_once_take_turns(tmp_path):
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'tests'}"}
    builders = [
        subprocess.Popen(
            [sys.executable, "-c", SLOW_BUILDER, str(tmp_path)],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]

    for builder in builders:
        assert builder.stdout.readline() == "ready\n"
    for builder in builders:
        builder.stdin.write("go\n")
        builder.stdin.flush()
    complaints = [builder.communicate(timeout=60)[1] for builder in builders]

    assert [builder.returncode for builder in builders] == [0, 0], complaints
    manifest = open_(tmp_path).manifest
    assert manifest.counts["needs"] == 3
    left = {path.name for path in (tmp_path / "snapshots").iterdir()}
    assert left - {"build.lock"} == {"CURRENT", manifest.snapshot_id}


@pytest.mark.parametrize("moment", ["_manifest_in", "sha256_of", "_read"])
def test_a_reader_whose_snapshot_is_replaced_meanwhile_opens_the_new_one(
    tmp_path, monkeypatch, moment
):
    build(tmp_path)
    untouched = getattr(module, moment)
    replaced = []

    def replace_first(*arguments):
        if not replaced:
            replaced.append(True)
            replaced.append(build(tmp_path, COMPANIES[:2]))
        return untouched(*arguments)

    monkeypatch.setattr(module, moment, replace_first)
    snapshot = open_(tmp_path)

    assert snapshot.manifest == replaced[1]
    assert len(snapshot.offerings) == 2


def test_a_manifest_that_is_replaced_meanwhile_is_read_from_the_new_snapshot(tmp_path, monkeypatch):
    build(tmp_path)
    untouched = module._manifest_in
    replaced = []

    def replace_first(folder):
        if not replaced:
            replaced.append(True)
            replaced.append(build(tmp_path, COMPANIES[:2]))
        return untouched(folder)

    monkeypatch.setattr(module, "_manifest_in", replace_first)

    assert read_manifest(tmp_path) == replaced[1]


def test_readers_beside_a_builder_see_a_whole_snapshot_each_time(tmp_path):
    build(tmp_path)
    is_over = threading.Event()
    seen, broken = [], []

    def read() -> None:
        while not is_over.is_set():
            try:
                snapshot = open_(tmp_path)
            except (SnapshotMissing, SnapshotMismatch, OSError) as error:
                broken.append(repr(error))
                return
            seen.append((snapshot.manifest.counts["offerings"], len(snapshot.offerings)))

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    for number in range(20):
        build(tmp_path, COMPANIES[: 1 + number % 5])
    is_over.set()
    for reader in readers:
        reader.join()

    assert broken == []
    assert seen
    assert all(counted == held for counted, held in seen)
