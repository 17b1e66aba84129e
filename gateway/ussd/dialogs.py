"""Dialogs in Redis: one script takes the lock and loads, one saves and lets go. Two round trips a turn, no more.

Everything here may be lost at any moment: the walk through the transcript finds the screen again, and what moves money
has its own key in the database.
"""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass

import redis

from config.limits import USSD_LOCK_SECONDS, USSD_RESUME_SECONDS
from gateway.ussd.scripts import Script, Wires
from menus.dialogs import Dialog, decode, encode

_CLAIM = """
if not redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2])
  and redis.call('GET', KEYS[1]) ~= ARGV[1] then return false end
local dialog = redis.call('GET', KEYS[2])
if dialog then return {dialog, ''} end
local dropped = redis.call('GET', KEYS[3])
return {'', dropped and redis.call('GET', dropped) or ''}
"""
_SAVE = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('DEL', KEYS[1])
if ARGV[2] == '' then return 1 end
redis.call('SET', KEYS[2], ARGV[2], 'EX', ARGV[3])
if ARGV[4] == '1' then redis.call('SET', KEYS[3], KEYS[2], 'EX', ARGV[3]) else redis.call('DEL', KEYS[3]) end
return 1
"""
_WAIT_SECONDS = 0.03  # between two looks at a lock somebody else holds


@dataclass(frozen=True, slots=True)
class Held:
    """A session whose lock is ours: its dialog as stored, and the dropped one of the same phone if it is new."""

    token: str
    keys: tuple[str, str, str]
    stored: bytes
    dropped: bytes

    @property
    def dialog(self) -> Dialog | None:
        """The dialog as it was before this turn; a new copy each time."""
        return decode(self.stored) if self.stored else None

    @property
    def unfinished(self) -> Dialog | None:
        """What the same phone left unfinished in an earlier session."""
        return decode(self.dropped) if self.dropped else None


class DialogStore:
    """The dialogs of all sessions, shared by all web processes."""

    def __init__(self, connection: redis.Redis) -> None:
        self._redis = connection
        wires = Wires(connection)
        self._claim, self._save = Script(wires, _CLAIM), Script(wires, _SAVE)

    def claim(self, session_id: str, phone: str, until: float) -> Held | None:
        """Take the session's lock and load it; None if somebody else keeps it `until` then (a steady clock)."""
        keys = (f"ussd:lock:{session_id}", _dialog_key(session_id), f"ussd:dropped:{phone}")
        token = secrets.token_hex(8)
        while not (found := self._claim(keys, (token, USSD_LOCK_SECONDS * 1000))):
            if time.monotonic() > until:
                return None
            time.sleep(_WAIT_SECONDS)
        return Held(token, keys, *found)

    def save(self, held: Held, dialog: Dialog) -> bool:
        """Keep the dialog and let go of the lock; False, and nothing is kept, if the lock was lost meanwhile."""
        resumable = dialog.resume_at is not None and not dialog.is_over
        arguments = (held.token, encode(dialog), USSD_RESUME_SECONDS, "1" if resumable else "0")
        return bool(self._save(held.keys, arguments))

    def release(self, held: Held) -> None:
        """Let go of the lock, changing nothing."""
        self._save(held.keys, (held.token, "", 0, "0"))

    def find(self, session_id: str) -> Dialog | None:
        """The dialog of a session, without locking it."""
        stored = self._redis.get(_dialog_key(session_id))
        return decode(stored) if isinstance(stored, bytes) else None


def _dialog_key(session_id: str) -> str:
    return f"ussd:dialog:{session_id}"
