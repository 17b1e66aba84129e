"""Whether the claims of one of our types are what the type says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.credentials.errors import refused
from core.credentials.types import KINDS, CredentialType, EvidenceLevel


def check(type: CredentialType, claims: Mapping[str, Any]) -> None:
    """Refuse `type` for claims that break the type; claims that are not shown cannot be judged."""
    kind = KINDS[type]
    if not kind.required <= claims.keys() or claims.get("evidence_level") not in list(
        EvidenceLevel
    ):
        raise refused("type", "schema")
    for name in kind.predicates & claims.keys():
        answers = claims[name].values() if isinstance(claims[name], dict) else [claims[name]]
        if not all(isinstance(answer, bool) for answer in answers):
            raise refused("type", "schema")
