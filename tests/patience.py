"""Imported before anything of the node: no limit of time is reached in a test because the machine is busy.

These limits end a wait for another process, a thread or a lock. A test about one of them sets its own.
"""

from __future__ import annotations

from config import limits

LIMITS = {
    "USSD_TURN_SECONDS": 60.0,
    "USSD_LOCK_SECONDS": 120,
    "PIN_HASH_WAIT_SECONDS": 60.0,
    "KEY_SERVICE_SECONDS": 60.0,
    "REDIS_SECONDS": 60.0,
    "CONNECT_SECONDS": 60,
    "LOCK_WAIT_MS": 60_000,
    "STATEMENT_MS": 300_000,
}

for name, patient in LIMITS.items():
    assert hasattr(limits, name), f"{name} has gone"
    setattr(limits, name, patient)
