"""What she holds at a node, and how it stands."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from nacl.signing import SigningKey

from core import credentials, sscr
from core.credentials import CredentialType, Issuer, StatusAnswer
from tests.core.onboarding.circle import PIN
from tests.gateway.wallet import amina
from tests.two_nodes import Place, TwoNodes

SACCO = Issuer("did:web:sacco.example", "https://sacco.example", SigningKey(b"s" * 32))


def others(place: Place, jwk: dict[str, Any]) -> str:
    """A credential of a Sacco in her record."""
    now, owner_id = place.node.clock(), amina(place)
    until = now + timedelta(days=9)
    text = credentials.issue(
        issuer=SACCO, type=CredentialType.SAVINGS_HISTORY, holder_jwk=jwk, now=now, expires_at=until,
        claims={"scheme": "sacco", "cycle": "monthly", "since": "2024-01-01"},
    )  # fmt: skip
    with place.node.sessions.begin() as db:
        sscr.deliver(
            db, owner_id=owner_id, credential=text, type="savings_history", issuer="Kilimo Sacco", issued_at=now,
            expires_at=until, now=now,
        )  # fmt: skip
    return text


def holder(place: Place) -> dict[str, Any]:
    owner_id = amina(place)
    with place.node.sessions() as db:
        return sscr.holder_jwk(db, owner_id)


def status(place: Place, text: str) -> StatusAnswer:
    """What the issuer's own list says."""
    [ref] = credentials.status_ref.of_sd_jwt(credentials.contents(text))
    with place.node.sessions() as db:
        return credentials.status_reader(db, issuer=place.node.issuer, now=place.node.clock())(ref)


def is_whole(nodes: TwoNodes) -> bool:
    """Whether her record is at home as it was, and opens with her PIN; what she had holds."""
    old = (nodes.kyc, nodes.membership)
    still = all(status(nodes.a, text) is StatusAnswer.VALID for text in old)
    return still and set(old) <= set(nodes.a.opened(PIN))


def answer_lost(nodes: TwoNodes, patch: pytest.MonkeyPatch, path: str) -> None:
    """From now on the network drops each answer from this address, after it was heard."""
    app = nodes.a.address.app
    assert app

    def deaf(environ: dict[str, Any], start: Any) -> Any:
        body = b"".join(app(environ, start if environ["PATH_INFO"] != path else lambda *_: None))
        if environ["PATH_INFO"] == path:
            start("502 Bad Gateway", [("Content-Length", "0")])
            return []
        return [body]

    patch.setattr(nodes.a.address, "app", deaf)
