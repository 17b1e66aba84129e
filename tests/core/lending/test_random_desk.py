"""Random lives of loans at a busy desk: after every step the books, the stored figures and the refold agree."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from core import ledger, lending, payments
from core.db import Session, is_sqlite
from core.errors import Refusal
from core.ledger import Account
from core.lending import Loan, LoanStatus, disbursing, projects, servicing, servicing_end
from core.lending.servicing_history import history
from core.lending.state import Part
from core.payments import Payment, PaymentKind, PaymentState, postings
from tests.core.lending import village as places
from tests.core.lending.desk import order
from tests.core.lending.test_project_options import stall
from tests.core.lending.village import Village, kes

Step = tuple[str, int, int, int]
PHASES = (Phase.explicit, Phase.reuse, Phase.generate)  # to shrink a life takes minutes
PRODUCTS: list[dict[str, Any]] = [
    {"penalty": {"amount": "10", "after_days": 2, "every_days": 10, "most": "50"}},
    {"repayment_model": "ad_hoc", "loan_max_duration": 60, "loan_durations": [4, 30]},
    {**stall(), "loan_min_duration": 4, "loan_durations": [4, 12]},
    {
        "repayment_model": "schedule", "schedule": {"amortization": "equal_principal"}, "payoff": "to_rest",
        "allocation": "penalties-fees-interest-principal", "close_below": "50",
    },
    {"tranches": [40, 30, 30], "cooling_off_days": 3},
    {**stall(), "loan_min_duration": 4, "loan_durations": [4, 12], "tranches": [30, 70]},
]  # fmt: skip


def steps(village: Village, loan: Loan, days: int, amount: int) -> dict[str, Callable[[], Any]]:
    """Everything that may be tried with a loan, whether or not it is possible just now."""
    db, asked, ahead = village.db, order(village, loan), village.now.date() + timedelta(days=days)
    money = kes(amount)
    return {
        "pay": lambda: village.pay(loan, money),
        "pay late": lambda: heard_late(village, loan, amount),
        "told again": lambda: told_again(village, loan),
        "provider reverses": lambda: taken_back(village, loan),
        "day": lambda: lending.run_day(db, now=village.now, limit=100),
        "money out": lambda: paid_out(village, loan),
        "money fails": lambda: sent_back(village, loan),
        "tranche": lambda: disbursing.disburse(
            db, amount=money if amount % 2 else None, **asked
        ),
        "cancel rest": lambda: disbursing.cancel_rest(db, **asked),
        "fee": lambda: servicing.charge_fee(
            db, amount=money, due_on=ahead + timedelta(days=30), **asked
        ),
        "penalty": lambda: servicing.charge_penalty(
            db, amount=money, due_on=ahead + timedelta(days=30), **asked
        ),
        "waive": lambda: servicing.waive(
            db, part=list(Part)[days % 3], amount=kes(min(amount, 20)), **asked
        ),
        "waived before": lambda: servicing.waive(
            db, part=Part.INTEREST, amount=kes(1), on=village.now.date() - timedelta(days=days), **asked
        ),
        "reschedule": lambda: servicing.reschedule(
            db, due_on=ahead + timedelta(days=1), instalments=amount % 6 or None, **asked
        ),
        "pause interest": lambda: servicing.pause_interest(db, until=ahead, **asked),
        "pause arrears": lambda: servicing.pause_arrears(db, until=ahead, **asked),
        "rate": lambda: servicing.change_rate(db, rate=Decimal(days) / 3, **asked),
        "write off": lambda: servicing_end.write_off(db, **asked),
        "close": lambda: servicing_end.close_residue(db, **asked),
        "reverse": lambda: servicing_end.reverse(
            db, number=history(db, loan.id)[-1 - amount % 2].number, **asked
        ),
    }  # fmt: skip


NAMES = [
    "pay", "pay", "pay late", "told again", "provider reverses", "day", "day", "money out", "fee", "penalty", "waive",
    "tranche", "tranche", "money out", "money fails", "cancel rest", "waived before", "reschedule", "pause interest",
    "pause arrears", "rate", "write off", "close", "reverse",
]  # fmt: skip
LIVES = st.lists(
    st.tuples(
        st.sampled_from(NAMES),
        st.integers(0, 45),  # days that pass before
        st.integers(0, 40),  # days the step is about
        st.integers(1, 700),  # shillings
    ),
    max_size=10,
)


def test_whatever_the_desk_does_the_books_agree(db: Session) -> None:
    @settings(
        max_examples=20 if is_sqlite(db) else 3, deadline=None, suppress_health_check=list(HealthCheck), phases=PHASES
    )  # fmt: skip
    @given(st.sampled_from(PRODUCTS), LIVES)
    def life(product: dict[str, Any], lived: list[Step]) -> None:
        with db.begin() as transaction:
            village = places.found(db, **product)
            loan = village.borrow(kes(1_000))
            live(village, loan, lived)
            transaction.rollback()

    life()


def live(village: Village, loan: Loan, lived: list[Step]) -> None:
    """Go through a life; what the rules forbid is tried all the same."""
    for name, passed, days, amount in lived:
        village = village.at(days=passed)
        known = steps(village, loan, days, amount)
        assert set(known) == set(NAMES)
        with contextlib.suppress(Refusal):
            known[name]()
        village.check()
        assert min(loan.credit, loan.principal_outstanding, loan.outstanding, loan.returning) >= 0
        assert loan.disbursed + loan.undrawn <= loan.contract_amount
        assert not (loan.closed_on and loan.status in projects.OPEN)
        if loan.closed_on:
            accrued = ledger.balance(
                village.db, Account.INTEREST_ACCRUED, "KES", village.project.id
            )
            assert (loan.principal_outstanding, accrued.minor) == (0, 0)
    assert money_is_whole(village, loan)


def money_is_whole(village: Village, loan: Loan) -> bool:
    """Every shilling that came in is on the loan, is a recovery, is her credit, or went back; what went out is owed."""
    known = payments.of_loan(village.db, loan.id, 50)
    lent = sum(
        one.amount
        for one in known
        if one.kind is PaymentKind.DISBURSEMENT and one.state is PaymentState.SETTLED
    )
    assert lent == loan.disbursed - withheld(village, loan)
    came = sum(
        one.amount
        for one in known
        if one.kind is PaymentKind.REPAYMENT and one.state is PaymentState.SETTLED
    )
    back = sum(
        one.amount
        for one in known
        if one.kind is PaymentKind.REFUND and one.state is PaymentState.SETTLED
    )
    on_loan = loan.repaid_amount - loan.charged_back + loan.recovered + loan.credit
    return loan.status is LoanStatus.APPROVED or came - back == on_loan


def withheld(village: Village, loan: Loan) -> int:
    """The fee kept from each payout, whether or not it was given back since."""
    terms = loan.terms
    return terms.percent_of(loan.disbursed, terms.disbursement_fee).minor


def settled(village: Village, loan: Loan) -> list[Payment]:
    known = payments.of_loan(village.db, loan.id, 50)
    return [one for one in known if one.state is PaymentState.SETTLED]


def told_again(village: Village, loan: Loan) -> None:
    """Every payment is reported once more."""
    for one in settled(village, loan):
        lending.payment_settled(village.db, payment=one, now=village.now)


def paid_out(village: Village, loan: Loan) -> None:
    """What is on its way to her arrives."""
    for one in payments.of_loan(village.db, loan.id, 50):
        if one.goes_out and one.state is PaymentState.READY:
            village.settle(one)


def sent_back(village: Village, loan: Loan) -> None:
    """What is on its way to her certainly does not arrive."""
    for one in payments.of_loan(village.db, loan.id, 50):
        if one.goes_out and one.state is PaymentState.READY:
            village.fail(one)


def heard_late(village: Village, loan: Loan, amount: int) -> None:
    """She paid three weeks ago; we hear of it today."""
    before = village.now - timedelta(days=20)
    village.settle(places.pay_in(village.db, loan.id, loan.code, kes(amount), before))


def taken_back(village: Village, loan: Loan) -> None:
    """The provider takes the last repayment back, and says so twice."""
    for payment in [one for one in settled(village, loan) if not one.goes_out][-1:]:
        lending.payment_reversed(village.db, payment=payment, now=village.now)
        payment.state = PaymentState.REVERSED
        postings.reversal(village.db, payment, village.now)
        lending.payment_reversed(village.db, payment=payment, now=village.now)
