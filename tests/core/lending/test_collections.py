"""How money is asked for: of her alone, in our words, at decent hours, seldom, on record, not at all if she says so."""

from __future__ import annotations

from datetime import date, timedelta

from sqlalchemy import select

from config.limits import REMINDER_HOURS, REMINDERS_PER_WEEK
from core import lending, messaging
from core.messaging import REMINDERS, TEXTS, Message, Template
from core.tables import METADATA
from tests.core.lending import village as places
from tests.core.lending.village import Village

WEEK = timedelta(days=7)
SHAMING = (
    "shame",
    "thief",
    "family",
    "friends",
    "neighbours",
    "employer",
    "police",
    "court",
    "arrest",
)


def a_quarter(village: Village) -> list[Message]:
    """Every text of a loan that nobody repays, day and night through its trouble."""
    village.borrow()
    for day in range(25, 73):
        for hour in (0, 9):
            at = village.on(date(2026, 11, 21) + timedelta(days=day)).at(hours=hour - 7)
            lending.run_day(village.db, now=at.now, limit=50)
    query = select(Message).order_by(Message.created_at)
    return list(village.db.scalars(query))


def test_a_loan_in_trouble_is_nobodys_business_but_hers(village: Village) -> None:
    places.borrower(village.db, village.project.organisation_id, number=2)  # a neighbour

    sent = a_quarter(village)

    assert {message.to for message in sent} == {village.borrower.phone}
    assert any(message.template is Template.DEFAULTED for message in sent)


def test_reminders_come_at_decent_hours_and_seldom(village: Village) -> None:
    sent = [message for message in a_quarter(village) if message.template in REMINDERS]

    first, end = REMINDER_HOURS
    assert len(sent) >= 5
    assert all(first <= message.created_at.hour + 3 < end for message in sent)  # Nairobi
    for message in sent:
        week = [one for one in sent if timedelta() <= message.created_at - one.created_at < WEEK]
        assert len(week) <= REMINDERS_PER_WEEK


def test_who_says_stop_is_not_asked_again(village: Village) -> None:
    messaging.opt_out(village.db, phone=village.borrower.phone, source="stop", now=village.now)

    assert [one for one in a_quarter(village) if one.template in REMINDERS] == []


def test_every_text_is_one_of_the_templates_and_none_shames() -> None:
    assert set(TEXTS) == set(Template)
    for text in (TEXTS[template].lower() for template in (*REMINDERS, Template.DEFAULTED)):
        assert not any(word in text for word in SHAMING)


def test_there_is_no_place_for_the_contacts_of_a_person() -> None:
    columns = {column.name for table in METADATA.tables.values() for column in table.columns}

    for word in ("contact", "relative", "kin", "address_book", "employer", "neighbour"):
        assert [name for name in columns if word in name.split("_")] == []
