"""One place to run payments in tests: a desk, a clock that is set by hand, and the posting of callbacks."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from core import ledger, payments
from core.keys import Keyring
from core.ledger import Account, credit, debit
from core.money import Money
from core.payments import Attention, Payment, PaymentKind, PaymentState, Topic, inbox, tokens
from core.payments.contradictions import Change
from core.payments.desk import Desk
from core.payments.rails.mpesa import Mpesa
from tests.conftest import NOW
from tests.fake_daraja import B2C, FakeDaraja

LOAN = uuid.UUID(int=1042)
PHONE = "+254708374149"
SHILLINGS = 1_500


@dataclass
class Counter:
    """What a test says to payments, and what it sees of them."""

    sessions: sessionmaker[Session]
    keyring: Keyring
    daraja: FakeDaraja
    rail: Mpesa
    now: datetime = NOW
    told: list[tuple[uuid.UUID, Change]] = field(default_factory=list)

    @classmethod
    def of(
        cls, sessions: sessionmaker[Session], keyring: Keyring, daraja: FakeDaraja, folder: Path
    ) -> Counter:
        return cls(sessions, keyring, daraja, Mpesa.of(daraja.settings(folder), keyring, None))

    @property
    def desk(self) -> Desk:
        return Desk(self.sessions, {"mpesa": self.rail}, lambda: self.now, self._tell, self._loan)

    def request(self, kind: PaymentKind = PaymentKind.DISBURSEMENT, **changes: Any) -> uuid.UUID:
        facts: dict[str, Any] = {
            "kind": kind, "rail": "mpesa", "money": Money("KES", SHILLINGS * 100), "phone": PHONE,
            "loan_id": LOAN, "account_reference": "L1042X", "idempotency_key": f"{kind}:{uuid.uuid4()}",
        }  # fmt: skip
        with self.sessions.begin() as db:
            return payments.request(db, now=self.now, **{**facts, **changes}).id

    def repay(self, **changes: Any) -> uuid.UUID:
        return self.request(PaymentKind.REPAYMENT, **changes)

    def payment(self, payment_id: uuid.UUID) -> Payment:
        with self.sessions() as db:
            return db.get_one(Payment, payment_id)

    def all(self) -> list[Payment]:
        with self.sessions() as db:
            return list(db.scalars(select(Payment).order_by(Payment.created_at)))

    def state(self, payment_id: uuid.UUID) -> PaymentState:
        return self.payment(payment_id).state

    def reasons(self) -> set[str]:
        """Why a person is needed."""
        with self.sessions() as db:
            return set(db.scalars(select(Attention.reason)))

    def balance(self, account: Account) -> int:
        """In whole shillings, debits positive."""
        with self.sessions() as db:
            minor = ledger.balance(db, account, "KES").minor
        assert minor % 100 == 0
        return minor // 100

    def sum_of_ledger(self) -> int:
        with self.sessions() as db:
            return sum(money.minor for money in ledger.balances(db).values())

    def post(self, path: str, body: dict[str, Any]) -> bool:
        """What the callback view does with a call of the provider; False if it was told before."""
        token, _, late = path.removeprefix("/cb/k/").partition("/")
        address = tokens.read(self.keyring, token)
        assert address is not None
        topic = Topic.LATE if late else Topic.ANSWER if address.question else Topic.RESULT
        event = "late" if late else self.rail.read(topic, body).event_key
        with self.sessions.begin() as db:
            return inbox.store(
                db, provider="mpesa", topic=topic, event_key=event, raw=json.dumps(body).encode(), now=self.now,
                address=address,
            )  # fmt: skip

    def confirm(self, body: dict[str, Any]) -> bool:
        """A pay-in confirmation arrives."""
        key = self.rail.read(Topic.PAY_IN, body).event_key
        with self.sessions.begin() as db:
            return inbox.store(
                db, provider="mpesa", topic=Topic.PAY_IN, event_key=key, raw=json.dumps(body).encode(), now=self.now
            )  # fmt: skip

    def announce(self, body: dict[str, Any]) -> bool:
        """We are asked whether we want a pay-in, and do."""
        key = self.rail.read(Topic.ANNOUNCED, body).event_key
        with self.sessions.begin() as db:
            return inbox.store(
                db, provider="mpesa", topic=Topic.ANNOUNCED, event_key=key, raw=json.dumps(body).encode(),
                now=self.now,
            )  # fmt: skip

    def read_statement(self, seconds: float = 60) -> int:
        """The clock's next look at the statement, and what follows."""
        self.now += timedelta(seconds=seconds)
        found = self.desk.statement()
        self.work()
        return found

    def deliver(self) -> int:
        """Post every callback that is due."""
        due, self.daraja.callbacks[:] = list(self.daraja.callbacks), []
        for path, body in due:
            self.post(path, body)
        return len(due)

    def work(self) -> None:
        """Let the workers run until nothing is left to do at this moment."""
        busy = True
        while busy:
            busy = bool(self.desk.submit() + self.desk.inbox() + self.desk.ask() + self.deliver())

    def wait(self, seconds: float, step: float = 15) -> None:
        """Time passes; the clock sweeps and the workers run."""
        end = self.now + timedelta(seconds=seconds)
        while self.now < end:
            self.now = min(self.now + timedelta(seconds=step), end)
            self.desk.sweep()
            self.work()

    def _tell(self, db: Session, payment: Payment, change: Change, now: datetime) -> None:
        """As lending does: move the money on from in transit, once."""
        self.told.append((payment.id, change))
        if change is Change.FAILED:
            return
        inwards = payment.goes_out is (change is Change.REVERSED)
        first, then = (debit, credit) if inwards else (credit, debit)
        lines = [
            first(Account.PAYMENTS_IN_TRANSIT, payment.money, payment.id),
            then(Account.LOAN_PORTFOLIO, payment.money, payment.loan_id),
        ]
        written = ledger.post(
            db, kind=f"test.{change}", reference=str(payment.id), lines=lines, now=now
        )
        assert written is not None, "told twice"

    @staticmethod
    def _loan(_: Session, reference: str) -> uuid.UUID | None:
        return LOAN if reference.strip().upper() == "L1042X" else None


def keys_sent(counter: Counter) -> set[str]:
    """The different payouts the provider was ever told of, by its own measure."""
    return {body["OriginatorConversationID"] for body in counter.daraja.sent(B2C)}


def settle_all(counter: Counter) -> None:
    """The provider pays what it took and has not yet ended, and tells."""
    for key in [key for key in counter.daraja.payouts if key not in counter.daraja.transactions]:
        counter.daraja.payouts[key] = counter.daraja.payouts.pop(key)
        counter.daraja.pay_out()
    for reference, prompt in list(counter.daraja.prompts.items()):
        if prompt["code"] is None:
            counter.daraja.prompts[reference] = counter.daraja.prompts.pop(reference)
            counter.daraja.answer_prompt()


def is_credited(counter: Counter, shillings: int = SHILLINGS, times: int = 1) -> bool:
    """The loan got this much, told once per receipt, and nothing hangs in between."""
    return (
        [change for _, change in counter.told] == [Change.SETTLED] * times
        and counter.balance(Account.LOAN_PORTFOLIO) == -shillings
        and counter.balance(Account.CASH_MPESA) == shillings
        and counter.balance(Account.PAYMENTS_IN_TRANSIT) == 0
        and counter.balance(Account.SUSPENSE) == 0
    )


def is_paid_once(counter: Counter, payment_id: uuid.UUID) -> bool:
    """The loan is paid out, the money left once, the ledger says so."""
    return (
        counter.state(payment_id) is PaymentState.SETTLED
        and counter.told == [(payment_id, Change.SETTLED)]
        and len(counter.daraja.payouts) == 1
        and len(counter.daraja.transactions) == 1
        and counter.balance(Account.CASH_MPESA) == -SHILLINGS
        and counter.balance(Account.LOAN_PORTFOLIO) == SHILLINGS
        and counter.balance(Account.PAYMENTS_IN_TRANSIT) == 0
        and counter.sum_of_ledger() == 0
    )


def is_given_up(counter: Counter, payment_id: uuid.UUID) -> bool:
    """Nothing left, the hold is void, lending knows."""
    return (
        counter.state(payment_id) is PaymentState.FAILED
        and counter.told == [(payment_id, Change.FAILED)]
        and counter.balance(Account.CASH_MPESA) == 0
        and counter.balance(Account.PAYMENTS_IN_TRANSIT) == 0
    )
