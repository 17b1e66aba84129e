"""People who can help an owner who forgot her PIN: each keeps a random share that opens the data key with the pepper.

A guardian alone has no pepper, an agent alone no share; and neither sees anything of the record.
"""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Mapping, Sequence

from sqlalchemy import delete, select

from config.limits import GUARDIANS, LIST_ROWS
from core.db import Session, released
from core.errors import Refusal
from core.keys import Receipt, Wrapped
from core.refusal_codes import RefusalCode
from core.sscr import custody as lock
from core.sscr import receipts
from core.sscr.custody import Custody, Share, Unlocked
from core.sscr.models import Guardian, Record, Wrap, WrapKind


def add_guardian(
    db: Session, *, unlocked: Unlocked, guardian_id: uuid.UUID, is_confirmed: bool = True
) -> bool:
    """Give somebody with a record a share; False if she has one. Refuses guardian_unfit, guardians_enough.

    Where she has yet to say that it is whom she means, it helps nobody before `confirm_guardian`.
    """
    if guardian_id == unlocked.owner_id or db.get(Record, guardian_id) is None:
        raise Refusal(RefusalCode.GUARDIAN_UNFIT)
    known = guardians_of(db, unlocked.owner_id)
    if guardian_id in known:
        return False
    if len(known) >= GUARDIANS:
        raise Refusal(RefusalCode.GUARDIANS_ENOUGH)
    share, unlocked.share = unlocked.share or _share_now(db, unlocked), None
    _forget_unconfirmed(db, unlocked.owner_id)
    made = _row_of(db, unlocked.owner_id, guardian_id, share)
    made.is_confirmed = is_confirmed
    db.add(made)
    db.flush()
    return True


def confirm_guardian(db: Session, *, owner_id: uuid.UUID, guardian_id: uuid.UUID) -> bool:
    """It is whom she means: from now on it can help; False where it could already. Refuses guardian_unfit."""
    row = _row(db, owner_id, guardian_id)
    if row is None:
        raise Refusal(RefusalCode.GUARDIAN_UNFIT)
    was, row.is_confirmed = row.is_confirmed, True
    db.flush()
    return not was


def remove_guardian(db: Session, *, unlocked: Unlocked, guardian_id: uuid.UUID) -> None:
    """Take the share back: it opens nothing from now on."""
    mine = (Guardian.owner_id == unlocked.owner_id, Guardian.guardian_id == guardian_id)
    db.execute(delete(Guardian).where(*mine))


def guardians_of(db: Session, owner_id: uuid.UUID) -> list[uuid.UUID]:
    """Who can help her, in the order she named them."""
    hers = (Guardian.owner_id == owner_id, Guardian.is_confirmed)
    query = select(Guardian.guardian_id).where(*hers)
    return list(db.scalars(query.order_by(Guardian.created_at)))


def guarded_by(db: Session, guardian_id: uuid.UUID) -> list[uuid.UUID]:
    """Whom somebody can help."""
    query = select(Guardian.owner_id).where(
        Guardian.guardian_id == guardian_id, Guardian.is_confirmed
    )
    return list(db.scalars(query.order_by(Guardian.created_at)))


def data_key_by_guardian(
    db: Session, *, custody: Custody, guardian: Unlocked, owner_id: uuid.UUID, receipt: Receipt
) -> bytes:
    """The data key of an owner, reached through the open record of her guardian; to be handed over at once.

    It leaves a line in her chain as any opening does.
    """
    row = _row(db, owner_id, guardian.owner_id)
    if row is None or not row.is_confirmed:
        raise Refusal(RefusalCode.GUARDIAN_UNFIT)
    share = lock.out_of_box(guardian.holder_key, row.share)
    wrapped = Wrapped(row.pepper_kid, row.epoch, row.sealed)
    with released(db):
        key = custody.service.open_share(
            owner=str(owner_id), share=share, wrapped=wrapped, receipt=receipt
        )
        waiting = custody.service.receipts(owner=str(owner_id), limit=LIST_ROWS)
    receipts.lock_chain(db, owner_id)
    receipts.write(db, waiting=waiting, owner_id=owner_id, last=receipt)
    return key


def shares_for(
    custody: Custody,
    owner_id: uuid.UUID,
    guardian_ids: Sequence[uuid.UUID],
    *,
    dek: bytes,
    epoch: int,
) -> dict[uuid.UUID, Share]:
    """A fresh share for each, under today's pepper; asks the key service, and writes nothing."""
    return {one: _share(custody, owner_id, dek=dek, epoch=epoch) for one in guardian_ids}


def refresh(db: Session, unlocked: Unlocked, shares: Mapping[uuid.UUID, Share]) -> None:
    """Give every guardian its new share, for its present key; one that was named meanwhile gets one now."""
    _forget_unconfirmed(db, unlocked.owner_id)
    for guardian_id in guardians_of(db, unlocked.owner_id):
        remove_guardian(db, unlocked=unlocked, guardian_id=guardian_id)
        if db.get(Record, guardian_id) is not None:
            share = shares.get(guardian_id) or _share_now(db, unlocked)
            db.add(_row_of(db, unlocked.owner_id, guardian_id, share))
    db.flush()


def _share_now(db: Session, unlocked: Unlocked) -> Share:
    epoch = db.get_one(Wrap, (unlocked.owner_id, WrapKind.PIN)).epoch
    return _share(unlocked.custody, unlocked.owner_id, dek=unlocked.dek, epoch=epoch)


def _share(custody: Custody, owner_id: uuid.UUID, *, dek: bytes, epoch: int) -> Share:
    share = secrets.token_bytes(lock.KEY_BYTES)
    return share, custody.service.wrap_share(owner=str(owner_id), share=share, key=dek, epoch=epoch)


def _row_of(db: Session, owner_id: uuid.UUID, guardian_id: uuid.UUID, made: Share) -> Guardian:
    share, wrapped = made
    return Guardian(
        owner_id=owner_id, guardian_id=guardian_id, epoch=wrapped.epoch, pepper_kid=wrapped.kid,
        share=lock.into_box(db.get_one(Record, guardian_id).holder_public, share), sealed=wrapped.sealed,
    )  # fmt: skip


def _forget_unconfirmed(db: Session, owner_id: uuid.UUID) -> None:
    hers = delete(Guardian).where(Guardian.owner_id == owner_id)
    db.execute(hers.where(Guardian.is_confirmed.is_(False)))


def _row(db: Session, owner_id: uuid.UUID, guardian_id: uuid.UUID) -> Guardian | None:
    query = select(Guardian).where(
        Guardian.owner_id == owner_id, Guardian.guardian_id == guardian_id
    )
    return db.scalar(query)
