"""Loans with events as another system published them, told to our fold event by event.

What an event of theirs is in ours is said here and nowhere else; what cannot be said is Unsupported, and counted.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from core.lending.allocation import Part, PaymentType
from core.lending.state import Event, EventKind, InstalmentState, LoanState, fold
from core.lending.terms import Terms
from tests.core.lending.repayment_terms import CREDITS, Case, Unsupported, minor, terms_of

DAY = timedelta(days=1)
day = date.fromisoformat


@dataclass
class Told:
    """A case as far as it has been told: our events, and which event of theirs each of them is."""

    terms: Terms
    case: Case
    today: date
    events: list[Event] = field(default_factory=list)
    ours: dict[tuple[int, str | None], int] = field(default_factory=dict)
    planned: dict[int, date] = field(default_factory=dict)  # told before its day has come
    drawn: list[tuple[date, int, int]] = field(default_factory=list)
    is_reshaped: bool = False  # rows are on other days: how long a row is they tell differently
    is_written_off: bool = False

    def add(
        self, kind: EventKind, on: date, amount: int = 0, *, of: int, what: str | None = None, **more: Any
    ) -> Event:  # fmt: skip
        made = Event(len(self.events), kind, on, amount, **more)
        self.events.append(made)
        self.ours[of, what] = made.number
        return made

    def state(self, on: date | None = None, events: Sequence[Event] | None = None) -> LoanState:
        return fold(self.terms, self.events if events is None else events, on or self.today)

    @property
    def settings(self) -> Case:
        found: Case = self.case["settings"]
        return found


def begin(case: Case) -> Told:
    """A case of which nothing has been told."""
    return Told(terms_of(case), case, day(case["params"]["submitted_on"]))


def tell(told: Told, said: Case) -> None:
    """One event of theirs. Raises Unsupported."""
    if said["event"] not in TELL:
        raise Unsupported(f"event {said['event']}")
    TELL[said["event"]](told, said)


def _nothing(_: Told, __: Case) -> None:
    """Of no consequence for the rows."""


def _business_date(told: Told, said: Case) -> None:
    told.today = day(said["date"])


def _approve(told: Told, said: Case) -> None:
    told.add(EventKind.APPROVED, day(said["date"]), of=said["n"])


def _disburse(told: Told, said: Case) -> None:
    on, amount, down = day(said["date"]), minor(said["amount"]), told.settings.get("down_payment")
    if told.drawn and down and told.terms.recalculation is None:
        raise Unsupported("a down payment on a later tranche, interest not recalculated")
    if told.drawn and told.settings.get("full_term_for_each_tranche"):
        raise Unsupported("a full term for each tranche")
    told.add(EventKind.DISBURSED, on, amount, of=said["n"], principal=amount)
    told.drawn.append((on, amount, said["n"]))
    if down and down["automatic"] and said.get("down_payment") is not False:
        is_first = len(told.drawn) == 1
        share = round(amount * Decimal(down["pct"]) / 100)
        first = told.state(on).rows[0].principal if is_first else share
        if first:
            more = {"payment_type": PaymentType.DOWN_PAYMENT}
            told.add(EventKind.REPAID, on, first, of=said["n"], what="down_payment", **more)


def _undo_disbursement(told: Told, said: Case) -> None:
    for n in said["undoes"]:
        for what in (None, "down_payment"):
            if (n, what) in told.ours:
                _reverse(told, told.ours[n, what], said["n"])
        told.drawn = [each for each in told.drawn if each[2] != n]
    if not told.drawn:
        raise Unsupported("the payout is undone: the loan waits to be paid out again")


def _reverse(told: Told, number: int, of: int) -> None:
    on = next(event.on for event in told.events if event.number == number)
    told.add(EventKind.REVERSED, on, of=of, what=f"undo {number}", reverses=number)
    told.planned.pop(number, None)


def _repay(told: Told, said: Case) -> None:
    told.add(EventKind.REPAID, day(said["date"]), minor(said["amount"]), of=said["n"])


def _payoff(told: Told, said: Case) -> None:
    on = day(said["date"])
    told.add(EventKind.REPAID, on, told.state(on).payoff, of=said["n"])


def _credit(told: Told, said: Case) -> None:
    if said["type"] not in CREDITS:
        raise Unsupported(f"a credit of the kind {said['type']}")
    gives_back = said["type"] in told.settings.get("interest_refund_for", ())
    if gives_back and said.get("interest_refund") is not False and told.terms.interest_rate:
        raise Unsupported("interest is given back with a refund")
    kind = {"payment_type": CREDITS[said["type"]]}
    told.add(EventKind.REPAID, day(said["date"]), minor(said["amount"]), of=said["n"], **kind)


def _charge(told: Told, said: Case) -> None:
    """A charge counts from the day it is owed, or from today if that is later."""
    if said["at"] != "date" or "percent" in said:
        raise Unsupported(f"a charge at {said['at']}, or of so many percent, added later")
    due = day(said["due"])
    kind = EventKind.PENALTY_CHARGED if said["penalty"] else EventKind.FEE_CHARGED
    told.add(kind, min(due, told.today), minor(said["amount"]), of=said["n"], due_on=due)


def _waive_charge(told: Told, said: Case) -> None:
    charged = next(event for event in told.case["events"] if event["n"] == said["of"])
    if "amount" not in charged:
        raise Unsupported("a charge of so many percent")
    part = Part.PENALTY if charged["penalty"] else Part.FEE
    told.add(EventKind.WAIVED, told.today, minor(charged["amount"]), of=said["n"], part=part)


def _chargeback(told: Told, said: Case) -> None:
    order = told.settings.get("chargeback_order")
    before = [event for event in told.case["events"] if event["n"] < said["n"]]
    charged = any(event["event"] == "charge" for event in before)
    if order and order[0] != "principal" and (told.terms.interest_rate or charged):
        raise Unsupported(f"a charge-back that takes {order[0]} first")
    target = told.ours.get((said["of"], None), told.ours.get((said["of"], "down_payment")))
    more = {"reverses": target}
    told.add(EventKind.CHARGED_BACK, day(said["date"]), minor(said["amount"]), of=said["n"], **more)


def _credit_balance_refund(told: Told, said: Case) -> None:
    told.add(EventKind.REFUND_PAID, day(said["date"]), minor(said["amount"]), of=said["n"])


def _write_off(told: Told, said: Case) -> None:
    told.add(EventKind.WRITTEN_OFF, day(said["date"]), of=said["n"])
    told.is_written_off = True


def _charge_off(told: Told, _: Case) -> None:
    if told.settings["charge_off"] != "regular":
        raise Unsupported(f"charge-off: {told.settings['charge_off']}")


def _pause_interest(told: Told, said: Case) -> None:
    first = day(said["from"])
    made = told.add(EventKind.INTEREST_PAUSED, first, of=said["n"], until=day(said["to"]))
    told.planned[made.number] = first


def _change_rate(told: Told, said: Case) -> None:
    """Theirs is the first day that costs the new rate, ours the last one that costs the old."""
    if "rate_pct" in told.settings["terms"]:
        raise Unsupported("another rate where rates are not for a year")
    on = max(day(said["from"]) - DAY, told.drawn[0][0])
    rate = Decimal(said["annual_rate_pct"])
    made = told.add(EventKind.RATE_CHANGED, on, of=said["n"], rate=rate)
    told.planned[made.number] = on


def _reschedule(told: Told, said: Case) -> None:
    for name in ("grace_on_principal", "grace_on_interest", "annual_rate_pct"):
        if name in said:
            raise Unsupported(f"reschedule: {name}")
    rows, first = told.state().rows, day(said["from"])
    left, done = _to_come(rows, told.today), [row for row in rows if row.due_on <= told.today]
    if any(row.outstanding for row in done):
        raise Unsupported("reschedule: rows are overdue, and the tables leave those where they are")
    if not left or first > left[0].due_on or (done and done[-1].due_on == first):
        raise Unsupported("reschedule: not from the next row on")
    count = len(left) + said.get("extra_instalments", 0)
    due = day(said["new_due_date"]) if "new_due_date" in said else None
    if due is not None and due <= told.today:
        raise Unsupported("reschedule: to a day in the past")
    _put_off(told, said, due, count)


def _re_age(told: Told, said: Case) -> None:
    given = told.settings["terms"]
    _by_default(told, said)
    if (said["every"], said["unit"]) != (given["every"], given["unit"]) and said["instalments"] > 1:
        raise Unsupported("re-age: rows of another length")
    if day(said["first_due_on"]) <= told.today:
        raise Unsupported("re-age: first due on a day that is not to come")
    _put_off(told, said, day(said["first_due_on"]), said["instalments"])


def _re_amortise(told: Told, said: Case) -> None:
    _by_default(told, said)
    left = _to_come(told.state().rows, told.today)
    if not left:
        raise Unsupported("re-amortise: no row is left")
    _put_off(told, said, None, len(left))


def _by_default(told: Told, said: Case) -> None:
    if said["interest"] != "default" and told.terms.interest_rate:
        raise Unsupported(f"{said['event']}: interest {said['interest']}")


def _put_off(told: Told, said: Case, due: date | None, count: int) -> None:
    kind, more = EventKind.RESCHEDULED, {"due_on": due, "instalments": count}
    told.add(kind, told.today, of=said["n"], **more)
    told.is_reshaped = True


def _to_come(rows: Sequence[InstalmentState], today: date) -> list[InstalmentState]:
    """Without the row after the last, in which there are charges only."""
    left = [row for row in rows if row.due_on > today]
    while len(left) > 1 and not left[-1].principal + left[-1].interest and left[-1].due:
        left.pop()
    return left


def _undo(told: Told, said: Case) -> None:
    number = told.ours.get((said["undoes"], said.get("undoes_what")))
    if number is None:
        raise Unsupported(f"{said['event']}: its target could not be told")
    _reverse(told, number, said["n"])


TELL: dict[str, Callable[[Told, Case], None]] = {
    "business_date": _business_date, "cob": _nothing, "set_future_installment_rule": _nothing, "plan_tranche": _nothing,
    "approve": _approve, "disburse": _disburse, "undo_disbursement": _undo_disbursement, "repay": _repay,
    "payoff": _payoff, "credit": _credit, "charge": _charge, "waive_charge": _waive_charge, "chargeback": _chargeback,
    "credit_balance_refund": _credit_balance_refund, "write_off": _write_off, "charge_off": _charge_off,
    "undo_charge_off": _nothing, "pause_interest": _pause_interest, "change_rate": _change_rate,
    "reschedule": _reschedule, "re_age": _re_age, "re_amortise": _re_amortise,
    **dict.fromkeys(
        ("undo_repayment", "undo_credit", "undo_chargeback", "undo_waive_charge", "undo_re_age", "undo_re_amortise",
         "undo_pause_interest", "undo_credit_balance_refund", "undo_write_off"), _undo),
}  # fmt: skip
