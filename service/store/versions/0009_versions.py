"""Versions of timetables, requests to change them, and who came."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

Identifier = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
RowNumber = sa.BigInteger().with_variant(sa.Integer, "sqlite")
Moment = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "timetable_versions",
        sa.Column("event_id", Identifier, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("requests_until", Moment),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("made_at", Moment, nullable=False),
        sa.PrimaryKeyConstraint("event_id", "version", name="pk_timetable_versions"),
        sa.ForeignKeyConstraint(
            ["event_id"],
            ["events.event_id"],
            name="fk_timetable_versions_event_id_events",
            ondelete="CASCADE",
        ),
    )
    op.create_table(
        "change_requests",
        sa.Column("request_id", RowNumber, nullable=False),
        sa.Column("event_id", Identifier, nullable=False),
        sa.Column("form", sa.JSON(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("expires_at", Moment, nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("made_at", Moment, nullable=False),
        sa.PrimaryKeyConstraint("request_id", name="pk_change_requests"),
        sa.ForeignKeyConstraint(
            ["event_id"],
            ["events.event_id"],
            name="fk_change_requests_event_id_events",
            ondelete="CASCADE",
        ),
    )
    op.create_index("ix_change_requests_event_id", "change_requests", ["event_id"])
    op.create_table(
        "attendance",
        sa.Column("event_id", Identifier, nullable=False),
        sa.Column("buyer_id", Identifier, nullable=False),
        sa.Column("company_id", Identifier, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("made_at", Moment, nullable=False),
        sa.PrimaryKeyConstraint("event_id", "buyer_id", "company_id", name="pk_attendance"),
        sa.ForeignKeyConstraint(
            ["event_id"],
            ["events.event_id"],
            name="fk_attendance_event_id_events",
            ondelete="CASCADE",
        ),
    )


def downgrade() -> None:
    op.drop_table("attendance")
    op.drop_table("change_requests")
    op.drop_table("timetable_versions")
