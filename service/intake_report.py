"""What was read from files and what was stored, as people read it in a terminal."""

from rich.console import Console
from rich.table import Table

from service.receiving import Received
from service.screen import one_line, paragraph, plain, print_table
from service.store import SaveReport, Tally

SHOWN_RECORDS = 20


def print_received(
    console: Console, complaints: Console, received: Received, *, records: bool = True
) -> None:
    """Print counts, records and problems; files that could not be read go to `complaints`."""
    for error in received.unreadable:
        complaints.print(plain(error.sentence, "red"), soft_wrap=True)
    counts = received.counts
    others = (("바이어", "buyers"), ("행사·결정·성과", "papers"))
    more = "".join(f", {label} {counts[name]:,}" for label, name in others if counts[name])
    console.print(
        plain(
            f"읽은 기록: 공급기업 {counts['companies']:,}, 수요 {counts['needs']:,}{more} · "
            f"문제 {len(received.problems):,} · 읽지 못한 파일 {len(received.unreadable):,}"
        )
    )
    if records:
        _print_records(console, received)
    for problem in received.problems:
        console.print(paragraph(console, problem.sentence, "yellow"))


def print_saved(console: Console, report: SaveReport) -> None:
    """Print what was stored and, where anything changed, the next step."""
    for name, tally in (
        ("공급기업", report.companies),
        ("수요", report.needs),
        ("바이어", report.buyers),
        ("행사·결정·성과", report.papers),
    ):
        if tally != Tally():
            console.print(
                plain(
                    f"{name}: 새로 {tally.added:,}, 바뀜 {tally.changed:,}, "
                    f"그대로 {tally.unchanged:,}"
                )
            )
    searched = (report.companies, report.needs)
    if any(tally.added or tally.changed for tally in searched):
        console.print(plain("다음: `greenmatch index`로 색인을 새로 고치십시오."))


def _print_records(console: Console, received: Received) -> None:
    rows = [
        ("공급기업", c.company_id, c.name, ", ".join(o.title or o.text for o in c.offerings))
        for c in received.companies
    ] + [("수요", n.need_id, n.title or n.text, n.country or "") for n in received.needs]
    rows += [("바이어", b.buyer_id, b.name, b.country or "") for b in received.buyers]
    if not rows:
        return
    table = Table(box=None, padding=(0, 1), pad_edge=False)
    for name in ("종류", "ID", "이름", "공급기술 / 국가"):
        table.add_column(name, overflow="fold")
    for kind, id, name, more in rows[:SHOWN_RECORDS]:
        table.add_row(kind, plain(id), plain(one_line(name, 40)), plain(one_line(more, 50)))
    print_table(console, table)
    if len(rows) > SHOWN_RECORDS:
        left = len(rows) - SHOWN_RECORDS
        console.print(plain(f"… 그 밖에 {left:,}건 (--json으로 모두 봅니다)", "dim"))
