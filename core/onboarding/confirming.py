"""The organisation confirms something anew: what she already holds is issued again, and the old one is revoked."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from core import clock, credentials, people, sscr
from core.credentials import CredentialType, Issuer
from core.db import Session
from core.errors import Refusal
from core.keys import Keyring
from core.onboarding.service import CREDENTIAL_YEARS, prove
from core.refusal_codes import RefusalCode


def confirm(
    db: Session,
    *,
    keyring: Keyring,
    issuer: Issuer,
    organisation_id: uuid.UUID,
    user_id: uuid.UUID,
    facts: Mapping[str, Mapping[str, Any]],
    by: uuid.UUID | None = None,
    now: datetime,
) -> list[CredentialType]:
    """Write down corrected facts by credential type; returns the types that were issued again.

    Refuses user_unknown, credential_type_unknown, and what a type does not allow.
    """
    people.member_by_id(db, organisation_id=organisation_id, user_id=user_id)
    zone = people.organisation(db, organisation_id).timezone
    held = {one.type for one in sscr.holdings(db, user_id)}
    again = []
    for name, claims in facts.items():
        if name not in [type.value for type in CREDENTIAL_YEARS]:
            raise Refusal(RefusalCode.CREDENTIAL_TYPE_UNKNOWN, type=name)
        type = CredentialType(name)
        credentials.claims.build(type, claims, on=clock.local_day(now, zone))
        people.attest(db, keyring=keyring, user_id=user_id, type=type, claims=claims, by=by)
        if type in held:
            prove(db, keyring=keyring, issuer=issuer, user_id=user_id, type=type, now=now)
            again.append(type)
    return again
