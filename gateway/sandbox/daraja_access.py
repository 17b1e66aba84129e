"""Daraja's door: one access token at a time, and the certificate for security credentials."""

from __future__ import annotations

import base64
import binascii
import hmac
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID
from flask import Blueprint, Response, jsonify, request

from gateway.sandbox import numbers, web
from gateway.sandbox.daraja_codes import DarajaError, refusal
from gateway.sandbox.store import fact, remember
from gateway.sandbox.world import World

TOKEN_SECONDS = 3_599
TOKEN, TOKEN_UNTIL, KEY, CERTIFICATE = "token", "token_until", "mpesa_key", "mpesa_certificate"
KEY_BITS = 2_048
DAYS = 3_650


def blueprint(world: World) -> Blueprint:
    """The token, and the certificate as a download."""
    pages = Blueprint("daraja_access", __name__)

    @pages.get("/oauth/v1/generate")
    def generate() -> Response:
        return web.answering(world, "oauth", lambda: _generate(world), refusal)

    @pages.get("/sandbox-mpesa.cer")
    def certificate() -> Response:
        return Response(certificate_pem(world), content_type="application/x-pem-file")

    return pages


def call(world: World, target: str, act: Callable[[dict[str, Any]], dict[str, Any]]) -> Response:
    """One authorised Daraja call: `act` takes the body and gives the acknowledgement."""

    def acted() -> Response:
        _authorise(world)
        data = request.get_json(silent=True)
        if not isinstance(data, dict):
            raise DarajaError("400.002.05", "Invalid Request Payload")
        return jsonify(act(data))

    def refused(kind: str) -> Response:
        if kind == "expired_token":
            with world.store.begin() as db:
                remember(db, TOKEN, "")
        return refusal(kind)

    return web.answering(world, target, acted, refused)


def _generate(world: World) -> Response:
    given = request.authorization
    if given is None or given.type != "basic":
        raise DarajaError("400.008.01", "Invalid Authentication passed")
    if request.args.get("grant_type") != "client_credentials":
        raise DarajaError("400.008.02", "Invalid grant type passed")
    settings = world.settings
    wanted = (settings.mpesa_consumer_key, settings.mpesa_consumer_secret)
    if (given.username, given.password) != wanted:
        return Response(status=400)
    token = base64.b64encode(numbers.hex_id("")[:21].encode()).decode()
    with world.store.begin() as db:
        remember(db, TOKEN, token)  # the previous one is dead from now on
        remember(db, TOKEN_UNTIL, str(time.time() + TOKEN_SECONDS))
    return jsonify(access_token=token, expires_in=str(TOKEN_SECONDS))


def _authorise(world: World) -> None:
    kind, _, given = request.headers.get("Authorization", "").partition(" ")
    with world.store.begin() as db:
        token, until = fact(db, TOKEN), fact(db, TOKEN_UNTIL)
    alive = bool(token) and until is not None and time.time() < float(until)
    if (
        kind != "Bearer"
        or not alive
        or not hmac.compare_digest(given.encode(), (token or "").encode())
    ):
        raise DarajaError("404.001.03", "Invalid Access Token")


def is_initiator(world: World, name: str, credential: str) -> bool:
    """Whether name and encrypted password are the initiator's."""
    key = serialization.load_pem_private_key(_secret(world, KEY).encode(), None)
    assert isinstance(key, rsa.RSAPrivateKey)
    try:
        password = key.decrypt(base64.b64decode(credential, validate=True), padding.PKCS1v15())
    except (ValueError, binascii.Error):
        return False
    settings = world.settings
    right = hmac.compare_digest(password, settings.mpesa_initiator_password.encode())
    return right and name == settings.mpesa_initiator


def certificate_pem(world: World) -> str:
    """The certificate with which initiators encrypt their password."""
    return _secret(world, CERTIFICATE)


def write_certificate(world: World) -> None:
    """Put the certificate where the node finds it."""
    path = world.settings.certificate
    if path is not None:
        path.write_text(certificate_pem(world))


def _secret(world: World, name: str) -> str:
    with world.store.begin() as db:
        if fact(db, name) is None:
            key, certificate = _make_key()
            remember(db, KEY, key)
            remember(db, CERTIFICATE, certificate)
        return fact(db, name) or ""


def _make_key() -> tuple[str, str]:
    key = rsa.generate_private_key(public_exponent=65_537, key_size=KEY_BITS)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Sandbox M-PESA")])
    today = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(today - timedelta(days=1))
        .not_valid_after(today + timedelta(days=DAYS))
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return private.decode(), certificate.public_bytes(serialization.Encoding.PEM).decode()
