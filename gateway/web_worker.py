"""The web processes: a thread is given only to a request that has come whole, and strangers have threads of their own.

gunicorn's threaded worker gives a thread to a connection: a few half-sent requests hold all of them. It takes every
connection at once, whoever is free to serve it. And it waits up to 2 s in its only accepting thread for a caller to
hang up. Here a connection costs a thread nothing until its request is there, the carriers' and providers' requests
never wait behind public pages, and a process that has enough to do leaves the next connection to the others
(docs/adr/0034).
"""

from __future__ import annotations

import errno
import selectors
import socket
import struct
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import Any

from gunicorn import http, util
from gunicorn.workers.gthread import TConn, ThreadWorker

from config.limits import (
    BODY_BYTES,
    PUBLIC_THREADS,
    PUBLIC_WAITING,
    REQUEST_SECONDS,
    REQUESTS_COMING,
    REQUESTS_PER_THREAD,
)
from gateway.whole_requests import Came, came, without_expectation

# carriers, providers, nodes whose PINs a fence guards: who must be answered in seconds
CARRIERS = (b"POST /u/", b"POST /s/", b"POST /cb/", b"POST /fence", b"GET /health ")
_GO_ON = b"HTTP/1.1 100 Continue\r\n\r\n"
_FULL = b"HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nRetry-After: 5\r\nContent-Length: 0\r\n\r\n"
_NOTHING_YET = (errno.EAGAIN, errno.EWOULDBLOCK, errno.ECONNABORTED)


class Connection(TConn):  # type: ignore[misc]
    """A connection and what has come on it; it is used for one request."""

    def __init__(self, *words: Any) -> None:
        super().__init__(*words)
        self.raw = b""
        self.told_to_go_on = False
        send_limit = struct.pack("ll", int(REQUEST_SECONDS), 0)  # whoever reads no answer is left
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, send_limit)

    @property
    def is_carrier(self) -> bool:
        return self.raw.startswith(CARRIERS)

    def begin(self) -> None:
        """Let gunicorn read the request from what has come, so that no thread ever waits for more."""
        self.parser = http.get_parser(self.cfg, [without_expectation(self.raw)], self.client)
        self.initialized = self.data_ready = True

    def close(self, graceful: bool = False) -> None:  # noqa: ARG002 - gunicorn asks for it
        """Hang up without waiting for the other side."""
        with suppress(OSError):
            self.sock.setblocking(False)
            self.sock.shutdown(socket.SHUT_WR)
            self.sock.recv(BODY_BYTES)  # what nobody will read would else cut our answer off
        util.close(self.sock)


class WebWorker(ThreadWorker):  # type: ignore[misc]
    """gunicorn's threaded worker, with the waiting for requests taken out of its threads."""

    def init_process(self) -> None:
        self.public = ThreadPoolExecutor(PUBLIC_THREADS, thread_name_prefix="public")
        self.carriers = self.publics = 0  # requests in the hands of threads, or waiting for one
        super().init_process()

    @property
    def has_room(self) -> bool:
        return bool(self.carriers < self.cfg.threads * REQUESTS_PER_THREAD)

    def set_accept_enabled(self, enabled: bool) -> None:
        """Leave new connections to whoever has room; gunicorn's loop asks again after each event."""
        super().set_accept_enabled(enabled and self.has_room)

    def accept(self, listener: socket.socket) -> None:
        """Take what waits at the door, as long as there is room."""
        while self.has_room and self.nr_conns < self.worker_connections:
            try:
                sock, address = listener.accept()
            except OSError as error:
                if error.errno not in _NOTHING_YET:
                    raise
                return
            self.nr_conns += 1
            self._listen(Connection(self.cfg, sock, address, listener.getsockname()))
        self.set_accept_enabled(self.nr_conns < self.worker_connections)

    def _listen(self, conn: Connection) -> None:
        if len(self.pending_conns) >= REQUESTS_COMING:  # the one that has been slow for longest
            self._forget(self.pending_conns[0])
        conn.timeout = time.monotonic() + REQUEST_SECONDS
        self.pending_conns.append(conn)
        hear = partial(self.on_pending_socket_readable, conn)
        self.poller.register(conn.sock, selectors.EVENT_READ, hear)
        hear(conn.sock)  # most requests have come already

    def on_pending_socket_readable(self, conn: Connection, client: socket.socket) -> None:
        """Read what has come; when that is all of it, a thread takes over."""
        try:
            piece = client.recv(BODY_BYTES)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            piece = b""
        conn.raw += piece
        state = came(conn.raw)
        if not piece:
            self._forget(conn)
        elif state is Came.ALL:
            self._take(conn)
        elif state is Came.HEAD_ONLY and not conn.told_to_go_on:
            conn.told_to_go_on = True
            with suppress(OSError):
                client.send(_GO_ON)

    def _take(self, conn: Connection) -> None:
        self.poller.unregister(conn.sock)
        self.pending_conns.remove(conn)
        if conn.is_carrier:
            self.carriers += 1
            self._submit(self.tpool, conn, self._carrier_done)
        elif self.publics < PUBLIC_WAITING:
            self.publics += 1
            self._submit(self.public, conn, self._public_done)
        else:
            with suppress(OSError):
                conn.sock.send(_FULL)
            self.nr_conns -= 1
            conn.close()

    def _submit(
        self, pool: ThreadPoolExecutor, conn: Connection, done: Callable[[Any, Any], None]
    ) -> None:
        conn.begin()
        task = pool.submit(self.handle, conn)
        task.add_done_callback(lambda over: self.method_queue.defer(done, conn, over))

    def _carrier_done(self, conn: Connection, over: Future[Any]) -> None:
        self.carriers -= 1
        self.finish_request(conn, over)

    def _public_done(self, conn: Connection, over: Future[Any]) -> None:
        self.publics -= 1
        self.finish_request(conn, over)

    def _forget(self, conn: Connection) -> None:
        with suppress(KeyError, ValueError):
            self.poller.unregister(conn.sock)
        self.pending_conns.remove(conn)
        self.nr_conns -= 1
        conn.close()
