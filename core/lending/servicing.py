"""What the staff may do to a running loan: charge, waive, move dates, pause, lower the rate. She is told each time.

Nothing here makes a loan dearer than she agreed without notice: a charge by hand is owed NOTICE_DAYS later at the
soonest, and a rate may only fall.
"""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Unpack

from config.limits import NOTICE_DAYS
from core.db import Session
from core.errors import Refusal
from core.lending import account, hardship
from core.lending.servicing_change import Change, Order, change, is_known, locked, told
from core.lending.state import EventKind, Part
from core.lending.state.fold import effective
from core.messaging import Template
from core.money import Money
from core.refusal_codes import RefusalCode


def charge_fee(db: Session, *, amount: Money, due_on: date, **order: Unpack[Order]) -> Change:
    """Ask for a fee that was not agreed. Refuses charge_needs_notice(earliest) and what `change` refuses."""
    return _charge(db, EventKind.FEE_CHARGED, amount, due_on, order)


def charge_penalty(db: Session, *, amount: Money, due_on: date, **order: Unpack[Order]) -> Change:
    """Ask for a penalty by hand; those that were agreed come by themselves. Refuses as `charge_fee`."""
    return _charge(db, EventKind.PENALTY_CHARGED, amount, due_on, order)


def waive(
    db: Session, *, part: Part, amount: Money, on: date | None = None, **order: Unpack[Order]
) -> Change:
    """Let go of interest, fees or penalties she owes, the oldest first. Refuses nothing_to_waive and amount_unfit."""
    done = change(db, order, EventKind.WAIVED, amount=amount, on=on, part=part)
    return told(db, done, Template.WAIVED, order, amount=amount, outstanding=done.outstanding)


def reschedule(
    db: Session, *, due_on: date, instalments: int | None = None, **order: Unpack[Order]
) -> Change:
    """Put everything unpaid on new rows, the first due on `due_on`: as many as are left, or so many."""
    done = change(db, order, EventKind.RESCHEDULED, due_on=due_on, instalments=instalments)
    first = next((row for row in done.after.unpaid if row.due_on >= due_on), None)
    amount = done.loan.payable(first.outstanding if first else 0)
    return told(
        db, done, Template.RESCHEDULED, order, due=due_on, amount=amount,
        outstanding=done.outstanding,
    )  # fmt: skip


def pause_interest(
    db: Session, *, until: date, on: date | None = None, **order: Unpack[Order]
) -> Change:
    """Let no interest run from `on` (today) until a day, that day included."""
    done = change(db, order, EventKind.INTEREST_PAUSED, on=on, until=until)
    return told(db, done, Template.INTEREST_PAUSED, order, until=until)


def pause_arrears(
    db: Session, *, until: date, on: date | None = None, **order: Unpack[Order]
) -> Change:
    """Give her time in hardship: until then no day counts as late. Answers her request, if she made one."""
    done = change(db, order, EventKind.ARREARS_PAUSED, on=on, until=until)
    if done.is_new:
        hardship.granted(db, done.loan, until=until, now=order["now"])
    return done


def change_rate(
    db: Session, *, rate: Decimal, on: date | None = None, **order: Unpack[Order]
) -> Change:
    """Lower the rate from a day on. Refuses rate_may_only_fall: terms she agreed to do not get worse."""
    if not is_known(db, order):
        _check_rate(db, rate, on, order)
    done = change(db, order, EventKind.RATE_CHANGED, on=on, rate=rate)
    return told(
        db, done, Template.RATE_LOWERED if not done.loan.terms.is_flat else Template.FLAT_RATE_LOWERED, order,
        rate=f"{rate.normalize():f}",
        outstanding=done.outstanding,
    )  # fmt: skip


def _charge(db: Session, kind: EventKind, amount: Money, due_on: date, order: Order) -> Change:
    if not is_known(db, order):
        _check_charge(db, amount, due_on, order)
    done = change(db, order, kind, amount=amount, due_on=due_on)
    return told(db, done, Template.CHARGED, order, amount=amount, due=due_on)


def _check_charge(db: Session, amount: Money, due_on: date, order: Order) -> None:
    loan = locked(db, order)
    earliest = account.today(db, loan, order["now"]) + timedelta(days=NOTICE_DAYS)
    if due_on < earliest:
        raise Refusal(RefusalCode.CHARGE_NEEDS_NOTICE, earliest=earliest)
    if loan.closed_on is not None:  # she was told that she owes nothing more
        raise Refusal(RefusalCode.LOAN_NOT_OPEN)
    if amount.minor % loan.terms.step:
        raise Refusal(RefusalCode.AMOUNT_NOT_PAYABLE, step=loan.money(loan.terms.step))


def _check_rate(db: Session, rate: Decimal, on: date | None, order: Order) -> None:
    loan = locked(db, order)
    day = on or account.today(db, loan, order["now"])
    known = effective(account.events(db, loan.id), day)
    rates = [event.rate for event in known if event.rate is not None]
    now = rates[-1] if rates else loan.terms.interest_rate
    if not 0 <= rate < now:
        raise Refusal(RefusalCode.RATE_MAY_ONLY_FALL, rate=now)
