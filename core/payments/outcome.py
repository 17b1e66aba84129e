"""What an answer of a provider does to a payment: the only place where payments end.

Called with every answer, in any order, any number of times; only the first that ends a payment books it.
"""

from __future__ import annotations

import uuid
from datetime import datetime

from config.limits import PAYMENT_MISSING_TIMES, PAYMENT_REPEATS
from core.db import Session
from core.money import Money
from core.payments import contradictions, postings, rules, twins
from core.payments.contradictions import Change
from core.payments.models import Method, Payment, Voice
from core.payments.models import PaymentState as State
from core.payments.rail import Answer, Verdict
from core.payments.service import alert, lock, move, resolve_failures, settle_alert
from core.queue import Job, enqueue


def record(
    db: Session, *, payment_id: uuid.UUID, attempt: int, answer: Answer, now: datetime
) -> Change | None:
    """Write down what the provider answered about one attempt; the change to tell lending of, if any."""
    payment = lock(db, payment_id)
    if attempt != payment.attempt:
        contradictions.earlier_attempt(db, payment, attempt, answer, now)
        return None
    return _STEPS[answer.verdict](db, payment, answer, now)


def acknowledge(
    db: Session, *, payment_id: uuid.UUID, attempt: int, answer: Answer, now: datetime
) -> Change | None:
    """Write down what the provider answered to an order it was just given.

    That it did not take an order said again is no word about the one said before: only a question tells.
    """
    payment = lock(db, payment_id)
    if attempt == payment.attempt:
        if answer.offset is not None:
            payment.clock_offset = round(answer.offset.total_seconds())
        if answer.code == "duplicate":  # it knows the key, so it has the order
            payment.told_verdict = payment.told_verdict or Verdict.PENDING.value
        if payment.repeats and answer.verdict is not Verdict.ACCEPTED:
            answer = Answer(Verdict.PENDING, code=answer.code)
    return record(db, payment_id=payment_id, attempt=attempt, answer=answer, now=now)


def _accepted(db: Session, payment: Payment, answer: Answer, now: datetime) -> None:
    reference = payment.provider_reference or answer.reference
    if payment.state in (State.SUBMITTING, State.UNKNOWN) or payment.to_repeat:
        asking = {"ask_at": payment.ask_at or rules.next_ask(0, now), "to_repeat": False}
        move(db, payment, State.SUBMITTED, provider_reference=reference, **asking)


def _pending(db: Session, payment: Payment, _: Answer, now: datetime) -> None:
    if payment.state is State.SUBMITTING:
        move(db, payment, State.UNKNOWN, ask_at=payment.ask_at or rules.next_ask(0, now))


def _paid(db: Session, payment: Payment, answer: Answer, now: datetime) -> Change | None:
    if payment.is_open or payment.state is State.READY:
        return _settle(db, payment, answer, now)
    return contradictions.paid(db, payment, answer, now)


def _settle(db: Session, payment: Payment, answer: Answer, now: datetime) -> Change | None:
    arrived, receipt = (
        contradictions.arrived(payment, answer),
        answer.receipt or payment.told_receipt,
    )
    closing = {"ask_at": None, "closed_at": now, "failure": None, "to_repeat": False}
    if payment.method is Method.PAY_IN:  # it may have been given up before
        settle_alert(db, payment, "pay_in_not_confirmed", now=now)
    if twins.counted(db, payment, receipt, arrived, now):
        move(db, payment, State.SETTLED, **closing)
        return None
    receipt = twins.free_receipt(db, payment, receipt)
    amount = contradictions.counted_amount(payment, arrived)
    move(db, payment, State.SETTLED, receipt=receipt, amount=amount, **closing)
    if payment.goes_out and payment.loan_id:
        resolve_failures(db, payment, now=now)
    _book(db, payment, arrived, now)
    return _tell(db, payment, arrived, now)


def _tell(db: Session, payment: Payment, arrived: Money, now: datetime) -> Change | None:
    if payment.method is not Method.PAY_IN and arrived.minor != payment.asked:
        alert(db, payment, "amount_differs", now=now, asked=payment.asked, arrived=arrived.minor)
    if payment.loan_id is None and not payment.goes_out:
        alert(db, payment, "unknown_reference", now=now, reference=payment.account_reference)
        return None
    return Change.SETTLED


def _book(db: Session, payment: Payment, arrived: Money, now: datetime) -> None:
    if not payment.goes_out:
        postings.receipt(db, payment, arrived, now)
    elif arrived != payment.money:
        postings.paid_differently(db, payment, arrived, now)


def _failed(db: Session, payment: Payment, answer: Answer, now: datetime) -> Change | None:
    if not payment.is_open:
        contradictions.denied(db, payment, answer, now)
        return None
    if contradictions.awaits_person(db, payment):  # an earlier attempt may have reached her
        _leave_to_person(db, payment)
        return None
    answer = _reason(payment, answer)
    if answer.code in rules.OURS_TO_MEND:
        alert(db, payment, answer.code, now=now)
    again = rules.next_attempt(answer, method=payment.method, attempt=payment.attempt, now=now)
    if again is not None and not contradictions.has_late_money(db, payment):
        waiting = {"not_before": again, "ask_at": None, "to_repeat": False}
        move(db, payment, State.READY, failure=answer.code, **waiting)
        return None
    return _give_up(db, payment, answer.code, now)


def _leave_to_person(db: Session, payment: Payment) -> None:
    payment.ask_at = None
    if payment.state is not State.UNKNOWN:
        move(db, payment, State.UNKNOWN)


def _reason(payment: Payment, answer: Answer) -> Answer:
    """A status query says only "declined"; the callback that was told before knows why."""
    if answer.code != "declined" or payment.told_verdict not in (Verdict.FAILED, Verdict.LATER):
        return answer
    return Answer(Verdict(payment.told_verdict), code=payment.told_code or "declined")


def _give_up(db: Session, payment: Payment, code: str, now: datetime) -> Change | None:
    move(db, payment, State.FAILED, failure=code, ask_at=None, closed_at=now)
    if payment.goes_out:
        postings.void(db, payment, now)
        alert(db, payment, "payout_failed", now=now, code=code, kind=payment.kind.value)
    if payment.method is Method.PAY_IN:  # nobody asked for it, so nobody is told
        if payment.told_code != Voice.ANNOUNCED:
            alert(db, payment, "pay_in_not_confirmed", now=now, code=code)
        return None
    return Change.FAILED


def _missing(db: Session, payment: Payment, _: Answer, now: datetime) -> Change | None:
    payment.missing += 1
    if not payment.is_open:
        contradictions.unknown(db, payment, now)
        return None
    if (
        payment.method is Method.PUSH
    ):  # the receipt we were told does not exist: the hint was worthless
        payment.told_receipt = payment.told_amount = None
        payment.ask_at = now
        return None
    if payment.told_verdict in (
        Verdict.FAILED,
        Verdict.LATER,
    ):  # both voices say that nothing was paid
        told = Answer(Verdict(payment.told_verdict), code=payment.told_code or "refused")
        return _failed(db, payment, told, now)
    if rules.may_repeat(payment, now):
        move(db, payment, State.READY, to_repeat=True, not_before=now, ask_at=None)
        enqueue(db, Job.PAYMENT_SUBMIT)
        return None
    if not _missing_for_good(payment):
        return None
    if payment.method is Method.PAY_IN:
        return _give_up(db, payment, rules.NOT_CONFIRMED, now)
    alert(db, payment, "provider_does_not_know_it", now=now, key=payment.provider_key)
    return None


def _missing_for_good(payment: Payment) -> bool:
    """Nobody knew it often enough, or not even after we said it again: more questions will tell no more."""
    return payment.missing >= PAYMENT_MISSING_TIMES or payment.repeats >= PAYMENT_REPEATS


def _unaskable(db: Session, payment: Payment, _: Answer, now: datetime) -> Change | None:
    """A prompt whose acknowledgement was lost: nothing can be asked until a callback names it, or it is dead."""
    assert payment.opened_at is not None, payment.id
    if not payment.is_open:
        payment.ask_at = None
        return None
    if not rules.expired(payment.opened_at, now):
        payment.ask_at = min(payment.ask_at or now, rules.prompt_end(payment.opened_at))
        return None
    if twins.counted(db, payment, payment.told_receipt, payment.money, now):
        move(db, payment, State.SETTLED, ask_at=None, closed_at=now)
        return None
    alert(db, payment, "outcome_never_told", now=now)  # the statement will show whether she paid
    return _give_up(db, payment, "timeout", now)


def _reversed(db: Session, payment: Payment, _: Answer, now: datetime) -> Change | None:
    if payment.is_open:
        return _failed(db, payment, Answer(Verdict.FAILED, code="reversed"), now)
    return contradictions.taken_back(db, payment, now)


_STEPS = {
    Verdict.ACCEPTED: _accepted,
    Verdict.PAID: _paid,
    Verdict.FAILED: _failed,
    Verdict.LATER: _failed,
    Verdict.NOT_SENT: _failed,
    Verdict.PENDING: _pending,
    Verdict.MISSING: _missing,
    Verdict.UNASKABLE: _unaskable,
    Verdict.REVERSED: _reversed,
}
