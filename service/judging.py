"""Pairs to be judged blindly, and how well judges agree."""

import hashlib
import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from matcher.records import Company, Need, Offering
from service.store import GRADES, Judgement
from service.workbench import Desk

POOL = 10
"""Companies of each need that are judged: the first of its list, in an order that tells nothing of it."""
LEAST_SHARED = 5
"""Pairs that two judges must share before their agreement is told."""


@dataclass(frozen=True, slots=True)
class Question:
    """A pair to judge."""

    need: Need
    company: Company
    offering: Offering | None


@dataclass(frozen=True, slots=True)
class Agreement:
    """Two judges on the pairs that both judged: Cohen's kappa, plain and with quadratic weights."""

    judges: tuple[str, str]
    pairs: int
    kappa: float | None
    weighted: float | None


def next_question(desk: Desk, judged: Sequence[Judgement], judge: str) -> Question | None:
    """Return the next pair for a judge; None where all is judged.

    Every other time a pair that somebody else has judged, so that agreement can be told.
    """
    mine = {(j.need_id, j.company_id) for j in judged if j.judge == judge}
    others = {(j.need_id, j.company_id) for j in judged if j.judge != judge} - mine
    known = [
        pair
        for pair in sorted(others, key=lambda pair: _digest(judge, *pair))
        if pair[0] in desk.catalogue.needs and pair[1] in desk.catalogue.companies
    ]
    if known and len(mine) % 2:
        return _question(desk, *known[0])
    for need_id in sorted(desk.catalogue.needs, key=lambda id: _digest(judge, id)):
        need = desk.catalogue.needs[need_id]
        done = sum(1 for n, _ in mine if n == need_id)
        if done >= min(POOL, len(desk.catalogue.companies)):
            continue
        shortlist = desk.matchmaker.match(need, k=POOL, quoted=())
        pool = [m.company.company_id for m in (*shortlist.matches, *shortlist.nearest)]
        for company_id in sorted(pool, key=lambda id: _digest(judge, need_id, id)):
            if (need_id, company_id) not in mine:
                return _question(desk, need_id, company_id)
    return _question(desk, *known[0]) if known else None


def agreements(judged: Sequence[Judgement]) -> tuple[Agreement, ...]:
    """Return the agreement of every two judges who share enough pairs."""
    by_judge: dict[str, dict[tuple[str, str], int]] = {}
    for item in judged:
        by_judge.setdefault(item.judge, {})[item.need_id, item.company_id] = item.grade
    found = []
    for one, other in itertools.combinations(sorted(by_judge), 2):
        shared = sorted(by_judge[one].keys() & by_judge[other].keys())
        if len(shared) < LEAST_SHARED:
            found.append(Agreement((one, other), len(shared), None, None))
            continue
        left = [by_judge[one][pair] for pair in shared]
        right = [by_judge[other][pair] for pair in shared]
        found.append(
            Agreement(
                (one, other), len(shared), _kappa(left, right), _kappa(left, right, "quadratic")
            )
        )
    return tuple(found)


def consensus(judged: Sequence[Judgement]) -> dict[tuple[str, str], tuple[int, int]]:
    """Return by pair the median grade (the lower of two) and how many judges gave one."""
    grades: dict[tuple[str, str], list[int]] = {}
    for item in judged:
        grades.setdefault((item.need_id, item.company_id), []).append(item.grade)
    return {
        pair: (sorted(found)[(len(found) - 1) // 2], len(found))
        for pair, found in sorted(grades.items())
    }


def _kappa(left: Sequence[int], right: Sequence[int], weights: str | None = None) -> float | None:
    """Return Cohen's kappa; None where both gave one grade only, for which it has no meaning."""
    from sklearn.metrics import cohen_kappa_score

    if len({*left, *right}) < 2:
        return None
    value = float(cohen_kappa_score(left, right, labels=sorted(GRADES), weights=weights))
    return None if np.isnan(value) else value


def _question(desk: Desk, need_id: str, company_id: str) -> Question:
    need = desk.catalogue.needs[need_id]
    company = desk.catalogue.companies[company_id]
    match = desk.matchmaker.pair(need, company, quoted=())
    return Question(need, company, match.offerings[0] if match and match.offerings else None)


def _digest(*parts: str) -> bytes:
    return hashlib.sha256("\x1f".join(parts).encode()).digest()
