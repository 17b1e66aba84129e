"""Complaints: a ticket, a clock, an answer by text, somebody above, and figures for the regulator.

Every complaint has a day by which it must be answered. One that was not, or whose answer does not content her, is
escalated: then an admin answers. She is told each step by text, and of the authority above us.
"""

from __future__ import annotations

import secrets
import uuid
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, select

from config.limits import (
    COMPLAINT_ANSWER_CHARACTERS,
    COMPLAINT_CHARACTERS,
    COMPLAINT_DAYS,
    COMPLAINTS_PER_DAY,
    LIST_ROWS,
    REMINDER_HOURS,
)
from core import clock, gsm7, messaging, people
from core.db import Session
from core.errors import Refusal
from core.lending.care import About, Complaint, ComplaintState, Outcome
from core.messaging import Template
from core.refusal_codes import RefusalCode

WAITING = (ComplaintState.OPEN, ComplaintState.ESCALATED)
TICKETS = 10**6
A_DAY = timedelta(days=1)


def complain(
    db: Session,
    *,
    user_id: uuid.UUID,
    about: About,
    words: str,
    idempotency_key: str,
    now: datetime,
    told_by: Template = Template.COMPLAINT_RECEIVED,
) -> Complaint:
    """Write down what she complains of, and text her the ticket; the same key again is the same complaint.

    Refuses complaints_too_many (of one day).
    """
    known = db.scalar(select(Complaint).where(Complaint.idempotency_key == idempotency_key))
    if known is not None:
        return known
    user = people.get(db, user_id)
    today = select(func.count()).where(
        Complaint.user_id == user_id, Complaint.created_at > now - A_DAY
    )
    if (db.scalar(today) or 0) >= COMPLAINTS_PER_DAY:
        raise Refusal(RefusalCode.COMPLAINTS_TOO_MANY)
    made = Complaint(
        ticket=_ticket(db), idempotency_key=idempotency_key, organisation_id=user.organisation_id,
        user_id=user_id, about=about, words=words.strip()[:COMPLAINT_CHARACTERS],
        state=ComplaintState.OPEN, due_on=_due(db, user.organisation_id, now), created_at=now,
    )  # fmt: skip
    db.add(made)
    db.flush()
    _tell(db, made, told_by, now, due=made.due_on)
    return made


def answer(
    db: Session,
    *,
    organisation_id: uuid.UUID,
    ticket: str,
    outcome: Outcome,
    text: str,
    now: datetime,
) -> Complaint:
    """Decide a complaint and text her the answer.

    Refuses complaint_unknown, complaint_closed and answer_length(characters_at_most).
    """
    found = _open(db, ticket, organisation_id)
    text = gsm7.fold(gsm7.normalise(text.strip()))
    if not 1 <= gsm7.units(text) <= COMPLAINT_ANSWER_CHARACTERS:
        raise Refusal(RefusalCode.ANSWER_LENGTH, characters_at_most=COMPLAINT_ANSWER_CHARACTERS)
    found.outcome, found.answer, found.answered_at = outcome, text, now
    found.state = ComplaintState.ANSWERED
    _tell(db, found, Template.COMPLAINT_ANSWERED, now, answer=text)
    return found


def close(
    db: Session,
    *,
    organisation_id: uuid.UUID,
    ticket: str,
    now: datetime,
    outcome: Outcome | None = None,
) -> Complaint:
    """End a complaint that was answered, or that she took back (`outcome` WITHDRAWN).

    Refuses complaint_unknown, complaint_closed and complaint_unanswered.
    """
    found = _open(db, ticket, organisation_id)
    if outcome is not Outcome.WITHDRAWN and found.answered_at is None:
        raise Refusal(RefusalCode.COMPLAINT_UNANSWERED, ticket=found.ticket)
    found.outcome = outcome or found.outcome
    found.state, found.closed_at = ComplaintState.CLOSED, now
    return found


def content(db: Session, *, user_id: uuid.UUID, ticket: str, is_content: bool, now: datetime) -> Complaint:  # fmt: skip
    """What she says to an answer: content closes the complaint, not content carries it above."""
    found = _open(db, ticket, people.get(db, user_id).organisation_id)
    if found.user_id != user_id or found.state is not ComplaintState.ANSWERED:
        raise Refusal(RefusalCode.COMPLAINT_UNANSWERED, ticket=found.ticket)
    if is_content:
        found.state, found.closed_at = ComplaintState.CLOSED, now
    else:
        _carry_above(db, found, now)
    return found


def newest(db: Session, user_id: uuid.UUID) -> Complaint | None:
    """Her latest complaint."""
    query = select(Complaint).where(Complaint.user_id == user_id)
    return db.scalars(query.order_by(Complaint.created_at.desc(), Complaint.id).limit(1)).first()


def waiting(
    db: Session, *, organisation_id: uuid.UUID, everything: bool = False
) -> list[Complaint]:
    """What waits for an answer, the most urgent first; with `everything` also what is answered or closed."""
    query = select(Complaint).where(Complaint.organisation_id == organisation_id)
    if not everything:
        query = query.where(Complaint.state.in_(WAITING))
    return list(db.scalars(query.order_by(Complaint.due_on, Complaint.ticket).limit(LIST_ROWS)))


def escalate(db: Session, *, now: datetime, limit: int) -> int:
    """Carry above what is open after its day, and tell each person so, at an hour for texts; how many there were."""
    query = select(Complaint).where(
        Complaint.state == ComplaintState.OPEN, Complaint.due_on < (now + A_DAY).date()
    )
    locked = query.order_by(Complaint.due_on, Complaint.id).limit(limit)
    found = [
        one
        for one in db.scalars(locked.with_for_update(skip_locked=True))
        if _is_late(db, one, now)
    ]
    for one in found:
        _carry_above(db, one, now)
    return len(found)


def report(
    db: Session, *, organisation_id: uuid.UUID, since: datetime, until: datetime
) -> list[dict[str, Any]]:
    """The complaints made in a time, counted by what they are about: outcomes, lateness and days to the answer."""
    query = select(Complaint).where(
        Complaint.organisation_id == organisation_id,
        Complaint.created_at >= since,
        Complaint.created_at < until,
    )
    found = list(db.scalars(query))
    return [_counted(about, [one for one in found if one.about is about]) for about in About]


def _counted(about: About, found: list[Complaint]) -> dict[str, Any]:
    days = sorted(
        (one.answered_at - one.created_at).days for one in found if one.answered_at is not None
    )
    outcomes = {str(outcome): sum(one.outcome is outcome for one in found) for outcome in Outcome}
    return {
        "about": str(about),
        "complaints": len(found),
        "waiting": sum(one.state in WAITING for one in found),
        "escalated": sum(one.escalated_at is not None for one in found),
        **outcomes,
        "days_to_answer_median": days[len(days) // 2] if days else None,
        "days_to_answer_longest": days[-1] if days else None,
    }


def _open(db: Session, ticket: str, organisation_id: uuid.UUID) -> Complaint:
    query = select(Complaint).where(Complaint.ticket == ticket.strip().upper()).with_for_update()
    row = db.scalars(query.execution_options(populate_existing=True)).one_or_none()
    found = people.own(row, organisation_id, RefusalCode.COMPLAINT_UNKNOWN, ticket=ticket)
    if found.state is ComplaintState.CLOSED:
        raise Refusal(RefusalCode.COMPLAINT_CLOSED, ticket=found.ticket)
    return found


def _ticket(db: Session) -> str:
    """A number nobody has yet; it is random, so that the number of complaints stays private."""
    while True:
        ticket = f"C{secrets.randbelow(TICKETS):06}"
        if db.scalar(select(Complaint.id).where(Complaint.ticket == ticket)) is None:
            return ticket


def _carry_above(db: Session, complaint: Complaint, now: datetime) -> None:
    complaint.state, complaint.escalated_at = ComplaintState.ESCALATED, now
    complaint.due_on = _due(db, complaint.organisation_id, now)
    _tell(db, complaint, Template.COMPLAINT_ESCALATED, now, due=complaint.due_on)


def _is_late(db: Session, complaint: Complaint, now: datetime) -> bool:
    zone = people.organisation(db, complaint.organisation_id).timezone
    first, end = REMINDER_HOURS
    is_hour = first <= now.astimezone(ZoneInfo(zone)).hour < end
    return is_hour and complaint.due_on < clock.local_day(now, zone)


def _due(db: Session, organisation_id: uuid.UUID, now: datetime) -> date:
    zone = people.organisation(db, organisation_id).timezone
    return clock.local_day(now, zone) + timedelta(days=COMPLAINT_DAYS)


def _tell(db: Session, complaint: Complaint, template: Template, now: datetime, **facts: Any) -> None:  # fmt: skip
    user = people.get(db, complaint.user_id)
    organisation = people.organisation(db, complaint.organisation_id)
    messaging.send(
        db, to=user.phone, template=template, language=user.language, user_id=user.id, now=now,
        facts={
            "ticket": complaint.ticket, "support": organisation.support_phone, "organisation": organisation.name,
            **facts,
        },
        event_key=f"{template}:{complaint.id}:{now.isoformat()}",
    )  # fmt: skip
