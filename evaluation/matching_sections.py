"""Sections of a report that only matching sets can give: foreign needs, exposure, weak spots, trust."""

from collections.abc import Mapping, Sequence

from evaluation.calibration import (
    AbstentionRow,
    abstention_curve,
    expected_calibration_error,
    reliability,
)
from evaluation.compare import Comparison, Trial
from evaluation.comparison_sections import FOCUS
from evaluation.datasets import MatchingDataset
from evaluation.exposure import SHOWN, measure_exposure
from evaluation.figures import draw_abstention, draw_lines, draw_reliability
from evaluation.measures import MAIN_MEASURE
from evaluation.pages import Section
from evaluation.slices import foreign_loss, foreign_pairs
from evaluation.tables import Table, bounds, figure, language_name

WORST = 10
LISTED = 5
MOST_REFUSED = 0.05
"""Share of answerable needs that may be refused at the line that a report names."""


def matching_sections(comparison: Comparison, trials: Sequence[Trial]) -> list[Section]:
    """Return the sections of every matching set, in the order of the sets."""
    sections: list[Section | None] = []
    for place, name in enumerate(comparison.datasets(), start=1):
        on_set = [trial for trial in trials if trial.dataset.name == name]
        dataset = on_set[0].dataset
        if not isinstance(dataset, MatchingDataset):
            continue
        focus = next((trial for trial in on_set if trial.run.system == FOCUS), on_set[0])
        sections += [
            foreign_section(dataset, on_set, focus),
            exposure_section(dataset, on_set, f"exposure-{place}"),
            worst_section(dataset, focus),
            calibration_section(dataset, on_set, f"trust-{place}"),
        ]
    return [section for section in sections if section is not None]


def foreign_section(
    dataset: MatchingDataset, trials: Sequence[Trial], focus: Trial
) -> Section | None:
    """Return what asking in another language costs, where needs exist in both."""
    pairs = foreign_pairs(dataset, focus.result.scores.queries)
    if not pairs:
        return None
    rows = [(trial.run.system, foreign_loss(pairs, trial.result.scores)) for trial in trials]
    for language in sorted({pair.language for pair in pairs}):
        some = [pair for pair in pairs if pair.language == language]
        label = f"{focus.run.system} · {language_name(language)}"
        rows.append((label, foreign_loss(some, focus.result.scores)))
    cells = tuple(
        (
            label,
            f"{loss.pairs:,}",
            figure(loss.foreign),
            figure(loss.korean),
            f"{figure(loss.ratio)} {bounds(loss.interval)}",
        )
        for label, loss in rows
    )
    return Section(
        f"{dataset.name}: 현지어 수요와 같은 한국어 수요",
        paragraphs=(
            f"`same_as`로 이어진 수요의 {MAIN_MEASURE}를 짝지어 견줍니다. 비율은 현지어 평균 / 한국어 평균, "
            "구간은 한국어 원문 단위의 부트스트랩(95%)입니다.",
        ),
        tables=(Table("", ("시스템", "짝", "현지어", "한국어", "비율"), cells),),
    )


def exposure_section(
    dataset: MatchingDataset, trials: Sequence[Trial], figure_name: str
) -> Section | None:
    """Return how evenly companies are shown; only needs have lists of companies."""
    if dataset.direction != "need-to-company":
        return None
    shares = {
        trial.run.system: measure_exposure(trial.run.ids().values(), dataset.companies)
        for trial in trials
    }
    shares["판정"] = measure_exposure(_useful_lists(dataset), dataset.companies)
    rows = tuple(
        (
            system,
            figure(shown.gini),
            f"{shown.shown_share:.1%}",
            f"{max(shown.counts, default=0):,}",
        )
        for system, shown in shares.items()
    )
    label = f"{dataset.name}: 기업이 목록에 나오는 정도(로렌츠 곡선). 점선은 모두가 똑같이 나올 때"
    lines = {system: shown.lorenz() for system, shown in shares.items()}
    axis_names = ("적게 나온 기업부터 더한 비율", "나온 횟수의 비율")
    return Section(
        f"{dataset.name}: 기업의 노출",
        paragraphs=(
            f"수요마다 앞의 {SHOWN}개를 셉니다. 지니 계수는 0이면 모두 똑같이, 1에 가까우면 몇 곳만 "
            f"나온다는 뜻입니다. '판정'은 {dataset.useful_grade}등급 이상인 기업만 보일 때입니다.",
        ),
        tables=(
            Table(
                "", ("시스템", "지니 계수", "한 번이라도 나온 기업", "가장 많이 나온 횟수"), rows
            ),
        ),
        figures=(draw_lines(figure_name, label, lines, axis_names, diagonal=True),),
    )


def worst_section(dataset: MatchingDataset, focus: Trial) -> Section | None:
    """Return the queries with the lowest main measure, what was listed and what should have been."""
    scores = focus.result.scores
    values = dict(zip(scores.queries, scores.values[MAIN_MEASURE], strict=True))
    worst = sorted(values, key=lambda query: (values[query], query))[:WORST]
    if not worst:
        return None
    languages = {query.id: query.language for query in dataset.queries}
    names = _names(dataset)
    rows = []
    for query in worst:
        grades = dataset.qrels[query]
        ids = focus.run.ids().get(query, ())
        rows.append(
            (
                f"{query} {names[query]}",
                language_name(languages[query]),
                figure(values[query]),
                "\n".join(_listed(ids[:LISTED], names, grades)),
                "\n".join(_expected(ids, names, grades, dataset.useful_grade)),
            )
        )
    header = ("질의", "언어", MAIN_MEASURE, f"앞의 {LISTED}개 (판정)", "판정이 높은 상대와 순위")
    return Section(
        f"{dataset.name}: 점수가 낮은 질의 {len(rows)}개 ({focus.run.system})",
        tables=(Table("", header, tuple(rows), text_columns=len(header)),),
    )


def calibration_section(
    dataset: MatchingDataset, trials: Sequence[Trial], figure_name: str
) -> Section | None:
    """Return whether stated probabilities are true; None where no system states any."""
    trial = next((trial for trial in trials if trial.run.probabilities), None)
    if trial is None:
        return None
    stated, labels = _judged_answers(dataset, trial)
    confidences, answerable = _judged_queries(dataset, trial)
    rows = reliability(stated, labels)
    curve = abstention_curve(confidences, answerable)
    error = expected_calibration_error(stated, labels)
    table = Table(
        "말한 확률과 실제",
        ("말한 확률", "수", "평균 확률", "실제 비율"),
        tuple(
            (f"{r.low:.1f}–{r.high:.1f}", f"{r.count:,}", figure(r.stated), figure(r.true))
            for r in rows
        ),
    )
    points = [
        f"앞의 {SHOWN}개 답 {len(stated):,}건에서 기대 보정 오차(ECE) {figure(error)}.",
        *_refusal_points(dataset, trial, curve),
    ]
    system, name = trial.run.system, dataset.name
    figures = []
    if rows:
        label = f"{name} · {system}: 말한 확률과 실제 비율. 점선 위에 있으면 말한 그대로"
        figures.append(draw_reliability(f"{figure_name}-reliability", label, rows))
    if curve:
        label = f"{name} · {system}: 기준 확률을 올릴 때 답하는 비율과 거절하는 비율"
        figures.append(draw_abstention(f"{figure_name}-abstention", label, curve))
    return Section(
        f"{name}: 확률 보정과 기권 ({system})",
        points=tuple(points),
        tables=(table,) if rows else (),
        figures=tuple(figures),
    )


def _judged_answers(dataset: MatchingDataset, trial: Trial) -> tuple[list[float], list[bool]]:
    """Return probability and usefulness of the answers shown; what is not judged is not useful."""
    stated: list[float] = []
    labels: list[bool] = []
    for query, probabilities in trial.run.probabilities.items():
        for id in trial.run.ids().get(query, ())[:SHOWN]:
            if query in dataset.qrels and id in probabilities:
                stated.append(probabilities[id])
                labels.append(dataset.qrels[query].get(id, 0) >= dataset.useful_grade)
    return stated, labels


def _judged_queries(dataset: MatchingDataset, trial: Trial) -> tuple[list[float], list[bool]]:
    """Return the best probability of each judged query, and whether anything useful exists."""
    judged = [query.id for query in dataset.queries if query.id in dataset.qrels]
    best = [max(trial.run.probabilities.get(id, {}).values(), default=0.0) for id in judged]
    useful = [max(dataset.qrels[id].values()) >= dataset.useful_grade for id in judged]
    return best, useful


def _refusal_points(
    dataset: MatchingDataset, trial: Trial, curve: Sequence[AbstentionRow]
) -> list[str]:
    """Say what the product's own line refuses, and the highest line that refuses few answerable."""
    judged = [query.id for query in dataset.queries if query.id in dataset.qrels]
    _, answerable = _judged_queries(dataset, trial)
    kinds = dict(zip(judged, answerable, strict=True))
    points = []
    for label, wanted in (("있는", True), ("없는", False)):
        of_kind = {id for id, kind in kinds.items() if kind == wanted}
        refused = len(of_kind & trial.run.nobody_fits)
        if of_kind:
            points.append(
                f"맞는 상대가 {label} 질의 {len(of_kind):,}개 가운데 {refused:,}개"
                f"({refused / len(of_kind):.0%})에 '적합한 상대 없음'으로 답합니다."
            )
    line = [row for row in curve if row.refused_answerable <= MOST_REFUSED][-1:]
    if line and not all(answerable):
        points.append(
            f"맞는 상대가 있는 질의의 {MOST_REFUSED:.0%}까지만 거절하는 가장 높은 기준에서는 맞는 상대가 "
            f"없는 질의의 {line[0].refused_unanswerable:.0%}를 거절합니다."
        )
    return points


def _useful_lists(dataset: MatchingDataset) -> list[list[str]]:
    """Return for each judged query the useful answers, best first."""
    return [
        [
            id
            for id, grade in sorted(grades.items(), key=lambda item: (-item[1], item[0]))
            if grade >= dataset.useful_grade
        ]
        for grades in dataset.qrels.values()
    ]


def _names(dataset: MatchingDataset) -> dict[str, str]:
    needs = {id: need.title for id, need in dataset.needs.items()}
    return {id: company.name for id, company in dataset.companies.items()} | needs


def _listed(ids: Sequence[str], names: Mapping[str, str], grades: Mapping[str, int]) -> list[str]:
    return [
        f"{rank}. {id} {names.get(id, '')} ({grades.get(id, '미판정')})"
        for rank, id in enumerate(ids, start=1)
    ] or ["답 없음"]


def _expected(
    ids: Sequence[str], names: Mapping[str, str], grades: Mapping[str, int], useful: int
) -> list[str]:
    wanted = sorted((id for id in grades if grades[id] > 0), key=lambda id: (-grades[id], id))
    wanted = [id for id in wanted if grades[id] >= useful][:LISTED] or wanted[:LISTED]
    return [
        f"{id} {names.get(id, '')} ({grades[id]}) "
        + (f"{ids.index(id) + 1}위" if id in ids else "순위 밖")
        for id in wanted
    ]
