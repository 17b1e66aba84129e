"""Whatever contradicts an ended payment reaches the loan, or a row for a person names it: over random lives."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session, sessionmaker

from core.keys import Keyring
from tests.core.payments import contradicting
from tests.core.payments.contradicting import STEPS, Place

NUMBERS = itertools.count(10)
LIVES = st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 59)), min_size=4, max_size=14)


@pytest.fixture
def place(sessions: sessionmaker[Session]) -> Place:
    return contradicting.begin(sessions)


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps=LIVES, has_statement=st.booleans())
def test_the_books_of_the_provider_and_ours_agree_or_a_person_is_told_why(
    sessions: sessionmaker[Session],
    keyring: Keyring,
    tmp_path: Path,
    place: Place,
    steps: list[tuple[str, int]],
    has_statement: bool,
) -> None:
    life = contradicting.newcomer(
        sessions, keyring, tmp_path, place, number=next(NUMBERS), has_statement=has_statement
    )  # fmt: skip

    life.live([("apply", 0), ("pay_out", steps[0][1]), *steps])
    life.end()

    life.check()
