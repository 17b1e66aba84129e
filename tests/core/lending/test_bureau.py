"""The credit bureau: good news with her consent, bad news only after a notice, corrections at once."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from core import lending
from core.db import Session
from core.errors import Refusal
from core.lending import LoanStatus, bureau
from core.lending.bureau_rules import Facts, Listing, listing, needs_notice
from core.messaging import Message, MessageState, Template
from tests.core.lending import village as places
from tests.core.lending.village import Village, kes

ON = date(2027, 6, 1)
DUE = date(2026, 12, 21)


def facts(**changed: Any) -> Facts:
    """A loan of KES 5,000 in good order, with consent."""
    given = Facts(
        status=LoanStatus.DISBURSED, currency="KES", contract=500_000, outstanding=300_000, days=0,
        overdue_from=None, closed_on=None, consented=True,
    )  # fmt: skip
    return replace(given, **changed)


def ago(days: int) -> date:
    return ON - timedelta(days=days)


@pytest.mark.parametrize(
    ("changed", "wanted"),
    [
        ({}, Listing.POSITIVE),
        ({"days": 90}, Listing.POSITIVE),  # late, and not yet bad
        ({"consented": False}, None),
        ({"contract": 99_999}, None),  # below KES 1,000
        ({"contract": 100_000}, Listing.POSITIVE),
        ({"days": 91}, None),  # bad, and she was not told
        ({"days": 91, "noticed_on": ago(29)}, None),
        ({"days": 91, "noticed_on": ago(30)}, Listing.NEGATIVE),
        ({"days": 91, "noticed_on": ago(30), "consented": False}, None),
        ({"days": 91, "noticed_on": ago(30), "outstanding": 99_999}, None),
        ({"days": 91, "noticed_on": ago(40), "corrected_on": ago(35)}, None),
        ({"days": 91, "noticed_on": ago(31), "corrected_on": ago(35)}, Listing.NEGATIVE),
        ({"corrected_on": ON}, Listing.CORRECTION),
        ({"corrected_on": ON, "consented": False}, None),
        ({"status": LoanStatus.DEFAULTED, "days": 40, "noticed_on": ago(30)}, Listing.NEGATIVE),
        ({"status": LoanStatus.WRITTEN_OFF, "noticed_on": ago(300)}, Listing.NEGATIVE),
        ({"status": LoanStatus.REPAID, "closed_on": ago(30)}, Listing.POSITIVE),
        ({"status": LoanStatus.REPAID, "closed_on": ago(31)}, None),
        ({"status": LoanStatus.APPROVED}, None),
        ({"status": LoanStatus.CANCELLED, "closed_on": ago(1)}, None),
    ],
)
def test_what_may_be_reported(changed: dict[str, Any], wanted: Listing | None) -> None:
    assert listing(facts(**changed), ON) is wanted


@pytest.mark.parametrize(
    ("changed", "wanted"),
    [
        ({"days": 60}, False),
        ({"days": 61}, True),  # so that thirty days have passed on the ninety-first
        ({"days": 61, "consented": False}, False),
        ({"days": 61, "outstanding": 99_999}, False),
        ({"days": 61, "noticed_on": ago(1)}, False),
        ({"days": 61, "noticed_on": ago(9), "corrected_on": ago(5)}, True),
        ({"days": 200, "status": LoanStatus.WRITTEN_OFF}, False),
    ],
)
def test_who_is_told_beforehand(changed: dict[str, Any], wanted: bool) -> None:
    assert needs_notice(facts(**changed)) is wanted


def close(village: Village, *, sent: bool = True) -> None:
    """The day ends, and the carrier takes what was written."""
    while lending.run_day(village.db, now=village.now, limit=1):
        pass
    if sent:
        send(village)


def send(village: Village) -> None:
    waiting = update(Message).where(Message.sent_at.is_(None))
    village.db.execute(waiting.values(sent_at=village.now, state=MessageState.SENT))


def reported(village: Village, on: date) -> list[tuple[Listing, date | None]]:
    rows = bureau.reports(village.db, organisation_id=village.project.organisation_id, on=on)
    return [(row.listing, row.noticed_on) for row in rows]


@pytest.fixture
def place(db: Session) -> Village:
    """One who agreed that bureaus hear of her, and never pays."""
    village = places.found(db, default_after_days=120)
    village.borrow(kes(2_000))
    bureau.record_consent(
        db,
        organisation_id=village.project.organisation_id,
        user_id=village.borrower.id,
        is_given=True,
        source="contract",
        now=village.now,
    )
    return village


def test_she_is_told_once_and_listed_thirty_days_later(place: Village) -> None:
    told = DUE + timedelta(days=61)
    for days in (60, 61, 62, 95):
        close(place.on(DUE + timedelta(days=days)))

    (text,) = place.texts(Template.BUREAU_NOTICE)
    assert "From 22 Mar 2027" in text
    assert reported(place, DUE + timedelta(days=95)) == [(Listing.NEGATIVE, told)]


def test_nobody_is_listed_whom_the_node_forgot_to_tell(place: Village) -> None:
    late = DUE + timedelta(days=95)
    close(place.on(late))

    assert reported(place, late) == []
    assert reported(place, late + timedelta(days=29)) == []
    assert reported(place, late + timedelta(days=30)) == [(Listing.NEGATIVE, late)]


def test_a_notice_that_never_left_is_none_and_is_tried_again_after_a_week(
    place: Village, db: Session
) -> None:
    told = DUE + timedelta(days=61)
    close(place.on(told), sent=False)
    db.execute(update(Message).values(state=MessageState.REJECTED, failure="number_silent"))
    for days in (62, 67, 68):
        close(place.on(DUE + timedelta(days=days)), sent=False)

    assert len(place.texts(Template.BUREAU_NOTICE)) == 2
    assert reported(place, DUE + timedelta(days=95)) == [], "she was told nothing"

    close(place.on(DUE + timedelta(days=76)))
    assert reported(place, DUE + timedelta(days=105)) == []
    again = DUE + timedelta(days=76)
    assert reported(place, DUE + timedelta(days=106)) == [(Listing.NEGATIVE, again)]


def test_the_thirty_days_begin_when_the_carrier_took_the_notice(place: Village) -> None:
    close(place.on(DUE + timedelta(days=61)), sent=False)
    send(place.on(DUE + timedelta(days=64)))

    assert reported(place, DUE + timedelta(days=93)) == []
    sent = DUE + timedelta(days=64)
    assert reported(place, DUE + timedelta(days=94)) == [(Listing.NEGATIVE, sent)]


def test_loans_too_small_to_be_reported_keep_nobody_from_being_told(
    db: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("bureau", "bureau_rules"):
        monkeypatch.setattr(f"core.lending.{module}.BUREAU_LEAST", {"KES": 150_000})
    village = places.found(db, default_after_days=120)
    village.project.max_open_loans = 4
    for amount in (1_000, 1_000, 1_000, 2_000):  # by chance one of the small ones comes first
        village.borrow(kes(amount))
    bureau.record_consent(
        db,
        organisation_id=village.project.organisation_id,
        user_id=village.borrower.id,
        is_given=True,
        source="contract",
        now=village.now,
    )

    late = village.on(DUE + timedelta(days=61))
    close(village.on(DUE + timedelta(days=60)))
    told = bureau.give_notices(
        db, zone="Africa/Nairobi", today=DUE + timedelta(days=61), now=late.now, limit=1
    )

    assert told == 1


def test_who_takes_her_consent_back_is_not_reported(place: Village, db: Session) -> None:
    assert reported(place, DUE) == [(Listing.POSITIVE, None)]

    later = place.at(days=1)
    bureau.record_consent(
        db,
        organisation_id=place.project.organisation_id,
        user_id=place.borrower.id,
        is_given=False,
        source="call",
        now=later.now,
    )

    assert reported(place, DUE) == []


def test_a_correction_is_reported_and_bad_news_needs_a_new_notice(
    place: Village, db: Session
) -> None:
    for days in (61, 95):
        close(place.on(DUE + timedelta(days=days)))
    (row,) = bureau.reports(
        db, organisation_id=place.project.organisation_id, on=DUE + timedelta(days=95)
    )
    loan = lending.loan_for_reference(db, row.code)
    assert loan is not None

    at = place.on(DUE + timedelta(days=96))
    bureau.correct(
        db,
        organisation_id=loan.organisation_id,
        loan_id=loan.id,
        reason="The payment of May was hers.",
        now=at.now,
    )
    close(at)

    assert reported(place, DUE + timedelta(days=96)) == [
        (Listing.CORRECTION, DUE + timedelta(days=61))
    ]
    assert reported(place, DUE + timedelta(days=97)) == []


def test_a_correction_needs_a_reason(place: Village, db: Session) -> None:
    (row,) = bureau.reports(db, organisation_id=place.project.organisation_id, on=DUE)
    loan = lending.loan_for_reference(db, row.code)
    assert loan is not None

    with pytest.raises(Refusal, match="reason_needed"):
        bureau.correct(
            db, organisation_id=loan.organisation_id, loan_id=loan.id, reason=" ", now=place.now
        )
