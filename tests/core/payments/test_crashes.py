"""Workers die at any step and beside each other, callbacks come in any order: none is paid twice, nothing is lost."""

from __future__ import annotations

import random
import threading
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from config.limits import PAYMENT_REPEAT_SECONDS, PAYMENT_REPEATS
from core.ledger import Account
from core.payments import Attention, InboxMessage, Payment, PaymentState, tokens
from core.payments.contradictions import Change
from core.payments.rail import Answer, Message, Order
from core.payments.rails.mpesa import Mpesa
from tests.core.payments.counter import SHILLINGS, Counter, is_paid_once, keys_sent, settle_all
from tests.fake_daraja import ACT_AND_DROP, B2C, GARBAGE, STATUS, STK

ENDED = {PaymentState.SETTLED, PaymentState.FAILED}


class Killed(BaseException):
    """kill -9: nothing after this point happens."""


class Reaper:
    """Kills at the n-th boundary it is led past; a boundary is the begin or end of a transaction or of a call."""

    def __init__(self, steps: int | None) -> None:
        self.left = steps

    def step(self) -> None:
        if self.left is None:
            return
        self.left -= 1
        if self.left < 0:
            raise Killed


class MortalSessions:
    """Sessions whose transactions may die before their first statement, before their commit, or right after it."""

    def __init__(self, sessions: sessionmaker[Session], reaper: Reaper) -> None:
        self._sessions, self._reaper = sessions, reaper

    @contextmanager
    def begin(self) -> Iterator[Session]:
        self._reaper.step()
        with self._sessions.begin() as db:
            yield db
            self._reaper.step()
        self._reaper.step()


class MortalRail:
    """A rail whose calls may die before they leave and after they arrived."""

    def __init__(self, rail: Mpesa, reaper: Reaper) -> None:
        self._rail, self._reaper = rail, reaper

    def submit(self, order: Order, may_send: Callable[[], bool]) -> Answer:
        return self._call(lambda: self._rail.submit(order, may_send))

    def ask(self, order: Order) -> Answer | None:
        return self._call(lambda: self._rail.ask(order))

    def read(self, topic: Any, body: dict[str, Any]) -> Message:
        return self._rail.read(topic, body)

    def _call(self, call: Callable[[], Any]) -> Any:
        self._reaper.step()
        said = call()
        self._reaper.step()
        return said


def run_until_killed(counter: Counter, steps: int) -> bool:
    """One worker works off everything, and dies after `steps` boundaries; True if it lived."""
    reaper = Reaper(steps)
    sessions: Any = MortalSessions(counter.sessions, reaper)
    desk = replace(
        counter.desk, sessions=sessions, rails={"mpesa": MortalRail(counter.rail, reaper)}
    )
    try:
        while desk.submit() + desk.inbox() + desk.ask():
            pass
    except Killed:
        return False
    return True


@pytest.mark.parametrize("steps", range(24))
def test_a_worker_killed_at_any_step_pays_out_once(counter: Counter, steps: int) -> None:
    payment_id = counter.request()

    run_until_killed(counter, steps)
    settle_all(counter)
    counter.deliver()
    run_until_killed(counter, steps)
    for _ in range(6):
        counter.wait(10, step=5)
        settle_all(counter)
    counter.work()

    assert counter.state(payment_id) is PaymentState.SETTLED
    assert set(counter.told) == {(payment_id, Change.SETTLED)}
    assert len(counter.daraja.payouts) == len(keys_sent(counter)) == 1
    assert counter.balance(Account.CASH_MPESA) == -SHILLINGS
    assert counter.reasons() == set()
    assert counter.sum_of_ledger() == 0


def test_a_worker_killed_between_commit_and_call_needs_no_hand(counter: Counter) -> None:
    payment_id = counter.request()
    assert not run_until_killed(counter, 3)
    assert counter.state(payment_id) is PaymentState.SUBMITTING
    assert counter.daraja.sent(B2C) == []

    for _ in range(12):
        counter.wait(5, step=5)
        settle_all(counter)

    assert is_paid_once(counter, payment_id)
    assert len(counter.daraja.sent(B2C)) == 1
    assert counter.reasons() == set()


def paid_out(counter: Counter) -> int:
    """What the provider paid out, and what we hold back because we do not know."""
    in_doubt = {p.provider_key for p in counter.all() if p.goes_out and p.state not in ENDED}
    ended = {key for key in counter.daraja.payouts if key in counter.daraja.transactions}
    return SHILLINGS * len(ended | in_doubt)


def open_without_reason(counter: Counter, calm: datetime) -> list[Payment]:
    """Payouts still open, although there was time to say them again, or nobody was told."""
    still = [one for one in counter.all() if one.goes_out and one.state not in ENDED]
    with counter.sessions() as db:
        shown = set(db.scalars(select(Attention.payment_id)))
    limit = calm - timedelta(seconds=PAYMENT_REPEAT_SECONDS - 60)
    return [one for one in still if one.id not in shown or not is_past_saying(one, limit)]


def is_past_saying(payment: Payment, limit: datetime) -> bool:
    assert payment.opened_at is not None
    return payment.repeats == PAYMENT_REPEATS or payment.opened_at < limit


def paid_in(counter: Counter) -> int:
    """What payers paid, but for prompts of which neither answer nor callback reached us: a person was shown these."""
    with counter.sessions() as db:
        query = select(Attention.payment_id).where(Attention.reason == "outcome_never_told")
        shown = list(db.scalars(query))
    shown = [one for one in shown if counter.state(one) is PaymentState.FAILED]
    prompts = [body for body in counter.daraja.prompts.values() if body["code"] == "0"]
    told = [body for body in prompts if payment_of(counter, body["CallBackURL"]) not in shown]
    return SHILLINGS * len(told)


def payment_of(counter: Counter, url: str) -> uuid.UUID:
    address = tokens.read(counter.keyring, url.rpartition("/")[2])
    assert address is not None
    return address.payment_id


def happen(counter: Counter, dice: random.Random) -> None:
    """Something of what happens to a node."""
    callbacks = counter.daraja.callbacks
    match dice.randrange(7):
        case 0:
            path = dice.choice([B2C, STK, STATUS])
            counter.daraja.orders[path].append(dice.choice([ACT_AND_DROP, GARBAGE]))
        case 1:
            settle_all(counter)
        case 2 if callbacks:
            dice.shuffle(callbacks)
            counter.post(*callbacks[0])  # told now, and once more later
        case 3 if callbacks:
            callbacks.pop()  # never told
        case 4:
            counter.now += timedelta(seconds=dice.choice([5, 31, 61, 300]))
            counter.desk.sweep()
        case _:
            run_until_killed(counter, dice.randrange(30))


@pytest.mark.parametrize("seed", range(12))
def test_random_deaths_faults_and_orders_neither_lose_nor_double_money(
    counter: Counter, seed: int
) -> None:
    dice = random.Random(seed)
    for _ in range(2):
        counter.request()
        counter.repay()

    for _ in range(25):
        happen(counter, dice)
    counter.daraja.orders.clear()
    calm = counter.now
    for _ in range(6):
        settle_all(counter)
        counter.wait(30)
    for _ in range(2):
        settle_all(counter)
        counter.wait(3_600, step=300)

    assert len(counter.daraja.payouts) <= 2
    assert open_without_reason(counter, calm) == []
    assert counter.balance(Account.CASH_MPESA) == paid_in(counter) - paid_out(counter)
    assert counter.sum_of_ledger() == 0


def at_once(calls: list[Callable[[], Any]]) -> list[Any]:
    """Run these in threads that start together."""
    gate = threading.Barrier(len(calls))

    def run(call: Callable[[], Any]) -> Any:
        gate.wait()
        return call()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def test_two_workers_on_the_same_rows_send_each_once(counter: Counter) -> None:
    for _ in range(6):
        counter.request()

    done = at_once([counter.desk.submit] * 3)

    assert sum(done) == 6
    assert len(counter.daraja.sent(B2C)) == len(counter.daraja.payouts) == 6


def test_the_same_callback_at_the_same_moment_is_kept_once(counter: Counter) -> None:
    counter.request()
    counter.work()
    counter.daraja.pay_out()
    path, body = counter.daraja.callbacks.pop()

    kept = at_once([lambda: counter.post(path, body)] * 4)
    at_once([counter.desk.inbox] * 3)
    counter.work()

    assert sorted(kept) == [False, False, False, True]
    with counter.sessions() as db:
        assert db.query(InboxMessage).filter_by(topic="result").count() == 1
    assert counter.balance(Account.CASH_MPESA) == -SHILLINGS


def test_answers_of_many_questions_at_the_same_moment_settle_once(counter: Counter) -> None:
    counter.request()
    counter.work()
    counter.daraja.pay_out(told=False)
    for _ in range(4):
        counter.now += timedelta(hours=1)
        counter.desk.ask()

    counter.deliver()
    at_once([counter.desk.inbox] * 4)

    assert [change for _, change in counter.told] == [Change.SETTLED]
    assert counter.balance(Account.PAYMENTS_IN_TRANSIT) == 0


def test_a_prompt_and_its_pay_in_at_the_same_moment_are_one_credit(counter: Counter) -> None:
    counter.repay()
    counter.work()
    receipt = counter.daraja.answer_prompt(told=False)
    counter.confirm(counter.daraja.pay_in("L1042X", SHILLINGS, counter.now, receipt))
    counter.now += timedelta(seconds=10)

    at_once([counter.desk.ask, counter.desk.inbox, counter.desk.ask])
    counter.work()

    assert counter.balance(Account.LOAN_PORTFOLIO) == -SHILLINGS
    assert counter.balance(Account.PAYMENTS_IN_TRANSIT) == 0
