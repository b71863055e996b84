"""What screens keep: uploaded files, interests and searches of companies, judgements."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

Identifier = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
RowNumber = sa.BigInteger().with_variant(sa.Integer, "sqlite")
Moment = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "drafts",
        sa.Column("draft_id", Identifier, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text()),
        sa.Column("meanings", sa.JSON(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("made_at", Moment, nullable=False),
        sa.PrimaryKeyConstraint("draft_id", name="pk_drafts"),
    )
    op.create_table(
        "interests",
        sa.Column("need_id", Identifier, nullable=False),
        sa.Column("company_id", Identifier, nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("made_at", Moment, nullable=False),
        sa.PrimaryKeyConstraint("need_id", "company_id", name="pk_interests"),
    )
    op.create_table(
        "saved_searches",
        sa.Column("search_id", RowNumber, nullable=False),
        sa.Column("company_id", Identifier, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("filters", sa.JSON(), nullable=False),
        sa.Column("seen", sa.JSON(), nullable=False),
        sa.Column("made_at", Moment, nullable=False),
        sa.PrimaryKeyConstraint("search_id", name="pk_saved_searches"),
    )
    op.create_index("ix_saved_searches_company_id", "saved_searches", ["company_id"])
    op.create_table(
        "judgements",
        sa.Column("need_id", Identifier, nullable=False),
        sa.Column("company_id", Identifier, nullable=False),
        sa.Column("judge", Identifier, nullable=False),
        sa.Column("grade", sa.Integer(), nullable=False),
        sa.Column("made_at", Moment, nullable=False),
        sa.PrimaryKeyConstraint("need_id", "company_id", "judge", name="pk_judgements"),
    )


def downgrade() -> None:
    op.drop_table("judgements")
    op.drop_table("saved_searches")
    op.drop_table("interests")
    op.drop_table("drafts")
