"""The people behind a record: for staff only, and every look is written down."""

from typing import Annotated, Any

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from pydantic import Field

from service.api.access import MALFORMED, Bench, answers
from service.api.history import KINDS, Kinds
from service.api.records import RecordId
from service.api.wire import Closed, Line
from service.gate import Asking
from service.store import Contact
from service.store.contacts import MOST_CONTACTS

router = APIRouter(prefix="/api/v1")
_CONTACTS: list[Any] = ["연락처"]


class ContactBody(Closed):
    """한 사람."""

    name: Annotated[Line, Field(min_length=1)]
    phone: Line = ""
    email: Line = ""
    position: Line = ""


class ContactsBody(Closed):
    """기록 하나의 연락처. 저장할 때 통째로 바꿉니다."""

    items: Annotated[list[ContactBody], Field(max_length=MOST_CONTACTS)]


@router.get(
    "/contacts/{kind}/{record_id:path}",
    summary="연락처",
    description="담당자만 볼 수 있고, 볼 때마다 누가 보았는지 남습니다.",
    tags=_CONTACTS,
    responses={200: {"model": ContactsBody}, **answers(s422=MALFORMED)},
)
def get_contacts(kind: Kinds, record_id: RecordId, bench: Bench, who: Asking) -> JSONResponse:
    """Answer with the contacts, none where there are none."""
    found = bench.contacts().view(KINDS[kind], record_id, who.name)
    return JSONResponse({"items": [contact.to_dict() for contact in found]})


@router.put(
    "/contacts/{kind}/{record_id:path}",
    summary="연락처 저장",
    description="암호로 봉해 따로 둡니다. 색인, 기록의 역사, 내보내기에는 들어가지 않습니다.",
    tags=_CONTACTS,
    responses={200: {"model": ContactsBody}, **answers(s404="없는 ID", s422=MALFORMED)},
)
def put_contacts(
    kind: Kinds,
    record_id: RecordId,
    body: ContactsBody,
    bench: Bench,
    who: Asking,
) -> JSONResponse:
    """Replace the contacts of a record."""
    contacts = [Contact(**item.model_dump()) for item in body.items]
    bench.contacts().put(KINDS[kind], record_id, contacts, who.name)
    return JSONResponse({"items": [contact.to_dict() for contact in contacts]})
