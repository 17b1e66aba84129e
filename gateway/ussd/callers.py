"""The two doors the desk is given in a real node: who this phone is, and how a late page is texted."""

from __future__ import annotations

from core import clock, messaging, people
from core.db import Session
from core.messaging import Template
from core.words import DEFAULT_LANGUAGE
from menus.world import Caller


def find_caller(db: Session, phone: str) -> Caller:
    """The user of this number, or a stranger."""
    user = people.by_phone(db, phone)
    return Caller(user.id, phone, user.language) if user else Caller(None, phone, DEFAULT_LANGUAGE)


def text_late_page(db: Session, caller: Caller, text: str) -> None:
    """Text her the page she was promised."""
    messaging.send(
        db, to=caller.phone, template=Template.TURN_LATE, language=caller.language, facts={"page": text},
        now=clock.now(), user_id=caller.user_id,
    )  # fmt: skip
