"""Everything a match needs, wired once and kept fresh: store, model, analyzer, snapshot.

Locks. Opening the model and rebuilding the catalogue happen under locks of their own; answering
does not: a `Desk` is an immutable value, and any number of threads match on it at once. The one
lock on that way is the encoder's own, held for one batch of a few texts, so a request waits for
at most one batch of another's encoding. Imports encode nothing; `greenmatch index` encodes in its
own process.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from indexing.snapshot import open_snapshot, read_manifest, record_digest
from matcher.errors import GreenMatchError, SnapshotMismatch, SnapshotMissing, UnknownId
from matcher.matching import Catalogue, Matchmaker
from matcher.policy import Policy
from matcher.progress import Progress, silent
from matcher.records import Company, Need
from service.settings import Settings, secret_of
from service.store import Contacts, Contents, Seal, Store

if TYPE_CHECKING:
    from indexing.analyzer import Analyzer
    from indexing.encoder import Encoder
    from indexing.snapshot import Manifest, Snapshot

STALE = (
    "저장된 자료가 색인보다 새것입니다. 바뀐 내용까지 찾으려면 `greenmatch index`를 실행하십시오."
)
NO_SNAPSHOT = (
    "색인이 없습니다. `greenmatch import 파일`로 자료를 넣고 `greenmatch index`를 실행하십시오."
)


@dataclass(frozen=True, slots=True)
class Tools:
    """What texts are understood with: slow to open, opened once."""

    encoder: "Encoder"
    analyzer: "Analyzer"


@dataclass(frozen=True, slots=True)
class Desk:
    """One consistent state to answer from; `stale` is a sentence where the snapshot lags behind."""

    matchmaker: Matchmaker
    catalogue: Catalogue
    manifest: "Manifest"
    revision: str
    stale: str | None

    def need(self, need_id: str) -> Need:
        """Return a stored need; raises UnknownId."""
        if need_id not in self.catalogue.needs:
            raise UnknownId(
                f"저장된 수요에 '{need_id}'가 없습니다. ID를 확인하거나 글로 찾으십시오.",
                id=need_id,
            )
        return self.catalogue.needs[need_id]

    def company(self, company_id: str) -> Company:
        """Return a stored company; raises UnknownId."""
        if company_id not in self.catalogue.companies:
            raise UnknownId(
                f"저장된 공급기업에 '{company_id}'가 없습니다. ID를 확인하거나 글로 찾으십시오.",
                id=company_id,
            )
        return self.catalogue.companies[company_id]


def open_tools(settings: Settings, progress: Progress = silent) -> Tools:
    """Load model and analyzer; raises ModelUnavailable, AnalyzerUnavailable."""
    from indexing.analyzer import open_analyzer
    from indexing.encoder import open_encoder

    analyzer = open_analyzer(settings.analyzer)
    return Tools(open_encoder(settings.model, settings.cache, settings.backend, progress), analyzer)


class Workbench:
    """The live product inside one process; every method may be called from any thread."""

    def __init__(self, settings: Settings, store: Store, tools: Callable[[], Tools]) -> None:
        self.settings = settings
        self.store = store
        self._open_tools = tools
        self._tools: Tools | None = None
        self._opening = threading.Lock()
        self._refreshing = threading.Lock()
        self._snapshot: Snapshot | None = None
        self._refused: tuple[str, GreenMatchError] | None = None
        self._desk: Desk | None = None
        self._policy = Policy.load()

    @classmethod
    def open(cls, settings: Settings, progress: Progress = silent) -> Self:
        """Open the store; model and snapshot follow when first used. Raises StoreUnavailable."""
        return cls(
            settings, Store.open(settings.database_url), lambda: open_tools(settings, progress)
        )

    def contacts(self) -> Contacts:
        """Return the store's contacts, opened with this installation's secret."""
        return self.store.contacts(Seal(secret_of(self.settings)))

    def close(self) -> None:
        """Give back the database's connections."""
        self.store.close()

    def tools(self) -> Tools:
        """Return model and analyzer, loading them the first time."""
        with self._opening:
            if self._tools is None:
                self._tools = self._open_tools()
            return self._tools

    def desk(self) -> Desk:
        """Return the state to answer from, brought up to date with store and snapshot.

        A changed store is read again before anyone goes on: a deleted company must not appear. A
        changed snapshot is opened by one thread while others go on with the one they have; one
        that cannot be opened is left aside (`check_ready` tells). Raises SnapshotMissing,
        SnapshotMismatch, ModelUnavailable, AnalyzerUnavailable, StoreUnavailable.
        """
        desk = self._desk
        revision = self.store.revision()
        if desk is not None and desk.revision == revision:
            if self._is_current(desk):
                return desk
            if not self._refreshing.acquire(blocking=False):
                return desk
        else:
            self._refreshing.acquire()
        try:
            return self._refreshed()
        finally:
            self._refreshing.release()

    def check_ready(self) -> Desk:
        """Return the desk; raises also where answers still come from an older snapshot."""
        desk = self.desk()
        manifest = read_manifest(self.settings.home)
        if manifest is None:
            raise SnapshotMissing(NO_SNAPSHOT)
        if self._refused is not None and self._refused[0] == manifest.snapshot_id:
            raise self._refused[1]
        return desk

    def _is_current(self, desk: Desk) -> bool:
        seen = {desk.manifest.snapshot_id, self._refused[0] if self._refused else None}
        return self._snapshot_id() in seen

    def _snapshot_id(self) -> str | None:
        """Return the id on disk; what cannot be read counts as the one in use, if there is one."""
        in_use = self._snapshot.manifest.snapshot_id if self._snapshot else None
        try:
            manifest = read_manifest(self.settings.home)
        except SnapshotMismatch:
            return in_use
        return manifest.snapshot_id if manifest else in_use

    def _refreshed(self) -> Desk:
        """Build the next desk; the caller holds `_refreshing`."""
        desk = self._desk
        snapshot = self._newest_snapshot()
        if desk is not None and (desk.revision, desk.manifest.snapshot_id) == (
            self.store.revision(),
            snapshot.manifest.snapshot_id,
        ):
            return desk  # another thread has just done it
        contents = self.store.contents()
        self._desk = _lay_out(contents, snapshot, self._policy)
        return self._desk

    def _newest_snapshot(self) -> "Snapshot":
        on_disk = self._snapshot_id()
        if self._snapshot is not None and on_disk == self._snapshot.manifest.snapshot_id:
            return self._snapshot
        if self._snapshot is None and read_manifest(self.settings.home) is None:
            raise SnapshotMissing(NO_SNAPSHOT)  # said before the model is loaded for nothing
        tools = self.tools()
        try:
            self._snapshot = open_snapshot(self.settings.home, tools.encoder, tools.analyzer)
            self._refused = None
        except (SnapshotMissing, SnapshotMismatch) as error:
            if self._snapshot is None:
                raise
            self._refused = (str(on_disk), error)
        return self._snapshot


def _lay_out(contents: Contents, snapshot: "Snapshot", policy: Policy) -> Desk:
    catalogue = Catalogue(
        {company.company_id: company for company in contents.companies},
        {need.need_id: need for need in contents.needs},
        contents.vetoes,
    )
    digest = record_digest(contents.companies, contents.needs)
    return Desk(
        matchmaker=Matchmaker(catalogue, snapshot, policy),
        catalogue=catalogue,
        manifest=snapshot.manifest,
        revision=contents.revision,
        stale=None if digest == snapshot.manifest.record_digest else STALE,
    )
