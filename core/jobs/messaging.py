"""Texts, both ways: those that wait are handed to the carrier, those that came are answered."""

from __future__ import annotations

import structlog

from config.limits import DRAIN_ROWS
from core import messaging, onboarding
from core.drain import drain
from core.jobs import inbound
from core.messaging import Message, Template
from core.messaging.gateway import ALARMING, Answer, Outcome
from core.node import Node

log = structlog.get_logger(__name__)


def send(node: Node) -> int:
    """Hand over the texts that are due, one at a time: claim and commit, speak, record."""
    with node.sessions.begin() as db:
        if lost := messaging.find_lost(db, now=node.clock(), limit=DRAIN_ROWS):
            log.warning("texts lost with their worker", count=lost)
    return drain(lambda: _send_next(node), "text")


def inbox(node: Node) -> int:
    """Join delivery reports to their messages and answer what people wrote."""
    with node.sessions.begin() as db:
        joined = messaging.join_reports(db, now=node.clock(), limit=DRAIN_ROWS)
    if joined:
        _tell_of_failed_invitations(node)
    return max(joined, drain(lambda: inbound.answer_next(node), "inbound text"))


def _send_next(node: Node) -> bool:
    with node.sessions.begin() as db:
        message = messaging.claim(db, now=node.clock())
    if message is None:
        return False
    may_go = _may_go(node, message)
    answer = _hand_over(node, message) if may_go else Answer(Outcome.REJECTED, "number_silent")
    with node.sessions.begin() as db:
        messaging.record(db, id=message.id, answer=answer, now=node.clock())
    if answer.failure in ALARMING:
        log.error("the carrier sends nothing for us", failure=answer.failure)
    if message.template is Template.INVITATION and answer.outcome is not Outcome.SENT:
        _tell_of_failed_invitations(node)
    return True


def _may_go(node: Node, message: Message) -> bool:
    with node.sessions.begin() as db:
        may_go = messaging.may_reach(db, message, node.clock())
        if not may_go:
            messaging.send_news(db, message, node.clock())
    return may_go


def _tell_of_failed_invitations(node: Node) -> None:
    """Who invited her hears of it; the desk lists them as well."""
    with node.sessions.begin() as db:
        onboarding.tell_failed(db, now=node.clock(), limit=DRAIN_ROWS)


def _hand_over(node: Node, message: Message) -> Answer:
    if messaging.is_stale(message, node.clock()):
        return Answer(Outcome.REJECTED, "too_late")
    return node.sms.send(to=message.to, text=message.text)
