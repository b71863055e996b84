"""The event files that ship: they load, and their needs and companies are in the samples."""

import json
from pathlib import Path

import pytest

from service.planning import read_event

SAMPLES = Path(__file__).parent.parent / "data" / "samples"
EVENTS = sorted((SAMPLES / "events").glob("*.json"))


def _ids(name: str, key: str) -> set[str]:
    lines = (SAMPLES / name).read_text(encoding="utf-8").splitlines()
    return {json.loads(line)[key] for line in lines}


def test_there_are_samples() -> None:
    assert len(EVENTS) == 5


@pytest.mark.parametrize("path", EVENTS, ids=lambda path: path.stem)
def test_a_sample_event_names_what_is_there_and_its_source(path: Path) -> None:
    event = read_event(path)

    asked = {demand.need_id for demand in event.demands}
    asked |= {need_id for buyer in event.buyers for need_id in buyer.need_ids}
    assert asked
    assert asked <= _ids("needs.jsonl", "need_id")
    assert {company.id for company in event.companies} <= _ids("companies.jsonl", "company_id")
    assert json.loads(path.read_text(encoding="utf-8"))["source"]
