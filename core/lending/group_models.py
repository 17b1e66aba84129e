"""The tables of community loans: groups, who belongs to them, and what their deposits paid."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from config.limits import GROUP_NAME_CHARACTERS
from core.db import Day, Row


class Group(Row):
    """Neighbours who stand in for each other with their risk deposits, in one project."""

    __tablename__ = "lending_group"
    __table_args__ = (UniqueConstraint("project_id", "name"),)

    project_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("lending_project.id"))
    name: Mapped[str] = mapped_column(String(GROUP_NAME_CHARACTERS))


class Member(Row):
    """A person in a group: added by staff, liable only once she agreed, with the very text she agreed to."""

    __tablename__ = "lending_group_member"
    __table_args__ = (UniqueConstraint("group_id", "user_id"), Index(None, "user_id"))

    group_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("lending_group.id"))
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("user_account.id"))
    agreed_at: Mapped[datetime | None]
    agreed_text: Mapped[str] = mapped_column(Text, default="")
    agreed_language: Mapped[str] = mapped_column(String(2), default="")
    agreed_hash: Mapped[str] = mapped_column(String(64), default="")  # SHA-256 of text and language
    left_at: Mapped[datetime | None]

    @property
    def is_liable(self) -> bool:
        """Whether her deposit stands in for others: she agreed, and has not left."""
        return self.agreed_at is not None and self.left_at is None


class DepositUse(Row):
    """What one loan's deposit paid for another (or its own) loan; negative where it came back. Written once."""

    __tablename__ = "lending_deposit_use"
    __table_args__ = (Index(None, "for_loan_id"),)

    loan_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("lending_loan.id"))  # whose deposit
    for_loan_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("lending_loan.id"))
    amount: Mapped[int]
    on: Mapped[Day]
    payment_id: Mapped[uuid.UUID | None] = mapped_column(Uuid, index=True)  # what restored it
