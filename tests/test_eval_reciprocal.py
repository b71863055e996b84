import json
from dataclasses import replace
from datetime import date
from math import log2

import pytest

from evaluation import cli, systems
from evaluation.datasets import DIRECTIONS, MatchingDataset, Query
from evaluation.reciprocal import (
    HARD,
    PLAIN,
    Order,
    Trial,
    admits,
    choose,
    cross_check,
    groups_of,
    interval_of,
    measure_orders,
    mutual_qrels,
    put_in_order,
    scale,
    to_lists,
    to_notes,
    to_tables,
)
from evaluation.runs import Run
from matcher.policy import Policy, ReciprocalPolicy
from matcher.ranking import Hit
from matcher.reciprocal import FUSIONS
from matcher.records import Company, Need, Offering
from tests.eval_worlds import open_world_engine, write_matching_world

TODAY = date(2026, 7, 1)
POLICY = replace(
    Policy.load(),
    reciprocal=ReciprocalPolicy(
        fusion="minimum",
        need_language=0.1,
        need_country=0.0,
        need_certificate=0.0,
        company_country=0.2,
        company_language=0.1,
        company_budget=0.3,
        company_sector=0.0,
    ),
)
NEED = Need("N", "물")
COMPANY = Company("C", "가")


def company(company_id: str, **wishes) -> Company:
    return Company(company_id, company_id, offerings=(Offering("1", "물"),), **wishes)


COMPANIES = {
    "C-vn": company("C-vn", target_countries=("VN",)),
    "C-ma": company("C-ma", target_countries=("MA",)),
    "C-any": company("C-any"),
}
NEEDS = {
    "N-vn": Need("N-vn", "물", country="VN"),
    "N-ma": Need("N-ma", "물", country="MA"),
    "N-ma-fr": Need("N-ma-fr", "eau", country="MA", extra={"same_as": "N-ma"}),
}
QRELS = {
    "N-vn": {"C-vn": 3, "C-ma": 2, "C-any": 1},
    "N-ma": {"C-vn": 3, "C-ma": 0},
    "N-ma-fr": {"C-any": 2},
}
SCORES = {
    "N-vn": {"C-ma": 0.8, "C-vn": 0.7, "C-any": 0.6},
    "N-ma": {"C-vn": 0.9, "C-any": 0.3, "C-ma": 0.2},
    "N-ma-fr": {"C-vn": 0.5, "C-any": 0.45, "C-ma": 0.4},
}


def turned(table):
    found = {}
    for outer, row in table.items():
        for inner, value in row.items():
            found.setdefault(inner, {})[outer] = value
    return found


def datasets() -> dict[str, MatchingDataset]:
    asked = {"need-to-company": NEEDS, "company-to-need": COMPANIES}
    qrels = {"need-to-company": QRELS, "company-to-need": turned(QRELS)}
    return {
        d: MatchingDataset(
            "tiny", d, COMPANIES, NEEDS, tuple(Query(id, id) for id in asked[d]), qrels[d]
        )
        for d in DIRECTIONS
    }


def run_of(scores) -> Run:
    return Run(
        "hybrid",
        {
            query: tuple(Hit(id, s) for id, s in sorted(row.items(), key=lambda p: -p[1]))
            for query, row in scores.items()
        },
    )


def lists():
    runs = {"need-to-company": run_of(SCORES), "company-to-need": run_of(turned(SCORES))}
    return {d: to_lists(dataset, runs[d], TODAY) for d, dataset in datasets().items()}


@pytest.mark.parametrize(
    ("need", "company", "admitted"),
    [
        ({}, {}, True),
        ({"country": "VN"}, {"target_countries": ("VN",)}, True),
        ({"country": "VN"}, {"target_countries": ("MA",)}, False),
        ({"country": "VN"}, {"target_countries": ("MA",), "export_countries": ("VN",)}, False),
        ({"country": "VN"}, {}, True),
        ({}, {"target_countries": ("MA",)}, True),
        ({"language": "fr"}, {"languages": ("ko", "fr")}, True),
        ({"language": "fr"}, {"languages": ("ko",)}, False),
        ({"budget_usd": 99.0}, {"min_budget_usd": 100.0}, False),
        ({"budget_usd": 100.0}, {"min_budget_usd": 100.0}, True),
        ({}, {"min_budget_usd": 100.0}, True),
    ],
)
def test_stated_preferences_are_read_hard_and_silence_admits(need, company, admitted):
    assert admits(replace(NEED, **need), replace(COMPANY, **company)) is admitted


def test_only_useful_pairs_that_the_company_admits_are_mutual():
    assert mutual_qrels(datasets()["need-to-company"]) == {
        "N-vn": {"C-vn": 3, "C-ma": 0, "C-any": 0},
        "N-ma": {"C-vn": 0, "C-ma": 0},
        "N-ma-fr": {"C-any": 2},
    }
    assert mutual_qrels(datasets()["company-to-need"])["C-vn"] == {"N-vn": 3, "N-ma": 0}


def test_a_judged_company_that_is_not_in_the_set_is_no_mutual_partner():
    dataset = replace(datasets()["need-to-company"], qrels={"N-vn": {"C-gone": 3}})

    assert mutual_qrels(dataset) == {"N-vn": {"C-gone": 0}}


def test_usefulness_alone_keeps_the_order_of_the_scores():
    ordered = put_in_order(lists()["need-to-company"], Order(PLAIN), POLICY, TODAY)

    assert ordered["N-vn"] == ["C-ma", "C-vn", "C-any"]


def test_a_fusion_puts_the_unwanted_behind_by_its_share():
    there = lists()["need-to-company"]

    weak = put_in_order(there, Order("minimum", 0.5), POLICY, TODAY)
    full = put_in_order(there, Order("minimum", 1.0), POLICY, TODAY)

    assert 0.8 * (1 - 0.1) > 0.7 > 0.8 * (1 - 0.2) > 0.6
    assert weak["N-vn"] == ["C-ma", "C-vn", "C-any"]
    assert full["N-vn"] == ["C-vn", "C-ma", "C-any"]


def test_the_hard_order_puts_everything_that_is_admitted_first():
    ordered = put_in_order(lists()["need-to-company"], Order(HARD), POLICY, TODAY)

    assert ordered["N-vn"] == ["C-vn", "C-any", "C-ma"]
    assert ordered["N-ma"] == ["C-any", "C-ma", "C-vn"]


@pytest.mark.parametrize("name", [PLAIN, HARD, "minimum", "product"])
def test_what_a_rule_refuses_stays_behind_in_every_order(name):
    dataset = datasets()["need-to-company"]
    strict = replace(COMPANIES["C-ma"], excluded_countries=("VN",))
    dataset = replace(dataset, companies={**COMPANIES, "C-ma": strict})

    there = to_lists(dataset, run_of(SCORES), TODAY)

    assert put_in_order(there, Order(name), POLICY, TODAY)["N-vn"][-1] == "C-ma"


def test_a_strength_multiplies_every_share_and_nothing_else():
    scaled = scale(POLICY, 2.0)

    assert scaled.reciprocal.company_country == 0.4
    assert scaled.reciprocal.company_budget == 0.6
    assert scaled.reciprocal.fusion == "minimum"
    assert scale(POLICY, 1.0) == POLICY


def test_the_figures_of_a_tiny_world_are_those_of_the_textbook():
    findings = measure_orders(datasets(), lists(), POLICY, TODAY)

    rows = {(row["direction"], row["order"]): row for row in findings.rows}
    plain = rows["need-to-company", PLAIN]
    vn = (2 + 3 / log2(3) + 1 / log2(4)) / (3 + 2 / log2(3) + 1 / log2(4))
    assert plain["relevance"] == pytest.approx((vn + 1 + 1 / log2(3)) / 3)
    assert plain["mutual"] == pytest.approx((1 / log2(3) + 1 / log2(3)) / 2)
    assert (plain["queries"], plain["mutual_queries"]) == (3, 2)
    assert plain["admitted"] == pytest.approx((2 / 3 + 2 / 3 + 2 / 3) / 3)
    assert plain["kept"] == 1.0
    fused = rows["need-to-company", "minimum"]
    # 0.9 x 0.8 still leads N-ma; 0.5 x 0.8 falls behind 0.45 in N-ma-fr
    assert fused["relevance"] == pytest.approx(1.0)
    assert fused["mutual_change"] == pytest.approx(1 - 1 / log2(3))
    assert fused["kept"] == pytest.approx(1 / 3)


def test_the_best_answer_is_asked_whom_it_would_choose():
    findings = measure_orders(datasets(), lists(), POLICY, TODAY)

    rows = {(row["direction"], row["order"]): row for row in findings.rows}
    # by usefulness C-ma chooses N-vn and C-vn chooses N-ma; N-ma-fr chooses C-vn, which does not
    assert rows["need-to-company", PLAIN]["first"] == pytest.approx(2 / 3)
    assert rows["need-to-company", PLAIN]["answered"] == 1.0


def trial(direction, order, relevance, mutual) -> Trial:
    queries = dict.fromkeys(("q1", "q2"), 1.0)

    def all_of(value):
        return {query: value * one for query, one in queries.items()}

    return Trial(direction, order, all_of(relevance), all_of(mutual), {}, {}, {}, {})


def both(order, relevance, mutual):
    return [trial(direction, order, relevance, mutual) for direction in DIRECTIONS]


QUERIES = frozenset(("q1", "q2"))


def test_the_best_order_that_costs_no_more_than_allowed_is_chosen():
    plain = both(Order(PLAIN), 0.7, 0.4)
    dear = both(Order("minimum", 2.0), 0.68, 0.6)
    cheap = both(Order("harmonic", 1.0), 0.6925, 0.5)
    timid = both(Order("harmonic", 0.5), 0.7, 0.45)

    assert choose(plain, [*dear, *cheap, *timid], QUERIES) == Order("harmonic", 1.0)


def test_one_direction_that_loses_too_much_is_enough_to_drop_an_order():
    plain = both(Order(PLAIN), 0.7, 0.4)
    lopsided = [
        trial(DIRECTIONS[0], Order("minimum"), 0.7, 0.6),
        trial(DIRECTIONS[1], Order("minimum"), 0.68, 0.6),
    ]

    assert choose(plain, lopsided, QUERIES) == Order(PLAIN)


def test_the_hard_order_is_for_reference_and_never_chosen():
    plain = both(Order(PLAIN), 0.7, 0.4)

    assert choose(plain, both(Order(HARD), 0.7, 0.9), QUERIES) == Order(PLAIN)


def test_the_cross_check_measures_on_queries_that_did_not_choose():
    plain, better = both(Order(PLAIN), 0.7, 0.4), both(Order("harmonic"), 0.695, 0.5)

    found = cross_check(plain, better, {"q1": "g1", "q2": "g2"})

    assert found == pytest.approx(
        {
            "relevance need-to-company": -0.005,
            "mutual need-to-company": 0.1,
            "relevance company-to-need": -0.005,
            "mutual company-to-need": 0.1,
        }
    )


def test_a_need_and_its_translations_are_drawn_together():
    groups = groups_of(datasets().values())

    assert groups == {
        "N-vn": "N-vn",
        "N-ma": "N-ma",
        "N-ma-fr": "N-ma",
        "C-vn": "C-vn",
        "C-ma": "C-ma",
        "C-any": "C-any",
    }
    together = interval_of({"N-ma": 0.0, "N-ma-fr": 1.0}, groups)
    assert (together.low, together.high) == (0.5, 0.5)


def test_tables_and_notes_name_every_order_and_the_chosen_one():
    findings = measure_orders(datasets(), lists(), POLICY, TODAY, (0.5, 1.0))

    tables = to_tables(findings.rows, "tiny")

    assert [len(table.rows) for table in tables] == [1 + 2 * 5 + 1] * 2
    assert all(len(row) == len(table.header) for table in tables for row in table.rows)
    assert findings.chosen.name in to_notes(findings)[0]
    assert set(findings.to_dict()) == {"rows", "chosen", "cross_checked_change"}


def test_the_command_prints_tables_and_json(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(systems, "open_engine", open_world_engine)
    monkeypatch.setenv("COLUMNS", "200")
    folder = write_matching_world(tmp_path / "tiny")

    printed = run_cli(capsys, "reciprocal", folder, "--strengths", "0.5,1")
    found = json.loads(run_cli(capsys, "reciprocal", folder, "--json"))

    assert "tiny · company-to-need" in printed
    assert "고른 순서" in printed
    assert {row["order"] for row in found["rows"]} == {PLAIN, HARD, *FUSIONS}
    assert found["provenance"]["policy"] == Policy.load().fingerprint


@pytest.mark.parametrize("strengths", ["0", "-1", "a", "1,,2", "inf", "nan"])
def test_strengths_that_make_no_sense_are_refused_in_korean(capsys, tmp_path, strengths):
    with pytest.raises(SystemExit) as ended:
        cli.main(["reciprocal", str(tmp_path), "--strengths", strengths])

    assert ended.value.code == 2
    assert "오류:" in capsys.readouterr().err


def run_cli(capsys, *arguments) -> str:
    with pytest.raises(SystemExit) as ended:
        cli.main([str(argument) for argument in arguments])
    assert ended.value.code == 0
    return capsys.readouterr().out
