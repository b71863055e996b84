import os
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from fakes import FakeEncoder
from hypothesis import given, settings
from hypothesis import strategies as st

from indexing import vectors as module
from indexing.vectors import VectorCache

ROOT = Path(__file__).parent.parent
TEXTS = ["빗물 저류조", "정수 설비", "LED 가로등"]


def test_a_cache_answers_what_its_encoder_answers(tmp_path):
    encoder = FakeEncoder()
    cache = VectorCache(FakeEncoder(), tmp_path)

    for _ in range(2):
        for kind in ("query", "passage"):
            assert (cache.encode(TEXTS, kind) == encoder.encode(TEXTS, kind)).all()

    assert (cache.name, cache.backend, cache.dimension) == ("bag-of-words@1", "none", 64)
    assert cache.passages("가 나 " * 40) == encoder.passages("가 나 " * 40)
    for one, other in zip(
        cache.token_vectors(TEXTS, "query"), encoder.token_vectors(TEXTS, "query"), strict=True
    ):
        assert one.offsets == other.offsets
        assert (one.vectors == other.vectors).all()


def test_only_new_texts_are_encoded(tmp_path):
    encoder = FakeEncoder()
    cache = VectorCache(encoder, tmp_path)
    cache.encode(TEXTS, "passage")
    encoder.calls.clear()

    cache.encode(["소각로", *TEXTS, "소각로"], "passage")

    assert encoder.calls == [("passage", ("소각로",))]


def test_nothing_new_needs_no_encoder(tmp_path):
    VectorCache(FakeEncoder(), tmp_path).encode(TEXTS, "passage")
    encoder = FakeEncoder()

    VectorCache(encoder, tmp_path).encode(TEXTS, "passage")

    assert encoder.calls == []


def test_the_other_kind_is_another_key(tmp_path):
    encoder = FakeEncoder()
    cache = VectorCache(encoder, tmp_path)
    cache.encode(TEXTS, "passage")

    cache.encode(TEXTS, "query")

    assert encoder.calls == [("passage", tuple(TEXTS)), ("query", tuple(TEXTS))]


def test_another_model_or_backend_is_another_cache(tmp_path):
    VectorCache(FakeEncoder(), tmp_path).encode(TEXTS, "passage")
    other_model, other_backend = FakeEncoder(name="another@1"), FakeEncoder()
    other_backend.backend = "openvino"

    for encoder in (other_model, other_backend):
        VectorCache(encoder, tmp_path).encode(TEXTS, "passage")
        assert encoder.encoded_texts == TEXTS


@settings(max_examples=15, deadline=None)
@given(st.lists(st.sampled_from("abcdef"), max_size=12))
def test_rows_keep_the_order_of_the_texts(tmp_path_factory, texts):
    cache = VectorCache(FakeEncoder(), tmp_path_factory.mktemp("cache"))
    cache.encode(["a", "d"], "passage")

    vectors = cache.encode(texts, "passage")

    assert vectors.dtype == np.float32
    assert vectors.shape == (len(texts), 64)
    assert (vectors == FakeEncoder().encode(texts, "passage")).all()


class Interrupted(Exception):
    """Stands for a killed import."""


def test_an_interrupted_run_goes_on_where_it_stopped(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "CHUNK", 2)
    encoder = FakeEncoder()
    texts = [f"글 {number}" for number in range(6)]
    encode = encoder.encode

    def fail_at_the_third(texts, kind, progress):
        if len(encoder.calls) == 2:
            raise Interrupted
        return encode(texts, kind, progress)

    monkeypatch.setattr(encoder, "encode", fail_at_the_third)
    with pytest.raises(Interrupted):
        VectorCache(encoder, tmp_path).encode(texts, "passage")
    again = FakeEncoder()

    VectorCache(again, tmp_path).encode(texts, "passage")

    assert again.encoded_texts == texts[4:]


def test_progress_runs_to_the_number_of_texts(tmp_path):
    cache = VectorCache(FakeEncoder(), tmp_path)
    cache.encode(TEXTS[:1], "passage")
    told = []

    cache.encode(TEXTS, "passage", lambda what, done, total: told.append((what, done, total)))

    assert told == [("임베딩", 2, 3), ("임베딩", 3, 3)]


def test_the_file_holds_no_readable_text(tmp_path):
    VectorCache(FakeEncoder(), tmp_path).encode(["secret rainwater"], "passage")

    contents = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert contents
    assert b"rainwater" not in contents


def test_a_model_name_with_slashes_stays_inside_the_folder(tmp_path):
    folder = tmp_path / "vectors"

    VectorCache(FakeEncoder(name="../../BAAI/bge-m3@1"), folder).encode(TEXTS, "passage")

    assert [path.name for path in tmp_path.iterdir()] == ["vectors"]
    assert any(path.suffix == ".sqlite3" for path in folder.iterdir())


def test_eight_threads_share_one_cache(tmp_path):
    cache = VectorCache(FakeEncoder(), tmp_path)
    texts = [f"글 {number}" for number in range(40)]
    rounds = [texts[start:] + texts[:start] for start in range(8)]

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda order: cache.encode(order, "passage"), rounds))

    for order, vectors in zip(rounds, answers, strict=True):
        assert (vectors == FakeEncoder().encode(order, "passage")).all()


WRITER = """
import sys, time
from pathlib import Path
from fakes import FakeEncoder
from indexing.vectors import VectorCache
start, folder = int(sys.argv[1]), Path(sys.argv[2])
print("ready", flush=True)
sys.stdin.readline()
for number in range(start, start + 40):
    VectorCache(FakeEncoder(), folder).encode([f"글 {number}"], "passage")
"""


def test_two_processes_write_one_cache_at_once(tmp_path):
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'tests'}"}
    folder = tmp_path / "vectors"
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, str(start), str(folder)],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for start in (0, 20)
    ]

    for writer in writers:
        assert writer.stdout.readline() == "ready\n"
    complaints = [writer.communicate("go\n", timeout=60)[1] for writer in writers]

    assert [writer.returncode for writer in writers] == [0, 0], complaints
    (path,) = folder.glob("*.sqlite3")
    connection = sqlite3.connect(path)
    (count,) = connection.execute("SELECT count(*) FROM vectors").fetchone()
    connection.close()
    assert count == 60
    texts = [f"글 {number}" for number in range(60)]
    encoder = FakeEncoder()
    found = VectorCache(encoder, folder).encode(texts, "passage")
    assert encoder.calls == []
    assert (found == FakeEncoder().encode(texts, "passage")).all()
