"""What another node gets on an offer: copies for her new key, as often as it asks; they count once it has them all.

Until then the old ones hold and her record is open, so that a lost answer or a half-done move costs her nothing.
"""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select

from core import credentials, people, sscr
from core.credentials import CredentialType, Issuer, status, status_ref
from core.credentials.models import StatusEntry
from core.db import Session
from core.errors import Refusal
from core.keys import Keyring, did, jose
from core.keys.jose import Broken, Jwk
from core.messaging import Template
from core.onboarding import handovers
from core.onboarding.models import HandOver, HandOverState, WalletOffer
from core.onboarding.texts import text
from core.onboarding.wallet_copies import is_valid
from core.onboarding.wallet_giving import Given, named, of_token
from core.onboarding.wallets import bundle, token_digest
from core.refusal_codes import RefusalCode

ARRIVAL_TYP, MOVED_TYP = "growr-arrival-statement+jwt", "growr-moved+jwt"
MOVED = "its owner has it at another node"


def give(
    db: Session,
    *,
    keyring: Keyring,
    offer: WalletOffer,
    hand_over: HandOver,
    name: str,
    holder_jwk: Jwk,
    issuer: Issuer,
    now: datetime,
) -> Given:
    """One credential anew, for her new key; a copy given before is revoked, the one in custody is not yet.

    Refuses wallet_credential_unknown, credential_given, proof_refused(detail) for another key than before.
    """
    one = named(bundle(keyring, offer)["ours"], name)
    if not is_valid(db, uuid.UUID(one["status"])):
        raise Refusal(RefusalCode.CREDENTIAL_GIVEN)
    new_did = did.from_jwk(holder_jwk)
    if hand_over.new_did not in (None, new_did):
        raise Refusal(RefusalCode.PROOF_REFUSED, detail="another_key")
    if before := hand_over.given.get(one["id"]):
        _take_back(db, before, handovers.NOT_FINISHED, issuer, now)
    made = credentials.mint(
        db, issuer=issuer, type=CredentialType(one["type"]), claims=one["claims"], holder_jwk=holder_jwk,
        owner_id=None, reference=one["reference"], now=now,
        expires_at=datetime.fromtimestamp(one["expires"], UTC),
    )  # fmt: skip
    hand_over.new_did = new_did
    hand_over.given = {**hand_over.given, one["id"]: str(_entry(db, made, issuer).credential_id)}
    return Given(made, offer.user_id, None)


def file(db: Session, *, keyring: Keyring, token: str, now: datetime) -> str:
    """All she holds as a file, for the node that redeemed her offer. Refuses token_unknown."""
    offer = of_token(db, token, now)
    if handovers.of_offer(db, offer) is None:
        raise Refusal(RefusalCode.TOKEN_UNKNOWN)
    found: str = bundle(keyring, offer)["file"]
    return found


def all_taken(
    db: Session, *, keyring: Keyring, token: str, statement: str, issuer: Issuer, now: datetime
) -> tuple[str, Given]:
    """The other node has all: now the old ones are revoked and our keys to her record destroyed.

    Our signed word that she has moved; told twice it is the same. Refuses token_unknown, statement_refused and,
    where something came meanwhile or is missing, hand_over_incomplete.
    """
    hand_over, offer = _by_token(db, token)
    if hand_over.moved is not None:
        return hand_over.moved, Given("", offer.user_id, None)
    of_token(db, token, now)
    new_did = _check_statement(hand_over, statement)
    _check_complete(db, hand_over, offer, keyring)
    _change_over(db, hand_over, bundle(keyring, offer)["ours"], issuer, now)
    hand_over.new_did, hand_over.moved = new_did, _moved(hand_over, new_did, statement, issuer, now)
    hand_over.state, hand_over.look_at = HandOverState.MOVED, None
    offer.left_at, offer.sealed = now, None
    sscr.forget_wallet(db, offer.user_id)
    epoch = sscr.erase(db, owner_id=offer.user_id)
    people.forget_facts(db, offer.user_id)
    text(db, people.get(db, offer.user_id), Template.HANDOVER_DONE, now, name=hand_over.name)
    return hand_over.moved, Given("", offer.user_id, epoch)


def _by_token(db: Session, token: str) -> tuple[HandOver, WalletOffer]:
    query = select(WalletOffer).where(WalletOffer.token_hash == token_digest(token))
    offer = db.scalar(query.with_for_update().execution_options(populate_existing=True))
    hand_over = handovers.of_offer(db, offer) if offer else None
    if offer is None or hand_over is None:
        raise Refusal(RefusalCode.TOKEN_UNKNOWN)
    return hand_over, offer


def _check_statement(hand_over: HandOver, statement: str) -> str:
    """The word of her new key that it follows the old one; its DID. Only the key that got her copies may say it."""
    try:
        token = jose.parse(statement)
        key = did.to_jwk(str(token.payload.get("iss")))
        jose.verify(token, key)
    except (Broken, Refusal) as error:
        raise Refusal(RefusalCode.STATEMENT_REFUSED) from error
    expected = {
        "also_known_as": [hand_over.old_did], "custodian": hand_over.custodian,
        "hand_over": handovers.digest(hand_over.statement.encode()),
    }  # fmt: skip
    said, new_did = {name: token.payload.get(name) for name in expected}, did.from_jwk(key)
    is_hers = hand_over.new_did in (None, new_did) and token.header.get("typ") == ARRIVAL_TYP
    if said != expected or not is_hers:
        raise Refusal(RefusalCode.STATEMENT_REFUSED)
    return new_did


def _check_complete(db: Session, hand_over: HandOver, offer: WalletOffer, keyring: Keyring) -> None:
    packed = bundle(keyring, offer)
    came_since = {id.hex for id in sscr.stored_ids(db, offer.user_id)} - set(packed["all"])
    missing = [
        one
        for one in packed["ours"]
        if one["id"] not in hand_over.given and is_valid(db, uuid.UUID(one["status"]))
    ]
    if came_since or missing:
        raise Refusal(RefusalCode.HAND_OVER_INCOMPLETE)


def _change_over(
    db: Session, hand_over: HandOver, ours: list[dict[str, Any]], issuer: Issuer, now: datetime
) -> None:
    """From now on the copies there are hers, and the ones of here hold no more."""
    for one in ours:
        old = uuid.UUID(one["status"])
        copy = hand_over.given.get(one["id"])
        if copy and not is_valid(db, old):  # taken back meanwhile: a move makes nothing good again
            _take_back(db, copy, MOVED, issuer, now)
        _take_back(db, one["status"], MOVED, issuer, now)
        if copy:
            query = select(StatusEntry).where(StatusEntry.credential_id == uuid.UUID(copy))
            db.scalars(query).one().owner_id = hand_over.user_id


def _take_back(db: Session, credential_id: str, reason: str, issuer: Issuer, now: datetime) -> None:
    status.take_back(
        db, credential_id=uuid.UUID(credential_id), reason=reason, by=issuer.did, now=now
    )


def _moved(hand_over: HandOver, new_did: str, statement: str, issuer: Issuer, now: datetime) -> str:
    said = {
        "iss": issuer.did, "sub": hand_over.old_did, "moved_to": new_did, "custodian": hand_over.custodian,
        "iat": int(now.timestamp()), "statements": [hand_over.statement, statement],
    }  # fmt: skip
    return jose.sign({"typ": MOVED_TYP, "kid": issuer.jwk["kid"]}, said, issuer.key)


def _entry(db: Session, credential: str, issuer: Issuer) -> StatusEntry:
    [ref, *_] = status_ref.of_sd_jwt(credentials.contents(credential))
    entry = status.find(db, ref, issuer.base_url)
    assert entry is not None
    return entry
