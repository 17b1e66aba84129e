"""How a record gets another PIN, though PINs are typed in different turns and kept in none (docs/adr/0005).

The new PIN opens a fresh key pair. Whoever reaches the data key, with the old PIN or as a guardian, seals it to the
public half; from then on the new PIN opens the record, and the old one nothing.
"""

from __future__ import annotations

import uuid
from datetime import date, datetime

from nacl.public import PrivateKey, PublicKey, SealedBox
from sqlalchemy import delete

from core.db import Session, released
from core.errors import Refusal
from core.refusal_codes import RefusalCode
from core.sscr import custody as lock
from core.sscr.custody import Custody, Unlocked
from core.sscr.models import Record, Wrap, WrapKind
from core.sscr.rules import check_format, check_pin_allowed
from core.sscr.service import WRONG_PIN, clear, new_record


def choose_next(
    db: Session,
    *,
    custody: Custody,
    owner_id: uuid.UUID,
    pin: str,
    phone: str,
    birth_date: date | None,
) -> None:
    """Remember which PIN she wants, as a key pair that only it opens; refuses pin_format and pin_weak."""
    check_pin_allowed(pin, phone=phone, birth_date=birth_date)
    now = db.get(Wrap, (owner_id, WrapKind.PIN))
    if now is None:
        raise Refusal(RefusalCode.NO_RECORD)
    key = PrivateKey.generate()
    epoch = now.epoch + 1
    with released(db):
        wrap = lock.new_wrap(
            custody, owner_id=owner_id, pin=pin, key=bytes(key), epoch=epoch, kind=WrapKind.NEXT
        )
    wrap.public, wrap.box = bytes(key.public_key), None
    db.merge(wrap)
    db.flush()


def confirm_next(db: Session, *, custody: Custody, owner_id: uuid.UUID, pin: str) -> bool:
    """Whether this is the PIN she has just chosen; if not, that one is forgotten."""
    check_format(pin)
    wrap = _next(db, owner_id)
    tried = lock.wrapped(wrap)
    try:
        with released(db):
            custody.service.open(owner=str(owner_id), pin=pin, wrapped=tried, receipt=None)
    except Refusal as refusal:
        if refusal.code not in WRONG_PIN:
            raise
        drop_next(db, owner_id)
        return False
    return True


def drop_next(db: Session, owner_id: uuid.UUID) -> None:
    """Forget the PIN she wanted."""
    db.execute(delete(Wrap).where(Wrap.owner_id == owner_id, Wrap.kind == WrapKind.NEXT))


def take_next(db: Session, unlocked: Unlocked) -> None:
    """The open record gets the PIN she chose."""
    hand_over(db, unlocked.owner_id, unlocked.dek)


def hand_over(db: Session, owner_id: uuid.UUID, dek: bytes) -> None:
    """From now on the chosen PIN opens this data key, and the PIN of before nothing."""
    chosen = _next(db, owner_id)
    assert chosen.public is not None
    wrap = Wrap(
        owner_id=owner_id, kind=WrapKind.PIN, epoch=chosen.epoch, pepper_kid=chosen.pepper_kid, salt=chosen.salt,
        memory_kib=chosen.memory_kib, rounds=chosen.rounds, lanes=chosen.lanes, sealed=chosen.sealed,
        public=chosen.public, box=SealedBox(PublicKey(chosen.public)).encrypt(dek),
    )  # fmt: skip
    db.merge(wrap)
    db.delete(chosen)
    db.flush()


def begin_anew(db: Session, *, owner_id: uuid.UUID, now: datetime) -> Record:
    """Give her a fresh record under the PIN she chose: nobody has the key of the old one any more."""
    _next(db, owner_id)
    clear(db, owner_id)
    record, dek = new_record(owner_id, now)
    db.add(record)
    hand_over(db, owner_id, dek)
    return record


def _next(db: Session, owner_id: uuid.UUID) -> Wrap:
    wrap = db.get(Wrap, (owner_id, WrapKind.NEXT), populate_existing=True)
    if wrap is None:
        raise Refusal(RefusalCode.PIN_NOT_CHOSEN)
    return wrap
