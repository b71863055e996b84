import itertools
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matcher.consortium import Consortium, Member, propose_consortium, usefulness_of_match
from matcher.explanation import Reason
from matcher.records import Company, Need, NeedPart
from matcher.shortlist import Match, PartList

NEED = Need("N-010", "모로코 녹색성장 협력", "이행계획, 전문교육, 폐기물처리")
LINE = 0.3


def match(company_id: str, useful: float, rank: int = 1) -> Match:
    reasons = (Reason("dense", 0.9, "", "1"),)
    company = Company(company_id, f"기업 {company_id}")
    return Match(rank, NEED, company, (), 0.9, reasons, probability=useful)


def part_lists(*parts: dict[str, float]) -> list[PartList]:
    return [
        PartList(
            NeedPart(f"N-010#{number}", f"항목 {number}"),
            tuple(match(id, useful, rank) for rank, (id, useful) in enumerate(part.items(), 1)),
        )
        for number, part in enumerate(parts, start=1)
    ]


def propose(*parts: dict[str, float], most: int = 4, **options) -> Consortium:
    def usefulness(match: Match) -> float:
        useful = usefulness_of_match(match)
        return useful if useful >= LINE else 0.0

    return propose_consortium(part_lists(*parts), most=most, usefulness=usefulness, **options)


def takes(consortium: Consortium) -> dict[str, list[str]]:
    return {
        member.company.company_id: [part_id for part_id, _ in member.covers]
        for member in consortium.members
    }


def test_each_part_goes_to_the_company_that_is_most_useful_for_it():
    consortium = propose({"C-1": 0.9, "C-2": 0.8}, {"C-3": 0.7}, {"C-2": 0.6, "C-4": 0.5})

    assert takes(consortium) == {"C-1": ["N-010#1"], "C-2": ["N-010#3"], "C-3": ["N-010#2"]}
    assert dict(consortium.coverage) == {"N-010#1": 0.9, "N-010#2": 0.7, "N-010#3": 0.6}
    assert consortium.uncovered == ()
    assert consortium.notice is None


def test_a_second_company_for_the_same_part_adds_nothing_and_stays_out():
    consortium = propose({"C-1": 0.9, "C-2": 0.9}, {"C-1": 0.8, "C-2": 0.7})

    assert takes(consortium) == {"C-1": ["N-010#1", "N-010#2"]}


def test_where_places_are_few_the_team_that_covers_most_wins_not_the_best_of_each_part():
    parts = ({"C-1": 0.9, "C-9": 0.6}, {"C-2": 0.9, "C-9": 0.6}, {"C-3": 0.9, "C-9": 0.6})

    assert takes(propose(*parts, most=3)).keys() == {"C-1", "C-2", "C-3"}  # 2.7
    assert takes(propose(*parts, most=2)) == {  # 0.9 + 0.6 + 0.6 against 0.9 + 0.9
        "C-1": ["N-010#1"],
        "C-9": ["N-010#2", "N-010#3"],
    }
    assert takes(propose(*parts, most=1)).keys() == {"C-9"}  # 1.8 against 0.9


def test_a_part_that_weighs_more_is_covered_first():
    parts = ({"C-1": 0.6}, {"C-2": 0.5})

    assert takes(propose(*parts, most=1)).keys() == {"C-1"}
    weighed = propose(*parts, most=1, weights={"N-010#2": 1.5})
    assert takes(weighed).keys() == {"C-2"}  # 1.5 * 0.5 against 0.6
    with pytest.raises(ValueError, match="above 0"):
        propose(*parts, weights={"N-010#2": 0.0})


def test_a_part_whose_best_company_is_below_the_line_is_uncovered_and_said_so():
    consortium = propose({"C-1": 0.9}, {"C-1": 0.29, "C-2": 0.1}, {})

    assert takes(consortium) == {"C-1": ["N-010#1"]}
    assert consortium.uncovered == ("N-010#2", "N-010#3")
    assert consortium.coverage["N-010#2"] == 0
    assert consortium.notice == "적합한 공급기업이 없는 항목: N-010#2, N-010#3"
    assert propose({"C-1": 0.3}).uncovered == ()


def test_nobody_above_the_line_is_a_consortium_without_members():
    consortium = propose({"C-1": 0.2}, {"C-2": 0.1})

    assert consortium.members == ()
    assert consortium.uncovered == ("N-010#1", "N-010#2")


def test_of_teams_that_cover_the_same_the_smaller_wins_and_then_the_first_by_ids():
    both = propose({"C-1": 0.8, "C-3": 0.8}, {"C-2": 0.7, "C-3": 0.7})
    first = propose({"C-2": 0.8, "C-1": 0.8}, {"C-4": 0.7, "C-3": 0.7})

    assert takes(both) == {"C-3": ["N-010#1", "N-010#2"]}
    assert takes(first).keys() == {"C-1", "C-3"}


def test_usefulness_is_the_probability_and_without_it_the_score_inside_of_0_and_1():
    def scored(score: float) -> Match:
        reasons = (Reason("dense", score, "", "1"),)
        return Match(1, NEED, Company("C-1", "가"), (), score, reasons)

    assert usefulness_of_match(match("C-1", 0.25)) == 0.25
    assert [usefulness_of_match(scored(score)) for score in (-0.2, 0.4, 1.3)] == [0.0, 0.4, 1.0]


def test_another_usefulness_may_be_asked_for_and_must_lie_between_0_and_1():
    parts = part_lists({"C-1": 0.9, "C-2": 0.5})

    consortium = propose_consortium(parts, most=4, usefulness=lambda m: 1 / (1 + m.rank))

    assert dict(consortium.coverage) == {"N-010#1": 1 / 2}
    with pytest.raises(ValueError, match=r"0\.\.1"):
        propose_consortium(parts, most=4, usefulness=lambda m: 2.0)


def test_the_json_form_says_who_covers_what_and_what_is_left():
    consortium = propose({"C-1": 0.9}, {})

    assert consortium.to_dict() == {
        "members": [
            {
                "company_id": "C-1",
                "name_ko": "기업 C-1",
                "covers": [{"part_id": "N-010#1", "usefulness": 0.9}],
            }
        ],
        "coverage": {"N-010#1": 0.9, "N-010#2": 0.0},
        "uncovered": ["N-010#2"],
        "notice": "적합한 공급기업이 없는 항목: N-010#2",
    }


@pytest.mark.parametrize(
    ("members", "coverage", "uncovered"),
    [
        ((), {"P": 0.5}, ()),  # covered by nobody
        ((Member(Company("C", "가"), (("P", 0.4),)),), {"P": 0.5}, ()),  # covered less than said
        ((Member(Company("C", "가"), ()),), {"P": 0.0}, ("P",)),  # a member without a part
        ((), {"P": 0.0}, ()),  # uncovered, not said
    ],
)
def test_a_consortium_that_contradicts_itself_is_not_built(members, coverage, uncovered):
    with pytest.raises(ValueError, match="part"):
        Consortium(members, coverage, uncovered)


SHARES = st.sampled_from([0.0, 0.2, 0.3, 0.5, 0.5, 0.75, 1.0])  # few values, so that teams tie
PARTS = st.lists(
    st.dictionaries(st.sampled_from([f"C-{n}" for n in range(7)]), SHARES, max_size=5),
    min_size=1,
    max_size=4,
)
WEIGHTS = st.lists(st.sampled_from([0.5, 1.0, 2.0]), min_size=4, max_size=4)


def brute_force(parts, most, weights) -> tuple[float, tuple[str, ...]]:
    """The best of all teams of all companies, in the words of the specification."""
    companies = sorted({id for part in parts for id in part})

    def covered(team) -> float:
        return math.fsum(
            weight
            * max([part.get(id, 0.0) for id in team if part.get(id, 0.0) >= LINE], default=0.0)
            for part, weight in zip(parts, weights, strict=False)
        )

    teams = [t for size in range(most + 1) for t in itertools.combinations(companies, size)]
    best = min(teams, key=lambda team: (-covered(team), len(team), team))
    return covered(best), best


@settings(deadline=None)
@given(PARTS, st.integers(0, 4), WEIGHTS)
def test_no_team_is_better_by_the_order_of_coverage_size_and_ids(parts, most, weights):
    named = {f"N-010#{number}": weight for number, weight in enumerate(weights, start=1)}

    consortium = propose(*parts, most=most, weights=named)

    covered, team = brute_force(parts, most, weights)
    assert tuple(takes(consortium)) == team
    assert math.fsum(
        named[id] * share for id, share in consortium.coverage.items()
    ) == pytest.approx(covered)


@given(PARTS)
def test_the_order_of_a_lists_matches_changes_nothing(parts):
    turned = [dict(reversed(part.items())) for part in parts]

    assert propose(*parts).to_dict() == propose(*turned).to_dict()
