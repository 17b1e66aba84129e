"""The tables of care: complaints, requests in hardship, incomes she declared, and who must be looked at first."""

from __future__ import annotations

import uuid
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from config.limits import COMPLAINT_ANSWER_CHARACTERS, COMPLAINT_CHARACTERS
from core.db import Day, Row


class About(StrEnum):
    """What a complaint is about."""

    PAYMENT = "payment"
    COST = "cost"
    TREATMENT = "treatment"
    DATA = "data"
    OTHER = "other"


class ComplaintState(StrEnum):
    """OPEN and ESCALATED wait for us; a closed one is only reopened by a new one."""

    OPEN = "open"
    ANSWERED = "answered"  # she may still say that she is not content
    ESCALATED = "escalated"  # somebody above must answer
    CLOSED = "closed"


class Outcome(StrEnum):
    """How a complaint was decided."""

    UPHELD = "upheld"  # she was right
    PARTLY = "partly"
    NOT_UPHELD = "not_upheld"
    WITHDRAWN = "withdrawn"


class Complaint(Row):
    """One complaint with its ticket and its clock; a text of hers is for the staff of her organisation alone."""

    __tablename__ = "complaint"
    __table_args__ = (Index(None, "state", "due_on"),)

    ticket: Mapped[str] = mapped_column(String(12), unique=True)
    idempotency_key: Mapped[str] = mapped_column(String(120), unique=True)
    organisation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("organisation.id"), index=True)
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("user_account.id"), index=True)
    about: Mapped[About]
    words: Mapped[str] = mapped_column(String(COMPLAINT_CHARACTERS))
    state: Mapped[ComplaintState] = mapped_column(default=ComplaintState.OPEN)
    due_on: Mapped[Day]  # by when it must be answered
    outcome: Mapped[Outcome | None]
    answer: Mapped[str] = mapped_column(String(COMPLAINT_ANSWER_CHARACTERS), default="")
    answered_at: Mapped[datetime | None]
    escalated_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]


class HardshipState(StrEnum):
    """Where her request for time stands."""

    OPEN = "open"
    GRANTED = "granted"
    DECLINED = "declined"


class HardshipRequest(Row):
    """She said that she cannot pay now; what was decided, and when she was told."""

    __tablename__ = "hardship_request"

    loan_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("lending_loan.id"), index=True)
    state: Mapped[HardshipState] = mapped_column(default=HardshipState.OPEN, index=True)
    due_on: Mapped[Day]
    decided_at: Mapped[datetime | None]


class DeclaredIncome(Row):
    """About how much money comes in to her in a month, in minor units, as she said it last."""

    __tablename__ = "declared_income"

    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("user_account.id"), unique=True)
    monthly: Mapped[int]
    on: Mapped[Day]


class ScreeningHit(Row):
    """A name or a phone that stood on a list; nobody lends to her until a person has looked."""

    __tablename__ = "screening_hit"

    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("user_account.id"), index=True)
    cleared_at: Mapped[datetime | None]
    cleared_because: Mapped[str] = mapped_column(Text, default="")
