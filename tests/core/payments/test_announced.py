"""A pay-in we were only asked about: its confirmation may be lost, or it may never have happened."""

from __future__ import annotations

from datetime import timedelta

import pytest

from config.limits import PAY_IN_HINT_SECONDS
from core.ledger import Account
from core.payments import PaymentState as State
from core.payments import service
from tests.core.payments.counter import SHILLINGS, Counter, is_credited
from tests.fake_daraja import STATUS


def test_an_announced_pay_in_is_asked_about_after_a_while_and_credited(counter: Counter) -> None:
    counter.announce(counter.daraja.pay_in("L1042X", 700, counter.now))

    counter.wait(PAY_IN_HINT_SECONDS - 1, step=1)
    assert counter.daraja.sent(STATUS) == []
    counter.wait(1)
    assert len(counter.daraja.sent(STATUS)) == 1
    counter.wait(15)

    assert is_credited(counter, 700)


@pytest.mark.parametrize("later", [0, 5, 20, 600])
def test_announced_and_confirmed_it_is_one_credit(counter: Counter, later: int) -> None:
    body = counter.daraja.pay_in("L1042X", 700, counter.now)

    counter.announce(body)
    counter.wait(later)
    counter.confirm(body)
    counter.wait(60)

    assert is_credited(counter, 700)
    assert counter.reasons() == set()


@pytest.mark.parametrize("status", [None, "Cancelled", "Declined"])
def test_what_was_announced_and_never_came_ends_silently(
    counter: Counter, status: str | None
) -> None:
    body = counter.daraja.pay_in("L1042X", 700, counter.now)
    if status is None:
        counter.daraja.transactions.clear()
    else:
        counter.daraja.transactions[body["TransID"]]["TransactionStatus"] = status

    counter.announce(body)
    counter.wait(3_600, step=60)

    assert counter.all()[0].state is State.FAILED
    assert (counter.told, counter.reasons()) == ([], set())
    assert counter.balance(Account.CASH_MPESA) == 0


def test_given_up_and_then_confirmed_it_is_asked_about_again(counter: Counter) -> None:
    body = counter.daraja.pay_in("L1042X", 700, counter.now)
    known = dict(counter.daraja.transactions)
    counter.daraja.transactions.clear()
    counter.announce(body)
    counter.wait(600)
    assert counter.all()[0].state is State.FAILED

    counter.daraja.transactions.update(known)
    counter.confirm(body)
    counter.wait(30)

    assert is_credited(counter, 700)


def test_given_up_and_then_confirmed_falsely_it_needs_a_person(counter: Counter) -> None:
    body = counter.daraja.pay_in("L1042X", 700, counter.now)
    counter.daraja.transactions.clear()
    counter.announce(body)
    counter.wait(600)

    counter.confirm(body)
    counter.wait(3_600, step=60)

    assert counter.all()[0].state is State.FAILED
    assert counter.reasons() == {"pay_in_not_confirmed"}
    with counter.sessions() as db:
        assert len(service.attentions(db, 10)) == 1


def test_an_announced_pay_in_before_a_prompt_is_not_its_money(counter: Counter) -> None:
    """She pays by hand, the confirmation is lost, and at once she answers a prompt for as much."""
    counter.announce(counter.daraja.pay_in("L1042X", SHILLINGS, counter.now))
    counter.now += timedelta(seconds=3)
    counter.repay()
    counter.work()
    counter.daraja.answer_prompt(told=False)

    counter.wait(120)

    assert is_credited(counter, 2 * SHILLINGS, times=2)
