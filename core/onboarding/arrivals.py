"""Coming from another node: it tells us that she comes, and she types its number and a PIN of ours, on her own phone.

The number is only judged there, where its tries are counted. Her new key vouches for itself while her PIN has it open;
what then remains (`arrival_taking`) needs neither her nor her key.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select, update

from config.limits import CODE_TRIES, HANDOVER_NONCE_SECONDS, HANDOVER_OVER_DAYS
from config.neighbours import Neighbour
from core import people, queue, sscr
from core.credentials import Issuer
from core.db import Session
from core.errors import Refusal
from core.keys import Keyring, jose
from core.onboarding import handovers
from core.onboarding.handover_giving import ARRIVAL_TYP
from core.onboarding.models import Arrival, ArrivalState, HandOver, HandOverState
from core.onboarding.service import birth_date
from core.onboarding.texts import ARRIVAL
from core.onboarding.wallet_proofs import TYP
from core.people import UserState
from core.queue import Job
from core.refusal_codes import RefusalCode
from core.sscr import Custody, Unlocked
from core.sscr.custody import open_sealed, seal


@dataclass(frozen=True, slots=True)
class Unproved:
    """A credential of another issuer for a key she had elsewhere."""

    type: str
    issuer: str


OPEN = (ArrivalState.WAITING, ArrivalState.ASKED, ArrivalState.ADMITTED)


def waiting(
    db: Session, phone: str, *, neighbours: Sequence[Neighbour], now: datetime
) -> Arrival | None:
    """What waits for the owner of this phone, the newest first; only from who is a neighbour still."""
    if not neighbours:
        return None
    query = select(Arrival).where(
        Arrival.phone == phone, Arrival.state.in_(OPEN), Arrival.expires_at > now,
        Arrival.came_from.in_([one.did for one in neighbours]),
    )  # fmt: skip
    return db.scalar(query.order_by(Arrival.created_at.desc()).limit(1))


def is_return(db: Session, arrival: Arrival, user_id: uuid.UUID) -> bool:
    """Whether the key a record comes with is the one it left us for."""
    hers = select(HandOver.id).where(
        HandOver.user_id == user_id, HandOver.state == HandOverState.MOVED, HandOver.new_did == arrival.old_did
    )  # fmt: skip
    return db.scalar(hers.limit(1)) is not None


def name_of(arrival: Arrival, neighbours: Sequence[Neighbour]) -> str:
    """What people here call the node a record comes from."""
    found = (one.name for one in neighbours if one.did == arrival.came_from)
    return next(found, arrival.came_from.removeprefix("did:web:"))


def type_code(db: Session, *, keyring: Keyring, arrival: Arrival, code: str, now: datetime) -> None:
    """Have a worker ask the other node whether this is the number it texted her. Refuses arrival_over."""
    locked = db.get_one(Arrival, arrival.id, with_for_update=True, populate_existing=True)
    if locked.state is not ArrivalState.WAITING or locked.guesses >= CODE_TRIES:
        raise Refusal(RefusalCode.ARRIVAL_OVER)
    locked.guesses += 1
    keep(keyring, locked, {**kept(keyring, locked), "code": code})
    look(db, locked, ArrivalState.ASKED, now)


def is_ready(arrival: Arrival, now: datetime) -> bool:
    """Whether her PIN would be in time: what she vouches for must be fresh when the other node reads it."""
    ready_at = arrival.ready_at
    return (
        arrival.state is ArrivalState.ADMITTED
        and ready_at is not None
        and now < ready_at + timedelta(seconds=HANDOVER_NONCE_SECONDS)
    )


def freshen(db: Session, arrival: Arrival, now: datetime) -> None:
    """Have a worker fetch fresh nonces, unless it is about to."""
    if arrival.look_at == arrival.expires_at:
        look(db, arrival, arrival.state, now)


def is_new(db: Session, keyring: Keyring, arrival: Arrival) -> bool:
    """Whether she has no record here but one that this arrival began and no PIN has confirmed: she chooses a PIN."""
    assert arrival.user_id is not None
    record = sscr.record_of(db, arrival.user_id)
    return record is None or record.did == kept(keyring, arrival).get("begun")


def choose_pin(
    db: Session, *, keyring: Keyring, custody: Custody, arrival: Arrival, pin: str, now: datetime
) -> None:
    """Open a record under a first PIN for who has none; refuses a weak one. She types it again (`agree`)."""
    assert arrival.user_id is not None
    if not is_new(db, keyring, arrival):
        raise Refusal(RefusalCode.ARRIVAL_OVER)
    record = sscr.open_record(
        db, custody=custody, owner_id=arrival.user_id, phone=arrival.phone, pin=pin, now=now, anew=True,
        birth_date=birth_date(db, keyring, arrival.user_id),
    )  # fmt: skip
    keep(keyring, arrival, {**kept(keyring, arrival), "begun": record.did})


def drop_begun(db: Session, keyring: Keyring, arrival: Arrival) -> None:
    """Destroy the record it began, if her PIN never confirmed it; one she has otherwise is never touched."""
    assert arrival.user_id is not None
    record = sscr.record_of(db, arrival.user_id)
    if record is not None and record.did == kept(keyring, arrival).get("begun"):
        sscr.erase(db, owner_id=arrival.user_id)


def agree_anew(db: Session, *, keyring: Keyring, arrival: Arrival, **asked: Any) -> bool:
    """`agree` with the PIN she has just chosen; False if it is another one: then she chooses again."""
    try:
        agree(db, keyring=keyring, arrival=arrival, **asked)
    except Refusal as refusal:
        if refusal.code not in sscr.WRONG_PIN:
            raise
        drop_begun(db, keyring, arrival)
        return False
    return True


def agree(
    db: Session,
    *,
    keyring: Keyring,
    custody: Custody,
    issuer: Issuer,
    arrival: Arrival,
    name: str,
    pin: str,
    session_id: str,
    now: datetime,
) -> None:
    """Her PIN: her key of here vouches for itself to the other node, and the worker fetches what is hers.

    Refuses what `unlock` does, user_blocked and arrival_over.
    """
    locked = db.get_one(Arrival, arrival.id, with_for_update=True, populate_existing=True)
    if locked.user_id is None or not is_ready(locked, now):
        raise Refusal(RefusalCode.ARRIVAL_OVER)
    user = people.get(db, locked.user_id)
    if user.state is UserState.BLOCKED:
        raise Refusal(
            RefusalCode.USER_BLOCKED
        )  # nothing of hers comes to where she could not use it
    with sscr.unlock(
        db, custody=custody, owner_id=locked.user_id, pin=pin, purpose=ARRIVAL, session_id=session_id, now=now,
        audience=name,
    ) as unlocked:  # fmt: skip
        _vouch(keyring, locked, unlocked, issuer, now)
    if user.state is UserState.INVITED:
        people.activate(db, user_id=user.id, now=now)
    people.note_seen(db, user_id=user.id, now=now)
    look(db, locked, ArrivalState.SIGNED, now)


def to_prove_again(db: Session, user_id: uuid.UUID) -> list[Unproved]:
    """What came with her record and is bound to her old key, as long as she has not proved it anew."""
    record = sscr.record_of(db, user_id)
    query = select(Arrival.others).where(
        Arrival.user_id == user_id, Arrival.state == ArrivalState.DONE,
        Arrival.new_did == (record.did if record else None),
    )  # fmt: skip
    held = {one.type for one in sscr.holdings(db, user_id)}
    found = [one for others in db.scalars(query) for one in others]
    return [Unproved(one["type"], one["issuer"]) for one in found if one["type"] not in held]


def forget(db: Session, user_id: uuid.UUID) -> None:
    """Destroy what came with her record from elsewhere."""
    hers = update(Arrival).where(Arrival.user_id == user_id)
    db.execute(hers.values(file=None, others=[], kept=None, state=ArrivalState.OVER, look_at=None))


def forget_over(db: Session, *, now: datetime) -> None:
    """Delete whoever was announced and never came: her number is none of our business."""
    old = Arrival.expires_at <= now - timedelta(days=HANDOVER_OVER_DAYS)
    db.execute(delete(Arrival).where(Arrival.state == ArrivalState.OVER, old))


def look(db: Session, arrival: Arrival, state: ArrivalState, now: datetime) -> None:
    """Put an arrival into a state, and a worker onto it."""
    arrival.state, arrival.look_at, arrival.tries, arrival.problem = state, now, 0, ""
    queue.enqueue(db, Job.HANDOVER)
    db.flush()


def kept(keyring: Keyring, arrival: Arrival) -> dict[str, Any]:
    """What is known of an arrival while it is under way."""
    assert arrival.kept is not None
    found: dict[str, Any] = jose.loads(
        open_sealed(_key(keyring), arrival.kept, _aad(arrival.came_from, arrival.hand_over))
    )
    return found


def keep(keyring: Keyring, arrival: Arrival, known: dict[str, Any]) -> None:
    """Keep it, sealed to this arrival."""
    aad = _aad(arrival.came_from, arrival.hand_over)
    arrival.kept = seal(_key(keyring), jose.dumps(known).encode(), aad)


def _vouch(
    keyring: Keyring, arrival: Arrival, unlocked: Unlocked, issuer: Issuer, now: datetime
) -> None:
    """A proof of her new key for each credential, and its word that it follows the old one."""
    known, key = kept(keyring, arrival), unlocked.holder_key
    head: dict[str, Any] = {"typ": TYP, "jwk": jose.public_jwk(key)}
    said = {"aud": known["offer"]["credential_issuer"], "iat": int(now.timestamp())}
    proofs = {
        name: jose.sign(head, {**said, "nonce": nonce}, key)
        for name, nonce in known["nonces"].items()
    }
    statement = {
        "iss": unlocked.did, "also_known_as": [arrival.old_did], "custodian": issuer.did,
        "hand_over": handovers.digest(arrival.statement.encode()), "iat": int(now.timestamp()),
    }  # fmt: skip
    arrival.new_did = unlocked.did
    word = jose.sign({"typ": ARRIVAL_TYP}, statement, key)
    keep(keyring, arrival, {**known, "proofs": proofs, "statement": word, "begun": None})


def _key(keyring: Keyring) -> bytes:
    return keyring.derive("arrival/kept")


def _aad(came_from: str, hand_over: str) -> bytes:
    return f"{came_from} {hand_over}".encode()
