"""Whether this process can do its work: the database and Redis answer."""

from __future__ import annotations

from flask import Blueprint
from redis.exceptions import RedisError
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from core.keys.client import is_listening
from core.node import Node


def blueprint(node: Node) -> Blueprint:
    """GET /health: 200 when all is well, 503 when something is away. Open to everybody, tells no secret."""
    pages = Blueprint("health", __name__)

    @pages.get("/health")
    def health() -> tuple[dict[str, object], int]:
        parts = {"database": _database(node), "redis": _redis(node)}
        if node.settings.key_socket is not None:
            parts["keys"] = is_listening(node.settings.key_socket)
        well = all(parts.values())
        return {"status": "ok" if well else "degraded", **parts}, 200 if well else 503

    return pages


def _database(node: Node) -> bool:
    try:
        with node.engine.connect() as connection:
            connection.execute(text("SELECT 1"))
    except DBAPIError:
        return False
    return True


def _redis(node: Node) -> bool:
    try:
        return bool(node.redis.ping())
    except RedisError:
        return False
