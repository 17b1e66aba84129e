"""A node with only the doors USSD needs, for tests and measurements of the menu."""

from __future__ import annotations

from typing import Any

import redis
from sqlalchemy.orm import sessionmaker

from config import blueprint
from config.settings import Settings
from core import clock
from core.db import connect
from core.keys import Keyring
from core.node import Node


def small_node(settings: Settings, keyring: Keyring) -> Node:
    """Settings, database, Redis and keys; nobody to pay or to text."""
    engine = connect(settings.database)
    nobody: Any = None
    return Node(
        settings=settings, blueprint=blueprint.load(settings.blueprint), keyring=keyring, engine=engine,
        sessions=sessionmaker(engine, expire_on_commit=False), clock=clock.now, custody=nobody, issuer=nobody,
        redis=redis.Redis.from_url(settings.redis), rails={}, sms=nobody, sims=nobody, screen=nobody,
    )  # fmt: skip
