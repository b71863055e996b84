import json
import os
import re
import socket
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len

from service.cli import main
from service.settings import Settings
from service.store import Source, Store
from tests.worlds import COMPANIES, NEEDS, BigramEncoder, companies, needs, write_jsonl

HANGUL = re.compile("[가-힣]")
COMMANDS = ("check", "import", "index", "match", "opportunities", "serve")


@dataclass(frozen=True)
class Outcome:
    code: int
    out: str
    err: str

    def json(self) -> Any:
        return json.loads(self.out)


Run = Callable[..., Outcome]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    monkeypatch.setenv("GREENMATCH_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("GREENMATCH_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("indexing.encoder.open_encoder", lambda *_: BigramEncoder())

    def run(*arguments: object) -> Outcome:
        monkeypatch.setattr(sys, "argv", ["greenmatch", *map(str, arguments)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as exited:
            main()
        printed = capsys.readouterr()
        assert "Traceback" not in printed.err
        return Outcome(int(exited.value.code or 0), printed.out, printed.err)

    return run


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    return (
        write_jsonl(tmp_path / "companies.jsonl", COMPANIES),
        write_jsonl(tmp_path / "needs.jsonl", NEEDS),
    )


@pytest.fixture
def ready(run: Run, files: tuple[Path, Path]) -> Run:
    assert run("import", *files).code == 0
    assert run("index").code == 0
    return run


def _store() -> Store:
    return Store.open(Settings.from_environment().database_url)


def _subprocess(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, **environment},
        cwd=Path(__file__).parent.parent,
    )


# -- help and cost


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_help_is_korean(run: Run, command: str) -> None:
    outcome = run(*filter(None, [command]), "--help")

    assert outcome.code == 0
    assert "사용법" in outcome.out
    assert "이 도움말을 보이고 끝냅니다" in outcome.out
    for english in ("Usage", "Options", "Show this message", "Commands", "default:"):
        assert english not in outcome.out


def test_no_command_shows_the_help(run: Run) -> None:
    outcome = run()

    assert outcome.code == 0
    assert all(command in outcome.out for command in COMMANDS)


@pytest.mark.parametrize("arguments", [["--help"], ["check", "{file}"], ["import", "{file}"]])
def test_help_check_and_import_load_no_model(
    files: tuple[Path, Path], tmp_path: Path, arguments: list[str]
) -> None:
    given = [argument.format(file=files[0]) for argument in arguments]
    heavy = ["torch", "sentence_transformers", "transformers", "openvino", "faiss", "konlpy"]
    code = f"""
import sys
sys.argv = ["greenmatch", *{given!r}]
from service.cli import main
try:
    main()
except SystemExit as error:
    print("CODE", error.code)
print("LOADED", [name for name in {heavy!r} if name in sys.modules])
"""

    done = _subprocess(code, GREENMATCH_HOME=str(tmp_path / "home"))

    assert "CODE 0" in done.stdout, done.stderr
    assert "LOADED []" in done.stdout


# -- check


def test_check_prints_records_and_changes_nothing(
    run: Run, files: tuple[Path, Path], tmp_path: Path
) -> None:
    outcome = run("check", *files)

    assert outcome.code == 0
    assert "공급기업 3, 수요 2 · 문제 0" in outcome.out
    assert "빗물나라" in outcome.out
    assert not (tmp_path / "home").exists()


def test_check_ends_with_1_for_problems_and_names_file_and_row(run: Run, tmp_path: Path) -> None:
    broken = {**NEEDS[1], "deadline": "2026.2.30"}
    file = write_jsonl(tmp_path / "needs.jsonl", [NEEDS[0], broken])

    outcome = run("check", file)
    told = run("check", file, "--json").json()

    assert outcome.code == 1
    assert "needs.jsonl 2행" in outcome.out
    assert told["problems"][0]["row"] == 2
    assert told["counts"]["companies"] == 0
    assert told["needs"][0]["need_id"] == "N-1"


def test_check_ends_with_2_for_every_file_that_cannot_be_read(
    run: Run, files: tuple[Path, Path], tmp_path: Path
) -> None:
    picture = tmp_path / "그림.xlsx"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n" * 50)
    empty = tmp_path / "빈.csv"
    empty.touch()

    outcome = run("check", picture, files[0], empty, tmp_path / "없음.csv", tmp_path)
    told = run("check", picture, files[0], empty, "--json")

    assert outcome.code == 2
    assert "읽지 못한 파일 4" in outcome.out
    assert len(outcome.err.strip().splitlines()) == 4
    assert all(HANGUL.search(line) for line in outcome.err.strip().splitlines())
    assert told.code == 2
    assert len(told.json()["unreadable"]) == 2
    assert told.json()["counts"]["companies"] == 3


# -- import


def test_import_stores_the_good_rows_and_again_changes_nothing(
    run: Run, files: tuple[Path, Path]
) -> None:
    first = run("import", *files)
    again = run("import", *files, "--json").json()

    assert first.code == 0
    assert "새로 3" in first.out
    assert "greenmatch index" in first.out
    assert again["saved"]["companies"] == {"added": 0, "changed": 0, "unchanged": 3}
    store = _store()
    assert list(store.companies()) == companies()
    assert list(store.needs()) == needs()
    store.close()


def test_import_leaves_broken_rows_out_and_the_rest_goes_in(
    run: Run, files: tuple[Path, Path], tmp_path: Path
) -> None:
    broken = write_jsonl(
        tmp_path / "broken.jsonl",
        [{"need_id": "N-8", "title": ""}, {"need_id": "N-9", "title": "좋은 행"}],
    )
    unreadable = tmp_path / "broken.xlsx"
    unreadable.write_bytes(b"not a sheet")

    with_problem = run("import", broken)
    with_unreadable = run("import", unreadable, files[1])

    assert with_problem.code == 1
    assert with_unreadable.code == 2
    assert HANGUL.search(with_unreadable.err)
    store = _store()
    assert [need.need_id for need in store.needs()] == ["N-1", "N-2", "N-9"]
    store.close()


def test_a_record_that_no_database_can_hold_stops_no_other(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "mixed.jsonl"
    file.write_text(
        '{"need_id": "N-1", "title": "\\ud800"}\n'
        '{"need_id": "N-2", "title": "a\\u0000b"}\n'
        '{"need_id": "N-3", "title": "좋음", "x": "\\udfff"}\n'
        '{"company_id": "C-1", "name_ko": "가", "employees": 1e30}\n'
        + json.dumps({"need_id": "N" * 300, "title": "긴 ID"})
        + '\n{"need_id": "N-9", "title": "좋은 행"}\n',
        encoding="utf-8",
    )

    outcome = run("import", file)

    assert outcome.code == 1
    assert "넣지 않았습니다" in outcome.out
    store = _store()
    assert store.need("N-9").title == "좋은 행"
    assert {need.need_id for need in store.needs()} <= {"N-3", "N-9"}
    store.close()


# -- index and match


def test_index_says_when_there_is_nothing_to_do(ready: Run) -> None:
    again = ready("index", "--json").json()
    rebuilt = ready("index", "--rebuild", "--json").json()

    assert again["is_new"] is False
    assert rebuilt["is_new"] is True
    assert rebuilt["manifest"]["snapshot_id"] != again["manifest"]["snapshot_id"]
    assert rebuilt["manifest"]["counts"] == {
        "companies": 3,
        "offerings": 4,
        "needs": 2,
        "without_words": 0,
    }


def test_index_repairs_a_damaged_snapshot(ready: Run, tmp_path: Path) -> None:
    for file in (tmp_path / "home" / "snapshots").rglob("*.faiss"):
        file.write_bytes(b"damaged")

    broken = ready("match", "N-1")
    repaired = ready("index")
    works = ready("match", "N-1")

    assert broken.code == 2
    assert "greenmatch index" in broken.err
    assert (repaired.code, works.code) == (0, 0)


def test_index_of_an_empty_store_names_the_command_that_fills_it(run: Run) -> None:
    outcome = run("index")

    assert outcome.code == 2
    assert "greenmatch import" in outcome.err


def test_match_prints_companies_reasons_and_where_it_all_comes_from(ready: Run) -> None:
    outcome = ready("match", "N-1", "-k", 2)

    lines = outcome.out.splitlines()
    assert outcome.code == 0
    assert lines[0].startswith("수요 N-1")
    assert "인도네시아(자카르타)" in lines[1]
    assert any(line.startswith(" 1. 빗물나라 (서울특별시)  C-1") for line in lines)
    assert "재생 플라스틱 빗물 저류조" in outcome.out
    assert "의미 +" in outcome.out
    assert "낱말 +" in outcome.out
    assert "bigrams@1" in " ".join(lines[-2:])
    assert all(cell_len(line) <= 100 for line in lines)
    assert not any(line.endswith(" ") for line in lines)


def test_match_folds_refusals_and_shows_all_when_asked(run: Run, tmp_path: Path) -> None:
    many = [{**COMPANIES[2], "company_id": f"C-{n:02}"} for n in range(8)]
    file = write_jsonl(tmp_path / "many.jsonl", [*many, *NEEDS])
    run("import", file)
    run("index")

    folded = run("match", "N-2")
    unfolded = run("match", "N-2", "--refusals")

    assert "적합한 공급기업 없음" in folded.out
    assert "제외 사유 (8건)" in folded.out
    assert "그 밖에 3건" in folded.out
    assert "그 밖에" not in unfolded.out


def test_match_of_a_text_takes_names_for_country_and_language(ready: Run) -> None:
    told = ready(
        "match",
        "--text",
        "LED 가로등",
        "--country",
        "베트남",
        "--language",
        "vi",
        "-k",
        1,
        "--json",
    ).json()
    narrowed = ready("match", "--text", "LED 가로등", "--region", "부산광역시", "--json").json()

    assert [match["company_id"] for match in told["matches"]] == ["C-3"]
    assert told["stale"] is None
    assert [match["company_id"] for match in narrowed["matches"]] == ["C-2"]


def test_what_came_after_the_index_is_found_and_verify_tells_the_difference(
    ready: Run, tmp_path: Path
) -> None:
    company = {"company_id": "C-9", "name_ko": "새물", "offerings": [{"title": "수질 감시"}]}
    same = ready("index", "--verify")
    ready("import", write_jsonl(tmp_path / "new.jsonl", [company]))

    outcome = ready("match", "--text", "수질 감시", "-k", 1)
    different = ready("index", "--verify", "--json")

    assert (outcome.code, "새물" in outcome.out) == (0, True)
    assert (same.code, different.code) == (0, 1)
    assert len(json.loads(different.out)["missing"]) == 1


def test_match_tells_when_too_much_came_after_the_index(
    ready: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.workbench.AT_ONCE", 0)
    monkeypatch.setattr("service.workbench.MOST_LAID_OVER", 0)
    new = write_jsonl(tmp_path / "new.jsonl", [{"need_id": "N-3", "title": "수질 감시"}])
    ready("import", new)

    outcome = ready("match", "N-3")

    assert outcome.code == 0
    assert "greenmatch index" in outcome.out
    assert "맑은물기술" in outcome.out


def test_opportunities_prints_the_needs_of_a_company(ready: Run) -> None:
    outcome = ready("opportunities", "C-1", "-k", 1)
    text = ready("opportunities", "--text", "LED 가로등을 만듭니다", "-k", 1, "--json").json()

    assert "공급기업 C-1  빗물나라" in outcome.out
    assert "폐플라스틱 빗물 저류 시스템" in outcome.out
    assert text["company_id"] == "text"


def test_both_directions_show_how_acceptable_a_match_is_to_either_side(
    run: Run, tmp_path: Path
) -> None:
    company = {**COMPANIES[0], "export_countries": [], "target_countries": ["MA"]}
    run("import", write_jsonl(tmp_path / "all.jsonl", [company, NEEDS[0]]))
    run("index")

    shortlist, opportunities = run("match", "N-1"), run("opportunities", "C-1")

    for outcome in (shortlist, opportunities):
        (line,) = (line for line in outcome.out.splitlines() if "수용도" in line)
        assert re.search(r"수요기관 0\.\d{3} · 기업 0\.\d{3} · 서로 0\.\d{3}$", line)
        assert "희망 진출국에 인도네시아가 없습니다." in outcome.out


def test_a_compound_need_shows_its_parts_and_who_covers_what(run: Run, tmp_path: Path) -> None:
    need = {
        "need_id": "N-3",
        "title": "도시 환경 협력",
        "description": "1. 빗물 저류 시스템 설치\n2. 정수 처리 설비 공급\n3. LED 가로등 교체",
    }
    run("import", write_jsonl(tmp_path / "all.jsonl", [*COMPANIES, need]))
    run("index")

    outcome = run("match", "N-3")

    assert outcome.out.count("수요 항목") == 3
    assert "누가 무엇을 맡을 수 있는가" in outcome.out
    consortium = outcome.out.partition("컨소시엄 제안")[2]
    taken = [line.split() for line in consortium.splitlines() if "맡는 항목" in line]
    left = [line for line in consortium.splitlines() if "빈 항목" in line]
    assert len(taken) + len(left) == 3
    assert all(line[-1].endswith("%") for line in taken)
    assert all("적합한 공급기업 없음" in line for line in left)


def test_texts_cannot_steer_the_terminal(run: Run, tmp_path: Path) -> None:
    nasty = {**COMPANIES[0], "name_ko": "가\u202e나[bold]\u200b다"}
    run("import", write_jsonl(tmp_path / "a.jsonl", [nasty, NEEDS[0]]))
    run("index")

    outcome = run("match", "N-1")

    assert "가나[bold]다" in outcome.out


# -- what goes wrong


@pytest.mark.parametrize(
    "arguments",
    [
        ["match", "N-404"],
        ["match"],
        ["match", "N-1", "--text", "x"],
        ["match", "--text", " "],
        ["match", "--text", "x", "--country", "아틀란티스"],
        ["match", "N-1", "-k", "0"],
        ["match", "N-1", "-k", "101"],
        ["match", "--bogus"],
        ["opportunities", "C-404"],
        ["bogus"],
        ["check"],
        ["check", "x.csv", "--kind", "dogs"],
        ["serve", "--host", "0.0.0.0"],
        ["user", "remove", "아무개"],
        ["key", "revoke", "0000"],
        ["serve", "--port", "70000"],
    ],
)
def test_a_wrong_command_ends_with_2_and_a_korean_sentence(
    ready: Run, arguments: list[str]
) -> None:
    outcome = ready(*arguments)

    assert outcome.code == 2
    assert HANGUL.search(outcome.err)
    assert outcome.out == ""


@pytest.mark.parametrize("command", [["match", "N-1"], ["serve"]])
def test_without_an_index_the_command_that_builds_one_is_named(
    run: Run, files: tuple[Path, Path], command: list[str]
) -> None:
    run("import", *files)

    outcome = run(*command)

    assert outcome.code == 2
    assert "greenmatch index" in outcome.err


def test_wrong_settings_are_told_in_korean(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (
        ("GREENMATCH_PORT", "eighty"),
        ("GREENMATCH_BACKEND", "cuda"),
        ("GREENMATCH_DATABASE_URL", "nonsense"),
        ("GREENMATCH_HOME", "/proc/nowhere"),
    ):
        with monkeypatch.context() as patched:
            patched.setenv(name, value)
            outcome = run("match", "N-1")

        assert outcome.code == 2, name
        assert HANGUL.search(outcome.err)


def test_settings_are_read_when_asked_and_have_defaults(tmp_path: Path) -> None:
    settings = Settings.from_environment({"GREENMATCH_HOME": str(tmp_path), "GREENMATCH_MODEL": ""})

    assert settings.database_url == f"sqlite:///{tmp_path / 'greenmatch.sqlite3'}"
    assert (settings.model, settings.host, settings.port) == (None, "127.0.0.1", 8000)


def test_another_computer_is_let_in_only_with_a_secret_and_the_first_start_names_an_administrator(
    ready: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    served: list[object] = []
    monkeypatch.setattr("uvicorn.Server.run", lambda self, sockets: served.append(sockets))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    serve = ("serve", "--host", "0.0.0.0", "--port", port)

    refused = [ready(*serve)]
    monkeypatch.setenv("GREENMATCH_SECRET", "changeme")
    refused.append(ready(*serve))
    monkeypatch.setenv("GREENMATCH_SECRET", "s" * 32)
    first = ready(*serve)
    second = ready(*serve)

    assert [(r.code, "GREENMATCH_SECRET" in r.err) for r in refused] == [(2, True), (2, True)]
    assert len(served) == 2
    assert "일회용 비밀번호" in first.err
    assert "일회용 비밀번호" not in second.err


def test_the_same_files_are_not_read_again_until_anything_changes(
    run: Run, files: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[object] = []
    real = __import__("service.receiving").receiving.read_all
    monkeypatch.setattr(
        "service.receiving.read_all", lambda *given: (read.append(given), real(*given))[1]
    )

    first = run("import", *files, "--json")
    second = run("import", *files, "--json")
    after_two = len(read)
    run("undo", 1)
    third = run("import", *files, "--json")
    files[1].write_text(files[1].read_text("utf-8") + "\n", "utf-8")
    run("import", *files)

    assert after_two == 1
    assert len(read) == 3
    one, two, three = (json.loads(outcome.out) for outcome in (first, second, third))
    assert two["saved"]["companies"] == {"added": 0, "changed": 0, "unchanged": 3}
    assert {**one, "saved": 0} == {**two, "saved": 0}
    assert three["saved"] == one["saved"]
    assert first.code == second.code


def test_people_and_keys_are_managed_from_the_command_line(ready: Run) -> None:
    added = ready("user", "add", "김담당")
    taken = ready("user", "add", "김담당")
    ready("user", "add", "admin", "--role", "administrator")
    last = ready("user", "remove", "admin")
    reset = ready("user", "reset", "김담당")
    key = ready("key", "add", "평가 스크립트", "--role", "company", "--company", "C-1")
    wrong = ready("key", "add", "x", "--role", "king")
    (listed,) = json.loads(ready("key", "list", "--json").out)
    revoked = ready("key", "revoke", listed["key_id"])

    assert added.out.split(": ")[1] != reset.out.split(": ")[1]
    assert (taken.code, last.code, wrong.code) == (2, 2, 2)
    assert key.out.startswith("gm_")
    assert (listed["role"], listed["company_id"]) == ("company", "C-1")
    assert revoked.code == 0
    assert "폐기" in ready("key", "list").out
    assert "담당자" in ready("user", "list").out
    assert ready("user", "remove", "김담당").code == 0


def test_the_same_company_twice_is_shown_merged_and_parted(ready: Run, tmp_path: Path) -> None:
    twin = {"company_id": "C-9", "name_ko": "(주)빗물나라", "region": "서울"}
    ready("import", write_jsonl(tmp_path / "twin.jsonl", [twin]))

    shown = ready("duplicates")
    certain = json.loads(ready("duplicates", "--merge-certain", "--json").out)
    merged = ready("merge", "C-1", "C-9")
    after = ready("duplicates")
    parted = ready("split", "C-1")

    assert "이름이 같습니다" in shown.out
    assert certain["merged"] == []  # no registration number: staff decide
    assert (merged.code, parted.code) == (0, 0)
    assert "이름이 같습니다" not in after.out
    assert "나눔" in ready("imports").out


def test_a_taken_port_is_told_in_korean_before_the_model_is_loaded(run: Run) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]

        outcome = run("serve", "--port", port)

    assert outcome.code == 2
    assert f"127.0.0.1:{port}" in outcome.err
    assert "--port" in outcome.err


def test_a_closed_pipe_is_no_traceback(files: tuple[Path, Path], tmp_path: Path) -> None:
    store = Store.open(f"sqlite:///{tmp_path / 'home' / 'greenmatch.sqlite3'}")
    store.save(companies(), needs(), Source("test"))
    store.close()
    program = "from service.cli import main; main()"

    done = subprocess.run(
        f'"{sys.executable}" -c "{program}" check --json {files[0]} | head -c 1',
        shell=True,
        capture_output=True,
        text=True,
        timeout=120,
        cwd=Path(__file__).parent.parent,
    )

    assert done.stdout == "{"
    assert "Traceback" not in done.stderr
