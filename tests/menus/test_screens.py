"""The real menu: every target exists, and no keypad in the world breaks it."""

from __future__ import annotations

from datetime import timedelta

import pytest
import structlog
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from core import gsm7, ledger, onboarding, people, sscr
from core.lending import LoanStatus, loans_of
from core.words import words
from menus.questions import questions
from menus.screens import MENU
from tests.menus.hall import NUMBERS, PIN, Hall, agree, read


def test_every_target_of_the_menu_exists() -> None:
    MENU.check()


KEYS = st.one_of(
    st.sampled_from(
        ["1", "2", "3", "4", "5", "0", "00", "98", "2000", "500", "20001", "999999999999", PIN]
    ),
    st.sampled_from(["111111", "12345", "abc", "*", "a*b", "é", "😀", " ", "-5", "1.5", "1" * 200]),
    st.text(max_size=12),
)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)  # fmt: skip
@given(number=st.sampled_from([*NUMBERS, "+254799123456"]), keys=st.lists(KEYS, max_size=16))
def test_no_keypad_breaks_the_menu(hall: Hall, number: str, keys: list[str]) -> None:
    hall.offset += timedelta(days=2)  # so that a locked PIN does not end the game
    phone = hall.phone(number)

    with capture_logs() as lines:
        pages = [phone.dial()]
        while keys and pages[-1].startswith("CON "):
            pages.append(phone.type(keys.pop(0)))

    assert [line for line in lines if line["log_level"] == "error"] == []
    assert [page for page in pages if gsm7.units(page) > 160] == []
    assert all(page.startswith(("CON ", "END ")) for page in pages)
    with hall.node.sessions() as db:
        assert sum(money.minor for money in ledger.balances(db).values()) == 0
        for known in NUMBERS:
            user = people.by_phone(db, known)
            assert user is not None
            open_ones = [
                loan
                for loan in loans_of(db, user.id, limit=50)
                if loan.status is LoanStatus.APPROVED
            ]
            assert len(open_ones) <= 1


@pytest.mark.parametrize("language", ["en", "sw"])
def test_terms_state_what_she_gets_each_payment_the_total_and_the_yearly_cost(
    hall: Hall, language: str
) -> None:
    phone = hall.phone(NUMBERS[0] if language == "en" else NUMBERS[1])

    phone.dial()
    pages = read(phone, phone.type("1", "1", "2000", "3"))

    for figure in ("KES 1,960", "KES 687", "KES 686", "KES 2,060", "KES 40", "KES 60", "APR"):
        assert figure in pages


def test_the_very_text_she_read_is_kept_with_the_loan(hall: Hall) -> None:
    phone = hall.phone(NUMBERS[1])

    phone.dial()
    shown = phone.type("1", "1", "2000", "3")
    agree(phone, shown)
    phone.type(PIN)

    with hall.node.sessions() as db:
        user = people.by_phone(db, NUMBERS[1])
        assert user is not None
        (loan,) = loans_of(db, user.id, limit=5)
    assert loan.accepted_language == "sw"
    assert shown.removeprefix("CON ").split("\n")[0] in loan.accepted_text
    assert "KES 1,960" in loan.accepted_text


def test_a_wrong_pin_takes_no_loan_and_says_how_many_tries_are_left(hall: Hall) -> None:
    phone = hall.phone(NUMBERS[0])

    phone.dial()
    agree(phone, phone.type("1", "1", "2000", "3"))

    assert "Wrong PIN. Tries left: 2." in phone.type("604218")
    assert "Wrong PIN. Tries left: 1." in phone.type("604218")
    assert "try again in 15 minutes" in phone.type("604218")
    with hall.node.sessions() as db:
        user = people.by_phone(db, NUMBERS[0])
        assert user is not None
        assert loans_of(db, user.id, limit=5) == []


def test_a_second_loan_is_not_offered_while_the_first_is_open(hall: Hall) -> None:
    phone = hall.phone(NUMBERS[0])
    phone.dial()
    agree(phone, phone.type("1", "1", "2000", "3"))
    phone.type(PIN)

    phone.dial()

    assert "You have an open loan" in phone.type("1")


def test_language_changes_at_once_and_for_good(hall: Hall) -> None:
    phone = hall.phone(NUMBERS[0])

    phone.dial()
    assert "1 Pata mkopo" in phone.type("4", "2")

    assert "1 Pata mkopo" in phone.dial()


def test_a_blocked_person_is_told_politely(hall: Hall) -> None:
    with hall.node.sessions.begin() as db:
        user = people.by_phone(db, NUMBERS[0])
        assert user is not None
        people.block(db, organisation_id=user.organisation_id, user_id=user.id)

    page = hall.phone(NUMBERS[0]).dial()

    assert page == "END Your access is paused. Please call +254700111222."


def test_a_stranger_is_told_how_to_come_in(hall: Hall) -> None:
    phone = hall.phone("+254799000001")

    assert phone.dial() == "CON Welcome to Growr. / Karibu Growr.\n1 English\n2 Kiswahili"
    assert phone.type("2").startswith("END Growr hukopesha kupitia watu wanaokujua.")
    phone.dial()
    assert "not invited yet" in phone.type("1")


def test_who_was_invited_in_another_language_than_hers_may_change_it(hall: Hall) -> None:
    with hall.node.sessions.begin() as db:
        known = people.by_phone(db, NUMBERS[0])
        assert known is not None
        onboarding.invite(
            db, keyring=hall.node.keyring, organisation_id=known.organisation_id, phone="+254712000444",
            given_name="Faith", family_name="Chebet", service_code="*384*77#", now=hall.now(),
        )  # fmt: skip
    phone = hall.phone("+254712000444")

    assert phone.dial().endswith("2 Kiswahili")
    assert phone.type("2").startswith("CON Karibu Faith!")
    assert phone.dial().startswith("CON Karibu Faith!")


def test_an_amount_that_is_not_offered_is_asked_again(hall: Hall) -> None:
    phone = hall.phone(NUMBERS[0])
    phone.dial()
    phone.type("1", "1")

    assert "from KES 1,000 to KES 20,000" in phone.type("50")
    assert "whole shillings" in phone.type("12.5")
    assert "For how long?\n1 = 1 month\n3 = 3 months\n6 = 6 months" in phone.type("2000")


structlog.configure(cache_logger_on_first_use=False)  # so that log lines can be captured


def test_nobody_agrees_to_terms_she_has_not_read_to_the_end(hall: Hall) -> None:
    phone = hall.phone(NUMBERS[0])
    phone.dial()

    first = phone.type("1", "1", "2000", "3")
    assert phone.type("1") == first, "the same part again"
    assert "Type your PIN" in agree(phone, first)


def test_a_deep_dial_stops_where_the_terms_begin(hall: Hall) -> None:
    phone = hall.phone(NUMBERS[0])

    page = phone.dial(f"1*1*2000*3*1*{PIN}")

    assert "you get KES 1,960" in page
    with hall.node.sessions() as db:
        user = people.by_phone(db, NUMBERS[0])
        assert user is not None
        assert loans_of(db, user.id, limit=5) == []


@pytest.mark.parametrize(
    ("number", "wrong"), [(NUMBERS[0], "Wrong PIN"), (NUMBERS[1], "PIN si sahihi")]
)
def test_after_a_wrong_pin_the_right_one_still_takes_the_loan(
    hall: Hall, number: str, wrong: str
) -> None:
    phone = hall.phone(number)
    phone.dial()
    agree(phone, phone.type("1", "1", "2000", "3"))

    page = phone.type("604218")
    assert wrong in page
    assert "98 " not in page

    assert phone.type(PIN).startswith("END ")


def test_options_keep_their_numbers_when_others_are_gone(hall: Hall) -> None:
    with hall.node.sessions.begin() as db:
        user = people.by_phone(db, NUMBERS[0])
        assert user is not None
        sscr.erase(db, owner_id=user.id)
    hall.open_record(NUMBERS[0])
    phone = hall.phone(NUMBERS[0])
    phone.dial()

    assert "1 Identity\n2 Membership" in phone.type("3", "2")
    phone.type("1", "1")

    assert "\n2 Membership" in phone.type("1")
    assert "Membership" in phone.type("2")


def test_she_is_told_which_proof_is_missing(hall: Hall) -> None:
    with hall.node.sessions.begin() as db:
        user = people.by_phone(db, NUMBERS[0])
        assert user is not None
        sscr.erase(db, owner_id=user.id)
    hall.open_record(NUMBERS[0])
    phone = hall.phone(NUMBERS[0])
    phone.dial()

    page = phone.type("1", "1")
    assert "Mavuno Coop confirms for this loan: Identity, Membership. Put that into" in page
    assert "How much do you need?" in phone.type("1"), "and the same offer goes on"


@pytest.mark.parametrize(
    ("kind", "claim", "asked"),
    [
        ("kyc", {"path": ["age_over", "21"], "values": [True]}, "21 or older?"),
        ("kyc", {"path": ["resident_of", "KE"], "values": [True]}, "Living in KE?"),
        ("kyc", {}, "Identity confirmed?"),
        (
            "community_membership",
            {"path": ["member_over_years", "2"]},
            "Member for 2 years or more?",
        ),
        ("credit_history", {}, "A loan repaid before?"),
        (
            "credit_history",
            {"path": ["loan_status"], "values": ["closed"]},
            "Loan history: loan status closed?",
        ),
        ("kyc", {"path": ["gender"]}, "Identity: gender?"),
    ],
)
def test_every_question_of_a_lender_has_words(
    kind: str, claim: dict[str, object], asked: str
) -> None:
    assert questions(words("en"), [{"type": kind, "claims": [claim] if claim else []}]) == [asked]
