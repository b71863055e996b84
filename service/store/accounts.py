"""People who sign in, their sessions, and the keys of programs; secrets are kept as hashes only."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import Connection, Engine, delete, func, insert, select, update

from matcher.errors import InvalidRequest, UnknownId
from service.store.schema import translated
from service.store.tables import CompanyRow, KeyRow, SessionRow, UserRow

ROLES = ("administrator", "staff", "evaluator", "company")
KEY_PREFIX = "gm"
SHORTEST_PASSWORD = 10
LONGEST_PASSWORD = 200
MOST_FAILURES = 5
LOCKED = timedelta(minutes=15)
SESSION = timedelta(hours=12)
NOTED_EVERY = timedelta(minutes=1)
_HASHER = PasswordHasher()
_NOBODY = _HASHER.hash("nobody")  # an unknown name costs as much as a wrong password


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who may sign in; company_id is set for the role company only."""

    name: str
    role: str
    company_id: str | None
    must_change: bool
    locked_until: datetime | None


@dataclass(frozen=True, slots=True)
class Session:
    """A signed-in browser; forms carry `csrf`, which pages of other sites cannot know."""

    user: User
    csrf: str


@dataclass(frozen=True, slots=True)
class Key:
    """A program's key without its secret."""

    key_id: str
    label: str
    role: str
    company_id: str | None
    made_by: str
    made_at: datetime
    used_at: datetime | None
    revoked_at: datetime | None


class Accounts:
    """Accounts in one database; safe to share between threads and processes."""

    def __init__(self, engine: Engine, writing: Engine) -> None:
        self._engine = engine
        self._writing = writing

    # -- people

    def add_user(self, name: str, role: str, company_id: str | None = None) -> str:
        """Add somebody and return a one-time password, to be changed at the first sign-in.

        Raises InvalidRequest for a name that is taken or empty and for a role that is none.
        """
        if not name.strip() or len(name) > LONGEST_PASSWORD:
            raise InvalidRequest("이름은 1자에서 200자 사이여야 합니다.", field="name")
        password = secrets.token_urlsafe(12)
        with translated(), self._writing.begin() as connection:
            _check_role(connection, role, company_id)
            if _user_row(connection, name) is not None:
                raise InvalidRequest(f"'{name}'은(는) 이미 있는 이름입니다.", field="name")
            row = {
                "name": name,
                "role": role,
                "company_id": company_id,
                "password_hash": _HASHER.hash(password),
                "must_change": True,
                "failures": 0,
                "locked_until": None,
                "made_at": _now(),
            }
            connection.execute(insert(UserRow).values(row))
        return password

    def first_administrator(self) -> str | None:
        """Add `admin` where nobody may sign in yet and return its one-time password, else None."""
        with translated(), self._engine.begin() as connection:
            if connection.execute(select(func.count(UserRow.name))).scalar_one():
                return None
        try:
            return self.add_user("admin", "administrator")
        except InvalidRequest:  # another process was first
            return None

    def users(self) -> tuple[User, ...]:
        """Return everybody by name."""
        with translated(), self._engine.begin() as connection:
            rows = connection.execute(select(UserRow).order_by(UserRow.name)).all()
        return tuple(_user(row) for row in rows)

    def remove_user(self, name: str) -> None:
        """Remove somebody with all sessions; raises UnknownId, InvalidRequest for the last admin."""
        with translated(), self._writing.begin() as connection:
            row = _user_row(connection, name)
            if row is None:
                raise _unknown_user(name)
            is_admin = UserRow.role == "administrator"
            admins = connection.execute(select(func.count()).where(is_admin)).scalar_one()
            if row.role == "administrator" and admins == 1:
                raise InvalidRequest("마지막 관리자는 지울 수 없습니다.", field="name")
            connection.execute(delete(SessionRow).where(SessionRow.name == name))
            connection.execute(delete(UserRow).where(UserRow.name == name))

    def reset_password(self, name: str) -> str:
        """Return a new one-time password, end all sessions and unlock; raises UnknownId."""
        password = secrets.token_urlsafe(12)
        with translated(), self._writing.begin() as connection:
            if _user_row(connection, name) is None:
                raise _unknown_user(name)
            _set_password(connection, name, password, must_change=True)
        return password

    def change_password(self, name: str, old: str, new: str) -> None:
        """Set one's own password and end all sessions; raises InvalidRequest."""
        if not SHORTEST_PASSWORD <= len(new) <= LONGEST_PASSWORD or new == old:
            raise InvalidRequest(
                f"새 비밀번호는 {SHORTEST_PASSWORD}자 이상이고 지금 것과 달라야 합니다.",
                field="new",
            )
        if self.sign_in(name, old) is None:
            raise InvalidRequest("지금 비밀번호가 맞지 않습니다.", field="old")
        with translated(), self._writing.begin() as connection:
            _set_password(connection, name, new, must_change=False)

    # -- sessions

    def sign_in(self, name: str, password: str) -> str | None:
        """Return a session's token for the cookie; None for a wrong name or password or a locked one.

        MOST_FAILURES wrong passwords in a row lock the name for LOCKED; which of the three it was
        is not told.
        """
        with translated(), self._engine.begin() as connection:
            row = _user_row(connection, name)
        is_right = _verify(row.password_hash if row else _NOBODY, password)
        if row is None:
            return None
        token, now = secrets.token_urlsafe(32), _now()
        with translated(), self._writing.begin() as connection:
            row = _user_row(connection, name)
            if row is None or (row.locked_until and _aware(row.locked_until) > now):
                return None
            is_this = UserRow.name == name
            if not is_right:
                failures = row.failures + 1
                locked = now + LOCKED if failures >= MOST_FAILURES else None
                count = 0 if locked else failures
                values = {"failures": count, "locked_until": locked}
                connection.execute(update(UserRow).where(is_this).values(values))
                return None
            values = {"failures": 0, "locked_until": None}
            connection.execute(update(UserRow).where(is_this).values(values))
            connection.execute(delete(SessionRow).where(SessionRow.expires_at < now))
            session = {
                "token_hash": _hash(token),
                "name": name,
                "csrf": secrets.token_urlsafe(32),
                "expires_at": now + SESSION,
            }
            connection.execute(insert(SessionRow).values(session))
        return token

    def session(self, token: str) -> Session | None:
        """Return whose session it is; None for one that is unknown or has ended."""
        query = (
            select(SessionRow.csrf, SessionRow.expires_at, *UserRow.__table__.columns)
            .join(UserRow, UserRow.name == SessionRow.name)
            .where(SessionRow.token_hash == _hash(token))
        )
        with translated(), self._engine.begin() as connection:
            row = connection.execute(query).first()
        if row is None or _aware(row.expires_at) <= _now():
            return None
        return Session(_user(row), row.csrf)

    def sign_out(self, token: str) -> None:
        """End a session."""
        with translated(), self._writing.begin() as connection:
            connection.execute(delete(SessionRow).where(SessionRow.token_hash == _hash(token)))

    # -- keys

    def add_key(self, label: str, role: str, made_by: str, company_id: str | None = None) -> str:
        """Make a key for a program and return it; it cannot be shown again. Raises InvalidRequest."""
        key_id, secret = secrets.token_hex(4), secrets.token_urlsafe(32)
        with translated(), self._writing.begin() as connection:
            _check_role(connection, role, company_id)
            row = {
                "key_id": key_id,
                "token_hash": _hash(secret),
                "label": label,
                "role": role,
                "company_id": company_id,
                "made_by": made_by,
                "made_at": _now(),
                "used_at": None,
                "revoked_at": None,
            }
            connection.execute(insert(KeyRow).values(row))
        return f"{KEY_PREFIX}_{key_id}_{secret}"

    def key(self, token: str) -> Key | None:
        """Return whose key it is and note its use; None for one that is unknown or revoked."""
        prefix, _, rest = token.partition("_")
        key_id, _, secret = rest.partition("_")
        if prefix != KEY_PREFIX or not secret or "\x00" in token:
            return None
        is_this = KeyRow.key_id == key_id
        with translated(), self._engine.begin() as connection:
            row = connection.execute(select(KeyRow).where(is_this)).first()
        if row is None or row.revoked_at is not None:
            return None
        if not secrets.compare_digest(row.token_hash, _hash(secret)):
            return None
        now = _now()
        if row.used_at is None or now - _aware(row.used_at) > NOTED_EVERY:
            with translated(), self._writing.begin() as connection:
                connection.execute(update(KeyRow).where(is_this).values(used_at=now))
        return _key(row)

    def keys(self) -> tuple[Key, ...]:
        """Return all keys, the oldest first."""
        query = select(KeyRow).order_by(KeyRow.made_at, KeyRow.key_id)
        with translated(), self._engine.begin() as connection:
            return tuple(_key(row) for row in connection.execute(query))

    def revoke_key(self, key_id: str) -> None:
        """Make a key useless for ever; raises UnknownId."""
        is_this = (KeyRow.key_id == key_id) & KeyRow.revoked_at.is_(None)
        with translated(), self._writing.begin() as connection:
            done = connection.execute(update(KeyRow).where(is_this).values(revoked_at=_now()))
            if not done.rowcount:
                raise UnknownId(f"쓰고 있는 키 가운데 '{key_id}'가 없습니다.", id=key_id)


def _check_role(connection: Connection, role: str, company_id: str | None) -> None:
    if role not in ROLES:
        raise InvalidRequest(f"역할은 {', '.join(ROLES)} 가운데 하나여야 합니다.", field="role")
    if (role == "company") != (company_id is not None):
        raise InvalidRequest(
            "역할 company에는 기업 ID가 있어야 하고, 다른 역할에는 없어야 합니다.",
            field="company_id",
        )
    if company_id is not None:
        is_this = CompanyRow.company_id == company_id
        if connection.execute(select(CompanyRow.company_id).where(is_this)).first() is None:
            raise UnknownId(f"저장된 공급기업에 '{company_id}'가 없습니다.", id=company_id)


def _set_password(connection: Connection, name: str, password: str, *, must_change: bool) -> None:
    values = {
        "password_hash": _HASHER.hash(password),
        "must_change": must_change,
        "failures": 0,
        "locked_until": None,
    }
    connection.execute(update(UserRow).where(UserRow.name == name).values(values))
    connection.execute(delete(SessionRow).where(SessionRow.name == name))


def _user_row(connection: Connection, name: str) -> Any:
    if "\x00" in name:
        return None
    return connection.execute(select(UserRow).where(UserRow.name == name)).first()


def _verify(password_hash: str, password: str) -> bool:
    try:
        return _HASHER.verify(password_hash, password[:LONGEST_PASSWORD])
    except (VerificationError, InvalidHashError):
        return False


def _user(row: Any) -> User:
    locked = _aware(row.locked_until) if row.locked_until else None
    return User(row.name, row.role, row.company_id, row.must_change, locked)


def _key(row: Any) -> Key:
    return Key(
        row.key_id,
        row.label,
        row.role,
        row.company_id,
        row.made_by,
        _aware(row.made_at),
        _aware(row.used_at) if row.used_at else None,
        _aware(row.revoked_at) if row.revoked_at else None,
    )


def _unknown_user(name: str) -> UnknownId:
    return UnknownId(f"'{name}'이라는 이름이 없습니다. `greenmatch user list`로 보십시오.", id=name)


def _hash(secret: str) -> str:
    """Hash a secret of 256 random bits: no slow hash is needed, it cannot be guessed."""
    return hashlib.sha256(secret.encode(errors="replace")).hexdigest()


def _now() -> datetime:
    return datetime.now(UTC)


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
