"""Three members of other organisations: two are needed to make the key of a wrap, and each counts guesses for himself.

At a wrap, a key of its own is drawn and split, each part sealed to its member, and forgotten: nobody is asked, and no
two wraps share a key, so that no guess at one tells anything of another. The note keeps what the parts are checked by:

    key of wrap = first half, token = second half of OPRF(part 1..3, HMAC(local pepper, stretched PIN))
    note        = 3 public shares, 3 boxes; box = sealed to a member: (share, SHA-256 of his token)
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed, wait
from dataclasses import dataclass
from functools import partial

import requests
import structlog
from nacl.public import PublicKey, SealedBox
from nacl.signing import SigningKey

from config.limits import (
    FENCE_BYTES,
    FENCE_CALLS,
    FENCE_HTTP_SECONDS,
    FENCE_RIGHT_SECONDS,
    FENCE_SECONDS,
)
from core.clock import Clock
from core.errors import Refusal
from core.keys import fence_wire, oprf, threshold
from core.keys import ristretto as group
from core.keys.fences import Guess
from core.keys.threshold import MEMBERS, QUORUM

log = structlog.get_logger(__name__)

HALF = oprf.OUTPUT_BYTES // 2
BOX_BYTES = group.BYTES + hashlib.sha256().digest_size + 48  # 48: what a sealed box adds
PUBLIC_BYTES = MEMBERS * group.BYTES
NOTE_BYTES = PUBLIC_BYTES + MEMBERS * BOX_BYTES


@dataclass(frozen=True, slots=True)
class Place:
    """A member as a node knows him: what he is called, where he answers, and the key boxes are sealed to."""

    name: str
    url: str
    public: bytes


class Fence:
    """One fence of three members; `key` is what they know the node by."""

    def __init__(self, places: Sequence[Place], key: SigningKey, clock: Clock) -> None:
        assert len(places) == MEMBERS
        self.places, self._key, self._clock = tuple(places), key, clock
        # a pool each: a member who lets his callers wait keeps nobody from the others
        self._pools = [ThreadPoolExecutor(FENCE_CALLS) for _ in places]
        self._away: set[int] = set()
        self._web = requests.Session()
        self._web.trust_env = False
        self._web.mount("http", requests.adapters.HTTPAdapter(pool_maxsize=FENCE_CALLS * MEMBERS))

    def lock(self, secret: bytes) -> tuple[bytes, bytes]:
        """A key made of `secret` and a key of chance, and the note; see `Fences.lock`."""
        whole = group.random_scalar()
        blind, blinded = oprf.blind(secret)
        output = oprf.finalize(secret, blind, oprf.evaluate(whole, blinded))
        parts = threshold.split(whole)
        boxes = [
            self._box(place, part, output[HALF:])
            for place, part in zip(self.places, parts, strict=True)
        ]
        return output[:HALF], b"".join([*map(group.times, parts), *boxes])

    def guess(self, secret: bytes, note: bytes) -> Guess:
        """The key that `secret` and two members make; see `Fences.guess`."""
        publics = _cut(note[:PUBLIC_BYTES], group.BYTES)
        boxes = _cut(note[PUBLIC_BYTES:], BOX_BYTES)
        blind, blinded = oprf.blind(secret)
        self._check_enough()
        asking = {
            self._pools[at].submit(self._evaluate, at, boxes[at], blinded, publics[at]): at + 1
            for at in range(MEMBERS)
        }
        output = oprf.finalize(secret, blind, threshold.combine(_first_two(asking)))
        return Guess(output[:HALF], partial(self._right, boxes, output[HALF:]))

    def probe(self, at: int) -> None:
        """Let one member evaluate and forget a wrap nobody has, to see that he would; refuses as he does."""
        part, seed = group.random_scalar(), group.random_scalar()
        box = self._box(self.places[at], part, seed)
        _, blinded = oprf.blind(b"probe")
        self._evaluate(at, box, blinded, group.times(part))
        self._tell_right(at, box, seed)

    def _box(self, place: Place, part: bytes, seed: bytes) -> bytes:
        shown = hashlib.sha256(fence_wire.token(seed, place.public)).digest()
        return SealedBox(PublicKey(place.public)).encrypt(part + shown)

    def _evaluate(self, at: int, box: bytes, blinded: bytes, public: bytes) -> bytes:
        """What a member makes of it, proven; a member who cannot prove it is as good as away."""
        said = self._ask(at, "evaluate", box=box, blinded=blinded)
        if not oprf.is_proven(public, [blinded], [said["evaluated"]], said["proof"]):
            log.error("fence member lies", member=self.places[at].name)
            raise Refusal("busy")
        return said["evaluated"]

    def _right(self, boxes: Sequence[bytes], seed: bytes) -> None:
        """Tell the members who are there that the PIN was right; who does not hear it counts on until the next time."""
        wait(
            [
                pool.submit(self._tell_right, at, boxes[at], seed)
                for at, pool in enumerate(self._pools)
                if at not in self._away
            ],
            timeout=FENCE_RIGHT_SECONDS,
        )

    def _tell_right(self, at: int, box: bytes, seed: bytes) -> None:
        self._ask(at, "right", box=box, token=fence_wire.token(seed, self.places[at].public))

    def _check_enough(self) -> None:
        """Ask nobody to count a guess that cannot be tried: where too many were away, look who is back."""
        if len(self._away) > MEMBERS - QUORUM:
            looking = [self._pools[at].submit(self._look, at) for at in sorted(self._away)]
            wait(looking, timeout=FENCE_SECONDS)
        if len(self._away) > MEMBERS - QUORUM:
            raise Refusal("busy")

    def _look(self, at: int) -> None:
        try:
            url = f"{self.places[at].url}/health"
            if self._web.get(url, timeout=FENCE_HTTP_SECONDS, allow_redirects=False).ok:
                self._away.discard(at)
        except requests.RequestException:
            return

    def _ask(self, at: int, verb: str, **words: bytes) -> dict[str, bytes]:
        """A member's answer. Whoever is away, or refuses for another reason than her guesses, is `busy`."""
        place = self.places[at]
        text = fence_wire.question(
            self._key, to=place.public, verb=verb, words=words, now=self._clock()
        )
        try:
            said, refused = fence_wire.answer(self._post(place.url + fence_wire.PATH, text), verb)
        except (requests.RequestException, ValueError) as error:
            log.warning("fence member away", member=place.name, kind=type(error).__name__)
            self._away.add(at)
            raise Refusal("busy") from None
        self._away.discard(at)
        if refused is None:
            return said
        if refused.code in fence_wire.LOCKS:
            raise refused
        log.warning("fence member refuses", member=place.name, code=refused.code)
        raise Refusal("busy")

    def _post(self, url: str, text: str) -> bytes:
        with self._web.post(
            url, data=text, timeout=FENCE_HTTP_SECONDS, allow_redirects=False, stream=True,
            headers={"Content-Type": "application/jwt"},
        ) as said:  # fmt: skip
            pieces = said.iter_content(FENCE_BYTES)
            body, more = next(pieces, b""), next(pieces, b"")
        if more:
            raise ValueError("too long")
        return body


def _first_two(asking: dict[Future[bytes], int]) -> dict[int, bytes]:
    """What the first two members to answer have made; refuses what keeps the others from it."""
    found: dict[int, bytes] = {}
    refused: list[Refusal] = []
    try:
        for one in as_completed(asking, timeout=FENCE_SECONDS):
            try:
                found[asking[one]] = one.result()
            except Refusal as refusal:
                refused.append(refusal)
            if len(found) == QUORUM:
                return found
    except TimeoutError:
        raise Refusal("busy") from None
    finally:
        for one in asking:  # a question nobody waits for is not asked later
            one.cancel()
    raise _why(refused, QUORUM - len(found))


def _why(refused: Sequence[Refusal], missing: int) -> Refusal:
    """What she is told: the lock that must end before enough members answer, if locks alone keep them from it."""
    locks = sorted(
        (one for one in refused if one.code in fence_wire.LOCKS),
        key=lambda one: (one.code != "pin_locked", one.facts.get("minutes", 0)),
    )
    return locks[missing - 1] if len(locks) == len(refused) else Refusal("busy")


def _cut(data: bytes, size: int) -> list[bytes]:
    return [data[start : start + size] for start in range(0, len(data), size)]
