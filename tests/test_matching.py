import math
import unicodedata
from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import date, timedelta

import pytest
from fakes import FakeEncoder
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from oracles import brute_force, coverage, presence

from indexing.analyzer import script_shares
from indexing.collection import Collection, build_collection, encode_query
from indexing.quotes import TextQuoter
from matcher.confidence import features
from matcher.consortium import usefulness_of_match
from matcher.errors import InvalidRequest
from matcher.fusion import Points
from matcher.matching import Catalogue, Matchmaker
from matcher.policy import Policy
from matcher.project_types import agreement, need_types, offering_types
from matcher.records import Certification, Company, Need, Offering, offering_key
from matcher.rules import CompanyFilters, NeedFilters
from matcher.sectors import need_sectors, offering_sectors, sector_points

TODAY = date(2026, 7, 1)
POLICY = replace(Policy.load(), candidates=4, part_matches=2)
ENCODER = FakeEncoder()
TRADES = {
    "빗물": "폐플라스틱 블록으로 빗물 저류 시스템을 짓습니다. 도심 침수를 줄입니다.",
    "정수": "강물을 마실 물로 바꾸는 정수 설비입니다.\n막여과와 소독을 함께 합니다.",
    "조명": "LED 가로등으로 도로 조명의 전력을 60 % 줄입니다.",
    "소각": "생활폐기물 소각로와 폐열 회수 보일러를 짓습니다. 하루 1,200톤까지 처리.",
    "교육": "공무원을 위한 녹색성장 전문교육 과정과 교재를 만듭니다.",
    "정책": "녹색성장 이행계획 수립을 지원하고 정책을 자문합니다.",
    "Rain": "Rainwater storage tanks of recycled plastic for schools.",
}
MOROCCO = Need(
    "N-010",
    "모로코 녹색성장 협력 수요",
    "아래 협력을 요청함\n ○ 녹색성장 이행계획 수립 지원\n ○ 녹색성장 전문교육\n ○ 생활폐기물 소각 처리",
)


@dataclass(frozen=True)
class Index:
    offerings: Collection
    needs: Collection
    quoter: TextQuoter
    origin: tuple[str, str, str] = ("snapshot-1", "model-1", "analyzer-1")


def company(company_id: str, *texts: str, **facts) -> Company:
    offerings = tuple(
        Offering(str(number), text.split()[0], text) for number, text in enumerate(texts, start=1)
    )
    return Company(company_id, f"기업 {company_id}", offerings=offerings, **facts)


COMPANIES = [
    *(company(f"C-{number}", text) for number, text in enumerate(TRADES.values(), start=1)),
    company("C-8", TRADES["조명"], TRADES["빗물"].replace("도심", "학교"), TRADES["정수"]),
    company("C-9", "녹색성장 교재 인쇄"),
]
NEEDS = [
    Need("N-1", "빗물 저류 시스템", "폐플라스틱을 이용한 빗물 저류 시스템을 구함"),
    Need("N-2", "도로 조명 교체", "LED 가로등으로 전력을 줄이고자 함"),
    Need("N-3", "Rainwater storage", "Schools look for storage of rainwater", language="en"),
    MOROCCO,
]


def index_of(companies, needs, analyzer) -> Index:
    texts = {
        offering_key(c.company_id, o.offering_id): o.text for c in companies for o in c.offerings
    }
    return Index(
        build_collection(texts, ENCODER, analyzer),
        build_collection({need.need_id: need.text for need in needs}, ENCODER, analyzer),
        TextQuoter(ENCODER, analyzer),
    )


def matchmaker(companies, needs, analyzer, *, policy=POLICY, index=None, **options) -> Matchmaker:
    catalogue = Catalogue({c.company_id: c for c in companies}, {n.need_id: n for n in needs})
    return Matchmaker(catalogue, index or index_of(companies, needs, analyzer), policy, **options)


@pytest.fixture(scope="module")
def maker(mecab) -> Matchmaker:
    return matchmaker(COMPANIES, NEEDS, mecab)


def exact_scores(analyzer, texts, query) -> dict[str, float]:
    """Score of every text by the textbook: best passage, weighed BM25 of words and of concepts."""
    passages = [(id, t[a:b].strip()) for id, t in texts.items() for a, b in ENCODER.passages(t)]
    vectors = ENCODER.encode([passage for _, passage in passages], "passage")
    owners = [id for id, _ in passages]
    similar = dict(brute_force(owners, vectors, encode_query(ENCODER, query), len(texts)))
    terms = {id: analyzer.terms(text) for id, text in texts.items()}
    asked = analyzer.terms(query)
    likely = {term: analyzer.translations.of(term) for term in asked}
    named = {id: names(analyzer, text) for id, text in texts.items()}
    concepts = names(analyzer, query)
    here, there = script_shares(asked), script_shares(t for text in terms.values() for t in text)
    common = sum(min(share, there.get(script, 0.0)) for script, share in here.items())
    words = common * POLICY.coverage_weight + (1 - common) * POLICY.foreign_coverage_weight
    return {
        id: similar[id]
        + words * coverage(terms, asked, id, likely)
        + POLICY.concept_weight * presence(named, concepts, id)
        for id in texts
    }


def names(analyzer, text) -> list[str]:
    sectors = [f"sector {token.form}" for token in analyzer.fields(text)]
    return list(dict.fromkeys([*(token.form for token in analyzer.concepts(text)), *sectors]))


def record_points(need: Need, offering) -> float:
    """Project types: half the weight more or less, nothing where unknown. And the sectors' points."""
    asked = need_types(need.text, language=need.language, cooperation_type=need.cooperation_type)
    kind = POLICY.kind_weight * (agreement(asked, offering_types(offering.text)) - 0.5)
    fields = need_sectors(need, need.text), offering_sectors(offering)
    return kind + sector_points(*fields, POLICY.sector)


def shown(answer) -> list[tuple[str, str]]:
    return [(m.company.company_id, m.need.need_id) for m in answer.matches]


def assert_explained(answer):
    """The explanation is the ranking, and every quotation is verbatim."""
    assert [match.rank for match in answer.matches] == [*range(1, len(answer.matches) + 1)]
    if not getattr(answer, "parts", ()):  # a compound need's list goes by parts
        keys = [(-m.score, m.company.company_id, m.need.need_id) for m in answer.matches]
        assert keys == sorted(keys)
    for match in answer.matches:
        assert match.score == math.fsum(reason.points for reason in match.reasons)
        assert match.reasons
        for reason in match.reasons:
            (text,) = [o.text for o in match.offerings if o.offering_id == reason.offering_id]
            if reason.source != "kind":  # most offerings do not say that they are equipment
                assert reason.need_spans
                assert reason.offering_spans
            assert all(match.need.text[s.start : s.end] == s.quote for s in reason.need_spans)
            assert all(text[s.start : s.end] == s.quote for s in reason.offering_spans)


@pytest.mark.parametrize("need", NEEDS[:3], ids=lambda need: need.need_id)
def test_a_shortlist_is_the_textbook_ranking_pooled_to_companies(maker, mecab, need):
    shortlist = maker.match(need, k=len(COMPANIES), today=TODAY)

    offerings = {
        offering_key(c.company_id, o.offering_id): o for c in COMPANIES for o in c.offerings
    }
    texts = {key: offering.text for key, offering in offerings.items()}
    best = defaultdict(lambda: -math.inf)
    for key, score in exact_scores(mecab, texts, need.text).items():
        company_id = key.split("\x1f")[0]
        total = score + record_points(need, offerings[key])
        best[company_id] = max(best[company_id], total)
    assert {m.company.company_id: m.score for m in shortlist.matches} == pytest.approx(
        dict(best), abs=1e-6
    )
    assert_explained(shortlist)


@pytest.mark.parametrize("need", NEEDS, ids=lambda need: need.need_id)
@pytest.mark.parametrize("system", ["hybrid", "dense", "lexical"])
def test_the_score_is_the_sum_of_reasons_that_quote_both_texts(mecab, need, system):
    maker = matchmaker(COMPANIES, NEEDS, mecab, system=system)

    shortlist = maker.match(need, today=TODAY)

    assert shortlist.matches
    assert_explained(shortlist)
    sources = {reason.source for match in shortlist.matches for reason in match.reasons}
    every = {"dense", "lexical", "concept", "kind", "sector"}
    assert sources <= (every if system == "hybrid" else {system})


def test_the_best_company_for_a_need_comes_first(maker):
    assert shown(maker.match(NEEDS[0], k=2, today=TODAY))[0] == ("C-1", "N-1")
    assert shown(maker.match(NEEDS[2], k=1, today=TODAY)) == [("C-7", "N-3")]


def test_a_companys_offerings_stand_best_first(maker):
    shortlist = maker.match(NEEDS[1], k=len(COMPANIES), today=TODAY)

    (match,) = [m for m in shortlist.matches if m.company.company_id == "C-8"]
    assert match.offerings[0].offering_id == "1"
    assert {reason.offering_id for reason in match.reasons} == {"1"}


@pytest.mark.parametrize("k", [1, 3, 9, 10, 1000])
def test_a_list_holds_k_companies_where_there_are_so_many(maker, k):
    shortlist = maker.match(NEEDS[0], k=k, today=TODAY)

    assert len(shortlist.matches) == min(k, len(COMPANIES))


@pytest.mark.parametrize("k", [0, -1, 1001])
def test_a_k_out_of_bounds_is_refused_in_both_directions(maker, k):
    with pytest.raises(InvalidRequest, match="1000"):
        maker.match(NEEDS[0], k=k)
    with pytest.raises(InvalidRequest, match="1000"):
        maker.opportunities(COMPANIES[0], k=k)


def test_a_shorter_list_is_the_head_of_a_longer_one(maker):
    for need in NEEDS:
        long = shown(maker.match(need, k=9, today=TODAY))
        assert shown(maker.match(need, k=3, today=TODAY)) == long[:3]


def crowd(size: int) -> list[Company]:
    """Many companies that answer alike; the last five hold a certificate and speak Vietnamese."""
    return [
        company(
            f"C-{number:03}",
            f"빗물 저류 시스템 제조 {'설비 ' * (number % 7)}",
            certifications=(Certification("GR"),) if number >= size - 5 else (),
            languages=("vi",) if number >= size - 5 else (),
        )
        for number in range(size)
    ]


def test_refused_companies_leave_their_places_to_others(mecab):
    companies = crowd(60)
    need = replace(NEEDS[0], required_certifications=("GR",))

    shortlist = matchmaker(companies, [], mecab).match(need, k=5, today=TODAY)

    assert {m.company.company_id for m in shortlist.matches} == {
        f"C-{number:03}" for number in range(55, 60)
    }
    last = min(match.score for match in shortlist.matches)
    assert shortlist.refusals
    assert {refusal.rule for refusal in shortlist.refusals} == {"certificate"}
    assert all(refusal.score >= last for refusal in shortlist.refusals)


def test_a_refusal_names_a_company_that_would_have_stood_on_the_list(mecab):
    companies = [*COMPANIES[1:], replace(COMPANIES[0], excluded_countries=("MA",))]
    need = replace(NEEDS[0], country="MA")

    shortlist = matchmaker(companies, NEEDS, mecab).match(need, k=3, today=TODAY)

    (refusal,) = shortlist.refusals
    assert (refusal.company.company_id, refusal.rule) == ("C-1", "excluded_country")
    assert "모로코" in refusal.label
    assert len(shortlist.matches) == 3
    assert shortlist.to_dict()["refusals"][0]["score"] == refusal.score


def test_filters_never_starve_the_list(mecab):
    companies = crowd(60)
    maker = matchmaker(companies, [], mecab)

    shortlist = maker.match(NEEDS[0], k=5, filters=CompanyFilters(languages=("vi",)), today=TODAY)

    assert len(shortlist.matches) == 5
    assert all("vi" in match.company.languages for match in shortlist.matches)


@pytest.mark.parametrize("text", ["빗물 저류", "Rainwater storage", "가로등"])
def test_a_filtered_list_is_the_whole_list_without_the_others(maker, text):
    filters = CompanyFilters(certifications=("GR",))
    held = {"C-2", "C-5", "C-7"}
    companies = [
        replace(c, certifications=(Certification("GR"),)) if c.company_id in held else c
        for c in COMPANIES
    ]
    filtered = Matchmaker(Catalogue({c.company_id: c for c in companies}, {}), maker._index, POLICY)
    need = Need("N", text)

    shortlist = filtered.match(need, k=9, filters=filters, today=TODAY)

    whole = maker.match(need, k=9, today=TODAY)
    assert shown(shortlist) == [pair for pair in shown(whole) if pair[0] in held]
    assert [m.score for m in shortlist.matches] == [
        m.score for m in whole.matches if m.company.company_id in held
    ]


def test_a_filter_that_no_company_passes_gives_an_empty_list_that_says_so(maker):
    shortlist = maker.match(NEEDS[0], filters=CompanyFilters(regions=("제주도",)), today=TODAY)

    assert shortlist.matches == ()
    assert shortlist.notice == shortlist.to_dict()["notice"] == "적합한 공급기업 없음"


def test_records_that_were_deleted_after_the_index_was_built_are_not_shown(mecab):
    index = index_of(COMPANIES, NEEDS, mecab)
    kept = [c for c in COMPANIES if c.company_id not in {"C-1", "C-3"}]
    eight = next(c for c in kept if c.company_id == "C-8")
    kept[kept.index(eight)] = replace(eight, offerings=eight.offerings[:1])
    maker = matchmaker(kept, NEEDS[1:], mecab, index=index)

    shortlist = maker.match(NEEDS[0], k=9, today=TODAY)
    opportunities = maker.opportunities(COMPANIES[0], k=9, today=TODAY)

    assert {m.company.company_id for m in shortlist.matches} == {c.company_id for c in kept}
    assert all(len(match.offerings) == 1 for match in shortlist.matches)
    assert {m.need.need_id for m in opportunities.matches} == {"N-2", "N-3", "N-010"}


def test_a_company_that_is_not_indexed_yet_is_not_shown_and_breaks_nothing(mecab):
    index = index_of(COMPANIES[:-1], NEEDS, mecab)

    shortlist = matchmaker(COMPANIES, NEEDS, mecab, index=index).match(NEEDS[0], k=9, today=TODAY)

    assert "C-9" not in {m.company.company_id for m in shortlist.matches}


def test_an_empty_catalogue_answers_in_words(mecab):
    maker = matchmaker([], [], mecab)

    assert maker.match(NEEDS[0]).notice == "적합한 공급기업 없음"
    assert maker.opportunities(COMPANIES[0]).notice == "적합한 수요 없음"
    assert maker.opportunities(company("C-0")).notice == "적합한 수요 없음"


@settings(deadline=None, max_examples=10, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.permutations([*COMPANIES, *(replace(c, company_id=f"X{c.company_id}") for c in COMPANIES)])
)
def test_a_list_does_not_depend_on_the_order_of_the_records(mecab, companies):
    answers = []
    for order in (companies, sorted(companies, key=lambda c: c.company_id)):
        shortlist = matchmaker(order, NEEDS, mecab).match(NEEDS[0], k=20, today=TODAY)
        answers.append([(m.company.company_id, m.score) for m in shortlist.matches])

    assert answers[0] == answers[1]


def test_companies_with_the_same_text_tie_and_stand_by_id(mecab):
    companies = [company(f"C-{number}", TRADES["빗물"]) for number in (3, 1, 2)]

    shortlist = matchmaker(companies, [], mecab).match(NEEDS[0], today=TODAY)

    assert [m.company.company_id for m in shortlist.matches] == ["C-1", "C-2", "C-3"]
    assert len({match.score for match in shortlist.matches}) == 1


def test_a_compound_need_has_a_list_for_each_part(maker):
    shortlist = maker.match(MOROCCO, k=9, today=TODAY)

    assert [(item.part.part_id, item.part.text) for item in shortlist.parts] == [
        ("N-010#1", "녹색성장 이행계획 수립 지원"),
        ("N-010#2", "녹색성장 전문교육"),
        ("N-010#3", "생활폐기물 소각 처리"),
    ]
    assert [shown(item)[0][0] for item in shortlist.parts] == ["C-6", "C-5", "C-4"]
    assert all(len(item.matches) == POLICY.part_matches for item in shortlist.parts)


def test_each_part_is_explained_inside_the_whole_need(maker):
    shortlist = maker.match(MOROCCO, k=9, today=TODAY)

    assert_explained(shortlist)
    for item in shortlist.parts:
        assert_explained(item)
        start = MOROCCO.text.index(item.part.text)
        end = start + len(item.part.text)
        spans = [s for m in item.matches for r in m.reasons for s in r.need_spans]
        assert all(start <= span.start < span.end <= end for span in spans)


def test_the_union_shows_who_covers_which_part(maker):
    shortlist = maker.match(MOROCCO, k=9, today=TODAY)

    covers = defaultdict(list)
    for item in shortlist.parts:
        for match in item.matches:
            covers[match.company.company_id].append(item.part.part_id)
    assert {m.company.company_id: list(m.covers) for m in shortlist.matches if m.covers} == covers
    assert {match.company.company_id for match in shortlist.matches} >= covers.keys()


def drawing(line: float, **numbers):
    """The policy with another line below which nobody fits."""
    numbers_of = {"model": "model-1", "line": line, "described": 1}  # whole for these short texts
    confidence = replace(POLICY.confidence, **numbers_of)
    return replace(POLICY, confidence=confidence, **numbers)


def test_the_list_of_a_compound_need_goes_by_the_ranks_in_its_parts_and_in_the_whole(mecab):
    maker = matchmaker(COMPANIES, NEEDS, mecab, policy=drawing(0.0))
    shortlist = maker.match(MOROCCO, k=9, today=TODAY)

    reach = defaultdict(float)
    for item in shortlist.parts:
        part = Need("N", item.part.text)
        for match in maker.match(part, k=9, today=TODAY).matches:
            reach[match.company.company_id] += 1 / (1 + match.rank)
    for rank, item in enumerate(maker.find(MOROCCO, 9), start=1):
        reach[item.company.company_id] += 2 / (1 + rank)  # the whole text counts for two parts
    scores = {m.company.company_id: m.score for m in shortlist.matches}
    ids = [m.company.company_id for m in shortlist.matches]
    assert ids == sorted(scores, key=lambda id: (-reach[id], -scores[id], id))


def test_a_compound_need_gets_a_consortium_drawn_from_its_parts_lists(mecab):
    maker = matchmaker(COMPANIES, NEEDS, mecab, policy=drawing(0.0))
    shortlist = maker.match(MOROCCO, k=9, today=TODAY)

    consortium = shortlist.consortium
    best = {p.part.part_id: max(map(usefulness_of_match, p.matches)) for p in shortlist.parts}
    assert consortium.coverage == best  # three parts, four places: the best of each part
    assert consortium.uncovered == ()
    listed = {
        item.part.part_id: {m.company.company_id for m in item.matches} for item in shortlist.parts
    }
    for member in consortium.members:
        assert all(member.company.company_id in listed[part_id] for part_id, _ in member.covers)
    assert shortlist.to_dict()["consortium"] == consortium.to_dict()


def test_a_consortium_has_no_more_members_and_no_lower_coverage_than_policy_says(mecab):
    few = matchmaker(COMPANIES, NEEDS, mecab, policy=drawing(0.0, consortium_members=1))
    strict = matchmaker(COMPANIES, NEEDS, mecab, policy=drawing(1.0))

    assert len(few.match(MOROCCO, today=TODAY).consortium.members) == 1
    nobody = strict.match(MOROCCO, today=TODAY).consortium
    assert nobody.members == ()
    assert nobody.uncovered == ("N-010#1", "N-010#2", "N-010#3")


def test_where_one_side_wrote_one_line_companies_are_named_on_a_smaller_probability(mecab):
    weights = dict.fromkeys(
        features(Points(0.0, 0.0), 1.0, "", "", 1), 0.0
    )  # all are a half probable
    numbers = {**weights, "intercept": 0.0, "model": "model-1", "line": 0.8, "described": 60}
    policy = replace(POLICY, confidence=replace(POLICY.confidence, **numbers))
    long = "도심에 내린 빗물을 모아 저류조에 두었다가 조경과 청소에 쓰는 시설을 설계하고 설치한 뒤 십 년 동안 관리합니다."
    described, terse = company("C-1", long), company("C-2", "빗물 저류조")
    assert len(described.offerings[0].text) >= 60
    assert len(terse.offerings[0].text) < 30

    def named(*companies, need=replace(NEEDS[0], description=f"이런 기술을 찾음: {long}")):
        answer = matchmaker(companies, NEEDS, mecab, policy=policy).match(need, today=TODAY)
        return {m.company.company_id for m in answer.matches}

    assert named(described) == set()
    assert named(terse) == {"C-2"}
    assert named(described, need=Need("N-9", "빗물 저류")) == {"C-1"}


def test_who_stands_before_the_last_that_fits_is_named_too(mecab):
    weights = dict.fromkeys(features(Points(0.0, 0.0), 1.0, "", "", 1), 0.0)
    numbers = {**weights, "intercept": 0.0, "model": "model-1", "line": 0.8, "described": 12}
    policy = replace(POLICY, confidence=replace(POLICY.confidence, **numbers))
    companies = [
        company("C-1", "빗물을 지하에 모아 두었다가 조경과 청소에 쓰는 저류 시설"),
        company("C-2", "빗물 저류"),
        company("C-3", "폐기물을 태워 전기를 만드는 소각 발전 설비와 운영"),
    ]

    answer = matchmaker(companies, NEEDS, mecab, policy=policy).match(
        Need("N-9", "빗물을 지하에 모아 조경과 청소에 쓰는 저류 시설을 찾음"), today=TODAY
    )

    order = [match.company.company_id for match in (*answer.matches, *answer.nearest)]
    assert order == [
        "C-1",
        "C-2",
        "C-3",
    ]  # all a half probable; only C-2 is so terse that it is enough
    assert [match.company.company_id for match in answer.matches] == ["C-1", "C-2"]
    assert [(m.rank, m.company.company_id) for m in answer.nearest] == [(1, "C-3")]


def test_in_the_union_a_company_stands_where_its_best_text_puts_it(maker):
    shortlist = maker.match(MOROCCO, k=9, today=TODAY)

    whole = maker.match(replace(MOROCCO, description="아래 협력을 요청함"), k=9, today=TODAY)
    assert not whole.parts
    scores = {m.company.company_id: m.score for m in shortlist.matches}
    for item in shortlist.parts:
        for match in item.matches:
            assert scores[match.company.company_id] >= match.score


def test_rules_hold_inside_parts(mecab):
    companies = [
        replace(c, excluded_countries=("MA",)) if c.company_id == "C-5" else c for c in COMPANIES
    ]

    shortlist = matchmaker(companies, NEEDS, mecab).match(
        replace(MOROCCO, country="MA"), today=TODAY
    )

    everyone = {m.company.company_id for m in shortlist.matches}
    everyone |= {m.company.company_id for item in shortlist.parts for m in item.matches}
    assert "C-5" not in everyone
    assert [r.company.company_id for r in shortlist.refusals] == ["C-5"]


def test_a_plain_need_has_no_parts_and_covers_nothing(maker):
    shortlist = maker.match(NEEDS[0], today=TODAY)

    assert shortlist.parts == ()
    assert shortlist.consortium is None
    assert all(match.covers == () for match in shortlist.matches)


def test_a_need_in_decomposed_letters_is_answered_and_quoted_the_same(maker):
    need = NEEDS[0]
    decomposed = replace(
        need,
        title=unicodedata.normalize("NFD", need.title),
        description=unicodedata.normalize("NFD", need.description),
    )

    answer = maker.match(decomposed, today=TODAY)

    expected = maker.match(need, today=TODAY)
    assert [m.to_dict()["reasons"] for m in answer.matches] == [
        m.to_dict()["reasons"] for m in expected.matches
    ]


def test_opportunities_are_the_textbook_ranking_over_all_offerings(maker, mecab):
    eight = next(c for c in COMPANIES if c.company_id == "C-8")

    opportunities = maker.opportunities(eight, k=9, today=TODAY)

    texts = {need.need_id: need.text for need in NEEDS}
    each = [(o, exact_scores(mecab, texts, o.text)) for o in eight.offerings]
    expected = {
        need.need_id: max(scores[need.need_id] + record_points(need, o) for o, scores in each)
        for need in NEEDS
    }
    assert {m.need.need_id: m.score for m in opportunities.matches} == pytest.approx(
        expected, abs=1e-6
    )
    assert_explained(opportunities)


def test_an_opportunity_names_the_offering_that_fits_it_best(maker):
    eight = next(c for c in COMPANIES if c.company_id == "C-8")

    opportunities = maker.opportunities(eight, today=TODAY)

    fitting = {m.need.need_id: m.offerings[0].offering_id for m in opportunities.matches}
    assert (fitting["N-1"], fitting["N-2"]) == ("2", "1")


def test_needs_past_their_deadline_leave_their_places_to_open_ones(mecab):
    past, open_day = TODAY - timedelta(days=1), TODAY
    needs = [
        Need(
            f"N-{n:03}",
            "빗물 저류 시스템",
            "설비 " * (n % 7),
            deadline=past if n < 55 else open_day,
        )
        for n in range(60)
    ]

    opportunities = matchmaker(COMPANIES, needs, mecab).opportunities(
        COMPANIES[0], k=5, today=TODAY
    )

    assert {m.need.need_id for m in opportunities.matches} == {f"N-{n:03}" for n in range(55, 60)}
    assert {refusal.rule for refusal in opportunities.refusals} == {"deadline"}


def test_opportunities_pass_their_filters(maker):
    filters = NeedFilters(languages=("en",))

    opportunities = maker.opportunities(COMPANIES[0], filters=filters, today=TODAY)

    assert [m.need.need_id for m in opportunities.matches] == ["N-3"]


def test_every_answer_says_where_it_comes_from(maker):
    for answer in (maker.match(NEEDS[0]), maker.opportunities(COMPANIES[0])):
        provenance = answer.to_dict()["provenance"]
        assert (provenance["snapshot"], provenance["model"], provenance["analyzer"]) == (
            "snapshot-1",
            "model-1",
            "analyzer-1",
        )
        assert provenance["policy"] == POLICY.fingerprint
        assert provenance["made_at"].endswith("+00:00")


def test_a_pair_that_staff_ruled_out_is_refused_with_their_note(mecab):
    maker = matchmaker(COMPANIES, NEEDS, mecab)
    first = maker.match(NEEDS[0], today=TODAY).matches[0].company.company_id
    catalogue = Catalogue(
        {c.company_id: c for c in COMPANIES},
        {n.need_id: n for n in NEEDS},
        {(NEEDS[0].need_id, first): "지난 상담에서 불발"},
    )
    maker = Matchmaker(catalogue, maker._index, POLICY)

    shortlist = maker.match(NEEDS[0], today=TODAY)
    company = next(c for c in COMPANIES if c.company_id == first)
    opportunities = maker.opportunities(company, today=TODAY)

    assert first not in [m.company.company_id for m in shortlist.matches]
    (veto,) = [r for r in shortlist.refusals if r.rule == "veto"]
    assert (veto.company.company_id, "지난 상담에서 불발" in veto.label) == (first, True)
    assert NEEDS[0].need_id not in [m.need.need_id for m in opportunities.matches]


@pytest.mark.parametrize("need", NEEDS, ids=lambda need: need.need_id)
def test_quotations_left_out_change_no_rank_and_no_point(maker, need):
    whole = maker.match(need, k=9, today=TODAY)
    bare = maker.match(need, k=9, today=TODAY, quoted=())
    one = maker.match(need, k=9, today=TODAY, quoted=(whole.matches[0].company.company_id,))

    def told(shortlist):
        return [
            (m.rank, m.company.company_id, m.score, [(r.source, r.points) for r in m.reasons])
            for m in (*shortlist.matches, *shortlist.nearest, *(p for i in shortlist.parts for p in i.matches))
        ]  # fmt: skip

    def quoted(match):
        return any(r.source == "dense" and r.need_spans for r in match.reasons)

    assert told(whole) == told(bare) == told(one)
    assert bare.consortium == whole.consortium
    assert one.matches[0] == whole.matches[0]
    assert [quoted(m) for m in one.matches] == [m.rank == 1 for m in one.matches]
    assert not any(quoted(m) for m in bare.matches)


def test_opportunities_quote_the_needs_they_are_asked_for(maker):
    whole = maker.opportunities(COMPANIES[0], k=4, today=TODAY)
    bare = maker.opportunities(COMPANIES[0], k=4, today=TODAY, quoted=())
    asked = whole.matches[-1].need.need_id
    one = maker.opportunities(COMPANIES[0], k=4, today=TODAY, quoted=(asked,))

    assert [(m.need, m.score) for m in bare.matches] == [(m.need, m.score) for m in whole.matches]
    assert one.matches[-1] == whole.matches[-1]
    assert not any(r.need_spans for m in bare.matches for r in m.reasons if r.source == "dense")


def test_what_is_found_before_any_rule_is_not_searched_deeper_for_one(mecab):
    need = replace(NEEDS[0], required_certifications=("아무도 없는 인증",))
    index = index_of(COMPANIES, NEEDS, mecab)
    depths = []

    class Counted:
        def evidence(self, text, k, allowed=None):
            depths.append(k)
            return index.offerings.evidence(text, k, allowed)

    maker = matchmaker(COMPANIES, NEEDS, mecab, index=replace(index, offerings=Counted()))

    found = maker.find(need, 1)
    assert (depths, len(found) >= 1) == ([4], True)
    depths.clear()
    assert not maker.match(need, k=1, today=TODAY).matches
    assert max(depths) > 4
