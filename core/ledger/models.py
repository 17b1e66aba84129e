"""The tables of the ledger. A journal entry is the seal of its postings: they come first, it closes them.

The database itself refuses an entry whose postings do not sum to zero per currency, a posting added to a sealed entry,
a posting that is never sealed, and any change of either (triggers in `core/db/triggers.py`).
"""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.db.base import Base, Row
from core.ledger.chart import Account


class JournalEntry(Row):
    """One event of money, unique by kind and reference, so that telling it twice books it once."""

    __tablename__ = "ledger_journal_entry"
    __table_args__ = (
        UniqueConstraint("kind", "reference"),
        Index("ix_ledger_journal_entry_value_at", "value_at"),
    )

    kind: Mapped[str] = mapped_column(String(40))
    reference: Mapped[str] = mapped_column(String(80))
    value_at: Mapped[datetime]
    reverses_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("ledger_journal_entry.id"), unique=True
    )


class Posting(Base):
    """One line of a journal entry: debit positive, credit negative, in minor units."""

    __tablename__ = "ledger_posting"
    __table_args__ = (Index("ix_ledger_posting_account_subject", "account", "subject_id"),)

    entry_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("ledger_journal_entry.id", deferrable=True, initially="DEFERRED"),
        primary_key=True,
    )
    line: Mapped[int] = mapped_column(primary_key=True)
    account: Mapped[Account]
    subject_id: Mapped[uuid.UUID | None]
    currency: Mapped[str] = mapped_column(String(3))
    amount: Mapped[int]
