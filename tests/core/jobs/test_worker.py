"""The workers as they run: money waits behind no text, and who dies is started again or takes all down with him."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from config.settings import Settings
from core import clock, messaging, node, payments
from core.messaging import Template
from core.money import Money
from core.node import Node
from core.payments import PaymentKind
from core.queue import Lane
from tests.fake_daraja import B2C, FakeDaraja

PATIENCE = 240


class SilentCarrier:
    """Takes the connections of whoever wants to send a text, and never answers."""

    def __init__(self) -> None:
        self.asked = 0
        self.over = threading.Event()
        carrier = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                carrier.asked += 1
                carrier.over.wait(PATIENCE)

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def stop(self) -> None:
        self.over.set()
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def daraja() -> Iterator[FakeDaraja]:
    fake = FakeDaraja().start()
    yield fake
    fake.stop()


@pytest.fixture
def carrier() -> Iterator[SilentCarrier]:
    made = SilentCarrier()
    yield made
    made.stop()


@pytest.fixture
def running(
    tmp_path: Path, redis_url: str, databases: dict[str, Any], daraja: FakeDaraja, carrier: SilentCarrier,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Node]:  # fmt: skip
    """A node whose SMS carrier is silent and whose mobile money is well; the workers get the same settings."""
    known = daraja.settings(tmp_path)
    settings = {
        "HOME": tmp_path, "REDIS_URL": redis_url, "DATABASE_URL": databases["sqlite"].fresh(tmp_path),
        "BLUEPRINT": "self_hosted_originator", "PUBLIC_URL": "https://node.example",
        "AT_URL": f"http://127.0.0.1:{carrier.server.server_port}", "AT_USERNAME": "tumaini", "AT_API_KEY": "k",
        "AT_SENDER": "22141", "MPESA_URL": daraja.url, "MPESA_CONSUMER_KEY": "key", "MPESA_CONSUMER_SECRET": "secret",
        "MPESA_SHORT_CODE": "174379", "MPESA_PASSKEY": "passkey", "MPESA_PAYOUT_SHORT_CODE": "600992",
        "MPESA_INITIATOR": "apiuser", "MPESA_INITIATOR_PASSWORD": "p", "MPESA_CERTIFICATE": known.mpesa_certificate,
    }  # fmt: skip
    for name, value in settings.items():
        monkeypatch.setenv(f"GROWR_{name}", str(value))
    made = node.build(Settings())
    yield made
    made.close()


@pytest.fixture
def workers(running: Node) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen([sys.executable, "-m", "core.jobs.worker"])
    until(lambda: len(lanes(process)) == len(Lane))
    yield process
    process.terminate()
    process.wait(PATIENCE)


def until(happened: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def lanes(process: subprocess.Popen[bytes]) -> set[int]:
    """The processes of the lanes."""
    listed = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text()
    return {int(pid) for pid in listed.split()}


def is_alive(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


def pay_out(running: Node) -> None:
    with running.sessions.begin() as db:
        payments.request(
            db, kind=PaymentKind.DISBURSEMENT, rail="mpesa", money=Money("KES", 100_000), phone="+254708374149",
            loan_id=None, account_reference="L1042X", idempotency_key=f"k{time.monotonic()}", now=clock.now(),
        )  # fmt: skip


def test_money_waits_behind_no_text_and_a_dead_worker_is_started_again(
    running: Node, workers: subprocess.Popen[bytes], daraja: FakeDaraja, carrier: SilentCarrier
) -> None:
    with running.sessions.begin() as db:
        for _ in range(173):
            messaging.send(
                db, to="+254711000111", template=Template.STOPPED, language="en", facts={}, now=clock.now()
            )  # fmt: skip
    until(lambda: carrier.asked > 0)

    pay_out(running)
    until(lambda: len(daraja.sent(B2C)) == 1)

    first = lanes(workers)
    for pid in first:
        os.kill(pid, signal.SIGKILL)
    until(lambda: len(lanes(workers) - first) == len(Lane))
    pay_out(running)
    until(lambda: len(daraja.sent(B2C)) == 2)


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_the_lanes_end_with_their_parent(
    workers: subprocess.Popen[bytes], how: signal.Signals
) -> None:
    children = lanes(workers)

    workers.send_signal(how)

    assert workers.wait(PATIENCE) == (0 if how is signal.SIGTERM else -signal.SIGKILL)
    until(lambda: not any(map(is_alive, children)))
