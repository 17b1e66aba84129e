"""What one voice may say (docs/adr/0037): neither amount nor loan comes from a callback alone; a doubt is asked."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest

from core import payments
from core.ledger import Account
from core.money import Money
from core.payments import PaymentState as State
from core.payments import tokens
from core.payments.contradictions import Change
from core.payments.tokens import Address
from tests.core.payments.counter import LOAN, SHILLINGS, Counter, is_credited
from tests.databases import ON_SQLITE
from tests.fake_daraja import PULL, error

OTHER = uuid.UUID(int=2000)


def waiting(counter: Counter) -> set[str]:
    """Why a person is needed now."""
    with counter.sessions() as db:
        return {row.reason for row in payments.attentions(db, 20)}


def forge_answer(counter: Counter, question: int, receipt: str, amount: int) -> None:
    """A false answer to a question about the newest payment, as who knows our secrets can make it."""
    payment = counter.all()[-1]
    path = "/cb/k/" + tokens.make(counter.keyring, Address(payment.id, payment.attempt, question))
    items = [
        {"Key": "ReceiptNo", "Value": receipt},
        {"Key": "Amount", "Value": amount},
        {"Key": "TransactionStatus", "Value": "Completed"},
    ]
    counter.post(path, {"Result": {
        "ResultType": 0, "ResultCode": 0, "ConversationID": f"AG_{question}",
        "ResultParameters": {"ResultParameter": items},
    }})  # fmt: skip


def test_one_false_confirmation_with_one_false_answer_credits_nothing(counter: Counter) -> None:
    truth = counter.daraja.pay_in("L1042X", 42, counter.now)
    counter.confirm(truth | {"TransAmount": "420.00"})
    counter.desk.inbox()
    counter.desk.ask()
    path, answer = counter.daraja.callbacks.pop()

    forge_answer(counter, 1, truth["TransID"], 420)
    counter.desk.inbox()
    assert counter.told == []
    counter.post(path, answer)
    counter.wait(30)

    assert is_credited(counter, 42)


@pytest.mark.parametrize("credited_first", [True, False])
def test_the_statement_objects_to_another_amount(counter: Counter, credited_first: bool) -> None:
    truth = counter.daraja.pay_in("L1042X", 42, counter.now)
    counter.confirm(truth | {"TransAmount": "420.00"})
    if credited_first:  # two false answers, each before the true one
        for question in (1, 2):
            counter.desk.inbox()
            counter.desk.ask()
            counter.daraja.callbacks.clear()
            forge_answer(counter, question, truth["TransID"], 420)
            counter.desk.inbox()
            counter.now += timedelta(seconds=10)
        assert counter.balance(Account.LOAN_PORTFOLIO) == -420

    counter.read_statement()
    counter.read_statement()

    assert counter.balance(Account.LOAN_PORTFOLIO) == -42
    assert counter.balance(Account.CASH_MPESA) == 42
    assert ("statement_differs" in waiting(counter)) is credited_first
    assert [change for _, change in counter.told] == (
        [Change.SETTLED, Change.REVERSED, Change.SETTLED] if credited_first else [Change.SETTLED]
    )


def test_a_confirmation_that_names_another_loan_first_gets_nothing(counter: Counter) -> None:
    truth = counter.daraja.pay_in("Rent", 700, counter.now)  # in truth of somebody else
    counter.confirm(truth | {"BillRefNumber": "L1042X"})
    counter.confirm(truth)

    counter.wait(30)

    assert counter.told == []
    assert counter.balance(Account.SUSPENSE) == -700
    assert "references_differ" in waiting(counter)


@ON_SQLITE
def test_the_statement_says_whose_it_is(counter: Counter) -> None:
    truth = counter.daraja.pay_in("L1042X", 700, counter.now)
    counter.confirm(truth | {"BillRefNumber": "Rent"})
    counter.confirm(truth)

    counter.read_statement()

    assert is_credited(counter, 700)
    assert waiting(counter) == set()


def alike(counter: Counter) -> tuple[str, str]:
    """She pays a prompt whose callback is lost, and the same again by hand; the receipts."""
    counter.daraja.orders[PULL] = [error("400.001")] * 99  # no statement
    counter.repay()
    counter.work()
    by_prompt = counter.daraja.answer_prompt(told=False)
    counter.wait(30)
    by_hand = counter.daraja.pay_in("L1042X", SHILLINGS, counter.now)
    counter.confirm(by_hand)
    counter.wait(30)
    return by_prompt, by_hand["TransID"]


def test_two_payments_alike_one_of_them_untold_ask_a_person(counter: Counter) -> None:
    by_prompt, _ = alike(counter)

    assert is_credited(counter)
    assert waiting(counter) == {"same_or_second_payment"}

    money = Money("KES", SHILLINGS * 100)
    assert counter.desk.find("mpesa", by_prompt, money, "L1042X")  # seen in the portal
    counter.wait(30)

    assert is_credited(counter, 2 * SHILLINGS, times=2)


@ON_SQLITE
def test_one_payment_told_twice_is_settled_when_the_callback_names_its_receipt(
    counter: Counter,
) -> None:
    counter.repay()
    counter.work()
    receipt = counter.daraja.answer_prompt()
    late, counter.daraja.callbacks[:] = list(counter.daraja.callbacks), []
    counter.wait(30)
    counter.confirm(counter.daraja.pay_in("L1042X", SHILLINGS, counter.now, receipt))
    counter.wait(30)
    assert waiting(counter) == {"same_or_second_payment"}

    counter.daraja.callbacks[:] = late
    counter.work()

    assert is_credited(counter)
    assert waiting(counter) == set()


@ON_SQLITE
def test_or_when_the_statement_of_that_time_has_been_read(counter: Counter) -> None:
    counter.repay()
    counter.work()
    receipt = counter.daraja.answer_prompt(told=False)
    counter.wait(30)
    counter.confirm(counter.daraja.pay_in("L1042X", SHILLINGS, counter.now, receipt))
    counter.wait(30)

    for _ in range(4):
        counter.read_statement(3_600)

    assert is_credited(counter)
    assert waiting(counter) == set()


@ON_SQLITE
def test_a_receipt_from_a_false_callback_is_given_up_when_the_statement_lists_it_for_another(
    counter: Counter,
) -> None:
    payment_id = counter.repay()
    counter.work()
    mine = counter.daraja.answer_prompt()
    path, body = counter.daraja.callbacks.pop()
    others = counter.daraja.pay_in("Rent", SHILLINGS, counter.now)["TransID"]
    body["Body"]["stkCallback"]["CallbackMetadata"]["Item"][1]["Value"] = others
    counter.post(path, body)
    counter.work()
    assert counter.payment(payment_id).receipt == others
    counter.daraja.pay_in("L1042X", SHILLINGS, counter.now, mine)
    counter.daraja.listed[0]["billreference"] = "L2000Y"

    desk = counter.desk
    loans = {"L1042X": LOAN, "L2000Y": OTHER}
    for _ in range(3):
        counter.now += timedelta(seconds=60)
        type(desk)(
            desk.sessions, desk.rails, desk.clock, desk.tell, lambda _, code: loans.get(code)
        ).statement()
        counter.wait(30)

    assert counter.payment(payment_id).receipt == mine
    assert {one.receipt: one.loan_id for one in counter.all() if one.receipt} == {
        mine: LOAN,
        others: OTHER,
    }
    assert counter.balance(Account.CASH_MPESA) == 2 * SHILLINGS


@ON_SQLITE
@pytest.mark.parametrize("word", ["Reversed", "Declined"])
def test_one_false_answer_takes_nothing_back(counter: Counter, word: str) -> None:
    payment_id = counter.request()
    counter.work()
    counter.daraja.pay_out()
    counter.work()
    path = "/cb/k/" + tokens.make(counter.keyring, Address(payment_id, 1, 9))
    items: list[Any] = [
        {"Key": "TransactionStatus", "Value": word},
        {"Key": "Amount", "Value": SHILLINGS},
    ]
    counter.post(path, {"Result": {
        "ResultType": 0, "ResultCode": 0, "ConversationID": "AG_F",
        "ResultParameters": {"ResultParameter": items},
    }})  # fmt: skip

    counter.wait(120)

    assert counter.state(payment_id) is State.SETTLED
    assert counter.told == [(payment_id, Change.SETTLED)]
