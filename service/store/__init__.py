"""Where records live between runs: companies, needs, buyers, events and what changed them."""

from service.store.accounts import Accounts, Key, Session, User
from service.store.contacts import Contact, Contacts, Seal
from service.store.drafts import Draft, Drafts
from service.store.events import Events, StoredEvent
from service.store.judging import GRADES, Judgement, Judging
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
    Verdict,
    provenance,
)
from service.store.wishes import Interest, SavedSearch, Wishes

__all__ = [
    "GRADES",
    "LABELS",
    "RECORD_KINDS",
    "Accounts",
    "Change",
    "Contact",
    "Contacts",
    "Contents",
    "Decision",
    "Draft",
    "Drafts",
    "Events",
    "ImportEntry",
    "Interest",
    "Judgement",
    "Judging",
    "Key",
    "Newer",
    "Page",
    "Papers",
    "Place",
    "RecordKind",
    "Releases",
    "SaveReport",
    "SavedSearch",
    "Seal",
    "Session",
    "Source",
    "Store",
    "StoredEvent",
    "StoredRequest",
    "Tally",
    "User",
    "Verdict",
    "Version",
    "Wishes",
    "check_form",
    "check_storable",
    "provenance",
]
