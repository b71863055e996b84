"""The command line of staff: check, import, index, match, opportunities, serve."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from typer.exceptions import Abort, TyperException

from matcher.errors import GreenMatchError, InvalidRequest
from service import people, plans, reporting, upkeep
from service.help_text import KoreanCommand, KoreanGroup, speak_korean, usage_sentence
from service.screen import bars, open_console, paragraph, plain, print_json
from service.settings import Settings

# Everything slow (pandas, the model, the web server) is imported inside the commands.
if TYPE_CHECKING:
    from service.workbench import Workbench

app = typer.Typer(
    name="greenmatch",
    cls=KoreanGroup,
    help="그린매치: 해외 수요에 맞는 국내 녹색기술 기업을 찾고, 그 근거를 보입니다.",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)


class Kind(StrEnum):
    """What a file holds, where its columns do not tell."""

    COMPANIES = "companies"
    NEEDS = "needs"
    BUYERS = "buyers"


Files = Annotated[
    list[Path], typer.Argument(metavar="FILE...", help="CSV, XLSX, JSONL 파일. 여럿도 됩니다.")
]
KindOption = Annotated[
    Kind | None,
    typer.Option(
        help="파일의 내용: companies(공급기업), needs(수요), buyers(바이어). 없으면 열을 보고 압니다."
    ),
]
Json = Annotated[bool, typer.Option("--json", help="프로그램이 읽는 JSON으로 내보냅니다.")]
Count = Annotated[int, typer.Option("-k", metavar="수", min=1, max=100, help="추천할 개수(1~100).")]
AllRefusals = Annotated[bool, typer.Option("--refusals", help="제외 사유를 모두 보입니다.")]
Sectors = Annotated[
    list[str] | None, typer.Option("--sector", metavar="분야", help="이 분야만(여러 번 가능).")
]


@app.callback(invoke_without_command=True)
def greenmatch(context: typer.Context) -> None:
    """그린매치: 해외 수요에 맞는 국내 녹색기술 기업을 찾고, 그 근거를 보입니다."""
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())
        raise typer.Exit(0)


@app.command(cls=KoreanCommand)
def check(files: Files, kind: KindOption = None, json: Json = False) -> None:
    """파일을 읽어 기록과 문제를 보입니다. 아무것도 바꾸지 않습니다.

    문제가 있으면 1, 읽을 수 없는 파일이 있으면 2로 끝납니다.
    """
    from service.intake_report import print_received
    from service.receiving import read_all

    with bars() as progress:
        received = read_all(files, kind, progress)
    if json:
        records = {
            "companies": [company.to_dict() for company in received.companies],
            "needs": [need.to_dict() for need in received.needs],
            "buyers": [buyer.to_dict() for buyer in received.buyers],
        }
        print_json({**received.to_dict(), **records})
    else:
        print_received(open_console(), open_console(stderr=True), received)
    raise typer.Exit(received.exit_code)


@app.command("import", cls=KoreanCommand)
def import_files(files: Files, kind: KindOption = None, json: Json = False) -> None:
    """파일을 읽어 문제없는 행을 저장합니다. 다시 실행해도 바뀌지 않습니다.

    문제가 있으면 1, 읽을 수 없는 파일이 있으면 2로 끝납니다. 나머지는 저장됩니다.
    """
    from service.intake_report import print_received, print_saved
    from service.receiving import current_user, import_all
    from service.settings import secret_of
    from service.store import Seal

    with upkeep.opened_store() as store, bars() as progress:
        contacts = store.contacts(Seal(secret_of(Settings.from_environment())))
        received, report = import_all(store, files, kind, current_user(), progress, contacts)
    if json:
        print_json({**received.to_dict(), "saved": report.to_dict()})
    else:
        print_received(open_console(), open_console(stderr=True), received, records=False)
        print_saved(open_console(), report)
    raise typer.Exit(received.exit_code)


@app.command(cls=KoreanCommand)
def index(
    rebuild: Annotated[
        bool, typer.Option("--rebuild", help="바뀐 것이 없어도 다시 만듭니다.")
    ] = False,
    verify: Annotated[
        bool, typer.Option("--verify", help="만들지 않고, 저장된 자료와 색인이 같은지만 견줍니다.")
    ] = False,
    json: Json = False,
) -> None:
    """저장된 자료로 색인을 만들거나 새로 고칩니다. --verify는 다르면 1로 끝납니다."""
    from service.building import bring_up_to_date, compare_with_store

    if verify:
        difference = compare_with_store(Settings.from_environment())
        if json:
            print_json(difference.to_dict())
        else:
            console = open_console()
            console.print(paragraph(console, difference.sentence))
        raise typer.Exit(0 if difference.is_none else 1)

    with bars() as progress:
        result = bring_up_to_date(Settings.from_environment(), rebuild=rebuild, progress=progress)
    if json:
        print_json(result.to_dict())
    else:
        console = open_console()
        console.print(paragraph(console, result.sentence))


@app.command(cls=KoreanCommand)
def match(
    need_id: Annotated[str | None, typer.Argument(metavar="[NEED_ID]", help="수요 ID.")] = None,
    text: Annotated[str | None, typer.Option(metavar="글", help="저장하지 않은 수요의 글.")] = None,
    country: Annotated[
        str | None, typer.Option(metavar="국가", help="수요 국가(예: VN, 베트남).")
    ] = None,
    language: Annotated[
        str | None, typer.Option(metavar="언어", help="수요의 언어(예: vi, 베트남어).")
    ] = None,
    k: Count = 10,
    sector: Sectors = None,
    certification: Annotated[
        list[str] | None, typer.Option(metavar="인증", help="이 인증을 가진 기업만(여러 번 가능).")
    ] = None,
    region: Annotated[
        list[str] | None, typer.Option(metavar="지역", help="이 지역 기업만(여러 번 가능).")
    ] = None,
    company_language: Annotated[
        list[str] | None, typer.Option(metavar="언어", help="이 언어를 쓰는 기업만(여러 번 가능).")
    ] = None,
    export_country: Annotated[
        list[str] | None,
        typer.Option(metavar="국가", help="이 국가에 수출하거나 하려는 기업만(여러 번 가능)."),
    ] = None,
    refusals: AllRefusals = False,
    json: Json = False,
) -> None:
    """수요에 맞는 공급기업을 근거와 함께 추천합니다."""
    from service.printing import print_shortlist
    from service.questions import company_filters, need_from_text, with_place

    _exactly_one(need_id, text, "NEED_ID")
    filters = company_filters(
        sectors=sector or (),
        certifications=certification or (),
        regions=region or (),
        languages=company_language or (),
        countries=export_country or (),
    )
    asked = need_from_text(text, country=country, language=language) if text is not None else None
    with _workbench() as workbench:
        desk = workbench.desk()
        need = asked or with_place(desk.need(str(need_id)), country=country, language=language)
        shortlist = desk.matchmaker.match(need, k=k, filters=filters)
    if json:
        print_json({**shortlist.to_dict(), "stale": desk.stale})
    else:
        print_shortlist(open_console(), shortlist, stale=desk.stale, all_refusals=refusals)


@app.command(cls=KoreanCommand)
def opportunities(
    company_id: Annotated[
        str | None, typer.Argument(metavar="[COMPANY_ID]", help="공급기업 ID.")
    ] = None,
    text: Annotated[
        str | None, typer.Option(metavar="글", help="저장하지 않은 공급기술의 글.")
    ] = None,
    country: Annotated[
        list[str] | None, typer.Option(metavar="국가", help="이 국가의 수요만.")
    ] = None,
    language: Annotated[
        list[str] | None, typer.Option(metavar="언어", help="이 언어로 된 수요만.")
    ] = None,
    sector: Sectors = None,
    k: Count = 10,
    refusals: AllRefusals = False,
    json: Json = False,
) -> None:
    """공급기업에 맞는 해외 수요를 근거와 함께 추천합니다."""
    from service.printing import print_opportunities
    from service.questions import company_from_text, need_filters

    _exactly_one(company_id, text, "COMPANY_ID")
    filters = need_filters(sectors=sector or (), languages=language or (), countries=country or ())
    asked = company_from_text(text) if text is not None else None
    with _workbench() as workbench:
        desk = workbench.desk()
        company = asked or desk.company(str(company_id))
        found = desk.matchmaker.opportunities(company, k=k, filters=filters)
    if json:
        print_json({**found.to_dict(), "stale": desk.stale})
    else:
        print_opportunities(open_console(), found, stale=desk.stale, all_refusals=refusals)


@app.command(cls=KoreanCommand)
def serve(
    host: Annotated[
        str | None, typer.Option(metavar="주소", help="주소. 기본은 이 컴퓨터(127.0.0.1)뿐.")
    ] = None,
    port: Annotated[
        int | None, typer.Option(metavar="포트", min=1, max=65535, help="포트. 기본 8000.")
    ] = None,
) -> None:
    """API와 화면을 엽니다. 색인이 있어야 시작합니다.

    처음 열 때 관리자(admin)의 일회용 비밀번호를 한 번 보입니다. 다른 컴퓨터에도 열려면 GREENMATCH_SECRET이 있어야 합니다.
    """
    from service.serving import run_server

    with bars() as progress:
        run_server(
            Settings.from_environment(),
            host=host,
            port=port,
            progress=progress,
        )


upkeep.register(app)
people.register(app)
plans.register(app)
reporting.register(app)


def main() -> None:
    """Run the command line; every GreenMatchError becomes its sentence and exit status 2."""
    speak_korean()
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    sys.exit(_run())


def _run() -> int:
    try:
        code = app(standalone_mode=False)
    except GreenMatchError as error:
        return _complain(error.sentence)
    except TyperException as error:
        return _complain(usage_sentence(error))
    except (Abort, KeyboardInterrupt):
        _complain("중단했습니다.")
        return 130
    except BrokenPipeError:
        return 1
    except OSError as error:
        name = f": {error.filename}" if error.filename else ""
        return _complain(f"파일이나 디스크를 쓸 수 없습니다{name} ({error.strerror}).")
    return code if isinstance(code, int) else 0


def _complain(sentence: str) -> int:
    open_console(stderr=True).print(plain(sentence), soft_wrap=True)
    return 2


def _exactly_one(id: str | None, text: str | None, name: str) -> None:
    if (id is None) == (text is None):
        raise InvalidRequest(f"{name}와 --text 가운데 하나만 적으십시오.", field=name)


@contextmanager
def _workbench() -> Iterator["Workbench"]:
    from service.workbench import Workbench

    with bars() as progress:
        workbench = Workbench.open(Settings.from_environment(), progress)
        try:
            yield workbench
        finally:
            workbench.close()
