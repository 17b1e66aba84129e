"""The custodian's verbs around the PIN: open a record, unlock it, change its PIN, erase it.

A wrong PIN is counted by the key service before it is tried, in its own file: no rollback here takes it back.
"""

from __future__ import annotations

import secrets
import uuid
from datetime import date, datetime

from nacl.signing import SigningKey
from sqlalchemy import delete

from core.db import Session
from core.errors import Refusal
from core.keys import Receipt, did, jose
from core.sscr import custody as lock
from core.sscr import receipts
from core.sscr.custody import Custody, Unlocked
from core.sscr.models import Record, StoredCredential, Wrap, WrapKind
from core.sscr.rules import check_format, check_pin_allowed
from core.sscr.store import take_in


def open_record(
    db: Session,
    *,
    custody: Custody,
    owner_id: uuid.UUID,
    phone: str,
    pin: str,
    birth_date: date | None,
    now: datetime,
) -> Record:
    """Give somebody a record of her own: keys, a did:key, and a PIN that opens it."""
    check_pin_allowed(pin, phone=phone, birth_date=birth_date)
    if record_of(db, owner_id) is not None:
        raise Refusal("record_exists")
    dek, key = secrets.token_bytes(lock.KEY_BYTES), SigningKey.generate()
    public = bytes(key.verify_key)
    record = Record(
        owner_id=owner_id, did=did.from_jwk(jose.ed25519_jwk(public)), holder_public=public,
        holder_seed=lock.seal(dek, bytes(key), lock.holder_aad(owner_id, 1)), key_version=1, created_at=now,
    )  # fmt: skip
    with custody.service.slot():
        wrap = lock.new_wrap(custody, owner_id=owner_id, pin=pin, dek=dek, epoch=1)
    db.add_all([record, wrap])
    db.flush()
    return record


def record_of(db: Session, owner_id: uuid.UUID) -> Record | None:
    """The record of an owner, if she has one."""
    return db.get(Record, owner_id)


def unlock(
    db: Session,
    *,
    custody: Custody,
    owner_id: uuid.UUID,
    pin: str,
    purpose: str,
    session_id: str,
    now: datetime,
) -> Unlocked:
    """Open a record for one session and purpose, and leave a receipt; `with sscr.unlock(…) as unlocked`.

    Refuses pin_format, pin_wrong(tries_left), pin_locked(minutes), pin_blocked, no_record, busy.
    """
    check_format(pin)
    custody.service.check(
        str(owner_id), now=now
    )  # a locked owner costs no work, and waits for nobody
    record, wrap = _locked(db, owner_id)
    receipt = receipts.new_receipt(custody, purpose=purpose, session_id=session_id, now=now)
    dek = _try_pin(custody, wrap, pin, receipt)
    unlocked = Unlocked(
        custody=custody, record=record, dek=dek, session_id=session_id, purpose=purpose
    )
    if lock.is_stale(custody, wrap):
        _wrap_again(db, unlocked, wrap, pin)
    receipts.write(db, custody=custody, owner_id=owner_id, now=now)
    unlocked.opening = receipts.of_ticket(db, receipt.ticket)
    take_in(db, unlocked)
    return unlocked


def change_pin(
    db: Session,
    *,
    custody: Custody,
    owner_id: uuid.UUID,
    old_pin: str,
    new_pin: str,
    phone: str,
    birth_date: date | None,
    session_id: str,
    now: datetime,
) -> None:
    """Wrap the data key under another PIN; nothing else of the record changes."""
    check_pin_allowed(new_pin, phone=phone, birth_date=birth_date)
    with unlock(
        db, custody=custody, owner_id=owner_id, pin=old_pin, purpose="pin_change",
        session_id=session_id, now=now,
    ) as unlocked:  # fmt: skip
        _wrap_again(db, unlocked, db.get_one(Wrap, (owner_id, WrapKind.PIN)), new_pin)


def erase(db: Session, *, custody: Custody, owner_id: uuid.UUID) -> None:
    """Destroy the wrap: every copy of the record is noise from now on. Only the receipts of its openings stay."""
    for table in (Wrap, StoredCredential, Record):
        db.execute(delete(table).where(table.owner_id == owner_id))
    custody.service.succeed(str(owner_id))


def _locked(db: Session, owner_id: uuid.UUID) -> tuple[Record, Wrap]:
    # The row lock puts two openings of the same record one after the other: the chain has no fork.
    record = db.get(Record, owner_id, with_for_update=True)
    wrap = db.get(Wrap, (owner_id, WrapKind.PIN), populate_existing=True)
    if record is None or wrap is None:
        raise Refusal("no_record")
    return record, wrap


def _try_pin(custody: Custody, wrap: Wrap, pin: str, receipt: Receipt) -> bytes:
    service, owner = custody.service, str(wrap.owner_id)
    with service.slot():
        attempt = service.begin(owner, now=receipt.at)
        dek = lock.unwrap(custody, wrap, pin)
    if dek is None:
        raise attempt.refusal()
    service.succeed(owner, receipt=receipt)
    return dek


def _wrap_again(db: Session, unlocked: Unlocked, wrap: Wrap, pin: str) -> None:
    custody = unlocked.custody
    with custody.service.slot():
        fresh = lock.new_wrap(
            custody, owner_id=wrap.owner_id, pin=pin, dek=unlocked.dek, epoch=wrap.epoch + 1
        )
    db.merge(fresh)
    db.flush()
