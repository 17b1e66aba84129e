"""The status of what we issued: a place in a list, drawn at random and never given away again.

Revoked is for ever; suspended can be taken back. Every change keeps who made it, when and why.
"""

from __future__ import annotations

import secrets
import uuid
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from config.limits import LIST_ROWS, REASON_CHARACTERS, STATUS_DECOYS, STATUS_PLACES, STATUS_TRIES
from core.credentials.issuer import status_addresses
from core.credentials.models import StatusChange, StatusEntry, StatusList, StatusValue
from core.credentials.status_ref import BITSTRING, TOKEN, StatusRef
from core.db import Session
from core.errors import Refusal
from core.refusal_codes import RefusalCode

REVOCATION, SUSPENSION = "revocation", "suspension"
_DIGITS = 10  # of the number of a list; we shall never have so many
PURPOSES = {REVOCATION: StatusValue.REVOKED, SUSPENSION: StatusValue.SUSPENDED}


def allocate(
    db: Session,
    *,
    owner_id: uuid.UUID | None,
    type: str,
    reference: str,
    issued_at: datetime,
    expires_at: datetime,
) -> StatusEntry:
    """Give a credential that is about to be signed its place; whoever was faster gets the place, we draw again."""
    while True:
        number = _open_list(db, issued_at)
        place = _free_place(db, number)
        if place is None:
            _new_list(db, number + 1, issued_at)
            continue
        entry = StatusEntry(
            list_number=number, place=place, credential_id=uuid.uuid4(), owner_id=owner_id, type=type,
            reference=reference, issued_at=issued_at, expires_at=expires_at, value=StatusValue.VALID,
        )  # fmt: skip
        try:
            with db.begin_nested():
                db.add(entry)
        except IntegrityError:
            continue
        return entry


def refs(entry: StatusEntry, lists: str) -> list[StatusRef]:
    """What a credential says of its place, for both kinds of list published under the address `lists`."""
    uri = address(lists, entry.list_number)
    places = [
        StatusRef(BITSTRING, f"{uri}/{purpose}", entry.place, purpose) for purpose in PURPOSES
    ]
    return [StatusRef(TOKEN, uri, entry.place), *places]


def address(lists: str, number: int) -> str:
    """Where list `number` is published, of those under the address `lists`."""
    return f"{lists}/{number}"


def find(db: Session, ref: StatusRef, base_url: str) -> StatusEntry | None:
    """The entry of ours that a credential names; None for another's list, a decoy, or a place never given away."""
    lists = next((one for one in _published(base_url) if ref.uri.startswith(f"{one}/")), "")
    number = ref.uri.removeprefix(f"{lists}/").partition("/")[0]
    if not lists or not (number.isascii() and number.isdecimal() and len(number) < _DIGITS):
        return None
    entry = db.get(StatusEntry, (int(number), ref.index))
    if entry is None or entry.credential_id is None:
        return None
    ours = {(one.kind, one.uri, one.purpose) for one in refs(entry, lists)}
    return entry if (ref.kind, ref.uri, ref.purpose) in ours else None


def _published(base_url: str) -> list[str]:
    """Every address of lists of ours, the longest first: one lies within another."""
    return sorted(status_addresses(base_url).values(), key=len, reverse=True)


def revoke(
    db: Session, *, credential_id: uuid.UUID, reason: str, by: str, now: datetime
) -> StatusEntry:
    """Take a credential back for ever. Refuses credential_unknown, credential_already_revoked, reason_needed."""
    return _change(db, credential_id, StatusValue.REVOKED, reason, by, now)


def take_back(
    db: Session, *, credential_id: uuid.UUID, reason: str, by: str, now: datetime
) -> None:
    """The same, unless it is revoked already."""
    query = select(StatusEntry.value).where(StatusEntry.credential_id == credential_id)
    if db.scalar(query) is not StatusValue.REVOKED:
        revoke(db, credential_id=credential_id, reason=reason, by=by, now=now)


def suspend(
    db: Session, *, credential_id: uuid.UUID, reason: str, by: str, now: datetime
) -> StatusEntry:
    """Take a credential back for a while. Refuses as `revoke` does, and credential_already_suspended."""
    return _change(db, credential_id, StatusValue.SUSPENDED, reason, by, now)


def reinstate(
    db: Session, *, credential_id: uuid.UUID, reason: str, by: str, now: datetime
) -> StatusEntry:
    """Let a suspended credential hold again. Refuses as `revoke` does, and credential_not_suspended."""
    return _change(db, credential_id, StatusValue.VALID, reason, by, now)


def supersede(
    db: Session,
    *,
    owner_id: uuid.UUID,
    type: str,
    reference: str,
    reason: str,
    by: str,
    now: datetime,
) -> int:
    """Revoke what was issued to an owner about one thing, because it holds no more; how many there were."""
    query = select(StatusEntry.credential_id).where(
        StatusEntry.owner_id == owner_id, StatusEntry.type == type,
        StatusEntry.reference == reference, StatusEntry.value != StatusValue.REVOKED,
        StatusEntry.expires_at > now,
    )  # fmt: skip
    found = [id for id in db.scalars(query) if id is not None]
    for credential_id in found:
        revoke(db, credential_id=credential_id, reason=reason, by=by, now=now)
    return len(found)


def issued(db: Session, owner_id: uuid.UUID) -> list[StatusEntry]:
    """What was issued to an owner, the newest first."""
    query = select(StatusEntry).where(StatusEntry.owner_id == owner_id)
    return list(db.scalars(query.order_by(StatusEntry.issued_at.desc()).limit(LIST_ROWS)))


def changes(db: Session, credential_id: uuid.UUID) -> list[StatusChange]:
    """What became of a credential, the oldest first."""
    query = select(StatusChange).where(StatusChange.credential_id == credential_id)
    return list(db.scalars(query.order_by(StatusChange.at, StatusChange.created_at)))


def _change(
    db: Session,
    credential_id: uuid.UUID,
    value: StatusValue,
    reason: str,
    by: str,
    now: datetime,
) -> StatusEntry:
    reason = reason.strip()
    if not reason or len(reason) > REASON_CHARACTERS:
        raise Refusal(RefusalCode.REASON_NEEDED, characters_at_most=REASON_CHARACTERS)
    query = select(StatusEntry).where(StatusEntry.credential_id == credential_id).with_for_update()
    entry = db.scalar(query.execution_options(populate_existing=True))
    if entry is None:
        raise Refusal(RefusalCode.CREDENTIAL_UNKNOWN, credential=credential_id)
    _check(entry.value, value)
    entry.value = value
    db.add(StatusChange(credential_id=credential_id, value=value, reason=reason, by=by, at=now))
    db.flush()
    return entry


def _check(now: StatusValue, then: StatusValue) -> None:
    if now is StatusValue.REVOKED:
        raise Refusal(RefusalCode.CREDENTIAL_ALREADY_REVOKED)
    if then is StatusValue.VALID and now is not StatusValue.SUSPENDED:
        raise Refusal(RefusalCode.CREDENTIAL_NOT_SUSPENDED)
    if then is StatusValue.SUSPENDED and now is StatusValue.SUSPENDED:
        raise Refusal(RefusalCode.CREDENTIAL_ALREADY_SUSPENDED)


def _open_list(db: Session, now: datetime) -> int:
    last = db.scalar(select(func.max(StatusList.number)))
    return _new_list(db, 1, now) if last is None else last


def _new_list(db: Session, number: int, now: datetime) -> int:
    """Begin a list with its decoys; if two begin it at once, one of them did."""
    places = secrets.SystemRandom().sample(range(STATUS_PLACES), STATUS_DECOYS)
    values = list(PURPOSES.values())
    try:
        with db.begin_nested():
            db.add(StatusList(number=number, size=STATUS_PLACES, opened_at=now))
            db.flush()
            db.add_all(
                StatusEntry(list_number=number, place=place, value=values[n % 2], issued_at=now, expires_at=now)
                for n, place in enumerate(places)
            )  # fmt: skip
    except IntegrityError:
        pass
    return number


def _free_place(db: Session, number: int) -> int | None:
    """A place nobody has; None if so many draws found none, because the list is full enough."""
    drawn = [secrets.randbelow(STATUS_PLACES) for _ in range(STATUS_TRIES)]
    query = select(StatusEntry.place).where(
        StatusEntry.list_number == number, StatusEntry.place.in_(drawn)
    )
    taken = set(db.scalars(query))
    return next((place for place in drawn if place not in taken), None)
