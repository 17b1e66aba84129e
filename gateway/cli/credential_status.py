"""Status lists at a desk without a node: given as files, or fetched from the issuer's own host and nowhere else."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit

from core import clock
from core.credentials import StatusAnswer, StatusReader, StatusRef, Trust, trust
from core.credentials.status_reading import ReadList, answer, read_bitstring_list, read_token_list
from core.credentials.status_ref import TOKEN
from core.errors import Refusal
from core.jobs.outside import Outside, Unreachable

_ACCEPT = {"token": "application/statuslist+jwt", "bitstring": "application/vc+jwt"}


def reader(
    lists: Sequence[str], believed: Trust, *, fetch: bool, otherwise: StatusReader
) -> StatusReader:
    """Answers from the first of `lists` that its issuer signed for the place asked for; else as `otherwise` does."""

    def read(ref: StatusRef) -> StatusAnswer:
        for text in (*lists, *(_fetched(ref) if fetch else ())):
            found = _believed(text, ref, believed)
            if found is not None:
                return answer(found.bits, found.packed, ref)
        return otherwise(ref)

    return read


def _believed(text: str, ref: StatusRef, keys: Trust) -> ReadList | None:
    asked = {"uri": ref.uri, "issuer": ref.issuer or ""}
    try:
        if ref.kind == TOKEN:
            return read_token_list(text, **asked, trust=keys, now=clock.now())
        return read_bitstring_list(
            text, **asked, purpose=ref.purpose or "", trust=keys, now=clock.now()
        )
    except Refusal:
        return None  # another list, or a forged one


def _fetched(ref: StatusRef) -> Iterator[str]:
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
