"""Whatever the order in which reports come, the message ends in the same state."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core import messaging
from core.messaging import DeliveryReport, Message, MessageState, Report, Template
from core.messaging.gateway import Answer, Outcome
from core.messaging.reports import FINAL, OPEN, advance

JANE = "+254711000111"
REPORTED = st.sampled_from([*OPEN, *sorted(FINAL)])


def sent(db: Session, now: datetime, message_id: str = "ATXid_1") -> Message:
    messaging.send(db, to=JANE, template=Template.STARTED, language="en", facts={}, now=now)
    message = messaging.claim(db, now=now)
    assert message is not None
    answer = Answer(Outcome.SENT, message_id=message_id)
    messaging.record(db, id=message.id, answer=answer, now=now)
    return message


def report(db: Session, now: datetime, state: MessageState, failure: str | None = None) -> None:
    messaging.keep_report(db, Report("ATXid_1", state, failure), now=now)


@given(reports=st.lists(REPORTED, max_size=8))
def test_a_state_only_moves_forward_and_stays_final(reports: list[MessageState]) -> None:
    state = MessageState.SENT
    rank = {each: number for number, each in enumerate(OPEN)}

    for reported in reports:
        before, state = state, advance(state, reported)
        assert before not in FINAL or state is before
        assert rank.get(state, 99) >= rank.get(before, 99)


@pytest.mark.parametrize(
    "order",
    list(permutations([MessageState.SENT, MessageState.BUFFERED, MessageState.DELIVERED])),
)
def test_reports_may_come_in_any_order(
    db: Session, now: datetime, order: tuple[MessageState, ...]
) -> None:
    message = sent(db, now)

    for state in order:
        report(db, now, state)
        messaging.join_reports(db, now=now, limit=10)

    assert message.state is MessageState.DELIVERED


def test_a_report_may_overtake_the_answer_to_our_own_request(db: Session, now: datetime) -> None:
    report(db, now, MessageState.DELIVERED)
    assert messaging.join_reports(db, now=now, limit=10) == 0

    message = sent(db, now)
    assert messaging.join_reports(db, now=now, limit=10) == 1

    assert message.state is MessageState.DELIVERED


def test_a_report_told_twice_is_kept_once(db: Session, now: datetime) -> None:
    told = Report("ATXid_1", MessageState.BUFFERED)

    assert messaging.keep_report(db, told, now=now)
    assert not messaging.keep_report(db, told, now=now)
    assert db.scalar(select(func.count()).select_from(DeliveryReport)) == 1


def test_why_a_text_failed_is_kept(db: Session, now: datetime) -> None:
    message = sent(db, now)

    report(db, now, MessageState.FAILED, "phone_unknown")
    report(db, now, MessageState.SENT)
    messaging.join_reports(db, now=now, limit=10)

    assert (message.state, message.failure) == (MessageState.FAILED, "phone_unknown")


def test_a_report_that_she_is_on_the_black_list_opts_her_out(db: Session, now: datetime) -> None:
    sent(db, now)

    report(db, now, MessageState.FAILED, "opted_out")
    messaging.join_reports(db, now=now, limit=10)

    assert messaging.is_opted_out(db, JANE)


def test_a_report_of_nobodys_message_is_forgotten_after_a_week(db: Session, now: datetime) -> None:
    report(db, now, MessageState.DELIVERED)
    messaging.join_reports(db, now=now + timedelta(days=6), limit=10)
    assert db.scalar(select(func.count()).select_from(DeliveryReport)) == 1

    messaging.join_reports(db, now=now + timedelta(days=8), limit=10)

    assert db.scalar(select(func.count()).select_from(DeliveryReport)) == 0
