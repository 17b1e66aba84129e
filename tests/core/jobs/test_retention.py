"""What names a person has a term: it is deleted then, in small pieces, and at once where her record is destroyed."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session, sessionmaker
from structlog.testing import capture_logs

from config import limits
from config.settings import Settings
from core import messaging, onboarding, people
from core.jobs import JOBS
from core.messaging import DeliveryReport, InboundMessage, Message, MessageState, Report, Template
from core.payments import InboxMessage, Topic
from core.queue import Job
from core.ussd import UssdSession, record_session
from tests.core.jobs.carrier import JANE, SmallNode
from tests.core.onboarding.circle import AMINA, JUMA
from tests.menus.custody_hall import CustodyHall, on_sqlite

DAY = timedelta(days=1)
KINDS: tuple[type[Any], ...] = (Message, DeliveryReport, InboundMessage, UssdSession, InboxMessage)


@pytest.fixture
def node(sessions: sessionmaker[Session], now: datetime) -> SmallNode:
    made = SmallNode(sessions, now)
    made.settings = Settings(
        keep_texts_days=100, keep_inbound_days=50, keep_sessions_days=60, keep_callbacks_days=80
    )
    return made


def forget(node: Any) -> None:
    JOBS[Job.RETENTION](node)


def leave_traces(node: SmallNode, state: MessageState = MessageState.DELIVERED) -> None:
    """One row of every kind, written now."""
    name = uuid.uuid4().hex
    with node.sessions.begin() as db:
        sent = messaging.send(
            db, to=JANE, template=Template.STOPPED, language="en", facts={}, now=node.now
        )
        assert sent
        sent.state = state
        messaging.keep_report(db, Report(name, MessageState.DELIVERED), now=node.now)
        db.add(InboundMessage(
            message_id=name, sender=JANE, recipient="384", text="", created_at=node.now, processed_at=node.now
        ))  # fmt: skip
        record_session(
            db, session_id=name, gateway="africastalking", service_code="*384*77#", network="63902", status="Success",
            cost="", duration_ms=1, hops=1, journey="", error="", trace=None, now=node.now,
        )  # fmt: skip
        db.add(InboxMessage(
            provider="mpesa", topic=Topic.PAY_IN, event_key=name, try_at=node.now, created_at=node.now,
            processed_at=node.now,
        ))  # fmt: skip


def left(node: SmallNode) -> list[int]:
    return [len(node.rows(kind)) for kind in KINDS]


def test_each_kind_of_row_is_deleted_after_its_term(node: SmallNode) -> None:
    leave_traces(node)
    seen = []
    for days in (50, 1, 9, 1, 19, 1, 19, 1):  # 50, 51, 60, 61, 80, 81, 100, 101 days old
        node.now += days * DAY
        forget(node)
        seen.append(left(node))

    assert seen == [
        [1, 1, 1, 1, 1], [1, 1, 0, 1, 1], [1, 1, 0, 1, 1], [1, 1, 0, 0, 1], [1, 1, 0, 0, 1], [1, 1, 0, 0, 0],
        [1, 1, 0, 0, 0], [0, 0, 0, 0, 0],
    ]  # fmt: skip


def test_much_is_deleted_a_little_at_a_time(
    node: SmallNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.jobs.retention.RETENTION_ROWS", 2)
    monkeypatch.setattr("core.drain.DRAIN_ROWS", 2)
    for _ in range(5):
        leave_traces(node)
    node.now += 200 * DAY

    forget(node)
    assert left(node) == [1] * len(KINDS)
    forget(node)
    assert left(node) == [0] * len(KINDS)


def test_what_still_waits_is_not_forgotten(node: SmallNode) -> None:
    leave_traces(node, MessageState.READY)
    with node.sessions.begin() as db:
        for kind in (InboundMessage, InboxMessage):
            db.query(kind).update({"processed_at": None})
    node.now += 200 * DAY

    forget(node)

    assert left(node) == [1, 0, 1, 0, 1]


def test_what_nobody_could_read_is_erased_sooner(node: SmallNode) -> None:
    leave_traces(node)
    with node.sessions.begin() as db:
        db.query(InboundMessage).update(
            {"processed_at": None, "attempts": limits.SMS_IN_TRIES, "text": "my PIN is 804219"}
        )
        db.query(InboxMessage).update(
            {"processed_at": None, "set_aside_at": node.now, "raw": b'{"FirstName": "Amina"}'}
        )

    node.now += (limits.SMS_IN_BODY_DAYS + 1) * DAY
    forget(node)
    assert [one.text for one in node.rows(InboundMessage)] == [""]
    assert [one.raw is None for one in node.rows(InboxMessage)] == [False]
    node.now += limits.CALLBACK_BODY_DAYS * DAY
    forget(node)

    assert [one.raw for one in node.rows(InboxMessage)] == [None]
    assert [one.set_aside_at is not None for one in node.rows(InboxMessage)] == [True]


@pytest.fixture
def hall(databases: dict[str, Any], tmp_path: Path, redis_url: str) -> Iterator[CustodyHall]:
    with on_sqlite(CustodyHall, databases, tmp_path, redis_url) as made:
        yield made


def test_an_erasure_reaches_every_text_that_names_her(hall: CustodyHall) -> None:
    now = hall.node.clock()
    with hall.node.sessions.begin() as db:
        her, friend = people.by_phone(db, AMINA), people.by_phone(db, JUMA)
        assert her
        assert friend
        onboarding.text(
            db, friend, Template.GUARDIAN_NAMED, now, about=her.id, name=f"{her.given_name} {her.family_name}"
        )  # fmt: skip
        db.add(InboundMessage(
            message_id="x", sender=AMINA, recipient="384", text="I am Amina", attempts=3, created_at=now
        ))  # fmt: skip
        body = f'{{"FirstName": "{her.given_name.upper()}"}}'.encode("utf-16")
        db.add(InboxMessage(
            provider="gone", topic=Topic.PAY_IN, event_key="x", try_at=now, raw=body, set_aside_at=now
        ))  # fmt: skip
        db.query(Message).update({"state": MessageState.SENT})
        onboarding.erase(
            db,
            organisation_id=her.organisation_id,
            user_id=her.id,
            request="letter",
            by="staff",
            now=now,
        )
        name = her.given_name

    with hall.node.sessions() as db:
        texts = [message.text for message in db.query(Message).filter_by(state=MessageState.SENT)]
        assert texts
        assert not any(name in text for text in texts)
        assert [one.text for one in db.query(InboundMessage)] == [""]
        assert [one.raw for one in db.query(InboxMessage)] == [None]


def test_a_text_about_her_that_waits_to_leave_is_erased_when_it_has(node: SmallNode) -> None:
    user_id = uuid.uuid4()
    with node.sessions.begin() as db:
        messaging.send(
            db, to=JANE, template=Template.GUARDIAN_NAMED, language="en", facts={"name": "Amina", "support": "1"},
            now=node.now, about_id=user_id,
        )  # fmt: skip
        messaging.forget_person(db, user_id=user_id, phone=AMINA)

    with capture_logs():
        JOBS[Job.SMS_SEND](node)  # type: ignore[arg-type]

    assert [to for to, _ in node.sms.texts] == [JANE]
    assert node.said() == [""]
