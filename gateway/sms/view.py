"""The door for what a carrier tells us about texts: check who knocks, read the form, keep a row, say 200.

A stranger's text is answered 200 too, and so is what nobody can read: whatever is not 200 the carrier sends again, for
hours, and it would not be read better then.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

import structlog
from flask import Blueprint, Response, abort, request

from core import messaging, onboarding
from core.db import Session
from core.node import Node
from gateway import guard
from gateway.sms import africastalking
from gateway.sms.africastalking import Malformed

PLAIN = "text/plain; charset=utf-8"
EVENTS = "/s/<token>/<any(in, report, optout, sim):event>"
PROBED = "This address is right. It waits for what the carrier posts."
log = structlog.get_logger(__name__)

Take = Callable[[Session, Mapping[str, str], datetime], None]


def blueprint(node: Node) -> Blueprint:
    """`/s/<token>/in`, `/report`, `/optout` and `/sim`."""
    pages = Blueprint("sms", __name__)
    expected = node.keyring.token("sms")

    def authenticate(token: str, event: str) -> None:
        if not guard.check_token(token, expected) or not _address_allowed(node):
            log.warning("sms callback refused", event_name=event)
            abort(404)

    @pages.get(EVENTS, strict_slashes=False)
    def probe(token: str, event: str) -> Response:
        authenticate(token, event)
        return Response(PROBED, content_type=PLAIN)

    @pages.post(EVENTS, strict_slashes=False)
    def tell(token: str, event: str) -> Response:
        authenticate(token, event)
        try:
            with node.sessions.begin() as db:
                TAKE[event](db, request.form, node.clock())
        except Malformed as error:
            log.warning("sms callback malformed", event_name=event, field=str(error))
            return Response(f"not understood: {error}", content_type=PLAIN)
        return Response("", content_type=PLAIN)

    return pages


def _address_allowed(node: Node) -> bool:
    settings = node.settings
    return guard.address_allowed(request, settings.carrier_addresses, settings.trusted_proxies)


def _inbound(db: Session, form: Mapping[str, str], now: datetime) -> None:
    inbound = africastalking.parse_inbound(form)
    if inbound is not None:
        messaging.receive(db, inbound, now=now)


def _report(db: Session, form: Mapping[str, str], now: datetime) -> None:
    messaging.keep_report(db, africastalking.parse_report(form), now=now)


def _opt_out(db: Session, form: Mapping[str, str], now: datetime) -> None:
    phone = africastalking.parse_opt_out(form)
    messaging.opt_out(db, phone=phone, source="carrier", now=now)


def _sim(db: Session, _: Mapping[str, str], now: datetime) -> None:
    asked, swapped_on = africastalking.parse_sim(request.get_json(silent=True))
    onboarding.note_sim(db, request=asked, swapped_on=swapped_on, now=now)


TAKE: dict[str, Take] = {"in": _inbound, "report": _report, "optout": _opt_out, "sim": _sim}
