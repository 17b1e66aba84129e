"""Two nodes for a test, on databases of a kind."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.two_nodes import TwoNodes

Make = Callable[..., TwoNodes]


@pytest.fixture
def make(databases: dict[str, Any], tmp_path: Path, redis_url: str) -> Iterator[Make]:
    """Makes two nodes, on databases of a kind."""
    made: list[TwoNodes] = []

    def two(kind: str = "sqlite", **more: Any) -> TwoNodes:
        urls = [databases[kind].fresh(tmp_path) for _ in range(2)]
        made.append(TwoNodes(tmp_path, urls, redis_url, **more))
        dropped.extend((kind, url) for url in urls)
        return made[-1]

    dropped: list[tuple[str, str]] = []
    yield two
    for nodes in made:
        nodes.stop()
    for kind, url in dropped:
        databases[kind].drop(url)


@pytest.fixture
def nodes(make: Make) -> TwoNodes:
    return make()
