"""Whether somebody may borrow from a project: decided from presentations we verified, by values we compared ourselves.

A project's criteria are JSON in the manner of DCQL: [{"type": "kyc", "claims": [{"path": ["age_over", "18"],
"values": [true]}]}]. A claim without `values` only has to be there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

import rfc8785

from config.limits import ELIGIBILITY_SECONDS
from core.credentials.errors import refused
from core.credentials.issuer import Issuer
from core.credentials.question import Verified
from core.credentials.signers import Trust
from core.credentials.types import CredentialType
from core.credentials.verify import verify
from core.errors import Refusal
from core.keys import did, jose
from core.keys.jose import Jwk

Criterion = dict[str, Any]
TYP = "growr-eligibility+jwt"


@dataclass(frozen=True, slots=True)
class Eligibility:
    """That the holder of a DID meets some criteria; nothing of what she showed."""

    holder_did: str
    criteria_hash: str
    met: bool
    at: datetime


def check_eligibility(
    presentations: Sequence[str],
    *,
    criteria: Sequence[Criterion],
    holder_did: str,
    trust: Trust,
    audience: str,
    nonce: str,
    now: datetime,
) -> Eligibility:
    """Decide from presentations of one holder. Refuses `credential_refused`, or `not_eligible` naming the criterion."""
    shown = [
        verify(text, trust=trust, type=None, audience=audience, nonce=nonce, now=now)
        for text in presentations
    ]
    for verified in shown:
        _check_subject(verified, holder_did)
    for criterion in criteria:
        _check(criterion, shown)
    return Eligibility(holder_did, criteria_hash(criteria), True, now)


def requested(criteria: Iterable[Criterion]) -> dict[str, list[list[str]]]:
    """What to present for these criteria: the claim paths by credential type."""
    paths: dict[str, list[list[str]]] = {}
    for criterion in criteria:
        paths.setdefault(criterion["type"], []).extend(
            claim["path"] for claim in _claims(criterion)
        )
    return paths


def check_criteria(criteria: object) -> None:
    """Refuse `criteria_malformed` for what is not a list of criteria; for whoever takes them from a file."""
    if not isinstance(criteria, list) or not all(_is_criterion(one) for one in criteria):
        raise Refusal("criteria_malformed")


def criteria_hash(criteria: Sequence[Criterion]) -> str:
    """The name of a list of criteria: SHA-256 of its canonical JSON."""
    return jose.b64u(sha256(rfc8785.dumps(list(criteria))).digest())


def attest(eligibility: Eligibility, *, issuer: Issuer, project_id: str) -> str:
    """The result as the node's signed statement, valid for a day and silent about everything else."""
    until = eligibility.at + timedelta(seconds=ELIGIBILITY_SECONDS)
    words = {
        "iss": issuer.did,
        "sub": eligibility.holder_did,
        "project": project_id,
        "criteria_hash": eligibility.criteria_hash,
        "met": eligibility.met,
        "iat": int(eligibility.at.timestamp()),
        "exp": int(until.timestamp()),
    }
    return jose.sign({"typ": TYP, "kid": issuer.jwk["kid"]}, words, issuer.key)


def read_attestation(text: str, *, jwk: Jwk, now: datetime) -> dict[str, Any]:
    """The words of a statement of eligibility that `jwk` signed and that still holds."""
    try:
        token = jose.parse(text)
        jose.verify(token, jwk)
    except jose.Broken as broken:
        raise refused(broken.reason) from broken
    if token.header.get("typ") != TYP:
        raise refused("malformed")
    if token.payload["exp"] <= now.timestamp():
        raise refused("time")
    return token.payload


def _check_subject(verified: Verified, holder_did: str) -> None:
    holder = did.to_jwk(holder_did)
    if verified.holder_jwk != holder or verified.claims.get("sub", holder_did) != holder_did:
        raise refused("subject")


def _check(criterion: Criterion, shown: Sequence[Verified]) -> None:
    fitting = [verified.claims for verified in shown if verified.type == criterion["type"]]
    if not fitting:
        raise Refusal("not_eligible", criterion=criterion["type"])
    missed = [_missed(criterion, claims) for claims in fitting]
    if all(missed):
        raise Refusal("not_eligible", criterion=missed[0])


def _missed(criterion: Criterion, claims: Mapping[str, Any]) -> str | None:
    """The first claim of a criterion that a credential does not meet, e.g. "kyc.age_over.18"."""
    for claim in _claims(criterion):
        found = _select([claims], claim["path"])
        if not any(_fits(value, claim.get("values")) for value in found):
            return ".".join([criterion["type"], *(str(step) for step in claim["path"])])
    return None


def _select(nodes: list[Any], path: Sequence[str | int | None]) -> list[Any]:
    for step in path:
        nodes = [value for node in nodes for value in _step(node, step)]
    return nodes


def _step(node: Any, step: str | int | None) -> list[Any]:
    if isinstance(node, dict) and isinstance(step, str) and step in node:
        return [node[step]]
    if isinstance(node, list) and step is None:
        return node
    if isinstance(node, list) and isinstance(step, int) and 0 <= step < len(node):
        return [node[step]]
    return []


def _fits(value: Any, values: Sequence[Any] | None) -> bool:
    if values is None:
        return value not in ({}, [])  # a container of which nothing was shown
    # True == 1 in Python, and 1 is not what was asked for
    return any(type(value) is type(want) and value == want for want in values)


def _claims(criterion: Criterion) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = criterion.get("claims", [])
    return found


def _is_criterion(one: object) -> bool:
    if not isinstance(one, dict) or one.get("type") not in list(CredentialType):
        return False
    claims = one.get("claims", [])
    return isinstance(claims, list) and all(_is_claim(claim) for claim in claims)


def _is_claim(claim: object) -> bool:
    if not isinstance(claim, dict) or not isinstance(claim.get("values", []), list):
        return False
    path = claim.get("path")
    if not isinstance(path, list) or not path:
        return False
    return all(step is None or type(step) in (str, int) for step in path)
