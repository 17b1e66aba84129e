"""What the ledger must show of a loan: which accounts move when one of its figures grows.

A figure that falls, because an event of the past was taken back, moves the same accounts the other way.
Receivables and what we owe her are kept by loan; income, losses and what is not yet due by project.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

from core.ledger import Account, Line, credit, debit
from core.lending.models import Loan
from core.lending.state import LoanState

BY_PROJECT = frozenset(
    {
        Account.INTEREST_ACCRUED, Account.INTEREST_UNEARNED, Account.LOAN_LOSS_PROVISION, Account.INTEREST_INCOME,
        Account.FEE_INCOME, Account.PENALTY_INCOME, Account.RECOVERIES, Account.ROUNDING, Account.WAIVERS,
        Account.WRITE_OFFS,
    }
)  # fmt: skip

# A figure of the loan that grows: debit the first account, credit the second. None: another figure is the other side,
# or the money itself.
MOVEMENTS: tuple[tuple[str, Account | None, Account | None], ...] = (
    ("interest_earned", None, Account.INTEREST_INCOME),
    ("interest_accrued", Account.INTEREST_ACCRUED, None),
    ("interest_unearned", None, Account.INTEREST_UNEARNED),
    ("interest_billed", Account.INTEREST_RECEIVABLE, None),
    ("interest_paid", None, Account.INTEREST_RECEIVABLE),
    ("interest_waived", Account.WAIVERS, Account.INTEREST_RECEIVABLE),
    ("interest_written_off", Account.WRITE_OFFS, Account.INTEREST_RECEIVABLE),
    ("principal_outstanding", Account.LOAN_PORTFOLIO, None),
    ("fee_withheld", None, Account.FEE_INCOME),
    ("fees_charged", Account.FEES_RECEIVABLE, Account.FEE_INCOME),
    ("fees_paid", None, Account.FEES_RECEIVABLE),
    ("fees_waived", Account.WAIVERS, Account.FEES_RECEIVABLE),
    ("fees_written_off", Account.WRITE_OFFS, Account.FEES_RECEIVABLE),
    ("penalties_charged", Account.PENALTIES_RECEIVABLE, Account.PENALTY_INCOME),
    ("penalties_paid", None, Account.PENALTIES_RECEIVABLE),
    ("penalties_waived", Account.WAIVERS, Account.PENALTIES_RECEIVABLE),
    ("penalties_written_off", Account.WRITE_OFFS, Account.PENALTIES_RECEIVABLE),
    ("recovered", None, Account.RECOVERIES),
    ("rounded", Account.ROUNDING, None),
    ("credit", None, Account.BORROWER_CREDIT),
    ("cash_back_owed", None, Account.CASH_BACK_PAYABLE),
)
DERIVED = ("interest_accrued", "interest_unearned")  # from two others, and no columns
FIGURES = (
    *(name for name, _, _ in MOVEMENTS if name not in DERIVED), "principal_written_off", "charged_back", "disbursed",
    "undrawn", "status", "disbursed_on", "closed_on", "outstanding", "returning", "on_time",
)  # fmt: skip


def difference(loan: Loan, after: LoanState, covered: int = 0) -> Iterator[Line]:
    """What must be posted so that the ledger shows `after`; `covered` is borne by the provision of the project."""
    for figure, to, by in MOVEMENTS:
        grown = loan.money(getattr(after, figure) - getattr(loan, figure))
        if to is not None:
            yield debit(to, grown, _subject(loan, to))
        if by is not None:
            yield credit(by, grown, _subject(loan, by))
    lost = after.principal_written_off - loan.principal_written_off
    yield debit(Account.LOAN_LOSS_PROVISION, loan.money(covered), loan.project_id)
    yield debit(Account.WRITE_OFFS, loan.money(lost - covered), loan.project_id)


def figures(after: LoanState) -> dict[str, Any]:
    """The columns of a loan that hold its state."""
    found = {name: getattr(after, name) for name in FIGURES}
    next_due_on = after.unpaid[0].due_on if after.unpaid else None
    found["restructured_on"] = after.restructured_on
    return {**found, "as_of": after.on, "repaid_amount": after.paid, "next_due_on": next_due_on}


def _subject(loan: Loan, account: Account) -> uuid.UUID:
    return loan.project_id if account in BY_PROJECT else loan.id
