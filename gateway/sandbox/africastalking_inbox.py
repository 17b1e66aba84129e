"""Messages of a phone: what it received and what it sends; the latter are posted to the node until it answers."""

from __future__ import annotations

import sqlite3
from typing import Any

import requests
from flask import Blueprint

from gateway.sandbox import courier, faults, numbers, web
from gateway.sandbox.courier import Letter
from gateway.sandbox.world import World

NETWORK = "99999"
RETRY_SECONDS = 1.0  # doubled each time, up to the next line
RETRY_SECONDS_MAX = 30.0
LIST_MAX = 500
SENDER_CHARACTERS = 20
LINK = "SampleLinkId123"


def blueprint(world: World) -> Blueprint:
    """`GET` and `POST /phones/<msisdn>/messages`."""
    pages = Blueprint("inbox", __name__)
    world.scheduler.on(courier.POST_INBOUND, lambda **letter: _deliver(world, **letter))

    @pages.get("/phones/<number>/messages")
    def messages(number: str) -> list[dict[str, Any]]:
        with world.store.begin() as db:
            return messages_of(db, web.phone(number))

    @pages.post("/phones/<number>/messages")
    def text(number: str) -> tuple[dict[str, Any], int]:
        data = web.body()
        to = web.text(data, "to", most=SENDER_CHARACTERS)
        words = web.text(data, "text", most=web.TEXT_MAX)
        with world.store.begin() as db:
            return _text(world, db, web.phone(number), to, words), 201

    @pages.post("/phones/<number>/optout")
    def opt_out(number: str) -> dict[str, Any]:
        msisdn, sender = web.phone(number), web.text(web.body(), "from", most=SENDER_CHARACTERS)
        with world.store.begin() as db:
            world.know(db, msisdn)
            db.execute("INSERT OR IGNORE INTO blocked VALUES (?)", (msisdn,))
            form = {"senderId": sender, "phoneNumber": f"+{msisdn}"}
            courier.later(world, db, Letter(world.settings.optout_url, form=form), 0.0)
        return {"blocked": True}

    return pages


def messages_of(db: sqlite3.Connection, msisdn: str) -> list[dict[str, Any]]:
    """The latest messages of the phone, the oldest first."""
    rows = db.execute(
        "SELECT * FROM message WHERE msisdn = ? ORDER BY seq DESC LIMIT ?", (msisdn, LIST_MAX)
    ).fetchall()
    return [_as_json(row) for row in reversed(rows)]


def waiting_messages(db: sqlite3.Connection, after: str) -> list[dict[str, Any]]:
    """What Africa's Talking answers to a fetch: the messages that phones sent, in its words."""
    rows = db.execute(
        "SELECT * FROM message WHERE direction = 'out' AND seq > ? ORDER BY seq LIMIT 100",
        (int(after) if after.isdigit() else 0,),
    )
    return [
        {
            "linkId": LINK,
            "text": row["text"],
            "to": row["receiver"],
            "id": row["seq"],
            "date": row["at"],
            "from": row["sender"],
        }
        for row in rows
    ]


def _text(world: World, db: sqlite3.Connection, msisdn: str, to: str, words: str) -> dict[str, Any]:
    world.know(db, msisdn)
    message = numbers.hex_id("")
    db.execute(
        "INSERT INTO message (id, msisdn, direction, sender, receiver, text, at)"
        " VALUES (?, ?, 'out', ?, ?, ?, ?)",
        (message, msisdn, f"+{msisdn}", to, words, numbers.iso()),
    )
    form = {
        "date": numbers.spaced(),
        "from": f"+{msisdn}",
        "id": message,
        "linkId": LINK,
        "text": words,
        "to": to,
        "cost": "KES 0.0000",
        "networkCode": NETWORK,
    }
    _post_on(world, db, form)
    return _as_json(db.execute("SELECT * FROM message WHERE id = ?", (message,)).fetchone())


def _post_on(world: World, db: sqlite3.Connection, form: dict[str, str]) -> None:
    kinds = faults.KNOWN["inbound"]
    fault = faults.take(db, "inbound", *kinds)
    kind = fault.kind if fault else ""
    if kind == faults.MISSING or not world.settings.inbound_url:
        return
    held = kind in {faults.LATE, faults.REORDERED}
    seconds = courier.HELD_SECONDS if fault is None or fault.seconds is None else fault.seconds
    for copy in range(2 if kind in {faults.DUPLICATE, faults.SIMULTANEOUS} else 1):
        gap = courier.GAP_SECONDS * copy if kind == faults.DUPLICATE else 0.0
        after = seconds if held else gap
        world.scheduler.later(db, after, courier.POST_INBOUND, form=form, tries=1)


def _deliver(world: World, form: dict[str, str], tries: int) -> None:
    response = courier.post(world, Letter(world.settings.inbound_url, form=form))
    accepted = response is not None and response.status_code == requests.codes.ok
    if accepted or tries >= world.settings.inbound_tries:
        return
    with world.store.begin() as db:
        wait = min(RETRY_SECONDS * 2 ** (tries - 1), RETRY_SECONDS_MAX)
        world.scheduler.later(db, wait, courier.POST_INBOUND, form=form, tries=tries + 1)


def _as_json(row: sqlite3.Row) -> dict[str, Any]:
    return {
        "id": row["id"],
        "from": row["sender"],
        "to": row["receiver"],
        "text": row["text"],
        "at": row["at"],
        "direction": row["direction"],
    }
