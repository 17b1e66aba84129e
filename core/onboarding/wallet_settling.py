"""When what a wallet was given is hers: it says so, or the offer ends. With the last one our keys are destroyed."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from core import people, sscr
from core.credentials import Issuer
from core.db import Session
from core.errors import Refusal
from core.keys import Keyring
from core.messaging import Template
from core.onboarding import wallet_copies
from core.onboarding.models import OfferKind, WalletCopy, WalletOffer
from core.onboarding.texts import text
from core.onboarding.wallets import bundle, live, token_digest
from core.refusal_codes import RefusalCode

ACCEPTED = "credential_accepted"
EVENTS = (ACCEPTED, "credential_failure", "credential_deleted")
NOT_STORED = "her wallet does not have it"


def note_event(
    db: Session,
    *,
    keyring: Keyring,
    token: str,
    name: str,
    event: str,
    issuer: Issuer,
    now: datetime,
) -> tuple[uuid.UUID, int | None]:
    """Her wallet says that it has what was given under this name, or that it has not; a second time is as once.

    Whose record it is, and the epoch as `Given` has it.

    Refuses token_unknown, notification_unknown, notification_malformed.
    """
    if event not in EVENTS:
        raise Refusal(RefusalCode.NOTIFICATION_MALFORMED)
    query = select(WalletOffer).where(WalletOffer.token_hash == token_digest(token))
    offer = db.scalar(query.with_for_update().execution_options(populate_existing=True))
    if offer is None:
        raise Refusal(RefusalCode.TOKEN_UNKNOWN)
    copy = wallet_copies.of_notification(db, offer, name)
    if copy is None:
        raise Refusal(RefusalCode.NOTIFICATION_UNKNOWN)
    epoch = None
    if copy.is_hers:  # nothing more is to be done but to forget its text
        copy.sealed = None if event == ACCEPTED else copy.sealed
    elif copy.sealed is not None and event != ACCEPTED:
        wallet_copies.drop(db, copy, NOT_STORED, by=issuer.did, now=now)
    elif copy.sealed is not None:
        epoch = _settle(db, keyring, offer, [copy], issuer, now)
    return offer.user_id, epoch


def settle_ended(
    db: Session, *, keyring: Keyring, issuer: Issuer, now: datetime, limit: int
) -> int:
    """What was given on offers that are over is hers: nobody said that it got lost. How many offers there were."""
    over = select(WalletOffer).where(
        WalletOffer.expires_at <= now,
        WalletOffer.sealed.is_not(None),
        WalletOffer.id.in_(wallet_copies.unsettled()),
    )
    found = db.scalars(over.limit(limit).with_for_update(skip_locked=True)).all()
    for offer in found:
        copies = list(wallet_copies.waiting(db, offer).values())
        _settle(db, keyring, offer, copies, issuer, now)
    return len(found)


def _settle(
    db: Session,
    keyring: Keyring,
    offer: WalletOffer,
    copies: Sequence[WalletCopy],
    issuer: Issuer,
    now: datetime,
) -> int | None:
    """These are hers; the epoch, where nothing of her record is only here any more."""
    old = {one["id"]: uuid.UUID(one["status"]) for one in bundle(keyring, offer)["ours"]}
    for copy in copies:
        wallet_copies.settle(db, offer=offer, copy=copy, old=old[copy.name], by=issuer.did, now=now)
    return leave_if_all_taken(db, keyring, offer, now)


def leave_if_all_taken(
    db: Session, keyring: Keyring, offer: WalletOffer, now: datetime
) -> int | None:
    """Destroy our keys to her record once nothing of it is only here; the epoch, None while something is."""
    packed = bundle(keyring, offer)
    is_out = {one["id"] for one in packed["ours"]} <= set(offer.taken)
    needs_file = packed["others"] or not packed["ours"]
    came_since = {id.hex for id in sscr.stored_ids(db, offer.user_id)} - set(packed["all"])
    if not is_out or (needs_file and offer.exported_at is None) or came_since or offer.left_at:
        return None
    offer.left_at = now
    epoch = sscr.erase(db, owner_id=offer.user_id)
    people.forget_facts(db, offer.user_id)
    text(db, people.get(db, offer.user_id), Template.WALLET_DONE, now)
    return epoch


def settle_before_erasure(db: Session, owner_id: uuid.UUID, now: datetime) -> None:
    """What her wallet was given is hers, also where her record is destroyed before the offer ends."""
    hers = select(WalletOffer).where(WalletOffer.user_id == owner_id, *live(now))
    for offer in db.scalars(hers.where(WalletOffer.kind == OfferKind.RECORD)):
        for copy in wallet_copies.waiting(db, offer).values():
            copy.is_hers, copy.sealed = True, None
