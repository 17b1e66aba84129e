"""While the key service looks at a PIN, everybody else may write: on SQLite too, where one lock is for all."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import text, update

from core import people
from core.db import Session, released, sessionmaker
from core.errors import Busy
from core.people import Organisation
from core.sscr import Custody
from core.sscr.models import Wrap
from tests.core.sscr.made import OWNER, record, unlock

LONG = 60  # seconds nobody waits for, unless the test fails


class Slow:
    """A key service that answers when it is let."""

    def __init__(self, service: Any) -> None:
        self.service, self.asked, self.may_answer = service, threading.Event(), threading.Event()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.service, name)

    def open(self, **asked: Any) -> Any:
        self.asked.set()
        assert self.may_answer.wait(LONG)
        return self.service.open(**asked)


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
