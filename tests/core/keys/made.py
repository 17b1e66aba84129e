"""A key service with one wrap in it, and guesses at it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pytest

from core.errors import Busy, Refusal
from core.keys import Keyring, KeyService, LocalKeyService, Receipt, Stretch, Wrapped
from tests.conftest import NOW

OWNER, PIN, WRONG = "owner", "839205", "502938"
KEY = b"k" * 32
CHEAP = Stretch(memory_kib=64, rounds=1, lanes=1)  # what is counted does not depend on the cost


@dataclass
class Wall:
    """The clock every service of these tests looks at; nobody who asks can turn it but the test."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now


WALL = Wall()


def served(keyring: Keyring, **more: Any) -> LocalKeyService:
    """A key service that looks at the wall."""
    WALL.now = NOW
    return LocalKeyService.of(keyring, clock=WALL, **more)


@dataclass
class Vault:
    """A service and her wrap."""

    service: KeyService
    owner: str = OWNER
    wrapped: Wrapped = field(init=False)

    def __post_init__(self) -> None:
        self.wrapped = wrap(self.service, owner=self.owner)

    def open(self, pin: str = PIN, now: datetime = NOW, receipt: Receipt | None = None) -> bytes:
        WALL.now = now
        return self.service.open(
            owner=self.owner, pin=pin, wrapped=self.wrapped, receipt=receipt
        ).key

    def guess(self, now: datetime = NOW) -> Refusal:
        with pytest.raises((Refusal, Busy)) as refused:
            self.open(WRONG, now)
        return refused.value

    def guess_at_once(self, guesses: int) -> Counter[str]:
        with ThreadPoolExecutor(guesses) as pool:
            return Counter(pool.map(lambda _: self.guess().code, range(guesses)))


def wrap(service: KeyService, **changes: Any) -> Wrapped:
    asked: dict[str, Any] = {"owner": OWNER, "pin": PIN, "key": KEY, "epoch": 1, "cost": CHEAP}
    return service.wrap(**(asked | changes))


@contextmanager
def refusal(code: str, **facts: object) -> Iterator[None]:
    with pytest.raises((Refusal, Busy)) as found:
        yield
    assert (found.value.code, found.value.facts) == (code, facts)
