"""Instalments while money is put on them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from core.lending.allocation import Part, Rule, Step, When
from core.lending.instalments import Instalment


@dataclass(slots=True)
class Line:
    """An instalment while money is put on it. `owed` may fall below the schedule, when she pays before it accrues."""

    row: Instalment
    owed: dict[Part, int]
    paid: dict[Part, int]
    paid_on: date | None = None

    @classmethod
    def of(cls, row: Instalment) -> Line:
        owed = {Part.INTEREST: row.interest, Part.PRINCIPAL: row.principal}
        return cls(row, dict.fromkeys(Part, 0) | owed, dict.fromkeys(Part, 0))

    def open(self, part: Part) -> int:
        """What is still owed of one part."""
        return self.owed[part] - self.paid[part]

    @property
    def outstanding(self) -> int:
        return sum(self.open(part) for part in Part)

    def when(self, day: date) -> When:
        if self.row.due_on == day:
            return When.DUE
        return When.PAST_DUE if self.row.due_on < day else When.IN_ADVANCE

    def put(self, part: Part, amount: int, on: date) -> int:
        """Pay of one part what is open, at most `amount`; what was taken."""
        taken = min(amount, self.open(part))
        self.paid[part] += taken
        if taken and not self.outstanding:
            self.paid_on = on
        return taken


def allocate(
    lines: Sequence[Line], amount: int, on: date, order: Sequence[Step] = Rule().order
) -> int:
    """Put `amount` on the instalments, one after the other within each kind of due; what is left over."""
    for when, parts in groupby(order, key=lambda pair: pair[0]):
        wanted = [part for _, part in parts]
        for line in (line for line in lines if line.when(on) is when):
            for part in wanted:
                amount -= line.put(part, amount, on)
    return amount
