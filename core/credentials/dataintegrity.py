"""A credential of the W3C data model with its proof inside: Data Integrity with the suite eddsa-jcs-2022.

What is signed is SHA-256 of the canonical JSON (RFC 8785) of the proof's options and of the document without proof.
Source: https://www.w3.org/TR/vc-di-eddsa/, section 3.3.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any

import rfc8785
from nacl.signing import SigningKey

from core.credentials import times, vcdm
from core.credentials.errors import refused
from core.credentials.question import Question, Verified
from core.credentials.signers import fits, keys_of, try_keys
from core.keys import did, jose
from core.keys.jose import Jwk

TYPE, SUITE, ALGORITHM = "DataIntegrityProof", "eddsa-jcs-2022", "EdDSA"
ASSERTION, AUTHENTICATION = "assertionMethod", "authentication"
_PROOFS = 5  # of one document; more is an attack
_VALUE_CHARACTERS = 90  # a signature in base58 has 86 to 88

Keys = Callable[[str], Sequence[Jwk]]  # the keys a verification method may mean


def sign(
    document: Mapping[str, Any],
    *,
    key: SigningKey,
    method: str,
    now: datetime,
    purpose: str = ASSERTION,
    **words: str,
) -> dict[str, Any]:
    """The document with a proof; `words` are `challenge` and `domain` of a presentation."""
    proof = {
        "type": TYPE,
        "cryptosuite": SUITE,
        "created": times.stamped(now),
        "verificationMethod": method,
        "proofPurpose": purpose,
        **words,
        "@context": document["@context"],
    }
    signature = key.sign(_hash(document, proof)).signature
    return {**document, "proof": {**proof, "proofValue": f"z{did.base58(signature)}"}}


def read(document: Mapping[str, Any], question: Question) -> Verified:
    """What a credential with a proof inside proves. Refuses as `verify` does."""
    issuer = vcdm.issuer_of(document)

    def keys(method: str) -> Sequence[Jwk]:
        if did.canonical(method).partition("#")[0] != did.canonical(str(issuer)):
            raise refused("issuer", "key_of_another")
        return keys_of(issuer, method, question.trust)

    return vcdm.believed(check(document, ASSERTION, keys, question.now), question)


def check(document: Mapping[str, Any], purpose: str, keys: Keys, now: datetime) -> dict[str, Any]:
    """The document without its proofs, each of which must be good: of `purpose`, now, by one of `keys`."""
    bare = {name: value for name, value in document.items() if name != "proof"}
    for proof in proofs(document):
        _check_options(proof, bare, purpose, now)
        signed, signature = _hash(bare, proof), _signature(proof.get("proofValue"))
        fitting = [key for key in keys(proof["verificationMethod"]) if fits(key, ALGORITHM)]
        try_keys(fitting, lambda key: jose.check_bytes(signed, signature, key))  # noqa: B023
    return bare


def proofs(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The proofs of a document, at least one; refuses what is none."""
    found = document.get("proof")
    listed = found if isinstance(found, list) else [found]
    good = [proof for proof in listed if isinstance(proof, dict)]
    if not 0 < len(good) == len(listed) <= _PROOFS:
        raise refused("malformed", "proof")
    return good


def _check_options(
    proof: Mapping[str, Any], document: Mapping[str, Any], purpose: str, now: datetime
) -> None:
    if proof.get("type") != TYPE or not isinstance(proof.get("verificationMethod"), str):
        raise refused("malformed", "proof")
    if proof.get("cryptosuite") != SUITE:
        raise refused("alg", "not_allowed")
    if "previousProof" in proof:
        raise refused("malformed", "proof_chain")
    if proof.get("proofPurpose") != purpose:
        raise refused("issuer" if purpose == ASSERTION else "binding", "proof_purpose")
    # The W3C lets others append contexts after signing; then names would mean what nobody signed.
    if "@context" in proof and proof["@context"] != document.get("@context"):
        raise refused("signature", "context_changed")
    made, ends = times.stamp(proof, "created"), times.stamp(proof, "expires")
    times.check_made(made, now)
    times.check_window(None, ends, now)


def _hash(document: Mapping[str, Any], proof: Mapping[str, Any]) -> bytes:
    options = {name: value for name, value in proof.items() if name != "proofValue"}
    try:
        return b"".join(sha256(rfc8785.dumps(part)).digest() for part in (options, dict(document)))
    except (ValueError, RecursionError) as error:  # a number beyond 2^53, half a character
        raise refused("malformed", "not_canonical") from error


def _signature(value: object) -> bytes:
    if not isinstance(value, str) or not value.startswith("z") or len(value) > _VALUE_CHARACTERS:
        raise refused("malformed", "proof_value")
    try:
        return did.unbase58(value[1:])
    except ValueError as error:
        raise refused("malformed", "proof_value") from error
