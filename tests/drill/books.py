"""The books of the provider (the file of the sandbox) beside ours, payment by payment, and what differs unsaid."""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select

from core import ledger
from core.db import Session
from core.lending import Loan
from core.payments import Attention, Payment, postings
from core.payments.rules import UNDER_WAY, provider_key
from tests.core.lending.village import check_loan
from tests.core.payments.contradicting import NEWS

MOVED = "SELECT id, kind, originator, receipt, amount FROM payment WHERE state = 'completed'"


@dataclass(frozen=True)
class Moved:
    """One payment that the provider says has moved."""

    id: str
    kind: str
    originator: str
    receipt: str
    amount: int

    @property
    def goes_out(self) -> bool:
        return self.kind == "b2c"


@dataclass(frozen=True)
class Comparison:
    """The sums of both, in shillings, and what differs without a row for a person."""

    theirs_out: int
    ours_out: int
    theirs_in: int
    ours_in: int
    loans: int
    payouts: int
    repayments: int
    waiting: int
    open: int
    unsaid: list[str]

    def lines(self) -> Iterator[str]:
        yield f"{'KES':<12}{'M-PESA':>12}{'ours':>12}"
        yield f"{'paid out':<12}{self.theirs_out:>12,}{self.ours_out:>12,}"
        yield f"{'came in':<12}{self.theirs_in:>12,}{self.ours_in:>12,}"
        yield f"{self.loans} loans, {self.payouts} payouts, {self.repayments} repayments"
        yield f"{self.waiting} rows wait for a person, {self.open} payments are still asked about"
        yield from self.unsaid


def compare(sandbox: Path, db: Session) -> Comparison:
    """Read both; a payment still open is not yet a difference, one that has ended otherwise is."""
    theirs = list(_theirs(sandbox))
    ours = list(db.scalars(select(Payment)))
    cash = {one.id: postings.moved(db, one).minor // 100 for one in ours}
    waiting = select(Attention.payment_id).where(Attention.resolved_at.is_(None))
    disputed = set(db.scalars(waiting.where(Attention.reason.not_in(NEWS))))
    opened = [one for one in ours if one.state in UNDER_WAY]
    settled = [one for one in ours if one not in opened]
    unsaid = [
        *_outs(theirs, settled, cash, disputed),
        *_ins(theirs, ours, cash, is_quiet=not disputed and not opened),
    ]
    if sum(money.minor for money in ledger.balances(db).values()):
        unsaid.append("the trial balance is not zero")
    loans = list(db.scalars(select(Loan)))
    unsaid += _loans(db, loans)
    return Comparison(
        sum(one.amount for one in theirs if one.goes_out), -sum(cash[one.id] for one in ours if one.goes_out),
        sum(one.amount for one in theirs if not one.goes_out), sum(cash[one.id] for one in ours if not one.goes_out),
        sum(loan.disbursed_on is not None for loan in loans),
        sum(one.goes_out for one in theirs), sum(not one.goes_out for one in theirs),
        len(set(db.scalars(waiting))), len(opened), unsaid,
    )  # fmt: skip


def _loans(db: Session, loans: list[Loan]) -> Iterator[str]:
    """Each loan's figures are those of its events, and the ledger shows them."""
    for loan in loans:
        try:
            check_loan(db, loan)
        except AssertionError as error:
            yield f"loan {loan.code}: {error}"


def _theirs(sandbox: Path) -> Iterator[Moved]:
    with sqlite3.connect(f"file:{sandbox}?mode=ro", uri=True) as db:
        for row in db.execute(MOVED):
            yield Moved(*row)


def _outs(
    theirs: list[Moved],
    settled: list[Payment],
    cash: dict[uuid.UUID, int],
    disputed: set[uuid.UUID],
) -> Iterator[str]:
    """Each payout that has ended left our books as it left theirs."""
    paid = {one.originator: one.amount for one in theirs if one.goes_out}
    for payment in (one for one in settled if one.goes_out and one.id not in disputed):
        true = sum(paid.get(provider_key(payment.id, k), 0) for k in range(1, payment.attempt + 1))
        if cash[payment.id] != -true:
            yield f"payout {payment.id} ({payment.state}): M-PESA {true}, ours {-cash[payment.id]}"


def _ins(
    theirs: list[Moved], ours: list[Payment], cash: dict[uuid.UUID, int], *, is_quiet: bool
) -> Iterator[str]:
    """Each receipt counts once, with its amount; all of them, where nothing is open or in dispute."""
    true = {one.receipt: one.amount for one in theirs if not one.goes_out}
    for payment in ours:
        if payment.receipt in true and cash[payment.id] not in (0, true[payment.receipt]):
            yield f"receipt {payment.receipt}: M-PESA {true[payment.receipt]}, ours {cash[payment.id]}"
    booked = sum(cash[one.id] for one in ours if not one.goes_out)
    if is_quiet and booked != sum(true.values()):
        yield f"came in: M-PESA {sum(true.values())}, ours {booked}"
