"""What a wallet encrypts to us: made by a library nobody here wrote, and everything else refused."""

from __future__ import annotations

import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from jwcrypto import jwe as theirs
from jwcrypto import jwk

from core.keys import jose, jwe
from core.keys.jose import Broken

KEY = ec.derive_private_key(4711, ec.SECP256R1())


def sealed(text: bytes = b"answer", **header: Any) -> str:
    """A compact JWE by jwcrypto."""
    words = {"alg": "ECDH-ES", "enc": "A128GCM", **header}
    made = theirs.JWE(
        text,
        json.dumps(words),
        algs=["ECDH-ES", "ECDH-ES+A128KW", "A128GCM", "A256GCM", "A128CBC-HS256"],
    )
    made.add_recipient(
        jwk.JWK(**jwe.public_jwk(KEY))
        if "+" not in words["alg"]
        else jwk.JWK(**jose.public_jwk(KEY))
    )
    return str(made.serialize(compact=True))


@pytest.mark.parametrize("enc", ["A128GCM", "A256GCM"])
@pytest.mark.parametrize("parties", [{}, {"apu": "QWxpY2U", "apv": "Qm9i"}])
def test_what_a_library_encrypts_is_read(enc: str, parties: dict[str, str]) -> None:
    assert jwe.decrypt(sealed(enc=enc, **parties), KEY) == b"answer"


def changed(part: int, text: str) -> str:
    parts = sealed().split(".")
    return ".".join([*parts[:part], text, *parts[part + 1 :]])


def header(**changes: Any) -> str:
    words = json.loads(jose.unb64u(sealed().split(".")[0])) | changes
    return changed(0, jose.b64u(jose.dumps(words).encode()))


BROKEN = [
    sealed(enc="A128CBC-HS256"),
    sealed(alg="ECDH-ES+A128KW"),
    sealed(zip="DEF"),
    sealed().rpartition(".")[0],
    changed(1, "QUJD"),
    changed(2, "QUJD"),
    changed(3, "QUJD"),
    changed(4, "QUJD"),
    changed(4, "A" * 22),
    changed(0, "bm8"),
    header(epk=jose.ed25519_jwk(b"k" * 32)),
    header(epk={"kty": "EC", "crv": "P-256", "x": jose.b64u(b"x" * 32), "y": jose.b64u(b"y" * 32)}),
    header(epk=None),
    header(crit=["exp"]),
    header(enc="A256GCM"),
    "",
]


def test_everything_else_is_refused() -> None:
    for text in BROKEN:
        with pytest.raises(Broken):
            jwe.decrypt(text, KEY)


def test_another_key_reads_nothing() -> None:
    with pytest.raises(Broken):
        jwe.decrypt(sealed(), ec.derive_private_key(815, ec.SECP256R1()))
