"""Pull Transactions: the pay bill's own list of what it received, for whoever missed a confirmation."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Response

from gateway.sandbox import numbers
from gateway.sandbox.daraja_access import call
from gateway.sandbox.daraja_codes import DarajaError, address, bad, phone, text
from gateway.sandbox.store import fact, remember
from gateway.sandbox.world import World

REGISTERED = "pull_registered"
PAGE = 100  # lines of one answer
WINDOW_SECONDS = 48 * 3_600
FORMAT = "%Y-%m-%d %H:%M:%S"


def blueprint(world: World) -> Blueprint:
    """Registering once, and asking."""
    pages = Blueprint("daraja_pull", __name__)

    @pages.post("/pulltransactions/v1/register")
    def register() -> Response:
        return call(world, "register", lambda data: _register(world, data))

    @pages.post("/pulltransactions/v1/query")
    def query() -> Response:
        return call(world, "pull", lambda data: _query(world, data))

    return pages


def _register(world: World, data: dict[str, Any]) -> dict[str, Any]:
    code = _short_code(world, data)
    if text(data, "RequestType") != "Pull":
        raise bad("RequestType")
    phone(data, "NominatedNumber")
    address(data, "CallBackURL")
    with world.store.begin() as db:
        again = fact(db, REGISTERED) is not None
        remember(db, REGISTERED, code)
    return {
        "ResponseRefID": _reference(),
        "ResponseStatus": "1001" if again else "1000",
        "ShortCode": code,
        "ResponseDescription": "Shortcode already Registered"
        if again
        else "Shortcode Registered Successfully",
    }


def _query(world: World, data: dict[str, Any]) -> dict[str, Any]:
    code, offset = _short_code(world, data), text(data, "OffSetValue", most=9)
    if not offset.isdecimal():
        raise bad("OffSetValue")
    since, until = _moment(data, "StartDate"), _moment(data, "EndDate")
    since = max(since, numbers.now().timestamp() - WINDOW_SECONDS)
    with world.store.begin() as db:
        if fact(db, REGISTERED) is None:
            raise DarajaError("400.001", "Shortcode is not registered")
        rows = db.execute(
            "SELECT * FROM payment WHERE payee = ? AND state = 'completed' AND kind IN ('stk', 'c2b')"
            " AND finished BETWEEN ? AND ? ORDER BY finished, id LIMIT ? OFFSET ?",
            (code, since, until + 1, PAGE, int(offset)),
        ).fetchall()
    head = {"ResponseRefID": _reference(), "ResponseCode": "1000" if rows else "1001"}
    if not rows:
        return {**head, "ResponseMessage": "No transactions available", "Transaction": "[[]]"}
    lines = [_line(world, row) for row in rows]
    return {**head, "ResponseMessage": "Success", "Response": [lines]}


def _line(world: World, row: sqlite3.Row) -> dict[str, Any]:
    return {
        "transactionId": row["receipt"],
        "trxDate": datetime.fromtimestamp(row["finished"], UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "msisdn": numbers.masked(row["payer"]),
        "transactiontype": "c2b-pay-bill-debit",
        "billreference": row["reference"],
        "amount": f"{row['amount']:.2f}",
        "organizationname": world.settings.mpesa_organisation,
    }


def _short_code(world: World, data: dict[str, Any]) -> str:
    code = text(data, "ShortCode")
    if code != world.settings.mpesa_short_code:
        raise DarajaError("400.001", "Invalid ShortCode")
    return code


def _moment(data: dict[str, Any], field: str) -> float:
    try:
        moment = datetime.strptime(text(data, field), FORMAT).replace(tzinfo=numbers.NAIROBI)
    except ValueError:
        raise bad(field) from None
    return moment.timestamp()


def _reference() -> str:
    return f"{numbers.digits(5)}-{numbers.digits(8)}-1"
