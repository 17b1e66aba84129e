"""The custodian's verbs around the PIN: open a record, unlock it, erase it.

A wrong PIN is counted by the key service before it is tried, in its own file: no rollback here takes it back.
"""

from __future__ import annotations

import secrets
import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from nacl.signing import SigningKey
from sqlalchemy import delete, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from config.limits import LIST_ROWS
from core.db import Session, released
from core.errors import Busy, Refusal
from core.keys import did, jose
from core.keys.fences import parts_of
from core.refusal_codes import RefusalCode
from core.sscr import custody as lock
from core.sscr import receipts, shredding
from core.sscr.custody import Custody, Share, Unlocked
from core.sscr.guardians import guardians_of, refresh, shares_for
from core.sscr.models import Consent, Guardian, Record, StoredCredential, Wrap, WrapKind
from core.sscr.rules import check_format, check_pin_allowed
from core.sscr.store import take_in

# What a guess that is not her PIN is told; anything else says nothing of her PIN.
WRONG_PIN = frozenset({RefusalCode.PIN_WRONG, RefusalCode.PIN_LOCKED, RefusalCode.PIN_BLOCKED})


def open_record(
    db: Session,
    *,
    custody: Custody,
    owner_id: uuid.UUID,
    phone: str,
    pin: str,
    birth_date: date | None,
    now: datetime,
    anew: bool = False,
) -> Record:
    """Give somebody a record of her own: keys, a did:key, and a PIN that opens it.

    `anew`: the one she may have is destroyed, once the PIN is stretched: nothing is written before.
    """
    check_pin_allowed(pin, phone=phone, birth_date=birth_date)
    _check_free(db, owner_id, anew=anew)
    record, dek = new_record(owner_id, now)
    epoch = max(shredding.fresh_epoch(db, owner_id), _last_epoch(db, owner_id) + 1)
    with released(db):
        wrap = lock.new_wrap(custody, owner_id=owner_id, pin=pin, key=dek, epoch=epoch)
    _check_free(db, owner_id, anew=anew)
    if anew:
        erase(db, owner_id=owner_id)
    db.add_all([record, wrap])
    db.flush()
    return record


def new_record(owner_id: uuid.UUID, now: datetime) -> tuple[Record, bytes]:
    """Fresh keys for an owner, and the data key that has sealed them."""
    dek, key = secrets.token_bytes(lock.KEY_BYTES), SigningKey.generate()
    public = bytes(key.verify_key)
    record = Record(
        owner_id=owner_id, did=did.from_jwk(jose.ed25519_jwk(public)), holder_public=public,
        holder_seed=lock.seal(dek, bytes(key), lock.holder_aad(owner_id, 1)), key_version=1, created_at=now,
    )  # fmt: skip
    return record, dek


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
    audience: str = "",
    for_guardian: bool = False,
) -> Unlocked:
    """Open a record for one session and purpose, and leave a receipt; `with sscr.unlock(…) as unlocked`.

    `for_guardian`: she names one next, and its share is made before anything is written.

    Refuses pin_format, pin_wrong(tries_left), pin_locked(minutes), pin_blocked, pin_paused, no_record, busy.
    """
    check_format(pin)
    wrap = db.get(Wrap, (owner_id, WrapKind.PIN), populate_existing=True)
    if wrap is None:
        raise Refusal(RefusalCode.NO_RECORD)
    receipt = receipts.new_receipt(
        custody, purpose=purpose, session_id=session_id, now=now, audience=audience
    )
    tried, helpers = lock.wrapped(wrap), guardians_of(db, owner_id)
    with released(db):
        opened = custody.service.open(owner=str(owner_id), pin=pin, wrapped=tried, receipt=receipt)
        dek = lock.data_key(wrap, opened.key)
        is_stale = opened.is_stale or lock.is_stale(custody, wrap)
        fresh = _fresh(custody, wrap, pin, dek, helpers) if is_stale else None
        epoch = fresh.wrap.epoch if fresh else wrap.epoch
        spare = shares_for(custody, owner_id, [owner_id] * for_guardian, dek=dek, epoch=epoch)
        waiting = custody.service.receipts(owner=str(owner_id), limit=LIST_ROWS)
    record = receipts.lock_chain(db, owner_id)
    if record is None:
        raise Refusal(RefusalCode.NO_RECORD)
    wrap = db.get(Wrap, (owner_id, WrapKind.PIN), populate_existing=True)
    if wrap is None or lock.wrapped(wrap) != tried:  # another PIN came while this one was tried
        raise Busy
    unlocked = Unlocked(
        custody=custody, record=record, dek=dek, session_id=session_id, purpose=purpose
    )
    unlocked.share = spare.get(owner_id)
    if fresh is not None:
        db.merge(fresh.wrap)
        db.flush()
        refresh(db, unlocked, fresh.shares)
    unlocked.opening = receipts.write(db, waiting=waiting, owner_id=owner_id, last=receipt)
    take_in(db, unlocked)
    return unlocked


def erase(db: Session, *, owner_id: uuid.UUID) -> int:
    """Destroy the wraps: every copy of the record is noise from now on. Only the receipts of its openings stay.

    Returns the epoch up to which it is gone: after the commit the key service is told, and opens no backup either.
    Whoever forgets to, or dies before: the clock finds it (`unconfirmed_erasures`).
    """
    epoch = _last_epoch(db, owner_id)
    clear(db, owner_id)
    if epoch:
        shredding.note(db, owner_id, epoch)
    db.execute(delete(Wrap).where(Wrap.owner_id == owner_id))
    return epoch


def _check_free(db: Session, owner_id: uuid.UUID, *, anew: bool) -> None:
    if not anew and record_of(db, owner_id) is not None:
        raise Refusal(RefusalCode.RECORD_EXISTS)


def _last_epoch(db: Session, owner_id: uuid.UUID) -> int:
    return db.scalar(select(func.max(Wrap.epoch)).where(Wrap.owner_id == owner_id)) or 0


def clear(db: Session, owner_id: uuid.UUID) -> None:
    """Take away all that only the lost data key of an owner opened."""
    mine = or_(Guardian.owner_id == owner_id, Guardian.guardian_id == owner_id)
    db.execute(delete(Guardian).where(mine))
    for table in (StoredCredential, Consent, Record):
        db.execute(delete(table).where(table.owner_id == owner_id))
    db.flush()


def wraps_by_pepper(db: Session) -> dict[str, int]:
    """How many wraps, of owners and of their guardians' shares, still need each pepper."""
    return _count_kids(db, [Wrap.pepper_kid, Guardian.pepper_kid], part=0)


def wraps_by_fence(db: Session) -> dict[str, int]:
    """How many wraps need each fence; empty = none."""
    return _count_kids(db, [Wrap.pepper_kid], part=1)


def _count_kids(
    db: Session, kids: Sequence[InstrumentedAttribute[str]], *, part: int
) -> dict[str, int]:
    """By the name of the pepper (part 0 of a kid) or of the fence (part 1)."""
    found: Counter[str] = Counter()
    for kid in kids:
        for name, count in db.execute(select(kid, func.count()).group_by(kid)):
            found[parts_of(name)[part]] += count
    return dict(found)


@dataclass(frozen=True)
class _Fresh:
    """What follows a raised cost or a new pepper: her wrap and her guardians' shares."""

    wrap: Wrap
    shares: dict[uuid.UUID, Share]


def _fresh(
    custody: Custody, wrap: Wrap, pin: str, dek: bytes, helpers: Sequence[uuid.UUID]
) -> _Fresh:
    """Stretches the PIN and asks the key service; the caller holds no lock meanwhile."""
    owner_id = wrap.owner_id
    made = lock.new_wrap(custody, owner_id=owner_id, pin=pin, key=dek, epoch=wrap.epoch + 1)
    made.public = made.box = None  # named, or a merge leaves them as they were
    return _Fresh(made, shares_for(custody, owner_id, helpers, dek=dek, epoch=made.epoch))
