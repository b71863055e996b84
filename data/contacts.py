"""Personal data at the door: which columns hold it, and how it looks inside other text.

Names of persons, phones and e-mail addresses go into no record, problem, log or index.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping

MASK = "[연락처]"

Person = Mapping[str, str]
"""name, and what is known of phone, email and position: the form of the store's contacts."""

_HEADER_PARTS = re.compile(
    r"담당자|대표자|대표이사|대표명|성명|실무자|책임자|연락처|전화|휴대폰|휴대전화|핸드폰|메일|전자우편"
    r"|팩스|주민등록|생년월일|여권|카카오톡|카톡|위챗|왓츠앱|email|whatsapp|wechat|kakaotalk"
    r"|(?<!smart)(?<!head)(?<!micro)(?<!ear)phone"
)
_HEADER_WHOLE = re.compile(
    r"대표|사장|이름|직통|폰|사장명|담당|담당명|대표성함|성함|hp|hpno"
    r"|(?:contact|representative|ceo|manager|mobile|cell)s?(?:name|person|point|info|details?|no|number)?"
)
_HEADER_WORDS = frozenset(("tel", "fax", "mail", "mails", "passport", "birthday", "birthdate"))
LONGEST = 200
_NEVER_KEPT = re.compile(r"주민등록|생년월일|여권|passport|birth")
_EMAIL = re.compile(r"[A-Za-z0-9._%+\-]+@[A-Za-z0-9\-]+(?:\.[A-Za-z0-9\-]+)*\.[A-Za-z]{2,}")
_SEPARATOR = r"[-.)\s‐‑–]{1,2}"
# Korean letters may touch a number (전화010-…, 010-…로); those of a document's number (제…호) not.
_PHONE = re.compile(
    r"(?<![a-zA-Z0-9_.\-/제])(?:"
    rf"(?:\+?82{_SEPARATOR}?\(?0?\)?|\(?0)(?:2|1[016789]|[3-6][1-5]|70|50\d){_SEPARATOR}"
    rf"\d{{3,4}}{_SEPARATOR}\d{{4}}"
    r"|01[016789]\d{7,8}"
    rf"|\+\d{{1,3}}{_SEPARATOR}\(?\d{{1,4}}\)?(?:{_SEPARATOR}\d{{2,4}}){{1,4}}"
    r")(?![a-zA-Z0-9_\-/호])"
)


def is_contact_column(header: str) -> bool:
    """Tell whether a column head or field name announces personal data (담당자, phone_no)."""
    text = unicodedata.normalize("NFKC", header).casefold()
    compact = re.sub(r"[\W_]+", "", text)
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", unicodedata.normalize("NFKC", header)).casefold()
    words = re.findall(r"[a-z]+", spaced.replace("e-mail", "email"))
    return (
        _HEADER_WHOLE.fullmatch(compact) is not None
        or _HEADER_PARTS.search(compact) is not None
        or not _HEADER_WORDS.isdisjoint(words)
    )


def may_be_kept(header: str) -> bool:
    """Tell whether a column of personal data says how to reach somebody; the rest is never kept."""
    compact = re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", header).casefold())
    return _NEVER_KEPT.search(compact) is None


def to_person(cells: Iterable[tuple[str, str]]) -> Person | None:
    """Return the person whom one row's cells (column head, text) of personal data tell of.

    What looks like an address or a number counts as one, whatever the head says. Columns that
    `may_be_kept` refuses are left out; None where nothing remains.
    """
    found: dict[str, str] = {}
    for head, text in cells:
        if not may_be_kept(head):
            continue
        if email := _EMAIL.search(text):
            found.setdefault("email", email.group())
            text = _EMAIL.sub(" ", text)
        if phone := _PHONE.search(text):
            found.setdefault("phone", phone.group())
            text = _PHONE.sub(" ", text)
        rest = " ".join(text.split()).strip(" ,;/()")
        if rest and not re.search(r"메일|mail|전화|폰|phone|tel|팩스|fax|hp", head.casefold()):
            found.setdefault("name", rest)
    if not found:
        return None
    return {"name": found.pop("name", "담당자")[:LONGEST], **found}


def people_in(cells: Iterable[tuple[str, object]]) -> tuple[Person, ...]:
    """Return the people whom the fields (name, value) of a JSON object tell of.

    Plain values belong to one person, as the cells of a row do; each object in them is a person of
    its own (`{"name": ..., "phone": ..., "email": ..., "position": ...}`).
    """
    texts: list[tuple[str, str]] = []
    people: list[Person] = []
    for name, value in cells:
        if not may_be_kept(name):
            continue
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, Mapping):
                person = _to_named_person(item)
                people += [person] if person else []
            elif item not in (None, ""):
                texts.append((name, str(item)))
    together = to_person(texts)
    return (*([together] if together else ()), *people)


def _to_named_person(fields: Mapping[str, object]) -> Person | None:
    words = {re.sub(r"[\W_]+", "", str(k).casefold()): str(v or "") for k, v in fields.items()}
    position = next((words[k] for k in ("position", "직위", "직책", "title") if words.get(k)), "")
    rest = {k: v for k, v in words.items() if v and k not in ("position", "직위", "직책", "title")}
    person = to_person(rest.items())
    return person and ({**person, "position": position[:LONGEST]} if position else person)


def has_contact(text: str) -> bool:
    """Tell whether a text holds an e-mail address or a telephone number."""
    return ("@" in text and _EMAIL.search(text) is not None) or _PHONE.search(text) is not None


def mask_contacts(text: str) -> str:
    """Return the text with e-mail addresses and telephone numbers replaced by `MASK`."""
    return _PHONE.sub(MASK, _EMAIL.sub(MASK, text) if "@" in text else text)
