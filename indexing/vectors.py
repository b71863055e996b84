"""A vector cache on disk: a rebuild encodes only what changed.

One SQLite file per model and backend; keys are SHA-256 of kind and text, so the cache holds no
readable text. Every batch is committed, so an interrupted run goes on where it stopped.
"""

import hashlib
import re
import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path

import numpy as np

from indexing.encoder import Encoder, Kind, TokenVectors, Vectors
from indexing.gate import GatedEncoder
from matcher.progress import Progress, silent

CHUNK = 512


def remembering(encoder: Encoder, folder: Path) -> Encoder:
    """Lay a cache of vectors before an encoder; before both models of a gated one."""
    if isinstance(encoder, GatedEncoder):
        return encoder.over(
            VectorCache(encoder.plain, folder), VectorCache(encoder.adapted, folder)
        )
    return VectorCache(encoder, folder)


class VectorCache:
    """An Encoder that remembers what another Encoder said; safe for several processes."""

    def __init__(self, encoder: Encoder, folder: Path) -> None:
        """Open (or make) the cache file of this model and backend below `folder`."""
        self.name = encoder.name
        self.backend = encoder.backend
        self.dimension = encoder.dimension
        self._encoder = encoder
        folder.mkdir(parents=True, exist_ok=True)
        safe = re.sub(r"[^A-Za-z0-9._@-]", "_", f"{encoder.name}-{encoder.backend}")
        self._path = folder / f"{safe}.sqlite3"
        with closing(self._connect()) as connection, connection:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute(
                "CREATE TABLE IF NOT EXISTS vectors (key BLOB PRIMARY KEY, vector BLOB NOT NULL)"
                " WITHOUT ROWID"
            )

    def passages(self, text: str) -> tuple[tuple[int, int], ...]:
        """Cut as the encoder does."""
        return self._encoder.passages(text)

    def token_vectors(self, texts: Sequence[str], kind: Kind) -> tuple[TokenVectors, ...]:
        """Ask the encoder: a text has a hundred of them, too many to keep."""
        return self._encoder.token_vectors(texts, kind)

    def encode(self, texts: Sequence[str], kind: Kind, progress: Progress = silent) -> Vectors:
        """Return what the encoder returns; texts seen before come from the cache."""
        keys = [hashlib.sha256(f"{kind}\x1f{text}".encode()).digest() for text in texts]
        vectors = np.zeros((len(texts), self.dimension), dtype=np.float32)
        with closing(self._connect()) as connection:
            known = self._read(connection, keys)
            unknown: dict[bytes, list[int]] = {}
            for row, key in enumerate(keys):
                if key in known:
                    vectors[row] = known[key]
                else:
                    unknown.setdefault(key, []).append(row)
            todo = list(unknown)
            base = len(texts) - sum(len(rows) for rows in unknown.values())
            for start in range(0, len(todo), CHUNK):
                part = todo[start : start + CHUNK]

                def report(what: str, done: int, _total: int, start: int = start) -> None:
                    progress(what, base + start + done, base + len(todo))

                fresh = self._encoder.encode([texts[unknown[k][0]] for k in part], kind, report)
                for key, vector in zip(part, fresh, strict=True):
                    vectors[unknown[key]] = vector
                with connection:
                    connection.executemany(
                        "INSERT OR REPLACE INTO vectors VALUES (?, ?)",
                        [(k, v.tobytes()) for k, v in zip(part, fresh, strict=True)],
                    )
        return vectors

    def _connect(self) -> sqlite3.Connection:
        return sqlite3.connect(self._path, timeout=60)

    def _read(self, connection: sqlite3.Connection, keys: Iterable[bytes]) -> dict[bytes, Vectors]:
        wanted = list(dict.fromkeys(keys))
        found: dict[bytes, Vectors] = {}
        for start in range(0, len(wanted), CHUNK):
            part = wanted[start : start + CHUNK]
            marks = ",".join("?" * len(part))  # nothing else is put into the statement
            question = f"SELECT key, vector FROM vectors WHERE key IN ({marks})"  # nosec B608
            rows = connection.execute(question, part)
            found.update({k: np.frombuffer(v, dtype=np.float32) for k, v in rows})
        return found
