"""Encoders held against each other by meaning alone: figures, kinds of sets, samples, files."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from evaluation.cli import main
from evaluation.datasets import RetrievalDataset, read_dataset
from evaluation.encoders import (
    CROSS_LINGUAL,
    SAME_LANGUAGE,
    SIMILARITY,
    TEXTS_PER_QUERY,
    compare_encoders,
    encoders_summary,
    encoders_table,
    read_similarities,
    sampled,
)
from matcher.errors import InvalidRequest, UnreadableFile
from matcher.progress import silent
from tests.eval_worlds import (
    WordEncoder,
    write_jsonl,
    write_matching_world,
    write_retrieval_world,
)

STS = (
    "genre\tscore\tsentence1\tsentence2\n"
    "x\t5.0\t빗물 저류조\t빗물 저류조\n"
    "x\t2.5\t빗물 소각로\t빗물\n"
    "x\t0.0\t태양광\t빗물\n"
)


class KoreanEncoder(WordEncoder):
    """Knows the words in Hangul only."""

    name = "korean"

    def encode(self, texts, kind, progress=silent):
        heard = [" ".join(w for w in text.split() if "가" <= w[0] <= "힣") for text in texts]
        vectors = super().encode(heard, kind, progress)
        deaf = [row for row, text in enumerate(heard) if not text]
        vectors[deaf] = 0.0
        vectors[deaf, -1] = 1.0
        return vectors


def test_what_a_better_encoder_gains_is_said_for_each_kind_of_need(tmp_path: Path) -> None:
    world = read_dataset(write_matching_world(tmp_path / "world"))

    rows = compare_encoders([world], [KoreanEncoder(), WordEncoder()])

    by_kind = {row.kind: row for row in rows}
    assert by_kind[SAME_LANGUAGE].queries == 1
    assert by_kind[SAME_LANGUAGE].gains[0].mean == 0.0
    foreign = by_kind[CROSS_LINGUAL]
    assert foreign.queries == 3  # the fourth has no supplier and does not count
    assert foreign.means[1] - foreign.means[0] == pytest.approx(foreign.gains[0].mean)
    assert foreign.gains[0].mean > 0.2


def test_a_retrieval_set_is_cross_lingual_where_the_scripts_differ(tmp_path: Path) -> None:
    world = read_dataset(write_retrieval_world(tmp_path / "world"))
    assert isinstance(world, RetrievalDataset)
    foreign = replace(world, queries=world.queries[1:])
    korean = replace(world, queries=world.queries[:1])

    rows = compare_encoders([foreign, korean], [WordEncoder(), WordEncoder()])

    assert [row.kind for row in rows] == [CROSS_LINGUAL, SAME_LANGUAGE]
    assert rows[1].means[0] == 1.0


def test_similarity_is_the_correlation_with_what_people_said(tmp_path: Path) -> None:
    (tmp_path / "sts.tsv").write_text(STS, "utf-8")
    klue = [
        {"sentence1": "빗물 저류조", "sentence2": "빗물 저류조", "labels": {"label": 0.0}},
        {"sentence1": "태양광", "sentence2": "빗물", "labels": {"label": 5.0}},
    ]
    (tmp_path / "klue.json").write_text(json.dumps(klue), "utf-8")
    sets = [read_similarities(tmp_path / name) for name in ("sts.tsv", "klue.json")]

    rows = compare_encoders(sets, [WordEncoder(), KoreanEncoder()])

    assert [row.kind for row in rows] == [SIMILARITY, SIMILARITY]
    assert rows[0].means == pytest.approx((1.0, 1.0))
    assert rows[1].means == pytest.approx((-1.0, -1.0))
    assert [row.queries for row in rows] == [3, 2]


@pytest.mark.parametrize(
    ("name", "text"), [("a.tsv", "x\ty\n1\t2\n"), ("b.json", "["), ("c.tsv", STS[:50])]
)
def test_a_file_without_pairs_is_said_in_words(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text, "utf-8")

    with pytest.raises(UnreadableFile, match=name):
        read_similarities(tmp_path / name)


def test_a_sample_keeps_what_is_judged_and_is_the_same_each_time(tmp_path: Path) -> None:
    folder = tmp_path / "many"
    write_jsonl(folder / "corpus.jsonl", [{"_id": f"d{n}", "text": f"글 {n}"} for n in range(100)])
    write_jsonl(folder / "queries.jsonl", [{"_id": f"q{n}", "text": f"글 {n}"} for n in range(50)])
    rows = "".join(f"q{n}\td{n}\t1\n" for n in range(50))
    (folder / "qrels.tsv").write_text("query-id\tcorpus-id\tscore\n" + rows)
    whole = read_dataset(folder)

    part = sampled(whole, 5)

    assert part == sampled(whole, 5)
    assert part != sampled(whole, 5, seed=2)
    assert len(part.queries) == 5
    assert len(part.corpus) == TEXTS_PER_QUERY * 5
    assert all(id in part.corpus for grades in part.qrels.values() for id in grades)
    few = sampled(whole, 60)
    assert {query.id for query in few.queries} == {query.id for query in whole.queries}
    assert few.corpus == whole.corpus


def test_one_encoder_alone_has_nothing_to_be_held_against() -> None:
    with pytest.raises(InvalidRequest):
        compare_encoders([], [WordEncoder()])


def test_the_summary_names_the_worst_set(tmp_path: Path) -> None:
    (tmp_path / "sts.tsv").write_text(STS, "utf-8")
    world = read_dataset(write_matching_world(tmp_path / "world"))
    sets = [world, read_similarities(tmp_path / "sts.tsv")]

    rows = compare_encoders(sets, [WordEncoder(), KoreanEncoder()])
    summary = encoders_summary(rows, ["words", "korean"])
    table = encoders_table(rows, ["words", "korean"])

    assert len(table.rows) == 3
    assert summary.rows[0][0] == "korean"
    assert summary.rows[0][1].startswith("-")
    assert summary.rows[0][2:4] == ("+0.000", "+0.000")
    assert "다른 언어" in summary.rows[0][4]


def test_the_command_holds_the_shipped_adapter_against_the_plain_model(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    world = write_matching_world(tmp_path / "world")
    (tmp_path / "sts.tsv").write_text(STS, "utf-8")
    page = tmp_path / "encoders.md"

    with pytest.raises(SystemExit, match="0"):
        main(["encoders", str(world), str(tmp_path / "sts.tsv"), "--out", str(page)])

    said = capsys.readouterr().out
    written = page.read_text("utf-8")
    assert "바탕 모델" in said
    assert "green-e5-small" in written
    assert written.count("bundled:") == 2
    assert "world · 다른 언어 수요" in written


def test_an_adapter_folder_that_is_none_is_said_in_words(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    world = write_matching_world(tmp_path / "world")

    with pytest.raises(SystemExit, match="2"):
        main(["encoders", str(world), "--adapter", str(tmp_path / "none")])

    assert "어댑터 폴더" in capsys.readouterr().err
