"""Drains the rows of payments: claim in one transaction, speak to the provider in none, write down in another.

Every verb may run twice or in parallel. Whatever ends a payment is told in the same transaction (`tell`).
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial

import structlog
from sqlalchemy.exc import OperationalError

from config.limits import PAYMENT_SEND_SECONDS
from core.clock import Clock
from core.db import Session, sessionmaker
from core.drain import drain
from core.errors import Refusal, log_bug
from core.money import Money
from core.payments import clock_back, inbox, rules, service, set_aside, statement
from core.payments.contradictions import Change
from core.payments.inbox import FindLoan
from core.payments.models import Payment
from core.payments.outcome import acknowledge, record
from core.payments.rail import Answer, Message, Order, Rail, Verdict
from core.refusal_codes import RefusalCode

log = structlog.get_logger(__name__)
Tell = Callable[[Session, Payment, Change, datetime], None]


@dataclass(frozen=True)
class Desk:
    """The work of payments, with its doors: the rails, who is told of an end, and who knows a loan by its code."""

    sessions: sessionmaker[Session]
    rails: Mapping[str, Rail]
    clock: Clock
    tell: Tell
    find_loan: FindLoan

    def submit(self) -> int:
        """Send what is ready. A worker that dies here leaves a row to be asked about first."""
        return drain(self._submit_next, "payment")

    def ask(self) -> int:
        """Ask about the open payments whose turn has come; some answers come later, as callbacks."""
        return drain(self._ask_next, "question")

    def inbox(self) -> int:
        """Understand what providers told us."""
        return drain(self._read_next, "callback")

    def statement(self) -> int:
        """Compare each provider's own list of pay-ins with ours, and ask again about what has ended a while ago."""
        found = sum(self._read_statement(name) for name in self.rails)
        for name in self.rails:
            drain(partial(self._check_next, name), "check")
        return found

    def sweep(self) -> int:
        """Find what was lost: payments left half sent, wake-ups that never came, what is open for too long."""
        with self.sessions.begin() as db:
            now = self.clock()
            self._look_at_clock(db, now)
            found = service.find_ahead(db, now=now) + service.find_lost(db, now=now)
            found += service.find_overdue(db, now=now) + set_aside.find_deadly(db, now=now)
            service.wake(db, now=now)
        return found

    def decide(self, payment_id: uuid.UUID, *, paid: bool, receipt: str | None = None) -> None:
        """What a person saw in the provider's own portal, where no question of ours is answered.

        Refuses payment_may_still_leave(seconds): "not paid" waits until no worker can send the order any more.
        """
        verdict = Verdict.PAID if paid else Verdict.FAILED
        answer = Answer(verdict, code="" if paid else "refused", receipt=receipt)
        with self.sessions.begin() as db:
            payment, now = service.lock(db, payment_id), self.clock()
            if not paid and (seconds := rules.seconds_to_decide(payment, now)):
                raise Refusal(RefusalCode.PAYMENT_MAY_STILL_LEAVE, seconds=seconds)
            service.resolve(db, payment_id, now=now)  # what waited for her word waits no longer
            self._record(db, payment_id, payment.attempt, answer)
            service.resolve(db, payment_id, now=now)

    def find(self, rail: str, receipt: str, money: Money, reference: str) -> bool:
        """Ask about a pay-in that a person saw in the provider's portal; whether we had never heard of it."""
        seen = Message(
            event_key=receipt, answer=Answer(Verdict.PENDING, receipt=receipt, amount=money),
            account_reference=reference,
        )  # fmt: skip
        return bool(self._open_line(rail, seen))

    def _send(self, order: Order) -> Answer:
        """Send an order, unless its worker was frozen meanwhile: then somebody may have given it up."""
        taken = self.clock()

        def may_send() -> bool:
            age = abs((self.clock() - taken).total_seconds())
            with self.sessions.begin() as db:
                return age <= PAYMENT_SEND_SECONDS and service.is_claimed(db, order)

        return self.rails[order.rail].submit(order, may_send)

    def _submit_next(self) -> bool:
        with self.sessions.begin() as db:
            order = service.claim(db, now=self.clock())
        if order is not None:
            self._acknowledge(order, self._send(order))
        return order is not None

    def _ask_next(self) -> bool:
        with self.sessions.begin() as db:
            order = service.claim_question(db, now=self.clock())
        if order is None:
            return False
        answer = self.rails[order.rail].ask(order)
        if answer is not None:
            self._write_down(order, answer)
        return True

    def _read_next(self) -> bool:
        with self.sessions.begin() as db:
            message_id = inbox.claim(db, now=self.clock())
        if message_id is not None:
            self._understand_or_set_aside(message_id)
        return message_id is not None

    def _understand_or_set_aside(self, message_id: uuid.UUID) -> None:
        """A callback that breaks is put back, and after a few times set aside; the others go on at once."""
        try:
            self._understand(message_id)
        except OperationalError as error:  # a lock, or the database: not the fault of the callback
            log.warning("callback later", callback=str(message_id), kind=type(error).__name__)
        except Exception as error:  # noqa: BLE001 - an entrance: what is in a callback must stop nobody
            log_bug(log, "callback not understood", error, callback=str(message_id))
            with self.sessions.begin() as db:
                set_aside.broke(db, message_id, now=self.clock())

    def _read_statement(self, rail: str) -> int:
        with self.sessions.begin() as db:
            self._look_at_clock(db, self.clock())
            read = statement.window(db, rail, now=self.clock() + self.rails[rail].offset)
        lines = self.rails[rail].statement(read.since, read.until)
        if lines is None:
            return 0
        with self.sessions.begin() as db:
            news = statement.unheard(db, rail, lines)
            wrong = statement.contradicted(db, rail, lines, self.find_loan)
        found = [self._open_line(rail, line) for line in news]
        for payment_id, line in wrong:
            self._correct(payment_id, line)
        with self.sessions.begin() as db:
            statement.ask_unlisted(db, rail, lines, read, now=self.clock())
            statement.settle_doubts(db, rail, read, now=self.clock())
            if None not in found:  # a line that broke is read and said again, as long as it is told
                statement.mark(db, rail, read)
        return sum(map(bool, found))

    def _look_at_clock(self, db: Session, now: datetime) -> None:
        days = max((rail.reversal_days for rail in self.rails.values()), default=0)
        if clock_back.look(db, days=days, now=now):
            log.warning("our clock was ahead: what has ended is compared once more")

    def _check_next(self, rail: str) -> bool:
        """Ask about a payment that has ended: its provider may have taken it back, or paid it after all."""
        days = self.rails[rail].reversal_days
        with self.sessions.begin() as db:
            orders = service.claim_check(db, rail, days=days, now=self.clock())
        for order in orders:
            answer = self.rails[rail].ask(order)
            if answer is not None:
                self._write_down(order, answer)
        return bool(orders)

    def _correct(self, payment_id: uuid.UUID, line: Message) -> None:
        with self.sessions.begin() as db:
            now = self.clock()
            change = statement.correct(db, payment_id, line, find_loan=self.find_loan, now=now)
            self._tell(db, payment_id, change, now)

    def _open_line(self, rail: str, line: Message) -> bool | None:
        """Whether the line was news; None if it broke, which keeps no other from being read."""
        try:
            with self.sessions.begin() as db:
                return statement.open_line(
                    db, rail, line, find_loan=self.find_loan, now=self.clock()
                )
        except OperationalError:
            raise
        except Exception as error:  # noqa: BLE001 - an entrance: one line's bug is not the others' delay
            log_bug(log, "line of the statement broke", error)
            return None

    def _acknowledge(self, order: Order, answer: Answer) -> None:
        with self.sessions.begin() as db:
            now, payment_id = self.clock(), order.payment_id
            change = acknowledge(
                db, payment_id=payment_id, attempt=order.attempt, answer=answer, now=now
            )
            self._tell(db, payment_id, change, now)

    def _write_down(self, order: Order, answer: Answer) -> None:
        with self.sessions.begin() as db:
            self._record(db, order.payment_id, order.attempt, answer)

    def _record(self, db: Session, payment_id: uuid.UUID, attempt: int, answer: Answer) -> None:
        now = self.clock()
        change = record(db, payment_id=payment_id, attempt=attempt, answer=answer, now=now)
        self._tell(db, payment_id, change, now)

    def _understand(self, message_id: uuid.UUID) -> None:
        with self.sessions.begin() as db:
            now = self.clock()
            event = inbox.understand(
                db, message_id, rails=self.rails, find_loan=self.find_loan, now=now
            )
            if event is not None:
                self._tell(db, event.payment_id, event.change, now)

    def _tell(
        self, db: Session, payment_id: uuid.UUID, change: Change | None, now: datetime
    ) -> None:
        if change is not None:
            self.tell(db, db.get_one(Payment, payment_id), change, now)
