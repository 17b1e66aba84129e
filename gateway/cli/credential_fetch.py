"""A status list fetched from the issuer's own host, and from nowhere else."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from core.credentials import StatusRef, trust
from core.errors import Refusal
from core.jobs.outside import Outside, Unreachable

_ACCEPT = {"token": "application/statuslist+jwt", "bitstring": "application/vc+jwt"}


def fetched(ref: StatusRef) -> Iterator[str]:
    """The list that a status is in, if its host gives it."""
    try:
        content = Outside().get(
            ref.uri, hosts=[host_of(ref.issuer or "")], accept=_ACCEPT[ref.kind]
        )
    except Unreachable:
        return
    yield content.decode("ascii", "replace")


def host_of(issuer: str) -> str:
    """The host that an issuer's name is: of a did:web, or of an https address; empty for any other."""
    try:
        place = trust.address(issuer) if issuer.startswith("did:web:") else issuer
    except Refusal:
        return ""
    return urlsplit(place).hostname or ""
