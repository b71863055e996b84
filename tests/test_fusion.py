import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matcher.fusion import fuse, rank, weigh
from matcher.policy import Policy
from matcher.ranking import Evidence, QueryEvidence

POLICY = replace(
    Policy.load(),
    coverage_weight=0.3,
    foreign_coverage_weight=0.5,
    concept_weight=0.04,
    candidates=100,
    part_matches=5,
    certificate_days=90,
)
SHARES = st.floats(0, 1)
EVIDENCE = st.builds(Evidence, st.floats(-1, 1), SHARES, SHARES)


@pytest.mark.parametrize(("agreement", "weight"), [(1.0, 0.3), (0.5, 0.4), (0.0, 0.5)])
def test_each_source_weighs_what_the_policy_says(agreement, weight):
    points = fuse(Evidence(0.8, 0.4, 0.5), agreement, "hybrid", POLICY)

    assert points.dense == 0.8
    assert points.lexical == pytest.approx(weight * 0.4)
    assert points.concept == pytest.approx(0.04 * 0.5)


@given(EVIDENCE, SHARES, st.sampled_from(["lexical", "dense", "hybrid"]))
def test_the_score_is_exactly_the_sum_of_its_points(evidence, agreement, system):
    points = fuse(evidence, agreement, system, POLICY)

    assert points.total == math.fsum([points.dense, points.lexical, points.concept, points.kind])


def test_one_arm_alone_hears_nothing_of_the_other():
    evidence = Evidence(similarity=0.8, coverage=0.4)

    lexical = fuse(evidence, 0.5, "lexical", POLICY)
    dense = fuse(evidence, 0.5, "dense", POLICY)

    assert (lexical.dense, lexical.lexical) == (0.0, 0.4)
    assert (dense.dense, dense.lexical) == (0.8, 0.0)


def test_a_silent_lexical_arm_leaves_the_dense_order_alone():
    similarities = {"a": 0.2, "b": 0.9, "c": 0.5}
    evidence = QueryEvidence({id: Evidence(s, 0.0) for id, s in similarities.items()}, 0.0)

    hybrid, dense = rank(evidence, "hybrid", POLICY), rank(evidence, "dense", POLICY)

    assert hybrid.hits == dense.hits
    assert hybrid.scores() == similarities


def test_the_lexical_system_leaves_out_who_shares_no_word():
    evidence = QueryEvidence({"a": Evidence(0.9, 0.0), "b": Evidence(0.1, 0.2)}, 1.0)

    assert set(weigh(evidence, "lexical", POLICY)) == {"b"}
    assert set(weigh(evidence, "hybrid", POLICY)) == {"a", "b"}


def test_ties_are_broken_by_id():
    evidence = QueryEvidence({id: Evidence(0.5, 0.5) for id in "cab"}, 1.0)

    assert rank(evidence, "hybrid", POLICY).ids() == ("a", "b", "c")


def test_a_fingerprint_changes_with_every_number_and_with_nothing_else():
    changed = [
        replace(POLICY, coverage_weight=0.31),
        replace(POLICY, foreign_coverage_weight=0.51),
        replace(POLICY, concept_weight=0.05),
        replace(POLICY, candidates=101),
        replace(POLICY, part_matches=4),
        replace(POLICY, consortium_members=3),
        replace(POLICY, part_rank_offset=2),
        replace(POLICY, part_ranks=49),
        replace(POLICY, certificate_days=91),
    ]

    fingerprints = {policy.fingerprint for policy in [POLICY, *changed]}

    assert len(fingerprints) == 1 + len(changed)
    assert replace(POLICY).fingerprint == POLICY.fingerprint


def test_the_policy_that_ships_loads():
    policy = Policy.load()

    assert 0 < policy.concept_weight < policy.coverage_weight
    assert policy.candidates >= 1
