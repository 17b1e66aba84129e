"""Write a text, claim it, record what became of it. Nothing here speaks to the network.

A text whose fate is unknown is not sent again, for the carrier has no idempotency key and nobody
likes to be told twice what she owes. One-time codes are the exception: the same code twice harms
nobody, and without it she stands before a closed door.
"""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select

from config.limits import (
    REMINDERS_PER_WEEK,
    SMS_REMINDER_SECONDS,
    SMS_RETRY_SECONDS,
    SMS_SENDING_SECONDS,
    SMS_TRIES,
)
from core import people
from core.db import Session, said
from core.messaging import optout
from core.messaging.gateway import OPTED_OUT, Answer, Outcome
from core.messaging.models import Message, MessageState
from core.messaging.names import FOR_ANYBODY, REMINDERS, Template
from core.messaging.once import add_once
from core.messaging.rendering import written
from core.people import UserState
from core.queue import Job, enqueue

A_WEEK = timedelta(days=7)


def send(
    db: Session,
    *,
    to: str,
    template: Template,
    language: str,
    facts: dict[str, Any],
    now: datetime,
    user_id: uuid.UUID | None = None,
    about_id: uuid.UUID | None = None,
    secret: bool = False,
    not_before: datetime | None = None,
    event_key: str | None = None,
) -> Message | None:
    """Write a text that will leave after the commit, or at `not_before`; `about_id` is somebody else whom it names.

    None if this event was texted before, or if it is a reminder and the person wants none, or no more this week.
    """
    if template in REMINDERS and not may_remind(db, to, now):
        return None
    if event_key is not None and _is_written(db, event_key):
        return None
    message = Message(
        to=to, user_id=user_id, about_id=about_id, template=template, language=language, secret=secret,
        text=written(db, to, template, language, facts), state=MessageState.READY, event_key=event_key,
        not_before=not_before or now, created_at=now,
    )  # fmt: skip
    if not add_once(db, message):
        return None
    enqueue(db, Job.SMS_SEND)
    return message


def claim(db: Session, *, now: datetime) -> Message | None:
    """Take the next text that is due; from now on it counts as perhaps sent. Codes go first."""
    message = _next_due(db, now, secret=True) or _next_due(db, now, secret=False)
    if message is not None:
        message.state, message.claimed_at = MessageState.SENDING, now
        message.attempts += 1
    return message


def _next_due(db: Session, now: datetime, *, secret: bool) -> Message | None:
    """The one that waits longest, by the index of those that wait: however many there are, it is the first."""
    waits = said(Message.state, MessageState.READY), said(Message.secret, secret)
    query = select(Message).where(*waits, Message.not_before <= now).order_by(Message.not_before)
    return db.scalar(query.limit(1).with_for_update(skip_locked=True))


def is_stale(message: Message, now: datetime) -> bool:
    """Whether this is a reminder that waited so long that it would come at the wrong hour."""
    late = timedelta(seconds=SMS_REMINDER_SECONDS)
    return message.template in REMINDERS and message.created_at + late < now


def may_reach(db: Session, message: Message, now: datetime) -> bool:
    """Whether a text may go where it is addressed: nothing of hers to a number she left, or that was silent for long.

    The carrier may have given it to a stranger; who it is she shows with her PIN.
    """
    user = people.find(db, message.user_id) if message.user_id else None
    if user is None or user.state is not UserState.ACTIVE or message.template in FOR_ANYBODY:
        return True
    return user.phone == message.to and not people.is_number_quiet(user, now)


def send_news(db: Session, withheld: Message, now: datetime) -> None:
    """Instead of a text that may not go: that there is news, once a month, and nothing of what it is."""
    user = people.get(db, withheld.user_id) if withheld.user_id else None
    assert user is not None, withheld.id
    organisation = people.organisation(db, user.organisation_id)
    send(
        db, to=user.phone, template=Template.NEWS, language=withheld.language, now=now, user_id=user.id,
        facts={"organisation": organisation.name, "support": organisation.support_phone},
        event_key=f"news:{user.id}:{now:%Y-%m}",
    )  # fmt: skip


def record(db: Session, *, id: uuid.UUID, answer: Answer, now: datetime) -> None:
    """Write down what the carrier said to a claimed text."""
    message = db.get_one(Message, id, with_for_update=True)
    match answer.outcome:
        case Outcome.SENT:
            _sent(db, message, answer, now)
        case Outcome.LATER:
            _try_later(message, MessageState.FAILED, answer.failure, now)
        case Outcome.UNKNOWN:
            _lost(message, answer.failure, now)
        case Outcome.REJECTED:
            _end(message, MessageState.REJECTED, answer.failure)
    if answer.failure == OPTED_OUT:
        optout.opt_out(db, phone=message.to, source="carrier", now=now)


def find_lost(db: Session, *, now: datetime, limit: int) -> int:
    """Give up the claims of workers that died while sending; returns how many there were."""
    dead = now - timedelta(seconds=SMS_SENDING_SECONDS)
    query = select(Message).where(Message.state == MessageState.SENDING, Message.claimed_at < dead)
    found = db.scalars(query.limit(limit).with_for_update(skip_locked=True)).all()
    for message in found:
        _lost(message, "worker_lost", now)
    return len(found)


def sent_since(db: Session, phone: str, template: Template, since: datetime) -> int:
    """How many texts of a kind a phone got since then."""
    query = select(func.count()).where(
        Message.to == phone, Message.template == template, Message.created_at > since
    )
    return db.scalar(query) or 0


def may_remind(db: Session, phone: str, now: datetime) -> bool:
    """Whether this phone may be asked for money again: it wants to be, and was not too often in these seven days."""
    if optout.is_opted_out(db, phone):
        return False
    query = select(func.count()).where(
        Message.to == phone, Message.template.in_(REMINDERS), Message.created_at > now - A_WEEK
    )
    return (db.scalar(query) or 0) < REMINDERS_PER_WEEK


def _is_written(db: Session, event_key: str) -> bool:
    return db.scalar(select(Message.id).where(Message.event_key == event_key)) is not None


def _sent(db: Session, message: Message, answer: Answer, now: datetime) -> None:
    _end(message, MessageState.SENT, None)
    message.sent_at, message.message_id, message.cost = now, answer.message_id, answer.cost
    enqueue(db, Job.SMS_INBOX)  # its delivery report may have been faster than this answer


def _lost(message: Message, failure: str | None, now: datetime) -> None:
    if message.secret:
        _try_later(message, MessageState.UNKNOWN, failure, now)
    else:
        _end(message, MessageState.UNKNOWN, failure)


def _try_later(message: Message, last: MessageState, failure: str | None, now: datetime) -> None:
    if message.attempts >= SMS_TRIES:
        _end(message, last, failure)
        return
    wait = SMS_RETRY_SECONDS[min(message.attempts, len(SMS_RETRY_SECONDS)) - 1]
    message.state, message.failure = MessageState.READY, failure
    message.not_before = now + timedelta(seconds=wait)


def _end(message: Message, state: MessageState, failure: str | None) -> None:
    """No try follows: what was secret in the text is erased."""
    message.state, message.failure = state, failure
    if message.secret:
        message.text = ""
