"""The commands of `greenmatch-eval` that measure time, memory and timetables."""

import json
import tempfile
import time
from importlib import resources
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from evaluation import systems
from evaluation.datasets import read_matching
from evaluation.imports import imports_table, measure_imports
from evaluation.meeting_days import SIZES, measure_delegations, measure_timetables
from evaluation.page_speed import measure_pages, pages_table
from evaluation.runs import write_text
from evaluation.speed import DEFAULT_FOLDER, measure_speed, speed_provenance, speed_table
from evaluation.terminal import AsJson, Out, as_markdown, print_tables, progress_bars
from matcher.errors import InvalidRequest


def speed(
    folder: Annotated[
        Path,
        typer.Argument(
            metavar="[DIR]",
            help="companies.jsonl, needs.jsonl, qrels.tsv가 있는 폴더. 없으면 함께 들어 있는 표본.",
            show_default=False,
        ),
    ] = DEFAULT_FOLDER,
    needs: Annotated[int, typer.Option(min=1, help="재는 수요의 수.")] = 20,
    rounds: Annotated[int, typer.Option(min=1, help="수요마다 되풀이하는 횟수.")] = 3,
    out: Out = None,
    as_json: AsJson = False,
) -> None:
    """수요 한 건에 드는 시간을 단계마다 재고, 같은 일을 하는 다른 방법과 견줍니다.

    비율은 p50끼리 나눈 값으로, 1보다 작으면 견준 것보다 빠릅니다.
    """
    dataset = read_matching(folder)
    with progress_bars() as progress:
        plain = systems.open_plain_encoder(progress)
        encoders = (plain, systems.open_other_backend(plain, progress))
        engine = systems.engine_of(plain)
        counts = (needs, rounds)
        timings = measure_speed(dataset, engine, encoders, counts, time.perf_counter, progress)
    provenance = speed_provenance(engine)
    needs = min(needs, len(dataset.needs))
    if as_json:
        head = {"dataset": dataset.name, "needs": needs, "rounds": rounds}
        stages = [timing.to_dict() for timing in timings]
        body = {**head, "stages": stages, "provenance": provenance}
        print(json.dumps(body, ensure_ascii=False, indent=2))
        return
    console = Console()
    title = f"{dataset.name} · 기업 {len(dataset.companies):,} · 수요 {needs:,}건을 {rounds:,}번씩"
    table = speed_table(timings, title)
    print_tables(console, [table])
    notes = [f"· {name}: {value}" for name, value in provenance.items()]
    for note in notes:
        console.print(note, markup=False, highlight=False)
    if out is not None:
        write_text(as_markdown("수요 한 건에 드는 시간", "speed", [table], *notes), out)


def events(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[크기...]", help=f"행사의 크기: {', '.join(SIZES)}.", show_default=False
        ),
    ] = None,
    seeds: Annotated[int, typer.Option(min=1, help="크기마다 지어낼 행사의 수.")] = 1,
    delegations: Annotated[int, typer.Option(min=0, help="파견단을 고를 행사의 수.")] = 30,
    out: Out = None,
) -> None:
    """지어낸 행사에서 상담표와 파견단이 얼마나 좋은지, 더 쉬운 방법과 나란히 잽니다."""
    chosen = names if names is not None else ["seoul", "gyeonggi"]
    for name in chosen:
        if name not in SIZES:
            raise InvalidRequest(
                f"'{name}'은(는) 없는 크기입니다: {', '.join(SIZES)}.", field="names"
            )
    with progress_bars() as progress:
        table, _ = measure_timetables(chosen, range(1, seeds + 1), progress)
        tables = [table]
        if delegations:
            tables.append(measure_delegations(delegations, progress))
    print_tables(Console(), tables)
    if out is not None:
        write_text(as_markdown("상담표와 파견단", "events", tables), out)


def imports(
    offerings: Annotated[int, typer.Option(min=1, help="지어낼 공급기술의 수.")] = 100_000,
    out: Out = None,
) -> None:
    """큰 통합문서를 두 번 가져와 시간과 메모리를 잽니다. 두 번째는 바뀐 것이 없습니다."""
    with tempfile.TemporaryDirectory() as folder, progress_bars() as progress:
        table = imports_table(measure_imports(Path(folder), offerings, progress), offerings)
    print_tables(Console(), [table])
    if out is not None:
        write_text(as_markdown("가져오기", "imports", [table]), out)


def pages(
    companies: Annotated[int, typer.Option(min=10, help="지어낼 공급기업의 수.")] = 10_000,
    needs: Annotated[int, typer.Option(min=10, help="지어낼 수요의 수.")] = 1_000,
    visits: Annotated[int, typer.Option(min=2, help="쪽마다 몇 번.")] = 40,
    out: Out = None,
) -> None:
    """지어낸 큰 자료로 서비스를 켜고 화면마다 걸리는 시간을 잽니다."""
    source = Path(str(resources.files("data"))) / "samples"
    with tempfile.TemporaryDirectory() as folder, progress_bars() as progress:
        costs = measure_pages(Path(folder), source, companies, needs, visits, progress)
    table = pages_table(costs, companies, needs)
    print_tables(Console(), [table])
    if out is not None:
        write_text(as_markdown("화면의 속도", "pages", [table]), out)


def add_to(app: typer.Typer) -> None:
    """Add these commands to an application."""
    for command in (speed, events, imports, pages):
        app.command()(command)
