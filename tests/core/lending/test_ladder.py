"""Who repays on time may ask for more; being late does not raise it, a default lowers it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import lending, people
from core.db import Session
from core.errors import Refusal
from core.lending import Offer
from core.lending.ladder import Past, Step, history, most, rungs
from core.messaging import Template
from tests.core.lending import neighbours as near
from tests.core.lending import village as places
from tests.core.lending.village import Village, kes

STEPS = [Step(0, 2_000), Step(1, 5_000), Step(3, 10_000)]
TIME, LATE, DEFAULT, LOST = Past.ON_TIME, Past.LATE, Past.DEFAULTED, Past.WRITTEN_OFF


@pytest.mark.parametrize(
    ("past", "allowed"),
    [
        ([], 2_000),
        ([TIME], 5_000),
        ([TIME, TIME], 5_000),
        ([TIME, TIME, TIME], 10_000),
        ([LATE, LATE, LATE], 2_000),
        ([TIME, LATE], 5_000),
        ([TIME, LATE, TIME, TIME], 10_000),
        ([DEFAULT], 2_000),
        ([TIME, DEFAULT], 2_000),
        ([TIME, TIME, TIME, TIME, DEFAULT], 5_000),
        ([TIME, TIME, TIME, DEFAULT, TIME, TIME], 10_000),
        ([TIME, TIME, TIME, LOST], 2_000),
        ([LOST, TIME], 5_000),
    ],
)
def test_what_she_may_ask_for_follows_from_how_her_loans_ended(
    past: list[Past], allowed: int
) -> None:
    assert most(past, STEPS) == allowed


@given(past=st.lists(st.sampled_from(Past), max_size=20))
def test_only_a_loan_repaid_on_time_raises_it(past: list[Past]) -> None:
    now = most(past, STEPS)

    assert most([*past, TIME], STEPS) >= now
    assert most([*past, LATE], STEPS) == now
    assert most([*past, DEFAULT], STEPS) <= now
    assert most([*past, LOST], STEPS) == 2_000
    assert rungs(past, STEPS) <= past.count(TIME)


@pytest.fixture
def climber(db: Session) -> Village:
    """A village whose project lends KES 2,000 to a stranger, and 5,000 after one loan repaid on time."""
    steps = [{"repaid_on_time": 0, "most": "2000"}, {"repaid_on_time": 1, "most": "5000"}]
    return places.found(db, ladder=steps)


def offer(village: Village) -> Offer:
    (found,) = lending.offers(village.db, user_id=village.borrower.id, now=village.now)
    return found


def test_a_loan_repaid_on_time_opens_the_next_step_and_sends_no_text(climber: Village) -> None:
    before = offer(climber)
    near.repay(climber, climber.borrow(kes(2_000), 1))
    texts = len(climber.texts(Template.LOAN_REPAID))

    after = offer(climber)

    assert (before.most, before.is_earned) == (kes(2_000), False)
    assert (after.least, after.most, after.is_earned) == (kes(1_000), kes(5_000), True)
    assert texts == len(climber.texts(Template.LOAN_REPAID)) == 1
    assert climber.borrow(kes(5_000), 1).contract_amount == 500_000


def test_more_than_her_step_is_refused_with_what_she_may_ask_for(climber: Village) -> None:
    with pytest.raises(Refusal) as refused:
        climber.apply(kes(5_000), 1)

    assert refused.value.code == "amount_outside_offer"
    assert refused.value.facts == {"least": kes(1_000), "most": kes(2_000)}


def test_a_loan_repaid_late_opens_nothing_and_one_in_default_neither(climber: Village) -> None:
    late = climber.borrow(kes(2_000), 1)
    assert late.next_due_on is not None
    after = climber.on(late.next_due_on + timedelta(days=late.terms.grace_period + 1))
    near.repay(after, late)
    assert offer(after).most == kes(2_000)
    near.repay(after, after.borrow(kes(2_000), 1))
    assert offer(after).most == kes(5_000)

    lost = after.borrow(kes(2_000), 1)
    assert lost.next_due_on is not None
    end = after.on(lost.next_due_on + timedelta(days=lost.terms.default_after_days + 1))
    near.run_days(end)
    near.repay(end, lost)

    assert offer(end).most == kes(2_000)


def test_nobody_climbs_by_giving_a_loan_back_at_once(climber: Village) -> None:
    climber.project.options = {"cooling_off_days": 2}

    near.repay(climber, climber.borrow(kes(2_000), 1))

    assert offer(climber).most == kes(2_000)


def test_what_she_did_elsewhere_does_not_count_here(climber: Village) -> None:
    near.repay(climber, climber.borrow(kes(2_000), 1))
    other = people.create_organisation(
        climber.db, name="Other", country="KE", currency="KES", timezone="Africa/Nairobi",
        support_phone="+254700000002",
    )  # fmt: skip

    assert history(climber.db, other.id, climber.borrower.id) == []
    assert history(climber.db, climber.project.organisation_id, climber.borrower.id) == [TIME]
