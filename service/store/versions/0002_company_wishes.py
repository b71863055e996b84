"""What a company wants: sectors and the smallest budget."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

companies = sa.table("companies", sa.column("company_id", sa.Text()), sa.column("extra", sa.JSON()))


def upgrade() -> None:
    op.add_column("companies", sa.Column("target_sectors", sa.JSON()))
    op.add_column("companies", sa.Column("min_budget_usd", sa.Float(53)))
    connection = op.get_bind()
    for row in connection.execute(sa.select(companies.c.company_id, companies.c.extra)).all():
        extra = _set_aside(row.extra)
        if extra != row.extra:
            is_this = companies.c.company_id == row.company_id
            connection.execute(sa.update(companies).where(is_this).values(extra=extra))


def downgrade() -> None:
    op.drop_column("companies", "min_budget_usd")
    op.drop_column("companies", "target_sectors")


def _set_aside(extra: Mapping[str, Any]) -> dict[str, Any]:
    """Rename what stood under these names while they were free, unless it reads as the field."""

    def name(key: str, value: object) -> str:
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        is_readable = {"target_sectors": isinstance(value, list), "min_budget_usd": is_number}
        return key if value is None or is_readable.get(key, True) else f"{key} (원문)"

    return {name(key, value): value for key, value in extra.items()}
