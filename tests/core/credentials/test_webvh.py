"""The log of the node's DID: one line per document, each signed by the key the line before it promised."""

from __future__ import annotations

import json
from datetime import timedelta
from hashlib import sha256
from typing import Any

import rfc8785
from sqlalchemy.orm import Session

from core.credentials import webvh
from core.keys import Keyring, did, jose
from tests.conftest import NOW

URL = "https://node.example"


def lines(
    db: Session, keyring: Keyring, label: str = "issuer", days: int = 0, url: str = URL
) -> list[Any]:
    def document(name: str) -> dict[str, Any]:
        return did.document(name, issuing=[jose.public_jwk(keyring.signing_key(label))])

    found = webvh.bring_up_to_date(
        db, keyring=keyring, url=url, document=document, now=NOW + timedelta(days=days)
    )
    return [json.loads(line) for line in found]


def multihash(data: bytes) -> str:
    return did.base58(b"\x12\x20" + sha256(data).digest())


def test_the_name_is_the_hash_of_the_first_line(db: Session, keyring: Keyring) -> None:
    entry = lines(db, keyring)[0]
    scid = entry["parameters"]["scid"]

    bare = {name: value for name, value in entry.items() if name != "proof"}
    blank = json.loads(json.dumps({**bare, "versionId": "{SCID}"}).replace(scid, "{SCID}"))

    assert multihash(rfc8785.dumps(blank)) == scid
    assert entry["state"]["id"] == f"did:webvh:{scid}:node.example"
    assert multihash(rfc8785.dumps({**bare, "versionId": scid})) == entry["versionId"][2:]


def test_an_unchanged_document_adds_no_line(db: Session, keyring: Keyring) -> None:
    assert lines(db, keyring) == lines(db, keyring, days=30)


def test_a_changed_document_adds_a_line_signed_by_the_promised_key(
    db: Session, keyring: Keyring
) -> None:
    first, second = (lines(db, keyring), lines(db, keyring, "rotated", days=1))[1]

    key = second["parameters"]["updateKeys"][0]
    assert [multihash(key.encode())] == first["parameters"]["nextKeyHashes"]
    assert second["proof"][0]["verificationMethod"] == f"did:key:{key}#{key}"
    assert second["versionId"].startswith("2-")
    assert second["state"]["id"] == first["state"]["id"]


def test_each_address_has_a_log_of_its_own(db: Session, keyring: Keyring) -> None:
    here, there = lines(db, keyring), lines(db, keyring, url="https://node.example/moved")

    assert there[0]["state"]["id"].endswith(":node.example:moved")
    assert here[0]["state"]["id"] != there[0]["state"]["id"]
