"""STK push: a payment prompt comes up on the phone, and what she answers goes back as a callback."""

from __future__ import annotations

import base64
import sqlite3
from datetime import datetime
from typing import Any

from flask import Blueprint, Response

from gateway.sandbox import courier, daraja_c2b, faults, numbers
from gateway.sandbox import daraja_payments as payments
from gateway.sandbox.africastalking_ussd import is_busy
from gateway.sandbox.courier import Letter
from gateway.sandbox.daraja_access import call
from gateway.sandbox.daraja_codes import (
    AMOUNT_MAX,
    NEVER,
    PROCESSING,
    DarajaError,
    address,
    amount,
    bad,
    phone,
    result_of_magic,
    text,
    timestamp,
    words_of,
)
from gateway.sandbox.daraja_payments import Kind, State
from gateway.sandbox.world import World

PUSH, EXPIRE = "stk_push", "stk_expire"
PROMPT_CHARACTERS = 182  # a longer prompt cannot be pushed
TYPES = {"CustomerPayBillOnline", "CustomerBuyGoodsOnline"}
ACCEPTED = "Success. Request accepted for processing"


def blueprint(world: World) -> Blueprint:
    """The push and the question how it ended."""
    pages = Blueprint("daraja_stk", __name__)
    world.scheduler.on(PUSH, lambda payment: _push(world, payment))
    world.scheduler.on(EXPIRE, lambda payment: _expire(world, payment))

    @pages.post("/mpesa/stkpush/v1/processrequest")
    def process() -> Response:
        return call(world, "stk", lambda data: _process(world, data))

    @pages.post("/mpesa/stkpushquery/v1/query")
    def query() -> Response:
        return call(world, "query", lambda data: _query(world, data))

    return pages


def resume(world: World, db: sqlite3.Connection) -> None:
    """After a restart: push what was accepted and not pushed yet, and let no prompt stay for ever."""
    for id in payments.waiting(db, Kind.STK, State.PENDING):
        world.scheduler.later(db, world.settings.delay_seconds, PUSH, payment=id)
    for id in payments.waiting(db, Kind.STK, State.PROMPTED):
        world.scheduler.later(db, world.settings.prompt_seconds, EXPIRE, payment=id)


def prompt_of(world: World, row: sqlite3.Row) -> str:
    """The words on the phone."""
    return (
        f"Do you want to pay Ksh {row['amount']} to {world.settings.mpesa_organisation} "
        f"Account no. {row['reference']}? Enter M-PESA PIN"
    )


def answer(world: World, db: sqlite3.Connection, row: sqlite3.Row, pin: str | None) -> str:
    """She entered a PIN, or declined (None). Returns the result code."""
    if pin is None:
        return _conclude(world, db, row, "1032")
    if pin != world.settings.phone_pin:
        return _conclude(world, db, row, "2001")
    receipt = numbers.receipt()
    return _conclude(world, db, row, payments.move(db, row, receipt), receipt)


def _process(world: World, data: dict[str, Any]) -> dict[str, Any]:
    _check_password(world, data)
    kind, sum_ = text(data, "TransactionType"), amount(data)
    payer, callback = phone(data, "PhoneNumber"), address(data, "CallBackURL")
    reference = text(data, "AccountReference", most=12)
    text(data, "TransactionDesc", most=13)
    if kind not in TYPES:
        raise bad("TransactionType")
    if sum_ > AMOUNT_MAX:
        raise bad("Amount")
    if phone(data, "PartyA") != payer or text(data, "PartyB") != world.settings.mpesa_short_code:
        raise bad("PartyA" if text(data, "PartyA") != payer else "PartyB")
    id = f"ws_CO_{datetime.now(numbers.NAIROBI):%d%m%Y%H%M%S}{numbers.digits(8)}"
    merchant = f"{numbers.digits(5)}-{numbers.digits(8)}-1"

    def act() -> str:
        with world.store.begin() as db:
            world.know(db, payer)
            payments.add(
                db,
                id=id,
                kind=Kind.STK,
                payer=payer,
                payee=world.settings.mpesa_short_code,
                amount=sum_,
                reference=reference,
                originator=id,
                merchant=merchant,
                callback=callback,
            )
            world.scheduler.later(db, world.settings.delay_seconds, PUSH, payment=id)
        return id

    payments.overtaken(world, "stk", act)
    return {
        "MerchantRequestID": merchant,
        "CheckoutRequestID": id,
        "ResponseCode": "0",
        "ResponseDescription": ACCEPTED,
        "CustomerMessage": ACCEPTED,
    }


def _query(world: World, data: dict[str, Any]) -> dict[str, Any]:
    _check_password(world, data)
    with world.store.begin() as db:
        row = payments.get(db, text(data, "CheckoutRequestID"))
    if row is None or row["kind"] != Kind.STK:
        raise bad("CheckoutRequestID")
    if row["state"] in {State.PENDING, State.PROMPTED}:
        raise DarajaError(*PROCESSING)
    return {
        "ResponseCode": "0",
        "ResponseDescription": "The service request has been accepted successfully",
        "MerchantRequestID": row["merchant"],
        "CheckoutRequestID": row["id"],
        "ResultCode": row["code"],
        "ResultDesc": row["description"],
    }


def _check_password(world: World, data: dict[str, Any]) -> None:
    code, stamp, settings = text(data, "BusinessShortCode"), timestamp(data), world.settings
    if code != settings.mpesa_short_code:
        raise DarajaError("500.001.1001", "Merchant does not exist")
    right = base64.b64encode(f"{code}{settings.mpesa_passkey}{stamp}".encode()).decode()
    if text(data, "Password", most=500) != right:
        raise DarajaError("500.001.1001", "Wrong credentials")


def _push(world: World, payment: str) -> None:
    with world.store.begin() as db:
        row = payments.get(db, payment)
        if row["state"] != State.PENDING:
            return
        code = _obstacle(world, db, row)
        if code is None:
            db.execute("UPDATE payment SET state = ? WHERE id = ?", (State.PROMPTED, payment))
            world.scheduler.later(db, world.settings.prompt_seconds, EXPIRE, payment=payment)
        elif code != NEVER:
            _conclude(world, db, row, code)


def _obstacle(world: World, db: sqlite3.Connection, row: sqlite3.Row) -> str | None:
    """The result code that keeps the prompt from coming up, if one does."""
    forced = faults.take(db, "stk", "result:")
    if forced is not None:
        return forced.argument
    if len(prompt_of(world, row)) > PROMPT_CHARACTERS:
        return "1025"
    if is_busy(db, row["payer"]):
        return "1037"  # the prompt is a USSD page itself, and one is open
    other = "SELECT 1 FROM payment WHERE payer = ? AND state = 'prompted'"
    if db.execute(other, (row["payer"],)).fetchone():
        return "1001"
    return result_of_magic(row["payer"])


def _expire(world: World, payment: str) -> None:
    with world.store.begin() as db:
        row = payments.get(db, payment)
        if row["state"] == State.PROMPTED:
            _conclude(world, db, row, "1037")


def _conclude(
    world: World, db: sqlite3.Connection, row: sqlite3.Row, code: str, receipt: str = ""
) -> str:
    done = payments.finish(db, row, code=code, words=words_of(code), receipt=receipt)
    true = _callback(done, code, done["amount"], receipt)
    false = [
        _callback(done, "0", done["amount"] * 10, numbers.receipt()),
        _callback(
            {**dict(done), "id": f"ws_CO_{numbers.digits(22)}"}, "0", done["amount"], receipt or "X"
        ),
    ]
    lies = [Letter(done["callback"], json=lie) for lie in false]
    letter = Letter(done["callback"], json=true, payment=done["id"])
    if code == "0" and faults.take(db, "stk", faults.CONFIRMED_TOO):
        daraja_c2b.confirm(world, db, done)
    courier.send(world, db, "stk", letter, false=lies)
    return code


def _callback(
    row: sqlite3.Row | dict[str, Any], code: str, amount: int, receipt: str
) -> dict[str, Any]:
    inner: dict[str, Any] = {
        "MerchantRequestID": row["merchant"],
        "CheckoutRequestID": row["id"],
        "ResultCode": int(code) if code.isdigit() else code,
        "ResultDesc": words_of(code),
    }
    if code == "0":
        items: list[dict[str, Any]] = [
            {"Name": "Amount", "Value": float(amount)},
            {"Name": "MpesaReceiptNumber", "Value": receipt},
            {"Name": "Balance"},
            {"Name": "TransactionDate", "Value": int(numbers.compact())},
            {"Name": "PhoneNumber", "Value": int(row["payer"])},
        ]
        inner["CallbackMetadata"] = {"Item": items}
    return {"Body": {"stkCallback": inner}}
