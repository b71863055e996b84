"""Buyers: who asks, apart from what is asked for."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

Identifier = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
RowNumber = sa.BigInteger().with_variant(sa.Integer, "sqlite")
Moment = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "buyers",
        sa.Column("buyer_id", Identifier, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("buyer_type", sa.Text()),
        sa.Column("country", sa.Text()),
        sa.Column("city", sa.Text()),
        sa.Column("languages", sa.JSON(), nullable=False),
        sa.Column("need_ids", sa.JSON(), nullable=False),
        sa.Column("homepage", sa.Text()),
        sa.Column("extra", sa.JSON(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("changed_at", Moment, nullable=False),
        sa.Column("import_id", RowNumber, nullable=False),
        sa.PrimaryKeyConstraint("buyer_id", name="pk_buyers"),
        sa.ForeignKeyConstraint(
            ["import_id"], ["imports.import_id"], name="fk_buyers_import_id_imports"
        ),
    )


def downgrade() -> None:
    op.drop_table("buyers")
