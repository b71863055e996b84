"""Everything a match needs, wired once and kept fresh: store, model, analyzer, snapshot.

Freshness. A `Desk` is the snapshot with everything that changed since laid over it (`FreshIndex`)
and the records as they are now (`Mirror`). Whoever asks first after a change brings the desk up to
date: deletions at once, up to AT_ONCE new texts at once, more of them behind the answers.

Locks. Opening the model and renewing the desk happen under locks of their own; answering does not:
a `Desk` is an immutable value, and any number of threads match on it at once. The one lock on that
way is the encoder's own, held for one batch of a few texts, so a request waits for at most one
batch of another's encoding. `greenmatch index` encodes in its own process.
"""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from data.identity import Pair, find_pairs
from indexing.overlay import FreshIndex, Learned, learn, unlearned
from indexing.snapshot import COLLECTIONS, open_snapshot, read_manifest
from matcher.errors import GreenMatchError, SnapshotMismatch, SnapshotMissing, UnknownId
from matcher.kinds import asked_kind, offered_kind
from matcher.matching import Catalogue, Matchmaker
from matcher.policy import Policy
from matcher.progress import Progress, silent
from matcher.records import Company, Need
from matcher.sectors import need_sectors, offering_sectors
from service.jobs import Jobs
from service.mirror import Mirror
from service.observing import MeasuredEncoder, Metrics
from service.settings import Settings, secret_of
from service.store import Contacts, Drafts, Seal, Store

if TYPE_CHECKING:
    from indexing.analyzer import Analyzer
    from indexing.encoder import Encoder
    from indexing.projection import Projection
    from indexing.snapshot import Manifest, Snapshot

AT_ONCE_SECONDS = 0.2
"""How long a page waits for pairs of companies before it comes without them."""
AT_ONCE = 100
"""New texts that a request waits for; encoding them takes about a second."""
MOST_LAID_OVER = 2_000
"""New texts beside a snapshot; beyond, searching would slow down and `greenmatch index` is asked for."""
STALE = (
    "색인한 뒤에 들어온 글이 많아 아직 찾지 못하는 글이 {n:,}건 있습니다. "
    "`greenmatch index`를 실행하십시오."
)
LEARNING = "새로 들어온 글 {n:,}건을 읽는 중입니다. 곧 찾을 수 있습니다."
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
    """One consistent state to answer from; `stale` is a sentence where texts cannot be found yet."""

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
        self._mirror: Mirror | None = None
        self._learned: dict[str, dict[str, Learned]] = {name: {} for name in COLLECTIONS}
        self._learner: threading.Thread | None = None
        self._warmer: threading.Thread | None = None
        self._pairing = threading.Lock()
        self._pairer: threading.Thread | None = None
        self._pairs: tuple[int, Sequence[Pair]] | None = None
        self._drawing = threading.Lock()
        self._painter: threading.Thread | None = None
        self._picture: tuple[str, Projection] | None = None
        self._closing = threading.Event()
        self.metrics = Metrics()
        self.jobs = Jobs()
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

    def drafts(self) -> Drafts:
        """Return the store's uploaded files, opened with this installation's secret."""
        return self.store.drafts(Seal(secret_of(self.settings)))

    def picture(self) -> "Projection | None":
        """Return the picture of the offerings; None while it is being drawn (seconds, once a snapshot).

        Raises what `desk` raises.
        """
        self.desk()
        with self._drawing:
            snapshot = self._snapshot
            if snapshot is None:
                raise SnapshotMissing(NO_SNAPSHOT)
            name = snapshot.manifest.snapshot_id
            if self._picture is not None and self._picture[0] == name:
                return self._picture[1]
            if self._painter is None or not self._painter.is_alive():
                self._painter = threading.Thread(target=self._draw, args=(snapshot,), daemon=True)
                self._painter.start()
        return None

    def _draw(self, snapshot: "Snapshot") -> None:
        from indexing.projection import project

        self._picture = (snapshot.manifest.snapshot_id, project(snapshot.offerings))

    def close(self) -> None:
        """Stop learning and give back the database's connections."""
        self._closing.set()
        self.jobs.wait()
        learner = self._learner
        if learner is not None:
            learner.join()
        self.store.close()

    def tools(self) -> Tools:
        """Return model and analyzer, loading them the first time."""
        with self._opening:
            if self._tools is None:
                opened = self._open_tools()
                measured = MeasuredEncoder(opened.encoder, self.metrics)
                self._tools = Tools(measured, opened.analyzer)
            return self._tools

    def desk(self) -> Desk:
        """Return the state to answer from, brought up to date with store and snapshot.

        What changed in the store is read before anyone goes on: a deleted company must not appear. A
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

    def duplicates(self) -> "Sequence[Pair] | None":
        """Return pairs of companies that may be one; None while they are sought, behind the answers.

        They hold until records change; for 10,000 companies the search takes a minute.
        """
        key = next((entry.import_id for entry in self.store.imports(1)), 0)
        with self._pairing:
            if self._pairs is not None and self._pairs[0] == key:
                return self._pairs[1]
            if self._pairer is None or not self._pairer.is_alive():
                self._pairer = threading.Thread(target=self._pair_up, args=(key,), daemon=True)
                self._pairer.start()
                self._pairer.join(AT_ONCE_SECONDS)
            if self._pairs is not None and self._pairs[0] == key:
                return self._pairs[1]
        return None

    def known_duplicates(self) -> int | None:
        """Return how many pairs were found of the records as they are now; None where nobody has looked."""
        key = next((entry.import_id for entry in self.store.imports(1)), 0)
        pairs = self._pairs
        return len(pairs[1]) if pairs is not None and pairs[0] == key else None

    def _pair_up(self, key: int) -> None:
        self._pairs = (key, find_pairs(self.store.companies()))

    def warm_up(self) -> None:
        """Read fields and kinds of every text behind the answers; a first look would wait for them."""
        if self._warmer is None:
            self._warmer = threading.Thread(target=self._read_texts, daemon=True)
            self._warmer.start()

    def _read_texts(self) -> None:
        desk = self._desk
        if desk is None:
            return
        needs, offerings = desk.catalogue.needs, desk.catalogue.offerings
        self.metrics.unread.set(len(needs) + len(offerings))
        for need in needs.values():
            need_sectors(need, need.text)
            asked_kind(need, need.text)
            self.metrics.unread.dec()
        for offering in offerings.values():
            if self._closing.is_set():
                return
            offering_sectors(offering)
            offered_kind(offering)
            self.metrics.unread.dec()
            time.sleep(0)  # whoever asks goes first

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
        with self.metrics.stages.labels("renew").time():
            return self._renewed()

    def _renewed(self) -> Desk:
        desk = self._desk
        snapshot = self._newest_snapshot()
        if desk is not None and (desk.revision, desk.manifest.snapshot_id) == (
            self.store.revision(),
            snapshot.manifest.snapshot_id,
        ):
            return desk  # another thread has just done it
        mirror = self._mirror.caught_up(self.store) if self._mirror else Mirror.read(self.store)
        self._mirror = mirror
        missing = _flat(unlearned(snapshot, mirror.digests, self._learned))
        if len(missing) <= AT_ONCE:
            self._take(self._learn(mirror, missing))
            missing = []
        elif len(missing) <= MOST_LAID_OVER and self._learner is None:
            self._learner = threading.Thread(target=self._catch_up, daemon=True)
            self._learner.start()
        self._desk = self._lay_out(mirror, snapshot, len(missing))
        return self._desk

    def _learn(
        self, mirror: Mirror, ids: Sequence[tuple[str, str]]
    ) -> dict[str, dict[str, Learned]]:
        """Learn texts; needs no lock."""
        tools = self.tools()
        learned: dict[str, dict[str, Learned]] = {}
        for name in COLLECTIONS:
            texts = {
                id: (mirror.digests[name][id], mirror.text(name, id))
                for collection, id in ids
                if collection == name
            }
            learned[name] = learn(texts, tools.encoder, tools.analyzer) if texts else {}
        return learned

    def _take(self, learned: Mapping[str, Mapping[str, Learned]]) -> None:
        """Add what was learned; the caller holds `_refreshing`."""
        self._learned = {name: {**self._learned[name], **learned[name]} for name in COLLECTIONS}

    def _catch_up(self) -> None:
        """Learn what is missing, AT_ONCE texts at a time, while requests go on; then lay it over."""
        while not self._closing.is_set():
            with self._refreshing:
                mirror, snapshot = self._mirror, self._snapshot
                if mirror is None or snapshot is None:
                    break
                missing = _flat(unlearned(snapshot, mirror.digests, self._learned))
                if not missing or len(missing) > MOST_LAID_OVER:
                    break
            learned = self._learn(mirror, missing[:AT_ONCE])
            with self._refreshing:
                self._take(learned)
        with self._refreshing:
            self._learner = None
            if self._mirror is not None and self._snapshot is not None and self._desk is not None:
                missing = _flat(unlearned(self._snapshot, self._mirror.digests, self._learned))
                self._desk = self._lay_out(self._mirror, self._snapshot, len(missing))

    def _lay_out(self, mirror: Mirror, snapshot: "Snapshot", missing: int) -> Desk:
        for name in COLLECTIONS:  # forget what a newer snapshot holds, and what is gone
            present, indexed = mirror.digests[name], snapshot.digests[name]
            self._learned[name] = {
                id: item
                for id, item in self._learned[name].items()
                if present.get(id) == item.digest and indexed.get(id) != item.digest
            }
        catalogue = Catalogue(mirror.companies, mirror.needs, mirror.vetoes)
        index = FreshIndex(snapshot, mirror.digests, self._learned)
        for name in COLLECTIONS:
            self.metrics.indexed.labels(name).set(len(getattr(index, name)))
        self.metrics.waiting.set(missing)
        stale = None
        if missing:
            stale = (LEARNING if missing <= MOST_LAID_OVER else STALE).format(n=missing)
        return Desk(
            matchmaker=Matchmaker(catalogue, index, self._policy),
            catalogue=catalogue,
            manifest=snapshot.manifest,
            revision=mirror.revision,
            stale=stale,
        )

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


def _flat(ids: Mapping[str, Sequence[str]]) -> list[tuple[str, str]]:
    return [(name, id) for name, named in ids.items() for id in named]
