"""Where a credential says its status can be looked up, and what may be answered.

The verifier only reads the place and asks at a door: who answers (an own table, a fetched list) is another's concern.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal

from core.credentials.errors import refused

TOKEN: Literal["token"] = "token"  # noqa: S105 - the kind of list, not a secret
BITSTRING: Literal["bitstring"] = "bitstring"
ENTRY_TYPE = "BitstringStatusListEntry"
_PURPOSES = ("revocation", "suspension")
_DIGITS = 12  # of an index; no list is that long


class StatusAnswer(StrEnum):
    """What a status list says of one credential; UNKNOWN where none could be read."""

    VALID = "valid"
    REVOKED = "revoked"
    SUSPENDED = "suspended"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class StatusRef:
    """One entry of one list; `purpose` is None for a Token Status List, whose values tell it themselves.

    `issuer` is who issued the credential: a list of anybody else says nothing about it.
    """

    kind: Literal["token", "bitstring"]
    uri: str
    index: int
    purpose: str | None = None
    issuer: str | None = None


StatusReader = Callable[[StatusRef], StatusAnswer]


def of_sd_jwt(claims: Mapping[str, Any]) -> list[StatusRef]:
    """The entry that `status.status_list` of an SD-JWT VC names (Token Status List); refuses `status`."""
    if "status" not in claims:
        return []
    status = claims["status"]
    entry = status.get("status_list") if isinstance(status, dict) else None
    if not isinstance(entry, dict):
        raise refused("status")  # a kind of status we cannot look up
    index, uri = entry.get("idx"), entry.get("uri")
    if isinstance(index, bool) or not isinstance(index, int) or index < 0:
        raise refused("status")
    return [StatusRef(TOKEN, _address(uri), index, issuer=claims.get("iss"))]


def of_vcdm(credential: Mapping[str, Any], issuer: str) -> list[StatusRef]:
    """The entries that `credentialStatus` of a VCDM 2.0 credential names (Bitstring Status List); refuses `status`."""
    found = credential.get("credentialStatus", [])
    return [_entry(entry, issuer) for entry in (found if isinstance(found, list) else [found])]


def _entry(entry: object, issuer: str) -> StatusRef:
    if not isinstance(entry, dict) or entry.get("type") != ENTRY_TYPE:
        raise refused("status")
    index, purpose = entry.get("statusListIndex"), entry.get("statusPurpose")
    if not isinstance(index, str) or not index.isascii() or not index.isdecimal():
        raise refused("status")
    if len(index) > _DIGITS or purpose not in _PURPOSES:
        raise refused("status")
    place = _address(entry.get("statusListCredential"))
    return StatusRef(BITSTRING, place, int(index), purpose, issuer)


def _address(uri: object) -> str:
    if not isinstance(uri, str) or not uri.startswith(("https://", "http://")):
        raise refused("status")
    return uri
