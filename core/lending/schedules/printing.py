"""A table as JSON: amounts as text in whole units, as the published tables write them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from core.lending.schedules.build import Table
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


def amount(minor: int, digits: int) -> str:
    """Minor units as whole units with at least one decimal: "16.4", "17.0"."""
    text = f"{Decimal(minor).scaleb(-digits):f}"
    return text.rstrip("0") + "0" * text.rstrip("0").endswith(".") if "." in text else f"{text}.0"
