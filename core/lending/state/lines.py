"""One row of a loan while the fold runs: what it owes of each part, what was paid of it, and what was let go."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from core.lending.allocation import Part
from core.lending.instalments import Instalment
from core.lending.state.figures import InstalmentState

NOTHING: Mapping[Part, int] = dict.fromkeys(Part, 0)


def nothing() -> dict[Part, int]:
    """Zero of each part."""
    return dict(NOTHING)


@dataclass(slots=True, eq=False)
class Line:
    """A row. `instalment` is principal and interest as agreed, `agreed_fee` the fee that comes with the row."""

    begins_on: date
    due_on: date
    owed: dict[Part, int] = field(default_factory=nothing)
    paid: dict[Part, int] = field(default_factory=nothing)
    let: dict[Part, int] = field(default_factory=nothing)  # waived or written off
    instalment: int = 0
    agreed_fee: int = 0
    arisen: int = 0  # interest it owed already when it was planned anew, on the day `since`
    since: date = date.min
    planned: int = 0  # interest of the days after that
    paid_on: date | None = None
    again: int = 0  # of the instalment: principal that had been paid and is owed again; no new plan divides it
    asks_principal: bool = True  # in grace on principal a row asks for interest only
    asks_interest: bool = True  # in grace on interest a row leaves it to the rows after it
    most_interest: int | None = None  # where interest that a grace put off is spread over rows
    is_moved: bool = False  # its due date was put off: its days decide what it costs
    bears_interest: bool = True  # the days of an interest-free row cost nothing
    is_extra: bool = False  # after the last due date: charges, and what is owed again

    @classmethod
    def of(cls, row: Instalment) -> Line:
        """A row of the schedule."""
        owed = {
            **NOTHING, Part.INTEREST: row.interest, Part.PRINCIPAL: row.principal, Part.FEE: row.fee,
        }  # fmt: skip
        line = cls(row.begins_on, row.due_on, owed, agreed_fee=row.fee, planned=row.interest)
        line.instalment = row.principal + row.interest
        return line

    def __post_init__(self) -> None:
        self.since = max(self.since, self.begins_on)

    @property
    def is_down_payment(self) -> bool:
        """The row of the day of disbursement: it bears no interest."""
        return self.begins_on == self.due_on

    @property
    def agreed(self) -> int:
        """Principal and interest it asks for by the plan."""
        return self.instalment - self.again

    def open(self, part: Part) -> int:
        """What is still owed of one part."""
        return self.owed[part] - self.paid[part] - self.let[part]

    @property
    def charges(self) -> int:
        """Fees and penalties that are open."""
        return self.open(Part.FEE) + self.open(Part.PENALTY)

    def settled(self, part: Part) -> int:
        """What was paid or let go of one part."""
        return self.paid[part] + self.let[part]

    @property
    def outstanding(self) -> int:
        owed, paid, let = self.owed, self.paid, self.let
        return sum(owed.values()) - sum(paid.values()) - sum(let.values())

    def note_paid(self, on: date, taken: int, tolerated: int) -> None:
        """A row is paid on the day on which no more of it is open than is tolerated, whenever the last cent comes."""
        rest = self.outstanding
        if rest <= tolerated < rest + taken or (not rest and self.paid_on is None):
            self.paid_on = on

    def late_until(self, on: date, tolerated: int) -> date:
        """The day up to which the row was or is unpaid, as one sees it on a day."""
        return on if self.outstanding > tolerated else self.paid_on or self.due_on

    def shown(self, number: int, disbursed_on: date | None) -> InstalmentState:
        """The row as others see it: without what was let go; one that asks for nothing is paid from the beginning."""
        net = {part: self.owed[part] - self.let[part] for part in Part}
        return InstalmentState(
            number=number, begins_on=self.begins_on, due_on=self.due_on,
            principal=net[Part.PRINCIPAL], interest=net[Part.INTEREST], fee=net[Part.FEE], penalty=net[Part.PENALTY],
            principal_paid=self.paid[Part.PRINCIPAL], interest_paid=self.paid[Part.INTEREST],
            fee_paid=self.paid[Part.FEE], penalty_paid=self.paid[Part.PENALTY],
            paid_on=None if self.outstanding else self.paid_on or disbursed_on,
        )  # fmt: skip
