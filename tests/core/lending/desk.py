"""The desk of the village: a clerk, and the orders she gives."""

from __future__ import annotations

import uuid
from typing import Any

from core.lending import Loan
from core.people import Role, User, UserState
from tests.core.lending.village import Village


def order(village: Village, loan: Loan, **changed: Any) -> dict[str, Any]:
    """An order about a loan, each under a key of its own."""
    return {
        "organisation_id": loan.organisation_id, "loan_id": loan.id, "idempotency_key": uuid.uuid4().hex, "by": None,
        "reason": "She asked for it.", "now": village.now, **changed,
    }  # fmt: skip


def user(village: Village, role: Role, number: int = 77) -> User:
    """Somebody of the cooperative."""
    made = User(
        organisation_id=village.project.organisation_id, role=role, state=UserState.ACTIVE,
        phone=f"+2547120000{number:02}", language="en", given_name="Grace", family_name="Njeri",
    )  # fmt: skip
    village.db.add(made)
    village.db.flush()
    return made
