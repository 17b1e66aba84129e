"""A payout nobody has heard of is said again: soon, seldom, under the same key, and never once a voice was heard."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from config.limits import PAYMENT_REPEAT_SECONDS, SUBMITTING_SECONDS
from core.payments import PaymentState as State
from core.payments import service
from core.payments.rail import Answer, Order, Verdict
from tests.core.payments.counter import Counter, is_paid_once, keys_sent
from tests.fake_daraja import ACT_AND_DROP, B2C, DROP, STATUS, error

CLOSED = "http://127.0.0.1:9"


def send(counter: Counter, answer: Any) -> uuid.UUID:
    """A payout whose sending is answered so."""
    counter.daraja.orders[B2C] = [answer]
    payment_id = counter.request()
    counter.work()
    return payment_id


def ask_twice(counter: Counter) -> None:
    """Two questions and their answers; what follows from them is not sent yet."""
    for _ in range(2):
        counter.now += timedelta(seconds=10)
        counter.desk.ask()
        counter.deliver()
        counter.desk.inbox()


def told_result(counter: Counter, code: int) -> None:
    """A callback about the payout, of which a status query knows nothing."""
    body = counter.daraja.sent(B2C)[0]
    key = body["OriginatorConversationID"]
    result = {"ConversationID": "AG_1", "OriginatorConversationID": key, "ResultCode": code}
    counter.daraja._call_back(body["ResultURL"], {"Result": result})


def told_late(counter: Counter) -> None:
    """The provider's notice that its queue was slow."""
    counter.daraja._call_back(counter.daraja.sent(B2C)[0]["QueueTimeOutURL"], {})


VOICES: list[Callable[[Counter], None]] = [lambda counter: told_result(counter, 777), told_late]


def times_sent(counter: Counter) -> int:
    return len(counter.daraja.sent(B2C))


def test_it_is_said_again_after_two_questions_and_not_before(counter: Counter) -> None:
    payment_id = send(counter, DROP)

    counter.wait(10)
    assert (len(counter.daraja.sent(STATUS)), times_sent(counter)) == (1, 1)
    counter.wait(10)
    assert (len(counter.daraja.sent(STATUS)), times_sent(counter)) == (2, 2)

    first, second = counter.daraja.sent(B2C)
    assert first["OriginatorConversationID"] == second["OriginatorConversationID"]
    assert counter.payment(payment_id).attempt == 1
    counter.daraja.pay_out()
    counter.work()
    assert is_paid_once(counter, payment_id)


def test_one_answer_told_twice_is_one_answer(counter: Counter) -> None:
    send(counter, DROP)
    counter.now += timedelta(seconds=10)
    counter.desk.ask()
    path, body = counter.daraja.callbacks[0]

    counter.post(path, body)
    counter.work()

    assert times_sent(counter) == 1


def test_a_question_without_an_answer_does_not_count(counter: Counter) -> None:
    send(counter, DROP)
    counter.daraja.orders[STATUS] = [DROP, error("500.003.1001")] * 2

    counter.wait(60)

    assert times_sent(counter) == 1


def test_what_was_acknowledged_is_not_said_again(counter: Counter) -> None:
    payment_id = counter.request()

    counter.wait(1_200, step=30)

    assert counter.state(payment_id) is State.SUBMITTED
    assert times_sent(counter) == 1
    assert counter.reasons() == {"provider_does_not_know_it"}


@pytest.mark.parametrize("voice", VOICES)
def test_what_a_callback_spoke_of_is_not_said_again(
    counter: Counter, voice: Callable[[Counter], None]
) -> None:
    payment_id = send(counter, ACT_AND_DROP)

    voice(counter)
    counter.wait(1_200, step=30)

    assert times_sent(counter) == 1
    counter.daraja.pay_out(told=False)
    counter.wait(3_600, step=600)
    assert is_paid_once(counter, payment_id)


@pytest.mark.parametrize("voice", VOICES)
def test_a_callback_in_the_last_moment_stops_it(
    counter: Counter, voice: Callable[[Counter], None]
) -> None:
    payment_id = send(counter, ACT_AND_DROP)
    ask_twice(counter)
    assert counter.payment(payment_id).to_repeat

    voice(counter)
    counter.deliver()
    counter.desk.inbox()
    counter.wait(600, step=60)

    assert times_sent(counter) == 1


def test_an_acknowledgement_in_the_last_moment_stops_it(counter: Counter) -> None:
    payment_id = counter.request()
    order = claim(counter)
    counter.now += timedelta(seconds=SUBMITTING_SECONDS)
    counter.desk.sweep()
    ask_twice(counter)
    assert counter.payment(payment_id).to_repeat

    counter.desk._acknowledge(order, counter.rail.submit(order))
    counter.work()

    assert counter.state(payment_id) is State.SUBMITTED
    assert times_sent(counter) == 1


def claim(counter: Counter) -> Order:
    with counter.sessions.begin() as db:
        order = service.claim(db, now=counter.now)
    assert order is not None
    return order


def test_it_is_not_said_again_after_ten_minutes(counter: Counter) -> None:
    payment_id = send(counter, DROP)
    counter.now += timedelta(seconds=PAYMENT_REPEAT_SECONDS)

    counter.wait(600, step=60)

    assert counter.state(payment_id) is State.UNKNOWN
    assert times_sent(counter) == 1
    assert counter.reasons() == {"provider_does_not_know_it"}


def test_it_is_not_said_again_when_no_worker_came_in_time(counter: Counter) -> None:
    payment_id = send(counter, DROP)
    ask_twice(counter)
    counter.now += timedelta(seconds=PAYMENT_REPEAT_SECONDS)

    counter.desk.submit()
    assert times_sent(counter) == 1
    counter.wait(600, step=60)

    assert counter.state(payment_id) is State.UNKNOWN
    assert times_sent(counter) == 1
    assert counter.reasons() == {"provider_does_not_know_it"}


def test_it_is_said_again_twice_at_most_and_then_a_person_looks(counter: Counter) -> None:
    payment_id = send(counter, DROP)
    counter.daraja.orders[B2C] = [DROP] * 9

    counter.wait(600, step=30)
    counter.wait(7_200, step=600)

    assert counter.state(payment_id) is State.UNKNOWN
    assert (times_sent(counter), len(keys_sent(counter))) == (3, 1)
    assert counter.reasons() == {"provider_does_not_know_it"}


def test_refused_as_a_duplicate_it_is_asked_about_and_not_said_a_third_time(
    counter: Counter,
) -> None:
    payment_id = send(counter, ACT_AND_DROP)
    counter.wait(20, step=10)
    assert times_sent(counter) == 2
    assert counter.state(payment_id) is State.UNKNOWN
    asked = len(counter.daraja.sent(STATUS))

    counter.wait(300, step=30)
    assert times_sent(counter) == 2
    assert len(counter.daraja.sent(STATUS)) > asked
    counter.daraja.pay_out(told=False)
    counter.wait(3_600, step=600)

    assert is_paid_once(counter, payment_id)


def test_a_first_request_that_comes_after_the_second_is_refused_and_paid_once(
    counter: Counter,
) -> None:
    payment_id = send(counter, DROP)
    counter.wait(20, step=10)
    counter.daraja.pay_out()
    counter.work()

    late = counter.daraja.answer(B2C, counter.daraja.sent(B2C)[0], counter.daraja.token)

    assert late == error("500.002.1001", "Duplicate OriginatorConversationID.")
    counter.wait(60)
    assert is_paid_once(counter, payment_id)


def test_a_first_worker_that_only_slept_sends_late_and_pays_nothing_more(counter: Counter) -> None:
    payment_id = counter.request()
    slow = claim(counter)
    counter.wait(60, step=10)
    assert times_sent(counter) == 1

    answer = counter.rail.submit(slow)
    counter.desk._acknowledge(slow, answer)
    counter.daraja.pay_out()
    counter.work()

    assert answer == Answer(Verdict.PENDING, code="duplicate")
    assert is_paid_once(counter, payment_id)


REFUSALS = [(429, {}), error("500.003.02", "Spike Arrest"), error("400.002.02"), (401, {})]


@pytest.mark.parametrize("refusal", REFUSALS)
def test_a_refused_repetition_says_nothing_of_the_first(counter: Counter, refusal: Any) -> None:
    payment_id = send(counter, ACT_AND_DROP)
    counter.daraja.orders[B2C] = [refusal]

    counter.wait(60, step=10)
    counter.wait(300, step=60)

    assert counter.told == []
    assert keys_sent(counter) == {counter.payment(payment_id).provider_key}
    counter.daraja.pay_out()
    counter.work()
    assert is_paid_once(counter, payment_id)


def test_a_repetition_without_a_connection_says_nothing_of_the_first(counter: Counter) -> None:
    payment_id = send(counter, ACT_AND_DROP)
    ask_twice(counter)
    daraja, counter.rail._daraja._url = counter.rail._daraja._url, CLOSED
    counter.desk.submit()
    counter.rail._daraja._url = daraja

    assert counter.state(payment_id) is State.UNKNOWN
    counter.wait(300, step=30)

    assert counter.payment(payment_id).attempt == 1
    counter.daraja.pay_out()
    counter.work()
    assert is_paid_once(counter, payment_id)


def test_who_is_saying_it_again_is_not_taken_for_dead(counter: Counter) -> None:
    payment_id = send(counter, DROP)
    counter.now += timedelta(seconds=60)  # it was opened long before
    ask_twice(counter)
    claim(counter)

    counter.now += timedelta(seconds=SUBMITTING_SECONDS - 1)
    counter.desk.sweep()
    assert counter.state(payment_id) is State.SUBMITTING
    counter.now += timedelta(seconds=1)
    counter.desk.sweep()

    assert counter.state(payment_id) is State.UNKNOWN
