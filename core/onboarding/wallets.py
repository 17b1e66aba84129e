"""Leaving custody: her record goes to a wallet of her own, and afterwards only receipts are here.

She starts it with her PIN: what she holds is sealed into an offer that lives for half an hour. Her wallet shows the
offer's code and the number texted to her, and gets each credential of ours anew, made out to its own key (OpenID4VCI
1.0). When her wallet says that it has one, or at the end of the half hour, the one that was here is revoked; when all
are hers, our keys to the record are destroyed.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import ColumnElement, delete, select, update

from config.limits import CODE_DIGITS, WALLET_OFFER_SECONDS
from core import credentials, people, sscr
from core.credentials import Issuer, announcing, status, status_ref
from core.credentials.models import StatusValue
from core.db import Session
from core.errors import Refusal
from core.keys import Keyring, jose, secret_names
from core.messaging import Template
from core.onboarding import wallet_copies, wallet_file
from core.onboarding.models import HandOver, OfferKind, WalletOffer
from core.onboarding.texts import text
from core.refusal_codes import RefusalCode
from core.sscr import StoredCredential, Unlocked
from core.sscr.custody import open_sealed, seal

PAGE, CODE = (
    "page",
    "code",
)  # the two secrets of an offer: where it is shown, and what a wallet redeems
MINUTES = WALLET_OFFER_SECONDS // 60
_OF_THE_JWT = {"iss", "vct", "vct#integrity", "iat", "nbf", "exp", "cnf", "status", "_sd_alg"}


def start(
    db: Session, *, unlocked: Unlocked, keyring: Keyring, issuer: Issuer, now: datetime
) -> WalletOffer:
    """Offer all she holds to a wallet: one text with the address of the offer, one with the code it wants.

    Refuses nothing_to_take.
    """
    packed = pack(db, unlocked, issuer, now)
    end_offers(db, unlocked.owner_id, by=issuer.did, now=now)
    code = new_code()
    made = new_offer(keyring, unlocked.owner_id, packed, code, WALLET_OFFER_SECONDS, now)
    db.add(made)
    db.flush()
    _tell(db, made, code, address(keyring, made, issuer), now)
    return made


def pack(db: Session, unlocked: Unlocked, issuer: Issuer, now: datetime) -> dict[str, Any]:
    """All she holds: what we need to issue ours again, and the whole as a file. Refuses nothing_to_take."""
    held = sscr.held(db, unlocked)
    if not held:
        raise Refusal(RefusalCode.NOTHING_TO_TAKE)
    return {
        "all": [row.id.hex for row, _ in held],
        "ours": [one for row, text in held if (one := _ours(db, row, text, issuer, now))],
        "others": any(credentials.contents(text)["iss"] != issuer.did for _, text in held),
        "file": wallet_file.write(db, unlocked, held, now),
    }


def new_code() -> str:
    """A number to be texted."""
    return f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}d}"


def new_offer(
    keyring: Keyring,
    owner_id: uuid.UUID,
    packed: dict[str, Any],
    code: str,
    seconds: int,
    now: datetime,
    *,
    kind: OfferKind = OfferKind.RECORD,
) -> WalletOffer:
    """An offer that waits, sealed, for as long as said."""
    made = WalletOffer(
        id=uuid.uuid4(), user_id=owner_id, tries=0, taken=[], created_at=now, kind=kind,
        expires_at=now + timedelta(seconds=seconds),
    )  # fmt: skip
    made.code_hash = code_hash(keyring, made.id, code)
    made.sealed = seal(_key(keyring, "seal"), jose.dumps(packed).encode(), made.id.bytes)
    return made


def address(keyring: Keyring, offer: WalletOffer, issuer: Issuer) -> str:
    """The page of an offer; who knows it can print the code, but not redeem it."""
    return f"{issuer.base_url}/wallet/{secret_names.name(_key(keyring, PAGE), offer.id)}"


def uri(address: str) -> str:
    """What the QR code holds: a wallet opens it."""
    where = urlencode({"credential_offer_uri": f"{address}/offer"})
    return f"openid-credential-offer://?{where}"


def waiting(db: Session, user_id: uuid.UUID, now: datetime) -> WalletOffer:
    """The offer to a wallet she started and that still holds; refuses offer_over."""
    query = select(WalletOffer).where(WalletOffer.user_id == user_id, *live(now))
    query = query.where(WalletOffer.id.not_in(select(HandOver.id)))
    found = db.scalar(query.order_by(WalletOffer.created_at.desc()).limit(1))
    if found is None:
        raise Refusal(RefusalCode.OFFER_OVER)
    return found


def find(db: Session, *, keyring: Keyring, secret: str, use: str, now: datetime) -> WalletOffer:
    """The live offer of this secret; refuses offer_over for any other text."""
    offer_id = secret_names.id_of(_key(keyring, use), secret)
    query = select(WalletOffer).where(WalletOffer.id == offer_id, *live(now))
    found = db.scalar(query) if offer_id else None
    if found is None:
        raise Refusal(RefusalCode.OFFER_OVER)
    return found


def document(keyring: Keyring, offer: WalletOffer, issuer: Issuer) -> dict[str, Any]:
    """The credential offer of OpenID4VCI 1.0."""
    grant = {
        "pre-authorized_code": secret_names.name(_key(keyring, CODE), offer.id),
        "tx_code": {"input_mode": "numeric", "length": CODE_DIGITS},
    }
    return {
        "credential_issuer": issuer.base_url,
        "credential_configuration_ids": sorted(identifiers(keyring, offer)),
        "grants": {announcing.PRE_AUTHORIZED: grant},
    }


def identifiers(keyring: Keyring, offer: WalletOffer) -> dict[str, list[str]]:
    """The names of the credentials in an offer, by what their type is called there."""
    found: dict[str, list[str]] = {}
    for one in bundle(keyring, offer)["ours"]:
        found.setdefault(announcing.configuration_id(one["type"]), []).append(one["id"])
    return found


def left(db: Session, user_id: uuid.UUID) -> datetime | None:
    """When her record left for a wallet of hers, or for another node; None for who has it here."""
    if sscr.record_of(db, user_id) is not None:
        return None
    query = select(WalletOffer.left_at).where(WalletOffer.user_id == user_id)
    gone = query.where(WalletOffer.left_at.is_not(None)).order_by(WalletOffer.left_at.desc())
    return db.scalar(gone.limit(1))


def end_offers(db: Session, owner_id: uuid.UUID, *, by: str, now: datetime) -> None:
    """Destroy what waits for a wallet of hers, or for another node; a hand-over under way is tidied up soon.

    What a wallet was given and is not hers yet is revoked: it is in custody as before.
    """
    wallet_copies.drop_all(db, owner_id, by=by, now=now)
    hers = update(WalletOffer).where(WalletOffer.user_id == owner_id)
    db.execute(hers.where(WalletOffer.sealed.is_not(None)).values(sealed=None))
    under_way = update(HandOver).where(HandOver.user_id == owner_id, HandOver.look_at.is_not(None))
    db.execute(under_way.values(look_at=HandOver.created_at))


def forget_offers(db: Session, *, now: datetime) -> None:
    """Destroy what was sealed for offers that are over, and all of an offer that moved no record.

    One that gave something to a wallet waits until that is settled (`wallet_settling.settle_ended`).
    """
    is_over = WalletOffer.expires_at <= now
    sealed = update(WalletOffer).where(is_over, WalletOffer.sealed.is_not(None))
    db.execute(sealed.where(WalletOffer.id.not_in(wallet_copies.unsettled())).values(sealed=None))
    db.execute(delete(WalletOffer).where(is_over, WalletOffer.kind == OfferKind.NEWS))
    wallet_copies.forget(db, now=now)


def forget(db: Session, owner_id: uuid.UUID) -> None:
    """Delete what became of all her offers and moves, once nothing of them is under way."""
    moves = select(HandOver.id).where(HandOver.user_id == owner_id, HandOver.look_at.is_not(None))
    hers = delete(WalletOffer).where(WalletOffer.user_id == owner_id)
    db.execute(hers.where(WalletOffer.id.not_in(moves)))
    db.execute(delete(HandOver).where(HandOver.user_id == owner_id, HandOver.look_at.is_(None)))


def _ours(
    db: Session, row: StoredCredential, text: str, issuer: Issuer, now: datetime
) -> dict[str, Any] | None:
    """What is needed to issue it again; None for another's, and for what does not hold any more."""
    payload = credentials.contents(text)
    refs = status_ref.of_sd_jwt(payload) if payload["iss"] == issuer.did else []
    entry = status.find(db, refs[0], issuer.base_url) if refs else None
    if entry is None or entry.value is not StatusValue.VALID or row.expires_at <= now:
        return None
    claims = {name: value for name, value in payload.items() if name not in _OF_THE_JWT}
    return {
        "id": row.id.hex, "type": row.type, "claims": claims, "reference": entry.reference,
        "status": str(entry.credential_id), "expires": int(row.expires_at.timestamp()),
    }  # fmt: skip


def _tell(db: Session, offer: WalletOffer, code: str, address: str, now: datetime) -> None:
    """Two texts: the first may be passed on to a helper, the second may not."""
    user = people.get(db, offer.user_id)
    text(db, user, Template.WALLET_OFFER, now, secret=True, address=address, minutes=MINUTES)
    text(db, user, Template.WALLET_CODE, now, secret=True, code=code)


def live(now: datetime) -> tuple[ColumnElement[bool], ...]:
    """What an offer that still holds is like."""
    return WalletOffer.expires_at > now, WalletOffer.sealed.is_not(None)


def bundle(keyring: Keyring, offer: WalletOffer) -> dict[str, Any]:
    """What waits in an offer."""
    assert offer.sealed is not None
    text = open_sealed(_key(keyring, "seal"), offer.sealed, offer.id.bytes)
    found: dict[str, Any] = jose.loads(text)
    return found


def expiry(one: dict[str, Any]) -> datetime:
    """Until when something in an offer is to hold."""
    return datetime.fromtimestamp(one["expires"], UTC)


def code_hash(keyring: Keyring, offer_id: uuid.UUID, code: str) -> bytes:
    """The texted number as it is kept: of no use without the keyring."""
    return hmac.digest(_key(keyring, "number"), offer_id.bytes + code.encode(), hashlib.sha256)


def token_digest(token: str) -> bytes:
    """A token as it is kept."""
    return hashlib.sha256(token.encode()).digest()


def _key(keyring: Keyring, use: str) -> bytes:
    return keyring.derive(f"wallet offer/{use}")
