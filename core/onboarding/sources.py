"""Somebody outside confirms what a person wants to prove: she chooses the source, a worker asks, a text tells.

The answer is a JWT signed by the source's own key, for this node and this question. The credential is the node's own,
made of what the answer says; nothing else of it is kept.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from config.limits import (
    SOURCE_ANSWER_SECONDS,
    SOURCE_DAYS,
    SOURCE_RETRY_SECONDS,
    SOURCE_TRIES,
)
from config.sources import Source
from core import clock, credentials, messaging, people, queue, sscr
from core.credentials import CredentialType, EvidenceLevel, Issuer, times
from core.credentials.errors import refused, refusing
from core.db import Session
from core.errors import Refusal
from core.keys import did, jose
from core.messaging import Template
from core.onboarding.models import SourceRequest, SourceState
from core.queue import Job
from core.refusal_codes import RefusalCode
from core.words import words

ANSWER_TYP = "growr-source-answer+jwt"


@dataclass(frozen=True, slots=True)
class Question:
    """What a source is asked: the phone number is what it knows her by."""

    request_id: uuid.UUID
    source: str
    type: str
    phone: str
    nonce: str


def ask(db: Session, *, user_id: uuid.UUID, source: Source, now: datetime) -> SourceRequest:
    """She wants a source to confirm something; refuses source_asked while an earlier question is open."""
    query = select(SourceRequest.id).where(
        SourceRequest.user_id == user_id, SourceRequest.source == source.id,
        SourceRequest.state == SourceState.ASKED,
    )  # fmt: skip
    if sscr.record_of(db, user_id) is None:
        raise Refusal(RefusalCode.NO_RECORD)
    if db.scalar(query.limit(1)) is not None:
        raise Refusal(RefusalCode.SOURCE_ASKED, name=source.name)
    request = SourceRequest(
        user_id=user_id, source=source.id, type=source.type, state=SourceState.ASKED,
        nonce=credentials.new_nonce(), ask_at=now,
    )  # fmt: skip
    db.add(request)
    db.flush()
    queue.enqueue(db, Job.SOURCE_ASK)
    return request


def claim(db: Session, *, now: datetime) -> Question | None:
    """The next question whose time has come, with its next try already set: a worker that dies loses nothing."""
    query = select(SourceRequest).where(SourceRequest.ask_at <= now).order_by(SourceRequest.ask_at)
    request = db.scalar(query.limit(1).with_for_update(skip_locked=True))
    if request is None:
        return None
    waits = [*SOURCE_RETRY_SECONDS, SOURCE_RETRY_SECONDS[-1]]
    request.ask_at = now + timedelta(seconds=waits[min(request.tries, len(waits) - 1)])
    request.tries += 1
    phone = people.get(db, request.user_id).phone
    return Question(request.id, request.source, request.type, phone, request.nonce)


def read_answer(
    text: str, *, source: Source, question: Question, audience: str, now: datetime
) -> dict[str, Any] | None:
    """The facts a source signed for this question, None where it does not know her. Refuses credential_refused."""
    with refusing():
        token = jose.parse(text)
        if token.header.get("typ") != ANSWER_TYP:
            raise refused("malformed", "typ")
        jose.verify(token, did.to_jwk(source.did))
    said = token.payload
    expected = {
        "iss": source.did, "nonce": question.nonce, "type": question.type, "phone": question.phone,
    }  # fmt: skip
    if any(said.get(name) != value for name, value in expected.items()):
        raise refused("binding", "another_question")
    if not times.is_meant_for(said.get("aud"), audience):
        raise refused("binding", "another_question")
    times.check_jwt({**said, "aud": audience}, audience, now)
    made = times.seconds(said.get("iat"))
    age = None if made is None else now.timestamp() - made
    if age is None or not -times.leeway() <= age <= SOURCE_ANSWER_SECONDS:
        raise refused("time", "age")
    facts = said.get("facts")
    if facts is not None and not isinstance(facts, dict):
        raise refused("malformed", "facts")
    return facts


def confirmed(
    db: Session,
    *,
    request_id: uuid.UUID,
    facts: Mapping[str, Any],
    source: Source,
    issuer: Issuer,
    now: datetime,
) -> None:
    """Make a credential of a source's answer, put it into her record and tell her; twice is once.

    Refuses what a type does not allow (claim_unknown, claim_missing, claim_malformed).
    """
    request = _open(db, request_id)
    if request is None:
        return
    user, type = people.get(db, request.user_id), CredentialType(request.type)
    today = clock.local_day(now, people.organisation(db, user.organisation_id).timezone)
    claims = credentials.claims.build(type, facts, on=today)
    expires = now + timedelta(days=SOURCE_DAYS)
    credential = credentials.mint(
        db, issuer=issuer, type=type, claims={**claims, "evidence_level": EvidenceLevel.DATA_VERIFIED.value},
        holder_jwk=sscr.holder_jwk(db, user.id), owner_id=user.id, reference=f"source:{source.id}",
        now=now, expires_at=expires,
    )  # fmt: skip
    sscr.deliver(
        db, owner_id=user.id, credential=credential, type=type, issuer=source.name, issued_at=now,
        expires_at=expires, now=now,
    )  # fmt: skip
    title = words(user.language).say(credentials.TITLES[type])
    _end(db, request, SourceState.CONFIRMED, Template.CREDENTIAL_ADDED, {"title": title}, now)


def not_known(db: Session, *, request_id: uuid.UUID, source: Source, now: datetime) -> None:
    """The source does not know her; she is told, and may ask again later."""
    request = _open(db, request_id)
    if request is not None:
        facts = {"source": source.name}
        _end(db, request, SourceState.UNKNOWN, Template.SOURCE_UNKNOWN, facts, now)


def failed(
    db: Session,
    *,
    request_id: uuid.UUID,
    name: str,
    problem: str,
    now: datetime,
    final: bool = False,
) -> None:
    """A try failed; after the last one, or where another would fail as well (`final`), she is told."""
    request = _open(db, request_id)
    if request is None:
        return
    request.problem = problem[:40]
    if final or request.tries >= SOURCE_TRIES:
        _end(db, request, SourceState.FAILED, Template.SOURCE_SILENT, {"source": name}, now)


def offered(sources: Sequence[Source], held: Mapping[str, str]) -> list[Source]:
    """The sources that may still confirm something; `held` is who issued what she holds, by type."""
    return [source for source in sources if held.get(source.type) != source.name]


def _open(db: Session, request_id: uuid.UUID) -> SourceRequest | None:
    request = db.get(SourceRequest, request_id, with_for_update=True, populate_existing=True)
    return request if request is not None and request.state is SourceState.ASKED else None


def _end(
    db: Session,
    request: SourceRequest,
    state: SourceState,
    template: Template,
    facts: dict[str, Any],
    now: datetime,
) -> None:
    request.state, request.ask_at = state, None
    user = people.get(db, request.user_id)
    messaging.send(
        db, to=user.phone, template=template, language=user.language, facts=facts, now=now, user_id=user.id
    )  # fmt: skip
