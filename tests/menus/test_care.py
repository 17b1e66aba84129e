"""What a borrower can do when she is new, unsure, unhappy or in trouble: on a phone, in both languages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from config.limits import COMPLAINTS_PER_DAY
from core import gsm7, lending, messaging, payments, people
from core.db import Session
from core.lending import About, Loan, LoanStatus, Outcome, Project
from core.messaging import Message, Template
from core.money import Money
from core.payments import PaymentKind
from core.people import User
from tests.core.lending.village import settle
from tests.menus.hall import NUMBERS, PIN, Hall, agree, read
from tests.phone import Phone

ENGLISH, SWAHILI = NUMBERS[0], NUMBERS[1]
TOTAL = "KES 2,060"
OFFER = ("1", "1", "2000", "3")


@pytest.fixture
def database_url(tmp_path: Path, databases: dict[str, Any]) -> str:
    """The rules behind these screens are tested on every database; the screens need one."""
    return str(databases["sqlite"].fresh(tmp_path))


@pytest.fixture
def strict(tmp_path: Path, database_url: str, redis_url: str) -> Iterator[Hall]:
    """A node that screens names, and names who stands above it."""
    listed = tmp_path / "list.txt"
    listed.write_text("Amina Wanjiku\n")
    rules = {"screening_list": listed, "regulator": "CBK 0709 081000"}
    made = Hall(tmp_path / "home", database_url, redis_url, **rules)
    yield made
    made.close()


def borrower(db: Session, number: str = ENGLISH) -> User:
    found = people.by_phone(db, number)
    assert found is not None
    return found


def offer(hall: Hall, **changed: Any) -> None:
    """Change the project of the demo."""
    with hall.node.sessions.begin() as db:
        project = db.scalars(select(Project)).one()
        for name, value in changed.items():
            setattr(project, name, value)


def texts(hall: Hall, template: Template) -> list[str]:
    with hall.node.sessions() as db:
        query = select(Message.text).where(Message.template == template)
        return list(db.scalars(query.order_by(Message.created_at)))


def answers(page: str) -> dict[str, str]:
    """Which key gives which amount."""
    return {money: key for key, money in re.findall(r"^(\d) (KES [\d,]+)$", page, re.MULTILINE)}


def borrow(hall: Hall, phone: Phone) -> None:
    """A loan that was agreed and paid out."""
    phone.dial()
    agree(phone, phone.type(*OFFER))
    assert phone.type(PIN).startswith("END ")
    with hall.node.sessions.begin() as db:
        loan = newest(db, phone.number)
        db.info["paybill"] = "174379"
        (asked,) = payments.of_loan(db, loan.id, 5)
        settle(db, asked, hall.now())


def newest(db: Session, number: str = ENGLISH) -> Loan:
    (loan, *_) = lending.loans_of(db, borrower(db, number).id, limit=5)
    return loan


# --- before she agrees


def test_the_terms_are_texted_before_the_pin_and_only_once(hall: Hall) -> None:
    phone = hall.phone(ENGLISH)
    for _ in range(2):
        phone.dial()
        phone.type("2")
        agree(phone, phone.dial() and phone.type(*OFFER))

    (text,) = texts(hall, Template.LOAN_OFFER)
    for figure in ("KES 1,960", TOTAL, "APR", "Complaints", "Nothing is agreed"):
        assert figure in text
    assert len(re.findall(r"^\d{1,2} [A-Z][a-z]{2} KES 68[67]$", text, re.MULTILINE)) == 3
    assert texts(hall, Template.LOAN_TERMS) == []


def test_who_understood_goes_on_and_the_second_loan_asks_no_question(hall: Hall) -> None:
    phone = hall.phone(ENGLISH)
    borrow(hall, phone)
    with hall.node.sessions.begin() as db:
        newest(db).status = LoanStatus.REPAID

    phone.dial()
    first = phone.type(*OFFER)

    assert phone.type(PIN) == first, "nothing is agreed to before its last page"
    assert read(phone, first).endswith("Type your PIN to answer yes and take the loan.\n0 Back")
    assert phone.type(PIN).startswith("END Thank you.")
    assert len(texts(hall, Template.LOAN_OFFER)) == 1, "the terms are the same of today"


@pytest.mark.parametrize(
    ("number", "kind", "told"),
    [(ENGLISH, "Not quite.", "Is it unclear?"), (SWAHILI, "Si hivyo.", "Si wazi?")],
)
def test_a_wrong_answer_is_explained_kindly_twice_and_then_lets_her_pass(
    hall: Hall, number: str, kind: str, told: str
) -> None:
    phone = hall.phone(number)
    phone.dial()
    page = phone.type(*OFFER)
    while "98 " in page:
        page = phone.type("98")

    page = phone.type("1")
    wrong = next(key for money, key in answers(page).items() if money != TOTAL)
    assert len(answers(page)) == 3
    again = phone.type(wrong)
    assert kind in again
    assert TOTAL in again
    assert told in phone.type(wrong)
    assert "PIN" in phone.type("1")


def test_an_income_is_asked_once_and_a_loan_that_is_too_much_is_answered_with_what_fits(
    hall: Hall,
) -> None:
    offer(hall, affordability=30)
    phone = hall.phone(ENGLISH)
    phone.dial()

    assert "comes in to you in a month" in phone.type("1", "1")
    assert "How much do you need?" in phone.type("3000")
    page = phone.type("4000", "3")
    assert "That is much for what comes in to you. KES 2," in page
    assert "For how long?" in page
    assert "you get" in phone.type("6"), "a longer time fits"
    phone.dial()
    phone.type("2")  # start again
    assert "How much do you need?" in phone.type("1", "1"), "her income is known now"


def test_the_pause_after_a_loan_is_told_with_its_end(hall: Hall) -> None:
    offer(hall, pause_days=14)
    phone = hall.phone(ENGLISH)
    borrow(hall, phone)
    with hall.node.sessions.begin() as db:
        loan = newest(db)
        loan.status, loan.closed_on = LoanStatus.REPAID, loan.as_of

    phone.dial()

    assert re.search(r"again from \d+ \w+: until then, breathe", phone.type("1", "1"))


def test_who_is_on_the_list_is_asked_to_call_and_gets_no_loan(strict: Hall) -> None:
    phone = strict.phone(ENGLISH)
    phone.dial()
    page = phone.type(*OFFER)
    while "98 " in page:
        page = phone.type("98")

    assert phone.type("1").startswith("END Before this loan our staff must check")
    with strict.node.sessions.begin() as db:
        lending.screening.clear(
            db,
            organisation_id=borrower(db).organisation_id,
            user_id=borrower(db).id,
            because="another Amina",
            now=strict.now(),
        )
    phone.dial()
    assert "Type your PIN" in agree(phone, phone.type(*OFFER))


# --- while she has a loan


def test_within_the_days_of_cooling_off_she_gives_back_what_she_got_and_no_more(hall: Hall) -> None:
    offer(hall, options={"cooling_off_days": 3})
    phone = hall.phone(ENGLISH)
    borrow(hall, phone)
    phone.dial()

    assert "3 Give the loan back" in phone.type("2")
    assert "You return KES 1,960, no interest and no fee." in phone.type("3")
    assert phone.type("1").startswith("END In a moment your phone asks")

    with hall.node.sessions() as db:
        asked = payments.of_loan(db, newest(db).id, 5)
        (prompt,) = [one for one in asked if one.kind is PaymentKind.REPAYMENT]
        assert prompt.money == Money("KES", 196_000)


def test_her_next_payment_is_what_was_agreed_and_today_she_pays_no_more_than_ends_the_loan(
    hall: Hall,
) -> None:
    phone = hall.phone(ENGLISH)
    phone.dial()
    agree(phone, phone.type("1", "1", "2000", "1"))
    phone.type(PIN)
    with hall.node.sessions.begin() as db:
        settle(db, payments.of_loan(db, newest(db).id, 5)[0], hall.now())
    phone.dial()

    mine = phone.type("2")
    assert "you owe KES 2,020. Next: KES 2,020 by" in mine
    assert "1 Pay KES 2,000 now" in mine
    ways = phone.type("5")
    assert "1 Next payment: KES 2,000\n2 All of it today, and be done: KES 2,000" in ways


def test_after_those_days_it_can_no_longer_be_given_back(hall: Hall) -> None:
    offer(hall, options={"cooling_off_days": 3})
    phone = hall.phone(ENGLISH)
    borrow(hall, phone)
    hall.offset += timedelta(days=4)
    phone.dial()
    page = phone.type("2")

    assert "Give the loan back" not in page
    assert "4 I cannot pay now" in page
    assert "Please choose a number" in phone.type("3")


def test_she_asks_for_time_from_her_phone(hall: Hall) -> None:
    phone = hall.phone(ENGLISH)
    borrow(hall, phone)
    phone.dial()

    assert "Asking costs nothing." in phone.type("2", "4")
    assert phone.type("1").startswith("END Thank you for telling us early.")

    with hall.node.sessions() as db:
        (row,) = lending.hardship.waiting(db, organisation_id=borrower(db).organisation_id)
        assert row["loan"] == newest(db).code


@pytest.mark.parametrize(("number", "word"), [(ENGLISH, "interest"), (SWAHILI, "riba")])
def test_the_statement_shows_interest_and_what_is_still_to_come(
    hall: Hall, number: str, word: str
) -> None:
    phone = hall.phone(number)
    borrow(hall, phone)
    hall.offset += timedelta(days=32)
    phone.dial()
    page = phone.type("2", "2")

    for figure in ("+KES 1,960", "+KES 40", f"+KES 20 {word}", "KES 2,020", "KES 40"):
        assert figure in page


# --- reminders and senders


def test_reminders_are_stopped_and_begun_again_from_the_menu(hall: Hall) -> None:
    phone = hall.phone(ENGLISH)
    phone.dial()

    assert "3 No more reminders" in phone.type("5")
    assert "You will get no more payment reminders." in phone.type("3")
    with hall.node.sessions() as db:
        assert messaging.is_opted_out(db, ENGLISH)
    phone.type("7")  # a wrong key changes nothing
    assert "3 Reminders again" in phone.type("1", "5")
    phone.type("3")
    with hall.node.sessions() as db:
        assert not messaging.is_opted_out(db, ENGLISH)


@pytest.fixture
def named(tmp_path: Path, database_url: str, redis_url: str) -> Iterator[Hall]:
    """A node whose texts come from a name, and from a short code on one network."""
    senders = {"at_sender": "GROWR", "at_senders": {"Airtel": "22384"}}
    made = Hall(tmp_path / "home", database_url, redis_url, **senders)
    yield made
    made.close()


@pytest.mark.parametrize(
    ("number", "can_be_answered"), [(NUMBERS[0], False), ("+254733000333", True)]
)
def test_no_page_and_no_text_asks_for_a_reply_that_cannot_arrive(
    named: Hall, number: str, can_be_answered: bool
) -> None:
    phone = named.phone(number)
    phone.dial()

    assert ("SMS to 22384" in phone.type("5")) is can_be_answered
    with named.node.sessions.begin() as db:
        messaging.send(
            db, to=number, template=Template.STARTED, language="en", facts={}, now=named.now()
        )
    (text,) = texts(named, Template.STARTED)
    assert ("reply STOP" in text) is can_be_answered
    assert ("dial *384*77#, Help" in text) is not can_be_answered


# --- complaints


@pytest.mark.parametrize("number", [ENGLISH, SWAHILI])
def test_a_complaint_gets_a_ticket_and_its_answer_is_judged_by_her(hall: Hall, number: str) -> None:
    phone = hall.phone(number)
    phone.dial()

    page = phone.type("5", "1", "2", "The fee was taken twice")
    ticket = re.search(r"C\d{6}", page)
    assert ticket
    assert phone.repeat() == page, "a repeat is no second complaint"
    with hall.node.sessions.begin() as db:
        made = lending.complaints.newest(db, borrower(db, number).id)
        assert made is not None
        assert (made.about, made.words) == (About.COST, "The fee was taken twice")
        lending.complaints.answer(
            db, organisation_id=borrower(db).organisation_id, ticket=ticket.group(),
            outcome=Outcome.UPHELD, text="KES 40 come back.",
            now=hall.now(),
        )  # fmt: skip
    phone.dial()
    page = phone.type("5", "2")
    assert f"{ticket.group()}: KES 40 come back." in page
    assert ticket.group() in phone.type("2"), "not content: the manager answers"


def test_a_complaint_needs_no_words_and_the_regulator_is_named(strict: Hall) -> None:
    phone = strict.phone(ENGLISH)
    phone.dial()

    phone.type("5", "1", "5", "1")

    phone.dial()
    page = phone.type("5", "2")
    assert "You may also turn to CBK 0709 081000." in page
    with strict.node.sessions() as db:
        made = lending.complaints.newest(db, borrower(db).id)
        assert made is not None
        assert made.words == ""


def test_too_many_complaints_of_a_day_are_answered_calmly(hall: Hall) -> None:
    phone = hall.phone(ENGLISH)
    for _ in range(COMPLAINTS_PER_DAY):
        phone.dial()
        phone.type("5", "1", "1", "1")

    phone.dial()

    assert "We answer each of them." in phone.type("5", "1", "1", "1")


def test_every_page_of_this_fits_and_is_plain(hall: Hall) -> None:
    offer(hall, affordability=30, options={"cooling_off_days": 3})
    phone = hall.phone(SWAHILI)

    pages = [phone.dial()]
    for keys in (["1", "1", "9000", "2000", "3"], ["00", "5", "1", "3", "0", "0", "2"]):
        pages += [phone.type(key) for key in keys]

    assert all(gsm7.is_gsm7(page) and gsm7.septets(page) <= 160 for page in pages)
