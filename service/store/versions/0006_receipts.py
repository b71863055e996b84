"""What was read from files that came before, so that the same files need not be read again."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

Identifier = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "receipts",
        sa.Column("digest", Identifier, nullable=False),
        sa.Column("revision", sa.Text(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_receipts"),
    )


def downgrade() -> None:
    op.drop_table("receipts")
