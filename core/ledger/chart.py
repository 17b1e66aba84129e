"""The chart of accounts, numbered the way a microfinance accountant expects it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """The five kinds of account."""

    ASSET = "asset"
    LIABILITY = "liability"
    EQUITY = "equity"
    INCOME = "income"
    EXPENSE = "expense"


class Account(StrEnum):
    """Every account of the node. A posting names one of these and, where it helps, a subject (loan, payment)."""

    CASH_MPESA = "cash_mpesa"
    PAYMENTS_IN_TRANSIT = "payments_in_transit"
    LOAN_PORTFOLIO = "loan_portfolio"
    INTEREST_RECEIVABLE = "interest_receivable"
    FEES_RECEIVABLE = "fees_receivable"
    BORROWER_CREDIT = "borrower_credit"
    CASH_BACK_PAYABLE = "cash_back_payable"
    SUSPENSE = "suspense"
    INVESTOR_FUNDS = "investor_funds"
    INTEREST_INCOME = "interest_income"
    FEE_INCOME = "fee_income"
    CASH_BACK_EXPENSE = "cash_back_expense"
    RAIL_CHARGES = "rail_charges"


@dataclass(frozen=True, slots=True)
class Entry:
    """What the chart says of one account."""

    number: int
    name: str
    kind: Kind


CHART = {
    Account.CASH_MPESA: Entry(1010, "Cash at M-PESA", Kind.ASSET),
    Account.PAYMENTS_IN_TRANSIT: Entry(1090, "Payments in transit", Kind.ASSET),
    Account.LOAN_PORTFOLIO: Entry(1200, "Loan portfolio, principal", Kind.ASSET),
    Account.INTEREST_RECEIVABLE: Entry(1210, "Interest receivable", Kind.ASSET),
    Account.FEES_RECEIVABLE: Entry(1220, "Fees receivable", Kind.ASSET),
    Account.BORROWER_CREDIT: Entry(2100, "Credit owed to borrowers", Kind.LIABILITY),
    Account.CASH_BACK_PAYABLE: Entry(2110, "Cash-back owed to borrowers", Kind.LIABILITY),
    Account.SUSPENSE: Entry(2900, "Suspense, money not yet understood", Kind.LIABILITY),
    Account.INVESTOR_FUNDS: Entry(2300, "Funds of investors", Kind.LIABILITY),
    Account.INTEREST_INCOME: Entry(4100, "Interest income", Kind.INCOME),
    Account.FEE_INCOME: Entry(4200, "Fee income", Kind.INCOME),
    Account.CASH_BACK_EXPENSE: Entry(5100, "Cash-back to borrowers", Kind.EXPENSE),
    Account.RAIL_CHARGES: Entry(5200, "Charges of payment providers", Kind.EXPENSE),
}
