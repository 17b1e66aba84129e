"""Workers hand texts over outside of any transaction, and join what comes back."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from string import Formatter
from threading import Thread
from typing import Any

import pytest
from sqlalchemy.orm import Session, sessionmaker
from structlog.testing import capture_logs

from config import limits
from config.limits import DRAIN_ROWS, NUMBER_DAYS
from core import messaging, people
from core.jobs import messaging as job
from core.keys import Keyring
from core.messaging import Message, MessageState, Report, Template
from core.messaging.gateway import Answer, Outcome
from core.messaging.names import FOR_ANYBODY
from core.money import Money
from core.people import Role
from tests.core.jobs.carrier import JANE, Carrier, SmallNode


@pytest.fixture
def node(sessions: sessionmaker[Session], now: datetime) -> SmallNode:
    return SmallNode(sessions, now)


def write(node: SmallNode, template: Template = Template.LOAN_REPAID, **options: Any) -> None:
    facts = {
        "code": "L1042X", "amount": Money("KES", 50_000), "due": date(2026, 11, 24),
        "paybill": "174379", "organisation": "Tumaini", "service_code": "*384*77#",
        "receipt": "SKL4H7XZ9Q",
    }  # fmt: skip
    with node.sessions.begin() as db:
        messaging.send(
            db, to=JANE, template=template, language="en", facts=facts, now=node.now, **options
        )


def states(node: SmallNode) -> list[MessageState]:
    return [row.state for row in node.rows()]


def test_every_text_that_is_due_is_handed_over_once(node: SmallNode) -> None:
    for _ in range(3):
        write(node)

    assert job.send(node) == 3
    assert job.send(node) == 0

    assert len(node.sms.texts) == 3
    assert states(node) == [MessageState.SENT] * 3


def test_the_carrier_is_called_outside_of_any_transaction_with_the_claim_committed(
    node: SmallNode,
) -> None:
    seen: list[MessageState] = []

    class Looking(Carrier):
        def send(self, *, to: str, text: str) -> Answer:
            with node.sessions.begin() as db:  # would wait for ever inside a transaction of the job
                seen.extend(row.state for row in db.query(Message))
            return super().send(to=to, text=text)

    node.sms = Looking()
    write(node)

    job.send(node)

    assert seen == [MessageState.SENDING]


def test_one_wake_up_hands_over_no_more_than_its_share(
    node: SmallNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.drain.DRAIN_ROWS", 2)
    for _ in range(3):
        write(node)

    assert [job.send(node), job.send(node), job.send(node)] == [2, 1, 0]


def test_a_slow_carrier_holds_a_worker_for_a_bounded_time(
    node: SmallNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.drain.DRAIN_SECONDS", -1)
    write(node)

    assert job.send(node) == DRAIN_ROWS  # more may wait: another wake-up is asked for
    assert node.sms.texts == []


def test_workers_at_the_same_time_hand_over_each_text_once(node: SmallNode) -> None:
    for _ in range(12):
        write(node)

    workers = [Thread(target=job.send, args=(node,)) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert len(node.sms.texts) == 12
    assert states(node) == [MessageState.SENT] * 12


def test_a_transient_refusal_leaves_again_when_its_wait_is_over(node: SmallNode) -> None:
    node.sms.answers = [Answer(Outcome.LATER, "carrier_error")]
    write(node)

    job.send(node)
    assert states(node) == [MessageState.READY]
    node.later(seconds=limits.SMS_RETRY_SECONDS[0])
    job.send(node)

    assert states(node) == [MessageState.SENT]


def test_a_worker_that_breaks_while_sending_leaves_a_row_that_the_next_one_gives_up(
    node: SmallNode,
) -> None:
    node.sms.answers = [RuntimeError("broke")]
    write(node)
    with capture_logs():
        job.send(node)
    assert states(node) == [MessageState.SENDING]

    node.later(seconds=limits.SMS_SENDING_SECONDS + 1)
    assert job.send(node) == 0

    assert states(node) == [MessageState.UNKNOWN]
    assert len(node.sms.texts) == 1


def test_a_code_lost_with_its_worker_is_sent_again_and_then_erased(node: SmallNode) -> None:
    node.sms.answers = [RuntimeError("broke")]
    write(node, Template.INVITATION, secret=True)
    with capture_logs():
        job.send(node)

    node.later(seconds=limits.SMS_SENDING_SECONDS + 1)
    job.send(node)
    node.later(seconds=limits.SMS_RETRY_SECONDS[0])
    job.send(node)

    assert "Your code: L1042X" in node.sms.texts[1][1]
    assert (states(node), node.said()) == ([MessageState.SENT], [""])


def test_a_reminder_held_up_for_hours_does_not_leave(node: SmallNode) -> None:
    write(node, Template.REMINDER_BEFORE)
    node.later(hours=5)

    job.send(node)

    assert node.sms.texts == []
    assert [(row.state, row.failure) for row in node.rows()] == [
        (MessageState.REJECTED, "too_late")
    ]


@pytest.mark.parametrize("failure", ["balance_insufficient", "credentials_refused"])
def test_a_carrier_that_sends_nothing_for_us_raises_an_alarm(node: SmallNode, failure: str) -> None:
    node.sms.answers = [Answer(Outcome.REJECTED, failure)]
    write(node)

    with capture_logs() as logs:
        job.send(node)

    assert [(line["log_level"], line["failure"]) for line in logs] == [("error", failure)]
    assert [row.failure for row in node.rows()] == [failure]


def test_no_phone_and_no_text_is_ever_logged(node: SmallNode) -> None:
    node.sms.answers = [
        Answer(Outcome.LATER, "unreachable"), Answer(Outcome.REJECTED, "opted_out"),
        Answer(Outcome.UNKNOWN, "answer_lost"), Answer(Outcome.REJECTED, "balance_insufficient"),
    ]  # fmt: skip
    for _ in range(5):
        write(node)

    with capture_logs() as logs:
        job.send(node)
        job.inbox(node)

    assert JANE.strip("+") not in str(logs)
    assert "L1042X" not in str(logs)


def test_a_delivery_report_finds_its_message_even_if_it_was_first(node: SmallNode) -> None:
    with node.sessions.begin() as db:
        messaging.keep_report(db, Report("AT1", MessageState.DELIVERED), now=node.now)
    assert job.inbox(node) == 0

    write(node)
    job.send(node)
    assert job.inbox(node) == 1

    assert states(node) == [MessageState.DELIVERED]


def registered(node: SmallNode, keyring: Keyring) -> uuid.UUID:
    """Jane, who has dialled today."""
    with node.sessions.begin() as db:
        tumaini = people.create_organisation(
            db, name="Tumaini", country="KE", currency="KES", timezone="Africa/Nairobi",
            support_phone="+254700111222",
        )  # fmt: skip
        user, _ = people.invite(
            db, keyring=keyring, organisation_id=tumaini.id, role=Role.BORROWER, phone=JANE, language="en",
            given_name="Jane", family_name="Wanjiku", now=node.now,
        )  # fmt: skip
        people.activate(db, user_id=user.id, now=node.now)
    return user.id


def test_to_a_number_that_was_silent_for_long_goes_nothing_of_hers(
    node: SmallNode, keyring: Keyring
) -> None:
    jane = registered(node, keyring)
    node.later(days=NUMBER_DAYS)
    for _ in range(2):
        write(node, Template.REMINDER_TODAY, user_id=jane)

    job.send(node)

    [(to, text)] = node.sms.texts
    assert to == JANE
    assert "news from Tumaini" in text
    assert [row.failure for row in node.rows() if row.template == Template.REMINDER_TODAY] == [
        "number_silent"
    ] * 2


def test_what_waits_for_a_number_she_has_left_goes_to_nobody(
    node: SmallNode, keyring: Keyring
) -> None:
    jane = registered(node, keyring)
    write(node, user_id=jane)
    write(node, Template.STOPPED, user_id=jane)
    with node.sessions.begin() as db:
        people.change_phone(db, user_id=jane, phone="+254744000444", now=node.now)

    job.send(node)

    told = dict(node.sms.texts)
    assert "no more payment reminders" in told[JANE]
    assert "news from Tumaini" in told["+254744000444"]
    assert len(node.sms.texts) == 2


def test_what_tells_a_stranger_nothing_goes_there_and_all_goes_where_she_was_lately(
    node: SmallNode, keyring: Keyring
) -> None:
    jane = registered(node, keyring)
    node.later(days=NUMBER_DAYS - 1)
    write(node, user_id=jane)
    job.send(node)
    node.later(days=1)
    write(node, Template.STOPPED, user_id=jane)
    job.send(node)

    assert ["fully repaid" in text for _, text in node.sms.texts] == [True, False]
    assert "no more payment reminders" in node.sms.texts[1][1]


def test_no_text_for_anybody_has_a_place_for_something_of_hers() -> None:
    harmless = {
        "organisation", "support", "service_code", "code", "agent", "hours", "wait", "page",
    }  # fmt: skip

    for template in FOR_ANYBODY:
        asked = {name for _, name, _, _ in Formatter().parse(messaging.TEXTS[template]) if name}
        assert asked <= harmless, template
