"""The access token of Daraja: a new one invalidates the one before, so all workers share one, fetched under a lock.

It lives in Redis for less than its hour. Without Redis each process keeps its own, and refreshes it more often.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

import redis
from redis.exceptions import RedisError

Fetch = Callable[[], tuple[str, int]]  # a fresh token and the seconds it lives
_KEY = "growr:payments:access-token"
_MARGIN = 300  # seconds before its end in which a token is no longer used
_LOCK_SECONDS = 20  # longer than one fetch takes


class Tokens:
    """The shared token: kept in Redis if there is one, else in this process."""

    def __init__(self, fetch: Fetch, connection: redis.Redis | None) -> None:
        self._fetch = fetch
        self._redis = connection
        self._mine: str | None = None
        self._lock = threading.Lock()

    def get(self) -> str:
        """The token in use, fetched if there is none."""
        return self._read() or self.renew(None)

    def renew(self, refused: str | None) -> str:
        """A token other than the refused one; if somebody was faster, theirs."""
        with self._lock:
            try:
                return self._shared(refused)
            except RedisError:
                self._mine, _ = self._fetch()
                return self._mine

    def _shared(self, refused: str | None) -> str:
        if self._redis is None:
            return self._replace(refused)
        with self._redis.lock(
            f"{_KEY}:lock", timeout=_LOCK_SECONDS, blocking_timeout=_LOCK_SECONDS
        ):
            return self._replace(refused)

    def _replace(self, refused: str | None) -> str:
        present = self._read()
        if present is not None and present != refused:
            return present
        fresh, seconds = self._fetch()
        self._mine = fresh
        if self._redis is not None:
            self._redis.set(_KEY, fresh, ex=max(seconds - _MARGIN, 1))
        return fresh

    def _read(self) -> str | None:
        if self._redis is None:
            return self._mine
        try:
            found = self._redis.get(_KEY)
        except RedisError:
            return self._mine
        return found.decode() if isinstance(found, bytes) else None
