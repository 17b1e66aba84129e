"""Many texts at once are the texts that one after the other would be."""

from __future__ import annotations

import uuid
from datetime import date, datetime

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from core import messaging
from core.db import Session, is_sqlite
from core.messaging import Letter, Message, Template
from core.money import Money
from core.queue import Job

PHONES = [f"+25471100011{n}" for n in range(3)]
PERSON = uuid.uuid4()
FACTS = {
    "amount": Money("KES", 50_000), "code": "L1042X", "due": date(2026, 11, 24), "paybill": "174379",
    "receipt": "SKL4H7XZ9Q",
}  # fmt: skip


def letter(to: str, template: Template, language: str, key: int) -> Letter:
    return Letter(to, PERSON, language, template, FACTS, f"{template}:{key}")


LETTERS = st.lists(
    st.builds(
        letter, st.sampled_from(PHONES), st.sampled_from([*sorted(messaging.REMINDERS), Template.LOAN_REPAID]),
        st.sampled_from(["en", "sw"]), st.integers(0, 9),
    ),
    max_size=16,
)  # fmt: skip


def one_by_one(db: Session, letters: list[Letter], now: datetime) -> None:
    for each in letters:
        messaging.send(
            db, to=each.to, template=each.template, language=each.language, facts=each.facts, now=now,
            user_id=each.user_id, event_key=each.event_key,
        )  # fmt: skip


def written(db: Session) -> list[dict[str, object]]:
    names = [column.name for column in Message.__table__.columns if column.name != "id"]
    found = db.execute(select(*(Message.__table__.c[name] for name in names)))
    return sorted((dict(row._mapping) for row in found), key=lambda row: str(row["event_key"]))


def test_many_texts_are_what_one_after_the_other_would_be(db: Session, now: datetime) -> None:
    many = settings(
        max_examples=20 if is_sqlite(db) else 5,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )

    @many
    @given(LETTERS, LETTERS, st.booleans())
    def equal(before: list[Letter], letters: list[Letter], stops: bool) -> None:
        with db.begin() as life:
            one_by_one(db, before, now)
            there = len(written(db))
            if stops:
                messaging.opt_out(db, phone=PHONES[0], source="stop", now=now)
            aside = db.begin_nested()
            one_by_one(db, letters, now)
            wanted = written(db)
            aside.rollback()

            count = messaging.send_many(db, letters, now=now)

            assert written(db) == wanted
            assert count == len(wanted) - there
            life.rollback()

    equal()


def test_the_worker_is_woken_once_there_is_a_text(db: Session, now: datetime) -> None:
    messaging.send_many(db, [], now=now)
    assert "jobs" not in db.info

    messaging.send_many(db, [letter(PHONES[0], Template.REMINDER_TODAY, "sw", 1)], now=now)

    assert db.info["jobs"] == {Job.SMS_SEND}
