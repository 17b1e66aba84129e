"""The protocol's own two models as engines of the same front: what running loans use, unchanged."""

from __future__ import annotations

from core.lending.schedule import Instalment, schedule
from core.lending.schedules.terms import Engine, ScheduleTerms
from core.lending.terms import RepaymentModel, Terms


def instalments(terms: ScheduleTerms) -> tuple[Instalment, ...]:
    """The rows of a fixed loan (months) or of an ad-hoc loan (days until its one due date)."""
    fixed = terms.engine is Engine.FIXED
    agreed = Terms(
        currency=terms.currency,
        principal=terms.principal,
        model=RepaymentModel.FIXED if fixed else RepaymentModel.AD_HOC,
        duration=terms.instalments if fixed else terms.every,
        interest_rate=terms.rate,
    )
    return schedule(agreed, terms.disbursed_on)
