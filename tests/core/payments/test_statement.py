"""The provider's statement finds what no callback told, and nothing is credited twice for being in it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from config.limits import STATEMENT_DELAY_SECONDS, STATEMENT_OVERLAP_SECONDS
from core.ledger import Account
from core.payments import PaymentState as State
from core.payments.rails.mpesa import statements
from tests.core.payments.counter import SHILLINGS, Counter, is_credited
from tests.fake_daraja import DROP, GARBAGE, PULL, PULL_REGISTER, STATUS, error


def window(counter: Counter) -> tuple[str, str]:
    asked = counter.daraja.sent(PULL)[-1]
    return asked["StartDate"], asked["EndDate"]


def test_a_pay_in_nobody_told_of_is_found_and_credited_once(counter: Counter) -> None:
    body = counter.daraja.pay_in("l1042x", 700, counter.now)

    assert [counter.read_statement() for _ in range(3)] == [1, 0, 0]

    assert is_credited(counter, 700)
    assert [asked["TransactionID"] for asked in counter.daraja.sent(STATUS)] == [body["TransID"]]


def test_a_young_line_is_left_to_its_callback(counter: Counter) -> None:
    counter.daraja.pay_in("L1042X", 700, counter.now)

    assert counter.read_statement(STATEMENT_DELAY_SECONDS - 1) == 0
    assert counter.read_statement(1) == 1


@pytest.mark.parametrize("order", ["statement first", "confirmation first", "both at once"])
def test_confirmed_and_listed_it_is_one_credit(counter: Counter, order: str) -> None:
    body = counter.daraja.pay_in("L1042X", 700, counter.now)

    if order != "statement first":
        counter.announce(body)
        counter.confirm(body)
    if order == "confirmation first":
        counter.work()
    counter.read_statement()
    counter.confirm(body)
    counter.wait(60)

    assert is_credited(counter, 700)


@pytest.mark.parametrize("told", [True, False])
def test_a_paid_prompt_that_is_also_listed_is_one_credit(counter: Counter, told: bool) -> None:
    counter.repay()
    counter.work()
    receipt = counter.daraja.answer_prompt(told=told)
    counter.daraja.pay_in("L1042X", SHILLINGS, counter.now, receipt)

    for _ in range(10):
        counter.read_statement(30)
        counter.wait(30)

    assert is_credited(counter)


def test_a_prompt_listed_before_its_end_is_known_is_one_credit(counter: Counter) -> None:
    counter.repay()
    counter.work()
    receipt = counter.daraja.answer_prompt(told=False)
    counter.daraja.pay_in("L1042X", SHILLINGS, counter.now, receipt)

    counter.read_statement()
    counter.wait(300)

    assert is_credited(counter)


def test_a_prompt_and_a_pay_in_by_hand_both_told_of_by_nobody_are_two_credits(
    counter: Counter,
) -> None:
    counter.daraja.pay_in("L1042X", SHILLINGS, counter.now)
    counter.repay()
    counter.work()
    receipt = counter.daraja.answer_prompt(told=False)
    counter.daraja.pay_in("L1042X", SHILLINGS, counter.now, receipt)

    for _ in range(5):
        counter.read_statement()

    assert is_credited(counter, 2 * SHILLINGS, times=2)


def test_given_up_and_then_listed_it_is_asked_about_again_but_not_for_ever(
    counter: Counter,
) -> None:
    body = counter.daraja.pay_in("L1042X", 700, counter.now)
    del counter.daraja.transactions[body["TransID"]]
    counter.confirm(body)
    counter.wait(600)
    assert counter.reasons() == {"pay_in_not_confirmed"}

    counter.read_statement()
    counter.wait(3_600, step=60)
    questions = len(counter.daraja.sent(STATUS))
    counter.read_statement()
    counter.wait(3_600, step=60)

    assert counter.all()[0].state is State.FAILED
    assert len(counter.daraja.sent(STATUS)) == questions


def test_an_announced_pay_in_that_was_given_up_is_credited_when_listed(counter: Counter) -> None:
    body = counter.daraja.pay_in("L1042X", 700, counter.now)
    known = counter.daraja.transactions.pop(body["TransID"])
    counter.announce(body)
    counter.wait(600)

    counter.daraja.transactions[body["TransID"]] = known
    counter.read_statement()

    assert is_credited(counter, 700)
    assert counter.reasons() == set()


def test_a_listed_payment_of_nobody_goes_to_suspense(counter: Counter) -> None:
    counter.daraja.pay_in("Rent", 700, counter.now)

    counter.read_statement()

    assert counter.balance(Account.SUSPENSE) == -700
    assert counter.reasons() == {"unknown_reference"}


def test_the_statement_is_read_page_by_page(counter: Counter) -> None:
    for number in range(1, 6):
        counter.daraja.pay_in("L1042X", 100 + number, counter.now)

    assert counter.read_statement() == 5

    assert [asked["OffSetValue"] for asked in counter.daraja.sent(PULL)] == ["0", "2", "4", "5"]
    assert is_credited(counter, 515, times=5)


def test_it_is_read_from_where_we_came_to_and_a_little_before(counter: Counter) -> None:
    counter.read_statement()
    counter.read_statement()

    read_until = counter.now - timedelta(seconds=60 + STATEMENT_DELAY_SECONDS)
    since = read_until - timedelta(seconds=STATEMENT_OVERLAP_SECONDS) + timedelta(hours=3)
    assert window(counter)[0] == since.strftime("%Y-%m-%d %H:%M:%S")


@pytest.mark.parametrize(
    "answer", [DROP, GARBAGE, error("500.003.02", "Spike"), error("400.001"), (200, {}), (500, {})]
)
def test_a_statement_that_is_not_given_is_asked_for_again(counter: Counter, answer: Any) -> None:
    counter.read_statement()
    before = window(counter)
    counter.now += timedelta(hours=20)
    counter.daraja.pay_in("L1042X", 700, counter.now)
    counter.daraja.orders[PULL] = [answer]

    assert counter.read_statement() == 0
    counter.now += timedelta(hours=20)
    counter.read_statement()

    assert is_credited(counter, 700)
    assert window(counter)[0] < before[1]


def test_after_a_week_away_no_more_than_two_days_are_read(counter: Counter) -> None:
    counter.read_statement()
    counter.read_statement(7 * 86_400)

    first = counter.now - timedelta(hours=48) + timedelta(hours=3)
    assert window(counter)[0] == first.strftime("%Y-%m-%d %H:%M:%S")


LINE = {
    "transactionId": "R1",
    "amount": "5.00",
    "billreference": 1042,
    "trxDate": "2026-11-20T08:00:00",
}


@pytest.mark.parametrize(
    ("body", "receipts"),
    [
        ({"Response": [[LINE]]}, ["R1"]),
        ({"Response": [LINE]}, ["R1"]),
        ({"Transaction": "[[]]"}, []),
        ({"Transaction": '[[{"transactionId": "R2", "amount": 5}]]'}, ["R2"]),
        ({"Response": [[LINE, {"transactionId": "R3"}, {}, None, 7, {**LINE, "transactionId": "R4"}]]}, ["R1", "R4"]),
        ({"Response": [[{**LINE, "transactiontype": "b2c"}]]}, []),
        ({"Response": [[[[[[[LINE]]]]]]]}, []),
        ({"Response": "["}, []),
        ({}, []),
    ],
)  # fmt: skip
def test_the_lines_are_read_in_whatever_they_are_wrapped(
    body: dict[str, Any], receipts: list[str]
) -> None:
    day = datetime(2026, 11, 20, tzinfo=UTC)
    found = statements.read(statements.lines(body), day, day + timedelta(days=1))

    assert list(found) == receipts
    if "R1" in found:
        assert found["R1"].account_reference == "1042"
        assert found["R1"].paid_at is not None
        assert found["R1"].paid_at.isoformat() == "2026-11-20T08:00:00+03:00"


def test_the_statement_is_opened_with_the_addresses(counter: Counter) -> None:
    assert counter.rail.register_urls()

    sent = counter.daraja.sent(PULL_REGISTER)[0]
    assert (sent["ShortCode"], sent["RequestType"]) == ("174379", "Pull")


def test_addresses_count_as_registered_even_without_a_statement(counter: Counter) -> None:
    counter.daraja.orders[PULL_REGISTER] = [error("400.001", "Not allowed")]

    assert counter.rail.register_urls()
