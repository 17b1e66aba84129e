"""Why a credential was refused: one stable word."""

from __future__ import annotations

from core.errors import Refusal


def refused(reason: str) -> Refusal:
    """The refusal of a credential; `reason` is one of the words of the verifier's table."""
    return Refusal("credential_refused", reason=reason)
