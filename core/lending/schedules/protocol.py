"""The protocol's own two models as engines of the same front: what running loans use, unchanged."""

from __future__ import annotations

from core.lending.instalments import Instalment, equal, single
from core.lending.schedules.terms import Engine, ScheduleTerms
from core.money import CURRENCIES


def instalments(terms: ScheduleTerms) -> tuple[Instalment, ...]:
    """The rows of a fixed loan (months) or of an ad-hoc loan (days until its one due date)."""
    step, start = CURRENCIES[terms.currency].step, terms.disbursed_on
    if terms.engine is Engine.FIXED:
        return equal(terms.principal, terms.rate, terms.instalments, step, start)
    return (single(terms.principal, terms.rate, terms.every, step, start),)
