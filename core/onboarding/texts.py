"""What people are told about their record by SMS: each opening, each lock-out, each change of PIN or number.

None of these can be switched off: they are how a theft is noticed. Registering and changing a PIN have a text of their
own in the same breath, so that nobody is told the same twice.
"""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_datetime

from core import messaging, people, sscr
from core.db import Session
from core.messaging import Message, Template
from core.people import User
from core.sscr import Consent, Opening
from core.words import Words, mark, words

LOAN, REGISTRATION, PIN_CHANGE = "loan application", "registration", "pin_change"
GROUP = "joining a group"
WALLET = "move to a wallet"
AGENT_HELP = "reset of another"
GUARDIAN_RESET = "new PIN by a guardian"
GUARDIANS = "guardians"
HANDOVER, ARRIVAL = "move to another node", "arrival of a record"
TOLD_OTHERWISE = frozenset({REGISTRATION, PIN_CHANGE, GUARDIAN_RESET, "number change"})
PURPOSES = {
    LOAN: mark("loan application"),
    REGISTRATION: mark("registration"),
    PIN_CHANGE: mark("change of PIN"),
    GROUP: mark("joining your group"),
    WALLET: mark("move to your own wallet"),
    HANDOVER: mark("move of your record"),
    ARRIVAL: mark("arrival of your record"),
    "number change": mark("new number"),
    "number check": mark("check of your number"),
    "helping a friend": mark("help for a friend"),
    GUARDIANS: mark("choice of guardians"),
    GUARDIAN_RESET: mark("new PIN"),
    AGENT_HELP: mark("help as an agent"),
}
LONG_MINUTES = 90  # beyond it a wait is told in hours


def text(
    db: Session,
    user: User,
    template: Template,
    now: datetime,
    *,
    to: str | None = None,
    about: uuid.UUID | None = None,
    secret: bool = False,
    event_key: str | None = None,
    **facts: Any,
) -> Message | None:
    """Text a person in her language; `to`: another number than hers, `about`: somebody else whom the text names.

    Every text knows her organisation's number.
    """
    support = people.organisation(db, user.organisation_id).support_phone
    return messaging.send(
        db, to=to or user.phone, template=template, language=user.language, facts={"support": support, **facts},
        now=now, user_id=user.id, about_id=about, secret=secret, event_key=event_key,
    )  # fmt: skip


def tell_opened(db: Session, opening: Opening, *, now: datetime) -> None:
    """Text an owner that her record was opened, once for each opening."""
    user = people.find(db, opening.owner_id)
    if user is None or opening.purpose in TOLD_OTHERWISE:
        return
    zone = people.organisation(db, user.organisation_id).timezone
    at = format_datetime(
        opening.at.astimezone(ZoneInfo(zone)), "d MMM, HH:mm", locale=user.language
    )
    why = reason(words(user.language), opening)
    consent = sscr.of_opening(db, opening.ticket)
    if consent is not None:
        why = f"{why} ({consent.code})"
    key = f"opening:{opening.ticket}"
    text(db, user, Template.RECORD_OPENED, now, event_key=key, time=at, purpose=why)


def take_back(db: Session, *, user_id: uuid.UUID, consent_id: uuid.UUID, now: datetime) -> Consent:
    """End a consent, and confirm it by SMS: who did not do it notices. Refuses consent_unknown."""
    ended = sscr.withdraw(db, owner_id=user_id, consent_id=consent_id, now=now)
    user = people.get(db, user_id)
    text(db, user, Template.CONSENT_ENDED, now, code=ended.code, name=ended.verifier_name)
    return ended


def reason(tongue: Words, opening: Opening) -> str:
    """Why and for whom a record was opened, in her words."""
    why = tongue.say(PURPOSES.get(opening.purpose, opening.purpose))
    if not opening.audience:
        return why
    if opening.purpose == GUARDIAN_RESET:
        return tongue.say("{purpose}, by your guardian {name}", purpose=why, name=opening.audience)
    return tongue.say("{purpose} for {name}", purpose=why, name=opening.audience)


def tell_locked(
    db: Session, *, user_id: uuid.UUID, at: datetime, minutes: int, now: datetime
) -> None:
    """Text somebody that her PIN is locked for some minutes, or blocked (0)."""
    user = people.find(db, user_id)
    if user is None:
        return
    key = f"pin-lock:{user_id}:{at.isoformat()}"
    if not minutes:
        text(db, user, Template.PIN_BLOCKED, now, event_key=key)
        return
    tongue = words(user.language)
    wait = tongue.many("{count} minute", "{count} minutes", minutes)
    if minutes > LONG_MINUTES:
        wait = tongue.many("{count} hour", "{count} hours", -(-minutes // 60))
    text(db, user, Template.PIN_LOCKED, now, event_key=key, wait=wait)
