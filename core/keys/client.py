"""The key service from another process: the same verbs, each one question and one answer on a connection of its own."""

from __future__ import annotations

import socket
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import structlog

from config.limits import KEY_SERVICE_SECONDS, KEY_SERVICE_START_SECONDS
from core.errors import Busy, Refusal
from core.keys import protocol
from core.keys.attempts import Alarm, Receipt
from core.keys.service import Opened, Stretch, Wrapped
from core.refusal_codes import RefusalCode

log = structlog.get_logger(__name__)


class RemoteKeyService:
    """Asks the process that listens at `path`; whatever keeps it from answering is refused as `busy`."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def wrap(self, *, owner: str, pin: str, key: bytes, epoch: int, cost: Stretch) -> Wrapped:
        said: Wrapped = self._ask("wrap", owner=owner, pin=pin, key=key, epoch=epoch, cost=cost)
        return said

    def open(self, *, owner: str, pin: str, wrapped: Wrapped, receipt: Receipt | None) -> Opened:
        said: Opened = self._ask("open", owner=owner, pin=pin, wrapped=wrapped, receipt=receipt)
        return said

    def wrap_share(self, *, owner: str, share: bytes, key: bytes, epoch: int) -> Wrapped:
        said: Wrapped = self._ask("wrap_share", owner=owner, share=share, key=key, epoch=epoch)
        return said

    def open_share(
        self, *, owner: str, share: bytes, wrapped: Wrapped, receipt: Receipt | None = None
    ) -> bytes:
        said: bytes = self._ask(
            "open_share", owner=owner, share=share, wrapped=wrapped, receipt=receipt
        )
        return said

    def receipts(self, *, owner: str | None = None, limit: int) -> list[tuple[str, Receipt]]:
        return [(who, receipt) for who, receipt in self._ask("receipts", owner=owner, limit=limit)]

    def forget(self, tickets: Sequence[str]) -> None:
        self._ask("forget", tickets=list(tickets))

    def alarms(self, *, limit: int) -> list[Alarm]:
        said: list[Alarm] = self._ask("alarms", limit=limit)
        return said

    def told(self, ids: Sequence[int]) -> None:
        self._ask("told", ids=list(ids))

    def erase(self, *, owner: str, epoch: int) -> None:
        self._ask("erase", owner=owner, epoch=epoch)

    def kids(self) -> list[str]:
        said: list[str] = self._ask("kids")
        return said

    def rotate(self) -> str:
        return str(self._ask("rotate"))

    def destroy(self, kid: str) -> None:
        self._ask("destroy", kid=kid)

    def _ask(self, verb: str, **asked: Any) -> Any:
        try:
            with self._connected() as connection:
                connection.sendall(protocol.line({"verb": verb, "with": asked}))
                with connection.makefile("rb") as reader:
                    answer = protocol.read(reader.readline(protocol.LINE_BYTES))
        except (OSError, ValueError) as error:
            log.warning("key service away", verb=verb, kind=type(error).__name__)
            raise Busy from None
        if answer.get("refused") == Busy.code:
            raise Busy
        if "refused" in answer:
            raise Refusal(RefusalCode(answer["refused"]), **answer["facts"])
        assert "said" in answer, f"the key service broke in {verb}: {answer.get('broken')}"
        return answer["said"]

    def _connected(self) -> socket.socket:
        """A connection; a service that is just being started again is waited for, as nothing was asked yet."""
        deadline = time.monotonic() + KEY_SERVICE_START_SECONDS
        while True:
            connection = socket.socket(socket.AF_UNIX)
            connection.settimeout(KEY_SERVICE_SECONDS)
            try:
                connection.connect(str(self._path))
            except OSError:
                connection.close()
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)
            else:
                return connection


def is_listening(path: Path) -> bool:
    """Whether a key service answers at this path."""
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(path))
        except OSError:
            return False
    return True
