"""What people read: the figures of one system, and the report that compares several."""

from collections.abc import Sequence
from importlib.metadata import version
from importlib.util import find_spec

from evaluation.compare import SIGNIFICANT_BELOW, Comparison, Result, Trial
from evaluation.comparison_sections import (
    BEST,
    by_language_section,
    by_set_section,
    by_set_table,
    difference_section,
    difference_table,
    macro_section,
    macro_table,
    measure_section,
    slice_section,
)
from evaluation.datasets import UNKNOWN_LANGUAGE
from evaluation.matching_sections import matching_sections
from evaluation.measures import MAIN_MEASURE, MEASURES
from evaluation.pages import Report, Section
from evaluation.significance import RESAMPLES, bootstrap_interval
from evaluation.tables import Table, bounds, figure, language_name

LEGEND = (
    f"{BEST} 그 줄에서 가장 높음. 글자(a, b, …): 한 자료에서 같은 글자를 나누는 시스템끼리의 차이는 우연으로 볼 "
    f"수 있음(짝지은 무작위화 검정, 자료마다 홀름 보정, p < {SIGNIFICANT_BELOW}). –: 그 자료에서는 잴 수 없음."
)
INTERVAL_LEGEND = f"대괄호는 질의 표본에 대한 95% 부트스트랩 구간({RESAMPLES:,}회)."


def result_tables(result: Result) -> list[Table]:
    """Return the measures of one result, and its languages where the set names any."""
    measures = Table(
        title=f"{result.dataset} · {result.system} · 질의 {len(result.scores.queries):,}개",
        header=("지표", "평균", "95% 구간"),
        rows=tuple(
            (measure, figure(result.scores.mean(measure)), bounds(result.intervals[measure]))
            for measure in MEASURES
        ),
    )
    if set(result.by_language) <= {UNKNOWN_LANGUAGE}:
        return [measures]
    languages = Table(
        title=f"언어별 {MAIN_MEASURE}",
        header=("언어", "평균", "95% 구간", "질의"),
        rows=tuple(
            (
                language_name(code),
                figure(scores.mean(MAIN_MEASURE)),
                bounds(bootstrap_interval(scores.values[MAIN_MEASURE])),
                f"{len(scores.queries):,}",
            )
            for code, scores in result.by_language.items()
        ),
    )
    return [measures, languages]


def result_notes(result: Result) -> list[str]:
    """Return the sentences that a reader of one result's figures should know."""
    scores = result.scores
    counts = [
        (len(scores.left_out), "정답으로 판정된 것이 없어 평균에서 뺀 질의 {}개"),
        (len(scores.only_related), "관련(1등급) 판정만 있어 RR·R이 0으로 고정된 질의 {}개"),
        (len(scores.unanswered), "답을 받지 못해 0점으로 센 질의 {}개"),
        (
            result.abstained,
            "'적합한 상대 없음'으로 답한 질의 {}개"
            + f" (그 가운데 정답 판정이 없는 질의 {result.abstained_left_out}개)",
        ),
    ]
    return [*result.notes, *(f"{text.format(count)}." for count, text in counts if count)]


def comparison_tables(comparison: Comparison, trials: Sequence[Trial]) -> list[Table]:
    """Return what the terminal shows of a comparison; the report has the rest."""
    tables = [
        by_set_table(comparison, brief=True),
        macro_table(comparison, trials),
        difference_table(comparison),
    ]
    return [table for table in tables if table.rows]


def comparison_notes(comparison: Comparison) -> list[str]:
    """Return each result's notes once, named by set (and by system where they differ)."""
    lines: list[str] = []
    for name in comparison.datasets():
        results = comparison.on(name)
        shared = [n for n in result_notes(results[0]) if all(n in result_notes(r) for r in results)]
        lines += [f"{name}: {note}" for note in shared]
        lines += [
            f"{name} · {result.system}: {note}"
            for result in results
            for note in result_notes(result)
            if note not in shared
        ]
    sets_by_reason: dict[str, list[str]] = {}
    for item in comparison.missing:
        sets_by_reason.setdefault(item.reason, []).append(item.dataset)
    lines += [f"{', '.join(sets)}: {reason}" for reason, sets in sets_by_reason.items()]
    return lines


def build_report(comparison: Comparison, trials: Sequence[Trial]) -> Report:
    """Put the whole report together; sections without anything to say are left out."""
    notes = comparison_notes(comparison)
    sections = [
        _provenance_section(comparison),
        by_set_section(comparison),
        macro_section(comparison, trials),
        by_language_section(comparison),
        slice_section(comparison, trials),
        *matching_sections(comparison, trials),
        difference_section(comparison),
        measure_section(comparison),
        Section("알아둘 점", points=tuple(notes)) if notes else None,
    ]
    return Report("평가 보고서", tuple(section for section in sections if section is not None))


def _provenance_section(comparison: Comparison) -> Section:
    """Return what all results share; what differs between sets stands in results.json."""
    first = comparison.results[0].provenance
    facts = {
        name: value
        for name, value in first.items()
        if name != "made_at" and all(r.provenance.get(name) == value for r in comparison.results)
    }
    facts["made_at"] = comparison.results[-1].provenance.get("made_at")
    facts["greenmatch"] = version("greenmatch")
    if "txtai" in comparison.systems() and find_spec("txtai") is not None:
        facts["txtai"] = version("txtai")
    return Section(
        "출처",
        paragraphs=(f"{INTERVAL_LEGEND} {LEGEND}",),
        points=tuple(f"{name}: {value}" for name, value in facts.items()),
    )
