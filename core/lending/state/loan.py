"""The figures of one loan while the fold runs, and the one way money gets onto a row."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from core.lending.allocation import Part
from core.lending.state.adhoc import AdHoc
from core.lending.state.duplum import InDuplum
from core.lending.state.engine import Engine
from core.lending.state.events import Event, LoanStatus
from core.lending.state.figures import Pause, Portion
from core.lending.state.late import Late
from core.lending.state.lines import Line, nothing
from core.lending.state.moving import Moving
from core.lending.state.planned import Planned
from core.lending.terms import RepaymentModel, Terms


class Loan:
    """Everything the fold remembers between two events."""

    def __init__(self, terms: Terms) -> None:
        self.terms = terms
        self.status = LoanStatus.DRAFT
        self.duplum = InDuplum()
        self.engine = _engine(terms, self.duplum)
        self.late = Late(terms.penalty, step=terms.step, tolerated=terms.tolerated)
        self.extra: list[Line] = []  # after the last due date
        self.disbursed_on: date | None = None
        self.closed_on: date | None = None
        self.restructured_on: date | None = None
        self.rest_is_cancelled = False
        self.disbursed = self.charged_back = self.fee_withheld = self.fee_returned = 0
        self.paid, self.waived, self.written_off = nothing(), nothing(), nothing()
        self.credits: list[tuple[Event, int]] = []  # what is left of a payment
        self.paid_before: date | None = None  # the day of the payment of which credit is spent now
        self.returning = self.cash_back_owed = self.recovered = 0
        self.rounded = 0  # of what counts as paid: a rest that no rail carries
        self.pauses: list[Pause] = []
        self.portions: list[Portion] = []
        self._first = 0
        self._charged: list[Line] = []

    @property
    def lines(self) -> list[Line]:
        """Every row, in the order of its day."""
        return [*self.engine.lines, *self.extra] if self.extra else self.engine.lines

    @property
    def is_open(self) -> bool:
        """Paid out, and something may still be owed."""
        return self.disbursed_on is not None and self.closed_on is None

    @property
    def principal_outstanding(self) -> int:
        gone = self.paid[Part.PRINCIPAL] + self.written_off[Part.PRINCIPAL] + self.fee_returned
        return self.disbursed + self.charged_back - gone

    @property
    def interest_settled(self) -> int:
        """What was paid or let go of it, also when the loan was closed before and runs again."""
        return sum(part[Part.INTEREST] for part in (self.paid, self.waived, self.written_off))

    @property
    def credit(self) -> int:
        return sum(amount for _, amount in self.credits)

    def unsettled(self) -> Iterator[tuple[int, Line]]:
        """The rows of which something is open, with their places; those settled at the front are passed by."""
        lines = self.lines
        while self._first < len(lines) and not lines[self._first].outstanding:
            self._first += 1
        for k in range(self._first, len(lines)):
            if lines[k].outstanding:
                yield k, lines[k]

    def arisen(self, on: date) -> int:
        """All interest by a day: what has accrued, or was settled before it did."""
        return max(self.engine.accrued(on), self.interest_settled)

    def charged(self) -> list[Line]:
        """The rows of which a fee or penalty is open."""
        self._charged = [line for line in self._charged if line.charges]
        return self._charged

    def has_charge(self, line: Line) -> None:
        """A fee or penalty was put on this row."""
        if line not in self._charged:
            self._charged.append(line)

    def rows_are_new(self) -> None:
        """The rows were planned: look at all of them again."""
        self._charged = [line for line in self.lines if line.charges]
        self.look_again()

    def look_again(self) -> None:
        """Something is owed again in a row that was settled."""
        self._first = 0

    def put(self, line: Line, part: Part, amount: int, on: date, number: int) -> int:
        """Pay of one part what is open, at most `amount`; what was taken."""
        taken = min(amount, line.open(part))
        if part is Part.PRINCIPAL:
            taken = min(taken, self.principal_outstanding, self.engine.room(line))
        if taken <= 0:
            return 0
        line.paid[part] += taken
        paid_on = self.paid_before or on
        line.note_paid(paid_on, taken, self.terms.tolerated)
        self.paid[part] += taken
        self.engine.moved(line, part, taken, on)
        self.portions.append(Portion(number, paid_on, line.due_on, part, taken))
        return taken


def _engine(terms: Terms, duplum: InDuplum) -> Engine:
    if terms.model is RepaymentModel.AD_HOC:
        return AdHoc(terms, duplum)
    if terms.model is RepaymentModel.SCHEDULE and terms.recalculation is not None:
        return Moving(terms, duplum)
    return Planned(terms, duplum)
