"""What a credential type is called: its address at any node that hosts it."""

from __future__ import annotations

import re

from core.credentials.catalogue import COMMON as _COMMON
from core.credentials.catalogue import KINDS, CredentialType, EvidenceLevel, Kind

__all__ = ["COMMON", "KINDS", "CredentialType", "EvidenceLevel", "Kind", "type_of", "vct"]

COMMON = frozenset(_COMMON)
VERSION = "1"

_VCT = re.compile(rf"https?://[^\s?#]+/vct/({'|'.join(CredentialType)})/{VERSION}")


def vct(base_url: str, type: CredentialType) -> str:
    """The address that names version 1 of a type at the node of `base_url`."""
    return f"{base_url}/vct/{type}/{VERSION}"


def schema_address(base_url: str, type: CredentialType) -> str:
    """Where the JSON Schema of version 1 of a type is, at the node of `base_url`."""
    return f"{base_url}/schemas/{type}/{VERSION}.json"


def vc_schema_address(base_url: str, type: CredentialType) -> str:
    """The same for a whole credential of the W3C data model."""
    return f"{base_url}/schemas/{type}/{VERSION}.vc.json"


def type_of(vct: object) -> CredentialType | None:
    """The type a `vct` names, if it is one of ours: any node may host it, trust is in the issuer."""
    found = _VCT.fullmatch(vct) if isinstance(vct, str) else None
    return CredentialType(found[1]) if found else None
