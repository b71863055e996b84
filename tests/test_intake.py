import json
from collections.abc import Sequence
from dataclasses import fields
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.export import write_companies, write_needs
from data.intake import Intake, read_files
from matcher.errors import InvalidRequest
from matcher.records import Buyer, Certification, Company, Need, Offering

SAMPLES = Path(__file__).parent.parent / "data" / "samples"
FIELDS = [f.name for record in (Company, Need) for f in fields(record)]
REAL = Path("/work/shared/eval/real")


def _read_rows(tmp_path: Path, *rows: Sequence[Any]) -> Intake:
    book = openpyxl.Workbook()
    assert book.active is not None
    book.active.title = "시트"
    for row in rows:
        book.active.append(list(row))
    book.save(tmp_path / "a.xlsx")
    return read_files([tmp_path / "a.xlsx"])


def _read_objects(tmp_path: Path, *values: object, kind: str | None = None) -> Intake:
    path = tmp_path / "a.jsonl"
    lines = [v if isinstance(v, str) else json.dumps(v, ensure_ascii=False) for v in values]
    path.write_text("\n".join(lines), encoding="utf-8")
    return read_files([path], kind)


def _told(intake: Intake) -> list[tuple[str, int | None, str | None]]:
    return [(p.severity, p.row, p.column) for p in intake.problems]


# -- sheets of companies


def test_a_row_becomes_a_company_with_every_field(tmp_path: Path) -> None:
    heads = [
        "기업ID",
        "기업명",
        "기업명(영문)",
        "사업자등록번호",
        "지역",
        "기업규모",
        "종업원수",
        "설립일",
    ]
    heads += [
        "매출액(백만원)",
        "보유인증",
        "가능언어",
        "수출국가",
        "희망국가",
        "제외국가",
        "기술ID",
        "기술명",
    ]
    heads += ["기술설명", "분야", "비고"]
    row = [
        "C-1",
        "㈜그린",
        "Green Co.",
        "1168200276",
        "서울",
        "중소기업",
        "３５명",
        date(2006, 4, 11),
    ]
    row += [
        "21,800",
        "녹색기술인증(GT-1, ~2027.3.31); CE",
        "한국어/영어",
        "베트남·인니",
        "UAE",
        "러시아",
    ]
    row += ["T-1", "정수기", "물을 거른다", "물·수처리", "메모"]

    intake = _read_rows(tmp_path, heads, row)

    assert intake.problems == ()
    assert intake.companies == (
        Company(
            company_id="C-1",
            name_ko="㈜그린",
            name_en="Green Co.",
            registration_no="116-82-00276",
            region="서울",
            size="중소기업",
            employees=35,
            founded="2006-04-11",
            revenue_krw_million=21_800.0,
            certifications=(
                Certification("녹색기술인증", "GT-1", date(2027, 3, 31)),
                Certification("CE"),
            ),
            languages=("ko", "en"),
            export_countries=("VN", "ID"),
            target_countries=("AE",),
            excluded_countries=("RU",),
            offerings=(Offering("T-1", "정수기", "물을 거른다", "물·수처리"),),
            extra={"비고": "메모"},
        ),
    )


@pytest.mark.parametrize(
    ("head", "cell", "budget"),
    [
        ("최소 사업규모", "50만 달러", 500_000.0),
        ("최소 사업규모(만 달러)", 30, 300_000.0),
        ("최소\n사업규모 (USD)", "200,000", 200_000.0),
        ("min_budget_usd", "100000", 100_000.0),
    ],
)
def test_the_smallest_budget_that_a_company_takes_is_read_with_its_unit(
    tmp_path: Path, head: str, cell: object, budget: float
) -> None:
    intake = _read_rows(tmp_path, ["기업ID", "기업명", "기술명", head], ["C-1", "가", "나", cell])

    (company,) = intake.companies
    assert intake.problems == ()
    assert company.min_budget_usd == budget


@pytest.mark.parametrize("cell", ["5억원", "500000"])
def test_a_smallest_budget_in_won_or_without_a_unit_is_kept_as_typed(
    tmp_path: Path, cell: str
) -> None:
    heads = ["기업ID", "기업명", "기술명", "최소 사업규모"]

    intake = _read_rows(tmp_path, heads, ["C-1", "가", "나", cell])

    (company,) = intake.companies
    assert _told(intake) == [("warning", 2, "최소 사업규모")]
    assert company.min_budget_usd is None
    assert company.extra == {"최소 사업규모": cell}


def test_the_fields_that_a_company_wants_are_read_and_joined(tmp_path: Path) -> None:
    intake = _read_rows(
        tmp_path,
        ["기업ID", "기업명", "기술명", "희망분야"],
        ["C-1", "가", "나", "물·수처리, LED"],
        ["C-1", "가", "다", "LED; 스마트팜 자재"],
    )

    (company,) = intake.companies
    assert intake.problems == ()
    assert company.target_sectors == ("물·수처리", "LED", "스마트팜 자재")


def test_wishes_that_a_foreign_tool_wrote_its_own_way_are_read(tmp_path: Path) -> None:
    intake = _read_objects(
        tmp_path,
        {
            "company_id": "C-1",
            "name_ko": "가",
            "min_budget_usd": "50만 달러",
            "target_sectors": "물·수처리; LED",
        },
    )

    (company,) = intake.companies
    assert company.min_budget_usd == 500_000.0
    assert company.target_sectors == ("물·수처리", "LED")


def test_rows_of_one_company_are_joined_by_id_registration_number_and_blank_cells(
    tmp_path: Path,
) -> None:
    intake = _read_rows(
        tmp_path,
        ["기업ID", "사업자등록번호", "기업명", "인증", "기술명", "납기"],
        ["C-1", "116-82-00276", "그린", "CE", "정수기", "1주"],
        ["C-2", None, "바람", None, "풍력", None],
        ["C-1", None, "주식회사 그린", "KC", "필터", "2주"],
        [None, "1168200276", "그린", None, "펌프", None],
        [None, None, None, None, "밸브", None],
    )

    first, second = intake.companies
    assert intake.problems == ()
    assert [(o.offering_id, o.title) for o in first.offerings] == [
        *(("C-1-1", "정수기"), ("C-1-2", "필터"), ("C-1-3", "펌프"), ("C-1-4", "밸브"))
    ]
    assert first.certifications == (Certification("CE"), Certification("KC"))
    assert [dict(o.extra) for o in first.offerings] == [{"납기": "1주"}, {"납기": "2주"}, {}, {}]
    assert [o.title for o in second.offerings] == ["풍력"]


def test_a_company_without_id_is_named_after_its_registration_number(tmp_path: Path) -> None:
    intake = _read_rows(
        tmp_path, ["기업명", "사업자등록번호", "기술명"], ["그린", "116-82-00276", "정수기"]
    )

    (company,) = intake.companies
    assert (company.company_id, company.registration_no) == ("B1168200276", "116-82-00276")
    assert company.offerings[0].offering_id == "B1168200276-1"
    assert intake.problems == ()


def test_a_company_without_id_and_number_is_kept_out_with_its_further_rows(tmp_path: Path) -> None:
    intake = _read_rows(
        tmp_path,
        ["기업ID", "기업명", "기술명"],
        ["C-1", "그린", "정수기"],
        [None, "무명", "풍력"],
        [None, None, "날개"],
        ["C-2", "바람", "돛"],
    )

    assert [c.company_id for c in intake.companies] == ["C-1", "C-2"]
    assert _told(intake) == [("error", 3, None), ("error", 4, None)]
    assert "사업자등록번호를 적어 주세요" in intake.problems[0].sentence
    assert "무명" in intake.problems[0].sentence


def test_an_id_of_two_companies_is_an_error_that_names_both_rows(tmp_path: Path) -> None:
    intake = _read_rows(
        tmp_path,
        ["기업ID", "기업명", "기술명"],
        ["C-1", "그린", "정수기"],
        ["C-1", "바람", "풍력"],
    )

    assert [o.title for o in intake.companies[0].offerings] == ["정수기"]
    assert _told(intake) == [("error", 3, "기업ID")]
    assert "2행" in intake.problems[0].what


def test_an_offering_id_that_stands_twice_is_an_error_that_names_both_rows(tmp_path: Path) -> None:
    intake = _read_rows(
        tmp_path,
        ["기업ID", "기업명", "기술ID", "기술명"],
        ["C-1", "그린", "T-1", "정수기"],
        ["C-1", "그린", "T-1", "필터"],
        ["C-1", "그린", None, "정수기"],
    )

    assert [o.title for o in intake.companies[0].offerings] == ["정수기"]
    assert _told(intake) == [("error", 3, "기술ID"), ("error", 4, "기술명")]
    assert all("2행" in problem.what for problem in intake.problems)


def test_a_generated_offering_id_avoids_those_that_are_given(tmp_path: Path) -> None:
    intake = _read_rows(
        tmp_path,
        ["기업ID", "기업명", "기술ID", "기술명"],
        ["C-1", "그린", "C-1-2", "정수기"],
        ["C-1", "그린", None, "필터"],
    )

    assert [o.offering_id for o in intake.companies[0].offerings] == ["C-1-2", "C-1-3"]


def test_values_that_contradict_each_other_are_a_warning_and_the_first_stays(
    tmp_path: Path,
) -> None:
    intake = _read_rows(
        tmp_path,
        ["기업ID", "기업명", "종업원수", "기술명"],
        ["C-1", "그린", 35, "정수기"],
        ["C-1", "그린", 40, "필터"],
    )

    (company,) = intake.companies
    assert company.employees == 35
    assert company.offerings[1].extra == {"종업원수": "40"}
    assert _told(intake) == [("warning", 3, "종업원수")]


def test_one_registration_number_under_two_ids_is_a_warning(tmp_path: Path) -> None:
    intake = _read_rows(
        tmp_path,
        ["기업ID", "기업명", "사업자등록번호", "기술명"],
        ["C-1", "그린", "116-82-00276", "정수기"],
        ["C-2", "그린", "116-82-00276", "필터"],
    )

    assert len(intake.companies) == 2
    assert _told(intake) == [("warning", 3, "사업자등록번호")]


def test_what_cannot_be_read_is_kept_as_typed_with_a_warning(tmp_path: Path) -> None:
    heads = [
        "기업ID",
        "기업명",
        "사업자등록번호",
        "종업원수",
        "매출액",
        "인증",
        "수출국가",
        "설립일",
        "기술명",
    ]
    row = [
        "C-1",
        "그린",
        "116-82-00277",
        "서른",
        "5,000",
        "NEP(~2026.2.30)",
        "화성",
        "옛날",
        "정수기",
    ]

    intake = _read_rows(tmp_path, heads, row)

    (company,) = intake.companies
    assert company.extra == dict(zip(heads[2:8], row[2:8], strict=True))
    assert company.certifications == (Certification("NEP"),)
    assert company.revenue_krw_million is None
    assert _told(intake) == [("warning", 2, head) for head in heads[2:8]]
    assert [problem.value for problem in intake.problems] == row[2:8]


def test_a_value_under_the_name_of_a_field_is_kept_beside_the_field(tmp_path: Path) -> None:
    intake = _read_rows(
        tmp_path, ["company_id", "name_ko", "employees", "title"], ["C-1", "그린", "서른", "정수기"]
    )

    (company,) = intake.companies
    assert company.extra == {"employees (원문)": "서른"}
    assert Company.from_dict(company.to_dict()) == company


def test_offerings_on_a_sheet_of_their_own_find_their_company(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    assert book.active is not None
    for row in [["기업ID", "기업명", "종업원수"], ["C-1", "그린", 35]]:
        book.active.append(row)
    sheet = book.create_sheet("기술")
    for row in [["기업ID", "기술명"], ["C-1", "정수기"], ["C-9", "유령"]]:
        sheet.append(row)
    book.save(tmp_path / "a.xlsx")

    intake = read_files([tmp_path / "a.xlsx"])

    (company,) = intake.companies
    assert (company.employees, [o.title for o in company.offerings]) == (35, ["정수기"])
    assert [(p.severity, p.sheet, p.row) for p in intake.problems] == [("error", "기술", 3)]


def test_a_company_without_an_offering_goes_in_and_is_said(tmp_path: Path) -> None:
    intake = _read_rows(tmp_path, ["기업ID", "기업명", "지역"], ["C-1", "그린", "서울"])

    assert [c.company_id for c in intake.companies] == ["C-1"]
    assert _told(intake) == [("warning", 2, None)]


def test_certificate_details_in_columns_of_their_own_join_a_single_certificate(
    tmp_path: Path,
) -> None:
    heads = ["기업ID", "기업명", "인증", "인증번호", "인증유효기간", "기술명"]

    intake = _read_rows(
        tmp_path,
        heads,
        ["C-1", "그린", "녹색기술 인증", "GT-1", "2027.3.31", "정수기"],
        ["C-2", "바람", "CE, KC", "X-1", None, "풍력"],
    )

    first, second = intake.companies
    assert first.certifications == (Certification("녹색기술인증", "GT-1", date(2027, 3, 31)),)
    assert second.certifications == (Certification("CE"), Certification("KC"))
    assert second.offerings[0].extra == {"인증번호": "X-1"}
    assert _told(intake) == [("warning", 3, "인증")]


def test_a_ticked_certificate_column_names_the_certificate(tmp_path: Path) -> None:
    intake = _read_rows(
        tmp_path,
        ["기업ID", "기업명", "녹색인증", "기술명"],
        ["C-1", "그린", "O", "정수기"],
        ["C-2", "바람", "X", "풍력"],
    )

    assert [c.certifications for c in intake.companies] == [(Certification("녹색인증"),), ()]
    assert intake.problems == ()


def test_a_bad_value_in_a_merged_cell_is_said_once(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    assert book.active is not None
    for row in [["기업ID", "기업명", "종업원수", "기술명"], ["C-1", "그린", "서른", "정수기"]]:
        book.active.append(row)
    book.active["D3"] = "필터"
    for column in "ABC":
        book.active.merge_cells(f"{column}2:{column}3")
    book.save(tmp_path / "a.xlsx")

    intake = read_files([tmp_path / "a.xlsx"])

    assert [o.title for o in intake.companies[0].offerings] == ["정수기", "필터"]
    assert intake.companies[0].extra == {"종업원수": "서른"}
    assert _told(intake) == [("warning", 2, "종업원수")]


# -- sheets of needs


def test_a_row_becomes_a_need_with_every_field(tmp_path: Path) -> None:
    heads = [
        "수요ID",
        "제목",
        "내용",
        "국가(도시)",
        "수요기관",
        "기관유형",
        "필요인증",
        "필요언어",
        "예산(만 달러)",
    ]
    heads += ["마감일", "협력유형", "분야", "출처"]
    row = [
        "N-1",
        "소각 설비",
        "생활쓰레기",
        "베트남(박닌성)",
        "박닌성청",
        "정부",
        "환경마크 또는 CE",
        "영어",
    ]
    row += ["50", "2026. 7. 31.", "타당성조사", "도시자원순환", "S0"]

    intake = _read_rows(tmp_path, heads, row)

    assert intake.problems == ()
    assert intake.needs == (
        Need(
            need_id="N-1",
            title="소각 설비",
            description="생활쓰레기",
            language="ko",
            country="VN",
            city="박닌성",
            organisation="박닌성청",
            buyer_type="정부",
            required_certifications=("환경표지", "CE"),
            certification_rule="any",
            required_languages=("en",),
            budget_usd=500_000.0,
            deadline=date(2026, 7, 31),
            cooperation_type="타당성조사",
            sector="도시자원순환",
            extra={"출처": "S0"},
        ),
    )


def test_country_and_city_may_stand_apart_or_the_city_alone(tmp_path: Path) -> None:
    intake = _read_rows(
        tmp_path,
        ["수요ID", "제목", "국가", "도시"],
        ["N-1", "a", "중국", "북경"],
        ["N-2", "b", None, "하노이"],
        ["N-3", "c", "모로코", "아가디르"],
        ["N-4", "d", "화성", None],
    )

    assert [(n.country, n.city) for n in intake.needs] == [
        *(("CN", "베이징"), ("VN", "하노이"), ("MA", "아가디르"), (None, None))
    ]
    assert _told(intake) == [("warning", 5, "국가")]
    assert intake.needs[3].extra == {"국가": "화성"}


def test_a_need_id_that_stands_twice_or_nowhere_is_an_error(tmp_path: Path) -> None:
    intake = _read_rows(
        tmp_path,
        ["수요ID", "제목"],
        ["N-1", "소각"],
        [None, "정수"],
        ["N-1", "풍력"],
    )

    assert [need.title for need in intake.needs] == ["소각"]
    assert _told(intake) == [("error", 3, None), ("error", 4, "수요ID")]
    assert "2행" in intake.problems[1].what
    assert "4행" in intake.problems[1].what


def test_an_impossible_deadline_is_a_warning_that_says_everything(tmp_path: Path) -> None:
    intake = _read_rows(tmp_path, ["수요ID", "제목", "마감일"], ["N-1", "소각", "2026.2.30"])

    assert intake.problems[0].sentence == (
        "a.xlsx '시트' 시트 2행 '마감일' 열: 달력에 없는 날짜입니다. (값: '2026.2.30')"
        " 2026-07-31처럼 실제로 있는 날짜를 적어 주세요."
    )
    assert intake.needs[0].deadline is None
    assert intake.needs[0].extra == {"마감일": "2026.2.30"}


# -- personal data


def test_personal_data_reach_no_record_and_no_problem(tmp_path: Path) -> None:
    heads = ["기업ID", "기업명", "기술명", "설명", "담당자", "휴대폰", "E-mail", "비고", "종업원수"]
    row = ["C-1", "그린", "정수기", "문의 010-1111-2222, x@green.kr", "홍길동", "010-3333-4444"]
    row += ["kim@green.kr", "홍길동 02-555-6666", "문의 031-777-8888"]

    intake = _read_rows(tmp_path, heads, row)

    everything = str([c.to_dict() for c in intake.companies]) + str(intake.to_dict()) + repr(intake)
    for secret in ("홍길동", "1111", "3333", "555", "777", "@green"):
        assert secret not in everything
    assert [(p.column, p.row) for p in intake.problems] == [
        *(("담당자", None), ("휴대폰", None), ("E-mail", None)),
        *(("비고", 2), ("설명", 2), ("종업원수", 2)),
    ]
    assert "암호로 봉해" in intake.problems[0].what
    person = {"name": "홍길동", "phone": "010-3333-4444", "email": "kim@green.kr"}
    assert intake.people == {("company", "C-1"): (person,)}
    assert intake.companies[0].offerings[0].description == "문의 [연락처], [연락처]"


def test_the_person_of_a_refused_row_is_not_given_to_the_record_that_stays(
    tmp_path: Path,
) -> None:
    heads = ["수요ID", "제목", "담당자"]

    intake = _read_rows(tmp_path, heads, ["N-1", "정수기", "홍길동"], ["N-1", "가로등", "김철수"])

    assert intake.people == {("need", "N-1"): ({"name": "홍길동"},)}


def test_a_birthday_or_passport_is_never_kept(tmp_path: Path) -> None:
    heads = ["기업ID", "기업명", "기술명", "대표자", "생년월일", "여권번호"]
    row = ["C-1", "그린", "정수기", "홍길동", "1970-01-01", "M12345678"]

    intake = _read_rows(tmp_path, heads, row)

    assert intake.people == {("company", "C-1"): ({"name": "홍길동"},)}
    said = {p.column: p.what for p in intake.problems}
    assert "저장하지 않았습니다" in said["생년월일"]
    assert "저장하지 않았습니다" in said["여권번호"]


def test_whom_json_lines_name_stands_apart_from_the_record(tmp_path: Path) -> None:
    flat = {"need_id": 1, "title": "a", "담당자": "홍길동", "phone": "010-1111-2222"}
    nested = {
        "buyer_id": "B-1",
        "name": "하노이 환경공사",
        "contacts": [
            {"name": "Nguyen An", "position": "과장", "email": "an@x.vn"},
            {"이름": "김철수", "birthday": "1970-01-01"},
        ],
        "passport_no": "M123",
    }

    intake = _read_objects(tmp_path, flat, nested)

    assert intake.people == {
        ("need", "1"): ({"name": "홍길동", "phone": "010-1111-2222"},),
        ("buyer", "B-1"): (
            {"name": "Nguyen An", "email": "an@x.vn", "position": "과장"},
            {"name": "김철수"},
        ),
    }
    assert not intake.needs[0].extra
    assert not intake.buyers[0].extra
    assert "저장하지 않았습니다" in {p.column: p.what for p in intake.problems}["passport_no"]


# -- buyers


def test_a_sheet_of_buyers_is_known_by_its_heads_also_where_it_names_needs(tmp_path: Path) -> None:
    heads = ["바이어ID", "바이어명", "국가", "언어", "수요ID", "담당자", "관심"]
    row = [
        "B-1",
        "하노이 환경공사",
        "베트남(하노이)",
        "베트남어, 영어",
        "N-9; N-14",
        "Nguyen An",
        "폐수",
    ]

    intake = _read_rows(tmp_path, heads, row, ["", "이름뿐", "", "", "", "", ""])

    assert intake.buyers == (
        Buyer(
            "B-1",
            "하노이 환경공사",
            country="VN",
            city="하노이",
            languages=("vi", "en"),
            need_ids=("N-9", "N-14"),
            extra={"관심": "폐수"},
        ),
    )
    assert intake.people == {("buyer", "B-1"): ({"name": "Nguyen An"},)}
    (problem,) = intake.errors
    assert (problem.row, problem.what) == (3, "바이어ID가 없습니다.")
    assert Buyer.from_dict(intake.buyers[0].to_dict()) == intake.buyers[0]


def test_a_sheet_of_needs_that_names_buyers_stays_one_of_needs(tmp_path: Path) -> None:
    intake = _read_rows(
        tmp_path, ["수요ID", "제목", "국가", "바이어ID"], ["N-1", "정수기", "베트남", "B-1"]
    )

    assert [need.need_id for need in intake.needs] == ["N-1"]
    assert intake.needs[0].extra == {"바이어ID": "B-1"}


def test_personal_data_in_json_lines_are_said_once_a_field(tmp_path: Path) -> None:
    value = {"need_id": 1, "title": "a", "email": "a@b.kr", "note": "010-1111-2222"}
    nested = {
        "contact": {"name": "홍길동"},
        "info": {"phone": "1", "web": "x.kr", "etc": ["a@b.kr"]},
    }

    intake = _read_objects(tmp_path, value | nested, value | nested | {"need_id": 2})

    assert [dict(need.extra) for need in intake.needs] == [{"info": {"web": "x.kr", "etc": []}}] * 2
    assert [p.column for p in intake.problems] == ["email", "note", "contact", "info"]
    assert {p.severity for p in intake.problems} == {"warning"}


# -- JSON lines


def test_json_lines_of_foreign_tools_load_whatever_they_leave_out_or_add(tmp_path: Path) -> None:
    intake = _read_objects(
        tmp_path,
        {"company_id": 7, "name_ko": "그린"},
        {
            "company_id": "C-8",
            "name_en": "Wind",
            "name_ko": None,
            "offerings": None,
            "x": [1, None],
        },
        '{"company_id": "C-9", "name_ko": "n", "employees": NaN, "offerings": [{"title": "t"}]}',
        {"company_id": "C-10", "name_ko": "n", "offerings": ["정수기"], "certifications": "CE; KC"},
        {"company_id": "C-11", "name_ko": "n", "employees": "35명", "languages": ["English", "ko"]},
        {"registration_no": "116-82-00276", "name_ko": "n", "target_countries": ["베트남", "id"]},
    )

    assert intake.problems == ()
    assert [c.company_id for c in intake.companies] == [
        *("7", "C-8", "C-9", "C-10", "C-11", "B1168200276")
    ]
    by_id = {company.company_id: company for company in intake.companies}
    assert by_id["C-8"].extra == {"x": [1, None]}
    assert by_id["C-9"].offerings == (Offering("C-9-1", "t"),)
    assert by_id["C-10"].offerings == (Offering("C-10-1", "정수기"),)
    assert by_id["C-10"].certifications == (Certification("CE"), Certification("KC"))
    assert (by_id["C-11"].employees, by_id["C-11"].languages) == (35, ("en", "ko"))
    assert by_id["B1168200276"].target_countries == ("VN", "ID")


def test_needs_of_foreign_tools_load_with_what_a_cell_would_give(tmp_path: Path) -> None:
    intake = _read_objects(
        tmp_path,
        {"need_id": 1, "title": "a", "country": "Viet Nam", "deadline": "2026.7.31", "k": {"a": 1}},
        {"need_id": 2, "title": "b", "language": "Vietnamese", "budget_usd": "50만 달러"},
        {"need_id": 3, "description": "c", "required_certifications": "CE; KC", "deadline": None},
    )

    first, second, third = intake.needs
    assert intake.problems == ()
    assert (first.need_id, first.country, first.deadline) == ("1", "VN", date(2026, 7, 31))
    assert first.extra == {"k": {"a": 1}}
    assert (second.language, second.budget_usd) == ("vi", 500_000.0)
    assert third.required_certifications == ("CE", "KC")


def test_bad_values_of_a_line_are_kept_beside_the_field_and_bad_offerings_are_said(
    tmp_path: Path,
) -> None:
    intake = _read_objects(
        tmp_path,
        {
            "company_id": "C-1",
            "name_ko": "그린",
            "employees": "서른",
            "languages": ["en", "클링온어"],
            "certifications": [{"number": "1"}, {"name": "CE", "valid_until": "2026.2.30"}],
            "offerings": [
                {"offering_id": "a", "title": "t"},
                {"offering_id": "a", "title": "u"},
                {},
            ],
        },
    )

    (company,) = intake.companies
    assert company.languages == ("en",)
    assert company.certifications == (Certification("CE"),)
    assert [o.title for o in company.offerings] == ["t"]
    assert set(company.extra) == {
        *("employees (원문)", "languages (원문)", "certifications (원문)")
    }
    assert [(p.severity, p.column) for p in intake.problems] == [
        ("warning", "employees"),
        ("warning", "languages"),
        ("warning", "certifications"),
        ("error", "offering_id"),
        ("error", "offerings"),
    ]


def test_a_wrong_line_is_a_problem_with_its_number_and_the_others_go_in(tmp_path: Path) -> None:
    intake = _read_objects(
        tmp_path,
        {"need_id": "N-1", "title": "a"},
        '{"need_id": "N-2", "title": ',
        "",
        "[1, 2]",
        {"need_id": "N-1", "title": "again"},
        {"title": "no id"},
        {"need_id": "N-3"},
        {"foo": 1},
        "[" * 100_000,
        '{"need_id": "N-4", "title": "\\ud800"}',
        {"need_id": "N-5", "title": "b"},
    )

    assert [need.need_id for need in intake.needs] == ["N-1", "N-5"]
    assert _told(intake) == [
        *(("error", 2, None), ("error", 4, None), ("error", 5, "need_id")),
        *(("error", 6, "need_id"), ("error", 7, "title"), ("error", 8, None)),
        *(("error", 9, None), ("error", 10, None)),
    ]
    assert "1행" in intake.problems[2].what


def test_an_id_in_two_files_is_an_error_that_names_the_first_file(tmp_path: Path) -> None:
    for name in ("a.jsonl", "b.jsonl"):
        (tmp_path / name).write_text('{"need_id": "N-1", "title": "t"}')

    intake = read_files([tmp_path / "a.jsonl", tmp_path / "b.jsonl"])

    assert len(intake.needs) == 1
    assert [problem.file for problem in intake.problems] == ["b.jsonl"]
    assert "a.jsonl 1행" in intake.problems[0].what


def test_the_sheet_and_the_lines_of_the_same_companies_are_equal(tmp_path: Path) -> None:
    sheet = _read_rows(
        tmp_path,
        ["기업ID", "기업명", "인증", "희망국가", "기술ID", "기술명", "설명"],
        ["C-1", "그린", "녹색기술인증(GT-1, ~2027.3.31)", "베트남", "T-1", "정수기", "물"],
    )
    held = {"name": "녹색기술인증", "number": "GT-1", "valid_until": "2027-03-31"}
    offering = {"offering_id": "T-1", "title": "정수기", "description": "물"}

    lines = _read_objects(
        tmp_path,
        {
            "company_id": "C-1",
            "name_ko": "그린",
            "certifications": [held],
            "target_countries": ["VN"],
            "offerings": [offering],
        },
    )

    assert sheet.companies == lines.companies


# -- the whole


def test_progress_and_reports_tell_what_is_read(tmp_path: Path) -> None:
    (tmp_path / "n.csv").write_bytes("수요ID,제목\nN-1,소각\n".encode("cp949"))
    steps: list[tuple[str, int, int]] = []

    intake = read_files([tmp_path / "n.csv"], progress=lambda *step: steps.append(step))

    assert steps == [("n.csv 읽기", 0, 1), ("읽기", 1, 1)]
    sheet = {"name": None, "kind": "needs", "header_row": 1, "rows": 1}
    assert intake.to_dict() == {
        "companies": 0,
        "needs": 1,
        "buyers": 0,
        "papers": 0,
        "files": [{"file": "n.csv", "encoding": "CP949", "sheets": [sheet]}],
        "problems": [],
    }


def test_a_head_without_rows_is_said(tmp_path: Path) -> None:
    intake = _read_rows(tmp_path, ["기업ID", "기업명", "기술명"])

    assert (intake.companies, _told(intake)) == ((), [("warning", 1, None)])


def test_an_unknown_kind_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest):
        read_files([tmp_path], kind="offerings")


_texts = st.text(
    st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="@+0123456789"), max_size=20
).map(lambda text: f"글 {text}")
_ids = st.from_regex(r"[A-Z]-[1-9]{1,6}", fullmatch=True)
_codes = st.lists(st.from_regex(r"[A-Z]{2}", fullmatch=True), unique=True, max_size=3).map(tuple)
_dates = st.none() | st.dates()
_names = _texts.map(str.strip)
_extras = st.dictionaries(
    st.sampled_from(["비고", "source", "same_as"]), st.none() | st.integers() | _texts, max_size=2
)
_certifications = st.lists(
    st.builds(Certification, name=_names, number=st.none() | _texts, valid_until=_dates), max_size=2
)
_numbers = st.none() | st.floats(min_value=0, allow_infinity=False)
_offerings = st.lists(
    st.builds(Offering, offering_id=_ids, title=_texts, description=_texts, extra=_extras),
    max_size=3,
    unique_by=lambda offering: offering.offering_id,
)
_companies = st.builds(
    Company,
    company_id=_ids,
    name_ko=_texts,
    name_en=st.none() | _names,
    registration_no=st.none() | _names,
    employees=st.none() | st.integers(min_value=0, max_value=10**6),
    revenue_krw_million=_numbers,
    certifications=_certifications.map(tuple),
    languages=_codes.map(lambda codes: tuple(code.lower() for code in codes)),
    target_countries=_codes,
    target_sectors=st.lists(_names, max_size=2, unique=True).map(tuple),
    min_budget_usd=_numbers,
    offerings=_offerings.map(tuple),
    extra=_extras,
)
_needs = st.builds(
    Need,
    need_id=_ids,
    title=_texts,
    description=_texts,
    language=st.sampled_from([None, "vi", "en", "fil"]),
    country=st.sampled_from([None, "VN", "XK"]),
    required_certifications=st.lists(_names, max_size=2, unique=True).map(tuple),
    certification_rule=st.sampled_from(["all", "any"]),
    budget_usd=_numbers,
    deadline=_dates,
    extra=_extras,
)


@given(companies=st.lists(_companies, max_size=3, unique_by=lambda c: c.company_id))
def test_companies_come_back_equal_from_their_export(
    tmp_path_factory: pytest.TempPathFactory, companies: list[Company]
) -> None:
    path = tmp_path_factory.mktemp("export") / "companies.jsonl"
    write_companies(path, [*companies, Company("Z", "끝")])

    intake = read_files([path])

    assert intake.problems == ()
    expected = sorted([*companies, Company("Z", "끝")], key=lambda c: c.company_id)
    assert list(intake.companies) == expected


@given(needs=st.lists(_needs, max_size=3, unique_by=lambda n: n.need_id))
def test_needs_come_back_equal_from_their_export(
    tmp_path_factory: pytest.TempPathFactory, needs: list[Need]
) -> None:
    path = tmp_path_factory.mktemp("export") / "needs.jsonl"
    write_needs(path, [*needs, Need("Z", "끝")])

    intake = read_files([path])

    assert intake.problems == ()
    assert list(intake.needs) == sorted([*needs, Need("Z", "끝")], key=lambda n: n.need_id)


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
_field_names = st.sampled_from([*FIELDS, "offering_id", "name", "valid_until", "extra", "phone"])
_objects = st.dictionaries(
    _field_names, _json | st.lists(st.dictionaries(_field_names, _json, max_size=4), max_size=2)
)


@given(st.lists(_objects, min_size=1, max_size=4))
def test_no_line_makes_the_intake_fail(
    tmp_path_factory: pytest.TempPathFactory, values: list[dict[str, Any]]
) -> None:
    intake = _read_objects(tmp_path_factory.mktemp("lines"), *values)

    errors = [problem for problem in intake.problems if problem.severity == "error"]
    assert len(intake.companies) + len(intake.needs) + len(errors) >= len(values)
    for company in intake.companies:
        assert Company.from_dict(json.loads(json.dumps(company.to_dict()))) == company
    for need in intake.needs:
        assert Need.from_dict(json.loads(json.dumps(need.to_dict()))) == need


def test_an_export_replaces_the_file_as_a_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "needs.jsonl"
    write_needs(path, [Need("N-2", "b"), Need("N-1", "a")])
    before = path.read_bytes()

    with pytest.raises(TypeError):
        write_needs(path, [Need("N-1", "a", extra={"x": object()})])

    assert [json.loads(line)["need_id"] for line in before.splitlines()] == ["N-1", "N-2"]
    assert path.read_bytes() == before
    assert [file.name for file in path.parent.iterdir()] == ["needs.jsonl"]


@pytest.mark.parametrize("path", sorted(SAMPLES.glob("*.jsonl")), ids=lambda path: path.name)
def test_the_samples_read_without_a_problem_and_unchanged(path: Path) -> None:
    intake = read_files([path])

    id_field = {"companies": "company_id", "buyers": "buyer_id"}.get(path.stem, "need_id")
    records = {record[id_field]: record for record in _lines(path)}
    read: dict[str, dict[str, Any]] = {c.company_id: c.to_dict() for c in intake.companies}
    read |= {need.need_id: need.to_dict() for need in intake.needs}
    read |= {buyer.buyer_id: buyer.to_dict() for buyer in intake.buyers}
    assert intake.problems == ()
    assert read.keys() == records.keys()
    for id, record in records.items():
        assert {name: read[id][name] for name in record} == record


@pytest.mark.skipif(not REAL.is_dir(), reason="the evaluation data stay outside of the project")
def test_real_data_of_others_read_completely() -> None:
    intake = read_files([REAL / "companies_krx.jsonl", REAL / "needs_worldbank.jsonl"])

    assert (len(intake.companies), len(intake.needs)) == (1417, 1710)
    assert intake.problems == ()


def _lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
