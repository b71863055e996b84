"""What travels over HTTP: pydantic models at the wire and nowhere else.

Requests are checked against these; answers are described by them (a test holds real answers
against the description).
"""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from service.questions import LONGEST_TEXT, MOST_MATCHES


def _readable(text: str) -> str:
    if "\x00" in text:
        raise ValueError("쓸 수 없는 제어 문자(NUL)가 있습니다.")
    return text


Line = Annotated[str, Field(max_length=1_000), AfterValidator(_readable)]
Id = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_readable)]
Prose = Annotated[str, Field(max_length=LONGEST_TEXT), AfterValidator(_readable)]
Lines = Annotated[list[Line], Field(max_length=200)]
Number = Annotated[float, Field(allow_inf_nan=False)]
K = Annotated[int, Field(ge=1, le=MOST_MATCHES, description="추천할 개수")]


class Closed(BaseModel):
    """A request in which an unknown field is a mistake."""

    model_config = ConfigDict(extra="forbid")


class CompanyFiltersBody(Closed):
    """공급기업을 좁히는 조건. 한 항목 안에서는 하나만 맞아도 되고, 항목끼리는 모두 맞아야 합니다."""

    sectors: Lines = []
    certifications: Lines = []
    regions: Lines = []
    languages: Lines = []
    countries: Lines = []


class NeedFiltersBody(Closed):
    """수요를 좁히는 조건."""

    sectors: Lines = []
    languages: Lines = []
    countries: Lines = []


class MatchRequest(Closed):
    """need_id와 text 가운데 하나만 보냅니다."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"need_id": "N-005", "k": 5},
                {
                    "text": "폐플라스틱을 이용한 빗물 저류 시스템",
                    "country": "ID",
                    "language": "ko",
                    "k": 5,
                    "filters": {"certifications": ["녹색기술인증"]},
                },
            ]
        }
    )

    need_id: Id | None = Field(None, description="저장된 수요의 ID")
    text: Prose | None = Field(None, description="저장하지 않은 수요의 글")
    country: Line | None = Field(None, description="수요 국가: 코드나 이름(VN, 베트남)")
    language: Line | None = Field(None, description="수요의 언어: 코드나 이름(vi, 베트남어)")
    required_certifications: Lines = Field([], description="text와 함께: 꼭 있어야 하는 인증")
    k: K = 10
    filters: CompanyFiltersBody = CompanyFiltersBody()


class OpportunitiesRequest(Closed):
    """company_id와 text 가운데 하나만 보냅니다."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"company_id": "C-001", "k": 5}]})

    company_id: Id | None = Field(None, description="저장된 공급기업의 ID")
    text: Prose | None = Field(None, description="저장하지 않은 공급기술의 글")
    k: K = 10
    filters: NeedFiltersBody = NeedFiltersBody()


class Open(BaseModel):
    """A record; fields that are not named here are kept as they come."""

    model_config = ConfigDict(extra="allow")


class CertificationBody(Open):
    """인증: 이름과, 알면 번호와 유효기간."""

    name: Line
    number: Line | None = None
    valid_until: Line | None = Field(None, examples=["2028-12-31"])


class OfferingBody(Open):
    """공급기술."""

    offering_id: Id | None = None
    title: Prose | None = None
    description: Prose | None = None
    sector: Line | None = None


class CompanyBody(Open):
    """공급기업. ID는 주소에 있으므로 없어도 됩니다. 모르는 항목도 그대로 보관합니다."""

    model_config = ConfigDict(
        extra="allow",
        json_schema_extra={
            "examples": [
                {
                    "name_ko": "가상물산업",
                    "region": "서울특별시",
                    "certifications": [{"name": "녹색기술인증", "valid_until": "2028-12-31"}],
                    "languages": ["ko", "en"],
                    "offerings": [
                        {"title": "빗물 저류조", "description": "재생 플라스틱 블록 저류조"}
                    ],
                }
            ]
        },
    )

    company_id: Id | None = None
    name_ko: Line | None = None
    name_en: Line | None = None
    registration_no: Line | int | None = None
    region: Line | None = None
    size: Line | None = None
    employees: Annotated[int, Field(ge=0, le=10_000_000)] | None = None
    founded: Line | int | None = None
    revenue_krw_million: Number | None = None
    certifications: Annotated[list[Line | CertificationBody], Field(max_length=200)] | None = None
    languages: Lines | None = None
    export_countries: Lines | None = None
    target_countries: Lines | None = None
    excluded_countries: Lines | None = None
    target_sectors: Lines | None = Field(None, description="희망 분야: 코드나 이름")
    min_budget_usd: Number | None = Field(None, description="최소 사업규모(미국 달러)")
    offerings: Annotated[list[OfferingBody], Field(max_length=500)] | None = None


class BuyerBody(Open):
    """바이어·수요기관. 사람의 이름과 연락처는 /contacts에 따로 둡니다."""

    model_config = ConfigDict(
        extra="allow",
        json_schema_extra={
            "examples": [
                {
                    "name": "가상 하노이 환경공사",
                    "buyer_type": "공공기관",
                    "country": "VN",
                    "languages": ["vi", "en"],
                    "need_ids": ["N-009"],
                }
            ]
        },
    )

    buyer_id: Id | None = None
    name: Line | None = None
    buyer_type: Line | None = None
    country: Line | None = None
    city: Line | None = None
    languages: Lines | None = None
    need_ids: Lines | None = None
    homepage: Line | None = None


class NeedBody(Open):
    """수요. ID는 주소에 있으므로 없어도 됩니다. 모르는 항목도 그대로 보관합니다."""

    model_config = ConfigDict(
        extra="allow",
        json_schema_extra={
            "examples": [
                {
                    "title": "빗물 저류 시스템",
                    "description": "폐플라스틱으로 만든 빗물 저류 시스템을 구함",
                    "language": "ko",
                    "country": "ID",
                }
            ]
        },
    )

    need_id: Id | None = None
    title: Prose | None = None
    description: Prose | None = None
    language: Line | None = None
    country: Line | None = None
    city: Line | None = None
    organisation: Line | None = None
    buyer_type: Line | None = None
    required_certifications: Lines | None = None
    certification_rule: Literal["all", "any"] | None = None
    required_languages: Lines | None = None
    budget_usd: Number | None = None
    deadline: Line | None = Field(None, examples=["2027-03-31"])
    cooperation_type: Line | None = None
    sector: Line | None = None


class SpanBody(Closed):
    """원문의 한 부분."""

    start: int
    end: int
    quote: str


class ReasonBody(Closed):
    """근거: 점수의 한 항과 두 원문의 인용."""

    source: str
    points: float
    label: str
    offering_id: str
    need_spans: list[SpanBody]
    offering_spans: list[SpanBody]


class MissingBody(Closed):
    """빠진 조건."""

    condition: str
    label: str


class OfferingName(Closed):
    """공급기술의 ID와 제목."""

    offering_id: str
    title: str


class ObjectionBody(Closed):
    """한쪽이 바라는 것 가운데 맞지 않는 것. share는 그 때문에 깎인 비율입니다."""

    side: Literal["need", "company"]
    wish: str
    share: float
    label: str


class AcceptanceBody(Closed):
    """수용도: 수요기관과 기업이 이 매칭을 받아들일 만한 정도(0~1)."""

    need_side: float
    company_side: float
    reasons: list[ObjectionBody]


class MatchBody(Closed):
    """매칭: 점수는 근거들의 점수를 더한 값입니다. 기회 목록의 순서는 pair_score를 따릅니다."""

    rank: int
    company_id: str
    name_ko: str
    need_id: str
    title: str
    score: float
    summary: str = Field(description="전화로 말할 수 있는 한마디")
    offerings: list[OfferingName]
    reasons: list[ReasonBody]
    missing: list[MissingBody]
    covers: list[str]
    acceptance: AcceptanceBody | None
    pair_score: float | None
    probability: float | None


class RefusalBody(Closed):
    """제외 사유."""

    company_id: str
    name_ko: str
    need_id: str
    title: str
    rule: str
    label: str
    score: float


class PartBody(Closed):
    """수요 항목과 그 추천 명단."""

    part_id: str
    text: str
    matches: list[MatchBody]


class CoveredPartBody(Closed):
    """맡는 항목과 그 항목에 얼마나 맞는지(0~1)."""

    part_id: str
    usefulness: float


class MemberBody(Closed):
    """컨소시엄의 한 기업."""

    company_id: str
    name_ko: str
    covers: list[CoveredPartBody]


class ConsortiumBody(Closed):
    """컨소시엄 제안: 항목을 가장 많이 덮는 기업들. notice는 맡을 기업이 없는 항목을 말합니다."""

    members: list[MemberBody]
    coverage: dict[str, float]
    uncovered: list[str]
    notice: str | None


class ProvenanceBody(Closed):
    """무엇으로 만든 결과인가."""

    snapshot: str
    model: str
    analyzer: str
    policy: str
    made_at: str


class ShortlistBody(Closed):
    """추천 명단. 빈 명단이면 notice가 그 뜻을 말하고 nearest가 가장 가까웠던 기업입니다. stale은 낡은 색인의 알림입니다."""

    need_id: str
    title: str
    notice: str | None
    matches: list[MatchBody]
    nearest: list[MatchBody]
    refusals: list[RefusalBody]
    parts: list[PartBody]
    consortium: ConsortiumBody | None
    provenance: ProvenanceBody
    stale: str | None


class OpportunitiesBody(Closed):
    """공급기업에 맞는 수요의 명단."""

    company_id: str
    name_ko: str
    notice: str | None
    matches: list[MatchBody]
    refusals: list[RefusalBody]
    provenance: ProvenanceBody
    stale: str | None


class BuyerPage(Closed):
    """바이어 목록의 한 쪽. next_cursor가 null이면 끝입니다."""

    items: list[BuyerBody]
    next_cursor: str | None
    total: int


class CompanyPage(Closed):
    """공급기업 목록의 한 쪽. next_cursor가 null이면 끝입니다."""

    items: list[CompanyBody]
    next_cursor: str | None
    total: int


class NeedPage(Closed):
    """수요 목록의 한 쪽. next_cursor가 null이면 끝입니다."""

    items: list[NeedBody]
    next_cursor: str | None
    total: int


class TallyBody(Closed):
    """새로 들어온, 바뀐, 그대로인 기록의 수."""

    added: int
    changed: int
    unchanged: int


class SavedBody(Closed):
    """저장 결과."""

    companies: TallyBody
    needs: TallyBody
    buyers: TallyBody
    papers: TallyBody = Field(description="결정, 행사, 계획, 성과")


class ImportBody(Closed):
    """파일 하나의 결과: 문제없는 행은 저장되었습니다."""

    files: list[str]
    counts: dict[str, int]
    problems: list[dict[str, Any]]
    unreadable: list[dict[str, str]]
    saved: SavedBody


class HealthBody(Closed):
    """살아 있음."""

    status: str


class ReadyBody(Closed):
    """답할 준비가 됨."""

    status: str
    snapshot: str
    counts: dict[str, int]
    stale: str | None


class FieldError(Closed):
    """틀린 항목."""

    field: str
    code: str
    detail: str


class ProblemBody(BaseModel):
    """RFC 9457 문제 설명."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    errors: list[FieldError] | None = None
