"""Export, backup, restore, expiry, doctor and the commands that look after the store."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from matcher.errors import UnreadableFile
from matcher.expiry import expiring
from matcher.outcomes import Outcome
from matcher.records import Buyer, Certification, Company, Need
from service.archive import backup, export, restore
from service.receiving import import_all, read_all, store_all
from service.store import Contact, Seal, Source, Store
from tests.test_cli import Run, files, ready, run  # noqa: F401  (fixtures)
from tests.worlds import companies, needs

SOURCE = Source("tester", ("a.xlsx",))


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    store = Store.open(database_url)
    store.save(companies(), needs(), SOURCE)
    store.save([replace(companies()[0], region="제주특별자치도")], [], SOURCE)
    store.delete_need("N-2", SOURCE)
    store.decide("N-1", "C-2", "veto", "불발", "김담당")
    store.merge("C-1", "C-3", SOURCE)
    store.save(
        [], [], SOURCE, [Buyer("B-1", "하노이 환경공사", "공공기관", "VN", "하노이", ("vi",))]
    )
    events = store.events
    stored = events.put({"event_id": "hanoi", "quota": 2, "note": "그대로"}, "김담당")
    events.keep_plan(stored, "delegation", {"chosen": [{"company_id": "C-1"}]})
    money = {"amount": 2.0, "currency": "USD", "krw_per_usd": 1_400.0}
    outcome = Outcome("hanoi", "C-1", "mou", date(2026, 5, 20), **money)
    for _ in range(2):  # two that are alike are two
        events.add_outcome(outcome, "김담당")
    yield store
    store.close()


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Store]:
    other = Store.open(f"sqlite:///{tmp_path / 'other.sqlite3'}")
    yield other
    other.close()


def _without_token(store: Store) -> dict[str, object]:
    tables = dict(store.dump()[1])
    tables.pop("store_revision")
    return tables


def test_export_and_import_into_an_empty_store_and_export_again_is_byte_equal(
    store: Store, other: Store, tmp_path: Path
) -> None:
    export(store, tmp_path / "first")
    received = read_all(sorted((tmp_path / "first").iterdir()))
    store_all(other, received, "tester")
    export(other, tmp_path / "second")
    again = store_all(other, received, "tester")

    assert not received.problems
    assert (again.added, again.changed) == (0, 0)
    exported = sorted((tmp_path / "first").iterdir())
    assert [file.stem for file in exported] == sorted(
        ["buyers", "companies", "decisions", "events", "merges", "needs", "outcomes", "plans"]
    )
    for file in exported:
        first = file.read_bytes()
        assert first
        assert (tmp_path / "second" / file.name).read_bytes() == first
    other.split("C-1", SOURCE)
    assert [company.company_id for company in other.companies()] == ["C-1", "C-2", "C-3"]


def test_wrong_papers_are_reported_with_their_line_and_the_others_go_in(
    other: Store, tmp_path: Path
) -> None:
    file = tmp_path / "papers.jsonl"
    lines = (
        {"need_id": "N-1", "company_id": "C-1", "verdict": "perhaps"},
        {"event_id": "hanoi", "quota": "열둘"},
        {"event_id": "hanoi", "company_id": "C-1", "stage": "mou", "happened_on": "2026-02-30"},
        {"event_id": "hanoi", "plan": "menu", "content": {}},
        {"event_id": "hanoi", "plan": "timetable", "content": []},
        {"company_id": "C-1", "into_id": " ", "form": {}},
        {"event_id": "a/b"},
        {"event_id": "e" * 201},
        {"need_id": "N-1", "company_id": "C-1", "verdict": "veto", "note": "\x00"},
        {"event_id": "hanoi", "phone": "010-1234-5678", "kind": "mission"},
        {
            "event_id": "hanoi",
            "company_id": "C-1",
            "stage": "mou",
            "happened_on": "2026-05-20",
            "note": "김 부장 010-1234-5678",
        },
    )
    file.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines))

    received = read_all([file])
    report = store_all(other, received, "tester")

    assert [problem.row for problem in received.problems] == [*range(1, 9), None]
    assert report.papers.added == 2
    assert other.events.get("hanoi").form == {"event_id": "hanoi", "kind": "mission"}
    assert [item.note for _, item in other.events.outcomes()] == ["김 부장 [연락처]"]


def test_a_backup_brings_back_everything_also_on_the_other_engine(
    store: Store, other: Store, tmp_path: Path
) -> None:
    before = _without_token(store)
    backup(store, tmp_path / "b.tar.gz")
    store.undo(store.imports()[0].import_id, SOURCE)
    store.delete_company("C-1", SOURCE)
    revision = store.revision()

    restore(store, tmp_path / "b.tar.gz")
    restore(other, tmp_path / "b.tar.gz")

    assert _without_token(store) == before
    assert _without_token(other) == before
    assert store.revision() != revision
    for each in (store, other):  # new rows are numbered after the restored ones
        report = each.save([Company("C-9", "새 기업")], [], SOURCE)
        assert report.added == 1


def test_a_byte_flipped_anywhere_is_noticed(store: Store, tmp_path: Path) -> None:
    """Each place breaks another thing: the header, the stream, the check sum, the text."""
    path = tmp_path / "b.tar.gz"
    backup(store, path)
    data = path.read_bytes()
    before = store.dump()

    for place in range(10, len(data), max(1, len(data) // 60)):
        path.write_bytes(data[:place] + bytes([data[place] ^ 255]) + data[place + 1 :])
        with pytest.raises(UnreadableFile, match=r"b\.tar\.gz"):
            restore(store, path)

    assert store.dump() == before


def test_a_backup_file_is_private_and_whole_or_not_there(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "b.tar.gz"

    backup(store, path)

    assert path.stat().st_mode & 0o077 == 0
    assert [item.name for item in tmp_path.iterdir() if "b.tar" in item.name] == ["b.tar.gz"]


@pytest.mark.parametrize("damage", ["cut", "flipped", "text", "missing", "emptied"])
def test_a_damaged_backup_changes_nothing(store: Store, tmp_path: Path, damage: str) -> None:
    path = tmp_path / "b.tar.gz"
    backup(store, path)
    data = path.read_bytes()
    before = store.dump()
    path.unlink()
    if damage != "missing":
        middle = len(data) // 2
        path.write_bytes(
            {
                "cut": data[:middle],
                "flipped": data[:middle] + bytes([data[middle] ^ 255]) + data[middle + 1 :],
                "text": b"hello",
                "emptied": b"",
            }[damage]
        )

    with pytest.raises(UnreadableFile, match=r"b\.tar\.gz"):
        restore(store, path)

    assert store.dump() == before


def test_what_runs_out_is_told_before_and_after_by_date() -> None:
    today = date(2026, 11, 26)
    company = Company(
        "C-1",
        "가",
        certifications=(
            Certification("녹색기술인증", valid_until=today - timedelta(days=1)),
            Certification("환경표지", valid_until=today),
            Certification("ISO 14001", valid_until=today + timedelta(days=31)),
            Certification("ISO 9001"),
        ),
    )
    soon = replace(needs()[0], deadline=today + timedelta(days=30))
    open_end = Need("N-9", "기한 없음", "글")

    found = expiring([company], [soon, open_end], today, 30)

    assert [(e.record_id, e.is_over) for e in found] == [
        ("C-1", True),
        ("C-1", False),
        (soon.need_id, False),
    ]
    assert "추천되지 않습니다" in found[0].label


def test_the_commands_tell_what_happened_and_take_it_back(run: Run, ready: Run) -> None:  # noqa: F811
    listed = json.loads(run("imports", "--json").out)
    shown = run("imports")
    told = run("history", "C-1")

    origins = run("history", "C-1", "--fields")
    undone = run("undo", listed[0]["import_id"])

    assert "기업 추가" in shown.out
    assert "추가" in told.out
    assert "행" in told.out  # where it stood in its file
    assert "name_ko" in origins.out
    assert undone.code == 0
    assert "되돌림" in undone.out
    assert run("history", "C-404").code == 2
    assert run("undo", 99).code == 2
    assert json.loads(run("history", "C-1", "--json").out)[0]["action"] == "deleted"


def test_the_commands_copy_and_restore(run: Run, ready: Run, tmp_path: Path) -> None:  # noqa: F811
    file, folder = tmp_path / "copy.tar.gz", tmp_path / "out"

    assert run("export", folder).code == 0
    assert run("backup", file).code == 0
    refused = run("restore", file)
    restored = run("restore", file, "--yes")

    assert {"companies.jsonl", "needs.jsonl", "buyers.jsonl"} <= {f.name for f in folder.iterdir()}
    assert refused.code == 2
    assert "--yes" in refused.err
    assert restored.code == 0
    assert run("restore", tmp_path / "none.tar.gz", "--yes").code == 2


def test_what_runs_out_is_listed(run: Run, ready: Run) -> None:  # noqa: F811
    listed = run("expiring", "--days", 3_650)

    assert listed.code == 0
    assert "마지막 날" in listed.out


def test_the_doctor_says_what_to_do(run: Run, files: tuple[Path, Path]) -> None:  # noqa: F811
    empty = run("doctor")
    run("import", *files)
    run("index")
    healthy = run("doctor", "--json")

    assert empty.code == 1
    assert "greenmatch import" in empty.out
    assert "greenmatch index" in empty.out
    findings = {item["name"]: item for item in json.loads(healthy.out)}
    assert {
        "파이썬",
        "패키지",
        "디스크",
        "데이터베이스",
        "분석기",
        "모델",
        "색인",
    } == findings.keys()
    assert findings["색인"]["state"] == "ok"
    assert healthy.code == 0


def test_a_receipt_is_kept_only_for_the_state_it_describes(store: Store) -> None:
    report = store.save([companies()[1]], [], SOURCE)
    store.keep_receipt("one", {"files": []}, report.revision)
    store.delete_company("C-2", SOURCE)
    store.keep_receipt("two", {"files": []}, report.revision)

    assert store.receipt("one") is None
    assert store.receipt("two") is None
    again = store.save([companies()[1]], [], SOURCE)
    store.keep_receipt("three", {"files": []}, again.revision)
    assert store.receipt("three") == {"files": []}


def test_people_of_a_sheet_are_sealed_and_added_but_never_exported(
    store: Store, tmp_path: Path
) -> None:
    path = tmp_path / "기업.csv"
    path.write_text(
        "기업ID,기업명,기술명,담당자,휴대폰\nC-9,그린,정수기,홍길동,010-3333-4444\n",
        encoding="utf-8",
    )
    contacts = store.contacts(Seal("x" * 32))

    first, _ = import_all(store, [path], None, "tester", contacts=contacts)
    contacts.put("company", "C-9", [*contacts.view("company", "C-9", "t"), Contact("김철수")], "t")
    again, report = import_all(store, [path], None, "tester", contacts=contacts)
    export(store, tmp_path / "out")

    assert first.exit_code == 1  # a warning: the column went elsewhere
    assert contacts.view("company", "C-9", "tester") == (
        Contact("홍길동", "010-3333-4444"),
        Contact("김철수"),
    )
    assert report.companies.unchanged == 1
    written = "".join(p.read_text(encoding="utf-8") for p in (tmp_path / "out").iterdir())
    everything = json.dumps(store.dump()[1], default=str, ensure_ascii=False)
    for secret in ("홍길동", "3333"):
        assert secret not in written + everything + repr(again) + repr(first)
