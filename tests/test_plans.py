"""`greenmatch delegation` and `greenmatch timetable`: event files in, plans out, with and without records."""

import json
from pathlib import Path
from typing import Any

import pytest

from evaluation.meeting_days import meeting_day
from indexing.analyzer import open_analyzer
from indexing.snapshot import build_snapshot
from matcher.errors import InvalidRequest, UnreadableFile
from matcher.events import Event
from matcher.timetable import violations
from service import cli
from service.planning import plan_delegation, plan_timetable, read_event
from service.settings import Settings
from service.store import Source, Store
from service.workbench import Desk, Tools, Workbench
from tests.worlds import BigramEncoder, companies, needs


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Any:
    home = tmp_path_factory.mktemp("home")
    settings = Settings.from_environment({"GREENMATCH_HOME": str(home)})
    store = Store.open(settings.database_url)
    store.save(companies(), needs(), Source("test"))
    tools = Tools(BigramEncoder(), open_analyzer())
    build_snapshot(home, companies(), needs(), tools.encoder, tools.analyzer)
    bench = Workbench(settings, store, lambda: tools)
    yield bench.desk()
    bench.close()


def _run(arguments: list[str], monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr("sys.argv", ["greenmatch", *arguments])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    return int(ended.value.code or 0)


def _file(folder: Path, content: Any) -> Path:
    path = folder / "event.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def test_a_timetable_is_printed_and_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    form = meeting_day(4, 4, requests=12, seed=2)
    out = tmp_path / "timetable.json"

    code = _run(
        ["timetable", str(_file(tmp_path, form)), "--out", str(out), "--seconds", "5"], monkeypatch
    )

    assert code == 0
    written = json.loads(out.read_text(encoding="utf-8"))
    assert {"meetings", "unplaced", "objective", "bound", "gap", "provenance"} <= written.keys()
    assert {"buyer_id", "company_id", "slot_id", "table", "interpreter_id"} == written["meetings"][
        0
    ].keys()
    shown = capsys.readouterr().out
    assert f"상담 {len(written['meetings'])}건" in shown


def test_a_delegation_is_chosen_from_a_file_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    form = meeting_day(4, 6, requests=20, seed=2) | {"quota": 3, "alternates": 1}

    code = _run(["delegation", str(_file(tmp_path, form)), "--json"], monkeypatch)

    assert code == 0
    found = json.loads(capsys.readouterr().out)
    assert len(found["chosen"]) == 3
    assert len(found["chosen"]) + len(found["alternates"]) + len(found["left_out"]) == 6
    assert {
        "chosen",
        "alternates",
        "left_out",
        "coverage",
        "objective",
        "bound",
        "gap",
    } <= found.keys()


@pytest.mark.parametrize("content", ["아님", [], {"event_id": "x", "slots": [{"slot_id": 1}]}])
def test_a_wrong_file_is_one_sentence_and_status_2(
    content: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    code = _run(["timetable", str(_file(tmp_path, content))], monkeypatch)

    assert code == 2
    assert "행사 파일" in capsys.readouterr().err


def test_a_file_that_is_not_there_or_no_json_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text("{", encoding="utf-8")

    with pytest.raises(UnreadableFile, match="없습니다"):
        read_event(tmp_path / "no.json")
    with pytest.raises(UnreadableFile, match="JSON"):
        read_event(tmp_path / "x.json")


def test_without_pairs_the_matcher_scores_and_records_tell_languages_and_regions(
    desk: Desk,
) -> None:
    need_ids = list(desk.catalogue.needs)
    company_ids = list(desk.catalogue.companies)
    event = Event.from_dict(
        {
            "event_id": "e",
            "quota": 1,
            "demands": need_ids,
            "balance": [{"field": "region", "at_most_share": 1.0}],
            "slots": [{"slot_id": "s1", "start": "2026-07-08T09:00:00+09:00"}],
            "buyers": [{"buyer_id": "B1", "need_ids": need_ids[:1]}],
            "companies": [{"company_id": c} for c in company_ids],
            "interpreters": [{"interpreter_id": "I", "languages": ["ko", "vi", "id", "en", "fr"]}],
        }
    )

    delegation = plan_delegation(event, desk)
    timetable = plan_timetable(event, desk, seconds=5)

    assert len(delegation.chosen) == 1
    assert delegation.provenance["snapshot"] == desk.manifest.snapshot_id
    assert len(timetable.meetings) == 1
    best = desk.matchmaker.match(desk.need(need_ids[0]), k=1).matches
    assert {m.company_id for m in timetable.meetings} <= set(company_ids)
    assert not best or timetable.meetings[0].company_id == best[0].company.company_id
    assert [v for v in violations(event, timetable.meetings) if "목록에 없는 짝" not in v] == []


def test_a_delegation_without_demands_or_pairs_is_refused(desk: Desk) -> None:
    with pytest.raises(InvalidRequest, match="demands"):
        plan_delegation(Event.from_dict({"event_id": "e", "quota": 1}), desk)
