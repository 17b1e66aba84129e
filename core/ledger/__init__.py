"""Double entry: every movement of money is one journal entry whose postings sum to zero, written once, for ever."""

from core.ledger.chart import CHART, Account, Kind
from core.ledger.models import JournalEntry, Posting
from core.ledger.service import (
    Line,
    balance,
    balances,
    credit,
    debit,
    find,
    post,
    postings,
    reverse,
)  # fmt: skip

__all__ = [
    "CHART", "Account", "JournalEntry", "Kind", "Line", "Posting", "balance", "balances", "credit", "debit",
    "find", "post", "postings", "reverse",
]  # fmt: skip
