from dataclasses import replace
from datetime import date, timedelta

import pytest

from matcher.records import Certification, Company, Need, Offering
from matcher.rules import (
    CompanyFilters,
    NeedFilters,
    broken_rule,
    holds,
    missing_conditions,
)

TODAY = date(2026, 7, 1)
YESTERDAY, TOMORROW = TODAY - timedelta(days=1), TODAY + timedelta(days=1)
OFFERING = Offering("1", "빗물 저류조", sector="도시자원순환")
COMPANY = Company(
    "C-1",
    "빗물나라",
    name_en="Rainland Co.",
    region="서울특별시",
    languages=("ko", "en"),
    export_countries=("ID",),
    target_countries=("VN",),
    offerings=(OFFERING,),
)
NEED = Need("N-1", "빗물 저류 시스템", language="ko")


def holding(*certifications: Certification) -> Company:
    return replace(COMPANY, certifications=certifications)


def requiring(*names: str, rule: str = "all") -> Need:
    return replace(NEED, required_certifications=names, certification_rule=rule)


def rule_of(need: Need, company: Company, direction="match") -> str | None:
    broken = broken_rule(need, company, TODAY, direction)
    return broken.rule if broken else None


def test_a_pair_that_breaks_no_rule_passes():
    assert broken_rule(NEED, COMPANY, TODAY, "match") is None
    assert broken_rule(NEED, COMPANY, TODAY, "opportunities") is None


@pytest.mark.parametrize("organisation", ["빗물나라", "빗물 나라", "RAINLAND CO"])
def test_a_company_does_not_answer_its_own_need_by_name(organisation):
    need = replace(NEED, organisation=organisation)

    assert rule_of(need, COMPANY) == "own_company"


def test_a_company_does_not_answer_its_own_need_by_id():
    need = Need.from_dict({"need_id": "N", "title": "물", "company_id": "C-1"})

    assert rule_of(need, COMPANY) == "own_company"
    assert rule_of(need, replace(COMPANY, company_id="C-11")) is None


def test_a_company_is_not_shown_to_a_country_it_excludes():
    company = replace(COMPANY, excluded_countries=("MA",))

    broken = broken_rule(replace(NEED, country="MA"), company, TODAY, "match")

    assert broken is not None
    assert broken.rule == "excluded_country"
    assert "모로코" in broken.label
    assert rule_of(replace(NEED, country="VN"), company) is None
    assert rule_of(NEED, company) is None


def test_every_required_language_must_be_spoken():
    need = replace(NEED, required_languages=("en", "fr"))

    broken = broken_rule(need, COMPANY, TODAY, "match")

    assert broken is not None
    assert broken.rule == "language"
    assert "프랑스어" in broken.label
    assert "영어" not in broken.label
    assert rule_of(replace(NEED, required_languages=("en",)), COMPANY) is None


@pytest.mark.parametrize(
    ("valid_until", "rule"),
    [(YESTERDAY, "certificate"), (TODAY, None), (TOMORROW, None), (None, None)],
)
def test_a_certificate_counts_up_to_and_including_its_last_day(valid_until, rule):
    company = holding(Certification("환경표지", valid_until=valid_until))

    assert rule_of(requiring("환경표지"), company) == rule


def test_an_expired_certificate_and_a_missing_one_are_told_apart():
    company = holding(Certification("환경표지", valid_until=YESTERDAY))

    broken = broken_rule(requiring("환경표지", "GR"), company, TODAY, "match")

    assert broken is not None
    assert "2026-06-30" in broken.label
    assert "‘GR’이 없습니다" in broken.label


def test_a_renewed_certificate_outweighs_its_expired_one():
    company = holding(
        Certification("NET", valid_until=YESTERDAY), Certification("NET", valid_until=TOMORROW)
    )

    assert rule_of(requiring("NET"), company) is None


@pytest.mark.parametrize(
    ("rule", "held", "broken"),
    [
        ("all", ("GR", "NET"), None),
        ("all", ("GR",), "certificate"),
        ("any", ("GR",), None),
        ("any", ("NET",), None),
        ("any", (), "certificate"),
        ("any", ("NEP",), "certificate"),
    ],
)
def test_required_certificates_are_needed_all_or_any(rule, held, broken):
    company = holding(*map(Certification, held))

    assert rule_of(requiring("GR", "NET", rule=rule), company) == broken


def test_the_any_rule_without_required_certificates_asks_for_none():
    assert rule_of(requiring(rule="any"), COMPANY) is None


@pytest.mark.parametrize(
    "held", ["녹색인증", "녹색기술인증", "녹색사업인증", "녹색전문기업확인", "녹색기술제품확인"]
)
def test_every_kind_of_green_certificate_meets_the_generic_one(held):
    assert holds(holding(Certification(held)), "녹색인증", TODAY)


def test_the_generic_green_certificate_meets_no_special_one():
    company = holding(Certification("녹색인증"), Certification("녹색사업인증"))

    assert not holds(company, "녹색기술인증", TODAY)


def test_a_deadline_closes_opportunities_after_its_day_but_not_matches():
    passed, open_today = replace(NEED, deadline=YESTERDAY), replace(NEED, deadline=TODAY)

    assert rule_of(passed, COMPANY, "opportunities") == "deadline"
    assert rule_of(open_today, COMPANY, "opportunities") is None
    assert rule_of(passed, COMPANY, "match") is None


def test_what_is_not_on_record_is_missing_but_does_not_refuse():
    need = replace(NEED, language="fr", country="MA")

    missing = missing_conditions(need, COMPANY, TODAY, 90)

    assert rule_of(need, COMPANY) is None
    assert [item.condition for item in missing] == ["language", "country"]
    assert "프랑스어" in missing[0].label
    assert "모로코" in missing[1].label


@pytest.mark.parametrize(("language", "country"), [("ko", "ID"), ("en", "VN"), (None, None)])
def test_nothing_is_missing_where_language_and_market_are_on_record(language, country):
    need = replace(NEED, language=language, country=country)

    assert missing_conditions(need, COMPANY, TODAY, 90) == ()


@pytest.mark.parametrize(
    ("days", "notice"),
    [(89, "2026-09-28에 끝납니다"), (90, None), (None, "유효기간이 기록에 없습니다")],
)
def test_a_certificate_that_ends_within_the_notice_is_reported(days, notice):
    until = None if days is None else TODAY + timedelta(days=days)

    missing = missing_conditions(
        requiring("GR"), holding(Certification("GR", valid_until=until)), TODAY, 90
    )

    assert [notice in item.label for item in missing] == [True] * (notice is not None)


def test_a_certificate_that_ends_before_the_deadline_is_reported():
    need = replace(requiring("GR"), deadline=TODAY + timedelta(days=200))
    company = holding(Certification("GR", valid_until=TODAY + timedelta(days=199)))

    missing = missing_conditions(need, company, TODAY, 90)

    assert [item.condition for item in missing] == ["certificate"]


def test_a_dated_certificate_settles_what_an_undated_one_leaves_open():
    company = holding(
        Certification("녹색기술인증"),
        Certification("녹색전문기업확인", valid_until=date(2099, 1, 1)),
    )

    assert missing_conditions(requiring("녹색인증"), company, TODAY, 90) == ()


@pytest.mark.parametrize(
    ("filters", "passes"),
    [
        (CompanyFilters(), True),
        (CompanyFilters(sectors=("도시자원순환",)), True),
        (CompanyFilters(sectors=("urban_resource",)), True),
        (CompanyFilters(sectors=("LED", "폐기물")), True),
        (CompanyFilters(sectors=("LED",)), False),
        (CompanyFilters(regions=("서울특별시",)), True),
        (CompanyFilters(regions=("부산광역시",)), False),
        (CompanyFilters(languages=("vi", "en")), True),
        (CompanyFilters(languages=("vi",)), False),
        (CompanyFilters(countries=("ID",)), True),
        (CompanyFilters(countries=("VN",)), True),
        (CompanyFilters(countries=("MA",)), False),
        (CompanyFilters(certifications=("녹색인증",)), True),
        (CompanyFilters(certifications=("GR",)), False),
        (CompanyFilters(languages=("en",), countries=("MA",)), False),
    ],
)
def test_a_company_passes_filters_when_every_field_has_one_of_its_values(filters, passes):
    company = holding(
        Certification("녹색기술인증", valid_until=TODAY), Certification("GR", valid_until=YESTERDAY)
    )

    assert filters.admits(company, OFFERING, TODAY) is passes


def test_an_offering_without_a_sector_passes_no_sector_filter():
    filters = CompanyFilters(sectors=("LED",))

    assert not filters.admits(COMPANY, replace(OFFERING, sector=None), TODAY)


@pytest.mark.parametrize(
    ("filters", "passes"),
    [
        (NeedFilters(), True),
        (NeedFilters(sectors=("물",)), True),
        (NeedFilters(sectors=("LED",)), False),
        (NeedFilters(languages=("fr", "ko")), True),
        (NeedFilters(languages=("fr",)), False),
        (NeedFilters(countries=("MA",)), True),
        (NeedFilters(countries=("VN",)), False),
    ],
)
def test_a_need_passes_filters_when_every_field_has_one_of_its_values(filters, passes):
    assert filters.admits(replace(NEED, sector="물", country="MA")) is passes


def test_filters_without_values_are_empty():
    assert CompanyFilters().is_empty
    assert NeedFilters().is_empty
    assert not CompanyFilters(regions=("서울특별시",)).is_empty
    assert not NeedFilters(languages=("ko",)).is_empty
