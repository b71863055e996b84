"""Who may do what: one table for every route, and who is asking.

A route that stands in no line of PERMISSIONS is refused to everybody (and a test fails).
"""

from collections.abc import Mapping
from dataclasses import dataclass

ADMINISTRATOR, STAFF, EVALUATOR, COMPANY = "administrator", "staff", "evaluator", "company"
ANYONE = "anyone"
"""Nobody signed in: only what tells nothing of records, or, where the owner opened it, public fields."""

_ALL = frozenset({ADMINISTRATOR, STAFF, EVALUATOR, COMPANY})
_OPEN = _ALL | {ANYONE}
_READERS = frozenset({ADMINISTRATOR, STAFF, EVALUATOR})
_WRITERS = frozenset({ADMINISTRATOR, STAFF})
_COMPANIES = frozenset({COMPANY})

PERMISSIONS: Mapping[tuple[str, str], frozenset[str]] = {
    ("GET", "/healthz"): _OPEN,
    ("GET", "/readyz"): _OPEN,
    ("GET", "/docs"): _OPEN,
    ("GET", "/sign-in"): _OPEN,
    ("POST", "/sign-in"): _OPEN,
    ("POST", "/sign-out"): _OPEN,
    ("GET", "/password"): _ALL,
    ("POST", "/password"): _ALL,
    ("POST", "/language"): _OPEN,
    ("GET", "/"): _ALL,
    ("GET", "/imports"): _WRITERS,
    ("POST", "/imports"): _WRITERS,
    ("GET", "/imports/index"): _WRITERS,
    ("POST", "/imports/index"): _WRITERS,
    ("GET", "/imports/{draft_id}"): _WRITERS,
    ("POST", "/imports/{draft_id}"): _WRITERS,
    ("GET", "/imports/{draft_id}/problems"): _WRITERS,
    ("POST", "/imports/{import_id}/undo"): _WRITERS,
    ("GET", "/duplicates"): _WRITERS,
    ("POST", "/duplicates"): _WRITERS,
    ("GET", "/match"): _READERS,
    ("POST", "/match"): _READERS,
    ("GET", "/match/needs/{need_id:path}"): _READERS,
    ("GET", "/match/companies"): _READERS,
    ("GET", "/match/companies/{company_id:path}"): _READERS,
    ("GET", "/compare"): _READERS,
    ("POST", "/decisions"): _WRITERS,
    ("GET", "/map"): _READERS,
    ("GET", "/picture"): _READERS,
    ("GET", "/outcomes"): _READERS,
    ("GET", "/outcomes.csv"): _READERS,
    ("GET", "/quality"): _READERS,
    ("GET", "/quality/report"): _READERS,
    ("GET", "/quality/judge"): _READERS,
    ("POST", "/quality/judge"): _READERS,
    ("GET", "/quality/judgements.tsv"): _READERS,
    ("GET", "/company"): _COMPANIES,
    ("GET", "/company/hints"): _COMPANIES,
    ("GET", "/company/searches"): _COMPANIES,
    ("POST", "/company/searches"): _COMPANIES,
    ("POST", "/company/interests"): _COMPANIES,
    ("GET", "/company/meetings.ics"): _COMPANIES,
    ("GET", "/day-worker.js"): _OPEN,
    ("GET", "/day/{event_id}"): _READERS,
    ("POST", "/day/{event_id}/attendance"): _WRITERS,
    ("POST", "/day/{event_id}/outcomes"): _WRITERS,
    ("GET", "/events"): _READERS,
    ("POST", "/events"): _WRITERS,
    ("POST", "/events/new"): _WRITERS,
    ("POST", "/events/{event_id}/form"): _WRITERS,
    ("POST", "/events/{event_id}/rules"): _WRITERS,
    ("GET", "/events/{event_id}/job"): _READERS,
    ("POST", "/events/{event_id}/job"): _WRITERS,
    ("POST", "/events/{event_id}/swap"): _WRITERS,
    ("POST", "/events/{event_id}/move"): _WRITERS,
    ("GET", "/events/{event_id}/places"): _WRITERS,
    ("GET", "/events/{event_id}/versions"): _READERS,
    ("GET", "/events/{event_id}"): _READERS,
    ("POST", "/events/{event_id}/plans"): _WRITERS,
    ("POST", "/events/{event_id}/release"): _WRITERS,
    ("POST", "/events/{event_id}/requests/{request_id}"): _WRITERS,
    ("POST", "/events/{event_id}/outcomes"): _WRITERS,
    ("GET", "/metrics"): frozenset({ADMINISTRATOR}),
    # A company asks for its own opportunities only; the route checks whose.
    ("POST", "/api/v1/matches"): _READERS,
    ("POST", "/api/v1/opportunities"): _ALL,
    ("GET", "/api/v1/companies"): _READERS,
    ("GET", "/api/v1/companies/{company_id:path}"): _ALL,
    ("PUT", "/api/v1/companies/{company_id:path}"): _WRITERS,
    ("DELETE", "/api/v1/companies/{company_id:path}"): _WRITERS,
    # Companies and, where opened, the public see the public fields of needs.
    ("GET", "/api/v1/needs"): _ALL,
    ("GET", "/api/v1/needs/{need_id:path}"): _ALL,
    ("PUT", "/api/v1/needs/{need_id:path}"): _WRITERS,
    ("DELETE", "/api/v1/needs/{need_id:path}"): _WRITERS,
    ("GET", "/api/v1/buyers"): _READERS,
    ("GET", "/api/v1/buyers/{buyer_id:path}"): _READERS,
    ("PUT", "/api/v1/buyers/{buyer_id:path}"): _WRITERS,
    ("DELETE", "/api/v1/buyers/{buyer_id:path}"): _WRITERS,
    ("POST", "/api/v1/imports"): _WRITERS,
    ("GET", "/api/v1/imports"): _WRITERS,
    ("POST", "/api/v1/imports/{import_id}/undo"): _WRITERS,
    ("GET", "/api/v1/history/{kind}/{record_id:path}"): _WRITERS,
    ("GET", "/api/v1/expiring"): _READERS,
    ("GET", "/api/v1/decisions"): _READERS,
    ("POST", "/api/v1/decisions"): _WRITERS,
    ("DELETE", "/api/v1/decisions"): _WRITERS,
    ("GET", "/api/v1/duplicates"): _WRITERS,
    ("POST", "/api/v1/merges"): _WRITERS,
    ("DELETE", "/api/v1/merges/{company_id:path}"): _WRITERS,
    ("GET", "/api/v1/contacts/{kind}/{record_id:path}"): _WRITERS,
    ("PUT", "/api/v1/contacts/{kind}/{record_id:path}"): _WRITERS,
    ("GET", "/api/v1/events"): _READERS,
    ("GET", "/api/v1/events/{event_id}"): _READERS,
    ("PUT", "/api/v1/events/{event_id}"): _WRITERS,
    ("DELETE", "/api/v1/events/{event_id}"): _WRITERS,
    ("POST", "/api/v1/events/{event_id}/delegation"): _WRITERS,
    ("POST", "/api/v1/events/{event_id}/timetable"): _WRITERS,
    # A company sees and asks for its own meetings only; the routes check whose.
    ("GET", "/api/v1/events/{event_id}/versions"): _READERS,
    ("GET", "/api/v1/events/{event_id}/versions/{version}"): _READERS,
    ("POST", "/api/v1/events/{event_id}/release"): _WRITERS,
    ("GET", "/api/v1/events/{event_id}/meetings"): _ALL,
    ("GET", "/api/v1/events/{event_id}/requests"): _ALL,
    ("POST", "/api/v1/events/{event_id}/requests"): _ALL,
    ("POST", "/api/v1/events/{event_id}/requests/{request_id}/answer"): _WRITERS,
    ("POST", "/api/v1/events/{event_id}/withdrawals"): _WRITERS,
    ("GET", "/api/v1/events/{event_id}/attendance"): _READERS,
    ("PUT", "/api/v1/events/{event_id}/attendance"): _WRITERS,
    ("GET", "/api/v1/events/{event_id}/timetable/{form}"): _READERS,
    ("GET", "/api/v1/funnel"): _READERS,
    ("GET", "/api/v1/follow-ups"): _READERS,
    ("GET", "/api/v1/exposure"): _READERS,
    ("GET", "/api/v1/events/{event_id}/outcomes"): _READERS,
    ("POST", "/api/v1/events/{event_id}/outcomes"): _WRITERS,
    ("DELETE", "/api/v1/events/{event_id}/outcomes/{outcome_id}"): _WRITERS,
}
PUBLIC_ROUTES = frozenset({("GET", "/api/v1/needs"), ("GET", "/api/v1/needs/{need_id:path}")})
"""Open to anyone where GREENMATCH_PUBLIC is set."""
BEFORE_NEW_PASSWORD = frozenset(
    {
        ("GET", "/healthz"),
        ("GET", "/readyz"),
        ("GET", "/sign-in"),
        ("POST", "/sign-in"),
        ("POST", "/sign-out"),
        ("GET", "/password"),
        ("POST", "/password"),
        ("POST", "/language"),
        ("GET", "/day-worker.js"),
    }
)
"""All that a one-time password opens."""
PUBLIC_NEED_FIELDS = (
    "need_id",
    "title",
    "description",
    "language",
    "country",
    "city",
    "buyer_type",
    "required_certifications",
    "required_languages",
    "deadline",
    "cooperation_type",
    "sector",
)
"""What companies and the public see of a need: not who asks, not the budget, not unknown fields."""


@dataclass(frozen=True, slots=True)
class Principal:
    """Who is asking; csrf is set where a browser's cookie said so."""

    name: str
    role: str
    company_id: str | None = None
    csrf: str | None = None
    must_change: bool = False

    @property
    def sees_everything(self) -> bool:
        """Tell whether every field of every record may be shown."""
        return self.role in _READERS


NOBODY = Principal("", ANYONE)
