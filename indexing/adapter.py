"""What training changed in a model, small enough to ship: added to the base weights at load.

Each trained matrix is kept as its difference from the base in 8-bit integers with one scale a row,
other tensors as 16-bit floats. An adapter belongs to one base model, known by its weights' digest,
and may hold the gate that says for which texts it is meant (`indexing.gate`).
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from safetensors import safe_open
from safetensors.numpy import save_file

from indexing.gate import Gate, Scale
from matcher.errors import ModelUnavailable

Array = npt.NDArray[np.float32]
WEIGHTS = "adapter.safetensors"
CONFIGURATION = "adapter.json"
SHIPPED = Path(__file__).parent / "adapters" / "green-e5-small-7"
LARGEST_INTEGER = 127
GATE = "gate"
"""Name of the tensor that holds the gate's weights and, last, its intercept and both scales."""
ALIGNMENT = "alignment"


@dataclass(frozen=True, slots=True)
class Adapter:
    """Differences from a base model's tensors, by the tensor's name."""

    name: str
    base_digest: str
    differences: dict[str, Array]
    gate: Gate | None = None

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Read what `write` wrote; raises ModelUnavailable."""
        try:
            configuration = json.loads((folder / CONFIGURATION).read_text(encoding="utf-8"))
            with safe_open(str(folder / WEIGHTS), framework="numpy") as stored:
                tensors = {name: stored.get_tensor(name) for name in stored.keys()}  # noqa: SIM118
        except (OSError, ValueError) as error:
            raise ModelUnavailable(
                f"어댑터 폴더 {folder}을(를) 읽지 못했습니다. 폴더를 확인하거나 "
                "GREENMATCH_MODEL=bundled:multilingual-e5-small로 어댑터 없이 쓰십시오."
            ) from error
        gate = None
        if GATE in tensors:
            *weights, intercept, factor, offset, foreign_factor, foreign_offset = (
                tensors.pop(GATE).astype(float).tolist()
            )
            alignment = tensors.pop(ALIGNMENT, None)
            if alignment is not None:
                alignment = alignment.astype(np.float32)
            gate = Gate(
                np.array(weights, dtype=np.float32),
                intercept,
                alignment,
                Scale(factor, offset),
                Scale(foreign_factor, foreign_offset),
            )
        return cls(configuration["name"], configuration["base_digest"], _to_floats(tensors), gate)

    def write(self, folder: Path, facts: dict[str, Any]) -> None:
        """Write weights and configuration; `facts` says how it was made."""
        folder.mkdir(parents=True, exist_ok=True)
        tensors = _to_integers(self.differences)
        if self.gate is not None:
            scales = (self.gate.korean, self.gate.foreign)
            numbers = [n for scale in scales for n in (scale.factor, scale.offset)]
            last = np.array([self.gate.intercept, *numbers], dtype=np.float32)
            tensors[GATE] = np.concatenate([self.gate.weights, last])
            if self.gate.alignment is not None:
                tensors[ALIGNMENT] = self.gate.alignment.astype(np.float16)
        save_file(tensors, folder / WEIGHTS)
        configuration = {"name": self.name, "base_digest": self.base_digest, **facts}
        text = json.dumps(configuration, indent=1, ensure_ascii=False)
        (folder / CONFIGURATION).write_text(text + "\n", encoding="utf-8")


def _to_integers(differences: dict[str, Array]) -> dict[str, npt.NDArray[Any]]:
    tensors: dict[str, npt.NDArray[Any]] = {}
    for name, difference in differences.items():
        if difference.ndim == 2:
            scale = np.abs(difference).max(axis=1) / LARGEST_INTEGER
            steps = difference / np.where(scale > 0, scale, 1.0)[:, None]
            tensors[f"{name}.integers"] = np.rint(steps).astype(np.int8)
            tensors[f"{name}.scale"] = scale.astype(np.float32)
        else:
            tensors[name] = difference.astype(np.float16)
    return tensors


def _to_floats(tensors: dict[str, npt.NDArray[Any]]) -> dict[str, Array]:
    differences: dict[str, Array] = {}
    for name, tensor in tensors.items():
        if name.endswith(".integers"):
            base = name.removesuffix(".integers")
            differences[base] = tensor.astype(np.float32) * tensors[f"{base}.scale"][:, None]
        elif not name.endswith(".scale"):
            differences[name] = tensor.astype(np.float32)
    return differences
