"""Callbacks to the node: sent once and not repeated, as the providers do, unless a fault says otherwise."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import requests

from gateway.sandbox import faults
from gateway.sandbox.faults import Fault
from gateway.sandbox.world import World

CONNECT_SECONDS = 3.05
HELD_SECONDS = 3.0  # how long the older of two reordered callbacks waits
GAP_SECONDS = 0.2  # between a false callback and the true one, between a callback and its double

POST, POST_INBOUND = "post", "post_inbound"


@dataclass(frozen=True, slots=True)
class Letter:
    """One callback: an address and either a form or a JSON body."""

    url: str
    form: dict[str, str] | None = None
    json: dict[str, Any] | None = None
    payment: str = ""  # marked as delivered afterwards


def register(world: World) -> None:
    """Teach the scheduler how a letter is delivered."""

    def deliver(
        url: str, form: dict[str, str], json: dict[str, Any], payment: str, copies: int
    ) -> None:
        letter = Letter(url, form, json, payment)
        couriers = [
            threading.Thread(target=post, args=(world, letter), daemon=True) for _ in range(copies)
        ]
        for courier in couriers:
            courier.start()
        for courier in couriers:
            courier.join()
        if payment:
            with world.store.begin() as db:
                db.execute("UPDATE payment SET delivered = 1 WHERE id = ?", (payment,))

    world.scheduler.on(POST, deliver)


def post(world: World, letter: Letter) -> requests.Response | None:
    """Call the node; whatever goes wrong there is no concern of ours."""
    waits = (CONNECT_SECONDS, world.settings.callback_seconds)
    try:
        return requests.post(
            letter.url, data=letter.form, json=letter.json, timeout=waits, allow_redirects=False
        )
    except requests.RequestException:
        return None


def later(
    world: World, db: sqlite3.Connection, letter: Letter, seconds: float, copies: int = 1
) -> None:
    """Deliver the letter after that many seconds. Without an address there is nobody to tell."""
    if letter.url:
        world.scheduler.later(
            db,
            seconds,
            POST,
            url=letter.url,
            form=letter.form,
            json=letter.json,
            payment=letter.payment,
            copies=copies,
        )


def send(
    world: World,
    db: sqlite3.Connection,
    target: str,
    letter: Letter,
    *,
    after: float = 0.0,
    false: Sequence[Letter] = (),
    late_url: str = "",
    notice: dict[str, Any] | None = None,
) -> None:
    """Deliver a callback as the next callback fault of the target wants it."""
    kinds = [*faults.CALLBACK, faults.REORDERED]
    kinds += [faults.LATE_TIMEOUT] if late_url else []
    fault = faults.take(db, target, *kinds) or Fault(kind="", seconds=None)
    match fault.kind:
        case faults.MISSING:
            return
        case faults.DUPLICATE:
            later(world, db, letter, after + GAP_SECONDS)
        case faults.FORGED:
            for index, lie in enumerate(false):
                later(world, db, lie, after + index * 0.05)
            after += GAP_SECONDS
        case faults.LATE | faults.REORDERED:
            after += HELD_SECONDS if fault.seconds is None else fault.seconds
        case faults.LATE_TIMEOUT:
            later(world, db, Letter(late_url, json=notice), after)
            after += HELD_SECONDS if fault.seconds is None else fault.seconds
    later(world, db, letter, after, copies=2 if fault.kind == faults.SIMULTANEOUS else 1)
