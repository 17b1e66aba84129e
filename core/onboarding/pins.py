"""Another PIN by phone: the new one twice, then what gives it the record: the old one, a guardian, or time."""

from __future__ import annotations

import uuid
from datetime import datetime

from core import people, sscr
from core.db import Session
from core.errors import Refusal
from core.keys import Keyring
from core.messaging import Template
from core.onboarding import recovery
from core.onboarding.models import Recovery, RecoveryState
from core.onboarding.service import birth_date
from core.onboarding.texts import AGENT_HELP, PIN_CHANGE, text
from core.refusal_codes import RefusalCode
from core.sscr import Custody


def choose_pin_anew(
    db: Session,
    *,
    keyring: Keyring,
    custody: Custody,
    user_id: uuid.UUID,
    pin: str,
    under_way: Recovery | None = None,
) -> None:
    """The PIN she wants from now on; it opens nothing yet.

    Refuses pin_format, pin_weak, and while another way than this one is under way recovery_first, recovery_over.
    """
    _check_place(db, user_id, under_way)
    sscr.choose_next(
        db, custody=custody, owner_id=user_id, pin=pin, phone=people.get(db, user_id).phone,
        birth_date=birth_date(db, keyring, user_id),
    )  # fmt: skip


def confirm_pin_anew(
    db: Session,
    *,
    custody: Custody,
    user_id: uuid.UUID,
    pin: str,
    now: datetime,
    service_code: str = "",
    under_way: Recovery | None = None,
) -> bool:
    """Whether she typed the same again; then a recovery that is under way begins to count its days.

    Refuses recovery_first, recovery_over.
    """
    _check_place(db, user_id, under_way)
    if not sscr.confirm_next(db, custody=custody, owner_id=user_id, pin=pin):
        return False
    if under_way is not None:
        recovery.chosen(db, recovery=under_way, service_code=service_code, now=now)
    return True


def change_pin(
    db: Session,
    *,
    custody: Custody,
    user_id: uuid.UUID,
    old_pin: str,
    session_id: str,
    now: datetime,
) -> None:
    """Give her record the PIN she chose, with the old one; refuses recovery_first and what `unlock` refuses."""
    _check_place(db, user_id, None)
    with sscr.unlock(
        db, custody=custody, owner_id=user_id, pin=old_pin, purpose=PIN_CHANGE,
        session_id=session_id, now=now,
    ) as unlocked:  # fmt: skip
        sscr.take_next(db, unlocked)
    text(db, people.get(db, user_id), Template.PIN_CHANGED, now)


def check_agent(
    db: Session,
    *,
    custody: Custody,
    agent_id: uuid.UUID,
    pin: str,
    session_id: str,
    now: datetime,
) -> None:
    """It is the agent who begins: his PIN opens his own record, is counted, and he is texted.

    Refuses what `unlock` refuses.
    """
    with sscr.unlock(
        db, custody=custody, owner_id=agent_id, pin=pin, purpose=AGENT_HELP, session_id=session_id, now=now
    ):  # fmt: skip
        pass


def _check_place(db: Session, user_id: uuid.UUID, under_way: Recovery | None) -> None:
    """There is one place for a chosen PIN: nobody at another phone puts his into it while a recovery waits for hers."""
    if under_way is None and recovery.of_user(db, user_id) is not None:
        raise Refusal(RefusalCode.RECOVERY_FIRST)
    if under_way is not None and under_way.state is not RecoveryState.PRESENT:
        raise Refusal(RefusalCode.RECOVERY_OVER)
