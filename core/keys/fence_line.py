"""The line from a node to the three members of a fence: who is there, and what one of them answers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import TypeVar

import requests
import structlog
from nacl.signing import SigningKey

from config.limits import FENCE_BYTES, FENCE_CALLS, FENCE_HTTP_SECONDS, FENCE_SECONDS
from core.clock import Clock
from core.errors import Busy
from core.keys import fence_wire
from core.keys.threshold import MEMBERS, QUORUM

log = structlog.get_logger(__name__)
Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Place:
    """A member as a node knows him: what he is called, where he answers, and the key boxes are sealed to."""

    name: str
    url: str
    public: bytes


class Line:
    """The members are meant by their place in the fence, from 0; `key` is what they know the node by."""

    def __init__(self, places: Sequence[Place], key: SigningKey, clock: Clock) -> None:
        self.places, self._key, self._clock = places, key, clock
        # a pool each: a member who lets his callers wait keeps nobody from the others
        self._pools = [ThreadPoolExecutor(FENCE_CALLS) for _ in places]
        self._away: set[int] = set()
        self._web = requests.Session()
        self._web.trust_env = False
        adapter = requests.adapters.HTTPAdapter(pool_maxsize=FENCE_CALLS * MEMBERS)
        for scheme in ("http://", "https://"):
            self._web.mount(scheme, adapter)

    def there(self) -> list[int]:
        """The members who were neither away nor unwilling when they were asked last."""
        return [at for at in range(MEMBERS) if at not in self._away]

    def begin(
        self, call: Callable[[int], Answer], members: Iterable[int]
    ) -> dict[Future[Answer], int]:
        """Do this with each of these members, all at once."""
        return {self._pools[at].submit(call, at): at for at in members}

    def check_enough(self, probe: Callable[[int], None]) -> None:
        """Ask nobody to count a guess that cannot be tried: where too many were away, look who is back, or `busy`.

        A probe is what a guess would be: whoever is there and too slow for one would count hers for nothing.
        """
        if len(self.there()) < QUORUM:
            wait(self.begin(probe, sorted(self._away)), timeout=FENCE_SECONDS)
        if len(self.there()) < QUORUM:
            raise Busy

    def ask(self, at: int, verb: str, **words: bytes) -> dict[str, bytes]:
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
            raise Busy from None
        if refused is None or refused.code in fence_wire.LOCKS:
            self._away.discard(at)
            if refused is None:
                return said
            raise refused
        log.warning("fence member refuses", member=place.name, code=refused.code)
        self._away.add(at)
        raise Busy

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
