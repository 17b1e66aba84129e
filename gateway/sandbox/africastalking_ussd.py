"""Africa's Talking USSD: a phone dials and types, the joined answers go to the node, its pages come back."""

from __future__ import annotations

import sqlite3
import time
from typing import Any

from flask import Blueprint, abort

from gateway.sandbox import courier, faults, numbers, web
from gateway.sandbox.africastalking_turn import TROUBLE, ask, form_of
from gateway.sandbox.courier import Letter
from gateway.sandbox.world import World

INPUT_CHARACTERS = 160
COST_PER_SESSION = "KES 1.5000"
EXPIRE = "ussd_expire"


def blueprint(world: World) -> Blueprint:
    """The keypad of every phone."""
    pages = Blueprint("ussd", __name__)
    world.scheduler.on(EXPIRE, lambda session: _expire(world, session))

    @pages.post("/phones/<number>/dial")
    def dial(number: str) -> dict[str, Any]:
        code = web.text(web.body(), "code", most=INPUT_CHARACTERS)
        msisdn = web.phone(number)
        with world.keypads[msisdn]:
            return dial_code(world, msisdn, "".join(code.split()))

    @pages.post("/phones/<number>/type")
    def type_(number: str) -> dict[str, Any]:
        data = web.body()
        typed = data.get("text")
        if not isinstance(typed, str) or len(typed) > INPUT_CHARACTERS:
            abort(400, f"'text' must be a text of at most {INPUT_CHARACTERS} characters")
        msisdn = web.phone(number)
        with world.keypads[msisdn]:
            return type_text(world, msisdn, typed)

    @pages.post("/phones/<number>/hangup")
    def hangup(number: str) -> dict[str, Any]:
        msisdn = web.phone(number)
        with world.keypads[msisdn], world.store.begin() as db:
            row = _open_session(db, msisdn)
            if row is not None:
                _end(world, db, row, status="Incomplete")
            return {"session": row["id"] if row else "", "page": "", "open": False}

    return pages


def dial_code(world: World, msisdn: str, code: str) -> dict[str, Any]:
    """Open a session; what was open before is hung up."""
    base = world.settings.service_code.rstrip("#")
    known = code == f"{base}#" or (code.startswith(f"{base}*") and code.endswith("#"))
    with world.store.begin() as db:
        world.know(db, msisdn)
        before = _open_session(db, msisdn)
        if before is not None:
            _end(world, db, before, status="Incomplete")
        if not known or not world.settings.ussd_url:
            return {"session": "", "page": TROUBLE, "open": False}
        session = numbers.hex_id("ATUid_")
        db.execute(
            "INSERT INTO ussd VALUES (?, ?, ?, ?, '', '', 1, ?, 0, '', '')",
            (session, msisdn, f"{base}#", code[len(base) + 1 : -1], time.time()),
        )
        world.scheduler.later(db, world.settings.ussd_seconds, EXPIRE, session=session)
    return _turn(world, session, before_text="")


def type_text(world: World, msisdn: str, typed: str) -> dict[str, Any]:
    """Send one answer, joined to the earlier ones with a star."""
    with world.store.begin() as db:
        row = _open_session(db, msisdn)
        if row is None:
            abort(409, "no USSD session is open on this phone; dial first")
        joined = f"{row['text']}*{typed}" if row["text"] else typed
        db.execute("UPDATE ussd SET text = ? WHERE id = ?", (joined, row["id"]))
    return _turn(world, row["id"], before_text=row["text"])


def resume(world: World, db: sqlite3.Connection) -> None:
    """After a restart: let no session stay open for ever."""
    for row in db.execute("SELECT id FROM ussd WHERE open = 1").fetchall():
        world.scheduler.later(db, world.settings.ussd_seconds, EXPIRE, session=row["id"])


def is_busy(db: sqlite3.Connection, msisdn: str) -> bool:
    """Whether a session is open on the phone; a payment prompt cannot come up then."""
    return _open_session(db, msisdn) is not None


def current(db: sqlite3.Connection, msisdn: str) -> dict[str, Any]:
    """What the screen of the phone shows now."""
    row = _open_session(db, msisdn)
    if row is None:
        return {"session": "", "page": "", "open": False}
    return {"session": row["id"], "page": row["page"], "open": True}


def _turn(world: World, session: str, before_text: str) -> dict[str, Any]:
    with world.store.begin() as db:
        row = _session(db, session)
        fault = faults.take(db, "ussd", *(k for k in faults.KNOWN["ussd"] if k != faults.MISSING))
    reply = ask(world, row, before_text, fault)
    with world.store.begin() as db:
        row = _session(db, session)
        hops = "|".join(part for part in (row["hops"], reply.hop) if part)
        db.execute(
            "UPDATE ussd SET page = ?, answer = ?, hop = ?, hops = ?, turns = turns + 1 WHERE id = ?",
            (reply.page, reply.answer, reply.hop, hops, session),
        )
        if row["open"] and reply.ends:
            _end(world, db, _session(db, session), status=reply.status, trouble=reply.trouble)
    return {"session": session, "page": reply.page, "open": bool(row["open"]) and not reply.ends}


def _end(
    world: World, db: sqlite3.Connection, row: sqlite3.Row, *, status: str, trouble: str = ""
) -> None:
    """Close the session and tell the node about it."""
    db.execute("UPDATE ussd SET open = 0 WHERE id = ?", (row["id"],))
    form = form_of(row)
    form["input"] = form.pop("text")
    form |= {
        "date": numbers.spaced(),
        "status": status,
        "cost": COST_PER_SESSION,
        "durationInMillis": str(round((time.time() - row["started"]) * 1000)),
        "hopsCount": str(row["turns"]),
        "hopsMetadata": row["hops"],
        "lastAppResponse": row["answer"],
    }
    if trouble:
        form["errorMessage"] = trouble
    if faults.take(db, "ussd", faults.MISSING) is None:
        courier.later(world, db, Letter(world.settings.end_url, form=form), 0.0)


def _expire(world: World, session: str) -> None:
    with world.store.begin() as db:
        row = _session(db, session)
        if row["open"]:
            _end(world, db, row, status="Incomplete")


def _session(db: sqlite3.Connection, session: str) -> sqlite3.Row:
    row: sqlite3.Row = db.execute("SELECT * FROM ussd WHERE id = ?", (session,)).fetchone()
    return row


def _open_session(db: sqlite3.Connection, msisdn: str) -> sqlite3.Row | None:
    row: sqlite3.Row | None = db.execute(
        "SELECT * FROM ussd WHERE msisdn = ? AND open = 1", (msisdn,)
    ).fetchone()
    return row
