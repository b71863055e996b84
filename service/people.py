"""Commands for people and programs that may come in: `greenmatch user` and `greenmatch key`."""

from typing import Annotated

import typer
from rich.table import Table

from service.help_text import KoreanCommand, KoreanGroup
from service.pages.frame import ROLE_LABELS
from service.screen import open_console, plain, print_json, print_table
from service.upkeep import Json, opened_store

user = typer.Typer(cls=KoreanGroup, help="화면에 로그인하는 사람.", no_args_is_help=True)
key = typer.Typer(cls=KoreanGroup, help="프로그램이 쓰는 API 키.", no_args_is_help=True)
Name = Annotated[str, typer.Argument(metavar="이름", help="로그인 이름.")]
Role = Annotated[
    str, typer.Option(metavar="역할", help="administrator, staff, evaluator, company 가운데 하나.")
]
CompanyId = Annotated[
    str | None, typer.Option("--company", metavar="기업", help="역할이 company일 때 그 기업의 ID.")
]


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    app.add_typer(user, name="user")
    app.add_typer(key, name="key")


@user.command("add", cls=KoreanCommand)
def add_user(name: Name, role: Role = "staff", company: CompanyId = None) -> None:
    """사람을 더하고 일회용 비밀번호를 보입니다. 처음 들어올 때 바꾸게 됩니다."""
    with opened_store() as store:
        password = store.accounts.add_user(name, role, company)
    open_console().print(plain(f"{name}의 일회용 비밀번호: {password}"))


@user.command("list", cls=KoreanCommand)
def list_users(json: Json = False) -> None:
    """로그인할 수 있는 사람을 보입니다."""
    with opened_store() as store:
        users = store.accounts.users()
    if json:
        print_json([{"name": u.name, "role": u.role, "company_id": u.company_id} for u in users])
        return
    table = Table("이름", "역할", "기업", "상태", title="사람")
    for item in users:
        state = "비밀번호를 바꿔야 함" if item.must_change else ""
        role = ROLE_LABELS[item.role]
        table.add_row(plain(item.name), role, plain(item.company_id or ""), state)
    print_table(open_console(), table)


@user.command("reset", cls=KoreanCommand)
def reset_user(name: Name) -> None:
    """새 일회용 비밀번호를 주고, 잠긴 것을 풀고, 로그인을 모두 끝냅니다."""
    with opened_store() as store:
        password = store.accounts.reset_password(name)
    open_console().print(plain(f"{name}의 일회용 비밀번호: {password}"))


@user.command("remove", cls=KoreanCommand)
def remove_user(name: Name) -> None:
    """사람을 지웁니다. 마지막 관리자는 지울 수 없습니다."""
    with opened_store() as store:
        store.accounts.remove_user(name)
    open_console().print(plain(f"지웠습니다: {name}"))


@key.command("add", cls=KoreanCommand)
def add_key(
    label: Annotated[str, typer.Argument(metavar="용도", help="무엇에 쓰는 키인지.")],
    role: Role = "evaluator",
    company: CompanyId = None,
) -> None:
    """키를 만들어 한 번만 보입니다."""
    from service.receiving import current_user

    with opened_store() as store:
        token = store.accounts.add_key(label, role, current_user(), company)
    open_console().print(plain(token), soft_wrap=True)


@key.command("list", cls=KoreanCommand)
def list_keys(json: Json = False) -> None:
    """키와 마지막으로 쓴 때를 보입니다."""
    with opened_store() as store:
        keys = store.accounts.keys()
    if json:
        print_json(
            [
                {
                    "key_id": k.key_id,
                    "label": k.label,
                    "role": k.role,
                    "company_id": k.company_id,
                    "used_at": k.used_at.isoformat() if k.used_at else None,
                    "is_revoked": k.revoked_at is not None,
                }
                for k in keys
            ]
        )
        return
    table = Table("번호", "용도", "역할", "기업", "마지막 사용(UTC)", "상태", title="API 키")
    for item in keys:
        used = f"{item.used_at:%Y-%m-%d %H:%M}" if item.used_at else "없음"
        state = "폐기" if item.revoked_at else ""
        row = (item.key_id, plain(item.label), ROLE_LABELS[item.role], plain(item.company_id or ""))
        table.add_row(*row, used, state)
    print_table(open_console(), table)


@key.command("revoke", cls=KoreanCommand)
def revoke_key(
    key_id: Annotated[str, typer.Argument(metavar="번호", help="`greenmatch key list`의 번호.")],
) -> None:
    """키를 폐기합니다. 되돌릴 수 없습니다."""
    with opened_store() as store:
        store.accounts.revoke_key(key_id)
    open_console().print(plain(f"폐기했습니다: {key_id}"))
