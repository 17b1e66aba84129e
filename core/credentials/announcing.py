"""What an issuer tells the world about itself at its well-known addresses, beside its DID document."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from config.limits import DOMAIN_LINKAGE_DAYS
from core.credentials import times
from core.credentials.catalogue import CredentialType
from core.credentials.issuer import Issuer
from core.credentials.labels import DESCRIPTIONS, TITLES, label
from core.credentials.schemas import metadata
from core.credentials.types import vct
from core.keys import did, jose
from core.keys.jose import Jwk
from core.words import LANGUAGES, words

LINKAGE_CONTEXT = "https://identity.foundation/.well-known/did-configuration/v1"
VC_1_1_CONTEXT = "https://www.w3.org/2018/credentials/v1"
ALGORITHMS = ["EdDSA", "ES256"]
PRE_AUTHORIZED = "urn:ietf:params:oauth:grant-type:pre-authorized_code"


def did_configuration(issuer: Issuer, dids: Iterable[str], now: datetime) -> dict[str, Any]:
    """That these DIDs and the origin of the node belong together, signed in the name of each (VC 1.1, as JWT)."""
    made = datetime(
        now.year, now.month, now.day, tzinfo=UTC
    )  # the same all day, so that it may be kept
    return {
        "@context": LINKAGE_CONTEXT,
        "linked_dids": [_linkage(issuer, name, made) for name in dids],
    }


def jwt_vc_issuer(issuer: Issuer, keys: Sequence[Jwk]) -> dict[str, Any]:
    """The keys of the issuer by its https address (SD-JWT VC)."""
    return {"issuer": issuer.base_url, "jwks": {"keys": list(keys)}}


def credential_issuer(issuer: Issuer, names: Sequence[str] = ()) -> dict[str, Any]:
    """What this issuer issues (OpenID4VCI 1.0), one configuration for each type; `names` are who confirms it."""
    shown = {"display": [{"name": ", ".join(names)}]} if names else {}
    return {
        "credential_issuer": issuer.base_url,
        **shown,
        "credential_endpoint": f"{issuer.base_url}/openid/credential",
        "nonce_endpoint": f"{issuer.base_url}/openid/nonce",
        "notification_endpoint": f"{issuer.base_url}/openid/notification",
        "credential_configurations_supported": {
            configuration_id(type): _configuration(type, issuer.base_url) for type in CredentialType
        },
    }


def authorization_server(issuer: Issuer) -> dict[str, Any]:
    """Where a wallet changes the code of an offer into a token (RFC 8414, OpenID4VCI 1.0); we have no log-in page."""
    return {
        "issuer": issuer.base_url,
        "token_endpoint": f"{issuer.base_url}/openid/token",
        "grant_types_supported": [PRE_AUTHORIZED],
        "response_types_supported": [],
        "token_endpoint_auth_methods_supported": ["none"],
        "pre-authorized_grant_anonymous_access_supported": True,
    }


def configuration_id(type: str) -> str:
    """What a type is called in offers."""
    return f"growr_{type}"


def _configuration(type: CredentialType, base_url: str) -> dict[str, Any]:
    claims = metadata(type, base_url)["claims"]
    return {
        "format": "dc+sd-jwt",
        "vct": vct(base_url, type),
        "cryptographic_binding_methods_supported": ["jwk", "did:key", "did:jwk"],
        "credential_signing_alg_values_supported": ALGORITHMS,
        "proof_types_supported": {"jwt": {"proof_signing_alg_values_supported": ALGORITHMS}},
        "credential_metadata": {
            "display": [_display(type, language) for language in LANGUAGES],
            "claims": [{"path": claim["path"], "display": _named(claim)} for claim in claims],
        },
    }


def _display(type: CredentialType, language: str) -> dict[str, str]:
    said = words(language).say
    return {
        "name": said(TITLES[type]), "description": said(DESCRIPTIONS[type]), "locale": language
    }  # fmt: skip


def _named(claim: dict[str, Any]) -> list[dict[str, str]]:
    return [
        {"name": label(words(language), claim["path"]), "locale": language}
        for language in LANGUAGES
    ]


def _linkage(issuer: Issuer, name: str, made: datetime) -> str:
    place, ends = urlsplit(issuer.base_url), made + timedelta(days=DOMAIN_LINKAGE_DAYS)
    credential = {
        "@context": [VC_1_1_CONTEXT, LINKAGE_CONTEXT],
        "type": ["VerifiableCredential", "DomainLinkageCredential"],
        "issuer": name,
        "issuanceDate": times.stamped(made),
        "expirationDate": times.stamped(ends),
        "credentialSubject": {"id": name, "origin": f"{place.scheme}://{place.netloc}"},
    }
    claims = {
        "iss": name,
        "sub": name,
        "nbf": int(made.timestamp()),
        "exp": int(ends.timestamp()),
        "vc": credential,
    }
    return jose.sign({"kid": did.key_id(name, issuer.jwk)}, claims, issuer.key)
