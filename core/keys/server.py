"""The process of the key service: the only one that sees a pepper, behind a socket that only its own user may enter."""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import socket
import socketserver
import struct
import threading
import time
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

import structlog

from config import start
from config.limits import KEY_SERVICE_CALLS, KEY_SERVICE_SECONDS
from config.settings import Settings
from core import clock
from core.clock import Clock
from core.errors import Busy, Refusal
from core.keys import keyring, protocol
from core.keys.fence_folder import FolderFences
from core.keys.service import KeyService, LocalKeyService
from core.keys.vault import VaultPeppers

log = structlog.get_logger(__name__)
Connection = (
    socket.socket | tuple[bytes, socket.socket]
)  # as socketserver has it; ours is the first
_PR_SET_DUMPABLE = 4
_PIECE_BYTES = 65_536
_BUSY = protocol.line({"refused": Busy.code, "facts": {}})
KERNEL_TELLS = hasattr(socket, "SO_PEERCRED")  # whose process is at the other end of a socket


class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    """Answers each call in a thread of its own, so many at once and no more; to the rest it says so at the door."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(self, path: Path, service: KeyService, *, users: Collection[int] = ()) -> None:
        self.service, self.users = service, {os.getuid(), *users}
        self.places = threading.BoundedSemaphore(KEY_SERVICE_CALLS)
        path.unlink(missing_ok=True)
        super().__init__(str(path), Handler)
        path.chmod(0o666 if users and KERNEL_TELLS else 0o600)  # others are known by their uid

    def verify_request(self, request: Connection, _: object) -> bool:
        """Whether the caller may ask at all."""
        assert isinstance(request, socket.socket)
        if user_of(request) in self.users:
            return True
        log.warning("key service called by another user")
        return False

    def process_request(self, request: Connection, client_address: object) -> None:
        """Start a thread for the call, if there is a place for it."""
        if self.places.acquire(blocking=False):
            super().process_request(request, client_address)
            return
        assert isinstance(request, socket.socket)
        with suppress(OSError):  # who asked may be gone
            request.setblocking(False)
            request.sendall(_BUSY)
        self.shutdown_request(request)

    def process_request_thread(self, request: Connection, client_address: object) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self.places.release()

    def answer(self, text: bytes) -> bytes:
        """The answer to one line, whatever it is; nothing of what was asked is logged."""
        try:
            asked = protocol.read(text)
            verb = asked["verb"]
            if verb not in protocol.VERBS:
                return protocol.line({"broken": "verb"})
            return protocol.line({"said": getattr(self.service, verb)(**asked["with"])})
        except Busy:
            return _BUSY
        except Refusal as refusal:
            return protocol.line({"refused": refusal.code, "facts": refusal.facts})
        except Exception as error:  # noqa: BLE001 - the entrance: a call that breaks breaks no other
            log.error("key service failed", kind=type(error).__name__)  # noqa: TRY400 - a trace holds PINs
            return protocol.line({"broken": type(error).__name__})


class Handler(socketserver.BaseRequestHandler):
    """One call: a whole line comes in time and its answer is read in time, or the line is cut."""

    server: Server
    request: socket.socket

    def handle(self) -> None:
        with suppress(OSError):  # who asked is gone, or too slow
            text = self._line()
            if not text.endswith(b"\n"):  # half a question is none
                return
            answer = self.server.answer(text)
            self.request.settimeout(KEY_SERVICE_SECONDS)
            self.request.sendall(answer)

    def _line(self) -> bytes:
        """What was asked, as far as it came; a TimeoutError when its time is over, however busily bytes drip in."""
        deadline, text = time.monotonic() + KEY_SERVICE_SECONDS, b""
        while not text.endswith(b"\n") and len(text) <= protocol.LINE_BYTES:
            self.request.settimeout(max(deadline - time.monotonic(), 0.001))
            piece = self.request.recv(_PIECE_BYTES)
            if not piece:
                break
            text += piece
        return text if len(text) <= protocol.LINE_BYTES else b""


def user_of(connection: socket.socket) -> int:
    """Whose process is at the other end, by the kernel's word; where it has none, ours: the file let nobody else in."""
    if not KERNEL_TELLS:
        return os.getuid()
    told = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    return int(struct.unpack("3i", told)[1])


def service_of(settings: Settings, now: Clock = clock.now) -> LocalKeyService:
    """The key service these settings describe, in this process."""
    return LocalKeyService.of(
        keyring.create(settings.keys), folder=settings.peppers, wrong_per_hour=settings.pin_wrong_per_hour,
        peppers=VaultPeppers.of(settings) if settings.vault_url else None, clock=now,
        fences=FolderFences(settings.peppers, now),
    )  # fmt: skip


def main() -> None:
    """Listen until told to stop."""
    _keep_memory_private()
    settings = start.begin()
    path = settings.keys_socket
    with Server(path, service_of(settings), users=settings.key_service_users) as server:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(
                number, lambda *_: threading.Thread(target=server.shutdown, daemon=True).start()
            )
        server.serve_forever(poll_interval=0.1)
    path.unlink(missing_ok=True)


def _keep_memory_private() -> None:
    """No core file holds a pepper, and on Linux no other process of this user may look into this one."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if os.uname().sysname == "Linux":
        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)


if __name__ == "__main__":
    main()
