"""The W3C's data model of credentials, version 2.0: what ours look like in it, and what we demand of any.

How one is secured is another's concern: as a JWT (vcjwt), with a proof inside (dataintegrity), or as an SD-JWT.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from config.limits import CREDENTIAL_DEPTH
from core.credentials import binding, shape, status_ref, times, w3c_shape
from core.credentials.errors import refused
from core.credentials.issuer import Issuer
from core.credentials.question import Question, Verified, moment
from core.credentials.status_ref import StatusRef
from core.credentials.types import CredentialType, vc_schema_address
from core.errors import Refusal
from core.keys import did, jose
from core.keys.jose import Jwk

CONTEXT = "https://www.w3.org/ns/credentials/v2"
# The W3C's own context for names that no vocabulary defines: every verifier has it, and fetches nothing from us.
PLAIN_TERMS = "https://www.w3.org/ns/credentials/undefined-terms/v2"
CREDENTIAL, PRESENTATION = "VerifiableCredential", "VerifiablePresentation"
TYPE_NAMES = {
    "Growr" + "".join(word.capitalize() for word in type.split("_")): type
    for type in CredentialType
}


def build(
    *,
    issuer: Issuer,
    type: CredentialType,
    claims: Mapping[str, Any],
    holder_jwk: Jwk,
    now: datetime,
    expires_at: datetime,
    status: Sequence[StatusRef] = (),
) -> dict[str, Any]:
    """A credential of ours before it is secured; the subject is named by her key, a did:key."""
    name = next(name for name, of in TYPE_NAMES.items() if of is type)
    return {
        "@context": [CONTEXT, PLAIN_TERMS],
        "type": [CREDENTIAL, name],
        "issuer": issuer.did,
        "validFrom": times.stamped(now),
        "validUntil": times.stamped(expires_at),
        "credentialSubject": {"id": did.from_jwk(jose.only_public(holder_jwk)), **claims},
        "credentialSchema": {
            "id": vc_schema_address(issuer.base_url, type),
            "type": "JsonSchema",
        },
        **status_ref.entries(status),
    }


def issuer_of(document: Mapping[str, Any]) -> object:
    """The issuer a credential names: its identifier, or the `id` of an object."""
    issuer = document.get("issuer")
    return issuer.get("id") if isinstance(issuer, dict) else issuer


def believed(document: dict[str, Any], question: Question) -> Verified:
    """What a credential says whose signature was checked. Refuses `malformed`, `type`, `time`, `status`."""
    check_document(document, CREDENTIAL)
    if "issuer" not in document:
        raise refused("malformed", "issuer")
    subject = _subject(document)
    starts, ends = (times.stamp(document, name) for name in ("validFrom", "validUntil"))
    times.check_window(starts, ends, question.now)
    found = _type(document, subject, question.type)
    if found is not None and ends is None:
        raise refused("time", "no_validity")
    issuer = str(issuer_of(document))
    refs = tuple(status_ref.of_vcdm(document, issuer))
    return Verified(found, issuer, _holder(document, subject), moment(ends), document, refs)


def check_document(document: Mapping[str, Any], kind: str) -> None:
    """Refuse what is not a credential or presentation of version 2.0."""
    context = document.get("@context")
    if not isinstance(context, list) or not context or context[0] != CONTEXT:
        raise refused("malformed", "context")
    if kind not in types(document):
        raise refused("malformed", "not_w3c")
    _check_depth(document, 0)
    w3c_shape.check(document)


def types(document: Mapping[str, Any]) -> list[object]:
    """The types of a document; one may stand alone."""
    found = document.get("type", [])
    return found if isinstance(found, list) else [found]


def _check_depth(value: object, depth: int) -> None:
    if depth > CREDENTIAL_DEPTH:
        raise refused("malformed", "too_deep")
    if isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            _check_depth(item, depth + 1)


def _subject(document: Mapping[str, Any]) -> dict[str, Any]:
    """Whom a credential is about; of several subjects, none holds it."""
    found = document.get("credentialSubject")
    listed = found if isinstance(found, list) else [found]
    subjects = [subject for subject in listed if isinstance(subject, dict) and subject]
    if not subjects or len(subjects) < len(listed):
        raise refused("malformed", "subject")
    return subjects[0] if len(subjects) == 1 else {}


def _type(
    document: Mapping[str, Any], subject: Mapping[str, Any], expected: CredentialType | None
) -> CredentialType | None:
    names = [name for name in types(document) if isinstance(name, str)]
    found = next((TYPE_NAMES[name] for name in names if name in TYPE_NAMES), None)
    if expected is not None and found != expected:
        raise refused("type", "another")
    if found is not None:
        shape.check(found, subject)
    return found


def _holder(document: Mapping[str, Any], subject: Mapping[str, Any]) -> Jwk | None:
    if "cnf" in document:
        return binding.holder(document)
    try:
        return did.to_jwk(str(subject.get("id")))
    except Refusal:
        return None  # an identifier that is no key: she cannot prove that it is hers
