"""What the store is told and what it answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, Literal, TypeVar

from matcher.records import Company, Need

T = TypeVar("T")
RecordKind = Literal["company", "need", "buyer"]
RECORD_KINDS: tuple[RecordKind, ...] = ("company", "need", "buyer")
LABELS: Mapping[RecordKind, str] = {"company": "공급기업", "need": "수요", "buyer": "바이어"}
PLURALS: Mapping[RecordKind, str] = {"company": "companies", "need": "needs", "buyer": "buyers"}
Place = Mapping[str, Any]
"""Where a record stood: file, sheet (or None) and row as Excel shows it."""
Verdict = Literal["accept", "decline", "veto"]


@dataclass(frozen=True, slots=True)
class Source:
    """Where a change comes from: who made it, from which files; `problems` were left out.

    places: where each record stood, by (kind, id); absent for what was typed.
    """

    actor: str
    files: tuple[str, ...] = ()
    problems: int = 0
    places: Mapping[tuple[RecordKind, str], Place] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Tally:
    """How many records were new, changed or already there."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0

    def to_dict(self) -> dict[str, int]:
        """Return the JSON form."""
        return {"added": self.added, "changed": self.changed, "unchanged": self.unchanged}


@dataclass(frozen=True, slots=True)
class SaveReport:
    """What one `save` did, and the store's revision then."""

    companies: Tally
    needs: Tally
    revision: str = ""
    buyers: Tally = Tally()
    papers: Tally = Tally()
    """Decisions, events, plans and outcomes."""

    @property
    def added(self) -> int:
        """New records of all kinds."""
        return sum(tally.added for tally in self._tallies)

    @property
    def changed(self) -> int:
        """Changed records of all kinds."""
        return sum(tally.changed for tally in self._tallies)

    @property
    def unchanged(self) -> int:
        """Records of all kinds that were there already."""
        return sum(tally.unchanged for tally in self._tallies)

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "companies": self.companies.to_dict(),
            "needs": self.needs.to_dict(),
            "buyers": self.buyers.to_dict(),
            "papers": self.papers.to_dict(),
        }

    @property
    def _tallies(self) -> tuple[Tally, ...]:
        return self.companies, self.needs, self.buyers, self.papers


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """A piece of a list in id order; `next_cursor` None means that nothing follows."""

    items: tuple[T, ...]
    next_cursor: str | None
    total: int


@dataclass(frozen=True, slots=True)
class Contents:
    """Everything in the store at one moment, in id order."""

    companies: tuple[Company, ...]
    needs: tuple[Need, ...]
    revision: str
    vetoes: Mapping[tuple[str, str], str] = field(default_factory=dict)
    """Pairs (need_id, company_id) that staff ruled out, with their note."""
    position: int = 0
    """The number of the last change of a record."""


@dataclass(frozen=True, slots=True)
class Newer:
    """What changed after a position: the ids of changed and deleted records, and what is there now."""

    company_ids: tuple[str, ...]
    need_ids: tuple[str, ...]
    companies: tuple[Company, ...]
    needs: tuple[Need, ...]
    vetoes: Mapping[tuple[str, str], str]
    revision: str
    position: int


@dataclass(frozen=True, slots=True)
class ImportEntry:
    """One line of the log: a change of records, or an import taken back."""

    import_id: int
    made_at: datetime
    actor: str
    files: tuple[str, ...]
    counts: Mapping[str, Any]

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form; the time in ISO 8601, UTC."""
        return {
            "import_id": self.import_id,
            "made_at": self.made_at.isoformat(timespec="seconds"),
            "actor": self.actor,
            "files": list(self.files),
            "counts": dict(self.counts),
        }


@dataclass(frozen=True, slots=True)
class Change:
    """One version of a record: what it was before and after (None: not there), and by whom."""

    entry: ImportEntry
    kind: RecordKind
    record_id: str
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None
    place: Place | None

    @property
    def fields(self) -> tuple[str, ...]:
        """The names of the fields that differ, in alphabetical order."""
        before, after = self.before or {}, self.after or {}
        names = before.keys() | after.keys()
        return tuple(sorted(name for name in names if before.get(name) != after.get(name)))

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form: only the fields that differ, old and new."""
        before, after = self.before or {}, self.after or {}
        return {
            **self.entry.to_dict(),
            "kind": self.kind,
            "record_id": self.record_id,
            "action": "added"
            if self.before is None
            else "deleted"
            if self.after is None
            else "changed",
            "place": dict(self.place) if self.place else None,
            "fields": {
                name: {"before": before.get(name), "after": after.get(name)} for name in self.fields
            },
        }


def provenance(changes: Sequence[Change]) -> dict[str, dict[str, Any]]:
    """Return where each field of a record comes from: the newest change (first) that set it."""
    if not changes or changes[0].after is None:
        return {}
    found: dict[str, dict[str, Any]] = {}
    for change in changes:
        for name in change.fields:
            found.setdefault(
                name,
                {
                    "import_id": change.entry.import_id,
                    "made_at": change.entry.made_at.isoformat(timespec="seconds"),
                    "actor": change.entry.actor,
                    "place": dict(change.place) if change.place else None,
                },
            )
    return {name: found[name] for name in sorted(found) if changes[0].after.get(name) is not None}


@dataclass(frozen=True, slots=True)
class Decision:
    """What staff decided of a pair."""

    need_id: str
    company_id: str
    verdict: Verdict
    note: str
    actor: str
    made_at: datetime

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "need_id": self.need_id,
            "company_id": self.company_id,
            "verdict": self.verdict,
            "note": self.note,
            "actor": self.actor,
            "made_at": self.made_at.isoformat(timespec="seconds"),
        }
