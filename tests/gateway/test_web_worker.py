"""The web processes over real sockets: half a request holds nobody, and public pages hold no carrier."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from config.limits import BODY_BYTES, HEAD_BYTES
from gateway.whole_requests import Came, came
from tests.journey.running import free_ports

PATIENCE = 120
THREADS = 2


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """Two web processes with two threads each for carriers."""
    (found,) = free_ports(1)
    words = [
        sys.executable, "-m", "gunicorn", "--worker-class", "gateway.web_worker.WebWorker", "--workers", "2",
        "--threads", str(THREADS), "--keep-alive", "0", "--bind", f"127.0.0.1:{found}", "--no-control-socket",
        "--log-level", "error", "tests.gateway.tiny_app:app",
    ]  # fmt: skip
    process = subprocess.Popen(words, env=os.environ | {"PYTHONPATH": str(Path.cwd())})
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            ask(found, b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
            break
        except OSError:
            assert time.monotonic() < deadline
            time.sleep(0.1)
    yield found
    process.terminate()
    process.wait(PATIENCE)


def connect(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)


def read(line: socket.socket) -> tuple[int, bytes]:
    said = b""
    while piece := line.recv(65_536):
        said += piece
    head, _, body = said.partition(b"\r\n\r\n")
    return int(head.split(b" ")[1]), body


def ask(port: int, *pieces: bytes) -> tuple[int, bytes]:
    with closing(connect(port)) as line:
        for piece in pieces:
            line.sendall(piece)
        return read(line)


def post(path: str, body: bytes, *headers: str) -> bytes:
    lines = [f"POST {path} HTTP/1.1", "Host: x", *headers, f"Content-Length: {len(body)}", "", ""]
    return "\r\n".join(lines).encode() + body


def says(answer: tuple[int, bytes]) -> Any:
    assert answer[0] == 200, answer
    return json.loads(answer[1])


HALVES = [
    b"", b"P", b"POST /u/token HTTP/1.1\r\nHost: x\r\n", post("/u/token", b"text=1")[:-1],
    b"POST /u/token HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
    b"POST /u/token HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\nExpect: 100-continue\r\n\r\n",
]  # fmt: skip


@pytest.mark.parametrize("half", HALVES)
def test_half_sent_requests_hold_nobody_and_are_hung_up_on(port: int, half: bytes) -> None:
    lines = [connect(port) for _ in range(24)]
    for line in lines:
        line.sendall(half)

    assert says(ask(port, post("/u/token", b"text=1")))["body"] == "text=1"

    for line in lines:
        while line.recv(1_000):  # "100 Continue" at most; then they hang up
            pass
        line.close()


def test_a_request_that_drips_is_hung_up_on(port: int) -> None:
    with closing(connect(port)) as line:
        began = time.monotonic()
        try:
            while time.monotonic() - began < PATIENCE:
                line.sendall(b"X")
                time.sleep(0.2)
        except OSError:
            return
    raise AssertionError("it may drip for ever")


def test_a_request_may_come_in_pieces(port: int) -> None:
    whole = post("/u/token", b"text=1%2A500")
    with closing(connect(port)) as line:
        for at in range(0, len(whole), 20):
            line.sendall(whole[at : at + 20])
            time.sleep(0.01)
        assert says(read(line))["body"] == "text=1%2A500"


@pytest.mark.parametrize(
    "request_bytes",
    [post("/u/token", b"text=1", "Expect: 100-continue"),
     b"POST /u/token HTTP/1.1\r\nHost: x\r\ntransfer-encoding: chunked\r\n\r\n4\r\ntext\r\n2\r\n=1\r\n0\r\n\r\n",
     b"POST /u/token HTTP/1.0\r\nCONTENT-LENGTH:6\r\n\r\ntext=1",
     post("/public", b"text=1"), post("/u/token", b"text=1") + b"\r\n"],
)  # fmt: skip
def test_every_way_to_send_a_body_is_read(port: int, request_bytes: bytes) -> None:
    assert says(ask(port, request_bytes))["body"] == "text=1"


def test_who_waits_to_be_told_to_go_on_is_told(port: int) -> None:
    whole = post("/u/token", b"text=1", "Expect: 100-continue")
    with closing(connect(port)) as line:
        line.sendall(whole[:-6])
        assert line.recv(100).startswith(b"HTTP/1.1 100 ")
        line.sendall(whole[-6:])
        assert says(read(line))["body"] == "text=1"


@pytest.mark.parametrize(
    "broken",
    [b"\x16\x03\x01\x02\x00\x01" * 4_000, b"GET / HTTP/9.9\r\n\r\n", b"POST /u/x HTTP/1.1\r\nContent-Length: x\r\n\r\n",
     b"POST /u/x HTTP/1.1\r\nX: " + b"y" * HEAD_BYTES * 2,
     b"POST /u/x HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n"],
)  # fmt: skip
def test_what_is_no_request_is_refused_and_the_next_is_served(port: int, broken: bytes) -> None:
    with closing(connect(port)) as line:
        try:
            line.sendall(broken)
            line.recv(1_000)
        except OSError:
            pass

    assert says(ask(port, post("/u/token", b"text=1")))["body"] == "text=1"


def test_slow_public_pages_hold_no_carrier(port: int) -> None:
    lines = [connect(port) for _ in range(24)]
    for line in lines:
        line.sendall(b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n")

    said = says(ask(port, post("/u/token", b"text=1")))

    assert said["waited"] < 2.0, "it did not wait for one of them"
    for line in lines:
        assert read(line)[0] == 200
        line.close()


def test_the_time_in_every_queue_counts_and_both_processes_work(port: int) -> None:
    with ThreadPoolExecutor(40) as threads:
        asked = [threads.submit(ask, port, post("/u/slow", b"x")) for _ in range(40)]
        said = [says(one.result()) for one in asked]

    assert len({one["pid"] for one in said}) == 2
    shares = [sum(one["pid"] == pid for one in said) for pid in {one["pid"] for one in said}]
    assert min(shares) >= 10, "neither is left to do it all"
    assert max(one["waited"] for one in said) > 40 / (2 * THREADS) * 0.3 / 2, (
        "as long as there was a queue"
    )


def test_enough_is_told_from_the_bytes_alone() -> None:
    whole = post("/u/token", b"text=1")
    assert [came(whole[:at]) for at in range(len(whole))] == [Came.PART] * len(whole)
    assert came(whole) is Came.ALL
    assert came(whole.replace(b"Length: 6", b"Length: %d" % (BODY_BYTES + 1))) is Came.ALL
    assert came(b"GET / HTTP/1.1\r\n\r\n") is Came.ALL
