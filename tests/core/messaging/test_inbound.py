"""A command is understood however she types it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import money
from core.messaging.inbound import WORDS, Command, Request, parse


@pytest.mark.parametrize(
    ("word", "command", "language"),
    [
        (word, command, language)
        for language, commands in WORDS.items()
        for command, words in commands.items()
        for word in words
    ],
)
def test_every_word_is_understood_in_any_dress(word: str, command: Command, language: str) -> None:
    for typed in (word, word.lower(), f"  {word.title()}. ", f'"{word}"!', f"{word}\nasante"):
        assert parse(typed) == Request(command, None, language)


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("PAY 500", "500"),
        ("pay500", "500"),
        ("Lipa  1,500.", "1500"),
        ("PAY 500.50", "500.50"),
        ("pay: KES 1500", "1500"),
        ("Pay Ksh.500", "500"),
        ("lipa 500/=", "500"),
        ("lipa 500 bob!", "500"),
        ("PAY\u00a01500", "1500"),
        ("PAY", None),
        ("PAY all", None),
        ("PAY 1,50", None),
        ("PAY 500 600", None),
        ("PAY 5e3", None),
        ("BAL 500", None),
        ("PAY\n500", "500"),
        ("PAY -5", None),
        ("PAY-5", None),
        ("PAY \u22125", None),
        ("PAY .50", None),
        ("PAY KES -5", None),
        ("PAY KES .50", None),
        ("PAY ,500", None),
        ("PAY /500", None),
        ("PAY (500)", None),
        ("PAY 0.5.0", None),
        ("PAY \u0665", None),
    ],
)
def test_an_amount_is_read_or_left_out_but_never_guessed(text: str, amount: str | None) -> None:
    assert parse(text).amount == amount
    assert parse(text).understood


@pytest.mark.parametrize("text", ["", "  ", "?", "123456", "Hello", "BALLS", "payment", "ሰላም"])
def test_what_is_no_command_asks_for_help(text: str) -> None:
    assert parse(text) == Request(Command.HELP, understood=False)


@pytest.mark.parametrize(
    "text",
    [
        "QUIT", "END", "STOPALL", "OPTOUT", "REVOKE", "WACHA", "stop all", "Opt-out!", "please stop",
        "STOP sending me messages", "Don\u2019t text me", "no more SMS please", "Unsubscribe me", "cancel",
        "Acha kunitumia SMS", "Sitaki ujumbe", "STOP harassing me", "take me off", "do not disturb me",
    ],
)  # fmt: skip
def test_who_wants_to_be_left_alone_is_understood(text: str) -> None:
    assert parse(text).command is Command.STOP


@pytest.mark.parametrize(
    "text",
    [
        "CANCEL my loan please", "Cancel loan", "stop my loan", "End of month I will pay", "Quit asking me for money",
        "revoke my consent", "NO", "Hapana", "When does it end?", "acha nikope",
    ],
)  # fmt: skip
def test_what_is_about_something_else_stops_no_reminders(text: str) -> None:
    assert parse(text).command is not Command.STOP


@given(text=st.text(max_size=200))
def test_any_text_has_a_meaning(text: str) -> None:
    assert isinstance(parse(text).command, Command)


@given(sign=st.sampled_from("-+.,/=*#(<~'"), shillings=st.integers(0, 10**6))
def test_a_sign_before_the_amount_is_never_skipped(sign: str, shillings: int) -> None:
    assert parse(f"PAY {sign}{shillings}").amount is None
    assert parse(f"LIPA{sign} {shillings}").amount is None


@given(text=st.text("0123456789,. KESksh/=-", max_size=20))
def test_an_amount_that_was_read_is_one_that_money_understands(text: str) -> None:
    amount = parse(f"PAY {text}").amount

    assert amount is None or len(amount) > 15 or money.parse("KES", amount).minor >= 0
