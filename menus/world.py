"""What a screen may touch: a database session, the caller, her words, the time, and the node's doors."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from core.db import Session
from core.words import Words, words
from menus.transcript import digest

if TYPE_CHECKING:  # the engine itself needs no node, so it runs without one
    from core.node import Node


@dataclass(frozen=True, slots=True)
class Caller:
    """Who dialled. `user_id` is None for a number the node does not know."""

    user_id: uuid.UUID | None
    phone: str
    language: str


FindCaller = Callable[[Session, str], Caller]


@dataclass(frozen=True, slots=True)
class World:
    """The doors of one turn. `db` connects only when it is used; `key` is set on money confirmations only."""

    db: Session
    words: Words
    caller: Caller
    now: datetime
    session_id: str
    node: Node
    limit: int  # septets of a page on her network
    secret: bytes = field(repr=False)
    key: str = ""

    def say(self, text: str, **facts: Any) -> str:
        """The sentence in her language."""
        return self.words.say(text, **facts)

    def seal(self, text: str) -> str:
        """A keyed digest bound to this session: to compare a secret typed twice without keeping the first."""
        return digest(self.secret, f"{self.session_id}|{text}")

    def seal_key(self, text: str) -> str:
        """The idempotency key of what `text` describes, in any session."""
        return f"ussd-{digest(self.secret, text)[:40]}"

    def speaking(self, language: str) -> World:
        """The same world in another language."""
        return self if language == self.words.language else replace(self, words=words(language))
