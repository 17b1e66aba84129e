"""Misbehaviour on order: which target shall do what wrong, and how many more times."""

from __future__ import annotations

import re
import sqlite3
from dataclasses import dataclass
from typing import Any

# before or after acting on a request to us, and what its caller then sees
LOST = "lost_acknowledgement"  # acted; the connection drops
NOT_ACTED = "not_acted"  # did not act; the connection drops
DELAY = "delay"  # acted; the answer comes late
ERROR = "error"  # did not act; HTTP 500
ERROR_AFTER = "error_after"  # acted; HTTP 500
MALFORMED = "malformed_acknowledgement"  # acted; the answer is not JSON
RATE_LIMITED = "rate_limited"  # did not act; HTTP 429
EXPIRED = "expired_token"  # did not act; the bearer token is dead
LOCKED = "locked"  # did not act; "unable to lock subscriber"
REORDERED = "reordered"  # the callback comes before the acknowledgement, the newer before the older

# what becomes of a callback from us
DUPLICATE = "duplicate"  # sent twice
SIMULTANEOUS = "simultaneous"  # sent twice at the same moment
MISSING = "missing"  # never sent
FORGED = "forged"  # false ones come before it
LATE = "late_callback"  # comes later, after `seconds`
LATE_TIMEOUT = "late_timeout"  # a queue time-out notice, then the result
SWAPPED = "swapped"  # the SIM was changed today
CONFIRMED_TOO = "confirmed_too"  # the pay bill's C2B confirmation comes as well

ACKNOWLEDGEMENT = (LOST, NOT_ACTED, DELAY, ERROR, ERROR_AFTER, MALFORMED, RATE_LIMITED)
CALLBACK = (DUPLICATE, SIMULTANEOUS, MISSING, FORGED, LATE)

KNOWN: dict[str, tuple[str, ...]] = {
    "ussd": (DUPLICATE, SIMULTANEOUS, REORDERED, FORGED, LOST, NOT_ACTED, DELAY, ERROR, MISSING),
    "sms": (*ACKNOWLEDGEMENT, *CALLBACK, REORDERED, "empty", "status:<code>", "report:<status>"),
    "sim": (*ACKNOWLEDGEMENT, DUPLICATE, MISSING, LATE, SWAPPED),
    "inbound": (DUPLICATE, SIMULTANEOUS, REORDERED, LATE, MISSING),
    "oauth": ACKNOWLEDGEMENT,
    "stk": (
        *ACKNOWLEDGEMENT,
        EXPIRED,
        LOCKED,
        *CALLBACK,
        REORDERED,
        CONFIRMED_TOO,
        "result:<code>",
    ),
    "query": (*ACKNOWLEDGEMENT, EXPIRED),
    "b2c": (*ACKNOWLEDGEMENT, EXPIRED, *CALLBACK, REORDERED, LATE_TIMEOUT, "result:<code>"),
    "c2b": (*CALLBACK, REORDERED),
    "status": (*ACKNOWLEDGEMENT, EXPIRED, *CALLBACK, REORDERED, LATE_TIMEOUT),
    "pull": (*ACKNOWLEDGEMENT, EXPIRED),
    "kilimo": (*ACKNOWLEDGEMENT, FORGED),
    "balance": (*ACKNOWLEDGEMENT, EXPIRED, *CALLBACK, REORDERED, LATE_TIMEOUT),
}
OTHER_NAMES = {
    "500": ERROR,
    "twice": DUPLICATE,
    "twice_at_once": SIMULTANEOUS,
    "malformed": MALFORMED,
    "lost": LOST,
    "timeout": LOST,
    "out_of_order": REORDERED,
    "missing_callback": MISSING,
    "forged_callback": FORGED,
    "duplicate_callback": DUPLICATE,
}
COUNT_MAX = 1_000
SECONDS_MAX = 120.0


@dataclass(frozen=True, slots=True)
class Fault:
    """One misbehaviour that fires now."""

    kind: str
    seconds: float | None

    @property
    def argument(self) -> str:
        """What stands behind the colon: the 403 of `status:403`."""
        return self.kind.partition(":")[2]


def name_of(kind: str) -> str:
    """The one spelling of a kind: underscores, and the usual other words for it."""
    spelled = re.sub(r"[\s-]+", "_", kind.strip())
    return OTHER_NAMES.get(spelled.lower(), spelled)


def is_known(target: str, kind: str) -> bool:
    head, colon, argument = kind.partition(":")
    if colon and not argument:
        return False
    return any(
        kind == known or (colon and known.startswith(f"{head}:")) for known in KNOWN.get(target, ())
    )


def add(db: sqlite3.Connection, target: str, kind: str, count: int, seconds: float | None) -> None:
    """Order a fault."""
    db.execute(
        "INSERT INTO fault (target, kind, count, seconds) VALUES (?, ?, ?, ?)",
        (target, kind, count, seconds),
    )


def take(db: sqlite3.Connection, target: str, *kinds: str) -> Fault | None:
    """The oldest ordered fault of these kinds, used up by one. A kind that ends with a colon means all of it."""
    for row in db.execute("SELECT * FROM fault WHERE target = ? ORDER BY id", (target,)).fetchall():
        head, colon, _ = row["kind"].partition(":")
        if row["kind"] in kinds or (colon and f"{head}:" in kinds):
            db.execute("UPDATE fault SET count = count - 1 WHERE id = ?", (row["id"],))
            db.execute("DELETE FROM fault WHERE count <= 0")
            return Fault(kind=row["kind"], seconds=row["seconds"])
    return None


def ordered(db: sqlite3.Connection) -> list[dict[str, Any]]:
    """The faults still to fire."""
    rows = db.execute("SELECT target, kind, count, seconds FROM fault ORDER BY id")
    return [dict(row) for row in rows]


def clear(db: sqlite3.Connection) -> None:
    db.execute("DELETE FROM fault")
