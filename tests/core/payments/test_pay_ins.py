"""Money in that nobody asked for: believed after a question, and never counted twice beside a prompt."""

from __future__ import annotations

from datetime import timedelta

import pytest

from core.ledger import Account
from core.payments import InboxMessage, Method
from core.payments import PaymentState as State
from core.payments.contradictions import Change
from tests.core.payments.counter import SHILLINGS, Counter, is_credited
from tests.fake_daraja import STATUS


def test_a_pay_in_is_credited_after_the_provider_confirms_it(counter: Counter) -> None:
    body = counter.daraja.pay_in("l1042x ", 700, counter.now)

    counter.confirm(body)
    counter.work()
    assert counter.told == []  # one answer may be forged, as the confirmation may
    counter.wait(15)

    assert is_credited(counter, 700)
    assert [asked["TransactionID"] for asked in counter.daraja.sent(STATUS)] == [
        body["TransID"]
    ] * 2


def test_a_pay_in_told_twice_is_credited_once(counter: Counter) -> None:
    body = counter.daraja.pay_in("L1042X", 700, counter.now)

    assert [counter.confirm(body), counter.confirm(body)] == [True, False]
    counter.wait(30)

    assert is_credited(counter, 700)


def test_a_forged_pay_in_is_never_credited(counter: Counter) -> None:
    body = counter.daraja.pay_in("L1042X", 700, counter.now)
    counter.daraja.transactions.clear()

    counter.confirm(body)
    counter.wait(3_600, step=60)

    assert counter.told == []
    assert counter.all()[0].state is State.FAILED
    assert counter.reasons() == {"pay_in_not_confirmed"}


def test_a_pay_in_with_a_forged_amount_is_credited_with_the_true_one(counter: Counter) -> None:
    body = counter.daraja.pay_in("L1042X", 700, counter.now)

    counter.confirm(body | {"TransAmount": "70000.00"})
    counter.work()
    counter.wait(10)

    assert is_credited(counter, 700)


@pytest.mark.parametrize("reference", ["L9999Z", "", "Rent"])
def test_money_for_nobody_goes_to_suspense_and_to_a_person(
    counter: Counter, reference: str
) -> None:
    counter.confirm(counter.daraja.pay_in(reference, 700, counter.now))
    counter.wait(30)

    assert counter.told == []
    assert counter.balance(Account.CASH_MPESA) == 700
    assert counter.balance(Account.SUSPENSE) == -700
    assert counter.reasons() == {"unknown_reference"}


@pytest.mark.parametrize(
    "order", ["prompt first", "pay-in first", "callback lost", "pay-in first, callback lost"]
)
def test_a_prompt_told_as_a_pay_in_too_is_one_credit(counter: Counter, order: str) -> None:
    counter.repay()
    counter.work()
    receipt = counter.daraja.answer_prompt(told="lost" not in order)
    confirmation = counter.daraja.pay_in("L1042X", SHILLINGS, counter.now, receipt)

    if order.startswith("pay-in"):
        counter.confirm(confirmation)
    counter.wait(60)
    counter.confirm(confirmation)
    counter.wait(60)

    assert is_credited(counter)


def test_a_prompt_and_a_pay_in_of_the_same_amount_are_both_credited(counter: Counter) -> None:
    counter.repay()
    counter.work()
    first = counter.daraja.answer_prompt()
    by_prompt = counter.daraja.pay_in("L1042X", SHILLINGS, counter.now, first)
    by_hand = counter.daraja.pay_in("L1042X", SHILLINGS, counter.now + timedelta(seconds=30))

    for body in (by_hand, by_prompt):
        counter.confirm(body)
        counter.wait(30)

    assert is_credited(counter, 2 * SHILLINGS, times=2)


def test_a_declined_prompt_and_a_pay_in_by_hand_is_one_credit(counter: Counter) -> None:
    payment_id = counter.repay()
    counter.work()
    counter.daraja.answer_prompt(1032)
    counter.confirm(counter.daraja.pay_in("L1042X", SHILLINGS, counter.now))

    counter.wait(60)

    assert counter.state(payment_id) is State.FAILED
    assert counter.balance(Account.LOAN_PORTFOLIO) == -SHILLINGS


def test_the_same_amount_paid_by_hand_much_later_is_another_credit(counter: Counter) -> None:
    counter.repay()
    counter.work()
    counter.daraja.answer_prompt(told=False)
    counter.wait(3_600, step=600)
    counter.confirm(counter.daraja.pay_in("L1042X", SHILLINGS, counter.now))
    counter.wait(30)

    assert is_credited(counter, 2 * SHILLINGS, times=2)
    assert counter.reasons() >= {"maybe_counted_twice"}


@pytest.mark.parametrize("days", [0, 1, 20, 44])
def test_a_reversed_repayment_is_taken_back_though_nobody_tells(
    counter: Counter, days: int
) -> None:
    counter.confirm(counter.daraja.pay_in("L1042X", 700, counter.now))
    counter.wait(30)
    counter.wait(days * 86_400, step=86_400)
    payment = counter.all()[0]
    assert (payment.method, payment.state) == (Method.PAY_IN, State.SETTLED)

    next(iter(counter.daraja.transactions.values()))["TransactionStatus"] = "Reversed"
    for _ in range(46 - days):
        counter.read_statement(86_400)
        counter.wait(30)

    assert counter.state(payment.id) is State.REVERSED
    assert counter.told == [(payment.id, Change.SETTLED), (payment.id, Change.REVERSED)]
    assert counter.balance(Account.CASH_MPESA) == 0
    assert counter.balance(Account.LOAN_PORTFOLIO) == 0
    assert counter.balance(Account.PAYMENTS_IN_TRANSIT) == 0
    assert "reversed" in counter.reasons()


def test_what_remains_of_a_callback_names_nobody(counter: Counter) -> None:
    counter.repay()
    counter.work()
    counter.daraja.answer_prompt()
    counter.confirm(counter.daraja.pay_in("L1042X", 700, counter.now))
    counter.work()

    with counter.sessions() as db:
        rows = db.query(InboxMessage).all()

    assert rows
    assert all(row.raw is None and row.processed_at for row in rows)
    assert "254708374149" not in str([row.facts for row in rows])
    assert "AMINA" not in str([row.facts for row in rows])
