"""Where records live between runs: companies, needs, buyers, events and what changed them."""

from service.store.accounts import Accounts, Key, Session, User
from service.store.contacts import Contact, Contacts, Seal
from service.store.events import Events, StoredEvent
from service.store.papers import Papers
from service.store.releases import Releases, StoredRequest, Version
from service.store.rows import check_form, check_storable
from service.store.store import Store
from service.store.values import (
    LABELS,
    RECORD_KINDS,
    Change,
    Contents,
    Decision,
    ImportEntry,
    Newer,
    Page,
    Place,
    RecordKind,
    SaveReport,
    Source,
    Tally,
    provenance,
)

__all__ = [
    "LABELS",
    "RECORD_KINDS",
    "Accounts",
    "Change",
    "Contact",
    "Contacts",
    "Contents",
    "Decision",
    "Events",
    "ImportEntry",
    "Key",
    "Newer",
    "Page",
    "Papers",
    "Place",
    "RecordKind",
    "Releases",
    "SaveReport",
    "Seal",
    "Session",
    "Source",
    "Store",
    "StoredEvent",
    "StoredRequest",
    "Tally",
    "User",
    "Version",
    "check_form",
    "check_storable",
    "provenance",
]
