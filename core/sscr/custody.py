"""How a record is locked: PIN and pepper wrap one data key per owner, and the data key seals everything she has.

    pin_key = Argon2id(PIN)                kek  = HMAC(pepper, owner, pin_key)       in the key service
    wrap    = AEAD(kek, data key)          seal = AEAD(data key, seed or credential)

The tag of the wrap is the PIN check: there is no hash of a PIN to steal. Every seal names whose it is and what it is
(associated data), so that rows cannot be exchanged. AEAD is XChaCha20-Poly1305.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import uuid
from dataclasses import dataclass, field
from types import TracebackType

from nacl.exceptions import CryptoError
from nacl.public import PublicKey, SealedBox
from nacl.secret import Aead
from nacl.signing import SigningKey, VerifyKey

from core.keys import Keyring, KeyService, Stretch, join
from core.sscr.models import Opening, Record, Wrap, WrapKind

KEY_BYTES, SALT_BYTES = 32, 16


@dataclass(frozen=True)
class Custody:
    """What the custodian brings: the key service, how hard PINs are stretched, and its own name for receipts."""

    keyring: Keyring = field(repr=False)
    service: KeyService = field(repr=False)
    did: str = ""
    stretch: Stretch = field(default_factory=Stretch)

    @classmethod
    def of(cls, keyring: Keyring, *, did: str = "") -> Custody:
        """The custody of a node: pepper and counter are its keyring's."""
        return cls(keyring, KeyService(keyring), did)

    def session_hash(self, session_id: str) -> bytes:
        """A session named without telling it, because the carrier knows its id."""
        return hmac.digest(self.keyring.derive("sscr/session"), session_id.encode(), hashlib.sha256)


class Unlocked:
    """An open record, for one owner, one session and one purpose. Its data key is zeroed when the block ends."""

    def __init__(
        self, *, custody: Custody, record: Record, dek: bytes, session_id: str, purpose: str
    ) -> None:
        self.custody, self.record = custody, record
        self.owner_id, self.did = record.owner_id, record.did
        self.session_id, self.purpose = session_id, purpose
        self.opening: Opening | None = None
        self._dek = bytearray(dek)

    def __enter__(self) -> Unlocked:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Zero the data key; the record is shut."""
        self._dek[:] = bytes(len(self._dek))
        self._dek.clear()

    @property
    def dek(self) -> bytes:
        """The data key; only while the record is open."""
        assert self._dek, "the record is shut"
        return bytes(self._dek)

    @property
    def holder_key(self) -> SigningKey:
        """The owner's signing key."""
        aad = holder_aad(self.owner_id, self.record.key_version)
        return SigningKey(open_sealed(self.dek, self.record.holder_seed, aad))


def new_wrap(custody: Custody, *, owner_id: uuid.UUID, pin: str, dek: bytes, epoch: int) -> Wrap:
    """The data key wrapped by a PIN, at today's cost and under today's pepper."""
    cost, salt = custody.stretch, secrets.token_bytes(SALT_BYTES)
    wrap = Wrap(
        owner_id=owner_id, kind=WrapKind.PIN, epoch=epoch, pepper_kid=custody.service.kid, salt=salt,
        memory_kib=cost.memory_kib, rounds=cost.rounds, lanes=cost.lanes,
    )  # fmt: skip
    wrap.sealed = seal(_kek(custody, wrap, pin), dek, _wrap_aad(wrap))
    return wrap


def unwrap(custody: Custody, wrap: Wrap, pin: str) -> bytes | None:
    """The data key, or None if the PIN is wrong."""
    try:
        return open_sealed(_kek(custody, wrap, pin), wrap.sealed, _wrap_aad(wrap))
    except CryptoError:
        return None


def is_stale(custody: Custody, wrap: Wrap) -> bool:
    """Whether the wrap should be made again: the cost was raised or the pepper changed since."""
    made_at = Stretch(wrap.memory_kib, wrap.rounds, wrap.lanes)
    return made_at != custody.stretch or wrap.pepper_kid != custody.service.kid


def seal(key: bytes, data: bytes, aad: bytes) -> bytes:
    """AEAD with a random nonce in front."""
    return bytes(Aead(key).encrypt(data, aad))


def open_sealed(key: bytes, sealed: bytes, aad: bytes) -> bytes:
    """What was sealed; a CryptoError for another key, another owner or a changed byte."""
    return Aead(key).decrypt(sealed, aad)


def holder_aad(owner_id: uuid.UUID, version: int) -> bytes:
    return join(str(owner_id), "holder-key", str(version))


def credential_aad(owner_id: uuid.UUID, credential_id: uuid.UUID, type: str) -> bytes:
    return join(str(owner_id), str(credential_id), type)


def into_box(public: bytes, data: bytes) -> bytes:
    """Seal for the holder of an Ed25519 key, without her being there."""
    key: PublicKey = VerifyKey(public).to_curve25519_public_key()
    return SealedBox(key).encrypt(data)


def out_of_box(key: SigningKey, sealed: bytes) -> bytes:
    """What was sealed for the holder of this key."""
    return SealedBox(key.to_curve25519_private_key()).decrypt(sealed)


def _kek(custody: Custody, wrap: Wrap, pin: str) -> bytes:
    cost = Stretch(wrap.memory_kib, wrap.rounds, wrap.lanes)
    pin_key = custody.service.stretch(pin, wrap.salt, cost)
    return custody.service.derive(kid=wrap.pepper_kid, owner=str(wrap.owner_id), pin_key=pin_key)


def _wrap_aad(wrap: Wrap) -> bytes:
    return join(str(wrap.owner_id), wrap.kind, str(wrap.epoch))
