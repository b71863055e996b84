"""Timetables: rules kept, nothing better to be had, every absence explained."""

import itertools
import random
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.meeting_days import meeting_day
from matcher.errors import InvalidRecord, InvalidRequest
from matcher.events import Event, Meeting
from matcher.policy import Policy
from matcher.scheduling import schedule
from matcher.timetable import Timetable, keeping, terms_of, violations

POLICY = Policy.load().timetable


def _event(**changes: Any) -> Event:
    """Two buyers who speak Vietnamese, two companies who do not, two slots, one interpreter."""
    form: dict[str, Any] = {
        "event_id": "hanoi",
        "timezone": "Asia/Seoul",
        "tables": 2,
        "slots": [
            {"slot_id": "s1", "start": "2026-07-08T09:00:00+09:00", "minutes": 60},
            {"slot_id": "s2", "start": "2026-07-08T10:00:00+09:00", "minutes": 60},
        ],
        "buyers": [{"buyer_id": b, "languages": ["vi"]} for b in ("B1", "B2")],
        "companies": [{"company_id": c, "languages": ["ko"]} for c in ("C1", "C2")],
        "interpreters": [{"interpreter_id": "I1", "languages": ["ko", "vi"]}],
        "pairs": [
            {"buyer_id": "B1", "company_id": "C1", "score": 0.9},
            {"buyer_id": "B1", "company_id": "C2", "score": 0.5},
            {"buyer_id": "B2", "company_id": "C1", "score": 0.4},
            {"buyer_id": "B2", "company_id": "C2", "score": 0.8},
        ],
    }
    return Event.from_dict({**form, **changes})


def _pairs(timetable: Timetable) -> set[tuple[str, str]]:
    return {meeting.pair for meeting in timetable.meetings}


def _best_by_trying_everything(event: Event) -> float:
    """The oracle: every set of pairs in every slot with every interpreter, checked by `violations`."""
    pairs = [p for p in event.pairs or () if p.preference != "veto"]
    voices = [None, *(i.id for i in event.interpreters)]
    places = [None, *itertools.product([s.slot_id for s in event.slots], voices)]
    best = float("-inf")
    for choice in itertools.product(places, repeat=len(pairs)):
        meetings: list[Meeting] = []
        for pair, place in zip(pairs, choice, strict=True):
            if place is not None:
                table = 1 + sum(m.slot_id == place[0] for m in meetings)
                meetings.append(Meeting(pair.buyer_id, pair.company_id, place[0], table, place[1]))
        if not violations(event, meetings):
            best = max(best, terms_of(event, meetings, POLICY).objective(POLICY))
    return best


# -- what is best


def test_an_interpreter_sits_with_one_pair_at_a_time() -> None:
    timetable = schedule(_event(), seconds=10)

    assert _pairs(timetable) == {("B1", "C1"), ("B2", "C2")}
    assert timetable.terms.score == pytest.approx(0.9 + 0.8)
    assert {m.interpreter_id for m in timetable.meetings} == {"I1"}
    assert len({m.slot_id for m in timetable.meetings}) == 2
    assert timetable.is_optimal


def test_a_must_goes_before_any_score_and_a_wanted_pair_counts_half_more() -> None:
    pairs = [
        {"buyer_id": "B1", "company_id": "C1", "score": 0.9},
        {"buyer_id": "B1", "company_id": "C2", "score": 0.7, "preference": "want"},
        {"buyer_id": "B2", "company_id": "C1", "score": 0.1, "preference": "must"},
        {"buyer_id": "B2", "company_id": "C2", "score": 0.8},
    ]

    timetable = schedule(_event(pairs=pairs), seconds=10)

    assert _pairs(timetable) == {("B2", "C1"), ("B1", "C2")}
    assert timetable.terms.score == pytest.approx(0.1 + 1.5 * 0.7)


def test_a_minimum_goes_before_scores() -> None:
    companies = [
        {"company_id": "C1", "languages": ["vi"]},
        {"company_id": "C2", "languages": ["vi"]},
        {"company_id": "C3", "languages": ["vi"], "min_meetings": 1},
    ]
    pairs = [
        {"buyer_id": "B1", "company_id": "C1", "score": 0.9},
        {"buyer_id": "B1", "company_id": "C2", "score": 0.8},
        {"buyer_id": "B1", "company_id": "C3", "score": 0.1},
    ]

    timetable = schedule(_event(companies=companies, pairs=pairs), seconds=10)

    assert _pairs(timetable) == {("B1", "C1"), ("B1", "C3")}
    assert timetable.terms.meetings_missing == 0
    assert timetable.price_of_minimums == pytest.approx((0.9 + 0.8) - (0.9 + 0.1))


@pytest.mark.parametrize("seed", range(12))
def test_it_is_as_good_as_trying_everything(seed: int) -> None:
    form = meeting_day(2, 3, slots=2, tables=2, interpreters=2, requests=4, seed=seed)
    event = Event.from_dict(form)

    timetable = schedule(event, seconds=20)

    assert timetable.objective == pytest.approx(_best_by_trying_everything(event), abs=1e-6)
    assert timetable.is_optimal


# -- rules, for any event


@settings(max_examples=25, deadline=None)
@given(
    st.integers(1, 7), st.integers(1, 7), st.integers(1, 5), st.integers(1, 4),
    st.integers(0, 3), st.integers(1, 30), st.integers(0, 10_000),
)  # fmt: skip
def test_no_event_yields_a_violation_or_an_unexplained_pair(
    buyers: int, companies: int, slots: int, tables: int, voices: int, requests: int, seed: int
) -> None:
    form = meeting_day(
        buyers, companies, slots=slots, tables=tables, interpreters=voices, requests=requests,
        seed=seed,
    )  # fmt: skip
    event = Event.from_dict(form)

    timetable = schedule(event, seconds=5)

    assert violations(event, timetable.meetings) == ()
    listed = {(p.buyer_id, p.company_id) for p in event.pairs or ()}
    explained = {(u.buyer_id, u.company_id) for u in timetable.unplaced}
    assert _pairs(timetable) | explained == listed
    assert not _pairs(timetable) & explained
    assert all(len(u.why) > 10 for u in timetable.unplaced)
    assert timetable.objective <= timetable.bound
    assert timetable.terms == terms_of(event, timetable.meetings, POLICY)


@settings(max_examples=25, deadline=None)
@given(
    st.integers(1, 6), st.integers(1, 6), st.integers(2, 6), st.integers(2, 4),
    st.integers(0, 3), st.integers(1, 25), st.integers(1, 2), st.sampled_from([5, 30, 31, 61]),
    st.integers(0, 10_000),
)  # fmt: skip
def test_breaks_and_rooms_are_kept_and_explained(
    buyers: int, companies: int, slots: int, tables: int, voices: int, requests: int, free: int,
    travel: int, seed: int,
) -> None:  # fmt: skip
    form = meeting_day(
        buyers, companies, slots=slots, tables=tables, interpreters=voices, requests=requests,
        seed=seed,
    )  # fmt: skip
    lunch = [slot["slot_id"] for slot in form["slots"]][-2:]
    rooms = [
        {"room_id": "가", "tables": [1]},
        {"room_id": "나", "tables": list(range(2, tables + 1))},
    ]
    extra = {"rooms": rooms, "travel_minutes": travel, "breaks": [{"slots": lunch, "free": free}]}
    event = Event.from_dict({**form, **extra})

    timetable = schedule(event, seconds=5)

    assert violations(event, timetable.meetings) == ()
    listed = {(p.buyer_id, p.company_id) for p in event.pairs or ()}
    explained = {(u.buyer_id, u.company_id) for u in timetable.unplaced}
    assert _pairs(timetable) | explained == listed
    assert all(len(u.why) > 10 for u in timetable.unplaced)
    assert timetable.objective <= timetable.bound
    kept = keeping(event, timetable.meetings)
    assert {m.pair for m in kept.fixed} == _pairs(timetable)
    assert _pairs(schedule(kept, seconds=5)) >= _pairs(timetable)


def test_everybody_keeps_lunch_and_the_reason_says_so() -> None:
    event = _event(
        breaks=[{"slots": ["s1", "s2"], "free": 1}],
        interpreters=[{"interpreter_id": i, "languages": ["ko", "vi"]} for i in ("I1", "I2")],
    )

    timetable = schedule(event, seconds=5)

    assert _pairs(timetable) == {("B1", "C1"), ("B2", "C2")}
    assert timetable.is_optimal
    both = [Meeting("B1", c, s, 1, "I1") for c, s in (("C1", "s1"), ("C2", "s2"))]
    assert violations(event, both) == ("바이어 B1이(가) s1, s2 가운데 1개를 비우지 못합니다.",)
    without = schedule(_event(interpreters=event_interpreters(event)), seconds=5)
    assert len(without.meetings) == 4


def event_interpreters(event: Event) -> list[dict[str, Any]]:
    return [{"interpreter_id": i.id, "languages": sorted(i.languages)} for i in event.interpreters]


@pytest.mark.parametrize(("travel", "meetings"), [(0, 4), (1, 2)])
def test_nobody_changes_rooms_without_the_time_to_walk(travel: int, meetings: int) -> None:
    event = _event(
        rooms=[{"room_id": "1층", "tables": [1]}, {"room_id": "2층", "tables": [2]}],
        travel_minutes=travel,
        interpreters=[{"interpreter_id": i, "languages": ["ko", "vi"]} for i in ("I1", "I2")],
    )

    timetable = schedule(event, seconds=5)

    assert len(timetable.meetings) == meetings
    assert timetable.is_optimal
    tables = {m.buyer_id: m.table for m in timetable.meetings}
    assert len(tables) == len({(m.buyer_id, m.table) for m in timetable.meetings})
    assert timetable.verdict.startswith("바이어를 이렇게 방에 나눈다면 더 나은 상담표는 없습니다.")
    assert set(timetable.provenance["rooms"].values()) <= {"1층", "2층"}
    if travel:
        hurried = [Meeting("B1", "C1", "s1", 1, "I1"), Meeting("B2", "C1", "s2", 2, "I2")]
        assert any("옮길 1분이 없습니다" in said for said in violations(event, hurried))
        assert all(
            "방을 옮길 시간" in item.why or "다른 상담" in item.why for item in timetable.unplaced
        )


def test_minimums_that_lunch_forbids_are_named_with_it() -> None:
    event = _event(
        breaks=[{"slots": ["s1", "s2"], "free": 1}],
        companies=[{"company_id": "C1", "languages": ["ko"], "min_meetings": 2}],
        pairs=[{"buyer_id": b, "company_id": "C1", "score": 0.5} for b in ("B1", "B2")],
    )

    timetable = schedule(event, seconds=5)

    assert timetable.terms.meetings_missing == 1
    assert timetable.conflicts == (("C1의 쉬는 시간", "최소 상담: C1 2건"),)


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"breaks": [{"slots": ["s9"]}]}, "breaks[0].slots"),
        ({"breaks": [{"slots": ["s1"], "free": 2}]}, "breaks[0].free"),
        ({"rooms": [{"room_id": "가", "tables": [1, 3]}]}, "rooms"),
        ({"rooms": [{"room_id": "가", "tables": [1]}]}, "rooms"),
        ({"rooms": [{"room_id": "가", "tables": ["x"]}]}, "rooms[0].tables[0]"),
        ({"rooms": [{"room_id": "가", "tables": [1]}, {"room_id": "가", "tables": [2]}]}, "rooms"),
        ({"travel_minutes": -1}, "travel_minutes"),
    ],
)
def test_wrong_rooms_and_breaks_are_refused_with_their_place(
    changes: dict[str, Any], place: str
) -> None:
    with pytest.raises(InvalidRecord) as refused:
        _event(**changes)

    assert refused.value.field == place


def test_a_buyer_fixed_in_two_rooms_is_refused() -> None:
    fixed = [
        {"buyer_id": "B1", "company_id": c, "slot_id": s, "table": t, "interpreter_id": "I1"}
        for c, s, t in (("C1", "s1", 1), ("C2", "s2", 2))
    ]
    rooms = [{"room_id": "1층", "tables": [1]}, {"room_id": "2층", "tables": [2]}]

    with pytest.raises(InvalidRequest, match="두 방"):
        schedule(_event(rooms=rooms, fixed=fixed), seconds=5)


def test_the_order_of_the_file_changes_nothing() -> None:
    form = meeting_day(6, 6, requests=25, seed=3)
    shuffled = {
        key: list(value) if isinstance(value, list) else value for key, value in form.items()
    }
    for key in ("buyers", "companies", "interpreters", "pairs", "slots"):
        random.Random(9).shuffle(shuffled[key])

    one, other = (schedule(Event.from_dict(f), seconds=20) for f in (form, shuffled))

    assert one.is_optimal
    assert one.objective == pytest.approx(other.objective, abs=1e-9)
    assert one.terms.to_dict() == other.terms.to_dict()


def _broken(event: Event, *meetings: Meeting) -> Sequence[str]:
    return violations(event, meetings)


@pytest.mark.parametrize(
    ("meetings", "said"),
    [
        ([("B1", "C1", "s1", 1, "I1"), ("B1", "C2", "s1", 2, "I1")], "바이어 B1"),
        ([("B1", "C1", "s1", 1, "I1"), ("B2", "C2", "s1", 1, "I1")], "상담석 1"),
        ([("B1", "C1", "s1", 1, "I1"), ("B2", "C2", "s1", 2, "I1")], "통역 I1"),
        ([("B1", "C1", "s1", 1, "I1"), ("B1", "C1", "s2", 1, "I1")], "2번 만납니다"),
        ([("B1", "C1", "s1", 1, None)], "통역이 없습니다"),
        ([("B1", "C1", "s1", 3, "I1")], "상담석 3번은 없습니다"),
        ([("B1", "C1", "s9", 1, "I1")], "행사에 없는 ID"),
        ([("B1", "C1", "s1", 1, "I9")], "행사에 없습니다"),
    ],
)
def test_violations_names_each_broken_rule(meetings: list[Any], said: str) -> None:
    found = _broken(_event(), *(Meeting(*m) for m in meetings))

    assert any(said in sentence for sentence in found)


def test_violations_knows_hours_limits_lists_and_vetoes() -> None:
    event = _event(
        companies=[
            {"company_id": "C1", "languages": ["ko"], "available_slots": ["s2"]},
            {"company_id": "C2", "languages": ["ko"], "max_meetings": 0},
        ],
        pairs=[{"buyer_id": "B1", "company_id": "C2", "score": 1, "preference": "veto"}],
    )

    found = " ".join(
        _broken(event, Meeting("B1", "C1", "s1", 1, "I1"), Meeting("B1", "C2", "s2", 1, "I1"))
    )

    for said in ("C1이(가) s1에 없습니다", "최대 0건", "목록에 없는 짝", "만나지 않기로 한 짝"):
        assert said in found


# -- what could not be had


def test_a_missing_interpreter_is_named_down_to_the_hour() -> None:
    timetable = schedule(_event(tables=1), seconds=10)
    why = {(u.buyer_id, u.company_id): u.why for u in timetable.unplaced}

    assert "상담 중" in why["B1", "C2"]

    one_slot = [{"slot_id": "s1", "start": "2026-07-08T09:00:00+09:00", "minutes": 60}]
    timetable = schedule(_event(slots=one_slot), seconds=10)
    why = {(u.buyer_id, u.company_id): u.why for u in timetable.unplaced}

    assert _pairs(timetable) == {("B1", "C1")}
    assert (
        why["B2", "C2"] == "베트남어 통역 1명이 09:00-10:00에 다른 상담에 배정되었거나 자리에 없음."
    )


def test_no_common_language_no_common_hour_and_a_veto_are_told() -> None:
    event = _event(
        companies=[
            {"company_id": "C1", "languages": ["fr"]},
            {"company_id": "C2", "languages": ["vi"], "available_slots": []},
            {"company_id": "C3", "languages": ["vi"]},
        ],
        pairs=[
            {"buyer_id": "B1", "company_id": "C1", "score": 1},
            {"buyer_id": "B1", "company_id": "C2", "score": 1},
            {"buyer_id": "B1", "company_id": "C3", "score": 1, "preference": "veto"},
        ],
    )

    why = [u.why for u in schedule(event, seconds=10).unplaced]

    assert "통역이 행사에 없습니다" in why[0]
    assert "함께 참석하는 시간이 없습니다" in why[1]
    assert "veto" in why[2]


def test_a_pair_without_a_score_that_would_only_open_a_gap_says_so() -> None:
    companies = [{"company_id": "C1", "languages": ["vi"]}]
    slots = [
        {"slot_id": f"s{n}", "start": f"2026-07-08T{9 + n:02}:00:00+09:00", "minutes": 60}
        for n in range(3)
    ]
    buyers = [
        {"buyer_id": "B1", "languages": ["vi"], "available_slots": ["s0"]},
        {"buyer_id": "B2", "languages": ["vi"], "available_slots": ["s2"]},
    ]
    pairs = [
        {"buyer_id": "B1", "company_id": "C1", "score": 1},
        {"buyer_id": "B2", "company_id": "C1", "score": 0},
    ]

    timetable = schedule(
        _event(companies=companies, slots=slots, buyers=buyers, pairs=pairs), seconds=5
    )

    assert _pairs(timetable) == {("B1", "C1")}
    assert timetable.is_optimal
    assert "점수가 0" in timetable.unplaced[0].why


def test_wishes_that_exclude_each_other_are_named_as_a_smallest_set() -> None:
    musts = [
        {"buyer_id": b, "company_id": c, "score": 0.5, "preference": "must"}
        for b, c in (("B1", "C1"), ("B1", "C2"), ("B2", "C1"))
    ]

    timetable = schedule(_event(pairs=musts), seconds=10)

    assert timetable.terms.musts_unplaced == 1
    assert len(timetable.conflicts) == 1
    rules = timetable.conflicts[0]
    assert [r for r in rules if "통역 1명(I1)" in r]
    assert len([r for r in rules if r.startswith("꼭 만날 짝")]) == 3


def test_a_minimum_beyond_the_listed_pairs_says_so() -> None:
    buyers = [{"buyer_id": "B1", "languages": ["vi"], "min_meetings": 2}]
    pairs = [{"buyer_id": "B1", "company_id": "C1", "score": 1}]

    timetable = schedule(_event(buyers=buyers, pairs=pairs), seconds=10)

    assert timetable.terms.meetings_missing == 1
    assert "짝이 1건뿐" in timetable.short[0]


# -- fixed meetings


def test_a_fixed_meeting_stays_where_it_is() -> None:
    fixed = [
        {"buyer_id": "B2", "company_id": "C1", "slot_id": "s2", "table": 2, "interpreter_id": "I1"}
    ]

    timetable = schedule(_event(fixed=fixed), seconds=10)

    assert Meeting("B2", "C1", "s2", 2, "I1") in timetable.meetings
    assert violations(_event(fixed=fixed), timetable.meetings) == ()
    assert timetable.is_optimal


@pytest.mark.parametrize(
    "fixed",
    [
        [("B1", "C1", "s1"), ("B1", "C2", "s1")],
        [("B1", "C1", "s1"), ("B2", "C2", "s1")],  # one interpreter for both
    ],
)
def test_fixed_meetings_that_cannot_stand_are_refused(fixed: list[tuple[str, str, str]]) -> None:
    wishes = [{"buyer_id": b, "company_id": c, "slot_id": s} for b, c, s in fixed]

    with pytest.raises(InvalidRequest, match="고정한 상담"):
        schedule(_event(fixed=wishes), seconds=10)


def test_after_a_cancellation_nobody_else_moves_and_the_gap_is_filled() -> None:
    form = meeting_day(8, 10, slots=8, tables=4, interpreters=4, requests=50, seed=4)
    before = schedule(Event.from_dict(form), seconds=20).meetings
    gone = before[0].company_id
    for company in form["companies"]:
        if company["company_id"] == gone:
            company |= {"available_slots": [], "min_meetings": 0}
    changed = Event.from_dict(form)

    after = schedule(keeping(changed, before), seconds=20)

    others = [m for m in before if m.company_id != gone]
    assert others
    assert set(others) <= set(after.meetings)
    assert violations(changed, after.meetings) == ()
    assert len(after.meetings) >= len(others)


def test_what_cannot_stand_any_more_is_let_go() -> None:
    earlier = [
        Meeting("B1", "C1", "s1", 1, "I1"),
        Meeting("B2", "C2", "s1", 2, "I1"),  # the interpreter is taken
        Meeting("B1", "C2", "s2", 9, "I1"),  # no such table
        Meeting("B9", "C2", "s2", 1, "I1"),  # no such buyer
    ]

    event = keeping(_event(), earlier)

    assert event.fixed == (earlier[0],)


# -- the file


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"pairs": [{"buyer_id": "B9", "company_id": "C1", "score": 1}]}, "pairs[0].buyer_id"),
        ({"pairs": [{"buyer_id": "B1", "company_id": "C1"}]}, "pairs[0].score"),
        (
            {"pairs": [{"buyer_id": "B1", "company_id": "C1", "score": 1, "preference": "maybe"}]},
            "pairs[0].preference",
        ),
        ({"buyers": [{"buyer_id": "B1", "available_slots": ["s9"]}]}, "buyers[0].available_slots"),
        (
            {"companies": [{"company_id": "C1", "min_meetings": 3, "max_meetings": 1}]},
            "max_meetings",
        ),
        ({"slots": [{"slot_id": "s1", "start": "아침"}]}, "slots[0].start"),
        (
            {
                "slots": [
                    {"slot_id": "s1", "start": "2026-07-08T09:00:00+09:00", "minutes": 60},
                    {"slot_id": "s2", "start": "2026-07-08T09:30:00+09:00", "minutes": 60},
                ]
            },
            "겹칩니다",
        ),
        ({"tables": "많이"}, "tables"),
        ({"event_id": ""}, "event_id"),
    ],
)
def test_a_wrong_event_file_says_where(changes: dict[str, Any], place: str) -> None:
    with pytest.raises(InvalidRecord) as caught:
        _event(**changes)

    assert place in caught.value.sentence


def test_an_event_without_pairs_or_slots_cannot_be_scheduled() -> None:
    with pytest.raises(InvalidRequest, match="시간"):
        schedule(_event(slots=[], buyers=[{"buyer_id": "B1"}], pairs=[]))
    with pytest.raises(InvalidRequest, match="짝"):
        schedule(replace(_event(), pairs=None))
