"""What was agreed. Copied from the project to the loan at approval and never changed after that."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any

from core.money import CURRENCIES, Money, round_to


class RepaymentModel(StrEnum):
    """The two repayment models of the protocol."""

    FIXED = "fixed"  # equal monthly instalments, interest = amount x APR x months / 12
    AD_HOC = "ad_hoc"  # pay as you can until one due date, interest = principal x APR x days / 360


@dataclass(frozen=True, slots=True)
class Terms:
    """The terms of one loan. Rates are percent; `duration` counts months (fixed) or days (ad-hoc)."""

    currency: str
    principal: int
    model: RepaymentModel
    duration: int
    interest_rate: Decimal
    disbursement_fee: Decimal = Decimal(0)
    cash_back_rate: Decimal = Decimal(0)
    grace_period: int = 0
    default_after_days: int = 90

    @property
    def step(self) -> int:
        """The smallest amount the currency's rails pay, in minor units."""
        return CURRENCIES[self.currency].step

    @property
    def fee(self) -> Money:
        """What is withheld when the loan is disbursed."""
        return self._percent(self.disbursement_fee)

    @property
    def received(self) -> Money:
        """What really reaches the borrower."""
        return Money(self.currency, self.principal) - self.fee

    @property
    def cash_back(self) -> Money:
        """What comes back to her when every instalment was paid on time."""
        return self._percent(self.cash_back_rate)

    def payable(self, amount: Decimal) -> int:
        """The amount a rail can pay that is nearest to `amount` minor units, half to even."""
        return round_to(amount, self.step)

    def _percent(self, rate: Decimal) -> Money:
        return Money(self.currency, self.payable(self.principal * rate / 100))

    def to_json(self) -> dict[str, Any]:
        """As plain JSON, rates as text, so that nothing becomes a float."""
        return {
            name: str(value) if isinstance(value, Decimal | StrEnum) else value
            for name, value in asdict(self).items()
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Terms:
        """Read what `to_json` wrote."""
        rates = ("interest_rate", "disbursement_fee", "cash_back_rate")
        return cls(
            **{
                **data,
                **{name: Decimal(data[name]) for name in rates},
                "model": RepaymentModel(data["model"]),
            }
        )
