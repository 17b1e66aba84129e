"""Why a credential was refused: one stable word of the verifier's table, and which line of the table it was."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from core.errors import Refusal
from core.keys.jose import Broken
from core.refusal_codes import RefusalCode


def refused(reason: str, detail: str = "") -> Refusal:
    """The refusal of a credential; `reason` is one of the words of docs/credentials.md, `detail` one beneath it."""
    facts = {"reason": reason, "detail": detail} if detail else {"reason": reason}
    return Refusal(RefusalCode.CREDENTIAL_REFUSED, **facts)


@contextmanager
def refusing() -> Iterator[None]:
    """Whatever is broken in here is the refusal of a credential."""
    try:
        yield
    except Broken as broken:
        raise refused(broken.reason, broken.detail) from broken
