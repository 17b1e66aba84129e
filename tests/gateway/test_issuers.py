"""Trusted parties send credentials over HTTP: one signed word each, for this node, once, and only what they may."""

from __future__ import annotations

import itertools
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from flask import Flask
from flask.testing import FlaskClient
from nacl.signing import SigningKey
from sqlalchemy.orm import Session, sessionmaker

from core import credentials, sscr
from core.credentials import CredentialType, Issuer, StatusRef, trust
from core.credentials.models import StatusCached
from core.keys import Keyring, did, jose
from core.node import Node
from core.sscr import Custody
from gateway import issuers
from tests.conftest import NOW
from tests.core.credentials.made import ISSUER
from tests.core.credentials.made import credential as issued
from tests.core.lending import village as places

KEY = SigningKey(b"s" * 32)
NAME = did.from_jwk(jose.public_jwk(KEY))
SACCO = Issuer(NAME, "https://sacco.example", KEY)
SAVINGS = {"scheme": "sacco", "cycle": "monthly", "since": "2024-01-01"}
_IDS = itertools.count()


@pytest.fixture
def database_url(databases: dict[str, Any], tmp_path: Path) -> str:
    """One kind is enough here: what is written is tested on both elsewhere."""
    return str(databases["sqlite"].fresh(tmp_path))


@pytest.fixture
def amina(sessions: sessionmaker[Session], keyring: Keyring) -> Any:
    with sessions.begin() as db:
        person = places.found(db).borrower
        sscr.open_record(
            db, custody=Custody.of(keyring), owner_id=person.id, phone=person.phone, pin="804219",
            birth_date=None, now=NOW,
        )  # fmt: skip
        trust.add(db, did=NAME, name="Boma Sacco", types=[CredentialType.SAVINGS_HISTORY], now=NOW)
    return person


@pytest.fixture
def client(sessions: sessionmaker[Session]) -> FlaskClient:
    node = SimpleNamespace(issuer=ISSUER, sessions=sessions, clock=lambda: NOW)
    app = Flask(__name__)
    app.register_blueprint(issuers.blueprint(cast(Node, node)))
    return app.test_client()


def word(amina: Any, *, key: SigningKey = KEY, typ: str = "growr-issue+jwt", **changes: Any) -> str:
    said = {
        "iss": NAME, "aud": ISSUER.did, "iat": int(NOW.timestamp()), "jti": f"id-{next(_IDS)}",
        "phone": amina.phone, "type": "savings_history", "facts": SAVINGS,
    } | changes  # fmt: skip
    said = {name: value for name, value in said.items() if value is not None}
    return jose.sign({"typ": typ, "kid": did.method(NAME)}, said, key)


def send(client: FlaskClient, text: str, where: str = "credentials") -> tuple[int, Any]:
    answer = client.post(f"/issuer/{where}", data=text, content_type="application/jwt")
    return answer.status_code, answer.json


def holdings(sessions: sessionmaker[Session], amina: Any) -> list[tuple[str, str]]:
    with sessions() as db:
        return [(one.type, one.issuer) for one in sscr.holdings(db, amina.id)]


def test_facts_become_a_credential_of_this_node_in_her_record(
    client: FlaskClient, sessions: sessionmaker[Session], amina: Any
) -> None:
    assert send(client, word(amina)) == (201, {"received": "savings_history"})

    assert holdings(sessions, amina) == [("savings_history", "Boma Sacco")]
    with sessions() as db:
        assert credentials.status.issued(db, amina.id)[0].reference == NAME


def test_a_credential_signed_with_their_own_key_is_taken_as_it_is(
    client: FlaskClient, sessions: sessionmaker[Session], amina: Any
) -> None:
    status, told = send(client, word(amina), "holders")
    assert status == 200
    ref = StatusRef("token", "https://sacco.example/status/3", 8, issuer=NAME)
    text = issued(
        issuer=SACCO, type=CredentialType.SAVINGS_HISTORY, claims=SAVINGS,
        holder_jwk=did.to_jwk(told["did"]), status=[ref],
    )  # fmt: skip

    assert send(client, word(amina, credential=text, facts=None))[0] == 201

    assert holdings(sessions, amina) == [("savings_history", "Boma Sacco")]
    with sessions() as db:
        assert db.get(StatusCached, (ref.uri, NAME, "")) is not None  # it is looked at from now on


def test_a_word_is_good_once(client: FlaskClient, amina: Any) -> None:
    text = word(amina)

    assert send(client, text)[0] == 201

    assert send(client, text) == (400, {"error": "credential_refused", "reason": "binding"})


def test_a_refused_word_may_be_mended_and_sent_again(client: FlaskClient, amina: Any) -> None:
    assert send(client, word(amina, jti="same", facts={"scheme": "sacco"}))[0] == 400

    assert send(client, word(amina, jti="same"))[0] == 201


@pytest.mark.parametrize(
    ("changes", "status", "error"),
    [
        ({"typ": "JWT"}, 400, "malformed"),
        ({"key": SigningKey(b"x" * 32)}, 400, "signature"),
        ({"iss": "did:web:stranger.example"}, 400, "issuer"),
        ({"aud": "did:web:other.example"}, 400, "binding"),
        ({"iat": int(NOW.timestamp()) - 301}, 400, "time"),
        ({"iat": int(NOW.timestamp()) + 120}, 400, "time"),
        ({"iat": None}, 400, "time"),
        ({"jti": None}, 400, "binding"),
        ({"jti": "x" * 65}, 400, "binding"),
        ({"type": "kyc"}, 403, "type_not_allowed"),
        ({"type": ["kyc"]}, 403, "type_not_allowed"),
        ({"phone": "+254799000111"}, 404, "person_unknown"),
        ({"phone": 7}, 404, "person_unknown"),
        ({"phone": "+2547\0"}, 404, "person_unknown"),
        ({"facts": {**SAVINGS, "secret": 1}}, 400, "claim_unknown"),
        ({"facts": {**SAVINGS, "cycle": "daily"}}, 400, "claim_malformed"),
        ({"facts": None}, 400, "claim_missing"),
    ],
)
def test_any_other_word_is_refused(
    client: FlaskClient,
    sessions: sessionmaker[Session],
    amina: Any,
    changes: dict[str, Any],
    status: int,
    error: str,
) -> None:
    code, told = send(client, word(amina, **changes))

    assert (code, told.get("reason", told["error"])) == (status, error)
    assert holdings(sessions, amina) == []


def test_a_credential_of_somebody_else_or_of_another_issuer_is_not_taken(
    client: FlaskClient, sessions: sessionmaker[Session], amina: Any
) -> None:
    hers = did.to_jwk(send(client, word(amina), "holders")[1]["did"])
    savings = {"type": CredentialType.SAVINGS_HISTORY, "claims": SAVINGS}
    wrong = {
        "subject": issued(issuer=SACCO, **savings),
        "issuer": issued(issuer=ISSUER, holder_jwk=hers, **savings),
        "malformed": "a.b.c",
    }

    for reason, text in wrong.items():
        assert send(client, word(amina, credential=text))[1]["reason"] == reason
    allowed = issued(issuer=SACCO, holder_jwk=hers)
    assert send(client, word(amina, credential=allowed))[1]["error"] == "type_not_allowed"
    assert holdings(sessions, amina) == []


def test_who_is_only_believed_may_send_nothing_and_learns_nothing(
    client: FlaskClient, sessions: sessionmaker[Session], amina: Any
) -> None:
    with sessions.begin() as db:
        trust.add(db, did=NAME, name="Boma Sacco", now=NOW)

    assert send(client, word(amina))[0] == 403
    assert send(client, word(amina), "holders")[0] == 403


def test_nonsense_is_refused_calmly(client: FlaskClient, amina: Any) -> None:
    for text in ("", "x", "{}", "a.b.c", "." * 9, "\x00"):
        assert send(client, text)[0] == 400
