"""Bringing the snapshot up to date with the store: what `greenmatch index` does."""

from dataclasses import dataclass
from typing import Any

from indexing.snapshot import Manifest, build_snapshot, open_snapshot, record_digest
from indexing.vectors import VectorCache
from matcher.errors import InvalidRequest, SnapshotMismatch, SnapshotMissing
from matcher.progress import Progress, silent
from service.settings import Settings
from service.store import Contents, Store
from service.workbench import Tools, open_tools


@dataclass(frozen=True, slots=True)
class Built:
    """The snapshot in use, and whether it had to be made."""

    manifest: Manifest
    is_new: bool

    @property
    def sentence(self) -> str:
        """What was done, in one Korean sentence."""
        counts = self.manifest.counts
        done = "색인을 만들었습니다" if self.is_new else "색인이 이미 최신입니다"
        left_out = counts["without_words"]
        return (
            f"{done}: 공급기업 {counts['companies']:,}, 공급기술 {counts['offerings']:,}, "
            f"수요 {counts['needs']:,} (색인 {self.manifest.snapshot_id}, "
            f"모델 {self.manifest.model}, 분석기 {self.manifest.analyzer})"
            + (
                f". 글자가 없어 찾을 수 없는 글 {left_out:,}건은 색인하지 않았습니다."
                if left_out
                else ""
            )
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {"is_new": self.is_new, "manifest": self.manifest.to_dict()}


def bring_up_to_date(
    settings: Settings, *, rebuild: bool = False, progress: Progress = silent
) -> Built:
    """Build a snapshot of the store, unless the one on disk says the same already.

    Raises InvalidRequest where the store is empty, and what opening store and model raises.
    """
    store = Store.open(settings.database_url)
    try:
        contents = store.contents()
    finally:
        store.close()
    if not contents.companies and not contents.needs:
        raise InvalidRequest(
            "저장된 자료가 없습니다. 먼저 `greenmatch import 파일`로 자료를 넣으십시오."
        )
    tools = open_tools(settings, progress)
    manifest = None if rebuild else _usable_manifest(settings, contents, tools)
    if manifest is not None:
        return Built(manifest, is_new=False)
    encoder = VectorCache(tools.encoder, settings.cache / "vectors")
    manifest = build_snapshot(
        settings.home,
        contents.companies,
        contents.needs,
        encoder,
        tools.analyzer,
        progress=progress,
    )
    return Built(manifest, is_new=True)


def _usable_manifest(settings: Settings, contents: Contents, tools: Tools) -> Manifest | None:
    """Return the manifest on disk where building again would give the same snapshot."""
    try:
        manifest = open_snapshot(settings.home, tools.encoder, tools.analyzer).manifest
    except (SnapshotMissing, SnapshotMismatch):
        return None  # whatever is wrong with it, what is being built now replaces it
    built = (manifest.backend, manifest.record_digest)
    now = (tools.encoder.backend, record_digest(contents.companies, contents.needs))
    return manifest if built == now else None
