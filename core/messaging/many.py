"""Many texts at once, by the same rules as one: a few statements for a whole piece of the book.

What was written before, who wants no reminders and how many she had this week is read once for all of them; each text
that is written then counts for those after it.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Table, func, select

from config.limits import REMINDERS_PER_WEEK
from core.db import Session, among, insert_new
from core.messaging.models import Message, MessageState, OptOut
from core.messaging.names import REMINDERS, Template
from core.messaging.rendering import written
from core.messaging.service import A_WEEK
from core.queue import Job, enqueue


@dataclass(frozen=True, slots=True)
class Letter:
    """A text to be written, unless its event was texted before or she wants no reminders."""

    to: str
    user_id: uuid.UUID
    language: str
    template: Template
    facts: dict[str, Any]
    event_key: str


def send_many(db: Session, letters: Sequence[Letter], *, now: datetime) -> int:
    """Write those of the texts that `send` would write, one after the other; how many."""
    rows = [_values(db, letter, now) for letter in _allowed(db, letters, now)]
    if not rows:
        return 0
    insert_new(db, cast(Table, Message.__table__), rows)
    enqueue(db, Job.SMS_SEND)
    return len(rows)


def _allowed(db: Session, letters: Sequence[Letter], now: datetime) -> Iterator[Letter]:
    """A phone that is asked for money too often hears of its first loans only."""
    phones = {letter.to for letter in letters}
    silent, had = _opted_out(db, phones), _reminders(db, phones, now)
    written = _written(db, [letter.event_key for letter in letters])
    for letter in letters:
        is_reminder = letter.template in REMINDERS
        if is_reminder and (letter.to in silent or had[letter.to] >= REMINDERS_PER_WEEK):
            continue
        if letter.event_key not in written:
            written.add(letter.event_key)
            had[letter.to] += is_reminder
            yield letter


def _opted_out(db: Session, phones: set[str]) -> set[str]:
    query = select(OptOut.phone).where(among(db, OptOut.phone, phones), OptOut.ended_at.is_(None))
    return set(db.scalars(query))


def _reminders(db: Session, phones: set[str], now: datetime) -> Counter[str]:
    """How many reminders each phone had in these seven days."""
    query = select(Message.to, func.count()).where(
        among(db, Message.to, phones),
        Message.template.in_(REMINDERS),
        Message.created_at > now - A_WEEK,
    )
    found: Counter[str] = Counter()
    for phone, count in db.execute(query.group_by(Message.to)):
        found[phone] = count
    return found


def _written(db: Session, keys: Sequence[str]) -> set[str]:
    query = select(Message.event_key).where(among(db, Message.event_key, keys))
    return {key for key in db.scalars(query) if key is not None}


def _values(db: Session, letter: Letter, now: datetime) -> dict[str, Any]:
    return {
        "id": uuid.uuid4(), "to": letter.to, "user_id": letter.user_id, "template": letter.template,
        "language": letter.language,
        "text": written(db, letter.to, letter.template, letter.language, letter.facts),
        "event_key": letter.event_key, "secret": False, "state": MessageState.READY, "attempts": 0,
        "not_before": now, "created_at": now,
    }  # fmt: skip
