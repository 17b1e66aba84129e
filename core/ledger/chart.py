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
    CASH_LIGHTNING = "cash_lightning"
    CASH_AGENTS = "cash_agents"
    CASH_BANK = "cash_bank"
    PAYMENTS_IN_TRANSIT = "payments_in_transit"
    LOAN_PORTFOLIO = "loan_portfolio"
    INTEREST_RECEIVABLE = "interest_receivable"
    INTEREST_ACCRUED = "interest_accrued"
    FEES_RECEIVABLE = "fees_receivable"
    PENALTIES_RECEIVABLE = "penalties_receivable"
    LOAN_LOSS_PROVISION = "loan_loss_provision"
    BORROWER_CREDIT = "borrower_credit"
    CASH_BACK_PAYABLE = "cash_back_payable"
    INTEREST_UNEARNED = "interest_unearned"
    RISK_DEPOSITS = "risk_deposits"
    INVESTOR_FUNDS = "investor_funds"
    INVESTOR_YIELD_PAYABLE = "investor_yield_payable"
    SERVICE_FEES_PAYABLE = "service_fees_payable"
    TAXES_PAYABLE = "taxes_payable"
    SUSPENSE = "suspense"
    OWN_CAPITAL = "own_capital"
    FIRST_LOSS = "first_loss"
    RETAINED_EARNINGS = "retained_earnings"
    INTEREST_INCOME = "interest_income"
    FEE_INCOME = "fee_income"
    PENALTY_INCOME = "penalty_income"
    RECOVERIES = "recoveries"
    LOSSES_BORNE = "losses_borne"
    CASH_BACK_EXPENSE = "cash_back_expense"
    RAIL_CHARGES = "rail_charges"
    INVESTOR_YIELD_EXPENSE = "investor_yield_expense"
    SERVICE_FEES = "service_fees"
    PROVISION_EXPENSE = "provision_expense"
    WRITE_OFFS = "write_offs"
    WAIVERS = "waivers"
    ROUNDING = "rounding"


@dataclass(frozen=True, slots=True)
class Entry:
    """What the chart says of one account."""

    number: int
    name: str
    kind: Kind


CHART = {
    Account.CASH_MPESA: Entry(1010, "Cash at M-PESA", Kind.ASSET),
    Account.CASH_LIGHTNING: Entry(1020, "Cash on Lightning", Kind.ASSET),
    Account.CASH_AGENTS: Entry(1030, "Cash held by agents", Kind.ASSET),
    Account.CASH_BANK: Entry(1040, "Cash at bank", Kind.ASSET),
    Account.PAYMENTS_IN_TRANSIT: Entry(1090, "Payments in transit", Kind.ASSET),
    Account.LOAN_PORTFOLIO: Entry(1200, "Loan portfolio, principal", Kind.ASSET),
    Account.INTEREST_RECEIVABLE: Entry(1210, "Interest receivable", Kind.ASSET),
    Account.INTEREST_ACCRUED: Entry(1211, "Interest accrued, not yet due", Kind.ASSET),
    Account.FEES_RECEIVABLE: Entry(1220, "Fees receivable", Kind.ASSET),
    Account.PENALTIES_RECEIVABLE: Entry(1230, "Penalties receivable", Kind.ASSET),
    Account.LOAN_LOSS_PROVISION: Entry(1290, "Provision for loan losses (contra)", Kind.ASSET),
    Account.BORROWER_CREDIT: Entry(2100, "Credit owed to borrowers", Kind.LIABILITY),
    Account.CASH_BACK_PAYABLE: Entry(2110, "Cash-back owed to borrowers", Kind.LIABILITY),
    Account.INTEREST_UNEARNED: Entry(2120, "Interest paid before it is earned", Kind.LIABILITY),
    Account.RISK_DEPOSITS: Entry(2200, "Risk deposits of community members", Kind.LIABILITY),
    Account.INVESTOR_FUNDS: Entry(2300, "Funds of investors", Kind.LIABILITY),
    Account.INVESTOR_YIELD_PAYABLE: Entry(2310, "Yield owed to investors", Kind.LIABILITY),
    Account.SERVICE_FEES_PAYABLE: Entry(2400, "Fees owed to issuers and node", Kind.LIABILITY),
    Account.TAXES_PAYABLE: Entry(2500, "Taxes and duties owed", Kind.LIABILITY),
    Account.SUSPENSE: Entry(2900, "Suspense, money not yet understood", Kind.LIABILITY),
    Account.OWN_CAPITAL: Entry(3100, "Capital of the originator", Kind.EQUITY),
    Account.FIRST_LOSS: Entry(3200, "First-loss capital of the originator", Kind.EQUITY),
    Account.RETAINED_EARNINGS: Entry(3900, "Retained earnings", Kind.EQUITY),
    Account.INTEREST_INCOME: Entry(4100, "Interest income", Kind.INCOME),
    Account.FEE_INCOME: Entry(4200, "Fee income", Kind.INCOME),
    Account.PENALTY_INCOME: Entry(4300, "Penalty income", Kind.INCOME),
    Account.RECOVERIES: Entry(4400, "Recoveries of loans written off", Kind.INCOME),
    Account.LOSSES_BORNE: Entry(4500, "Losses borne by those who funded", Kind.INCOME),
    Account.CASH_BACK_EXPENSE: Entry(5100, "Cash-back to borrowers", Kind.EXPENSE),
    Account.RAIL_CHARGES: Entry(5200, "Charges of payment providers", Kind.EXPENSE),
    Account.INVESTOR_YIELD_EXPENSE: Entry(5300, "Yield to investors", Kind.EXPENSE),
    Account.SERVICE_FEES: Entry(5310, "Fees of issuers and node", Kind.EXPENSE),
    Account.PROVISION_EXPENSE: Entry(5400, "Provision for loan losses, expense", Kind.EXPENSE),
    Account.WRITE_OFFS: Entry(5410, "Loans written off beyond provision", Kind.EXPENSE),
    Account.WAIVERS: Entry(5420, "Interest, fees and penalties waived", Kind.EXPENSE),
    Account.ROUNDING: Entry(5430, "Rests too small to be paid", Kind.EXPENSE),
}


def by_number(number: int) -> Account | None:
    """The account that carries this number."""
    return next((account for account, entry in CHART.items() if entry.number == number), None)
