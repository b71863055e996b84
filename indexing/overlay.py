"""Texts that changed after a snapshot was built, laid over it: searchable at once, without a rebuild.

A changed text is learned alone (its vectors, terms and concepts) and scored by the snapshot's own
statistics (idf, mean length), so that its numbers mean the same as its neighbours'. What was
replaced or deleted is hidden. An overlay is an immutable value; nothing of it is written to disk:
whoever starts anew compares store and snapshot and learns what differs (docs/decisions/0014).
"""

from collections import Counter
from collections.abc import Collection as Ids
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from indexing.analyzer import Analyzer
from indexing.collection import Collection, concept_names, cut
from indexing.encoder import Encoder, Vectors
from indexing.quotes import TextQuoter
from indexing.snapshot import COLLECTIONS, Snapshot
from matcher.ranking import Evidence, QueryEvidence


@dataclass(frozen=True, slots=True)
class Learned:
    """What is known of one text: unit vectors of its passages (n, dimension), terms, concepts."""

    digest: str
    vectors: Vectors
    terms: Counter[str]
    concepts: frozenset[str]


def learn(
    texts: Mapping[str, tuple[str, str]], encoder: Encoder, analyzer: Analyzer
) -> dict[str, Learned]:
    """Learn texts, given as id to (digest, text); all passages are encoded in one call."""
    owners: list[str] = []
    passages: list[str] = []
    for id, (_, text) in texts.items():
        for passage in cut(text, encoder):
            owners.append(id)
            passages.append(passage)
    vectors = encoder.encode(passages, "passage") if passages else np.zeros((0, encoder.dimension))
    rows: dict[str, list[int]] = {}
    for row, owner in enumerate(owners):
        rows.setdefault(owner, []).append(row)
    return {
        id: Learned(
            digest,
            np.asarray(vectors[rows.get(id, [])], dtype=np.float32),
            Counter(analyzer.terms(text)),
            frozenset(concept_names(analyzer, text)),
        )
        for id, (digest, text) in texts.items()
    }


class LaidOver:
    """A collection with some of its texts hidden and others added; a `matcher.ranking.Retriever`."""

    def __init__(
        self, base: Collection, hidden: frozenset[str], added: Mapping[str, Learned]
    ) -> None:
        """`hidden` holds every id of the base that is gone or stands in `added` anew."""
        self._base = base
        self._hidden = hidden
        self._added = {id: item for id, item in added.items() if len(item.vectors)}
        new = {term for item in self._added.values() for term in item.terms}
        self._heard = base.sound_index(term for term in new if term not in base.lexical)

    def __len__(self) -> int:
        """Return the number of texts."""
        return len(self._base) - len(self._hidden) + len(self._added)

    def evidence(self, text: str, k: int, allowed: Ids[str] | None = None) -> QueryEvidence:
        """Return what each source says of the best `k` of the base and of every added text."""
        question = self._base.ask(text, self._heard)
        found = self._base.answer(question, k + len(self._hidden), allowed)
        candidates = {id: e for id, e in found.candidates.items() if id not in self._hidden}
        visible = set(allowed) if allowed is not None else None
        for id, item in self._added.items():
            if visible is None or id in visible:
                # summed row by row, as the dense index does
                similarity = float((item.vectors * question.vector).sum(axis=1).max())
                candidates[id] = Evidence(
                    similarity,
                    self._base.lexical.coverage_of(question.words, item.terms),
                    self._base.concepts.coverage_of(question.concepts, Counter(item.concepts)),
                )
        return QueryEvidence(candidates, found.agreement)


class FreshIndex:
    """A snapshot with what changed since laid over it; what the Matchmaker asks of an index."""

    def __init__(
        self,
        snapshot: Snapshot,
        present: Mapping[str, Mapping[str, str]],
        learned: Mapping[str, Mapping[str, Learned]],
    ) -> None:
        """Lay out: `present` and `learned` by collection and id; digests tell what is current."""
        laid = {}
        for name in COLLECTIONS:
            indexed, now = snapshot.digests[name], present[name]
            hidden = frozenset(id for id, digest in indexed.items() if now.get(id) != digest)
            added = {
                id: item
                for id, item in learned[name].items()
                if now.get(id) == item.digest and indexed.get(id) != item.digest
            }
            base: Collection = getattr(snapshot, name)
            laid[name] = LaidOver(base, hidden, added) if hidden or added else base
        self.offerings = laid["offerings"]
        self.needs = laid["needs"]
        self.quoter: TextQuoter = snapshot.quoter
        self.origin = snapshot.origin


def unlearned(
    snapshot: Snapshot,
    present: Mapping[str, Mapping[str, str]],
    learned: Mapping[str, Mapping[str, Learned]],
) -> dict[str, list[str]]:
    """Return the ids, by collection, of texts that neither snapshot nor overlay knows, in id order."""
    found: dict[str, list[str]] = {}
    for name in COLLECTIONS:
        indexed, known = snapshot.digests[name], learned[name]
        found[name] = sorted(
            id
            for id, digest in present[name].items()
            if indexed.get(id) != digest and (id not in known or known[id].digest != digest)
        )
    return found
