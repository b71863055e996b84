"""Commands on what came of it all: `funnel`, `follow-ups`, `exposure`, `judgements`."""

from datetime import date
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from service.help_text import KoreanCommand
from service.screen import open_console, paragraph, plain, print_json, print_table
from service.upkeep import Json, opened_store

Year = Annotated[int | None, typer.Option("--year", metavar="연도", min=2000, max=2200)]


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    for name, command in (
        ("funnel", funnel),
        ("follow-ups", follow_up),
        ("exposure", exposure),
        ("judgements", judgements),
    ):
        app.command(name, cls=KoreanCommand)(command)


def funnel(
    by: Annotated[
        str, typer.Option("--by", metavar="기준", help="event, year, country, sector 가운데 하나.")
    ] = "event",
    year: Year = None,
    json: Json = False,
) -> None:
    """성과를 단계마다 개사, 건, 만 달러로 셉니다. 단계끼리, 묶음끼리 더하지 않습니다."""
    from service.reports import GROUPS, funnels

    with opened_store() as store:
        found = funnels(store, by, year)
    if json:
        print_json({name: [s.to_dict() for s in stages] for name, stages in found.items()})
        return
    table = Table(GROUPS[by], "단계", "개사", "건", "만 달러", title="성과")
    for name, stages in found.items():
        for stage in stages:
            label = stage.label.partition(" ")[0]
            money = f"{stage.usd / 10_000:,.1f}" if stage.usd else ""
            table.add_row(plain(name), label, f"{stage.companies:,}", f"{stage.count:,}", money)
    print_table(open_console(), table)


def follow_up(
    days: Annotated[
        int, typer.Option("--days", metavar="일", min=1, help="이만큼 소식이 없는 상담을 찾습니다.")
    ] = 90,
    json: Json = False,
) -> None:
    """상담, 계약추진, MOU, MOA 뒤로 소식이 없어 다시 물어볼 곳을 오래된 것부터 보입니다."""
    from matcher.outcomes import follow_ups

    with opened_store() as store:
        found = follow_ups([o for _, o in store.events.outcomes()], date.today(), days)
    if json:
        print_json([item.to_dict() for item in found])
        return
    console = open_console()
    for item in found:
        console.print(paragraph(console, f"[{item.last.event_id}] {item.label}"))
    console.print(plain(f"다시 물어볼 곳 {len(found):,}"))


def exposure(year: Year = None, json: Json = False) -> None:
    """한 해의 행사에서 기업마다 몇 번 기회를 얻었는지, 얼마나 고른지 보입니다."""
    from service.reports import evenness, exposures_of_year

    asked = year or date.today().year
    with opened_store() as store:
        found = exposures_of_year(store, asked)
        share = evenness(store, found)
    if json:
        print_json({"year": asked, "gini": share, "companies": [e.to_dict() for e in found]})
        return
    table = Table("기업", "행사", "상담", title=f"{asked}년의 기회")
    for item in found:
        table.add_row(plain(item.company_id), f"{item.events:,}", f"{item.meetings:,}")
    print_table(open_console(), table)
    open_console().print(plain(f"고르지 않은 정도(지니 계수, 0이 가장 고름): {share:.3f}"))


def judgements(
    folder: Annotated[Path, typer.Argument(metavar="폴더", help="qrels.tsv 등을 쓸 폴더.")],
    json: Json = False,
) -> None:
    """결정과 성과를 평가가 읽는 판정(qrels.tsv)으로 씁니다. 동의한 기업의 짝만 나갑니다."""
    from service.reports import write_judgements

    with opened_store() as store:
        done = write_judgements(store, folder)
    if json:
        print_json({"pairs": done.pairs, "left_out": done.left_out})
        return
    said = f"판정 {done.pairs:,}건을 썼습니다. 동의가 없어 뺀 짝 {done.left_out:,}건 → {folder}"
    open_console().print(plain(said))
