"""What a credit bureau may hear of a loan: good news and bad, bad news only after a notice (reference section 9, 8).

A pure function of a few facts. Nothing is reported without her consent, nothing below the least amount of the currency,
and nothing negative before thirty days have passed since she was told, for these arrears and after any correction.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from config.limits import (
    BUREAU_CLOSED_DAYS,
    BUREAU_LEAST,
    BUREAU_NEGATIVE_DAYS,
    BUREAU_NOTICE_DAYS,
)  # fmt: skip
from core.lending.state import LoanStatus

OWED = (LoanStatus.DISBURSED, LoanStatus.DEFAULTED)


class Listing(StrEnum):
    """What kind of news a report is."""

    POSITIVE = "positive"
    NEGATIVE = "negative"
    CORRECTION = "correction"


@dataclass(frozen=True, slots=True)
class Facts:
    """What the rules look at, on one day. Amounts are minor units."""

    status: LoanStatus
    currency: str
    contract: int
    outstanding: int  # principal, or what was written off
    days: int  # past due
    overdue_from: date | None
    closed_on: date | None
    consented: bool
    noticed_on: date | None = None  # the last notice given for these arrears
    corrected_on: date | None = None  # the last correction


def listing(facts: Facts, on: date) -> Listing | None:
    """What may be reported on a day; None: nothing."""
    if not facts.consented:
        return None
    if facts.corrected_on == on:
        return Listing.CORRECTION
    if is_bad(facts):
        may = _is_large(facts, facts.outstanding) and _was_told(facts, on)
        return Listing.NEGATIVE if may else None
    may = _is_large(facts, facts.contract) and _is_recent(facts, on)
    return Listing.POSITIVE if may else None


def needs_notice(facts: Facts) -> bool:
    """Whether she is to be told now, so that the notice has run when the news turns bad."""
    if not facts.consented or not _is_large(facts, facts.outstanding) or _is_told(facts):
        return False
    owed = facts.status in OWED
    return owed and facts.days > BUREAU_NEGATIVE_DAYS - BUREAU_NOTICE_DAYS


def is_bad(facts: Facts) -> bool:
    """Written off, in default, or late beyond the days."""
    if facts.status in (LoanStatus.WRITTEN_OFF, LoanStatus.DEFAULTED):
        return True
    return facts.status is LoanStatus.DISBURSED and facts.days > BUREAU_NEGATIVE_DAYS


def listed_from(noticed_on: date) -> date:
    """The first day of a negative listing after a notice."""
    return noticed_on + timedelta(days=BUREAU_NOTICE_DAYS)


def _is_large(facts: Facts, amount: int) -> bool:
    return amount >= BUREAU_LEAST.get(facts.currency, 0)


def _is_told(facts: Facts) -> bool:
    """A notice of earlier arrears, or from before a correction, does not count."""
    if facts.noticed_on is None:
        return False
    return facts.corrected_on is None or facts.noticed_on > facts.corrected_on


def _was_told(facts: Facts, on: date) -> bool:
    return _is_told(facts) and facts.noticed_on is not None and on >= listed_from(facts.noticed_on)


def _is_recent(facts: Facts, on: date) -> bool:
    if facts.status in OWED:
        return True
    closed = facts.closed_on if facts.status is LoanStatus.REPAID else None
    return closed is not None and closed <= on < closed + timedelta(days=BUREAU_CLOSED_DAYS)
