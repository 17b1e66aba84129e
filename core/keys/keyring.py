"""One 32-byte seed per node; everything else the node signs, seals or hides with is derived from it by name.

The seed lives in a file outside the database (mode 0600): who steals the database alone has nothing.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from nacl.signing import SigningKey

SEED_BYTES = 32
GENERATIONS = "generations.json"


@dataclass(frozen=True)
class Keyring:
    """The named keys of a node. `folder` also holds what must live beside the pepper (PIN attempts)."""

    folder: Path
    seed: bytes = field(repr=False)

    @property
    def generations(self) -> Mapping[str, int]:
        """Of the keys that were rotated, read each time: a process that runs learns it at once."""
        try:
            known: dict[str, int] = json.loads((self.folder / GENERATIONS).read_text())
        except FileNotFoundError:
            return {}
        return known

    def derive(self, label: str, length: int = 32) -> bytes:
        """A key of `length` bytes for one purpose: HKDF-SHA256 (RFC 5869) of the seed under `label`."""
        return HKDF(SHA256(), length, salt=None, info=f"growr/{label}/v1".encode()).derive(
            self.seed
        )

    def signing_key(self, label: str) -> SigningKey:
        """The Ed25519 key named `label`, e.g. "books" or "issuer", of today's generation."""
        return self.signing_keys(label)[0]

    def signing_keys(self, label: str) -> list[SigningKey]:
        """The same and those it was rotated from, the newest first: what they signed stays true."""
        return [SigningKey(self.derive(f"ed25519/{name}")) for name in self._names(label)]

    def p256_key(self, label: str) -> ec.EllipticCurvePrivateKey:
        """The P-256 key named `label` of today's generation."""
        return self.p256_keys(label)[0]

    def p256_keys(self, label: str) -> list[ec.EllipticCurvePrivateKey]:
        """The same and those it was rotated from, the newest first."""
        return [self._p256(name) for name in self._names(label)]

    def _names(self, label: str) -> list[str]:
        last = self.generations.get(label, 1)
        return [f"{label}/{number}" if number > 1 else label for number in range(last, 0, -1)]

    def _p256(self, label: str) -> ec.EllipticCurvePrivateKey:
        """48 derived bytes make the bias of the reduction negligible."""
        order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
        number = int.from_bytes(self.derive(f"p256/{label}", 48)) % (order - 1) + 1
        return ec.derive_private_key(number, ec.SECP256R1())

    def token(self, name: str) -> str:
        """An unguessable path token for callbacks, e.g. "ussd"; stable as long as the seed is.

        In hexadecimal, because Daraja refuses addresses in which words such as "sql" or "cmd" occur by chance.
        """
        return self.derive(f"path/{name}", 18).hex()


def load(folder: Path) -> Keyring:
    """Open the keyring in `folder`. Raises FileNotFoundError where none was created."""
    return Keyring(folder, (folder / "seed").read_bytes())


def rotate(folder: Path, label: str) -> Keyring:
    """Make the keys named `label` new: the next generation signs from now on, the older ones are still believed."""
    keyring = load(folder)
    known = {**keyring.generations, label: keyring.generations.get(label, 1) + 1}
    fresh = folder / f"{GENERATIONS}.{secrets.token_hex(4)}"
    fresh.touch(mode=0o600)
    fresh.write_text(json.dumps(known))
    fresh.replace(folder / GENERATIONS)
    return load(folder)


def create(folder: Path) -> Keyring:
    """Open the keyring in `folder`, making it first where there is none; never overwrites a seed."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / "seed"
    fresh = folder / f"seed.{secrets.token_hex(4)}"
    if not path.exists():
        fresh.touch(mode=0o600)
        fresh.write_bytes(secrets.token_bytes(SEED_BYTES))
        try:
            os.link(fresh, path)  # fails if another process was first: its seed is the seed
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    return load(folder)
