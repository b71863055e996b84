"""Copies of the whole store: `export` for people and other programs, `backup` and `restore` for us.

Both are read in one transaction, so that what is copied is one moment, whoever writes meanwhile.
"""

import gzip
import hashlib
import io
import json
import os
import tarfile
import tempfile
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from matcher.errors import InvalidRequest, UnreadableFile
from service.store import Store

FORMAT = 1
MANIFEST = "manifest.json"


@dataclass(frozen=True, slots=True)
class Archived:
    """What was written or read back: rows of each table."""

    path: Path
    counts: Mapping[str, int]

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {"path": str(self.path), "counts": dict(self.counts)}


def export(store: Store, folder: Path) -> Archived:
    """Write every record and every paper as JSONL in the interchange form, in id order, UTF-8.

    Companies, needs, buyers, decisions, merges, events, plans and outcomes. The same store gives the same bytes; personal data is not in it. Raises InvalidRequest where the
    folder cannot be written.
    """
    companies, needs, buyers, papers = store.everything()
    forms: dict[str, Sequence[Mapping[str, Any]]] = {
        "companies": [record.to_dict() for record in companies],
        "needs": [record.to_dict() for record in needs],
        "buyers": [record.to_dict() for record in buyers],
        **{field.name: getattr(papers, field.name) for field in fields(papers)},
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, found in forms.items():
            replace_file(folder / f"{name}.jsonl", lines(found))
    except OSError as error:
        raise InvalidRequest(
            f"'{folder}'에 쓸 수 없습니다({error.strerror}). 쓸 수 있는 폴더를 정하십시오.",
            field="folder",
        ) from error
    return Archived(folder, {name: len(found) for name, found in forms.items()})


def lines(forms: Iterable[Mapping[str, Any]]) -> bytes:
    """Return one JSON object a line."""
    text = "".join(json.dumps(form, ensure_ascii=False, sort_keys=True) + "\n" for form in forms)
    return text.encode()


def backup(store: Store, path: Path) -> Archived:
    """Write every table of one moment into one compressed file with digests; the file is private.

    The file replaces an older one only when it is whole. Raises InvalidRequest where it cannot be
    written.
    """
    version, tables = store.dump()
    members = {f"{name}.jsonl": _rows(rows) for name, rows in tables.items()}
    manifest = {
        "format": FORMAT,
        "schema": version,
        "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "sha256": {name: hashlib.sha256(data).hexdigest() for name, data in members.items()},
    }
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w:gz") as archive:
        for name, content in {MANIFEST: json.dumps(manifest, indent=1).encode(), **members}.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            info.mode = 0o600
            archive.addfile(info, io.BytesIO(content))
    try:
        replace_file(path, data.getvalue(), private=True)
    except OSError as error:
        raise InvalidRequest(
            f"'{path}'에 쓸 수 없습니다({error.strerror}). 쓸 수 있는 곳을 정하십시오.",
            field="path",
        ) from error
    return Archived(path, {name: len(rows) for name, rows in tables.items()})


def restore(store: Store, path: Path) -> Archived:
    """Put a backup in place of everything in the store, all or nothing, and compare what came of it.

    Raises UnreadableFile for what is no whole backup of this version; the store is then as before.
    """
    manifest, members = _read(path)
    version, _ = store.dump()
    if manifest.get("format") != FORMAT or manifest.get("schema") != version:
        raise UnreadableFile(
            f"'{path.name}'은(는) 다른 버전(자료 {manifest.get('schema')}, 지금 {version})의 백업입니다. "
            "같은 버전의 프로그램으로 되살린 뒤 올리십시오.",
            file=path.name,
        )
    try:
        tables = {
            name.removesuffix(".jsonl"): [json.loads(line) for line in data.decode().splitlines()]
            for name, data in members.items()
        }
        store.load(tables)
    except (ValueError, TypeError, AttributeError) as error:  # whole, but not what we wrote
        raise _broken(path) from error
    return Archived(path, {name: len(rows) for name, rows in tables.items()})


def _read(path: Path) -> tuple[Mapping[str, Any], Mapping[str, bytes]]:
    try:
        # Unpacked whole first: tarfile alone would not read as far as the check sum.
        with tarfile.open(fileobj=io.BytesIO(gzip.decompress(path.read_bytes()))) as archive:
            members = {
                item.name: file.read()
                for item in archive.getmembers()
                if (file := archive.extractfile(item)) is not None
            }
        manifest = json.loads(members.pop(MANIFEST))
        expected = manifest["sha256"]
    except FileNotFoundError:
        raise UnreadableFile(f"'{path}' 파일이 없습니다.", file=path.name) from None
    except (
        OSError,
        EOFError,
        zlib.error,
        tarfile.TarError,
        ValueError,
        KeyError,
        TypeError,
    ) as error:
        raise _broken(path) from error
    if expected != {name: hashlib.sha256(data).hexdigest() for name, data in members.items()}:
        raise _broken(path)
    return manifest, members


def _broken(path: Path) -> UnreadableFile:
    return UnreadableFile(
        f"'{path.name}'은(는) 온전한 백업 파일이 아닙니다. `greenmatch backup`이 만든 파일을 주십시오.",
        file=path.name,
    )


def _rows(rows: Iterable[Mapping[str, Any]]) -> bytes:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()


def replace_file(path: Path, data: bytes, *, private: bool = False) -> None:
    """Write beside the file and put it in place at once."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if not private:
            umask = os.umask(0)
            os.umask(umask)
            Path(name).chmod(0o666 & ~umask)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
