"""The door to whoever carries our texts. A carrier is one module that answers in the words below."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import Protocol


class Outcome(Enum):
    """What became of one attempt to hand a text over."""

    SENT = auto()  # the carrier took it
    LATER = auto()  # it certainly did not leave, and another try may help
    REJECTED = auto()  # it did not leave, and no try will help
    UNKNOWN = auto()  # it may have left: the answer was lost or cannot be read


@dataclass(frozen=True, slots=True)
class Answer:
    """The carrier's answer for one phone; `failure` is a word of ours, e.g. "opted_out"."""

    outcome: Outcome
    failure: str | None = None
    message_id: str | None = None
    cost: str | None = None


BALANCE_INSUFFICIENT = "balance_insufficient"  # nothing leaves until somebody pays the carrier
CREDENTIALS_REFUSED = "credentials_refused"  # nothing leaves until somebody mends the settings
OPTED_OUT = "opted_out"  # the carrier knows that this phone wants nothing from us
ALARMING = frozenset({BALANCE_INSUFFICIENT, CREDENTIALS_REFUSED})


class SmsGateway(Protocol):
    """Hands one text to one phone; called by workers only, never inside a transaction."""

    def send(self, *, to: str, text: str) -> Answer: ...


class SimGateway(Protocol):
    """Who knows when a SIM was last changed; called by workers only, never inside a transaction."""

    def ask(self, phone: str) -> str | None:
        """Ask about a phone (E.164); the name under which the answer will come, None where it will not."""
