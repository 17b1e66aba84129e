"""Loans with events as another system published them, told to our fold: its names are translated here and nowhere else.

Settings come from the parameters of a case. What only the name of a product says is in WORDS.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any, TypeVar

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
    steps,
)
from core.lending.schedules.terms import Base, Penalty
from core.lending.state import Event, EventKind, LoanState, fold
from core.lending.terms import (
    Payoff,
    Prepayment,
    Recalculation,
    RepaymentModel,
    Rest,
    Terms,
)

Case = dict[str, Any]
Found = TypeVar("Found")


class Unsupported(Exception):
    """The case says something for which we have no words."""


# What no parameter says: a word in the name of the product -> a setting of the terms.
WORDS: dict[str, dict[str, Any]] = {
    # an overdue charge of the published test suite: 1.5 percent of the principal of each row, once
    "OVERDUE_FROM_AMOUNT": {"penalty": Penalty(percent=Decimal("1.5"), of=Base.PRINCIPAL)},
}
LETTERS = {
    "Pen": Part.PENALTY, "Fee": Part.FEE, "Int": Part.INTEREST, "Principal": Part.PRINCIPAL, "Pri": Part.PRINCIPAL,
}  # fmt: skip
DEFAULT_ORDER = (
    Part.PENALTY,
    Part.FEE,
    Part.PRINCIPAL,
    Part.INTEREST,
)  # of a maker that names none
UNITS = {"DAYS": "days", "WEEKS": "weeks", "MONTHS": "months"}
MONTHS = {"DAYS30": "30", "ACTUAL": "act", 30: "30", 1: "act"}
YEARS = {
    "DAYS360": "360",
    "DAYS364": "364",
    "DAYS365": "365",
    "ACTUAL": "act",
    360: "360",
    364: "364",
    365: "365",
    1: "act",
}
SURPLUS = {
    "NEXT_INSTALLMENT": Surplus.NEXT, "LAST_INSTALLMENT": Surplus.LAST, "NEXT_LAST_INSTALLMENT": Surplus.NEXT_LAST,
    "REAMORTIZATION": Surplus.REAMORTISE,
}  # fmt: skip
KINDS = {
    "DEFAULT": None, "REPAYMENT": PaymentType.REPAYMENT, "DOWN_PAYMENT": PaymentType.DOWN_PAYMENT,
    "GOODWILL_CREDIT": PaymentType.GOODWILL, "MERCHANT_ISSUED_REFUND": PaymentType.REFUND,
    "PAYOUT_REFUND": PaymentType.REFUND,
}  # fmt: skip
PREPAYMENT = {
    1: Prepayment.NEXT_INSTALMENTS, "RESCHEDULE_NEXT_REPAYMENTS": Prepayment.NEXT_INSTALMENTS,
    2: Prepayment.REDUCE_NUMBER, "REDUCE_NUMBER_OF_INSTALLMENTS": Prepayment.REDUCE_NUMBER,
    3: Prepayment.REDUCE_INSTALMENT, "REDUCE_EMI_AMOUNT": Prepayment.REDUCE_INSTALMENT,
    4: Prepayment.BY_TABLE, "ADJUST_LAST_UNPAID_PERIOD": Prepayment.BY_TABLE,
}  # fmt: skip
DAILY = (2, "DAILY")
TILL_REST = (2, "TILL_REST_FREQUENCY_DATE")


def minor(text: str) -> int:
    """An amount of the table in cents."""
    return int((Decimal(text) * 100).to_integral_value())


def word(table: Mapping[Any, Found], value: Any) -> Found:
    """What a word of the other system is in ours."""
    if value not in table:
        raise Unsupported(f"{value}")
    return table[value]


def terms_of(case: Case) -> Terms:
    """The product and the loan as our terms."""
    given = case["params"]
    options = _options(given)
    terms = Terms(
        currency="EUR", principal=minor(given["principal"]), model=RepaymentModel.SCHEDULE,
        duration=int(given["n_repayments"]), interest_rate=Decimal(given["annual_rate_pct"]), schedule=options,
        recalculation=_recalculation(given), payoff=_payoff(given), allocation=_allocation(case), in_duplum=False,
    )  # fmt: skip
    words = [setting for word, setting in WORDS.items() if word in given["product"]]
    for setting in words:
        terms = replace(terms, **setting)
    _check(terms, given)
    return terms


def _check(terms: Terms, given: Case) -> None:
    assert terms.schedule is not None
    whole = {
        **terms.schedule, "principal": given["principal"], "disbursed_on": given["submitted_on"],
        "instalments": given["n_repayments"],
    }  # fmt: skip
    rate = {} if "rate_pct" in whole else {"annual_rate_pct": given["annual_rate_pct"]}
    try:
        schedules.read({**whole, **rate})
    except Refusal as refusal:
        raise Unsupported(str(refusal.facts)) from refusal


def _options(given: Case) -> dict[str, Any]:
    day_count = f"{word(MONTHS, given['daysInMonthType'])}/{word(YEARS, given['daysInYearType'])}"
    period = "daily" if given["interest_calc_period"] == "DAILY" else "repayment"
    partial = period == "repayment" and bool(given.get("allowPartialPeriodInterestCalculation"))
    options: dict[str, Any] = {
        "schedule": given["loanScheduleType"].lower(),
        "interest": "flat" if given["interest_type"] == "FLAT" else "declining",
        "interest_period": period,
        "amortization": given["amortization"].lower().replace("installments", "instalments"),
        "every": int(given["repay_every"]), "unit": word(UNITS, given["repay_unit"]), "day_count": day_count,
        "partial_periods": partial and given["repay_unit"] != "DAYS",
        "grace_on_principal": given["grace_principal"], "grace_on_interest": given["grace_interest_payment"],
        "interest_free": given["interest_free_periods"],
        "first_day_counts": bool(given.get("interestRecognitionOnDisbursementDate")),
    }  # fmt: skip
    if given.get("installmentAmountInMultiplesOf"):
        options["instalment_multiple_of"] = str(given["installmentAmountInMultiplesOf"])
    if "FEB_29_PERIOD_ONLY" in str(given.get("daysInYearCustomStrategy")):
        options["leap_rule"] = "only_periods_with_feb_29"
    down = _down_payment(given)
    if down:
        options["down_payment_pct"] = str(down)
    return options


def _down_payment(given: Case) -> Decimal:
    """The percentage of the product, or the one the step says by which the loan was made."""
    own = re.search(r"downpayment (\d+(?:\.\d+)?)%", given.get("create_step", ""))
    if own:
        return Decimal(own.group(1))
    if not given.get("enableDownPayment"):
        return Decimal(0)
    return Decimal(str(given["disbursedAmountPercentageForDownPayment"]))


def is_automatic(given: Case) -> bool:
    """Whether the down payment is kept when the loan is paid out."""
    said = "auto downpayment" in given.get("create_step", "")
    return said or bool(given.get("enableAutoRepaymentForDownPayment"))


def _recalculation(given: Case) -> Recalculation | None:
    if not given["isInterestRecalculationEnabled"] or not Decimal(given["annual_rate_pct"]):
        return None
    if given.get("interestRecalculationCompoundingMethod") not in (0, "NONE", None):
        raise Unsupported("compounding")
    is_daily = given["recalculationRestFrequencyType"] in DAILY
    progressive = given["loanScheduleType"] == "PROGRESSIVE"
    # the progressive engine rests with the repayments only where the payoff does so too
    rests = not is_daily and (not progressive or _till_rest(given))
    return Recalculation(
        rest=Rest.REPAYMENT if rests else Rest.DAILY,
        past_due_bears_interest=not given.get("disallowInterestCalculationOnPastDue"),
        prepayment=word(PREPAYMENT, given["rescheduleStrategyMethod"]),
    )


def _till_rest(given: Case) -> bool:
    return given.get("preClosureInterestCalculationStrategy") in TILL_REST


def _payoff(given: Case) -> Payoff:
    if _recalculation(given) is None:
        return Payoff.AGREED
    return Payoff.TO_REST if _till_rest(given) else Payoff.TO_DATE


def _allocation(case: Case) -> Allocation:
    given, product = case["params"], case["product"]
    way = Way.VERTICAL if given.get("loanScheduleProcessingType") == "VERTICAL" else Way.HORIZONTAL
    if given["payment_strategy"] != "ADVANCED_PAYMENT_ALLOCATION":
        name = given["payment_strategy"].lower().replace("_", "-").removesuffix("-order")
        return Allocation(word(PRESETS, name), way=way)
    tables = dict(_tables(product["paymentAllocation"]))
    for event in case["events"]:  # a setting of the product made before the loan was approved
        if event["event"] == "approve":
            break
        if event["event"] == "set_future_installment_rule" and event["product"] == given["product"]:
            kind = event["transaction_type"]
            tables[kind] = replace(
                tables.get(kind, tables["DEFAULT"]), surplus=word(SURPLUS, event["rule"])
            )
    own = {
        word(KINDS, name): rule for name, rule in tables.items() if word(KINDS, name) is not None
    }
    return Allocation(tables["DEFAULT"], {kind: rule for kind, rule in own.items() if kind}, way)


def _tables(given: Case) -> list[tuple[str, Rule]]:
    """Tables in full, or the calls that make them: the order of the parts is in the name of the maker."""
    if "_java" not in given:
        return [(kind, _rule(table)) for kind, table in given.items()]
    calls = re.findall(r'createPaymentAllocation(\w*)\("(\w+)", "(\w+)"', given["_java"])
    return [
        (kind, Rule(steps(*_letters(name)), word(SURPLUS, surplus)))
        for name, kind, surplus in calls
    ]


def _letters(name: str) -> tuple[Part, ...]:
    found = re.findall("Pen|Fee|Int|Principal|Pri", name)
    return tuple(LETTERS[each] for each in found) or DEFAULT_ORDER


def _rule(table: Case) -> Rule:
    pairs = [text.rpartition("_") for text in table["order"]]
    order = tuple((When(when.lower()), Part(part.lower())) for when, _, part in pairs)
    return Rule(order, word(SURPLUS, table["future_installment_rule"]))


@dataclass
class Told:
    """A case as far as it has been told: our events, and which of them are transactions of the table."""

    terms: Terms
    given: Case
    today: date
    events: list[Event] = field(default_factory=list)
    is_out: bool = False

    def add(self, kind: EventKind, on: date, amount: int = 0, **more: Any) -> None:
        self.events.append(Event(len(self.events), kind, on, amount, **more))

    def state(self) -> LoanState:
        """The loan on the business date; before it is paid out, as if it had been on the day it was asked for."""
        events = self.events
        if not self.is_out:
            day = date.fromisoformat(self.given["submitted_on"])
            events = [*events, Event(len(events), EventKind.DISBURSED, day)]
            return fold(self.terms, events, day)
        return fold(self.terms, events, self.today)

    def tell(self, said: Case) -> None:
        """One event of the table."""
        teller = getattr(self, f"_{said['event']}", None)
        if teller is None:
            raise Unsupported(f"event {said['event']}")
        teller(said)

    def _business_date(self, said: Case) -> None:
        self.today = date.fromisoformat(said["date"])

    def _cob(self, said: Case) -> None:
        """The day end: our fold needs none."""

    def _set_future_installment_rule(self, said: Case) -> None:
        """A setting of the product; read when the terms are made."""

    def _approve(self, said: Case) -> None:
        self.add(EventKind.APPROVED, date.fromisoformat(said["date"]))

    def _disburse(self, said: Case) -> None:
        on, amount = date.fromisoformat(said["date"]), minor(said["amount"])
        self.add(EventKind.DISBURSED, on, amount, principal=amount)
        self.is_out = True
        if is_automatic(self.given):
            down = fold(self.terms, self.events, on).rows[0].principal
            if down:
                self.add(EventKind.REPAID, on, down, payment_type=PaymentType.DOWN_PAYMENT)

    def _repay(self, said: Case) -> None:
        self.add(EventKind.REPAID, date.fromisoformat(said["date"]), minor(said["amount"]))

    def _payoff(self, said: Case) -> None:
        on = date.fromisoformat(said["date"])
        self.add(EventKind.REPAID, on, fold(self.terms, self.events, on).payoff)

    def _charge(self, said: Case) -> None:
        """A charge counts from the day it is owed, or from today if that is later."""
        due_on = date.fromisoformat(said["due"])
        kind = EventKind.PENALTY_CHARGED if said["penalty"] else EventKind.FEE_CHARGED
        self.add(kind, min(due_on, self.today), minor(said["amount"]), due_on=due_on)

    def _credit_balance_refund(self, said: Case) -> None:
        self.add(EventKind.REFUND_PAID, date.fromisoformat(said["date"]), minor(said["amount"]))

    def _undo_repayment(self, said: Case) -> None:
        """With a type: the n-th of that type on that day. With a number only: the n-th payment. Else the last one."""
        on = date.fromisoformat(said["date"])
        undone = {event.reverses for event in self.events}
        there = [
            event for event in sorted(self.events, key=lambda event: (event.on, event.number))
            if event.kind is EventKind.REPAID and event.number not in undone
            and event.payment_type is not PaymentType.DOWN_PAYMENT and (event.on == on or "type" not in said)
        ]  # fmt: skip
        found = there[int(said["nth"]) - 1] if "nth" in said else there[-1]
        self.add(EventKind.REVERSED, on, reverses=found.number)


def begin(case: Case) -> Told:
    """A case of which nothing has been told."""
    return Told(terms_of(case), case["params"], date.fromisoformat(case["params"]["submitted_on"]))


PARTS = {
    "principal": Part.PRINCIPAL, "interest": Part.INTEREST, "fees": Part.FEE, "penalties": Part.PENALTY,
}  # fmt: skip
MONEY = {
    "Disbursement": EventKind.DISBURSED, "Repayment": EventKind.REPAID, "Down Payment": EventKind.REPAID,
    "Credit Balance Refund": EventKind.REFUND_PAID,
}  # fmt: skip


def rows(state: LoanState) -> list[Case]:
    """Our rows with the columns of the table."""
    shown: list[Case] = []
    balance = state.disbursed  # of what was paid out; what is owed again does not lift the column
    for row in state.rows:
        balance = max(0, balance - row.principal)
        on_row = [piece for piece in state.portions if piece.due_on == row.due_on]
        early = sum(piece.amount for piece in on_row if piece.on < row.due_on)
        late = sum(piece.amount for piece in on_row if piece.on > row.due_on)
        shown.append({
            "date": row.due_on.isoformat(), "nr": row.number, "days": (row.due_on - row.begins_on).days,
            "principal": row.principal, "interest": row.interest, "fees": row.fee, "penalties": row.penalty,
            "due": row.due, "paid": row.paid, "in_advance": early, "late": late, "outstanding": row.outstanding,
            "balance": balance, "paid_date": row.paid_on.isoformat() if row.paid_on else None,
        })  # fmt: skip
    return shown


def total(found: list[Case]) -> Case:
    """Our totals with the names of the table."""
    names = ("interest", "fees", "penalties", "due", "paid", "in_advance", "late", "outstanding")
    sums = {name: sum(row[name] for row in found) for name in names}
    return {"principal_due": sum(row["principal"] for row in found), **sums}


def transactions(told: Told, state: LoanState) -> list[Case]:
    """Every movement of money that has happened, those taken back among them."""
    undone = {
        event.reverses: event.number for event in told.events if event.kind is EventKind.REVERSED
    }
    listed = sorted(
        (e for e in told.events if e.kind in set(MONEY.values())), key=lambda e: (e.on, e.number)
    )
    shown, balance = [], 0
    for event in listed:
        is_reverted = event.number in undone
        at = state
        if is_reverted:  # as it was before it was taken back
            before = told.events[: undone[event.number]]
            at = fold(told.terms, before, told.today)
        pieces = [piece for piece in at.portions if piece.number == event.number]
        portions = {
            name: sum(p.amount for p in pieces if p.part is part) for name, part in PARTS.items()
        }
        if event.kind is EventKind.REFUND_PAID:
            portions["principal"] = at.charged_back
        sign = {EventKind.DISBURSED: event.amount, EventKind.REPAID: -portions["principal"]}
        if not is_reverted:
            balance += sign.get(event.kind, portions["principal"])
        shown.append({
            "date": event.on.isoformat(), "type": _type(event), "amount": event.amount, **portions,
            "balance": None if is_reverted else balance, "reverted": is_reverted,
        })  # fmt: skip
    return shown


def _type(event: Event) -> str:
    if event.kind is EventKind.DISBURSED:
        return "Disbursement"
    if event.kind is EventKind.REFUND_PAID:
        return "Credit Balance Refund"
    return "Down Payment" if event.payment_type is PaymentType.DOWN_PAYMENT else "Repayment"


def differences(told: Told, expected: Case) -> list[str]:
    """What our loan says otherwise than a checkpoint; accruals are left out: ours are a line, not transactions."""
    state = told.state()
    found = rows(state)
    wanted = [row for row in expected["rows"] if row["kind"] == "installment"]
    lines = [f"{len(found)} rows instead of {len(wanted)}"] if len(found) != len(wanted) else []
    for ours, theirs in zip(found, wanted, strict=False):
        lines += _cells(f"row {theirs['nr']}", ours, theirs, ("kind",))
    lines += _cells("total", total(found), expected["total"], ())
    lines += _disbursements(state, expected)
    if "transactions" in expected:
        lines += _movements(transactions(told, state), expected["transactions"])
    return lines


def _disbursements(state: LoanState, expected: Case) -> list[str]:
    paid_out = [row for row in expected["rows"] if row["kind"] == "disbursement"]
    dates = [row["date"] for row in paid_out]
    amount = sum(minor(row["amount"]) for row in paid_out)
    ours = state.disbursed_on.isoformat() if state.disbursed_on else None
    return [] if dates[0] == ours and amount == state.disbursed else ["disbursement"]


def _movements(ours: list[Case], theirs: list[Case]) -> list[str]:
    """Money only. Where no line is marked as taken back, that column was not published."""
    theirs = [line for line in theirs if not line["type"].startswith("Accrual")]
    marks = any(line["reverted"] for line in theirs)
    if len(ours) != len(theirs):
        return [f"{len(ours)} transactions instead of {len(theirs)}"]
    lines = []
    for mine, line in zip(ours, theirs, strict=True):
        skip = () if marks else ("reverted",)
        lines += _cells(f"{line['date']} {line['type']}", mine, line, skip)
    return lines


def _cells(name: str, ours: Case, theirs: Case, skip: tuple[str, ...]) -> list[str]:
    found = []
    if "nr" in theirs and "paid_date" not in theirs:
        theirs = {**theirs, "paid_date": None}
    for column, text in theirs.items():
        if column in skip or (column == "balance" and ours["balance"] is None):
            continue
        is_money = isinstance(text, str) and column not in ("date", "type", "paid_date", "days")
        wanted = minor(text) if is_money else int(text) if column == "days" else text
        if ours[column] != wanted:
            found.append(f"{name} {column}: {ours[column]} instead of {wanted}")
    return found
