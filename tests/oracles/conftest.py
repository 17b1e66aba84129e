"""The one Node process of a test run.

A module that asks it is marked `pytest.mark.xdist_group("oracles")`, so that no second worker starts another.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.oracles.oracle import Oracle, missing


@pytest.fixture(scope="session")
def oracle() -> Iterator[Oracle]:
    reason = missing()
    if reason:
        pytest.skip(reason)
    made = Oracle()
    yield made
    made.close()
