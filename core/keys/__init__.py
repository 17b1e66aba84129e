"""The node's keys: one seed in a file, and every named key derived from it."""

from core.keys.keyring import Keyring, create, load

__all__ = ["Keyring", "create", "load"]
