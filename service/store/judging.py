"""Grades that judges give to pairs, each for himself."""

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Engine, delete, insert, select

from matcher.errors import InvalidRequest
from service.store.schema import translated
from service.store.tables import JudgementRow

GRADES = {3: "아주 쓸모 있음", 2: "쓸모 있음", 1: "조금 걸침", 0: "쓸모없음"}


@dataclass(frozen=True, slots=True)
class Judgement:
    """One judge's grade (0..3) of a pair."""

    need_id: str
    company_id: str
    judge: str
    grade: int
    made_at: datetime


class Judging:
    """Judgements of one database."""

    def __init__(self, engine: Engine, writing: Engine) -> None:
        self._engine = engine
        self._writing = writing

    def judge(self, need_id: str, company_id: str, judge: str, grade: int) -> None:
        """Keep a grade; the judge's last word counts. Raises InvalidRequest."""
        if grade not in GRADES:
            raise InvalidRequest("등급은 0부터 3까지입니다.", field="grade")
        is_this = (
            (JudgementRow.need_id == need_id)
            & (JudgementRow.company_id == company_id)
            & (JudgementRow.judge == judge)
        )
        row = {
            "need_id": need_id,
            "company_id": company_id,
            "judge": judge,
            "grade": grade,
            "made_at": datetime.now(UTC),
        }
        with translated(), self._writing.begin() as connection:
            connection.execute(delete(JudgementRow).where(is_this))
            connection.execute(insert(JudgementRow).values(row))

    def all(self) -> tuple[Judgement, ...]:
        """Return every grade, by need, company and judge."""
        query = select(JudgementRow).order_by(
            JudgementRow.need_id, JudgementRow.company_id, JudgementRow.judge
        )
        with translated(), self._engine.begin() as connection:
            return tuple(Judgement(**row._mapping) for row in connection.execute(query))
