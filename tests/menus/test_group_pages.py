"""A group on the phone: she reads to the end what standing in means, agrees with her PIN, and sees where it stands."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

from core import gsm7, people
from core.jobs import lending as jobs
from core.lending import Loan, Project, groups
from core.lending.group_models import Member
from core.payments import Payment, PaymentState
from tests.core.lending import village
from tests.menus.hall import NUMBERS, PIN, Hall
from tests.menus.hall import agree as terms
from tests.phone import Phone

AMINA, NEEMA, BARAKA = NUMBERS  # English, Swahili, English


@pytest.fixture
def together(hall: Hall) -> Hall:
    """The demo's project as one of groups, with its three borrowers in one that wants two of them to agree."""
    with hall.node.sessions.begin() as db:
        project = db.scalars(select(Project)).one()
        project.community_model = {"least_members": 2, "most_members": 4}
        project.risk_deposit_rate = Decimal(10)
        group = groups.create_group(
            db,
            organisation_id=project.organisation_id,
            project_id=project.id,
            name="Tumaini",
            now=hall.now(),
        )
        for number in NUMBERS:
            user = people.by_phone(db, number)
            assert user is not None
            groups.add_member(
                db,
                organisation_id=user.organisation_id,
                group_id=group.id,
                user_id=user.id,
                now=hall.now(),
            )
    return hall


def read(phone: Phone, *keys: str) -> str:
    """Type, then turn the pages to the last one; every page fits."""
    pages = [phone.type(*keys)]
    while "98 " in pages[-1]:
        pages.append(phone.type("98"))
    assert all(gsm7.units(page) <= 160 for page in pages)
    return "\n".join(pages)


def agree(hall: Hall, number: str) -> str:
    phone = hall.phone(number)
    phone.dial()
    read(phone, "1", "1")
    phone.type("1")
    done = phone.type(PIN)
    phone.type("1", "00")  # home again, so that nothing is left to be resumed
    return done


def borrow(hall: Hall, number: str, shillings: str) -> None:
    """She takes a loan of one month on her phone, and the rail brings the money."""
    phone = hall.phone(number)
    phone.dial()
    terms(phone, phone.type("1", "1", shillings, "1"))
    assert phone.type(PIN).startswith("END ")
    carry(hall)


def carry(hall: Hall) -> None:
    """The rail carries all that is ready to go out."""
    with hall.node.sessions.begin() as db:
        for one in db.scalars(select(Payment).where(Payment.state == PaymentState.READY)):
            village.settle(db, one, hall.now())


def pages(hall: Hall, number: str) -> str:
    """What she reads under My loan."""
    phone = hall.phone(number)
    if "PIN" in phone.dial():  # her number has been silent for long
        phone.type(PIN)
    return read(phone, "2")


def test_she_reads_to_the_end_what_she_agrees_to(together: Hall) -> None:
    phone = together.phone(AMINA)
    phone.dial()

    text = read(phone, "1", "1")

    for words in (
        "Group Tumaini. With you: Neema, Baraka.",
        "10%",
        "never with more",
        "comes back",
    ):
        assert words in text.replace("\n", " ")
    assert "Type your PIN" in phone.type("1")


def test_a_deep_dial_agrees_to_nothing(together: Hall) -> None:
    together.phone(AMINA).dial(f"1*1*1*{PIN}")

    with together.node.sessions() as db:
        user = people.by_phone(db, AMINA)
        project = db.scalars(select(Project)).one()
        assert user is not None
        found = groups.of(db, project.id, user.id)
    assert found is not None
    assert found[1].agreed_at is None


def test_the_first_waits_for_the_second_and_the_text_of_each_is_kept(together: Hall) -> None:
    done = agree(together, AMINA)
    waits = together.phone(AMINA)
    waits.dial()
    told = waits.type("1", "1")
    swahili = agree(together, NEEMA)
    goes_on = together.phone(AMINA)
    goes_on.dial()

    assert "stand in for each other now" in done
    assert "1 of 2 in your group have" in told
    assert "mnadhaminiana" in swahili
    assert "How much do you need?" in goes_on.type("1", "1")
    with together.node.sessions() as db:
        kept = {one.agreed_language: one.agreed_text for one in db.scalars(select(Member))}
    assert "Pamoja nawe: Amina, Baraka" in kept["sw"]
    assert "never with more" in kept["en"]


def test_a_wrong_pin_agrees_to_nothing(together: Hall) -> None:
    phone = together.phone(AMINA)
    phone.dial()
    read(phone, "1", "1")

    assert "Wrong PIN" in phone.type("1", "604218")

    assert "stand in for each other now" in phone.type(PIN)


def test_who_is_in_no_group_is_told_whom_to_ask(together: Hall) -> None:
    with together.node.sessions.begin() as db:
        user = people.by_phone(db, BARAKA)
        project = db.scalars(select(Project)).one()
        assert user is not None
        found = groups.of(db, project.id, user.id)
        assert found is not None
        groups.remove_member(
            db,
            organisation_id=user.organisation_id,
            group_id=found[0].id,
            user_id=user.id,
            now=together.now(),
        )
    phone = together.phone(BARAKA)
    phone.dial()

    assert "Please ask your organisation to put you into one" in phone.type("1", "1")


def test_she_sees_her_deposit_her_group_and_what_she_owes_it(together: Hall) -> None:
    agree(together, AMINA)
    agree(together, NEEMA)
    borrow(together, AMINA, "10000")
    with together.node.sessions.begin() as db:
        loan = db.scalars(select(Loan)).one()
        village.settle(
            db, village.pay_in(db, loan.id, loan.code, loan.money(loan.outstanding), together.now()), together.now()
        )  # fmt: skip
    borrow(together, NEEMA, "2000")
    before = pages(together, NEEMA)
    together.offset += timedelta(days=120)
    for work in (jobs.day, jobs.group):
        while work(together.node):
            pass

    neighbour, debtor = pages(together, AMINA), pages(together, NEEMA)

    assert "Amana yako KES 200. Kikundi Tumaini: jumla KES 1,200." in before
    assert "Kikundi chako kilikulipia: kinakudai KES 1,000." in debtor
    assert "Your deposit KES 0. Group Tumaini" in neighbour
    assert "Neema" not in neighbour
