"""Whether this process can do its work: database, Redis and key service answer, the disk has room. Writes nothing."""

from __future__ import annotations

import shutil

from flask import Blueprint
from redis.exceptions import RedisError

from config.limits import DISK_FREE_BYTES
from core.db import answers
from core.keys.client import is_listening
from core.node import Node

_OK = 200


def blueprint(node: Node) -> Blueprint:
    """GET /health: 503 when something is away; a disk that fills is said while the node still serves. No secrets."""
    pages = Blueprint("health", __name__)

    @pages.get("/health")
    def health() -> tuple[dict[str, object], int]:
        parts = {"database": answers(node.engine), "redis": _redis(node)}
        if node.settings.key_socket is not None:
            parts["keys"] = is_listening(node.settings.key_socket)
        status, has_room = _OK if all(parts.values()) else 503, _disk(node)
        said = "ok" if status == _OK and has_room else "degraded"
        return {"status": said, **parts, "disk": has_room}, status

    return pages


def _redis(node: Node) -> bool:
    try:
        return bool(node.redis.ping())
    except RedisError:
        return False


def _disk(node: Node) -> bool:
    """Whether the disk of the node's home has room for what the next hours write."""
    return shutil.disk_usage(node.settings.home).free >= DISK_FREE_BYTES
