"""Versions, undoing, provenance and decisions, on both databases."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from matcher.errors import InvalidRequest, UnknownId
from matcher.records import Company, Need
from service.store import Source, Store, provenance
from tests.worlds import companies, needs

FIRST = Source(
    "김담당",
    ("처음.xlsx",),
    places={("company", "C-1"): {"file": "처음.xlsx", "sheet": "기업", "row": 4}},
)
SECOND = Source("이담당", ("다음.csv",))


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    store = Store.open(database_url)
    yield store
    store.close()


def test_every_version_is_kept_with_who_when_from_where_and_what_differs(store: Store) -> None:
    store.save(companies(), needs(), FIRST)
    store.save([replace(store.company("C-1"), region="부산광역시")], [], SECOND)
    store.delete_company("C-1", SECOND)

    deleted, changed, added = store.history("company", "C-1")

    assert [c.to_dict()["action"] for c in (added, changed, deleted)] == [
        "added",
        "changed",
        "deleted",
    ]
    assert (added.entry.actor, added.entry.files) == ("김담당", ("처음.xlsx",))
    assert added.place == {"file": "처음.xlsx", "sheet": "기업", "row": 4}
    assert changed.fields == ("region",)
    assert changed.to_dict()["fields"]["region"]["after"] == "부산광역시"
    assert changed.after == deleted.before
    assert (added.before, deleted.after) == (None, None)
    assert added.entry.made_at <= changed.entry.made_at <= deleted.entry.made_at
    assert Company.from_dict(dict(added.after or {})) == companies()[0]


def test_each_field_tells_which_file_and_row_it_is_from(store: Store) -> None:
    store.save(companies(), needs(), FIRST)
    store.save([replace(store.company("C-1"), region="부산광역시")], [], SECOND)

    origins = provenance(store.history("company", "C-1"))

    assert origins["name_ko"]["place"] == {"file": "처음.xlsx", "sheet": "기업", "row": 4}
    assert (origins["region"]["actor"], origins["region"]["place"]) == ("이담당", None)
    assert "employees" not in origins  # nothing is stated
    store.delete_company("C-1", SECOND)
    assert provenance(store.history("company", "C-1")) == {}


def test_what_never_was_has_no_history(store: Store) -> None:
    with pytest.raises(UnknownId, match="C-404"):
        store.history("company", "C-404")


def test_an_undone_import_leaves_what_was_before(store: Store) -> None:
    store.save(companies()[:2], needs()[:1], FIRST)
    before = store.contents()
    changed = replace(companies()[0], name_ko="새 이름", offerings=())
    store.save([changed, companies()[2]], needs(), SECOND)

    entry = store.undo(store.imports()[0].import_id, SECOND)

    after = store.contents()
    assert (after.companies, after.needs) == (before.companies, before.needs)
    assert after.revision != before.revision
    assert entry.counts["records"] == 2 + 1
    assert store.imports()[0] == entry


def test_an_undoing_can_be_undone(store: Store) -> None:
    store.save(companies(), needs(), FIRST)
    everything = store.contents()
    (first,) = store.imports()

    undone = store.undo(first.import_id, SECOND)
    assert store.companies() == ()
    store.undo(undone.import_id, SECOND)

    assert store.contents().companies == everything.companies
    assert store.contents().needs == everything.needs


def test_a_deletion_can_be_undone(store: Store) -> None:
    store.save(companies(), needs(), FIRST)
    store.delete_need("N-1", SECOND)

    store.undo(store.imports()[0].import_id, SECOND)

    assert store.need("N-1") == needs()[0]


def test_an_import_whose_records_changed_since_is_not_undone_at_all(store: Store) -> None:
    store.save(companies(), needs(), FIRST)
    store.save([replace(companies()[1], region="제주특별자치도")], [], SECOND)
    before = store.contents()
    first = store.imports()[-1]

    with pytest.raises(InvalidRequest, match="C-2"):
        store.undo(first.import_id, SECOND)

    assert store.contents() == before


@pytest.mark.parametrize("import_id", [0, 99])
def test_an_unknown_import_is_named(store: Store, import_id: int) -> None:
    with pytest.raises(UnknownId, match=str(import_id)):
        store.undo(import_id, SECOND)


def test_the_log_comes_in_pages_newest_first(store: Store) -> None:
    for number in range(5):
        store.save([Company(f"C-{number}", "이름")], [], FIRST)

    first = store.imports(limit=2)
    second = store.imports(limit=2, before=first[-1].import_id)

    ids = [entry.import_id for entry in (*first, *second)]
    assert ids == sorted(ids, reverse=True)
    assert len(set(ids)) == 4


def test_a_veto_is_kept_replaced_and_taken_back(store: Store) -> None:
    store.save(companies(), needs(), FIRST)
    revision = store.revision()

    store.decide("N-1", "C-1", "veto", "지난 상담에서 불발", "김담당")
    vetoed = store.contents()
    store.decide("N-1", "C-1", "accept", "", "이담당")
    approved = store.decisions()
    store.forget_decision("N-1", "C-1")

    assert vetoed.vetoes == {("N-1", "C-1"): "지난 상담에서 불발"}
    assert vetoed.revision != revision
    assert [(d.verdict, d.actor) for d in approved] == [("accept", "이담당")]
    assert store.decisions() == ()
    with pytest.raises(UnknownId):
        store.forget_decision("N-1", "C-1")


@pytest.mark.parametrize("pair", [("N-404", "C-1"), ("N-1", "C-404")])
def test_a_decision_on_an_unknown_record_is_refused(store: Store, pair: tuple[str, str]) -> None:
    store.save(companies(), needs(), FIRST)

    with pytest.raises(UnknownId, match="404"):
        store.decide(*pair, "veto", "", "김담당")


def test_a_need_keeps_its_dates_through_history(store: Store) -> None:
    need = Need.from_dict({**needs()[0].to_dict(), "deadline": "2027-03-01"})
    store.save([], [need], FIRST)
    store.delete_need("N-1", SECOND)

    store.undo(store.imports()[0].import_id, SECOND)

    assert store.need("N-1") == need
