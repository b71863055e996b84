"""Delegations: the best choice under quota and balance, and a reason for everybody."""

import itertools
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matcher.delegation import (
    NOTHING_FITS,
    Delegation,
    choose_delegation,
    fields_of_event,
    scores_of_pairs,
)
from matcher.errors import InvalidRequest
from matcher.events import Event
from matcher.policy import Policy

DECAY = Policy.load().delegation.decay
SUPPLIERS = Policy.load().delegation.suppliers
SCORES = {
    ("N1", "C1"): 0.95,
    ("N1", "C2"): 0.6,
    ("N2", "C2"): 0.2,
    ("N2", "C3"): 0.7,
    ("N3", "C4"): 0.3,
}


def _event(**changes: Any) -> Event:
    form = {
        "event_id": "beijing",
        "quota": 2,
        "demands": ["N1", "N2", "N3"],
        "candidates": ["C1", "C2", "C3", "C4", "C5"],
    }
    return Event.from_dict({**form, **changes})


def _chosen(delegation: Delegation) -> set[str]:
    return {item.company_id for item in delegation.chosen}


def _worth(chosen: tuple[str, ...], scores: dict[tuple[str, str], float], weights: Any) -> float:
    """The textbook formula: each further supplier of a demand counts DECAY times the one before."""
    total = 0.0
    for need_id, weight in weights.items():
        found = sorted((scores.get((need_id, c), 0.0) for c in chosen), reverse=True)
        total += weight * sum(score * DECAY ** min(k, SUPPLIERS) for k, score in enumerate(found))
    return total


def test_two_companies_that_cover_different_demands_go_before_two_of_the_same() -> None:
    delegation = choose_delegation(_event(), SCORES)

    assert _chosen(delegation) == {"C1", "C3"}
    assert delegation.objective == pytest.approx(0.95 + 0.7)
    assert delegation.gap == 0
    assert delegation.coverage["N1"] == pytest.approx(0.95 / (0.95 + 0.6 * DECAY))
    assert delegation.coverage["N3"] == 0


def test_weights_alternates_and_must_count() -> None:
    event = _event(
        demands=["N1", "N2", {"need_id": "N3", "weight": 5.0}], must_include=["C2"], alternates=1
    )

    delegation = choose_delegation(event, SCORES)

    assert _chosen(delegation) == {"C2", "C4"}
    assert [a.company_id for a in delegation.alternates] == ["C1"]
    assert "꼭 넣도록" in {c.company_id: c.why for c in delegation.chosen}["C2"]


def test_balance_keeps_a_region_from_filling_the_bus() -> None:
    fields = {c: {"region": ("서울",)} for c in ("C1", "C3", "C2")} | {"C4": {"region": ("부산",)}}
    event = _event(balance=[{"field": "region", "at_most_share": 0.5}])

    delegation = choose_delegation(event, SCORES, fields)

    assert _chosen(delegation) == {"C1", "C4"}  # without the rule: C1 and C3
    why = {item.company_id: item.why for item in delegation.left_out}
    assert "'C1' 대신" in why["C3"]


def test_everybody_who_stays_hears_why() -> None:
    event = _event(must_exclude=[{"company_id": "C1", "why": "참가비 미납"}])

    delegation = choose_delegation(event, SCORES, unfit={"C3": "인증이 끝났습니다."})

    assert _chosen(delegation) == {"C2", "C4"}
    why = {item.company_id: item.why for item in delegation.left_out}
    assert why == {"C1": "참가비 미납", "C3": "인증이 끝났습니다.", "C5": NOTHING_FITS}


def test_a_criteria_sheet_is_blended_and_shown() -> None:
    scores = {("N1", "C1"): 0.60, ("N1", "C2"): 0.59}
    event = _event(
        quota=1,
        demands=["N1"],
        criteria=[
            {"company_id": "C1", "기술성": 20, "시장성": 40},
            {"company_id": "C2", "기술성": 90, "시장성": 70},
        ],
        criteria_weights={"기술성": 3, "시장성": 1},
    )

    delegation = choose_delegation(event, scores)

    assert _chosen(delegation) == {"C2"}
    assert delegation.chosen[0].criteria == pytest.approx((3 * 90 + 70) / 4 / 100)
    assert "평가표 85점" in delegation.chosen[0].why


@pytest.mark.parametrize(
    "changes",
    [
        {"must_include": ["C9"]},
        {"must_include": ["C1"], "must_exclude": ["C1"]},
        {"must_include": ["C1", "C2", "C3"]},
    ],
)
def test_wishes_that_contradict_each_other_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequest, match="서로 맞지 않습니다"):
        choose_delegation(_event(**changes), SCORES)


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 7), st.integers(1, 4), st.integers(0, 4), st.integers(0, 10_000))
def test_it_is_as_good_as_trying_everything(
    companies: int, demands: int, quota: int, seed: int
) -> None:
    draw = random.Random(seed)
    ids = [f"C{n}" for n in range(companies)]
    scores = {
        (f"N{d}", c): round(draw.random(), 3)
        for d in range(demands)
        for c in ids
        if draw.random() < 0.7
    }
    weights = {f"N{d}": draw.choice([1.0, 2.0]) for d in range(demands)}
    event = _event(
        quota=quota,
        candidates=ids,
        demands=[{"need_id": n, "weight": w} for n, w in weights.items()],
    )

    delegation = choose_delegation(event, scores)

    best = max(
        _worth(c, scores, weights) for c in itertools.combinations(ids, min(quota, companies))
    )
    assert delegation.objective == pytest.approx(best, abs=1e-4)
    assert delegation.greedy <= delegation.objective + 1e-9 <= delegation.bound + 1e-4
    named = [*delegation.chosen, *delegation.alternates, *delegation.left_out]
    assert sorted(item.company_id for item in named) == ids


def test_an_event_file_can_bring_its_own_scores_and_fields() -> None:
    event = Event.from_dict(
        {
            "event_id": "e",
            "quota": 1,
            "buyers": [{"buyer_id": "B1", "need_ids": ["N1"]}, {"buyer_id": "B2"}],
            "companies": [{"company_id": "C1", "region": "서울"}, {"company_id": "C2"}],
            "pairs": [
                {"buyer_id": "B1", "company_id": "C1", "score": 0.4},
                {"buyer_id": "B2", "company_id": "C2", "score": 0.6},
            ],
        }
    )

    assert scores_of_pairs(event) == {("N1", "C1"): 0.4, ("B2", "C2"): 0.6}
    assert fields_of_event(event)["C1"] == {"region": ("서울",)}
    assert _chosen(choose_delegation(event, scores_of_pairs(event))) == {"C2"}


@settings(max_examples=40, deadline=None)
@given(
    st.integers(1, 9), st.integers(1, 5), st.integers(0, 6), st.integers(0, 3),
    st.sampled_from([0.4, 0.5, 1.0]), st.integers(0, 10_000),
)  # fmt: skip
def test_every_choice_keeps_quota_and_balance_and_explains_everybody(
    candidates: int, demands: int, quota: int, alternates: int, share: float, seed: int
) -> None:
    draw = random.Random(seed)
    ids = [f"C{n}" for n in range(candidates)]
    needs = [f"N{n}" for n in range(demands)]
    form = {
        "event_id": "e",
        "quota": quota,
        "alternates": alternates,
        "demands": needs,
        "candidates": ids,
        "balance": [{"field": "region", "at_most_share": share}],
    }
    scores = {(n, c): round(draw.random(), 3) for n in needs for c in ids if draw.random() < 0.6}
    fields = {c: {"region": (draw.choice(("서울", "부산")),)} for c in ids}

    found = choose_delegation(Event.from_dict(form), scores, fields)
    draw.shuffle(ids)
    again = choose_delegation(Event.from_dict({**form, "candidates": ids}), scores, fields)

    chosen = [c.company_id for c in found.chosen]
    named = [*chosen, *(c.company_id for c in (*found.alternates, *found.left_out))]
    assert sorted(named) == sorted(ids)
    assert len(chosen) <= quota
    most = max(1, int(share * quota))
    for region in ("서울", "부산"):
        assert sum(fields[c]["region"] == (region,) for c in chosen) <= most
    assert all(len(item.why) > 5 for item in (*found.chosen, *found.alternates, *found.left_out))
    assert found.greedy <= found.objective + 1e-9 <= found.bound + 1e-6
    assert again.to_dict() == found.to_dict()
