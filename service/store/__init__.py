"""Where records live between runs: companies, needs and the history of what changed them."""

from service.store.rows import check_storable
from service.store.store import Store
from service.store.values import (
    Change,
    Contents,
    Decision,
    ImportEntry,
    Page,
    Place,
    RecordKind,
    SaveReport,
    Source,
    Tally,
)

__all__ = [
    "Change",
    "Contents",
    "Decision",
    "ImportEntry",
    "Page",
    "Place",
    "RecordKind",
    "SaveReport",
    "Source",
    "Store",
    "Tally",
    "check_storable",
]
