"""What a PIN needs besides itself: the pepper no database holds, and the count of guesses nobody can roll back.

Wrapping and opening are whole verbs: nobody who asks gets a pepper, a stretched PIN or a guess that was not counted.
Nothing here knows a record. The same verbs are spoken in this process (`LocalKeyService`) and over a socket (client).
"""

from __future__ import annotations

import hashlib
import secrets
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import structlog
from argon2 import low_level
from nacl.exceptions import CryptoError
from nacl.secret import Aead

from config.limits import PIN_HASH_WAIT_SECONDS, PIN_HASHES_AT_ONCE, PIN_WRONG_PER_HOUR
from core import clock
from core.clock import Clock
from core.errors import Busy, Refusal
from core.keys.attempts import Alarm, Attempts, Receipt
from core.keys.fences import Fences, NoFences, kid_of, parts_of
from core.keys.keyring import Keyring
from core.keys.peppers import FIRST, FOLDER, FilePeppers, Peppers
from core.refusal_codes import RefusalCode

log = structlog.get_logger(__name__)

KEY_BYTES, SALT_BYTES = 32, 16
ATTEMPTS = "attempts.db"
_KEK, _SHARE = "growr/kek/v1", "growr/share/v1"


@dataclass(frozen=True, slots=True)
class Stretch:
    """How hard Argon2id works on a PIN; stored beside every wrap, so that it can be raised."""

    memory_kib: int = 19_456  # the OWASP minimum: the pepper and the counter do the real work
    rounds: int = 2
    lanes: int = 1


@dataclass(frozen=True, slots=True)
class Wrapped:
    """A key that only a PIN or a share and the pepper `kid` open; `epoch` grows with every wrap of an owner."""

    kid: str
    epoch: int
    sealed: bytes = field(repr=False)
    salt: bytes = b""
    cost: Stretch = field(default_factory=Stretch)

    @property
    def name(self) -> str:
        """How guesses at this wrap are counted."""
        return hashlib.sha256(self.sealed).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Opened:
    """The key, and whether its wrap is from before today's pepper."""

    key: bytes = field(repr=False)
    is_stale: bool


class KeyService(Protocol):
    """The verbs of custody; each may refuse `busy` where the service has too much to do or is away."""

    def wrap(self, *, owner: str, pin: str, key: bytes, epoch: int, cost: Stretch) -> Wrapped:
        """Wrap a key by a PIN; the epoch is higher where that one was erased."""

    def open(self, *, owner: str, pin: str, wrapped: Wrapped, receipt: Receipt | None) -> Opened:
        """Open a wrap with a PIN; refuses pin_wrong, pin_locked, pin_blocked, pin_paused, no_record (erased).

        The guess is counted before it is tried, by the service's own clock: who asks has no say in how long a lock-out
        lasts. A success is remembered as `receipt` before it is told.
        """

    def wrap_share(self, *, owner: str, share: bytes, key: bytes, epoch: int) -> Wrapped:
        """Wrap a key by 32 random bytes that somebody else keeps."""

    def open_share(
        self, *, owner: str, share: bytes, wrapped: Wrapped, receipt: Receipt | None = None
    ) -> bytes:
        """The key again; refuses `share_wrong`. Nobody guesses 32 bytes, so nothing is counted.

        A success is remembered as `receipt` before it is told.
        """

    def receipts(self, *, owner: str | None = None, limit: int) -> list[tuple[str, Receipt]]:
        """What was opened and is not yet known to be in its owner's chain, the oldest first."""

    def forget(self, tickets: Sequence[str]) -> None:
        """These receipts are committed."""

    def alarms(self, *, limit: int) -> list[Alarm]:
        """The lock-outs nobody was told of yet."""

    def told(self, ids: Sequence[int]) -> None:
        """These were told."""

    def erase(self, *, owner: str, epoch: int) -> None:
        """Never again open a wrap of this owner up to `epoch`."""

    def kids(self) -> list[str]:
        """The names of the peppers, today's last."""

    def rotate(self) -> str:
        """Make a new pepper; its name."""

    def destroy(self, kid: str) -> None:
        """Destroy an old pepper."""


class LocalKeyService:
    """The key service itself, in this process."""

    def __init__(
        self, attempts: Attempts, peppers: Peppers, clock: Clock, fences: Fences | None = None
    ) -> None:
        self._attempts, self._peppers, self._clock = attempts, peppers, clock
        self._fences = fences or NoFences()
        self._slots = threading.BoundedSemaphore(PIN_HASHES_AT_ONCE)

    @classmethod
    def of(
        cls,
        keyring: Keyring,
        *,
        folder: Path | None = None,
        peppers: Peppers | None = None,
        fences: Fences | None = None,
        wrong_per_hour: int = PIN_WRONG_PER_HOUR,
        clock: Clock = clock.now,
    ) -> LocalKeyService:
        """The service whose files are in `folder` (beside the seed); `peppers` in files unless told otherwise.

        `clock` is what lock-outs are measured by.
        """
        home = folder or keyring.folder
        is_old = (home / ATTEMPTS).exists() and not (home / FOLDER).exists()
        legacy = (lambda: keyring.derive(f"pepper/{FIRST}")) if is_old else None
        made = peppers or FilePeppers(home, legacy=legacy)  # before the count: see `is_old`
        return cls(Attempts(home / ATTEMPTS, wrong_per_hour=wrong_per_hour), made, clock, fences)

    def wrap(self, *, owner: str, pin: str, key: bytes, epoch: int, cost: Stretch) -> Wrapped:
        epoch = max(epoch, self._attempts.erased_until(owner) + 1)
        kid, salt = self._today(), secrets.token_bytes(SALT_BYTES)
        pepper, fence = parts_of(kid)
        with self._slot():
            secret = self._derive(pepper, owner, _stretch(pin, salt, cost))
        kek, note = self._fences.lock(fence, secret)
        sealed = note + bytes(Aead(kek).encrypt(key, _aad(owner, epoch, note)))
        return Wrapped(kid, epoch, sealed, salt, cost)

    def open(self, *, owner: str, pin: str, wrapped: Wrapped, receipt: Receipt | None) -> Opened:
        if wrapped.epoch <= self._attempts.erased_until(owner):
            raise Refusal(RefusalCode.NO_RECORD)
        # A locked owner costs no work and waits for nobody; a guess is counted once it certainly has a place.
        spare = self._attempts.check(owner, wrapped.name, now=self._clock())
        with self._slot():
            attempt = self._attempts.begin(owner, wrapped.name, now=self._clock())
            pin_key = _stretch(pin, wrapped.salt, wrapped.cost)
        try:
            pepper, fence = parts_of(wrapped.kid)
            note = self._fences.note(fence, wrapped.sealed)
            guess = self._fences.guess(fence, self._derive(pepper, owner, pin_key), note)
        except (Refusal, Busy):
            self._attempts.taken_back(owner, wrapped.name)
            raise
        try:
            key = Aead(guess.key).decrypt(
                wrapped.sealed[len(note) :], _aad(owner, wrapped.epoch, note)
            )
        except CryptoError:
            raise self._attempts.failed(owner, attempt, spare=spare) from None
        self._attempts.succeeded(owner, wrapped.name, receipt, now=self._clock())
        if guess.right() > attempt.tries:
            log.warning("guesses elsewhere", owner=owner)
        return Opened(key, wrapped.kid != self._today())

    def wrap_share(self, *, owner: str, share: bytes, key: bytes, epoch: int) -> Wrapped:
        kid = self._peppers.today()
        kek = self._peppers.mix(kid, join(_SHARE, owner, share))
        return Wrapped(kid, epoch, bytes(Aead(kek).encrypt(key, _aad(owner, epoch))))

    def open_share(
        self, *, owner: str, share: bytes, wrapped: Wrapped, receipt: Receipt | None = None
    ) -> bytes:
        if wrapped.epoch <= self._attempts.erased_until(owner):
            raise Refusal(RefusalCode.NO_RECORD)
        kek = self._peppers.mix(wrapped.kid, join(_SHARE, owner, share))
        try:
            key = Aead(kek).decrypt(wrapped.sealed, _aad(owner, wrapped.epoch))
        except CryptoError:
            raise Refusal(RefusalCode.SHARE_WRONG) from None
        if receipt is not None:
            self._attempts.opened(owner, receipt)
        return key

    def receipts(self, *, owner: str | None = None, limit: int) -> list[tuple[str, Receipt]]:
        return self._attempts.receipts(owner=owner, limit=limit)

    def forget(self, tickets: Sequence[str]) -> None:
        self._attempts.forget(tickets)

    def alarms(self, *, limit: int) -> list[Alarm]:
        return self._attempts.alarms(limit)

    def told(self, ids: Sequence[int]) -> None:
        self._attempts.told(ids)

    def erase(self, *, owner: str, epoch: int) -> None:
        self._attempts.erase(owner, epoch)

    def kids(self) -> list[str]:
        return self._peppers.kids()

    def rotate(self) -> str:
        return self._peppers.rotate()

    def destroy(self, kid: str) -> None:
        self._peppers.destroy(kid)

    def _today(self) -> str:
        return kid_of(self._peppers.today(), self._fences.today())

    def _derive(self, kid: str, owner: str, pin_key: bytes) -> bytes:
        return self._peppers.mix(kid, join(_KEK, owner, pin_key))

    @contextmanager
    def _slot(self) -> Iterator[None]:
        """One of the few places in which a PIN may be stretched; refuses `busy` when the wait is long."""
        if not self._slots.acquire(timeout=PIN_HASH_WAIT_SECONDS):
            raise Busy
        try:
            yield
        finally:
            self._slots.release()


def join(*fields: str | bytes) -> bytes:
    """Fields joined so that no two lists of fields give the same bytes."""
    raw = [field.encode() if isinstance(field, str) else field for field in fields]
    return b"".join(len(field).to_bytes(4) + field for field in raw)


def _stretch(pin: str, salt: bytes, cost: Stretch) -> bytes:
    return low_level.hash_secret_raw(
        pin.encode(), salt, cost.rounds, cost.memory_kib, cost.lanes, KEY_BYTES, low_level.Type.ID
    )


def _aad(owner: str, epoch: int, note: bytes = b"") -> bytes:
    return join(owner, "pin", str(epoch), *([note] if note else []))
