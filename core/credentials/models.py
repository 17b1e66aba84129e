"""The table of the verifier: every nonce is answered once."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from core.db.base import Base


class CredentialNonce(Base):
    """A nonce that was answered."""

    __tablename__ = "credential_nonce"

    nonce: Mapped[str] = mapped_column(String(200), primary_key=True)
    used_at: Mapped[datetime] = mapped_column(index=True)
