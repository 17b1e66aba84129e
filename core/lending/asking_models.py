"""A question to a wallet: of which project, until when, and what became of it; never what the wallet showed."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Row


class PresentationRequest(Row):
    """The conditions of a project asked of a wallet: for a loan of a borrower, or at a desk of whoever stands there.

    Its address, nonce and state are kept nowhere (core.keys.secret_names), so the table alone answers nothing.
    """

    __tablename__ = "lending_presentation_request"
    __table_args__ = (Index("ix_lending_presentation_request_user", "user_id", "created_at"),)

    project_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("lending_project.id"))
    user_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("user_account.id"))  # None: a desk
    idempotency_key: Mapped[str] = mapped_column(String(120), unique=True)
    language: Mapped[str] = mapped_column(String(2))
    expires_at: Mapped[datetime] = mapped_column(index=True)
    tries: Mapped[int] = mapped_column(default=0)
    problem: Mapped[str] = mapped_column(
        String(60), default=""
    )  # why the last answer was not taken
    duration: Mapped[int] = mapped_column(default=0)  # of the loan, as its project counts it
    terms_text: Mapped[str] = mapped_column(Text, default="")  # what she read before she was asked
    terms: Mapped[str] = mapped_column(
        Text, default=""
    )  # the terms of the loan as her wallet shows them
    answered_at: Mapped[datetime | None]
    statement: Mapped[str | None] = mapped_column(
        Text
    )  # of a desk: that the conditions are met, or not
    loan_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("lending_loan.id"), index=True)
