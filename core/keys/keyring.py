"""One 32-byte seed per node; everything else the node signs, seals or hides with is derived from it by name.

The seed lives in a file outside the database (mode 0600): who steals the database alone has nothing.
"""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from nacl.signing import SigningKey

SEED_BYTES = 32


@dataclass(frozen=True)
class Keyring:
    """The named keys of a node. `folder` also holds what must live beside the pepper (PIN attempts)."""

    folder: Path
    seed: bytes = field(repr=False)

    def derive(self, label: str, length: int = 32) -> bytes:
        """A key of `length` bytes for one purpose: HKDF-SHA256 (RFC 5869) of the seed under `label`."""
        return HKDF(SHA256(), length, salt=None, info=f"growr/{label}/v1".encode()).derive(
            self.seed
        )

    def signing_key(self, label: str) -> SigningKey:
        """The Ed25519 key named `label`, e.g. "books" or "issuer"."""
        return SigningKey(self.derive(f"ed25519/{label}"))

    def p256_key(self, label: str) -> ec.EllipticCurvePrivateKey:
        """The P-256 key named `label`; 48 derived bytes make the bias of the reduction negligible."""
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
