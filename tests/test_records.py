import json
import unicodedata
from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matcher.errors import InvalidRecord
from matcher.records import (
    Certification,
    Company,
    Need,
    Offering,
    join_text,
    offering_key,
    split_key,
)

LETTERS = st.characters(exclude_categories=("Cs", "Cc", "Cf", "Co", "Cn", "Zl", "Zp", "Zs"))
WORDS = st.text(LETTERS, min_size=1, max_size=12)
IDS = st.text(st.characters(codec="ascii", categories=("L", "N", "P")), min_size=1, max_size=8)
PLAIN = st.one_of(st.none(), st.integers(-9, 9), st.text(max_size=5), st.lists(st.booleans()))
EXTRA = st.dictionaries(st.sampled_from(["상품코드", "source", "extra", "비고 1"]), PLAIN)
OPTIONAL = st.none() | WORDS
DATES = st.dates().map(date.isoformat)
CERTIFICATES = WORDS | st.fixed_dictionaries({"name": WORDS, "number": WORDS, "valid_until": DATES})
CODES = st.lists(st.sampled_from(["KO", "vi", "Id", " ma "]), max_size=4)
OFFERINGS = st.lists(
    st.builds(
        lambda extra, **named: {**extra, **named},
        EXTRA,
        offering_id=IDS,
        title=WORDS,
        description=st.text(max_size=20),
        sector=OPTIONAL,
    ),
    max_size=3,
    unique_by=lambda item: item["offering_id"],
)
COMPANIES = st.builds(
    lambda extra, **named: {**extra, **named},
    EXTRA,
    company_id=IDS,
    name_ko=WORDS,
    name_en=OPTIONAL,
    employees=st.none() | st.integers(0, 10**6),
    revenue_krw_million=st.none() | st.floats(0, 1e9),
    certifications=st.lists(CERTIFICATES, max_size=3),
    languages=CODES,
    export_countries=CODES,
    excluded_countries=CODES,
    target_sectors=st.lists(WORDS, max_size=2),
    min_budget_usd=st.none() | st.floats(0, 1e12),
    offerings=OFFERINGS,
)
NEEDS = st.builds(
    lambda extra, **named: {**extra, **named},
    EXTRA,
    need_id=IDS,
    title=WORDS,
    description=st.text(max_size=20),
    language=st.none() | st.sampled_from(["KO", "vi"]),
    required_certifications=st.lists(WORDS, max_size=3),
    certification_rule=st.sampled_from([None, "all", "any"]),
    required_languages=CODES,
    budget_usd=st.none() | st.floats(0, 1e12),
    deadline=st.none() | DATES,
)


@given(COMPANIES)
def test_a_company_comes_back_equal_from_its_interchange_form(value):
    company = Company.from_dict(value)

    again = Company.from_dict(json.loads(json.dumps(company.to_dict())))

    assert again == company


@given(NEEDS)
def test_a_need_comes_back_equal_from_its_interchange_form(value):
    need = Need.from_dict(value)

    again = Need.from_dict(json.loads(json.dumps(need.to_dict())))

    assert again == need


@given(COMPANIES, NEEDS)
def test_fields_that_the_form_does_not_name_are_kept(company, need):
    unknown = {"상품코드", "source", "extra", "비고 1"}

    forms = [
        (company, Company.from_dict(company).to_dict()),
        (need, Need.from_dict(need).to_dict()),
        *zip(company["offerings"], Company.from_dict(company).to_dict()["offerings"], strict=True),
    ]

    for given_form, form in forms:
        kept = {name: form[name] for name in unknown & form.keys()}
        assert kept == {name: given_form[name] for name in unknown & given_form.keys()}


def test_only_ids_and_names_are_required():
    company = Company.from_dict({"company_id": "C", "name_ko": "빗물나라", "offerings": None})
    need = Need.from_dict({"need_id": "N", "title": "빗물", "required_certifications": None})

    assert (company.offerings, company.languages, company.employees) == ((), (), None)
    assert (need.required_certifications, need.certification_rule, need.deadline) == (
        (),
        "all",
        None,
    )


def test_what_a_company_wants_is_left_out_of_its_form_where_it_has_not_said_it():
    silent = Company("C", "빗물나라").to_dict()
    outspoken = Company("C", "빗물나라", target_sectors=("LED",), min_budget_usd=5e5).to_dict()

    assert outspoken == silent | {"target_sectors": ["LED"], "min_budget_usd": 500_000.0}


def test_an_offering_without_an_id_is_named_after_its_place():
    company = Company.from_dict(
        {"company_id": "C-7", "name_ko": "가", "offerings": [{"title": "하나"}, {"title": "둘"}]}
    )

    assert [item.offering_id for item in company.offerings] == ["C-7-1", "C-7-2"]


def test_ids_given_as_numbers_become_text():
    assert Need.from_dict({"need_id": 17, "title": "물"}).need_id == "17"


@given(IDS, IDS)
def test_an_offering_key_splits_into_what_it_was_made_of(owner, part):
    assert split_key(offering_key(owner, part)) == (owner, part)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("company_id", {"company_id": None}),
        ("company_id", {"company_id": "C\x1f1"}),
        ("company_id", {"company_id": "C\n1"}),
        ("name_ko", {"name_ko": " ", "name_en": None}),
        ("employees", {"employees": "열둘"}),
        ("employees", {"employees": 1.5}),
        ("revenue_krw_million", {"revenue_krw_million": float("nan")}),
        ("revenue_krw_million", {"revenue_krw_million": float("inf")}),
        ("revenue_krw_million", {"revenue_krw_million": 10**400}),
        ("revenue_krw_million", {"revenue_krw_million": [1]}),
        ("languages", {"languages": "ko"}),
        ("languages", {"languages": {"ko": True}}),
        ("export_countries", {"export_countries": 82}),
        ("excluded_countries", {"excluded_countries": "VN"}),
        ("target_sectors", {"target_sectors": "LED"}),
        ("min_budget_usd", {"min_budget_usd": "50만 달러"}),
        ("certifications", {"certifications": "녹색인증"}),
        ("certifications", {"certifications": [3]}),
        ("certifications", {"certifications": [{"number": "1"}]}),
        (
            "certifications.valid_until",
            {"certifications": [{"name": "GR", "valid_until": "2026-02-30"}]},
        ),
        ("offerings", {"offerings": "빗물 저류조"}),
        ("offerings", {"offerings": {"title": "빗물 저류조"}}),
        ("offerings", {"offerings": ["빗물 저류조"]}),
        ("title", {"offerings": [{"title": " "}]}),
        (
            "offering_id",
            {"offerings": [{"offering_id": "1", "title": t} for t in ("가", "나")]},
        ),
    ],
)
def test_a_bad_company_is_refused_by_the_name_of_its_field(field, value):
    with pytest.raises(InvalidRecord) as refusal:
        Company.from_dict({"company_id": "C", "name_ko": "빗물나라", **value})

    assert refusal.value.field == field
    assert str(refusal.value).endswith(".")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("need_id", {"need_id": " "}),
        ("title", {"title": "", "description": "\n"}),
        ("certification_rule", {"certification_rule": "some"}),
        ("deadline", {"deadline": "2026-02-30"}),
        ("deadline", {"deadline": "내일"}),
        ("budget_usd", {"budget_usd": "백만"}),
        ("required_certifications", {"required_certifications": "녹색인증"}),
        ("required_languages", {"required_languages": "vi"}),
    ],
)
def test_a_bad_need_is_refused_by_the_name_of_its_field(field, value):
    with pytest.raises(InvalidRecord) as refusal:
        Need.from_dict({"need_id": "N", "title": "빗물", **value})

    assert refusal.value.field == field


def test_a_deadline_with_a_time_is_a_plain_date():
    from_object = Need.from_dict(
        {"need_id": "N", "title": "물", "deadline": datetime(2026, 7, 31, 9)}
    )
    from_text = Need.from_dict({"need_id": "N", "title": "물", "deadline": "2026-07-31T09:00:00Z"})

    assert from_object.deadline == from_text.deadline == date(2026, 7, 31)
    assert type(from_object.deadline) is date


def test_blank_and_repeated_codes_are_dropped():
    need = Need.from_dict(
        {
            "need_id": "N",
            "title": "물",
            "required_languages": ["VI", " vi", "", None, "fr"],
            "required_certifications": ["", "녹색인증 ", "녹색인증"],
        }
    )

    assert need.required_languages == ("vi", "fr")
    assert need.required_certifications == ("녹색인증",)


def test_a_certificate_is_a_name_or_an_object():
    plain = Certification.from_value(" GR ")
    full = Certification.from_value({"name": "GR", "number": 12, "valid_until": "2027-01-31"})

    assert plain.to_value() == "GR"
    assert full.to_value() == {"name": "GR", "number": "12", "valid_until": "2027-01-31"}


@pytest.mark.parametrize(
    ("title", "description", "text"),
    [
        ("빗물 저류조", "블록으로 짓는다", "빗물 저류조\n블록으로 짓는다"),
        ("빗물 저류조", "빗물 저류조를 짓는다", "빗물 저류조를 짓는다"),
        ("", "블록", "블록"),
        ("  빗물 ", " ", "빗물"),
    ],
)
def test_a_text_says_its_title_once(title, description, text):
    assert join_text(title, description) == text
    assert Offering("1", title, description).text == text


@given(st.text(), st.text())
def test_a_text_is_always_nfc(title, description):
    text = join_text(title, description)

    assert unicodedata.is_normalized("NFC", text)
