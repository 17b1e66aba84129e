"""Screens read, then show; what is guarded is neither repeated, resumed nor gone back to."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from menus import engine
from menus.dialogs import decode, encode
from menus.gsm7 import fits
from menus.menu import Menu
from tests.menus import demo
from tests.menus.conftest import Walker

HOME = "Welcome to Growr\n1 Borrow\n2 Balance\n3 Who are you\n4 More\n5 Language"
KEYS = [
    "0",
    "00",
    "98",
    *map(str, range(10)),
    "500",
    "9999",
    demo.PIN,
    "abc",
    "a*b",
    "",
    "éà😀",
    "x" * 200,
]


def test_a_list_leads_to_its_targets_and_back(walker: Walker) -> None:
    assert walker.dial() == HOME

    assert walker.type("1") == "How much? From 500 to 5000\n0 Back\n00 Home"
    assert walker.type("0") == HOME


def test_an_answer_that_is_not_in_the_list_gets_a_hint(walker: Walker) -> None:
    walker.dial()

    assert walker.type("9") == f"Please choose a number from the list.\n{HOME}"
    assert walker.type("1").startswith("How much?")


def test_a_screen_may_ask_again_with_a_hint_of_its_own(walker: Walker) -> None:
    walker.dial()

    assert walker.type("1", "lots").startswith("Please type a whole number.\nHow much?")
    assert walker.dialog.answers == {}


def test_home_is_one_step_from_anywhere(walker: Walker) -> None:
    walker.dial()

    assert walker.type("4", "1", "98", "00") == HOME
    assert walker.dialog.history == []


def test_back_leads_through_everything_unguarded(walker: Walker) -> None:
    walker.dial()
    walker.type("4", "1")

    assert walker.type("0").startswith("More")
    assert walker.type("0") == HOME
    assert walker.type("0") == HOME


def test_an_option_hidden_for_someone_renumbers_nobody(menu: Menu) -> None:
    mine, yours = Walker(menu, "+254711000111"), Walker(menu, "+254711000222")
    mine.dial()
    yours.dial()

    assert "5 Bye\n6 Long bye" in mine.type("4")
    assert "4 Refused\n6 Long bye" in yours.type("4")
    assert yours.type("5").startswith("Please choose")


def test_a_form_keeps_its_answers_and_free_text_may_have_stars(
    walker: Walker, done: demo.Done
) -> None:
    walker.dial()

    assert walker.type("3", "A*b*") == "Your town?\n0 Back\n00 Home"
    assert walker.type("Kisumu") == HOME
    assert done.names == [{"name": "A*b*", "town": "Kisumu"}]


def test_a_confirmation_is_done_once_and_not_gone_back_to(walker: Walker, done: demo.Done) -> None:
    walker.dial()

    assert walker.type("1", "500") == (
        "Borrow 500? You repay 500 and 10.\n1 Borrow\n0 Back\n00 Home"
    )
    assert walker.type("1") == "Your loan is on its way.\n0 Back\n00 Home"
    assert walker.type("0") == HOME
    assert len(done.effects) == 1


def test_leaving_a_confirmation_confirms_nothing(walker: Walker, done: demo.Done) -> None:
    walker.dial()

    walker.type("1", "500", "2")
    walker.type("00", "1", "500", "0")

    assert done.effects == []
    assert walker.dialog.confirmed == 0


def test_two_loans_in_a_session_have_two_keys(walker: Walker, done: demo.Done) -> None:
    walker.dial()

    walker.type("1", "500", "1", "00", "1", "500", "1")

    assert len(set(done.effects)) == 2


def test_the_same_confirmation_after_a_loss_has_the_same_key(
    walker: Walker, done: demo.Done
) -> None:
    walker.dial()
    walker.type("1", "500", "1")
    walker.sessions -= 1  # the same session, forgotten

    walker.dial("1", "500", "1")
    assert walker.dialog.screen == "loan.confirm"
    walker.type("1")

    assert len(done.effects) == 1


def test_a_resumed_confirmation_has_the_key_of_the_first(walker: Walker, done: demo.Done) -> None:
    walker.dial()
    walker.type("1", "500")
    lost = encode(walker.dialog)
    walker.type("1")  # done, but its dialog was not kept
    walker.dialog = decode(lost)

    walker.dial(resume=True)
    walker.type("1", "500", "1")

    assert len(done.effects) == 1


def test_a_refusal_is_told_in_words_and_she_is_asked_again(walker: Walker) -> None:
    walker.dial()

    page = walker.type("1", "9999")

    assert page.startswith("No: amount_unfit most 5000\nHow much?")


def test_a_final_refusal_is_told_on_a_page_of_its_own(walker: Walker) -> None:
    walker.dial()

    assert walker.type("4", "4") == "No: loan_already_open loan L1042X\n0 Back\n00 Home"
    assert walker.type("7").startswith("Type 0 to go back.")
    assert walker.type("0").startswith("More")


def test_a_wrong_pin_is_asked_for_again(walker: Walker) -> None:
    walker.dial()

    assert walker.type("2", "111111").startswith("No: pin_wrong tries_left 2\nYour PIN")
    assert walker.type(demo.PIN).startswith("You owe 700.")


def test_the_digits_of_a_pin_are_in_no_dialog(walker: Walker) -> None:
    walker.dial()

    walker.type("2", demo.PIN)

    assert walker.dialog.screen == "balance"
    assert demo.PIN not in encode(walker.dialog)


def test_a_pin_screen_is_not_gone_back_to(walker: Walker) -> None:
    walker.dial()

    assert walker.type("2", demo.PIN, "1", "0").startswith("You owe")
    assert walker.type("0") == HOME


def test_a_screen_that_keeps_a_secret_is_a_bug(walker: Walker) -> None:
    def read(world: object, dialog: object, typed: str) -> str:
        walker.dialog.answers["pin"] = typed
        return "home"

    walker.menu.screen("leak", read=read, guard=demo.Guard.PIN)(lambda *_: demo.Page("PIN"))
    walker.dial()
    walker.dialog.screen = "leak"

    with pytest.raises(AssertionError, match="keeps a secret"):
        engine.answer(walker.menu, walker.world, walker.dialog, "135790")


def test_a_long_text_is_read_part_by_part(walker: Walker) -> None:
    walker.dial()

    first = walker.type("4", "1")
    second = walker.type("98")

    assert first.endswith("98 More\n0 Back")
    assert second != first
    assert walker.type("0") == first


def test_a_long_end_ends_with_its_last_part(walker: Walker) -> None:
    walker.dial()
    walker.type("4", "6")
    seen = [walker.dialog.page]

    while not walker.dialog.is_over:
        assert walker.dialog.resume_at is None or walker.dialog.resume_at == "bye.long"
        seen.append(walker.type("98"))

    assert "number 8" in seen[-1]
    assert "98 More" not in seen[-1]


def test_a_language_is_spoken_from_the_next_page_on(walker: Walker) -> None:
    walker.dial()

    walker.type("5", "2")

    assert walker.type("1").endswith("0 Rudi\n00 Mwanzo")
    assert walker.type("0", "9").startswith("Tafadhali chagua")


def test_too_long_an_answer_gets_a_hint(walker: Walker) -> None:
    walker.dial()

    assert walker.type("3", "x" * 161).startswith("That is too long.")


@pytest.mark.parametrize(
    ("typed", "screen"),
    [
        ("1", "loan.amount"),
        ("1*500", "loan.confirm"),
        ("1*500*1", "loan.confirm"),
        (f"2*{demo.PIN}", "balance.pin"),
        ("1*0*2", "balance.pin"),
        ("9*1", "home"),
        ("4*4*1", "notice"),
        ("4*1*98*98*00*3", "name"),
    ],
)
def test_a_deep_dial_walks_and_stops_before_what_is_guarded(
    walker: Walker, done: demo.Done, typed: str, screen: str
) -> None:
    walker.dial(*typed.split("*"))

    assert walker.dialog.screen == screen
    assert done.effects == []


@pytest.mark.parametrize(
    ("typed", "screen"),
    [
        (["1", "500"], "loan.amount"),  # before the money, with fresh terms
        (["3", "Ann"], "name.town"),
        (["3", "Ann", "0"], "name"),
    ],
)
def test_a_dropped_session_goes_on_where_it_may(
    walker: Walker, typed: list[str], screen: str
) -> None:
    walker.dial()
    walker.type(*typed)

    assert walker.dial(resume=True) == (
        "You were not finished last time.\n1 Continue\n2 Start again"
    )
    walker.type("1")

    assert walker.dialog.screen == screen


def test_a_resumed_form_keeps_its_answers(walker: Walker, done: demo.Done) -> None:
    walker.dial()
    walker.type("3", "Ann")

    walker.dial(resume=True)
    walker.type("1", "Kisumu")

    assert done.names == [{"name": "Ann", "town": "Kisumu"}]


def test_she_may_start_again_instead(walker: Walker) -> None:
    walker.dial()
    walker.type("3", "Ann")
    walker.dial(resume=True)

    assert walker.type("7").startswith("Please choose")
    assert walker.type("2") == HOME
    assert walker.dialog.answers == {}


@pytest.mark.parametrize(
    "typed",
    [
        [],
        ["9"],
        ["2"],  # a PIN screen, reached from home
        ["2", demo.PIN],  # behind the PIN
        ["2", demo.PIN, "1"],
        ["1", "500", "1"],  # past the money
        ["4", "5"],  # it had ended
        ["4", "1", "98"],  # she had typed nothing that would be lost
        ["1", "9999"],
        ["4", "4"],  # a refusal
    ],
)
def test_nothing_is_resumed_through_a_pin_past_money_or_where_nothing_is_lost(
    walker: Walker, typed: list[str]
) -> None:
    walker.dial()
    walker.type(*typed)

    assert walker.dial(resume=True) == HOME


def test_nobody_resumes_into_a_menu_that_is_no_longer_hers(walker: Walker, done: demo.Done) -> None:
    walker.dial()
    walker.type("1")
    done.blocked.add(walker.phone)

    assert walker.dial(resume=True) == "Your account is blocked."
    assert walker.dialog.is_over


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    keys=st.lists(st.sampled_from(KEYS) | st.text(max_size=8), max_size=25),
    limit=st.sampled_from([120, 160, 182]),
)
def test_random_keys_never_break_a_dialog_or_a_page(keys: list[str], limit: int) -> None:
    done = demo.Done()
    done.gate.set()
    menu = demo.build(done)
    for broken in ("broken", "late.bug"):
        menu.screens[broken] = menu.screens["terms"]
    walker = Walker(menu, limit=limit)
    walker.dial()

    for key in keys:
        if walker.dialog.is_over:
            walker.dial(resume=True)
        page = walker.type(key)
        assert page
        assert fits(f"CON {page}", limit)
        assert demo.PIN not in encode(walker.dialog)

    assert len(done.effects) == len(set(done.effects)) + max(0, done.effects.count("slow") - 1)
