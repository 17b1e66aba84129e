"""The tables of what a credit bureau may hear: who agreed, who was warned, what was put right."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from config.limits import REASON_CHARACTERS
from core.db import Day, Row


class BureauConsent(Row):
    """She agreed that bureaus hear of her loans, or took that back; the newest row counts."""

    __tablename__ = "lending_bureau_consent"
    __table_args__ = (Index("ix_lending_bureau_consent_user", "user_id", "at"),)

    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("user_account.id"))
    is_given: Mapped[bool]
    source: Mapped[str] = mapped_column(String(40))  # where she said so: ussd, agent, contract
    at: Mapped[datetime]


class BureauNotice(Row):
    """She was told that a negative listing will follow; `overdue_from` says for which arrears."""

    __tablename__ = "lending_bureau_notice"
    __table_args__ = (Index("ix_lending_bureau_notice_loan", "loan_id", "on"),)

    loan_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("lending_loan.id"))
    message_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("sms_message.id"))
    on: Mapped[Day]
    listed_from: Mapped[Day]
    overdue_from: Mapped[Day]


class BureauCorrection(Row):
    """What was reported of a loan was wrong: earlier notices no longer count, and the bureau hears of it."""

    __tablename__ = "lending_bureau_correction"
    __table_args__ = (Index("ix_lending_bureau_correction_loan", "loan_id", "on"),)

    loan_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("lending_loan.id"))
    on: Mapped[Day]
    reason: Mapped[str] = mapped_column(String(REASON_CHARACTERS))
    by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("user_account.id"))
