import dataclasses
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Executable, create_engine, select, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateTable

from matcher.errors import InvalidRecord, InvalidRequest, StoreUnavailable, UnknownId
from matcher.records import Company, Need, Offering
from service.store import Source, Store, Tally
from service.store.tables import Base
from tests.worlds import companies, needs

SOURCE = Source("tester", ("a.xlsx",))
FIRST_TABLES = ("store_revision", "imports", "companies", "offerings", "needs")


@pytest.fixture
def url(empty_database_url: str) -> str:
    return empty_database_url


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    store = Store.open(url)
    yield store
    store.close()


def _dump(url: str, *tables: str) -> list[str]:
    """Every row of every table, or of those that are named."""
    return [
        f"{table.name}: {tuple(row)}"
        for table in Base.metadata.sorted_tables
        if not tables or table.name in tables
        for row in _execute(url, select(table).order_by(*table.primary_key.columns))
    ]


def _execute(url: str, *statements: Executable | str) -> Sequence[Any]:
    engine = create_engine(url)
    rows: Sequence[Any] = ()
    with engine.begin() as connection:
        for statement in statements:
            done = connection.execute(text(statement) if isinstance(statement, str) else statement)
            rows = done.all() if done.returns_rows else ()
    engine.dispose()
    return rows


def test_what_goes_in_comes_out_equal_and_in_id_order(store: Store) -> None:
    store.save(reversed(companies()), reversed(needs()), SOURCE)

    assert list(store.companies()) == companies()
    assert list(store.needs()) == needs()
    assert store.company("C-1").extra == {"상품코드": "A-17"}


def test_saving_the_same_again_changes_not_one_byte(store: Store, url: str) -> None:
    first = store.save(companies(), needs(), SOURCE)
    before, revision = _dump(url), store.revision()

    second = store.save(companies(), needs(), Source("someone else", ("b.xlsx",)))

    assert (first.added, first.changed, first.unchanged) == (3 + 2, 0, 0)
    assert (second.added, second.changed, second.unchanged) == (0, 0, 3 + 2)
    assert _dump(url) == before
    assert store.revision() == revision


def test_a_changed_record_replaces_the_old_one_with_its_offerings(store: Store) -> None:
    store.save(companies(), needs(), SOURCE)
    offering = Offering("9", "새 공급기술")
    changed = dataclasses.replace(store.company("C-2"), region=None, offerings=(offering,))

    report = store.save([changed], [], SOURCE)

    assert report.companies == Tally(added=0, changed=1, unchanged=0)
    assert store.company("C-2") == changed
    assert store.company("C-1") == companies()[0]


def test_two_companies_may_use_the_same_offering_id(store: Store) -> None:
    store.save(companies(), [], SOURCE)

    assert [c.offerings[0].offering_id for c in store.companies()] == ["1", "1", "1"]


def test_of_two_records_with_one_id_the_later_counts(store: Store) -> None:
    old, new = Need("N-9", "옛 제목"), Need("N-9", "새 제목")

    report = store.save([], [old, new], SOURCE)

    assert report.needs.added == 1
    assert store.need("N-9") == new


def test_a_record_that_no_database_can_hold_is_refused_and_nothing_is_written(
    store: Store,
) -> None:
    for bad in (
        Company("C-9", "이름", employees=2**63),
        Company("C-9", "이름", extra={"비고": "반쪽 \ud800 글자"}),
        Company("C-9", "이름", extra={"비고": "\x00"}),
        Company("C-9", "이름", extra={"비고": float("nan")}),
        Company("C-9", "이름", extra={"비고": object()}),
        Company("C" * 201, "이름"),
        Company("C-9", "이름", offerings=(Offering("1", "제목 \x00"),)),
    ):
        with pytest.raises(InvalidRecord):
            store.save([*companies(), bad], [], SOURCE)

    assert store.companies() == ()


def test_the_revision_moves_with_every_change_also_one_by_another_process(
    store: Store, url: str
) -> None:
    other = Store.open(url)
    revisions = [store.revision()]

    other.save(companies(), needs(), SOURCE)
    revisions.append(store.revision())
    other.delete_company("C-1", SOURCE)
    revisions.append(store.revision())
    other.delete_need("N-1", SOURCE)
    revisions.append(store.revision())

    assert len(set(revisions)) == len(revisions)
    assert store.contents().revision == revisions[-1]
    other.close()


def test_unknown_ids_are_named(store: Store) -> None:
    for ask in (store.company, store.need):
        with pytest.raises(UnknownId, match="X-404"):
            ask("X-404")
    for remove in (store.delete_company, store.delete_need):
        with pytest.raises(UnknownId, match="X-404"):
            remove("X-404", SOURCE)


def test_deleting_a_company_takes_its_offerings_along(store: Store, url: str) -> None:
    store.save(companies(), [], SOURCE)

    store.delete_company("C-2", SOURCE)

    assert [c.company_id for c in store.companies()] == ["C-1", "C-3"]
    assert not any("막여과" in line for line in _dump(url, "companies", "offerings"))
    assert any("막여과" in line for line in _dump(url, "changes"))


def test_pages_join_to_the_whole_list_in_id_order(store: Store) -> None:
    ids = ["a", "B", "Z", "z", "가", "힣", "é", "\U0001f33f", "10", "9"]
    store.save([Company(id, "이름") for id in ids], [], SOURCE)

    found: list[str] = []
    cursor: str | None = None
    while True:
        page = store.page_of_companies(3, cursor)
        found += [company.company_id for company in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break

    assert found == sorted(ids)
    assert page.total == len(ids)


@pytest.mark.parametrize("cursor", ["_w", "AAA", "x", "가나다"])
def test_a_made_up_cursor_is_refused(store: Store, cursor: str) -> None:
    store.save(companies(), [], SOURCE)

    with pytest.raises(InvalidRequest, match="cursor"):
        store.page_of_companies(3, cursor)


def test_threads_that_write_at_once_all_get_through(store: Store) -> None:
    failures: list[Exception] = []

    def write(number: int) -> None:
        try:
            for turn in range(5):
                store.save([Company(f"C-{number}-{turn}", "이름")], [], SOURCE)
        except StoreUnavailable as error:
            failures.append(error)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []
    assert len(store.companies()) == 8 * 5


def test_opening_at_the_same_moment_migrates_once(url: str) -> None:
    stores: list[Store] = []
    threads = [threading.Thread(target=lambda: stores.append(Store.open(url))) for _ in range(6)]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(stores) == 6
    assert all(store.companies() == () for store in stores)
    for store in stores:
        store.close()


def test_different_databases_are_opened_at_the_same_moment(tmp_path: Path) -> None:
    addresses = [f"sqlite:///{tmp_path}/{number}.sqlite3" for number in range(8)]
    ready = threading.Barrier(len(addresses))

    def opened(address: str) -> tuple[Company, ...]:
        ready.wait()
        with closing(Store.open(address)) as store:
            return store.companies()

    with ThreadPoolExecutor(len(addresses)) as pool:
        assert list(pool.map(opened, addresses)) == [()] * len(addresses)


def test_a_database_of_a_newer_version_is_refused_in_korean(url: str) -> None:
    Store.open(url).close()
    _execute(url, "UPDATE alembic_version SET version_num = '9999'")

    with pytest.raises(StoreUnavailable, match=r"새 버전.*9999"):
        Store.open(url)


def test_what_is_no_database_is_refused_in_korean(tmp_path: Path) -> None:
    picture = tmp_path / "picture.sqlite3"
    picture.write_bytes(b"\x89PNG" * 1000)

    with pytest.raises(StoreUnavailable, match="데이터베이스 파일이 아니"):
        Store.open(f"sqlite:///{picture}")
    assert picture.read_bytes() == b"\x89PNG" * 1000


@pytest.mark.parametrize("url", ["nonsense", "mystery://x", "mysql+nodriver://a:secret@h/d", ""])
def test_an_address_that_cannot_be_used_is_refused_without_showing_its_password(url: str) -> None:
    with pytest.raises(StoreUnavailable) as caught:
        Store.open(url)

    assert "secret" not in caught.value.sentence


def test_what_stood_under_a_name_that_became_a_field_is_kept_and_read(url: str) -> None:
    texts = {"min_budget_usd": "상담 뒤 결정", "target_sectors": "LED", "비고": "가"}
    numbers = {"min_budget_usd": 250_000, "target_sectors": ["LED"]}
    with closing(Store.open(url)) as store:
        store.save([Company("C-1", "가", extra=texts), Company("C-2", "나")], [], SOURCE)
        store.save([Company("C-3", "다", extra=numbers)], [], SOURCE)
    later = [t.name for t in Base.metadata.sorted_tables if t.name not in FIRST_TABLES]
    _execute(
        url,
        *(f"DROP TABLE {name}" for name in reversed(later)),
        "ALTER TABLE companies DROP COLUMN target_sectors",
        "ALTER TABLE companies DROP COLUMN min_budget_usd",
        "UPDATE alembic_version SET version_num = '0001'",
    )

    with closing(Store.open(url)) as store:
        first, second, third = store.companies()

    assert first.extra == {
        "min_budget_usd (원문)": "상담 뒤 결정",
        "target_sectors (원문)": "LED",
        "비고": "가",
    }
    assert (first.min_budget_usd, second.target_sectors) == (None, ())
    assert (third.min_budget_usd, third.target_sectors) == (250_000.0, ("LED",))


def test_what_a_company_wants_survives_the_store(store: Store) -> None:
    company = Company("C", "가", target_sectors=("물", "LED"), min_budget_usd=2.5e5)

    store.save([company], [], SOURCE)

    assert store.company("C") == company


def test_migrations_and_tables_say_the_same(store: Store, url: str) -> None:
    engine = create_engine(url)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        differences = compare_metadata(context, Base.metadata)
    engine.dispose()

    assert differences == []


def test_the_tables_are_valid_for_postgresql() -> None:
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]

    ddl = [str(CreateTable(t).compile(dialect=dialect)) for t in Base.metadata.sorted_tables]

    assert 'company_id TEXT COLLATE "C" NOT NULL' in "".join(ddl)
    assert "import_id BIGSERIAL" in "".join(ddl)


def test_the_log_says_who_what_and_how_many(store: Store) -> None:
    store.save(companies(), needs(), Source("홍길동", ("표.xlsx",), problems=4))

    (entry,) = store.imports()
    assert (entry.actor, entry.files) == ("홍길동", ("표.xlsx",))
    assert entry.counts["companies"] == {"added": 3, "changed": 0, "unchanged": 0}
    assert entry.counts["problems"] == 4


_TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=20)
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | _TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXT, inner, max_size=3),
    max_leaves=5,
)


@settings(max_examples=40, deadline=None)
@given(
    name=_TEXT.filter(str.strip),
    region=st.none() | _TEXT,
    revenue=st.none() | st.floats(allow_nan=False, allow_infinity=False),
    more=st.dictionaries(_TEXT.map(lambda key: f"x-{key}"), _JSON, max_size=3),
)
def test_any_valid_record_survives_the_store(
    tmp_path_factory: pytest.TempPathFactory,
    name: str,
    region: str | None,
    revenue: float | None,
    more: dict[str, object],
) -> None:
    form = {"company_id": "C", "name_ko": name, "region": region, "revenue_krw_million": revenue}
    company = Company.from_dict({**form, **more})
    store = Store.open(f"sqlite:///{tmp_path_factory.mktemp('s') / 's.sqlite3'}")

    store.save([company], [], SOURCE)
    again = store.save(store.companies(), [], SOURCE)

    assert store.company("C") == company
    assert again.unchanged == 1
    store.close()
