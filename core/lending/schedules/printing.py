"""A table as JSON: amounts as text in whole units, as the published tables write them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from core.lending.schedules.build import Table
from core.lending.schedules.cost import Cost
from core.lending.schedules.terms import ScheduleTerms


def printed(terms: ScheduleTerms, table: Table) -> dict[str, Any]:
    """One row for each due date; fees, and what she receives, only where the terms have fees."""
    rows = []
    for row in table.rows:
        parts = {"principal": row.principal, "interest": row.interest}
        parts |= {"fee": row.fee} if terms.fees else {}
        parts |= {"due": row.due, "balance": row.balance}
        amounts = {name: amount(minor, terms.digits) for name, minor in parts.items()}
        rows.append({"due_on": row.due_on.isoformat(), **amounts})
    received = {"received": amount(table.received, terms.digits)} if terms.fees else {}
    return {**received, "rows": rows}


def printed_cost(terms: ScheduleTerms, cost: Cost) -> dict[str, Any]:
    """What it costs, as text."""
    rates = {"apr_eu_pct": cost.effective, "apr_us_pct": cost.nominal}
    return {
        "received": amount(cost.received, terms.digits),
        "paid": amount(cost.paid, terms.digits),
        "total_cost": amount(cost.total, terms.digits),
        **{name: None if rate is None else str(rate) for name, rate in rates.items()},
    }


def amount(minor: int, digits: int) -> str:
    """Minor units as whole units with at least one decimal: "16.4", "17.0"."""
    whole, _, rest = f"{Decimal(minor).scaleb(-digits):f}".partition(".")
    return f"{whole}.{rest.rstrip('0') or '0'}"
