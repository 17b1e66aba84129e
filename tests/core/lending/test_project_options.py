"""A project may lend on any schedule of the trade; what it says is read field by field and copied to the loan."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from core import lending
from core.db import Session
from core.errors import Refusal
from core.lending import LoanStatus, RepaymentModel
from core.lending.allocation import KIND_TO_BORROWER
from core.lending.project_file import read
from core.lending.schedules.terms import Unit
from tests.core.lending import village as places
from tests.core.lending.village import kes, project_json

MANUAL = Path(__file__).parents[3] / "docs" / "projects.md"
BEARS = "past_due_bears_interest"
WEEKLY = {"unit": "weeks", "interest_period": "daily"}


def stall() -> dict[str, Any]:
    """The worked sample of the manual: twelve weeks for a market stall."""
    examples = re.findall(r"```json\n(.*?)```", MANUAL.read_text(), re.DOTALL)
    found: dict[str, Any] = next(
        sample
        for sample in map(json.loads, examples)
        if sample.get("repayment_model") == "schedule"
    )
    return found


def weekly(**changed: Any) -> dict[str, Any]:
    return project_json(
        repayment_model="schedule", loan_min_duration=4, loan_max_duration=4, **{"schedule": WEEKLY, **changed}
    )  # fmt: skip


def refused(data: dict[str, Any]) -> tuple[str, str]:
    with pytest.raises(Refusal) as caught:
        read(data)
    assert caught.value.code == "project_invalid"
    return caught.value.facts["field"], caught.value.facts["reason"]


@pytest.mark.parametrize(
    ("changed", "field", "reason"),
    [
        ({"schedule": None}, "schedule", "not_an_object"),
        ({"schedule": {"unit": "years"}}, "schedule.unit", "unknown_value"),
        ({"schedule": {"interest": "flat"}, "recalculation": True}, "recalculation", "not_with_flat_interest"),
        ({"schedule": {"uint": "weeks"}}, "schedule.uint", "unknown"),
        ({"schedule": {"principal": "1000"}}, "schedule.principal", "not_here"),
        ({"schedule": {"annual_rate_pct": "12"}}, "schedule.annual_rate_pct", "not_here"),
        ({"schedule": {"due_dates": []}}, "schedule.due_dates", "not_here"),
        ({"schedule": {"schedule": "fixed"}}, "schedule.schedule", "not_of_this_model"),
        ({"schedule": {"grace_on_principal": 4}}, "schedule.grace_on_principal", "no_instalment_left"),
        ({"schedule": {"fees": [{"at": "disbursement", "percent": 2}]}}, "schedule.fees", "only_at_instalment"),
        ({"schedule": {"fees": [{"at": "noon"}]}}, "schedule.fees[0].amount", "amount_or_percent"),
        ({"schedule": {"every": 1000}}, "loan_max_duration", "too_long"),
        ({"schedule": {**WEEKLY, "instalment_multiple_of": "400"}}, "loan_min_amount", "instalments_too_small"),
        ({"allocation": "mine-first"}, "allocation", "unknown_preset"),
        ({"allocation": {"default": {"order": []}}}, "allocation.default.order", "not_every_pair_once"),
        ({"recalculation": {"rest": "hourly"}}, "recalculation.rest", "unknown_value"),
        ({"recalculation": {"past_due_bears_interest": 1}}, f"recalculation.{BEARS}", "not_true_or_false"),
        ({"recalculation": {"often": True}}, "recalculation.often", "unknown"),
        ({"recalculation": "yes"}, "recalculation", "not_an_object"),
        ({"payoff": "never"}, "payoff", "unknown_value"),
        ({"penalty": {"percent": "2", "amount": "5"}}, "penalty.amount", "amount_or_percent"),
        ({"penalty": {"percent": "101"}}, "penalty.percent", "out_of_range"),
        ({"penalty": {"percent": "2", "weekly": True}}, "penalty.weekly", "unknown"),
        ({"cooling_off_days": 31}, "cooling_off_days", "out_of_range"),
        ({"cooling_off_days": True}, "cooling_off_days", "not_a_whole_number"),
        ({"in_duplum": "yes"}, "in_duplum", "not_true_or_false"),
        ({"close_below": "-1"}, "close_below", "negative"),
        ({"close_below": "1000"}, "close_below", "out_of_range"),
        ({"arrears_tolerance": "much"}, "arrears_tolerance", "not_a_number"),
        ({"arrears_grace_days": 366}, "arrears_grace_days", "out_of_range"),
    ],
)  # fmt: skip
def test_each_mistake_is_told_by_field_and_reason(
    changed: dict[str, Any], field: str, reason: str
) -> None:
    assert refused(weekly(**changed)) == (field, reason)


@pytest.mark.parametrize(
    ("changed", "field", "reason"),
    [
        ({"schedule": WEEKLY}, "schedule", "not_of_this_model"),
        ({"recalculation": True}, "recalculation", "not_of_this_model"),
        ({"payoff": "agreed"}, "payoff", "not_of_this_model"),
        ({"repayment_model": "schedule"}, "schedule", "missing"),
    ],
)  # fmt: skip
def test_options_belong_to_their_model(changed: dict[str, Any], field: str, reason: str) -> None:
    assert refused(project_json(**changed)) == (field, reason)


def test_a_project_without_options_agrees_to_what_it_always_did() -> None:
    assert read(project_json())["options"] == {}


def test_options_are_kept_to_the_digit_in_the_form_of_the_terms(db: Session) -> None:
    village = places.found(db, **weekly(penalty={"percent": 1.1, "most": "50"}, close_below="10"))

    terms = village.project.terms(kes(1_000), 4)

    assert terms.penalty is not None
    assert (terms.penalty.percent, terms.penalty.most) == (Decimal("1.1"), 5_000)
    assert terms.close_below == 1_000
    assert terms.allocation == KIND_TO_BORROWER
    assert terms.schedule == {**WEEKLY, "instalment_multiple_of": "1", "payable_units": True}
    assert type(terms).from_json(terms.to_json()) == terms


def test_durations_count_instalments_and_are_told_in_weeks(db: Session) -> None:
    village = places.found(db, **weekly(schedule={"unit": "weeks", "every": 2}))

    (offer,) = lending.offers(db, user_id=village.borrower.id, now=village.now)

    assert (offer.durations, offer.length(4)) == ((4,), (8, Unit.WEEKS))
    months = places.project_json()
    assert read(months)["repayment_model"] is RepaymentModel.FIXED


def test_the_stall_of_the_manual_is_quoted_with_every_cost(db: Session) -> None:
    village = places.found(db, **stall())

    quote = lending.quote(
        db, project_id=village.project.id, user_id=village.borrower.id, amount=kes(6_000), duration=12,
        now=village.now,
    )  # fmt: skip

    assert (quote.received, quote.fees, quote.length) == (kes(5_940), kes(60), (12, Unit.WEEKS))
    assert len(quote.instalments) == 12
    assert all(due == kes(524) for _, due in quote.instalments[:-1])
    assert quote.total == quote.amount + quote.interest + quote.fees
    assert quote.apr == Decimal("58.1")  # 30 a year, made dearer by the fees and by compounding


def test_the_stall_of_the_manual_lives_from_application_to_payoff(db: Session) -> None:
    village = places.found(db, **stall())
    loan = village.borrow(kes(6_000), duration=12)

    for row in lending.instalments(db, loan.id, on=village.now.date())[:6]:
        village.on(row.due_on).pay(loan, kes(524))
        village.check()
    later = village.on(loan.next_due_on).at(days=-3)  # type: ignore[arg-type]
    payoff = lending.payoff(db, loan.id, on=later.now.date())
    later.pay(loan, payoff)

    assert payoff < kes(6 * 524)
    assert (loan.status, loan.outstanding) == (LoanStatus.REPAID, 0)
    assert loan.fees_paid == loan.fees_charged
    village.check()
