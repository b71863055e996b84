"""What travels over HTTP about history and decisions."""

from typing import Any, Literal

from service.api.wire import Closed, Id, Line


class LogBody(Closed):
    """자료를 바꾼 일 하나."""

    import_id: int
    made_at: str
    actor: str
    files: list[str]
    counts: dict[str, Any]


class ImportsBody(Closed):
    """자료를 바꾼 일, 새것부터."""

    items: list[LogBody]


class PlaceBody(Closed):
    """기록이 있던 곳: 파일, 시트, 엑셀에 보이는 행."""

    file: str
    sheet: str | None
    row: int | None


class FieldChangeBody(Closed):
    """항목 하나의 앞뒤."""

    before: Any
    after: Any


class ChangeBody(LogBody):
    """기록의 판 하나."""

    kind: Literal["company", "need"]
    record_id: str
    action: Literal["added", "changed", "deleted"]
    place: PlaceBody | None
    fields: dict[str, FieldChangeBody]


class OriginBody(Closed):
    """항목 하나가 온 곳."""

    import_id: int
    made_at: str
    actor: str
    place: PlaceBody | None


class ChangesBody(Closed):
    """기록 하나의 모든 판, 새것부터. provenance: 지금 판의 항목마다 그것을 정한 변경."""

    items: list[ChangeBody]
    provenance: dict[str, OriginBody]


class ExpiryBody(Closed):
    """끝났거나 곧 끝나는 것 하나."""

    kind: Literal["need", "certificate"]
    record_id: str
    name: str
    last_day: str
    is_over: bool
    label: str


class ExpiriesBody(Closed):
    """끝났거나 곧 끝나는 것, 이른 것부터."""

    items: list[ExpiryBody]


class DecisionRequest(Closed):
    """짝에 대한 결정."""

    need_id: Id
    company_id: Id
    verdict: Literal["accept", "decline", "veto"]
    note: Line = ""


class DecisionBody(Closed):
    """남은 결정 하나."""

    need_id: str
    company_id: str
    verdict: Literal["accept", "decline", "veto"]
    note: str
    actor: str
    made_at: str


class DecisionsBody(Closed):
    """모든 결정."""

    items: list[DecisionBody]


class MergeRequest(Closed):
    """하나로 합칠 두 기업."""

    into_id: Id
    other_id: Id


class NamedCompanyBody(Closed):
    """기업의 ID와 이름."""

    company_id: str
    name: str


class GroundBody(Closed):
    """근거 하나: 점수에 더하는 무게와 말."""

    name: str
    weight: float
    label: str


class PairBody(Closed):
    """같은 기업일 수 있는 짝."""

    first: NamedCompanyBody
    second: NamedCompanyBody
    score: float
    is_certain: bool
    grounds: list[GroundBody]


class DuplicatesBody(Closed):
    """같은 기업일 수 있는 짝, 그럴 법한 것부터."""

    items: list[PairBody]
