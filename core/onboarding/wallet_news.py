"""What came after she left waits some days for her wallet, and only the wallet that took her record can take it.

There is no PIN here any more. In its place stand the keys her wallet showed when she left (`sscr.wallet_keys`): nothing
is made out to another one, whoever has her phone, the address and the number.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select, update

from config.limits import WALLET_NEWS_PER_DAY, WALLET_NEWS_SECONDS
from core import credentials, people, sscr
from core.credentials import CredentialType, Issuer
from core.credentials.models import StatusEntry, StatusValue
from core.db import Session
from core.errors import Refusal
from core.keys import Keyring, jose
from core.keys.jose import Jwk
from core.messaging import Template
from core.onboarding import wallet_copies, wallets
from core.onboarding.models import OfferKind, WalletOffer
from core.onboarding.texts import text
from core.onboarding.wallet_giving import Given, next_of, repeated
from core.refusal_codes import RefusalCode
from core.sscr import Draft

DAYS = WALLET_NEWS_SECONDS // 86_400


def offer(
    db: Session,
    *,
    owner_id: uuid.UUID,
    drafts: Sequence[Draft],
    keyring: Keyring,
    issuer: Issuer,
    now: datetime,
) -> WalletOffer:
    """Offer these to her wallet, by two texts as at leaving; it takes the place of an older offer of this kind."""
    hers = update(WalletOffer).where(WalletOffer.user_id == owner_id, _is_news())
    db.execute(hers.values(sealed=None))
    code, packed = wallets.new_code(), {"ours": [_packed(one) for one in drafts]}
    made = wallets.new_offer(
        keyring, owner_id, packed, code, WALLET_NEWS_SECONDS, now, kind=OfferKind.NEWS
    )
    db.add(made)
    db.flush()
    user, where = people.get(db, owner_id), wallets.address(keyring, made, issuer)
    text(db, user, Template.WALLET_NEWS, now, secret=True, address=where, days=DAYS)
    text(db, user, Template.WALLET_NEWS_CODE, now, secret=True, code=code)
    return made


def check_rate(db: Session, user_id: uuid.UUID, now: datetime) -> None:
    """Each offer costs two texts, and nobody types a PIN for it. Refuses offers_too_many."""
    recent = WalletOffer.created_at > now - timedelta(days=1)
    query = select(func.count()).where(WalletOffer.user_id == user_id, _is_news(), recent)
    if (db.scalar(query) or 0) >= WALLET_NEWS_PER_DAY:
        raise Refusal(RefusalCode.OFFERS_TOO_MANY)


def give(
    db: Session,
    *,
    keyring: Keyring,
    offer: WalletOffer,
    name: str,
    holder_jwk: Jwk,
    proof: str,
    issuer: Issuer,
    now: datetime,
) -> Given:
    """One credential for a key of her wallet; the same again while the offer lives, should it be lost on the way.

    Refuses wallet_other, wallet_credential_unknown, credential_given (it is not owed any more, or was revoked).
    """
    if jose.thumbprint(holder_jwk) not in sscr.wallet_keys(db, offer.user_id):
        raise Refusal(RefusalCode.WALLET_OTHER)
    given = wallet_copies.waiting(db, offer)
    one = next_of(wallets.bundle(keyring, offer)["ours"], name, given, holder_jwk)
    what = {"type": one["type"], "reference": one["reference"]}
    is_owed = sscr.take_owed(
        db, owner_id=offer.user_id, **what, offered_at=offer.created_at, now=now
    )
    if not is_owed or (one["id"] in offer.taken and not _holds(db, offer.user_id, **what)):
        raise Refusal(RefusalCode.CREDENTIAL_GIVEN)
    copy = given.get(one["id"])
    if copy is not None and copy.thumbprint == jose.thumbprint(holder_jwk):
        return repeated(keyring, offer, copy, proof=proof, now=now)
    made = credentials.mint(
        db, issuer=issuer, type=CredentialType(one["type"]), claims=one["claims"], holder_jwk=holder_jwk,
        owner_id=offer.user_id, reference=one["reference"], now=now,
        expires_at=wallets.expiry(one),
    )  # fmt: skip
    offer.taken = [*offer.taken, one["id"]]
    copy = wallet_copies.keep(
        db, keyring=keyring, offer=offer, name=one["id"], text=made, holder_jwk=holder_jwk, proof=proof,
        issuer=issuer, now=now, is_hers=True,
    )  # fmt: skip
    return Given(made, offer.user_id, None, copy.id.hex)


def _is_news() -> Any:
    return WalletOffer.kind == OfferKind.NEWS


def _packed(draft: Draft) -> dict[str, Any]:
    return {
        "id": uuid.uuid4().hex, "type": draft.type, "claims": dict(draft.claims), "reference": draft.reference,
        "expires": int(draft.expires_at.timestamp()),
    }  # fmt: skip


def _holds(db: Session, owner_id: uuid.UUID, type: str, reference: str) -> bool:
    """Whether what she took is still valid: fetching it again makes nothing good again."""
    query = select(StatusEntry.place).where(
        StatusEntry.owner_id == owner_id, StatusEntry.type == type,
        StatusEntry.reference == reference, StatusEntry.value == StatusValue.VALID,
    )  # fmt: skip
    return db.scalar(query.limit(1)) is not None
