"""Fitting and checking how sure a match is: the numbers of [confidence] in policy.toml.

For every need of the sets (and of `no_supplier_needs.jsonl` beside them) the ten best companies
are taken, in the whole registry and in random smaller ones, and a logistic regression learns from
the judgements which of them are useful. Each need is asked twice, whole and by its title alone:
people type short texts too, and length must not tell who fits. Everything that is reported comes from cross-validation
over needs; versions of one need in several languages (`same_as`) are never parted.

A large registry is made of the judged companies and of a crowd (`evaluation.crowd`): strangers that offer texts
from elsewhere (goods, industries). They count as useless, which nobody has judged. Without them in the fit a probability is
too high where many are searched (docs/decisions/0010).
"""

import json
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import numpy.typing as npt

from evaluation.calibration import expected_calibration_error
from evaluation.crowd import SEED
from evaluation.datasets import MatchingDataset, read_matching
from evaluation.systems import Engine
from evaluation.tables import Table
from matcher.candidates import Found
from matcher.confidence import features, line_share
from matcher.matching import Catalogue, Matchmaker
from matcher.progress import Progress, silent
from matcher.records import Company, Need

FEATURES = (
    "dense",
    "lexical",
    "concept",
    "kind",
    "sector",
    "foreign",
    "need_length",
    "offering_length",
    "size",
)
NEVER_NEGATIVE = FEATURES[:5]
BEST = 10
SMALL_REGISTRY = 20
SMALL_DRAWS = 3
FOLDS = 10
REFUSED_ANSWERABLE = 0.05
"""Share of answerable needs that the line may refuse, on the mean of the sets it is drawn on."""
STRENGTH = 10.0
"""Inverse of the ridge penalty on standardised features."""

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Case:
    """The best companies for one need in one registry.

    group: needs that may not be parted. rows: (len, FEATURES). useful: judged 2 or better.
    answerable: somebody in that registry was judged useful. strangers: how many of it are a crowd.
    is_title: asked by the need's title alone.
    """

    dataset: str
    group: str
    companies: int
    rows: Array
    useful: tuple[bool, ...]
    answerable: bool
    strangers: int = 0
    is_title: bool = False


@dataclass(frozen=True, slots=True)
class Fit:
    """Weights by name, intercept included; `line` and `described` as in `ConfidencePolicy`."""

    weights: Mapping[str, float]
    line: float
    described: float


@dataclass(frozen=True, slots=True)
class Refused:
    """Shares of the needs with and without a useful company that are answered "nobody fits"."""

    answerable: float
    unanswerable: float


@dataclass(frozen=True, slots=True)
class Check:
    """What cross-validation says of a set and registry size.

    error: expected calibration error over the best ten. whole, titles: what is refused of the needs
    asked by their whole text and by their titles alone.
    """

    dataset: str
    companies: int
    cases: int
    error: float
    whole: Refused
    titles: Refused


def read_cases(
    folder: Path, engine: Engine, progress: Progress = silent, crowd: Sequence[Company] = ()
) -> list[Case]:
    """Search every need of a set, in its registry and in smaller ones; in one only, where a crowd joins."""
    from indexing.snapshot import build_snapshot, open_snapshot

    dataset = read_matching(folder)
    strangers = {company.company_id: company for company in crowd}
    dataset = replace(dataset, companies={**strangers, **dataset.companies})
    wide = BEST if crowd else len(dataset.companies)
    groups = {
        need.need_id: str(need.extra.get("same_as") or need.need_id) for need in _needs(dataset)
    }
    nobody = _nobody(folder)
    with TemporaryDirectory(prefix="greenmatch-fit-") as work:
        records = (dataset.companies.values(), dataset.needs.values())
        build_snapshot(Path(work), *records, engine.encoder, engine.analyzer, progress=progress)
        snapshot = open_snapshot(Path(work), engine.encoder, engine.analyzer)
        catalogue = Catalogue(dataset.companies, dataset.needs)
        matchmaker = Matchmaker(catalogue, snapshot, engine.policy)
        cases = []
        wanted = [need for need in _needs(dataset) if need.need_id in dataset.qrels] + nobody
        for done, need in enumerate(wanted, start=1):
            grades = dataset.qrels.get(need.need_id, {})
            group = groups.get(need.need_id, need.need_id)
            for asked in (need, replace(need, description="")):
                found = matchmaker.find(asked, wide)
                cases += [
                    replace(case, is_title=asked is not need)
                    for case in _cases(dataset, group, found, grades, len(crowd))
                ]
            progress(f"찾기 {dataset.name}", done, len(wanted))
    return cases


def read_all(
    folders: Sequence[Path],
    engine: Engine,
    progress: Progress,
    crowds: Sequence[Sequence[Company]],
) -> list[Case]:
    """Return the cases of all sets, among each of the crowds; an empty one: in the sets' own registries."""
    return [
        case
        for crowd in crowds
        for folder in folders
        for case in read_cases(folder, engine, progress, crowd)
    ]


def _needs(dataset: MatchingDataset) -> Sequence[Need]:
    return tuple(dataset.needs.values())


def _nobody(folder: Path) -> list[Need]:
    path = folder / "no_supplier_needs.jsonl"
    if not path.is_file():
        return []
    lines = path.read_text(encoding="utf-8").splitlines()
    return [Need.from_dict(json.loads(line)) for line in lines if line.strip()]


def _cases(
    dataset: MatchingDataset,
    group: str,
    found: Sequence[Found],
    grades: Mapping[str, int],
    strangers: int,
) -> Iterator[Case]:
    """Yield the whole registry's case, and those of smaller registries drawn by the need's id."""
    everybody = sorted(dataset.companies)
    chance = random.Random(f"{SEED} {group}")
    registries = [everybody]
    if len(everybody) > SMALL_REGISTRY and not strangers:
        registries += [chance.sample(everybody, SMALL_REGISTRY) for _ in range(SMALL_DRAWS)]
    for registry in registries:
        members = set(registry)
        best = [item for item in found if item.company.company_id in members][:BEST]
        if best:
            yield Case(
                dataset.name,
                group,
                len(registry),
                np.array([_row(item, len(registry)) for item in best]),
                tuple(grades.get(item.company.company_id, 0) >= 2 for item in best),
                any(grades.get(company, 0) >= 2 for company in members),
                strangers,
            )


def _row(item: Found, companies: int) -> list[float]:
    agreement = item.agreement if item.agreement is not None else 1.0
    texts = (item.need_text, item.offerings[0].text)
    values = features(item.points, agreement, *texts, companies)
    return [values[name] for name in FEATURES]


def fit(cases: Sequence[Case], described: float) -> Fit:
    """Fit weights, and the highest line that refuses at most REFUSED_ANSWERABLE on the mean of sets.

    The line looks at whole texts in whole registries without a crowd; what it really refuses is measured by
    `cross_validate`.
    """
    weights = _weights(cases)
    own_cases = [case for case in cases if not case.strangers]
    whole = {
        case.dataset: max(c.companies for c in own_cases if c.dataset == case.dataset)
        for case in own_cases
    }
    standings = [
        np.array(own)
        for dataset, companies in whole.items()
        if (
            own := [
                _standing(case, _probabilities(case, weights), described)
                for case in cases
                if case.answerable
                and not case.is_title
                and (case.dataset, case.companies) == (dataset, companies)
            ]
        )
    ]
    line = 0.0
    for candidate in sorted({float(value) for own in standings for value in own}):
        if np.mean([(own < candidate).mean() for own in standings]) > REFUSED_ANSWERABLE:
            break
        line = candidate
    return Fit(weights, line, described)


def _standing(case: Case, probabilities: Sequence[float], described: float) -> float:
    """Return the highest line at which somebody is still named."""
    lengths = np.exp(
        case.rows[:, [FEATURES.index("need_length"), FEATURES.index("offering_length")]]
    )
    return max(
        value / line_share(need_length, offering_length, described)
        for value, (need_length, offering_length) in zip(
            probabilities, lengths.tolist(), strict=True
        )
    )


def _weights(cases: Sequence[Case]) -> dict[str, float]:
    """Minimise the logistic loss with a ridge; weights of points are not negative (L-BFGS-B)."""
    from scipy.optimize import minimize

    rows = np.concatenate([case.rows for case in cases])
    useful = np.array([label for case in cases for label in case.useful], dtype=float)
    # every need counts alike, in however many registries it was searched
    shares = np.concatenate([np.full(len(case.rows), 1 / len(case.rows)) for case in cases])
    mean, spread = rows.mean(axis=0), rows.std(axis=0)
    spread[spread < 1e-9] = 1.0  # a constant column has a rounding error for a spread
    scaled = (rows - mean) / spread

    def loss(vector: Array) -> tuple[float, Array]:
        logits = scaled @ vector[1:] + vector[0]
        value = float((shares * (np.logaddexp(0, logits) - useful * logits)).sum())
        slope = shares * (1 / (1 + np.exp(-logits)) - useful)
        penalty = vector.copy()
        penalty[0] = 0.0
        gradient = np.concatenate([[slope.sum()], scaled.T @ slope]) + penalty / STRENGTH
        return value + float((penalty**2).sum()) / (2 * STRENGTH), gradient

    bounds = [(None, None)] + [(0 if n in NEVER_NEGATIVE else None, None) for n in FEATURES]
    start = np.zeros(len(FEATURES) + 1)
    found: Any = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds)
    slopes = found.x[1:] / spread
    weights = dict(zip(FEATURES, map(float, slopes), strict=True))
    return {"intercept": float(found.x[0] - (slopes * mean).sum()), **weights}


def _probabilities(case: Case, weights: Mapping[str, float]) -> list[float]:
    slopes = np.array([weights[name] for name in FEATURES])
    logits = case.rows @ slopes + weights["intercept"]
    return [float(value) for value in 1 / (1 + np.exp(-logits))]


def cross_validate(cases: Sequence[Case], described: float) -> list[Check]:
    """Fit on nine tenths of the needs and measure on the tenth, for each set and registry size."""
    groups = sorted({(case.dataset, case.group) for case in cases})
    random.Random(SEED).shuffle(groups)
    fold_of = {group: place % FOLDS for place, group in enumerate(groups)}
    judged: list[tuple[Case, list[float], Fit]] = []
    for fold in range(FOLDS):
        training = [case for case in cases if fold_of[case.dataset, case.group] != fold]
        fitted = fit(training, described)
        judged += [
            (case, _probabilities(case, fitted.weights), fitted)
            for case in cases
            if fold_of[case.dataset, case.group] == fold
        ]
    return _checks(judged)


def check(cases: Sequence[Case], fitted: Fit) -> list[Check]:
    """Measure a fit on cases it has not seen."""
    return _checks([(case, _probabilities(case, fitted.weights), fitted) for case in cases])


def _checks(judged: Sequence[tuple[Case, Sequence[float], Fit]]) -> list[Check]:
    checks = []
    for key in sorted({(case.dataset, case.companies) for case, _, _ in judged}):
        mine = [item for item in judged if (item[0].dataset, item[0].companies) == key]
        stated = [value for _, values, _ in mine for value in values]
        useful = [label for case, _, _ in mine for label in case.useful]
        checks.append(
            Check(
                *key,
                len(mine),
                expected_calibration_error(stated, useful),
                _refused([item for item in mine if not item[0].is_title]),
                _refused([item for item in mine if item[0].is_title]),
            )
        )
    return checks


def _refused(judged: Sequence[tuple[Case, Sequence[float], Fit]]) -> Refused:
    refused = [
        (case.answerable, _standing(case, values, fitted.described) < fitted.line)
        for case, values, fitted in judged
    ]
    return Refused(
        _share([no for answerable, no in refused if answerable]),
        _share([no for answerable, no in refused if not answerable]),
    )


def _share(values: Sequence[bool]) -> float:
    return sum(values) / len(values) if values else 0.0


def check_table(title: str, checks: Sequence[Check]) -> Table:
    """Return the table that people read."""
    rows = tuple(
        (
            item.dataset,
            f"{item.companies:,}",
            f"{item.cases:,}",
            f"{item.error:.3f}",
            *(
                f"{refused.answerable:.1%} / {refused.unanswerable:.1%}"
                for refused in (item.whole, item.titles)
            ),
        )
        for item in checks
    )
    head = ("자료", "기업", "물음", "보정 오차", "잘못 / 옳게 거절: 전체 글", "제목만")
    return Table(title, head, rows)


def to_toml(fitted: Fit, model: str) -> str:
    """Return the [confidence] table of policy.toml; `model` is the one whose scores were fitted."""
    names = ("intercept", *FEATURES)
    numbers = "".join(f"{name} = {fitted.weights[name]:.3f}\n" for name in names)
    return f'[confidence]\nmodel = "{model}"\n{numbers}line = {fitted.line:.3f}\ndescribed = {fitted.described:g}'
