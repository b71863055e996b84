"""Events with their plans, and what came of their meetings."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

Identifier = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
RowNumber = sa.BigInteger().with_variant(sa.Integer, "sqlite")
Moment = sa.DateTime(timezone=True)


def upgrade() -> None:
    # Decisions take the words of the contract.
    op.execute("UPDATE decisions SET verdict = 'accept' WHERE verdict = 'approved'")
    op.execute("UPDATE decisions SET verdict = 'veto' WHERE verdict = 'vetoed'")
    op.create_table(
        "events",
        sa.Column("event_id", Identifier, nullable=False),
        sa.Column("form", sa.JSON(), nullable=False),
        sa.Column("delegation", sa.JSON(none_as_null=True)),
        sa.Column("timetable", sa.JSON(none_as_null=True)),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("changed_at", Moment, nullable=False),
        sa.PrimaryKeyConstraint("event_id", name="pk_events"),
    )
    op.create_table(
        "outcomes",
        sa.Column("outcome_id", RowNumber, nullable=False),
        sa.Column("event_id", Identifier, nullable=False),
        sa.Column("company_id", Identifier, nullable=False),
        sa.Column("buyer_id", sa.Text()),
        sa.Column("need_id", sa.Text()),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("happened_on", sa.Date(), nullable=False),
        sa.Column("amount", sa.Float(53)),
        sa.Column("currency", sa.Text()),
        sa.Column("krw_per_usd", sa.Float(53)),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("made_at", Moment, nullable=False),
        sa.PrimaryKeyConstraint("outcome_id", name="pk_outcomes"),
        sa.ForeignKeyConstraint(
            ["event_id"], ["events.event_id"], name="fk_outcomes_event_id_events"
        ),
    )
    op.create_index("ix_outcomes_event_id", "outcomes", ["event_id"])


def downgrade() -> None:
    op.drop_table("outcomes")
    op.drop_table("events")
