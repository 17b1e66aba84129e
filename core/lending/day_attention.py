"""What of the day end waits for a person, in the words of the list of everything that does."""

from __future__ import annotations

from sqlalchemy import select

from core.db import Session
from core.lending import set_aside
from core.lending.models import LendingClock
from core.lending.owned import Owner


def rows(db: Session, *, owner: Owner = None) -> list[dict[str, object]]:
    """The clock, where the day end does not believe it, and the loans of an organisation that were set aside."""
    doubted = db.scalars(select(LendingClock).where(LendingClock.doubt.is_not(None)))
    clocks: list[dict[str, object]] = [
        {"since": one.doubted_at, "reason": f"day_end_waits_{one.doubt}", "do": "growr loan day"}
        for one in doubted
    ]
    return clocks + [
        {"loan": one.code, "since": one.on, "reason": "loan_set_aside", "error": one.why}
        for one in set_aside.waiting(db, owner=owner)
    ]
