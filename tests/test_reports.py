"""What the year came to: funnels by group, whom to ask again, chances, judgements."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from itertools import combinations_with_replacement
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.datasets import read_matching
from evaluation.meeting_days import meeting_day
from matcher.errors import InvalidRequest
from matcher.events import Event
from matcher.exposure import gini
from matcher.outcomes import Outcome, follow_ups, judgements
from matcher.records import Buyer
from matcher.scheduling import schedule
from service.planning import plan_delegation
from service.reports import (
    chances_of_year,
    evenness,
    exposures_of_year,
    funnels,
    write_judgements,
)
from service.store import Source, Store
from tests.test_cli import Run, files, ready, run  # noqa: F401  (fixtures)
from tests.worlds import companies, needs

TODAY = date(2026, 7, 1)


def _outcome(**changes: Any) -> Outcome:
    form = {"event_id": "e", "company_id": "C-1", "stage": "mou", "happened_on": date(2026, 3, 1)}
    return Outcome(**{**form, **changes})


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    store = Store.open(database_url)
    store.save(companies(), needs(), Source("t"), [Buyer("B-1", "공사", country="VN")])
    for event_id in ("e", "f"):
        store.events.put({"event_id": event_id}, "t")
    yield store
    store.close()


def test_funnels_by_group_add_nothing_together(store: Store) -> None:
    money = {"amount": 20_000.0, "currency": "USD", "krw_per_usd": 1_400.0}
    told = (
        _outcome(need_id="N-1", **money),
        _outcome(stage="consultation", buyer_id="B-1"),
        _outcome(event_id="f", company_id="C-9", happened_on=date(2025, 1, 1)),
    )
    for outcome in told:
        store.events.add_outcome(outcome, "t")

    by_event = funnels(store, "event")
    by_country = funnels(store, "country")

    assert [s.label for s in by_event["e"]] == ["상담 1개사 1건", "MOU 1개사 1건, 2.0만 달러"]
    assert list(funnels(store, "year")) == ["2025", "2026"]
    assert list(funnels(store, "event", 2026)) == ["e"]
    assert by_country.keys() == {"인도네시아", "베트남", "모름"}
    assert "모름" in funnels(store, "sector")
    assert sum(len(stages) for stages in funnels(store, "sector").values()) >= 3
    with pytest.raises(InvalidRequest):
        funnels(store, "moon")


def test_who_stayed_silent_is_asked_again_and_who_signed_is_not() -> None:
    told = (
        _outcome(stage="consultation", buyer_id="B-1"),
        _outcome(stage="contract", buyer_id="B-1", happened_on=date(2026, 5, 1)),
        _outcome(stage="mou", buyer_id="B-2"),
        _outcome(stage="mou", buyer_id="B-3", happened_on=date(2026, 6, 30)),
    )

    found = follow_ups(told, TODAY, 90)

    assert [(f.last.buyer_id, f.days) for f in found] == [("B-2", (TODAY - date(2026, 3, 1)).days)]
    assert "MOU 뒤" in found[0].label


def test_what_came_of_a_pair_outweighs_what_was_thought_of_it() -> None:
    verdicts = {("N-1", "C-1"): "veto", ("N-1", "C-2"): "accept", ("N-1", "C-3"): "decline"}
    told = [
        _outcome(need_id="N-1", stage="mou"),
        _outcome(need_id="N-1", stage="contract"),
        _outcome(need_id="N-1", company_id="C-3", stage="consultation"),
        _outcome(company_id="C-2", stage="contract"),
    ]

    assert judgements(verdicts, told) == {
        ("N-1", "C-1"): 3,
        ("N-1", "C-2"): 2,
        ("N-1", "C-3"): 1,
    }


def test_only_who_agreed_becomes_a_judgement_that_evaluation_reads(
    store: Store, tmp_path: Path
) -> None:
    store.decide("N-1", "C-1", "accept", "", "t")
    store.decide("N-1", "C-2", "veto", "", "t")
    with pytest.raises(InvalidRequest, match="learning_consent"):
        write_judgements(store, tmp_path / "j")
    agreed = replace(companies()[0], extra={"learning_consent": True})
    store.save([agreed], [], Source("t"))

    done = write_judgements(store, tmp_path / "j")

    dataset = read_matching(tmp_path / "j")
    assert (done.pairs, done.left_out) == (1, 1)
    assert dataset.qrels == {"N-1": {"C-1": 2}}
    assert "김" not in (tmp_path / "j" / "qrels.tsv").read_text()


@given(st.lists(st.integers(0, 20), min_size=1, max_size=12))
def test_the_gini_index_is_that_of_the_textbook(counts: list[int]) -> None:
    pairs = combinations_with_replacement(counts, 2)
    differences = 2 * sum(abs(a - b) for a, b in pairs)
    mean = sum(counts) / len(counts)
    expected = differences / (2 * len(counts) ** 2 * mean) if mean else 0.0

    assert gini(counts) == pytest.approx(expected)


def test_chances_of_a_year_count_events_and_meetings(store: Store) -> None:
    day = meeting_day(3, 3, slots=4, tables=2, requests=9, seed=2)
    event = Event.from_dict(day)
    timetable = schedule(event, seconds=5)
    stored = store.events.put({**day, "event_id": "day"}, "t")
    store.events.keep_plan(stored, "timetable", timetable.to_dict())
    store.events.keep_plan(stored, "delegation", {"chosen": [{"company_id": "C-1"}]})
    year = event.slots[0].start.year

    found = {item.company_id: item for item in exposures_of_year(store, year)}

    assert found["C-1"].events == 1
    assert found["C-1"].meetings == 0
    assert sum(item.meetings for item in found.values()) == len(timetable.meetings)
    assert chances_of_year(store, year, but="day") == {}
    assert chances_of_year(store, year - 1) == {}
    assert evenness(store, found.values()) == pytest.approx(2 / 3)  # one of three stored


def test_earlier_chances_cost_a_company_its_place_and_the_price_is_said() -> None:
    event = Event.from_dict(
        {
            "event_id": "e",
            "quota": 1,
            "exposure": 0.5,
            "buyers": [{"buyer_id": "B"}],
            "companies": [{"company_id": c} for c in ("C1", "C2")],
            "pairs": [
                {"buyer_id": "B", "company_id": "C1", "score": 0.9},
                {"buyer_id": "B", "company_id": "C2", "score": 0.6},
            ],
        }
    )

    first = plan_delegation(event, None)
    later = plan_delegation(event, None, seen={"C1": 1})
    by_policy = plan_delegation(replace(event, exposure=None), None, seen={"C1": 1})

    assert [c.company_id for c in first.chosen] == ["C1"]
    assert [c.company_id for c in later.chosen] == ["C2"]
    assert later.provenance["exposure"]["price"] == pytest.approx(0.9 - 0.6)
    assert [c.company_id for c in by_policy.chosen] == ["C1"]


def test_the_commands_show_tables_and_json(run: Run, ready: Run, tmp_path: Path) -> None:  # noqa: F811
    for command in (("funnel", "--by", "sector"), ("follow-ups",), ("exposure", "--year", "2026")):
        shown = run(*command)
        told = run(*command, "--json")
        assert (shown.code, told.code) == (0, 0)
        json.loads(told.out)
    assert run("funnel", "--by", "moon").code == 2
    assert run("judgements", tmp_path / "j").code == 2
