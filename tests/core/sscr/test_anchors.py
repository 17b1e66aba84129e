"""An opening stands in the public book as well, under no name: neither the list nor its end can be changed unseen."""

from __future__ import annotations

import pytest
from sqlalchemy import ColumnElement, delete, select, text, update
from sqlalchemy.orm import Session

from core import books, sscr
from core.books import Book, BookEntry
from core.keys import Keyring
from core.sscr.models import Opening
from tests.core.onboarding.circle import AMINA, NEEMA, Circle

SEALED = {
    "sqlite": "DROP TRIGGER {name}",
    "postgresql": "ALTER TABLE sscr_opening DISABLE TRIGGER ALL",
}


@pytest.fixture
def circle(db: Session, keyring: Keyring) -> Circle:
    made = Circle(db, keyring)
    for phone in (AMINA, AMINA, NEEMA, AMINA):
        made.unlock(phone).close()
    opened = [one for phone in (AMINA, NEEMA) for one in sscr.openings(db, made.ids[phone], 9)]
    for _ in range(2):  # told twice
        sscr.anchor(db, custody=made.custody, opened=opened, now=made.now)
    return made


def agrees(circle: Circle) -> bool:
    return sscr.agrees_with_book(circle.db, custody=circle.custody, owner_id=circle.ids[AMINA])


def unseal(db: Session) -> None:
    """What only who owns the database can do."""
    kind = db.get_bind().dialect.name
    if kind == "postgresql":
        db.execute(text(SEALED[kind]))
        return
    query = "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'sscr_opening'"
    for (name,) in db.execute(text(query)).all():
        db.execute(text(SEALED[kind].format(name=name)))


def last(circle: Circle) -> tuple[ColumnElement[bool], ...]:
    return Opening.owner_id == circle.ids[AMINA], Opening.seq == 2


def test_the_book_agrees_and_names_nobody(circle: Circle, keyring: Keyring) -> None:
    entries = list(circle.db.scalars(select(BookEntry)))

    assert agrees(circle)
    assert len({one.entity_id for one in entries}) == len(entries) == 4
    assert not any(str(id) in one.body for one in entries for id in circle.ids.values())
    assert books.verify(
        books.entries(circle.db, Book.PROJECT), keyring.signing_key("books").verify_key
    )


def test_an_end_that_was_cut_off_is_noticed(circle: Circle) -> None:
    unseal(circle.db)
    circle.db.execute(delete(Opening).where(*last(circle)))

    assert sscr.openings_whole(circle.db, circle.ids[AMINA])  # the chain alone does not see it
    assert not agrees(circle)


def test_a_list_that_was_cut_off_whole_is_noticed(circle: Circle) -> None:
    unseal(circle.db)
    circle.db.execute(delete(Opening).where(Opening.owner_id == circle.ids[AMINA]))

    assert not agrees(circle)


def test_a_last_line_that_was_written_anew_is_noticed(circle: Circle) -> None:
    unseal(circle.db)
    circle.db.execute(update(Opening).where(*last(circle)).values(hash=b"x" * 32))
    circle.db.expire_all()

    assert not agrees(circle)


def test_one_that_is_not_in_the_book_yet_is_no_alarm(circle: Circle) -> None:
    circle.unlock(AMINA).close()

    assert agrees(circle)
