"""Who may come in: people, their sessions, programs' keys; contacts, sealed, and who looked at them."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

Identifier = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
RowNumber = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Moment = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "users",
        sa.Column("name", Identifier, nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("company_id", sa.Text()),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("must_change", sa.Boolean(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("locked_until", Moment),
        sa.Column("made_at", Moment, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_users"),
    )
    op.create_table(
        "sessions",
        sa.Column("token_hash", Identifier, nullable=False),
        sa.Column("name", Identifier, nullable=False),
        sa.Column("csrf", sa.Text(), nullable=False),
        sa.Column("expires_at", Moment, nullable=False),
        sa.PrimaryKeyConstraint("token_hash", name="pk_sessions"),
        sa.ForeignKeyConstraint(
            ["name"], ["users.name"], name="fk_sessions_name_users", ondelete="CASCADE"
        ),
    )
    op.create_table(
        "api_keys",
        sa.Column("key_id", Identifier, nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("company_id", sa.Text()),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("made_at", Moment, nullable=False),
        sa.Column("used_at", Moment),
        sa.Column("revoked_at", Moment),
        sa.PrimaryKeyConstraint("key_id", name="pk_api_keys"),
    )
    op.create_table(
        "contacts",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("record_id", Identifier, nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("made_at", Moment, nullable=False),
        sa.PrimaryKeyConstraint("kind", "record_id", name="pk_contacts"),
    )
    op.create_table(
        "contact_views",
        sa.Column("view_id", RowNumber, nullable=False),
        sa.Column("viewed_at", Moment, nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("record_id", Identifier, nullable=False),
        sa.PrimaryKeyConstraint("view_id", name="pk_contact_views"),
    )


def downgrade() -> None:
    for table in ("contact_views", "contacts", "api_keys", "sessions", "users"):
        op.drop_table(table)
