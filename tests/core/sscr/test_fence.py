"""A record behind a fence, from its first day to the end of the fence: she notices nothing of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from core import sscr
from core.keys import Keyring
from core.sscr import Custody
from core.sscr.models import Wrap, WrapKind
from tests.core.keys.fence_world import World, world
from tests.core.keys.made import CHEAP, WALL, served
from tests.core.sscr.made import (
    OTHER_PIN,
    OWNER,
    change_pin,
    deliver,
    present,
    record,
    refusal_of,
    unlock,
)


@pytest.fixture
def fenced(tmp_path: Path, keyring: Keyring) -> Iterator[World]:
    with world(tmp_path / "members", keyring.folder) as made:
        yield made


@pytest.fixture
def custody(keyring: Keyring, fenced: World) -> Custody:
    return Custody(keyring, served(keyring, fences=fenced.fences), stretch=CHEAP)


def kid(db: Session) -> str:
    return db.get_one(Wrap, (OWNER, WrapKind.PIN), populate_existing=True).pepper_kid


def test_a_life_behind_a_fence(
    db: Session, custody: Custody, fenced: World, keyring: Keyring
) -> None:
    record(db, custody)
    deliver(db, keyring)
    first = fenced.fences.today()
    assert (kid(db), sscr.wraps_by_fence(db)) == (f"1.{first}", {first: 1})
    with unlock(db, custody) as unlocked:
        assert present(db, unlocked)

    for tries in (2, 1):
        assert refusal_of(db, custody, pin=OTHER_PIN) == ("pin_wrong", {"tries_left": tries})
    assert refusal_of(db, custody, pin=OTHER_PIN) == ("pin_locked", {"minutes": 15})
    assert refusal_of(db, custody) == ("pin_locked", {"minutes": 15})
    WALL.now += timedelta(minutes=15)

    change_pin(db, custody)
    assert refusal_of(db, custody) == ("pin_wrong", {"tries_left": 2})
    with unlock(db, custody, pin=OTHER_PIN) as unlocked:
        assert present(db, unlocked)

    custody.service.rotate()
    unlock(db, custody, pin=OTHER_PIN).close()
    assert (kid(db), sscr.wraps_by_pepper(db)) == (f"2.{first}", {"2": 1})

    for member in fenced.members:
        member.rotate()
    second = fenced.join()
    unlock(db, custody, pin=OTHER_PIN).close()
    assert sscr.wraps_by_fence(db) == {second: 1}

    fenced.only(2)
    assert refusal_of(db, custody, pin=OTHER_PIN) == ("busy", {})
    fenced.only(1, 2)
    fenced.fences.join([])
    unlock(db, custody, pin=OTHER_PIN).close()
    fenced.only()
    with unlock(db, custody, pin=OTHER_PIN) as unlocked:
        assert present(db, unlocked)
    assert kid(db) == "2"
