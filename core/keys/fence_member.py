"""A member of others' fences: he counts a guess before he evaluates it, and sees neither PIN nor owner.

What he counts by is what the box holds, so nobody who has only the box can be counted anew, and only who made the right
key from it has the token that makes him forget. Of the nodes he keeps nothing but counts: a box brings its own part.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from datetime import datetime
from pathlib import Path

from nacl.exceptions import CryptoError
from nacl.public import PrivateKey, SealedBox

from config.limits import FENCE_OPEN_PER_HOUR
from core.errors import Refusal
from core.keys import fence_wire, jose, oprf
from core.keys import ristretto as group
from core.keys.attempts import Attempts
from core.keys.fence_calls import Calls
from core.keys.fence_wire import Asked
from core.keys.jose import Jwk
from core.keys.peppers import FilePeppers
from core.refusal_codes import RefusalCode

FOLDER = "fence-member"
_BOX = b"growr/fence/box/v1"
_PIN = "pin"  # a box is counted whoever brings it


class Member:
    """The member whose files are in `folder`: his keys by number, the nodes he admitted, and the counts."""

    def __init__(self, folder: Path, *, open_per_hour: int = FENCE_OPEN_PER_HOUR) -> None:
        self._folder, self._keys = folder, FilePeppers(folder)
        self._attempts = Attempts(folder / "attempts.db", wrong_per_hour=open_per_hour)
        self._calls = Calls(folder / "calls.db", open_per_hour=open_per_hour)

    def kids(self) -> list[str]:
        """His keys, today's last."""
        return self._keys.kids()

    def public(self, kid: str) -> bytes:
        """What boxes are sealed to."""
        return bytes(self._private(kid).public_key)

    def rotate(self) -> str:
        """Make a new key; the nodes need its card. What was sealed to the older ones is still opened."""
        return self._keys.rotate()

    def destroy(self, kid: str) -> None:
        """Forget an older key for ever; refuses `pepper_in_use` for today's."""
        self._keys.destroy(kid)

    def admit(self, name: str, key: Jwk) -> None:
        """Let a node ask; refuses `fence_name_taken` where the name has another key, or the key another name."""
        public, nodes = jose.only_public(key), self._nodes()
        for known, its in nodes.items():
            if (known == name) != (its == public):
                raise Refusal(RefusalCode.FENCE_NAME_TAKEN, name=known)
        self._write({**nodes, name: public})

    def dismiss(self, name: str) -> None:
        """Answer a node no more; refuses `fence_node_unknown`."""
        nodes = self._nodes()
        if nodes.pop(name, None) is None:
            raise Refusal(RefusalCode.FENCE_NODE_UNKNOWN, name=name)
        self._write(nodes)

    def admitted(self) -> list[str]:
        """The names of the nodes that may ask."""
        return sorted(self._nodes())

    def answer(self, text: str, *, now: datetime) -> dict[str, bytes]:
        """The answer to one question of an admitted node; see `fence_wire`.

        Refuses fence_node_unknown, fence_stale, fence_replayed, fence_malformed, fence_key_unknown,
        fence_token_wrong, pin_locked(minutes), pin_blocked, pin_paused.
        """
        nodes = {jose.thumbprint(key): key for key in self._nodes().values()}
        asked = fence_wire.read(text, nodes=nodes, now=now)
        part, shown = self._unseal(asked)
        wrap = hashlib.sha256(part + shown).hexdigest()
        is_guess = asked.verb == "evaluate"
        self._calls.hear(asked.node, asked.nonce, is_guess=is_guess, now=now)
        if is_guess:
            return self._evaluate(asked, wrap, part, now)
        return self._right(asked, wrap, shown, now)

    def _evaluate(self, asked: Asked, wrap: str, part: bytes, now: datetime) -> dict[str, bytes]:
        blinded = asked.words["blinded"]
        self._attempts.begin(wrap, _PIN, now=now)
        self._calls.opened(asked.node, asked.nonce, wrap)
        try:
            evaluated = oprf.evaluate(part, blinded)
        except ValueError as error:
            raise Refusal(RefusalCode.FENCE_MALFORMED) from error
        return {"evaluated": evaluated, "proof": oprf.prove(part, [blinded], [evaluated])}

    def _right(self, asked: Asked, wrap: str, shown: bytes, now: datetime) -> dict[str, bytes]:
        if not hmac.compare_digest(hashlib.sha256(asked.words["token"]).digest(), shown):
            raise Refusal(RefusalCode.FENCE_TOKEN_WRONG)
        counted = self._attempts.succeeded(wrap, _PIN, None, now=now)
        self._calls.right(asked.node, wrap)
        return {"counted": counted.to_bytes(1)}

    def _unseal(self, asked: Asked) -> tuple[bytes, bytes]:
        """The part of the key in a box, and the digest of the token."""
        for kid in self.kids():
            private = self._private(kid)
            if bytes(private.public_key) == asked.to:
                try:
                    held = SealedBox(private).decrypt(asked.words["box"])
                except (CryptoError, ValueError, TypeError) as error:
                    raise Refusal(RefusalCode.FENCE_MALFORMED) from error
                return held[: group.BYTES], held[group.BYTES :]
        raise Refusal(RefusalCode.FENCE_KEY_UNKNOWN)

    def _private(self, kid: str) -> PrivateKey:
        return PrivateKey(self._keys.mix(kid, _BOX))

    def _nodes(self) -> dict[str, Jwk]:
        path = self._folder / "nodes.json"
        found: dict[str, Jwk] = json.loads(path.read_text()) if path.exists() else {}
        return found

    def _write(self, nodes: dict[str, Jwk]) -> None:
        fresh = self._folder / f"nodes.json.{secrets.token_hex(4)}"
        fresh.write_text(json.dumps(nodes))
        fresh.replace(self._folder / "nodes.json")
