"""The secret that no database holds: without it a PIN opens nothing. Where it lives is a provider's affair.

A pepper has a name (`kid`). A new one becomes today's, wraps follow at their owner's next unlock, and once none is left
behind the old one is destroyed: every backup of the database from before then is noise.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from core.errors import Refusal
from core.refusal_codes import RefusalCode

PEPPER_BYTES = 32
FIRST = "1"
FOLDER = "peppers"


class Peppers(Protocol):
    """Where the peppers are. Whoever replaces a provider keeps the old one until all wraps have followed."""

    def today(self) -> str:
        """The kid under which new wraps are made."""

    def kids(self) -> list[str]:
        """All there are, the oldest first."""

    def mix(self, kid: str, data: bytes) -> bytes:
        """32 bytes that only who holds the pepper can make of `data`. Refuses `pepper_unknown` and `busy`."""

    def rotate(self) -> str:
        """Make a new pepper today's; its kid."""

    def destroy(self, kid: str) -> None:
        """Forget a pepper for ever: what it wrapped is never opened again.

        Refuses `pepper_in_use` for today's, and `pepper_unknown`.
        """


class FilePeppers:
    """A file of 32 bytes each, mode 0600, in a folder that only the key service reads; read when first needed.

    `legacy` is the pepper of a home from before peppers had files: it was derived from the seed of the keyring. It is
    kept as the first, and a second one that no seed gives away is today's.
    """

    def __init__(self, folder: Path, *, legacy: Callable[[], bytes] | None = None) -> None:
        self._folder = folder / FOLDER
        if not self._folder.exists():
            _lay_out(self._folder, [legacy()] if legacy else [])

    def today(self) -> str:
        return self.kids()[-1]

    def kids(self) -> list[str]:
        return sorted((path.name for path in self._folder.glob("[0-9]*")), key=int)

    def mix(self, kid: str, data: bytes) -> bytes:
        path = self._folder / kid
        if not kid.isdecimal() or not path.exists():
            raise Refusal(RefusalCode.PEPPER_UNKNOWN, kid=kid)
        return hmac.digest(path.read_bytes(), data, hashlib.sha256)

    def rotate(self) -> str:
        kid = str(int(self.today()) + 1)
        _write(self._folder / kid, secrets.token_bytes(PEPPER_BYTES))
        return kid

    def destroy(self, kid: str) -> None:
        if kid == self.today():
            raise Refusal(RefusalCode.PEPPER_IN_USE, kid=kid)
        if kid not in self.kids():  # nor any other file: whoever may call could name the counts
            raise Refusal(RefusalCode.PEPPER_UNKNOWN, kid=kid)
        (self._folder / kid).unlink(missing_ok=True)


def _lay_out(folder: Path, old: list[bytes]) -> None:
    """The whole folder appears at once: of two processes that make it the first one's is the one."""
    folder.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = folder.with_name(f"{folder.name}.{secrets.token_hex(4)}")
    fresh.mkdir(mode=0o700)
    for number, pepper in enumerate([*old, secrets.token_bytes(PEPPER_BYTES)], start=int(FIRST)):
        _write(fresh / str(number), pepper)
    try:
        fresh.rename(folder)
    except OSError:  # the other one was first
        shutil.rmtree(fresh)


def _write(path: Path, data: bytes) -> None:
    handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    try:
        os.write(handle, data)
        os.fsync(handle)
    finally:
        os.close(handle)
