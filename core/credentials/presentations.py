"""Presentations of the W3C data model: the holder shows one credential, whole, to one verifier under one nonce.

As a JWT (vp+jwt) the credential is enveloped in a data: address; with Data Integrity it is embedded as it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from nacl.signing import SigningKey

from core.credentials import binding, dataintegrity, sdjwt_verify, times, vcdm, vcjwt
from core.credentials.errors import refused
from core.credentials.question import Question, Verified
from core.errors import Refusal
from core.keys import did, jose
from core.keys.jose import Jwk, PrivateKey, Token

TYP = "vp+jwt"
ENVELOPE, ENVELOPED_PRESENTATION = (
    "EnvelopedVerifiableCredential",
    "EnvelopedVerifiablePresentation",
)
_READERS = {
    vcjwt.TYP: vcjwt.read,
    "vc+sd-jwt": sdjwt_verify.read,
    "dc+sd-jwt": sdjwt_verify.read,
}


def present_token(
    credential: str, *, key: PrivateKey, audience: str, nonce: str, now: datetime
) -> str:
    """A vc+jwt shown by the holder of `key`."""
    holder = did.from_jwk(jose.public_jwk(key))
    envelope = {
        "@context": vcdm.CONTEXT,
        "id": f"data:application/{vcjwt.TYP},{credential}",
        "type": ENVELOPE,
    }
    words = {
        "@context": [vcdm.CONTEXT],
        "type": [vcdm.PRESENTATION],
        "verifiableCredential": [envelope],
        "holder": holder,
        "iat": int(now.timestamp()),
        "aud": audience,
        "nonce": nonce,
    }
    return jose.sign({"typ": TYP, "cty": "vp", "kid": did.method(holder)}, words, key)


def present_document(
    credential: Mapping[str, Any], *, key: SigningKey, audience: str, nonce: str, now: datetime
) -> dict[str, Any]:
    """A credential with a proof inside, shown by the holder of `key`."""
    holder = did.from_jwk(jose.public_jwk(key))
    document = {
        "@context": credential["@context"],
        "type": [vcdm.PRESENTATION],
        "holder": holder,
        "verifiableCredential": [credential],
    }
    return dataintegrity.sign(
        document, key=key, method=did.method(holder), now=now,
        purpose=dataintegrity.AUTHENTICATION, challenge=nonce, domain=audience,
    )  # fmt: skip


def read_token(token: Token, question: Question) -> Verified:
    """What a vp+jwt proves."""
    words = token.payload
    if not words.keys().isdisjoint(("vc", "vp")):
        raise refused("malformed", "vc_1_1")
    shown = _shown(words, question)
    _check_names(words, shown)
    binding.check_holder(token, _key(shown))
    binding.check_words(words, question)
    times.check_window(times.numeric(words, "nbf"), times.numeric(words, "exp"), question.now)
    _check_age(times.numeric(words, "iat"), question)
    return shown


def read_document(document: Mapping[str, Any], question: Question) -> Verified:
    """What a JSON document proves: a credential, a presentation, or an envelope around one."""
    kinds = vcdm.types(document)
    if ENVELOPED_PRESENTATION in kinds:
        kind, text = _enveloped(document)
        if kind != TYP:
            raise refused("malformed", "envelope")
        return read_token(jose.parse(text), question)
    if vcdm.PRESENTATION in kinds:
        return _read_presentation(document, question)
    if question.require_binding:
        raise refused("binding", "missing")
    return read_credential(document, question)


def _read_presentation(document: Mapping[str, Any], question: Question) -> Verified:
    shown = _shown(document, question)
    _check_names(document, shown)
    if "proof" not in document:
        if question.require_binding:
            raise refused("binding", "missing")
        return shown
    key = _key(shown)
    dataintegrity.check(
        document,
        dataintegrity.AUTHENTICATION,
        lambda method: _keys(method, shown, key),
        question.now,
    )
    for proof in dataintegrity.proofs(document):
        binding.check_words({"aud": proof.get("domain"), "nonce": proof.get("challenge")}, question)
        _check_age(times.stamp(proof, "created"), question)
    return shown


def _shown(words: Mapping[str, Any], question: Question) -> Verified:
    """The one credential of a presentation, believed."""
    vcdm.check_document(words, vcdm.PRESENTATION)
    found = words.get("verifiableCredential")
    credentials = found if isinstance(found, list) else [found]
    if len(credentials) != 1 or not isinstance(credentials[0], dict):
        raise refused("malformed", "not_one_credential")
    return read_credential(credentials[0], replace(question, require_binding=False))


def read_credential(document: Mapping[str, Any], question: Question) -> Verified:
    """What a credential with a proof inside, or one in an envelope, proves."""
    if ENVELOPE not in vcdm.types(document):
        return dataintegrity.read(document, question)
    kind, text = _enveloped(document)
    if kind not in _READERS:
        raise refused("malformed", "envelope")
    return _READERS[kind](text, question)


def _enveloped(document: Mapping[str, Any]) -> tuple[str, str]:
    """The media type and the content of a data: address."""
    address, context = document.get("id"), document.get("@context")
    if vcdm.CONTEXT not in (context if isinstance(context, list) else [context]):
        raise refused("malformed", "context")
    kind, comma, text = str(address).removeprefix("data:application/").partition(",")
    if not isinstance(address, str) or not comma:
        raise refused("malformed", "envelope")
    return kind, text


def _check_names(words: Mapping[str, Any], shown: Verified) -> None:
    """The holder, where she is named, must be the one of the credential."""
    named = words.get("holder")
    holder = named.get("id") if isinstance(named, dict) else named
    for name in (holder, words.get("iss")):
        if name is not None and not _is(name, shown.holder_jwk):
            raise refused("binding", "not_the_holder")


def _is(name: object, key: Jwk | None) -> bool:
    try:
        return key is not None and jose.is_same_key(did.to_jwk(str(name)), key)
    except Refusal:
        return False


def _key(shown: Verified) -> Jwk:
    if shown.holder_jwk is None:
        raise refused("binding", "holder_key")
    return shown.holder_jwk


def _keys(method: str, shown: Verified, key: Jwk) -> Sequence[Jwk]:
    if not _is(method.partition("#")[0], shown.holder_jwk):
        raise refused("binding", "not_the_holder")
    return [key]


def _check_age(made: float | None, question: Question) -> None:
    fresh = made is None or times.is_fresh(made, question.now, asked=question.nonce is not None)
    if not fresh:
        raise refused("binding", "age")
