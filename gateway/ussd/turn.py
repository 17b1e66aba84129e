"""One request of any carrier in our own words, and our answer to it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class Event(StrEnum):
    """What the carrier says happened."""

    NEW = "new"
    INPUT = "input"


class Malformed(ValueError):
    """A request that is not what the carrier's contract says; names the field, never its value."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


@dataclass(frozen=True, slots=True)
class Turn:
    """One keystroke of one phone. Carriers send the `transcript`, or the `last_input` and perhaps a `seq`."""

    gateway: str
    session_id: str
    phone: str = field(repr=False)
    service_code: str
    network: str
    event: Event
    transcript: str | None = field(default=None, repr=False)
    last_input: str | None = field(default=None, repr=False)
    seq: int | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """The page to show, whether it is the last, and the name of its screen (for the carrier's statistics)."""

    text: str
    ends: bool
    screen: str = ""


@dataclass(frozen=True, slots=True)
class SessionEnd:
    """What a carrier tells when a session is over. What was typed and shown is not in it: it may hold a PIN."""

    gateway: str
    session_id: str
    service_code: str
    network: str
    status: str
    cost: str
    duration_ms: int | None
    hops: int | None
    journey: str
    error: str
