"""Delivery reports repeat, overtake each other, and overtake the answer they belong to.

So each is kept as it came, joined to its message when that is known, and a state only moves forward:
SENT, BUFFERED, ABSENT, EXPIRED, and then for ever DELIVERED, FAILED or REJECTED.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select

from config.limits import SMS_REPORT_DAYS
from core.db import Session
from core.messaging import optout
from core.messaging.gateway import OPTED_OUT
from core.messaging.models import DeliveryReport, Message, MessageState
from core.messaging.once import add_once
from core.queue import Job, enqueue

OPEN = (MessageState.SENT, MessageState.BUFFERED, MessageState.ABSENT, MessageState.EXPIRED)
FINAL = frozenset({MessageState.DELIVERED, MessageState.FAILED, MessageState.REJECTED})


@dataclass(frozen=True, slots=True)
class Report:
    """What a carrier reports of one message, in our words."""

    message_id: str
    state: MessageState
    failure: str | None = None


def advance(current: MessageState, reported: MessageState) -> MessageState:
    """The state after a report; it never moves back and never leaves a final state."""
    if current in FINAL:
        return current
    if reported in FINAL or current not in OPEN:
        return reported
    return max(current, reported, key=OPEN.index)


def keep_report(db: Session, report: Report, *, now: datetime) -> bool:
    """Keep a report until a worker joins it to its message; False if it was told before."""
    known = select(DeliveryReport.id).where(
        DeliveryReport.message_id == report.message_id, DeliveryReport.state == report.state
    )
    if db.scalar(known) is not None:
        return False
    row = DeliveryReport(
        message_id=report.message_id, state=report.state, failure=report.failure, created_at=now
    )
    enqueue(db, Job.SMS_INBOX)
    return add_once(db, row)


def join_reports(db: Session, *, now: datetime, limit: int) -> int:
    """Tell messages what was reported of them; a report of nobody's message waits, then is forgotten."""
    waiting = (
        select(DeliveryReport, Message)
        .join(Message, Message.message_id == DeliveryReport.message_id)
        .where(DeliveryReport.joined_at.is_(None))
        .order_by(DeliveryReport.created_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    pairs = db.execute(waiting).all()
    for report, message in pairs:
        _join(db, report, message, now)
    old = now - timedelta(days=SMS_REPORT_DAYS)
    db.execute(
        delete(DeliveryReport).where(
            DeliveryReport.joined_at.is_(None), DeliveryReport.created_at < old
        )
    )
    return len(pairs)


def _join(db: Session, report: DeliveryReport, message: Message, now: datetime) -> None:
    report.joined_at = now
    state = advance(message.state, report.state)
    if state is not message.state:
        message.state, message.failure = state, report.failure
    if report.failure == OPTED_OUT:
        optout.opt_out(db, phone=message.to, source="carrier", now=now)
