"""Choosing N of M companies that together cover an event's demands best, and saying why.

Worth of a choice: over the demands, weight times the scores of the best chosen companies, each
further one counting less, from some number on all alike (`policy.delegation`), plus the staff's criteria where there are some.
Solved exactly as a mixed integer program by HiGHS; greedy is the baseline and the fallback.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matcher.errors import InvalidRequest
from matcher.events import BalanceRule, Event
from matcher.policy import Policy

Real = NDArray[np.float64]
NOTHING_FITS = "이 행사의 수요에 맞는 공급기술이 없습니다."


@dataclass(frozen=True, slots=True)
class Chosen:
    """A company that travels (or stands by), the demands it covers best, and one Korean sentence."""

    company_id: str
    covers: tuple[str, ...]
    why: str
    criteria: float | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "company_id": self.company_id,
            "covers": list(self.covers),
            "why": self.why,
            **({} if self.criteria is None else {"criteria": round(self.criteria, 4)}),
        }


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A candidate that does not travel, and what would have changed that."""

    company_id: str
    why: str

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {"company_id": self.company_id, "why": self.why}


@dataclass(frozen=True, slots=True)
class Delegation:
    """Who travels, in the order of what each adds; alternates in the order in which they move up.

    coverage: for each demand, the share (0..1) of what all candidates together could give it. gap:
    share of the bound; greedy: what the simple way would have reached.
    """

    chosen: tuple[Chosen, ...]
    alternates: tuple[Chosen, ...]
    left_out: tuple[LeftOut, ...]
    coverage: Mapping[str, float]
    objective: float
    bound: float
    greedy: float
    provenance: Mapping[str, Any] = field(default_factory=dict)

    @property
    def gap(self) -> float:
        """Distance to the bound as a share of it."""
        difference = self.bound - self.objective
        return difference / max(self.bound, 1e-9) if difference > 1e-7 else 0.0

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "chosen": [item.to_dict() for item in self.chosen],
            "alternates": [item.to_dict() for item in self.alternates],
            "left_out": [item.to_dict() for item in self.left_out],
            "coverage": {need_id: round(share, 4) for need_id, share in self.coverage.items()},
            "objective": round(self.objective, 6),
            "bound": round(self.bound, 6),
            "gap": round(self.gap, 9),
            "greedy": round(self.greedy, 6),
            "provenance": dict(self.provenance),
        }


Scores = Mapping[tuple[str, str], float]
"""(need, company) to a score, 0..1; a pair that is not there scores nothing."""
Fields = Mapping[str, Mapping[str, Sequence[str]]]
"""Company to field to its values, for rules of balance."""


def choose_delegation(
    event: Event,
    scores: Scores,
    fields: Fields | None = None,
    policy: Policy | None = None,
    seconds: float = 20.0,
    unfit: Mapping[str, str] | None = None,
) -> Delegation:
    """Choose the event's delegation; `unfit` names candidates who may not travel, and why.

    Raises InvalidRequest where the event's own wishes contradict each other.
    """
    policy = policy or Policy.load()
    task = _build(event, scores, fields or {}, policy, unfit or {})
    first = _greedy(task, task.must)
    best, bound = _exact(task, first, seconds)
    alternates = _stand_by(task, best, event.alternates)
    return Delegation(
        chosen=tuple(_reason(task, best, c) for c in _in_order(task, best)),
        alternates=tuple(
            Chosen(
                task.ids[c],
                task.covered(c),
                f"예비 {n}순위: 누가 빠지면 더해지는 값이 {_marginal(task, best, c):.3f}입니다.",
                task.criterion(c),
            )
            for n, c in enumerate(alternates, 1)
        ),
        left_out=_left_out(event, task, best, alternates, unfit or {}),
        coverage=_coverage(task, best),
        objective=task.worth(best),
        bound=max(bound, task.worth(best)),
        greedy=task.worth(first),
        provenance={"policy": policy.fingerprint},
    )


def scores_of_pairs(event: Event) -> Scores:
    """Return the event's own scores; a buyer without needs is a demand by its own id."""
    needs = {b.id: b.need_ids or (b.id,) for b in event.buyers}
    scores: dict[tuple[str, str], float] = {}
    for pair in event.pairs or ():
        if pair.preference == "veto":
            continue
        for need_id in needs[pair.buyer_id]:
            key = need_id, pair.company_id
            scores[key] = max(scores.get(key, 0.0), pair.score)
    return scores


def fields_of_event(event: Event) -> Fields:
    """Return what the event file itself says of its companies."""
    return {c.id: {key: (value,) for key, value in c.fields.items()} for c in event.companies}


@dataclass(frozen=True, slots=True)
class _Task:
    """The candidates who may travel (rows), the demands (columns), and the rules."""

    ids: tuple[str, ...]
    demands: tuple[str, ...]
    weights: Real
    scores: Real
    criteria: Real | None
    criteria_share: float
    steps: Real
    rest: float
    line: float
    quota: int
    must: tuple[int, ...]
    limits: tuple[tuple[str, frozenset[int], int], ...]

    def worth(self, chosen: Sequence[int]) -> float:
        """Return the worth of a choice."""
        return float(self.by_demand(chosen) @ self.weights + self.by_criteria(chosen))

    def by_demand(self, chosen: Sequence[int]) -> Real:
        """Return each demand's covering, unweighted."""
        if not len(chosen):
            return np.zeros(len(self.demands))
        ordered = -np.sort(-self.scores[list(chosen)], axis=0)
        best = ordered[: len(self.steps)]
        return np.asarray(self.steps[: len(best)] @ best + self.rest * ordered.sum(axis=0))

    def by_criteria(self, chosen: Sequence[int]) -> float:
        """Return what the criteria add."""
        if self.criteria is None:
            return 0.0
        return float(sum(self.bonus(c) for c in chosen))

    def bonus(self, c: int) -> float:
        """Return what one company's criteria add: on the scale of all demands together."""
        if self.criteria is None:
            return 0.0
        share = self.criteria_share / (1 - self.criteria_share)
        return float(self.criteria[c] * share * self.weights.sum() / max(self.quota, 1))

    def criterion(self, c: int) -> float | None:
        """Return a company's mark, 0..1."""
        return None if self.criteria is None else float(self.criteria[c])

    def broken(self, chosen: Sequence[int]) -> str | None:
        """Return the rule of balance that a choice breaks."""
        have = set(chosen)
        return next((name for name, who, most in self.limits if len(who & have) > most), None)

    def covered(self, c: int) -> tuple[str, ...]:
        """Return the demands that a company fits, the best first."""
        order = np.lexsort((np.arange(len(self.demands)), -self.scores[c] * self.weights))
        return tuple(self.demands[d] for d in order[:5] if self.scores[c, d] >= self.line)


def _build(
    event: Event, scores: Scores, fields: Fields, policy: Policy, unfit: Mapping[str, str]
) -> _Task:
    out = {item.company_id for item in event.must_exclude} | set(unfit)
    candidates = sorted(_candidates(event, scores))
    for company_id in event.must_include:
        if company_id not in candidates:
            raise _contradiction(f"'{company_id}'이(가) 후보(candidates)에 없습니다.")
        if company_id in out:
            raise _contradiction(f"'{company_id}'이(가) 제외 명단에도 있습니다.")
    ids = tuple(c for c in candidates if c not in out)
    quota = len(ids) if event.quota is None else min(event.quota, len(ids))
    if len(event.must_include) > quota:
        raise _contradiction(
            f"꼭 넣을 기업이 {len(event.must_include)}개로 정원 {quota}개를 넘습니다."
        )
    weights = {d.need_id: d.weight for d in event.demands}
    demands = tuple(weights or sorted({need_id for need_id, _ in scores}))
    table = np.array(
        [[max(scores.get((d, c), 0.0), 0.0) for d in demands] for c in ids], dtype=np.float64
    ).reshape(len(ids), len(demands))
    share = policy.delegation.criteria
    suppliers = policy.delegation.suppliers
    rest = policy.delegation.decay**suppliers
    task = _Task(
        ids=ids,
        demands=demands,
        weights=np.array([weights.get(d, 1.0) for d in demands], dtype=np.float64),
        scores=table,
        criteria=_criteria(event, ids),
        criteria_share=share,
        steps=policy.delegation.decay ** np.arange(suppliers, dtype=np.float64) - rest,
        rest=rest,
        line=policy.confidence.line,
        quota=quota,
        must=tuple(n for n, c in enumerate(ids) if c in event.must_include),
        limits=_limits(event.balance, ids, fields, quota),
    )
    if (rule := task.broken(task.must)) is not None:
        raise _contradiction(f"꼭 넣을 기업만으로도 균형 규칙({rule})을 어깁니다.")
    return task


def _contradiction(sentence: str) -> InvalidRequest:
    return InvalidRequest(f"행사의 조건이 서로 맞지 않습니다: {sentence}", field="must_include")


def _candidates(event: Event, scores: Scores) -> set[str]:
    if event.candidates is not None:
        return set(event.candidates)
    return {c.id for c in event.companies} or {company_id for _, company_id in scores}


def _criteria(event: Event, ids: Sequence[str]) -> Real | None:
    """Return each candidate's mark, 0..1; who has no sheet gets the mean of the others."""
    if not event.criteria:
        return None
    marks: list[float | None] = []
    for company_id in ids:
        points = event.criteria.get(company_id, {})
        weights = {name: event.criteria_weights.get(name, 1.0) for name in points}
        total = sum(weights.values())
        marks.append(
            sum(weights[n] * points[n] for n in points) / total / 100 if points and total else None
        )
    known = [mark for mark in marks if mark is not None]
    mean = sum(known) / len(known) if known else 0.0
    return np.array([mean if mark is None else mark for mark in marks], dtype=np.float64)


def _limits(
    rules: Sequence[BalanceRule], ids: Sequence[str], fields: Fields, quota: int
) -> tuple[tuple[str, frozenset[int], int], ...]:
    limits = []
    for rule in rules:
        groups: dict[str, set[int]] = {}
        for n, company_id in enumerate(ids):
            for value in fields.get(company_id, {}).get(rule.field, ()):
                groups.setdefault(value, set()).add(n)
        most = max(1, int(rule.at_most_share * quota + 1e-9))
        for value, who in sorted(groups.items()):
            name = f"{rule.field} '{value}' 최대 {most}개사({rule.at_most_share:.0%})"
            limits.append((name, frozenset(who), most))
    return tuple(limits)


def _greedy(task: _Task, start: Sequence[int]) -> list[int]:
    """Add the company that adds most, until the quota is full or rules stop it."""
    chosen = list(start)
    while len(chosen) < task.quota:
        options = [
            c for c in range(len(task.ids)) if c not in chosen and not task.broken([*chosen, c])
        ]
        if not options:
            break
        gains = [_marginal(task, chosen, c) for c in options]
        chosen.append(options[int(np.argmax(gains))])
    return chosen


def _marginal(task: _Task, chosen: Sequence[int], c: int) -> float:
    return task.worth([*chosen, c]) - task.worth(chosen)


def _exact(task: _Task, start: Sequence[int], seconds: float) -> tuple[list[int], float]:
    """Return the best choice found and the bound that no choice exceeds."""
    from ortools.math_opt.python import mathopt

    model = mathopt.Model()
    x = [model.add_binary_variable() for _ in task.ids]
    model.add_linear_constraint(expr=mathopt.LinearSum(x), ub=float(task.quota))
    for c in task.must:
        model.add_linear_constraint(x[c] == 1.0)
    for _, who, most in task.limits:
        if len(who) > most:
            model.add_linear_constraint(
                expr=mathopt.LinearSum(x[c] for c in sorted(who)), ub=float(most)
            )
    alone = task.rest * task.scores @ task.weights
    worth = [(task.bonus(c) + float(alone[c])) * x[c] for c in range(len(x))]
    for d in range(len(task.demands)):
        able = np.flatnonzero(task.scores[:, d] > 0)
        ranks = range(min(len(task.steps), len(able)))
        places = {(int(c), k): model.add_variable(lb=0.0, ub=1.0) for c in able for k in ranks}
        for k in ranks:
            model.add_linear_constraint(
                expr=mathopt.LinearSum(places[int(c), k] for c in able), ub=1.0
            )
        for company in able.tolist():
            held = mathopt.LinearSum(places[company, k] for k in ranks)
            model.add_linear_constraint(held - x[company] <= 0.0)
        worth += [
            float(task.weights[d] * task.steps[k] * task.scores[c, d]) * place
            for (c, k), place in places.items()
        ]
    model.maximize(mathopt.LinearSum(worth))
    hint = mathopt.SolutionHint(variable_values={x[c]: float(c in start) for c in range(len(x))})
    result = mathopt.solve(
        model,
        mathopt.SolverType.HIGHS,
        params=mathopt.SolveParameters(
            time_limit=timedelta(seconds=seconds), relative_gap_tolerance=1e-6
        ),
        model_params=mathopt.ModelSolveParameters(solution_hints=[hint]),
    )
    best = list(start)
    if result.has_primal_feasible_solution():
        values = result.variable_values(x)
        found = [c for c, value in enumerate(values) if value > 0.5]
        best = max((best, found), key=task.worth)
    best = _greedy(task, best)
    bound = float(result.termination.objective_bounds.dual_bound)
    return best, bound if np.isfinite(bound) else float(
        task.weights @ task.by_demand(range(len(x)))
    )


def _in_order(task: _Task, chosen: Sequence[int]) -> list[int]:
    """Order a choice by what would be lost without each."""
    whole = task.worth(chosen)
    return sorted(
        chosen, key=lambda c: (-(whole - task.worth([o for o in chosen if o != c])), task.ids[c])
    )


def _stand_by(task: _Task, chosen: Sequence[int], count: int) -> list[int]:
    rest = [c for c in range(len(task.ids)) if c not in chosen]
    waiting: list[int] = []
    while rest and len(waiting) < count:
        gains = [_marginal(task, [*chosen, *waiting], c) for c in rest]
        waiting.append(rest.pop(int(np.argmax(gains))))
    return waiting


def _reason(task: _Task, chosen: Sequence[int], c: int) -> Chosen:
    lost = task.worth(chosen) - task.worth([o for o in chosen if o != c])
    whole = max(task.worth(chosen), 1e-9)
    best = np.argsort(-task.scores[c] * task.weights, kind="stable")[:3].tolist()
    named = ", ".join(
        f"{task.demands[d]}({task.scores[c, d]:.2f})"
        for d in best
        if task.scores[c, d] >= task.line
    )
    pieces = ["담당자가 꼭 넣도록 했습니다."] if c in task.must else []
    pieces.append(
        f"{named}에 맞습니다." if named else "뚜렷이 맞는 수요는 없으나 정원이 남아 넣었습니다."
    )
    pieces.append(f"빠지면 전체 값이 {100 * lost / whole:.1f} % 줄어듭니다.")
    if (mark := task.criterion(c)) is not None:
        pieces.append(f"평가표 {100 * mark:.0f}점.")
    return Chosen(task.ids[c], task.covered(c), " ".join(pieces), task.criterion(c))


def _left_out(
    event: Event,
    task: _Task,
    chosen: Sequence[int],
    alternates: Sequence[int],
    unfit: Mapping[str, str],
) -> tuple[LeftOut, ...]:
    found = {
        c: why for c, why in unfit.items() if event.candidates is None or c in event.candidates
    }
    found |= {item.company_id: item.why for item in event.must_exclude}
    for c in range(len(task.ids)):
        if c not in chosen and c not in alternates:
            found[task.ids[c]] = _nearest_swap(task, chosen, c)
    return tuple(LeftOut(company_id, why) for company_id, why in sorted(found.items()))


def _nearest_swap(task: _Task, chosen: Sequence[int], c: int) -> str:
    """Say in whose place the company would have cost least, and what it lacks for that."""
    if not task.scores[c].any():
        return NOTHING_FITS
    whole = task.worth(chosen)
    swaps = []
    rule = None
    for out in chosen:
        if out in task.must:
            continue
        instead = [*(o for o in chosen if o != out), c]
        if (broken := task.broken(instead)) is not None:
            rule = broken
            continue
        swaps.append((whole - task.worth(instead), task.ids[out]))
    if not swaps:
        return (
            f"균형 규칙({rule}) 때문에 누구와도 바꿀 수 없습니다."
            if rule
            else "정원이 모두 정해져 있었습니다."
        )
    loss, other = min(swaps)
    if loss < 1e-9:
        return f"'{other}'와(과) 값이 같아 ID 순서로 밀렸습니다."
    best = int(np.argmax(task.scores[c] * task.weights))
    return (
        f"'{other}' 대신 넣으면 전체 값이 {100 * loss / whole:.1f} % 줄어듭니다. "
        f"가장 맞는 수요 {task.demands[best]}의 점수는 {task.scores[c, best]:.2f}이고, "
        f"수요를 채우는 값이 {loss:.3f}만큼 더 높았으면 뽑혔습니다."
    )


def _coverage(task: _Task, chosen: Sequence[int]) -> dict[str, float]:
    have, could = task.by_demand(chosen), task.by_demand(range(len(task.ids)))
    return {
        d: float(have[n] / could[n]) if could[n] > 0 else 0.0 for n, d in enumerate(task.demands)
    }
