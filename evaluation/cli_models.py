"""The commands of `greenmatch-eval` that say what parts of the score add: encoders, weights, ingredients."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from evaluation import systems
from evaluation.ablation import ablate, ablation_table
from evaluation.datasets import Dataset, read_dataset, read_matching
from evaluation.encoders import (
    Similarities,
    compare_encoders,
    encoders_summary,
    encoders_table,
    read_similarities,
    sampled,
)
from evaluation.runs import write_text
from evaluation.terminal import Out, as_markdown, print_tables, progress_bars
from evaluation.weights import leave_out, read_known, weights_table
from indexing.adapter import SHIPPED


def encoders(
    sources: Annotated[
        list[Path],
        typer.Argument(
            metavar="PATH...",
            help="검색 자료나 매칭 자료의 폴더, 유사도 파일(KorSTS .tsv, KLUE-STS .json).",
        ),
    ],
    adapters: Annotated[
        list[Path] | None,
        typer.Option(
            "--adapter", help="견줄 어댑터의 폴더. 되풀이할 수 있고, 없으면 함께 들어 있는 것."
        ),
    ] = None,
    sample: Annotated[
        int | None,
        typer.Option(
            min=1, help="자료마다 질의를 이만큼만 뽑아 빨리 봅니다. 서로 견줄 때에만 쓰십시오."
        ),
    ] = None,
    out: Out = None,
) -> None:
    """어댑터가 바탕 모델보다 의미만으로 얼마나 더 찾고 덜 찾는지, 자료마다 견줍니다."""
    sets = [_read(path, sample) for path in sources]
    folders = adapters or [SHIPPED]
    names = ["바탕 모델", *(folder.resolve().name for folder in folders)]
    with progress_bars() as progress:
        opened = [systems.open_adapted(folder, progress) for folder in (None, *folders)]
        rows = compare_encoders(sets, opened, progress)
    tables = [encoders_table(rows, names), encoders_summary(rows, names)]
    print_tables(Console(), tables)
    if out is not None:
        models = "모델: " + ", ".join(encoder.name for encoder in opened) + "."
        part = f" 자료마다 질의 {sample:,}건까지." if sample else ""
        write_text(as_markdown("임베딩 모델", "encoders", tables, models + part), out)


def _read(path: Path, sample: int | None) -> Dataset | Similarities:
    if path.is_file():
        return read_similarities(path)
    dataset = read_dataset(path)
    return sampled(dataset, sample) if sample else dataset


def weights(
    folders: Annotated[
        list[Path], typer.Argument(metavar="DIR...", help="검색 자료나 매칭 자료의 폴더.")
    ],
    out: Out = None,
) -> None:
    """점수의 가중치를, 재려는 자료의 갈래를 빼고 나머지로 골라 봅니다 (leave-one-out).

    이름이 밑줄 앞까지 같은 자료(hs6_en2ko, hs6_ko2en)는 한 갈래입니다.
    """
    with progress_bars() as progress:
        engine = systems.open_engine(progress)
        known = [read_known(read_dataset(folder), engine, progress) for folder in folders]
        held = leave_out(known, engine.policy, progress)
    table = weights_table(held)
    print_tables(Console(), [table])
    if out is not None:
        model = f"모델: {engine.encoder.name}."
        write_text(as_markdown("가중치", "weights", [table], model), out)


def ablation(
    folders: Annotated[list[Path], typer.Argument(metavar="DIR...", help="매칭 자료 폴더.")],
    out: Out = None,
) -> None:
    """점수의 재료를 하나씩 빼고 재어, 재료마다 얼마나 보태는지 봅니다."""
    found = []
    with progress_bars() as progress:
        engine = systems.open_engine(progress)
        for folder in folders:
            found.append(ablate(read_matching(folder), engine, progress))
    table = ablation_table(found)
    print_tables(Console(), [table])
    if out is not None:
        provenance = ", ".join(f"{k} {v}" for k, v in found[0].whole.provenance.items())
        write_text(as_markdown("재료별 기여", "ablation", [table], provenance), out)


def add_to(app: typer.Typer) -> None:
    """Add these commands to an application."""
    for command in (encoders, weights, ablation):
        app.command()(command)
