"""M-PESA through Daraja: prompts (STK), payouts (B2C), pay-ins (C2B), and questions about each."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import redis
import structlog

from config.limits import STATEMENT_BUDGET_SECONDS, STATEMENT_PAGES
from config.settings import Settings
from core import clock
from core.keys import Keyring
from core.payments import tokens
from core.payments.models import Method, Topic
from core.payments.rail import Answer, Message, Order, Registration, Verdict
from core.payments.rails.mpesa import bodies, codes, messages, statements
from core.payments.rails.mpesa.http import Daraja, NotSent, Reply
from core.payments.tokens import Address

__all__ = ["Mpesa"]
log = structlog.get_logger(__name__)
_LISTED, _NOTHING_LISTED = "1000", "1001"
_REGISTERED = "already registered"


class Mpesa:
    """The rail. It speaks to Daraja once per call and says honestly what it knows afterwards."""

    def __init__(self, settings: Settings, keyring: Keyring, daraja: Daraja) -> None:
        self._settings = settings
        self._keyring = keyring
        self._daraja = daraja

    @classmethod
    def of(cls, settings: Settings, keyring: Keyring, connection: redis.Redis | None) -> Mpesa:
        """The rail these settings describe; workers share its token through Redis."""
        return cls(settings, keyring, Daraja(settings, connection))

    @property
    def reversal_days(self) -> int:
        """How long M-PESA, or a person in its portal, may take a payment back (a setting)."""
        return self._settings.mpesa_reversal_days

    @property
    def offset(self) -> timedelta:
        """How far M-PESA's clock is ahead of ours, by the date of its last answer."""
        return self._daraja.offset

    def submit(self, order: Order, may_send: Callable[[], bool] = lambda: True) -> Answer:
        """Send a prompt or a payout once; `may_send` has the last word before it leaves."""
        if bodies.phone(order) is None:
            return Answer(Verdict.FAILED, code="not_registered")
        try:
            send = self._prompt if order.method is Method.PUSH else self._payout
            return send(order, may_send)
        except NotSent as reason:
            return Answer(Verdict.NOT_SENT, code=reason.code)

    def ask(self, order: Order) -> Answer | None:
        """Ask about an order: a prompt is answered at once, anything else by a callback."""
        try:
            if order.receipt is None and order.method is Method.PUSH:
                return self._ask_prompt(order)
            return self._ask_status(order)
        except NotSent:
            return Answer(Verdict.PENDING)

    def read(self, topic: Topic, body: dict[str, Any]) -> Message:
        """Understand a callback. Refusal("callback_malformed") if it has not the shape of one."""
        return messages.read(topic, body)

    def register_urls(self) -> Registration:
        """Tell Daraja where pay-ins are validated and confirmed; once in production, at each start in a sandbox."""
        root = f"{self._settings.url}/cb/k/{self._keyring.token('c2b')}"
        try:
            reply = self._daraja.post(
                "/mpesa/c2b/v2/registerurl", bodies.registration(self._settings, root)
            )
        except NotSent as reason:
            return Registration(problem=reason.code)
        known = _is_accepted(reply) or _REGISTERED in reply.text("errorMessage").lower()
        return Registration(
            problem="" if known else _problem(reply), statement=self._open_statement(root)
        )

    def statement(self, since: datetime, until: datetime) -> list[Message] | None:
        """Every pay-in and paid prompt of this time, page by page; None if that is not to be had now."""
        raw: list[dict[str, Any]] = []
        names, ends = set[Any](), time.monotonic() + STATEMENT_BUDGET_SECONDS
        for _ in range(STATEMENT_PAGES):
            if time.monotonic() > ends:
                log.warning("no statement", reason="too slow", lines=len(raw))
                return None
            page = self._page(bodies.statement(self._settings, since, until, len(raw)))
            if page is None:
                return None
            fresh = {line.get("transactionId") for line in page} - names
            raw, names = raw + page, names | fresh
            if not fresh:
                break
        return list(statements.read(raw, since, until).values())

    def _page(self, body: dict[str, Any]) -> list[dict[str, Any]] | None:
        try:
            reply = self._daraja.post("/pulltransactions/v1/query", body)
        except NotSent as reason:
            log.warning("no statement", reason=reason.code)
            return None
        code = codes.plain(reply.body.get("ResponseCode"))
        if not reply.ok or code not in (_LISTED, _NOTHING_LISTED):
            log.warning("no statement", status=reply.status, code=reply.error or code)
            return None
        return statements.lines(reply.body)

    def _open_statement(self, root: str) -> str:
        """Why the statement is not open to us. Without it pay-ins are still confirmed by callback."""
        body = bodies.pull_registration(self._settings, root)
        try:
            reply = self._daraja.post("/pulltransactions/v1/register", body)
        except NotSent as reason:
            return reason.code
        code = codes.plain(reply.body.get("ResponseStatus"))
        return "" if code in (_LISTED, _NOTHING_LISTED) else _problem(reply)  # 1001: opened before

    def _prompt(self, order: Order, may_send: Callable[[], bool]) -> Answer:
        body = bodies.prompt(self._settings, order, self._address(order, 0), clock.now())
        return _acknowledged(
            self._daraja.post("/mpesa/stkpush/v1/processrequest", body, may_send),
            "CheckoutRequestID",
        )

    def _payout(self, order: Order, may_send: Callable[[], bool]) -> Answer:
        body = bodies.payout(self._settings, order, self._credential(), self._address(order, 0))
        return _acknowledged(
            self._daraja.post("/mpesa/b2c/v3/paymentrequest", body, may_send), "ConversationID"
        )

    def _ask_prompt(self, order: Order) -> Answer:
        if order.provider_reference is None:
            return Answer(Verdict.UNASKABLE)
        body = bodies.prompt_question(self._settings, order, clock.now())
        reply = self._daraja.post("/mpesa/stkpushquery/v1/query", body)
        code = codes.plain(reply.body.get("ResultCode"))
        if not reply.ok or not code:  # "is being processed" comes as an error 500
            return Answer(Verdict.PENDING)
        return codes.outcome(code, Method.PUSH)

    def _ask_status(self, order: Order) -> Answer | None:
        callback = self._address(order, order.question)
        body = bodies.question(self._settings, order, self._credential(), callback)
        reply = self._daraja.post("/mpesa/transactionstatus/v1/query", body)
        return None if _is_accepted(reply) else Answer(Verdict.PENDING)

    def _address(self, order: Order, question: int) -> str:
        token = tokens.make(self._keyring, Address(order.payment_id, order.attempt, question))
        return f"{self._settings.url}/cb/k/{token}"

    def _credential(self) -> str:
        path = self._settings.mpesa_certificate
        if path is None or not path.is_file():
            log.error("no provider certificate", setting="mpesa_certificate")
            raise NotSent("configuration")
        password = self._settings.mpesa_initiator_password.get_secret_value()
        return bodies.credential(password, path.read_bytes())


def _acknowledged(reply: Reply, reference: str) -> Answer:
    if _is_accepted(reply) and (given := reply.text(reference)):
        return Answer(Verdict.ACCEPTED, reference=given[:80], offset=reply.offset)
    if reply.ok:
        return Answer(Verdict.PENDING, code="unclear", offset=reply.offset)
    return codes.refusal(reply.error, reply.text("errorMessage"))


def _problem(reply: Reply) -> str:
    """Why Daraja refused, as far as it said so."""
    return reply.error or (f"status {reply.status}" if reply.status else "no_answer")


def _is_accepted(reply: Reply) -> bool:
    return reply.ok and codes.plain(reply.body.get("ResponseCode")) == "0"
