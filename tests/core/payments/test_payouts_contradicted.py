"""Money out, and somebody says otherwise: forged, late, contradicting, with another amount, or never an end."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest

from config.limits import PAYMENT_ALARM_SECONDS, PAYMENT_REPEAT_SECONDS, SUBMITTING_SECONDS
from core.ledger import Account
from core.money import Money
from core.payments import PaymentState as State
from core.payments import service
from core.payments.contradictions import Change
from tests.core.payments.counter import SHILLINGS, Counter, is_given_up, is_paid_once
from tests.fake_daraja import B2C, DROP, STATUS

CLOSED = "http://127.0.0.1:9"


def forge(counter: Counter, **changes: Any) -> None:
    """A success that the provider never said, sent to the right address."""
    payout = next(iter(counter.daraja.payouts.values()))
    result = {
        "ResultType": 0, "ResultCode": 0, "TransactionID": "FORGED1", "ConversationID": "AG_forged",
        "OriginatorConversationID": payout["OriginatorConversationID"], **changes,
    }  # fmt: skip
    counter.daraja._call_back(payout["ResultURL"], {"Result": result})


def test_forged_successes_settle_nothing(counter: Counter) -> None:
    payment_id = counter.request()
    counter.work()

    for number in range(20):
        forge(counter, ConversationID=f"AG_{number}")
        counter.work()

    assert counter.told == []
    assert counter.state(payment_id) is State.SUBMITTED


def test_a_forged_failure_gives_nothing_back_while_the_provider_says_paid(counter: Counter) -> None:
    payment_id = counter.request()
    counter.work()
    counter.daraja.pay_out(told=False)

    forge(counter, ResultCode=2040)
    counter.work()

    assert is_paid_once(counter, payment_id)


def test_a_result_that_names_another_order_is_ignored(counter: Counter) -> None:
    payment_id = counter.request()
    counter.work()
    asked = len(counter.daraja.sent(STATUS))

    forge(counter, OriginatorConversationID="SOMEBODYELSE")
    counter.work()

    assert counter.state(payment_id) is State.SUBMITTED
    assert len(counter.daraja.sent(STATUS)) == asked


@pytest.mark.parametrize(("left", "suspense"), [(1_400, -100), (1_600, 100)])
def test_another_amount_makes_cash_true_and_leaves_the_rest_in_suspense(
    counter: Counter, left: int, suspense: int
) -> None:
    payment_id = counter.request()
    counter.work()

    counter.daraja.pay_out(amount=left)
    counter.work()
    counter.wait(10)

    assert counter.state(payment_id) is State.SETTLED
    assert counter.balance(Account.CASH_MPESA) == -left
    assert counter.balance(Account.SUSPENSE) == suspense
    assert counter.balance(Account.PAYMENTS_IN_TRANSIT) == 0
    assert counter.reasons() == {"amount_differs"}


def test_success_after_failure_reaches_the_loan_once_it_was_said_twice(counter: Counter) -> None:
    payment_id = counter.request()
    counter.work()
    counter.daraja.pay_out(2040)
    counter.work()
    assert is_given_up(counter, payment_id)

    counter.daraja.pay_out(0)
    counter.work()
    assert counter.state(payment_id) is State.FAILED
    counter.wait(30)

    assert counter.state(payment_id) is State.SETTLED_LATE
    assert counter.told == [(payment_id, Change.FAILED), (payment_id, Change.SETTLED_LATE)]
    assert counter.balance(Account.CASH_MPESA) == -SHILLINGS
    assert counter.balance(Account.LOAN_PORTFOLIO) == SHILLINGS
    assert counter.balance(Account.SUSPENSE) == counter.balance(Account.PAYMENTS_IN_TRANSIT) == 0
    with counter.sessions() as db:
        assert service.attentions(db, 10) == []


def test_a_success_of_an_earlier_attempt_stops_the_next_one(counter: Counter) -> None:
    payment_id = counter.request()
    counter.work()
    counter.daraja.pay_out(1)
    counter.daraja.transactions.clear()
    counter.work()
    assert counter.state(payment_id) is State.READY

    counter.daraja.pay_out(0)
    counter.work()

    assert is_paid_once(counter, payment_id)
    counter.wait(1_200, step=60)
    assert len(counter.daraja.payouts) == 1


def test_a_reversal_after_settlement_is_booked_and_shown_to_a_person(counter: Counter) -> None:
    payment_id = counter.request()
    counter.work()
    counter.daraja.pay_out()
    counter.work()
    for transaction in counter.daraja.transactions.values():
        transaction["TransactionStatus"] = "Reversed"

    forge(counter, ResultCode=2040)
    counter.wait(30)

    assert counter.state(payment_id) is State.REVERSED
    assert counter.told[-1] == (payment_id, Change.REVERSED)
    assert counter.balance(Account.CASH_MPESA) == counter.balance(Account.LOAN_PORTFOLIO) == 0
    assert counter.balance(Account.SUSPENSE) == counter.balance(Account.PAYMENTS_IN_TRANSIT) == 0
    assert counter.reasons() == {"reversed"}


def test_an_open_payment_alarms_after_a_day_once(counter: Counter) -> None:
    payment_id = counter.request()
    counter.work()

    counter.wait(PAYMENT_ALARM_SECONDS + 7_200, step=3_600)

    assert counter.state(payment_id) is State.SUBMITTED
    assert "open_too_long" in counter.reasons()


def test_a_person_decides_what_no_question_answers(counter: Counter) -> None:
    counter.daraja.orders[B2C] = [DROP]
    payment_id = counter.request()
    counter.work()
    counter.now += timedelta(seconds=PAYMENT_REPEAT_SECONDS)  # too late to say it again
    counter.wait(600, step=60)
    assert counter.reasons() == {"provider_does_not_know_it"}

    counter.desk.decide(payment_id, paid=False)

    assert is_given_up(counter, payment_id)
    with counter.sessions() as db:
        assert service.attentions(db, 10) == []


def test_a_worker_that_died_while_sending_leaves_a_question(counter: Counter) -> None:
    payment_id = counter.request()
    with counter.sessions.begin() as db:
        service.claim(db, now=counter.now)

    counter.wait(SUBMITTING_SECONDS)

    assert counter.state(payment_id) is State.UNKNOWN
    assert counter.daraja.payouts == {}
    assert len(counter.daraja.sent(STATUS)) == 1


def test_a_phone_mpesa_cannot_know_is_refused_before_sending(counter: Counter) -> None:
    payment_id = counter.request(phone="+256701234567")

    counter.work()

    assert is_given_up(counter, payment_id)
    assert counter.daraja.payouts == {}


def test_several_payouts_do_not_disturb_each_other(counter: Counter) -> None:
    loans = [uuid.uuid4() for _ in range(5)]
    made = [counter.request(loan_id=loan, money=Money("KES", 100_000)) for loan in loans]
    counter.work()
    for _ in made:
        counter.daraja.pay_out()
        key, body = next(reversed(counter.daraja.payouts.items()))
        counter.daraja.payouts = {key: body} | {
            k: v for k, v in counter.daraja.payouts.items() if k != key
        }
    counter.work()

    assert {counter.state(one) for one in made} == {State.SETTLED}
    assert counter.balance(Account.CASH_MPESA) == -5_000
