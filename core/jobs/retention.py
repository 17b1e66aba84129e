"""Nothing about a person is kept for ever by accident: each kind of row has its term (docs/settings.md)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

from config.limits import CALLBACK_BODY_DAYS, RETENTION_ROWS, SMS_IN_BODY_DAYS
from core import ussd
from core.db import Session
from core.drain import drain
from core.messaging import retention as texts
from core.node import Node
from core.payments import retention as callbacks

Forget = Callable[[Session, datetime, int], int]


def forget(node: Node) -> int:
    """Delete what is past its term, a few rows a transaction; more of it at the next wake-up."""
    with node.sessions.begin() as db:
        callbacks.forget_bodies(db, node.clock() - timedelta(days=CALLBACK_BODY_DAYS))
        texts.forget_unanswered(db, node.clock() - timedelta(days=SMS_IN_BODY_DAYS))
    return max(drain(partial(_piece, node, *one), "retention") for one in _terms(node))


def _terms(node: Node) -> list[tuple[Forget, int]]:
    """What is deleted after how many days."""
    settings = node.settings
    return [
        (texts.forget_texts, settings.keep_texts_days),
        (texts.forget_reports, settings.keep_texts_days),
        (texts.forget_inbound, settings.keep_inbound_days),
        (ussd.forget_sessions, settings.keep_sessions_days),
        (callbacks.forget_callbacks, settings.keep_callbacks_days),
    ]


def _piece(node: Node, delete: Forget, days: int) -> bool:
    with node.sessions.begin() as db:
        return delete(db, node.clock() - timedelta(days=days), RETENTION_ROWS) > 0
