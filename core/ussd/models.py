"""The table of USSD sessions: how far each came and what it cost. Never what was typed or shown, never a number."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Row


class UssdSession(Row):
    """One session, written when the carrier says it is over; our own half is empty if we had forgotten it by then."""

    __tablename__ = "ussd_session"
    __table_args__ = (Index(None, "created_at"),)

    session_id: Mapped[str] = mapped_column(String(80), unique=True)
    gateway: Mapped[str] = mapped_column(String(20))
    service_code: Mapped[str] = mapped_column(String(32))
    network: Mapped[str] = mapped_column(String(12))
    user_id: Mapped[uuid.UUID | None] = mapped_column(index=True)
    language: Mapped[str | None] = mapped_column(String(2))
    started_at: Mapped[datetime | None]
    screen: Mapped[str | None] = mapped_column(String(60), index=True)  # where she left
    turns: Mapped[int | None]
    status: Mapped[str] = mapped_column(String(20))
    cost: Mapped[str] = mapped_column(String(20))  # as the carrier writes it, e.g. "KES 1.00"
    duration_ms: Mapped[int | None]
    hops: Mapped[int | None]
    journey: Mapped[str] = mapped_column(String(1000))
    error: Mapped[str] = mapped_column(String(200))
