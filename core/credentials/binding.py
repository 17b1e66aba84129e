"""The key binding of an SD-JWT: that the holder herself shows exactly this, to exactly us, just now."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.credentials import times
from core.credentials.disclosures import digest
from core.credentials.errors import refused, refusing
from core.credentials.question import Question
from core.credentials.sdjwt import BINDING_TYP, Parts, parse
from core.keys import jose
from core.keys.jose import Broken, Jwk, Token

_CNF = {"jwk", "kid"}  # the name of the key adds nothing to the key


def holder(claims: Mapping[str, Any]) -> Jwk | None:
    """The key a credential was made out to (`cnf.jwk`, RFC 7800), None where it names nobody.

    Refuses `binding` for whatever else is demanded of a holder: not understood, it would be demanded of nobody.
    """
    if "cnf" not in claims:
        return None
    cnf = claims["cnf"]
    if not isinstance(cnf, dict) or "jwk" not in cnf or not cnf.keys() <= _CNF:
        raise refused("binding", "holder_key")
    return jose.only_public(cnf["jwk"])


def approves(text: str) -> bool:
    """Whether a presentation says that its holder approves a transaction; nothing of it is believed here."""
    with refusing():
        bound = parse(text).binding
        return bool(bound) and "transaction_data_hashes" in jose.parse(bound).payload


def shown_by(text: str) -> Jwk:
    """The key a presentation names as its holder's; nothing of it is believed here. Refuses `binding`."""
    with refusing():
        key = holder(jose.parse(parse(text).issued).payload)
    if key is None:
        raise refused("binding", "holder_key")
    return key


def check(parts: Parts, key: Jwk | None, algorithm: str, question: Question) -> None:
    """Refuse `binding` unless the holder of `key` bound these `parts` to our question; `algorithm` names the hash."""
    if not parts.binding:
        raise refused("binding", "missing")
    if key is None:
        raise refused("binding", "holder_key")
    token = jose.parse(parts.binding)
    if token.header.get("typ") != BINDING_TYP:
        raise refused("binding", "typ")
    check_holder(token, key)
    words = token.payload
    if words.get("sd_hash") != digest(parts.bound, algorithm):
        raise refused("binding", "sd_hash")
    check_words(words, question)
    _check_transaction(words, question)
    times.check_window(times.numeric(words, "nbf"), times.numeric(words, "exp"), question.now)
    made = times.seconds(words.get("iat"))
    if made is None or not times.is_fresh(made, question.now, asked=question.nonce is not None):
        raise refused("binding", "age")


def check_holder(token: Token, key: Jwk) -> None:
    """Refuse `binding` for what another key than the holder's signed, however well."""
    try:
        jose.verify(token, key)
    except Broken as broken:
        if broken.reason != "signature":
            raise
        raise refused("binding", "not_the_holder") from broken


def check_words(words: Mapping[str, Any], question: Question) -> None:
    """Refuse `binding` for words to another verifier or under another nonce."""
    if question.audience is not None and not times.is_meant_for(
        words.get("aud"), question.audience
    ):
        raise refused("binding", "audience")
    if question.nonce is not None and words.get("nonce") != question.nonce:
        raise refused("binding", "nonce")


def _check_transaction(words: Mapping[str, Any], question: Question) -> None:
    wanted = [jose.digest(text) for text in question.transaction_data]
    if wanted and words.get("transaction_data_hashes") != wanted:
        raise refused("binding", "transaction")
    if wanted and words.get("transaction_data_hashes_alg", "sha-256") != "sha-256":
        raise refused("binding", "transaction")
