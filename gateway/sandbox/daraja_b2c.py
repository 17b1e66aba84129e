"""B2C version 3: money from the payout short code to a phone, once per originator id."""

from __future__ import annotations

import sqlite3
from typing import Any

from flask import Blueprint, Response

from gateway.sandbox import courier, faults, numbers, wallet
from gateway.sandbox import daraja_payments as payments
from gateway.sandbox import daraja_results as results
from gateway.sandbox.courier import Letter
from gateway.sandbox.daraja_access import call, is_initiator
from gateway.sandbox.daraja_codes import (
    AMOUNT_MAX,
    B2C_AMOUNT_MIN,
    BALANCE_MAX,
    NEVER,
    DarajaError,
    address,
    amount,
    bad,
    phone,
    result_of_magic,
    text,
    words_of,
)
from gateway.sandbox.daraja_payments import Kind, State
from gateway.sandbox.world import World

SETTLE = "b2c_settle"
COMMANDS = {"BusinessPayment", "SalaryPayment", "PromotionPayment"}
REMARKS_LEAST = 2


def blueprint(world: World) -> Blueprint:
    """The payment request."""
    pages = Blueprint("daraja_b2c", __name__)
    world.scheduler.on(SETTLE, lambda payment: _settle(world, payment))

    @pages.post("/mpesa/b2c/v3/paymentrequest")
    def request_payment() -> Response:
        return call(world, "b2c", lambda data: _request(world, data))

    return pages


def resume(world: World, db: sqlite3.Connection) -> None:
    """After a restart: settle what was accepted and not settled yet."""
    for id in payments.waiting(db, Kind.B2C, State.PENDING):
        world.scheduler.later(db, world.settings.delay_seconds, SETTLE, payment=id)


def _request(world: World, data: dict[str, Any]) -> dict[str, Any]:
    originator = text(data, "OriginatorConversationID")
    conversation = results.conversation_id()
    if text(data, "CommandID") not in COMMANDS:
        raise bad("CommandID")
    text(data, "Remarks", least=REMARKS_LEAST)
    payee, sum_ = phone(data, "PartyB"), amount(data)
    callback, late = address(data, "ResultURL"), address(data, "QueueTimeOutURL")
    code = _foreseen(world, data, sum_)

    def act() -> str:
        with world.store.begin() as db:
            world.know(db, payee)
            payments.add(
                db,
                id=conversation,
                kind=Kind.B2C,
                payer=world.settings.mpesa_payout_short_code,
                payee=payee,
                amount=sum_,
                reference=str(data.get("Occassion") or data["Remarks"]),
                originator=originator,
                receipt=numbers.receipt(),
                code=code,
                callback=callback,
                late=late,
            )
            world.scheduler.later(db, world.settings.delay_seconds, SETTLE, payment=conversation)
        return conversation

    try:
        payments.overtaken(world, "b2c", act)
    except sqlite3.IntegrityError as used:
        raise DarajaError("500.002.1001", "Duplicate OriginatorConversationID.") from used
    return results.acknowledgement(conversation, originator)


def _foreseen(world: World, data: dict[str, Any], sum_: int) -> str:
    """The result that is certain from the request alone, else nothing."""
    name, credential = text(data, "InitiatorName"), text(data, "SecurityCredential", most=1_000)
    if not is_initiator(world, name, credential):
        return "2001"
    if text(data, "PartyA") != world.settings.mpesa_payout_short_code:
        return "2028"
    if sum_ < B2C_AMOUNT_MIN:
        return "2"
    return "3" if sum_ > AMOUNT_MAX else ""


def _settle(world: World, payment: str) -> None:
    with world.store.begin() as db:
        row = payments.get(db, payment)
        if row["state"] != State.PENDING:
            return
        code = _obstacle(db, row)
        if code == NEVER:
            return
        code = code or payments.move(db, row, row["receipt"])
        done = payments.finish(db, row, code=code, words=words_of(code))
        _tell(world, db, done, code)


def _obstacle(db: sqlite3.Connection, row: sqlite3.Row) -> str | None:
    """The result code that keeps the money from moving, if one does."""
    forced = faults.take(db, "b2c", "result:")
    if forced is not None:
        return forced.argument
    if row["code"]:
        return str(row["code"])
    magic = result_of_magic(row["payee"])
    if magic is None and wallet.balance(db, row["payee"]) + row["amount"] > BALANCE_MAX:
        return "8"
    return magic


def _tell(world: World, db: sqlite3.Connection, row: sqlite3.Row, code: str) -> None:
    funds = wallet.balance(db, row["payer"])
    url, wrong = row["callback"], {**dict(row), "originator": numbers.hex_id("")[:18].upper()}
    lies = [
        Letter(url, json=_result({**dict(row), "amount": row["amount"] * 10}, "0", funds)),
        Letter(url, json=_result({**wrong, "id": results.conversation_id()}, "0", funds)),
    ]
    courier.send(
        world,
        db,
        "b2c",
        Letter(url, json=_result(dict(row), code, funds), payment=row["id"]),
        false=lies,
        late_url=row["late"],
        notice=results.notice(row["originator"], row["id"]),
    )


def _result(row: dict[str, Any], code: str, funds: int) -> dict[str, Any]:
    return results.result(
        code=code,
        originator=row["originator"],
        conversation=row["id"],
        transaction=row["receipt"],
        parameters=results.pairs(
            TransactionAmount=row["amount"],
            TransactionReceipt=row["receipt"],
            ReceiverPartyPublicName=f"{row['payee']} - Sandbox Person",
            TransactionCompletedDateTime=numbers.dotted(row["finished"]),
            B2CUtilityAccountAvailableFunds=float(funds),
            B2CWorkingAccountAvailableFunds=0.0,
            B2CRecipientIsRegisteredCustomer="Y",
            B2CChargesPaidAccountAvailableFunds=0.0,
        ),
    )
