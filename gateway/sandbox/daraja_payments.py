"""Every mobile-money payment there is, from pending to completed or failed, whichever call began it."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from enum import StrEnum

from gateway.sandbox import faults, numbers, wallet
from gateway.sandbox.world import World

LOOK_SECONDS = 0.02


class Kind(StrEnum):
    """The call that began a payment."""

    STK = "stk"
    B2C = "b2c"
    C2B = "c2b"


class State(StrEnum):
    """How far a payment is."""

    PENDING = "pending"
    PROMPTED = "prompted"
    COMPLETED = "completed"
    FAILED = "failed"


def add(
    db: sqlite3.Connection,
    *,
    id: str,
    kind: Kind,
    payer: str,
    payee: str,
    amount: int,
    reference: str,
    originator: str,
    merchant: str = "",
    receipt: str = "",
    code: str = "",
    callback: str = "",
    late: str = "",
) -> None:
    """Write a new pending payment; sqlite3.IntegrityError if its originator id was used before."""
    row = (id, kind, State.PENDING, merchant, originator, receipt, payer, payee, amount, reference)
    db.execute(
        "INSERT INTO payment VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, '', ?, ?, 0, ?, NULL)",
        (*row, code, callback, late, numbers.now().timestamp()),
    )


def get(db: sqlite3.Connection, id: str) -> sqlite3.Row:
    row: sqlite3.Row = db.execute("SELECT * FROM payment WHERE id = ?", (id,)).fetchone()
    return row


def move(db: sqlite3.Connection, row: sqlite3.Row, receipt: str) -> str:
    """Move the money; "0", or the code that says why it could not."""
    try:
        wallet.transfer(
            db,
            source=row["payer"],
            target=row["payee"],
            amount=row["amount"],
            kind=row["kind"],
            receipt=receipt,
            note=row["reference"],
        )
    except wallet.InsufficientFunds:
        return "1"
    return "0"


def finish(
    db: sqlite3.Connection, row: sqlite3.Row, *, code: str, words: str, receipt: str = ""
) -> sqlite3.Row:
    """Write how a payment ended; it ends once."""
    state = State.COMPLETED if code == "0" else State.FAILED
    changed = db.execute(
        "UPDATE payment SET state = ?, code = ?, description = ?, receipt = ?, finished = ?"
        " WHERE id = ? AND state IN ('pending', 'prompted')",
        (state, code, words, receipt or row["receipt"], numbers.now().timestamp(), row["id"]),
    ).rowcount
    assert changed == 1, "a payment ends once"
    return get(db, row["id"])


def waiting(db: sqlite3.Connection, kind: Kind, state: State) -> list[str]:
    """What a stop of the sandbox may have left half done."""
    rows = db.execute("SELECT id FROM payment WHERE kind = ? AND state = ?", (kind, state))
    return [str(row["id"]) for row in rows]


def overtaken(world: World, target: str, act: Callable[[], str]) -> None:
    """Act on a new payment; if so ordered, hold the acknowledgement back until its callback is delivered."""
    with world.store.begin() as db:
        fault = faults.take(db, target, faults.REORDERED)
    id = act()
    if fault is None:
        return
    until = time.time() + (
        world.settings.callback_seconds if fault.seconds is None else fault.seconds
    )
    while time.time() < until:
        with world.store.begin() as db:
            if get(db, id)["delivered"]:
                return
        time.sleep(LOOK_SECONDS)
