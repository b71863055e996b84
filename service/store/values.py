"""What the store is told and what it answers."""

from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from matcher.records import Company, Need

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Source:
    """Where a change comes from: who made it, from which files; `problems` were left out."""

    actor: str
    files: tuple[str, ...] = ()
    problems: int = 0


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
    """What one `save` did."""

    companies: Tally
    needs: Tally

    @property
    def added(self) -> int:
        """New records of both kinds."""
        return self.companies.added + self.needs.added

    @property
    def changed(self) -> int:
        """Changed records of both kinds."""
        return self.companies.changed + self.needs.changed

    @property
    def unchanged(self) -> int:
        """Records of both kinds that were there already."""
        return self.companies.unchanged + self.needs.unchanged

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {"companies": self.companies.to_dict(), "needs": self.needs.to_dict()}


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
