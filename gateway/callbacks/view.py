"""The addresses a payment provider calls. Neutral names: Daraja refuses a path that names itself or a command.

Nothing is believed here: a message is stored in the inbox, and a worker asks the provider before it counts.
"""

from __future__ import annotations

from typing import Any, NoReturn

import structlog
from flask import Blueprint, abort, request

from core import lending
from core.errors import Refusal
from core.node import Node
from core.payments import Topic, callback_body, inbox, tokens
from core.payments.tokens import Address
from gateway import guard

PROVIDER = "mpesa"
THANKS = {"ResultCode": 0, "ResultDesc": "Success"}
ACCEPTED = {"ResultCode": "0", "ResultDesc": "Accepted"}
UNKNOWN_ACCOUNT, WRONG_AMOUNT, OTHER = "C2B00012", "C2B00013", "C2B00016"
PROBED = {"ResultDesc": "This address is right. It waits for what the provider posts."}
Reply = dict[str, Any]
log = structlog.get_logger(__name__)


def blueprint(node: Node) -> Blueprint:
    """The callback addresses of this node."""
    pages = Blueprint("callbacks", __name__, url_prefix="/cb/k/<token>")

    @pages.get("", strict_slashes=False)
    @pages.get("/late", strict_slashes=False)
    def probe(token: str) -> Reply:
        _address(node, token)
        return PROBED

    @pages.get("/validate", strict_slashes=False)
    @pages.get("/confirm", strict_slashes=False)
    def probe_pay_in(token: str) -> Reply:
        _check_pay_in(node, token)
        return PROBED

    @pages.post("", strict_slashes=False)
    def told(token: str) -> Reply:
        address = _address(node, token)
        topic = Topic.ANSWER if address.question else Topic.RESULT
        return _keep(node, topic, address)

    @pages.post("/late", strict_slashes=False)
    def late(token: str) -> Reply:
        return _keep_late(node, _address(node, token))

    @pages.post("/validate", strict_slashes=False)
    def validate(token: str) -> Reply:
        _check_pay_in(node, token)
        return _judge(node)

    @pages.post("/confirm", strict_slashes=False)
    def confirm(token: str) -> Reply:
        _check_pay_in(node, token)
        return _keep(node, Topic.PAY_IN, None)

    return pages


def _address(node: Node, token: str) -> Address:
    _check_caller(node)
    address = tokens.read(node.keyring, token)
    if address is None:
        _refuse("token")
    return address


def _check_pay_in(node: Node, token: str) -> None:
    _check_caller(node)
    if not guard.check_token(token, node.keyring.token("c2b")):
        _refuse("token")


def _check_caller(node: Node) -> None:
    settings = node.settings
    if not guard.address_allowed(request, settings.provider_addresses, settings.trusted_proxies):
        _refuse("address")


def _keep(node: Node, topic: Topic, address: Address | None) -> Reply:
    """Store what was told under the key of its event, so that telling it again changes nothing."""
    raw = request.get_data()
    try:
        message = node.rails[PROVIDER].read(topic, callback_body.parse(raw))
    except Refusal as refusal:
        log.warning("callback refused", reason=refusal.code, **refusal.facts)
        abort(400)
    _store(node, topic, address, message.event_key, raw)
    return THANKS


def _keep_late(node: Node, address: Address) -> Reply:
    """The provider's queue timed out. Its text is not even read: it has been seen to say "success"."""
    if not address.question:  # a question of ours that got lost is simply asked again
        _store(node, Topic.LATE, address, "late", b"")
    return THANKS


def _store(node: Node, topic: Topic, address: Address | None, event: str, raw: bytes) -> None:
    with node.sessions.begin() as db:
        fresh = inbox.store(
            db, provider=PROVIDER, topic=topic, event_key=event, raw=raw, now=node.clock(),
            address=address,
        )  # fmt: skip
    log.info("callback kept" if fresh else "callback told before", topic=topic.value)


def _judge(node: Node) -> Reply:
    """Whether a payer's money may come in: for a loan we know, and an amount that can be read.

    What we let in is kept, because its confirmation may be lost: then it is asked about.
    """
    raw = request.get_data()
    try:
        message = node.rails[PROVIDER].read(Topic.ANNOUNCED, callback_body.parse(raw))
    except Refusal as refusal:
        log.warning("pay-in refused", reason=refusal.code, **refusal.facts)
        return _rejected(WRONG_AMOUNT if refusal.facts.get("field") == "TransAmount" else OTHER)
    with node.sessions.begin() as db:
        known = lending.loan_for_reference(db, message.account_reference) is not None
    if not known:
        return _rejected(UNKNOWN_ACCOUNT)
    _store(node, Topic.ANNOUNCED, None, message.event_key, raw)
    return ACCEPTED


def _rejected(code: str) -> Reply:
    log.info("pay-in rejected", code=code)
    return {"ResultCode": code, "ResultDesc": "Rejected"}


def _refuse(reason: str) -> NoReturn:
    log.warning("callback refused", reason=reason)
    abort(404)
