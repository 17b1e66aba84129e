"""The node tells everybody who it is, and lets them keep the answer for a while."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest
from flask import Flask
from flask.testing import FlaskClient

from core.credentials import Issuer
from core.keys import Keyring, did, jose
from core.node import Node
from gateway import wellknown

PATH = "/.well-known/did.json"


@pytest.fixture
def issuer(keyring: Keyring) -> Issuer:
    return Issuer.of(keyring, "http://127.0.0.1:8080")


@pytest.fixture
def client(keyring: Keyring, issuer: Issuer) -> FlaskClient:
    app = Flask(__name__)
    app.register_blueprint(
        wellknown.blueprint(cast(Node, SimpleNamespace(keyring=keyring, issuer=issuer)))
    )
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

    keys = did.issuing_keys(document, issuer.did)

    assert keys[0] == issuer.jwk
    assert jose.thumbprint(keys[1]) == jose.thumbprint(jose.public_jwk(keyring.p256_key("issuer")))


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
