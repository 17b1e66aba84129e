"""Answers to what people text: what is owed, how to pay, no more reminders, help."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import structlog
from sqlalchemy.exc import OperationalError

from config.limits import PIN_DIGITS, SMS_HELPS_PER_DAY, SMS_IN_PER_DAY
from config.settings import Settings
from core import lending, messaging, money, onboarding, people
from core.db import Session
from core.errors import Refusal, log_bug
from core.lending import About, Loan, Standing
from core.messaging import Command, InboundMessage, Sending, Template
from core.money import Money
from core.node import Node
from core.people import User, UserState
from core.words import DEFAULT_LANGUAGE

log = structlog.get_logger(__name__)
A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Asking:
    """Somebody who texted us, and all that an answer needs."""

    db: Session
    inbound: InboundMessage
    user: User | None
    language: str
    amount: str | None
    settings: Settings
    now: datetime

    def say(self, template: Template, **facts: Any) -> None:
        """Answer with one text."""
        facts = {**Sending.of(self.settings).facts, **facts}
        messaging.send(
            self.db, to=self.inbound.sender, template=template, language=self.language, facts=facts,
            now=self.now, user_id=self.user.id if self.user else None,
            event_key=f"inbound:{self.inbound.id}",
        )  # fmt: skip


def answer_next(node: Node) -> bool:
    """Answer one text; False if none waits. One that breaks its answer delays no other, and is set aside at last."""
    taken = None
    try:
        with node.sessions.begin() as db:
            now = node.clock()
            found = messaging.take(db, now=now)
            if found is None:
                return False
            taken = found.id
            answer(db, found, settings=node.settings, now=now)
            messaging.done(found, now=now)
    except OperationalError:  # a lock, or the database: not the fault of the text
        raise
    except Exception as error:  # an entrance: the row is counted, the bug is logged
        if taken is None:
            raise
        log_bug(log, "inbound text not answered", error, inbound=str(taken))
        with node.sessions.begin() as db:
            messaging.broke(db, taken, now=node.clock())
    return True


def answer(db: Session, inbound: InboundMessage, *, settings: Settings, now: datetime) -> None:
    """Do what a text asks for. STOP is always obeyed; answers end where a robot would go on."""
    user = people.by_phone(db, inbound.sender)
    currency = people.organisation(db, user.organisation_id).currency if user else None
    request = messaging.parse(inbound.text, currency)
    if request.command is Command.STOP:
        messaging.opt_out(db, phone=inbound.sender, source="stop", now=now)
    if messaging.received_since(db, inbound.sender, now - A_DAY) > SMS_IN_PER_DAY:
        return
    language = user.language if user else request.language or DEFAULT_LANGUAGE
    asking = Asking(db, inbound, user, language, request.amount, settings, now)
    quiet = user is not None and people.is_number_quiet(user, now)
    if user is not None:
        people.note_in_use(user, now)
    shut = quiet or (user is not None and user.state is UserState.BLOCKED)
    if shut and request.command in (Command.BALANCE, Command.PAY):
        _help(asking)  # the number to call, and nothing about her loan
    else:
        ANSWERS[request.command](asking)


def _balance(asking: Asking) -> None:
    found = _loan(asking)
    if found is None:
        return
    loan, standing, today = found
    amount, due = _next(standing, today)
    asking.say(
        Template.BALANCE, code=loan.code, outstanding=standing.outstanding, next_amount=amount,
        next_due=due,
    )  # fmt: skip


def _pay(asking: Asking) -> None:
    found = _loan(asking)
    if found is None:
        return
    loan, standing, today = found
    if asking.amount is None or not _prompt(asking, loan, asking.amount):
        amount, _ = _next(standing, today)
        paybill = asking.settings.mpesa_short_code
        asking.say(Template.PAY_HOW, paybill=paybill, code=loan.code, amount=amount)


def _prompt(asking: Asking, loan: Loan, amount: str) -> bool:
    """Ask mobile money to ask her for this amount; False if a rule says no."""
    try:
        with asking.db.begin_nested():
            lending.repay(
                asking.db, loan_id=loan.id, amount=money.parse(loan.currency, amount),
                user_id=loan.user_id, idempotency_key=f"sms:{asking.inbound.id}",
                not_before=asking.now, now=asking.now,
            )  # fmt: skip
    except Refusal as refusal:
        log.info("payment by text refused", code=refusal.code)
        return False
    return True


def _loan(asking: Asking) -> tuple[Loan, Standing, date] | None:
    """Her open loan as of today; if there is none she is told so."""
    user = asking.user
    loan = lending.open_loan(asking.db, user.id) if user else None
    if user is None or loan is None:
        if user is None or not _debt(asking, user):
            asking.say(Template.NO_LOAN)
        return None
    today = lending.today(asking.db, loan.id, now=asking.now)
    standing = lending.standing(asking.db, loan.id, on=today)
    if not standing.outstanding:  # the money is still on its way to her, or her group paid
        if not _debt(asking, user):
            _help(asking)
        return None
    return loan, standing, today


def _debt(asking: Asking, user: User) -> bool:
    """A loan her group paid for is over, and still she owes her neighbours: tell her, or bring the prompt she wants."""
    loan = lending.community.debt_of(asking.db, user.id)
    if loan is None:
        return False
    if asking.amount is None or not _prompt(asking, loan, asking.amount):
        step = loan.terms.step
        owed = -(-lending.community.owed_to_group(asking.db, loan).minor // step) * step
        paybill = asking.settings.mpesa_short_code
        asking.say(Template.GROUP_DEBT, code=loan.code, amount=loan.money(owed), paybill=paybill)
    return True


def _next(standing: Standing, today: date) -> tuple[Money, date]:
    """What to pay next and until when; what is late is due today."""
    if standing.due_now or standing.next_due_on is None:
        return standing.due_now or standing.outstanding, today
    return standing.next_due, standing.next_due_on


def _stop(asking: Asking) -> None:
    asking.say(Template.STOPPED)


def _start(asking: Asking) -> None:
    messaging.opt_in(asking.db, phone=asking.inbound.sender, now=asking.now)
    asking.say(Template.STARTED)


def _help(asking: Asking) -> None:
    """What can be texted; after a few times of a day a person reads what she wrote."""
    since, user, settings = asking.now - A_DAY, asking.user, asking.settings
    template = Template.HELP if user else Template.HELP_STRANGER
    helped = messaging.sent_since(asking.db, asking.inbound.sender, template, since)
    if helped >= SMS_HELPS_PER_DAY:
        _hand_to_a_person(asking)
    elif user is None:  # nobody knows her language: both
        asking.say(template, support=settings.support_phone)
    else:
        asking.say(
            template, support=people.organisation(asking.db, user.organisation_id).support_phone
        )


def _hand_to_a_person(asking: Asking) -> None:
    """A ticket once a day, with what she wrote and no number that may be a PIN or a code; a stranger has nobody."""
    user, first = asking.user, asking.now.date().isoformat()
    if user is None:
        log.info("a stranger was helped often")
        return
    words = re.sub(rf"(?<!\d)\d{{{PIN_DIGITS}}}(?!\d)", "*" * PIN_DIGITS, asking.inbound.text)
    try:
        lending.complaints.complain(
            asking.db, user_id=user.id, about=About.OTHER, words=words, now=asking.now,
            idempotency_key=f"sms-help:{user.id}:{first}", told_by=Template.HELP_BY_PERSON,
        )  # fmt: skip
    except Refusal as refusal:
        log.info("no ticket for a text", code=refusal.code)


def _no(asking: Asking) -> None:
    """She says no to a new PIN or number asked for in her name; `stop_recovery` itself tells her."""
    user = asking.user
    if user is None or not onboarding.stop_recovery(asking.db, user_id=user.id, now=asking.now):
        _help(asking)


ANSWERS: dict[Command, Callable[[Asking], None]] = {
    Command.BALANCE: _balance,
    Command.PAY: _pay,
    Command.STOP: _stop,
    Command.START: _start,
    Command.HELP: _help,
    Command.NO: _no,
}
