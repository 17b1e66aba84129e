"""Whether the claims of one of our types are what the type says: all of them before signing, the shown ones after."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.credentials.catalogue import COMMON, KINDS, CredentialType
from core.credentials.errors import refused
from core.errors import Refusal
from core.refusal_codes import RefusalCode

_FIELDS = {type: {**COMMON, **kind.fields} for type, kind in KINDS.items()}


def check(type: CredentialType, claims: Mapping[str, Any]) -> None:
    """Refuse `type` for claims that break the type; claims that are not shown cannot be judged."""
    required = KINDS[type].required
    if not required <= claims.keys() or "evidence_level" not in claims:
        raise refused("type", "schema")
    fields = _FIELDS[type]
    if not all(fields[name].fits(claims[name], False) for name in fields.keys() & claims.keys()):
        raise refused("type", "schema")


def check_whole(type: CredentialType, claims: Mapping[str, Any]) -> None:
    """Refuse what must not be signed: claim_unknown, claim_missing or claim_malformed, with the names."""
    kind, fields = KINDS[type], _FIELDS[type]
    _refuse(RefusalCode.CLAIM_UNKNOWN, type, claims.keys() - fields.keys())
    _refuse(RefusalCode.CLAIM_MISSING, type, kind.required - claims.keys())
    wrong = {name for name, value in claims.items() if not fields[name].fits(value, True)}
    _refuse(RefusalCode.CLAIM_MALFORMED, type, wrong)


def _refuse(code: RefusalCode, type: CredentialType, names: set[str] | frozenset[str]) -> None:
    if names:
        raise Refusal(code, type=type, names=sorted(names))
