"""What every payment provider looks like from inside: one order in, one honest answer out."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol

from core.money import Money
from core.payments.models import Method, Topic


class Verdict(StrEnum):
    """All a provider can tell us. Only a listed code may become FAILED or LATER."""

    ACCEPTED = "accepted"  # it took the order; nothing is paid yet
    PAID = "paid"
    FAILED = "failed"  # certainly not paid, and trying again is no use
    LATER = "later"  # certainly not paid; a new attempt may succeed
    NOT_SENT = "not_sent"  # no connection was ever made, so nothing can have happened
    PENDING = "pending"  # not known, or not yet
    MISSING = "missing"  # the provider does not know it; no proof that it did not happen
    UNASKABLE = "unaskable"  # we lack the identifier to ask with
    REVERSED = "reversed"


@dataclass(frozen=True, slots=True)
class Order:
    """A payment as a rail needs it, taken out of the transaction."""

    payment_id: uuid.UUID
    rail: str
    attempt: int
    question: int  # the number of this question about it; 0 when submitting
    method: Method
    money: Money
    phone: str
    reference: str
    provider_key: str | None
    provider_reference: str | None
    receipt: str | None
    repeat: int = 0  # how often this attempt was said again

    @property
    def goes_out(self) -> bool:
        """Whether this money leaves us."""
        return self.method is Method.PAYOUT


@dataclass(frozen=True, slots=True)
class Answer:
    """What a rail said about an order."""

    verdict: Verdict
    code: str = ""  # in our words: "cancelled", "insufficient_funds", "busy"
    reference: str | None = None  # the provider's own identifier of the order
    receipt: str | None = None
    amount: Money | None = None
    offset: timedelta | None = None  # how far the provider's clock was ahead of ours


@dataclass(frozen=True, slots=True)
class Message:
    """A callback, understood: which event it is, which order it names, and what it says."""

    event_key: str
    answer: Answer
    provider_key: str | None = None
    account_reference: str = ""
    paid_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Registration:
    """Whether a provider knows our addresses, and lets us read its statement; true if it knows the addresses."""

    problem: str = ""  # why it does not, in one word or its own code
    statement: str = ""  # why its statement is not open to us

    def __bool__(self) -> bool:
        return not self.problem


class Rail(Protocol):
    """A provider. Called by jobs only, never inside a transaction; it does not retry and does not raise."""

    @property
    def reversal_days(self) -> int:
        """How long after its end the provider may take a payment back."""

    @property
    def offset(self) -> timedelta:
        """How far the provider's clock is ahead of ours, by its last answer; 0 until it has given one."""

    def submit(self, order: Order, may_send: Callable[[], bool]) -> Answer:
        """Send the order once; NOT_SENT if `may_send`, asked with everything else ready, says no."""

    def ask(self, order: Order) -> Answer | None:
        """What became of the order; None if the answer will come as a callback."""

    def read(self, topic: Topic, body: dict[str, Any]) -> Message:
        """Understand a callback. Refusal("callback_malformed") if it has not the shape of one."""

    def statement(self, since: datetime, until: datetime) -> list[Message] | None:
        """Every pay-in of this time; None if the provider has no statement or does not give it now."""

    def register_urls(self) -> Registration:
        """Tell the provider where pay-ins are to be announced."""
