"""Transaction status and account balance: questions that are acknowledged now and answered later."""

from __future__ import annotations

import sqlite3
from typing import Any

from flask import Blueprint, Response

from gateway.sandbox import courier, numbers, wallet
from gateway.sandbox import daraja_results as results
from gateway.sandbox.courier import Letter
from gateway.sandbox.daraja_access import call, is_initiator
from gateway.sandbox.daraja_codes import address, bad, text
from gateway.sandbox.daraja_payments import State
from gateway.sandbox.world import World

ANSWER_STATUS, ANSWER_BALANCE = "status_answer", "balance_answer"
STATUS_WORDS = {
    State.PENDING: "Authorized",
    State.PROMPTED: "Authorized",
    State.COMPLETED: "Completed",
    State.FAILED: "Declined",
}
FAILED_WORDS = {"1032": "Cancelled", "1019": "Expired", "1037": "Expired"}
UNKNOWN = "R000002"
EMPTY_ACCOUNTS = (
    "Working Account",
    "Float Account",
    "Charges Paid Account",
    "Organization Settlement Account",
)


def blueprint(world: World) -> Blueprint:
    """The two questions."""
    pages = Blueprint("daraja_status", __name__)
    world.scheduler.on(ANSWER_STATUS, lambda **asked: _answer_status(world, **asked))
    world.scheduler.on(ANSWER_BALANCE, lambda **asked: _answer_balance(world, **asked))

    @pages.post("/mpesa/transactionstatus/v1/query")
    def status() -> Response:
        return call(world, "status", lambda data: _ask_status(world, data))

    @pages.post("/mpesa/accountbalance/v1/query")
    def balance() -> Response:
        return call(world, "balance", lambda data: _ask_balance(world, data))

    return pages


def _ask_status(world: World, data: dict[str, Any]) -> dict[str, Any]:
    receipt = str(data.get("TransactionID") or "")[:100]
    original = str(data.get("OriginalConversationID") or "")[:100]
    if not receipt and not original:
        raise bad("TransactionID")
    return _ask(
        world, data, "TransactionStatusQuery", ANSWER_STATUS, receipt=receipt, original=original
    )


def _ask_balance(world: World, data: dict[str, Any]) -> dict[str, Any]:
    return _ask(world, data, "AccountBalance", ANSWER_BALANCE, account=text(data, "PartyA"))


def _ask(
    world: World, data: dict[str, Any], command: str, kind: str, **asked: str
) -> dict[str, Any]:
    if text(data, "CommandID") != command:
        raise bad("CommandID")
    if text(data, "IdentifierType") not in {"1", "2", "4"}:
        raise bad("IdentifierType")
    allowed = is_initiator(
        world, text(data, "Initiator"), text(data, "SecurityCredential", most=1_000)
    )
    own = f"{numbers.digits(5)}-{numbers.digits(8)}-1"
    conversation = results.conversation_id()
    with world.store.begin() as db:
        if not wallet.is_open(db, text(data, "PartyA")):
            raise bad("PartyA")
        world.scheduler.later(
            db,
            world.settings.delay_seconds,
            kind,
            url=address(data, "ResultURL"),
            late=address(data, "QueueTimeOutURL"),
            originator=own,
            conversation=conversation,
            allowed=allowed,
            **asked,
        )
    return results.acknowledgement(conversation, own)


def _answer_status(
    world: World, *, receipt: str, original: str, allowed: bool, **letter: str
) -> None:
    with world.store.begin() as db:
        row = _find(db, receipt, original)
        code = "2001" if not allowed else UNKNOWN if row is None else "0"
        parameters = [] if row is None else _status_of(row)
        lie = [_forged(pair) for pair in parameters]
        _tell(world, db, "status", code, parameters, lie, **letter)


def _find(db: sqlite3.Connection, receipt: str, original: str) -> sqlite3.Row | None:
    row: sqlite3.Row | None = db.execute(
        "SELECT * FROM payment WHERE (receipt = ? AND ? <> '') OR"
        " (? <> '' AND (originator = ? OR id = ?))",
        (receipt, receipt, original, original, original),
    ).fetchone()
    return row


def _status_of(row: sqlite3.Row) -> list[dict[str, Any]]:
    word = STATUS_WORDS[State(row["state"])]
    return results.pairs(
        ReceiptNo=row["receipt"],
        ConversationID=row["id"],
        FinalisedTime=int(numbers.compact(row["finished"])) if row["finished"] else None,
        Amount=float(row["amount"]),
        TransactionStatus=FAILED_WORDS.get(row["code"], word) if word == "Declined" else word,
        ReasonType="Business Payment to Customer via API"
        if row["kind"] == "b2c"
        else "Pay Bill Online",
        TransactionReason=None,
        DebitPartyCharges="",
        DebitAccountType="Utility Account" if row["kind"] == "b2c" else "MMF Account For Customer",
        InitiatedTime=int(numbers.compact(row["created"])),
        OriginatorConversationID=row["originator"],
        CreditPartyName=f"{row['payee']} - Sandbox",
        DebitPartyName=f"{row['payer']} - Sandbox",
    )


def _forged(pair: dict[str, Any]) -> dict[str, Any]:
    """One line of the false twin of a status answer: all completed, ten times the amount."""
    if pair["Key"] == "TransactionStatus":
        return {**pair, "Value": "Completed"}
    return {**pair, "Value": pair["Value"] * 10} if pair["Key"] == "Amount" else pair


def _answer_balance(world: World, *, account: str, allowed: bool, **letter: str) -> None:
    with world.store.begin() as db:
        funds = wallet.balance(db, account)
        parts = [f"{name}|KES|0.00|0.00|0.00|0.00" for name in EMPTY_ACCOUNTS]
        parts.insert(2, f"Utility Account|KES|{funds:.2f}|{funds:.2f}|0.00|0.00")
        parameters = results.pairs(
            AccountBalance="&".join(parts), BOCompletedTime=int(numbers.compact())
        )
        _tell(world, db, "balance", "0" if allowed else "2001", parameters, parameters, **letter)


def _tell(
    world: World,
    db: sqlite3.Connection,
    target: str,
    code: str,
    parameters: list[dict[str, Any]],
    false: list[dict[str, Any]],
    *,
    url: str,
    late: str,
    originator: str,
    conversation: str,
) -> None:
    ids = {"originator": originator, "conversation": conversation, "transaction": numbers.receipt()}
    true = Letter(url, json=results.result(code=code, parameters=parameters, **ids))
    lie = Letter(url, json=results.result(code="0", parameters=false, **ids))
    courier.send(
        world,
        db,
        target,
        true,
        false=[lie],
        late_url=late,
        notice=results.notice(originator, conversation),
    )
