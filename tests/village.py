"""A node and the world around it in one process: real HTTP, a real database and Redis, and a clock we can turn.

Workers do not run by themselves: `work` drains what waits, `live` lets time pass until no payment is open.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from datetime import time as time_of_day
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import requests
from sqlalchemy import func, select
from werkzeug.serving import BaseWSGIServer, make_server

from config.settings import Settings
from core import keys, ledger, lending, node, people
from core.jobs import JOBS
from core.ledger import Account
from core.lending import Loan, day_clock
from core.node import Node
from core.payments import Payment, PaymentState
from core.queue import Job
from gateway.app import create_app
from gateway.cli import demo
from gateway.sandbox import Sandbox, SandboxSettings, create_sandbox
from gateway.sandbox.faults import DELAY
from tests.journey.running import Handset, free_ports, prove_everything, register

OPEN = (PaymentState.READY, PaymentState.SUBMITTING, PaymentState.SUBMITTED, PaymentState.UNKNOWN)
# these find what was lost or has become due; a node does them once in a while
UPKEEP = (
    Job.PAYMENT_STATEMENT, Job.OUTSIDE_REFRESH, Job.SIM_ASK, Job.SWEEP, Job.LOAN_DAY, Job.LOAN_GROUP, Job.RETENTION,
)  # fmt: skip
STEP_SECONDS = 5
MORNING = time_of_day(5)  # eight o'clock in Nairobi
LATE_SECONDS = 0.6  # a callback due sooner than this is still waited for
HASTY_SECONDS = 1.5
OUTSIDE = (
    "core.messaging.africastalking",
    "core.messaging.insights",
    "core.payments.rails.mpesa.http",
)
PROMPT_SECONDS = 2.0  # by the real clock, which a phone that nobody answers goes by


class Village:
    """Mavuno Coop, its node, its telco and its people."""

    def __init__(
        self, home: Path, database_url: str, redis_url: str, *, validation: bool = True
    ) -> None:
        port, sandbox_port = free_ports(2)
        settings = Settings(
            home=home,
            port=port,
            sandbox_port=sandbox_port,
            database_url=database_url,
            redis_url=redis_url,
        )
        self.offset, self.patience, self.patch = timedelta(), LATE_SECONDS, pytest.MonkeyPatch()
        self.patch.setattr(
            "gateway.sandbox.numbers.now", self.now
        )  # M-PESA's clock is turned with ours
        self.sandbox = _sandbox(settings, validation)
        self.sandbox.start(sandbox_port)
        self.node: Node = node.build(settings, wake=lambda _: None, now=self.now)
        self.server: BaseWSGIServer = make_server(
            "127.0.0.1", port, create_app(self.node), threaded=True
        )
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        assert self.node.rails["mpesa"].register_urls()
        with self.node.sessions.begin() as db:
            demo.seed(db, self.node)

    def stop(self) -> None:
        self.sandbox.stop()
        self.server.shutdown()
        self.server.server_close()
        self.node.close()
        self.patch.undo()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.offset

    def wait_for_morning(self) -> None:
        """Let a new day begin, so that half a day of waiting for others ends on the same day."""
        self.offset += timedelta(days=1)
        self.offset += datetime.combine(self.now(), MORNING, UTC) - self.now()

    def phone(self, number: str = "+254711000111") -> Handset:
        return Handset(self.sandbox.url, number)

    def fault(self, target: str, kind: str, count: int = 1) -> None:
        """Let something go wrong; a late answer is later than the node waits, which is then in haste."""
        body: dict[str, object] = {"target": target, "kind": kind, "count": count}
        if kind == DELAY and target != "ussd":
            body["seconds"] = 2 * HASTY_SECONDS
            for module in OUTSIDE:
                self.patch.setattr(f"{module}.HTTP_SECONDS", HASTY_SECONDS)
        reply = requests.post(f"{self.sandbox.url}/faults", json=body, timeout=60)
        assert reply.ok, reply.text

    def work(self) -> None:
        """Do all that can be done now, and wait for the callbacks that are on their way."""
        self._drain()
        while self._upkeep() + self._drain():
            pass

    def live(self, hours: float = 30) -> None:
        """Let time pass until no payment is open; a prompt at a phone is let expire before hours go by."""
        end = self.offset + timedelta(hours=hours)
        self.patience = PROMPT_SECONDS + LATE_SECONDS
        self.work()
        step = STEP_SECONDS
        while self.open_payments() and self.offset < end:
            self.offset += timedelta(seconds=step)
            step = min(3_600, step * 2)
            self.work()
        self.patience = LATE_SECONDS

    def pass_minutes(self, minutes: int) -> None:
        """Let so much time pass, whether anything is open or not."""
        for _ in range(minutes * 60 // STEP_SECONDS // 3):
            self.offset += timedelta(seconds=STEP_SECONDS * 3)
            self.work()

    def travel_to(self, day: date, *, hour: int) -> None:
        """Turn the clock to an hour of a day in Nairobi, and do what is due then."""
        moment = datetime(day.year, day.month, day.day, hour, tzinfo=ZoneInfo("Africa/Nairobi"))
        self.offset = moment - datetime.now(UTC)
        with (
            self.node.sessions.begin() as db
        ):  # the days between were slept over: the operator says it is so
            day_clock.confirm(db, day=day, now=self.now())
        self.work()

    def next_due(self, phone: Handset) -> date:
        """When the next payment of her loan is due."""
        loan = self.loan(phone)
        assert loan is not None
        assert loan.next_due_on is not None
        return loan.next_due_on

    def open_payments(self) -> int:
        with self.node.sessions() as db:
            query = select(func.count()).select_from(Payment).where(Payment.state.in_(OPEN))
            return int(db.scalar(query) or 0)

    def loan(self, phone: Handset) -> Loan | None:
        """The newest loan of a phone's owner."""
        with self.node.sessions() as db:
            user = people.by_phone(db, phone.msisdn)
            assert user is not None
            found = lending.loans_of(db, user.id, limit=1)
            return found[0] if found else None

    def balance(self, account: Account) -> int:
        """The balance of a ledger account in whole shillings."""
        with self.node.sessions() as db:
            return ledger.balance(db, account, "KES").minor // 100

    def _drain(self) -> int:
        """The jobs that somebody waits for, until nothing is left to do and nothing will come; how many things were."""
        total, is_quiet = 0, False
        while not is_quiet:
            nothing_came = not self._expects_callbacks()
            done = sum(JOBS[job](self.node) for job in JOBS if job not in UPKEEP)
            total, is_quiet = total + done, nothing_came and not done
            while not done and self._expects_callbacks():
                time.sleep(0.04)
        return total

    def _upkeep(self) -> int:
        return sum(JOBS[job](self.node) for job in UPKEEP)

    def _expects_callbacks(self) -> bool:
        return self.sandbox.world.scheduler.is_busy(self.patience)


@contextmanager
def village(
    home: Path, database_url: str, redis_url: str, *, validation: bool = True
) -> Iterator[Village]:
    """A village for one test; without `validation` nobody asks us before a bill is paid."""
    made = Village(home, database_url, redis_url, validation=validation)
    try:
        yield made
    finally:
        made.stop()


def registered(place: Village, pin: str, number: str = "+254711000111") -> Handset:
    """A borrower who registered and put both proofs into her record."""
    phone = place.phone(number)
    place.work()
    register(phone, pin)
    prove_everything(phone)
    phone.hang_up()
    return phone


def _sandbox(settings: Settings, validation: bool) -> Sandbox:
    keyring = keys.create(settings.keys)
    ussd, sms = keyring.token("ussd"), keyring.token("sms")
    return create_sandbox(
        SandboxSettings(
            home=settings.home,
            delay_seconds=0.02,
            mpesa_c2b_validation=validation,
            prompt_seconds=PROMPT_SECONDS,
            ussd_turn_seconds=60.0,
            callback_seconds=60.0,
            ussd_url=f"{settings.url}/u/{ussd}",
            end_url=f"{settings.url}/u/{ussd}/end",
            inbound_url=f"{settings.url}/s/{sms}/in",
            report_url=f"{settings.url}/s/{sms}/report",
            optout_url=f"{settings.url}/s/{sms}/optout",
            sim_url=f"{settings.url}/s/{sms}/sim",
        )
    )
