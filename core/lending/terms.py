"""What was agreed. Copied from the project to the loan at approval and never changed after that."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from decimal import Decimal
from enum import StrEnum
from typing import Any

from core.lending.allocation import KIND_TO_BORROWER, Allocation
from core.lending.schedules.terms import Base, Interest, Penalty
from core.money import CURRENCIES, Money, round_to


class RepaymentModel(StrEnum):
    """The two repayment models of the protocol, and the schedules of the trade."""

    FIXED = "fixed"  # equal monthly instalments, interest = amount x APR x months / 12
    AD_HOC = "ad_hoc"  # pay as you can until one due date, interest = principal x APR x days / 360
    SCHEDULE = "schedule"  # any schedule of core.lending.schedules


class Payoff(StrEnum):
    """Which interest ends a loan early."""

    TO_DATE = "to_date"  # to the day she pays: the default
    TO_REST = "to_rest"  # to the end of the period that runs
    AGREED = "agreed"  # all of the schedule


class Rest(StrEnum):
    """From when on a payment lowers the interest."""

    DAILY = "daily"  # from its own day
    REPAYMENT = "repayment"  # from the next due date


class Prepayment(StrEnum):
    """What becomes of the rows when more is paid than is due."""

    BY_TABLE = "by_table"  # instalments stay, the table of allocation says which row takes it
    REDUCE_INSTALMENT = "reduce_instalment"  # as many rows, smaller ones
    REDUCE_NUMBER = "reduce_number"  # the same instalment, fewer rows
    NEXT_INSTALMENTS = "next_instalments"  # the next rows ask for interest only until it is used up


@dataclass(frozen=True, slots=True)
class Recalculation:
    """Interest by the balance of every day instead of that of the schedule."""

    rest: Rest = Rest.DAILY
    past_due_bears_interest: bool = True
    prepayment: Prepayment = Prepayment.BY_TABLE

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Recalculation:
        """Read what `to_json` of the terms wrote."""
        kinds = {"rest": Rest, "prepayment": Prepayment, "past_due_bears_interest": bool}
        return cls(**{name: kinds[name](value) for name, value in data.items()})


@dataclass(frozen=True, slots=True)
class Terms:
    """The terms of one loan. Rates are percent; `duration` counts months (fixed), days (ad-hoc) or rows (schedule)."""

    currency: str
    principal: int
    model: RepaymentModel
    duration: int
    interest_rate: Decimal
    disbursement_fee: Decimal = Decimal(0)
    cash_back_rate: Decimal = Decimal(0)
    grace_period: int = 0
    default_after_days: int = 90
    arrears_grace_days: int = 0  # days past due that are not counted
    arrears_tolerance: int = 0  # an amount unpaid that does not count as late, minor units
    risk_deposit_rate: Decimal = Decimal(0)
    tranches: tuple[
        int, ...
    ] = ()  # percents of the payouts, the first at approval; (): all at once
    schedule: dict[str, Any] | None = (
        None  # its options (docs/schedules.md), without amount, day, currency
    )
    recalculation: Recalculation | None = None
    payoff: Payoff = Payoff.TO_DATE
    allocation: Allocation = KIND_TO_BORROWER
    penalty: Penalty | None = None  # what being late costs, charged by itself
    cooling_off_days: int = (
        0  # in which she may give back what she received, and nothing else is owed
    )
    in_duplum: bool = (
        True  # after default, interest and charges never exceed the principal then owing
    )
    close_below: int = (
        0  # a rest that may be let go, minor units, if it is more than no rail carries
    )

    @property
    def step(self) -> int:
        """The smallest amount the currency's rails pay, in minor units."""
        return CURRENCIES[self.currency].step

    @property
    def is_flat(self) -> bool:
        """Whether interest is of the whole loan to its end, and not of what she still owes."""
        options = self.schedule or {}
        return self.model is RepaymentModel.FIXED or options.get("interest") == Interest.FLAT

    @property
    def tolerated(self) -> int:
        """An amount unpaid that is not late, minor units: never less than what no rail carries."""
        return max(self.arrears_tolerance, self.step - 1)

    @property
    def fee(self) -> Money:
        """What is withheld when the loan is disbursed."""
        return self.percent_of(self.principal, self.disbursement_fee)

    @property
    def received(self) -> Money:
        """What really reaches the borrower. The deposit may be lost, so it counts as not received."""
        return Money(self.currency, self.principal) - self.fee - self.deposit

    @property
    def deposit(self) -> Money:
        """What is withheld for the group when the loan is disbursed, and held until the project ends."""
        return self.percent_of(self.principal, self.risk_deposit_rate)

    @property
    def cash_back(self) -> Money:
        """What comes back to her when every instalment was paid on time, if she drew all of the loan."""
        return self.percent_of(self.principal, self.cash_back_rate)

    def payable(self, amount: Decimal) -> int:
        """The amount a rail can pay that is nearest to `amount` minor units, half to even."""
        return round_to(amount, self.step)

    def percent_of(self, amount: int, rate: Decimal | int) -> Money:
        """So many percent of minor units, in whole payable units."""
        return Money(self.currency, self.payable(Decimal(amount) * rate / 100))

    def to_json(self) -> dict[str, Any]:
        """As plain JSON, rates as text; what came later than the first loans only where it is not the default."""
        shown = {}
        for each in fields(self):
            value = getattr(self, each.name)
            if each.name not in _SINCE or value != each.default:
                shown[each.name] = _plain(value)
        return shown

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Terms:
        """Read what `to_json` wrote, whenever it was written."""
        return cls(
            **{
                name: _READERS[name](value) if name in _READERS and value is not None else value
                for name, value in data.items()
            }
        )


_SINCE = frozenset(
    {
        "arrears_grace_days", "arrears_tolerance", "risk_deposit_rate", "tranches", "schedule", "recalculation",
        "payoff", "allocation", "penalty", "cooling_off_days", "in_duplum", "close_below",
    }
)  # fmt: skip


def _penalty(data: dict[str, Any]) -> Penalty:
    return Penalty(**{**data, "percent": Decimal(data["percent"]), "of": Base(data["of"])})


_READERS: dict[str, Any] = {
    "interest_rate": Decimal, "disbursement_fee": Decimal, "cash_back_rate": Decimal, "risk_deposit_rate": Decimal,
    "model": RepaymentModel, "recalculation": Recalculation.from_json, "payoff": Payoff,
    "allocation": Allocation.from_json, "penalty": _penalty, "tranches": tuple,
}  # fmt: skip


def _plain(value: Any) -> Any:
    if isinstance(value, Allocation):
        return value.to_json()
    if isinstance(value, Recalculation | Penalty):
        return {name: _plain(inner) for name, inner in asdict(value).items()}
    if isinstance(value, tuple):
        return list(value)
    return str(value) if isinstance(value, Decimal | StrEnum) else value
