"""`greenmatch-eval`: is it any good? Figures for people by default, JSON for programs."""

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import date
from pathlib import Path
from typing import Annotated, cast

import typer
from rich.console import Console

from evaluation import cli_costs, cli_models, systems
from evaluation.compare import Comparison, Missing, Trial, compare_results, evaluate
from evaluation.crowd import brief, composing, crowd_of
from evaluation.datasets import (
    DIRECTIONS,
    Dataset,
    Direction,
    read_dataset,
    read_matching,
    read_retrieval,
)
from evaluation.fitting import (
    check,
    check_table,
    cross_validate,
    fit,
    read_all,
    to_toml,
)
from evaluation.identity import measure as measure_identity
from evaluation.identity import read_pairs
from evaluation.pages import FIGURE_FOLDER, to_html, to_markdown
from evaluation.parts import DEFAULT_FILES, parts_table, score_files, score_rows
from evaluation.parts import HELP as PARTS_HELP
from evaluation.perturbation import Plan, quote_provenance, rates, rates_table, try_quotes
from evaluation.reciprocal import (
    Lists,
    measure_orders,
    read_strengths,
    to_lists,
    to_notes,
    to_tables,
)
from evaluation.report import (
    LEGEND,
    build_report,
    comparison_notes,
    comparison_tables,
    result_notes,
    result_tables,
)
from evaluation.runs import to_trec, write_text
from evaluation.speed import speed_provenance
from evaluation.terminal import AsJson, Out, as_markdown, print_tables, progress_bars
from matcher.errors import GreenMatchError, InvalidRequest

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
        typer.Option(
            "--out", help="보고서(report.md, report.html), results.json, TREC run을 둘 폴더."
        ),
    ] = None,
) -> None:
    """여러 시스템을 여러 자료에서 나란히 재고, 차이가 우연인지 봅니다."""
    chosen = [systems.read_system(n.strip()) for n in dict.fromkeys(names.split(",")) if n.strip()]
    datasets = [read_dataset(folder, cast(Direction, direction)) for folder in folders]
    if not chosen or len({dataset.name for dataset in datasets}) < len(datasets):
        raise InvalidRequest("시스템이 하나 이상, 폴더 이름은 서로 달라야 합니다.")
    trials: list[Trial] = []
    missing: list[Missing] = []
    with progress_bars() as progress:
        engine = systems.open_engine(progress)
        for dataset in datasets:
            with systems.open_bench(dataset, engine, progress) as bench:
                for system in chosen:
                    if reason := systems.why_unavailable(system, dataset):
                        missing.append(Missing(dataset.name, system, reason))
                        continue
                    run = bench.run(system, progress=progress)
                    trials.append(Trial(dataset, run, evaluate(dataset, run, engine)))
    if not trials:
        raise InvalidRequest(missing[0].reason)
    comparison = compare_results([trial.result for trial in trials], missing)
    if out is not None:
        _write_report(comparison, trials, out)
    _print_comparison(comparison, trials, out)


@app.command(help=PARTS_HELP)
def parts(
    files: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[FILE]...",
            help="expected_parts를 적은 수요 파일(JSONL). 없으면 함께 들어 있는 파일 모두.",
            show_default=False,
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Measure the splitter on each file."""
    scores = score_files(files or DEFAULT_FILES)
    if as_json:
        print(json.dumps(score_rows(scores), ensure_ascii=False, indent=2))
        return
    print_tables(Console(), [parts_table(found, name) for name, found in scores.items()])


@app.command()
def identity(
    file: Annotated[
        Path,
        typer.Argument(metavar="FILE", help="정답이 달린 짝(JSONL: first, second, same)."),
    ] = Path("data/duplicates/pairs.jsonl"),
    as_json: AsJson = False,
) -> None:
    """같은 기업을 얼마나 잘 찾는지: 자동으로 합치는 짝의 정밀도, 보이는 짝의 재현율."""
    measured = measure_identity(read_pairs(file))
    if as_json:
        print(json.dumps(asdict(measured), ensure_ascii=False, indent=2))
        return
    print_tables(Console(), [measured.table()])


cli_costs.add_to(app)
cli_models.add_to(app)


@app.command()
def reciprocal(
    folder: Annotated[
        Path,
        typer.Argument(metavar="DIR", help="companies.jsonl, needs.jsonl, qrels.tsv가 있는 폴더."),
    ],
    strengths: Annotated[
        str, typer.Option(help="정책의 몫에 곱할 세기. 쉼표로 나눕니다(예: 0.5,1,2).")
    ] = "1",
    as_json: AsJson = False,
) -> None:
    """양쪽이 받아들일 만한 순서를 찾습니다: 두 쪽 수용도를 합치는 방법들을 두 방향에서 견줍니다."""
    factors = read_strengths(strengths)
    datasets = {direction: read_matching(folder, direction) for direction in DIRECTIONS}
    lists: dict[Direction, Lists] = {}
    today = date.today()
    with progress_bars() as progress:
        engine = systems.open_engine(progress)
        for direction, dataset in datasets.items():
            with systems.open_bench(dataset, engine, progress) as bench:
                run = bench.run("hybrid", progress=progress)
            lists[direction] = to_lists(dataset, run, today)
    findings = measure_orders(datasets, lists, engine.policy, today, factors)
    if as_json:
        provenance = speed_provenance(engine)
        print(json.dumps({**findings.to_dict(), "provenance": provenance}, ensure_ascii=False))
        return
    console = Console()
    print_tables(console, to_tables(findings.rows, folder.resolve().name))
    for note in to_notes(findings):
        console.print(f"· {note}", markup=False, highlight=False)


@app.command()
def explain(
    folder: Annotated[
        Path,
        typer.Argument(metavar="DIR", help="companies.jsonl, needs.jsonl, qrels.tsv가 있는 폴더."),
    ],
    listed: Annotated[int, typer.Option(help="수요마다 보는 기업 수.")] = Plan().listed,
    randoms: Annotated[int, typer.Option(help="인용마다 견주는 무작위 조각 수.")] = Plan().randoms,
    as_json: AsJson = False,
) -> None:
    """인용이 매칭을 떠받치는지 봅니다: 인용을 지우면 같은 길이의 아무 조각을 지울 때보다 점수가 더 떨어지는 짝의 비율.

    인용이 글의 전부인 짝은 빼고 따로 셉니다.
    """
    dataset = read_matching(folder)
    plan = Plan(listed=listed, randoms=randoms)
    with progress_bars() as progress:
        engine = systems.open_engine(progress)
        trials = try_quotes(dataset, engine, plan, progress)
    found = rates(trials, sorted({1, listed}))
    provenance = quote_provenance(engine, plan)
    if as_json:
        result = {
            "dataset": dataset.name,
            "rates": [rate.to_dict() for rate in found],
            "provenance": provenance,
        }
        print(json.dumps(result, ensure_ascii=False))
        return
    console = Console()
    print_tables(console, [rates_table(found, dataset.name)])
    for name, value in provenance.items():
        console.print(f"· {name}: {value}", markup=False, highlight=False)


@app.command()
def calibrate(
    folders: Annotated[
        list[Path],
        typer.Argument(
            metavar="DIR...", help="맞출 매칭 자료. no_supplier_needs.jsonl도 읽습니다."
        ),
    ],
    unseen: Annotated[
        list[Path] | None, typer.Option("--check", help="맞추지 않고 확인만 할 자료.")
    ] = None,
    crowd: Annotated[
        list[Path] | None,
        typer.Option(
            "--crowd",
            help="낯선 기업의 글을 뽑을 검색 자료. 등록 기업이 아주 많을 때에도 맞추고 확인합니다.",
        ),
    ] = None,
    crowd_size: Annotated[
        int,
        typer.Option("--crowd-size", min=1, help="더할 낯선 기업의 수. 그 십분의 일로도 봅니다."),
    ] = 10_000,
    composed: Annotated[
        int | None,
        typer.Option(
            "--composed",
            min=1,
            help="낯선 기업 이만큼 속에서도 맞추고 확인합니다. 그 벡터는 글마다 잰 벡터로 지어냅니다.",
        ),
    ] = None,
    out: Out = None,
) -> None:
    """적합 가능성과 '적합한 공급기업 없음'의 선을 판정에 맞추고, 교차검증과 새 자료로 확인합니다.

    출력된 [confidence] 수를 matcher/policy.toml에 적으면 제품에 쓰입니다.
    """
    if composed and not crowd:
        raise InvalidRequest(
            "--composed를 쓰려면 낯선 기업의 글을 뽑을 검색 자료를 --crowd로 주십시오."
        )
    with progress_bars() as progress:
        engine = systems.open_engine(progress)
        engine = replace(engine, analyzer=systems.reading_once(engine.analyzer))
        strangers = crowd_of(crowd, crowd_size) if crowd else []
        crowds = ((), *filter(None, (strangers[: crowd_size // 10], strangers)))
        cases = read_all(folders, engine, progress, crowds)
        others = read_all(unseen or (), engine, progress, crowds)
        if composed:
            many = brief(crowd_of(crowd or (), 2 * composed), engine.encoder)[:composed]
            few = brief(strangers, engine.encoder)
            encoder, truth = composing(engine.encoder, few, many, progress)
            composer = replace(engine, encoder=encoder)
            cases += read_all(folders, composer, progress, (many,))
            among_composed = read_all(unseen or (), composer, progress, (few, many))
    described = engine.policy.confidence.described
    fitted = fit(cases, described)
    print(to_toml(fitted, engine.encoder.name), flush=True)
    tables = [check_table("교차검증", cross_validate(cases, described))]
    if others:
        tables.append(check_table("맞추는 데 쓰지 않은 자료", check(others, fitted)))
    notes = f"모델: {engine.encoder.name}."
    if composed:
        if among_composed:
            checks = check(among_composed, fitted)
            tables.append(
                check_table("지어낸 벡터의 낯선 기업 속에서, 맞추는 데 쓰지 않은 자료", checks)
            )
        notes += (
            f" 낯선 기업 {len(many):,}곳은 교차검증에서도 지어낸 벡터입니다. "
            f"지어낸 벡터와 참 벡터의 코사인은 맞추지 않은 글에서 평균 {truth:.3f}."
        )
    print_tables(Console(), tables)
    if out is not None:
        write_text(as_markdown("적합 가능성", "calibrate", tables, notes), out)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; an error that a person can mend is one sentence and exit code 2."""
    try:
        app(args=arguments)
    except GreenMatchError as error:
        Console(stderr=True).print(f"오류: {error.sentence}", markup=False, highlight=False)
        sys.exit(2)


def _measure(
    dataset: Dataset,
    system: str,
    run_file: Path | None,
    *,
    as_json: bool,
    abstain: bool = False,
) -> None:
    systems.require_available(system, dataset)
    with progress_bars() as progress:
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
    print_tables(console, result_tables(result))
    for note in result_notes(result):
        console.print(f"· {note}", markup=False, highlight=False)
    if run_file is not None:
        console.print(f"순위 파일: {run_file}", markup=False, highlight=False)


def _print_comparison(comparison: Comparison, trials: Sequence[Trial], out: Path | None) -> None:
    console = Console()
    print_tables(console, comparison_tables(comparison, trials))
    console.print(LEGEND, markup=False, highlight=False)
    for note in comparison_notes(comparison):
        console.print(f"· {note}", markup=False, highlight=False)
    if out is not None:
        for name in ("report.md", "report.html"):
            console.print(f"보고서: {out / name}", markup=False, highlight=False)


def _write_report(comparison: Comparison, trials: Sequence[Trial], out: Path) -> None:
    report = build_report(comparison, trials)
    write_text(to_markdown(report), out / "report.md")
    write_text(to_html(report), out / "report.html")
    for figure in report.figures():
        write_text(figure.svg, out / FIGURE_FOLDER / f"{figure.name}.svg")
    rows = [result.to_dict() for result in comparison.results]
    write_text(json.dumps(rows, ensure_ascii=False, indent=2) + "\n", out / "results.json")
    for trial in trials:
        name = f"{trial.dataset.name}.{trial.run.system}.trec"
        write_text(to_trec(trial.run), out / "runs" / name)


if __name__ == "__main__":
    main()
