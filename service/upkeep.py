"""Commands that look after the store: its history, what runs out, copies of it, and a check-up."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from service.help_text import KoreanCommand
from service.screen import bars, one_line, open_console, paragraph, plain, print_json, print_table
from service.settings import Settings

if TYPE_CHECKING:
    from service.store import Change, ImportEntry, Store

Json = Annotated[bool, typer.Option("--json", help="프로그램이 읽을 JSON으로 냅니다.")]
SIGNS = {"ok": "정상", "warning": "주의", "error": "문제"}
ACTIONS = {"added": "추가", "changed": "변경", "deleted": "삭제"}
SHOWN_VALUE = 60


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    for name, command in (
        ("imports", imports),
        ("history", history),
        ("undo", undo),
        ("duplicates", duplicates),
        ("merge", merge_companies),
        ("split", split_company),
        ("expiring", show_expiring),
        ("export", export_all),
        ("backup", back_up),
        ("restore", restore_all),
        ("doctor", doctor),
    ):
        app.command(name, cls=KoreanCommand)(command)


@contextmanager
def opened_store() -> Iterator["Store"]:
    """Open the store of the settings and give it back."""
    from service.store import Store

    store = Store.open(Settings.from_environment().database_url)
    try:
        yield store
    finally:
        store.close()


def imports(
    limit: Annotated[
        int, typer.Option("--limit", "-n", metavar="개수", min=1, max=1_000, help="보일 개수.")
    ] = 20,
    json: Json = False,
) -> None:
    """자료가 바뀐 기록을 새것부터 보입니다: 누가, 언제, 어떤 파일에서, 몇 건."""
    with opened_store() as store:
        entries = store.imports(limit)
    if json:
        print_json([entry.to_dict() for entry in entries])
        return
    table = Table("번호", "때(UTC)", "누가", "파일", "내용", title="자료가 바뀐 기록")
    for entry in entries:
        files = one_line(", ".join(entry.files), 40)
        made_at = f"{entry.made_at:%Y-%m-%d %H:%M}"
        table.add_row(
            str(entry.import_id), made_at, plain(entry.actor), plain(files), summary(entry)
        )
    print_table(open_console(), table)


def summary(entry: "ImportEntry") -> str:
    """Return what a line of the log did, in Korean."""
    counts: Any = entry.counts
    if "merged" in counts:
        return f"{', '.join(counts['merged'])}을(를) 하나로 합침"
    if "split" in counts:
        return f"{', '.join(counts['split'])}(으)로 나눔"
    if "undone" in counts:
        return f"{counts['undone']}번 되돌림 {counts['records']:,}건"
    said = []
    for kind, label in (("companies", "기업"), ("needs", "수요"), ("buyers", "바이어")):
        tally = counts.get(kind, {})
        words = {"added": "추가", "changed": "변경", "deleted": "삭제"}
        done = [f"{word} {tally[name]:,}" for name, word in words.items() if tally.get(name)]
        said += [f"{label} {', '.join(done)}"] if done else []
    return "; ".join(said) or "바뀐 것 없음"


def history(
    record_id: Annotated[str, typer.Argument(metavar="ID", help="공급기업, 수요, 바이어의 ID.")],
    fields: Annotated[
        bool, typer.Option("--fields", help="판 대신, 지금 항목마다 어디서 왔는지 보입니다.")
    ] = False,
    json: Json = False,
) -> None:
    """기록 하나가 지나온 판을 새것부터 보입니다: 무엇이 무엇으로 바뀌었는지."""
    from matcher.errors import UnknownId
    from service.store import RECORD_KINDS, provenance

    with opened_store() as store:
        changes: list[Change] = []
        for kind in RECORD_KINDS:
            try:
                changes += store.history(kind, record_id)
            except UnknownId:
                continue
    if not changes:
        raise UnknownId(f"'{record_id}'의 기록이 없습니다. ID를 확인하십시오.", id=record_id)
    origins = provenance(changes)
    if json:
        print_json(origins if fields else [change.to_dict() for change in changes])
        return
    console = open_console()
    if fields:
        table = Table("항목", "파일", "행", "때(UTC)", "누가", title=f"{record_id}의 항목이 온 곳")
        for name, origin in origins.items():
            place = origin["place"] or {}
            where = " ".join(str(place[k]) for k in ("file", "sheet") if place.get(k))
            row = str(place.get("row") or "")
            table.add_row(
                plain(name), plain(where), row, origin["made_at"][:16], plain(origin["actor"])
            )
        print_table(console, table)
        return
    for change in changes:
        form = change.to_dict()
        place = change.place or {}
        where = " ".join(str(part) for part in (place.get("file"), place.get("sheet")) if part)
        row = f" {place['row']}행" if place.get("row") else ""
        files = where or ", ".join(change.entry.files)
        head = (
            f"{change.entry.import_id}번 {change.entry.made_at:%Y-%m-%d %H:%M} {change.entry.actor}"
        )
        console.print(plain(f"{head} · {ACTIONS[form['action']]} {files}{row}", "bold"))
        if form["action"] == "changed":
            for name, values in form["fields"].items():
                old, new = (one_line(str(values[k]), SHOWN_VALUE) for k in ("before", "after"))
                console.print(paragraph(console, f"{name}: {old} → {new}", indent=4))


def undo(
    import_id: Annotated[int, typer.Argument(metavar="번호", help="`greenmatch imports`의 번호.")],
    json: Json = False,
) -> None:
    """가져오기 하나를 통째로 되돌립니다. 되돌린 것도 기록에 남아 다시 되돌릴 수 있습니다.

    그 뒤에 다시 바뀐 기록이 하나라도 있으면 아무것도 되돌리지 않고 알립니다.
    """
    from service.receiving import current_user
    from service.store import Source

    with opened_store() as store:
        entry = store.undo(import_id, Source(current_user()))
    if json:
        print_json(entry.to_dict())
    else:
        open_console().print(plain(f"되돌렸습니다: {summary(entry)}. 기록 {entry.import_id}번."))


def duplicates(
    merge_certain: Annotated[
        bool,
        typer.Option(
            "--merge-certain", help="사업자등록번호가 같고 이름이 어긋나지 않는 짝을 바로 합칩니다."
        ),
    ] = False,
    json: Json = False,
) -> None:
    """같은 기업일 수 있는 짝을 근거와 함께 보입니다. 합칠지는 담당자가 정합니다(merge)."""
    from data.identity import find_pairs
    from service.receiving import current_user
    from service.store import Source

    merged = []
    with opened_store() as store, bars() as progress:
        pairs = find_pairs(store.companies(), progress)
        for pair in pairs if merge_certain else ():
            present = {company.company_id for company in store.companies()}
            if pair.is_certain and {pair.first.company_id, pair.second.company_id} <= present:
                store.merge(pair.first.company_id, pair.second.company_id, Source(current_user()))
                merged.append(pair)
    left = [pair for pair in pairs if pair not in merged]
    if json:
        kept = [pair.to_dict() for pair in left]
        print_json({"merged": [pair.to_dict() for pair in merged], "pairs": kept})
        return
    console = open_console()
    for pair in merged:
        names = f"{pair.first.name}({pair.first.company_id}) ← {pair.second.name}({pair.second.company_id})"
        console.print(plain(f"합쳤습니다: {names}"))
    table = Table("점수", "기업", "근거", title=f"같은 기업일 수 있는 짝 {len(left):,}")
    for pair in left:
        sides = (f"{c.name} ({c.company_id})" for c in (pair.first, pair.second))
        grounds = "; ".join(ground.label for ground in pair.grounds)
        table.add_row(f"{pair.score:.2f}", plain("\n".join(sides)), plain(grounds))
    print_table(console, table)


def merge_companies(
    into: Annotated[str, typer.Argument(metavar="남길ID", help="이 ID로 하나가 됩니다.")],
    other: Annotated[str, typer.Argument(metavar="합칠ID", help="이 ID는 앞의 것으로 들어갑니다.")],
) -> None:
    """두 기업을 하나로 합칩니다. 각자의 기록은 따로 남아 언제든 나눌 수 있습니다(split)."""
    from service.receiving import current_user
    from service.store import Source

    with opened_store() as store:
        entry = store.merge(into, other, Source(current_user()))
    open_console().print(plain(f"{summary(entry)}. 기록 {entry.import_id}번."))


def split_company(
    company_id: Annotated[str, typer.Argument(metavar="ID", help="합친 기업의 ID.")],
) -> None:
    """합친 기업을 처음의 기록들로 나눕니다. 합친 뒤에 들어온 것도 제자리로 갑니다."""
    from service.receiving import current_user
    from service.store import Source

    with opened_store() as store:
        entry = store.split(company_id, Source(current_user()))
    open_console().print(plain(f"{summary(entry)}. 기록 {entry.import_id}번."))


def show_expiring(
    days: Annotated[
        int, typer.Option(metavar="일", min=0, max=3_650, help="앞으로 며칠 안에 끝나는 것까지.")
    ] = 90,
    json: Json = False,
) -> None:
    """마감이 지났거나 다가오는 수요와 인증을 날짜순으로 보입니다."""
    from matcher.expiry import expiring

    with opened_store() as store:
        contents = store.contents()
    found = expiring(contents.companies, contents.needs, date.today(), days)
    if json:
        print_json([item.to_dict() for item in found])
        return
    table = Table(
        "마지막 날", "상태", "종류", "ID", "이름", title=f"지났거나 {days}일 안에 끝나는 것"
    )
    for item in found:
        state, kind = (
            "지남" if item.is_over else "다가옴",
            "수요" if item.kind == "need" else "인증",
        )
        shown = plain(item.record_id), plain(one_line(item.name, 50))
        table.add_row(item.last_day.isoformat(), state, kind, *shown)
    print_table(open_console(), table)


def export_all(
    folder: Annotated[Path, typer.Argument(metavar="폴더", help="파일을 둘 폴더.")],
    json: Json = False,
) -> None:
    """모든 기록을 교환 형식(companies.jsonl, needs.jsonl, buyers.jsonl ...)으로 내보냅니다.

    행사, 계획, 성과, 결정도 나갑니다. 개인정보는 없습니다. 빈 저장소에 다시 가져오면 같은 저장소가 됩니다.
    """
    from service.archive import export

    with opened_store() as store:
        done = export(store, folder)
    if json:
        print_json(done.to_dict())
        return
    counts = done.counts
    sentence = (
        f"내보냈습니다: 공급기업 {counts['companies']:,}, 수요 {counts['needs']:,}, "
        f"바이어 {counts['buyers']:,}, 행사 {counts['events']:,}, 성과 {counts['outcomes']:,}, "
        f"결정 {counts['decisions']:,} → {done.path}"
    )
    open_console().print(plain(sentence))


def back_up(
    file: Annotated[Path, typer.Argument(metavar="파일", help="백업 파일(.tar.gz).")],
    json: Json = False,
) -> None:
    """저장소 전체(기록의 역사와 계정까지)를 파일 하나에 백업합니다. 서비스 중에도 됩니다."""
    from service.archive import backup

    with opened_store() as store:
        done = backup(store, file)
    if json:
        print_json(done.to_dict())
    else:
        rows = sum(done.counts.values())
        open_console().print(plain(f"백업했습니다: {rows:,}행 → {done.path}"))


def restore_all(
    file: Annotated[Path, typer.Argument(metavar="파일", help="`greenmatch backup`의 파일.")],
    yes: Annotated[
        bool, typer.Option("--yes", help="지금 자료가 모두 바뀌는 것을 알고 실행합니다.")
    ] = False,
    json: Json = False,
) -> None:
    """백업으로 저장소 전체를 되살립니다. 지금 있는 자료는 모두 바뀌므로 --yes가 있어야 합니다."""
    from matcher.errors import InvalidRequest
    from service.archive import restore

    if not yes:
        raise InvalidRequest(
            "되살리면 지금 저장된 자료가 모두 백업의 것으로 바뀝니다. 알고 하려면 --yes를 붙이십시오.",
            field="yes",
        )
    with opened_store() as store:
        done = restore(store, file)
    if json:
        print_json(done.to_dict())
    else:
        rows = sum(done.counts.values())
        sentence = f"되살렸습니다: {rows:,}행. `greenmatch index`로 색인을 새로 고치십시오."
        open_console().print(plain(sentence))


def doctor(json: Json = False) -> None:
    """설치, 디스크, 데이터베이스, 모델, 색인을 살피고 할 일을 알립니다. 문제가 있으면 1로 끝납니다."""
    from service.checkup import examine

    with bars():
        findings = examine(Settings.from_environment())
    if json:
        print_json([finding.to_dict() for finding in findings])
    else:
        console = open_console()
        for finding in findings:
            style = {"ok": "green", "warning": "yellow", "error": "bold red"}[finding.state]
            console.print(
                plain(f"[{SIGNS[finding.state]}] {finding.name}: {finding.detail}", style)
            )
            if finding.advice:
                console.print(paragraph(console, f"→ {finding.advice}", indent=7))
    raise typer.Exit(1 if any(finding.state == "error" for finding in findings) else 0)
