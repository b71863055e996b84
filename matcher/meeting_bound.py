"""Who should meet whom, slots aside: a relaxation whose value no timetable can exceed.

Slots are put together in classes; within a class only numbers count: how many meetings a person, a
group of interpreters and all tables can hold. Where everybody is there in all or none of a class's
slots, its choice can nearly always be seated (Konig: a bipartite graph of degree k has an edge
colouring in k colours), so bound and timetable meet. Solved as a mixed integer program by HiGHS.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np

from matcher.meeting_grid import Flags, Grid, Side, Whole
from matcher.policy import TimetablePolicy
from matcher.timetable import Terms

MOST_VARIABLES = 80_000
"""Beyond, slots are put together by day, which is a little weaker and much smaller."""


@dataclass(frozen=True, slots=True)
class Choice:
    """The pairs to seat: the mode of each (-1: not chosen), the class of slots, and the bound.

    is_none: it is proven that nothing is left to choose (see `choose_others`).
    """

    mode: Whole
    slot_class: Whole
    classes: tuple[Whole, ...]
    bound: float
    is_none: bool = False


def slot_classes(grid: Grid) -> tuple[Whole, ...]:
    """Return slots that nobody can tell apart; by day where those were too many."""
    pattern = np.concatenate([grid.buyers.there, grid.companies.there, grid.sizes > 0]).T
    exact: dict[bytes, list[int]] = {}
    for s, column in enumerate(pattern):
        exact.setdefault(column.tobytes() + bytes([grid.day[s]]), []).append(s)
    if len(exact) * len(grid.mode_pair) <= MOST_VARIABLES:
        return tuple(np.array(slots) for slots in exact.values())
    days = dict.fromkeys(grid.day.tolist())
    return tuple(np.flatnonzero(grid.day == day) for day in days)


def choose_pairs(grid: Grid, policy: TimetablePolicy, seconds: float) -> Choice:
    """Choose the pairs that are worth most, in at most so many seconds; the bound always holds."""
    return _choose(grid, policy, seconds, (), None)


def choose_others(
    grid: Grid, policy: TimetablePolicy, seconds: float, seen: Sequence[Flags], least: Terms
) -> Choice:
    """Choose other pairs than those seen (flags by pair) that might beat what is there (`least`).

    `is_none`: no others could, even without idle slots.
    """
    return _choose(grid, policy, seconds, seen, least)


def _choose(
    grid: Grid,
    policy: TimetablePolicy,
    seconds: float,
    seen: Sequence[Flags],
    least: Terms | None,
) -> Choice:
    from ortools.math_opt.python import mathopt

    classes = slot_classes(grid)
    model = mathopt.Model()
    columns = _columns(grid, classes, model)
    _limit(grid, classes, columns, model)
    missing = [
        _minimums(side, columns, of, model)
        for side, of in ((grid.buyers, grid.buyer), (grid.companies, grid.company))
    ]
    worth = grid.value + policy.must * grid.is_must
    objective = (
        mathopt.LinearSum(float(worth[c.pair]) * c.variable for c in columns)
        - policy.minimum * mathopt.LinearSum(v for variables in missing for v in variables)
        - policy.must * int(grid.is_must.sum())
    )
    model.maximize(objective)
    if least is not None:
        # Each term apart: one row with all weights in it would be too coarse for its smallest ones.
        placed = [c.variable for c in columns if grid.is_must[c.pair]]
        model.add_linear_constraint(
            mathopt.LinearSum(placed) >= float(grid.is_must.sum() - least.musts_unplaced)
        )
        short = mathopt.LinearSum(v for variables in missing for v in variables)
        model.add_linear_constraint(short <= float(least.meetings_missing))
        score = mathopt.LinearSum(float(grid.value[c.pair]) * c.variable for c in columns)
        model.add_linear_constraint(score >= least.score - policy.idle * least.idle_slots)
    for flags in seen:
        differs = mathopt.LinearSum((-1.0 if flags[c.pair] else 1.0) * c.variable for c in columns)
        model.add_linear_constraint(differs + float(flags.sum()) >= 1.0)
    result = mathopt.solve(
        model,
        mathopt.SolverType.HIGHS,
        params=mathopt.SolveParameters(
            time_limit=timedelta(seconds=seconds), relative_gap_tolerance=0.0
        ),
    )
    is_none = result.termination.reason == mathopt.TerminationReason.INFEASIBLE
    bound = float(result.termination.objective_bounds.dual_bound)
    mode = np.full(len(grid.pairs), -1, dtype=np.int64)
    slot_class = np.full(len(grid.pairs), -1, dtype=np.int64)
    if result.has_primal_feasible_solution():
        for c, value in zip(
            columns, result.variable_values([c.variable for c in columns]), strict=True
        ):
            if value > 0.5:
                mode[c.pair], slot_class[c.pair] = c.mode, c.slot_class
    return Choice(mode, slot_class, classes, min(bound, float(grid.value.sum())), is_none)


@dataclass(frozen=True, slots=True)
class _Column:
    """One variable: this mode of its pair is held somewhere in this class of slots."""

    mode: int
    pair: int
    slot_class: int
    variable: Any


def _columns(grid: Grid, classes: Sequence[Whole], model: Any) -> list[_Column]:
    columns = []
    for k, slots in enumerate(classes):
        possible = grid.allowed[:, slots].any(axis=1)
        for m in np.flatnonzero(possible):
            p = int(grid.mode_pair[m])
            if grid.fixed_slot[p] >= 0 and grid.fixed_slot[p] not in slots:
                continue
            if grid.fixed_mode[p] not in (-1, m):
                continue
            columns.append(_Column(int(m), p, k, model.add_binary_variable()))
    return columns


def _limit(grid: Grid, classes: Sequence[Whole], columns: Sequence[_Column], model: Any) -> None:
    from ortools.math_opt.python import mathopt

    rows: dict[tuple[Any, ...], list[Any]] = defaultdict(list)
    most: dict[tuple[Any, ...], int] = {}
    for c in columns:
        slots = classes[c.slot_class]
        b, s, g = int(grid.buyer[c.pair]), int(grid.company[c.pair]), int(grid.mode_group[c.mode])
        keys = {
            ("pair", c.pair): 1,
            ("buyer", b): int(grid.buyers.most[b]),
            ("company", s): int(grid.companies.most[s]),
            ("buyer", b, c.slot_class): int(grid.buyers.there[b, slots].sum()),
            ("company", s, c.slot_class): int(grid.companies.there[s, slots].sum()),
            ("tables", c.slot_class): grid.tables * len(slots),
        }
        if g >= 0:
            keys["group", g, c.slot_class] = int(grid.groups[g].size[slots].sum())
        for key, limit in keys.items():
            rows[key].append(c.variable)
            most[key] = limit
    for key, variables in rows.items():
        if len(variables) > most[key] or (key[0] == "pair" and grid.fixed_slot[int(key[1])] >= 0):
            fixed = key[0] == "pair" and grid.fixed_slot[int(key[1])] >= 0
            model.add_linear_constraint(
                expr=mathopt.LinearSum(variables), lb=1.0 if fixed else 0.0, ub=float(most[key])
            )


def _minimums(side: Side, columns: Sequence[_Column], of: Whole, model: Any) -> list[Any]:
    """Return one variable for each person with a minimum: how many meetings are missing."""
    from ortools.math_opt.python import mathopt

    held: dict[int, list[Any]] = defaultdict(list)
    for c in columns:
        held[int(of[c.pair])].append(c.variable)
    missing = []
    for n in np.flatnonzero(side.least):
        short = model.add_variable(lb=0.0, ub=float(side.least[n]))
        model.add_linear_constraint(mathopt.LinearSum(held[int(n)]) + short >= float(side.least[n]))
        missing.append(short)
    return missing
