"""How long a request has waited before a thread took it up: her three seconds begin when it reaches this machine.

The kernel knows how long ago the last byte came on a connection (TCP_INFO, Linux): that counts what gunicorn cannot
see, the queue at the listening socket. A proxy of ours may say more with `X-Request-Start`.
"""

from __future__ import annotations

import re
import socket
import struct
import sys
import time
from collections.abc import Sequence

from flask import Request

from gateway.guard import is_within

_LAST_RECEIVED = 8 + 11 * 4  # tcpi_last_data_recv in struct tcp_info, in milliseconds
_MOST_SECONDS = 60.0  # more is a clock, not a queue
_STARTED = re.compile(r"(?:t=)?(\d{10})(?:\.(\d+))?|(?:t=)?(\d{13}|\d{16})")


class Arrivals:
    """Tells the age of requests. A proxy's clock may differ from ours: its least difference seen counts as none."""

    def __init__(self, proxies: Sequence[str]) -> None:
        self._proxies = tuple(proxies)
        self._least = _MOST_SECONDS

    def waited(self, request: Request) -> float:
        """Seconds since the request arrived; 0 where nobody can tell."""
        return max(_in_kernel(request.environ.get("gunicorn.socket")), self._at_proxy(request))

    def _at_proxy(self, request: Request) -> float:
        found = _STARTED.fullmatch(request.headers.get("X-Request-Start", "").strip())
        if found is None or not is_within(request.remote_addr or "", self._proxies):
            return 0.0
        whole, part, scaled = found.groups()
        started = float(f"{whole}.{part or 0}") if whole else _scaled(scaled)
        age = time.time() - started
        self._least = min(self._least, age)
        return min(age - self._least, _MOST_SECONDS)


def _scaled(digits: str) -> float:
    """Milliseconds or microseconds since 1970, as seconds."""
    return int(digits) / float(10 ** (len(digits) - 10))


def _in_kernel(sock: socket.socket | None) -> float:
    if sock is None or sys.platform != "linux":
        return 0.0
    try:
        told = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _LAST_RECEIVED + 4)
    except OSError:  # not TCP, or hung up
        return 0.0
    milliseconds: int = struct.unpack_from("I", told, _LAST_RECEIVED)[0]
    return min(milliseconds / 1_000, _MOST_SECONDS)
