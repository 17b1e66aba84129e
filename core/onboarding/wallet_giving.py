"""What a wallet gets on an offer: a token for the right number, then each credential, made out to its own key.

Until her wallet says that it has one, or the offer ends, the one in custody holds as well (`wallet_copies`).
"""

from __future__ import annotations

import hmac
import secrets
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, update

from config.limits import CODE_TRIES
from core import credentials
from core.credentials import CredentialType, Issuer, announcing
from core.db import Session
from core.errors import Refusal
from core.keys import Keyring, jose
from core.keys.jose import Jwk
from core.onboarding import wallet_copies
from core.onboarding.models import OfferKind, WalletCopy, WalletOffer
from core.onboarding.wallet_settling import leave_if_all_taken
from core.onboarding.wallets import bundle, code_hash, expiry, live, token_digest
from core.refusal_codes import RefusalCode

_TOKEN_BYTES = 32


@dataclass(frozen=True, slots=True)
class Given:
    """A credential for her wallet, and under which name the wallet may say that it has it.

    `epoch` comes when all is hers: the key service is told it after the commit.
    """

    credential: str
    owner_id: uuid.UUID
    epoch: int | None
    notification: str = ""


def redeem(
    db: Session, *, keyring: Keyring, offer: WalletOffer, tx_code: str, now: datetime
) -> str | None:
    """The access token for who has the code and the texted number, once; None for a wrong number.

    The guess is counted in the row, so the caller commits. Refuses offer_over.
    """
    if offer.token_hash is not None:
        raise Refusal(RefusalCode.OFFER_OVER)
    if not _is_right(db, keyring, offer.id, tx_code, now):
        return None
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    unused = update(WalletOffer).where(WalletOffer.id == offer.id, WalletOffer.token_hash.is_(None))
    won = db.execute(
        unused.values(token_hash=token_digest(token)).returning(WalletOffer.id)
    ).first()
    if won is None:
        raise Refusal(RefusalCode.OFFER_OVER)
    return token


def of_token(db: Session, token: str, now: datetime) -> WalletOffer:
    """The offer of an access token, locked; refuses token_unknown."""
    query = select(WalletOffer).where(WalletOffer.token_hash == token_digest(token), *live(now))
    found = db.scalar(query.with_for_update().execution_options(populate_existing=True))
    if found is None:
        raise Refusal(RefusalCode.TOKEN_UNKNOWN)
    return found


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
    """One credential anew, for the key of her wallet; the same again as often as it asks, should it get lost.

    `name` is its own or that of a configuration, which gives those of a type one after the other. With another key it
    is made again, and what was given before is revoked. Refuses wallet_credential_unknown, credential_given.
    """
    given = wallet_copies.waiting(db, offer)
    open_ones = [one for one in bundle(keyring, offer)["ours"] if _is_open(db, offer, one)]
    if not open_ones:
        raise Refusal(RefusalCode.CREDENTIAL_GIVEN)
    one = next_of(bundle(keyring, offer)["ours"], name, given, holder_jwk, open_ones)
    before = given.get(one["id"])
    if before is not None and before.thumbprint == jose.thumbprint(holder_jwk):
        return repeated(keyring, offer, before, proof=proof, now=now)
    if before is not None:
        wallet_copies.drop(db, before, wallet_copies.OTHER_KEY, by=issuer.did, now=now)
    made = credentials.mint(
        db, issuer=issuer, type=CredentialType(one["type"]), claims=one["claims"], holder_jwk=holder_jwk,
        owner_id=None, reference=one["reference"], now=now, expires_at=expiry(one),
    )  # fmt: skip
    copy = wallet_copies.keep(
        db, keyring=keyring, offer=offer, name=one["id"], text=made, holder_jwk=holder_jwk, proof=proof,
        issuer=issuer, now=now,
    )  # fmt: skip
    return Given(made, offer.user_id, None, copy.id.hex)


def again(
    db: Session, *, keyring: Keyring, offer: WalletOffer, proof: str, now: datetime
) -> Given | None:
    """The same answer to the same request; None for a new one."""
    copy = wallet_copies.again(db, offer=offer, proof=proof)
    return None if copy is None else repeated(keyring, offer, copy, proof=proof, now=now)


def repeated(
    keyring: Keyring, offer: WalletOffer, copy: WalletCopy, *, proof: str, now: datetime
) -> Given:
    """What was given before, once more."""
    copy.asked_at, copy.proof = now, jose.digest(proof)
    return Given(wallet_copies.text_of(keyring, copy), offer.user_id, None, copy.id.hex)


def _is_open(db: Session, offer: WalletOffer, one: dict[str, Any]) -> bool:
    """Whether it may be given: it is not hers yet, and a move makes nothing good again."""
    return one["id"] not in offer.taken and wallet_copies.is_valid(db, uuid.UUID(one["status"]))


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
        raise Refusal(RefusalCode.OFFER_OVER)
    db.refresh(offer)
    return bundle(keyring, offer)["file"], leave_if_all_taken(db, keyring, offer, now)


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
        raise Refusal(RefusalCode.OFFER_OVER)
    return hmac.compare_digest(counted.code_hash, code_hash(keyring, offer_id, tx_code))


def named(ours: Sequence[dict[str, Any]], name: str) -> dict[str, Any]:
    """The one of this name, or the newest of this type."""
    found = _named(ours, name)
    if not found:
        raise Refusal(RefusalCode.WALLET_CREDENTIAL_UNKNOWN)
    return found[0]


def next_of(
    ours: Sequence[dict[str, Any]],
    name: str,
    given: Mapping[str, WalletCopy],
    holder_jwk: Jwk,
    open_ones: Sequence[dict[str, Any]] | None = None,
) -> dict[str, Any]:
    """The one of this name; of a type the newest that was not given yet, then what this key asked for longest ago."""
    named(ours, name)
    found = _named(ours if open_ones is None else open_ones, name)
    if not found:
        raise Refusal(RefusalCode.CREDENTIAL_GIVEN)
    for one in found:
        if one["id"] not in given:
            return one
    key = jose.thumbprint(holder_jwk)
    copies = [given[one["id"]] for one in found]
    longest = min(copies, key=lambda copy: (copy.thumbprint != key, copy.asked_at))
    return next(one for one in found if one["id"] == longest.name)


def _named(ours: Sequence[dict[str, Any]], name: str) -> list[dict[str, Any]]:
    """Those of this name or type, the newest first."""
    names = [(one["id"], announcing.configuration_id(one["type"])) for one in ours]
    return [one for one, both in zip(ours, names, strict=True) if name in both][::-1]
