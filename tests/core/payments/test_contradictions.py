"""Whatever contradicts an ended payment reaches the loan, or a row for a person names it: over random lives."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session, sessionmaker

from core.keys import Keyring
from tests.core.payments import contradicting
from tests.core.payments.contradicting import STEPS, Life, Place

Lived = Callable[..., Life]
NUMBERS = itertools.count(10)
LIVES = st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 59)), min_size=4, max_size=14)


@pytest.fixture
def place(sessions: sessionmaker[Session]) -> Place:
    return contradicting.begin(sessions)


@pytest.fixture
def lived(sessions: sessionmaker[Session], keyring: Keyring, tmp_path: Path, place: Place) -> Lived:
    """A borrower whose loan was paid out and to whom these steps happened, until nothing more can come."""

    def life(number: int, steps: list[tuple[str, int]], *, has_statement: bool) -> Life:
        made = contradicting.newcomer(
            sessions, keyring, tmp_path, place, number=number, has_statement=has_statement
        )
        made.live([("apply", 0), ("pay_out", steps[0][1]), *steps])
        made.end()
        return made

    return life


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps=LIVES, has_statement=st.booleans())
def test_the_books_of_the_provider_and_ours_agree_or_a_person_is_told_why(
    lived: Lived, steps: list[tuple[str, int]], has_statement: bool
) -> None:
    lived(next(NUMBERS), steps, has_statement=has_statement).check()


ONCE = {  # lives that once ended with books that differed and nobody told, cut to what did it
    "a clock that was ahead ended the comparing": (
        False, [("thaw", 52), ("forge_result", 29), ("reverse", 35), ("jump", 11)],
    ),
    "a forged answer gave up a true pay-in": (
        False, [("thaw", 30), ("pay_in", 22), ("forge_pay_in", 7)],
    ),
    "a callback named a false receipt for a payout": (
        True, [("answer_prompt", 44), ("decide", 3), ("forge_result", 35)],
    ),
    "an attempt that had failed was paid, silently, beside the next": (
        True, [("pay_in", 6), ("jump", 2), ("pay_after_all", 6)],
    ),
    "its receipt was learnt after she was told": (
        True, [("decide", 42), ("forge_answer", 30), ("pay_after_all", 28)],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("has_statement", "steps"), ONCE.values(), ids=[*ONCE])
def test_a_life_that_once_disagreed_agrees(
    lived: Lived, steps: list[tuple[str, int]], has_statement: bool
) -> None:
    lived(1, steps, has_statement=has_statement).check()
