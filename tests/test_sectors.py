"""Fields of technology: what texts name, what records declare, what that is worth, what is said."""

import pytest

from matcher.policy import Policy, SectorPolicy
from matcher.records import Need, Offering
from matcher.sectors import need_sectors, offering_sectors, sector_points, sector_reason

POLICY = SectorPolicy(named=0.04, other=0.02, declared=0.03)


def need(description: str, sector: str | None = None) -> Need:
    return Need(need_id="N-1", title="수요", description=description, sector=sector)


def offering(description: str, sector: str | None = None) -> Offering:
    return Offering(offering_id="O-1", title="공급", description=description, sector=sector)


def points(asked: Need, offered: Offering) -> float:
    fields = need_sectors(asked, asked.text), offering_sectors(offered)
    return sector_points(*fields, POLICY)


@pytest.mark.parametrize(
    ("asked", "offered", "expected"),
    [
        # all terms of both in one sector
        (need("wastewater treatment"), offering("하수처리 설비"), 0.04),
        # half of the need's terms in the offering's sector
        (need("wastewater and solar power"), offering("하수처리 설비"), 0.02),
        # another sector
        (need("wastewater treatment"), offering("태양광 발전 설비"), -0.02),
        # one side names nothing
        (need("wastewater treatment"), offering("모바일 게임"), 0.0),
        (need("협력 문의"), offering("하수처리 설비"), 0.0),
        # both declare, and name nothing
        (need("협력 문의", "물·수처리"), offering("설비", "Water supply"), 0.03),
        (need("협력 문의", "물·수처리"), offering("설비", "LED"), 0.0),
        # one declares what the other names
        (need("협력 문의", "물·수처리"), offering("하수처리 설비"), 0.03),
        (need("wastewater treatment"), offering("설비", "물·수처리"), 0.03),
        # a declared sector outside of the vocabulary says nothing
        (need("협력 문의", "물·수처리"), offering("설비", "기타 금융업"), 0.0),
        # a declared sector in common keeps another named one from costing
        (need("wastewater treatment", "물·수처리"), offering("태양광 설비", "물·수처리"), 0.03),
    ],
)
def test_points_follow_what_is_named_and_what_is_declared(
    asked: Need, offered: Offering, expected: float
) -> None:
    assert points(asked, offered) == pytest.approx(expected)


def test_shares_of_a_text_sum_to_one_and_a_part_keeps_the_declared_sector() -> None:
    asked = need("폐수 처리와 태양광, 소각로", "물·수처리")

    whole, part = need_sectors(asked, asked.text), need_sectors(asked, "태양광 발전")

    assert sum(whole.named.values()) == pytest.approx(1)
    assert len(whole.named) == 3
    assert dict(part.named) == {"renewable": 1.0}
    assert part.declared == {"water"}


def test_the_reason_quotes_the_terms_of_the_shared_field() -> None:
    asked, offered = need("We seek wastewater treatment."), offering("하수처리 설비와 태양광")
    fields = need_sectors(asked, asked.text), offering_sectors(offered)

    reason = sector_reason(0.02, asked.text, offered, *fields)

    assert reason.source == "sector"
    assert "물·수처리" in reason.label
    assert "신재생에너지" not in reason.label
    for span, text in (
        (reason.need_spans[0], asked.text),
        (reason.offering_spans[0], offered.text),
    ):
        assert text[span.start : span.end] == span.quote
    assert reason.need_spans[0].quote == "wastewater treatment"


def test_a_field_that_is_only_declared_is_said_by_its_korean_name() -> None:
    asked, offered = need("협력 문의", "Water supply"), offering("설비", "물·수처리")
    fields = need_sectors(asked, asked.text), offering_sectors(offered)

    reason = sector_reason(0.03, asked.text, offered, *fields)

    assert reason.label == "같은 분야: 물·수처리."
    assert reason.need_spans == reason.offering_spans == ()


def test_another_field_is_said_from_both_sides() -> None:
    asked, offered = need("wastewater treatment"), offering("태양광 설비")
    fields = need_sectors(asked, asked.text), offering_sectors(offered)

    reason = sector_reason(-0.02, asked.text, offered, *fields)

    assert reason.label == "분야가 다릅니다: 수요 ‘물·수처리’, 공급 ‘신재생에너지’."
    assert [span.quote for span in reason.need_spans] == ["wastewater treatment"]


def test_the_shipped_numbers_reward_agreement_and_charge_disagreement() -> None:
    shipped = Policy.load().sector

    assert min(shipped.named, shipped.other, shipped.declared) > 0
