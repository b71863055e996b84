"""Commands for events: who travels, and who meets whom when."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from matcher.errors import InvalidRequest
from matcher.events import Event
from matcher.progress import Progress
from service.help_text import KoreanCommand
from service.screen import bars, open_console, paragraph, print_json, print_table
from service.settings import Settings
from service.upkeep import opened_store

if TYPE_CHECKING:
    from rich.console import Console

    from matcher.delegation import Delegation
    from matcher.timetable import Timetable
    from service.workbench import Desk

EventFile = Annotated[Path, typer.Argument(metavar="EVENT.json", help="행사 파일.")]
Out = Annotated[
    Path | None, typer.Option("--out", metavar="파일", help="결과를 JSON 파일로도 씁니다.")
]
Json = Annotated[bool, typer.Option("--json", help="프로그램이 읽을 JSON으로 냅니다.")]
SHOWN = 30
"""Lines of a list on the screen; the file has them all."""


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    app.command("delegation", cls=KoreanCommand)(delegation)
    app.command("timetable", cls=KoreanCommand)(timetable)


def delegation(
    event_file: EventFile,
    out: Out = None,
    seconds: Annotated[
        float, typer.Option("--seconds", metavar="초", min=0.5, help="고르는 데 쓸 시간.")
    ] = 20.0,
    criteria: Annotated[
        Path | None,
        typer.Option(
            "--criteria",
            metavar="파일",
            help="평가표(엑셀, CSV): 기업ID와 기술성·시장성 같은 점수 열, 가중치 행.",
        ),
    ] = None,
    json: Json = False,
) -> None:
    """행사의 수요를 가장 잘 채우는 파견단을 고르고, 뽑힌 까닭과 빠진 까닭을 보입니다."""
    from service.planning import plan_delegation, read_event

    event = read_event(event_file)
    if criteria is not None:
        event = _with_criteria(event, criteria)
    seen = _seen(event)
    with bars() as progress, _desk(event, progress) as (event, desk):
        found = plan_delegation(event, desk, seconds, seen)
    _write(out, found.to_dict())
    if json:
        print_json(found.to_dict())
    else:
        _print_delegation(open_console(), found)


def timetable(
    event_file: EventFile,
    out: Out = None,
    seconds: Annotated[
        float, typer.Option("--seconds", metavar="초", min=0.5, help="짜는 데 쓸 시간.")
    ] = 60.0,
    keep: Annotated[
        Path | None,
        typer.Option(
            "--keep",
            metavar="파일",
            help="앞서 만든 상담표. 그대로 둘 수 있는 상담은 옮기지 않습니다.",
        ),
    ] = None,
    xlsx: Annotated[
        Path | None,
        typer.Option(
            "--xlsx", metavar="파일", help="엑셀로도 씁니다: 전체, 기업·바이어·통역·시간마다 한 장."
        ),
    ] = None,
    csv: Annotated[
        Path | None, typer.Option("--csv", metavar="파일", help="전체 상담표를 CSV로도 씁니다.")
    ] = None,
    pdf: Annotated[
        Path | None,
        typer.Option(
            "--pdf",
            metavar="파일",
            help="인쇄할 A4 쪽: 기업과 바이어마다 상담표와, 짝(pairs) 없는 행사면 상담 준비 자료.",
        ),
    ] = None,
    ics: Annotated[
        Path | None,
        typer.Option("--ics", metavar="폴더", help="참가자마다 달력 파일(.ics)을 씁니다."),
    ] = None,
    json: Json = False,
) -> None:
    """행사의 상담표를 짜고, 넣지 못한 짝마다 까닭을 보입니다."""
    from service.planning import briefings_of, plan_timetable, read_event, read_meetings

    event = read_event(event_file)
    earlier = read_meetings(keep) if keep is not None else ()
    with bars() as progress, _desk(event, progress) as (event, desk):
        found = plan_timetable(event, desk, seconds, progress, earlier)
        briefings = {}
        if pdf is not None and desk is not None:
            briefings = briefings_of(event, found, desk, progress)
    _write(out, found.to_dict())
    if xlsx is not None:
        from service.event_files import write_workbook

        write_workbook(event, found, xlsx)
    if csv is not None:
        from service.event_files import write_csv

        write_csv(event, found, csv)
    if pdf is not None:
        from service.event_print import write_pages

        write_pages(event, found, pdf, briefings)
    if ics is not None:
        from service.event_files import write_calendars

        write_calendars(event, found, ics)
    if json:
        print_json(found.to_dict())
    else:
        _print_timetable(open_console(), event, found)


@contextmanager
def _desk(event: Event, progress: Progress) -> Iterator[tuple[Event, "Desk | None"]]:
    """Give the event, filled in from the store, and the desk that its scores come from.

    An event that brings its pairs needs neither: as it is, None, and no model is loaded.
    """
    from service.planning import completed, needs_matcher
    from service.workbench import Workbench

    if not needs_matcher(event):
        yield event, None
        return
    workbench = Workbench.open(Settings.from_environment(), progress)
    try:
        yield completed(event, workbench.store), workbench.desk()
    finally:
        workbench.close()


def _with_criteria(event: Event, path: Path) -> Event:
    """Add the points of a criteria sheet to the event's own, and say what could not be read."""
    from data.criteria import read_criteria

    sheet = read_criteria(path)
    complaints = open_console(stderr=True)
    for problem in sheet.problems:
        complaints.print(paragraph(complaints, problem.sentence, "yellow"))
    return replace(
        event,
        criteria={**event.criteria, **sheet.points},
        criteria_weights={**event.criteria_weights, **sheet.weights},
    )


def _seen(event: Event) -> dict[str, int]:
    """Count earlier chances, where the event or the policy asks for them; no store is opened else."""
    from matcher.policy import Policy
    from service.reports import earlier_chances

    if not (Policy.load().delegation.exposure if event.exposure is None else event.exposure):
        return {}
    with opened_store() as store:
        return earlier_chances(store, event)


def _write(out: Path | None, content: Any) -> None:
    if out is None:
        return
    from service.archive import replace_file

    text = json.dumps(content, ensure_ascii=False, indent=1) + "\n"
    try:
        replace_file(out, text.encode())
    except OSError as error:
        raise InvalidRequest(
            f"'{out}'에 쓸 수 없습니다({error.strerror}). 쓸 수 있는 곳을 정하십시오.", field="out"
        ) from error


def _print_delegation(console: "Console", found: "Delegation") -> None:
    table = Table("순서", "기업", "까닭", title=f"파견단 {len(found.chosen)}개사")
    for n, item in enumerate(found.chosen, 1):
        table.add_row(str(n), item.company_id, item.why)
    for n, item in enumerate(found.alternates, 1):
        table.add_row(f"예비 {n}", item.company_id, item.why)
    print_table(console, table)
    covered = Table("수요", "채운 정도", title="수요를 채운 정도(모든 후보를 다 데려갈 때를 1로)")
    for need_id, share in found.coverage.items():
        covered.add_row(need_id, f"{share:.2f}")
    print_table(console, covered)
    left = Table("기업", "까닭", title=f"뽑히지 않은 기업 {len(found.left_out)}개사")
    for other in found.left_out[:SHOWN]:
        left.add_row(other.company_id, other.why)
    print_table(console, left)
    gain = found.objective / found.greedy - 1 if found.greedy else 0.0
    console.print(
        paragraph(
            console,
            f"값 {found.objective:.4f}, 넘을 수 없는 값 {found.bound:.4f}(차이 {100 * found.gap:.3f} %). "
            f"하나씩 고르는 방법보다 {100 * gain:.2f} % 낫습니다.",
        )
    )
    if cost := found.provenance.get("exposure"):
        said = f"올해 앞서 나간 기업을 뒤로 미루느라 잃은 값은 {cost['price']:.4f}입니다."
        console.print(paragraph(console, said))


def _print_timetable(console: "Console", event: Event, found: "Timetable") -> None:
    starts = {slot.slot_id: slot.start for slot in event.slots}
    table = Table(
        "시간", "상담석", "바이어", "공급기업", "통역", title=f"상담 {len(found.meetings)}건"
    )
    for m in found.meetings:
        table.add_row(
            f"{starts[m.slot_id]:%m-%d %H:%M}",
            str(m.table),
            m.buyer_id,
            m.company_id,
            m.interpreter_id or "",
        )
    print_table(console, table)
    if found.unplaced:
        left = Table("바이어", "공급기업", "까닭", title=f"넣지 못한 짝 {len(found.unplaced)}건")
        for item in found.unplaced[:SHOWN]:
            left.add_row(item.buyer_id, item.company_id, item.why)
        print_table(console, left)
    terms = found.terms
    sentences = [
        *found.short,
        *("함께 지킬 수 없는 조건: " + " / ".join(rules) for rules in found.conflicts),
        f"넣지 못한 필수 상담 {terms.musts_unplaced}건, 모자란 최소 상담 {terms.meetings_missing}건, "
        f"점수 {terms.score:.4f}, 빈 시간 {terms.idle_slots}개.",
        found.verdict,
    ]
    for sentence in sentences:
        console.print(paragraph(console, sentence))
