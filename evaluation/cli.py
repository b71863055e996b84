"""`greenmatch-eval`: is it any good? Figures for people by default, JSON for programs."""

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, cast

import rich.progress
import typer
from rich.console import Console

from evaluation import systems
from evaluation.compare import Comparison, Result, compare_results, evaluate
from evaluation.datasets import (
    DIRECTIONS,
    Dataset,
    Direction,
    read_dataset,
    read_matching,
    read_retrieval,
)
from evaluation.parts import DEFAULT_FILE, parts_table, read_marked_needs, score_parts
from evaluation.report import (
    LEGEND,
    Table,
    comparison_notes,
    comparison_tables,
    result_notes,
    result_tables,
    to_markdown,
)
from evaluation.runs import Run, to_trec, write_text
from matcher.errors import GreenMatchError, InvalidRequest
from matcher.fusion import System
from matcher.progress import Progress

app = typer.Typer(
    help="그린매치 평가: 판정이 있는 자료로 검색과 매칭의 품질을 재고 시스템을 비교합니다.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

_SYSTEM_NAMES = ", ".join(systems.SYSTEMS)
SystemName = Annotated[str, typer.Option("--system", help=f"재는 시스템: {_SYSTEM_NAMES}.")]
RunFile = Annotated[
    Path | None,
    typer.Option("--run", help="순위를 TREC run 파일로 저장합니다. ID의 공백은 %20으로 적습니다."),
]
AsJson = Annotated[bool, typer.Option("--json", help="결과를 JSON으로 출력합니다.")]
DirectionName = Annotated[
    str, typer.Option("--direction", help=f"매칭 방향: {' 또는 '.join(DIRECTIONS)}.")
]


@app.command()
def retrieval(
    folder: Annotated[
        Path,
        typer.Argument(metavar="DIR", help="corpus.jsonl, queries.jsonl, qrels.tsv가 있는 폴더."),
    ],
    system: SystemName = "hybrid",
    run: RunFile = None,
    as_json: AsJson = False,
) -> None:
    """검색 자료 하나로 시스템 하나를 잽니다."""
    chosen = systems.read_system(system)
    _measure(read_retrieval(folder), chosen, run, as_json=as_json)


@app.command()
def matching(
    folder: Annotated[
        Path,
        typer.Argument(metavar="DIR", help="companies.jsonl, needs.jsonl, qrels.tsv가 있는 폴더."),
    ],
    direction: DirectionName = "need-to-company",
    system: SystemName = "hybrid",
    run: RunFile = None,
    as_json: AsJson = False,
    abstain: Annotated[
        bool,
        typer.Option(
            "--abstain",
            help="'적합한 공급기업 없음'을 답으로 인정합니다: 그런 질의는 순위를 쓰지 않습니다.",
        ),
    ] = False,
) -> None:
    """매칭 자료 하나로 시스템 하나를 잽니다.

    규칙이 제외한 상대는 모든 매칭 뒤에 점수 순으로 놓습니다. RR과 R은 2등급 이상을 정답으로 봅니다.
    """
    chosen = systems.read_system(system)
    dataset = read_matching(folder, cast(Direction, direction))
    _measure(dataset, chosen, run, as_json=as_json, abstain=abstain)


@app.command()
def compare(
    folders: Annotated[
        list[Path],
        typer.Argument(metavar="DIR...", help="평가 자료 폴더. 두 종류를 섞어도 됩니다."),
    ],
    names: Annotated[str, typer.Option("--systems", help="쉼표로 나눈 시스템 이름.")] = ",".join(
        systems.SYSTEMS
    ),
    direction: DirectionName = "need-to-company",
    out: Annotated[
        Path | None,
        typer.Option("--out", help="보고서(report.md), results.json, TREC run을 둘 폴더."),
    ] = None,
) -> None:
    """여러 시스템을 여러 자료에서 나란히 재고, 차이가 우연인지 봅니다."""
    chosen = [systems.read_system(n.strip()) for n in dict.fromkeys(names.split(",")) if n.strip()]
    datasets = [read_dataset(folder, cast(Direction, direction)) for folder in folders]
    if not chosen or len({dataset.name for dataset in datasets}) < len(datasets):
        raise InvalidRequest("시스템이 하나 이상, 폴더 이름은 서로 달라야 합니다.")
    runs: list[tuple[Dataset, Run]] = []
    results: list[Result] = []
    with _progress() as progress:
        engine = systems.open_engine(progress)
        for dataset in datasets:
            with systems.open_bench(dataset, engine, progress) as bench:
                for system in chosen:
                    run = bench.run(system, progress=progress)
                    runs.append((dataset, run))
                    results.append(evaluate(dataset, run, engine))
    comparison = compare_results(results)
    if out is not None:
        _write_report(comparison, runs, out)
    _print_comparison(comparison, out)


@app.command()
def parts(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="[FILE]",
            help="expected_parts를 적은 수요 파일(JSONL). 없으면 함께 들어 있는 표본 60건.",
            show_default=False,
        ),
    ] = DEFAULT_FILE,
    as_json: AsJson = False,
) -> None:
    """복합 수요를 항목으로 나눈 결과를 사람이 나눈 것과 견줍니다.

    나눈 항목이 정답 항목과 글자 범위의 8할 이상(교집합/합집합) 겹치면 맞은 것으로 봅니다.
    """
    scores = score_parts(read_marked_needs(file))
    if as_json:
        rows = [
            {"split": split, "language": language, **score.to_dict()}
            for (split, language), score in sorted(scores.items())
        ]
        print(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    _print_tables(Console(), [parts_table(scores, file.name)])


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; an error that a person can mend is one sentence and exit code 2."""
    try:
        app(args=arguments)
    except GreenMatchError as error:
        Console(stderr=True).print(f"오류: {error.sentence}", markup=False, highlight=False)
        sys.exit(2)


def _measure(
    dataset: Dataset,
    system: System,
    run_file: Path | None,
    *,
    as_json: bool,
    abstain: bool = False,
) -> None:
    with _progress() as progress:
        engine = systems.open_engine(progress)
        with systems.open_bench(dataset, engine, progress) as bench:
            run = bench.run(system, abstain=abstain, progress=progress)
    result = evaluate(dataset, run, engine)
    if run_file is not None:
        write_text(to_trec(run), run_file)
    if as_json:
        print(json.dumps(result.to_dict(), ensure_ascii=False, indent=2))
        return
    console = Console()
    _print_tables(console, result_tables(result))
    for note in result_notes(result):
        console.print(f"· {note}", markup=False, highlight=False)
    if run_file is not None:
        console.print(f"순위 파일: {run_file}", markup=False, highlight=False)


def _print_comparison(comparison: Comparison, out: Path | None) -> None:
    console = Console()
    _print_tables(console, comparison_tables(comparison))
    console.print(LEGEND, markup=False, highlight=False)
    for note in comparison_notes(comparison):
        console.print(f"· {note}", markup=False, highlight=False)
    if out is not None:
        console.print(f"보고서: {out / 'report.md'}", markup=False, highlight=False)


def _print_tables(console: Console, tables: list[Table]) -> None:
    for table in tables:
        console.print(table.title, markup=False, highlight=False)
        console.print(table.to_rich())


def _write_report(comparison: Comparison, runs: list[tuple[Dataset, Run]], out: Path) -> None:
    write_text(to_markdown(comparison), out / "report.md")
    rows = [result.to_dict() for result in comparison.results]
    write_text(json.dumps(rows, ensure_ascii=False, indent=2) + "\n", out / "results.json")
    for dataset, run in runs:
        write_text(to_trec(run), out / "runs" / f"{dataset.name}.{run.system}.trec")


@contextmanager
def _progress() -> Iterator[Progress]:
    """Bars on stderr; where nobody looks (a file, a pipe), one line for each finished step."""
    console = Console(stderr=True)
    bars = rich.progress.Progress(
        rich.progress.TextColumn("{task.description}"),
        rich.progress.BarColumn(),
        rich.progress.MofNCompleteColumn(),
        rich.progress.TimeElapsedColumn(),
        console=console,
        disable=not console.is_terminal,
    )
    tasks: dict[str, rich.progress.TaskID] = {}

    def show(what: str, done: int, total: int) -> None:
        if not console.is_terminal:
            if done >= total:
                console.print(f"{what} {done:,}/{total:,}", markup=False, highlight=False)
            return
        if what not in tasks:
            tasks[what] = bars.add_task(what, total=total)
        bars.update(tasks[what], completed=done, total=total)

    with bars:
        yield show


if __name__ == "__main__":
    main()
