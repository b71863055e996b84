"""Changes laid over a snapshot: the same answers as a rebuild, at once, from every worker."""

import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from indexing.analyzer import Analyzer
from indexing.overlay import FreshIndex, learn, unlearned
from indexing.snapshot import (
    COLLECTIONS,
    build_snapshot,
    indexed_texts,
    open_snapshot,
    text_digest,
)
from matcher.records import Company, Need, Offering
from service import workbench as module
from service.building import compare_with_store
from service.settings import Settings
from service.store import Source, Store
from service.workbench import Tools, Workbench
from tests.test_kill import _killed_at, _steps_of
from tests.worlds import BigramEncoder, companies, needs, settings_in, write_jsonl

SOURCE = Source("tester")
KILLS = int(os.environ.get("GREENMATCH_TEST_KILLS", "4"))
SECONDS = float(os.environ.get("GREENMATCH_TEST_SECONDS", "4"))
TEXTS = (
    "폐플라스틱을 되살린 빗물 저류조",
    "막여과 정수 설비와 탁도 측정",
    "LED 가로등과 조명 제어",
    "wastewater treatment plant for the city",
    "태양광 발전소 시공",
    "음식물 쓰레기 바이오가스",
    "공기 청정기와 필터",
    "하수 슬러지 건조",
)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return settings_in(tmp_path)


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    store = Store.open(settings.database_url)
    store.save(companies(), needs(), SOURCE)
    yield store
    store.close()


@pytest.fixture
def bench(settings: Settings, store: Store, mecab: Analyzer) -> Iterator[Workbench]:
    build_snapshot(settings.home, companies(), needs(), BigramEncoder(), mecab)
    bench = Workbench(settings, store, lambda: Tools(BigramEncoder(), mecab))
    yield bench
    bench._closing.set()


def _named(bench: Workbench, text: str, k: int = 50) -> list[str]:
    found = bench.desk().matchmaker.find(Need("q", "", text), k)
    return [item.company.company_id for item in found]


def _company(id: str, *texts: str) -> Company:
    return Company(
        id, f"기업 {id}", offerings=tuple(Offering(str(n), t) for n, t in enumerate(texts))
    )


@pytest.mark.parametrize("seed", range(5))
def test_an_overlay_answers_as_a_rebuild_would_but_for_the_statistics(
    settings: Settings, mecab: Analyzer, seed: int
) -> None:
    chance = random.Random(seed)
    encoder = BigramEncoder()
    before = [_company(f"C-{n}", chance.choice(TEXTS)) for n in range(30)]
    after = [
        _company(item.company_id, *chance.choices(TEXTS, k=2)) if chance.random() < 0.3 else item
        for item in before
        if chance.random() < 0.8
    ] + [_company(f"N-{n}", chance.choice(TEXTS)) for n in range(5)]
    build_snapshot(settings.home, before, [], encoder, mecab)
    snapshot = open_snapshot(settings.home, encoder, mecab)
    texts = indexed_texts(after, [])
    digests = {n: {id: text_digest(t) for id, t in texts[n].items()} for n in COLLECTIONS}
    nothing = {name: {} for name in COLLECTIONS}
    missing = unlearned(snapshot, digests, nothing)["offerings"]
    learned = learn(
        {id: (digests["offerings"][id], texts["offerings"][id]) for id in missing}, encoder, mecab
    )

    fresh = FreshIndex(snapshot, digests, {"offerings": learned, "needs": {}})

    build_snapshot(settings.home, after, [], encoder, mecab)
    rebuilt = open_snapshot(settings.home, encoder, mecab)
    assert len(fresh.offerings) == len(rebuilt.offerings) == len(texts["offerings"])
    for text in TEXTS:
        for allowed in (None, list(texts["offerings"])[::2], []):
            laid = fresh.offerings.evidence(text, 100, allowed).candidates
            again = rebuilt.offerings.evidence(text, 100, allowed).candidates
            assert laid.keys() >= again.keys()
            for id, evidence in again.items():
                assert laid[id].similarity == pytest.approx(evidence.similarity, abs=1e-6)
                assert (laid[id].coverage > 0) is (evidence.coverage > 0)


def test_a_word_that_only_a_new_text_has_is_found_by_its_sound(
    settings: Settings, mecab: Analyzer
) -> None:
    encoder = BigramEncoder()
    build_snapshot(settings.home, [_company("C-1", TEXTS[0])], [], encoder, mecab)
    snapshot = open_snapshot(settings.home, encoder, mecab)
    texts = indexed_texts([_company("C-2", "그래핀 코팅 소재")], [])["offerings"]
    learned = learn({id: ("d", text) for id, text in texts.items()}, encoder, mecab)
    present = {"offerings": dict.fromkeys(texts, "d"), "needs": {}}

    fresh = FreshIndex(snapshot, present, {"offerings": learned, "needs": {}})

    (found,) = fresh.offerings.evidence("graphene 빗물", 5).candidates.values()
    assert found.coverage > 0


def test_a_text_scores_the_same_laid_over_as_indexed(settings: Settings, mecab: Analyzer) -> None:
    encoder = BigramEncoder()
    everybody = [_company(f"C-{n}", text) for n, text in enumerate(TEXTS)]
    build_snapshot(settings.home, everybody, [], encoder, mecab)
    snapshot = open_snapshot(settings.home, encoder, mecab)

    for key, text in indexed_texts(everybody, [])["offerings"].items():
        (learned,) = learn({key: ("d", text)}, encoder, mecab).values()
        for query in TEXTS:
            question = snapshot.offerings.ask(query)
            for index, mine, asked in (
                (snapshot.offerings.lexical, learned.terms, question.words),
                (
                    snapshot.offerings.concepts,
                    dict.fromkeys(learned.concepts, 1),
                    question.concepts,
                ),
            ):
                expected = index.coverages(asked, [key])[key]
                assert index.coverage_of(asked, mine) == pytest.approx(expected, abs=1e-5)


def test_what_is_saved_is_found_and_what_is_deleted_is_gone_at_once(
    bench: Workbench, store: Store
) -> None:
    assert "N-9" not in _named(bench, "태양광 발전소 시공")

    store.save([_company("N-9", "태양광 발전소 시공")], [Need("N-7", "태양광", "발전소")], SOURCE)
    first = _named(bench, "태양광 발전소 시공")
    store.save([_company("N-9", "하수 슬러지 건조")], [], SOURCE)
    changed = bench.desk().matchmaker.find(Need("q", "", "하수 슬러지 건조"), 5)[0]
    needs_found = bench.desk().matchmaker.opportunities(_company("x", "태양광 발전소"), k=5)
    store.delete_company("N-9", SOURCE)

    assert first[0] == "N-9"
    assert changed.company.company_id == "N-9"
    assert changed.offerings[0].title == "하수 슬러지 건조"
    assert "N-7" in [match.need.need_id for match in needs_found.matches]
    assert "N-9" not in _named(bench, "하수 슬러지 건조")
    assert bench.desk().stale is None


def test_several_workers_see_the_same_state(
    bench: Workbench, settings: Settings, mecab: Analyzer
) -> None:
    other = Workbench.open(settings)
    other._open_tools = lambda: Tools(BigramEncoder(), mecab)
    other.store.save([_company("N-9", "태양광 발전소 시공")], [], SOURCE)

    assert _named(bench, "태양광 발전소 시공") == _named(other, "태양광 발전소 시공")
    bench.store.delete_company("N-9", SOURCE)
    assert _named(bench, "태양광 발전소 시공") == _named(other, "태양광 발전소 시공")
    assert bench.desk().revision == other.desk().revision
    other.close()


def test_a_restore_is_read_whole(bench: Workbench, store: Store) -> None:
    _, before = store.dump()
    store.save([_company("N-9", "태양광 발전소 시공")], [], SOURCE)
    assert "N-9" in _named(bench, "태양광")

    store.load(before)
    store.save([_company("N-8", "태양광 발전소 시공")], [], SOURCE)

    assert "N-9" not in _named(bench, "태양광")
    assert "N-8" in _named(bench, "태양광")


def test_many_new_texts_are_learned_behind_the_answers(
    bench: Workbench, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "AT_ONCE", 3)
    store.save([_company(f"N-{n}", TEXTS[n % len(TEXTS)]) for n in range(20)], [], SOURCE)

    told = bench.desk().stale
    for _ in range(200):
        if bench.desk().stale is None:
            break
        time.sleep(0.05)

    assert told
    assert "20건" in told
    assert {f"N-{n}" for n in range(20)} <= set(_named(bench, TEXTS[0], 100))


def test_too_many_new_texts_ask_for_an_index(
    bench: Workbench, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "AT_ONCE", 3)
    monkeypatch.setattr(module, "MOST_LAID_OVER", 5)
    store.save([_company(f"N-{n}", "태양광") for n in range(20)], [], SOURCE)

    assert "greenmatch index" in str(bench.desk().stale)


def test_verify_tells_what_differs(bench: Workbench, store: Store, settings: Settings) -> None:
    same = compare_with_store(settings)
    changed = replace(companies()[0], offerings=(Offering("1", "새 글"),))
    store.save([changed, _company("N-9", "태양광")], [], SOURCE)
    store.delete_need("N-1", SOURCE)

    difference = compare_with_store(settings)

    assert same.is_none
    assert [id.split("\x1f")[0] for id in difference.missing] == ["N-9"]
    assert [id.split("\x1f")[0] for id in difference.outdated] == ["C-1"]
    assert difference.gone == ("N-1",)
    assert "greenmatch index" in difference.sentence


def test_a_process_killed_anywhere_in_an_import_leaves_store_and_answers_in_step(
    settings: Settings, tmp_path: Path, mecab: Analyzer
) -> None:
    """GREENMATCH_TEST_KILLS=50 is the long run."""
    store = Store.open(settings.database_url)
    store.save(companies(), needs(), SOURCE)
    store.close()
    build_snapshot(settings.home, companies(), needs(), BigramEncoder(), mecab)
    new = [_company(f"K-{n}", TEXTS[n % len(TEXTS)]) for n in range(40)]
    file = write_jsonl(tmp_path / "new.jsonl", [item.to_dict() for item in new])
    practice = settings_in(tmp_path / "practice")
    rehearsed = Store.open(practice.database_url)
    rehearsed.save(companies(), needs(), SOURCE)
    rehearsed.close()
    steps = _steps_of(practice, "sql", "import", file)
    chance = random.Random(7)

    for point in sorted(chance.sample(range(steps), min(KILLS, steps))):
        _killed_at(settings, point, "sql", "import", file)
        bench = Workbench.open(settings)
        bench._open_tools = lambda: Tools(BigramEncoder(), mecab)
        stored = {item.company_id for item in bench.store.companies()}
        assert len(stored) in (3, 43), point
        assert set(_named(bench, TEXTS[0], 100)) == stored
        if len(stored) == 43:  # killed after the commit: begin again from the old state
            bench.store.undo(bench.store.imports()[0].import_id, SOURCE)
            assert set(_named(bench, TEXTS[0], 100)) == {c.company_id for c in companies()}
        bench.close()


WRITER = """
import sys, time
from matcher.records import Company, Offering
from service.settings import Settings
from service.store import Source, Store

store = Store.open(Settings.from_environment().database_url)
until, number = time.monotonic() + float(sys.argv[1]), 0
while time.monotonic() < until:
    company = Company(f"W-{number}", "이름", offerings=(Offering("1", f"태양광 발전소 {number}"),))
    store.save([company], [], Source("writer"))
    if number % 3 == 2:
        store.delete_company(f"W-{number - 1}", Source("writer"))
    number += 1
    time.sleep(0.02)
print(number)
"""


def test_one_process_imports_while_another_matches(
    settings: Settings, bench: Workbench, store: Store
) -> None:
    """GREENMATCH_TEST_SECONDS=60 is the long run: no error, no lost row, no stale answer."""
    environment = {**os.environ, "GREENMATCH_HOME": str(settings.home)}
    failures: list[str] = []
    stop = threading.Event()

    def ask() -> None:
        seen: set[str] = set()
        while not stop.is_set():
            before = {c.company_id for c in store.companies()}
            desk = bench.desk()
            found = desk.matchmaker.find(Need("q", "", "태양광 발전소"), 10_000)
            answer = {item.company.company_id for item in found}
            after = {c.company_id for c in store.companies()}
            lost = (before & after) - answer
            if lost and desk.stale is None:  # more than AT_ONCE since the last question are told
                failures.append(f"lost {sorted(lost)[:3]}")
            if stale := answer & (seen - before):  # deleted before the question was asked
                failures.append(f"stale {sorted(stale)[:3]}")
            seen |= before | after | answer

    asker = threading.Thread(target=ask)
    asker.start()
    done = subprocess.run(
        [sys.executable, "-c", WRITER, str(SECONDS)],
        env=environment,
        cwd=Path(__file__).parent.parent,
        capture_output=True,
        text=True,
        timeout=SECONDS + 60,
    )
    stop.set()
    asker.join()

    assert done.returncode == 0, done.stderr
    written = int(done.stdout)
    assert failures == []
    assert written > 3
    expected = {f"W-{n}" for n in range(written) if not (n % 3 == 1 and n + 1 < written)}
    assert {c.company_id for c in store.companies() if c.company_id[0] == "W"} == expected
    deadline = time.monotonic() + 20
    while bench.desk().stale is not None and time.monotonic() < deadline:
        time.sleep(0.05)
    assert expected <= set(_named(bench, "태양광 발전소", 100_000))
