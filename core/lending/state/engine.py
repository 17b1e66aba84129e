"""What the fold asks of the one who counts the interest: by the plan, ad hoc, or by a moving balance."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from core.lending.allocation import Part
from core.lending.schedules.daycount import broken, factor, yearly_rate
from core.lending.schedules.terms import Engine as Trade
from core.lending.schedules.terms import Interest, InterestPeriod, LeapRule, ScheduleTerms, Unit
from core.lending.state.duplum import InDuplum
from core.lending.state.figures import Accrual
from core.lending.state.lines import Line
from core.lending.state.plan import Plan
from core.lending.terms import Payoff, Terms

DAY = timedelta(days=1)


@dataclass(slots=True)
class Pauses:
    """The days on which interest does not run; first and last are among them."""

    spans: list[tuple[date, date]] = field(default_factory=list)

    def days(self, after: date, until: date) -> int:
        """How many days interest runs, from a day (exclusive) to another (inclusive)."""
        paused: set[int] = set()
        for first, last in self.spans:
            begins, ends = max(first, after + DAY), min(last, until)
            paused.update(begins.toordinal() + k for k in range((ends - begins).days + 1))
        return max(0, (until - after).days - len(paused))

    def stretch(self, on: date, after: date, until: date) -> tuple[date, date, bool]:
        """The part of (after, until] around the next day, without a pause in it; and whether it is a pause itself."""
        for first, last in sorted(self.spans):
            if last <= on:
                after = max(after, min(last, until))
            elif first <= on + DAY:
                return max(after, first - DAY), min(last, until), True
            else:
                return after, min(until, first - DAY), False
        return after, until, False


class Engine(ABC):
    """Counts the interest of one loan. `lines` are the rows of its schedule, in the order of their days."""

    def __init__(self, terms: Terms, duplum: InDuplum) -> None:
        self.terms, self.duplum = terms, duplum
        self.lines: list[Line] = []
        self.pauses = Pauses()
        self.rate = terms.interest_rate
        self.current = 0  # the first row that is not yet due
        self.due_interest = 0  # of the rows before it
        self.is_closed = False
        self.read: ScheduleTerms | None = None  # how its rows are made
        self.yearly = Decimal(0)  # the rate as a fraction
        self.lent = 0  # what flat interest is counted on
        self.plan = Plan()
        self._first = 0

    def first_open(self) -> int:
        """The first row of which principal is still owed, among those that are due."""
        while self._first < self.current and not self.lines[self._first].open(Part.PRINCIPAL):
            self._first += 1
        return self._first

    @property
    def running(self) -> Line | None:
        """The row that runs; None after the last."""
        return self.lines[self.current] if self.current < len(self.lines) else None

    @property
    def next_due_on(self) -> date | None:
        return None if self.running is None else self.running.due_on

    @property
    def is_flat(self) -> bool:
        """Whether interest is on the whole loan to its end."""
        return self.read is not None and self.read.interest is Interest.FLAT

    @property
    def is_by_period(self) -> bool:
        """Whether part of a period costs all of it."""
        read = self.read
        if read is None or read.partial_periods or read.engine is Trade.FIXED:
            return False
        return read.interest_period is InterestPeriod.REPAYMENT and read.unit is not Unit.DAYS

    def begin(self, principal: int, down: int, on: date) -> None:
        """The loan is paid out for the first time, less what she pays down at once."""
        read = self.read
        if read is not None:
            self.yearly = yearly_rate(read)
            self.rate = self.yearly * 100
        self.lent = principal - down
        self.plan = Plan(principal - down, since=on)

    @property
    def to_come(self) -> list[Line]:
        """The rows that are not yet due."""
        return self.lines[self.current :]

    def follow_grace(self) -> None:
        """Which rows ask for principal and interest, and which days cost nothing."""
        read = self.read
        if read is None or read.engine is Trade.FIXED:
            return
        for k, line in enumerate(line for line in self.lines if not line.is_down_payment):
            line.asks_principal = k >= read.grace_on_principal
            line.asks_interest = k >= read.grace_on_interest
            line.bears_interest = k >= read.interest_free

    def factor(self, line: Line, after: date) -> Decimal:
        """What one unit costs from a day in a row to its end: a share of the whole row where months count as equal."""
        read = self.read
        assert read is not None
        days, rest = (line.due_on - line.begins_on).days, (line.due_on - after).days
        daily = read.interest_period is InterestPeriod.DAILY
        is_actual = daily and read.day_count.year is None and read.day_count.month is None
        if is_actual and read.leap_rule is LeapRule.WHOLE_YEAR and after > line.begins_on:
            return factor(read, self.yearly, after, line.due_on)
        if not days or not line.bears_interest:
            return Decimal(0)
        whole = broken if line.is_moved else factor
        return whole(read, self.yearly, line.begins_on, line.due_on) * rest / days

    def unpaused(self, after: date, until: date) -> Decimal:
        """The share of days on which interest runs."""
        days = (until - after).days
        if not self.pauses.spans or days <= 0:
            return Decimal(1)
        return Decimal(self.pauses.days(after, until)) / days

    def payable(self, amount: Decimal) -> int:
        """Interest as this loan rounds it."""
        fixed = self.read is not None and self.read.engine is Trade.FIXED
        return self.terms.payable(amount) if fixed else round(amount)

    @abstractmethod
    def disburse(self, principal: int, on: date) -> None:
        """Pay out, all or one tranche: rows begin, or those that are left are planned anew."""

    @abstractmethod
    def close_row(self) -> None:
        """The end of the day on which the running row is due: what it owes is fixed."""

    @abstractmethod
    def exact(self, on: date) -> Decimal:
        """Interest of the running row up to a day that is in it, unrounded."""

    @abstractmethod
    def accrued(self, on: date) -> int:
        """Interest of all days up to this one, paid or not."""

    @abstractmethod
    def line(self, on: date) -> Accrual | None:
        """On which line interest is earned after this day, if nothing happens."""

    @abstractmethod
    def change_rate(self, rate: Decimal, on: date) -> None:
        """Another rate from this day on."""

    @abstractmethod
    def reschedule(
        self, on: date, first: date | None, count: int | None, extra: Sequence[Line]
    ) -> None:
        """Put all that is not paid on new rows, that of the row after the last as well."""

    def pause(self) -> None:  # noqa: B027 - most engines need not know
        """The pauses have changed: rows to come cost less."""

    def ready(self, on: date) -> None:  # noqa: B027
        """Let the rows owe what they owe to somebody who pays on this day."""

    def room(self, line: Line) -> int:
        """So much principal this row may take."""
        return line.open(Part.PRINCIPAL)

    def moved(self, line: Line, part: Part, amount: int, on: date) -> None:  # noqa: B027
        """So much of a part of this row was paid."""

    def owe_again(self, line: Line, amount: int, on: date) -> None:  # noqa: ARG002 - interest may hang on the day
        """Principal that had been paid is owed again in this row."""
        line.owed[Part.PRINCIPAL] += amount
        line.instalment += amount
        line.again += amount
        self._first = 0

    def settle(self, on: date) -> None:  # noqa: B027
        """A payment is done."""

    def payoff_interest(self, on: date) -> int:
        """The interest that ends the loan on this day, as the terms say."""
        if self.terms.payoff is Payoff.AGREED:
            return self.duplum.limit(self.agreed())
        running = self.running
        to_rest = self.terms.payoff is Payoff.TO_REST and running is not None
        return self.accrued(running.due_on if running is not None and to_rest else on)

    def agreed(self) -> int:
        """All the interest of the rows as they are planned."""
        return sum(line.owed[Part.INTEREST] for line in self.lines)

    def finish(self, interest: int) -> None:
        """The loan ends today with so much interest: the rows ask for no more."""
        for line in self.lines:
            line.owed[Part.INTEREST] = min(line.owed[Part.INTEREST], interest)
            interest -= line.owed[Part.INTEREST]
        assert not interest, "more interest accrued than was agreed"
        self.is_closed = True

    def ask_no_interest(self) -> None:
        """She gives the loan back: no row asks for interest, also none that was due."""
        self.finish(0)
        for line in self.lines:
            line.owed[Part.INTEREST] = line.let[Part.INTEREST]
        self.due_interest = sum(line.owed[Part.INTEREST] for line in self.lines[: self.current])

    def begin_again(self, on: date) -> None:  # noqa: ARG002 - what was paid may hang on the day
        """Money is lent again after the loan had ended: interest runs from this day, on top of what was paid."""
        self.is_closed = False

    def project(self, on: date) -> None:  # noqa: B027
        """Let the rows show what they will owe if nothing happens after this day."""
