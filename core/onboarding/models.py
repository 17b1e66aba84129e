"""The way back in: for who forgot her PIN, or has another number."""

from __future__ import annotations

import uuid
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from config.limits import DID_CHARACTERS
from core.db import Row


class RecoveryState(StrEnum):
    """How far she is; the last three are ends."""

    STARTED = "started"  # an agent asked; a code went to her phone
    PRESENT = "present"  # the agent typed that code: she is there, with her SIM
    CHOSEN = "chosen"  # she chose a new PIN; a guardian or time must agree
    DONE = "done"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


OPEN = (RecoveryState.STARTED, RecoveryState.PRESENT, RecoveryState.CHOSEN)


class SimState(StrEnum):
    """What the carrier said about her SIM; nothing more of its answer is kept."""

    ASKED = "asked"
    SETTLED = "settled"
    SWAPPED = "swapped"  # changed so lately that it may be a thief's
    UNKNOWN = "unknown"


class SimQuestion:
    """A question to the carrier about the SIM of who asks for something."""

    sim: Mapped[SimState | None]
    sim_request: Mapped[str | None] = mapped_column(String(80), index=True)
    sim_asked_at: Mapped[datetime | None]


class Recovery(SimQuestion, Row):
    """One attempt at a new PIN, a new number or both; everything about it is told to the number of before."""

    __tablename__ = "recovery"

    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("user_account.id"), index=True)
    agent_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("user_account.id"))
    state: Mapped[RecoveryState]
    new_phone: Mapped[str | None] = mapped_column(String(16), index=True)
    code_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    code_until: Mapped[datetime]
    tries: Mapped[int] = mapped_column(default=0)
    pin_tries: Mapped[int] = mapped_column(default=0, server_default="0")  # at the new number
    ready_at: Mapped[datetime | None]
    helped_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("user_account.id"))
    helps_at: Mapped[datetime | None]  # from when on a guardian may help
    helpers_asked_at: Mapped[datetime | None]  # when they were told that they may


class Erasure(Row):
    """That she asked for her record to be destroyed, how, and who of the staff carried it out."""

    __tablename__ = "erasure"

    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("user_account.id"), index=True)
    request: Mapped[str] = mapped_column(String(200))
    by: Mapped[str] = mapped_column(String(80))


class OfferKind(StrEnum):
    """What an offer is of."""

    RECORD = "record"  # all she holds; with the last of it our keys are destroyed
    NEWS = "news"  # what came after she had left


class WalletOffer(SimQuestion, Row):
    """Something of hers for a wallet of her own; what waits for it is sealed, and gone when the offer ends."""

    __tablename__ = "wallet_offer"

    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("user_account.id"), index=True)
    code_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    tries: Mapped[int] = mapped_column(default=0)
    expires_at: Mapped[datetime] = mapped_column(index=True)
    token_hash: Mapped[bytes | None] = mapped_column(LargeBinary(32), unique=True)
    taken: Mapped[list[Any]] = mapped_column(default=list)  # ids of what her wallet has for good
    exported_at: Mapped[datetime | None]
    left_at: Mapped[datetime | None]  # when all was hers and our keys to it were destroyed
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    kind: Mapped[OfferKind] = mapped_column(
        default=OfferKind.RECORD, server_default=OfferKind.RECORD
    )


class WalletCopy(Row):
    """A credential made out to her wallet that may not have arrived: until it has, the one in custody holds as well.

    The wallet may ask for it again, with the same key. Its text is sealed, and gone once it is hers or the offer ends.
    """

    __tablename__ = "wallet_copy"

    offer_id: Mapped[uuid.UUID] = mapped_column(index=True)
    name: Mapped[str] = mapped_column(String(32))  # in the offer
    credential_id: Mapped[uuid.UUID]  # its status
    thumbprint: Mapped[str] = mapped_column(String(43))  # of the wallet's key
    proof: Mapped[str] = mapped_column(String(43))  # the hash of the last proof of it
    asked_at: Mapped[datetime]  # last
    is_hers: Mapped[bool] = mapped_column(default=False)
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)


class HandOverState(StrEnum):
    """How far her record is on its way to another node; the last two are ends."""

    SENDING = "sending"
    SENT = "sent"  # the other node expects her
    MOVED = "moved"
    OVER = "over"  # it is still here


class HandOver(Row):
    """She moves to another node: its id is that of the offer the other node redeems. What is signed stays for ever."""

    __tablename__ = "hand_over"

    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("user_account.id"), index=True)
    custodian: Mapped[str] = mapped_column(String(DID_CHARACTERS))  # the new one
    name: Mapped[str] = mapped_column(String(30))
    service_code: Mapped[str] = mapped_column(String(20))
    old_did: Mapped[str] = mapped_column(String(100), index=True)
    new_did: Mapped[str | None] = mapped_column(String(100))
    statement: Mapped[str] = mapped_column(Text)  # where to, signed by her key of here
    sealed: Mapped[bytes] = mapped_column(LargeBinary)  # to the key of the other node
    state: Mapped[HandOverState]
    tries: Mapped[int] = mapped_column(default=0)
    look_at: Mapped[datetime | None] = mapped_column(index=True)  # None: nothing more is to be done
    problem: Mapped[str] = mapped_column(String(40), default="")
    given: Mapped[dict[str, Any]] = mapped_column(default=dict)  # who has which copy, not yet hers
    moved: Mapped[str | None] = mapped_column(Text)  # that she has moved, signed by this node


class ArrivalState(StrEnum):
    """How far a record is on its way from another node; the last two are ends."""

    WAITING = "waiting"  # told by the other node; she has not typed its number
    ASKED = "asked"  # she typed it
    ADMITTED = "admitted"  # it was right; her PIN is missing
    SIGNED = "signed"  # she typed it, and her new key has vouched for itself
    TAKEN = "taken"  # all is here; the other node is to be told
    DONE = "done"
    OVER = "over"


class Arrival(Row):
    """A record on its way from another node to a person here; what opens it there is sealed."""

    __tablename__ = "arrival"
    __table_args__ = (UniqueConstraint("came_from", "hand_over"),)

    came_from: Mapped[str] = mapped_column(String(DID_CHARACTERS))
    hand_over: Mapped[str] = mapped_column(String(40))  # its name there
    phone: Mapped[str] = mapped_column(String(16), index=True)
    user_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("user_account.id"), index=True)
    record: Mapped[str] = mapped_column(String(100))  # the name of the record through all its keys
    old_did: Mapped[str] = mapped_column(String(100))
    new_did: Mapped[str | None] = mapped_column(String(100))
    statement: Mapped[str] = mapped_column(Text)
    state: Mapped[ArrivalState]
    kept: Mapped[bytes | None] = mapped_column(LargeBinary)  # the offer, then her number, the token
    ready_at: Mapped[datetime | None]  # when the nonces were fetched
    expires_at: Mapped[datetime]
    tries: Mapped[int] = mapped_column(default=0)
    guesses: Mapped[int] = mapped_column(default=0)
    look_at: Mapped[datetime | None] = mapped_column(index=True)
    problem: Mapped[str] = mapped_column(String(40), default="")
    stored: Mapped[list[Any]] = mapped_column(default=list)  # names of what it brought
    others: Mapped[list[Any]] = mapped_column(default=list)  # what she must prove again
    file: Mapped[bytes | None] = mapped_column(LargeBinary)  # to her new key


class SourceState(StrEnum):
    """What became of a question to a source."""

    ASKED = "asked"
    CONFIRMED = "confirmed"
    UNKNOWN = "unknown"  # the source does not know her
    FAILED = "failed"  # it did not answer, or not as it must


class SourceRequest(Row):
    """A person asked a source to confirm something about her; a worker asks it, never a turn at a keypad."""

    __tablename__ = "source_request"

    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("user_account.id"), index=True)
    source: Mapped[str] = mapped_column(String(30))
    type: Mapped[str] = mapped_column(String(40))
    state: Mapped[SourceState]
    nonce: Mapped[str] = mapped_column(String(64))
    tries: Mapped[int] = mapped_column(default=0)
    ask_at: Mapped[datetime | None] = mapped_column(index=True)  # None: nothing more is to be done
    problem: Mapped[str] = mapped_column(String(40), default="")
