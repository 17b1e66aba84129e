"""Leaving for another node: her PIN names it, her old key signs it, and it gets what redeems her offer, for it alone.

The other node takes each credential of ours like a wallet (`wallets`), with the number we text her once it expects her.
Nothing is gone here before it says that all is there (`handover_giving`); until then her record stays as it is.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from config.limits import HANDOVER_RETRY_SECONDS, HANDOVER_SECONDS
from config.neighbours import Neighbour
from core import credentials, people, queue, sscr
from core.credentials import Issuer, status
from core.credentials.models import KnownIssuer
from core.db import Session
from core.errors import Refusal
from core.keys import Keyring, jose
from core.keys.jose import Jwk
from core.messaging import Template
from core.onboarding import wallets
from core.onboarding.models import Arrival, ArrivalState, HandOver, HandOverState, WalletOffer
from core.onboarding.texts import text
from core.queue import Job
from core.refusal_codes import RefusalCode
from core.sscr import Unlocked
from core.sscr.custody import into_box

STATEMENT_TYP, WORD_TYP = "growr-handover-statement+jwt", "growr-handover+jwt"
OPEN = (HandOverState.SENDING, HandOverState.SENT)
NOT_FINISHED = "moving to another node was not finished"
HOURS = HANDOVER_SECONDS // 3_600


@dataclass(frozen=True, slots=True)
class Errand:
    """What one node tells another: a signed word for its address."""

    id: uuid.UUID
    custodian: str
    word: str


def reachable(db: Session, neighbours: Sequence[Neighbour]) -> list[Neighbour]:
    """The neighbours whose keys we know, so that something can be sealed for them."""
    known = {issuer.did: issuer.keys for issuer in credentials.trust.listed(db)}
    return [one for one in neighbours if _box_key(known.get(one.did, [])) is not None]


def start(
    db: Session,
    *,
    unlocked: Unlocked,
    neighbour: Neighbour,
    keyring: Keyring,
    issuer: Issuer,
    now: datetime,
) -> HandOver:
    """Offer all she holds to another node; a worker tells it. Refuses nothing_to_take, neighbour_unknown."""
    known = db.get(KnownIssuer, neighbour.did)
    key = _box_key(known.keys if known else [])
    if key is None:
        raise Refusal(RefusalCode.NEIGHBOUR_UNKNOWN)
    code = wallets.new_code()
    packed = {**wallets.pack(db, unlocked, issuer, now), "code": code}
    wallets.end_offers(db, unlocked.owner_id, by=issuer.did, now=now)
    offer = wallets.new_offer(keyring, unlocked.owner_id, packed, code, HANDOVER_SECONDS, now)
    sealed = into_box(jose.unb64u(key["x"]), _bundle(db, offer, neighbour, keyring, issuer))
    made = HandOver(
        id=offer.id, user_id=unlocked.owner_id, custodian=neighbour.did, name=neighbour.name, given={},
        service_code=neighbour.service_code, old_did=unlocked.did, sealed=sealed, look_at=now,
        state=HandOverState.SENDING, statement=_statement(db, unlocked, neighbour, issuer, sealed, now),
    )  # fmt: skip
    db.add_all([offer, made])
    db.flush()
    queue.enqueue(db, Job.HANDOVER)
    return made


def claim(db: Session, *, issuer: Issuer, now: datetime) -> Errand | bool:
    """The next word to another node, its next try already set; True where one was only tidied up, False at the end."""
    query = select(WalletOffer).join(HandOver, HandOver.id == WalletOffer.id)
    due = query.where(HandOver.look_at <= now).order_by(HandOver.look_at).limit(1)
    offer = db.scalar(due.with_for_update(skip_locked=True, of=WalletOffer))
    if offer is None:
        return False
    found = db.get_one(HandOver, offer.id, with_for_update=True, populate_existing=True)
    if found.look_at is None:
        return True  # it came to its end while we looked
    if offer.sealed is None or offer.expires_at <= now:
        end(db, found, issuer=issuer, now=now)
        return True
    if found.state is HandOverState.SENT:
        found.look_at = offer.expires_at
        return True
    waits = HANDOVER_RETRY_SECONDS
    found.look_at = now + timedelta(seconds=waits[min(found.tries, len(waits) - 1)])
    found.tries += 1
    return Errand(found.id, found.custodian, _word(found, offer, issuer, now))


def accepted(db: Session, *, id: uuid.UUID, keyring: Keyring, now: datetime) -> None:
    """The other node expects her: she gets the number for it, once."""
    found = _sending(db, id)
    if found is None:
        return
    offer = db.get_one(WalletOffer, id)
    if offer.sealed is None:
        return  # she began another move meanwhile; the clock tidies this one up
    found.state, found.look_at, found.problem = HandOverState.SENT, offer.expires_at, ""
    text(
        db, people.get(db, found.user_id), Template.HANDOVER_CODE, now, secret=True, name=found.name, hours=HOURS,
        code=wallets.bundle(keyring, offer)["code"], service_code=found.service_code,
    )  # fmt: skip


def failed(db: Session, *, id: uuid.UUID, problem: str) -> None:
    """The other node could not be reached; it is tried again."""
    if found := _sending(db, id):
        found.problem = problem[:40]


def refused(db: Session, *, id: uuid.UUID, problem: str, issuer: Issuer, now: datetime) -> None:
    """The other node does not take her; she is told, and stays."""
    if found := _sending(db, id):
        found.problem = problem[:40]
        end(db, found, issuer=issuer, now=now)


def end(db: Session, hand_over: HandOver, *, issuer: Issuer, now: datetime) -> None:
    """It did not come to be: what the other node got of us holds no more, and what is here is as it was."""
    for credential_id in hand_over.given.values():
        status.take_back(
            db, credential_id=uuid.UUID(credential_id), reason=NOT_FINISHED, by=issuer.did, now=now
        )
    hand_over.state, hand_over.look_at, hand_over.given = HandOverState.OVER, None, {}
    db.get_one(WalletOffer, hand_over.id).sealed = None
    db.flush()
    if _is_news(db, hand_over):
        user = people.get(db, hand_over.user_id)
        text(db, user, Template.HANDOVER_OVER, now, name=hand_over.name)


def of_offer(db: Session, offer: WalletOffer) -> HandOver | None:
    """The hand-over an offer is for; None for one to a wallet."""
    return db.get(HandOver, offer.id, with_for_update=True, populate_existing=True)


def where(db: Session, user_id: uuid.UUID) -> str | None:
    """What the node is called to which her record left; None if it is here, or left for a wallet of hers."""
    if sscr.record_of(db, user_id) is not None:
        return None
    query = select(WalletOffer.id).where(
        WalletOffer.user_id == user_id, WalletOffer.left_at.is_not(None)
    )
    last = db.scalar(query.order_by(WalletOffer.left_at.desc()).limit(1))
    hand_over = db.get(HandOver, last) if last else None
    return hand_over.name if hand_over else None


def moved(db: Session, did: str) -> str | None:
    """Our signed word on where the holder of an old key has moved."""
    query = select(HandOver.moved).where(HandOver.old_did == did, HandOver.moved.is_not(None))
    return db.scalar(query.limit(1))


def digest(data: bytes) -> str:
    """SHA-256, as statements name what they are about."""
    return jose.b64u(hashlib.sha256(data).digest())


def _statement(
    db: Session,
    unlocked: Unlocked,
    neighbour: Neighbour,
    issuer: Issuer,
    sealed: bytes,
    now: datetime,
) -> str:
    """Her own word: this record goes from here to there, with this bundle and no other."""
    said = {
        "iss": unlocked.did, "record": _record_name(db, unlocked), "from": issuer.did, "to": neighbour.did,
        "iat": int(now.timestamp()), "bundle": digest(sealed),
    }  # fmt: skip
    return jose.sign({"typ": STATEMENT_TYP}, said, unlocked.holder_key)


def _record_name(db: Session, unlocked: Unlocked) -> str:
    """The first key a record ever had: it names the record through all that follow."""
    query = select(Arrival.record).where(
        Arrival.new_did == unlocked.did, Arrival.state == ArrivalState.DONE
    )
    return db.scalar(query.order_by(Arrival.created_at).limit(1)) or unlocked.did


def _bundle(
    db: Session, offer: WalletOffer, neighbour: Neighbour, keyring: Keyring, issuer: Issuer
) -> bytes:
    """Who she is, and the offer: of her record itself nothing leaves before she types her number there."""
    user = people.get(db, offer.user_id)
    said = {
        "phone": user.phone, "given_name": user.given_name, "family_name": user.family_name,
        "language": user.language, "organisation": neighbour.organisation,
        "offer": wallets.document(keyring, offer, issuer),
    }  # fmt: skip
    return jose.dumps(said).encode()


def _word(hand_over: HandOver, offer: WalletOffer, issuer: Issuer, now: datetime) -> str:
    said = {
        "iss": issuer.did, "aud": hand_over.custodian, "jti": hand_over.id.hex, "iat": int(now.timestamp()),
        "exp": int(offer.expires_at.timestamp()), "statement": hand_over.statement,
        "bundle": jose.b64u(hand_over.sealed),
    }  # fmt: skip
    return jose.sign({"typ": WORD_TYP, "kid": issuer.jwk["kid"]}, said, issuer.key)


def _sending(db: Session, id: uuid.UUID) -> HandOver | None:
    """One that still is; the offer is locked before it, by everybody, so that nobody waits for one who waits."""
    db.get_one(WalletOffer, id, with_for_update=True, populate_existing=True)
    found = db.get(HandOver, id, with_for_update=True, populate_existing=True)
    return found if found is not None and found.state is HandOverState.SENDING else None


def _is_news(db: Session, hand_over: HandOver) -> bool:
    """Whether she should be told that it is over: not if she began anew, or her record is gone another way."""
    record = sscr.record_of(db, hand_over.user_id)
    query = select(HandOver.id).where(
        HandOver.user_id == hand_over.user_id, HandOver.state.in_(OPEN)
    )
    return record is not None and record.did == hand_over.old_did and db.scalar(query) is None


def _box_key(keys: Sequence[Jwk]) -> Jwk | None:
    """The newest Ed25519 key of a node: what is sealed to it, only that node opens."""
    return next((key for key in keys if key.get("crv") == "Ed25519"), None)
