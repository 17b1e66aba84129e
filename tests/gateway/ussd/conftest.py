"""The demo menu behind the real view: Flask's client, a real Redis, both databases."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from config.settings import Settings
from core.keys import Keyring
from core.node import Node
from core.words import DEFAULT_LANGUAGE
from gateway import ussd
from menus.world import Caller
from tests import nodes
from tests.menus import demo
from tests.phone import Phone

KNOWN = {"+254711000111": uuid.UUID(int=1), "+254711000222": uuid.UUID(int=2)}


def find_caller(db: Session, phone: str) -> Caller:
    return Caller(KNOWN.get(phone), phone, DEFAULT_LANGUAGE)


@pytest.fixture
def small_node(
    request: pytest.FixtureRequest, tmp_path: Path, redis_url: str, keyring: Keyring
) -> Iterator[Node]:
    """A node with the doors USSD needs; its database is a real one in tests that look into it (`db`)."""
    url = request.getfixturevalue("database_url") if "db" in request.fixturenames else ""
    settings = Settings(
        home=tmp_path, redis_url=redis_url, database_url=url, page_septets={"63903": 182}
    )
    made = nodes.small_node(settings, keyring)
    yield made
    made.engine.dispose()
    made.redis.close()


@pytest.fixture
def done() -> demo.Done:
    return demo.Done()


@pytest.fixture
def texts() -> list[str]:
    return []


@pytest.fixture
def app(small_node: Node, done: demo.Done, texts: list[str]) -> Flask:
    return make_app(small_node, done, texts)


@pytest.fixture
def phone(app: Flask, small_node: Node) -> Phone:
    return Phone(app.test_client(), small_node.keyring.token("ussd"))


def make_app(some: Node, done: demo.Done, texts: list[str], **changed: object) -> Flask:
    """The demo menu served by a node, some of its parts `changed`."""
    some = replace(some, **changed)
    app = Flask("tests")
    app.config["MAX_CONTENT_LENGTH"] = 64 * 1024
    menu = demo.build(done)
    menu.check = lambda: None  # type: ignore[method-assign]
    late = lambda db, caller, text: texts.append(text)  # noqa: E731
    app.register_blueprint(ussd.blueprint(some, menu, find_caller=find_caller, late=late))
    return app
