"""Bringing the snapshot up to date with the store: what `greenmatch index` does."""

from dataclasses import dataclass
from typing import Any

from indexing.snapshot import (
    COLLECTIONS,
    Manifest,
    build_snapshot,
    open_snapshot,
    read_digests,
    record_digest,
)
from indexing.vectors import remembering
from matcher.errors import InvalidRequest, SnapshotMismatch, SnapshotMissing
from matcher.progress import Progress, silent
from service.mirror import Mirror
from service.settings import Settings
from service.store import Contents, Store
from service.workbench import NO_SNAPSHOT, Tools, open_tools


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
    encoder = remembering(tools.encoder, settings.cache / "vectors")
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


@dataclass(frozen=True, slots=True)
class Difference:
    """How store and snapshot differ: ids that the index lacks, holds in an older form, or too many."""

    missing: tuple[str, ...]
    outdated: tuple[str, ...]
    gone: tuple[str, ...]

    @property
    def is_none(self) -> bool:
        """Tell whether the index says what the store says."""
        return not (self.missing or self.outdated or self.gone)

    @property
    def sentence(self) -> str:
        """What differs, in Korean."""
        if self.is_none:
            return "색인이 저장된 자료와 같습니다."
        return (
            f"색인이 저장된 자료와 다릅니다: 색인에 없음 {len(self.missing):,}, 바뀜 "
            f"{len(self.outdated):,}, 지워졌는데 남음 {len(self.gone):,}. 서비스는 이 차이를 덧대어 "
            "답하며, `greenmatch index`가 색인을 같게 합니다."
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form; an offering is named company/offering."""
        return {
            name: [id.replace("\x1f", "/") for id in getattr(self, name)]
            for name in ("missing", "outdated", "gone")
        }


def compare_with_store(settings: Settings) -> Difference:
    """Compare every text of the store with the current snapshot; loads no model.

    Raises SnapshotMissing, SnapshotMismatch, StoreUnavailable.
    """
    digests = read_digests(settings.home)
    if digests is None:
        raise SnapshotMissing(NO_SNAPSHOT)
    store = Store.open(settings.database_url)
    try:
        now = Mirror.read(store).digests
    finally:
        store.close()
    pairs = [(name, id) for name in COLLECTIONS for id in {*now[name], *digests[name]}]
    found: dict[str, list[str]] = {"missing": [], "outdated": [], "gone": []}
    for name, id in sorted(pairs):
        stored, indexed = now[name].get(id), digests[name].get(id)
        if stored != indexed:
            kind = "missing" if indexed is None else "gone" if stored is None else "outdated"
            found[kind].append(id)
    return Difference(*(tuple(found[kind]) for kind in ("missing", "outdated", "gone")))
