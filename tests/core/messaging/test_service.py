"""A text is written once, leaves at most once, and its row says what we know of it."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from config.limits import REMINDERS_PER_WEEK, SMS_RETRY_SECONDS, SMS_TRIES
from core import messaging, queue
from core.messaging import Message, MessageState, Template
from core.messaging.gateway import Answer, Outcome
from core.money import Money
from core.queue import Job

JANE = "+254711000111"
SENT = Answer(Outcome.SENT, message_id="ATXid_1", cost="KES 0.8000")
LATER = Answer(Outcome.LATER, "carrier_error")
LOST = Answer(Outcome.UNKNOWN, "answer_lost")
DUE: dict[str, Any] = {
    "amount": Money("KES", 50_000), "code": "L1042X", "due": date(2026, 11, 24),
    "days": 3, "paybill": "174379",
}  # fmt: skip
CODE = {"organisation": "Tumaini", "code": "493021", "service_code": "*384*77#"}


def receipt(db: Session, now: datetime, **options: Any) -> Message | None:
    facts = {"code": "L1042X", "amount": Money("KES", 50_000), "receipt": "SKL4H7XZ9Q"}
    return messaging.send(
        db, to=JANE, template=Template.LOAN_REPAID, language="en", facts=facts, now=now, **options
    )


def code(db: Session, now: datetime) -> Message | None:
    return messaging.send(
        db, to=JANE, template=Template.INVITATION, language="sw", facts=CODE, now=now, secret=True
    )


def reminder(db: Session, now: datetime) -> Message | None:
    return messaging.send(
        db, to=JANE, template=Template.REMINDER_BEFORE, language="en", facts=DUE, now=now
    )


def attempt(db: Session, answer: Answer, now: datetime) -> Message:
    """One try of the text that is due."""
    message = messaging.claim(db, now=now)
    assert message is not None
    messaging.record(db, id=message.id, answer=answer, now=now)
    db.commit()
    return message


def test_a_text_is_a_row_and_a_worker_is_woken_after_the_commit(
    sessions: sessionmaker[Session], now: datetime
) -> None:
    woken: list[Job] = []
    queue.connect(sessions, woken.append)

    with sessions.begin() as db:
        message = receipt(db, now)
        assert woken == []

    assert woken == [Job.SMS_SEND]
    assert message is not None
    assert (message.to, message.state, message.attempts) == (JANE, MessageState.READY, 0)
    assert "L1042X is fully repaid" in message.text


def test_the_same_event_is_texted_once(db: Session, now: datetime) -> None:
    first = receipt(db, now, event_key="loan:1:repaid")
    second = receipt(db, now, event_key="loan:1:repaid")
    db.commit()

    assert first is not None
    assert second is None
    assert len(db.scalars(select(Message)).all()) == 1


def test_losing_the_race_for_an_event_costs_nothing_else(db: Session, now: datetime) -> None:
    receipt(db, now, event_key="loan:1:repaid")
    twin = Message(
        to=JANE, template=Template.HELP, language="en", text="x", not_before=now,
        event_key="loan:1:repaid",
    )  # fmt: skip

    assert not messaging.once.add_once(db, twin)
    receipt(db, now)
    db.commit()
    assert len(db.scalars(select(Message)).all()) == 2


def test_a_claimed_text_is_claimed_by_nobody_else(
    sessions: sessionmaker[Session], now: datetime
) -> None:
    with sessions.begin() as db:
        receipt(db, now)

    with sessions.begin() as db:
        assert messaging.claim(db, now=now) is not None
    with sessions.begin() as db:
        assert messaging.claim(db, now=now) is None


def test_a_text_waits_for_its_hour(db: Session, now: datetime) -> None:
    receipt(db, now, not_before=now + timedelta(hours=1))

    assert messaging.claim(db, now=now) is None
    assert messaging.claim(db, now=now + timedelta(hours=1)) is not None


def test_codes_leave_before_everything_else(db: Session, now: datetime) -> None:
    receipt(db, now - timedelta(minutes=1))
    written = code(db, now)

    assert messaging.claim(db, now=now) is written


def test_what_the_carrier_said_is_kept(db: Session, now: datetime) -> None:
    receipt(db, now)

    message = attempt(db, SENT, now)

    assert (message.state, message.message_id) == (MessageState.SENT, "ATXid_1")
    assert (message.sent_at, message.cost, message.failure) == (now, "KES 0.8000", None)
    assert message.text


def test_a_transient_refusal_is_tried_again_later_and_not_for_ever(
    db: Session, now: datetime
) -> None:
    receipt(db, now)

    for wait in SMS_RETRY_SECONDS:
        message = attempt(db, LATER, now)
        assert (message.state, message.failure) == (MessageState.READY, "carrier_error")
        assert messaging.claim(db, now=now + timedelta(seconds=wait - 1)) is None
        now += timedelta(seconds=wait)
    message = attempt(db, LATER, now)

    assert (message.state, message.attempts) == (MessageState.FAILED, SMS_TRIES)


def test_a_rejected_text_is_not_tried_again(db: Session, now: datetime) -> None:
    receipt(db, now)

    message = attempt(db, Answer(Outcome.REJECTED, "no_route"), now)

    assert (message.state, message.failure) == (MessageState.REJECTED, "no_route")
    assert messaging.claim(db, now=now + timedelta(days=1)) is None


def test_a_text_whose_answer_was_lost_is_not_sent_again(db: Session, now: datetime) -> None:
    receipt(db, now)

    message = attempt(db, LOST, now)

    assert (message.state, message.failure) == (MessageState.UNKNOWN, "answer_lost")
    assert messaging.claim(db, now=now + timedelta(days=1)) is None


def test_a_code_whose_answer_was_lost_is_sent_again_for_twice_is_better_than_never(
    db: Session, now: datetime
) -> None:
    code(db, now)

    attempt(db, LOST, now)
    message = attempt(db, SENT, now + timedelta(seconds=SMS_RETRY_SECONDS[0]))

    assert (message.state, message.attempts) == (MessageState.SENT, 2)


def test_a_code_gives_up_one_day_too(db: Session, now: datetime) -> None:
    code(db, now)

    for _ in range(SMS_TRIES):
        message = attempt(db, LOST, now)
        now += timedelta(seconds=max(SMS_RETRY_SECONDS))

    assert (message.state, message.text) == (MessageState.UNKNOWN, "")


@pytest.mark.parametrize("answer", [SENT, Answer(Outcome.REJECTED, "phone_invalid")])
def test_the_text_of_a_secret_is_erased_when_no_try_follows(
    db: Session, now: datetime, answer: Answer
) -> None:
    written = code(db, now)
    assert written is not None
    assert "493021" in written.text

    message = attempt(db, answer, now)

    assert message.text == ""


def test_a_worker_that_died_while_sending_leaves_an_unknown(db: Session, now: datetime) -> None:
    receipt(db, now)
    message = messaging.claim(db, now=now)
    db.commit()

    assert messaging.find_lost(db, now=now + timedelta(seconds=59), limit=10) == 0
    assert messaging.find_lost(db, now=now + timedelta(seconds=61), limit=10) == 1

    assert message is not None
    assert (message.state, message.failure) == (MessageState.UNKNOWN, "worker_lost")


def test_an_answer_that_comes_after_the_claim_was_given_up_still_counts(
    db: Session, now: datetime
) -> None:
    receipt(db, now)
    message = messaging.claim(db, now=now)
    messaging.find_lost(db, now=now + timedelta(minutes=2), limit=10)

    assert message is not None
    messaging.record(db, id=message.id, answer=SENT, now=now)

    assert message.state is MessageState.SENT


def test_reminders_are_not_written_to_a_phone_that_opted_out(db: Session, now: datetime) -> None:
    messaging.opt_out(db, phone=JANE, source="stop", now=now)

    assert reminder(db, now) is None
    assert receipt(db, now) is not None
    assert code(db, now) is not None


def test_opting_out_also_stops_the_reminders_that_wait(db: Session, now: datetime) -> None:
    waiting, other = reminder(db, now), receipt(db, now)

    messaging.opt_out(db, phone=JANE, source="stop", now=now)
    db.commit()

    assert waiting is not None
    assert other is not None
    db.refresh(waiting)
    assert (waiting.state, waiting.failure) == (MessageState.REJECTED, "opted_out")
    assert other.state is MessageState.READY


def test_opting_in_brings_reminders_back_and_keeps_the_history(db: Session, now: datetime) -> None:
    messaging.opt_out(db, phone=JANE, source="stop", now=now)
    messaging.opt_out(db, phone=JANE, source="stop", now=now)
    messaging.opt_in(db, phone=JANE, now=now)
    messaging.opt_in(db, phone=JANE, now=now)
    db.commit()

    assert reminder(db, now) is not None
    assert [each.ended_at for each in db.scalars(select(messaging.OptOut))] == [now]


def test_a_phone_the_carrier_has_on_its_black_list_is_opted_out(db: Session, now: datetime) -> None:
    receipt(db, now)

    attempt(db, Answer(Outcome.REJECTED, "opted_out"), now)

    assert messaging.is_opted_out(db, JANE)


def test_a_reminder_that_waited_for_hours_is_stale_and_a_receipt_never(
    db: Session, now: datetime
) -> None:
    due, paid = reminder(db, now), receipt(db, now)
    later = now + timedelta(hours=5)

    assert due is not None
    assert paid is not None
    assert not messaging.is_stale(due, now)
    assert messaging.is_stale(due, later)
    assert not messaging.is_stale(paid, later)


def test_no_phone_is_asked_for_money_more_than_so_often_in_seven_days(
    db: Session, now: datetime
) -> None:
    for hours in range(REMINDERS_PER_WEEK):
        assert reminder(db, now + timedelta(hours=hours))

    assert reminder(db, now + timedelta(days=6)) is None
    assert receipt(db, now + timedelta(days=6)) is not None, "a receipt is no reminder"
    assert reminder(db, now + timedelta(days=7)) is not None, "the first one is seven days old"
    assert not messaging.may_remind(db, JANE, now + timedelta(days=7))
    assert messaging.may_remind(db, "+254711000999", now)
