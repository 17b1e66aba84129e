"""Even who knows our secret addresses cannot move money alone: a lie is asked about, and the truth still gets in."""

from __future__ import annotations

import copy
import uuid
from datetime import timedelta

import pytest

from core.ledger import Account
from core.payments import PaymentState as State
from core.payments import tokens
from core.payments.tokens import Address
from tests.core.payments.counter import SHILLINGS, Counter, is_credited
from tests.fake_daraja import ACT_AND_DROP, STATUS, STK


def lie_about_amount(body: dict, times: int = 10) -> dict:  # type: ignore[type-arg]
    """The same answer, completed, with another amount."""
    lie = copy.deepcopy(body)
    for item in lie["Result"]["ResultParameters"]["ResultParameter"]:
        if item["Key"] == "Amount":
            item["Value"] *= times
        if item["Key"] == "TransactionStatus":
            item["Value"] = "Completed"
    return lie


def question_path(counter: Counter, payment_id: uuid.UUID, question: int) -> str:
    """Where the answer to a question is expected, as one knows who has our secrets."""
    return "/cb/k/" + tokens.make(counter.keyring, Address(payment_id, 1, question))


@pytest.mark.parametrize("told_first", ["lie", "truth"])
def test_a_forged_answer_with_another_amount_does_not_count(
    counter: Counter, told_first: str
) -> None:
    payment_id = counter.request()
    counter.work()
    counter.daraja.pay_out()
    counter.deliver()
    counter.desk.inbox()
    counter.desk.ask()
    path, truth = counter.daraja.callbacks.pop()

    both = [lie_about_amount(truth), truth]
    for body in both if told_first == "lie" else reversed(both):
        counter.post(path, body)
        counter.desk.inbox()
    counter.work()

    assert counter.state(payment_id) is State.SETTLED
    assert counter.balance(Account.CASH_MPESA) == -SHILLINGS
    assert counter.balance(Account.SUSPENSE) == 0


def test_a_forged_completion_of_a_declined_payout_does_not_count(counter: Counter) -> None:
    payment_id = counter.request()
    counter.work()
    counter.daraja.pay_out(2040)
    counter.deliver()
    counter.desk.inbox()
    counter.desk.ask()
    path, truth = counter.daraja.callbacks.pop()

    for body in (lie_about_amount(truth), truth):
        counter.post(path, body)
        counter.desk.inbox()
    counter.work()

    assert counter.state(payment_id) is State.FAILED
    assert counter.balance(Account.CASH_MPESA) == 0


def test_an_odd_amount_counts_when_two_questions_agree(counter: Counter) -> None:
    counter.request()
    counter.work()

    counter.daraja.pay_out(amount=1_400)
    counter.work()
    assert len(counter.daraja.sent(STATUS)) == 1
    assert counter.told == []

    counter.wait(10)

    assert len(counter.daraja.sent(STATUS)) == 2
    assert counter.balance(Account.CASH_MPESA) == -1_400


@pytest.mark.parametrize("seconds", [0, 1, 9])
def test_lies_to_two_questions_in_a_row_lose_against_answers_a_little_slower(
    counter: Counter, seconds: int
) -> None:
    payment_id = counter.request()
    counter.work()
    counter.daraja.pay_out(told=False)
    counter.now += timedelta(seconds=10)
    counter.desk.ask()
    first_path, truth = counter.daraja.callbacks.pop()

    counter.post(first_path, lie_about_amount(truth))
    counter.wait(seconds, step=1)
    assert len(counter.daraja.sent(STATUS)) == 1
    second_path = question_path(counter, payment_id, 2)
    counter.post(first_path, truth)
    counter.work()
    counter.post(second_path, lie_about_amount(truth))
    counter.wait(60)

    assert counter.state(payment_id) is State.SETTLED
    assert counter.balance(Account.CASH_MPESA) == -SHILLINGS
    assert counter.balance(Account.SUSPENSE) == 0
    assert counter.reasons() == set()


def test_a_lie_to_one_question_and_the_truth_to_the_next_settle_the_truth(counter: Counter) -> None:
    payment_id = counter.request()
    counter.work()
    counter.daraja.pay_out(told=False)
    counter.now += timedelta(seconds=10)
    counter.desk.ask()
    path, truth = counter.daraja.callbacks.pop()  # the true answer to the first is lost
    counter.post(path, lie_about_amount(truth))
    counter.desk.inbox()
    counter.now += timedelta(seconds=10)
    counter.desk.ask()

    path, truth = counter.daraja.callbacks.pop()
    for body in (lie_about_amount(truth, 7), truth, lie_about_amount(truth)):
        counter.post(path, body)
        counter.desk.inbox()
    counter.wait(60)

    assert counter.state(payment_id) is State.SETTLED
    assert counter.balance(Account.CASH_MPESA) == -SHILLINGS
    assert counter.reasons() == set()


def test_a_forged_pay_in_beside_a_prompt_changes_nothing(counter: Counter) -> None:
    counter.repay()
    counter.work()
    receipt = counter.daraja.answer_prompt(told=False)
    truth = counter.daraja.pay_in("L1042X", SHILLINGS, counter.now, receipt)

    counter.confirm(truth | {"TransID": "FORGED"})
    counter.confirm(truth | {"TransAmount": "15000.00"})
    counter.wait(30)
    counter.confirm(truth)
    counter.wait(1_200, step=60)

    assert is_credited(counter)


def test_a_forged_callback_does_not_keep_the_true_one_out(counter: Counter) -> None:
    payment_id = counter.repay()
    counter.work()
    receipt = counter.daraja.answer_prompt()
    path, truth = counter.daraja.callbacks.pop()
    lie = copy.deepcopy(truth)
    items = lie["Body"]["stkCallback"]["CallbackMetadata"]["Item"]
    items[0]["Value"], items[1]["Value"] = 15_000.0, "FORGED"

    assert counter.post(path, lie)
    assert counter.post(path, truth)
    counter.work()

    assert is_credited(counter)
    assert counter.payment(payment_id).receipt == receipt


def test_after_a_lost_acknowledgement_a_lie_about_the_name_is_corrected_by_the_truth(
    counter: Counter,
) -> None:
    counter.daraja.orders[STK] = [ACT_AND_DROP]
    counter.repay()
    counter.work()
    counter.daraja.answer_prompt()
    path, truth = counter.daraja.callbacks.pop()
    lie = copy.deepcopy(truth)
    lie["Body"]["stkCallback"]["CheckoutRequestID"] = "ws_CO_FORGED"

    for body in (lie, truth):
        counter.post(path, body)
    counter.work()

    assert is_credited(counter)
