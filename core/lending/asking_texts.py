"""What she is texted about a question to her wallet: where it is, and why an answer did not do."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime

from core import messaging, people
from core.credentials import Issuer
from core.db import Session
from core.errors import Refusal
from core.keys import Keyring
from core.lending import asking
from core.lending.asking_models import PresentationRequest
from core.messaging import Template
from core.money import Money
from core.words import Words, words

# somebody came too late, or she said no herself
_UNTOLD = frozenset({"question_over", "wallet_declined"})


def ask(
    db: Session, request: PresentationRequest, *, keyring: Keyring, issuer: Issuer, amount: Money, now: datetime
) -> None:  # fmt: skip
    """Text her where her wallet finds the question; once."""
    assert request.user_id is not None
    user = people.get(db, request.user_id)
    support = people.organisation(db, user.organisation_id).support_phone
    where = asking.address(keyring, request, issuer)
    messaging.send(
        db, to=user.phone, template=Template.WALLET_ASKED, language=user.language, user_id=user.id, now=now,
        facts={"amount": amount, "address": where, "minutes": asking.MINUTES, "support": support},
        secret=True, event_key=f"question:{request.id}",
    )  # fmt: skip


def refuse(
    db: Session,
    request_id: uuid.UUID,
    refusal: Refusal,
    *,
    say: Callable[[Words, Refusal], str],
    now: datetime,
) -> None:
    """Text her why her wallet's answer led to no loan, each reason once; at a desk somebody looks at the answer."""
    request = db.get_one(PresentationRequest, request_id)
    if request.user_id is None or refusal.code in _UNTOLD:
        return
    user = people.get(db, request.user_id)
    support = people.organisation(db, user.organisation_id).support_phone
    messaging.send(
        db, to=user.phone, template=Template.WALLET_REFUSED, language=user.language, user_id=user.id, now=now,
        facts={"reason": say(words(user.language), refusal), "support": support},
        event_key=f"question:{request_id}:{refusal.code}:{refusal.facts.get('reason', '')}",
    )  # fmt: skip
