"""Column heads as staff write them, and the record fields they mean.

Matching ignores case, spaces, line ends and punctuation; what stands in brackets may be part of
the name (기업명(영문)) or a unit (매출액(백만원)). Company and need sheets have tables of their own,
since 국가 or 언어 mean different things in them.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from data.amounts import KRW_MILLION, USD, Unit, to_unit
from data.contacts import is_contact_column
from matcher.vocabulary import fold

Kind = Literal["companies", "needs", "buyers"]
KINDS: tuple[Kind, ...] = ("companies", "needs", "buyers")

_COMPANY_HEADS = {
    "company_id": "기업ID 기업코드 기업번호 업체ID 업체코드 업체번호 회사ID 회사코드 공급기업ID 공급기업코드"
    " 기업식별번호 관리번호 ID 아이디 company_id company_code id",
    "name_ko": "기업명 업체명 회사명 상호 상호명 법인명 공급기업 공급기업명 참가기업 참가기업명 신청기업"
    " 신청기업명 기업명(국문) 업체명(국문) 회사명(국문) 기업명(한글) 업체명(한글) 회사명(한글) 국문기업명 국문명"
    " 국문회사명 국문상호 기업이름 기업 업체 회사 name_ko name company company_name",
    "name_en": "기업명(영문) 업체명(영문) 회사명(영문) 상호(영문) 기업명(영어) 영문기업명 영문회사명 영문명 영문상호"
    " name_en company_name_en english_name",
    "registration_no": "사업자등록번호 사업자번호 사업자등록No 등록번호 사업자 registration_no"
    " business_registration_no business_registration_number brn",
    "region": "지역 소재지 소재지역 시도 시·도 광역시도 본사소재지 본사지역 지역(시도) region location province",
    "size": "기업규모 규모 기업구분 기업유형 기업형태 규모구분 size company_size",
    "employees": "종업원수 직원수 임직원수 상시근로자수 상시근로자 근로자수 고용인원 종업원 직원 임직원 인원 인원수"
    " 상시종업원수 employees employee_count headcount",
    "founded": "설립일 설립일자 설립년도 설립연도 설립연월일 설립년월일 설립 창립일 개업일 개업연월일 설립년월 설립연월"
    " founded established founding_date established_on",
    "revenue_krw_million": "매출액 매출 연매출 연매출액 연간매출액 연간매출 최근매출액 전년도매출액 직전년도매출액"
    " 매출규모 revenue_krw_million revenue sales annual_revenue",
    "certifications": "인증 보유인증 인증현황 인증보유현황 인증명 인증서 보유인증현황 인증·특허 인증내역 인증사항"
    " 녹색인증 보유인증명 보유인증서 주요인증 certifications certification certificates certificate",
    "certification_number": "인증번호 인증서번호 certification_number certificate_no",
    "certification_until": "인증유효기간 인증만료일 인증유효기간만료일 유효기간만료일 유효기간 인증종료일"
    " certification_valid_until certificate_valid_until valid_until",
    "languages": "언어 가능언어 구사언어 사용언어 상담언어 상담가능언어 외국어 대응언어 대응가능언어 가능한언어 외국어능력"
    " languages language",
    "export_countries": "수출국 수출국가 수출실적국가 기수출국 기존수출국 수출대상국 주요수출국 수출경험국가"
    " 수출지역 export_countries exports_to",
    "target_countries": "희망국가 진출희망국가 희망진출국 희망진출국가 관심국가 목표국가 목표시장 타깃국가 타겟국가"
    " 진출희망국 수출희망국 수출희망국가 희망지역 target_countries target_markets",
    "excluded_countries": "제외국가 진출제외국가 수출제외국가 제외국 excluded_countries",
    "target_sectors": "희망분야 관심분야 진출희망분야 희망수요분야 희망산업분야 target_sectors",
    "min_budget_usd": "최소사업규모 최소사업비 최소예산 최소계약금액 최소수주금액 최소거래금액 희망최소사업규모"
    " min_budget_usd min_budget",
    "offering_id": "공급기술ID 기술ID 제품ID 품목ID 공급품목ID 기술번호 제품번호 품목번호 기술코드 제품코드 품목코드"
    " offering_id product_id",
    "title": "공급기술 공급기술명 기술명 제품명 품명 품목 품목명 공급품목 공급품목명 기술·제품명 기술(제품)명 제품(기술)명"
    " 제품·기술명 보유기술 보유기술명 주력제품 주요제품 주생산품 주요생산품 대표제품 대표기술 대표품목 서비스명"
    " 기술제목 아이템 아이템명 제품서비스명 제품·서비스명 취급품목 기술 제품 title offering offering_title product"
    " product_name technology",
    "description": "설명 상세설명 기술설명 제품설명 기술내용 제품소개 기술소개 기술개요 제품개요 상세내용 내용 기술상세"
    " 제품상세 공급기술설명 공급기술내용 제품특징 기술특징 특징 주요내용 개요 소개 기술(제품)설명 제품(기술)설명 제품·기술설명"
    " 기술·제품설명 기업소개 description details offering_description product_description",
    "sector": "분야 산업분야 기술분야 녹색산업분야 녹색산업 업종 섹터 산업 기술분류 분류 녹색분야 7대녹색산업"
    " 서울형7대녹색산업 sector industry field",
}
_NEED_HEADS = {
    "need_id": "수요ID 수요번호 수요코드 니즈ID 니즈번호 관리번호 접수번호 과제번호 의뢰번호 ID 아이디 need_id id",
    "title": "제목 수요명 수요제목 수요기술 수요기술명 수요품목 수요과제 수요과제명 과제명 사업명 프로젝트명 요청기술"
    " 희망기술 희망품목 관심품목 구매희망품목 니즈 니즈명 수요 건명 품목 품목명 title need need_title project subject",
    "description": "설명 상세설명 수요내용 내용 상세내용 수요상세 수요설명 요청내용 요구사항 상세요구사항 주요내용 개요"
    " 사업개요 사업내용 니즈내용 세부내용 희망사항 description details requirements",
    "language": "언어 사용언어 작성언어 원문언어 language",
    "country": "국가 나라 수요국 수요국가 대상국 대상국가 국가(도시) 국가·도시 국가명 지역(국가) 사업국가 발주국 국가(지역)"
    " 국가코드 country country_code country_name",
    "city": "도시 도시명 지역 도시·지역 수요도시 성·시 지방 city",
    "organisation": "수요기관 수요기관명 기관 기관명 발주처 발주기관 바이어 바이어명 수요처 구매처 기업명 업체명 회사명"
    " 요청기관 현지기관 organisation organization buyer buyer_name agency",
    "buyer_type": "수요기관유형 기관유형 바이어유형 바이어구분 기관구분 구분 유형 수요기관구분 buyer_type",
    "required_certifications": "필요인증 요구인증 필수인증 요청인증 인증요건 인증조건 인증 요구인증서 필요한인증"
    " required_certifications required_certification required_certificates certifications",
    "certification_rule": "인증조건방식 인증충족방식 인증규칙 certification_rule",
    "required_languages": "필요언어 요구언어 상담언어 대응언어 필수언어 required_languages",
    "budget_usd": "예산 예산액 사업비 총사업비 사업예산 예산규모 사업규모 구매예산 추정금액 budget_usd budget",
    "deadline": "마감일 마감 마감일자 마감기한 접수마감 접수마감일 제출기한 신청기한 기한 회신기한 제안마감 deadline due"
    " due_date closing_date",
    "cooperation_type": "협력유형 협력방식 협력형태 사업유형 프로젝트유형 사업형태 희망협력방식 협력희망형태 사업구분"
    " cooperation_type project_type cooperation",
    "sector": "분야 산업분야 기술분야 녹색산업분야 수요분야 섹터 업종 산업 기술분류 분류 sector industry field",
}
_BUYER_HEADS = {
    "buyer_id": "바이어ID 바이어코드 바이어번호 수요기관ID 수요기관코드 구매처ID buyer_id buyer_code",
    "name": "바이어명 바이어 바이어이름 기관명 수요기관 수요기관명 기업명 업체명 회사명 발주처 구매처 상호 name"
    " buyer buyer_name company organisation organization",
    "buyer_type": "바이어유형 바이어구분 수요기관유형 기관유형 기관구분 유형 구분 buyer_type type",
    "country": "국가 나라 국가명 국적 소재국 국가(도시) 국가·도시 국가코드 country country_code country_name",
    "city": "도시 도시명 지역 소재지 city",
    "languages": "언어 상담언어 사용언어 가능언어 구사언어 languages language",
    "need_ids": "수요ID 수요번호 수요코드 수요 희망수요 need_ids need_id needs",
    "homepage": "홈페이지 누리집 웹사이트 홈페이지주소 homepage website url",
}
# A row is a head only where one of the first stands beside another known name.
_KEYS = {
    "companies": {"company_id", "name_ko", "name_en", "registration_no"},
    "needs": {"need_id", "title", "description"},
    "buyers": {"buyer_id"},
}
# Fields that only one kind has: they decide where a sheet could be read as either.
_TELLING = {
    "companies": {"company_id", "name_ko", "name_en", "registration_no", "offering_id", "size"}
    | {"employees", "founded", "revenue_krw_million", "languages", "export_countries"}
    | {"target_countries", "excluded_countries", "region", "certifications"}
    | {"target_sectors", "min_budget_usd"},
    "needs": {"need_id", "country", "organisation", "required_certifications", "budget_usd"}
    | {"deadline", "cooperation_type", "buyer_type", "city", "required_languages"},
    "buyers": {"buyer_id", "name", "buyer_type", "country", "city"},
}
AMOUNT_UNITS = {"revenue_krw_million": KRW_MILLION, "budget_usd": USD, "min_budget_usd": USD}
"""Fields that hold money, with the unit that their names promise."""
_UNIT_BY_FOLDED_HEAD = {fold(name): unit for name, unit in AMOUNT_UNITS.items()}


def _by_name(heads: Mapping[str, str]) -> Mapping[str, str]:
    return MappingProxyType(
        {fold(n): field for field, names in heads.items() for n in names.split()}
    )


_FIELDS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "companies": _by_name(_COMPANY_HEADS),
        "needs": _by_name(_NEED_HEADS),
        "buyers": _by_name(_BUYER_HEADS),
    }
)


Meanings = Mapping[str, str]
"""Column heads as shown, and the field that somebody says each means ("": none)."""
NO_MEANINGS: Meanings = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a sheet: its head as shown, the field it means, its unit, whose data it is.

    field None: not known; its cells are kept in `extra` under `head`, unless `is_contact`.
    """

    head: str
    field: str | None
    unit: Unit | None = None
    is_contact: bool = False


def fields_of(kind: Kind) -> tuple[str, ...]:
    """Return the fields that a column of this kind can mean."""
    return tuple(dict.fromkeys(_FIELDS[kind].values()))


def to_column(head: str, kind: Kind, meanings: Meanings = NO_MEANINGS) -> Column:
    """Return what a column head means in a sheet of this kind; `meanings` has the last word.

    A column of personal data stays one whatever it is said to mean.
    """
    shown = " ".join(head.split())
    fields = _FIELDS[kind]
    if shown in meanings and not _by_head(head, kind).is_contact:
        told = meanings[shown]
        if told not in fields.values():
            return Column(shown, None)
        found = _by_head(head, kind)
        return Column(shown, told, found.unit if told in AMOUNT_UNITS else None)
    return _by_head(head, kind)


def _by_head(head: str, kind: Kind) -> Column:
    shown = " ".join(head.split())
    fields = _FIELDS[kind]
    inside = ",".join(part for pair in _BRACKETS.findall(head) for part in pair)
    outside = _BRACKETS.sub(" ", head)
    field = fields.get(fold(head)) or fields.get(fold(outside))
    unit = next((unit for unit in map(to_unit, re.split("[,;]", inside)) if unit), None)
    if field is None and (match := re.search(r"[\s_/:·,]+(\S+)$", outside.strip())):
        unit = to_unit(match[1])  # 매출액 백만원
        field = fields.get(fold(outside.strip()[: match.start()])) if unit else None
    if field in AMOUNT_UNITS:
        unit = unit or _UNIT_BY_FOLDED_HEAD.get(fold(head))
        return Column(shown, field, unit)
    return Column(shown, field, None, field is None and is_contact_column(head))


_BRACKETS = re.compile(r"\(([^()]*)\)?|\[([^\[\]]*)\]?|（([^（）]*)）?")


def head_score(heads: list[str], kind: Kind, meanings: Meanings = NO_MEANINGS) -> int:
    """Return how many different fields a row of heads names; 0 where it can be no head row."""
    columns = (to_column(head, kind, meanings) for head in heads if head)
    fields = {column.field for column in columns if column.field}
    if len(fields) < 2 or not fields & _KEYS[kind]:
        return 0
    return len(fields)


def kind_of(heads: list[str]) -> Kind | None:
    """Return what a row of heads announces; None where it announces nothing known."""
    named = {to_column(head, "needs").field for head in heads if head}
    if head_score(heads, "buyers") and named.isdisjoint(("title", "description")):
        return "buyers"  # a sheet of buyers may name the needs of each
    best: tuple[int, int, Kind] | None = None
    for kind in KINDS:
        score = head_score(heads, kind)
        telling = sum(to_column(head, kind).field in _TELLING[kind] for head in heads if head)
        if score and (best is None or (telling, score) > best[:2]):
            best = (telling, score, kind)
    return best[2] if best else None
