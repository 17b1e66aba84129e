"""The next part of a loan that is paid out in tranches: asked for by the desk when the work of the last one was seen.

Each is paid by the same rail payout as the first, under a key of its own event, so that it is sent once; she owes it
when it has arrived. One is under way at a time, never more than agreed, never to a loan that is late or in hardship,
and never so much that a month asks for more than she can pay (core.lending.affordability).
"""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Unpack

from sqlalchemy import select

from core import payments, people
from core.db import Session
from core.errors import Refusal
from core.lending import account, community, hardship, projects, tranches
from core.lending.affordability import check_part
from core.lending.models import Loan, LoanEvent
from core.lending.servicing_change import Change, Order, change, known_event, locked, told
from core.lending.state import Event, EventKind, LoanState, PauseKind, fold
from core.lending.tranches import Tranche
from core.messaging import Template
from core.money import Money
from core.payments import Payment, PaymentKind
from core.payments.rules import UNDER_WAY
from core.people import UserState
from core.refusal_codes import RefusalCode


def disburse(db: Session, *, amount: Money | None = None, **order: Unpack[Order]) -> Change:
    """Send the next tranche, or less of it; what is left over is in the one after it.

    Refuses user_blocked, loan_in_arrears(days), loan_in_hardship, group_debt_open, payout_under_way,
    no_instalment_left, project_limit_reached, tranche_too_large(most), not_affordable(most), nothing_affordable,
    amount_not_payable, nothing_to_draw, what `change` refuses and what the rail cannot carry.
    """
    loan = locked(db, order)
    known = known_event(db, order["idempotency_key"])
    if known is not None:
        return change(db, order, EventKind.TRANCHE_ASKED, amount=amount or loan.money(known.amount))
    state = account.state(db, loan, account.today(db, loan, order["now"]))
    check_none_under_way(db, loan)
    _check(db, loan, state)
    part = _next(db, loan, state, amount)
    _check_affordable(db, loan, state, part, order["now"])
    done = change(db, order, EventKind.TRANCHE_ASKED, amount=part.principal)
    _send(db, loan, part, done.event.number, order["now"])
    return done


def cancel_rest(db: Session, **order: Unpack[Order]) -> Change:
    """What was not drawn will not be: she does not owe it, and the project may lend it to others.

    Refuses nothing_to_draw, payout_under_way and what `change` refuses.
    """
    loan = locked(db, order)
    if known_event(db, order["idempotency_key"]) is None:
        check_none_under_way(db, loan)
    rest = loan.money(loan.undrawn)
    done = change(db, order, EventKind.REST_CANCELLED)
    return told(db, done, Template.REST_CANCELLED, order, amount=rest)


def check_none_under_way(db: Session, loan: Loan) -> None:
    """Refuse payout_under_way while money of this loan is on its way to her."""
    query = select(Payment.id).where(
        Payment.loan_id == loan.id,
        Payment.kind == PaymentKind.DISBURSEMENT,
        Payment.state.in_(UNDER_WAY),
    )
    if db.scalar(query.limit(1)) is not None:
        raise Refusal(RefusalCode.PAYOUT_UNDER_WAY)


def tranche_of(db: Session, loan: Loan, payment: Payment) -> Tranche | None:
    """What this payout stands for; None where it is one too many: the loan was paid out before."""
    query = select(LoanEvent).where(
        LoanEvent.loan_id == loan.id, LoanEvent.kind == EventKind.TRANCHE_ASKED
    )
    for asked in db.scalars(query):
        if payment.idempotency_key == _key(loan.id, asked.number):
            return tranches.cut(loan.terms, loan.disbursed, asked.amount)
    return tranches.plan(loan.terms)[0] if loan.disbursed_on is None else None


def _check(db: Session, loan: Loan, state: LoanState) -> None:
    if people.get(db, loan.user_id).state is not UserState.ACTIVE:
        raise Refusal(RefusalCode.USER_BLOCKED)
    if days := state.days_late:
        raise Refusal(RefusalCode.LOAN_IN_ARREARS, days=days)
    if _is_in_hardship(db, loan, state):
        raise Refusal(RefusalCode.LOAN_IN_HARDSHIP)
    if (owing := community.debt_of(db, loan.user_id)) is not None:
        raise Refusal(RefusalCode.GROUP_DEBT_OPEN, loan=owing.code)
    if state.undrawn and not any(row.due_on > state.on for row in state.rows):
        raise Refusal(RefusalCode.NO_INSTALMENT_LEFT)
    project = projects.get(db, loan.project_id)
    if projects.lent(db, project.id) > project.limit:  # others have what she had let go, or repaid
        raise Refusal(RefusalCode.PROJECT_LIMIT_REACHED)


def _is_in_hardship(db: Session, loan: Loan, state: LoanState) -> bool:
    """Who cannot pay now, or was given time because of it, is not lent more."""
    pauses = (one for one in state.pauses if one.kind is PauseKind.ARREARS)
    has_time = any(one.begins_on <= state.on <= one.ends_on for one in pauses)
    return has_time or hardship.open_request(db, loan.id) is not None


def _check_affordable(
    db: Session, loan: Loan, state: LoanState, part: Tranche, now: datetime
) -> None:
    """What a month asks for once this part has come still fits what comes in."""
    arrives = Event(loan.events, EventKind.DISBURSED, state.on, principal=part.principal.minor)
    after = fold(loan.terms, [*account.events(db, loan.id), arrives], state.on)
    before, dues = (
        [(row.due_on, loan.money(row.outstanding)) for row in one.unpaid] for one in (state, after)
    )
    check_part(
        db, projects.get(db, loan.project_id), user_id=loan.user_id, part=part.principal, before=before, after=dues,
        now=now,
    )  # fmt: skip


def _next(db: Session, loan: Loan, state: LoanState, amount: Money | None) -> Tranche:
    """The tranche whose turn it is, or so much of it."""
    drawn = len(tranches.payouts(account.events(db, loan.id)))
    most = tranches.planned(loan.terms, state.disbursed, drawn) if state.undrawn else 0
    wanted = loan.money(most) if amount is None else amount
    if not most:
        raise Refusal(RefusalCode.NOTHING_TO_DRAW)
    if wanted.currency != loan.currency or wanted.minor % loan.terms.step:
        raise Refusal(RefusalCode.AMOUNT_NOT_PAYABLE, step=loan.money(loan.terms.step))
    if not 0 < wanted.minor <= most:
        raise Refusal(RefusalCode.TRANCHE_TOO_LARGE, most=loan.money(most))
    return tranches.cut(loan.terms, state.disbursed, wanted.minor)


def _send(db: Session, loan: Loan, part: Tranche, number: int, now: datetime) -> None:
    payments.request(
        db, kind=PaymentKind.DISBURSEMENT, rail=loan.rail, money=part.received, loan_id=loan.id,
        phone=people.get(db, loan.user_id).phone, account_reference=loan.code,
        idempotency_key=_key(loan.id, number), now=now,
    )  # fmt: skip


def _key(loan_id: uuid.UUID, number: int) -> str:
    return f"loan:{loan_id}:tranche:{number}"
