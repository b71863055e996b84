"""Sections of a report that speak of every kind of set: means, languages, slices, differences."""

from collections.abc import Mapping, Sequence

from evaluation.compare import SIGNIFICANT_BELOW, Comparison, Result, Trial
from evaluation.datasets import UNKNOWN_LANGUAGE
from evaluation.figures import Dot, draw_dots
from evaluation.measures import MAIN_MEASURE, MEASURES, Scores
from evaluation.pages import Section
from evaluation.significance import bootstrap_interval
from evaluation.slices import (
    HARD_BELOW,
    LANGUAGE_PAIRS,
    YARDSTICKS,
    hard_queries,
    language_pairs,
)
from evaluation.tables import ABSENT, Table, bounds, figure, language_name, p_value

BEST = "★"
FOCUS = "hybrid"
"""What the product does: the system whose lead and whose weak spots a report names."""
ADVANTAGE = f"{FOCUS} − 다른 최고"


def by_set_section(comparison: Comparison) -> Section:
    """Return the systems beside each other on each set, with intervals and letters."""
    dots = tuple(
        Dot(
            result.dataset,
            result.system,
            result.scores.mean(MAIN_MEASURE),
            result.intervals[MAIN_MEASURE].low,
            result.intervals[MAIN_MEASURE].high,
        )
        for result in comparison.results
    )
    label = f"자료별 {MAIN_MEASURE}: 점은 평균, 선은 95% 구간"
    return Section(
        f"{MAIN_MEASURE}, 자료별",
        tables=(by_set_table(comparison),),
        figures=(draw_dots("sets", label, dots),) if dots else (),
    )


def by_set_table(comparison: Comparison, *, brief: bool = False) -> Table:
    """Return one row a set; `brief` leaves the intervals out, for a terminal."""
    rows = []
    for name in comparison.datasets():
        best, letters = comparison.best(name), comparison.letters(name)
        cells = []
        for system in comparison.systems():
            result = comparison.result(name, system)
            cells.append(
                _cell(result, letters[system], is_best=system in best, brief=brief)
                if result
                else ABSENT
            )
        count = len(comparison.on(name)[0].scores.queries)
        if not brief:
            means = {r.system: r.scores.mean(MAIN_MEASURE) for r in comparison.on(name)}
            cells += _advantage(comparison, means)
        rows.append((name, f"{count:,}", *cells))
    extra = () if brief else _advantage_header(comparison)
    header = ("자료", "질의", *comparison.systems(), *extra)
    return Table("" if not brief else f"{MAIN_MEASURE}, 자료별", header, tuple(rows))


def macro_table(comparison: Comparison, trials: Sequence[Trial]) -> Table:
    """Return means over sets, every set with the same weight: all queries, then by languages."""
    pairs = {
        name: language_pairs(next(t.dataset for t in trials if t.dataset.name == name))
        for name in comparison.datasets()
    }
    rows = []
    for kind, label in (("all", "모든 질의"), *LANGUAGE_PAIRS.items()):
        members = {
            name: frozenset(query for query, pair in of_set.items() if kind in ("all", pair))
            for name, of_set in pairs.items()
        }
        cut = {
            (result.dataset, result.system): result.scores.only(members[result.dataset])
            for result in comparison.results
        }
        sets = list(dict.fromkeys(name for (name, _), scores in cut.items() if scores.queries))
        means = {
            system: sum(cut[name, system].mean(MAIN_MEASURE) for name in sets) / len(sets)
            for system in comparison.systems()
            if sets and all((name, system) in cut for name in sets)
        }
        if sets:
            cells = [figure(means[s]) if s in means else ABSENT for s in comparison.systems()]
            rows.append((label, f"{len(sets):,}", *cells, *_advantage(comparison, means)))
    header = ("질의의 묶음", "자료", *comparison.systems(), *_advantage_header(comparison))
    return Table(f"{MAIN_MEASURE}의 자료별 평균의 평균", header, tuple(rows))


def macro_section(comparison: Comparison, trials: Sequence[Trial]) -> Section:
    """Return the means over sets with a word on how languages are told."""
    table = macro_table(comparison, trials)
    return Section(
        table.title,
        paragraphs=(
            "자료마다 평균을 낸 뒤 자료의 수로 나눕니다. 질의의 언어가 적힌 자료는 질의마다, 적히지 않은 "
            "자료는 글자의 과반이 한글인지로 자료 전체를 나눕니다. 한 자료라도 잴 수 없는 시스템은 비웁니다.",
        ),
        tables=(_untitled(table),),
    )


def by_language_table(comparison: Comparison) -> Table:
    """Return one row for each language of each set that states languages."""
    rows = []
    for name in comparison.datasets():
        codes = comparison.on(name)[0].by_language
        if set(codes) <= {UNKNOWN_LANGUAGE}:
            continue
        for code, counted in codes.items():
            found = [comparison.result(name, system) for system in comparison.systems()]
            parts = [result.by_language[code] if result else None for result in found]
            label, count = f"{name} · {language_name(code)}", f"{len(counted.queries):,}"
            rows.append((label, count, *_part_cells(parts)))
    header = ("자료 · 언어", "질의", *comparison.systems())
    return Table(f"{MAIN_MEASURE}, 언어별", header, tuple(rows))


def by_language_section(comparison: Comparison) -> Section | None:
    """Return the rows by language, where any set states languages."""
    table = by_language_table(comparison)
    return Section(table.title, tables=(_untitled(table),)) if table.rows else None


def slice_section(comparison: Comparison, trials: Sequence[Trial]) -> Section | None:
    """Return easy and hard queries apart, for sets on which a yardstick was run."""
    rows = []
    for name in comparison.datasets():
        yardstick = next((r for s in YARDSTICKS if (r := comparison.result(name, s))), None)
        if yardstick is None:
            continue
        dataset = next(trial.dataset for trial in trials if trial.dataset.name == name)
        hard = hard_queries(dataset, yardstick.scores)
        easy = frozenset(yardstick.scores.queries) - hard
        for label, members in (("쉬움", easy), ("어려움", hard)):
            if members:
                found = [comparison.result(name, system) for system in comparison.systems()]
                parts = [result.scores.only(members) if result else None for result in found]
                rows.append((f"{name} · {label}", f"{len(members):,}", *_part_cells(parts)))
    if not rows:
        return None
    return Section(
        f"{MAIN_MEASURE}, 쉬운 질의와 어려운 질의",
        paragraphs=(
            f"어려움: 질의와 찾는 글의 언어가 다르거나 형태소 BM25의 {MAIN_MEASURE}이 {HARD_BELOW}보다 "
            "낮은 질의. BM25 자신의 값은 이 정의에서 나오므로 견주지 마십시오.",
        ),
        tables=(Table("", ("자료 · 구분", "질의", *comparison.systems()), tuple(rows)),),
    )


def difference_table(comparison: Comparison) -> Table:
    """Return the differences of the focus to every other system, or all pairs without it."""
    pairs = [pair.seen_from(FOCUS) for pair in comparison.pairs]
    if FOCUS in comparison.systems():
        pairs = [pair for pair in pairs if pair.first == FOCUS]
    rows = tuple(
        (
            f"{pair.dataset} · {pair.first} − {pair.second}",
            f"{pair.difference.mean:+.3f}",
            f"[{pair.difference.interval.low:+.3f}, {pair.difference.interval.high:+.3f}]",
            p_value(pair.difference.p),
            p_value(pair.corrected_p) + (" *" if pair.is_significant else ""),
        )
        for pair in pairs
    )
    title = f"{MAIN_MEASURE} 차이 (* 홀름 보정 p < {SIGNIFICANT_BELOW})"
    return Table(title, ("자료 · 시스템", "차이", "95% 구간", "p", "보정 p"), rows)


def difference_section(comparison: Comparison) -> Section | None:
    """Return the differences, where two systems ran on a set."""
    table = difference_table(comparison)
    return Section(table.title, tables=(_untitled(table),)) if table.rows else None


def measure_section(comparison: Comparison) -> Section:
    """Return every measure of every result."""
    rows = tuple(
        (
            f"{result.dataset} · {result.system}",
            *(figure(result.scores.mean(measure)) for measure in MEASURES),
        )
        for result in comparison.results
    )
    return Section("모든 지표", tables=(Table("", ("자료 · 시스템", *MEASURES), rows),))


def _untitled(table: Table) -> Table:
    return Table("", table.header, table.rows, table.text_columns)


def _cell(result: Result, letters: str, *, is_best: bool, brief: bool) -> str:
    marks = BEST if is_best else ""
    interval = "" if brief else f"\n{bounds(result.intervals[MAIN_MEASURE])}"
    return f"{figure(result.scores.mean(MAIN_MEASURE))} {letters}{marks}{interval}"


def _part_cells(parts: Sequence[Scores | None]) -> list[str]:
    """Return the cells of one row of slices, the best one starred."""
    means = [part.mean(MAIN_MEASURE) if part else None for part in parts]
    highest = max((mean for mean in means if mean is not None), default=0.0)
    cells = []
    for part, mean in zip(parts, means, strict=True):
        if part is None or mean is None:
            cells.append(ABSENT)
            continue
        interval = bootstrap_interval(part.values[MAIN_MEASURE])
        star = f" {BEST}" if mean == highest else ""
        cells.append(f"{figure(mean)}{star}\n{bounds(interval)}")
    return cells


def _advantage_header(comparison: Comparison) -> tuple[str, ...]:
    has_others = FOCUS in comparison.systems() and len(comparison.systems()) > 1
    return (ADVANTAGE,) if has_others else ()


def _advantage(comparison: Comparison, means: Mapping[str, float]) -> tuple[str, ...]:
    """Return how far the focus leads the best other system, and which one that is."""
    if not _advantage_header(comparison):
        return ()
    others = {system: mean for system, mean in means.items() if system != FOCUS}
    if FOCUS not in means or not others:
        return (ABSENT,)
    best = max(others, key=lambda system: others[system])
    return (f"{means[FOCUS] - others[best]:+.3f} ({best})",)
