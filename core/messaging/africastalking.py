"""Africa's Talking: its official SDK behind our door.

The SDK's `initialize()` keeps its configuration in module globals and builds eight services to use
one; here the SMS service is built directly, so that every adapter has its own account and address.
It has no pool, no retries and no idempotency key; `send()` answers a dict or, if the content type
carries a charset, a string; HTTP 201 is no success: the code of the recipient is.
"""

from __future__ import annotations

import json
import re
from typing import Any

import requests
from africastalking.Service import AfricasTalkingException
from africastalking.SMS import SMSService
from urllib3.exceptions import MaxRetryError, NewConnectionError

from config.limits import HTTP_SECONDS
from config.settings import Settings
from core.messaging.gateway import (
    BALANCE_INSUFFICIENT,
    CREDENTIALS_REFUSED,
    OPTED_OUT,
    Answer,
    Outcome,
)
from core.messaging.sending import Sending

STATUS: dict[int, tuple[str, Outcome, str | None]] = {
    100: ("Processed", Outcome.SENT, None),
    101: ("Sent", Outcome.SENT, None),
    102: ("Queued", Outcome.SENT, None),
    401: ("RiskHold", Outcome.REJECTED, "risk_hold"),
    402: ("InvalidSenderId", Outcome.REJECTED, "sender_invalid"),
    403: ("InvalidPhoneNumber", Outcome.REJECTED, "phone_invalid"),
    404: ("UnsupportedNumberType", Outcome.REJECTED, "phone_unsupported"),
    405: ("InsufficientBalance", Outcome.REJECTED, BALANCE_INSUFFICIENT),
    406: ("UserInBlacklist", Outcome.REJECTED, OPTED_OUT),
    407: ("CouldNotRoute", Outcome.REJECTED, "no_route"),
    409: ("DoNotDisturbRejection", Outcome.REJECTED, "do_not_disturb"),
    500: ("InternalServerError", Outcome.LATER, "carrier_error"),
    501: ("GatewayError", Outcome.LATER, "network_error"),
    502: ("RejectedByGateway", Outcome.REJECTED, "network_refused"),
}
NAMES = {name: code for code, (name, _, _) in STATUS.items()}
E164 = re.compile(r"\+[1-9]\d{7,14}", re.ASCII)  # the SDK is content with "+2547"
UNREADABLE = Answer(Outcome.UNKNOWN, "answer_unreadable")


class AfricasTalking:
    """Hands texts to Africa's Talking, one phone at a time."""

    def __init__(
        self, username: str, api_key: str, *, sending: Sending | None = None, url: str = ""
    ) -> None:
        self._sms = SMSService(username, api_key)
        self._sending = sending or Sending()
        if url:
            self._sms._baseUrl = f"{url.rstrip('/').removesuffix('/version1')}/version1"

    @classmethod
    def of(cls, settings: Settings) -> AfricasTalking:
        key = settings.at_api_key.get_secret_value()
        return cls(settings.at_username, key, sending=Sending.of(settings), url=settings.at_url)

    def send(self, *, to: str, text: str) -> Answer:
        """Hand over one text. Every way this can go wrong is an Answer, none is an exception."""
        if not E164.fullmatch(to):
            return Answer(Outcome.REJECTED, "phone_invalid")
        try:
            sender = self._sending.sender_for(to) or None
            said = self._sms.send(text, [to], sender, timeout=HTTP_SECONDS)
        except AfricasTalkingException as error:
            return _refused(str(error))
        except requests.RequestException as error:
            return _failed(error)
        return understand(said)


def understand(said: object) -> Answer:
    """What a reply with HTTP 2xx says about the one phone we asked for."""
    data = _data(said)
    if data is None:
        return UNREADABLE
    recipients = data.get("Recipients")
    if not recipients:
        return _nobody(str(data.get("Message", "")))
    if len(recipients) != 1 or not isinstance(recipients[0], dict):
        return UNREADABLE
    return _recipient(recipients[0])


def _data(said: object) -> dict[str, Any] | None:
    if isinstance(said, str):
        try:
            said = json.loads(said)
        except ValueError:
            return None
    data = said.get("SMSMessageData") if isinstance(said, dict) else None
    return data if isinstance(data, dict) and isinstance(data.get("Recipients"), list) else None


def _nobody(message: str) -> Answer:
    """No recipient was taken; the message may be the name of a status, e.g. "InvalidSenderId"."""
    _, outcome, failure = STATUS.get(NAMES.get(message, 0), ("", Outcome.REJECTED, None))
    if outcome is Outcome.SENT:
        return UNREADABLE
    return Answer(outcome, failure or "no_recipient")


def _recipient(one: dict[str, Any]) -> Answer:
    code = str(one.get("statusCode", ""))[:10]
    found = STATUS.get(int(code)) if code.isdecimal() else None
    if found is None:
        return Answer(Outcome.UNKNOWN, f"code_{code}")
    _, outcome, failure = found
    name = str(one.get("messageId") or "None")[:100]
    return Answer(
        outcome,
        failure,
        message_id=None if name == "None" else name,  # "None" is what a failed one carries
        cost=str(one.get("cost", ""))[:20] or None,
    )


def _refused(body: str) -> Answer:
    """A reply that is not 2xx. The SDK keeps its text and forgets its status.

    The carrier says that it failed, as with code 500; only a time-out behind its door is a riddle.
    """
    if re.search(r"authentication|api ?key", body, re.IGNORECASE):
        return Answer(Outcome.LATER, CREDENTIALS_REFUSED)  # somebody may mend it in time
    if re.search(r"time(d |-)?out", body, re.IGNORECASE):
        return Answer(Outcome.UNKNOWN, "answer_lost")
    return Answer(Outcome.LATER, "http_error")


def _failed(error: requests.RequestException) -> Answer:
    if isinstance(error, (requests.ConnectTimeout, requests.exceptions.SSLError)):
        return Answer(Outcome.LATER, "unreachable")
    cause = error.args[0] if error.args else None
    if isinstance(cause, MaxRetryError) and isinstance(cause.reason, NewConnectionError):
        return Answer(Outcome.LATER, "unreachable")
    return Answer(Outcome.UNKNOWN, "answer_lost")  # a time-out or a torn line: it may have left
