"""How a record is locked: PIN and pepper wrap one data key per owner, and the data key seals everything she has.

    pin_key = Argon2id(PIN)                kek  = HMAC(pepper, owner, pin_key)       in the key service
    wrap    = AEAD(kek, data key)          seal = AEAD(data key, seed or credential)

The tag of the wrap is the PIN check: there is no hash of a PIN to steal. Every seal names whose it is and what it is
(associated data), so that rows cannot be exchanged. AEAD is XChaCha20-Poly1305.
"""

from __future__ import annotations

import hashlib
import hmac
import uuid
from dataclasses import dataclass, field
from types import TracebackType

from nacl.public import PrivateKey, PublicKey, SealedBox
from nacl.secret import Aead
from nacl.signing import SigningKey, VerifyKey

from core.keys import Keyring, KeyService, LocalKeyService, Stretch, Wrapped, join
from core.sscr.models import Opening, Record, Wrap, WrapKind

KEY_BYTES = 32
Share = tuple[bytes, Wrapped]  # what a guardian keeps, and the data key behind it


@dataclass(frozen=True)
class Custody:
    """What the custodian brings: the key service, how hard PINs are stretched, and its own name for receipts."""

    keyring: Keyring = field(repr=False)
    service: KeyService = field(repr=False)
    did: str = ""
    stretch: Stretch = field(default_factory=Stretch)

    @classmethod
    def of(cls, keyring: Keyring, *, did: str = "", service: KeyService | None = None) -> Custody:
        """The custody of a node; without a key service elsewhere, pepper and counter are opened here."""
        return cls(keyring, service or LocalKeyService.of(keyring), did)

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
        self.share: Share | None = None  # for the guardian she is about to name
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


def new_wrap(
    custody: Custody,
    *,
    owner_id: uuid.UUID,
    pin: str,
    key: bytes,
    epoch: int,
    kind: WrapKind = WrapKind.PIN,
) -> Wrap:
    """A key wrapped by a PIN, at today's cost and under today's pepper."""
    made = custody.service.wrap(
        owner=str(owner_id), pin=pin, key=key, epoch=epoch, cost=custody.stretch
    )
    return Wrap(
        owner_id=owner_id, kind=kind, epoch=made.epoch, pepper_kid=made.kid, salt=made.salt,
        memory_kib=made.cost.memory_kib, rounds=made.cost.rounds, lanes=made.cost.lanes, sealed=made.sealed,
    )  # fmt: skip


def wrapped(wrap: Wrap) -> Wrapped:
    """The wrap as the key service knows it."""
    return Wrapped(wrap.pepper_kid, wrap.epoch, wrap.sealed, wrap.salt, _cost(wrap))


def data_key(wrap: Wrap, key: bytes) -> bytes:
    """The data key behind a wrap whose `key` the PIN has opened."""
    return key if wrap.box is None else SealedBox(PrivateKey(key)).decrypt(wrap.box)


def is_stale(custody: Custody, wrap: Wrap) -> bool:
    """Whether the wrap should be made again: the cost was raised since, or it still goes through a box."""
    return wrap.box is not None or _cost(wrap) != custody.stretch


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


def _cost(wrap: Wrap) -> Stretch:
    return Stretch(wrap.memory_kib, wrap.rounds, wrap.lanes)
