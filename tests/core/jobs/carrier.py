"""As much of a node as the jobs of texts need, with a carrier that says what it is told to say."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from config.settings import Settings
from core import messaging
from core.messaging import Inbound, Message
from core.messaging.gateway import Answer, Outcome

JANE = "+254711000111"


@dataclass
class Carrier:
    """Takes every text, unless it was given other answers first."""

    answers: list[Answer | Exception] = field(default_factory=list)
    texts: list[tuple[str, str]] = field(default_factory=list)

    def send(self, *, to: str, text: str) -> Answer:
        self.texts.append((to, text))
        number = len(self.texts)
        said = (
            self.answers.pop(0) if self.answers else Answer(Outcome.SENT, message_id=f"AT{number}")
        )
        if isinstance(said, Exception):
            raise said
        return said


@dataclass
class SmallNode:
    """The attributes of `core.node.Node` that these jobs touch."""

    sessions: sessionmaker[Session]
    now: datetime
    sms: Carrier = field(default_factory=Carrier)
    settings: Settings = field(default_factory=Settings)
    texted: int = 0

    def clock(self) -> datetime:
        return self.now

    def later(self, **much: float) -> None:
        self.now += timedelta(**much)

    def hears(self, text: str, sender: str = JANE) -> None:
        """Somebody texts us."""
        self.texted += 1
        inbound = Inbound(f"in-{self.texted}", sender, "22141", text)
        with self.sessions.begin() as db:
            messaging.receive(db, inbound, now=self.now)

    def rows(self, kind: type[Any] = Message) -> list[Any]:
        with self.sessions() as db:
            return list(db.scalars(select(kind).order_by(kind.created_at)))

    def said(self) -> list[str]:
        """What was written for her, oldest first."""
        return [row.text for row in self.rows()]
