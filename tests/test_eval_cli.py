import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from evaluation import cli, systems
from evaluation.datasets import read_retrieval
from evaluation.measures import MEASURES, score_run
from evaluation.runs import read_run
from tests.eval_worlds import open_world_engine, write_matching_world, write_retrieval_world

ROOT = Path(__file__).parent.parent


@pytest.fixture(autouse=True)
def small_engine(monkeypatch):
    monkeypatch.setattr(systems, "open_engine", open_world_engine)
    monkeypatch.setenv("COLUMNS", "160")


def run_cli(capsys, *arguments):
    """Return (exit code, stdout, stderr)."""
    with pytest.raises(SystemExit) as ended:
        cli.main([str(argument) for argument in arguments])
    captured = capsys.readouterr()
    return ended.value.code, captured.out, captured.err


def test_retrieval_prints_the_json_of_the_contract(capsys, tmp_path):
    folder = write_retrieval_world(tmp_path / "tiny")

    code, out, _ = run_cli(capsys, "retrieval", folder, "--system", "dense", "--json")

    result = json.loads(out)
    assert code == 0
    assert list(result) == [
        "dataset",
        "system",
        "queries",
        "measures",
        "by_language",
        "provenance",
    ]
    assert (result["dataset"], result["system"], result["queries"]) == ("tiny", "dense", 3)
    assert result["measures"] == dict.fromkeys(MEASURES, 1.0) | {
        "Judged@10": result["measures"]["Judged@10"]
    }
    assert result["by_language"] == {
        code: {"nDCG@10": 1.0, "queries": 1} for code in ("en", "id", "ko")
    }
    assert result["provenance"]["queries_left_out"] == 1
    assert result["provenance"]["model"] == "words"
    assert result["provenance"]["intervals"]["nDCG@10"] == [1.0, 1.0]


def test_the_run_file_gives_the_same_measures_when_it_is_read_back(capsys, tmp_path):
    folder = write_retrieval_world(tmp_path / "tiny")
    path = tmp_path / "out" / "run.trec"

    code, out, _ = run_cli(capsys, "retrieval", folder, "--run", path, "--json")

    dataset, run = read_retrieval(folder), read_run(path)
    asked = [query.id for query in dataset.queries]
    assert code == 0
    assert run.system == "hybrid"
    assert all(len(line.split()) == 6 for line in path.read_text("utf-8").splitlines())
    assert run.ids()["q-ko"][0] == "guide rain.pdf - 1"
    assert score_run(run.ids(), dataset.qrels, asked).means() == json.loads(out)["measures"]


def test_matching_prints_the_json_of_the_contract(capsys, tmp_path):
    folder = write_matching_world(tmp_path / "tiny")

    code, out, _ = run_cli(capsys, "matching", folder, "--json")

    result = json.loads(out)
    assert code == 0
    assert (result["system"], result["queries"]) == ("hybrid", 4)
    assert set(result["measures"]) == set(MEASURES)
    assert result["by_language"]["en"]["queries"] == 2
    assert result["provenance"]["direction"] == "need-to-company"
    assert result["provenance"]["useful_grade"] == 2


def test_matching_answers_in_the_other_direction(capsys, tmp_path):
    folder = write_matching_world(tmp_path / "tiny")

    code, out, _ = run_cli(
        capsys, "matching", folder, "--direction", "company-to-need", "--abstain", "--json"
    )

    result = json.loads(out)
    assert code == 0
    assert result["queries"] == 4
    assert result["provenance"]["direction"] == "company-to-need"


def test_people_read_a_table_with_intervals_and_what_was_left_out(capsys, tmp_path):
    folder = write_matching_world(tmp_path / "tiny")

    code, out, _ = run_cli(capsys, "matching", folder, "--run", tmp_path / "run.trec")

    assert code == 0
    assert "nDCG@10" in out
    assert "95% 구간" in out
    assert "언어별" in out
    assert "평균에서 뺀 질의 1개" in out
    assert "순위 파일" in out


def test_progress_and_errors_go_to_stderr_alone(capsys, tmp_path):
    folder = write_retrieval_world(tmp_path / "tiny")

    _, out, err = run_cli(capsys, "retrieval", folder, "--json")

    assert "검색 tiny · hybrid 4/4" in err
    assert "검색 tiny" not in out


def test_compare_takes_both_kinds_of_directory_and_writes_a_report(capsys, tmp_path):
    retrieval = write_retrieval_world(tmp_path / "docs")
    matching = write_matching_world(tmp_path / "firms")
    report = tmp_path / "report"

    code, out, _ = run_cli(
        capsys, "compare", retrieval, matching, "--systems", "lexical,hybrid", "--out", report
    )

    markdown = (report / "report.md").read_text("utf-8")
    page = (report / "report.html").read_text("utf-8")
    assert code == 0
    for text in (out, markdown, page):
        assert "docs" in text
        assert "언어 간" in text
        assert "★" in text
        assert "hybrid − lexical" in text
    for text in (markdown, page):
        assert "firms · en" in text
    assert "dense" not in out
    assert "| 자료 | 질의 | lexical | hybrid |" in markdown
    drawn = {path.name for path in (report / "figures").iterdir()}
    assert set(re.findall(r"\(figures/([^)]+)\)", markdown)) == drawn
    assert {"sets.svg", "exposure-2.svg"} <= drawn
    assert sorted(path.name for path in (report / "runs").iterdir()) == [
        "docs.hybrid.trec",
        "docs.lexical.trec",
        "firms.hybrid.trec",
        "firms.lexical.trec",
    ]
    rows = json.loads((report / "results.json").read_text("utf-8"))
    assert [(row["dataset"], row["system"]) for row in rows] == [
        ("docs", "lexical"),
        ("docs", "hybrid"),
        ("firms", "lexical"),
        ("firms", "hybrid"),
    ]


def test_compare_leaves_out_what_a_set_does_not_allow_and_says_why(capsys, tmp_path):
    retrieval = write_retrieval_world(tmp_path / "docs")
    matching = write_matching_world(tmp_path / "firms")

    code, out, _ = run_cli(capsys, "compare", retrieval, matching, "--systems", "sector,hybrid")

    assert code == 0
    assert "docs: sector는 분야가 적힌" in out
    assert "–" in out


def test_a_system_that_can_not_be_run_is_refused_before_anything_slow(
    capsys, tmp_path, monkeypatch
):
    folder = write_retrieval_world(tmp_path / "docs")
    monkeypatch.setattr(systems, "open_engine", None)

    code, out, err = run_cli(capsys, "retrieval", folder, "--system", "sector")

    assert code == 2
    assert out == ""
    assert "sector는 분야가 적힌" in err


def test_comparing_only_what_can_not_be_run_is_refused_in_words(capsys, tmp_path):
    folder = write_retrieval_world(tmp_path / "docs")

    code, _, err = run_cli(capsys, "compare", folder, "--systems", "sector")

    assert code == 2
    assert "sector는 분야가 적힌" in err


def test_compare_measures_the_product_and_every_baseline_unless_told(capsys, tmp_path):
    folder = write_matching_world(tmp_path / "firms")

    code, out, _ = run_cli(capsys, "compare", folder, "--out", tmp_path / "report")

    rows = json.loads((tmp_path / "report" / "results.json").read_text("utf-8"))
    assert code == 0
    assert {row["system"] for row in rows} >= {"lexical", "dense", "hybrid", "bm25", "rrf"}
    assert all(name in out for name in systems.SYSTEMS)


def test_two_directories_of_one_name_are_refused(capsys, tmp_path):
    first = write_retrieval_world(tmp_path / "a" / "same")
    second = write_retrieval_world(tmp_path / "b" / "same")

    code, out, err = run_cli(capsys, "compare", first, second)

    assert code == 2
    assert out == ""
    assert "서로 달라야" in err


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["retrieval", "nowhere"], "corpus.jsonl: 파일이 없습니다"),
        (["matching", "nowhere"], "companies.jsonl: 파일이 없습니다"),
        (["compare", "nowhere"], "평가 자료가 아닙니다"),
        (["retrieval", "nowhere", "--system", "bm42"], "bm42"),
        (["matching", "nowhere", "--direction", "up"], "up"),
    ],
)
def test_what_a_person_can_mend_ends_in_one_korean_sentence_and_exit_2(capsys, arguments, sentence):
    code, out, err = run_cli(capsys, *arguments)

    assert code == 2
    assert out == ""
    assert sentence in err
    assert "Traceback" not in err


def test_a_run_file_that_cannot_be_written_is_said_in_words(capsys, tmp_path):
    folder = write_retrieval_world(tmp_path / "tiny")

    code, _, err = run_cli(capsys, "retrieval", folder, "--run", folder / "qrels.tsv" / "run.trec")

    assert code == 2
    assert "쓸 수 없습니다" in err


@pytest.mark.parametrize("command", ["retrieval", "matching", "compare", "speed", "encoders"])
def test_every_command_has_korean_help(capsys, command):
    code, out, _ = run_cli(capsys, command, "--help")

    assert code == 0
    assert "폴더" in out


def test_help_and_file_checks_import_neither_torch_nor_konlpy():
    program = (
        "import sys\n"
        "from evaluation.cli import main\n"
        "try:\n    main(['retrieval', 'nowhere'])\n"
        "except SystemExit as ended:\n    assert ended.code == 2\n"
        "print(sorted({'torch', 'konlpy', 'faiss', 'openvino', 'matplotlib', 'txtai'} & set(sys.modules)))\n"
    )

    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT
    )

    assert ended.stdout.strip() == "[]"


def test_calibrate_checks_what_it_has_not_seen_in_a_crowd_and_prints_numbers_to_copy(
    capsys, tmp_path
):
    folder, other = (write_matching_world(tmp_path / name) for name in ("seen", "other"))
    crowd = write_retrieval_world(tmp_path / "crowd")
    out = tmp_path / "confidence.md"
    options = ["--crowd", crowd, "--crowd-size", 20, "--composed", 40, "--out", out]

    code, printed, _ = run_cli(capsys, "calibrate", folder, "--check", other, *options)

    assert code == 0
    assert '[confidence]\nmodel = "words"' in printed
    seen, unseen, composed = re.split(r"^## ", out.read_text(encoding="utf-8"), flags=re.M)[1:]
    sizes = [
        [
            row.split("|")[2].strip()
            for row in part.splitlines()
            if row.startswith(("| seen", "| o"))
        ]
        for part in (seen, unseen, composed)
    ]
    assert sizes == [["4", "6", "24", "44"], ["4", "6", "24"], ["24", "44"]]
    assert re.search(r"코사인은 .* 평균 (0\.\d{3}|1\.000)", composed)


def test_a_crowd_too_small_to_divide_is_asked_once(capsys, tmp_path):
    folder = write_matching_world(tmp_path / "seen")
    crowd = write_retrieval_world(tmp_path / "crowd")
    out = tmp_path / "confidence.md"

    run_cli(capsys, "calibrate", folder, "--crowd", crowd, "--crowd-size", 5, "--out", out)

    rows = [row.split("|") for row in out.read_text(encoding="utf-8").splitlines()]
    asked = {row[2].strip(): row[3].strip() for row in rows if len(row) > 3 and "seen" in row[1]}
    assert sorted(asked) == ["4", "9"]
    assert asked["4"] == asked["9"]


def test_composed_strangers_need_texts(capsys, tmp_path):
    folder = write_matching_world(tmp_path / "seen")

    code, _, errors = run_cli(capsys, "calibrate", folder, "--composed", 40)

    assert code == 2
    assert "--crowd" in errors
