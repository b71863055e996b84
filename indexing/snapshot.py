"""The searchable state on disk: built beside the old one, proven by digests, replaced at once.

`<home>/snapshots/<id>/` holds one snapshot; the file `<home>/snapshots/CURRENT` names the one in
use and is replaced by `os.replace`, so a reader sees the old snapshot or the new one, never half.
A snapshot holds ids, vectors and words, not the records: those live in the store.
"""

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from filelock import FileLock

from indexing.analyzer import Analyzer
from indexing.collection import Collection, build_collection
from indexing.dense import DenseIndex
from indexing.encoder import Encoder
from indexing.lexical import LexicalIndex
from indexing.model import sha256_of
from indexing.quotes import TextQuoter
from matcher.errors import SnapshotMismatch, SnapshotMissing
from matcher.progress import Progress, silent
from matcher.records import Company, Need, offering_key

FORMAT = 4
BUILD_COMMAND = "greenmatch index"
OPEN_TRIES = 3
COLLECTIONS = ("offerings", "needs")


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a snapshot was made of and with; `files` maps each file to its SHA-256."""

    format: int
    snapshot_id: str
    created_at: str
    model: str
    backend: str
    analyzer: str
    dimension: int
    counts: Mapping[str, int]
    record_digest: str
    files: Mapping[str, str]

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return asdict(self)

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Self:
        """Build from the JSON form; raises SnapshotMismatch for another format.

        Raises TypeError where fields are missing or unknown.
        """
        if value.get("format") != FORMAT:
            raise SnapshotMismatch(
                f"색인 형식 {value.get('format')}은(는) 이 판에서 쓸 수 없습니다(기대값 {FORMAT}). "
                f"`{BUILD_COMMAND} --rebuild`를 실행하십시오."
            )
        return cls(**value)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """An open snapshot: both collections ready to search.

    digests: of each text that is indexed, by collection and id.
    """

    manifest: Manifest
    offerings: Collection
    needs: Collection
    quoter: TextQuoter
    digests: Mapping[str, Mapping[str, str]]

    @property
    def origin(self) -> tuple[str, str, str]:
        """Names of snapshot, model and analyzer, for the provenance of results."""
        return self.manifest.snapshot_id, self.manifest.model, self.manifest.analyzer


def record_digest(companies: Iterable[Company], needs: Iterable[Need]) -> str:
    """Return a digest of everything that is indexed: ids and texts, in id order."""
    total = hashlib.sha256()
    for texts in indexed_texts(companies, needs).values():
        for id, text in sorted(texts.items()):
            total.update(f"{id}\x1e{text}\x1d".encode())
    return total.hexdigest()


def build_snapshot(
    home: Path,
    companies: Iterable[Company],
    needs: Iterable[Need],
    encoder: Encoder,
    analyzer: Analyzer,
    *,
    progress: Progress = silent,
) -> Manifest:
    """Build a snapshot of all records and make it the current one; older ones are removed.

    One builder at a time; others wait. A crash leaves the old snapshot in use.
    """
    companies, needs = list(companies), list(needs)
    folder = home / "snapshots"
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / "build.lock"):
        for left_over in folder.glob(".building-*"):
            shutil.rmtree(left_over, ignore_errors=True)
        work = Path(tempfile.mkdtemp(dir=folder, prefix=".building-"))
        try:
            manifest = _write(work, companies, needs, encoder, analyzer, progress)
            os.replace(work, folder / manifest.snapshot_id)
            _replace_text(folder / "CURRENT", manifest.snapshot_id)
        finally:
            shutil.rmtree(work, ignore_errors=True)
        _remove_others(folder, manifest.snapshot_id)
    return manifest


def read_manifest(home: Path) -> Manifest | None:
    """Return the current snapshot's manifest, or None where there is none."""
    folder = _current(home)
    if folder is None:
        return None
    manifest = _manifest_in(folder)
    if manifest is None and _current(home) != folder:  # a builder replaced it meanwhile
        return read_manifest(home)
    return manifest


def read_digests(home: Path) -> Mapping[str, Mapping[str, str]] | None:
    """Return the digests of the current snapshot's texts without a model, or None without one."""
    folder = _current(home)
    if folder is None or read_manifest(home) is None:
        return None
    return {name: _content(folder / name)["digests"] for name in COLLECTIONS}


def open_snapshot(home: Path, encoder: Encoder, analyzer: Analyzer) -> Snapshot:
    """Open the current snapshot.

    Raises SnapshotMissing, or SnapshotMismatch where model, dimension or analyzer are others than
    those it was built with, or where a file's bytes have changed. Another backend will do: it runs
    the same weights, and both agree (see `indexing.encoder`).
    """
    for _ in range(OPEN_TRIES - 1):
        before = _current(home)
        try:
            return _open(home, encoder, analyzer)
        except (SnapshotMissing, SnapshotMismatch, OSError):
            if _current(home) == before:
                raise
    return _open(home, encoder, analyzer)


def _open(home: Path, encoder: Encoder, analyzer: Analyzer) -> Snapshot:
    """Open whatever is current now; a builder may replace it meanwhile."""
    folder = _current(home)
    manifest = _manifest_in(folder) if folder is not None else None
    if manifest is None or folder is None:
        raise SnapshotMissing(
            f"색인이 아직 없습니다. 먼저 `greenmatch import 파일`로 자료를 넣고 `{BUILD_COMMAND}`를 "
            "실행하십시오."
        )
    for what, built, now in (
        ("임베딩 모델", manifest.model, encoder.name),
        ("형태소 분석기", manifest.analyzer, analyzer.name),
        ("벡터 차원", manifest.dimension, encoder.dimension),
    ):
        if built != now:
            raise SnapshotMismatch(
                f"색인의 {what}({built})이(가) 지금 설정({now})과 다릅니다. "
                f"`{BUILD_COMMAND} --rebuild`로 다시 만들거나 설정을 되돌리십시오."
            )
    for name, digest in manifest.files.items():
        path = folder / name
        if not path.is_file() or sha256_of(path) != digest:
            raise _damaged(path)
    contents = {name: _content(folder / name) for name in COLLECTIONS}
    offerings, needs = (
        _read(folder / name, content, encoder, analyzer) for name, content in contents.items()
    )
    digests = {name: content["digests"] for name, content in contents.items()}
    return Snapshot(manifest, offerings, needs, TextQuoter(encoder, analyzer), digests)


def _manifest_in(folder: Path) -> Manifest | None:
    path = folder / "manifest.json"
    try:
        return Manifest.from_dict(json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    except (ValueError, TypeError, AttributeError) as error:
        raise _damaged(path) from error


def text_digest(text: str) -> str:
    """Return what tells one text from another: 32 hex digits."""
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def indexed_texts(companies: Iterable[Company], needs: Iterable[Need]) -> dict[str, dict[str, str]]:
    """Return what is indexed: offering texts under offering keys, need texts under need ids.

    Texts without a single letter or digit ("-") say nothing and would be near to everything.
    """
    offerings = {
        offering_key(company.company_id, offering.offering_id): offering.text
        for company in companies
        for offering in company.offerings
    }
    texts = {"offerings": offerings, "needs": {need.need_id: need.text for need in needs}}
    return {
        name: {id: text for id, text in named.items() if any(map(str.isalnum, text))}
        for name, named in texts.items()
    }


def _write(
    work: Path,
    companies: Sequence[Company],
    needs: Sequence[Need],
    encoder: Encoder,
    analyzer: Analyzer,
    progress: Progress,
) -> Manifest:
    """Write both collections and the manifest into `work`."""
    texts = indexed_texts(companies, needs)
    for name in COLLECTIONS:
        collection = build_collection(texts[name], encoder, analyzer, progress)
        folder = work / name
        folder.mkdir()
        collection.dense.write(folder / "dense.faiss")
        collection.lexical.write(folder / "lexical")
        collection.concepts.write(folder / "concepts")
        content = {
            "ids": collection.lexical.ids,
            "owners": collection.dense.owners,
            "scripts": collection.lexical.scripts,
            "concept_scripts": collection.concepts.scripts,
            "mean_length": collection.lexical.mean_length,
            "concept_mean_length": collection.concepts.mean_length,
            "digests": {id: text_digest(text) for id, text in texts[name].items()},
        }
        (folder / "ids.json").write_text(json.dumps(content), encoding="utf-8")
    files = {
        str(path.relative_to(work)): sha256_of(path)
        for path in sorted(work.rglob("*"))
        if path.is_file()
    }
    now = datetime.now(UTC)
    digest = hashlib.sha256(json.dumps(files, sort_keys=True).encode()).hexdigest()
    manifest = Manifest(
        format=FORMAT,
        snapshot_id=f"{now:%Y%m%dT%H%M%S%f}-{digest[:8]}",
        created_at=now.isoformat(timespec="seconds"),
        model=encoder.name,
        backend=encoder.backend,
        analyzer=analyzer.name,
        dimension=encoder.dimension,
        counts={
            "companies": len(companies),
            "offerings": len(texts["offerings"]),
            "needs": len(texts["needs"]),
            "without_words": sum(len(company.offerings) for company in companies)
            + len(needs)
            - sum(map(len, texts.values())),
        },
        record_digest=record_digest(companies, needs),
        files=files,
    )
    _replace_text(work / "manifest.json", json.dumps(manifest.to_dict(), indent=1))
    return manifest


def _content(folder: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((folder / "ids.json").read_text(encoding="utf-8"))
    return content


def _read(
    folder: Path, content: Mapping[str, Any], encoder: Encoder, analyzer: Analyzer
) -> Collection:
    ids = content["ids"]
    return Collection(
        DenseIndex.read(folder / "dense.faiss", content["owners"]),
        LexicalIndex.read(folder / "lexical", ids, content["scripts"], content["mean_length"]),
        LexicalIndex.read(
            folder / "concepts", ids, content["concept_scripts"], content["concept_mean_length"]
        ),
        encoder,
        analyzer,
    )


def _current(home: Path) -> Path | None:
    """Return the folder of the current snapshot, or None."""
    try:
        name = (home / "snapshots" / "CURRENT").read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return None
    return home / "snapshots" / name


def _replace_text(path: Path, text: str) -> None:
    """Write a small file whole or not at all, also across a power cut."""
    work = path.with_name(f".{path.name}.{os.getpid()}")
    with work.open("w", encoding="utf-8") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    os.replace(work, path)


def _remove_others(folder: Path, current: str) -> None:
    """Remove older snapshots; a reader that has one open keeps its memory."""
    for path in folder.iterdir():
        if path.is_dir() and path.name != current:
            shutil.rmtree(path, ignore_errors=True)


def _damaged(path: Path) -> SnapshotMismatch:
    return SnapshotMismatch(
        f"색인 파일 {path.name}이(가) 없거나 바뀌었습니다. `{BUILD_COMMAND} --rebuild`를 실행하십시오."
    )
