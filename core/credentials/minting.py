"""Everything this node issues: checked against its type, given a place in a status list, then signed.

What was issued before about the same thing is revoked: the newest credential is the one that holds.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from core.credentials import sdjwt, shape, status
from core.credentials.catalogue import CredentialType
from core.credentials.formats import Format, issue
from core.credentials.issuer import Issuer
from core.db import Session
from core.keys.jose import Jwk

SUPERSEDED = "a newer one was issued"


def mint(
    db: Session,
    *,
    issuer: Issuer,
    type: CredentialType,
    claims: Mapping[str, Any],
    holder_jwk: Jwk,
    owner_id: uuid.UUID | None,
    now: datetime,
    expires_at: datetime,
    reference: str = "",
    format: Format = Format.SD_JWT,
) -> str:
    """Sign `claims` for an owner; `reference` tells several credentials of one type apart, e.g. by loan.

    Whoever holds it without a record here (`owner_id` None) keeps the older ones.

    Refuses claim_unknown, claim_missing, claim_malformed.
    """
    shape.check_whole(type, sdjwt.whole(type, claims, now=now))
    if owner_id is not None:
        status.supersede(
            db, owner_id=owner_id, type=type, reference=reference, reason=SUPERSEDED, by=issuer.did, now=now
        )  # fmt: skip
    entry = status.allocate(
        db, owner_id=owner_id, type=type, reference=reference, issued_at=now, expires_at=expires_at
    )
    return issue(
        issuer=issuer, type=type, claims=claims, holder_jwk=holder_jwk, now=now, expires_at=expires_at,
        status=status.refs(entry, issuer.status_lists), format=format,
    )  # fmt: skip
