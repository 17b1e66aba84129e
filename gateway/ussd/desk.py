"""Takes one turn from the carrier to the menu and back: lock, recognise, act in time, keep, answer.

What the menu can answer alone is done at once; what may touch the database runs in a thread of its own, so that a slow
database costs her a calm sentence and not the session. The dialog is kept only after the commit.
"""

from __future__ import annotations

import secrets
import threading
import time
import uuid
from collections.abc import Callable
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta

import structlog
from redis.exceptions import RedisError

from config.limits import (
    USSD_DEEP_TURNS,
    USSD_DIAL_WAIT_SECONDS,
    USSD_PAGE_SEPTETS,
    USSD_REPEAT_SECONDS,
    USSD_THREADS,
    USSD_TURN_SECONDS,
    USSD_TURNS,
    USSD_WAIT_SECONDS,
)
from core.db import Session
from core.errors import place
from core.node import Node
from core.words import DEFAULT_LANGUAGE, LANGUAGES, words
from gateway.ussd.dialogs import DialogStore, Held
from gateway.ussd.turn import Answer, Event, Turn
from menus import calm, engine
from menus.dialogs import Dialog
from menus.menu import Menu
from menus.page import without_navigation
from menus.transcript import Kind, Reading, answers, digest, note, read
from menus.world import Caller, FindCaller, World

Late = Callable[[Session, Caller, str], None]
A_REPEAT = timedelta(seconds=USSD_REPEAT_SECONDS)
log = structlog.get_logger(__name__)


class Desk:
    """The USSD service of one process. `find_caller` knows people by phone, `late` texts a page that came too late."""

    def __init__(self, node: Node, menu: Menu, *, find_caller: FindCaller, late: Late) -> None:
        menu.check()
        self.node, self.menu, self.find_caller, self.late = node, menu, find_caller, late
        self.store = DialogStore(node.redis)
        self.key = node.keyring.derive("ussd.transcript")
        self.threads = ThreadPoolExecutor(USSD_THREADS, thread_name_prefix="ussd")

    def take(self, turn: Turn, waited: float = 0.0) -> Answer:
        """Answer one request of a carrier, whatever happens. `waited`: seconds since it reached this machine."""
        if waited > (USSD_DIAL_WAIT_SECONDS if turn.event is Event.NEW else USSD_WAIT_SECONDS):
            return self._shed(turn, waited)
        until = time.monotonic() + USSD_TURN_SECONDS - waited
        phone = digest(self.key, f"{turn.phone}|{turn.service_code}")[:32]
        try:
            held = self.store.claim(turn.session_id, phone, until)
            if held is None:
                log.warning("ussd session busy", session=turn.session_id)
                return _calm(calm.DOWN)
            return self._held(turn, phone, held, until)
        except RedisError as error:
            log.warning("ussd without redis", session=turn.session_id, kind=type(error).__name__)
            return _calm(calm.DOWN)

    @staticmethod
    def _shed(turn: Turn, waited: float) -> Answer:
        """Too many at once: say so at once, and touch nothing, so that whatever was begun can be gone on with."""
        log.warning("ussd turn shed", session=turn.session_id, waited=round(waited, 2))
        both = (
            words(language).say(calm.BUSY) for language in LANGUAGES
        )  # whose turn it is was not looked up
        return Answer("\n".join(both), ends=True)

    def _held(self, turn: Turn, phone: str, held: Held, until: float) -> Answer:
        if held.dialog and self._begins_anew(turn, held.dialog):
            held, again = replace(held, stored=b""), secrets.token_hex(4)
        else:
            again = ""
        dialog = held.dialog
        if dialog and dialog.phone != phone:
            self.store.release(held)
            log.warning("ussd session of another phone", session=turn.session_id)
            return _calm(calm.FOREIGN)
        reading = read(self.key, dialog, turn.transcript, turn.last_input, turn.seq)
        if dialog and (reading.kind is Kind.SEEN or dialog.is_over):
            self.store.release(held)
            return _answer(dialog)
        before = dialog or self._new(turn, phone, again)
        acted = self._act(turn, held, before, reading, until)
        if acted is None:
            self.store.release(held)
            return self._shed(turn, USSD_TURN_SECONDS)
        dialog = acted
        note(self.key, dialog, turn.transcript, turn.seq)
        return self._keep(held, dialog)

    def _keep(self, held: Held, dialog: Dialog) -> Answer:
        try:
            if not self.store.save(held, dialog):
                log.warning("ussd lock lost", screen=dialog.screen)
        except RedisError as error:  # what was done is done; she can only not go on
            log.warning("ussd dialog not kept", screen=dialog.screen, kind=type(error).__name__)
            return _answer(dialog) if dialog.is_over else _calm(calm.DOWN, dialog.language)
        return _answer(dialog)

    def _begins_anew(self, turn: Turn, dialog: Dialog) -> bool:
        """Whether this is a new session under the id of one that is over, as some carriers count theirs in a circle."""
        if turn.event is not Event.NEW or not dialog.is_over:
            return False
        began = datetime.fromisoformat(dialog.started_at)
        return bool(dialog.length) or self.node.clock() - began > A_REPEAT

    def _new(self, turn: Turn, phone: str, again: str = "") -> Dialog:
        """A dialog without a page. Its errand is named by the day, too: an id that comes again pays again."""
        began = self.node.clock().isoformat()
        return Dialog(
            session=f"{turn.session_id} {began[:10]}{again}", phone=phone, language=DEFAULT_LANGUAGE,
            started_at=began,
        )  # fmt: skip

    def _act(
        self, turn: Turn, held: Held, dialog: Dialog, reading: Reading, until: float
    ) -> Dialog | None:
        """The dialog after this turn, or as it was before with a calm last page; None if it could not begin in time."""
        screen = dialog.screen

        def before() -> Dialog:
            return held.dialog or self._new(turn, dialog.phone)

        try:
            deep = reading.kind is Kind.DEEP_DIAL
            dialog.turns += reading.typed.count("*") + 1 if deep else 1
            if dialog.turns > (USSD_DEEP_TURNS if deep else USSD_TURNS):
                return _closed(before(), calm.TOO_LONG)
            limit = self._limit(turn)
            if reading.kind is Kind.INPUT and engine.glance(
                self.menu, dialog, reading.typed, limit
            ):
                return dialog
            first = (
                threading.Lock()
            )  # whoever takes it first decides: answered in time, or too late
            task = self.threads.submit(self._complete, first, turn, held, dialog, reading)
            return self._in_time(task, first, until) or _closed(before(), calm.LATE)
        except CancelledError:
            return None
        except Exception as error:  # noqa: BLE001 - the entrance: she must get an answer, whatever broke
            return self._failed(before(), screen, error)

    def _in_time(self, task: Future[Dialog], first: threading.Lock, until: float) -> Dialog | None:
        """The dialog after the turn that runs in a thread; None if it takes too long: it then completes there.

        Raises CancelledError where it had not begun by then: it never will, and nobody is texted.
        """
        try:
            return task.result(max(0.0, until - time.monotonic()))
        except TimeoutError:
            if task.cancel():
                raise CancelledError from None
            if task.done() or not first.acquire(blocking=False):
                return task.result(USSD_TURN_SECONDS)
            log.warning("ussd turn late")
            return None

    def _complete(
        self, first: threading.Lock, turn: Turn, held: Held, dialog: Dialog, reading: Reading
    ) -> Dialog:
        try:
            self._transact(turn, held, dialog, reading)
        except Exception as error:
            if first.acquire(blocking=False):
                raise
            return self._failed(dialog, dialog.screen, error)  # no text costs money to say sorry
        if not first.acquire(blocking=False):
            self._text(turn, dialog)
        return dialog

    def _transact(self, turn: Turn, held: Held, dialog: Dialog, reading: Reading) -> None:
        """The turn in one transaction; the session connects only if a screen uses it."""
        with self.node.sessions() as db:
            if reading.kind is not Kind.INPUT:
                caller = self.find_caller(db, turn.phone)
                dialog.user_id = caller.user_id.hex if caller.user_id else None
                dialog.language = caller.language
            world = self._world(db, turn, dialog)
            if reading.kind is Kind.INPUT:
                engine.answer(self.menu, world, dialog, reading.typed)
            elif reading.kind is Kind.DIAL:
                engine.dial(self.menu, world, dialog, held.unfinished)
            else:
                engine.walk(self.menu, world, dialog, answers(reading.typed))
            db.commit()

    def _world(self, db: Session, turn: Turn, dialog: Dialog) -> World:
        return World(
            db=db,
            words=words(dialog.language),
            caller=_caller(turn, dialog),
            now=self.node.clock(),
            session_id=turn.session_id,
            node=self.node,
            limit=self._limit(turn),
            secret=self.key,
        )

    def _limit(self, turn: Turn) -> int:
        return self.node.settings.page_septets.get(turn.network, USSD_PAGE_SEPTETS)

    def _text(self, turn: Turn, dialog: Dialog) -> None:
        """Text the page that came too late; a question cannot be answered by SMS, so she is asked to dial again."""
        told = dialog.ends or self.menu[dialog.screen].read is None
        tongue = words(dialog.language)
        ready = tongue.say(calm.READY, code=turn.service_code)
        text = without_navigation(dialog.parts, tongue) if told else ready
        try:
            with self.node.sessions.begin() as db:
                self.late(db, _caller(turn, dialog), text)
        except Exception as error:  # noqa: BLE001 - nobody waits for this thread any more
            self._failed(dialog, dialog.screen, error)

    def _failed(self, dialog: Dialog, screen: str, error: Exception) -> Dialog:
        """A bug of ours: its place is logged, without any value it may carry, and she gets a reference to it."""
        reference = secrets.token_hex(3)
        log.error("ussd turn failed", reference=reference, screen=screen, **place(error))
        return _closed(
            dialog, calm.FAILED, phone=self.node.settings.support_phone, reference=reference
        )


def _caller(turn: Turn, dialog: Dialog) -> Caller:
    user_id = uuid.UUID(dialog.user_id) if dialog.user_id else None
    return Caller(user_id, turn.phone, dialog.language)


def _answer(dialog: Dialog) -> Answer:
    return Answer(dialog.page, dialog.is_over, dialog.screen)


def _calm(text: str, language: str = DEFAULT_LANGUAGE) -> Answer:
    return Answer(words(language).say(text), ends=True)


def _closed(dialog: Dialog, text: str, **facts: object) -> Dialog:
    dialog.turns += 1
    dialog.close(words(dialog.language).say(text, **facts))
    return dialog
