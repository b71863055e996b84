"""Results as tables for people: on the terminal through rich, in files as Markdown."""

from dataclasses import dataclass

import rich.box
import rich.table

from evaluation.compare import SIGNIFICANT_BELOW, Comparison, Result
from evaluation.datasets import UNKNOWN_LANGUAGE
from evaluation.measures import MAIN_MEASURE, MEASURES, Scores
from evaluation.significance import RESAMPLES, Interval, bootstrap_interval

BEST = "★"
BELOW_BEST = "▼"
LEGEND = (
    f"대괄호는 질의 표본에 대한 95% 부트스트랩 구간({RESAMPLES:,}회). {BEST} 그 줄에서 가장 높음. "
    f"{BELOW_BEST} 가장 높은 시스템보다 낮으며 우연으로 보기 어려움"
    f"(짝지은 무작위화 검정, 보고서 전체에 홀름 보정, p < {SIGNIFICANT_BELOW})."
)


@dataclass(frozen=True, slots=True)
class Table:
    """A title, a header and rows of finished text; the first column is text, the rest figures."""

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def to_rich(self) -> rich.table.Table:
        """Return the table for the terminal; its title is a line of its own, wider than it."""
        table = rich.table.Table(box=rich.box.SIMPLE)
        for place, name in enumerate(self.header):
            table.add_column(name, justify="right" if place else "left", overflow="fold")
        for row in self.rows:
            table.add_row(*(cell.replace("[", r"\[") for cell in row))
        return table

    def to_markdown(self) -> str:
        """Return the table as Markdown under its title."""
        marks = [":--", *["--:"] * (len(self.header) - 1)]
        lines = [self.header, tuple(marks), *self.rows]
        body = "\n".join(f"| {' | '.join(_escape(cell) for cell in line)} |" for line in lines)
        return f"## {self.title}\n\n{body}\n"


def result_tables(result: Result) -> list[Table]:
    """Return the measures of one result, and its languages where the set names any."""
    measures = Table(
        title=f"{result.dataset} · {result.system} · 질의 {len(result.scores.queries):,}개",
        header=("지표", "평균", "95% 구간"),
        rows=tuple(
            (measure, f"{result.scores.mean(measure):.3f}", _bounds(result.intervals[measure]))
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
                _language(code),
                f"{scores.mean(MAIN_MEASURE):.3f}",
                _bounds(bootstrap_interval(scores.values[MAIN_MEASURE])),
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


def comparison_tables(comparison: Comparison) -> list[Table]:
    """Return the tables of a comparison: by set, by language, all measures, differences."""
    tables = [_by_set(comparison), _by_language(comparison), _all_measures(comparison)]
    tables.append(_differences(comparison))
    return [table for table in tables if table.rows]


def to_markdown(comparison: Comparison) -> str:
    """Return the whole report as Markdown."""
    parts = ["# 평가 보고서\n", f"{LEGEND}\n"]
    parts += [table.to_markdown() for table in comparison_tables(comparison)]
    notes = comparison_notes(comparison)
    if notes:
        parts.append("## 알아둘 점\n\n" + "\n".join(f"- {note}" for note in notes) + "\n")
    provenance = comparison.results[0].provenance
    facts = [f"- {name}: {value}" for name, value in provenance.items() if name != "direction"]
    parts.append("## 출처\n\n" + "\n".join(facts) + "\n")
    return "\n".join(parts)


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
    return lines


def _by_set(comparison: Comparison) -> Table:
    rows = []
    for name in comparison.datasets():
        best = comparison.best(name)
        cells = [
            _cell(result.scores.mean(MAIN_MEASURE), result.intervals[MAIN_MEASURE])
            + (f" {BEST}" if result.system in best else "")
            + (f" {BELOW_BEST}" if comparison.is_below_best(name, result.system) else "")
            for result in comparison.on(name)
        ]
        count = len(comparison.on(name)[0].scores.queries)
        rows.append((name, f"{count:,}", *cells))
    header = ("자료", "질의", *comparison.systems())
    return Table(f"{MAIN_MEASURE}, 자료별", header, tuple(rows))


def _by_language(comparison: Comparison) -> Table:
    rows = []
    for name in comparison.datasets():
        results = comparison.on(name)
        codes = results[0].by_language
        if set(codes) <= {UNKNOWN_LANGUAGE}:
            continue
        for code, counted in codes.items():
            parts = [result.by_language[code] for result in results]
            highest = max(part.mean(MAIN_MEASURE) for part in parts)
            rows.append(
                (
                    f"{name} · {_language(code)}",
                    f"{len(counted.queries):,}",
                    *(_language_cell(part, highest) for part in parts),
                )
            )
    header = ("자료 · 언어", "질의", *comparison.systems())
    return Table(f"{MAIN_MEASURE}, 언어별", header, tuple(rows))


def _all_measures(comparison: Comparison) -> Table:
    rows = tuple(
        (
            f"{result.dataset} · {result.system}",
            *(f"{result.scores.mean(measure):.3f}" for measure in MEASURES),
        )
        for result in comparison.results
    )
    return Table("모든 지표", ("자료 · 시스템", *MEASURES), rows)


def _differences(comparison: Comparison) -> Table:
    rows = tuple(
        (
            f"{pair.dataset} · {pair.first} − {pair.second}",
            f"{pair.difference.mean:+.3f}",
            f"[{pair.difference.interval.low:+.3f}, {pair.difference.interval.high:+.3f}]",
            _p(pair.difference.p),
            _p(pair.corrected_p) + (" *" if pair.is_significant else ""),
        )
        for pair in comparison.pairs
    )
    return Table(
        f"{MAIN_MEASURE} 차이 (* 홀름 보정 p < {SIGNIFICANT_BELOW})",
        ("자료 · 시스템", "차이", "95% 구간", "p", "보정 p"),
        rows,
    )


def _language_cell(part: Scores, highest: float) -> str:
    mean = part.mean(MAIN_MEASURE)
    interval = bootstrap_interval(part.values[MAIN_MEASURE])
    return _cell(mean, interval) + (f" {BEST}" if mean == highest else "")


def _cell(mean: float, interval: Interval) -> str:
    return f"{mean:.3f} {_bounds(interval)}"


def _bounds(interval: Interval) -> str:
    return f"[{interval.low:.3f}, {interval.high:.3f}]"


def _p(value: float) -> str:
    return f"{value:.4f}" if value >= 0.0001 else "<0.0001"


def _language(code: str) -> str:
    return "미상" if code == UNKNOWN_LANGUAGE else code


def _escape(cell: str) -> str:
    return cell.replace("|", r"\|")
