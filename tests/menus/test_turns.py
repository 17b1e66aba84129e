"""Every turn costs her money and time: what she comes for is reached in few of them, and a dial counts as one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from core import lending, people, sscr
from core.lending import LoanStatus
from core.messaging import Message, Template
from core.payments import Payment, PaymentKind
from tests.core.lending.village import pay_in, settle
from tests.menus.hall import NUMBERS, PIN, Hall
from tests.phone import Phone

ENGLISH, SWAHILI = NUMBERS[0], NUMBERS[1]
AMOUNT, MONTHS, RIGHT = "2000", "3", "KES 2,060"
FIRST_LOAN, LATER_LOAN, REPAYMENT = 11, 6, 3  # turns at most

both_languages = pytest.mark.parametrize("number", [ENGLISH, SWAHILI])


@pytest.fixture
def hall(tmp_path: Path, databases: dict[str, Any], redis_url: str) -> Iterator[Hall]:
    """What these screens do is tested on every database; to count their turns, one is enough."""
    made = Hall(tmp_path / "home", databases["sqlite"].fresh(tmp_path), redis_url)
    yield made
    made.close()


@dataclass
class Counting:
    """A phone, and how many pages it has shown since it dialled."""

    phone: Phone
    turns: int = 0
    page: str = field(default="", init=False)

    def dial(self, tail: str = "") -> str:
        self.turns, self.page = 1, self.phone.dial(tail)
        return self.page

    def type(self, *keys: str) -> str:
        for key in keys:
            self.turns, self.page = self.turns + 1, self.phone.type(key)
        return self.page

    def read_on(self) -> str:
        while "98 " in self.page:
            self.type("98")
        return self.page

    def key_of(self, label: str) -> str:
        """The key that the page names for a line."""
        return next(line.split(" ")[0] for line in self.page.split("\n") if label in line)


def first_loan(hall: Hall, number: str) -> Counting:
    """From the dial to a loan that is agreed, with both proofs put into an empty record on the way."""
    with hall.node.sessions.begin() as db:
        user = people.by_phone(db, number)
        assert user is not None
        sscr.erase(db, owner_id=user.id)
    hall.open_record(number)
    phone = Counting(hall.phone(number))
    phone.dial()
    phone.type("1", "1", "1", AMOUNT, MONTHS)
    phone.read_on()
    phone.type("1")
    phone.type(phone.key_of(RIGHT))
    phone.type(PIN)
    return phone


def pay_out(hall: Hall) -> None:
    with hall.node.sessions.begin() as db:
        for one in db.scalars(select(Payment).where(Payment.kind == PaymentKind.DISBURSEMENT)):
            settle(db, one, hall.now())


def prompts(hall: Hall) -> list[int]:
    """The amounts her phone is asked for."""
    with hall.node.sessions() as db:
        query = select(Payment.asked).where(Payment.kind == PaymentKind.REPAYMENT)
        return list(db.scalars(query))


@both_languages
def test_a_first_loan_with_its_proofs(hall: Hall, number: str) -> None:
    phone = first_loan(hall, number)

    assert phone.page.startswith("END ")
    assert "KES 1,960" in phone.page
    assert phone.turns <= FIRST_LOAN
    with hall.node.sessions() as db:
        told = select(Message.text).where(Message.template == Template.CREDENTIAL_ADDED)
        text = db.scalars(told.order_by(Message.created_at.desc())).first()
    assert text is not None
    assert "Identity, Membership" in text or "Utambulisho, Uanachama" in text


@both_languages
def test_a_later_loan_as_last_time(hall: Hall, number: str) -> None:
    first_loan(hall, number)
    pay_out(hall)
    with hall.node.sessions.begin() as db:
        user = people.by_phone(db, number)
        assert user is not None
        (loan,) = lending.loans_of(db, user.id, limit=1)
        loan.status = LoanStatus.REPAID
    phone = Counting(hall.phone(number))

    phone.dial()
    phone.type(phone.key_of("KES 2,000, "))
    assert "PIN" not in phone.page, "the terms come first"
    assert "PIN" in phone.read_on()
    phone.type(PIN)

    assert phone.page.startswith("END ")
    assert phone.turns <= LATER_LOAN
    with hall.node.sessions() as db:
        newest, before = lending.loans_of(db, user.id, limit=2)
        assert newest.agreed == before.agreed


@both_languages
def test_the_next_payment(hall: Hall, number: str) -> None:
    first_loan(hall, number)
    pay_out(hall)
    phone = Counting(hall.phone(number))

    phone.dial()
    assert "KES 687" in phone.type("2")
    phone.type("1")

    assert phone.page.startswith("END ")
    assert phone.turns <= REPAYMENT
    assert prompts(hall) == [68_700]
    phone.phone.repeat()
    assert prompts(hall) == [68_700], "a repeated turn asks for no second payment"


@both_languages
def test_the_code_that_reminders_teach_stops_before_the_money(hall: Hall, number: str) -> None:
    first_loan(hall, number)
    pay_out(hall)
    phone = Counting(hall.phone(number))

    page = phone.dial("2*1")
    assert "KES 687" in page
    assert page.startswith("CON ")
    assert prompts(hall) == []
    phone.type("1")

    assert phone.page.startswith("END ")
    assert prompts(hall) == [68_700]
    assert phone.turns == REPAYMENT - 1


def test_a_payment_whose_answer_was_lost_is_asked_for_once(hall: Hall) -> None:
    first_loan(hall, ENGLISH)
    pay_out(hall)
    phone = hall.phone(ENGLISH)
    phone.dial()
    phone.type("2")
    (kept,) = [key for key in hall.node.redis.scan_iter("ussd:dialog:*") if phone.session in key.decode()]  # fmt: skip
    before = hall.node.redis.get(kept)
    pointer = next(iter(hall.node.redis.scan_iter("ussd:dropped:*")))
    phone.type("1")
    hall.node.redis.set(kept, before)  # the commit is done; what she saw of it was lost
    hall.node.redis.set(pointer, kept)

    phone.dial()
    phone.type("2", "1")

    assert prompts(hall) == [68_700]


def test_an_amount_that_has_changed_since_is_confirmed_anew(hall: Hall) -> None:
    first_loan(hall, ENGLISH)
    pay_out(hall)
    phone = hall.phone(ENGLISH)
    phone.dial()
    phone.type("2")
    with hall.node.sessions.begin() as db:
        user = people.by_phone(db, ENGLISH)
        assert user is not None
        (loan,) = lending.loans_of(db, user.id, limit=1)
        settle(db, pay_in(db, loan.id, loan.code, loan.money(20_000), hall.now()), hall.now())

    assert "Pay KES 487 for loan" in phone.type("1")
    assert 48_700 not in prompts(hall)


@both_languages
def test_no_end_is_a_dead_end(hall: Hall, number: str) -> None:
    first_loan(hall, number)
    pay_out(hall)
    phone = hall.phone(number)
    phone.dial()

    refused = phone.type("1")
    assert "1 My loan" in refused or "1 Mkopo wangu" in refused
    assert "KES 687" in phone.type("1")
    assert "5 " in phone.type("0"), "and back to the main menu"


@pytest.mark.parametrize(
    "typed", ["1,000", "1000.00", "1000/=", "1 000", "1000#", "KES 1,000", "Ksh1000", " 1000 "]
)
def test_an_amount_is_understood_as_pages_and_people_write_it(hall: Hall, typed: str) -> None:
    phone = hall.phone(ENGLISH)
    phone.dial()

    assert "For how long?" in phone.type("1#", "1.", typed)
    assert "you get KES 980" in phone.type("3 months")


@pytest.mark.parametrize(
    "typed", ["1,00", "1000.50", "-1000", "TZS 1000", "1000 2000", "all", ".1000", "1000.000", ""]
)
def test_what_may_be_another_amount_is_asked_again(hall: Hall, typed: str) -> None:
    phone = hall.phone(ENGLISH)
    phone.dial()

    assert "whole shillings" in phone.type("1", "1", typed)


def test_no_page_shows_two_numbers_that_could_be_the_answer(hall: Hall) -> None:
    phone = hall.phone(ENGLISH)
    phone.dial()

    assert "\n1 = 1 month\n3 = 3 months\n6 = 6 months\n" in phone.type("1", "1", AMOUNT)
    assert "Please choose" in phone.type("2")
