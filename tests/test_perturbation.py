import json
from dataclasses import replace

import numpy as np
import pytest
from fakes import FakeEncoder, space_analyzer

from evaluation import cli, perturbation, systems
from evaluation.datasets import MatchingDataset, read_matching
from evaluation.perturbation import (
    ALL,
    Plan,
    Rate,
    Trial,
    rates,
    rates_table,
    try_quotes,
)
from evaluation.significance import ratio_interval
from evaluation.systems import Engine
from indexing.snapshot import build_snapshot, open_snapshot
from matcher.matching import Catalogue, Matchmaker
from matcher.policy import Policy
from matcher.records import Company, Need

COMPANIES = [
    {
        "company_id": "C-rain",
        "name_ko": "가상빗물",
        "offerings": [
            {
                "title": "우리 제품 안내",
                "description": "1990년에 세운 회사이고 직원은 서른 명 남짓 됩니다. "
                "빗물 저류 설비를 만들어 침수를 막고 있습니다. "
                "본사는 성남에 있고 공장은 다른 곳에 두었습니다.",
            }
        ],
    },
    {
        "company_id": "C-light",
        "name_ko": "가상조명",
        "offerings": [
            {"title": "밝은 조명 제조 안내", "description": "밝은 가로등을 만드는 회사입니다."}
        ],
    },
]
NEEDS = [
    {
        "need_id": "N-1",
        "title": "협력 요청",
        "description": "예산은 아직 정해지지 않았고 서로 의논하려 합니다. "
        "빗물 저류 설비를 놓아 침수를 막고 싶습니다. "
        "회의는 다음 달에 시청 강당에서 열리게 됩니다.",
        "language": "ko",
    },
    {"need_id": "N-2", "title": "밝은 가로등을 만드는 회사입니다.", "language": "en"},
]


@pytest.fixture(scope="module")
def dataset():
    return world(COMPANIES, NEEDS)


def world(companies, needs):
    return MatchingDataset(
        "world",
        "need-to-company",
        {row["company_id"]: Company.from_dict(row) for row in companies},
        {row["need_id"]: Need.from_dict(row) for row in needs},
        (),
        {},
    )


def engine():
    return Engine(FakeEncoder(dimension=2048), space_analyzer(), Policy.load())


def trial(need_id="N", side="offering", rank=1, language="ko", fall=0.1, random_falls=(0.0,)):
    return Trial(need_id, "C", language, rank, side, "인용", fall, random_falls)


def test_a_pair_holds_where_the_quote_costs_more_than_random_spans_on_average():
    assert trial(fall=0.21, random_falls=(0.1, 0.3)).holds
    assert not trial(fall=0.2, random_falls=(0.1, 0.3)).holds
    assert not trial(fall=-0.1, random_falls=(0.0,)).holds


def test_a_quote_that_is_all_of_its_text_is_counted_apart():
    whole = trial(fall=0.0, random_falls=())

    (rate, *_) = rates([whole, trial()], [1])

    assert whole.is_whole
    assert not whole.holds
    assert (rate.pairs, rate.held, rate.whole, rate.rate) == (1, 1, 1, 1.0)


def test_rates_stand_by_side_depth_and_language():
    trials = [
        trial("A", rank=1),
        trial("A", rank=2, fall=-0.1),
        trial("B", language="vi", rank=1, fall=-0.1),
        trial("A", side="need", rank=1),
    ]

    found = {(rate.side, rate.depth, rate.language): rate for rate in rates(trials, [1, 3])}

    assert found["offering", 1, ALL].rate == 1 / 2
    assert found["offering", 3, ALL].rate == 1 / 3
    assert found["offering", 3, "ko"].rate == 1 / 2
    assert found["offering", 3, "vi"].rate == 0.0
    assert found["need", 3, ALL].rate == 1.0
    assert found["need", 3, "vi"].rate is None
    assert found["offering", 3, ALL].mean_fall == pytest.approx((0.1 - 0.1 - 0.1) / 3)


def test_the_interval_draws_needs_with_all_their_pairs():
    trials = [*(trial("A", rank=rank) for rank in (1, 2, 3)), trial("B", fall=-0.1)]

    (rate, *_) = rates(trials, [3])

    assert rate.interval == ratio_interval([(3, 3), (0, 1)])


def test_quotes_of_a_world_with_one_telling_sentence_hold(dataset):
    trials = try_quotes(dataset, engine(), Plan(listed=1))

    first = {item.side: item for item in trials if item.need_id == "N-1"}
    assert first["offering"].quote == "빗물 저류 설비를 만들어 침수를 막고 있습니다."
    assert first["need"].quote == "빗물 저류 설비를 놓아 침수를 막고 싶습니다."
    assert first["offering"].holds
    assert first["need"].holds
    assert len(first["need"].random_falls) == 5
    whole = {item.side: item for item in trials if item.need_id == "N-2"}
    assert whole["need"].is_whole
    assert not whole["offering"].is_whole


def test_the_fall_is_that_of_the_product_on_the_changed_text(dataset, tmp_path):
    (item, *_) = try_quotes(dataset, engine(), Plan(listed=1))
    company = dataset.companies["C-rain"]
    offering = company.offerings[0]
    start = offering.text.index(item.quote)
    changed = replace(
        offering,
        title="",
        description=offering.text[:start] + offering.text[start + len(item.quote) :],
    )

    def score(companies):
        tools = engine()
        build_snapshot(tmp_path, companies.values(), [], tools.encoder, tools.analyzer)
        index = open_snapshot(tmp_path, tools.encoder, tools.analyzer)
        matchmaker = Matchmaker(Catalogue(companies, {}), index, tools.policy)
        found = matchmaker.match(dataset.needs["N-1"], k=2)
        answers = (*found.matches, *found.nearest)
        return next(m.score for m in answers if m.company.company_id == "C-rain")

    before = score(dict(dataset.companies))
    after = score({**dataset.companies, "C-rain": replace(company, offerings=(changed,))})
    assert item.fall == pytest.approx(before - after, abs=1e-6)


def test_the_same_seed_gives_the_same_answer(dataset):
    first, again, other = (
        try_quotes(dataset, engine(), Plan(listed=2, seed=seed)) for seed in (1, 1, 2)
    )

    assert first == again
    assert [item.quote for item in first] == [item.quote for item in other]
    assert [item.random_falls for item in first] != [item.random_falls for item in other]


def test_random_spans_are_as_long_as_the_quote_and_stand_anywhere(dataset, monkeypatch):
    cuts = []
    keep = perturbation._try
    monkeypatch.setattr(
        perturbation, "_try", lambda cut, world: cuts.append(cut) or keep(cut, world)
    )

    try_quotes(dataset, engine(), Plan(listed=1, randoms=40))

    for cut in cuts:
        length = len(cut.quote.quote)
        assert all(0 <= start <= len(cut.text) - length for start in cut.random_starts)
        if cut.random_starts and length < len(cut.text) / 2:
            assert len(set(cut.random_starts)) > 10
        assert all(len(left.strip()) <= len(cut.text) - length for left in cut.left_overs[1:])


def test_the_table_says_what_was_cut_out_and_how_often_it_told():
    rate = Rate("offering", 3, ALL, 4, 3, 1, ratio_interval([(3, 4)]), 0.02, 0.01)
    empty = Rate("need", 3, "vi", 0, 0, 0, ratio_interval([]), 0.0, 0.0)

    table = rates_table([rate, empty], "표본")

    assert table.rows == (
        (
            "공급기술의 인용", "1~3위", "전체", "4", "1", "0.750", "[0.750, 0.750]", "0.0200", "0.0100",
        ),
    )  # fmt: skip


def test_the_command_prints_a_table_and_json(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(systems, "open_engine", lambda progress=None: engine())
    monkeypatch.setenv("COLUMNS", "160")
    for name, rows in (("companies", COMPANIES), ("needs", NEEDS)):
        lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        (tmp_path / f"{name}.jsonl").write_text(lines, "utf-8")
    (tmp_path / "qrels.tsv").write_text("need_id\tcompany_id\tgrade\nN-1\tC-rain\t3\n", "utf-8")

    outputs = []
    for arguments in (["explain", str(tmp_path)], ["explain", str(tmp_path), "--json"]):
        with pytest.raises(SystemExit) as ended:
            cli.main(arguments)
        assert ended.value.code == 0
        outputs.append(capsys.readouterr().out)

    assert "공급기술의 인용" in outputs[0]
    result = json.loads(outputs[1])
    assert result["dataset"] == read_matching(tmp_path).name
    assert {(row["side"], row["depth"]) for row in result["rates"]} == {
        (side, depth) for side in ("offering", "need") for depth in (1, 3)
    }
    assert result["provenance"]["randoms"] == 5
    assert np.isfinite([row["mean_fall"] for row in result["rates"]]).all()
