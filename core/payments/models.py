"""The tables of payments: the intent, what providers told us, and what needs a person.

A payment is written before anything is sent, and its row is the truth; the queue only wakes a worker.
"""

from __future__ import annotations

import uuid
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Index, LargeBinary, String, UniqueConstraint, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column

from config.limits import REASON_CHARACTERS
from core.db import Base, Row
from core.money import Money


class PaymentKind(StrEnum):
    """What the money is for."""

    DISBURSEMENT = "disbursement"
    REPAYMENT = "repayment"
    REFUND = "refund"
    CASH_BACK = "cash_back"


class Method(StrEnum):
    """Who starts the movement: we pay out, we ask the payer's phone, or the payer pays in by herself."""

    PAYOUT = "payout"
    PUSH = "push"
    PAY_IN = "pay_in"


class PaymentState(StrEnum):
    """Where a payment stands; `rules.NEXT` says what may follow what."""

    READY = "ready"
    SUBMITTING = "submitting"
    SUBMITTED = "submitted"
    UNKNOWN = "unknown"
    SETTLED = "settled"
    FAILED = "failed"
    SETTLED_LATE = "settled_late"
    REVERSED = "reversed"


class Payment(Row):
    """One movement of money between a person and us, from the intent to its end."""

    __tablename__ = "payment"
    __table_args__ = (
        UniqueConstraint("rail", "receipt"),  # a receipt is credited once, whoever told us of it
        Index(
            "ix_payment_ready", "not_before", "created_at",
            postgresql_where=text("state = 'ready'"), sqlite_where=text("state = 'ready'"),
        ),
        Index(
            "ix_payment_ask_at", "ask_at",
            postgresql_where=text("ask_at IS NOT NULL"), sqlite_where=text("ask_at IS NOT NULL"),
        ),
        Index(
            "ix_payment_open", "state", "opened_at",
            postgresql_where=text("state IN ('submitting', 'submitted', 'unknown')"),
            sqlite_where=text("state IN ('submitting', 'submitted', 'unknown')"),
        ),
        Index(
            "ix_payment_received", "rail", "opened_at",
            postgresql_where=text("receipt IS NOT NULL"), sqlite_where=text("receipt IS NOT NULL"),
        ),
        Index(
            "ix_payment_closed_at", "closed_at",
            postgresql_where=text("check_at IS NOT NULL"), sqlite_where=text("check_at IS NOT NULL"),
        ),
        Index(
            "ix_payment_check_at", "rail", "check_at",
            postgresql_where=text("check_at IS NOT NULL"), sqlite_where=text("check_at IS NOT NULL"),
        ),
    )  # fmt: skip

    kind: Mapped[PaymentKind]
    method: Mapped[Method]
    state: Mapped[PaymentState] = mapped_column(default=PaymentState.READY)
    rail: Mapped[str] = mapped_column(String(20))
    currency: Mapped[str] = mapped_column(String(3))
    asked: Mapped[int]  # what was asked for; never changes
    amount: Mapped[int]  # what counts: as asked, until less is known to have arrived
    phone: Mapped[str] = mapped_column(String(20))  # empty for a pay-in: the provider masks it
    loan_id: Mapped[uuid.UUID | None] = mapped_column(Uuid, index=True)
    account_reference: Mapped[str] = mapped_column(String(40))
    idempotency_key: Mapped[str] = mapped_column(String(120), unique=True)

    attempt: Mapped[int] = mapped_column(default=0)
    provider_key: Mapped[str | None] = mapped_column(String(40), unique=True)
    provider_reference: Mapped[str | None] = mapped_column(String(80), index=True)
    receipt: Mapped[str | None] = mapped_column(String(40))
    failure: Mapped[str | None] = mapped_column(String(40))

    counted_by: Mapped[uuid.UUID | None] = mapped_column(
        Uuid
    )  # booked there: the same money, told twice

    told_verdict: Mapped[str | None] = mapped_column(
        String(20)
    )  # what a callback said: a hint to ask
    told_code: Mapped[str | None] = mapped_column(String(40))
    told_receipt: Mapped[str | None] = mapped_column(String(40))
    told_amount: Mapped[int | None]
    odd_amount: Mapped[
        int | None
    ]  # an answer with an amount nobody expected: a second one must agree
    odd_question: Mapped[int | None]

    recorded_by: Mapped[uuid.UUID | None] = mapped_column(
        Uuid
    )  # a person who told us, not a provider
    remark: Mapped[str] = mapped_column(String(REASON_CHARACTERS), default="", server_default="")

    not_before: Mapped[datetime | None]
    opened_at: Mapped[datetime | None]  # when the present attempt began, or the payer paid in
    asks: Mapped[int] = mapped_column(default=0)
    missing: Mapped[int] = mapped_column(default=0)  # how often the provider did not know it
    repeats: Mapped[int] = mapped_column(default=0)  # how often this attempt was said again
    to_repeat: Mapped[bool] = mapped_column(default=False)  # READY to say the same attempt again
    ask_at: Mapped[datetime | None]
    check_at: Mapped[datetime | None]  # when one that has ended is next compared with the provider
    clock_offset: Mapped[
        int | None
    ]  # seconds the provider's clock was ahead when it took the order
    closed_at: Mapped[datetime | None]

    @property
    def money(self) -> Money:
        """The amount that counts."""
        return Money(self.currency, self.amount)

    @property
    def named(self) -> str:
        """The receipt as she knows it: the rest of a payment has that of the whole."""
        of_whole = self.told_receipt if self.method is Method.PAY_IN else None
        return self.receipt or of_whole or "-"

    @property
    def is_open(self) -> bool:
        """Whether money may be moving."""
        return self.state in (PaymentState.SUBMITTING, PaymentState.SUBMITTED, PaymentState.UNKNOWN)

    @property
    def has_moved(self) -> bool:
        """Whether its money has moved, or may be moving."""
        return self.is_open or self.state in (PaymentState.SETTLED, PaymentState.SETTLED_LATE)

    @property
    def goes_out(self) -> bool:
        """Whether this money leaves us."""
        return self.method is Method.PAYOUT


class Topic(StrEnum):
    """What a message of a provider is about."""

    RESULT = "result"  # the outcome of a payment: a hint, to be asked about
    ANSWER = "answer"  # the reply to a question of ours
    LATE = "late"  # the provider's queue timed out: nothing is known
    PAY_IN = "pay_in"  # somebody paid in by herself
    ANNOUNCED = "announced"  # somebody is about to: we were asked whether we want it


class Voice(StrEnum):
    """Who spoke of a pay-in, kept in its `told_code`; each is worth more than the one before."""

    ANNOUNCED = "announced"  # only asked whether we want it: if nothing came, nobody is told
    CONFIRMED = "confirmed"
    LISTED = "listed"  # in the provider's own statement

    def outdoes(self, other: str | None) -> bool:
        """Whether this says more than what was heard before."""
        order = list(Voice)
        return order.index(self) > order.index(Voice(other or Voice.CONFIRMED))


class InboxMessage(Row):
    """One callback, kept once. The raw body names people: it is erased as soon as it is understood."""

    __tablename__ = "payment_inbox"
    __table_args__ = (
        UniqueConstraint("provider", "event_key"),
        Index(None, "created_at"),
        Index(
            "ix_payment_inbox_try_at", "try_at",
            postgresql_where=text("processed_at IS NULL"), sqlite_where=text("processed_at IS NULL"),
        ),
    )  # fmt: skip

    provider: Mapped[str] = mapped_column(String(20))
    event_key: Mapped[str] = mapped_column(String(200))
    topic: Mapped[Topic]
    payment_id: Mapped[uuid.UUID | None] = mapped_column(Uuid, index=True)
    attempt: Mapped[int] = mapped_column(default=0)
    question: Mapped[int] = mapped_column(default=0)
    raw: Mapped[bytes | None] = mapped_column(LargeBinary)  # exactly as it came, until understood
    facts: Mapped[dict[str, Any] | None]  # what is left of the body: ids, code, amount, reference
    tries: Mapped[int] = mapped_column(default=0)
    try_at: Mapped[datetime]
    processed_at: Mapped[datetime | None]
    set_aside_at: Mapped[datetime | None]  # it broke its worker too often: a person looks


class StatementMark(Base):
    """How far the statement of a rail has been read."""

    __tablename__ = "payment_statement"

    rail: Mapped[str] = mapped_column(String(20), primary_key=True)
    read_until: Mapped[datetime]


class PaymentClock(Base):
    """The latest instant at which the payments of this node were looked at, by our clock; one row."""

    __tablename__ = "payment_clock"

    name: Mapped[str] = mapped_column(String(20), primary_key=True)
    seen_at: Mapped[datetime]


class Attention(Row):
    """Something about a payment that rules cannot settle: a person looks and decides."""

    __tablename__ = "payment_attention"
    __table_args__ = (
        UniqueConstraint("payment_id", "reason"),
        Index(
            "ix_payment_attention_open", "reason", "created_at",
            postgresql_where=text("resolved_at IS NULL"), sqlite_where=text("resolved_at IS NULL"),
        ),
    )  # fmt: skip

    payment_id: Mapped[uuid.UUID] = mapped_column(Uuid)
    reason: Mapped[str] = mapped_column(String(40))
    facts: Mapped[dict[str, Any]]
    resolved_at: Mapped[datetime | None]
