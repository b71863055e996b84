import itertools
import json
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import brute_force

from evaluation import cli, cli_costs, systems
from evaluation.datasets import read_matching
from evaluation.speed import (
    BruteForce,
    Memory,
    PlainBm25,
    Stage,
    Timing,
    measure_speed,
    percentiles,
    pick_evenly,
    speed_table,
    time_stage,
)
from indexing.dense import DenseIndex
from indexing.lexical import LexicalIndex
from indexing.translations import Wording
from matcher.records import Need
from tests.eval_worlds import WordEncoder, open_world_engine, write_matching_world

STAGES = ["analyse", "encode", "dense", "lexical", "fuse", "explain", "match"]
WORDS = st.sampled_from(["빗물", "저류", "정수", "led", "10kw"])


def ticking(*steps):
    """A clock that moves on by the given seconds, over and over, each time it is asked."""
    moments = itertools.accumulate(itertools.cycle(steps))
    return lambda: next(moments)


def test_a_stage_and_its_alternative_take_turns_and_the_first_round_is_not_counted():
    done = []
    stage = Stage(
        "s", "단계", lambda c: done.append(("ours", c)), "다른 것", lambda c: done.append(c)
    )
    begins_and_ends = [0, 0.5, 0, 0.5, 0, 0.5, 0, 0.5]  # the round before: two needs, both sides
    begins_and_ends += [0, 0.001, 0, 0.004, 0, 0.003, 0, 0.004]

    timing = time_stage(stage, ["n1", "n2"], 1, ticking(*begins_and_ends))

    assert done == [("ours", "n1"), "n1", ("ours", "n2"), "n2"] * 2
    assert timing.milliseconds == pytest.approx((2.0, 1.0 + 0.95 * (3.0 - 1.0)))
    assert timing.alternative_milliseconds == pytest.approx((4.0, 4.0))
    assert timing.ratio == pytest.approx(2.0 / 4.0)


def test_without_an_alternative_there_is_no_ratio():
    stage = Stage("s", "단계", lambda c: None, "다른 백엔드", None)

    timing = time_stage(stage, ["n"], 3, ticking(0.002))

    assert timing.milliseconds == pytest.approx((2.0, 2.0))
    assert timing.ratio is None
    assert timing.to_dict()["alternative_p50_ms"] is None
    assert speed_table([timing], "제목").rows == (
        ("단계", "2.00", "2.00", "다른 백엔드", "–", "–", "–"),
    )


def test_percentiles_lie_between_two_runs_linearly():
    assert percentiles([1.0, 2.0, 3.0, 4.0, 5.0]) == pytest.approx((3.0, 4.0 + 0.8 * 1.0))
    assert percentiles([7.0]) == (7.0, 7.0)


def test_the_table_says_times_and_ratio():
    timing = Timing("s", "단계", (1234.5, 2000.0), "다른 것", (617.25, 700.0))

    assert speed_table([timing], "제목").rows == (
        ("단계", "1,234.50", "2,000.00", "다른 것", "617.25", "700.00", "2.00"),
    )


def test_needs_are_drawn_from_the_whole_list():
    needs = [Need(str(i), "수요") for i in range(10)]

    assert [need.need_id for need in pick_evenly(needs, 4)] == ["0", "2", "5", "7"]
    assert pick_evenly(needs, 99) == needs


def test_a_memory_asks_once_and_says_the_same_ever_after():
    asked = []
    memory = Memory(SimpleNamespace(say=lambda *words: asked.append(words) or len(asked)))

    answers = [memory.say("a", 1), memory.say("b"), memory.say("a", 1)]

    assert answers == [1, 2, 1]
    assert asked == [("a", 1), ("b",)]
    assert memory.questions() == [("say", ("a", 1)), ("say", ("b",))]


def test_brute_force_agrees_with_faiss_and_the_textbook():
    encoder = WordEncoder()
    texts = {"a": "빗물 저류조", "b": "폐기물 소각로", "c": "빗물 설비", "d": "태양광"}
    index = DenseIndex.build(list(texts), encoder.encode(list(texts.values()), "passage"))
    query = encoder.encode(["빗물"], "query")[0]

    found = BruteForce.build(index.owners, texts, encoder).search(query, 3)

    vectors = encoder.encode(list(texts.values()), "passage")
    expected = brute_force(list(texts), vectors, query, 3)
    assert [(hit.id, pytest.approx(hit.score, abs=1e-6)) for hit in found.hits] == expected
    assert found.ids() == index.search(query, 3).ids()


@settings(deadline=None)  # a busy machine is slow, not wrong
@given(
    st.dictionaries(st.sampled_from("abcdef"), st.lists(WORDS, max_size=5), min_size=1).filter(
        lambda texts: any(texts.values())
    ),
    st.lists(WORDS, min_size=1, max_size=4),
    st.dictionaries(WORDS, st.dictionaries(WORDS, st.floats(0.02, 1.0)), max_size=3),
)
def test_the_loop_in_plain_python_agrees_with_the_index(texts, terms, likely):
    index = LexicalIndex.build(list(texts), list(texts.values()))
    query = [Wording(term, likely.get(term, {})) for term in terms]

    found = PlainBm25(texts).search(query, 10)

    assert found.scores() == pytest.approx(index.search(query, 10).scores(), abs=1e-6)


def test_every_stage_of_a_need_is_timed_beside_an_alternative(tmp_path):
    dataset = read_matching(write_matching_world(tmp_path))
    engine, other = open_world_engine(), WordEncoder()
    other.backend = "other"

    timings = measure_speed(dataset, engine, (engine.encoder, other), (3, 2), ticking(0.001))

    assert [timing.stage for timing in timings] == STAGES
    assert all(timing.milliseconds == pytest.approx((1.0, 1.0)) for timing in timings)
    assert all(timing.ratio == pytest.approx(1.0) for timing in timings)
    assert timings[1].alternative == "other"
    assert all(timing.label and timing.alternative for timing in timings)


@pytest.fixture
def small(monkeypatch):
    monkeypatch.setattr(systems, "open_plain_encoder", lambda *_: WordEncoder())
    monkeypatch.setattr(systems, "engine_of", lambda encoder: open_world_engine())
    monkeypatch.setattr(cli_costs, "time", SimpleNamespace(perf_counter=ticking(0.002)))
    monkeypatch.setenv("COLUMNS", "160")


def run_cli(capsys, *arguments):
    with pytest.raises(SystemExit) as ended:
        cli.main([str(argument) for argument in arguments])
    return ended.value.code, capsys.readouterr().out


def test_speed_prints_json_for_programs(small, capsys, tmp_path):
    folder = write_matching_world(tmp_path / "tiny")

    code, out = run_cli(capsys, "speed", folder, "--needs", 99, "--rounds", 1, "--json")

    result = json.loads(out)
    assert code == 0
    assert (result["dataset"], result["needs"], result["rounds"]) == ("tiny", 5, 1)
    assert [stage["stage"] for stage in result["stages"]] == STAGES
    encode = result["stages"][1]
    assert encode == {
        "stage": "encode",
        "label": "수요 임베딩(none)",
        "p50_ms": pytest.approx(2.0),
        "p95_ms": pytest.approx(2.0),
        "alternative": "다른 백엔드",
        "alternative_p50_ms": None,
        "alternative_p95_ms": None,
        "ratio": None,
    }
    assert {"model", "backend", "cores", "load", "policy"} <= set(result["provenance"])


def test_speed_prints_a_table_for_people(small, capsys, tmp_path):
    folder = write_matching_world(tmp_path / "tiny")

    code, out = run_cli(capsys, "speed", folder, "--needs", 2, "--rounds", 1)

    assert code == 0
    assert "tiny · 기업 4 · 수요 2건을 1번씩" in out
    for word in ("의미 검색(FAISS)", "numpy 전수 비교", "파이썬 BM25", "비율", "cores"):
        assert word in out


def test_speed_measures_the_samples_where_no_folder_is_named():
    from evaluation.speed import DEFAULT_FOLDER

    assert (DEFAULT_FOLDER / "companies.jsonl").is_file()
    assert (DEFAULT_FOLDER / "needs.jsonl").is_file()


def test_the_other_backend_is_the_one_that_is_not_in_use(monkeypatch):
    asked = []
    monkeypatch.setattr(systems, "open_plain_encoder", lambda p, b: asked.append(b))
    fast, plain = WordEncoder(), WordEncoder()
    fast.backend, plain.backend = "openvino", "torch"

    systems.open_other_backend(fast)
    systems.open_other_backend(plain)

    assert asked == ["torch", "openvino"]
    assert systems.open_other_backend(WordEncoder()) is None
