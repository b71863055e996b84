"""The store's records in memory, kept in step: read whole once, then only what changed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from indexing.snapshot import indexed_texts, text_digest
from matcher.records import Company, Need, offering_key, split_key
from service.store import Store


@dataclass(frozen=True, slots=True)
class Mirror:
    """Everything in the store at one moment, and the digests of the texts that are indexed.

    digests: by collection ("offerings", "needs") and id, as in a snapshot. position: the last
    change that is in it.
    """

    companies: Mapping[str, Company]
    needs: Mapping[str, Need]
    vetoes: Mapping[tuple[str, str], str]
    digests: Mapping[str, Mapping[str, str]]
    revision: str
    position: int

    @classmethod
    def read(cls, store: Store) -> Self:
        """Read everything."""
        contents = store.contents()
        companies = {company.company_id: company for company in contents.companies}
        needs = {need.need_id: need for need in contents.needs}
        digests = _digests(contents.companies, contents.needs)
        return cls(companies, needs, contents.vetoes, digests, contents.revision, contents.position)

    def caught_up(self, store: Store) -> "Mirror":
        """Return the store as it is now, reading only what changed; whole after a restore."""
        newer = store.newer(self.position, self.revision)
        if newer is None:
            return Mirror.read(store)
        companies, needs = dict(self.companies), dict(self.needs)
        digests = {name: dict(named) for name, named in self.digests.items()}
        for id in newer.company_ids:
            old = companies.pop(id, None)
            for offering in old.offerings if old else ():
                digests["offerings"].pop(offering_key(id, offering.offering_id), None)
        for id in newer.need_ids:
            needs.pop(id, None)
            digests["needs"].pop(id, None)
        companies.update({company.company_id: company for company in newer.companies})
        needs.update({need.need_id: need for need in newer.needs})
        for name, named in _digests(newer.companies, newer.needs).items():
            digests[name].update(named)
        return Mirror(companies, needs, newer.vetoes, digests, newer.revision, newer.position)

    def text(self, collection: str, id: str) -> str:
        """Return an indexed text by its id."""
        if collection == "needs":
            return self.needs[id].text
        company_id, _ = split_key(id)
        return indexed_texts([self.companies[company_id]], [])["offerings"][id]


def _digests(companies: tuple[Company, ...], needs: tuple[Need, ...]) -> dict[str, dict[str, str]]:
    return {
        name: {id: text_digest(text) for id, text in texts.items()}
        for name, texts in indexed_texts(companies, needs).items()
    }
