"""The tables: typed columns for what is asked about, JSON for lists and for unknown fields."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Date,
    DateTime,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

# Ids sort by code point everywhere, as Python sorts them: pages and digests depend on it.
Identifier = Text().with_variant(Text(collation="C"), "postgresql")
# SQLite only numbers rows by itself where the key is INTEGER.
RowNumber = BigInteger().with_variant(Integer, "sqlite")
Moment = DateTime(timezone=True)


class Base(DeclarativeBase):
    """The one schema."""

    metadata = MetaData(naming_convention=NAMES)


class RevisionRow(Base):
    """One row: a token that every change of records replaces."""

    __tablename__ = "store_revision"

    row_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    token: Mapped[str] = mapped_column(Text)


class ImportRow(Base):
    """One change of records: who, when, from what, how many."""

    __tablename__ = "imports"

    import_id: Mapped[int] = mapped_column(RowNumber, primary_key=True)
    made_at: Mapped[datetime] = mapped_column(Moment)
    actor: Mapped[str] = mapped_column(Text)
    files: Mapped[list[str]] = mapped_column(JSON)
    counts: Mapped[dict[str, Any]] = mapped_column(JSON)


class ChangeRow(Base):
    """One record as it was before an import changed it (None: it was not there), and from where.

    What it became is the next change's `before`, or the record itself: nothing is kept twice.
    place: file, sheet and row as Excel shows it; None for changes made by hand.
    """

    __tablename__ = "changes"
    __table_args__ = (
        Index("ix_changes_kind_record_id", "kind", "record_id"),
        Index("ix_changes_import_id", "import_id"),
    )

    change_id: Mapped[int] = mapped_column(RowNumber, primary_key=True)
    import_id: Mapped[int] = mapped_column(RowNumber, ForeignKey("imports.import_id"))
    kind: Mapped[str] = mapped_column(Text)
    record_id: Mapped[str] = mapped_column(Identifier)
    before: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    place: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))


class DecisionRow(Base):
    """What staff decided of a pair; a veto keeps it out of the matches."""

    __tablename__ = "decisions"

    need_id: Mapped[str] = mapped_column(Identifier, primary_key=True)
    company_id: Mapped[str] = mapped_column(Identifier, primary_key=True)
    verdict: Mapped[str] = mapped_column(Text)
    note: Mapped[str] = mapped_column(Text)
    actor: Mapped[str] = mapped_column(Text)
    made_at: Mapped[datetime] = mapped_column(Moment)


class CompanyRow(Base):
    """A company without its offerings; `digest` tells whether the record changed."""

    __tablename__ = "companies"

    company_id: Mapped[str] = mapped_column(Identifier, primary_key=True)
    name_ko: Mapped[str] = mapped_column(Text)
    name_en: Mapped[str | None] = mapped_column(Text)
    registration_no: Mapped[str | None] = mapped_column(Text)
    region: Mapped[str | None] = mapped_column(Text)
    size: Mapped[str | None] = mapped_column(Text)
    employees: Mapped[int | None] = mapped_column(BigInteger)
    founded: Mapped[str | None] = mapped_column(Text)
    revenue_krw_million: Mapped[float | None] = mapped_column(Float(53))
    certifications: Mapped[list[Any]] = mapped_column(JSON)
    languages: Mapped[list[str]] = mapped_column(JSON)
    export_countries: Mapped[list[str]] = mapped_column(JSON)
    target_countries: Mapped[list[str]] = mapped_column(JSON)
    excluded_countries: Mapped[list[str]] = mapped_column(JSON)
    target_sectors: Mapped[list[str] | None] = mapped_column(JSON)
    min_budget_usd: Mapped[float | None] = mapped_column(Float(53))
    extra: Mapped[dict[str, Any]] = mapped_column(JSON)
    digest: Mapped[str] = mapped_column(Text)
    changed_at: Mapped[datetime] = mapped_column(Moment)
    import_id: Mapped[int] = mapped_column(RowNumber, ForeignKey("imports.import_id"))


class OfferingRow(Base):
    """One offering; its id need only be unique within its company."""

    __tablename__ = "offerings"

    company_id: Mapped[str] = mapped_column(
        Identifier, ForeignKey("companies.company_id", ondelete="CASCADE"), primary_key=True
    )
    offering_id: Mapped[str] = mapped_column(Identifier, primary_key=True)
    position: Mapped[int] = mapped_column(Integer)
    title: Mapped[str] = mapped_column(Text)
    description: Mapped[str] = mapped_column(Text)
    sector: Mapped[str | None] = mapped_column(Text)
    extra: Mapped[dict[str, Any]] = mapped_column(JSON)


class NeedRow(Base):
    """A need; `digest` tells whether the record changed."""

    __tablename__ = "needs"

    need_id: Mapped[str] = mapped_column(Identifier, primary_key=True)
    title: Mapped[str] = mapped_column(Text)
    description: Mapped[str] = mapped_column(Text)
    language: Mapped[str | None] = mapped_column(Text)
    country: Mapped[str | None] = mapped_column(Text)
    city: Mapped[str | None] = mapped_column(Text)
    organisation: Mapped[str | None] = mapped_column(Text)
    buyer_type: Mapped[str | None] = mapped_column(Text)
    required_certifications: Mapped[list[str]] = mapped_column(JSON)
    certification_rule: Mapped[str] = mapped_column(Text)
    required_languages: Mapped[list[str]] = mapped_column(JSON)
    budget_usd: Mapped[float | None] = mapped_column(Float(53))
    deadline: Mapped[date | None] = mapped_column(Date)
    cooperation_type: Mapped[str | None] = mapped_column(Text)
    sector: Mapped[str | None] = mapped_column(Text)
    extra: Mapped[dict[str, Any]] = mapped_column(JSON)
    digest: Mapped[str] = mapped_column(Text)
    changed_at: Mapped[datetime] = mapped_column(Moment)
    import_id: Mapped[int] = mapped_column(RowNumber, ForeignKey("imports.import_id"))


class BuyerRow(Base):
    """Who asks; `digest` tells whether the record changed."""

    __tablename__ = "buyers"

    buyer_id: Mapped[str] = mapped_column(Identifier, primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    buyer_type: Mapped[str | None] = mapped_column(Text)
    country: Mapped[str | None] = mapped_column(Text)
    city: Mapped[str | None] = mapped_column(Text)
    languages: Mapped[list[str]] = mapped_column(JSON)
    need_ids: Mapped[list[str]] = mapped_column(JSON)
    homepage: Mapped[str | None] = mapped_column(Text)
    extra: Mapped[dict[str, Any]] = mapped_column(JSON)
    digest: Mapped[str] = mapped_column(Text)
    changed_at: Mapped[datetime] = mapped_column(Moment)
    import_id: Mapped[int] = mapped_column(RowNumber, ForeignKey("imports.import_id"))


class UserRow(Base):
    """Somebody who may sign in; the password is kept as an argon2 hash only."""

    __tablename__ = "users"

    name: Mapped[str] = mapped_column(Identifier, primary_key=True)
    role: Mapped[str] = mapped_column(Text)
    company_id: Mapped[str | None] = mapped_column(Text)
    password_hash: Mapped[str] = mapped_column(Text)
    must_change: Mapped[bool] = mapped_column(Boolean)
    failures: Mapped[int] = mapped_column(Integer)
    locked_until: Mapped[datetime | None] = mapped_column(Moment)
    made_at: Mapped[datetime] = mapped_column(Moment)


class SessionRow(Base):
    """A signed-in browser; the cookie's token is kept as a hash only."""

    __tablename__ = "sessions"

    token_hash: Mapped[str] = mapped_column(Identifier, primary_key=True)
    name: Mapped[str] = mapped_column(Identifier, ForeignKey("users.name", ondelete="CASCADE"))
    csrf: Mapped[str] = mapped_column(Text)
    expires_at: Mapped[datetime] = mapped_column(Moment)


class KeyRow(Base):
    """A program's key; its secret is kept as a hash only."""

    __tablename__ = "api_keys"

    key_id: Mapped[str] = mapped_column(Identifier, primary_key=True)
    token_hash: Mapped[str] = mapped_column(Text)
    label: Mapped[str] = mapped_column(Text)
    role: Mapped[str] = mapped_column(Text)
    company_id: Mapped[str | None] = mapped_column(Text)
    made_by: Mapped[str] = mapped_column(Text)
    made_at: Mapped[datetime] = mapped_column(Moment)
    used_at: Mapped[datetime | None] = mapped_column(Moment)
    revoked_at: Mapped[datetime | None] = mapped_column(Moment)


class ContactRow(Base):
    """The people to speak to about a record, sealed; never exported, indexed or logged."""

    __tablename__ = "contacts"

    kind: Mapped[str] = mapped_column(Text, primary_key=True)
    record_id: Mapped[str] = mapped_column(Identifier, primary_key=True)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    actor: Mapped[str] = mapped_column(Text)
    made_at: Mapped[datetime] = mapped_column(Moment)


class ContactViewRow(Base):
    """One look at somebody's contacts: who, when, whose."""

    __tablename__ = "contact_views"

    view_id: Mapped[int] = mapped_column(RowNumber, primary_key=True)
    viewed_at: Mapped[datetime] = mapped_column(Moment)
    actor: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    record_id: Mapped[str] = mapped_column(Identifier)


class DraftRow(Base):
    """A file that somebody uploaded and has not taken in yet, sealed; gone after a day."""

    __tablename__ = "drafts"

    draft_id: Mapped[str] = mapped_column(Identifier, primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    kind: Mapped[str | None] = mapped_column(Text)
    meanings: Mapped[dict[str, str]] = mapped_column(JSON)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    actor: Mapped[str] = mapped_column(Text)
    made_at: Mapped[datetime] = mapped_column(Moment)


class InterestRow(Base):
    """A company says that it wants to meet a need."""

    __tablename__ = "interests"

    need_id: Mapped[str] = mapped_column(Identifier, primary_key=True)
    company_id: Mapped[str] = mapped_column(Identifier, primary_key=True)
    note: Mapped[str] = mapped_column(Text)
    actor: Mapped[str] = mapped_column(Text)
    made_at: Mapped[datetime] = mapped_column(Moment)


class SearchRow(Base):
    """What a company looks for again and again, and the needs it was shown already."""

    __tablename__ = "saved_searches"
    __table_args__ = (Index("ix_saved_searches_company_id", "company_id"),)

    search_id: Mapped[int] = mapped_column(RowNumber, primary_key=True)
    company_id: Mapped[str] = mapped_column(Identifier)
    name: Mapped[str] = mapped_column(Text)
    filters: Mapped[dict[str, str]] = mapped_column(JSON)
    seen: Mapped[list[str]] = mapped_column(JSON)
    made_at: Mapped[datetime] = mapped_column(Moment)


class JudgementRow(Base):
    """What one judge says of a pair: 0 useless, 1 marginal, 2 useful, 3 very useful."""

    __tablename__ = "judgements"

    need_id: Mapped[str] = mapped_column(Identifier, primary_key=True)
    company_id: Mapped[str] = mapped_column(Identifier, primary_key=True)
    judge: Mapped[str] = mapped_column(Identifier, primary_key=True)
    grade: Mapped[int] = mapped_column(Integer)
    made_at: Mapped[datetime] = mapped_column(Moment)


class MergeRow(Base):
    """One company behind a merged one (the merged one too), with its own form."""

    __tablename__ = "merges"
    __table_args__ = (Index("ix_merges_into_id", "into_id"),)

    company_id: Mapped[str] = mapped_column(Identifier, primary_key=True)
    into_id: Mapped[str] = mapped_column(Identifier)
    form: Mapped[dict[str, Any]] = mapped_column(JSON)


class ReceiptRow(Base):
    """What the files of this digest said, and the revision of the store when they had been saved."""

    __tablename__ = "receipts"

    digest: Mapped[str] = mapped_column(Identifier, primary_key=True)
    revision: Mapped[str] = mapped_column(Text)
    content: Mapped[dict[str, Any]] = mapped_column(JSON)


class EventRow(Base):
    """An event as its file says it, and the newest plans made for it."""

    __tablename__ = "events"

    event_id: Mapped[str] = mapped_column(Identifier, primary_key=True)
    form: Mapped[dict[str, Any]] = mapped_column(JSON)
    delegation: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    timetable: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    actor: Mapped[str] = mapped_column(Text)
    changed_at: Mapped[datetime] = mapped_column(Moment)


class OutcomeRow(Base):
    """One stage that a company reached with somebody; the rate of the day stays with it."""

    __tablename__ = "outcomes"
    __table_args__ = (Index("ix_outcomes_event_id", "event_id"),)

    outcome_id: Mapped[int] = mapped_column(RowNumber, primary_key=True)
    event_id: Mapped[str] = mapped_column(Identifier, ForeignKey("events.event_id"))
    company_id: Mapped[str] = mapped_column(Identifier)
    buyer_id: Mapped[str | None] = mapped_column(Text)
    need_id: Mapped[str | None] = mapped_column(Text)
    stage: Mapped[str] = mapped_column(Text)
    happened_on: Mapped[date] = mapped_column(Date)
    amount: Mapped[float | None] = mapped_column(Float(53))
    currency: Mapped[str | None] = mapped_column(Text)
    krw_per_usd: Mapped[float | None] = mapped_column(Float(53))
    note: Mapped[str] = mapped_column(Text)
    evidence: Mapped[str] = mapped_column(Text)
    actor: Mapped[str] = mapped_column(Text)
    made_at: Mapped[datetime] = mapped_column(Moment)


class VersionRow(Base):
    """A timetable as it was made and shown; its number counts up within the event."""

    __tablename__ = "timetable_versions"

    event_id: Mapped[str] = mapped_column(
        Identifier, ForeignKey("events.event_id", ondelete="CASCADE"), primary_key=True
    )
    version: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    stage: Mapped[str] = mapped_column(Text)
    content: Mapped[dict[str, Any]] = mapped_column(JSON)
    requests_until: Mapped[datetime | None] = mapped_column(Moment)
    actor: Mapped[str] = mapped_column(Text)
    made_at: Mapped[datetime] = mapped_column(Moment)


class ChangeRequestRow(Base):
    """A wish of one side to change a timetable that it was shown."""

    __tablename__ = "change_requests"
    __table_args__ = (Index("ix_change_requests_event_id", "event_id"),)

    request_id: Mapped[int] = mapped_column(RowNumber, primary_key=True)
    event_id: Mapped[str] = mapped_column(
        Identifier, ForeignKey("events.event_id", ondelete="CASCADE")
    )
    form: Mapped[dict[str, Any]] = mapped_column(JSON)
    state: Mapped[str] = mapped_column(Text)
    answer: Mapped[str] = mapped_column(Text)
    expires_at: Mapped[datetime] = mapped_column(Moment)
    actor: Mapped[str] = mapped_column(Text)
    made_at: Mapped[datetime] = mapped_column(Moment)


class AttendanceRow(Base):
    """Who came to a meeting: met, late, or not at all."""

    __tablename__ = "attendance"

    event_id: Mapped[str] = mapped_column(
        Identifier, ForeignKey("events.event_id", ondelete="CASCADE"), primary_key=True
    )
    buyer_id: Mapped[str] = mapped_column(Identifier, primary_key=True)
    company_id: Mapped[str] = mapped_column(Identifier, primary_key=True)
    state: Mapped[str] = mapped_column(Text)
    note: Mapped[str] = mapped_column(Text)
    actor: Mapped[str] = mapped_column(Text)
    made_at: Mapped[datetime] = mapped_column(Moment)
