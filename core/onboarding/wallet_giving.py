"""What a wallet gets on an offer: a token for the right number, then each credential once, for its own key."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, update

from config.limits import CODE_TRIES
from core import credentials, people, sscr
from core.credentials import CredentialType, Issuer, announcing
from core.credentials.models import StatusEntry, StatusValue
from core.db import Session
from core.errors import Refusal
from core.keys import Keyring
from core.keys.jose import Jwk
from core.messaging import Template
from core.onboarding.models import OfferKind, WalletOffer
from core.onboarding.texts import text
from core.onboarding.wallets import bundle, code_hash, expiry, live

_TOKEN_BYTES = 32


@dataclass(frozen=True, slots=True)
class Given:
    """A credential for her wallet. `epoch` comes with the last one: the key service is told it after the commit."""

    credential: str
    owner_id: uuid.UUID
    epoch: int | None


def redeem(
    db: Session, *, keyring: Keyring, offer: WalletOffer, tx_code: str, now: datetime
) -> str | None:
    """The access token for who has the code and the texted number, once; None for a wrong number.

    The guess is counted in the row, so the caller commits. Refuses offer_over.
    """
    if offer.token_hash is not None:
        raise Refusal("offer_over")
    if not _is_right(db, keyring, offer.id, tx_code, now):
        return None
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    unused = update(WalletOffer).where(WalletOffer.id == offer.id, WalletOffer.token_hash.is_(None))
    won = db.execute(
        unused.values(token_hash=token_digest(token)).returning(WalletOffer.id)
    ).first()
    if won is None:
        raise Refusal("offer_over")
    return token


def of_token(db: Session, token: str, now: datetime) -> WalletOffer:
    """The offer of an access token, locked; refuses token_unknown."""
    query = select(WalletOffer).where(WalletOffer.token_hash == token_digest(token), *live(now))
    found = db.scalar(query.with_for_update().execution_options(populate_existing=True))
    if found is None:
        raise Refusal("token_unknown")
    return found


def give(
    db: Session,
    *,
    keyring: Keyring,
    offer: WalletOffer,
    name: str,
    holder_jwk: Jwk,
    issuer: Issuer,
    now: datetime,
) -> Given:
    """One credential anew, for the key of her wallet; the one in custody is revoked and deleted.

    `name` is its own or, as the newest of its type, that of a configuration. Refuses wallet_credential_unknown,
    credential_given.
    """
    one = named(bundle(keyring, offer)["ours"], name)
    if one["id"] in offer.taken or not holds(db, uuid.UUID(one["status"])):
        raise Refusal("credential_given")
    made = credentials.mint(
        db, issuer=issuer, type=CredentialType(one["type"]), claims=one["claims"], holder_jwk=holder_jwk,
        owner_id=offer.user_id, reference=one["reference"], now=now,
        expires_at=expiry(one),
    )  # fmt: skip
    sscr.bind_wallet(db, owner_id=offer.user_id, jwk=holder_jwk, now=now)
    sscr.let_go(db, owner_id=offer.user_id, credential_id=uuid.UUID(one["id"]))
    offer.taken = [*offer.taken, one["id"]]
    return Given(made, offer.user_id, _leave_if_all_taken(db, keyring, offer, now))


def take_file(
    db: Session, *, keyring: Keyring, offer: WalletOffer, tx_code: str, now: datetime
) -> tuple[str, int | None] | None:
    """The file of all she holds, once, and the epoch as `give` tells it; None for a wrong number, which is counted.

    Refuses offer_over.
    """
    if not _is_right(db, keyring, offer.id, tx_code, now):
        return None
    unread = update(WalletOffer).where(
        WalletOffer.id == offer.id, WalletOffer.exported_at.is_(None),
        WalletOffer.kind == OfferKind.RECORD,
    )  # fmt: skip
    if db.execute(unread.values(exported_at=now).returning(WalletOffer.id)).first() is None:
        raise Refusal("offer_over")
    db.refresh(offer)
    return bundle(keyring, offer)["file"], _leave_if_all_taken(db, keyring, offer, now)


def _is_right(
    db: Session, keyring: Keyring, offer_id: uuid.UUID, tx_code: str, now: datetime
) -> bool:
    """Compare a typed number with the texted one; the guess is counted before it is compared."""
    counted = db.execute(
        update(WalletOffer)
        .where(WalletOffer.id == offer_id, WalletOffer.tries < CODE_TRIES, *live(now))
        .values(tries=WalletOffer.tries + 1)
        .returning(WalletOffer.code_hash)
    ).first()
    if counted is None:
        raise Refusal("offer_over")
    return hmac.compare_digest(counted.code_hash, code_hash(keyring, offer_id, tx_code))


def named(ours: Sequence[dict[str, Any]], name: str) -> dict[str, Any]:
    """The one of this name, or the newest of this type."""
    found = [one for one in ours if name in (one["id"], announcing.configuration_id(one["type"]))]
    if not found:
        raise Refusal("wallet_credential_unknown")
    return found[-1]  # the newest


def holds(db: Session, credential_id: uuid.UUID) -> bool:
    """Whether the one in custody is still valid: a move makes nothing good again."""
    query = select(StatusEntry.value).where(StatusEntry.credential_id == credential_id)
    return db.scalar(query) is StatusValue.VALID


def _leave_if_all_taken(
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


def token_digest(token: str) -> bytes:
    """A token as it is kept."""
    return hashlib.sha256(token.encode()).digest()
