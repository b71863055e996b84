"""Companies that are one: the own form of each, so that they can be parted again."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

Identifier = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "merges",
        sa.Column("company_id", Identifier, nullable=False),
        sa.Column("into_id", Identifier, nullable=False),
        sa.Column("form", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("company_id", name="pk_merges"),
    )
    op.create_index("ix_merges_into_id", "merges", ["into_id"])


def downgrade() -> None:
    op.drop_table("merges")
