"""Companies, offerings, needs, and the history of imports."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

Identifier = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
RowNumber = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Moment = sa.DateTime(timezone=True)


def upgrade() -> None:
    revision_table = op.create_table(
        "store_revision",
        sa.Column("row_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("row_id", name="pk_store_revision"),
    )
    op.bulk_insert(revision_table, [{"row_id": 1, "token": "empty"}])
    op.create_table(
        "imports",
        sa.Column("import_id", RowNumber, nullable=False),
        sa.Column("made_at", Moment, nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("files", sa.JSON(), nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("import_id", name="pk_imports"),
    )
    _create_companies()
    _create_offerings()
    _create_needs()


def downgrade() -> None:
    for table in ("needs", "offerings", "companies", "imports", "store_revision"):
        op.drop_table(table)


def _create_companies() -> None:
    op.create_table(
        "companies",
        sa.Column("company_id", Identifier, nullable=False),
        sa.Column("name_ko", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text()),
        sa.Column("registration_no", sa.Text()),
        sa.Column("region", sa.Text()),
        sa.Column("size", sa.Text()),
        sa.Column("employees", sa.BigInteger()),
        sa.Column("founded", sa.Text()),
        sa.Column("revenue_krw_million", sa.Float(53)),
        *_lists(
            "certifications",
            "languages",
            "export_countries",
            "target_countries",
            "excluded_countries",
        ),
        *_housekeeping("companies"),
        sa.PrimaryKeyConstraint("company_id", name="pk_companies"),
    )


def _create_offerings() -> None:
    op.create_table(
        "offerings",
        sa.Column("company_id", Identifier, nullable=False),
        sa.Column("offering_id", Identifier, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("sector", sa.Text()),
        sa.Column("extra", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id"],
            ["companies.company_id"],
            name="fk_offerings_company_id_companies",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("company_id", "offering_id", name="pk_offerings"),
    )


def _create_needs() -> None:
    op.create_table(
        "needs",
        sa.Column("need_id", Identifier, nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("language", sa.Text()),
        sa.Column("country", sa.Text()),
        sa.Column("city", sa.Text()),
        sa.Column("organisation", sa.Text()),
        sa.Column("buyer_type", sa.Text()),
        *_lists("required_certifications", "required_languages"),
        sa.Column("certification_rule", sa.Text(), nullable=False),
        sa.Column("budget_usd", sa.Float(53)),
        sa.Column("deadline", sa.Date()),
        sa.Column("cooperation_type", sa.Text()),
        sa.Column("sector", sa.Text()),
        *_housekeeping("needs"),
        sa.PrimaryKeyConstraint("need_id", name="pk_needs"),
    )


def _lists(*names: str) -> list[sa.Column[Any]]:
    return [sa.Column(name, sa.JSON(), nullable=False) for name in names]


def _housekeeping(table: str) -> list[sa.Column[Any] | sa.ForeignKeyConstraint]:
    return [
        sa.Column("extra", sa.JSON(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("changed_at", Moment, nullable=False),
        sa.Column("import_id", RowNumber, nullable=False),
        sa.ForeignKeyConstraint(
            ["import_id"], ["imports.import_id"], name=f"fk_{table}_import_id_imports"
        ),
    ]
