"""What a wallet was given and may not have: answers get lost. The same again for the same key, until it is hers.

A copy is hers when her wallet says so, or when the offer ends; then the credential it was made of is revoked and
deleted here. A copy of an offer that came to nothing is revoked, and her record is as it was.
"""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import Select, delete, or_, select, update

from core import sscr
from core.credentials import Issuer, status, status_ref
from core.credentials.models import StatusEntry, StatusValue
from core.credentials.sdjwt import contents
from core.db import Session
from core.keys import Keyring, jose
from core.keys.jose import Jwk
from core.onboarding.models import WalletCopy, WalletOffer
from core.sscr.custody import open_sealed, seal

MOVED, NOT_FINISHED = "its owner has it in her wallet", "moving to a wallet was not finished"
OTHER_KEY = "her wallet asked for it with another key"


def again(db: Session, *, offer: WalletOffer, proof: str) -> WalletCopy | None:
    """What this very proof was answered before: a wallet whose line broke says the same again."""
    this = select(WalletCopy).where(WalletCopy.offer_id == offer.id, WalletCopy.sealed.is_not(None))
    return db.scalar(this.where(WalletCopy.proof == jose.digest(proof)))


def waiting(db: Session, offer: WalletOffer) -> dict[str, WalletCopy]:
    """What may still be asked for again, by its name in the offer."""
    query = select(WalletCopy).where(
        WalletCopy.offer_id == offer.id, WalletCopy.sealed.is_not(None)
    )
    return {one.name: one for one in db.scalars(query.order_by(WalletCopy.created_at))}


def keep(
    db: Session,
    *,
    keyring: Keyring,
    offer: WalletOffer,
    name: str,
    text: str,
    holder_jwk: Jwk,
    proof: str,
    issuer: Issuer,
    now: datetime,
    is_hers: bool = False,
) -> WalletCopy:
    """Remember a credential that was just made out to her wallet."""
    [ref, *_] = status_ref.of_sd_jwt(contents(text))
    entry = status.find(db, ref, issuer.base_url)
    assert entry is not None
    assert entry.credential_id is not None
    made = WalletCopy(
        id=uuid.uuid4(), offer_id=offer.id, name=name, credential_id=entry.credential_id, asked_at=now,
        thumbprint=jose.thumbprint(holder_jwk), proof=jose.digest(proof), is_hers=is_hers, created_at=now,
    )  # fmt: skip
    made.sealed = seal(_key(keyring), text.encode(), made.id.bytes)
    db.add(made)
    db.flush()
    return made


def text_of(keyring: Keyring, copy: WalletCopy) -> str:
    """The credential, as it was given."""
    assert copy.sealed is not None
    return open_sealed(_key(keyring), copy.sealed, copy.id.bytes).decode()


def of_notification(db: Session, offer: WalletOffer, name: str) -> WalletCopy | None:
    """The copy a wallet speaks of, also when it was settled before."""
    try:
        found = db.get(WalletCopy, uuid.UUID(name), populate_existing=True)
    except ValueError:
        return None
    return found if found is not None and found.offer_id == offer.id else None


def is_valid(db: Session, credential_id: uuid.UUID) -> bool:
    """Whether a credential of ours holds."""
    query = select(StatusEntry.value).where(StatusEntry.credential_id == credential_id)
    return db.scalar(query) is StatusValue.VALID


def settle(
    db: Session, *, offer: WalletOffer, copy: WalletCopy, old: uuid.UUID, by: str, now: datetime
) -> None:
    """It is hers from now on, and the one in custody holds no more; what was revoked meanwhile is not made good."""
    if not is_valid(db, old):
        drop(db, copy, NOT_FINISHED, by=by, now=now)
        return
    status.take_back(db, credential_id=old, reason=MOVED, by=by, now=now)
    query = select(StatusEntry).where(StatusEntry.credential_id == copy.credential_id)
    db.scalars(query).one().owner_id = offer.user_id
    sscr.bind_wallet(db, owner_id=offer.user_id, thumbprint=copy.thumbprint, now=now)
    sscr.let_go(db, owner_id=offer.user_id, credential_id=uuid.UUID(copy.name))
    copy.is_hers, copy.sealed = True, None
    offer.taken = [*offer.taken, copy.name]


def drop(db: Session, copy: WalletCopy, reason: str, *, by: str, now: datetime) -> None:
    """It is nobody's: what was given holds no more."""
    status.take_back(db, credential_id=copy.credential_id, reason=reason, by=by, now=now)
    copy.sealed = None
    db.flush()


def unsettled() -> Select[uuid.UUID]:
    """The offers that gave something of which nobody knows yet whether it arrived."""
    return select(WalletCopy.offer_id).where(
        WalletCopy.is_hers.is_(False), WalletCopy.sealed.is_not(None)
    )


def drop_all(db: Session, owner_id: uuid.UUID, *, by: str, now: datetime) -> None:
    """Her offers are over before their time, e.g. because she began again: what was not hers yet holds no more."""
    hers = select(WalletOffer.id).where(WalletOffer.user_id == owner_id)
    unfinished = (WalletCopy.is_hers.is_(False), WalletCopy.sealed.is_not(None))
    for copy in db.scalars(select(WalletCopy).where(WalletCopy.offer_id.in_(hers), *unfinished)):
        drop(db, copy, NOT_FINISHED, by=by, now=now)
    db.execute(update(WalletCopy).where(WalletCopy.offer_id.in_(hers)).values(sealed=None))


def forget(db: Session, *, now: datetime) -> None:
    """Delete the copies of offers that are over and settled, or gone."""
    open_offers = select(WalletOffer.id).where(
        or_(WalletOffer.expires_at > now, WalletOffer.sealed.is_not(None))
    )
    db.execute(delete(WalletCopy).where(WalletCopy.offer_id.not_in(open_offers)))


def _key(keyring: Keyring) -> bytes:
    return keyring.derive("wallet offer/copy")
