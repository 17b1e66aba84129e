"""Portfolio at risk: from stored figures without the day end, with it, and on days gone by: always the same."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

from core import lending
from core.db import Session
from core.lending import portfolio, servicing, servicing_end
from core.lending.portfolio import Portfolio
from tests.core.lending import village as places
from tests.core.lending.desk import order
from tests.core.lending.village import Village, kes

DUE = date(2026, 12, 21)


def borrow(village: Village, number: int, shillings: int) -> lending.Loan:
    """Somebody new borrows for four months."""
    person = places.borrower(village.db, village.project.organisation_id, number)
    return replace(village, borrower=person).borrow(kes(shillings))


@pytest.fixture
def place(db: Session) -> Village:
    """KES 3,000 with one who never pays, 1,000 with one who pays on the 21st."""
    village = places.found(db, default_after_days=60)
    borrow(village, 2, 3_000)
    paying = borrow(village, 3, 1_000)
    village.on(DUE).pay(paying, kes(270))
    return village


def ask(village: Village, on: date, project_id: uuid.UUID | None = None) -> list[Portfolio]:
    return portfolio.portfolios(
        village.db, organisation_id=village.project.organisation_id, on=on, project_id=project_id
    )


@pytest.mark.parametrize(
    ("days", "late", "bucket"),
    [
        (0, [0, 0, 0, 0], "current"),
        (1, [1, 0, 0, 0], "1-30"),
        (2, [1, 0, 0, 0], "1-30"),
        (30, [1, 0, 0, 0], "1-30"),
        (31, [1, 1, 0, 0], "31-60"),
        (61, [2, 1, 1, 0], "61-90"),
        (91, [2, 2, 1, 1], "91-180"),
        (400, [2, 2, 2, 2], "181+"),
    ],
)
def test_at_risk_is_the_principal_of_who_is_later_than_so_many_days(
    place: Village, days: int, late: list[int], bucket: str
) -> None:
    """The day end has not run since: the stored figures are enough. PAR1 is whoever is late at all."""
    (found,) = ask(place, DUE + timedelta(days=days))

    worst = max(found.buckets().items(), key=lambda each: each[1].principal)
    assert [found.late(n).loans for n in (1, 30, 60, 90)] == late
    assert worst[0] == bucket
    assert found.gross.loans == 2


def test_par_is_a_percentage_of_all_that_is_out(place: Village) -> None:
    (found,) = ask(place, DUE + timedelta(days=10))

    rest = 100_000 - 25_000  # she paid 270, of which 20 were interest
    assert found.gross.principal == 300_000 + rest
    assert found.late(1).principal == 300_000
    assert found.par(1) == (Decimal(300_000) * 100 / (300_000 + rest)).quantize(Decimal("0.01"))
    assert found.par(30) == 0


def test_an_empty_portfolio_has_nothing_at_risk() -> None:
    assert Portfolio("none", "KES").par(30) == 0


def test_the_day_end_changes_no_report_and_a_day_gone_by_reads_the_same(place: Village) -> None:
    days = [DUE + timedelta(days=n) for n in (-1, 0, 1, 20, 40, 59)]
    before = [ask(place, day) for day in days]

    later = place.on(DUE + timedelta(days=59))
    while lending.run_day(later.db, now=later.now, limit=1):
        pass

    assert [ask(place, day) for day in days[1:]] == before[1:]


def test_a_project_may_be_asked_alone(place: Village) -> None:
    assert len(ask(place, DUE, place.project.id)) == 1
    assert ask(place, DUE, uuid.uuid4()) == []


def test_the_late_are_listed_the_latest_first_by_pages(place: Village, db: Session) -> None:
    borrow(place.on(date(2026, 12, 1)), 4, 2_000)
    here = place.project.organisation_id
    on = date(2027, 1, 5)

    first, second = (
        portfolio.late_loans(db, organisation_id=here, on=on, skip=skip, limit=1) for skip in (0, 1)
    )

    assert [one.days for one in (*first, *second)] == [15, 4]
    assert first[0].overdue == kes(810)
    assert (first[0].bucket, first[0].phone) == ("1-30", "+254712000002")
    assert first[0].principal == kes(3_000)


def test_who_was_put_on_new_rows_leaves_par_and_stands_beside_it(place: Village) -> None:
    late = place.on(DUE + timedelta(days=40))
    (before,) = ask(late, late.now.date())
    loan = next(one for one in late.db.scalars(select(lending.Loan)) if one.disbursed == 300_000)

    servicing.reschedule(late.db, due_on=late.now.date() + timedelta(days=30), **order(late, loan))

    (after,) = ask(late, late.now.date())
    assert (before.late(30).loans, before.restructured.loans) == (1, 0)
    assert (after.late(1).loans, after.restructured.loans) == (1, 1)  # the other is late by now
    assert after.restructured.principal == 300_000
    close(later := late.at(days=1))
    (gone_by,) = ask(later, late.now.date())
    assert gone_by.restructured == after.restructured
    servicing_end.reverse(late.db, number=loan.events - 1, **order(late, loan))
    (undone,) = ask(later, later.now.date())
    assert (undone.restructured.loans, undone.late(30).loans) == (0, 1)


def test_a_pause_counts_the_same_for_the_phone_the_desk_and_every_report(place: Village) -> None:
    loan = next(one for one in place.db.scalars(select(lending.Loan)) if one.disbursed == 300_000)
    first = place.on(DUE + timedelta(days=6))
    servicing.pause_arrears(first.db, until=DUE + timedelta(days=26), **order(first, loan))
    for days, counted in ((6, 5), (20, 5), (26, 5), (27, 6), (33, 12)):
        here = place.on(DUE + timedelta(days=days))
        close(here)
        (row,) = (one for one in portfolio.late_loans(
            here.db, organisation_id=place.project.organisation_id, on=here.now.date(), skip=0, limit=9
        ) if one.code == loan.code)  # fmt: skip

        assert (here.standing(loan).days_late, row.days) == (counted, counted)


def close(village: Village) -> None:
    while lending.run_day(village.db, now=village.now, limit=100):
        pass
