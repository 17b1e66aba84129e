"""The settings of a published loan as our terms: its names are translated here and nowhere else."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from core.errors import Refusal
from core.lending import schedules
from core.lending.allocation import (
    PRESETS,
    Allocation,
    Part,
    PaymentType,
    Rule,
    Surplus,
    Way,
    When,
)
from core.lending.schedules.terms import Base, Penalty
from core.lending.terms import Payoff, Prepayment, Recalculation, RepaymentModel, Rest, Terms

Case = dict[str, Any]
A_YEAR = {"days": 365, "weeks": 52, "months": 12}
NOT_OPTIONS = {"principal", "instalments", "annual_rate_pct"}
BASES = {
    "principal": Base.PRINCIPAL, "interest": Base.INTEREST, "principal_and_interest": Base.DUE,
}  # fmt: skip
CREDITS = {
    "goodwill": PaymentType.GOODWILL, "interest_waiver": PaymentType.GOODWILL,
    "merchant_refund": PaymentType.REFUND, "payout_refund": PaymentType.REFUND,
}  # fmt: skip
NO_WORDS = ("overdue_principal_bears_no_more", "interest_first_when_above_instalment")


class Unsupported(Exception):
    """The case says something for which we have no words."""


def minor(text: Any) -> int:
    """An amount of the table in cents."""
    return int((Decimal(str(text)) * 100).to_integral_value())


def terms_of(case: Case) -> Terms:
    """The loan as our terms. Raises Unsupported."""
    given = case["settings"]
    if "fixed_length" in given:
        raise Unsupported("a fixed length of the loan")
    rate = _yearly(given["terms"])
    for name in NO_WORDS:
        if given.get(name) and rate:
            raise Unsupported(name)
    how = _recalculation(given) if rate else None
    terms = Terms(
        currency="EUR", principal=_agreed(case), model=RepaymentModel.SCHEDULE,
        duration=given["terms"]["instalments"], interest_rate=rate, schedule=_options(given), recalculation=how,
        payoff=Payoff(given["recalculation"]["payoff"]) if how else Payoff.AGREED,
        allocation=_allocation(case), penalty=_penalty(given), in_duplum=False,
    )  # fmt: skip
    _check(terms, case)
    return terms


def _yearly(given: Case) -> Decimal:
    if "rate_pct" not in given:
        return Decimal(given["annual_rate_pct"])
    whole = Decimal(A_YEAR[given["unit"]]) / (given["every"] * given["instalments"])
    return Decimal(given["rate_pct"]) * (12 if given["rate_per"] == "month" else whole)


def _agreed(case: Case) -> int:
    """The most that is ever lent: agreed, approved, or paid out."""
    known = {name: [minor(e["amount"]) for e in case["events"] if e["event"] == name]
             for name in ("approve", "disburse")}  # fmt: skip
    return max(
        minor(case["settings"]["terms"]["principal"]), sum(known["disburse"]), *known["approve"], 0
    )


def _options(given: Case) -> Case:
    options = {name: value for name, value in given["terms"].items() if name not in NOT_OPTIONS}
    fees = [_fee(charge) for charge in given.get("charges", ()) if charge["at"] != "disbursement"]
    return options | ({"fees": fees} if fees else {})


def _fee(charge: Case) -> Case:
    if charge["at"] != "instalment":
        raise Unsupported(f"a charge at {charge['at']} agreed from the beginning")
    of = {} if "amount" in charge else {"of": BASES[charge["of"]].value}
    return {
        "at": "instalment",
        **{k: charge[k] for k in ("amount", "percent") if k in charge},
        **of,
    }


def _recalculation(given: Case) -> Recalculation | None:
    """Flat interest follows no balance: there is nothing to recalculate."""
    said = given.get("recalculation")
    if said is None or given["terms"]["interest"] == "flat":
        return None
    if said["compounding"] != "none":
        raise Unsupported("interest that is compounded")
    by_row = said["rest"] == "repayment"
    # the progressive engine of the tables rests with the repayments only where its payoff does so too
    rests = by_row and (given["terms"]["schedule"] != "progressive" or said["payoff"] == "to_rest")
    return Recalculation(
        rest=Rest.REPAYMENT if rests else Rest.DAILY,
        past_due_bears_interest=said["past_due_bears_interest"],
        prepayment=Prepayment(said["prepayment"]),
    )


def _penalty(given: Case) -> Penalty | None:
    said = given.get("overdue_penalty")
    if said is None:
        return None
    of = BASES[said.get("of", "principal_and_interest")]
    return Penalty(minor(said.get("amount", 0)), Decimal(said.get("percent", 0)), of=of)


def _allocation(case: Case) -> Allocation:
    said = case["settings"]["allocation"]
    if "preset" in said:
        if said["preset"] not in PRESETS:
            raise Unsupported(f"allocation {said['preset']}")
        rule = PRESETS[said["preset"]]
        return Allocation(rule, {PaymentType.REFUND: rule})
    rules = {
        PaymentType(name): _rule(said[name]) for name in ("repayment", "down_payment") if name in said
    }  # fmt: skip
    used = {event["type"] for event in case["events"] if event["event"] == "credit"} & set(CREDITS)
    for kind in (PaymentType.REFUND, PaymentType.GOODWILL):
        names = [name for name in used if CREDITS[name] is kind]
        tables = {json.dumps(said.get(name, said["default"]), sort_keys=True) for name in names}
        if len(tables) > 1:
            raise Unsupported(f"two kinds of {kind} with tables of their own")
        rules[kind] = _rule(json.loads(tables.pop()) if tables else said["default"])
    return Allocation(_rule(said["default"]), rules, Way(said["way"]))


def _rule(given: Case) -> Rule:
    pairs = [text.split(".") for text in given["order"]]
    return Rule(tuple((When(when), Part(part)) for when, part in pairs), Surplus(given["surplus"]))


def _check(terms: Terms, case: Case) -> None:
    assert terms.schedule is not None
    given = case["settings"]["terms"]
    whole = {
        **terms.schedule, "principal": given["principal"], "instalments": given["instalments"],
        "disbursed_on": case["params"]["submitted_on"],
    }  # fmt: skip
    rate = {} if "rate_pct" in whole else {"annual_rate_pct": str(terms.interest_rate)}
    try:
        schedules.read({**whole, **rate})
    except Refusal as refusal:
        raise Unsupported(f"terms: {refusal.facts}") from refusal
