"""One credential in any of three formats: issue it, and show it to one verifier."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from nacl.signing import SigningKey

from core.credentials import dataintegrity, presentations, sdjwt, vcdm, vcjwt
from core.credentials.disclosures import Path
from core.credentials.errors import refused, refusing
from core.credentials.issuer import Issuer
from core.credentials.status_ref import StatusRef
from core.credentials.types import CredentialType
from core.errors import Refusal
from core.keys import jose
from core.keys.jose import Jwk, PrivateKey
from core.refusal_codes import RefusalCode


class Format(StrEnum):
    """How a credential is written; only SD-JWT VC shows less than everything."""

    SD_JWT = "sd-jwt"
    VC_JWT = "vc-jwt"
    DI_JCS = "di-jcs"


def issue(
    *,
    issuer: Issuer,
    type: CredentialType,
    claims: Mapping[str, Any],
    holder_jwk: Jwk,
    now: datetime,
    expires_at: datetime,
    status: Sequence[StatusRef] = (),
    format: Format = Format.SD_JWT,
) -> str:
    """Sign `claims` of a type for the holder of a key. Refuses `claim_unknown`, `key_unfit`."""
    if format is Format.SD_JWT:
        return sdjwt.issue(
            issuer=issuer, type=type, claims=claims, holder_jwk=holder_jwk, now=now, expires_at=expires_at,
            status=status,
        )  # fmt: skip
    credential = vcdm.build(
        issuer=issuer, type=type, claims=sdjwt.whole(type, claims, now=now), holder_jwk=holder_jwk, now=now,
        expires_at=expires_at, status=status,
    )  # fmt: skip
    if format is Format.VC_JWT:
        return vcjwt.sign(credential, issuer)
    method = issuer.jwk["kid"]
    return jose.dumps(
        dataintegrity.sign(credential, key=_ed25519(issuer.key), method=method, now=now)
    )


def present(
    credential: str,
    *,
    paths: Iterable[Path],
    key: PrivateKey,
    audience: str,
    nonce: str,
    now: datetime,
    claims: Mapping[str, Any] | None = None,
    transaction_data: Sequence[str] = (),
) -> str:
    """Show a credential to one verifier, once: of an SD-JWT the claims at `paths`, of the others everything.

    `claims` and `transaction_data` are further words of the holder, which only an SD-JWT has a place for.
    """
    if "~" in credential and not credential.startswith("{"):
        return sdjwt.Held(credential).present(
            paths=paths, key=key, audience=audience, nonce=nonce, now=now, claims=claims,
            transaction_data=transaction_data,
        )  # fmt: skip
    assert not claims, "only an SD-JWT has a place for more words"
    assert not transaction_data, "only an SD-JWT has a place for a transaction"
    with refusing():
        document = _document(credential)
        vcdm.check_document(document, vcdm.CREDENTIAL)
    if not credential.startswith("{"):
        return presentations.present_token(
            credential, key=key, audience=audience, nonce=nonce, now=now
        )
    return jose.dumps(
        presentations.present_document(
            document, key=_ed25519(key), audience=audience, nonce=nonce, now=now
        )
    )


def missing_claims(credential: str, paths: Iterable[Path]) -> list[str]:
    """The paths at which a credential holds nothing, as they are typed."""
    if "~" in credential and not credential.startswith("{"):
        claims = sdjwt.contents(credential)
    else:
        with refusing():
            document = _document(credential)
        found = document.get("credentialSubject")
        claims = found if isinstance(found, dict) else {}
    return [".".join(map(str, path)) for path in paths if not _has(claims, path)]


def _has(node: Any, path: Path) -> bool:
    for step in path:
        if not isinstance(node, Mapping) or step not in node:
            return False
        node = node[step]
    return True


def _document(credential: str) -> dict[str, Any]:
    """The W3C's credential in a JWT, or in JSON."""
    if not credential.startswith("{"):
        return jose.parse(credential).payload
    found = jose.loads(credential)
    if not isinstance(found, dict):
        raise refused("malformed", "not_w3c")
    return found


def _ed25519(key: PrivateKey) -> SigningKey:
    if not isinstance(key, SigningKey):
        raise Refusal(RefusalCode.KEY_UNFIT, need="Ed25519")
    return key
