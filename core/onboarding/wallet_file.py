"""Her whole record as one file that anybody can read: JSON with words in it that say how."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select

from core import credentials, sscr
from core.db import Session
from core.keys import jose
from core.onboarding.models import Arrival, ArrivalState
from core.sscr import StoredCredential, Unlocked
from core.sscr.custody import out_of_box

READ_ME = """\
This is a copy of a credit record. It belongs to the person whose DID is under "owner".
credentials: each "compact" is the credential exactly as its issuer signed it, an SD-JWT VC (RFC 9901):
  the issuer's JWS, then one disclosure after each "~". JWS and disclosures are base64url of JSON.
disclosures: the same, decoded: [salt, name, value], or [salt, value] for an item of a list.
claims: all of it put together.
The keys of an issuer are in the DID document of its "iss", or, where that is an https address, under
  /.well-known/jwt-vc-issuer there. With them the signature can be checked.
A credential is bound to the key under "cnf". That key stayed with the custodian, and is destroyed when all of the
  record has left: show what is in your wallet instead. Issuers other than the custodian can make theirs out to it, too.
before: the same file of each custodian the record was with before, as it came from there.
consents: what was agreed to, also what was taken back since, signed by the custodian (JWS); the newest is first.
openings: each time the record was opened, the oldest first; the last one is for the move this file belongs to.
  "hash" is the SHA-256 of previous_hash, record, number, ticket, purpose, session_hash, at and, unless it is empty,
  for; each is preceded by its length in 4 bytes. The hashes are taken as bytes, all else as text.
"""
OPENINGS = 1_000


def write(
    db: Session, unlocked: Unlocked, held: Sequence[tuple[StoredCredential, str]], now: datetime
) -> str:
    """All that is in an open record, in plain words and in full."""
    consents = sscr.consents(db, unlocked.owner_id)
    found = {
        "read_me": READ_ME.splitlines(),
        "owner": unlocked.did,
        "made_at": now.isoformat(),
        "credentials": [_credential(row, text) for row, text in held],
        "consents": [sscr.receipt_text(unlocked, one) for one in consents],
        "openings": [
            _opening(one) for one in reversed(sscr.openings(db, unlocked.owner_id, OPENINGS))
        ],
        "before": _before(db, unlocked),
    }
    return json.dumps(found, indent=2, ensure_ascii=False)


def _before(db: Session, unlocked: Unlocked) -> list[Any]:
    """What came with her from other nodes, sealed to her present key."""
    query = select(Arrival.file).where(
        Arrival.new_did == unlocked.did, Arrival.state == ArrivalState.DONE
    )
    files = db.scalars(query.order_by(Arrival.created_at))
    return [jose.loads(out_of_box(unlocked.holder_key, file)) for file in files if file is not None]


def _credential(row: StoredCredential, text: str) -> dict[str, Any]:
    parts = credentials.parse(text)
    return {
        "type": row.type,
        "issuer": row.issuer,
        "issued_at": row.issued_at.isoformat(),
        "expires_at": row.expires_at.isoformat(),
        "compact": text,
        "disclosures": [jose.loads(jose.unb64u(one)) for one in parts.disclosures],
        "claims": credentials.contents(text),
    }


def _opening(one: sscr.Opening) -> dict[str, Any]:
    return {
        "record": str(one.owner_id),
        "number": str(one.seq),
        "ticket": one.ticket,
        "session_hash": one.session_hash.hex(),
        "at": one.at.isoformat(),
        "purpose": one.purpose,
        "for": one.audience,
        "previous_hash": one.prev_hash.hex(),
        "hash": one.hash.hex(),
    }
