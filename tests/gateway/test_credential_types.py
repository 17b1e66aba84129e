"""Types and status lists over HTTP: anybody may read them, keep them, and check them."""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session, sessionmaker

from core import credentials
from core.credentials import CredentialType, Issuer, schemas, status, status_ref
from core.keys import Keyring, jose
from core.node import Node
from gateway import credential_types
from tests.conftest import NOW
from tests.core.credentials.made import ISSUER, URL, credential
from tests.core.credentials.test_status import mint


@pytest.fixture
def database_url(databases: dict[str, Any], tmp_path: Path) -> str:
    """One kind is enough here: tests/core/credentials/test_status.py asks both."""
    return str(databases["sqlite"].fresh(tmp_path))


@pytest.fixture
def client(sessions: sessionmaker[Session], keyring: Keyring) -> FlaskClient:
    node = SimpleNamespace(issuer=ISSUER, sessions=sessions, clock=lambda: NOW, keyring=keyring)
    app = Flask(__name__)
    app.register_blueprint(credential_types.blueprint(cast(Node, node)))
    return app.test_client()


def test_a_type_is_found_at_the_address_that_names_it(client: FlaskClient) -> None:
    for type in CredentialType:
        metadata = client.get(f"/vct/{type}/1")
        schema = client.get(f"/schemas/{type}/1.json")

        assert metadata.json == schemas.metadata(type, URL)
        assert schema.json == schemas.schema(type, URL)
        assert f"{URL}/schemas/{type}/1.json" == schema.json["$id"]


def test_a_credential_carries_the_hash_of_the_document_at_its_type(client: FlaskClient) -> None:
    served = client.get("/vct/kyc/1").data

    said = credentials.contents(credential())["vct#integrity"]

    assert said == f"sha256-{b64encode(sha256(served).digest()).decode()}"


def test_the_schema_of_a_whole_credential_points_at_that_of_its_claims(client: FlaskClient) -> None:
    whole = cast(dict[str, Any], client.get("/schemas/kyc/1.vc.json").json)

    assert whole["properties"]["credentialSubject"] == {"$ref": f"{URL}/schemas/kyc/1.json"}


@pytest.mark.parametrize(
    "path", ["/vct/secrets/1", "/schemas/secrets/1.json", "/vct/kyc/2", "/status/9", "/status/x"]
)
def test_what_there_is_not_is_not_found(client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code == 404


def test_both_lists_are_served_signed(client: FlaskClient, sessions: sessionmaker[Session]) -> None:
    with sessions.begin() as db:
        mint(db)

    token = client.get("/status/1")
    bitstring = client.get("/status/1/revocation")

    assert (token.mimetype, bitstring.mimetype) == (
        "application/statuslist+jwt",
        "application/vc+jwt",
    )
    for answer in (token, bitstring):
        jose.verify(jose.parse(answer.text), ISSUER.jwk)
        assert answer.headers["Cache-Control"] == "public, max-age=300"
    assert client.get("/status/1/other").status_code == 404


def test_a_credential_of_the_other_key_names_lists_that_key_signs(
    client: FlaskClient, sessions: sessionmaker[Session], keyring: Keyring
) -> None:
    issuer = Issuer.of(keyring, URL, "ES256")
    with sessions.begin() as db:
        said = credentials.contents(mint(db, issuer=issuer))
        [ref] = status_ref.of_sd_jwt(said)
        entry = status.find(db, ref, URL)
        assert entry
        lists = status.refs(entry, issuer.status_lists)
        assert ref.uri == lists[0].uri
        assert [status.find(db, one, URL) for one in lists] == [entry] * 3

    for one in lists:
        jose.verify(jose.parse(client.get(one.uri.removeprefix(URL)).text), issuer.jwk)


def test_an_unchanged_document_is_not_sent_again(client: FlaskClient) -> None:
    first = client.get("/vct/kyc/1")

    again = client.get("/vct/kyc/1", headers={"If-None-Match": first.headers["ETag"]})

    assert first.headers["Access-Control-Allow-Origin"] == "*"
    assert (again.status_code, again.data) == (304, b"")
