"""The table of the money that was put into a project."""

from __future__ import annotations

import uuid
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from config.limits import BANK_REFERENCE_CHARACTERS
from core.db import Day, Row


class FundingClass(StrEnum):
    """Whose money it is: senior funds are paid back first, the originator's first loss last."""

    SENIOR = "senior"
    JUNIOR = "junior"


class Funding(Row):
    """Money put into a project, with the yield agreed for it in percent a year (none for the first loss)."""

    __tablename__ = "lending_funding"
    __table_args__ = (UniqueConstraint("project_id", "reference"),)

    project_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("lending_project.id"))
    funding_class: Mapped[FundingClass]
    source: Mapped[int | None]  # which line of the project's funding, from 1
    amount: Mapped[int]
    interest_rate: Mapped[Decimal]
    on: Mapped[Day]
    reference: Mapped[str] = mapped_column(String(BANK_REFERENCE_CHARACTERS))
