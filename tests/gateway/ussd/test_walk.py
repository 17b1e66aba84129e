"""The black-box acceptance walk: what a network does to a session must not hurt it. Real HTTP form, real Redis."""

from __future__ import annotations

import pytest

from tests.menus import demo
from tests.phone import Phone

HOME = "CON Welcome to Growr\n1 Borrow\n2 Balance\n3 Who are you\n4 More\n5 Language"


def test_dialling_shows_the_start(phone: Phone) -> None:
    assert phone.dial() == HOME
    assert phone.response
    assert phone.response.status_code == 200
    assert phone.response.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert phone.response.headers["at-ussd-hop-metadata"] == "home"


def test_the_same_text_again_gets_the_same_page_and_has_one_effect(
    phone: Phone, done: demo.Done
) -> None:
    phone.dial()
    page = phone.type("1", "500", "1")

    assert page == "CON Your loan is on its way.\n0 Back\n00 Home"
    assert [phone.repeat(), phone.repeat()] == [page, page]
    assert len(done.effects) == 1


def test_the_same_choice_typed_twice_is_two_choices(phone: Phone, done: demo.Done) -> None:
    phone.dial()

    assert phone.type("4").startswith("CON More")
    assert phone.type("4").startswith("CON No: loan_already_open")


def test_a_first_request_with_answers_walks_to_the_screen(phone: Phone) -> None:
    assert phone.dial("1*500").startswith("CON Borrow 500?")


def test_a_deep_dial_stops_before_the_money_and_goes_on_from_there(
    phone: Phone, done: demo.Done
) -> None:
    assert phone.dial("1*500*1").startswith("CON Borrow 500?")
    assert done.effects == []

    assert phone.type("1").startswith("CON Your loan")
    assert len(done.effects) == 1


def test_a_deep_dial_stops_before_a_pin(phone: Phone) -> None:
    assert phone.dial(f"2*{demo.PIN}").startswith("CON Your PIN")
    assert phone.type(demo.PIN).startswith("CON You owe 700.")


@pytest.mark.parametrize("typed", ["abc", "😀", "9", "1.5", "-1", " ", "1 2", "'; drop table--"])
def test_an_answer_nobody_asked_for_gets_a_hint(phone: Phone, typed: str) -> None:
    phone.dial()

    assert phone.type(typed) == HOME.replace("CON ", "CON Please choose a number from the list.\n")
    assert phone.type("1").startswith("CON How much?")


def test_back_is_the_previous_screen(phone: Phone) -> None:
    phone.dial()

    assert phone.type("1", "0") == HOME


def test_another_phone_with_the_same_session_is_refused(phone: Phone, done: demo.Done) -> None:
    phone.dial()
    phone.type("1", "500")
    phone.text += "*1"

    page = phone.send(phoneNumber="+254711000222")

    assert page == "END This session is not yours to continue. Please dial again."
    assert done.effects == []
    assert phone.send().startswith("CON Your loan")


def test_a_redial_offers_to_go_on(phone: Phone) -> None:
    phone.dial()
    phone.type("3", "Ann")

    assert phone.dial() == "CON You were not finished last time.\n1 Continue\n2 Start again"
    assert phone.type("1").startswith("CON Your town?")


def test_a_redial_with_another_code_or_by_another_phone_starts(phone: Phone) -> None:
    phone.dial()
    phone.type("3", "Ann")

    phone.service_code = "*384*78#"
    assert phone.dial() == HOME
    phone.service_code, phone.number = "*384*77#", "+254711000222"
    assert phone.dial() == HOME


def test_a_resume_goes_before_the_money_and_never_past_it(phone: Phone, done: demo.Done) -> None:
    phone.dial()
    phone.type("1", "500")

    phone.dial()
    assert phone.type("1").startswith("CON How much?")
    assert phone.type("700").startswith("CON Borrow 700?")
    phone.type("1")

    assert phone.dial() == HOME


def test_an_offer_to_resume_outlives_a_second_drop(phone: Phone) -> None:
    phone.dial()
    phone.type("3", "Ann")
    phone.dial()

    assert phone.dial().startswith("CON You were not finished")


def test_nothing_is_offered_once_the_session_has_ended(phone: Phone) -> None:
    phone.dial()

    assert phone.type("4", "5") == "END Bye."
    assert phone.type("1") == "END Bye."
    assert phone.dial() == HOME


@pytest.mark.parametrize("text", ["2", "", "1*5", "1*500*2"])
def test_a_stale_transcript_gets_the_page_of_today(phone: Phone, text: str) -> None:
    phone.dial()
    page = phone.type("1", "500", "1")

    assert phone.send(text=text) == page


def test_a_star_in_free_text_survives(phone: Phone, done: demo.Done) -> None:
    phone.dial()

    phone.type("3", "Ann*Wanja")
    phone.type("Nakuru")

    assert done.names == [{"name": "Ann*Wanja", "town": "Nakuru"}]


def test_a_lost_memory_is_walked_again_but_not_paid_again(
    phone: Phone, done: demo.Done, small_node: object
) -> None:
    phone.dial()
    phone.type("1", "500", "1")
    small_node.redis.flushdb()  # type: ignore[attr-defined]

    assert phone.repeat().startswith("CON Borrow 500?")
    assert phone.type("1").startswith("CON Your loan")
    assert len(done.effects) == 1


def test_a_long_page_is_read_with_98_and_0(phone: Phone) -> None:
    phone.dial()
    first = phone.type("4", "1")
    second = phone.type("98")

    assert phone.type("0") == first
    assert phone.type("98") == second
    assert all(len(page) <= 160 for page in (first, second))


def test_a_network_with_longer_pages_gets_longer_pages(phone: Phone) -> None:
    phone.network = "63903"
    phone.dial()

    assert 160 < len(phone.type("4", "1")) <= 182


def test_a_language_lasts_for_the_session(phone: Phone) -> None:
    phone.dial()

    phone.type("5", "2")

    assert phone.type("1").endswith("0 Rudi\n00 Mwanzo")
