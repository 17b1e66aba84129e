"""The custody of a node, over the keyring of the test."""

from __future__ import annotations

import pytest

from core.keys import Keyring
from core.sscr import Custody
from tests.core.keys.made import served


@pytest.fixture
def custody(keyring: Keyring) -> Custody:
    return Custody.of(keyring, did="did:web:node.example", service=served(keyring))
