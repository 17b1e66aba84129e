"""The node tells everybody who it is, and lets them keep the answer for a while."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event
from sqlalchemy.orm import Session, sessionmaker

from core import keys, people
from core.credentials import CredentialType, Issuer
from core.db import connect
from core.keys import Keyring, did, jose
from core.node import Node
from gateway import wellknown
from tests.conftest import NOW

PATH = "/.well-known/did.json"
WELL_KNOWN = "/.well-known"


@pytest.fixture
def database_url(databases: dict[str, Any], tmp_path: Path) -> str:
    """One kind is enough here: tests/core/credentials/test_webvh.py asks both."""
    return str(databases["sqlite"].fresh(tmp_path))


@pytest.fixture
def issuer(keyring: Keyring) -> Issuer:
    return Issuer.of(keyring, "http://127.0.0.1:8080")


@pytest.fixture
def client(keyring: Keyring, issuer: Issuer, sessions: sessionmaker[Session]) -> FlaskClient:
    return client_of(keyring, issuer, sessions)


def client_of(keyring: Keyring, issuer: Issuer, sessions: sessionmaker[Session]) -> FlaskClient:
    node = SimpleNamespace(keyring=keyring, issuer=issuer, sessions=sessions, clock=lambda: NOW)
    app = Flask(__name__)
    app.register_blueprint(wellknown.blueprint(cast(Node, node)))
    return app.test_client()


def test_the_document_is_that_of_the_nodes_did(client: FlaskClient, issuer: Issuer) -> None:
    answer = client.get(PATH)

    document = cast(dict[str, Any], jose.loads(answer.data))
    assert answer.mimetype == "application/did+json"
    assert document["id"] == issuer.did == "did:web:127.0.0.1%3A8080"
    assert document["authentication"] == document["assertionMethod"][:1]


def test_the_keys_in_it_verify_what_the_node_issues(
    client: FlaskClient, issuer: Issuer, keyring: Keyring
) -> None:
    document = jose.loads(client.get(PATH).data)

    found = did.issuing_keys(document, issuer.did, now=NOW)

    assert found[0] == issuer.jwk
    assert jose.thumbprint(found[1]) == jose.thumbprint(jose.public_jwk(keyring.p256_key("issuer")))


def test_no_private_key_is_in_it(client: FlaskClient) -> None:
    assert b'"d"' not in client.get(PATH).data


def test_it_may_be_kept_and_asked_for_again(client: FlaskClient) -> None:
    first = client.get(PATH)

    again = client.get(PATH, headers={"If-None-Match": first.headers["ETag"]})

    assert first.headers["Cache-Control"] == "public, max-age=300"
    assert first.headers["Access-Control-Allow-Origin"] == "*"
    assert (again.status_code, again.data) == (304, b"")


def test_it_can_only_be_read(client: FlaskClient) -> None:
    assert client.post(PATH).status_code == 405


def test_a_node_under_a_path_answers_beside_it(client: FlaskClient) -> None:
    assert client.get("/did.json").data == client.get(PATH).data


def test_issuer_and_verifier_have_documents_of_their_own(
    client: FlaskClient, issuer: Issuer
) -> None:
    makes, asks = (
        jose.loads(client.get(f"/{one}/did.json").data) for one in ("issuer", "verifier")
    )

    assert did.issuing_keys(makes, f"{issuer.did}:issuer", now=NOW)[0]["x"] == issuer.jwk["x"]
    assert asks["id"] == f"{issuer.did}:verifier"
    assert asks["assertionMethod"] == []
    assert len(asks["authentication"]) == 2


def test_the_log_tells_the_same_as_the_document(client: FlaskClient) -> None:
    document = jose.loads(client.get(PATH).data)
    answer = client.get(f"{WELL_KNOWN}/did.jsonl")

    lines = [json.loads(line) for line in answer.text.splitlines()]

    assert answer.mimetype == "text/jsonl"
    assert len(lines) == 1
    state = lines[0]["state"]
    assert document["alsoKnownAs"] == [state["id"]]
    assert state["alsoKnownAs"] == [document["id"]]
    text = jose.dumps({**document, "alsoKnownAs": [], "id": ""})
    assert jose.loads(text.replace(document["id"], state["id"]).encode()) == {
        **state, "alsoKnownAs": [], "id": "",
    }  # fmt: skip


def test_a_running_node_publishes_rotated_keys_at_once_in_document_and_log(
    client: FlaskClient, keyring: Keyring, issuer: Issuer
) -> None:
    before = jose.loads(client.get(PATH).data)
    first = client.get(f"{WELL_KNOWN}/did.jsonl").text.splitlines()

    fresh = keys.rotate(keyring.folder, "issuer")

    document = jose.loads(client.get(PATH).data)
    now = client.get(f"{WELL_KNOWN}/did.jsonl").text.splitlines()
    [*_, last] = [json.loads(line)["state"] for line in now]
    assert now[:1] == first
    assert len(now) == 2
    found = did.issuing_keys(document, issuer.did, now=NOW)
    assert found[0] == Issuer.of(fresh, issuer.base_url).jwk
    assert issuer.jwk in found
    same = [method["publicKeyJwk"] for method in last["verificationMethod"]]
    assert same == [method["publicKeyJwk"] for method in document["verificationMethod"]]
    assert document["alsoKnownAs"] == before["alsoKnownAs"]
    assert client.get(f"{WELL_KNOWN}/did.jsonl").text.splitlines() == now


def test_domain_linkage_names_both_dids_and_is_signed_by_their_key(
    client: FlaskClient, issuer: Issuer
) -> None:
    found = jose.loads(client.get(f"{WELL_KNOWN}/did-configuration.json").data)

    tokens = [jose.parse(text) for text in found["linked_dids"]]
    assert [token.payload["iss"].split(":")[1] for token in tokens] == ["web", "webvh"]
    for token in tokens:
        jose.verify(token, issuer.jwk)
        assert token.header.keys() == {"alg", "kid"}
        subject = token.payload["vc"]["credentialSubject"]
        assert subject == {"id": token.payload["sub"], "origin": "http://127.0.0.1:8080"}
        assert token.payload["nbf"] <= NOW.timestamp() < token.payload["exp"]


def test_issuer_metadata_gives_the_keys_and_every_type(client: FlaskClient, issuer: Issuer) -> None:
    served = jose.loads(client.get(f"{WELL_KNOWN}/jwt-vc-issuer").data)
    offers = jose.loads(client.get(f"{WELL_KNOWN}/openid-credential-issuer").data)

    assert served["issuer"] == offers["credential_issuer"] == issuer.base_url
    assert served["jwks"]["keys"][0] == {**issuer.jwk, "kid": jose.thumbprint(issuer.jwk)}
    assert offers["credential_endpoint"] == f"{issuer.base_url}/openid/credential"
    server = jose.loads(client.get(f"{WELL_KNOWN}/oauth-authorization-server").data)
    assert server["issuer"] == issuer.base_url
    configurations = offers["credential_configurations_supported"]
    assert len(configurations) == len(CredentialType)
    assert configurations["growr_kyc"]["vct"] == f"{issuer.base_url}/vct/kyc/1"


def test_issuer_metadata_names_the_cooperative_and_only_what_is_done(
    client: FlaskClient, sessions: sessionmaker[Session]
) -> None:
    with sessions.begin() as db:
        people.create_organisation(
            db, name="Mavuno Coop", country="KE", currency="KES", timezone="Africa/Nairobi",
            support_phone="+254700111222",
        )  # fmt: skip

    said = jose.loads(client.get(f"{WELL_KNOWN}/openid-credential-issuer").data)

    assert said["display"] == [{"name": "Mavuno Coop"}]
    assert said["notification_endpoint"].endswith("/openid/notification")
    assert not {"credential_response_encryption", "batch_credential_issuance"} & said.keys()
    kyc = said["credential_configurations_supported"]["growr_kyc"]
    assert kyc["credential_signing_alg_values_supported"] == ["EdDSA", "ES256"]


def test_metadata_of_a_node_under_a_path_stands_where_the_standard_wants_it(
    keyring: Keyring, sessions: sessionmaker[Session]
) -> None:
    client = client_of(keyring, Issuer.of(keyring, "https://a.example/growr"), sessions)

    for name in ("jwt-vc-issuer", "openid-credential-issuer", "oauth-authorization-server"):
        assert client.get(f"{WELL_KNOWN}/{name}/growr").status_code == 200
        assert client.get(f"{WELL_KNOWN}/{name}").status_code == 404
        assert client.get(f"{WELL_KNOWN}/{name}/other").status_code == 404


def test_the_keys_are_told_while_the_database_is_away(
    keyring: Keyring, issuer: Issuer, tmp_path: Path
) -> None:
    away = sessionmaker(connect(f"sqlite:///{tmp_path}/empty.db"))

    document = jose.loads(client_of(keyring, issuer, away).get(PATH).data)

    assert document["alsoKnownAs"] == []
    assert did.issuing_keys(document, issuer.did, now=NOW)[0] == issuer.jwk


def test_reading_twice_writes_once(
    client: FlaskClient, sessions: sessionmaker[Session], engine: Any
) -> None:
    client.get(PATH)
    written: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda *call: written.append(call[2]))

    client.get(PATH)

    assert not [sql for sql in written if sql.startswith("INSERT")]
