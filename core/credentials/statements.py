"""A statement of eligibility, for whoever was given it: believed if a trusted node signed it and it still holds."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from core.credentials.eligibility import TYP, read_attestation
from core.credentials.signers import Trust, keys_of
from core.keys import jose


def judged(text: str, *, trust: Trust, now: datetime) -> dict[str, Any] | None:
    """The words of a statement; None for what is none. Refuses `credential_refused` with the reason."""
    try:
        token = jose.parse(text)
    except jose.Broken:
        return None
    if token.header.get("typ") != TYP:
        return None
    [key, *_] = keys_of(token.payload.get("iss"), token.header.get("kid"), trust)
    return read_attestation(text, jwk=key, now=now)
