"""What a verifier asks about a credential, and what it gets for an answer: the same for every format."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from core.credentials.signers import Trust
from core.credentials.status_ref import StatusRef
from core.credentials.types import CredentialType
from core.keys.jose import Jwk


@dataclass(frozen=True, slots=True)
class Question:
    """Whom we trust, which verifier we are, and what we demand; none of it is taken from what was sent."""

    trust: Trust
    audience: str | None
    nonce: str | None
    now: datetime
    type: CredentialType | None = None
    require_binding: bool = True
    transaction_data: Sequence[str] = ()


@dataclass(frozen=True)
class Verified:
    """A credential we believe.

    `claims` are all that was shown: the payload of an SD-JWT VC, or the credential of the W3C data model.
    `type` is None for a type that is not ours; `status` are the lists that can still take it back.
    """

    type: CredentialType | None
    issuer: str
    holder_jwk: Jwk | None
    expires_at: datetime | None
    claims: dict[str, Any]
    status: tuple[StatusRef, ...] = ()


def moment(seconds: float | None) -> datetime | None:
    """An instant from the seconds of a NumericDate."""
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
