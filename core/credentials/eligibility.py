"""Whether somebody may borrow from a project: decided from presentations we verified, by values we compared ourselves.

A project's criteria are JSON in the manner of DCQL: [{"type": "kyc", "claims": [{"path": ["age_over", "18"],
"values": [true]}]}], or a DCQL query (core.credentials.dcql). A claim without `values`, `at_least` and `at_most` only
has to be there.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from typing import Any

import rfc8785

from config.limits import ELIGIBILITY_SECONDS
from core.credentials import binding, dcql, times
from core.credentials.dcql import Criteria, Criterion
from core.credentials.errors import refused, refusing
from core.credentials.issuer import Issuer
from core.credentials.question import Verified
from core.credentials.signers import Trust
from core.credentials.status_ref import StatusReader
from core.credentials.verify import verify
from core.errors import Refusal
from core.keys import did, jose
from core.keys.jose import Jwk, Token
from core.refusal_codes import RefusalCode

# What is shown: by phone one of each type, by a wallet for each query (its id) the one that answers it.
Shown = Sequence[str] | Mapping[str, str]
_DECIMAL = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,6})?", re.ASCII)
TYP = "growr-eligibility+jwt"


@dataclass(frozen=True, slots=True)
class Eligibility:
    """That the holder of a DID meets some criteria; nothing of what she showed."""

    holder_did: str
    criteria_hash: str
    met: bool
    at: datetime


def check_eligibility(
    presentations: Shown,
    *,
    criteria: Criteria,
    holder_did: str,
    trust: Trust,
    audience: str,
    nonce: str,
    now: datetime,
    status: StatusReader | None = None,
    holder_keys: Collection[str] | None = None,
    transaction_data: Sequence[str] = (),
) -> Eligibility:
    """Decide from presentations of one holder. Refuses `credential_refused`, or `not_eligible` naming the criterion.

    Presentations by the id of their query are judged by that query, others by the type of what they show.

    `holder_keys` are the thumbprints of the keys of a wallet that has several; without them only the key of
    `holder_did` is hers. Of `transaction_data` one presentation must carry the hashes, and none others.
    """
    texts = [*presentations.values()] if isinstance(presentations, Mapping) else [*presentations]
    approving = [text for text in texts if transaction_data and binding.approves(text)]
    if transaction_data and not approving:
        raise refused("binding", "transaction")
    shown = [
        verify(
            text, trust=trust, type=None, audience=audience, nonce=nonce, now=now, status=status,
            transaction_data=transaction_data if text in approving else (),
        )
        for text in texts
    ]  # fmt: skip
    keys = {jose.thumbprint(did.to_jwk(holder_did))} if holder_keys is None else holder_keys
    for verified in shown:
        _check_subject(verified, keys)
    ids = [*presentations] if isinstance(presentations, Mapping) else [None] * len(shown)
    named = [*zip(ids, shown, strict=True)]
    missed = [_first_missed(option, named) for option in dcql.options(criteria)]
    if all(missed):
        raise Refusal(RefusalCode.NOT_ELIGIBLE, criterion=missed[0])
    return Eligibility(holder_did, criteria_hash(criteria), True, now)


def requested(criteria: Iterable[Criterion]) -> dict[str, list[list[str]]]:
    """What to present for these criteria: the claim paths by credential type."""
    paths: dict[str, list[list[str]]] = {}
    for criterion in criteria:
        paths.setdefault(criterion["type"], []).extend(
            claim["path"] for claim in _claims(criterion)
        )
    return paths


def criteria_hash(criteria: Criteria) -> str:
    """The name of criteria: SHA-256 of their canonical JSON."""
    return jose.b64u(sha256(rfc8785.dumps(criteria)).digest())


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
    with refusing():
        token = jose.parse(text)
        jose.verify(token, jwk)
    if token.header.get("typ") != TYP:
        raise refused("malformed")
    return holding(token, now)


def holding(token: Token, now: datetime) -> dict[str, Any]:
    """The words of a statement that is believed, unless its time is over."""
    if "exp" not in token.payload:
        raise refused("time", "no_validity")
    times.check_jwt(token.payload, None, now)
    return token.payload


def _check_subject(verified: Verified, keys: Collection[str]) -> None:
    """Refuse a credential of another: not made out to one of `keys`, or naming somebody else as its subject."""
    holder = verified.holder_jwk
    if holder is None or jose.thumbprint(holder) not in keys:
        raise refused("subject")
    about = verified.claims.get("credentialSubject")
    named = verified.claims.get("sub"), about.get("id") if isinstance(about, dict) else None
    for subject in named:
        if subject is not None and not _is_key(subject, holder):
            raise refused("subject")


def _is_key(name: object, key: Jwk) -> bool:
    try:
        return jose.is_same_key(did.to_jwk(str(name)), key)
    except Refusal:
        return False


def _first_missed(
    criteria: Sequence[Criterion], shown: Sequence[tuple[str | None, Verified]]
) -> str | None:
    """The first criterion that nothing shown for it meets, None if all are met."""
    for criterion in criteria:
        fitting = [
            verified.claims
            for name, verified in shown
            if verified.type == criterion["type"] and name in (None, criterion["id"])
        ]
        missed = [missed_by(criterion, claims) for claims in fitting] or [str(criterion["type"])]
        if all(missed):
            return missed[0]
    return None


def missed_by(criterion: Criterion, claims: Mapping[str, Any]) -> str | None:
    """The first claim of a criterion that a credential does not meet, e.g. "kyc.age_over.18"."""
    for claim in _claims(criterion):
        found = _select([claims], claim["path"])
        if not any(_fits(value, claim) for value in found):
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


def _fits(value: Any, claim: Mapping[str, Any]) -> bool:
    if "at_least" in claim or "at_most" in claim:
        figure = _figure(value)
        if figure is None or not claim.get("at_least", figure) <= figure <= claim.get(
            "at_most", figure
        ):
            return False
    if "values" not in claim:
        return value not in ({}, [])  # a container of which nothing was shown
    # True == 1 in Python, and 1 is not what was asked for
    return any(type(value) is type(want) and value == want for want in claim["values"])


def _figure(value: Any) -> Decimal | None:
    """A number, a decimal text, or an amount of money in whole units; None for anything else."""
    if isinstance(value, dict):
        value = value.get("value")
    if isinstance(value, bool) or not isinstance(value, int | str):
        return None
    return Decimal(value) if _DECIMAL.fullmatch(str(value)) else None


def _claims(criterion: Criterion) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = criterion.get("claims", [])
    return found
