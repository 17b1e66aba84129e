"""The proof of a wallet that a key is its own: signed with it, for us, just now, over our nonce (OpenID4VCI 1.0)."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from config.limits import PRESENTATION_SECONDS
from core import credentials
from core.credentials import times
from core.db import Session
from core.errors import Refusal
from core.keys import Keyring, did, jose
from core.keys.jose import Broken, Jwk, Token
from core.refusal_codes import RefusalCode

TYP = "openid4vci-proof+jwt"


def new_nonce(keyring: Keyring, now: datetime) -> str:
    """A fresh c_nonce: kept nowhere until it is used, because anybody may ask for one."""
    said = f"{int(now.timestamp())}.{secrets.token_urlsafe(12)}"
    return f"{said}.{_mac(keyring, said)}"


def holder_of(db: Session, proof: str, *, keyring: Keyring, audience: str, now: datetime) -> Jwk:
    """The key a proof vouches for; its nonce is used up. Refuses proof_refused(detail), nonce_refused."""
    try:
        token = jose.parse(proof)
        key = _key(token.header)
        if token.header.get("typ") != TYP:
            raise Refusal(RefusalCode.PROOF_REFUSED, detail="typ")
        jose.verify(token, key)
    except Broken as broken:
        raise Refusal(RefusalCode.PROOF_REFUSED, detail=broken.detail) from broken
    _check_words(token, audience, now)
    _use(db, token.payload.get("nonce"), keyring, now)
    return key


def _key(header: Mapping[str, Any]) -> Jwk:
    """The key in the header or in the DID it names; exactly one of both, and never a private one."""
    jwk, kid = header.get("jwk"), header.get("kid")
    if (jwk is None) == (kid is None) or "x5c" in header:
        raise Refusal(RefusalCode.PROOF_REFUSED, detail="key")
    if isinstance(jwk, Mapping) and "d" not in jwk:
        return jose.only_public(jwk)
    try:
        return did.to_jwk(kid.partition("#")[0] if isinstance(kid, str) else "")
    except Refusal as refusal:
        raise Refusal(RefusalCode.PROOF_REFUSED, detail="key") from refusal


def _check_words(token: Token, audience: str, now: datetime) -> None:
    if not times.is_meant_for(token.payload.get("aud"), audience):
        raise Refusal(RefusalCode.PROOF_REFUSED, detail="audience")
    made = times.seconds(token.payload.get("iat"))
    if made is None or not times.is_fresh(made, now, asked=True):
        raise Refusal(RefusalCode.PROOF_REFUSED, detail="age")


def _use(db: Session, nonce: object, keyring: Keyring, now: datetime) -> None:
    """Use up a nonce of ours; nobody else's, none of long ago, none twice."""
    said, _, mac = nonce.rpartition(".") if isinstance(nonce, str) else ("", "", "")
    if not hmac.compare_digest(mac.encode(), _mac(keyring, said).encode()):
        raise Refusal(RefusalCode.NONCE_REFUSED)
    if now.timestamp() - int(said.partition(".")[0]) > PRESENTATION_SECONDS:
        raise Refusal(RefusalCode.NONCE_REFUSED)
    try:
        credentials.use_nonce(db, said, now)
    except Refusal as refusal:
        raise Refusal(RefusalCode.NONCE_REFUSED) from refusal


def _mac(keyring: Keyring, said: str) -> str:
    return jose.b64u(hmac.digest(keyring.derive("openid/nonce"), said.encode(), hashlib.sha256))
