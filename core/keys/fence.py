"""Three members of other organisations: two are needed to make the key of a wrap, and each counts guesses for himself.

At a wrap, a key of its own is drawn and split, each part sealed to its member, and forgotten: nobody is asked, and no
two wraps share a key, so that no guess at one tells anything of another. The note keeps what the parts are checked by:

    key of wrap = first half, seed of tokens = second half of OPRF(parts, HMAC(local pepper, stretched PIN))
    note        = 3 public shares, 3 boxes; box = sealed to a member: (part, SHA-256 of his token)
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from concurrent.futures import Future, as_completed, wait
from functools import partial

import structlog
from nacl.public import PublicKey, SealedBox
from nacl.signing import SigningKey

from config.limits import FENCE_RIGHT_SECONDS, FENCE_SECONDS
from core.clock import Clock
from core.errors import Busy, No, Refusal
from core.keys import fence_wire, oprf, threshold
from core.keys import ristretto as group
from core.keys.fence_line import Line, Place
from core.keys.fences import Guess
from core.keys.threshold import MEMBERS, QUORUM
from core.refusal_codes import RefusalCode

log = structlog.get_logger(__name__)

HALF = oprf.OUTPUT_BYTES // 2
BOX_BYTES = group.BYTES + hashlib.sha256().digest_size + 48  # 48: what a sealed box adds
PUBLIC_BYTES = MEMBERS * group.BYTES
NOTE_BYTES = PUBLIC_BYTES + MEMBERS * BOX_BYTES


class Fence:
    """One fence; `key` is what its members know the node by."""

    def __init__(self, places: Sequence[Place], key: SigningKey, clock: Clock) -> None:
        assert len(places) == MEMBERS
        self.places, self._line = tuple(places), Line(places, key, clock)

    def lock(self, secret: bytes) -> tuple[bytes, bytes]:
        """A key made of `secret` and a key of chance, and the note; see `Fences.lock`."""
        whole = group.random_scalar()
        blind, blinded = oprf.blind(secret)
        output = oprf.finalize(secret, blind, oprf.evaluate(whole, blinded))
        parts = threshold.split(whole)
        boxes = [
            _box(place, part, output[HALF:]) for place, part in zip(self.places, parts, strict=True)
        ]
        return output[:HALF], b"".join([*map(group.times, parts), *boxes])

    def guess(self, secret: bytes, note: bytes) -> Guess:
        """The key that `secret` and two members make; see `Fences.guess`."""
        publics = _cut(note[:PUBLIC_BYTES], group.BYTES)
        boxes = _cut(note[PUBLIC_BYTES:], BOX_BYTES)
        blind, blinded = oprf.blind(secret)
        self._line.check_enough(self.probe)
        asking = self._line.begin(
            lambda at: self._evaluate(at, boxes[at], blinded, publics[at]), range(MEMBERS)
        )
        output = oprf.finalize(secret, blind, threshold.combine(_first_two(asking)))
        return Guess(output[:HALF], partial(self._right, boxes, output[HALF:]))

    def probe(self, at: int) -> None:
        """Let one member evaluate and forget a wrap nobody has, in time, to see that he would; refuses as he does."""
        part, seed = group.random_scalar(), group.random_scalar()
        box = _box(self.places[at], part, seed)
        _, blinded = oprf.blind(b"probe")
        self._evaluate(at, box, blinded, group.times(part))
        self._tell_right(at, box, seed)

    def _evaluate(self, at: int, box: bytes, blinded: bytes, public: bytes) -> bytes:
        """What a member makes of it, proven; a member who cannot prove it is as good as away."""
        said = self._line.ask(at, "evaluate", box=box, blinded=blinded)
        if not oprf.is_proven(public, [blinded], [said["evaluated"]], said["proof"]):
            log.error("fence member lies", member=self.places[at].name)
            raise Busy
        return said["evaluated"]

    def _right(self, boxes: Sequence[bytes], seed: bytes) -> int:
        """Tell all members that the PIN was right: who was too slow to answer has counted, too. See `Guess`.

        Who is away is told and not waited for; who does not hear it hears the next.
        """
        there = self._line.there()
        telling = self._line.begin(lambda at: self._tell_right(at, boxes[at], seed), range(MEMBERS))
        awaited = [one for one, at in telling.items() if at in there]
        heard, late = wait(awaited, timeout=FENCE_RIGHT_SECONDS)
        for one in late:  # nor does a line grow before a member who lets his callers wait
            one.cancel()
        return max((one.result() for one in heard if one.exception() is None), default=0)

    def _tell_right(self, at: int, box: bytes, seed: bytes) -> int:
        token = fence_wire.token(seed, self.places[at].public)
        return int.from_bytes(self._line.ask(at, "right", box=box, token=token)["counted"])


def _box(place: Place, part: bytes, seed: bytes) -> bytes:
    shown = hashlib.sha256(fence_wire.token(seed, place.public)).digest()
    return SealedBox(PublicKey(place.public)).encrypt(part + shown)


def _first_two(asking: dict[Future[bytes], int]) -> dict[int, bytes]:
    """What the first two members to answer have made, by their numbers from 1; else why there are not two."""
    found: dict[int, bytes] = {}
    refused: list[No] = []
    try:
        for one in as_completed(asking, timeout=FENCE_SECONDS):
            try:
                found[asking[one] + 1] = one.result()
            except (Refusal, Busy) as no:
                refused.append(no)
            if len(found) == QUORUM:
                return found
    except TimeoutError:
        raise Busy from None
    finally:
        for one in asking:  # a question nobody waits for is not asked later
            one.cancel()
    raise _why(refused, QUORUM - len(found))


def _why(refused: Sequence[No], missing: int) -> No:
    """What she is told: the lock that must end before enough members answer, if locks alone keep them from it."""
    locks = sorted(
        (one for one in refused if one.code in fence_wire.LOCKS),
        key=lambda one: (one.code != RefusalCode.PIN_LOCKED, one.facts.get("minutes", 0)),
    )
    return locks[missing - 1] if len(locks) == len(refused) else Busy()


def _cut(data: bytes, size: int) -> list[bytes]:
    return [data[start : start + size] for start in range(0, len(data), size)]
