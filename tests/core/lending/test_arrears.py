"""Arrears: days after the due date, grace, tolerance, pauses, buckets, and the same answer from a stored clock."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.lending.arrears import Clock, Rules, arrears, bucket, clock
from core.lending.state import InstalmentState, Pause, PauseKind

DUE = date(2026, 12, 21)


def day(number: int) -> date:
    """So many days after the first due date."""
    return DUE + timedelta(days=number)


def row(due: int, principal: int = 1_000, paid: int = 0) -> InstalmentState:
    """An instalment, its due date counted in days from DUE."""
    return InstalmentState(1, day(due - 30), day(due), principal, 0, paid, 0, None)


def pause(first: int, last: int, kind: PauseKind = PauseKind.ARREARS) -> Pause:
    return Pause(kind, day(first), day(last))


@pytest.mark.parametrize(
    ("on", "days", "bucket"),
    [
        (-1, 0, "current"),
        (0, 0, "current"),
        (1, 1, "1-30"),
        (30, 30, "1-30"),
        (31, 31, "31-60"),
        (180, 180, "91-180"),
        (181, 181, "181+"),
    ],
)
def test_days_are_counted_after_the_due_date(on: int, days: int, bucket: str) -> None:
    found = arrears([row(0), row(300)], [], day(on), Rules())

    assert (found.days, found.bucket) == (days, bucket)
    assert found.overdue == (1_000 if days else 0)
    assert found.since == (DUE if days else None)


def test_the_buckets_are_those_of_the_configuration() -> None:
    days = (0, 1, 30, 31, 60, 61, 90, 91, 180, 181)

    assert list(dict.fromkeys(map(bucket, days))) == [
        "current",
        "1-30",
        "31-60",
        "61-90",
        "91-180",
        "181+",
    ]
    assert [bucket(days) for days in (61, 90, 91)] == ["61-90", "61-90", "91-180"]


def test_the_oldest_unpaid_instalment_counts() -> None:
    rows = [row(0, paid=1_000), row(30), row(60)]

    assert arrears(rows, [], day(45), Rules()).days == 15


def test_each_instalment_may_be_asked_alone() -> None:
    rows = [row(0), row(30)]

    found = [arrears([one], [], day(40), Rules()).days for one in rows]

    assert found == [40, 10]


def test_who_paid_everything_is_not_late() -> None:
    assert arrears([row(0, paid=1_000)], [], day(400), Rules()).days == 0
    assert arrears([], [], DUE, Rules()).days == 0


def test_a_small_rest_within_the_tolerance_is_not_late_until_it_grows() -> None:
    rows = [row(0, paid=960), row(30, paid=970), row(60)]
    rules = Rules(tolerance=50)

    assert arrears(rows[:1], [], day(400), rules).days == 0
    assert arrears(rows, [], day(45), rules).days == 15  # 40 and 30 together are more than 50
    assert arrears(rows, [], day(45), rules).overdue == 70


def test_days_of_grace_are_not_counted() -> None:
    rules = Rules(grace_days=5)

    assert [arrears([row(0)], [], day(n), rules).days for n in (5, 6, 10)] == [0, 1, 5]


@pytest.mark.parametrize(
    ("on", "days"), [(3, 3), (4, 4), (5, 4), (14, 4), (15, 5), (24, 14), (26, 14), (30, 18)]
)
def test_the_clock_stands_still_in_hardship(on: int, days: int) -> None:
    """Paused from the fifth to the fourteenth day, and once more on the 25th and 26th."""
    pauses = [pause(25, 26), pause(5, 14)]

    assert arrears([row(0)], pauses, day(on), Rules()).days == days


def test_pauses_that_overlap_count_once_and_one_before_the_due_date_does_not_count() -> None:
    pauses = [pause(-20, -10), pause(-2, 3), pause(2, 6), pause(7, 8)]

    assert arrears([row(0)], pauses, day(20), Rules()).days == 12


def test_a_pause_of_interest_does_not_stop_the_clock() -> None:
    assert arrears([row(0)], [pause(1, 10, PauseKind.INTEREST)], day(20), Rules()).days == 20


@pytest.mark.parametrize(
    ("stored", "days", "passes"),
    [
        (Clock(), 30, None),
        (Clock(DUE), 30, day(31)),
        (Clock(DUE, day(5), day(14)), 30, day(41)),
        (Clock(DUE, day(40), day(44)), 30, day(31)),
        (Clock(DUE, day(31), day(31)), 30, day(32)),
    ],
)
def test_a_clock_knows_when_more_than_so_many_days_will_have_passed(
    stored: Clock, days: int, passes: date | None
) -> None:
    assert stored.passes(days) == passes
    if passes is not None:
        assert stored.days(passes) == days + 1
        assert stored.days(passes - timedelta(days=1)) == days


rows = st.lists(
    st.builds(row, st.integers(-60, 120), st.just(1_000), st.integers(0, 1_000)), max_size=6
)
spans = st.tuples(st.integers(-40, 150), st.integers(0, 40)).map(lambda s: pause(s[0], sum(s)))
rules = st.builds(Rules, st.integers(0, 10), st.integers(0, 2_000))


@given(rows, st.lists(spans, max_size=4), rules, st.integers(-30, 250))
def test_days_are_the_unpaused_days_after_the_date_less_the_grace(
    rows: list[InstalmentState], pauses: list[Pause], rules: Rules, on: int
) -> None:
    found = arrears(rows, pauses, day(on), rules)

    unpaid, since = 0, None
    for one in sorted(rows, key=lambda each: each.due_on):
        unpaid += one.outstanding
        if unpaid > rules.tolerance:
            since = one.due_on
            break
    late = [] if since is None else [day(n) for n in range(-60, on + 1) if day(n) > since]
    counted = [one for one in late if not any(p.begins_on <= one <= p.ends_on for p in pauses)]
    assert found.days == max(0, len(counted) - rules.grace_days)


@given(rows, st.lists(spans, max_size=1), rules, st.integers(-30, 200), st.integers(0, 60))
def test_a_stored_clock_is_right_on_any_later_day(
    rows: list[InstalmentState], pauses: list[Pause], rules: Rules, stored: int, later: int
) -> None:
    kept = clock(rows, pauses, day(stored), rules)

    assert kept.days(day(stored + later)) == arrears(rows, pauses, day(stored + later), rules).days
