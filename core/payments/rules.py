"""The rules of payments without a database: what may follow what, keys, limits, and when to ask or try again."""

from __future__ import annotations

import base64
import uuid
from datetime import datetime, timedelta
from math import ceil

from config.limits import (
    PAY_IN_HINT_SECONDS,
    PAY_IN_MATCH_SECONDS,
    PAYMENT_ASK_SECONDS,
    PAYMENT_CHECK_PROMPT_SECONDS,
    PAYMENT_CHECK_SECONDS,
    PAYMENT_DECIDE_SECONDS,
    PAYMENT_REPEAT_MISSING,
    PAYMENT_REPEAT_SECONDS,
    PAYMENT_REPEATS,
    PAYMENT_TRIES,
    STK_EXPIRY_SECONDS,
    STK_MARGIN_SECONDS,
)
from core.errors import Refusal
from core.money import CURRENCIES, Money
from core.payments.models import Method, Payment, PaymentKind, Topic
from core.payments.models import PaymentState as State
from core.payments.rail import Answer, Verdict
from core.refusal_codes import RefusalCode

NOT_CONFIRMED = "not_confirmed"  # why a pay-in was given up that its provider does not know
OPEN = (State.SUBMITTING, State.SUBMITTED, State.UNKNOWN)
UNDER_WAY = (State.READY, *OPEN)  # asked for, and not ended
LATE, TWICE = "settled_late", "paid_twice"  # she has money that no loan of hers could take
_ENDS = {State.SETTLED, State.FAILED}

NEXT: dict[State, set[State]] = {
    State.READY: {
        State.SUBMITTING,
        State.SETTLED,  # an attempt thought failed was paid after all
        State.SUBMITTED,  # a late voice: what was to be said again had been heard
        State.UNKNOWN,
        State.FAILED,  # withdrawn before it was sent
    },
    State.SUBMITTING: {State.SUBMITTED, State.UNKNOWN, State.READY, *_ENDS},
    State.SUBMITTED: {State.UNKNOWN, State.READY, *_ENDS},
    State.UNKNOWN: {State.SUBMITTED, State.READY, *_ENDS},
    State.SETTLED: {State.REVERSED},
    State.FAILED: {
        State.SETTLED_LATE,
        State.UNKNOWN,  # a pay-in given up, of which nobody was told, is spoken of again
    },
    State.SETTLED_LATE: {State.REVERSED},
    State.REVERSED: set(),
}

_RAIL_CURRENCY = {"mpesa": "KES"}
_RAIL_LIMITS = {  # in minor units, per payment
    ("mpesa", Method.PAYOUT): (1_000, 25_000_000),
    ("mpesa", Method.PUSH): (100, 25_000_000),
}
_WAITS = {
    "float_empty": 600,
    "rule_limited": 150,
    "subscriber_locked": 90,
}  # seconds; else a minute
OURS_TO_MEND = {"configuration", "float_empty", "credential_locked"}  # no borrower caused these


def method_of(kind: PaymentKind) -> Method:
    """How we start a payment of this kind."""
    return Method.PUSH if kind is PaymentKind.REPAYMENT else Method.PAYOUT


def limits(rail: str, method: Method) -> tuple[Money, Money]:
    """The least and the most one payment may be."""
    least, most = _RAIL_LIMITS[rail, method]
    return Money(_RAIL_CURRENCY[rail], least), Money(_RAIL_CURRENCY[rail], most)


def check(rail: str, method: Method, money: Money) -> None:
    """Refuse what the rail cannot carry: another currency, an amount outside its limits; fractions are a bug."""
    currency = _RAIL_CURRENCY[rail]
    if money.currency != currency:
        raise Refusal(RefusalCode.CURRENCY_NOT_CARRIED, rail=rail, currency=money.currency)
    assert money.minor % CURRENCIES[currency].step == 0, "this rail pays whole units only"
    least, most = limits(rail, method)
    if not least <= money <= most:
        raise Refusal(RefusalCode.PAYMENT_OUTSIDE_LIMITS, least=least, most=most)


def provider_key(payment_id: uuid.UUID, attempt: int) -> str:
    """The key of one attempt, known before anything is sent: 18 letters and digits, as M-PESA demands."""
    return base64.b32encode(uuid.uuid5(payment_id, str(attempt)).bytes).decode()[:18]


def next_ask(asks: int, now: datetime) -> datetime:
    """When to ask again after `asks` questions."""
    seconds = PAYMENT_ASK_SECONDS[min(asks, len(PAYMENT_ASK_SECONDS) - 1)]
    return now + timedelta(seconds=seconds)


def when_to_read(topic: Topic, now: datetime) -> datetime:
    """When a callback is understood: an announcement only if the confirmation does not come first."""
    return now + timedelta(seconds=PAY_IN_HINT_SECONDS) if topic is Topic.ANNOUNCED else now


def is_near(paid_at: datetime, told_at: datetime, opened_at: datetime, offset: int | None) -> bool:
    """Whether a pay-in may be the money of a prompt: told to us after it was opened, and near it on either clock.

    `paid_at` is the provider's clock, `offset` the seconds it was ahead of ours when it took the prompt.
    """
    near, at_provider = PAY_IN_MATCH_SECONDS, opened_at + timedelta(seconds=offset or 0)
    since_told = (told_at - opened_at).total_seconds()
    return since_told >= 0 and (
        since_told <= near or abs((paid_at - at_provider).total_seconds()) <= near
    )


def is_checkable(payment: Payment) -> bool:
    """Whether an ended payment can be asked about, and the answer could be news."""
    if payment.method is Method.PAY_IN and payment.failure == NOT_CONFIRMED:
        return False  # whoever may forge a confirmation shall not have us ask for weeks
    if payment.method is Method.PAY_IN:
        return payment.receipt is not None and payment.state is not State.REVERSED
    if payment.method is Method.PAYOUT or payment.state is State.FAILED:
        return payment.attempt > 0  # what was never sent was never paid
    return payment.receipt is not None and payment.state is not State.REVERSED


def lacks_receipt(payment: Payment) -> bool:
    """Whether a paid prompt can never be compared with the provider, because its receipt is not known."""
    is_counted = payment.state is State.SETTLED and payment.counted_by is None
    return payment.method is Method.PUSH and payment.receipt is None and is_counted


def next_check(payment: Payment, days: int, now: datetime) -> datetime | None:
    """When a payment that has ended is next compared with the provider: after twice the time since its end.

    None when its provider can no longer reverse it (`days`), or nobody can pay a prompt any more.
    """
    assert payment.closed_at is not None, payment.id
    is_prompt = payment.method is Method.PUSH and payment.state is State.FAILED
    most = timedelta(seconds=PAYMENT_CHECK_PROMPT_SECONDS) if is_prompt else timedelta(days=days)
    if now >= payment.closed_at + most:
        return None
    wait = max(now - payment.closed_at, timedelta(seconds=PAYMENT_CHECK_SECONDS))
    return min(now + wait, payment.closed_at + most)


def expired(opened_at: datetime, now: datetime) -> bool:
    """Whether a prompt on the payer's phone is certainly dead."""
    return now >= prompt_end(opened_at)


def prompt_end(opened_at: datetime) -> datetime:
    """The instant after which a prompt can no longer be answered."""
    return opened_at + timedelta(seconds=STK_EXPIRY_SECONDS + STK_MARGIN_SECONDS)


def may_repeat(payment: Payment, now: datetime) -> bool:
    """Whether a payout nobody has heard of may be said again under the very same key (docs/adr/0007).

    Only where no voice ever said it was taken, soon enough for the provider to remember the key, and not for ever.
    """
    return (
        payment.method is Method.PAYOUT
        and payment.state is State.UNKNOWN  # and nobody is saying it at this moment
        and payment.provider_reference is None
        and payment.told_verdict is None
        and payment.missing >= PAYMENT_REPEAT_MISSING
        and payment.repeats < PAYMENT_REPEATS
        and payment.opened_at is not None
        and now - payment.opened_at <= timedelta(seconds=PAYMENT_REPEAT_SECONDS)
    )


def seconds_to_decide(payment: Payment, now: datetime) -> int:
    """How long a worker that took this order may still send it; after that a person may say that it was not paid."""
    claimed = payment.not_before if payment.repeats else payment.opened_at
    if claimed is None or payment.state is State.READY:
        return 0
    left = timedelta(seconds=PAYMENT_DECIDE_SECONDS) - (now - claimed)
    return max(0, ceil(left.total_seconds()))


def next_attempt(answer: Answer, *, method: Method, attempt: int, now: datetime) -> datetime | None:
    """When a payment that certainly failed may be tried again; None if this was its last attempt."""
    if method is Method.PAY_IN:
        return None
    if answer.verdict is Verdict.NOT_SENT and method is Method.PAYOUT:
        # the provider is away; a loan waits for it an hour, while a prompt an hour late would only startle
        return next_ask(attempt, now) if attempt < len(PAYMENT_ASK_SECONDS) else None
    if method is Method.PUSH and answer.code == "rule_limited":
        return None  # she paid the same amount minutes ago: she is told so, and asks again if she means it
    if answer.verdict not in (Verdict.LATER, Verdict.NOT_SENT) or attempt >= PAYMENT_TRIES:
        return None
    return now + timedelta(seconds=_WAITS.get(answer.code, 60))
