"""Where a credential says its status can be looked up, and what may be answered.

The verifier only reads the place and asks at a door: who answers (an own table, a fetched list) is another's concern.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal

from config.limits import URI_CHARACTERS
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


def check(refs: Iterable[StatusRef], reader: StatusReader | None) -> None:
    """Refuse `status` unless every list says valid; without a reader nothing says so."""
    for ref in refs:
        answer = reader(ref) if reader else "not_looked_up"
        if answer is not StatusAnswer.VALID:
            raise refused("status", str(answer))


def claim(refs: Iterable[StatusRef]) -> dict[str, Any]:
    """The member `status` of an SD-JWT VC that names our entry of the Token Status List."""
    lists = [{"idx": ref.index, "uri": ref.uri} for ref in refs if ref.kind == TOKEN]
    return {"status": {"status_list": lists[0]}} if lists else {}


def entries(refs: Iterable[StatusRef]) -> dict[str, Any]:
    """The member `credentialStatus` of a VCDM 2.0 credential that names our entries of Bitstring Status Lists."""
    found = [
        {
            "id": f"{ref.uri}#{ref.index}",
            "type": ENTRY_TYPE,
            "statusPurpose": ref.purpose,
            "statusListIndex": str(ref.index),
            "statusListCredential": ref.uri,
        }
        for ref in refs
        if ref.kind == BITSTRING
    ]
    return {"credentialStatus": found} if found else {}


def of_sd_jwt(claims: Mapping[str, Any]) -> list[StatusRef]:
    """The entry an SD-JWT VC names; refuses `status`, also the W3C's way to say it, which has no place there."""
    if "credentialStatus" in claims:
        raise refused("status", "kind_unknown")
    return of_jwt(claims, claims.get("iss"))


def of_jwt(claims: Mapping[str, Any], issuer: str | None) -> list[StatusRef]:
    """The entry that `status.status_list` of a JWT names (Token Status List); refuses `status`, also any other kind."""
    if "status" not in claims:
        return []
    status = claims["status"]
    entry = status.get("status_list") if isinstance(status, dict) else None
    if not isinstance(entry, dict) or len(status) > 1:  # another member might say "revoked"
        raise refused("status", "kind_unknown")
    index, uri = entry.get("idx"), entry.get("uri")
    if isinstance(index, bool) or not isinstance(index, int) or not 0 <= index < 10**_DIGITS:
        raise refused("status", "index")
    return [StatusRef(TOKEN, _address(uri), index, issuer=issuer)]


def of_vcdm(credential: Mapping[str, Any], issuer: str) -> list[StatusRef]:
    """The entries that a VCDM 2.0 credential names: of Bitstring Status Lists, or as a JWT of a Token Status List.

    Refuses `status`.
    """
    found = credential.get("credentialStatus", [])
    listed = found if isinstance(found, list) else [found]
    return [*(_entry(entry, issuer) for entry in listed), *of_jwt(credential, issuer)]


def _entry(entry: object, issuer: str) -> StatusRef:
    if not isinstance(entry, dict) or entry.get("type") != ENTRY_TYPE:
        raise refused("status", "kind_unknown")
    index, purpose = entry.get("statusListIndex"), entry.get("statusPurpose")
    if not isinstance(index, str) or not index.isascii() or not index.isdecimal():
        raise refused("status", "index")
    if len(index) > _DIGITS:
        raise refused("status", "index")
    if purpose not in _PURPOSES:
        raise refused("status", "purpose")
    if _is_more_than_a_bit(entry):
        raise refused("status", "size")
    place = _address(entry.get("statusListCredential"))
    return StatusRef(BITSTRING, place, int(index), purpose, issuer)


def _is_more_than_a_bit(entry: Mapping[str, Any]) -> bool:
    """Whether the entry is of several bits, with messages of its issuer: one bit of it would say something else."""
    size = entry.get("statusSize", 1)
    return type(size) is not int or size != 1 or "statusMessage" in entry


def _address(uri: object) -> str:
    if not isinstance(uri, str) or not uri.lower().startswith(("https://", "http://")):
        raise refused("status", "address")
    if len(uri) > URI_CHARACTERS or not uri.isascii() or not uri.isprintable():
        raise refused("status", "address")
    return uri
