"""Status lists at a desk without a node: given as files, or fetched."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from core import clock
from core.credentials import StatusAnswer, StatusReader, StatusRef, Trust
from core.credentials.status_reading import ReadList, answer, read_bitstring_list, read_token_list
from core.credentials.status_ref import TOKEN
from core.errors import Refusal

Fetch = Callable[[StatusRef], Iterable[str]]


def reader(
    lists: Sequence[str], believed: Trust, *, fetch: Fetch | None, otherwise: StatusReader
) -> StatusReader:
    """Answers from the first of `lists` that its issuer signed for the place asked for; else as `otherwise` does."""

    def read(ref: StatusRef) -> StatusAnswer:
        for text in (*lists, *(fetch(ref) if fetch else ())):
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
