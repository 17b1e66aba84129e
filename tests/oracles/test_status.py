"""Libraries of others read our status lists and our did:webvh log, and we read theirs."""

from __future__ import annotations

import json
import zlib
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from core.credentials import Format, StatusAnswer, status, status_lists, webvh
from core.keys import Keyring, did, jose
from tests.conftest import NOW
from tests.core.credentials.made import ISSUER, URL
from tests.core.credentials.test_status import OWNER, change, mint
from tests.core.credentials.test_status_reading import (
    answer,
    bitstring_list,
    fetched,
    read_bitstring,
    read_token,
    ref,
    token_list,
)
from tests.oracles.oracle import Oracle, Said

pytestmark = pytest.mark.xdist_group("oracles")


@pytest.fixture
def database_url(databases: dict[str, Any], tmp_path: Any) -> Any:
    """What a list looks like does not hang on the database: one kind is enough here."""
    return databases["sqlite"].fresh(tmp_path)


def places(db: Session) -> list[int]:
    """Three places of ours: a valid one, a revoked one and a suspended one."""
    for number, verb in enumerate([None, status.revoke, status.suspend]):
        mint(db, reference=str(number), now=NOW + timedelta(seconds=number))
        if verb:
            change(db, verb)
    found = {entry.reference: entry.place for entry in status.issued(db, OWNER)}
    return [found["0"], found["1"], found["2"]]


def test_our_token_list_is_read_by_sd_jwt(oracle: Oracle, db: Session) -> None:
    ours = places(db)
    text = status_lists.token_list(db, number=1, issuer=ISSUER, now=NOW)
    content = jose.parse(text).payload["status_list"]

    assert oracle.ask("status.readTokenList", **content, places=ours) == [0, 1, 2]


@pytest.mark.parametrize("bits", [1, 2, 4, 8])
def test_a_token_list_of_sd_jwt_is_read_by_us(oracle: Oracle, db: Session, bits: int) -> None:
    lst = oracle.ask("status.makeTokenList", size=4_096, bits=bits, values=[[5, 1], [4_095, 1]])

    fetched(db, read_token(token_list(status_list={"bits": bits, "lst": lst})), ref())

    found = [answer(db, ref(place)) for place in (4, 5, 4_095)]
    assert found == [StatusAnswer.VALID, StatusAnswer.REVOKED, StatusAnswer.REVOKED]


def test_our_bitstring_lists_are_read_by_digital_bazaar(oracle: Oracle, db: Session) -> None:
    texts = [
        mint(db, reference=str(n), format=Format.VC_JWT, now=NOW + timedelta(seconds=n)) for n in (0, 1, 2)
    ]  # fmt: skip
    for verb, entry in zip((status.revoke, status.suspend), status.issued(db, OWNER), strict=False):
        change(db, verb, entry.credential_id)
    lists = {
        f"{URL}/status/1/{purpose}": jose.parse(
            status_lists.bitstring_list(db, number=1, purpose=purpose, issuer=ISSUER, now=NOW)
        ).payload
        for purpose in status.PURPOSES
    }

    said = [
        oracle.ask("status.check", credential=jose.parse(text).payload, lists=lists)
        for text in texts
    ]

    assert [one["verified"] for one in said] == [True] * 3
    assert [one["set"] for one in said] == [False, True, True]


def test_a_bitstring_of_digital_bazaar_is_read_by_us(oracle: Oracle, db: Session) -> None:
    encoded = oracle.ask("status.makeBitstring", length=131_072, places=[0, 77, 131_071])
    text = bitstring_list(subject={"encodedList": encoded})
    entry = {"kind": "bitstring", "purpose": "revocation"}

    fetched(db, read_bitstring(text), ref(**entry))

    found = [answer(db, ref(place, **entry)).value for place in (0, 1, 77, 131_071)]
    assert found == ["revoked", "valid", "revoked", "revoked"]


def log(db: Session, keyring: Keyring, *keys: str) -> list[str]:
    """The log of a node that signs with one key after the other."""
    for days, label in enumerate(keys):

        def document(name: str, label: str = label) -> dict[str, Any]:
            return did.document(name, issuing=[jose.public_jwk(keyring.signing_key(label))])

        now = NOW - timedelta(days=9 - days)
        lines = webvh.bring_up_to_date(db, keyring=keyring, url=URL, document=document, now=now)
    return lines


def test_our_did_log_is_believed_by_didwebvh(oracle: Oracle, db: Session, keyring: Keyring) -> None:
    lines = [json.loads(line) for line in log(db, keyring, "one", "two", "three")]

    found = oracle.ask("webvh.resolve", log=lines)

    assert len(lines) == 3
    assert found["did"] == webvh.name_of([json.dumps(lines[-1])])
    assert found["doc"]["verificationMethod"] == lines[-1]["state"]["verificationMethod"]


@pytest.mark.parametrize("where", [0, 1])
def test_a_changed_did_log_is_refused_by_didwebvh(
    oracle: Oracle, db: Session, keyring: Keyring, where: int
) -> None:
    lines = [json.loads(line) for line in log(db, keyring, "one", "two")]
    lines[where]["state"]["alsoKnownAs"] = ["did:web:evil.example"]

    with pytest.raises(Said):
        oracle.ask("webvh.resolve", log=lines)


def test_a_list_is_as_small_as_the_reference_measured(db: Session) -> None:
    empty = status_lists.pack(131_072, [])

    assert len(jose.unb64u(empty)) < 60
    assert zlib.decompress(jose.unb64u(empty)) == bytes(32_768)
