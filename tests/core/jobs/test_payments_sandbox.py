"""The same jobs against the sandbox and each of its faults: money moves once, and no hand is needed."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import requests
from flask import Flask
from sqlalchemy.orm import Session, sessionmaker
from werkzeug.serving import WSGIRequestHandler, make_server

from config.settings import Settings
from core.jobs import payments as jobs
from core.keys import Keyring
from core.lending import LoanStatus
from core.payments.rails.mpesa import Mpesa
from gateway import callbacks
from gateway.sandbox.sandbox import Sandbox
from gateway.sandbox.settings import SandboxSettings
from tests.core.jobs.test_payments import KES_100, repay
from tests.fake_daraja import FakeDaraja
from tests.gateway.branch import Branch

QUIET_ROUNDS = 20
SOON_SECONDS = 0.05  # a callback due sooner is waited for; time goes on before a later one
PHONE = "254712000001"  # the village's borrower


class Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: object) -> None:
        pass


class Town:
    """A branch whose M-PESA is the sandbox, called back over HTTP; its clock runs a hundred times faster."""

    def __init__(self, branch: Branch, sandbox: Sandbox) -> None:
        self.branch, self.sandbox = branch, sandbox
        self.rounds = 0

    def fault(self, target: str, kind: str) -> None:
        order = {"target": target, "kind": kind, "count": 1}
        assert requests.post(f"{self.sandbox.url}/faults", json=order, timeout=60).ok

    def until(self, reached: Callable[[], bool]) -> bool:
        """Work, and let time pass, until it is so."""
        for _ in range(120):
            jobs.sweep(self.branch.node)
            for job in (jobs.submit, jobs.inbox, jobs.ask):
                job(self.branch.node)
            if reached():
                return True
            while self.sandbox.world.scheduler.is_busy(SOON_SECONDS):
                time.sleep(0.01)
            self.branch.now += timedelta(seconds=5)
        return False

    def is_quiet(self) -> bool:
        """A few minutes later nothing waits any more."""
        self.rounds += 1
        return self.rounds > QUIET_ROUNDS

    def wallet(self) -> int:
        return int(
            requests.get(f"{self.sandbox.url}/phones/{PHONE}/wallet", timeout=60).json()["balance"]
        )

    def enter_pin(self) -> bool:
        prompts = requests.get(f"{self.sandbox.url}/phones/{PHONE}/prompts", timeout=60).json()
        for prompt in prompts:
            url = f"{self.sandbox.url}/phones/{PHONE}/prompts/{prompt['id']}"
            assert requests.post(url, json={"pin": "1234"}, timeout=60).ok
        return bool(prompts)


@pytest.fixture
def town(sessions: sessionmaker[Session], keyring: Keyring, tmp_path: Path) -> Iterator[Town]:
    given = SandboxSettings(home=tmp_path, delay_seconds=0.02, callback_seconds=60)
    sandbox = Sandbox(given)
    sandbox.start(0)
    branch = Branch(sessions, keyring, Settings(), FakeDaraja())
    app = Flask("test")
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
    port = int(sandbox.url.rpartition(":")[2])
    branch.settings = Settings(home=tmp_path, sandbox_port=port, port=server.port).against_sandbox()
    branch.rails["mpesa"] = rail = Mpesa.of(branch.settings, keyring, None)
    app.register_blueprint(callbacks.blueprint(branch.node))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    assert rail.register_urls()
    yield Town(branch, sandbox)
    sandbox.stop()
    server.shutdown()
    thread.join()
    server.server_close()


PAYOUT_FAULTS = [
    "none", "lost_acknowledgement", "error_after", "malformed_acknowledgement", "rate_limited", "expired_token",
    "duplicate", "simultaneous", "missing", "forged", "reordered", "late_timeout", "error", "not_acted",
]  # fmt: skip


@pytest.mark.parametrize("fault", PAYOUT_FAULTS)
def test_a_loan_is_paid_out_once_whatever_the_sandbox_does(town: Town, fault: str) -> None:
    loan, before = town.branch.apply(), town.wallet()
    if fault != "none":
        town.fault("b2c", fault)

    assert town.until(lambda: town.branch.loan(loan.id).status is LoanStatus.DISBURSED)

    assert town.wallet() == before + 980


@pytest.mark.parametrize(
    "fault", ["forged", "duplicate", "missing", "lost_acknowledgement", "error"]
)
def test_a_status_query_that_goes_wrong_is_asked_again(town: Town, fault: str) -> None:
    loan, before = town.branch.apply(), town.wallet()
    town.fault("status", fault)

    assert town.until(lambda: town.branch.loan(loan.id).status is LoanStatus.DISBURSED)

    assert town.wallet() == before + 980


PROMPT_FAULTS = [
    "none",
    "lost_acknowledgement",
    "locked",
    "duplicate",
    "missing",
    "forged",
    "reordered",
]


@pytest.mark.parametrize("fault", PROMPT_FAULTS)
def test_a_repayment_is_credited_once_whatever_the_sandbox_does(town: Town, fault: str) -> None:
    loan = town.branch.apply()
    assert town.until(lambda: town.branch.loan(loan.id).status is LoanStatus.DISBURSED)
    owed, before = town.branch.outstanding(loan.id), town.wallet()
    if fault != "none":
        town.fault("stk", fault)
    repay(town.branch, loan)
    assert town.until(town.enter_pin)

    assert town.until(lambda: town.branch.outstanding(loan.id) < owed)
    town.until(town.is_quiet)

    assert town.branch.outstanding(loan.id) == owed - KES_100
    assert town.wallet() == before - 100
