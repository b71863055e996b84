"""Texts to vectors through sentence-transformers; the only module that imports it, torch or openvino.

Backends: `torch` runs the model as it is; `openvino` runs the same weights through OpenVINO, three
to seven times faster on a CPU (docs/decisions/0003); `auto` takes openvino where it is installed.
Imports are late: this module itself is cheap.
"""

import hashlib
import logging
import os
import threading
import warnings
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

import numpy as np
import numpy.typing as npt
from filelock import FileLock

from indexing.adapter import SHIPPED, Adapter
from indexing.gate import GatedEncoder
from indexing.model import ADAPTED, BUNDLED, PROMPTS, find_model
from matcher.errors import InvalidRequest, ModelUnavailable
from matcher.progress import Progress, silent

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

Vectors = npt.NDArray[np.float32]
Kind = Literal["query", "passage"]
BACKENDS = ("auto", "openvino", "torch")
BATCH_TEXTS = 32
BATCH_CHARACTERS = 4_000
PASSAGE_TOKENS = 200
"""A passage is cut at about this many tokens of the model; chosen by measurement, decision 0005."""


@dataclass(frozen=True, slots=True)
class TokenVectors:
    """One text token by token, as the model sees it; prompt and special tokens are left out.

    vectors: float32 (tokens, dimension), rows of length 1, in text order.
    offsets: (start, end) of each token in the text as given. Tokens that hold one character
    together all name it; blanks belong to no token. What the model does not read has no token.
    """

    vectors: Vectors
    offsets: tuple[tuple[int, int], ...]

    def __post_init__(self) -> None:
        """Check that every token has a place."""
        if len(self.vectors) != len(self.offsets):
            raise ValueError(f"{len(self.vectors)} vectors for {len(self.offsets)} tokens")


class Encoder(Protocol):
    """Anything that turns texts into vectors: the real encoder, and the fake one of unit tests."""

    name: str
    backend: str
    dimension: int

    def encode(self, texts: Sequence[str], kind: Kind, progress: Progress = silent) -> Vectors:
        """Return float32 of shape (len(texts), dimension) in input order.

        The inner product of a query and a passage is a cosine, or a GatedEncoder's likeness on the
        scale of one (the same text may then stand a little above 1). Passages have length 1; so have
        queries, but for a GatedEncoder's.
        """
        ...

    def token_vectors(self, texts: Sequence[str], kind: Kind) -> tuple[TokenVectors, ...]:
        """Return the tokens of each text with their vectors, in input order."""
        ...

    def passages(self, text: str) -> tuple[tuple[int, int], ...]:
        """Return (start, end) of the pieces a long text is cut into; together they cover it."""
        ...


class Turns:
    """A lock that is given in the order of asking.

    threading.Lock is not: who gives it back and asks again at once, as an import does between two
    batches, takes it before anyone who waits has woken up.
    """

    def __init__(self) -> None:
        """Nobody waits yet."""
        self._changed = threading.Condition()
        self._line: deque[object] = deque()

    def __enter__(self) -> None:
        """Stand in line until it is one's turn."""
        turn = object()
        with self._changed:
            self._line.append(turn)
            try:
                self._changed.wait_for(lambda: self._line[0] is turn)
            except BaseException:  # interrupted while waiting: do not hold up those behind
                self._line.remove(turn)
                self._changed.notify_all()
                raise

    def __exit__(self, *_: object) -> None:
        """Let the next one in."""
        with self._changed:
            self._line.popleft()
            self._changed.notify_all()


class SentenceEncoder:
    """A sentence-transformers model behind one lock that is held for one small batch at a time.

    So a query waits for at most one batch of somebody else's import, never for the whole import.
    """

    def __init__(self, name: str, model: "SentenceTransformer", backend: str, digest: str) -> None:
        """Wrap a loaded model; `digest` identifies its weights."""
        self.name = f"{name}@{digest[:12]}"
        self.backend = backend
        self.dimension = int(model.get_embedding_dimension() or 0)
        self._model = model
        self._lock = Turns()
        self._prompts = _prompts_of(name, model)

    def encode(self, texts: Sequence[str], kind: Kind, progress: Progress = silent) -> Vectors:
        """Return float32 (len(texts), dimension), L2-normalised, in input order."""
        vectors = np.zeros((len(texts), self.dimension), dtype=np.float32)
        prompt = self._prompts[kind]
        done = 0
        for rows in _batches(texts):
            batch = [texts[row] for row in rows]
            with self._lock:
                vectors[rows] = self._model.encode(
                    batch,
                    prompt=prompt,
                    batch_size=len(batch),
                    normalize_embeddings=True,
                    show_progress_bar=False,
                )
            done += len(rows)
            progress("임베딩", done, len(texts))
        return vectors

    def token_vectors(self, texts: Sequence[str], kind: Kind) -> tuple[TokenVectors, ...]:
        """Return what the last layer says of each token, before it is pooled to one vector."""
        prompt = self._prompts[kind]
        found: dict[int, TokenVectors] = {}
        for rows in _batches(texts):
            batch = [texts[row] for row in rows]
            with self._lock:
                hidden: Any = self._model.encode(
                    batch,
                    prompt=prompt,
                    batch_size=len(batch),
                    output_value="token_embeddings",
                    show_progress_bar=False,
                )
                places: Any = self._model.tokenizer(
                    [prompt + text for text in batch],
                    truncation=True,
                    max_length=self._model.max_seq_length,
                    return_offsets_mapping=True,
                    verbose=False,
                )["offset_mapping"]
            for row, vectors, offsets in zip(rows, hidden, places, strict=True):
                text = texts[row]
                found[row] = _tokens_of(text, vectors.cpu().numpy(), offsets, len(prompt))
        return tuple(found[row] for row in range(len(texts)))

    def passages(self, text: str) -> tuple[tuple[int, int], ...]:
        """Cut a text into pieces of at most PASSAGE_TOKENS tokens, at sentence ends where it can."""
        if len(text) <= PASSAGE_TOKENS:
            return ((0, len(text)),)
        with self._lock:
            encoding = self._model.tokenizer(
                text, add_special_tokens=False, return_offsets_mapping=True, verbose=False
            )
        return cut_passages(text, [(int(a), int(b)) for a, b in encoding["offset_mapping"]])


def _tokens_of(
    text: str, hidden: Vectors, places: Sequence[tuple[int, int]], prompt_length: int
) -> TokenVectors:
    """Keep the tokens that hold something of the text; blanks at a token's ends are cut off."""
    kept: list[int] = []
    offsets: list[tuple[int, int]] = []
    for row, place in enumerate(places):
        start, end = (max(0, position - prompt_length) for position in place)
        piece = text[start:end]
        if piece.strip():
            kept.append(row)
            offsets.append((start + len(piece) - len(piece.lstrip()), start + len(piece.rstrip())))
    vectors = hidden[kept].astype(np.float32)
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return TokenVectors(vectors / np.maximum(lengths, 1e-12), tuple(offsets))


def cut_passages(
    text: str, offsets: Sequence[tuple[int, int]], limit: int = PASSAGE_TOKENS
) -> tuple[tuple[int, int], ...]:
    """Cut at the last sentence end (else the last space) within each `limit` tokens."""
    pieces: list[tuple[int, int]] = []
    first, start = 0, 0
    while len(offsets) - first > limit:
        end = offsets[first + limit][0]
        middle = offsets[first + limit // 2][0]
        cut = _last_break(text, middle, end)
        pieces.append((start, cut))
        start = cut
        while first < len(offsets) and offsets[first][0] < cut:
            first += 1
    if text[start:].strip():
        pieces.append((start, len(text)))
    return tuple(pieces) or ((0, len(text)),)


def _last_break(text: str, low: int, high: int) -> int:
    """Return the best place to cut in (low, high]: a sentence end, else a space, else `high`."""
    for marks in (("\n",), (". ", "다. ", "? ", "! ", "。", "; "), (" ",)):
        found = [
            text.rfind(mark, low, high) + len(mark) for mark in marks if mark in text[low:high]
        ]
        if found:
            return max(found)
    return high


def open_encoder(
    model: str | None,
    cache: Path,
    backend: str = "auto",
    progress: Progress = silent,
    adapter: Path | None = None,
) -> "SentenceEncoder | GatedEncoder":
    """Load a model: the adapted bundled one (None), the plain bundled one (BUNDLED), a hub name or
    a local sentence-transformers folder. The adapted one stands beside the plain one where its
    adapter has a gate.

    adapter: the folder of another adapter than the shipped one, for the adapted model.
    Raises ModelUnavailable with what to do, InvalidRequest for an unknown backend.
    """
    name = model or ADAPTED
    if backend not in BACKENDS:
        raise InvalidRequest(f"백엔드 '{backend}'을(를) 모릅니다. 가능한 값: {', '.join(BACKENDS)}")
    chosen = backend if backend != "auto" else ("openvino" if find_spec("openvino") else "torch")
    if chosen == "openvino" and not find_spec("openvino"):
        raise ModelUnavailable(
            "OpenVINO가 설치되어 있지 않습니다. `make install`을 실행하거나 GREENMATCH_BACKEND=torch로 "
            "바꾸십시오."
        )
    place = find_model(name, cache, progress)
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    if name != ADAPTED:
        return _encoder_of(name, load_model(place), chosen, cache)
    learned = Adapter.read(adapter or SHIPPED)
    trained = load_model(place)
    apply_adapter(trained, learned)
    adapted = _encoder_of(name, trained, chosen, cache)
    if learned.gate is None:
        return adapted
    plain = _encoder_of(BUNDLED, load_model(place), chosen, cache)
    return GatedEncoder(name, plain, adapted, learned.gate)


def _encoder_of(
    name: str, model: "SentenceTransformer", backend: str, cache: Path
) -> SentenceEncoder:
    digest = weights_digest(model)
    if backend == "openvino":
        _use_openvino(model, cache / "openvino" / digest[:32])
    return SentenceEncoder(name, model, backend, digest)


def load_model(place: str) -> "SentenceTransformer":
    """Load quietly: the libraries' own bars and reports would drown ours."""
    for noisy in ("transformers", "sentence_transformers", "huggingface_hub"):
        logging.getLogger(noisy).setLevel(logging.ERROR)
    from sentence_transformers import SentenceTransformer
    from transformers.utils import logging as untyped_logging

    transformers_logging: Any = untyped_logging
    transformers_logging.disable_progress_bar()
    transformers_logging.set_verbosity_error()
    try:
        return SentenceTransformer(place, device="cpu")
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        raise ModelUnavailable(
            f"임베딩 모델 '{place}'을(를) 불러오지 못했습니다({type(error).__name__}). "
            "GREENMATCH_MODEL의 이름이나 폴더를 확인하거나, 비워서 내장 모델을 쓰십시오."
        ) from error


def apply_adapter(model: "SentenceTransformer", adapter: Adapter) -> None:
    """Add an adapter's differences to the weights in place; raises ModelUnavailable."""
    require_base(adapter, weights_digest(model))
    add_differences(model, adapter.differences)


def require_base(adapter: Adapter, digest: str) -> None:
    """Raise ModelUnavailable where an adapter belongs to another model than that of these weights."""
    if digest != adapter.base_digest:
        raise ModelUnavailable(
            f"어댑터 {adapter.name}은(는) 다른 바탕 모델의 것입니다. 캐시 폴더의 models를 지우고 다시 "
            f"실행하거나 GREENMATCH_MODEL={BUNDLED}로 어댑터 없이 쓰십시오."
        )


def add_differences(
    model: "SentenceTransformer", added: Mapping[str, npt.NDArray[np.float32]]
) -> None:
    """Add to the weights of the same names, in place."""
    import torch

    weights = model.state_dict()
    with torch.no_grad():
        for name, difference in added.items():
            weights[name].add_(torch.from_numpy(difference))


def weights_digest(model: "SentenceTransformer") -> str:
    """Return the SHA-256 of all weights, names in order.

    The pooler is left out: sentence embeddings do not use it, and where a checkpoint has none,
    transformers fills it with new random numbers at every load.
    """
    total = hashlib.sha256()
    for name, tensor in sorted(model.state_dict().items()):
        if "pooler" in name:
            continue
        total.update(name.encode())
        total.update(tensor.contiguous().numpy().tobytes())
    return total.hexdigest()


def _prompts_of(name: str, model: "SentenceTransformer") -> dict[Kind, str]:
    """Return what stands before queries and passages: the model's own prompts, e5's by name.

    sentence-transformers fills `prompts` with empty strings where a model defines none.
    """
    own = {key: value for key, value in model.prompts.items() if value}
    if "e5" in name.lower() and "instruct" not in name.lower() and not own:
        own = dict(PROMPTS)
    return {
        "query": own.get("query", ""),
        "passage": own.get("passage", own.get("document", "")),
    }


def _batches(texts: Sequence[str]) -> Iterator[list[int]]:
    """Yield row numbers in batches of like length, longest first, bounded in padded characters."""
    order = sorted(range(len(texts)), key=lambda row: (-len(texts[row]), row))
    start = 0
    while start < len(order):
        longest = max(1, len(texts[order[start]]))
        size = max(1, min(BATCH_TEXTS, BATCH_CHARACTERS // longest))
        yield order[start : start + size]
        start += size


def _use_openvino(model: "SentenceTransformer", folder: Path) -> None:
    """Let OpenVINO run the transformer; tokenizing, pooling and prompts stay where they are."""
    import openvino
    import torch

    path = folder / "model.xml"
    if not path.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / "lock"):
            if not path.is_file():
                _convert(model, path)
    compiled = openvino.Core().compile_model(
        str(path), "CPU", {"INFERENCE_PRECISION_HINT": "f32", "PERFORMANCE_HINT": "LATENCY"}
    )
    request = compiled.create_infer_request()

    class OpenVinoTransformer(torch.nn.Module):
        """Stands in for the transformer: the same inputs, `last_hidden_state` out."""

        def __init__(self, config: Any) -> None:
            super().__init__()
            self.config = config

        def forward(self, input_ids: Any, attention_mask: Any, **_: Any) -> dict[str, Any]:
            inputs = {"input_ids": input_ids.numpy(), "attention_mask": attention_mask.numpy()}
            hidden = np.array(request.infer(inputs)[0])
            return {"last_hidden_state": torch.from_numpy(hidden)}

    transformer: Any = model[0]
    transformer.model = OpenVinoTransformer(transformer.model.config)


def _convert(model: "SentenceTransformer", path: Path) -> None:
    """Trace the transformer to OpenVINO's form; written beside its place and moved there whole."""
    import openvino
    import torch

    transformer: Any = model[0]
    inner = transformer.model

    class HiddenStates(torch.nn.Module):
        """Traced: ids and mask in, token vectors out."""

        def __init__(self) -> None:
            super().__init__()
            self.inner = inner

        def forward(self, input_ids: Any, attention_mask: Any) -> Any:
            return self.inner(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state

    example = model.tokenizer(["온실가스 감축", "물"], padding=True, return_tensors="pt")
    inputs = {key: example[key] for key in ("input_ids", "attention_mask")}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # tracing warns of branches that the mask makes constant
        converted = openvino.convert_model(HiddenStates().eval(), example_input=inputs)
    work = path.with_name("building.xml")
    openvino.save_model(converted, str(work), compress_to_fp16=False)
    os.replace(work.with_suffix(".bin"), path.with_suffix(".bin"))
    os.replace(work, path)
