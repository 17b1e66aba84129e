"""did:webvh 1.0: the DID document of this node with its whole history, so that nobody can change it unseen.

Each line of the log names the hash of the line before it, and is signed by a key whose hash that line promised
(pre-rotation). Source: https://identity.foundation/didwebvh/v1.0/.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any

import rfc8785
from nacl.signing import SigningKey
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from core.credentials import times
from core.credentials.models import DidLogEntry
from core.db import Session
from core.keys import Keyring, did, jose

METHOD = "did:webvh:1.0"
_SCID = "{SCID}"
_SHA256 = b"\x12\x20"  # as a multihash: its code, and 32 bytes

Document = Callable[[str], dict[str, Any]]  # the DID document of a DID


def bring_up_to_date(
    db: Session, *, keyring: Keyring, url: str, document: Document, now: datetime
) -> list[str]:
    """The lines of the log of the node at `url`; one more where the document has changed since the last."""
    lines = _lines(db, url)
    last = json.loads(lines[-1]) if lines else None
    if last is not None and last["state"] == document(last["state"]["id"]):
        return lines
    number = len(lines) + 1
    if last is None:
        fresh = first_entry(keyring, document(_name(url)), now)
    else:
        fresh = next_entry(keyring, last, document(last["state"]["id"]), number, now)
    try:
        with db.begin_nested():
            db.add(DidLogEntry(url=url, number=number, line=jose.dumps(fresh)))
    except IntegrityError:  # somebody else was just writing the same line
        pass
    return _lines(db, url)


def name_of(lines: list[str]) -> str:
    """The did:webvh of a log."""
    found: str = json.loads(lines[-1])["state"]["id"]
    return found


def first_entry(keyring: Keyring, state: dict[str, Any], now: datetime) -> dict[str, Any]:
    """The entry that gives the DID its name: the hash of itself, in which the name is still a placeholder."""
    parameters = {"method": METHOD, "scid": _SCID, "portable": False, **_keys(keyring, 1)}
    draft = _entry(_SCID, parameters, state, now)
    scid = _multihash(draft)
    entry = json.loads(jose.dumps(draft).replace(_SCID, scid))
    return _signed(keyring, entry, 1, now)


def next_entry(
    keyring: Keyring, last: Mapping[str, Any], state: dict[str, Any], number: int, now: datetime
) -> dict[str, Any]:
    """The entry after `last`: another state, signed by the key whose hash `last` promised."""
    entry = _entry(last["versionId"], _keys(keyring, number), state, now)
    return _signed(keyring, entry, number, now)


def _entry(
    version: str, parameters: dict[str, Any], state: dict[str, Any], now: datetime
) -> dict[str, Any]:
    return {
        "versionId": version,
        "versionTime": times.stamped(now),
        "parameters": parameters,
        "state": state,
    }


def _signed(keyring: Keyring, entry: dict[str, Any], number: int, now: datetime) -> dict[str, Any]:
    entry = {**entry, "versionId": f"{number}-{_multihash(entry)}"}
    key = _key(keyring, number)
    name = did.from_jwk(jose.public_jwk(key))
    proof = {
        "type": "DataIntegrityProof",
        "cryptosuite": "eddsa-jcs-2022",
        "verificationMethod": did.method(name),
        "created": times.stamped(now),
        "proofPurpose": "assertionMethod",
    }
    signed = sha256(rfc8785.dumps(proof)).digest() + sha256(rfc8785.dumps(entry)).digest()
    value = f"z{did.base58(key.sign(signed).signature)}"
    return {**entry, "proof": [{**proof, "proofValue": value}]}


def _keys(keyring: Keyring, number: int) -> dict[str, Any]:
    """The key of an entry, and the promise of the next one."""
    following = sha256(_multikey(keyring, number + 1).encode()).digest()
    return {
        "updateKeys": [_multikey(keyring, number)],
        "nextKeyHashes": [did.base58(_SHA256 + following)],
    }


def _multikey(keyring: Keyring, number: int) -> str:
    return did.from_jwk(jose.public_jwk(_key(keyring, number))).removeprefix("did:key:")


def _key(keyring: Keyring, number: int) -> SigningKey:
    return keyring.signing_key(f"webvh/{number}")


def _multihash(value: Mapping[str, Any]) -> str:
    return did.base58(_SHA256 + sha256(rfc8785.dumps(dict(value))).digest())


def _name(url: str) -> str:
    return f"did:webvh:{_SCID}:{did.web(url).removeprefix('did:web:')}"


def _lines(db: Session, url: str) -> list[str]:
    query = select(DidLogEntry.line).where(DidLogEntry.url == url).order_by(DidLogEntry.number)
    return list(db.scalars(query))
