"""Bad terms get one clear Refusal each: which field, and why."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import Refusal
from core.lending.schedules import answer, build, read
from tests.core.lending.schedules import make

FIXED = {"schedule": "fixed", "currency": "KES"}
AD_HOC = {**FIXED, "schedule": "ad_hoc", "unit": "days", "every": 30, "instalments": 1}
FEE = {"at": "instalment", "amount": "1"}

BAD: list[tuple[dict[str, Any], str, str]] = [
    # what is missing, unknown or of the wrong kind
    ({"principal": None}, "principal", "missing"),
    ({"annual_rate_pct": None}, "rate_pct", "missing"),
    ({"instalments": None}, "instalments", "missing"),
    ({"disbursed_on": None}, "disbursed_on", "missing"),
    ({"colour": "red"}, "colour", "unknown"),
    ({"principal": "a lot"}, "principal", "not_a_number"),
    ({"principal": True}, "principal", "not_a_number"),
    ({"principal": [1]}, "principal", "not_a_number"),
    ({"principal": Decimal("NaN")}, "principal", "not_a_number"),
    ({"principal": "1e5"}, "principal", "not_a_number"),
    ({"principal": "1000.005"}, "principal", "too_precise"),
    ({"principal": "1000.5", "currency": "UGX"}, "principal", "too_precise"),
    ({"currency": "XXX"}, "currency", "unknown_value"),
    ({"instalments": "4.5"}, "instalments", "not_a_whole_number"),
    ({"disbursed_on": "15 January"}, "disbursed_on", "not_a_date"),
    ({"disbursed_on": "2027-02-29"}, "disbursed_on", "not_a_date"),
    ({"disbursed_on": 20270115}, "disbursed_on", "not_a_date"),
    ({"interest": "compound"}, "interest", "unknown_value"),
    ({"interest_period": "hourly"}, "interest_period", "unknown_value"),
    ({"amortization": "balloon"}, "amortization", "unknown_value"),
    ({"schedule": "magic"}, "schedule", "unknown_value"),
    ({"day_count": "31/360"}, "day_count", "unknown_value"),
    ({"day_count": ["30/360"]}, "day_count", "unknown_value"),
    ({"unit": "years"}, "unit", "unknown_value"),
    ({"month_end": "skip"}, "month_end", "unknown_value"),
    ({"leap_rule": "never"}, "leap_rule", "unknown_value"),
    ({"rate_per": "week"}, "rate_per", "unknown_value"),
    ({"due_dates": "2027-02-15"}, "due_dates", "not_a_list_of_dates"),
    ({"partial_periods": "yes"}, "partial_periods", "not_true_or_false"),
    ({"penalty": "much"}, "penalty", "not_an_object"),
    ({"fees": FEE}, "fees", "not_a_short_list"),
    ({"fees": [FEE] * 21}, "fees", "not_a_short_list"),
    ({"fees": ["1"]}, "fees[0]", "not_an_object"),
    ({"fees": [FEE, {**FEE, "tax": 1}]}, "fees[1].tax", "unknown"),
    (
        {"principal": "1000", "unit": "weeks", "instalments": 24, "instalment_multiple_of": "100"},
        "instalment_multiple_of", "too_coarse",
    ),
    # negative or absurd
    ({"principal": "-1000"}, "principal", "negative"),
    ({"principal": "0"}, "principal", "out_of_range"),
    ({"principal": "99999999999999"}, "principal", "out_of_range"),
    ({"annual_rate_pct": "-1"}, "annual_rate_pct", "negative"),
    ({"annual_rate_pct": "1000.01"}, "annual_rate_pct", "out_of_range"),
    ({"annual_rate_pct": None, "rate_pct": "84", "rate_per": "month"}, "rate_pct", "out_of_range"),
    ({"annual_rate_pct": None, "rate_pct": "400", "rate_per": "term"}, "rate_pct", "out_of_range"),
    ({"instalments": 0}, "instalments", "out_of_range"),
    ({"instalments": -3}, "instalments", "negative"),
    ({"instalments": 1_201}, "instalments", "out_of_range"),
    ({"instalments": 481}, "instalments", "too_long"),
    ({"every": 0}, "every", "out_of_range"),
    ({"every": -1}, "every", "negative"),
    ({"every": 10_000_000}, "every", "out_of_range"),
    ({"disbursed_on": "1066-10-14"}, "disbursed_on", "out_of_range"),
    ({"instalment_multiple_of": "-1"}, "instalment_multiple_of", "negative"),
    ({"grace_on_principal": -1}, "grace_on_principal", "negative"),
    ({"down_payment_pct": "-5"}, "down_payment_pct", "negative"),
    ({"down_payment_pct": "100"}, "down_payment_pct", "out_of_range"),
    ({"fees": [{"at": "instalment", "amount": "-1"}]}, "fees[0].amount", "negative"),
    ({"fees": [{"at": "instalment", "percent": "101"}]}, "fees[0]", "above_principal"),
    ({"fees": [{"at": "instalment", "amount": "1001"}]}, "fees[0]", "above_principal"),
    ({"penalty": {"percent": "101"}}, "penalty.percent", "out_of_range"),
    ({"penalty": {"amount": "1", "after_days": -1}}, "penalty.after_days", "negative"),
    ({"penalty": {"amount": "1", "every_days": 0}}, "penalty.every_days", "out_of_range"),
    # contradictory
    ({"rate_pct": "1"}, "rate_pct", "given_twice"),
    ({"rate_per": "month"}, "rate_per", "rate_is_annual"),
    ({"grace_on_principal": 4}, "grace_on_principal", "no_instalment_left"),
    ({"grace_on_interest": 4}, "grace_on_interest", "no_instalment_left"),
    ({"interest_free": 5}, "interest_free", "more_than_instalments"),
    ({"first_due_on": "2027-01-15"}, "first_due_on", "not_after_disbursement"),
    (
        {"first_due_on": "2027-02-15", "due_dates": ["2027-02-15"]},
        "due_dates", "given_twice",
    ),
    ({"due_dates": ["2027-02-15"]}, "due_dates", "not_as_many_as_instalments"),
    ({"due_dates": ["2027-01-15"], "instalments": 1}, "due_dates", "not_after_disbursement"),
    ({"due_dates": ["2027-03-15", "2027-02-15"], "instalments": 2}, "due_dates", "not_rising"),
    ({"due_dates": ["2027-03-15", "2027-03-15"], "instalments": 2}, "due_dates", "not_rising"),
    ({"month_end": "roll", "unit": "days"}, "month_end", "only_for_months"),
    ({"partial_periods": True}, "partial_periods", "interest_is_daily"),
    ({"workdays": {"country": "Atlantis"}}, "workdays.country", "unknown_value"),
    ({"workdays": {"country": 254}}, "workdays.country", "unknown_value"),
    ({"workdays": {"weekend": ["someday"]}}, "workdays.weekend", "unknown_value"),
    ({"workdays": {"weekend": "sun"}}, "workdays.weekend", "unknown_value"),
    (
        {"workdays": {"weekend": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]}},
        "workdays.weekend", "no_working_day",
    ),
    (
        {"workdays": {"open": ["2027-02-14"], "closed": ["2027-02-14"]}},
        "workdays.open", "given_twice",
    ),
    ({"fees": [{"at": "instalment"}]}, "fees[0].amount", "amount_or_percent"),
    ({"fees": [{**FEE, "percent": "1"}]}, "fees[0].amount", "amount_or_percent"),
    ({"fees": [{"amount": "1"}]}, "fees[0].at", "missing"),
    ({"fees": [{**FEE, "on": "2027-02-01"}]}, "fees[0].on", "not_of_this_kind"),
    ({"fees": [{"at": "date", "amount": "1"}]}, "fees[0].on", "missing"),
    (
        {"fees": [{"at": "date", "amount": "1", "on": "2027-01-15"}]},
        "fees[0].on", "not_after_disbursement",
    ),
    (
        {"fees": [{"at": "date", "amount": "1", "on": "2027-05-16"}]},
        "fees[0].on", "after_the_last_instalment",
    ),
    ({"fees": [{"at": "disbursement", "percent": "100"}]}, "fees", "nothing_is_received"),
    ({"fees": [{"at": "disbursement", "percent": "60"}] * 2}, "fees", "nothing_is_received"),
    ({"penalty": {}}, "penalty.amount", "amount_or_percent"),
    # what the two models of the protocol do not know
    ({"schedule": "fixed"}, "currency", "missing"),
    ({**FIXED, "principal": "1000.50"}, "principal", "not_payable"),
    ({**FIXED, "grace_on_principal": 1}, "grace_on_principal", "not_of_this_schedule"),
    ({**FIXED, "down_payment_pct": 5}, "down_payment_pct", "not_of_this_schedule"),
    ({**FIXED, "unit": "weeks"}, "unit", "not_of_this_schedule"),
    ({**FIXED, "every": 2}, "instalments", "out_of_range"),
    ({**FIXED, "instalments": 61}, "instalments", "out_of_range"),
    ({**AD_HOC, "instalments": 2}, "every", "out_of_range"),
    ({**AD_HOC, "every": 367}, "every", "out_of_range"),
    ({**AD_HOC, "unit": "months"}, "unit", "not_of_this_schedule"),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "field", "reason"), BAD)
def test_bad_terms_are_refused_by_field_and_reason(
    changes: dict[str, Any], field: str, reason: str
) -> None:
    with pytest.raises(Refusal) as refused:
        make.terms(**changes)

    assert refused.value.code == "terms_invalid"
    assert refused.value.facts == {"field": field, "reason": reason}


@pytest.mark.parametrize("given", [None, [], "terms", 7])
def test_terms_are_an_object(given: Any) -> None:
    with pytest.raises(Refusal) as refused:
        read(given)

    assert refused.value.facts == {"field": "terms", "reason": "not_an_object"}


def test_a_calendar_without_working_days_is_refused_and_does_not_run_for_ever() -> None:
    closed = [f"2027-{month:02d}-{day:02d}" for month in (2, 3, 4, 5, 6, 7) for day in range(1, 29)]
    weekend = ["mon", "tue", "wed", "thu", "fri", "sat"]

    with pytest.raises(Refusal) as refused:
        build(make.terms(workdays={"closed": closed, "weekend": weekend}))

    assert refused.value.facts == {"field": "workdays", "reason": "no_working_day"}
    line = json.dumps(make.data(workdays={"closed": closed, "weekend": weekend}))
    assert answer(line)["reason"] == "no_working_day"


def test_a_calendar_of_an_alias_or_in_small_letters_is_not_guessed() -> None:
    for country in ("KEN", "ke"):
        with pytest.raises(Refusal):
            make.terms(workdays={"country": country})


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("", "not_json"),
        ("{", "not_json"),
        ('{"principal": NaN}', "not_json"),
        ("[" * 50_000, "not_json"),
        ("9" * 5_000, "not_json"),
        (" " * 70_000, "too_long"),
        ("[1]", "not_an_object"),
    ],
)
def test_a_line_that_is_no_terms_is_answered_by_an_error(line: str, reason: str) -> None:
    assert answer(line) == {"error": "terms_invalid", "field": "terms", "reason": reason}


words = st.sampled_from(
    ["", "0", "-1", "1e9", "months", "2027-02-30", "NaN", "act/act", "disbursement"]
)
scraps = st.recursive(
    st.none() | st.booleans() | st.integers() | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=5,
)


@settings(deadline=None, max_examples=300)
@given(make.any_data(), st.data())
def test_nonsense_in_any_field_is_a_refusal_or_a_schedule_and_nothing_else(
    data: dict[str, Any], draw: st.DataObject
) -> None:
    field = draw.draw(st.sampled_from([*sorted(data), "fees", "penalty", "workdays", "due_dates"]))
    data[field] = draw.draw(scraps)

    found = answer(json.dumps(data), cost=True)

    assert found.get("error") == "terms_invalid" or Decimal(found["rows"][-1]["balance"]) == 0
