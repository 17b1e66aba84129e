"""A statement of eligibility, for whoever was given it: believed if a trusted node signed it and it still holds."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from core.credentials.eligibility import TYP, holding
from core.credentials.errors import refusing
from core.credentials.signers import Trust, check_token
from core.keys import jose


def judged(text: str, *, trust: Trust, now: datetime) -> dict[str, Any] | None:
    """The words of a statement; None for what is none. Refuses `credential_refused` with the reason."""
    try:
        token = jose.parse(text)
    except jose.Broken:
        return None
    if token.header.get("typ") != TYP:
        return None
    with refusing():
        check_token(token, token.payload.get("iss"), trust)
    return holding(token, now)
