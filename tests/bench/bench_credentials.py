"""How many SD-JWT credentials of nine hidden claims one core issues, shows (two of nine) and verifies in a second.

Beside it what nobody can go below, the bare signatures and hashes, and the `sd-jwt` package, all in one run. To present
is to read the credential, too: its nine disclosures are decoded and hashed to find two, which the bound leaves out. The
package knows no Ed25519, so it signs with P-256; ours is measured with both.
"""

from __future__ import annotations

import hashlib
import json
import statistics
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable
from datetime import timedelta
from secrets import token_bytes
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from jwcrypto.jwk import JWK
from nacl.signing import SigningKey
from sd_jwt.common import SDObj
from sd_jwt.holder import SDJWTHolder
from sd_jwt.issuer import SDJWTIssuer
from sd_jwt.verifier import SDJWTVerifier

from core import clock, credentials
from core.credentials.disclosures import Hider
from core.keys import jose
from core.keys.jose import PrivateKey

ROUNDS = 5
SECONDS = 0.5  # of each round and row
CLAIMS = {f"claim_{number}": f"value {number}" for number in range(9)}
SHOWN = [["claim_1"], ["claim_7"]]
AUDIENCE, NONCE = "did:web:lender.example", "n-1"
NOW = clock.now()
AT = int(NOW.timestamp())
OPEN = {"iss": "did:web:x", "vct": "https://x.example/y", "iat": AT, "exp": AT + 86_400}
AGAIN = "present again"  # of a credential that its holder has read already
DATA = b"x" * 900  # as long as what is signed of such a credential
Work = Callable[[], object]


def ours(key: PrivateKey) -> dict[str, Work]:
    """Our three operations with keys of one kind; the verifier believes what the holder shows."""
    cnf, trust = {"jwk": jose.public_jwk(key)}, {"did:web:x": [jose.public_jwk(key)]}

    def issue() -> str:
        hider = Hider()
        hidden = hider.object(CLAIMS)
        token = jose.sign(
            {"typ": "dc+sd-jwt", "kid": "k"}, {**OPEN, "cnf": cnf, "_sd_alg": "sha-256", **hidden}, key
        )  # fmt: skip
        return "~".join([token, *hider.disclosures, ""])

    def present() -> str:
        return credentials.present(
            issued, paths=SHOWN, key=key, audience=AUDIENCE, nonce=NONCE, now=NOW
        )

    def again() -> str:
        return held.present(paths=SHOWN, key=key, audience=AUDIENCE, nonce=NONCE, now=NOW)

    def verify() -> object:
        return credentials.verify(
            shown, trust=trust, type=None, audience=AUDIENCE, nonce=NONCE, now=NOW + timedelta(seconds=1)
        )  # fmt: skip

    issued = issue()
    held = credentials.Held(issued)
    shown = present()
    assert len(issued.split("~")) == 11
    return {"issue": issue, "present": present, AGAIN: again, "verify": verify}


def package(key: ec.EllipticCurvePrivateKey) -> dict[str, Work]:
    """The same three operations of the sd-jwt package."""
    jwk = JWK.from_pem(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    public = JWK.from_json(json.dumps(jose.public_jwk(key)))

    def issue() -> Any:
        claims = OPEN | {SDObj(name): value for name, value in CLAIMS.items()}
        return SDJWTIssuer(claims, jwk, public).sd_jwt_issuance

    def show(holder: SDJWTHolder) -> Any:
        holder.create_presentation({path[0]: True for path in SHOWN}, NONCE, AUDIENCE, jwk)
        return holder.sd_jwt_presentation

    def present() -> Any:
        return show(SDJWTHolder(issued))

    def verify() -> object:
        return SDJWTVerifier(shown, lambda *_: public, AUDIENCE, NONCE).get_verified_payload()

    issued = issue()
    held = SDJWTHolder(issued)
    shown = present()
    assert len(shown) == len(show(held))
    return {"issue": issue, "present": present, AGAIN: lambda: show(held), "verify": verify}


def bound(key: PrivateKey) -> dict[str, Work]:
    """The signatures of each operation and, for issuing, the salts and hashes of nine claims; nothing else."""
    signature = jose.sign_bytes(DATA, key)
    if isinstance(key, SigningKey):
        verify_key, raw = key.verify_key, signature
        sign, check = (lambda: key.sign(DATA)), (lambda: verify_key.verify(DATA, raw))
    else:
        how, public = ec.ECDSA(SHA256()), key.public_key()
        der = key.sign(DATA, how)
        sign, check = (lambda: key.sign(DATA, how)), (lambda: public.verify(der, DATA, how))  # type: ignore[assignment,return-value]

    def issue() -> None:
        for _ in CLAIMS:
            disclosure = urlsafe_b64encode(token_bytes(16) + DATA[:30])
            urlsafe_b64encode(hashlib.sha256(disclosure).digest())
        sign()

    def verify() -> None:
        check()
        check()

    return {"issue": issue, "present": sign, AGAIN: sign, "verify": verify}


def rate(work: Work) -> float:
    """How often a second of its own time this can be done."""
    count, began = 0, time.process_time()
    while time.process_time() - began < SECONDS:
        for _ in range(20):
            work()
        count += 20
    return count / (time.process_time() - began)


def main() -> None:
    ed25519, p256 = SigningKey.generate(), ec.generate_private_key(ec.SECP256R1())
    makers = {
        "bound, Ed25519": bound(ed25519),
        "ours, Ed25519": ours(ed25519),
        "bound, P-256": bound(p256),
        "ours, P-256": ours(p256),
        "sd-jwt, P-256": package(p256),
    }
    print(
        "\nSD-JWT with nine hidden claims, one core, a second of CPU time (median, lowest, highest)"
    )
    for verb in ("issue", "present", AGAIN, "verify"):
        found: dict[str, list[float]] = {name: [] for name in makers}
        for _ in range(ROUNDS):
            for name, made in makers.items():
                found[name].append(rate(made[verb]))
        _report(verb, found)


def _report(verb: str, found: dict[str, list[float]]) -> None:
    print(f"{verb:<18}{'median':>10}{'lowest':>10}{'highest':>10}{'of bound':>10}{'of sd-jwt':>10}")
    for name, rates in found.items():
        against = found[f"bound, {name.rpartition(', ')[2]}"]
        of_bound = statistics.median(a / b for a, b in zip(rates, against, strict=True))
        of_package = statistics.median(
            a / b for a, b in zip(rates, found["sd-jwt, P-256"], strict=True)
        )
        print(
            f"  {name:<16}{statistics.median(rates):>10,.0f}{min(rates):>10,.0f}{max(rates):>10,.0f}"
            f"{of_bound:>10.2f}{of_package:>10.2f}"
        )


if __name__ == "__main__":
    main()
