"""The phone in somebody's hand, apart from its keypad: which phones there are, and the payment prompts on them."""

from __future__ import annotations

import sqlite3
from typing import Any

from flask import Blueprint, abort

from gateway.sandbox import daraja_payments as payments
from gateway.sandbox import daraja_stk, web
from gateway.sandbox.africastalking_ussd import current
from gateway.sandbox.daraja_codes import words_of
from gateway.sandbox.daraja_payments import Kind, State
from gateway.sandbox.world import World

PHONES_SHOWN = 200


def blueprint(world: World) -> Blueprint:
    """`/phones` and `/phones/<msisdn>/prompts`."""
    pages = Blueprint("phones", __name__)

    @pages.get("/phones")
    def phones() -> list[dict[str, Any]]:
        with world.store.begin() as db:
            rows = db.execute(
                "SELECT msisdn, balance FROM phone JOIN account ON account.id = msisdn"
                " ORDER BY created, msisdn LIMIT ?",
                (PHONES_SHOWN,),
            ).fetchall()
        return [{"msisdn": f"+{row['msisdn']}", "balance": row["balance"]} for row in rows]

    @pages.get("/phones/<number>")
    def screen(number: str) -> dict[str, Any]:
        with world.store.begin() as db:
            return current(db, web.phone(number))

    @pages.get("/phones/<number>/prompts")
    def prompts(number: str) -> list[dict[str, Any]]:
        msisdn = web.phone(number)
        with world.store.begin() as db:
            return [_prompt(world, row) for row in _open_prompts(db, msisdn)]

    @pages.post("/phones/<number>/prompts/<id>")
    def answer(number: str, id: str) -> dict[str, Any]:
        msisdn, data = web.phone(number), web.body()
        pin = None if data.get("decline") is True else web.text(data, "pin", most=20)
        with world.store.begin() as db:
            row = payments.get(db, id)
            if row is None or row["kind"] != Kind.STK or row["payer"] != msisdn:
                abort(404, "there is no such prompt on this phone")
            if row["state"] != State.PROMPTED:
                abort(409, "this prompt is not open any more")
            code = daraja_stk.answer(world, db, row, pin)
        return {"id": id, "paid": code == "0", "result": words_of(code)}

    return pages


def _open_prompts(db: sqlite3.Connection, msisdn: str) -> list[sqlite3.Row]:
    return db.execute(
        "SELECT * FROM payment WHERE kind = 'stk' AND state = 'prompted' AND payer = ?"
        " ORDER BY created",
        (msisdn,),
    ).fetchall()


def _prompt(world: World, row: sqlite3.Row) -> dict[str, Any]:
    return {
        "id": row["id"],
        "amount": row["amount"],
        "to": row["payee"],
        "account": row["reference"],
        "text": daraja_stk.prompt_of(world, row),
    }
