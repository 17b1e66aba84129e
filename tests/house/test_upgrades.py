"""Several machines upgrade one database at once: each waits, one does it, all find it done."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from config.settings import Settings
from gateway.cli.schema import found, newest
from tests.databases import PostgresDatabases

UPGRADE = "import sys; from gateway.cli.db import to_head; to_head(sys.argv[1])"
MACHINES = 4


@pytest.fixture(params=["sqlite", "sqlite with a question mark", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path, databases: dict[str, object]) -> str:
    """The address of a database that nobody has upgraded yet."""
    if request.param != "postgresql":
        home = tmp_path / ("why? #1 50%" if "mark" in request.param else "home")
        home.mkdir()
        return Settings(home=home).database
    server = databases["postgresql"]
    assert isinstance(server, PostgresDatabases)
    return server.bare()


def test_upgrades_at_once_wait_for_each_other(empty: str) -> None:
    words = [sys.executable, "-c", UPGRADE, empty]
    machines = [subprocess.Popen(words, stderr=subprocess.PIPE, text=True) for _ in range(MACHINES)]

    for one in machines:
        _, said = one.communicate(timeout=600)
        assert one.returncode == 0, said
    assert found(empty) == newest()
