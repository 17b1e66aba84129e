"""A payment desk with M-PESA played by a fake, and a counter that keeps what lending would be told."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.orm import Session, sessionmaker

from core.keys import Keyring
from tests.core.payments.counter import Counter
from tests.fake_daraja import FakeDaraja


@pytest.fixture
def daraja() -> Iterator[FakeDaraja]:
    fake = FakeDaraja().start()
    yield fake
    fake.stop()


@pytest.fixture
def counter(
    sessions: sessionmaker[Session], keyring: Keyring, daraja: FakeDaraja, tmp_path: Path
) -> Counter:
    return Counter.of(sessions, keyring, daraja, tmp_path)
