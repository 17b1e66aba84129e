"""The node's keys: one seed in a file, every named key derived from it, and the guard of PINs beside it."""

from core.keys import did, jose
from core.keys.attempts import Alarm, Receipt
from core.keys.keyring import Keyring, create, load, rotate
from core.keys.service import KeyService, LocalKeyService, Opened, Stretch, Wrapped, join

__all__ = [
    "Alarm",
    "KeyService",
    "Keyring",
    "LocalKeyService",
    "Opened",
    "Receipt",
    "Stretch",
    "Wrapped",
    "create",
    "did",
    "join",
    "jose",
    "load",
    "rotate",
]
