"""Which order of a list can both sides accept, and what does it cost in plain relevance?

The product's lists of both directions are put into other orders: by usefulness alone, by each fusion
of the two sides' acceptance (`matcher.reciprocal`), and, for reference, with everything that the
company admits first. A pair is *mutually acceptable* where it was judged 2 or more and the company's
stated preferences, read hard, admit the need: its country among the target countries, its language
among the company's, its budget no smaller than the company's minimum; what either leaves open admits.

That reading is a definition and no judgement by companies, and the orders see the same fields: the
gain says what an order does for stated wishes, the cost in relevance is the real test.
Intervals are drawn over needs with their translations (`same_as`) together, or over companies.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from typing import Any

from evaluation.datasets import DIRECTIONS, Direction, MatchingDataset, Qrels
from evaluation.measures import MAIN_MEASURE, Answers, score_run
from evaluation.runs import Run
from evaluation.significance import Interval, ratio_interval
from evaluation.tables import Table, bounds, figure
from matcher.errors import InvalidRequest
from matcher.policy import Policy, ReciprocalPolicy
from matcher.reciprocal import FUSIONS, acceptance, pair_score, usefulness_of
from matcher.records import Company, Need
from matcher.rules import Direction as RuleDirection
from matcher.rules import broken_rule

PLAIN = "usefulness"
HARD = "admitted first"
USEFUL_GRADE = 2
LARGEST_LOSS = 0.01
"""nDCG@10 of plain relevance that an order may cost."""
LIST_LENGTH = 10
FOLDS = 5


@dataclass(frozen=True, slots=True)
class Candidate:
    """One place of a list: whom it names, the score, how useful that is, whether a rule refuses."""

    id: str
    need: Need
    company: Company
    score: float
    usefulness: float
    is_refused: bool


Lists = Mapping[str, Sequence[Candidate]]
"""Query id to the candidates of its list."""


@dataclass(frozen=True, slots=True)
class Order:
    """A way to order lists; `strength` multiplies every share of the policy."""

    name: str
    strength: float = 1.0


@dataclass(frozen=True, slots=True)
class Trial:
    """What one order does in one direction, by query that counts.

    relevance, mutual: nDCG@10 of the judgements, and of the mutually acceptable pairs alone, each
    for the queries that have any. admitted: share of the first ten that the company admits.
    kept: best answer as by usefulness. answered, first: the best answer has the query among its own
    ten best, and as its own best.
    """

    direction: Direction
    order: Order
    relevance: Mapping[str, float]
    mutual: Mapping[str, float]
    admitted: Mapping[str, float]
    kept: Mapping[str, float]
    answered: Mapping[str, float]
    first: Mapping[str, float]


def admits(need: Need, company: Company) -> bool:
    """Read the company's stated preferences hard; what is not stated admits."""
    countries, languages = company.target_countries, company.languages
    minimum, budget = company.min_budget_usd, need.budget_usd
    return (
        (not need.country or not countries or need.country in countries)
        and (not need.language or not languages or need.language in languages)
        and (minimum is None or budget is None or budget >= minimum)
    )


def mutual_qrels(dataset: MatchingDataset) -> dict[str, dict[str, int]]:
    """Return the judgements with 0 for every pair that is not mutually acceptable."""

    known = dataset.companies if dataset.direction == "need-to-company" else dataset.needs

    def grade(query: str, document: str, given: int) -> int:
        is_useful = given >= USEFUL_GRADE and document in known
        return given if is_useful and admits(*_pair(dataset, query, document)) else 0

    return {
        query: {document: grade(query, document, given) for document, given in grades.items()}
        for query, grades in dataset.qrels.items()
    }


def read_strengths(text: str) -> tuple[float, ...]:
    """Return the numbers of 0.5,1,2; raises InvalidRequest for what is no positive number."""
    try:
        found = tuple(float(piece) for piece in text.split(","))
    except ValueError:
        found = ()
    if not found or not all(0 < value < float("inf") for value in found):
        raise InvalidRequest(f"세기 '{text}'을(를) 읽을 수 없습니다. 0.5,1,2처럼 적으십시오.")
    return found


def to_lists(dataset: MatchingDataset, run: Run, today: date) -> Lists:
    """Return what a run names, the usefulness taken from the score as the product does."""
    rules: RuleDirection = "match" if dataset.direction == "need-to-company" else "opportunities"
    lists: dict[str, list[Candidate]] = {}
    for query, hits in run.answers.items():
        lists[query] = []
        for hit in hits:
            need, company = _pair(dataset, query, hit.id)
            usefulness = usefulness_of(hit.score)
            is_refused = broken_rule(need, company, today, rules) is not None
            lists[query].append(Candidate(hit.id, need, company, hit.score, usefulness, is_refused))
    return lists


def put_in_order(lists: Lists, order: Order, policy: Policy, today: date) -> dict[str, list[str]]:
    """Return the ids of every list in another order; what a rule refuses stays behind."""
    scaled = scale(policy, order.strength)

    def key(item: Candidate) -> float:
        if order.name == PLAIN:
            return item.usefulness
        if order.name == HARD:
            return float(admits(item.need, item.company))
        sides = acceptance(item.need, item.company, item.usefulness, scaled, today)
        return pair_score(sides, order.name)

    def place(item: Candidate) -> tuple[bool, float, float, str]:
        return (item.is_refused, -key(item), -item.score, item.id)

    return {query: [c.id for c in sorted(items, key=place)] for query, items in lists.items()}


def scale(policy: Policy, strength: float) -> Policy:
    """Return the policy with every share of the wishes multiplied."""
    old = policy.reciprocal
    names = (field.name for field in fields(ReciprocalPolicy) if field.name != "fusion")
    shares: dict[str, Any] = {name: strength * getattr(old, name) for name in names}
    return replace(policy, reciprocal=replace(old, **shares))


def try_order(
    datasets: Mapping[Direction, MatchingDataset],
    lists: Mapping[Direction, Lists],
    order: Order,
    policy: Policy,
    today: date,
) -> tuple[Trial, ...]:
    """Measure one order in both directions."""
    plain = {d: put_in_order(lists[d], Order(PLAIN), policy, today) for d in DIRECTIONS}
    ordered = {d: put_in_order(lists[d], order, policy, today) for d in DIRECTIONS}
    trials = []
    for here, there in ((DIRECTIONS[0], DIRECTIONS[1]), (DIRECTIONS[1], DIRECTIONS[0])):
        dataset, answers, back = datasets[here], ordered[here], ordered[there]
        known = {
            (query, item.id): admits(item.need, item.company)
            for query, items in lists[here].items()
            for item in items
        }
        relevance = _ndcg(answers, dataset.qrels, dataset)
        best = {query: answers[query][0] for query in relevance if answers.get(query)}
        trials.append(
            Trial(
                direction=here,
                order=order,
                relevance=relevance,
                mutual=_ndcg(answers, mutual_qrels(dataset), dataset),
                admitted={q: _share(known[q, id] for id in answers[q][:LIST_LENGTH]) for q in best},
                kept={q: float(id == plain[here][q][0]) for q, id in best.items()},
                answered={q: float(q in back.get(id, [])[:LIST_LENGTH]) for q, id in best.items()},
                first={q: float(q in back.get(id, [])[:1]) for q, id in best.items()},
            )
        )
    return tuple(trials)


def choose(plain: Sequence[Trial], trials: Sequence[Trial], queries: frozenset[str]) -> Order:
    """Return the order that is best for mutual acceptance and costs no direction too much.

    The mean over both directions of mutual nDCG@10 decides, among those that lose no more than
    LARGEST_LOSS of plain relevance in either; at ties the weaker and then the earlier. Where all
    cost too much it is the order by usefulness.
    """
    best = (_mean_of(plain, queries), Order(PLAIN))
    before = {trial.direction: trial for trial in plain}
    orders = dict.fromkeys(trial.order for trial in trials if trial.order.name in FUSIONS)
    for order in sorted(orders, key=lambda order: order.strength):
        pair = [trial for trial in trials if trial.order == order]
        losses = [
            _mean(before[t.direction].relevance, queries) - _mean(t.relevance, queries)
            for t in pair
        ]
        gain = _mean_of(pair, queries)
        if max(losses) <= LARGEST_LOSS and gain > best[0]:
            best = (gain, order)
    return best[1]


def cross_check(
    plain: Sequence[Trial], trials: Sequence[Trial], groups: Mapping[str, str]
) -> dict[str, float]:
    """Return what the rule of `choose` gains on queries that it has not seen.

    Groups of queries fall into FOLDS parts; for each the order is chosen on the others. The keys
    are `relevance` and `mutual` with the direction, the values mean differences to PLAIN.
    """
    names = sorted(set(groups.values()))
    fold_of = {name: place % FOLDS for place, name in enumerate(names)}
    before = {trial.direction: trial for trial in plain}
    found: dict[str, list[float]] = {}
    for fold in range(FOLDS):
        seen = frozenset(q for q, name in groups.items() if fold_of[name] != fold)
        order = choose(plain, trials, seen)
        for trial in (t for t in (*plain, *trials) if t.order == order):
            old = before[trial.direction]
            for name in ("relevance", "mutual"):
                now, then = getattr(trial, name), getattr(old, name)
                differences = [now[q] - then[q] for q in now if q not in seen]
                found.setdefault(f"{name} {trial.direction}", []).extend(differences)
    return {name: sum(values) / len(values) for name, values in found.items() if values}


def groups_of(datasets: Iterable[MatchingDataset]) -> dict[str, str]:
    """Return each query's group: a need with its translations, a company by itself."""
    groups: dict[str, str] = {}
    for dataset in datasets:
        for query in dataset.queries:
            need = dataset.needs.get(query.id) if dataset.direction == "need-to-company" else None
            same_as = need.extra.get("same_as") if need is not None else None
            groups[query.id] = str(same_as or query.id)
    return groups


def interval_of(values: Mapping[str, float], groups: Mapping[str, str]) -> Interval:
    """Return the bootstrap interval of a mean, groups of queries drawn together."""
    sums: dict[str, tuple[float, float]] = {}
    for query, value in values.items():
        total, count = sums.get(groups[query], (0.0, 0.0))
        sums[groups[query]] = (total + value, count + 1.0)
    return ratio_interval(list(sums.values()))


@dataclass(frozen=True, slots=True)
class Findings:
    """All orders measured, the one that the rule chooses, and what the rule gains unseen."""

    rows: tuple[Mapping[str, Any], ...]
    chosen: Order
    cross: Mapping[str, float]

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "rows": [dict(row) for row in self.rows],
            "chosen": {"order": self.chosen.name, "strength": self.chosen.strength},
            "cross_checked_change": dict(self.cross),
        }


def measure_orders(
    datasets: Mapping[Direction, MatchingDataset],
    lists: Mapping[Direction, Lists],
    policy: Policy,
    today: date,
    strengths: Sequence[float] = (1.0,),
) -> Findings:
    """Measure every fusion at every strength against usefulness alone, in both directions."""

    def tried(order: Order) -> tuple[Trial, ...]:
        return try_order(datasets, lists, order, policy, today)

    plain = tried(Order(PLAIN))
    orders = [*(Order(name, s) for s in strengths for name in FUSIONS), Order(HARD)]
    trials = [trial for order in orders for trial in tried(order)]
    groups = groups_of(datasets.values())
    return Findings(
        rows=tuple(to_rows(plain, trials, groups)),
        chosen=choose(plain, trials, frozenset(groups)),
        cross=cross_check(plain, trials, groups),
    )


# -- for people and programs


def to_rows(
    plain: Sequence[Trial], trials: Sequence[Trial], groups: Mapping[str, str]
) -> list[dict[str, Any]]:
    """Return one flat row for each trial, differences to PLAIN with intervals."""
    before = {trial.direction: trial for trial in plain}
    rows = []
    for trial in (*plain, *trials):
        row: dict[str, Any] = {
            "direction": trial.direction,
            "order": trial.order.name,
            "strength": trial.order.strength,
            "queries": len(trial.relevance),
            "mutual_queries": len(trial.mutual),
        }
        for name in ("relevance", "mutual"):
            values, old = getattr(trial, name), getattr(before[trial.direction], name)
            change = {query: value - old[query] for query, value in values.items()}
            spread, moved = interval_of(values, groups), interval_of(change, groups)
            row[name] = _mean(values)
            row[f"{name}_interval"] = [spread.low, spread.high]
            row[f"{name}_change"] = _mean(change)
            row[f"{name}_change_interval"] = [moved.low, moved.high]
        for name in ("admitted", "kept", "answered", "first"):
            row[name] = _mean(getattr(trial, name))
        rows.append(row)
    return rows


def to_tables(rows: Sequence[Mapping[str, Any]], name: str) -> list[Table]:
    """Return one table for each direction."""
    header = (
        "순서", "세기", "nDCG@10", "차이", "95 %", "서로 nDCG@10", "95 %", "차이", "95 %",
        "기업이 허용", "1위 그대로", "1위의 10위 안", "서로 1위",
    )  # fmt: skip

    def cells(row: Mapping[str, Any]) -> tuple[str, ...]:
        return (
            row["order"],
            f"{row['strength']:g}",
            figure(row["relevance"]),
            f"{row['relevance_change']:+.3f}",
            bounds(Interval(*row["relevance_change_interval"])),
            figure(row["mutual"]),
            bounds(Interval(*row["mutual_interval"])),
            f"{row['mutual_change']:+.3f}",
            bounds(Interval(*row["mutual_change_interval"])),
            *(figure(row[part]) for part in ("admitted", "kept", "answered", "first")),
        )

    tables = []
    for direction in DIRECTIONS:
        chosen = [row for row in rows if row["direction"] == direction]
        counts = f"질의 {chosen[0]['queries']}, 서로 받아들일 상대가 있는 질의 {chosen[0]['mutual_queries']}"
        title = f"{name} · {direction} · {counts}"
        tables.append(Table(title, header, tuple(cells(row) for row in chosen)))
    return tables


def to_notes(findings: Findings) -> list[str]:
    """Return Korean sentences under the tables."""
    chosen = findings.chosen
    unseen = ", ".join(
        f"{name.replace('relevance', '관련성').replace('mutual', '서로')} {value:+.3f}"
        for name, value in findings.cross.items()
    )
    return [
        f"고른 순서: {chosen.name}, 세기 {chosen.strength:g} (두 방향 모두 nDCG@10 손실 "
        f"{LARGEST_LOSS:g} 이하에서 '서로' 평균이 가장 높은 것).",
        f"{FOLDS}겹 교차 확인(고를 때 안 본 질의의 변화): {unseen}.",
        "'서로'는 2등급 이상이면서 기업이 적은 국가·언어·최소 사업규모가 수요를 허용하는 상대만 정답으로 셉니다.",
        "usefulness는 쓸모만 보는 순서, admitted first는 기업이 허용하는 것을 모두 앞에 두는 순서입니다.",
    ]


def _pair(dataset: MatchingDataset, query: str, document: str) -> tuple[Need, Company]:
    if dataset.direction == "need-to-company":
        return dataset.needs[query], dataset.companies[document]
    return dataset.needs[document], dataset.companies[query]


def _ndcg(answers: Answers, qrels: Qrels, dataset: MatchingDataset) -> dict[str, float]:
    queries = [query.id for query in dataset.queries]
    scores = score_run(answers, qrels, queries, USEFUL_GRADE)
    return dict(zip(scores.queries, scores.values[MAIN_MEASURE], strict=True))


def _share(flags: Iterable[bool]) -> float:
    found = list(flags)
    return sum(found) / len(found) if found else 0.0


def _mean(values: Mapping[str, float], queries: frozenset[str] | None = None) -> float:
    found = [value for query, value in values.items() if queries is None or query in queries]
    return sum(found) / len(found) if found else 0.0


def _mean_of(trials: Sequence[Trial], queries: frozenset[str]) -> float:
    return sum(_mean(trial.mutual, queries) for trial in trials) / len(trials)
