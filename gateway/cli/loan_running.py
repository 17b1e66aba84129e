"""The schedule of a running loan as it is now: every row, and what is paid of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date

from core import lending
from core.ledger import digits
from core.lending.state import InstalmentState
from core.money import Money
from gateway.cli.sheets import Form, Row, show
from gateway.cli.tenant import within

PARTS = ("principal", "interest", "fee", "penalty")
COLUMNS = ("number", "due_on", *PARTS, "due", "paid", "left", "paid_on", "state")


def running(organisation: str | None, code: str, form: Form) -> None:
    """Print the rows of one loan; a table leaves out what no row has."""
    with within(organisation) as here:
        loan = here.loan(code)
        today = lending.today(here.db, loan.id, now=here.now)
        found = lending.instalments(here.db, loan.id, on=today)
        rows = [*_rows(found, loan.money, today)]
    never = {part for part in PARTS[2:] if not any(getattr(row, part) for row in found)}
    dropped = never if form is Form.TABLE else set()
    show((name for name in COLUMNS if name not in dropped), rows, form)


def _rows(
    found: Iterable[InstalmentState], money: Callable[[int], Money], today: date
) -> Iterator[Row]:
    for row in found:
        due = sum(getattr(row, part) for part in PARTS)
        amounts = {part: getattr(row, part) for part in PARTS}
        amounts |= {"due": due, "paid": due - row.outstanding, "left": row.outstanding}
        state = "late" if row.outstanding and row.due_on < today else None
        yield {
            "number": row.number, "due_on": row.due_on, "paid_on": row.paid_on,
            "state": state if row.outstanding else "paid",
            **{name: digits(money(minor)) for name, minor in amounts.items()},
        }  # fmt: skip
