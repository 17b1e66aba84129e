"""One row per session, with our half joined to the carrier's."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core import ussd
from core.ussd import Trace, UssdSession


def end(db: Session, now: datetime, **changed: Any) -> bool:
    told: dict[str, Any] = {
        "session_id": "s1", "gateway": "africastalking", "service_code": "*384*77#", "network": "63902",
        "status": "Success", "cost": "KES 1.00", "duration_ms": 41_000, "hops": 4, "journey": "home|loan.amount",
        "error": "", "trace": None,
    }  # fmt: skip
    return ussd.record_session(db, **(told | changed), now=now)


def test_our_half_is_joined(db: Session, now: datetime) -> None:
    user = uuid.uuid4()
    began = now - timedelta(seconds=41)
    trace = Trace(user_id=user, language="sw", started_at=began, screen="loan.done", turns=5)

    assert end(db, now, trace=trace)

    row = db.scalars(select(UssdSession)).one()
    assert (row.user_id, row.language, row.started_at) == (user, "sw", began)
    assert (row.screen, row.turns, row.created_at) == ("loan.done", 5, now)


def test_a_session_is_told_once(db: Session, now: datetime) -> None:
    assert end(db, now)

    assert not end(db, now, status="Failed")
    assert end(db, now, session_id="s2")
    assert db.scalars(select(UssdSession.status).order_by(UssdSession.session_id)).all() == [
        "Success", "Success",
    ]  # fmt: skip
