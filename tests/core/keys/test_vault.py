"""Peppers in a Vault: spoken to in its documented words, by a server of ours that knows those words and no others."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask, request
from flask.typing import ResponseReturnValue
from werkzeug.serving import make_server

from config.settings import Settings
from core.keys import Keyring
from core.keys.server import service_of
from core.keys.vault import VaultPeppers
from tests.core.keys.made import KEY, Vault, refusal, served

TOKEN = "hvs.test"


class FakeVault:
    """The Transit engine of one key, as far as its API documents what we use."""

    def __init__(self) -> None:
        self.versions = {1: secrets.token_bytes(32)}
        self.least = 1
        self.sealed = False
        self.app = Flask("vault")
        self.app.before_request(self.check)
        self.app.get("/v1/transit/keys/growr-pepper")(self.read)
        self.app.post("/v1/transit/keys/growr-pepper/rotate")(self.rotate)
        self.app.post("/v1/transit/keys/growr-pepper/config")(lambda: ("", 204))
        self.app.post("/v1/transit/keys/growr-pepper/trim")(self.trim)
        self.app.post("/v1/transit/hmac/growr-pepper/sha2-256")(self.hmac)

    def check(self) -> ResponseReturnValue | None:
        if self.sealed:
            return {"errors": ["Vault is sealed"]}, 503
        if request.headers.get("X-Vault-Token") != TOKEN:
            return {"errors": ["permission denied"]}, 403
        return None

    def read(self) -> ResponseReturnValue:
        versions = {str(version): 1_700_000_000 for version in self.versions}
        facts = {"name": "growr-pepper", "latest_version": max(self.versions), "keys": versions}
        return {"data": {**facts, "min_decryption_version": self.least, "min_available_version": 0}}

    def rotate(self) -> ResponseReturnValue:
        self.versions[max(self.versions) + 1] = secrets.token_bytes(32)
        return "", 204

    def trim(self) -> ResponseReturnValue:
        self.least = request.get_json()["min_available_version"]
        self.versions = {n: key for n, key in self.versions.items() if n >= self.least}
        return "", 204

    def hmac(self) -> ResponseReturnValue:
        asked = request.get_json()
        version = asked.get("key_version", max(self.versions))
        if version not in self.versions:
            return {"errors": ["cannot generate HMAC: version is disallowed by policy"]}, 400
        data = base64.b64decode(asked["input"], validate=True)
        made = hmac.digest(self.versions[version], data, hashlib.sha256)
        return {"data": {"hmac": f"vault:v{version}:{base64.b64encode(made).decode()}"}}


@pytest.fixture
def fake() -> FakeVault:
    return FakeVault()


@pytest.fixture
def url(fake: FakeVault) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, fake.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def token(tmp_path: Path) -> Path:
    path = tmp_path / "token"
    path.write_text(f"{TOKEN}\n")
    return path


@pytest.fixture
def vault(keyring: Keyring, url: str, token: Path) -> Vault:
    peppers = VaultPeppers(url, "growr-pepper", token)
    return Vault(served(keyring, peppers=peppers))


def test_a_pin_opens_with_a_pepper_that_never_leaves_the_vault(
    vault: Vault, keyring: Keyring
) -> None:
    assert vault.wrapped.kid == "1"
    assert vault.open() == KEY
    assert vault.guess().code == "pin_wrong"
    assert not (keyring.folder / "peppers").exists()


def test_a_rotated_pepper_is_followed_and_the_old_one_destroyed(vault: Vault) -> None:
    old = vault.wrapped

    assert vault.service.rotate() == "2"
    assert vault.open() == KEY
    vault.wrapped = Vault(vault.service).wrapped
    assert vault.wrapped.kid == "2"
    vault.service.destroy("1")

    assert vault.service.kids() == ["2"]
    assert vault.open() == KEY
    vault.wrapped = old
    with refusal("pepper_unknown", kid="1"):
        vault.open()
    with refusal("pepper_in_use", kid="2"):
        vault.service.destroy("2")


@pytest.mark.parametrize("trouble", ["sealed", "token", "away"])
def test_a_vault_that_does_not_answer_is_busy_and_costs_no_try(
    vault: Vault, fake: FakeVault, token: Path, trouble: str
) -> None:
    fake.sealed = trouble == "sealed"
    if trouble == "token":
        token.write_text("expired")
    if trouble == "away":
        vault.service._peppers._base = "http://127.0.0.1:1/v1/transit"  # type: ignore[attr-defined]

    for _ in range(4):
        with refusal("busy"):
            vault.open()

    fake.sealed = False
    token.write_text(TOKEN)
    if trouble != "away":
        assert vault.open() == KEY


def test_settings_choose_the_vault(tmp_path: Path, url: str, token: Path) -> None:
    settings = Settings(home=tmp_path / "home", vault_url=url, vault_token_file=token)

    assert Vault(service_of(settings)).open() == KEY
