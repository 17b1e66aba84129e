"""An end: her record is destroyed because she asked for it. What the law keeps of her loans is not hers to destroy."""

from __future__ import annotations

import uuid
from datetime import datetime

from core import messaging, people, sscr, ussd
from core.db import Session
from core.errors import Refusal
from core.messaging import Template
from core.onboarding import arrivals, recovery, wallet_settling, wallets
from core.onboarding.models import Erasure
from core.onboarding.texts import text
from core.payments import retention as callbacks
from core.people import UserState
from core.refusal_codes import RefusalCode


def erase(
    db: Session,
    *,
    organisation_id: uuid.UUID,
    user_id: uuid.UUID,
    request: str,
    by: str,
    now: datetime,
) -> int:
    """Destroy her keys, credentials and consents; `request` is how she asked, e.g. a letter of 3 May, `by` who did it.

    Every text to her, from her or naming her is emptied. Of who has left nothing of her wallet or of her move stays;
    what she took with her is hers.

    Returns the epoch the key service must be told after the commit. Refuses user_unknown, no_record, request_missing.
    """
    people.member_by_id(db, organisation_id=organisation_id, user_id=user_id)
    if not request.strip():
        raise Refusal(RefusalCode.REQUEST_MISSING)
    if sscr.record_of(db, user_id) is None and wallets.left(db, user_id) is None:
        raise Refusal(RefusalCode.NO_RECORD)
    recovery.cancel(db, user_id)
    wallet_settling.settle_before_erasure(db, user_id, now)
    wallets.end_offers(db, user_id, by=by[:80], now=now)
    wallets.forget(db, user_id)
    arrivals.forget(db, user_id)
    sscr.forget_wallet(db, user_id)
    sscr.forget_owed(db, user_id)
    epoch = sscr.erase(db, owner_id=user_id)
    user = people.get(db, user_id)
    if user.state is UserState.ACTIVE:
        user.state = UserState.INVITED  # she may begin anew, by invitation
    people.forget_facts(db, user_id)
    messaging.forget_person(db, user_id=user_id, phone=user.phone)
    ussd.forget_person(db, user_id)
    callbacks.forget_person(db, (user.phone.removeprefix("+"), user.given_name, user.family_name))
    db.add(Erasure(user_id=user_id, request=request.strip()[:200], by=by[:80], created_at=now))
    text(db, user, Template.RECORD_ERASED, now)
    return epoch
