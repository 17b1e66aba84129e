"""Africa's Talking SMS: the node sends over its API, and reports come back afterwards."""

from __future__ import annotations

import hmac
import sqlite3
from dataclasses import dataclass

from flask import Blueprint, Response, jsonify, request

from gateway.sandbox import courier, faults, numbers, web
from gateway.sandbox.africastalking_inbox import waiting_messages
from gateway.sandbox.courier import Letter
from gateway.sandbox.world import World

STATUSES = {
    100: "Processed",
    101: "Sent",
    102: "Queued",
    401: "RiskHold",
    402: "InvalidSenderId",
    403: "InvalidPhoneNumber",
    404: "UnsupportedNumberType",
    405: "InsufficientBalance",
    406: "UserInBlacklist",
    407: "CouldNotRoute",
    409: "DoNotDisturbRejection",
    500: "InternalServerError",
    501: "GatewayError",
    502: "RejectedByGateway",
}
ACCEPTED = {100, 101, 102}
MAGIC = "254799900"  # +254799900403 always gets 403: the last three digits are the status
REASONS = {"Failed": "DeliveryFailure", "Rejected": "UserInBlackList", "Expired": "DeliveryFailure"}
SENDER = "AFRICASTKNG"
COST_CENTS_OF_SHILLING = 80
SEPTETS_ONE, SEPTETS_MANY = 160, 153
RECIPIENTS_MAX = 1_000
MESSAGE_CHARACTERS_MAX = 2_000


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of the message for one recipient."""

    number: str
    status: int
    id: str
    cost_cents: int

    def as_json(self) -> dict[str, str | int]:
        return {
            "statusCode": self.status,
            "number": self.number,
            "status": STATUSES[self.status],
            "cost": _kes(self.cost_cents) if self.cost_cents else "0",
            "messageId": self.id,
        }


def blueprint(world: World) -> Blueprint:
    """`/version1/messaging`, as the official SDK calls it."""
    pages = Blueprint("sms", __name__)

    @pages.post("/version1/messaging")
    def send() -> Response:
        return web.answering(world, "sms", lambda: _send(world), _refusal)

    @pages.get("/version1/messaging")
    def fetch() -> Response:
        if not _may(world, request.args.get("username", "")):
            return _unauthorised()
        with world.store.begin() as db:
            found = waiting_messages(db, request.args.get("lastReceivedId", "0"))
        return jsonify({"SMSMessageData": {"Messages": found}})

    return pages


def _send(world: World) -> Response:
    form = request.form
    if not _may(world, form.get("username", "")):
        return _unauthorised()
    for name in ("username", "to", "message"):
        if not form.get(name, "").strip():
            return _plain(400, f"Request is missing required form field '{name}'.")
    if len(form["message"]) > MESSAGE_CHARACTERS_MAX:
        return _plain(400, "The message is too long.")
    numbers_given = [part.strip() for part in form["to"].split(",") if part.strip()]
    if len(numbers_given) > RECIPIENTS_MAX:
        return _plain(400, "Too many recipients.")
    with world.store.begin() as db:
        if faults.take(db, "sms", "empty"):
            return _answer("InvalidSenderId", [])
        sent = [_send_one(world, db, number) for number in numbers_given]
    done = [one for one in sent if one.status in ACCEPTED]
    total = _kes(sum(one.cost_cents for one in done))
    return _answer(f"Sent to {len(done)}/{len(sent)} Total Cost: {total}", sent)


def _send_one(world: World, db: sqlite3.Connection, number: str) -> Sent:
    status = _status(db, number)
    if status not in ACCEPTED:
        return Sent(number, status, "None", 0)
    msisdn, text = numbers.msisdn(number) or "", request.form["message"]
    message, sender = numbers.hex_id("ATXid_"), request.form.get("from") or SENDER
    world.know(db, msisdn)
    report = faults.take(db, "sms", "report:")
    final = report.argument if report else "Success"
    if final not in REASONS:
        db.execute(
            "INSERT INTO message (id, msisdn, direction, sender, receiver, text, at)"
            " VALUES (?, ?, 'in', ?, ?, ?, ?)",
            (message, msisdn, sender, f"+{msisdn}", text, numbers.iso()),
        )
    _report(world, db, message, msisdn, final)
    return Sent(f"+{msisdn}", status, message, COST_CENTS_OF_SHILLING * _parts(text))


def _status(db: sqlite3.Connection, number: str) -> int:
    msisdn = numbers.msisdn(number)
    forced = faults.take(db, "sms", "status:")
    if forced is not None:
        return int(forced.argument)
    if msisdn is None:
        return 403
    if db.execute("SELECT 1 FROM blocked WHERE msisdn = ?", (msisdn,)).fetchone():
        return 406
    magic = int(msisdn[-3:]) if msisdn.startswith(MAGIC) else 0
    if magic in STATUSES:
        return magic
    return 102 if request.form.get("enqueue") == "1" else 101


def _report(world: World, db: sqlite3.Connection, message: str, msisdn: str, final: str) -> None:
    """Two reports: the network has it, then how it ended; swapped when they are to come out of order."""
    delay, url = world.settings.delay_seconds, world.settings.report_url
    ending = Letter(url, form=_report_form(message, msisdn, final))
    passing = Letter(url, form=_report_form(message, msisdn, "Sent"))
    if faults.take(db, "sms", faults.REORDERED):
        courier.later(world, db, ending, delay)
        courier.later(world, db, passing, delay * 2)
        return
    lie = Letter(url, form=_report_form(numbers.hex_id("ATXid_"), msisdn, "Failed"))
    courier.later(world, db, passing, delay / 2)
    courier.send(world, db, "sms", ending, after=delay, false=[lie])


def _report_form(message: str, msisdn: str, status: str) -> dict[str, str]:
    form = {"id": message, "status": status, "phoneNumber": f"+{msisdn}", "networkCode": "63902"}
    if status in REASONS:
        form["failureReason"] = REASONS[status]
    return form | {"retryCount": "0"}


def _may(world: World, username: str) -> bool:
    key = request.headers.get("apiKey", "").encode()
    right = hmac.compare_digest(key, world.settings.at_api_key.encode())
    return right and username == world.settings.at_username


def _answer(message: str, sent: list[Sent]) -> Response:
    data = {"Message": message, "Recipients": [one.as_json() for one in sent]}
    response = jsonify(
        {"SMSMessageData": data}
    )  # Content-Type without a charset, or the SDK gives text
    response.status_code = 201
    return response


def _refusal(kind: str) -> Response:
    limited = kind == faults.RATE_LIMITED
    return _plain(429, "Too many requests") if limited else _plain(500, "Internal Server Error")


def _unauthorised() -> Response:
    return _plain(401, "The supplied authentication is invalid")


def _plain(status: int, text: str) -> Response:
    return Response(text, status=status, content_type="text/plain; charset=utf-8")


def _parts(text: str) -> int:
    return 1 if len(text) <= SEPTETS_ONE else -(-len(text) // SEPTETS_MANY)


def _kes(cents: int) -> str:
    return f"KES {cents / 100:.4f}"
