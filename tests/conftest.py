"""Fixtures of every test: a database of each kind, a Redis, and "now"."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import redis
from hypothesis import Phase, settings
from hypothesis.database import DirectoryBasedExampleDatabase
from sqlalchemy import Engine
from sqlalchemy.orm import Session, sessionmaker

import tests.patience  # noqa: F401 (first: the modules below take their limits when they are loaded)
from core import keys
from core.db import connect
from core.keys import Keyring
from tests import memory
from tests.databases import PostgresDatabases, SqliteDatabases
from tests.servers import Postgres, Redis

KEPT = DirectoryBasedExampleDatabase(Path(__file__).parent / "examples")
settings.register_profile("explore", database=KEPT, deadline=None, print_blob=True)
settings.register_profile(
    "replay", database=KEPT, deadline=None, phases=(Phase.explicit, Phase.reuse)
)

NOW = datetime(2026, 11, 21, 7, 30, tzinfo=UTC)  # 10:30 on a Saturday in Nairobi
POSTGRES = "GROWR_TEST_POSTGRES"


def pytest_configure(config: pytest.Config) -> None:
    """Start PostgreSQL once, before the parallel workers inherit its address."""
    if hasattr(config, "workerinput") or config.option.collectonly:
        return
    if memory.is_fit():  # a disk is asked to keep what nobody will read again, some thousand times
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(memory.FOLDER))
    folder = Path(
        tempfile.mkdtemp(prefix="growr-tests-", dir=os.environ.get("PYTEST_DEBUG_TEMPROOT"))
    )
    folder.chmod(0o755)
    (folder / "pg").mkdir()
    postgres = Postgres(folder / "pg")
    os.environ[POSTGRES] = postgres.start()

    def stop() -> None:
        postgres.stop()
        shutil.rmtree(folder, ignore_errors=True)

    config.add_cleanup(stop)


@pytest.fixture(scope="session")
def databases(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The makers of databases, each with its template; built when first asked for."""
    folder = tmp_path_factory.mktemp("template")
    return {
        "sqlite": SqliteDatabases(folder),
        "postgresql": PostgresDatabases(os.environ[POSTGRES]),
    }


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(
    request: pytest.FixtureRequest, databases: dict[str, Any], tmp_path: Path
) -> Iterator[str]:
    """The address of an empty database with today's schema; every test that uses it runs on both kinds."""
    url = databases[request.param].fresh(tmp_path)
    yield url
    databases[request.param].drop(url)


@pytest.fixture
def keyring(tmp_path: Path) -> Keyring:
    return keys.create(tmp_path / "keys")


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    made = connect(database_url)
    yield made
    made.dispose()


@pytest.fixture
def sessions(engine: Engine, keyring: Keyring) -> sessionmaker[Session]:
    """Sessions as the node makes them: they carry the key that signs its books."""
    return sessionmaker(
        engine, expire_on_commit=False, info={"book_key": keyring.signing_key("books")}
    )


@pytest.fixture
def db(sessions: sessionmaker[Session]) -> Iterator[Session]:
    with sessions() as session:
        yield session


@pytest.fixture(scope="session")
def redis_server() -> Iterator[str]:
    """A Redis of this worker's own: what a test does to the whole server, no other worker feels."""
    with tempfile.TemporaryDirectory(prefix="growr-redis-") as folder:
        server = Redis(Path(folder))
        yield server.start()
        server.stop()


@pytest.fixture
def redis_url(redis_server: str) -> str:
    """The address of an empty Redis."""
    client = redis.Redis.from_url(redis_server)
    client.flushall()
    client.close()
    return redis_server


@pytest.fixture
def now() -> datetime:
    return NOW
