"""Money out: told once, whatever the provider, the network or the callbacks do; 0 double payouts, 0 lost."""

from __future__ import annotations

import copy
import uuid
from datetime import timedelta
from typing import Any

import pytest

from core.ledger import Account
from core.payments import PaymentKind, service
from core.payments import PaymentState as State
from tests.core.payments.counter import (
    PHONE,
    SHILLINGS,
    Counter,
    is_given_up,
    is_paid_once,
    keys_sent,
)
from tests.fake_daraja import ACT_AND_DROP, B2C, DROP, GARBAGE, TOKEN, error

CLOSED = "http://127.0.0.1:9"


def test_a_payout_is_acknowledged_told_asked_about_and_settled(counter: Counter) -> None:
    payment_id = counter.request()
    counter.work()
    assert counter.state(payment_id) is State.SUBMITTED

    receipt = counter.daraja.pay_out()
    counter.work()

    assert is_paid_once(counter, payment_id)
    assert counter.payment(payment_id).receipt == receipt


def test_what_is_sent_is_what_daraja_wants(counter: Counter) -> None:
    payment_id = counter.request()
    counter.work()

    sent = counter.daraja.sent(B2C)[0]

    assert sent["OriginatorConversationID"] == counter.payment(payment_id).provider_key
    assert (sent["Amount"], sent["PartyB"], sent["PartyA"]) == ("1500", PHONE[1:], "600992")
    assert sent["QueueTimeOutURL"] == sent["ResultURL"] + "/late"
    assert "Occassion" in sent
    assert 2 <= len(sent["Remarks"]) <= 100


def test_a_payout_nobody_tells_of_is_found_by_asking(counter: Counter) -> None:
    payment_id = counter.request()
    counter.work()
    counter.daraja.pay_out(told=False)

    counter.wait(15)

    assert is_paid_once(counter, payment_id)


def test_a_lost_acknowledgement_is_asked_about_and_never_sent_again(counter: Counter) -> None:
    counter.daraja.orders[B2C] = [ACT_AND_DROP]
    payment_id = counter.request()
    counter.work()
    assert counter.state(payment_id) is State.UNKNOWN

    counter.daraja.pay_out(told=False)
    counter.wait(60)

    assert is_paid_once(counter, payment_id)
    assert len(counter.daraja.sent(B2C)) == 1


@pytest.mark.parametrize(
    "answer",
    [DROP, GARBAGE, (200, {}), (200, {"ResponseCode": "7"}), (502, b"<html>"), (404, {"errorCode": "9"}),
     error("500.003.1001", "Internal Server Error"), error("500.002.1001", "Under maintenance"),
     error("500.001.1001", "something new"), (200, []), (200, b"\xff\xfe")],
)  # fmt: skip
def test_an_unclear_answer_is_unknown_and_never_sent_under_another_key(
    counter: Counter, answer: Any
) -> None:
    counter.daraja.orders[B2C] = [answer]
    payment_id = counter.request()

    counter.work()
    assert counter.state(payment_id) is State.UNKNOWN
    assert len(counter.daraja.sent(B2C)) == 1
    counter.wait(60)
    counter.wait(3_600, step=600)

    assert keys_sent(counter) == {counter.payment(payment_id).provider_key}
    assert len(counter.daraja.sent(B2C)) == 2
    assert counter.balance(Account.PAYMENTS_IN_TRANSIT) == SHILLINGS
    assert counter.reasons() == {"provider_does_not_know_it"}
    counter.daraja.pay_out()
    counter.work()
    assert is_paid_once(counter, payment_id)


def test_a_duplicate_answer_means_it_was_sent_before_so_it_is_asked_about(counter: Counter) -> None:
    counter.daraja.orders[B2C] = [error("500.002.1001", "Duplicate OriginatorConversationID.")]
    payment_id = counter.request()
    counter.work()

    assert counter.state(payment_id) is State.UNKNOWN
    assert counter.told == []


@pytest.mark.parametrize("code", ["400.002.02", "400.002.05", "404.001.01", "405.001"])
def test_a_request_refused_as_wrong_fails_and_alarms(counter: Counter, code: str) -> None:
    counter.daraja.orders[B2C] = [error(code if code[3] == "." else f"{code}.0")]
    payment_id = counter.request()

    counter.work()

    assert is_given_up(counter, payment_id)
    assert counter.reasons() == {"configuration", "payout_failed"}


def test_a_provider_out_of_reach_is_tried_again_as_a_new_attempt(counter: Counter) -> None:
    payment_id = counter.request()
    daraja, counter.rail._daraja._url = counter.rail._daraja._url, CLOSED
    counter.work()
    assert counter.state(payment_id) is State.READY

    counter.rail._daraja._url = daraja
    counter.wait(60)
    counter.daraja.pay_out()
    counter.work()

    assert counter.payment(payment_id).attempt == 2
    assert is_paid_once(counter, payment_id)


def test_without_a_token_nothing_is_sent_and_it_is_tried_again(counter: Counter) -> None:
    counter.daraja.orders[TOKEN] = [(500, {})]
    payment_id = counter.request()
    counter.work()
    assert counter.state(payment_id) is State.READY

    counter.wait(60)

    assert counter.state(payment_id) is State.SUBMITTED


def test_a_token_that_expired_in_the_middle_is_renewed_once(counter: Counter) -> None:
    counter.request()
    counter.work()
    counter.daraja.token = "another"
    second = counter.request()
    counter.work()

    assert counter.state(second) is State.SUBMITTED
    assert counter.daraja.tokens_given == 2


@pytest.mark.parametrize("answer", [error("500.003.02", "Spike Arrest"), (429, {})])
def test_a_rate_limit_is_waited_for(counter: Counter, answer: Any) -> None:
    counter.daraja.orders[B2C] = [answer]
    payment_id = counter.request()
    counter.work()
    assert counter.state(payment_id) is State.READY

    counter.wait(75)
    counter.daraja.pay_out()
    counter.work()

    assert is_paid_once(counter, payment_id)


@pytest.mark.parametrize(
    ("code", "word"), [(2040, "not_registered"), ("8", "limit_reached"), (4, "limit_reached")]
)
def test_a_payout_that_failed_gives_the_money_back(counter: Counter, code: Any, word: str) -> None:
    payment_id = counter.request()
    counter.work()

    counter.daraja.pay_out(code)
    counter.work()

    assert is_given_up(counter, payment_id)
    assert counter.payment(payment_id).failure == word


@pytest.mark.parametrize(
    ("code", "word"),
    [(2040, "not_registered"), (8006, "credential_locked"), (2001, "configuration")],
)
def test_a_failure_the_status_query_knows_nothing_of_is_believed(
    counter: Counter, code: int, word: str
) -> None:
    payment_id = counter.request()
    counter.work()

    counter.daraja.pay_out(code)
    counter.daraja.transactions.clear()
    counter.work()

    assert is_given_up(counter, payment_id)
    assert counter.payment(payment_id).failure == word


def test_an_empty_float_alarms_and_is_tried_again_later(counter: Counter) -> None:
    payment_id = counter.request()
    counter.work()
    counter.daraja.pay_out(1)
    counter.daraja.transactions.clear()
    counter.work()
    assert counter.state(payment_id) is State.READY
    assert "float_empty" in counter.reasons()

    counter.wait(601, step=60)
    counter.daraja.pay_out()
    counter.work()

    assert counter.state(payment_id) is State.SETTLED
    assert counter.balance(Account.CASH_MPESA) == -SHILLINGS


def test_callbacks_twice_and_at_odd_times_count_once(counter: Counter) -> None:
    payment_id = counter.request()
    counter.work()
    counter.daraja.pay_out()
    path, body = counter.daraja.callbacks[0]

    assert counter.post(path, body)
    assert not counter.post(path, body)
    counter.work()
    counter.now += timedelta(days=1)
    assert not counter.post(path, body)
    counter.work()

    assert is_paid_once(counter, payment_id)


def test_a_callback_may_overtake_the_acknowledgement(counter: Counter) -> None:
    payment_id = counter.request()
    with counter.sessions.begin() as db:
        order = service.claim(db, now=counter.now)
    assert order is not None
    answer = counter.rail.submit(order)
    counter.daraja.pay_out()
    counter.work()
    assert counter.state(payment_id) is State.SETTLED

    counter.desk._acknowledge(order, answer)

    assert is_paid_once(counter, payment_id)


def test_a_queue_timeout_says_nothing_even_if_its_text_says_success(counter: Counter) -> None:
    payment_id = counter.request()
    counter.work()
    sent = counter.daraja.sent(B2C)[0]
    counter.daraja.pay_out(told=False)
    counter.daraja.transactions.clear()

    counter.daraja._call_back(sent["QueueTimeOutURL"], {"Result": {"ResultCode": 0}})
    counter.work()

    assert counter.state(payment_id) is State.UNKNOWN
    assert counter.told == []


def test_a_result_after_the_queue_timeout_settles(counter: Counter) -> None:
    payment_id = counter.request()
    counter.work()
    counter.daraja._call_back(counter.daraja.sent(B2C)[0]["QueueTimeOutURL"], {})
    counter.work()

    counter.daraja.pay_out()
    counter.work()

    assert is_paid_once(counter, payment_id)


@pytest.mark.parametrize("first", [0, 2040])
def test_contradicting_results_end_as_the_provider_answers(counter: Counter, first: int) -> None:
    payment_id = counter.request()
    counter.work()
    counter.daraja.pay_out(0)
    path, body = counter.daraja.callbacks.pop()
    wrong = copy.deepcopy(body)
    wrong["Result"]["ResultCode"] = 2040

    for told in [body, wrong] if first == 0 else [wrong, body]:
        counter.post(path, told)
        counter.work()

    assert is_paid_once(counter, payment_id)


@pytest.mark.parametrize("code", ["0", 0, "00000000"])
def test_success_may_be_text_or_a_number(counter: Counter, code: Any) -> None:
    payment_id = counter.request()
    counter.work()

    counter.daraja.pay_out(code)
    counter.work()

    assert is_paid_once(counter, payment_id)


def waiting(counter: Counter) -> list[tuple[str, str]]:
    with counter.sessions() as db:
        return [(row.reason, row.facts.get("code", "")) for row in service.attentions(db, 10)]


def test_a_payout_that_failed_for_good_waits_for_a_person_until_a_later_one_arrives(
    counter: Counter,
) -> None:
    counter.request()
    counter.work()
    counter.daraja.pay_out(2040)
    counter.work()
    assert waiting(counter) == [("payout_failed", "not_registered")]

    counter.request(PaymentKind.REFUND)
    counter.work()
    counter.daraja.pay_out()
    counter.work()
    assert len(waiting(counter)) == 1, "a refund is not the loan"
    counter.request()
    counter.work()
    counter.daraja.pay_out()
    counter.work()

    assert waiting(counter) == []


def test_a_payout_of_another_loan_settles_nothing_for_this_one(counter: Counter) -> None:
    counter.request()
    counter.work()
    counter.daraja.pay_out(2040)
    counter.work()

    counter.request(loan_id=uuid.UUID(int=7))
    counter.work()
    counter.daraja.pay_out()
    counter.work()

    assert waiting(counter) == [("payout_failed", "not_registered")]
