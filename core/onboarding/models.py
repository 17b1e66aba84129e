"""The way back in: for who forgot her PIN, or has another number."""

from __future__ import annotations

import uuid
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Row


class RecoveryState(StrEnum):
    """How far she is; the last three are ends."""

    STARTED = "started"  # an agent asked; a code went to her phone
    PRESENT = "present"  # the agent typed that code: she is there, with her SIM
    CHOSEN = "chosen"  # she chose a new PIN; a guardian or time must agree
    DONE = "done"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


OPEN = (RecoveryState.STARTED, RecoveryState.PRESENT, RecoveryState.CHOSEN)


class SimState(StrEnum):
    """What the carrier said about her SIM; nothing more of its answer is kept."""

    ASKED = "asked"
    SETTLED = "settled"
    SWAPPED = "swapped"  # changed so lately that it may be a thief's
    UNKNOWN = "unknown"


class Recovery(Row):
    """One attempt at a new PIN, a new number or both; everything about it is told to the number of before."""

    __tablename__ = "recovery"

    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("user_account.id"), index=True)
    agent_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("user_account.id"))
    state: Mapped[RecoveryState]
    new_phone: Mapped[str | None] = mapped_column(String(16), index=True)
    code_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    code_until: Mapped[datetime]
    tries: Mapped[int] = mapped_column(default=0)
    ready_at: Mapped[datetime | None]
    helped_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("user_account.id"))
    sim: Mapped[SimState | None]
    sim_request: Mapped[str | None] = mapped_column(String(80), index=True)


class Erasure(Row):
    """That she asked for her record to be destroyed, how, and who of the staff carried it out."""

    __tablename__ = "erasure"

    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("user_account.id"), index=True)
    request: Mapped[str] = mapped_column(String(200))
    by: Mapped[str] = mapped_column(String(80))


class WalletOffer(Row):
    """She asked for her record in a wallet of her own; what waits for it is sealed, and gone when the offer ends."""

    __tablename__ = "wallet_offer"

    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("user_account.id"), index=True)
    code_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    tries: Mapped[int] = mapped_column(default=0)
    expires_at: Mapped[datetime] = mapped_column(index=True)
    token_hash: Mapped[bytes | None] = mapped_column(LargeBinary(32), unique=True)
    taken: Mapped[list[Any]] = mapped_column(default=list)  # ids of the credentials her wallet has
    exported_at: Mapped[datetime | None]
    left_at: Mapped[datetime | None]  # when all was hers and our keys to it were destroyed
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)


class SourceState(StrEnum):
    """What became of a question to a source."""

    ASKED = "asked"
    CONFIRMED = "confirmed"
    UNKNOWN = "unknown"  # the source does not know her
    FAILED = "failed"  # it did not answer, or not as it must


class SourceRequest(Row):
    """A person asked a source to confirm something about her; a worker asks it, never a turn at a keypad."""

    __tablename__ = "source_request"

    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("user_account.id"), index=True)
    source: Mapped[str] = mapped_column(String(30))
    type: Mapped[str] = mapped_column(String(40))
    state: Mapped[SourceState]
    nonce: Mapped[str] = mapped_column(String(64))
    tries: Mapped[int] = mapped_column(default=0)
    ask_at: Mapped[datetime | None] = mapped_column(index=True)  # None: nothing more is to be done
    problem: Mapped[str] = mapped_column(String(40), default="")
