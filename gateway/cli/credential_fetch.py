"""A status list fetched from the issuer's own host, and from nowhere else."""

from __future__ import annotations

from collections.abc import Iterator

from core.credentials import StatusRef, trust
from core.credentials.status_reading import MEDIA_TYPES
from core.errors import Refusal
from core.jobs.outside import Outside, Unreachable


def fetched(ref: StatusRef) -> Iterator[str]:
    """The list that a status is in, if its host gives it."""
    try:
        host = trust.host_of(ref.issuer or "")
        content = Outside().get(ref.uri, hosts=[host], accept=MEDIA_TYPES[ref.kind])
    except (Refusal, Unreachable):  # a name that is no host, e.g. a did:key
        return
    yield content.decode("utf-8", "replace")
