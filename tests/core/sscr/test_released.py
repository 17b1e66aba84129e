"""While the key service looks at a PIN, everybody else may write: on SQLite too, where one lock is for all."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import text, update

from core import people, sscr
from core.db import Session, released, sessionmaker
from core.errors import Busy
from core.keys import Stretch
from core.people import Organisation
from core.sscr import Custody
from core.sscr.models import Wrap
from tests.core.sscr.made import OTHER_PIN, OWNER, PHONE, record, unlock

HELPER, SECOND = uuid.UUID(int=8), uuid.UUID(int=9)
RAISED = Stretch(memory_kib=20_000, rounds=2, lanes=1)
LONG = 60  # seconds nobody waits for, unless the test fails


class Slow:
    """A key service that answers one verb when it is let."""

    def __init__(self, service: Any, verb: str = "open") -> None:
        self.service, self.verb = service, verb
        self.asked, self.may_answer = threading.Event(), threading.Event()

    def __getattr__(self, name: str) -> Any:
        return self._answer if name == self.verb else getattr(self.service, name)

    def _answer(self, **asked: Any) -> Any:
        self.asked.set()
        assert self.may_answer.wait(LONG)
        return getattr(self.service, self.verb)(**asked)


def name_of(db: Session) -> Organisation:
    return people.create_organisation(
        db, name="Nakuru", country="KE", currency="KES", timezone="Africa/Nairobi",
        support_phone="+254700000001",
    )  # fmt: skip


def open_it(sessions: sessionmaker[Session], custody: Custody) -> object:
    with sessions.begin() as db, unlock(db, custody) as unlocked:
        return unlocked.owner_id


def test_others_write_while_a_pin_is_looked_at(
    sessions: sessionmaker[Session], custody: Custody
) -> None:
    with sessions.begin() as db:
        record(db, custody)
    slow = Slow(custody.service)

    with ThreadPoolExecutor() as pool:
        opening = pool.submit(open_it, sessions, replace(custody, service=slow))
        assert slow.asked.wait(LONG)
        with sessions.begin() as db:  # on SQLite this waited for the key service
            name_of(db)
        slow.may_answer.set()

        assert opening.result(LONG) == OWNER


def choose_again(sessions: sessionmaker[Session], custody: Custody) -> object:
    """She is not registered yet, and types another first PIN."""
    with sessions.begin() as db:
        return record(db, custody, pin=OTHER_PIN, anew=True).owner_id


def choose_another(sessions: sessionmaker[Session], custody: Custody) -> object:
    with sessions.begin() as db:
        sscr.choose_next(
            db, custody=custody, owner_id=OWNER, pin=OTHER_PIN, phone=PHONE, birth_date=None
        )
    return OWNER


def name_a_guardian(sessions: sessionmaker[Session], custody: Custody) -> object:
    with sessions.begin() as db, unlock(db, custody, for_guardian=True) as unlocked:
        sscr.add_guardian(db, unlocked=unlocked, guardian_id=SECOND)
    return OWNER


def open_at_a_raised_cost(sessions: sessionmaker[Session], custody: Custody) -> object:
    return open_it(sessions, replace(custody, stretch=RAISED))


@pytest.mark.parametrize(
    ("act", "verb"),
    [
        (choose_again, "wrap"),
        (choose_another, "wrap"),
        (open_at_a_raised_cost, "wrap"),
        (open_at_a_raised_cost, "wrap_share"),
        (name_a_guardian, "wrap_share"),
    ],
    ids=["first PIN", "PIN change", "re-wrap", "share at a re-wrap", "share of a new guardian"],
)
def test_others_write_while_a_wrap_is_made(
    sessions: sessionmaker[Session],
    custody: Custody,
    act: Callable[[sessionmaker[Session], Custody], object],
    verb: str,
) -> None:
    with sessions.begin() as db:
        record(db, custody)
        record(db, custody, owner_id=HELPER)
        record(db, custody, owner_id=SECOND)
        with unlock(db, custody) as unlocked:
            sscr.add_guardian(db, unlocked=unlocked, guardian_id=HELPER)
    slow = Slow(custody.service, verb)

    with ThreadPoolExecutor() as pool:
        making = pool.submit(act, sessions, replace(custody, service=slow))
        assert slow.asked.wait(LONG)
        with sessions.begin() as db:  # on SQLite this waited for the key service
            name_of(db)
        assert not making.done()
        slow.may_answer.set()

        assert making.result(LONG) == OWNER


def test_a_pin_that_was_changed_meanwhile_opens_nothing(
    sessions: sessionmaker[Session], custody: Custody
) -> None:
    with sessions.begin() as db:
        record(db, custody)
    slow = Slow(custody.service)

    with ThreadPoolExecutor() as pool:
        opening = pool.submit(open_it, sessions, replace(custody, service=slow))
        assert slow.asked.wait(LONG)
        with sessions.begin() as db:
            db.execute(update(Wrap).where(Wrap.owner_id == OWNER).values(epoch=Wrap.epoch + 1))
        slow.may_answer.set()

        with pytest.raises(Busy):
            opening.result(LONG)


def test_what_was_written_before_is_not_let_go(sessions: sessionmaker[Session]) -> None:
    with sessions.begin() as db:
        made = name_of(db)
        with released(db):
            pass
        db.rollback()

    with sessions() as db:
        assert db.get(Organisation, made.id) is None
        assert db.scalar(text("SELECT count(*) FROM organisation")) == 0
