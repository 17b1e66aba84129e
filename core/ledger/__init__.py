"""Double entry: every movement of money is one journal entry whose postings sum to zero, written once, for ever."""

from core.ledger.beancount import export
from core.ledger.chart import CHART, Account, Kind, by_number
from core.ledger.models import JournalEntry, Posting
from core.ledger.reports import (
    AccountLedger,
    JournalLine,
    LedgerLine,
    TrialRow,
    account_ledger,
    digits,
    journal,
    subject_ledger,
    trial_balance,
)  # fmt: skip
from core.ledger.service import (
    Line,
    balance,
    balances,
    by_kinds,
    by_subject,
    credit,
    debit,
    find,
    net,
    post,
    postings,
    reverse,
)  # fmt: skip

__all__ = [
    "CHART", "Account", "AccountLedger", "JournalEntry", "JournalLine", "Kind", "LedgerLine", "Line", "Posting",
    "TrialRow", "account_ledger", "balance", "balances", "by_kinds", "by_number", "by_subject", "credit", "debit",
    "digits", "export", "find", "journal", "net", "post", "postings", "reverse", "subject_ledger", "trial_balance",
]  # fmt: skip
