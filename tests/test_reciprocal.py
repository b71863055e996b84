import itertools
import math
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matcher.explanation import Span
from matcher.matching import Catalogue, Matchmaker
from matcher.policy import Policy, ReciprocalPolicy
from matcher.ranking import Evidence, QueryEvidence
from matcher.reciprocal import FUSIONS, Acceptance, acceptance, pair_score, usefulness_of
from matcher.records import Certification, Company, Need, Offering, offering_key

TODAY = date(2026, 7, 1)
SHARES = ReciprocalPolicy(
    fusion="geometric",
    need_language=0.1,
    need_country=0.05,
    need_certificate=0.2,
    company_country=0.15,
    company_language=0.1,
    company_budget=0.4,
    company_sector=0.25,
)
POLICY = replace(Policy.load(), reciprocal=SHARES)
NEED = Need("N-1", "빗물 저류 시스템")
COMPANY = Company("C-1", "빗물나라", offerings=(Offering("1", "빗물 저류조"),))


def accept(need: Need, company: Company, usefulness: float = 0.8) -> Acceptance:
    return acceptance(need, company, usefulness, POLICY, TODAY)


def told(accepted: Acceptance) -> dict[tuple[str, str], float]:
    return {(reason.side, reason.wish): reason.share for reason in accepted.reasons}


def test_a_pair_that_has_said_nothing_is_as_acceptable_as_it_is_useful():
    assert accept(NEED, COMPANY) == Acceptance(0.8, 0.8, ())


@pytest.mark.parametrize(
    ("need", "company"),
    [
        ({"country": "ID"}, {}),
        ({}, {"target_countries": ("VN",), "export_countries": ("JP",)}),
        ({"language": "id"}, {}),
        ({}, {"languages": ("ko",)}),
        ({"budget_usd": 1_000.0}, {}),
        ({}, {"min_budget_usd": 1e9}),
        ({"sector": "LED"}, {}),
        ({}, {"target_sectors": ("LED",)}),
        ({"sector": "아무도 모르는 분야"}, {"target_sectors": ("LED",)}),
        ({"sector": "LED"}, {"target_sectors": ("아무도 모르는 분야", "물·수처리")}),
        ({"required_certifications": ("GR",)}, {"certifications": (Certification("GR"),)}),
    ],
)
def test_what_one_side_leaves_open_costs_nothing(need, company):
    assert accept(replace(NEED, **need), replace(COMPANY, **company)) == Acceptance(0.8, 0.8, ())


def test_a_country_outside_of_the_wanted_ones_costs_the_company_and_says_which():
    need = replace(NEED, country="ID")

    accepted = accept(need, replace(COMPANY, target_countries=("VN",)))

    assert told(accepted) == {("need", "country"): 0.05, ("company", "country"): 0.15}
    assert accepted.need_side == pytest.approx(0.8 * (1 - 0.05))
    assert accepted.company_side == pytest.approx(0.8 * (1 - 0.15))
    assert accepted.reasons[-1].label == "희망 진출국에 인도네시아가 없습니다."


def test_the_particle_follows_the_last_syllable():
    accepted = accept(replace(NEED, country="JP"), replace(COMPANY, target_countries=("VN",)))

    assert accepted.reasons[-1].label == "희망 진출국에 일본이 없습니다."


def test_a_country_that_the_company_exports_to_is_one_that_it_wants():
    company = replace(COMPANY, target_countries=("VN",), export_countries=("ID",))

    assert accept(replace(NEED, country="ID"), company).reasons == ()


def test_exports_alone_say_nothing_of_where_a_company_wants_to_go():
    accepted = accept(replace(NEED, country="ID"), replace(COMPANY, export_countries=("VN",)))

    assert told(accepted) == {("need", "country"): 0.05}


def test_a_language_that_they_do_not_share_costs_both():
    accepted = accept(replace(NEED, language="fr"), replace(COMPANY, languages=("ko", "en")))

    assert told(accepted) == {("need", "language"): 0.1, ("company", "language"): 0.1}
    assert accepted.need_side == accepted.company_side == pytest.approx(0.8 * 0.9)
    assert all("프랑스어" in reason.label for reason in accepted.reasons)


@pytest.mark.parametrize(
    ("budget", "share"),
    [(1_000_000.0, 0.0), (250_000.0, 0.0), (200_000.0, 0.4 * 0.2), (0.0, 0.4), (-5.0, 0.4)],
)
def test_a_small_budget_costs_the_company_what_is_lacking_of_its_minimum(budget, share):
    accepted = accept(replace(NEED, budget_usd=budget), replace(COMPANY, min_budget_usd=250_000.0))

    assert accepted.need_side == 0.8
    assert accepted.company_side == pytest.approx(0.8 * (1 - share))
    assert ["250,000달러" in reason.label for reason in accepted.reasons] == [True] * (share > 0)


def test_a_field_that_was_not_asked_for_costs_the_company():
    company = replace(COMPANY, target_sectors=("물", "LED"))

    accepted = accept(replace(NEED, sector="그린카"), company)

    assert told(accepted) == {("company", "sector"): 0.25}
    assert accepted.reasons[0].label == "희망 분야에 그린카가 없습니다."
    assert accept(replace(NEED, sector="물·수처리"), company).reasons == ()


@pytest.mark.parametrize(
    ("rule", "ends", "share"),
    [
        ("all", (90, 90), 0.0),
        ("all", (89, 90), 0.2 / 2),
        ("all", (89, 89), 0.2),
        ("any", (89, 90), 0.0),
        ("any", (89, 89), 0.2),
    ],
)
def test_a_certificate_that_ends_too_soon_costs_the_needs_side(rule, ends, share):
    need = replace(NEED, required_certifications=("GR", "NET"), certification_rule=rule)
    held = zip(("GR", "NET"), ends, strict=True)
    company = replace(
        COMPANY,
        certifications=tuple(
            Certification(name, valid_until=TODAY + timedelta(days=days)) for name, days in held
        ),
    )

    accepted = accept(need, company)

    assert accepted.need_side == pytest.approx(0.8 * (1 - share))
    assert accepted.company_side == 0.8


def test_a_certificate_must_last_to_the_deadline():
    need = replace(NEED, required_certifications=("GR",), deadline=TODAY + timedelta(days=200))
    company = replace(
        COMPANY, certifications=(Certification("GR", valid_until=TODAY + timedelta(days=199)),)
    )

    accepted = accept(need, company)

    assert told(accepted) == {("need", "certificate"): 0.2}
    assert "2027-01-17" in accepted.reasons[0].label


def test_a_share_of_zero_is_no_reason():
    policy = replace(POLICY, reciprocal=replace(SHARES, need_language=0.0))

    accepted = acceptance(
        replace(NEED, language="fr"), replace(COMPANY, languages=("ko",)), 0.8, policy, TODAY
    )

    assert told(accepted) == {("company", "language"): 0.1}


@pytest.mark.parametrize(
    ("fusion", "expected"),
    [
        ("arithmetic", (0.9 + 0.4) / 2),
        ("geometric", math.sqrt(0.9 * 0.4)),
        ("harmonic", 2 * 0.9 * 0.4 / (0.9 + 0.4)),
        ("product", 0.9 * 0.4),
        ("minimum", 0.4),
    ],
)
def test_a_fusion_is_the_mean_that_it_is_called(fusion, expected):
    assert pair_score(Acceptance(0.9, 0.4), fusion) == pytest.approx(expected)


def test_the_policy_names_a_fusion_and_shares_that_leave_something():
    shares = Policy.load().reciprocal

    assert shares.fusion in FUSIONS
    assert 0 < shares.need_language + shares.need_country + shares.need_certificate < 1
    lost = shares.company_country + shares.company_language + shares.company_sector
    assert 0 < lost + shares.company_budget < 1


def test_a_score_is_a_usefulness_between_nothing_and_one():
    assert [usefulness_of(score) for score in (-0.2, 0.0, 0.7, 1.0, 1.3)] == [0, 0, 0.7, 1, 1]


@pytest.mark.parametrize("usefulness", [-0.01, 1.01, math.nan])
def test_a_usefulness_out_of_bounds_is_refused(usefulness):
    with pytest.raises(ValueError, match="usefulness"):
        accept(NEED, COMPANY, usefulness)
    with pytest.raises(ValueError, match="acceptance"):
        Acceptance(usefulness, 0.5)


UNIT = st.floats(0, 1)
SUBSETS = st.lists(st.sampled_from(["VN", "ID", "MA"]), max_size=2, unique=True).map(tuple)
NEEDS = st.builds(
    Need,
    need_id=st.just("N"),
    title=st.just("물"),
    language=st.sampled_from([None, "vi", "id"]),
    country=st.sampled_from([None, "VN", "ID", "MA"]),
    budget_usd=st.none() | st.floats(0, 1e7),
    sector=st.sampled_from([None, "물·수처리", "LED", "?"]),
)
COMPANIES = st.builds(
    Company,
    company_id=st.just("C"),
    name_ko=st.just("가"),
    languages=st.sampled_from([(), ("ko",), ("ko", "vi")]),
    target_countries=SUBSETS,
    export_countries=SUBSETS,
    min_budget_usd=st.none() | st.floats(0, 1e7),
    target_sectors=st.sampled_from([(), ("LED",), ("물", "그린IT")]),
)
FUSION_NAMES = st.sampled_from(sorted(FUSIONS))


@settings(deadline=None)
@given(NEEDS, COMPANIES, UNIT)
def test_no_side_accepts_more_than_the_use_and_its_reasons_say_how_much_less(
    need, company, usefulness
):
    accepted = accept(need, company, usefulness)

    for side, value in (("need", accepted.need_side), ("company", accepted.company_side)):
        lost = sum(reason.share for reason in accepted.reasons if reason.side == side)
        assert 0 <= value <= usefulness
        assert value == pytest.approx(usefulness * (1 - lost))


@settings(deadline=None)
@given(NEEDS, COMPANIES, UNIT, UNIT)
def test_both_sides_rise_with_the_usefulness(need, company, first, second):
    low, high = sorted((first, second))

    worse, better = accept(need, company, low), accept(need, company, high)

    assert worse.need_side <= better.need_side
    assert worse.company_side <= better.company_side


@settings(deadline=None)
@given(NEEDS, COMPANIES, st.sampled_from(["languages", "target_countries", "target_sectors"]))
def test_a_wish_that_is_taken_back_never_makes_the_company_accept_less(need, company, wish):
    open_minded = replace(company, **{wish: ()})

    assert accept(need, open_minded).company_side >= accept(need, company).company_side


@settings(deadline=None)
@given(UNIT, UNIT, FUSION_NAMES)
def test_a_fusion_is_bounded_and_the_same_from_both_sides(first, second, fusion):
    value = pair_score(Acceptance(first, second), fusion)

    assert value == pair_score(Acceptance(second, first), fusion)
    assert 0 <= value <= max(first, second) * (1 + 1e-12)
    if fusion != "product":
        assert value >= min(first, second) * (1 - 1e-12) - 1e-300


@settings(deadline=None)
@given(UNIT, UNIT, UNIT, FUSION_NAMES)
def test_a_fusion_never_falls_where_a_side_rises(first, second, other, fusion):
    low, high = sorted((first, second))

    assert pair_score(Acceptance(low, other), fusion) <= pair_score(Acceptance(high, other), fusion)


@settings(deadline=None)
@given(UNIT, UNIT)
def test_the_means_stand_in_the_order_of_the_textbook(first, second):
    sides = Acceptance(first, second)
    names = ("minimum", "harmonic", "geometric", "arithmetic")

    values = [pair_score(sides, name) for name in names]

    assert all(a <= b + 1e-12 for a, b in itertools.pairwise(values))


# -- in the matchmaker: an index that says what it is told


@dataclass(frozen=True)
class ToldRetriever:
    similarities: dict[str, float]

    def evidence(self, text, k, allowed=None):
        return QueryEvidence({id: Evidence(s, 0.0) for id, s in self.similarities.items()}, 1.0)


class WholeText:
    def shared_words(self, left, right):
        return (), ()

    def shared_concepts(self, left, right):
        return (), ()

    def carrying_spans(self, left, right):
        return Span.of(left, 0, len(left)), Span.of(right, 0, len(right))


@dataclass(frozen=True)
class ToldIndex:
    offerings: ToldRetriever
    needs: ToldRetriever
    quoter: WholeText = field(default_factory=WholeText)
    origin: tuple[str, str, str] = ("s", "m", "a")


def told_matchmaker(companies, needs, similarities) -> Matchmaker:
    """`similarities` holds for company ids (their first offering) and for need ids."""
    keys = {offering_key(c.company_id, "1"): similarities.get(c.company_id, 0) for c in companies}
    known = {need.need_id: similarities.get(need.need_id, 0) for need in needs}
    catalogue = Catalogue({c.company_id: c for c in companies}, {n.need_id: n for n in needs})
    index = ToldIndex(ToldRetriever(keys), ToldRetriever(known))
    return Matchmaker(catalogue, index, POLICY, system="dense")


WANTED = replace(NEED, need_id="N-wanted", country="VN")
UNWANTED = replace(NEED, need_id="N-unwanted", country="MA")
SILENT = replace(NEED, need_id="N-silent")
PICKY = replace(COMPANY, target_countries=("VN",))


def test_opportunities_stand_in_the_order_that_both_sides_accept():
    similarities = {"N-unwanted": 0.82, "N-wanted": 0.78, "N-silent": 0.76}
    maker = told_matchmaker([PICKY], [UNWANTED, WANTED, SILENT], similarities)

    opportunities = maker.opportunities(PICKY, today=TODAY)

    assert [m.need.need_id for m in opportunities.matches] == ["N-wanted", "N-silent", "N-unwanted"]
    assert [m.score for m in opportunities.matches] == [0.78, 0.76, 0.82]
    last = opportunities.matches[-1]
    assert last.pair_score == pytest.approx(math.sqrt(0.82 * 0.95 * 0.82 * 0.85))
    assert last.score == math.fsum(reason.points for reason in last.reasons)


def test_a_much_better_match_stays_ahead_of_a_wanted_country():
    similarities = {"N-unwanted": 0.9, "N-wanted": 0.78}
    maker = told_matchmaker([PICKY], [UNWANTED, WANTED], similarities)

    opportunities = maker.opportunities(PICKY, today=TODAY)

    assert 0.9 * math.sqrt(0.95 * 0.85) > 0.78
    assert [m.need.need_id for m in opportunities.matches] == ["N-unwanted", "N-wanted"]


def test_a_shortlist_keeps_the_order_of_its_scores_and_shows_both_sides():
    open_company = replace(COMPANY, company_id="C-open")
    maker = told_matchmaker([PICKY, open_company], [UNWANTED], {"C-1": 0.8, "C-open": 0.7})

    shortlist = maker.match(UNWANTED, today=TODAY)

    first, second = shortlist.matches
    assert (first.company.company_id, second.company.company_id) == ("C-1", "C-open")
    assert first.acceptance is not None
    assert first.acceptance.company_side == pytest.approx(0.8 * 0.85)
    assert second.acceptance == Acceptance(0.7, 0.7)


def test_a_match_tells_programs_both_sides_and_why():
    maker = told_matchmaker([PICKY], [UNWANTED], {"N-unwanted": 0.8})

    (match,) = maker.opportunities(PICKY, today=TODAY).to_dict()["matches"]

    assert match["pair_score"] == pytest.approx(0.8 * math.sqrt(0.95 * 0.85))
    assert match["acceptance"]["company_side"] == pytest.approx(0.8 * 0.85)
    assert match["acceptance"]["reasons"][-1] == {
        "side": "company",
        "wish": "country",
        "share": 0.15,
        "label": "희망 진출국에 모로코가 없습니다.",
    }
