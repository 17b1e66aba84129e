"""How somebody comes back who forgot her PIN or has another number: never by one person's word alone.

An agent sees her, and types the code her phone got. She chooses a new PIN herself. Then a guardian opens the record to
it with his own PIN; or, after three days in which the number of before may say no, she begins with an empty record,
because nobody has the key of the old one. A new number needs the agent, the code sent to it, and her PIN; or those
three days, where her record is in her own wallet and she has no PIN.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import uuid
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, select, update

from config.limits import (
    CODE_DIGITS,
    CODE_TRIES,
    NUMBER_PIN_DAYS,
    NUMBER_PIN_TRIES,
    RECOVERIES_BY_AGENT,
    RECOVERIES_OF_AGENT,
    RECOVERIES_OF_PERSON,
    RECOVERY_CODE_HOURS,
    RECOVERY_DAYS,
)
from core import people, sscr
from core.db import Session
from core.errors import Refusal
from core.keys import Keyring
from core.messaging import Template
from core.onboarding import guarding, sims, wallets
from core.onboarding.models import OPEN, Recovery, RecoveryState
from core.onboarding.texts import GUARDIAN_RESET, text
from core.people import CodeCheck, Role, User, UserState
from core.refusal_codes import RefusalCode
from core.sscr import Custody, Unlocked

HELPERS = frozenset({Role.AGENT, Role.ADMIN, Role.OPERATOR})
NUMBER_CHANGE, GUARDIAN_HELP = "number change", "helping a friend"
# what keeps her from a fresh record under her new PIN when her time is over
CANNOT_BEGIN = frozenset({RefusalCode.PHONE_ALREADY_REGISTERED, RefusalCode.PIN_NOT_CHOSEN})


def start_recovery(
    db: Session,
    *,
    keyring: Keyring,
    agent_id: uuid.UUID,
    user_id: uuid.UUID,
    service_code: str,
    now: datetime,
    new_phone: str | None = None,
) -> Recovery:
    """An agent begins; the code goes to her phone, the news to her number of before.

    Who has her record in a wallet of her own has no PIN: her code shows that the number is hers, or will be.

    Refuses agent_unfit, user_unknown, no_record, recovery_too_often, phone_already_registered (counted by whoever
    catches it) and after too many of those invitations_paused.
    """
    agent, user = people.get(db, agent_id), people.get(db, user_id)
    _check(db, agent, user, new_phone, now)
    cancel(db, user_id)
    code = f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}d}"
    made = Recovery(
        id=uuid.uuid4(), user_id=user_id, agent_id=agent_id, state=RecoveryState.STARTED, new_phone=new_phone,
        code_until=now + timedelta(hours=RECOVERY_CODE_HOURS), tries=0, created_at=now,
    )  # fmt: skip
    made.code_hash = _hash(keyring, made.id, code)
    db.add(made)
    db.flush()
    text(
        db,
        user,
        Template.RECOVERY_CODE,
        now,
        to=new_phone,
        secret=True,
        code=code,
        agent=agent.given_name,
    )
    if new_phone is not None:
        text(
            db, user, Template.NUMBER_ASKED, now, agent=agent.given_name, service_code=service_code
        )
    return made


def be_present(
    db: Session,
    *,
    keyring: Keyring,
    agent_id: uuid.UUID,
    user_id: uuid.UUID,
    code: str,
    now: datetime,
) -> CodeCheck:
    """The agent types the code she reads to him; the guess is counted before it is compared, so the caller commits."""
    counted = db.execute(
        update(Recovery)
        .where(
            Recovery.user_id == user_id, Recovery.agent_id == agent_id, Recovery.tries < CODE_TRIES,
            Recovery.state == RecoveryState.STARTED, Recovery.code_until > now,
        )
        .values(tries=Recovery.tries + 1)
        .returning(Recovery.id, Recovery.code_hash, Recovery.tries)
    ).first()  # fmt: skip
    if counted is None:
        return CodeCheck.VOID
    if not hmac.compare_digest(counted.code_hash, _hash(keyring, counted.id, code)):
        return CodeCheck.WRONG if counted.tries < CODE_TRIES else CodeCheck.VOID
    found = db.get_one(Recovery, counted.id, populate_existing=True)
    found.state = RecoveryState.PRESENT
    if sscr.record_of(db, user_id) is None:
        _without_pin(db, found, now)
    db.flush()
    return CodeCheck.RIGHT


def _without_pin(db: Session, recovery: Recovery, now: datetime) -> None:
    """Her record is in her own wallet: the code shows that her number is hers; a new one waits for the old one's no."""
    if recovery.new_phone is None:
        recovery.state = RecoveryState.DONE
        people.note_seen(db, user_id=recovery.user_id, now=now)
    else:
        recovery.state = RecoveryState.CHOSEN
        sims.set_times(db, recovery, now)


def of_user(db: Session, user_id: uuid.UUID) -> Recovery | None:
    """What is under way for this person and needs her."""
    return _latest(db, Recovery.user_id == user_id)


def of_new_number(db: Session, phone: str) -> Recovery | None:
    """The same for who dials from the number she wants to have."""
    return _latest(db, Recovery.new_phone == phone)


def chosen(db: Session, *, recovery: Recovery, service_code: str, now: datetime) -> None:
    """She chose a new PIN and typed it twice: her guardians are asked, and the time in which to say no begins."""
    if recovery.state is not RecoveryState.PRESENT:
        raise Refusal(RefusalCode.RECOVERY_OVER)
    recovery.state = RecoveryState.CHOSEN
    sims.set_times(db, recovery, now)
    db.flush()
    assert recovery.ready_at is not None
    hours = -(-(recovery.ready_at - now) // timedelta(hours=1))
    user = people.get(db, recovery.user_id)
    agent = people.get(db, recovery.agent_id).given_name
    text(
        db, user, Template.RECOVERY_ASKED, now, hours=hours, agent=agent, service_code=service_code
    )
    guarding.ask(db, recovery, service_code, now)


def help_out(
    db: Session, *, custody: Custody, guardian: Unlocked, recovery: Recovery, now: datetime
) -> None:
    """A guardian agrees, with his own record open: the record gets the PIN she chose.

    Refuses recovery_over, guardian_unfit (also for the agent himself) and recovery_waits before `helps_at`.
    """
    _lock(db, recovery, RecoveryState.CHOSEN)
    if guardian.owner_id == recovery.agent_id:
        raise Refusal(RefusalCode.GUARDIAN_UNFIT)  # two people, not one in two coats
    if recovery.helps_at is None or recovery.helps_at > now:
        raise Refusal(RefusalCode.RECOVERY_WAITS)
    receipt = sscr.new_receipt(
        custody, purpose=GUARDIAN_RESET, session_id=guardian.session_id, now=now,
        audience=guarding.full_name(people.get(db, guardian.owner_id)),
    )  # fmt: skip
    dek = sscr.data_key_by_guardian(
        db, custody=custody, guardian=guardian, owner_id=recovery.user_id, receipt=receipt
    )
    sscr.hand_over(db, recovery.user_id, dek)
    recovery.helped_by = guardian.owner_id
    _done(db, recovery, Template.RECOVERY_DONE, now)


def take_number(
    db: Session, *, custody: Custody, recovery: Recovery, pin: str, session_id: str, now: datetime
) -> Refusal | None:
    """She is at her new number and knows her PIN: it is hers from now on.

    What was wrong with the PIN is an answer, because the guess is counted here as well, so the caller commits: who
    has her agent's help, but is not her, must not use up her guesses. Refuses recovery_over, pin_not_here.
    """
    _lock(db, recovery, RecoveryState.PRESENT)
    since = now - timedelta(days=NUMBER_PIN_DAYS)
    mine = (Recovery.user_id == recovery.user_id, Recovery.created_at > since)
    if (db.scalar(select(func.sum(Recovery.pin_tries)).where(*mine)) or 0) >= NUMBER_PIN_TRIES:
        raise Refusal(RefusalCode.PIN_NOT_HERE)
    recovery.pin_tries += 1
    db.flush()
    try:
        with sscr.unlock(
            db, custody=custody, owner_id=recovery.user_id, pin=pin, purpose=NUMBER_CHANGE,
            session_id=session_id, now=now,
        ):  # fmt: skip
            pass
    except Refusal as refusal:
        if refusal.code not in sscr.WRONG_PIN:
            raise
        return refusal
    recovery.pin_tries -= 1
    _done(db, recovery, Template.NUMBER_CHANGED, now)
    return None


def finish_recoveries(db: Session, *, now: datetime, limit: int) -> int:
    """What nobody objected to in three days: a new PIN on an empty record. What nobody went on with is forgotten."""
    ready = select(Recovery).where(Recovery.state == RecoveryState.CHOSEN, Recovery.ready_at <= now)
    found = db.scalars(ready.limit(limit).with_for_update(skip_locked=True)).all()
    for recovery in found:
        _begin_anew(db, recovery, now)
    old = select(Recovery).where(
        Recovery.state.in_((RecoveryState.STARTED, RecoveryState.PRESENT)),
        Recovery.created_at < now - timedelta(days=RECOVERY_DAYS),
    )
    for recovery in db.scalars(old.limit(limit).with_for_update(skip_locked=True)):
        recovery.state = RecoveryState.EXPIRED
        sscr.drop_next(db, recovery.user_id)
    return len(found)


def stop_recovery(db: Session, *, user_id: uuid.UUID, now: datetime) -> bool:
    """Somebody at the number of before says no: it ends at once, whoever asked. False if nothing was under way."""
    found = cancel(db, user_id)
    if found:
        text(db, people.get(db, user_id), Template.RECOVERY_STOPPED, now)
    db.flush()
    return found


def cancel(db: Session, user_id: uuid.UUID) -> bool:
    """Whatever is under way for her ends, and the PIN that was chosen for it is forgotten; False if there was none."""
    found = _open(db, user_id)
    for recovery in found:
        recovery.state = RecoveryState.CANCELLED
    sscr.drop_next(db, user_id)
    return bool(found)


def _begin_anew(db: Session, recovery: Recovery, now: datetime) -> None:
    """Her time is over. Where it cannot be finished, e.g. her new number is somebody's by now, it holds up no other."""
    try:
        with db.begin_nested():
            if recovery.helps_at is None:  # there was no record to help with: only her number moves
                _done(db, recovery, Template.NUMBER_CHANGED, now)
            else:
                sscr.begin_anew(db, owner_id=recovery.user_id, now=now)
                _done(db, recovery, Template.RECOVERY_ANEW, now)
    except Refusal as refusal:
        if refusal.code not in CANNOT_BEGIN:
            raise
        recovery.state = RecoveryState.EXPIRED
        sscr.drop_next(db, recovery.user_id)
        text(db, people.get(db, recovery.user_id), Template.RECOVERY_STOPPED, now)


def _done(db: Session, recovery: Recovery, template: Template, now: datetime) -> None:
    user = people.get(db, recovery.user_id)
    recovery.state = RecoveryState.DONE
    text(db, user, template, now)
    if recovery.new_phone is not None:
        people.change_phone(db, user_id=user.id, phone=recovery.new_phone, now=now)
        text(db, user, template, now)
    db.flush()


def _check(db: Session, agent: User, user: User, new_phone: str | None, now: datetime) -> None:
    fits = agent.role in HELPERS and agent.state is UserState.ACTIVE and agent.id != user.id
    if not fits:
        raise Refusal(RefusalCode.AGENT_UNFIT)
    people.own(user, agent.organisation_id, RefusalCode.USER_UNKNOWN)
    had_one = sscr.record_of(db, user.id) or wallets.left(db, user.id)
    if user.state is not UserState.ACTIVE or not had_one:
        raise Refusal(RefusalCode.NO_RECORD)
    if new_phone is not None:
        people.check_may_invite(db, organisation_id=agent.organisation_id, by=agent.id, now=now)
        if people.by_phone(db, new_phone) is not None:
            raise Refusal(RefusalCode.PHONE_ALREADY_REGISTERED)
    _check_rate(db, agent, user, now)


def _check_rate(db: Session, agent: User, user: User, now: datetime) -> None:
    """No agent uses up what others may do for her, nor texts the whole village."""
    his, hers = Recovery.agent_id == agent.id, Recovery.user_id == user.id
    limits = (
        ((his, hers), RECOVERIES_BY_AGENT),
        ((hers,), RECOVERIES_OF_PERSON),
        ((his,), RECOVERIES_OF_AGENT),
    )
    lately = Recovery.created_at > now - timedelta(days=1)
    for which, most in limits:
        query = select(Recovery.id).where(lately, *which).limit(most)
        if len(db.scalars(query).all()) >= most:
            raise Refusal(RefusalCode.RECOVERY_TOO_OFTEN)


def _lock(db: Session, recovery: Recovery, state: RecoveryState) -> None:
    """Nobody else acts on it now, and it is still where it should be."""
    db.refresh(recovery, with_for_update=True)
    if recovery.state is not state:
        raise Refusal(RefusalCode.RECOVERY_OVER)


def _latest(db: Session, whose: ColumnElement[bool]) -> Recovery | None:
    needs_her = Recovery.state.in_((RecoveryState.PRESENT, RecoveryState.CHOSEN))
    query = select(Recovery).where(whose, needs_her).order_by(Recovery.created_at.desc())
    return db.scalar(query.limit(1))


def _open(db: Session, user_id: uuid.UUID) -> list[Recovery]:
    query = select(Recovery).where(Recovery.user_id == user_id, Recovery.state.in_(OPEN))
    return list(db.scalars(query.order_by(Recovery.created_at.desc()).with_for_update()))


def _hash(keyring: Keyring, id: uuid.UUID, code: str) -> bytes:
    key = keyring.derive("onboarding/recovery")
    return hmac.digest(key, id.bytes + code.encode(), hashlib.sha256)
