"""Who invited a person hears of it when the text with the code did not arrive."""

from __future__ import annotations

from datetime import datetime

import pytest
from sqlalchemy.orm import Session, sessionmaker

from core import messaging, onboarding, people
from core.jobs import messaging as job
from core.keys import Keyring
from core.messaging import MessageState, Report, Template
from core.messaging.gateway import Answer, Outcome
from core.people import Role, User
from tests.core.jobs.carrier import SmallNode

ADMIN, AGENT, FAITH = "+254700111222", "+254700111333", "+254712000444"


@pytest.fixture
def node(sessions: sessionmaker[Session], now: datetime) -> SmallNode:
    return SmallNode(sessions, now)


@pytest.fixture
def staff(node: SmallNode, keyring: Keyring) -> dict[str, User]:
    """An admin and an agent of a cooperative, both registered."""
    with node.sessions.begin() as db:
        coop = people.create_organisation(
            db, name="Tumaini", country="KE", currency="KES", timezone="Africa/Nairobi", support_phone=ADMIN
        )  # fmt: skip
        found = {}
        for phone, role in ((ADMIN, Role.ADMIN), (AGENT, Role.AGENT)):
            user, _ = people.invite(
                db, keyring=keyring, organisation_id=coop.id, role=role, phone=phone, language="en",
                given_name="Juma", family_name="Otieno", now=node.now,
            )  # fmt: skip
            found[phone] = people.activate(db, user_id=user.id, now=node.now)
    return found


def invite(
    node: SmallNode, keyring: Keyring, staff: dict[str, User], by: str | None = None
) -> None:
    with node.sessions.begin() as db:
        onboarding.invite(
            db, keyring=keyring, organisation_id=staff[ADMIN].organisation_id, phone="0712 000 444",
            given_name="Faith", family_name="Chebet", service_code="*384*77#", now=node.now,
            by=staff[by].id if by else None,
        )  # fmt: skip


def told(node: SmallNode) -> list[tuple[str, str]]:
    return [(row.to, row.text) for row in node.rows() if row.template is Template.INVITATION_FAILED]


def report(node: SmallNode, state: MessageState, failure: str | None) -> None:
    (message,) = [row for row in node.rows() if row.template is Template.INVITATION]
    with node.sessions.begin() as db:
        messaging.keep_report(db, Report(message.message_id, state, failure), now=node.now)
    job.inbox(node)


@pytest.mark.parametrize(("by", "hears"), [(AGENT, AGENT), (None, ADMIN)])
def test_a_text_that_failed_is_told_once_to_who_invited_or_to_the_admin(
    node: SmallNode, keyring: Keyring, staff: dict[str, User], by: str | None, hears: str
) -> None:
    invite(node, keyring, staff, by)
    job.send(node)

    report(node, MessageState.FAILED, "phone_unknown")
    job.inbox(node)

    [(to, text)] = told(node)
    assert to == hears
    assert text == (
        f"The invitation to Faith Chebet, {FAITH}, did not arrive (no phone has this number). "
        "Please check the number, then invite again."
    )


def test_a_text_the_carrier_refuses_is_told_too(
    node: SmallNode, keyring: Keyring, staff: dict[str, User]
) -> None:
    node.sms.answers = [Answer(Outcome.REJECTED, "phone_invalid")]
    invite(node, keyring, staff, AGENT)

    job.send(node)

    assert [to for to, _ in told(node)] == [AGENT]


def test_what_arrived_is_told_to_nobody_and_a_new_invitation_may_fail_anew(
    node: SmallNode, keyring: Keyring, staff: dict[str, User]
) -> None:
    invite(node, keyring, staff, AGENT)
    job.send(node)
    report(node, MessageState.DELIVERED, None)
    assert told(node) == []

    node.later(minutes=1)
    node.sms.answers = [Answer(Outcome.REJECTED, "phone_invalid")]
    invite(node, keyring, staff, AGENT)
    job.send(node)

    assert len(told(node)) == 1
