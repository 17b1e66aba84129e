"""What a worker does about a record that arrives: it asks, and writes down what the other node said.

First the number is redeemed, then each credential is taken for her new key, then the other node is told. It alone says
whether the move came to be: what it does not confirm is taken out again, and what it did not hear is told once more.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from config.limits import (
    CODE_TRIES,
    HANDOVER_CREDENTIALS,
    HANDOVER_RETRY_SECONDS,
    HANDOVER_TELL_DAYS,
)
from config.neighbours import Neighbour
from core import credentials, messaging, people, sscr
from core.credentials import CredentialType, Issuer, Verified, status_reading
from core.credentials.errors import refused
from core.credentials.models import KnownIssuer
from core.db import Session
from core.keys import Keyring, jose
from core.keys.jose import Broken
from core.messaging import Template
from core.onboarding import arrivals
from core.onboarding.models import Arrival, ArrivalState
from core.sscr.custody import into_box
from core.words import words

ASKABLE = (
    ArrivalState.ASKED, ArrivalState.ADMITTED, ArrivalState.SIGNED, ArrivalState.TAKEN,
)  # fmt: skip
_ISSUER_CHARACTERS = 60


@dataclass(frozen=True, slots=True)
class Step:
    """What is to be asked next of the node a record comes from."""

    id: uuid.UUID
    came_from: str
    state: ArrivalState
    known: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Desk:
    """What every verb here needs to know of this node."""

    keyring: Keyring
    issuer: Issuer
    neighbours: Sequence[Neighbour]
    service_code: str


def claim(db: Session, *, desk: Desk, now: datetime) -> Step | bool:
    """The next step, its next try already set; True where one was only tidied up, False at the end."""
    query = select(Arrival).where(Arrival.look_at <= now).order_by(Arrival.look_at).limit(1)
    found = db.scalar(query.with_for_update(skip_locked=True))
    if found is None:
        return False
    if _is_past(found, now):
        _end(db, found, desk, now)
        return True
    if found.state not in ASKABLE:
        found.look_at = found.expires_at
        return True
    waits = HANDOVER_RETRY_SECONDS
    found.look_at = now + timedelta(seconds=waits[min(found.tries, len(waits) - 1)])
    found.tries += 1
    return Step(found.id, found.came_from, found.state, arrivals.kept(desk.keyring, found))


def admitted(
    db: Session, *, id: uuid.UUID, token: str, nonces: Mapping[str, str], desk: Desk, now: datetime
) -> None:
    """Her number was right: she becomes one of us, and her PIN can vouch for as many copies as there are nonces."""
    found = _in(db, id, ArrivalState.ASKED, ArrivalState.ADMITTED)
    if found is None:
        return
    known = arrivals.kept(desk.keyring, found)
    if found.state is ArrivalState.ASKED:
        found.user_id = _user(db, found, known, desk, now)
        known.pop("code")
    arrivals.keep(desk.keyring, found, {**known, "token": token, "nonces": dict(nonces)})
    is_late = found.tries > 1
    found.state, found.look_at, found.ready_at = ArrivalState.ADMITTED, found.expires_at, now
    if is_late:
        _call(db, found, desk, now)


def wrong(db: Session, *, id: uuid.UUID, desk: Desk, now: datetime) -> None:
    """It was not the number; she may look again, a few times."""
    found = _in(db, id, ArrivalState.ASKED)
    if found is None:
        return
    if found.guesses >= CODE_TRIES:
        give_up(db, found, desk=desk, now=now)
        return
    known = arrivals.kept(desk.keyring, found)
    known.pop("code")
    arrivals.keep(desk.keyring, found, known)
    is_late = found.tries > 1
    found.state, found.look_at, found.problem = (
        ArrivalState.WAITING,
        found.expires_at,
        "wrong_number",
    )
    if is_late:
        _call(db, found, desk, now)


def stale(db: Session, *, id: uuid.UUID, desk: Desk, now: datetime) -> None:
    """What her key vouched for came too late: she types her PIN once more."""
    found = _in(db, id, ArrivalState.SIGNED)
    if found is not None:
        found.state, found.look_at, found.ready_at = ArrivalState.ADMITTED, found.expires_at, None
        _call(db, found, desk, now)


def arrived(
    db: Session, *, id: uuid.UUID, texts: Sequence[str], file: str, desk: Desk, now: datetime
) -> None:
    """Put all into her record at once. Refuses credential_refused for what is not hers or not of that node."""
    found = _in(db, id, ArrivalState.SIGNED)
    if found is None:
        return
    assert found.user_id is not None
    record = sscr.record_of(db, found.user_id)
    if record is None or record.did != found.new_did:
        give_up(db, found, desk=desk, now=now)  # she lost her record here meanwhile
        return
    found.stored = [_deliver(db, found, text, desk, now).hex for text in texts]
    found.others = others(file, found.came_from)
    found.file = into_box(record.holder_public, file.encode())
    arrivals.look(db, found, ArrivalState.TAKEN, now)


def confirmed(db: Session, *, id: uuid.UUID, desk: Desk, now: datetime) -> None:
    """The other node has let go: the record is here and nowhere else."""
    found = _in(db, id, ArrivalState.TAKEN)
    if found is None:
        return
    assert found.user_id is not None
    found.state, found.look_at, found.kept = ArrivalState.DONE, None, None
    user = people.get(db, found.user_id)
    tongue = words(user.language)
    titles = sorted(
        {tongue.say(credentials.TITLES[CredentialType(one["type"])]) for one in found.others}
    )
    _text(
        db, found, Template.ARRIVAL_PART if titles else Template.ARRIVAL_DONE, user.language, desk, now,
        count=len(found.stored), titles=", ".join(titles),
    )  # fmt: skip


def failed(db: Session, *, id: uuid.UUID, problem: str) -> None:
    """The other node could not be asked; it is tried again."""
    found = _in(db, id, *ASKABLE)
    if found is not None:
        found.problem = problem[:40]


def lost(db: Session, *, id: uuid.UUID, problem: str, desk: Desk, now: datetime) -> None:
    """The other node says that nothing comes, or sent what cannot be used."""
    found = _in(db, id, *ASKABLE)
    if found is not None:
        found.problem = problem[:40]
        give_up(db, found, desk=desk, now=now)


def give_up(db: Session, arrival: Arrival, *, desk: Desk, now: datetime) -> None:
    """Take out again what it brought; her record is where it was. Who never typed her number is told there alone."""
    known = arrivals.kept(desk.keyring, arrival)
    is_known = arrival.state is not ArrivalState.WAITING or arrival.guesses >= CODE_TRIES
    if arrival.user_id is not None:
        for name in arrival.stored:
            sscr.let_go(db, owner_id=arrival.user_id, credential_id=uuid.UUID(name))
        arrivals.drop_begun(db, desk.keyring, arrival)
    arrival.state, arrival.look_at, arrival.kept = ArrivalState.OVER, None, None
    arrival.stored, arrival.file = [], None
    if is_known:
        _text(db, arrival, Template.ARRIVAL_OVER, known["language"], desk, now)


def others(file: str, custodian: str) -> list[dict[str, str]]:
    """What in a file other issuers signed, for the old key: type and issuer, as far as we know such types."""
    try:
        said = jose.loads(file.encode())
    except Broken as broken:
        raise refused("malformed", "file") from broken
    listed = said.get("credentials") if isinstance(said, dict) else None
    if not isinstance(listed, list):
        raise refused("malformed", "file")
    found = []
    for one in listed[:HANDOVER_CREDENTIALS]:
        claims = one.get("claims") if isinstance(one, dict) else None
        if isinstance(claims, dict) and claims.get("iss") != custodian:
            found.append({"type": str(one.get("type")), "issuer": str(one.get("issuer"))})
    known = {type.value for type in CredentialType}
    return [
        {**one, "issuer": one["issuer"][:_ISSUER_CHARACTERS]}
        for one in found
        if one["type"] in known and one["issuer"].isprintable()
    ]


def _end(db: Session, arrival: Arrival, desk: Desk, now: datetime) -> None:
    """Its time is over. What is here all the same stays, for the other node never said no."""
    if arrival.state is ArrivalState.TAKEN:
        arrival.look_at = None
    else:
        give_up(db, arrival, desk=desk, now=now)


def _is_past(arrival: Arrival, now: datetime) -> bool:
    """Whether nothing can come of it any more; who has told the other node that all is here waits longer."""
    if arrival.state is not ArrivalState.TAKEN:
        return arrival.expires_at <= now
    return arrival.expires_at + timedelta(days=HANDOVER_TELL_DAYS) <= now


def _deliver(db: Session, arrival: Arrival, text: str, desk: Desk, now: datetime) -> uuid.UUID:
    assert arrival.user_id is not None
    found = _verified(db, arrival, text, now)
    if found.type is None or found.expires_at is None:
        raise refused("type", "another")
    if not jose.is_same_key(found.holder_jwk, sscr.holder_jwk(db, arrival.user_id)):
        raise refused("subject")
    status_reading.want(db, found.status, base_url=desk.issuer.base_url, now=now)
    stored = sscr.deliver(
        db, owner_id=arrival.user_id, credential=text, type=found.type, issued_at=now, expires_at=found.expires_at,
        issuer=arrivals.name_of(arrival, desk.neighbours), now=now,
    )  # fmt: skip
    return stored.id


def _verified(db: Session, arrival: Arrival, text: str, now: datetime) -> Verified:
    """Believed as signed by the node it comes from, and by no other."""
    known = db.get(KnownIssuer, arrival.came_from)
    return credentials.verify(
        text, trust={arrival.came_from: known.keys if known else []}, type=None, audience=None, nonce=None, now=now,
        require_binding=False, status=lambda _: credentials.StatusAnswer.VALID,  # made a moment ago
    )  # fmt: skip


def _user(
    db: Session, arrival: Arrival, known: Mapping[str, Any], desk: Desk, now: datetime
) -> uuid.UUID:
    """Who she is here: somebody we know, or one of us from now on. The code of an invitation is not needed."""
    user = people.by_phone(db, arrival.phone)
    if user is None:
        user, _ = people.invite(
            db, keyring=desk.keyring, organisation_id=uuid.UUID(known["organisation"]), role=people.Role.BORROWER,
            phone=arrival.phone, language=known["language"], given_name=known["given_name"],
            family_name=known["family_name"], now=now,
        )  # fmt: skip
    return user.id


def _call(db: Session, arrival: Arrival, desk: Desk, now: datetime) -> None:
    """She has hung up: ask her to dial again."""
    language = arrivals.kept(desk.keyring, arrival)["language"]
    _text(db, arrival, Template.ARRIVAL_WAITS, language, desk, now)


def _text(
    db: Session,
    arrival: Arrival,
    template: Template,
    language: str,
    desk: Desk,
    now: datetime,
    **facts: Any,
) -> None:
    name = arrivals.name_of(arrival, desk.neighbours)
    messaging.send(
        db, to=arrival.phone, template=template, language=language, now=now, user_id=arrival.user_id,
        facts={"name": name, "service_code": desk.service_code, **facts},
    )  # fmt: skip


def _in(db: Session, id: uuid.UUID, *states: ArrivalState) -> Arrival | None:
    found = db.get(Arrival, id, with_for_update=True, populate_existing=True)
    return found if found is not None and found.state in states else None
