"""A node's payment side over HTTP: real lending, real callbacks, M-PESA played by a fake on a socket."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from flask import Blueprint, Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session, sessionmaker

from config.limits import BODY_BYTES
from config.settings import Settings
from core.clock import Clock
from core.jobs import payments as jobs
from core.keys import Keyring
from core.lending import Loan
from core.money import Money
from core.payments import Payment
from core.payments.rail import Rail
from core.payments.rails.mpesa import Mpesa
from gateway import callbacks
from tests.conftest import NOW
from tests.core.lending import village as places
from tests.core.lending.village import Village
from tests.fake_daraja import FakeDaraja


@dataclass
class Branch:
    """As much of a node as payments need, with a hand on its clock."""

    sessions: sessionmaker[Session]
    keyring: Keyring
    settings: Settings
    daraja: FakeDaraja
    now: datetime = NOW
    rails: dict[str, Rail] = field(default_factory=dict)

    @classmethod
    def of(
        cls, sessions: sessionmaker[Session], keyring: Keyring, daraja: FakeDaraja, folder: Path
    ) -> Branch:
        return cls.with_settings(sessions, keyring, daraja, daraja.settings(folder))

    @classmethod
    def with_settings(
        cls,
        sessions: sessionmaker[Session],
        keyring: Keyring,
        daraja: FakeDaraja,
        settings: Settings,
    ) -> Branch:
        branch = cls(sessions, keyring, settings, daraja)
        branch.rails["mpesa"] = Mpesa.of(settings, keyring, None)
        return branch

    @property
    def node(self) -> Any:
        return self

    @property
    def clock(self) -> Clock:
        return lambda: self.now

    @property
    def door(self) -> Blueprint:
        """Where the provider calls."""
        return callbacks.blueprint(self.node)

    @property
    def web(self) -> FlaskClient:
        app = Flask("test")
        app.config["MAX_CONTENT_LENGTH"] = BODY_BYTES
        app.register_blueprint(self.door)
        return app.test_client()

    def deliver(self) -> int:
        """The provider posts every callback that is due."""
        due, self.daraja.callbacks[:] = list(self.daraja.callbacks), []
        for path, body in due:
            answer = self.web.post(path, json=body)
            assert answer.json == {"ResultCode": 0, "ResultDesc": "Success"}, path
        return len(due)

    def work(self) -> None:
        """Workers and provider go on until nothing is left to do."""
        busy = True
        while busy:
            done = jobs.submit(self.node) + jobs.inbox(self.node) + jobs.ask(self.node)
            busy = bool(done + self.deliver())

    def wait(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)
        jobs.sweep(self.node)
        self.work()

    def believe(self) -> None:
        """Work until a pay-in that a callback told of is believed: its provider is asked twice."""
        self.work()
        self.wait(30)

    def apply(self) -> Loan:
        """A borrower of a cooperative takes KES 1,000."""
        with self.sessions.begin() as db:
            return self.village(db).apply()

    def village(self, db: Session) -> Village:
        return places.found(db)

    def pay_out(self, code: int = 0) -> None:
        self.work()
        self.daraja.pay_out(code)
        self.work()

    def loan(self, loan_id: uuid.UUID) -> Loan:
        with self.sessions() as db:
            return db.get_one(Loan, loan_id)

    def payments(self) -> list[Payment]:
        with self.sessions() as db:
            return db.query(Payment).order_by(Payment.created_at).all()

    def outstanding(self, loan_id: uuid.UUID) -> Money:
        return Money("KES", self.loan(loan_id).outstanding)
