"""The main job from the first dial to the credential, and every fault of the world on the way."""

from __future__ import annotations

import re
from datetime import timedelta
from itertools import zip_longest
from pathlib import Path
from typing import Any

import pytest

from core.ledger import Account
from core.lending import LoanStatus
from gateway.sandbox.faults import KNOWN
from tests.journey.running import PIN, Handset, borrow, dial_home
from tests.village import Village, registered, village

RECEIVED, OWED, CASH_BACK = (
    1_960,
    2_000,
    20,
)  # of KES 2,000 for three months, repaid on the first day
ROUNDS = 6


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.sandbox.courier.HELD_SECONDS", 0.3)


def pay_all(place: Village, phone: Handset) -> None:
    """Ask for a prompt for everything and answer it, if it comes."""
    dial_home(phone)
    if "1 " not in phone.type("2"):
        phone.hang_up()
        return
    phone.type("5", "2", "1")
    phone.hang_up()
    for _ in range(3):
        place.offset += timedelta(seconds=8)
        place.work()
        if prompts := phone.prompts():
            phone.answer_prompt(prompts[0])
            break
    place.live()


def is_repaid(place: Village, phone: Handset) -> bool:
    loan = place.loan(phone)
    return loan is not None and loan.status is LoanStatus.REPAID


def take_loan(place: Village, phone: Handset) -> None:
    """Dial until the loan is paid out, as a person would whom a fault has cut off."""
    for _ in range(ROUNDS):
        if place.loan(phone) is None:
            borrow(phone)
            phone.hang_up()
        place.live()
        loan = place.loan(phone)
        if loan is not None and loan.status is LoanStatus.DISBURSED:
            return
    pytest.fail(f"never paid out: {phone.page!r} {place.loan(phone)}")


def repay(place: Village, phone: Handset) -> None:
    for _ in range(ROUNDS):
        if is_repaid(place, phone):
            return
        pay_all(place, phone)
    pytest.fail(f"never repaid: {phone.page!r} {phone.messages()[-3:]}")


def test_from_the_first_dial_to_the_credential(
    tmp_path: Path, database_url: str, redis_url: str
) -> None:
    with village(tmp_path / "home", database_url, redis_url) as place:
        phone = registered(place, PIN)

        take_loan(place, phone)
        assert phone.balance() == 1_000 + RECEIVED
        repay(place, phone)

        assert phone.balance() == 1_000 + RECEIVED - OWED + CASH_BACK
        phone.dial()
        assert "Loan history by Mavuno Coop" in phone.type("3", "1")


WAY_OUT = ("b2c", "status", "ussd")  # what a loan meets on its way to her
WAY_BACK = ("stk", "query", "oauth")  # and her money on its way
NEWS = ("sms", "inbound", "c2b", "pull")  # and what tells her and us of it


def faults(*targets: str) -> list[tuple[str, str]]:
    return [(target, kind) for target in targets for kind in KNOWN[target] if "<" not in kind]


THREE_FAULTS = [
    (out, [fault for fault in both if fault])
    for out, *both in zip_longest(faults(*WAY_OUT), faults(*WAY_BACK), faults(*NEWS))
]
NAMES = ["+".join("-".join(fault) for fault in [out, *back] if fault) for out, back in THREE_FAULTS]


def test_no_fault_of_the_money_is_left_out() -> None:
    elsewhere = {"balance", "sim", "kilimo"}  # no money of hers depends on these

    assert {*WAY_OUT, *WAY_BACK, *NEWS} == {*KNOWN} - elsewhere


@pytest.mark.parametrize(
    ("number", "out", "back"), [(n, *three) for n, three in enumerate(THREE_FAULTS)], ids=NAMES
)
def test_whatever_goes_wrong_outside_the_money_ends_right(
    tmp_path: Path, databases: dict[str, Any], redis_url: str, number: int,
    out: tuple[str, str] | None, back: list[tuple[str, str]],
) -> None:  # fmt: skip
    """A fault on the way out, and two at once on the way back, on one database and on the other in turn."""
    database = ("sqlite", "postgresql")[number % 2]
    database_url = databases[database].fresh(tmp_path)
    with village(tmp_path / "home", database_url, redis_url) as place:
        place.wait_for_morning()
        phone = registered(place, PIN)

        if out:
            place.fault(*out, count=2)
        take_loan(place, phone)
        for fault in back:
            place.fault(*fault, count=2)
        repay(place, phone)
        place.live()

        paid_out = [entry for entry in phone.entries() if entry["amount"] == RECEIVED]
        assert len(paid_out) == 1, "paid once"
        assert phone.balance() == 1_000 + RECEIVED - OWED + CASH_BACK
        assert place.balance(Account.PAYMENTS_IN_TRANSIT) == 0
        assert place.balance(Account.LOAN_PORTFOLIO) == 0
        assert place.balance(Account.BORROWER_CREDIT) == 0
        assert place.balance(Account.CASH_MPESA) == 1_000_000 - RECEIVED + OWED - CASH_BACK
    databases[database].drop(database_url)


PAY_BILL_FAULTS = [
    (("sqlite", "postgresql")[number % 2], target, kind)
    for number, (target, kind) in enumerate(
        (target, kind)
        for target in ("c2b", "announced c2b", "pull")
        for kind in KNOWN[target.split()[-1]]
    )
]


@pytest.mark.parametrize(
    ("database", "target", "kind"),
    PAY_BILL_FAULTS,
    ids=["-".join(fault) for fault in PAY_BILL_FAULTS],
)
def test_what_she_pays_by_pay_bill_is_credited_once(
    tmp_path: Path, databases: dict[str, Any], redis_url: str, database: str, target: str, kind: str
) -> None:
    """Where it is announced to us first, where it is not, and where only the statement tells."""
    database_url, announced = databases[database].fresh(tmp_path), target == "announced c2b"
    with village(tmp_path / "home", database_url, redis_url, validation=announced) as place:
        phone = registered(place, PIN)
        take_loan(place, phone)
        loan = place.loan(phone)
        assert loan is not None

        place.fault(target.rsplit(maxsplit=1)[-1], kind)
        if target == "pull":
            place.fault("c2b", "missing", count=2)
        for paid in (600, OWED - 600):
            phone.pay_bill("174379", loan.code, paid)
            place.pass_minutes(2)
        place.live()

        assert is_repaid(place, phone)
        assert phone.balance() == 1_000 + RECEIVED - OWED + CASH_BACK
        assert place.balance(Account.PAYMENTS_IN_TRANSIT) == 0
        assert place.balance(Account.SUSPENSE) == 0
        assert place.balance(Account.BORROWER_CREDIT) == 0
        assert place.balance(Account.CASH_MPESA) == 1_000_000 - RECEIVED + OWED - CASH_BACK
    databases[database].drop(database_url)


def test_she_is_reminded_in_the_day_can_stop_it_and_is_told_of_a_default(
    tmp_path: Path, database_url: str, redis_url: str
) -> None:
    with village(tmp_path / "home", database_url, redis_url) as place:
        phone = registered(place, PIN)
        take_loan(place, phone)
        due = place.next_due(phone)

        for day in (-4, -3, -3, -2, 0, 1, 2, 3):
            place.travel_to(due + timedelta(days=day), hour=10)
        reminders = [
            text for text in phone.messages() if "reply STOP" in text or "STOP" in text[-5:]
        ]
        assert [re.search(r"is due on|is due today|was due", text)[0] for text in reminders] == [  # type: ignore[index]
            "is due on", "is due today", "was due", "was due",
        ]  # fmt: skip
        assert all("KES 687" in text and "Pay Bill 174379" in text for text in reminders)

        phone.sms("384", "stop")
        place.travel_to(due + timedelta(days=7), hour=10)
        assert "no more payment reminders" in phone.messages()[-1]

        place.travel_to(due + timedelta(days=61), hour=10)
        assert "default" in phone.messages()[-1]
        assert "PIN" not in phone.dial(), (
            "her text of two months ago shows that her number is in use"
        )
        phone.hang_up()
        repay(place, phone)
        assert "fully repaid" in " ".join(phone.messages()[-3:])


def test_nobody_is_reminded_at_night(tmp_path: Path, database_url: str, redis_url: str) -> None:
    with village(tmp_path / "home", database_url, redis_url) as place:
        phone = registered(place, PIN)
        take_loan(place, phone)
        told = len(phone.messages())

        place.travel_to(place.next_due(phone), hour=5)
        assert len(phone.messages()) == told

        place.travel_to(place.next_due(phone), hour=9)
        assert "is due today" in phone.messages()[-1]
