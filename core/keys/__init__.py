"""The node's keys: one seed in a file, every named key derived from it, and the guard of PINs beside it."""

from core.keys import did, jose
from core.keys.keyring import Keyring, create, load
from core.keys.service import Attempt, KeyService, Receipt, Stretch, join

__all__ = [
    "Attempt",
    "KeyService",
    "Keyring",
    "Receipt",
    "Stretch",
    "create",
    "did",
    "join",
    "jose",
    "load",
]
