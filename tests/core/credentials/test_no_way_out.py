"""Whatever addresses a credential names, judging it dials none: not of its type, its issuer, its keys or its lists."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from core import credentials
from core.errors import Refusal
from core.keys import did
from tests.conftest import NOW
from tests.core.credentials.made import (
    AUDIENCE,
    HOLDER_JWK,
    NONCE,
    TRUST,
    bound,
    payload,
    refused,
    signed,
    verify,
)

HOLDER_DID = did.from_jwk(HOLDER_JWK)
INSIDE = [
    "http://169.254.169.254/latest",
    "https://127.0.0.1:6379/",
    "https://[::1]/x",
    "file:///etc/hosts",
]


@pytest.fixture
def dialled(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """What was dialled or looked up; nothing may be."""
    found: list[object] = []

    def caught(*asked: object, **_: object) -> None:
        found.append(asked)
        raise OSError

    monkeypatch.setattr(socket.socket, "connect", caught)
    monkeypatch.setattr(socket, "getaddrinfo", caught)
    return found


def places(address: str) -> list[tuple[str, str]]:
    """A credential for each place that can hold an address, and why it is refused."""
    status = {"status_list": {"uri": address, "idx": 1}}
    return [
        (signed(payload(iss=address)), "issuer"),
        (signed(payload(iss=f"did:web:{address.partition('//')[2].partition('/')[0]}")), "issuer"),
        (signed(payload(vct=address)), "type"),
        (signed(payload(status=status)), "status"),
        (signed(payload(), jku=f"{address}keys"), "malformed"),
        (signed(payload(), x5u=f"{address}cert"), "malformed"),
        (signed(payload(), kid=f"{address}#1"), "issuer"),
    ]


@pytest.mark.parametrize("address", INSIDE)
def test_no_address_in_a_credential_is_dialled(dialled: list[object], address: str) -> None:
    for text, reason in places(address):
        asked: dict[str, Any] = {"type": "kyc"} if reason == "type" else {}
        with refused(reason):
            verify(bound(text), **asked)
        with pytest.raises(Refusal):
            credentials.check_eligibility(
                [bound(text)], criteria=[{"type": "kyc"}], holder_did=HOLDER_DID, trust=TRUST,
                audience=AUDIENCE, nonce=NONCE, now=NOW,
            )  # fmt: skip

    assert dialled == []
