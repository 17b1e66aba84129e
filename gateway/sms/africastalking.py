"""Africa's Talking SMS callbacks: their forms, read into our words. Pure functions; contract of 2026.

Inbound: date, from, id, linkId, text, to, cost, networkCode. Report: id, status, phoneNumber,
networkCode, failureReason, retryCount. Bulk opt-out: senderId, phoneNumber.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime

from config.limits import SMS_IN_CHARACTERS
from core import people
from core.errors import Refusal
from core.messaging import Inbound, MessageState, Report

STATES = {
    "Sent": MessageState.SENT,
    "Submitted": MessageState.SENT,
    "Buffered": MessageState.BUFFERED,
    "AbsentSubscriber": MessageState.ABSENT,
    "Expired": MessageState.EXPIRED,
    "Success": MessageState.DELIVERED,
    "Failed": MessageState.FAILED,
    "Rejected": MessageState.REJECTED,
}
# the same in the words of other gateways (Parlay X, SMPP) that some networks' reports are passed on in
SPOKEN = {word.lower(): state for word, state in STATES.items()} | {
    "delivered": MessageState.DELIVERED,
    "deliveredtoterminal": MessageState.DELIVERED,
    "delivrd": MessageState.DELIVERED,
    "deliveredtonetwork": MessageState.SENT,
    "acceptd": MessageState.SENT,
    "messagewaiting": MessageState.BUFFERED,
    "enroute": MessageState.BUFFERED,
    "deliveryimpossible": MessageState.FAILED,
    "undeliv": MessageState.FAILED,
    "rejectd": MessageState.REJECTED,
}
FAILURES = {
    "InsufficientCredit": "credit_insufficient",
    "InvalidLinkId": "link_invalid",
    "UserIsInactive": "phone_inactive",
    "UserInBlackList": "opted_out",
    "UserAccountSuspended": "phone_suspended",
    "NotNetworkSubcriber": "phone_unknown",  # spelled so
    "UserNotSubscribedToProduct": "not_subscribed",
    "UserDoesNotExist": "phone_unknown",
    "DeliveryFailure": "delivery_failed",
    "DoNotDisturbRejection": "do_not_disturb",
}
_ID = re.compile(r"[!-~]{1,100}")  # printable, no space


class Malformed(Exception):
    """A form that breaks the contract; its text is the name of the field."""


def parse_inbound(form: Mapping[str, str]) -> Inbound | None:
    """The text a form brings; None if it comes from no phone (a name, a short code), so no answer can go back."""
    sender = _required(form, "from")
    return (
        None
        if (phone := _phone(sender)) is None
        else Inbound(
            message_id=_id(form),
            sender=phone,
            recipient=form.get("to", "").replace("\0", "")[:16],
            text=form.get("text", "").replace("\0", "")[
                :SMS_IN_CHARACTERS
            ],  # nothing written asks for help
        )
    )


def parse_report(form: Mapping[str, str]) -> Report:
    """What became of a message of ours."""
    word = _required(form, "status")
    state = STATES.get(word) or SPOKEN.get(word.strip().lower())
    if state is None:
        raise Malformed("status")
    reason = form.get("failureReason", "")
    return Report(_id(form), state, FAILURES.get(reason, "delivery_failed") if reason else None)


def parse_opt_out(form: Mapping[str, str]) -> str:
    """The phone that told the carrier it wants nothing more from us."""
    phone = _phone(_required(form, "phoneNumber"))
    if phone is None:
        raise Malformed("phoneNumber")
    return phone


def parse_sim(data: object) -> tuple[str, date | None]:
    """Which question a SIM-swap callback answers, and the day of the last change; None = the carrier cannot tell."""
    if not isinstance(data, dict):
        raise Malformed("body")
    request = data.get("requestId")
    if not isinstance(request, str) or not _ID.fullmatch(request):
        raise Malformed("requestId")
    if data.get("status") not in ("Swapped", "NotSwapped"):
        return request, None
    try:
        return request, datetime.strptime(str(data.get("lastSimSwapDate")), "%d-%m-%Y").date()  # noqa: DTZ007
    except ValueError:
        raise Malformed("lastSimSwapDate") from None


def _required(form: Mapping[str, str], name: str) -> str:
    if name not in form:
        raise Malformed(name)
    return form[name]


def _id(form: Mapping[str, str]) -> str:
    if not _ID.fullmatch(value := _required(form, "id")):
        raise Malformed("id")
    return value


def _phone(text: str) -> str | None:
    try:
        return people.normalise(text[:20])
    except Refusal:
        return None
