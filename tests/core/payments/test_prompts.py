"""Money in by a prompt on the payer's phone, and by herself: credited once, whoever tells us of it and how often."""

from __future__ import annotations

import copy
from datetime import timedelta
from typing import Any

import pytest

from config.limits import STK_EXPIRY_SECONDS
from core import payments
from core.ledger import Account
from core.payments import PaymentState as State
from core.payments.contradictions import Change
from tests.core.payments.counter import SHILLINGS, Counter, is_credited
from tests.fake_daraja import ACT_AND_DROP, DROP, GARBAGE, STK, error

EXPIRY = STK_EXPIRY_SECONDS + 600


def test_a_paid_prompt_is_asked_about_and_credited(counter: Counter) -> None:
    payment_id = counter.repay()
    counter.work()

    receipt = counter.daraja.answer_prompt()
    counter.work()

    assert counter.state(payment_id) is State.SETTLED
    assert counter.payment(payment_id).receipt == receipt
    assert is_credited(counter)


def test_what_is_sent_is_what_daraja_wants(counter: Counter) -> None:
    counter.repay()
    counter.work()

    sent = counter.daraja.sent(STK)[0]

    assert (sent["Amount"], sent["AccountReference"]) == ("1500", "L1042X")
    assert sent["PhoneNumber"] == sent["PartyA"] == "254708374149"
    assert sent["Timestamp"].isdecimal()
    assert len(sent["Timestamp"]) == 14
    assert len(sent["TransactionDesc"]) <= 13


def test_the_path_of_a_callback_has_no_forbidden_word(counter: Counter) -> None:
    counter.repay()
    counter.request()
    counter.work()

    paths = [
        body.get("CallBackURL") or body["ResultURL"] for _, body in counter.daraja.calls if body
    ]

    for path in paths:
        assert set(path.rpartition("/")[2]) <= set("0123456789abcdef")
        assert path.startswith("https://node.example/cb/k/")


def test_a_prompt_waits_until_the_session_has_ended(counter: Counter) -> None:
    counter.repay(not_before=counter.now + timedelta(seconds=7))
    counter.work()
    assert counter.daraja.sent(STK) == []

    counter.wait(7)

    assert len(counter.daraja.sent(STK)) == 1


def test_a_paid_prompt_nobody_tells_of_is_found_by_asking(counter: Counter) -> None:
    counter.repay()
    counter.work()
    counter.daraja.answer_prompt(told=False)

    counter.wait(30)

    assert is_credited(counter)


@pytest.mark.parametrize(
    ("code", "word"),
    [(1032, "cancelled"), ("1", "insufficient_funds"), (2001, "wrong_pin"), (1037, "timeout"),
     (1019, "timeout"), ("SFC_IC0003", "configuration")],
)  # fmt: skip
def test_a_prompt_not_paid_fails_in_our_words(counter: Counter, code: Any, word: str) -> None:
    payment_id = counter.repay()
    counter.work()

    counter.daraja.answer_prompt(code)
    counter.work()

    assert counter.payment(payment_id).failure == word
    assert counter.told == [(payment_id, Change.FAILED)]
    assert counter.balance(Account.CASH_MPESA) == 0


@pytest.mark.parametrize("code", [26, 1001, 1025, 9999])
def test_a_prompt_that_could_not_be_shown_is_tried_again_later(counter: Counter, code: int) -> None:
    payment_id = counter.repay()
    counter.work()
    counter.daraja.answer_prompt(code)
    counter.work()
    assert counter.state(payment_id) is State.READY

    counter.wait(165)
    counter.daraja.answer_prompt()
    counter.work()

    assert counter.payment(payment_id).attempt == 2
    assert is_credited(counter)


def test_who_pays_the_same_amount_twice_in_two_minutes_is_told_so_at_once(counter: Counter) -> None:
    """Code 17: she does not wait for a second prompt that nobody announced; she may ask again."""
    payment_id = counter.repay()
    counter.work()
    counter.daraja.answer_prompt(17)

    counter.work()

    assert counter.payment(payment_id).failure == "rule_limited"
    assert counter.told == [(payment_id, Change.FAILED)]


def test_a_prompt_with_our_number_wrongly_written_needs_a_person(counter: Counter) -> None:
    payment_id = counter.repay()
    counter.work()
    counter.daraja.answer_prompt("SFC_IC0003")

    counter.work()

    assert counter.state(payment_id) is State.FAILED
    assert counter.reasons() == {"configuration"}


def test_a_locked_subscriber_gets_three_prompts_and_no_more(counter: Counter) -> None:
    locked = error("500.001.1001", "Unable to lock subscriber, a transaction is in process")
    counter.daraja.orders[STK] = [locked] * 9
    payment_id = counter.repay()

    counter.wait(3_600, step=60)

    assert len(counter.daraja.sent(STK)) == 3
    assert counter.told == [(payment_id, Change.FAILED)]


def test_an_unlisted_result_is_not_taken_for_a_failure(counter: Counter) -> None:
    payment_id = counter.repay()
    counter.work()

    counter.daraja.answer_prompt(777)
    counter.work()

    assert counter.state(payment_id) is State.SUBMITTED


@pytest.mark.parametrize("answer", [ACT_AND_DROP, GARBAGE])
def test_after_a_lost_acknowledgement_the_callback_brings_the_name_to_ask_with(
    counter: Counter, answer: str
) -> None:
    counter.daraja.orders[STK] = [answer]
    payment_id = counter.repay()
    counter.work()
    assert counter.state(payment_id) is State.UNKNOWN

    counter.daraja.answer_prompt()
    counter.work()

    assert is_credited(counter)


def test_after_a_lost_acknowledgement_a_pay_in_confirmation_is_the_same_money(
    counter: Counter,
) -> None:
    counter.daraja.orders[STK] = [ACT_AND_DROP]
    payment_id = counter.repay()
    counter.work()
    counter.daraja.answer_prompt(told=False)
    counter.confirm(counter.daraja.pay_in("L1042X", SHILLINGS, counter.now))

    counter.wait(EXPIRY, step=60)

    assert counter.state(payment_id) is State.SETTLED
    assert is_credited(counter)


@pytest.mark.parametrize("answer", [DROP, error("500.003.1001", "Internal Server Error")])
def test_a_prompt_that_cannot_be_asked_about_ends_after_its_expiry(
    counter: Counter, answer: Any
) -> None:
    counter.daraja.orders[STK] = [answer]
    payment_id = counter.repay()
    counter.work()
    counter.wait(STK_EXPIRY_SECONDS)
    assert counter.state(payment_id) is State.UNKNOWN

    counter.wait(75)

    assert counter.told == [(payment_id, Change.FAILED)]
    assert counter.payment(payment_id).failure == "timeout"
    assert counter.reasons() == {"outcome_never_told"}


def test_callbacks_twice_count_once(counter: Counter) -> None:
    counter.repay()
    counter.work()
    counter.daraja.answer_prompt()
    path, body = counter.daraja.callbacks[0]

    assert [counter.post(path, body) for _ in range(3)] == [True, False, False]
    counter.work()

    assert is_credited(counter)


@pytest.mark.parametrize("success_first", [True, False])
def test_contradicting_callbacks_end_as_the_answer_says(
    counter: Counter, success_first: bool
) -> None:
    counter.repay()
    counter.work()
    counter.daraja.answer_prompt()
    path, body = counter.daraja.callbacks.pop()
    wrong = copy.deepcopy(body)
    wrong["Body"]["stkCallback"] |= {"ResultCode": 1032, "CallbackMetadata": None}

    for told in [body, wrong] if success_first else [wrong, body]:
        counter.post(path, told)
        counter.work()

    assert is_credited(counter)


def test_forged_callbacks_credit_nothing(counter: Counter) -> None:
    payment_id = counter.repay()
    counter.work()
    url = counter.daraja.sent(STK)[0]["CallBackURL"]
    reference = counter.payment(payment_id).provider_reference

    for number in range(20):
        items = [
            {"Name": "MpesaReceiptNumber", "Value": f"FAKE{number}"},
            {"Name": "Amount", "Value": number + 1},
        ]
        call = {
            "CheckoutRequestID": reference if number % 2 else f"ws_CO_{number}", "ResultCode": "0" * (number + 1),
            "CallbackMetadata": {"Item": items},
        }  # fmt: skip
        counter.daraja._call_back(url, {"Body": {"stkCallback": call}})
        counter.work()

    assert counter.told == []
    assert counter.balance(Account.CASH_MPESA) == 0


def test_a_callback_with_another_amount_is_checked_by_its_receipt(counter: Counter) -> None:
    payment_id = counter.repay()
    counter.work()

    counter.daraja.answer_prompt(amount=1_000)
    counter.work()
    counter.wait(10)

    assert counter.payment(payment_id).amount == 100_000
    assert is_credited(counter, 1_000)
    assert counter.reasons() == {"amount_differs"}


def test_a_surplus_goes_to_suspense(counter: Counter) -> None:
    counter.repay()
    counter.work()

    counter.daraja.answer_prompt(amount=2_000)
    counter.work()
    counter.wait(10)

    assert counter.balance(Account.LOAN_PORTFOLIO) == -SHILLINGS
    assert counter.balance(Account.SUSPENSE) == -500
    assert counter.balance(Account.CASH_MPESA) == 2_000


def test_a_forged_amount_is_forgotten_and_the_true_one_counts(counter: Counter) -> None:
    counter.repay()
    counter.work()
    counter.daraja.answer_prompt()
    path, body = counter.daraja.callbacks.pop()
    items = body["Body"]["stkCallback"]["CallbackMetadata"]["Item"]
    items[0]["Value"], items[1]["Value"] = 9_999.0, "FORGED"
    counter.post(path, body)

    counter.wait(120)

    assert is_credited(counter)


def test_payment_after_we_gave_up_is_credited_to_the_loan_it_names(counter: Counter) -> None:
    counter.daraja.orders[STK] = [ACT_AND_DROP]
    payment_id = counter.repay()
    counter.work()
    counter.wait(EXPIRY, step=60)
    assert counter.state(payment_id) is State.FAILED

    counter.daraja.answer_prompt()
    counter.work()

    assert counter.state(payment_id) is State.SETTLED_LATE
    assert counter.told == [(payment_id, Change.FAILED), (payment_id, Change.SETTLED_LATE)]
    assert counter.balance(Account.LOAN_PORTFOLIO) == -SHILLINGS
    assert counter.balance(Account.SUSPENSE) == 0
    with counter.sessions() as db:
        assert payments.attentions(db, 10) == []


def test_a_success_told_of_an_earlier_attempt_is_credited_by_its_receipt(counter: Counter) -> None:
    counter.repay()
    counter.work()
    counter.daraja.answer_prompt(1001)
    counter.work()
    old_reference, _ = next(iter(counter.daraja.prompts.items()))
    counter.wait(120)
    late = copy.deepcopy(counter.daraja.sent(STK)[0])

    receipt = counter.daraja.pay_in("L1042X", SHILLINGS, counter.now)["TransID"]
    items = [
        {"Name": "MpesaReceiptNumber", "Value": receipt},
        {"Name": "Amount", "Value": SHILLINGS},
    ]
    call = {
        "CheckoutRequestID": old_reference,
        "ResultCode": 0,
        "CallbackMetadata": {"Item": items},
    }
    counter.daraja._call_back(late["CallBackURL"], {"Body": {"stkCallback": call}})
    counter.wait(30)

    assert is_credited(counter)
