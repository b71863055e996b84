"""Every change with its before-image, so that imports can be undone; decisions of staff on pairs."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

Identifier = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
RowNumber = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Moment = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "changes",
        sa.Column("change_id", RowNumber, nullable=False),
        sa.Column("import_id", RowNumber, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("record_id", Identifier, nullable=False),
        sa.Column("before", sa.JSON(none_as_null=True)),
        sa.Column("place", sa.JSON(none_as_null=True)),
        sa.PrimaryKeyConstraint("change_id", name="pk_changes"),
        sa.ForeignKeyConstraint(
            ["import_id"], ["imports.import_id"], name="fk_changes_import_id_imports"
        ),
    )
    op.create_index("ix_changes_kind_record_id", "changes", ["kind", "record_id"])
    op.create_index("ix_changes_import_id", "changes", ["import_id"])
    op.create_table(
        "decisions",
        sa.Column("need_id", Identifier, nullable=False),
        sa.Column("company_id", Identifier, nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("made_at", Moment, nullable=False),
        sa.PrimaryKeyConstraint("need_id", "company_id", name="pk_decisions"),
    )


def downgrade() -> None:
    op.drop_table("decisions")
    op.drop_table("changes")
