"""Takes one turn from the carrier to the menu and back: lock, recognise, act in time, keep, answer.

What the menu can answer alone is done at once; what may touch the database runs in a thread of its own, so that a slow
database costs her a calm sentence and not the session. The dialog is kept only after the commit.
"""

from __future__ import annotations

import secrets
import threading
import traceback
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import structlog
from redis.exceptions import RedisError

from config.limits import USSD_PAGE_SEPTETS, USSD_THREADS, USSD_TURN_SECONDS, USSD_TURNS
from core.db import Session
from core.node import Node
from core.words import DEFAULT_LANGUAGE, words
from gateway.ussd.dialogs import DialogStore, Held
from gateway.ussd.turn import Answer, Turn
from menus import calm, engine
from menus.dialogs import Dialog
from menus.menu import Menu
from menus.page import without_navigation
from menus.transcript import Kind, Reading, answers, digest, note, read
from menus.world import Caller, FindCaller, World

Late = Callable[[Session, Caller, str], None]
log = structlog.get_logger(__name__)


class Desk:
    """The USSD service of one process. `find_caller` knows people by phone, `late` texts a page that came too late."""

    def __init__(self, node: Node, menu: Menu, *, find_caller: FindCaller, late: Late) -> None:
        menu.check()
        self.node, self.menu, self.find_caller, self.late = node, menu, find_caller, late
        self.store = DialogStore(node.redis)
        self.key = node.keyring.derive("ussd.transcript")
        self.threads = ThreadPoolExecutor(USSD_THREADS, thread_name_prefix="ussd")

    def take(self, turn: Turn) -> Answer:
        """Answer one request of a carrier, whatever happens."""
        phone = digest(self.key, f"{turn.phone}|{turn.service_code}")[:32]
        try:
            held = self.store.claim(turn.session_id, phone)
            if held is None:
                log.warning("ussd session busy", session=turn.session_id)
                return _calm(calm.DOWN)
            return self._held(turn, phone, held)
        except RedisError as error:
            log.warning("ussd without redis", session=turn.session_id, kind=type(error).__name__)
            return _calm(calm.DOWN)

    def _held(self, turn: Turn, phone: str, held: Held) -> Answer:
        dialog = held.dialog
        if dialog and dialog.phone != phone:
            self.store.release(held)
            log.warning("ussd session of another phone", session=turn.session_id)
            return _calm(calm.FOREIGN)
        reading = read(self.key, dialog, turn.transcript, turn.last_input, turn.seq)
        if dialog and (reading.kind is Kind.SEEN or dialog.is_over):
            self.store.release(held)
            return _answer(dialog)
        before = dialog or self._new(turn, phone)
        dialog = self._act(turn, held, before, reading)
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

    def _new(self, turn: Turn, phone: str) -> Dialog:
        began = self.node.clock().isoformat()
        return Dialog(
            session=turn.session_id, phone=phone, language=DEFAULT_LANGUAGE, started_at=began
        )

    def _act(self, turn: Turn, held: Held, dialog: Dialog, reading: Reading) -> Dialog:
        """The dialog after this turn, or as it was before with a calm last page."""
        screen = dialog.screen

        def before() -> Dialog:
            return held.dialog or self._new(turn, dialog.phone)

        try:
            dialog.turns += 1
            if dialog.turns > USSD_TURNS:
                return _closed(before(), calm.TOO_LONG)
            limit = self._limit(turn)
            if reading.kind is Kind.INPUT and engine.glance(
                self.menu, dialog, reading.typed, limit
            ):
                return dialog
            done = self._in_time(turn, held, dialog, reading)
            return done or _closed(before(), calm.LATE)
        except Exception as error:  # noqa: BLE001 - the entrance: she must get an answer, whatever broke
            return self._failed(before(), screen, error)

    def _in_time(self, turn: Turn, held: Held, dialog: Dialog, reading: Reading) -> Dialog | None:
        """Run the turn in a thread; None if it takes too long. It then completes there, and its page is texted."""
        first = threading.Lock()  # whoever takes it first decides: answered in time, or too late
        future = self.threads.submit(self._complete, first, turn, held, dialog, reading)
        try:
            return future.result(USSD_TURN_SECONDS)
        except TimeoutError:
            if future.done() or not first.acquire(blocking=False):
                return future.result(USSD_TURN_SECONDS)
            log.warning("ussd turn late", session=turn.session_id)
            return None

    def _complete(
        self, first: threading.Lock, turn: Turn, held: Held, dialog: Dialog, reading: Reading
    ) -> Dialog:
        try:
            self._transact(turn, held, dialog, reading)
        except Exception as error:
            if first.acquire(blocking=False):
                raise
            dialog = self._failed(dialog, dialog.screen, error)
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
        frames = traceback.extract_tb(error.__traceback__)[-8:]
        place = [
            f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno} {frame.name}" for frame in frames
        ]
        log.error(
            "ussd turn failed",
            reference=reference,
            screen=screen,
            kind=type(error).__name__,
            at=place,
        )
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
