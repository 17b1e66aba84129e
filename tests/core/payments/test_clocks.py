"""No clock is trusted alone (docs/adr/0038): ours may jump, the provider's may differ, a worker may stand still."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from config.limits import PAYMENT_DECIDE_SECONDS, PAYMENT_SEND_SECONDS, SUBMITTING_SECONDS
from core.errors import Refusal
from core.ledger import Account
from core.payments import PaymentState as State
from core.payments import service
from core.payments.rail import Order
from core.payments.rails.mpesa import statements
from tests.core.payments.counter import SHILLINGS, Counter, is_credited, is_given_up, is_paid_once
from tests.databases import ON_SQLITE
from tests.fake_daraja import B2C, DROP, PULL

HALF_A_YEAR = timedelta(days=120)


def take(counter: Counter) -> Order:
    """A worker takes an order, and is frozen before it sends it."""
    with counter.sessions.begin() as db:
        order = service.claim(db, now=counter.now)
    assert order is not None
    return order


def thaw(counter: Counter, order: Order, *, slept: float = 0) -> None:
    """It goes on as if nothing had been."""
    taken, counter.now = counter.now, counter.now + timedelta(seconds=slept)
    clock = iter([taken])
    desk = counter.desk
    frozen = type(desk)(
        desk.sessions, desk.rails, lambda: next(clock, counter.now), desk.tell, desk.find_loan
    )
    frozen._acknowledge(order, frozen._send(order))


def test_an_order_given_up_while_its_worker_was_frozen_is_not_sent(counter: Counter) -> None:
    counter.daraja.orders[B2C] = [DROP] * 9  # nor does it hear of it when it is said again
    payment_id = counter.request()
    order = take(counter)
    counter.wait(600)
    counter.desk.decide(payment_id, paid=False)
    counter.daraja.orders.clear()

    thaw(counter, order)

    assert counter.daraja.payouts == {}
    assert is_given_up(counter, payment_id)


def test_an_order_that_has_grown_old_is_sent_as_a_new_attempt_only(counter: Counter) -> None:
    payment_id = counter.request()
    order = take(counter)

    thaw(counter, order, slept=PAYMENT_SEND_SECONDS + 1)
    assert counter.daraja.sent(B2C) == []
    assert counter.state(payment_id) is State.READY
    counter.wait(30)
    counter.daraja.pay_out()
    counter.work()

    assert is_paid_once(counter, payment_id)


def test_not_paid_waits_until_no_worker_can_send_it_any_more(counter: Counter) -> None:
    payment_id = counter.request()
    take(counter)
    counter.wait(SUBMITTING_SECONDS)
    assert counter.state(payment_id) is State.UNKNOWN

    with pytest.raises(Refusal, match="payment_may_still_leave") as refused:
        counter.desk.decide(payment_id, paid=False)

    assert refused.value.facts == {"seconds": PAYMENT_DECIDE_SECONDS - SUBMITTING_SECONDS}


def test_after_a_jump_of_our_clock_the_statement_is_read_as_before(counter: Counter) -> None:
    counter.read_statement()
    true = counter.now
    counter.now += HALF_A_YEAR
    counter.read_statement()
    counter.now = true
    counter.daraja.pay_in("L1042X", 700, counter.now)

    counter.read_statement()

    asked = counter.daraja.sent(PULL)[-1]
    assert asked["StartDate"] < asked["EndDate"]
    assert is_credited(counter, 700)
    counter.read_statement()
    again = counter.daraja.sent(PULL)[-1]
    assert again["StartDate"] > asked["StartDate"]  # from the mark, which was put right


@ON_SQLITE
def test_what_a_wrong_clock_put_off_is_done_when_it_is_right_again(counter: Counter) -> None:
    true = counter.now
    counter.now += HALF_A_YEAR
    payment_id = counter.request()
    counter.work()
    counter.daraja.pay_out()
    body = counter.daraja.pay_in("L1042X", 700, true)
    counter.confirm(body)
    counter.now = true

    counter.wait(60)

    assert counter.state(payment_id) is State.SETTLED
    assert counter.balance(Account.CASH_MPESA) == 700 - SHILLINGS


def test_what_was_taken_back_is_found_though_a_clock_that_was_ahead_had_ended_the_looking(
    counter: Counter,
) -> None:
    payment_id = counter.request()
    counter.work()
    counter.daraja.pay_out()
    counter.wait(30)
    true = counter.now
    counter.now += HALF_A_YEAR
    counter.read_statement()
    counter.now = true
    key = counter.payment(payment_id).provider_key or ""
    counter.daraja.transactions[key]["TransactionStatus"] = "Reversed"

    counter.read_statement()
    counter.wait(60)

    assert counter.state(payment_id) is State.REVERSED


@pytest.mark.parametrize("minutes", [-200, -20, 20, 200])
def test_a_prompt_and_its_confirmation_are_one_though_the_clocks_differ(
    counter: Counter, minutes: int
) -> None:
    ahead = timedelta(minutes=minutes)
    counter.repay()
    counter.work()
    receipt = counter.daraja.answer_prompt(told=False)
    counter.wait(30)
    counter.confirm(counter.daraja.pay_in("L1042X", SHILLINGS, counter.now + ahead, receipt))

    counter.wait(60)

    assert is_credited(counter)


@ON_SQLITE
def test_how_far_the_clock_of_the_provider_is_ahead_is_kept_with_the_prompt_it_took(
    counter: Counter,
) -> None:
    counter.daraja.ahead = timedelta(minutes=50)
    payment_id = counter.repay()
    counter.work()
    receipt = counter.daraja.answer_prompt(told=False)
    counter.daraja.orders[PULL] = []
    counter.wait(3_600, step=600)
    paid_at = counter.now - timedelta(seconds=3_600) + counter.daraja.ahead

    assert abs(counter.payment(payment_id).clock_offset or 0) == pytest.approx(3_000, abs=5)
    counter.confirm(counter.daraja.pay_in("L1042X", SHILLINGS, paid_at, receipt))
    counter.wait(60)

    assert is_credited(counter)


@ON_SQLITE
def test_equal_payments_too_far_apart_for_one_both_count_and_a_person_is_told(
    counter: Counter,
) -> None:
    counter.repay()
    counter.work()
    counter.daraja.answer_prompt(told=False)
    counter.wait(3_600, step=600)
    counter.confirm(counter.daraja.pay_in("L1042X", SHILLINGS, counter.now))
    counter.wait(30)

    assert is_credited(counter, 2 * SHILLINGS, times=2)
    assert "maybe_counted_twice" in counter.reasons()


NOON = datetime(2026, 11, 21, 9, tzinfo=UTC)  # twelve o'clock in Nairobi


@pytest.mark.parametrize("written", ["2026-11-21T08:30:00Z", "2026-11-21T11:30:00Z"])
def test_a_date_marked_z_is_read_as_what_lies_in_the_time_asked_for(written: str) -> None:
    line = {"transactionId": "R1", "amount": "5.00", "billreference": "X", "trxDate": written}

    found = statements.read([line], NOON - timedelta(hours=2), NOON)

    assert found["R1"].paid_at == datetime(2026, 11, 21, 8, 30, tzinfo=UTC)


def test_all_lines_of_an_answer_are_read_alike() -> None:
    days = ["2026-11-20T12:00:00Z", "2026-11-20T20:00:00Z", "2026-11-21T11:59:00Z"]
    lines = [
        {"transactionId": f"R{n}", "amount": "5.00", "billreference": "X", "trxDate": day}
        for n, day in enumerate(days)
    ]

    found = statements.read(lines, NOON - timedelta(hours=48), NOON)

    assert found["R0"].paid_at == datetime(2026, 11, 20, 9, tzinfo=UTC)
