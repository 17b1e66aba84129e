"""What /health says, and that asking costs nobody anything."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import text

from config.settings import Settings
from core.keys import Keyring
from core.node import Node
from gateway import health
from tests.nodes import small_node


@pytest.fixture
def node(tmp_path: Path, keyring: Keyring, database_url: str, redis_url: str) -> Iterator[Node]:
    made = small_node(
        Settings(home=tmp_path, database_url=database_url, redis_url=redis_url), keyring
    )
    yield made
    made.engine.dispose()


@pytest.fixture
def asked(node: Node) -> Flask:
    app = Flask("health")
    app.register_blueprint(health.blueprint(node))
    return app


def test_all_is_well(asked: Flask) -> None:
    answer = asked.test_client().get("/health")

    assert (answer.status_code, answer.json["status"], answer.json["disk"]) == (200, "ok", True)


def test_asking_waits_for_no_writer_and_makes_none_wait(asked: Flask, node: Node) -> None:
    with node.engine.begin() as writer:
        writer.execute(text("UPDATE book_head SET next_seq = next_seq"))
        assert asked.test_client().get("/health").json["database"]


def test_a_disk_that_fills_is_said_while_the_node_still_serves(
    asked: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "DISK_FREE_BYTES", 10**18)

    answer = asked.test_client().get("/health")

    assert (answer.status_code, answer.json["status"], answer.json["disk"]) == (
        200,
        "degraded",
        False,
    )
